#include "models/simulation/mixed_world.h"

#include <algorithm>

namespace meshsim::models::simulation {
namespace {

// Indices of one mesh in terms of another, by what the things are called.
class Translation {
 public:
  Translation(const Mesh& from, const Mesh& to) : from_(from), to_(to) {}

  // The same pods in the other configuration; kNone when it does not know them yet.
  std::size_t workload(std::size_t index) const {
    if (index >= from_.workloads.size()) return kNone;
    const Workload& w = from_.workloads[index];
    for (const std::size_t i : to_.workloads_named(w.ns, w.name)) {
      const Workload& other = to_.workloads[i];
      if (other.mode != w.mode) continue;
      if (w.pods.empty() || std::any_of(other.pods.begin(), other.pods.end(),
                                        [&](const PodInstance& pod) { return pod.name == w.pods.front().name; }))
        return i;
    }
    return kNone;
  }
  std::size_t gateway(std::size_t index) const {
    return index >= from_.gateways.size() ? kNone
                                          : to_.find_gateway(from_.gateways[index].ns, from_.gateways[index].name);
  }
  std::size_t service(std::size_t index) const {
    if (index >= from_.services.size()) return kNone;
    const Service& s = from_.services[index];
    for (const std::size_t i : to_.services_by_host(s.hostname))
      if (to_.services[i].ns == s.ns) return i;
    return kNone;
  }

 private:
  const Mesh &from_, &to_;
};

class MixedPolicies final : public PolicyEngine {
 public:
  MixedPolicies(World client, World waypoint, World server)
      : client_(std::move(client)),
        waypoint_(std::move(waypoint)),
        server_(std::move(server)),
        to_server_(*client_.mesh, *server_.mesh),
        to_waypoint_(*client_.mesh, *waypoint_.mesh) {}

  PolicyDecision at_envoy(const ProxyView& proxy, const ConnectionView& connection,
                          const RequestView* request) const override {
    return engine(proxy).at_envoy(proxy, connection, request);
  }
  PolicyDecision at_ztunnel(std::size_t workload, const ConnectionView& connection) const override {
    const std::size_t there = to_server_.workload(workload);
    return there == kNone ? client_.policies->at_ztunnel(workload, connection)
                          : server_.policies->at_ztunnel(there, connection);
  }
  MtlsDecision sidecar_mtls(std::size_t workload, std::uint16_t port) const override {
    const std::size_t there = to_server_.workload(workload);
    return there == kNone ? client_.policies->sidecar_mtls(workload, port)
                          : server_.policies->sidecar_mtls(there, port);
  }
  MtlsDecision namespace_mtls(std::string_view ns) const override { return client_.policies->namespace_mtls(ns); }
  std::vector<Concern> concerning(std::size_t workload, std::size_t service) const override {
    // From each proxy's own configuration what stands there; what attaches nowhere, as the server's side sees it.
    const std::size_t at_server = to_server_.workload(workload);
    if (at_server == kNone) return client_.policies->concerning(workload, service);
    const auto middle = [](const Concern& c) {
      return c.at && (*c.at == ProxyKind::Waypoint || *c.at == ProxyKind::Gateway);
    };
    std::vector<Concern> out = server_.policies->concerning(at_server, to_server_.service(service));
    std::erase_if(out, middle);
    for (Concern& c : waypoint_.policies->concerning(to_waypoint_.workload(workload), to_waypoint_.service(service)))
      if (middle(c)) out.push_back(std::move(c));
    return out;
  }
  bool allows_envoy(const ProxyView& proxy, const ConnectionView& connection,
                    const RequestView* request) const override {
    return engine(proxy).allows_envoy(proxy, connection, request);
  }
  bool allows_ztunnel(std::size_t workload, const ConnectionView& connection) const override {
    return at_ztunnel(workload, connection).allowed;
  }

 private:
  const PolicyEngine& engine(const ProxyView& proxy) const {
    return proxy.kind == ProxyKind::Sidecar ? *server_.policies : *waypoint_.policies;
  }
  World client_, waypoint_, server_;
  Translation to_server_, to_waypoint_;
};

class MixedRouting final : public Routing {
 public:
  MixedRouting(World client, World waypoint)
      : client_(std::move(client)),
        waypoint_(std::move(waypoint)),
        there_(*client_.mesh, *waypoint_.mesh),
        back_(*waypoint_.mesh, *client_.mesh) {}

  std::vector<RouteChoice> at_sidecar(std::size_t client, std::size_t service, std::uint16_t port,
                                      std::string_view original_host, const RouteRequest& request) const override {
    return client_.routing->at_sidecar(client, service, port, original_host, request);
  }
  std::vector<RouteChoice> at_waypoint(std::size_t waypoint, std::size_t service, std::uint16_t port,
                                       const RouteRequest& request) const override {
    const std::size_t w = there_.gateway(waypoint), s = there_.service(service);
    // A waypoint or Service that the other configuration does not have: nothing is known of it there.
    if (w == kNone || s == kNone) return client_.routing->at_waypoint(waypoint, service, port, request);
    return come_back(waypoint_.routing->at_waypoint(w, s, port, request));
  }
  ServerMatch server_at_gateway(std::size_t gateway, std::uint16_t port, bool tls,
                                const RouteRequest& request) const override {
    const std::size_t g = there_.gateway(gateway);
    return g == kNone ? client_.routing->server_at_gateway(gateway, port, tls, request)
                      : waypoint_.routing->server_at_gateway(g, port, tls, request);
  }
  std::vector<RouteChoice> at_gateway(std::size_t gateway, const ServerMatch& server, std::uint16_t port,
                                      const RouteRequest& request) const override {
    const std::size_t g = there_.gateway(gateway);
    return g == kNone ? client_.routing->at_gateway(gateway, server, port, request)
                      : come_back(waypoint_.routing->at_gateway(g, server, port, request));
  }
  TrafficPolicy traffic_policy(std::string_view ns, const Labels* labels, std::size_t service, std::uint16_t port,
                               std::string_view subset, bool at_waypoint_own_service) const override {
    const std::size_t s = at_waypoint_own_service ? there_.service(service) : kNone;
    if (s != kNone) return waypoint_.routing->traffic_policy(ns, labels, s, port, subset, true);
    return client_.routing->traffic_policy(ns, labels, service, port, subset, at_waypoint_own_service);
  }
  bool visible(std::size_t client, std::size_t service) const override {
    return client_.routing->visible(client, service);
  }
  bool registry_only(std::size_t client) const override { return client_.routing->registry_only(client); }

 private:
  std::vector<RouteChoice> come_back(std::vector<RouteChoice> choices) const {
    for (RouteChoice& choice : choices) {
      if (choice.kind != RouteChoice::Kind::Forward) continue;
      choice.service = back_.service(choice.service);
      if (choice.service != kNone) continue;
      // A Service that the endpoints of this moment do not show yet: Envoy has the route and not the cluster.
      choice.kind = RouteChoice::Kind::Answer;
      choice.status = 503;
      choice.flags = "NC";
      choice.reasons.push_back({"DP-252", "the route has arrived before its destination (cluster_not_found)", {}});
    }
    return choices;
  }
  World client_, waypoint_;
  Translation there_, back_;
};

}  // namespace

World mixed_world(const World& client, const World& waypoint, const World& server) {
  World out = client;
  if (client.mesh == waypoint.mesh && client.mesh == server.mesh) return out;
  out.policies = std::make_shared<MixedPolicies>(client, waypoint, server);
  if (client.mesh != waypoint.mesh) out.routing = std::make_shared<MixedRouting>(client, waypoint);
  return out;
}

}  // namespace meshsim::models::simulation
