#pragma once
// Scope: what istiod tells a proxy of: the services and mesh routes visible to a namespace, narrowed by a Sidecar
// resource. Imitates: SidecarScope (pilot/pkg/model/sidecar.go, 1.27; DP-225, DP-226, DP-253, DP-254). Gateways and
// waypoints use the default scope of their namespace.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "models/route/route_set.h"

namespace meshsim::models::route {

// A listener on an address of its own; the others share 0.0.0.0:port. Auto-allocated addresses are known to sidecars
// only with DNS capture, which is off by default.
bool has_own_listener(const Service& service);

// ServiceEntries of one host and namespace that are alike but for their ports stand for one service (canMergeServices).
bool merges(const Service& a, const Service& b);
// `service`, or where it lacks the port, the oldest one that merges with it and has it.
std::size_t with_port(const Mesh& mesh, std::size_t service, std::uint16_t port);

// Services and routes of one egress listener (a Sidecar may have one per port); the default scope has a single one.
// What namespaces see by default differs in little: such a view states what is different from the common one only.
struct EgressView {
  using Sets = std::vector<std::uint32_t>;  // route sets, in order of preference
  using Wild = std::vector<std::pair<std::string, Sets>>;

  std::uint16_t port = 0;              // 0: every port that no other listener has
  const EgressView* common = nullptr;  // what is not stated here is as it is there
  std::vector<bool> services;          // without `common`
  std::vector<bool> http_ports;        // without `common`; by port: 0.0.0.0:port exists as an HTTP listener
  std::unordered_map<std::size_t, bool> other_services;
  std::unordered_map<std::uint16_t, bool> other_ports;
  std::unordered_map<std::string, Sets> exact;           // by host
  std::optional<Wild> wild;                              // longest first; always stated without `common`
  std::unordered_map<std::uint32_t, std::uint8_t> tier;  // of route sets, where it is not that of public ones

  bool shows(std::size_t service) const;
  bool has_http_port(std::uint16_t number) const;
  const Sets* sets_of_exact(const std::string& host) const;
  const Wild& wildcards() const { return wild ? *wild : common->wildcards(); }
  // Route sets for this host, best first: exact hosts, then the longest wildcard.
  Sets sets_for(const std::string& host) const;
  // The same in istiod's order, without regard to how specific the matching host is (waypoints, TCP and TLS).
  Sets matching(const std::string& host) const;
};

struct Scope {
  std::string ns;
  const Scope* common = nullptr;  // hosts that are not stated here are as they are there
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
  std::unique_ptr<Scope> common_;  // of a namespace that owns nothing and is named nowhere
  std::map<std::string, std::unique_ptr<Scope>, std::less<>> defaults_;
  std::vector<std::unique_ptr<Scope>> narrowed_;
  std::vector<const Scope*> by_workload_;
};

}  // namespace meshsim::models::route
