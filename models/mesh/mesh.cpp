#include "models/mesh/mesh.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "models/mesh/mesh_index.h"

namespace meshsim::models {

std::string_view mode_word(DataplaneMode mode, ProxyRole role) {
  switch (role) {
    case ProxyRole::Gateway:
    case ProxyRole::EastWest:
      return "gateway";
    case ProxyRole::Waypoint:
      return "waypoint";
    case ProxyRole::Ztunnel:
      return "ztunnel";
    case ProxyRole::None:
      break;
  }
  return mode == DataplaneMode::Sidecar ? "sidecar" : mode == DataplaneMode::Ambient ? "ambient" : "none";
}

namespace {
constexpr std::array<std::string_view, 12> kProtocols = {"",    "http", "http2", "grpc",  "grpc-web", "https",
                                                         "tls", "tcp",  "mongo", "mysql", "redis",    "udp"};
}

std::string_view to_string(Protocol protocol) { return kProtocols[static_cast<std::size_t>(protocol)]; }

// DP-259a.
Protocol port_protocol(std::string_view app_protocol, std::string_view port_name, std::string_view transport) {
  const auto same = [](std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
      return (x >= 'A' && x <= 'Z' ? x + 32 : x) == (y >= 'A' && y <= 'Z' ? y + 32 : y);
    });
  };
  const auto parse = [&](std::string_view word) {
    for (std::size_t i = 1; i < kProtocols.size(); ++i)
      if (same(word, kProtocols[i])) return static_cast<Protocol>(i);
    return Protocol::Unset;
  };
  if (same(transport, "UDP")) return Protocol::Udp;
  if (!app_protocol.empty()) {
    // Kubernetes' own names: h2c is HTTP/2 in the clear, ws and wss are HTTP upgrades.
    if (same(app_protocol, "kubernetes.io/h2c")) return Protocol::Http2;
    if (same(app_protocol, "kubernetes.io/ws")) return Protocol::Http;
    if (same(app_protocol, "kubernetes.io/wss")) return Protocol::Https;
    return parse(app_protocol);
  }
  if (port_name.size() >= 8 && same(port_name.substr(0, 8), "grpc-web") &&
      (port_name.size() == 8 || port_name[8] == '-'))
    return Protocol::GrpcWeb;
  return parse(port_name.substr(0, port_name.find('-')));
}

// DP-030, DP-031.
bool Workload::wds_hbone() const {
  if (!discovered) return false;
  if (role == ProxyRole::Waypoint || role == ProxyRole::EastWest) return true;
  return tunnel_label || (mode == DataplaneMode::Ambient && !redirection_pending);
}

const ServicePort* Service::find_port(std::uint16_t number) const {
  const auto it = std::find_if(ports.begin(), ports.end(), [&](const ServicePort& p) { return p.port == number; });
  return it == ports.end() ? nullptr : &*it;
}

std::string Mesh::fqdn(std::string_view name, std::string_view ns) const {
  std::string out;
  out.append(name).append(".").append(ns).append(".svc.").append(settings.domain);
  return out;
}

const Labels& Mesh::namespace_labels(std::string_view ns) const {
  static const Labels kNone_;
  const auto it = namespaces.find(ns);
  return it == namespaces.end() ? kNone_ : it->second.labels;
}

namespace {

// DP-107, DP-206: a Kubernetes Service first, then the oldest; what istiod does not see comes last.
bool preferred(const Service& a, const Service& b) {
  const auto key = [](const Service& s) {
    return std::make_tuple(!s.discovered, !s.kubernetes, std::string_view(s.creation_timestamp),
                           std::string_view(s.name), std::string_view(s.ns));
  };
  return key(a) < key(b);
}

std::string joined(std::string_view ns, std::string_view name) {
  std::string out;
  out.reserve(ns.size() + name.size() + 1);
  return out.append(ns).append("/").append(name);
}

template <typename Map>
std::size_t first_of(const Map& map, const std::string& key) {
  const auto it = map.find(key);
  return it == map.end() || it->second.empty() ? kNone : it->second.front();
}

}  // namespace

void Mesh::finish() {
  auto made = std::make_shared<Index>();
  made->services_of.resize(workloads.size());
  for (std::size_t i = 0; i < workloads.size(); ++i) {
    const Workload& w = workloads[i];
    made->workloads[joined(w.ns, w.name)].push_back(i);
    if (w.external) continue;
    for (std::size_t p = 0; p < w.pods.size(); ++p) made->pods.try_emplace(joined(w.ns, w.pods[p].name), i);
  }
  // A pod goes before an inline endpoint that repeats its address; hostNetwork pods are not indexed (DP-016).
  for (const bool external : {false, true})
    for (std::size_t i = 0; i < workloads.size(); ++i) {
      const Workload& w = workloads[i];
      if (w.external != external || w.host_network) continue;
      for (std::size_t p = 0; p < w.pods.size(); ++p)
        for (const IpAddress& address : w.pods[p].addresses) made->by_ip.try_emplace(address, i, p);
    }
  for (std::size_t i = 0; i < services.size(); ++i) {
    const Service& s = services[i];
    if (s.kubernetes) made->services[joined(s.ns, s.name)].push_back(i);
    if (s.hostname.starts_with("*")) {
      made->wildcards.push_back(i);
    } else {
      made->hosts[s.hostname].push_back(i);
    }
    for (const IpAddress& address : s.addresses) made->vips[address].push_back(i);
    for (const IpAddress& address : s.external_addresses) made->external.try_emplace(address, i);
    for (const Cidr& range : s.address_ranges) made->ranges.emplace_back(range, i);
    for (const Endpoint& e : s.endpoints) {
      if (e.workload >= workloads.size()) continue;
      std::vector<std::size_t>& list = made->services_of[e.workload];
      if (list.empty() || list.back() != i) list.push_back(i);
    }
  }
  const auto by_preference = [&](std::size_t a, std::size_t b) { return preferred(services[a], services[b]); };
  for (auto& [host, list] : made->hosts) std::sort(list.begin(), list.end(), by_preference);
  for (auto& [address, list] : made->vips) std::sort(list.begin(), list.end(), by_preference);
  std::stable_sort(made->wildcards.begin(), made->wildcards.end(), [&](std::size_t a, std::size_t b) {
    const std::size_t x = services[a].hostname.size(), y = services[b].hostname.size();
    return x != y ? x > y : preferred(services[a], services[b]);
  });
  std::stable_sort(made->ranges.begin(), made->ranges.end(),
                   [](const auto& a, const auto& b) { return a.first.prefix > b.first.prefix; });
  for (std::size_t i = 0; i < gateways.size(); ++i) {
    const Gateway& g = gateways[i];
    made->gateways[joined(g.ns, g.name)].push_back(i);
  }
  // Other names of a gateway: its Deployment and its Services; a Gateway of that name goes first.
  for (std::size_t i = 0; i < gateways.size(); ++i) {
    const Gateway& g = gateways[i];
    if (g.workload == kNone) continue;
    const Workload& w = workloads[g.workload];
    made->gateways[joined(w.ns, w.name)].push_back(i);
    for (const Service& s : services)
      if (s.kubernetes && s.ns == w.ns && !s.selector.empty() && matches(s.selector, w.labels))
        made->gateways[joined(s.ns, s.name)].push_back(i);
  }
  for (const Object& object : objects) made->by_kind[object.kind].push_back(&object);
  index = std::move(made);
}

std::size_t Mesh::find_workload(std::string_view ns, std::string_view name) const {
  const std::string key = joined(ns, name);
  const std::size_t found = first_of(index->workloads, key);
  if (found != kNone) return found;
  const auto pod = index->pods.find(key);
  return pod == index->pods.end() ? kNone : pod->second;
}

std::vector<std::size_t> Mesh::workloads_named(std::string_view ns, std::string_view name) const {
  const auto it = index->workloads.find(joined(ns, name));
  if (it != index->workloads.end()) return it->second;
  const auto pod = index->pods.find(joined(ns, name));
  return pod == index->pods.end() ? std::vector<std::size_t>() : std::vector<std::size_t>{pod->second};
}

std::size_t Mesh::find_service(std::string_view ns, std::string_view name) const {
  return first_of(index->services, joined(ns, name));
}

std::size_t Mesh::find_gateway(std::string_view ns, std::string_view name) const {
  return first_of(index->gateways, joined(ns, name));
}

const std::vector<std::size_t>& Mesh::services_of(std::size_t workload) const {
  static const std::vector<std::size_t> kNobody;
  return workload < index->services_of.size() ? index->services_of[workload] : kNobody;
}

std::vector<std::size_t> Mesh::services_by_host(std::string_view hostname) const {
  const auto it = index->hosts.find(std::string(hostname));
  return it == index->hosts.end() ? std::vector<std::size_t>() : it->second;
}

namespace {

// Of several services with one host: the client's namespace where the profile says so, else the first.
std::size_t pick(const Mesh& mesh, const std::vector<std::size_t>& candidates, std::string_view client_ns) {
  if (mesh.settings.profile.client_namespace_service_preferred)
    for (const std::size_t i : candidates)
      if (mesh.services[i].ns == client_ns && mesh.services[i].discovered) return i;
  // DP-110: a ServiceEntry that only its own namespace sees stands in nobody's way.
  for (const std::size_t i : candidates)
    if (mesh.services[i].visibility == Service::Visibility::Public || mesh.services[i].ns == client_ns) return i;
  return candidates.front();
}

}  // namespace

std::size_t Mesh::resolve_host(std::string_view host, std::string_view client_ns) const {
  std::string name(host);
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (const auto address = IpAddress::parse(name)) return resolve_vip(*address, client_ns);
  const bool absolute = name.ends_with('.');
  if (absolute) name.pop_back();
  if (name.empty()) return kNone;
  const auto look = [&](const std::string& full) {
    const auto it = index->hosts.find(full);
    return it == index->hosts.end() ? kNone : pick(*this, it->second, client_ns);
  };
  // The search path of a pod's resolv.conf (ndots:5), then the name itself.
  if (!absolute && std::count(name.begin(), name.end(), '.') < 5) {
    const std::string& d = settings.domain;
    if (!client_ns.empty())
      if (const std::size_t found = look(name + '.' + std::string(client_ns) + ".svc." + d); found != kNone)
        return found;
    for (const std::string& suffix : {".svc." + d, '.' + d})
      if (const std::size_t found = look(name + suffix); found != kNone) return found;
  }
  if (const std::size_t found = look(name); found != kNone) return found;
  for (std::size_t i = 0; i < index->wildcards.size(); ++i) {
    const std::string& pattern = services[index->wildcards[i]].hostname;
    if (!name.ends_with(std::string_view(pattern).substr(1)) || name.size() < pattern.size()) continue;
    std::vector<std::size_t> same;
    for (std::size_t k = i; k < index->wildcards.size(); ++k)
      if (services[index->wildcards[k]].hostname == pattern) same.push_back(index->wildcards[k]);
    return pick(*this, same, client_ns);
  }
  return kNone;
}

std::vector<std::size_t> Mesh::services_by_vip(const IpAddress& address) const {
  std::vector<std::size_t> out;
  if (const auto it = index->vips.find(address); it != index->vips.end()) out = it->second;
  // A declared range gives way to an exact address; the longest prefix first.
  for (const auto& [range, service] : index->ranges)
    if (range.contains(address)) out.push_back(service);
  return out;
}

std::size_t Mesh::resolve_vip(const IpAddress& address, std::string_view client_ns) const {
  const std::vector<std::size_t> found = services_by_vip(address);
  return found.empty() ? kNone : pick(*this, found, client_ns);
}

std::size_t Mesh::service_by_external_ip(const IpAddress& address) const {
  const auto it = index->external.find(address);
  return it == index->external.end() ? kNone : it->second;
}

std::optional<std::pair<std::size_t, std::size_t>> Mesh::workload_by_ip(const IpAddress& address) const {
  const auto it = index->by_ip.find(address);
  if (it == index->by_ip.end()) return std::nullopt;
  return it->second;
}

std::vector<const Object*> Mesh::objects_of(std::string_view kind, std::string_view api_group) const {
  const auto it = index->by_kind.find(std::string(kind));
  if (it == index->by_kind.end()) return {};
  if (api_group == "*") return it->second;
  std::vector<const Object*> out;
  for (const Object* object : it->second)
    if (object->api_group == api_group) out.push_back(object);
  return out;
}

}  // namespace meshsim::models
