// Endpoints of services: pods and WorkloadEntries by selector, slices, inline endpoints, hosts (DP-201, DP-202,
// DP-204).
#include <algorithm>

#include "models/mesh/draft.h"

namespace meshsim::models {
namespace {

// Workloads of each namespace by label pair, so that a selector looks at its rarest pair only.
class LabelIndex {
 public:
  explicit LabelIndex(const Draft& draft) : mesh_(draft.mesh) {
    for (std::size_t i = 0; i < mesh_.workloads.size(); ++i) {
      const Workload& w = mesh_.workloads[i];
      if (draft.origins[i] != WorkloadDraft::Origin::Pods && draft.origins[i] != WorkloadDraft::Origin::Entry) continue;
      for (const auto& [key, value] : w.labels) by_pair_[pair(w.ns, key, value)].push_back(i);
    }
  }

  std::vector<std::size_t> find(std::string_view ns, const Labels& selector) const {
    const std::vector<std::size_t>* shortest = nullptr;
    for (const auto& [key, value] : selector) {
      const auto it = by_pair_.find(pair(ns, key, value));
      if (it == by_pair_.end()) return {};
      if (shortest == nullptr || it->second.size() < shortest->size()) shortest = &it->second;
    }
    std::vector<std::size_t> out;
    if (shortest != nullptr)
      std::copy_if(shortest->begin(), shortest->end(), std::back_inserter(out),
                   [&](std::size_t i) { return matches(selector, mesh_.workloads[i].labels); });
    return out;
  }

 private:
  static std::string pair(std::string_view ns, std::string_view key, std::string_view value) {
    std::string out;
    out.reserve(ns.size() + key.size() + value.size() + 2);
    out.append(ns).append("|").append(key).append("=").append(value);
    return out;
  }
  const Mesh& mesh_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_pair_;
};

std::uint16_t named_port(const std::vector<ContainerPort>& ports, std::string_view name) {
  for (const ContainerPort& port : ports)
    if (port.name == name) return port.port;
  return 0;
}

// A slice names its ports after the Service's; an unnamed single port fits.
std::uint16_t slice_port(const Service& s, const std::vector<ContainerPort>& ports, const ServicePort& port) {
  const std::uint16_t named = named_port(ports, port.name);
  return named == 0 && ports.size() == 1 && s.ports.size() == 1 ? ports.front().port : named;
}

// DP-201: where this service's ports are at this workload.
std::vector<std::uint16_t> target_ports(const Service& s, const Workload& w, WorkloadDraft::Origin origin) {
  std::vector<std::uint16_t> out;
  out.reserve(s.ports.size());
  for (const ServicePort& port : s.ports) {
    std::uint16_t target = port.target_number;
    if (origin == WorkloadDraft::Origin::Pods) {
      if (!port.target_name.empty()) {
        target = named_port(w.ports, port.target_name);
      } else if (const std::uint16_t named = s.kubernetes ? 0 : named_port(w.ports, port.name); named != 0) {
        target = named;  // a ServiceEntry that selects pods goes by their ports' names
      }
    } else if (origin == WorkloadDraft::Origin::Slice) {
      target = slice_port(s, w.ports, port);
    } else {
      // WorkloadEntry and inline endpoints map port names to numbers.
      const std::string_view name = s.kubernetes && !port.target_name.empty() ? port.target_name : port.name;
      if (const auto mapped = named_port(w.ports, name)) target = mapped;
    }
    out.push_back(target);
  }
  return out;
}

void add_endpoints(Service& s, const Mesh& mesh, std::size_t workload, WorkloadDraft::Origin origin) {
  const Workload& w = mesh.workloads[workload];
  Endpoint endpoint;
  endpoint.workload = workload;
  endpoint.target_ports = target_ports(s, w, origin);
  endpoint.weight = w.weight;
  if (w.pods.empty() && !w.dns_host.empty()) s.endpoints.push_back(endpoint);
  for (std::size_t pod = 0; pod < w.pods.size(); ++pod) {
    endpoint.pod = pod;
    // DP-202: terminating endpoints never; unready ones only where the Service publishes them.
    endpoint.healthy = !w.pods[pod].terminating && (w.pods[pod].ready || s.publish_not_ready);
    s.endpoints.push_back(endpoint);
  }
}

void add_known_pods(Service& s, const Mesh& mesh, const PodSlice& slice) {
  for (const auto& [address, ready] : slice.addresses) {
    const auto known = mesh.workload_by_ip(address);
    if (!known) continue;
    Endpoint endpoint;
    endpoint.workload = known->first;
    endpoint.pod = known->second;
    for (const ServicePort& port : s.ports) endpoint.target_ports.push_back(slice_port(s, slice.ports, port));
    endpoint.healthy = ready || s.publish_not_ready;
    s.endpoints.push_back(std::move(endpoint));
  }
}

}  // namespace

void link_endpoints(Draft& draft) {
  Mesh& mesh = draft.mesh;
  using Origin = WorkloadDraft::Origin;
  const LabelIndex index(draft);
  const bool select_entries = mesh.settings.feature("PILOT_ENABLE_K8S_SELECT_WORKLOAD_ENTRIES");
  std::unordered_map<std::string, std::vector<std::size_t>> slices;  // ns/service
  for (std::size_t i = 0; i < mesh.workloads.size(); ++i)
    if (draft.origins[i] == Origin::Slice) slices[mesh.workloads[i].ns + '/' + mesh.workloads[i].name].push_back(i);
  for (std::size_t i = 0; i < mesh.services.size(); ++i) {
    Service& s = mesh.services[i];
    if (!s.external_name.empty()) continue;
    if (!s.selector.empty()) {
      for (const std::size_t w : index.find(s.ns, s.selector))
        if (draft.origins[w] == Origin::Pods || !s.kubernetes || select_entries)
          add_endpoints(s, mesh, w, draft.origins[w]);
    } else if (s.kubernetes) {
      if (const auto it = slices.find(s.ns + '/' + s.name); it != slices.end())
        for (const std::size_t w : it->second) add_endpoints(s, mesh, w, Origin::Slice);
      if (const auto it = draft.pod_slices.find(s.ns + '/' + s.name); it != draft.pod_slices.end())
        for (const PodSlice& slice : it->second) add_known_pods(s, mesh, slice);
    } else if (const auto it = draft.workloads_of.find(draft.service_objects[i]); it != draft.workloads_of.end()) {
      for (const std::size_t w : it->second)
        if (draft.origin_hosts[w].empty() || draft.origin_hosts[w] == s.hostname)
          add_endpoints(s, mesh, w, draft.origins[w]);
    }
  }
}

}  // namespace meshsim::models
