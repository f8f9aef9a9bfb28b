#pragma once
// Protections: policies that say the same, however they are attached. While a namespace moves, each policy exists
// twice, once for sidecars and once for the waypoint (PO-151): only together do they protect. Two policies are one
// protection when kind, namespace, action and rules are equal and one attaches by selector, the other by targetRefs to
// a Service of pods that it selects; when they have the same name at different times; or when one names the other in
// its annotation `meshsim.io/stands-for: <namespace>/<name>`.
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "models/simulation/simulate.h"

namespace meshsim::models::simulation {

class Protections {
 public:
  explicit Protections(const std::vector<Epoch>& epochs);
  std::size_t size() const { return names_.size(); }
  const std::string& name(std::uint32_t protection) const { return names_[protection]; }  // all members
  // ~0u for what is no policy of the mesh.
  std::uint32_t of(const ObjectRef& policy) const;
  // The findings of one outcome as statuses of protections: where several members meet the flow, what protects most
  // counts, except that one that denies all wins.
  std::vector<std::pair<std::uint32_t, PolicyStatus>> statuses(const std::vector<PolicyFinding>& findings) const;

 private:
  std::map<std::string, std::uint32_t, std::less<>> index_;  // "kind ns/name"
  std::vector<std::string> names_;
};

}  // namespace meshsim::models::simulation
