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

// Number of leading scopes that match; counting stops at the first mismatch (DP-211).
int rank(const Locality& client, const Locality& endpoint, bool node_too) {
  const std::array<std::pair<const std::string*, const std::string*>, 5> scopes = {
      {{&client.network, &endpoint.network},
       {&client.region, &endpoint.region},
       {&client.zone, &endpoint.zone},
       {&client.subzone, &endpoint.subzone},
       {&client.node, &endpoint.node}}};
  const std::size_t most = node_too ? scopes.size() : 3;
  int matched = 0;
  for (std::size_t i = 0; i < most; ++i) {
    if (*scopes[i].first != *scopes[i].second) break;
    ++matched;
  }
  return matched;
}

void keep_best_rank(std::vector<Candidate>& list, const Mesh& mesh, const Locality& client, bool node_too) {
  int best = -1;
  for (const Candidate& c : list) best = std::max(best, rank(client, locality_of(mesh, *c.endpoint), node_too));
  std::erase_if(list,
                [&](const Candidate& c) { return rank(client, locality_of(mesh, *c.endpoint), node_too) < best; });
}

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
bool distribute(std::vector<Candidate>& list, const Mesh& mesh, const Locality& client, Node setting) {
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
    return true;
  }
  return false;
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

void prefer_localities(std::vector<Candidate>& list, const SelectionRequest& r, const Service& service) {
  if (r.client == nullptr || list.empty()) return;
  const Mesh& mesh = *r.mesh;
  // DP-203: strict for ztunnel, Envoy and kube-proxy alike.
  if (service.internal_traffic_local) {
    std::erase_if(list, [&](const Candidate& c) { return locality_of(mesh, *c.endpoint).node != r.client->node; });
    return;
  }
  if (r.balancer == Balancer::KubeProxy) return;
  // DP-214: DestinationRule setting > Service traffic distribution > mesh setting.
  if (r.balancer == Balancer::Envoy && r.locality_setting.has_value()) {
    if (r.locality_setting["enabled"].boolean() == std::optional(false)) return;
    if (distribute(list, mesh, *r.client, r.locality_setting)) return;
    if (r.outlier_detection) fail_over(list, mesh, *r.client, r.locality_setting);
    return;
  }
  const std::string& how = service.traffic_distribution;
  if (how == "PreferSameNode") {
    keep_best_rank(list, mesh, *r.client, true);
  } else if (!how.empty() && how != "Any") {
    keep_best_rank(list, mesh, *r.client, false);
  } else if (r.balancer == Balancer::Envoy && r.outlier_detection && !r.client->region.empty()) {
    fail_over(list, mesh, *r.client,
              mesh.settings.config_value("localityLbSetting"));  // enabled by default in MeshConfig
  }
}

}  // namespace

std::vector<EndpointShare> select_endpoints(const SelectionRequest& r) {
  const Service& service = r.mesh->services[r.service];
  std::size_t port_index = kNone;
  for (std::size_t i = 0; i < service.ports.size(); ++i)
    if (service.ports[i].port == r.port) port_index = i;
  if (port_index == kNone) return {};

  std::vector<Candidate> list;
  for (const Endpoint& endpoint : service.endpoints) {
    if (!endpoint.healthy || endpoint.workload == kNone || endpoint.weight == 0) continue;               // DP-202
    if (port_index >= endpoint.target_ports.size() || endpoint.target_ports[port_index] == 0) continue;  // DP-201
    if (r.subset != nullptr && !matches(*r.subset, r.mesh->workloads[endpoint.workload].labels)) continue;
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
