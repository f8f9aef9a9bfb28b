#pragma once
// Scope: what istiod tells a proxy of: the services and mesh routes visible to a namespace, narrowed by a Sidecar
// resource. Imitates: SidecarScope (pilot/pkg/model/sidecar.go, 1.27; DP-225, DP-226, DP-253, DP-254). Gateways and
// waypoints use the default scope of their namespace.
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "models/route/route_set.h"

namespace meshsim::models::route {

// A listener on an address of its own; the others share 0.0.0.0:port. Auto-allocated addresses are known to sidecars
// only with DNS capture, which is off by default.
bool has_own_listener(const Service& service);

// Services and routes of one egress listener (a Sidecar may have one per port); the default scope has a single one.
struct EgressView {
  std::uint16_t port = 0;  // 0: every port that no other listener has
  std::vector<bool> services;
  std::unordered_map<std::string, std::vector<std::uint32_t>> exact;     // host -> route sets, in order of preference
  std::vector<std::pair<std::string, std::vector<std::uint32_t>>> wild;  // longest first
  std::vector<bool> has_http_port;  // by port: 0.0.0.0:port exists as an HTTP listener

  // Route sets for this host, best first: exact hosts, then the longest wildcard.
  std::vector<std::uint32_t> sets_for(const std::string& host) const;
  // The same in istiod's order, without regard to how specific the matching host is (waypoints, TCP and TLS).
  std::vector<std::uint32_t> matching(const std::string& host) const;
  std::vector<std::uint32_t> rank;  // of every route set in istiod's order
};

struct Scope {
  std::string ns;
  std::vector<EgressView> listeners;
  std::unordered_map<std::string, std::size_t> by_host;  // every service exported here, for destinations of routes
  bool registry_only = false;
  std::string egress_proxy_host;  // outboundTrafficPolicy.egressProxy
  std::uint16_t egress_proxy_port = 0;
  std::string egress_proxy_subset;
  std::optional<ObjectRef> sidecar;

  const EgressView* view(std::uint16_t port) const;
  bool sees(std::size_t service) const;
  std::size_t find(const std::string& host) const;
};

class Scopes {
 public:
  void compile(const Mesh& mesh, const std::vector<RouteSet>& sets, Diagnostics& diagnostics);
  const Scope& of_workload(std::size_t workload) const { return *by_workload_[workload]; }
  const Scope& of_namespace(std::string_view ns) const;  // default scope

 private:
  std::map<std::string, std::unique_ptr<Scope>, std::less<>> defaults_;
  std::vector<std::unique_ptr<Scope>> narrowed_;
  std::vector<const Scope*> by_workload_;
  std::unique_ptr<Scope> nothing_;
};

}  // namespace meshsim::models::route
