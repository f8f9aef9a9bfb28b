// Networks: which one an endpoint is in, and through which gateways another one is entered (DP-270..DP-277).
#include <algorithm>
#include <charconv>
#include <tuple>

#include "models/mesh/draft.h"

namespace meshsim::models {
namespace {

constexpr std::string_view kNetwork = "topology.istio.io/network";
constexpr std::uint16_t kAutoPassthroughPort = 15443;

// A network that meshNetworks gives to a whole cluster (fromRegistry).
std::string of_cluster(const MeshSettings& settings, std::string_view cluster) {
  for (const Node network : settings.mesh_networks()["networks"])
    for (const Node endpoint : network["endpoints"])
      if (endpoint["fromRegistry"].is_string() && endpoint["fromRegistry"].text() == cluster)
        return std::string(network.key());
  return {};
}

std::string of_address(const MeshSettings& settings, const IpAddress& address) {
  for (const Node network : settings.mesh_networks()["networks"])
    for (const Node endpoint : network["endpoints"])
      if (const auto range = Cidr::parse(endpoint["fromCidr"].text()); range && range->contains(address))
        return std::string(network.key());
  return {};
}

// A TLS listener that passes Istio mTLS on by its SNI (pkg/config/gateway IsAutoPassthrough).
bool auto_passthrough(Node listener) {
  const Node tls = listener["tls"];
  if (tls["mode"].text() != "Passthrough") return false;
  return tls["options"]["gateway.istio.io/listener-protocol"].text() == "auto-passthrough" ||
         listener["port"].integer() == kAutoPassthroughPort;
}

std::uint16_t port_number(Node port) {
  const auto value = port.integer().value_or(0);
  return value > 0 && value <= 65535 ? static_cast<std::uint16_t>(value) : std::uint16_t{0};
}

void add_gateways(Mesh& mesh) {
  for (std::size_t i = 0; i < mesh.gateways.size(); ++i) {
    const Gateway& g = mesh.gateways[i];
    const auto network = find(g.labels, kNetwork);
    if (!network || network->empty() || g.kind == Gateway::Kind::Waypoint || g.kind == Gateway::Kind::Classic) continue;
    NetworkGateway out;
    out.network = *network;
    out.gateway = i;
    out.ref = g.ref;
    for (const Node listener : g.listeners) {
      if (listener["protocol"].text() == "HBONE") out.hbone_port = port_number(listener["port"]);
      if (auto_passthrough(listener)) out.mtls_port = port_number(listener["port"]);
    }
    if (g.has_address && (out.hbone_port != 0 || out.mtls_port != 0)) mesh.network_gateways.push_back(std::move(out));
  }
}

// The gateway whose pods this Service selects.
std::size_t gateway_behind(const Mesh& mesh, std::size_t service) {
  for (std::size_t i = 0; i < mesh.gateways.size(); ++i)
    if (mesh.gateways[i].service == service) return i;
  for (const Endpoint& endpoint : mesh.services[service].endpoints)
    if (endpoint.workload != kNone && mesh.workloads[endpoint.workload].gateway != kNone)
      return mesh.workloads[endpoint.workload].gateway;
  return kNone;
}

void add_labelled_services(Mesh& mesh) {
  for (std::size_t i = 0; i < mesh.services.size(); ++i) {
    const Service& s = mesh.services[i];
    const auto network = find(s.labels, kNetwork);
    if (!s.kubernetes || !s.discovered || !network || network->empty()) continue;
    const std::size_t gateway = gateway_behind(mesh, i);
    // Listeners say better which ports a Gateway API gateway has.
    if (gateway != kNone && mesh.gateways[gateway].kind != Gateway::Kind::Classic) continue;
    NetworkGateway out;
    out.network = *network;
    out.gateway = gateway;
    out.ref = s.ref;
    out.mtls_port = kAutoPassthroughPort;
    if (const auto stated = find(s.labels, "networking.istio.io/gatewayPort")) {
      std::uint16_t port = 0;
      const auto [end, error] = std::from_chars(stated->data(), stated->data() + stated->size(), port);
      if (error == std::errc() && end == stated->data() + stated->size() && port != 0) out.mtls_port = port;
    }
    mesh.network_gateways.push_back(std::move(out));
  }
}

void add_stated_gateways(Mesh& mesh) {
  for (const Node network : mesh.settings.mesh_networks()["networks"])
    for (const Node gateway : network["gateways"]) {
      NetworkGateway out;
      out.network = network.key();
      out.mtls_port = port_number(gateway["port"]);
      out.address = gateway["address"].string();
      if (out.address.empty()) {
        const std::string host = gateway["registryServiceName"].string();
        const std::size_t service = host.empty() ? kNone : mesh.resolve_host(host, mesh.settings.root_namespace);
        if (service == kNone) continue;
        out.gateway = gateway_behind(mesh, service);
        out.ref = mesh.services[service].ref;
      }
      mesh.network_gateways.push_back(std::move(out));
    }
}

}  // namespace

// Label (of the pod, as injection and remote clusters carry it) > system namespace > meshNetworks by cluster; addresses
// come later (pilot/pkg/serviceregistry/kube/controller/controller.go Network).
std::string network_of(const Draft& draft, const Labels& labels, std::string_view cluster) {
  if (const auto stated = find(labels, kNetwork); stated && !stated->empty()) return std::string(*stated);
  const MeshSettings& settings = draft.mesh.settings;
  // The label of the system namespace speaks for its own cluster.
  if (cluster == settings.cluster_id)
    if (const auto root = find(draft.namespace_labels(settings.root_namespace), kNetwork); root && !root->empty())
      return std::string(*root);
  return of_cluster(settings, cluster);
}

void give_networks_by_address(Draft& draft) {
  if (!draft.mesh.settings.mesh_networks().exists()) return;
  for (Workload& w : draft.mesh.workloads) {
    for (PodInstance& pod : w.pods)
      if (pod.locality.network.empty() && !pod.synthetic_address && !pod.addresses.empty())
        pod.locality.network = of_address(draft.mesh.settings, pod.addresses.front());
    if (w.locality.network.empty() && !w.pods.empty()) w.locality.network = w.pods.front().locality.network;
  }
}

void read_networks(Draft& draft) {
  Mesh& mesh = draft.mesh;
  for (const Workload& w : mesh.workloads)
    mesh.several_networks |= w.locality.network != mesh.workloads.front().locality.network;
  add_gateways(mesh);
  add_labelled_services(mesh);
  add_stated_gateways(mesh);
  std::stable_sort(
      mesh.network_gateways.begin(), mesh.network_gateways.end(), [](const NetworkGateway& a, const NetworkGateway& b) {
        return std::tuple(a.network, a.ref.text(), a.address) < std::tuple(b.network, b.ref.text(), b.address);
      });
}

}  // namespace meshsim::models
