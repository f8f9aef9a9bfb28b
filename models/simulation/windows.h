#pragma once
// WindowKeeper: which statuses each flow meets at this moment, and since when. Asked again whenever a proxy of the flow
// has learned something; never looks at requests, so windows do not depend on how much traffic there is. Internal to
// models/simulation.
#include <cstdint>
#include <functional>
#include <map>
#include <tuple>
#include <vector>

#include "models/simulation/plan_book.h"

namespace meshsim::models::simulation {

class WindowKeeper {
 public:
  WindowKeeper(const SimulationInput& input, PlanBook& book);

  // The plans that a request of this flow may take now.
  void observe(std::size_t flow, std::int64_t now, const std::vector<const Plan*>& plans);
  void count(std::size_t flow, const Plan& plan, std::uint64_t requests = 1);  // so many requests took this plan
  std::vector<Window> close(std::int64_t now, std::uint32_t replication);

 private:
  struct Key {
    Window::Kind kind;
    std::uint32_t subject;
    PolicyStatus status;
    auto operator<=>(const Key&) const = default;
  };
  struct Open {
    std::int64_t since = 0;
    std::uint64_t requests = 0;
  };
  struct PerFlow {
    bool seen = false;
    Verdict intended = Verdict::Unknown;
    std::vector<std::uint32_t> lost_at_first;
    std::map<Key, Open> open;
    std::vector<std::pair<Key, Window>> done;
  };
  void keys_of(const PerFlow& flow, const Plan& plan, std::vector<Key>& into) const;
  Window finished(std::size_t flow, const Key& key, const Open& open, std::int64_t now) const;

  const SimulationInput& input_;
  PlanBook& book_;
  std::vector<PerFlow> flows_;
  std::vector<Key> scratch_;
};

}  // namespace meshsim::models::simulation
