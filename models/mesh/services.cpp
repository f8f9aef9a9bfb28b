// Kubernetes Services (DP-200..DP-203, DP-212, DP-271).
#include "models/mesh/services.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "models/mesh/draft.h"
#include "models/mesh/selector.h"

namespace meshsim::models {

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    if (!part.empty()) out.emplace_back(part);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return out;
}

std::string traffic_distribution_of(const Draft& draft, Node spec, const Labels& annotations, std::string_view ns) {
  constexpr std::string_view kKey = "networking.istio.io/traffic-distribution";
  if (const Node stated = spec["trafficDistribution"]; stated.is_string()) return stated.string();
  if (const auto stated = find(annotations, kKey)) return std::string(*stated);
  if (!draft.mesh.settings.profile.namespace_traffic_distribution) return {};
  const auto it = draft.mesh.namespaces.find(ns);
  if (it == draft.mesh.namespaces.end()) return {};
  return std::string(find(it->second.annotations, kKey).value_or(""));
}

bool ingress_uses_waypoint(const Draft& draft, const Labels& labels, std::string_view ns) {
  constexpr std::string_view kKey = "istio.io/ingress-use-waypoint";
  if (!draft.mesh.settings.feature("ENABLE_INGRESS_WAYPOINT_ROUTING")) return false;
  auto value = find(labels, kKey);
  const bool own = value.has_value();
  if (!own) value = find(draft.namespace_labels(ns), kKey);
  if (!value) return false;
  std::string low(*value);
  std::transform(low.begin(), low.end(), low.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  if (low == "true") return true;
  // Any spelling of strconv.ParseBool, on the service itself only.
  return own && draft.mesh.settings.profile.ingress_use_waypoint_any_boolean && (low == "1" || low == "t");
}

// MeshConfig serviceScopeConfigs; the ambient profile's default is label istio.io/global=true.
bool is_global(const Draft& draft, const Labels& labels, std::string_view ns) {
  const Node configs = draft.mesh.settings.config_value("serviceScopeConfigs");
  if (!configs) return find(labels, "istio.io/global") == "true";
  for (const Node config : configs) {
    const Node by_service = config["servicesSelector"];
    const Node by_namespace = config["namespaceSelector"];
    if (!by_service && !by_namespace) continue;
    if ((!by_service || selector_matches(by_service, labels)) &&
        (!by_namespace || selector_matches(by_namespace, draft.namespace_labels(ns))))
      return config["scope"].text() == "GLOBAL";
  }
  return false;
}

namespace {

ServicePort read_port(Node port) {
  ServicePort out;
  out.name = port["name"].string();
  out.port = static_cast<std::uint16_t>(port["port"].integer().value_or(0));
  out.protocol = port_protocol(port["appProtocol"].string_or(), out.name, port["protocol"].string_or("TCP"));
  const Node target = port["targetPort"];
  if (target.is_string() && !target.text().empty()) {
    out.target_name = target.text();
  } else {
    out.target_number = static_cast<std::uint16_t>(target.integer().value_or(0));
    if (out.target_number == 0) out.target_number = out.port;
  }
  return out;
}

void read_service(Draft& draft, const Object& object) {
  const Node spec = object.spec();
  Service s;
  s.ref = object.ref();
  s.ns = object.ns;
  s.name = object.name;
  s.hostname = draft.mesh.fqdn(s.name, s.ns);
  s.labels = object.labels;
  s.annotations = object.annotations;
  s.selector = string_pairs(spec["selector"]);
  s.creation_timestamp = object.creation_timestamp;
  s.discovered = draft.discovered(s.ns);
  if (spec["type"].text() == "ExternalName") s.external_name = spec["externalName"].string();
  s.headless = spec["clusterIP"].text() == "None";
  for (const Node ip : spec["clusterIPs"])
    if (const auto address = IpAddress::parse(ip.text())) s.addresses.push_back(*address);
  if (s.addresses.empty())
    if (const auto address = IpAddress::parse(spec["clusterIP"].text())) s.addresses.push_back(*address);
  for (const Node ip : spec["externalIPs"])
    if (const auto address = IpAddress::parse(ip.text())) s.external_addresses.push_back(*address);
  for (const Node ingress : object.status()["loadBalancer"]["ingress"])
    if (const auto address = IpAddress::parse(ingress["ip"].text())) s.external_addresses.push_back(*address);
  for (const Node port : spec["ports"]) {
    const auto number = port["port"].integer().value_or(0);
    if (number <= 0 || number > 65535) {
      draft.report(Severity::Warning, "MSH0220", object, port, "the port of a Service must be between 1 and 65535");
      continue;
    }
    s.ports.push_back(read_port(port));
  }
  if (const auto exported = find(s.annotations, "networking.istio.io/exportTo")) s.export_to = split_list(*exported);
  s.publish_not_ready = spec["publishNotReadyAddresses"].boolean().value_or(false);
  s.internal_traffic_local = spec["internalTrafficPolicy"].text() == "Local";
  s.client_ip_affinity = spec["sessionAffinity"].text() == "ClientIP";
  s.traffic_distribution = traffic_distribution_of(draft, spec, s.annotations, s.ns);
  s.ingress_use_waypoint = ingress_uses_waypoint(draft, s.labels, s.ns);
  s.global_scope = is_global(draft, s.labels, s.ns);
  draft.mesh.services.push_back(std::move(s));
  draft.service_objects.push_back(&object);
}

template <typename T>
void reorder(std::vector<T>& values, const std::vector<std::size_t>& order) {
  std::vector<T> out;
  out.reserve(values.size());
  for (const std::size_t i : order) out.push_back(std::move(values[i]));
  values = std::move(out);
}

}  // namespace

void read_services(Draft& draft) {
  draft.mesh.services.reserve(draft.of("/Service").size() + 16);
  for (const Object* object : draft.of("/Service")) read_service(draft, *object);
}

void sort_services(Draft& draft) {
  auto& services = draft.mesh.services;
  std::vector<std::size_t> order(services.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const Service &x = services[a], &y = services[b];
    return std::tie(x.ns, x.name, y.kubernetes, x.hostname) < std::tie(y.ns, y.name, x.kubernetes, y.hostname);
  });
  reorder(services, order);
  reorder(draft.service_objects, order);
}

void sort_workloads(Draft& draft) {
  auto& drafts = draft.workloads;
  std::vector<std::size_t> order(drafts.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const Workload &x = drafts[a].workload, &y = drafts[b].workload;
    return std::tie(x.ns, x.name, drafts[a].origin, x.owner.kind, drafts[a].number) <
           std::tie(y.ns, y.name, drafts[b].origin, y.owner.kind, drafts[b].number);
  });
  draft.mesh.workloads.reserve(drafts.size());
  for (const std::size_t i : order) {
    draft.workloads_of[drafts[i].object].push_back(draft.mesh.workloads.size());
    draft.origins.push_back(drafts[i].origin);
    draft.origin_hosts.push_back(std::move(drafts[i].host));
    draft.mesh.workloads.push_back(std::move(drafts[i].workload));
  }
  drafts.clear();
}

}  // namespace meshsim::models
