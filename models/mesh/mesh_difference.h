#pragma once
// MeshDifference: in which workloads two meshes differ, if in nothing else. It is made for reusing verdicts: whoever
// read of one mesh only workloads that are the same in the other would have read the same there. So it says
// `everything` as soon as something else differs that a judgement could depend on: settings, services, gateways, names
// or addresses (the look-ups), objects that policies, routes or telemetry are compiled from.
//
// What may differ, and why nobody else would notice:
// - ordinary workloads: what is compiled of one (policy chains, Sidecar scope) is asked for by whoever reads it;
//   workloads of gateways and waypoints stand in chains of others, so a difference there is everything;
// - labels of namespaces: NetworkPolicy reads them by the namespace of a workload, so all workloads of that namespace
//   count as different; listeners that choose routes by namespace labels make it everything;
// - objects of kinds that `resolve` alone reads: what they say stands in the lists that are compared.
#include <vector>

#include "models/mesh/mesh.h"

namespace meshsim::models {

struct MeshDifference {
  bool everything = false;
  std::vector<bool> workloads;  // parallel to Mesh::workloads of both; empty if everything
  // A verdict that rests on these reads of one mesh holds in the other.
  bool spares(const MeshReads& reads) const;
};

MeshDifference difference(const Mesh& a, const Mesh& b);

// Kinds that only `resolve` reads; no policy, route or telemetry rule looks at such an object.
bool is_resolved_kind(std::string_view api_group, std::string_view kind);

}  // namespace meshsim::models
