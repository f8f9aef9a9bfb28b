#include "models/dataplane/endpoint_selection.h"

#include <algorithm>
#include <array>
#include <map>

namespace meshsim::models {
namespace {

struct Candidate {
  const Endpoint* endpoint;
  std::uint16_t target_port;
  double weight;
};

Locality locality_of(const Mesh& mesh, const Endpoint& endpoint) {
  const Workload& workload = mesh.workloads[endpoint.workload];
  if (endpoint.pod == kNone || endpoint.pod >= workload.pods.size()) return workload.locality;
  Locality out = workload.pods[endpoint.pod].locality;
  if (out.region.empty()) out.region = workload.locality.region;
  if (out.zone.empty()) out.zone = workload.locality.zone;
  if (out.subzone.empty()) out.subzone = workload.locality.subzone;
  if (out.network.empty()) out.network = workload.locality.network;
  return out;
}

const std::string& at_scope(const Locality& place, LocalityScope scope) {
  switch (scope) {
    case LocalityScope::Network:
      return place.network;
    case LocalityScope::Region:
      return place.region;
    case LocalityScope::Zone:
      return place.zone;
    case LocalityScope::Subzone:
      return place.subzone;
    case LocalityScope::Node:
      break;
  }
  return place.node;
}

void keep_best_rank(std::vector<Candidate>& list, const Mesh& mesh, const Locality& client,
                    std::span<const LocalityScope> scopes, bool strict) {
  std::vector<Locality> places;
  places.reserve(list.size());
  for (const Candidate& c : list) places.push_back(locality_of(mesh, *c.endpoint));
  std::vector<Candidate> kept;
  for (const std::size_t i : best_ranked(places, client, scopes, strict)) kept.push_back(list[i]);
  list = std::move(kept);
}

constexpr std::array kSameNode = {LocalityScope::Network, LocalityScope::Region, LocalityScope::Zone,
                                  LocalityScope::Subzone, LocalityScope::Node};
constexpr std::array kSameZone = {LocalityScope::Network, LocalityScope::Region, LocalityScope::Zone};
constexpr std::array kNode = {LocalityScope::Node};

bool locality_matches(const Locality& place, std::string_view pattern) {
  const std::array<std::string_view, 3> parts = {place.region, place.zone, place.subzone};
  std::size_t i = 0;
  while (!pattern.empty() && i < parts.size()) {
    const auto slash = pattern.find('/');
    const auto want = pattern.substr(0, slash);
    if (want == "*") return true;
    if (want != parts[i]) return false;
    pattern = slash == std::string_view::npos ? std::string_view() : pattern.substr(slash + 1);
    ++i;
  }
  return true;
}

// localityLbSetting.distribute: percent per destination locality, for the first entry whose `from` covers the client.
void distribute(std::vector<Candidate>& list, const Mesh& mesh, const Locality& client, Node setting) {
  for (const Node entry : setting["distribute"]) {
    if (!locality_matches(client, entry["from"].string_or("*"))) continue;
    std::vector<double> share(list.size(), 0.0);
    for (const Node to : entry["to"]) {
      double total = 0;
      for (const Candidate& c : list)
        if (locality_matches(locality_of(mesh, *c.endpoint), to.key())) total += c.weight;
      for (std::size_t i = 0; i < list.size() && total > 0; ++i)
        if (locality_matches(locality_of(mesh, *list[i].endpoint), to.key()))
          share[i] += to.number().value_or(0) * list[i].weight / total;
    }
    for (std::size_t i = 0; i < list.size(); ++i) list[i].weight = share[i];
    std::erase_if(list, [](const Candidate& c) { return c.weight <= 0; });
    return;
  }
}

std::string value_of(const Labels* labels, const Locality& place, const std::string& key) {
  if (key == "topology.istio.io/network") return place.network;
  if (key == "topology.istio.io/cluster") return place.cluster;
  if (key == "topology.kubernetes.io/region") return place.region;
  if (key == "topology.kubernetes.io/zone") return place.zone;
  if (key == "topology.istio.io/subzone") return place.subzone;
  if (key == "kubernetes.io/hostname") return place.node;
  const auto it = labels == nullptr ? Labels::const_iterator() : labels->find(key);
  return labels == nullptr || it == labels->end() ? std::string() : it->second;
}

// localityLbSetting.failoverPriority: the more of the labels match from the first on, the better; `label=value` states
// the value to look for. Another network costs more than all other labels (applyFailoverPriorityPerLocality).
void fail_over_by_labels(std::vector<Candidate>& list, const SelectionRequest& r, Node labels) {
  std::vector<std::string> wanted;
  for (const Node label : labels) wanted.emplace_back(label.text());
  const auto priority = [&](const Candidate& c) {
    const Locality place = locality_of(*r.mesh, *c.endpoint);
    std::size_t adjust = 0;
    for (std::size_t j = 0; j < wanted.size(); ++j) {
      const auto equals = wanted[j].find('=');
      const std::string key = wanted[j].substr(0, equals);
      const std::string ours =
          equals != std::string::npos ? wanted[j].substr(equals + 1) : value_of(r.client_labels, *r.client, key);
      if (ours == value_of(&r.mesh->workloads[c.endpoint->workload].labels, place, key)) continue;
      if (j > 0 || key != "topology.istio.io/network") return wanted.size() - j + adjust;
      adjust = wanted.size();
    }
    return adjust;
  };
  std::size_t best = SIZE_MAX;
  for (const Candidate& c : list) best = std::min(best, priority(c));
  std::erase_if(list, [&](const Candidate& c) { return priority(c) > best; });
}

// Locality failover by setting: same subzone > zone > region > the region named by `failover` > the rest.
void fail_over(std::vector<Candidate>& list, const Mesh& mesh, const Locality& client, Node setting) {
  std::string target;
  for (const Node entry : setting["failover"])
    if (entry["from"].string_or() == client.region) target = entry["to"].string();
  auto level = [&](const Candidate& c) {
    const Locality place = locality_of(mesh, *c.endpoint);
    if (place.region == client.region) return place.zone != client.zone ? 2 : place.subzone == client.subzone ? 4 : 3;
    return !target.empty() && place.region == target ? 1 : 0;
  };
  int best = 0;
  for (const Candidate& c : list) best = std::max(best, level(c));
  std::erase_if(list, [&](const Candidate& c) { return level(c) < best; });
}

// ApplyLocalityLoadBalancer: weights, or else failover, by labels first; it needs outlier detection.
void by_setting(std::vector<Candidate>& list, const SelectionRequest& r, Node setting) {
  if (setting["enabled"].boolean() == std::optional(false)) return;
  if (setting["distribute"].has_value()) {
    distribute(list, *r.mesh, *r.client, setting);
    return;
  }
  if (!r.outlier_detection) return;
  const Node labels = setting["failoverPriority"];
  if (!labels.empty()) fail_over_by_labels(list, r, labels);
  if (labels.empty() || setting["failover"].has_value()) fail_over(list, *r.mesh, *r.client, setting);
}

void prefer_localities(std::vector<Candidate>& list, const SelectionRequest& r, const Service& service) {
  if (r.client == nullptr || list.empty()) return;
  const Mesh& mesh = *r.mesh;
  // DP-203: strict for ztunnel, Envoy and kube-proxy alike.
  if (service.internal_traffic_local) {
    keep_best_rank(list, mesh, *r.client, kNode, true);
    return;
  }
  if (r.balancer == Balancer::KubeProxy) return;
  // DP-214: DestinationRule setting > Service traffic distribution > mesh setting.
  if (r.balancer == Balancer::Envoy && r.locality_setting.has_value()) {
    by_setting(list, r, r.locality_setting);
    return;
  }
  const std::string& how = service.traffic_distribution;
  if (how == "PreferSameNode") {
    keep_best_rank(list, mesh, *r.client, kSameNode, false);
  } else if (!how.empty() && how != "Any") {
    keep_best_rank(list, mesh, *r.client, kSameZone, false);
  } else if (r.balancer == Balancer::Envoy && !r.client->region.empty()) {
    by_setting(list, r, mesh.settings.config_value("localityLbSetting"));  // enabled by default in MeshConfig
  }
}

}  // namespace

std::vector<std::size_t> best_ranked(std::span<const Locality> places, const Locality& client,
                                     std::span<const LocalityScope> scopes, bool strict) {
  std::vector<std::size_t> ranks;
  std::size_t best = strict ? scopes.size() : 0;
  for (const Locality& place : places) {
    std::size_t rank = 0;
    while (rank < scopes.size() && at_scope(client, scopes[rank]) == at_scope(place, scopes[rank])) ++rank;
    ranks.push_back(rank);
    if (!strict) best = std::max(best, rank);
  }
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < ranks.size(); ++i)
    if (ranks[i] == best) out.push_back(i);
  return out;
}

std::vector<double> weighted_shares(std::span<const int> weights) {
  double total = 0;
  for (const int weight : weights) total += weight;
  std::vector<double> out;
  if (total <= 0) return out;
  for (const int weight : weights) out.push_back(weight / total);
  return out;
}

std::vector<EndpointShare> select_endpoints(const SelectionRequest& r) {
  const Service& service = r.mesh->services[r.service];
  std::size_t port_index = kNone;
  for (std::size_t i = 0; i < service.ports.size(); ++i)
    if (service.ports[i].port == r.port) port_index = i;
  if (port_index == kNone) return {};

  std::vector<Candidate> list;
  for (const Endpoint& endpoint : service.endpoints) {
    if (!endpoint.healthy || endpoint.workload == kNone || endpoint.weight == 0) continue;  // DP-202
    const std::vector<PodInstance>& pods = r.mesh->workloads[endpoint.workload].pods;
    if (endpoint.pod < pods.size() && pods[endpoint.pod].addresses.empty()) continue;  // nothing to dial
    if (port_index >= endpoint.target_ports.size() || endpoint.target_ports[port_index] == 0) continue;  // DP-201
    if (r.subset != nullptr && !matches(*r.subset, r.mesh->workloads[endpoint.workload].labels)) continue;
    if (r.keep && !r.keep({endpoint.workload, endpoint.pod, endpoint.target_ports[port_index], 0})) continue;
    list.push_back({&endpoint, endpoint.target_ports[port_index], static_cast<double>(endpoint.weight)});
  }
  prefer_localities(list, r, service);

  std::map<std::pair<std::size_t, std::uint16_t>, EndpointShare> merged;
  double total = 0;
  for (const Candidate& c : list) {
    auto& share = merged[{c.endpoint->workload, c.target_port}];
    if (share.workload == kNone) share = {c.endpoint->workload, c.endpoint->pod, c.target_port, 0};
    share.weight += c.weight;
    total += c.weight;
  }
  std::vector<EndpointShare> out;
  for (auto& [key, share] : merged) {
    share.weight /= total;
    out.push_back(share);
  }
  return out;
}

}  // namespace meshsim::models
