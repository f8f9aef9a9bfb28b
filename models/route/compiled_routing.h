#pragma once
// CompiledRouting: the implementation of Routing. The mesh's route objects are read into RouteSets once; scopes say who
// sees which, gateway servers which gateways carry which. Queries only read.
#include <functional>
#include <memory>
#include <vector>

#include "models/route/destination_rules.h"
#include "models/route/gateway_servers.h"
#include "models/route/http_action.h"
#include "models/route/route_set.h"
#include "models/route/routing.h"
#include "models/route/scope.h"

namespace meshsim::models::route {

class CompiledRouting final : public Routing {
 public:
  CompiledRouting(const Mesh& mesh, Diagnostics& diagnostics);

  std::vector<RouteChoice> at_sidecar(std::size_t client, std::size_t service, std::uint16_t port,
                                      std::string_view original_host, const RouteRequest& request) const override;
  std::vector<RouteChoice> at_waypoint(std::size_t waypoint, std::size_t service, std::uint16_t port,
                                       const RouteRequest& request) const override;
  ServerMatch server_at_gateway(std::size_t gateway, std::uint16_t port, bool tls,
                                const RouteRequest& request) const override;
  std::vector<RouteChoice> at_gateway(std::size_t gateway, const ServerMatch& server, std::uint16_t port,
                                      const RouteRequest& request) const override;
  TrafficPolicy traffic_policy(std::string_view ns, const Labels* labels, std::size_t service, std::uint16_t port,
                               std::string_view subset, bool at_waypoint_own_service) const override;
  bool visible(std::size_t client, std::size_t service) const override;
  bool registry_only(std::size_t client) const override;

 private:
  // sidecar_routes.cpp
  struct VirtualHost {  // what the authority selects (DP-040, DP-255)
    std::size_t service = kNone;
    std::string host;  // of a VirtualService host outside the registry, when service is kNone
    bool found = false;
  };
  VirtualHost virtual_host(const Scope& scope, const EgressView& view, std::uint16_t port,
                           std::string_view authority) const;
  std::vector<RouteChoice> sidecar_http(const Scope& scope, const EgressView& view, const Evaluator& at,
                                        std::size_t client, std::size_t service, std::uint16_t port,
                                        std::string_view original_host, const RouteRequest& request) const;
  std::vector<RouteChoice> sidecar_stream(const Scope& scope, const EgressView* view, const Evaluator& at,
                                          std::size_t service, std::string_view original_host,
                                          const RouteRequest& request) const;
  // The tls or tcp rule for this Service; `any_tls_chain`: TLS rules exist for it, matching or not.
  const StreamRule* stream_rule(const EgressView& view, const Evaluator& at, std::size_t service, std::string_view sni,
                                bool& any_tls_chain) const;
  std::vector<RouteChoice> unknown_destination(const Scope& scope, const Evaluator& at, bool http_listener,
                                               std::string_view host) const;
  std::vector<RouteChoice> on_shared_listener(const Scope& scope, const EgressView& view, const Evaluator& at,
                                              std::string_view host) const;
  std::vector<RouteChoice> route_host(const EgressView& view, const Evaluator& at, const ProxySide& side,
                                      std::size_t service, const std::string& host, std::uint16_t port,
                                      const RouteRequest& request) const;
  bool usable_at_sidecar(const RouteSet& set, std::size_t service, std::string_view ns) const;
  // PO-047: every HTTP connection manager normalises the path before it routes, and forwards it so.
  std::vector<RouteChoice> on_normal_path(
      const RouteRequest& request, const std::function<std::vector<RouteChoice>(const RouteRequest&)>& route) const;
  std::vector<RouteChoice> waypoint_http(const Evaluator& at, const ProxySide& side,
                                         const std::vector<const RouteSet*>& near, std::size_t service,
                                         const RouteRequest& request, std::vector<RouteFinding>& passed_over) const;
  std::vector<RouteChoice> waypoint_stream(const Evaluator& at, const std::vector<const RouteSet*>& near,
                                           std::size_t service) const;
  std::vector<RouteChoice> gateway_http(const Evaluator& at, std::size_t gateway, const ServerMatch& match,
                                        std::uint16_t pod_port, const RouteRequest& request) const;
  std::vector<RouteChoice> gateway_stream(const Evaluator& at, const Server& server, const RouteRequest& request) const;
  Evaluator evaluator(ProxyKind kind, const Scope& scope, const Labels* labels, std::uint16_t port) const;

  const Labels* labels_of(const Gateway& gateway) const {
    return gateway.workload != kNone ? &mesh_.workloads[gateway.workload].labels : &gateway.labels;
  }

  const Mesh& mesh_;
  std::vector<RouteSet> sets_;
  DestinationRules rules_;
  Scopes scopes_;
  GatewayServers servers_;
};

// 404 of an existing route object without a matching rule (DP-247).
RouteChoice no_route(const RouteSet* set, ProxyKind at);

}  // namespace meshsim::models::route
