#include "models/dataplane/inbound_ports.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace meshsim::models {

InboundPorts::InboundPorts(const Mesh& mesh) : entries_(mesh.workloads.size()) {
  std::vector<std::size_t> by_age(mesh.services.size());
  std::iota(by_age.begin(), by_age.end(), std::size_t{0});
  std::sort(by_age.begin(), by_age.end(), [&](std::size_t a, std::size_t b) {
    const Service& x = mesh.services[a];
    const Service& y = mesh.services[b];
    return std::tie(x.creation_timestamp, x.hostname, x.ns) < std::tie(y.creation_timestamp, y.hostname, y.ns);
  });
  for (const std::size_t index : by_age) {
    const Service& service = mesh.services[index];
    for (const Endpoint& endpoint : service.endpoints) {
      if (endpoint.workload == kNone) continue;
      auto& list = entries_[endpoint.workload];
      for (std::size_t i = 0; i < service.ports.size() && i < endpoint.target_ports.size(); ++i) {
        const std::uint16_t target = endpoint.target_ports[i];
        const bool known =
            std::any_of(list.begin(), list.end(), [&](const Entry& e) { return e.target_port == target; });
        if (target != 0 && !known) list.push_back({target, index, i});
      }
    }
  }
}

const InboundPorts::Entry* InboundPorts::find(std::size_t workload, std::uint16_t target_port) const {
  if (workload >= entries_.size()) return nullptr;
  for (const Entry& entry : entries_[workload])
    if (entry.target_port == target_port) return &entry;
  return nullptr;
}

Protocol InboundPorts::protocol(const Mesh& mesh, std::size_t workload, std::uint16_t target_port) const {
  const Entry* entry = find(workload, target_port);
  return entry == nullptr ? Protocol::Unset : mesh.services[entry->service].ports[entry->port].protocol;
}

}  // namespace meshsim::models
