#pragma once
// HttpAction: what a matched HTTP rule does with a request: faults, redirects, direct answers, rewrites, weights,
// mirrors, header edits. The result is a set of RouteChoices whose probabilities add up to 1. Imitates: istiod's
// TranslateRoute (CORE/route/route.go, 1.27) and Envoy's router, fault and CORS filters.
#include <functional>
#include <string>
#include <vector>

#include "models/route/destination_rules.h"
#include "models/route/route_set.h"

namespace meshsim::models::route {

// What differs between the proxies that follow a rule.
struct Evaluator {
  const Mesh* mesh = nullptr;
  const DestinationRules* rules = nullptr;
  ProxyKind kind = ProxyKind::Sidecar;
  std::string_view ns;
  const Labels* labels = nullptr;
  std::uint16_t listener_port = 0;  // for destinations without port and FROM_REQUEST_PORT
  bool tls = false;                 // the listener terminates TLS
  bool single_port_default = true;  // a destination with one port needs no port number; not at sidecars, whose
                                    // registry view holds only the listener's port
  std::function<std::size_t(const std::string&)> find_service;
  std::function<bool(std::size_t)> owns;  // waypoint: the service is its own (DP-164)
};

std::vector<RouteChoice> follow_rule(const Evaluator& at, const RowMatch& hit, const RouteSet& set,
                                     const RouteRequest& request);
// tcp and tls rules, weighted.
std::vector<RouteChoice> follow_stream(const Evaluator& at, const StreamRule& rule);
// Drops impossible choices and makes the probabilities add up to exactly 1 in their order.
void settle(std::vector<RouteChoice>& choices);
// A service without route object: default route (DP-247), with the retries of DP-246.
RouteChoice default_route(const Evaluator& at, std::size_t service, std::uint16_t port, bool http);
RouteChoice answer(int status, std::string flags, std::string details, Reason reason);
RouteChoice close(std::string flags, Reason reason);
RetryPolicy default_retries(const Mesh& mesh);  // R1 of DP-246

}  // namespace meshsim::models::route
