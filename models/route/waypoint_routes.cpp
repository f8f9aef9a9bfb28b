// A waypoint: routes of the services it owns (DP-240..DP-246, DP-164, PO-125).
#include <algorithm>

#include "models/route/compiled_routing.h"

namespace meshsim::models::route {

std::vector<RouteChoice> CompiledRouting::at_waypoint(std::size_t waypoint, std::size_t service, std::uint16_t port,
                                                      const RouteRequest& request) const {
  const Gateway& gateway = mesh_.gateways[waypoint];
  const Service& to = mesh_.services[service];
  const Scope& scope = scopes_.of_namespace(gateway.ns);
  const Labels* labels = gateway.workload != kNone ? &mesh_.workloads[gateway.workload].labels : &gateway.labels;
  Evaluator at = evaluator(ProxyKind::Waypoint, scope, labels, port);
  at.owns = [this, waypoint](std::size_t s) {
    const WaypointBinding& binding = mesh_.services[s].waypoint;
    return binding.bound() && (binding.gateway == waypoint || binding.canary_gateway == waypoint);
  };
  ProxySide side;
  side.ns = gateway.ns;
  side.labels = labels;
  side.port = port;
  side.waypoint = true;

  // DP-243: only routes of the service's or the waypoint's namespace.
  std::vector<const RouteSet*> near;
  const std::string host = lower(to.hostname);
  std::vector<std::uint32_t> all;
  if (const EgressView* view = scope.view(0)) all = view->sets_for(host);
  std::vector<RouteFinding> passed_over;
  for (const std::uint32_t i : all) {
    const RouteSet& set = sets_[i];
    if (set.ns == gateway.ns || set.ns == to.ns) {
      near.push_back(&set);
      continue;
    }
    RouteFinding far;
    far.route = set.ref;
    far.at = ProxyKind::Waypoint;
    far.why = "a waypoint reads routes of its own namespace and of the Service's only";
    far.rules = {"DP-243"};
    passed_over.push_back(std::move(far));
  }
  std::vector<RouteChoice> out;
  if (request.http) {
    bool any = false;
    for (const RouteSet* set : near) {
      if (set->http.empty()) continue;
      if (any && !mesh_.settings.profile.waypoint_merges_virtual_services) {
        RouteFinding lost;
        lost.route = set->ref;
        lost.at = ProxyKind::Waypoint;
        lost.why = "this version of the waypoint uses the first route object of a host only";
        lost.rules = {"DP-244"};
        passed_over.push_back(std::move(lost));
        continue;
      }
      const bool first = !any;
      // DP-245: an object whose entries are all dropped counts as absent; in 1.27 it was still the one chosen.
      const bool applies = set->table.applies(set->http, side);
      if (first && !mesh_.settings.profile.waypoint_merges_virtual_services) any = true;
      if (!applies) continue;
      any = true;
      if (!out.empty()) continue;
      const RowMatch hit = set->table.find(set->http, request, side);
      if (hit.found()) out = follow_rule(at, hit, *set, request);
    }
    const bool routes_exist = any && std::any_of(near.begin(), near.end(), [&](const RouteSet* set) {
                                return !set->http.empty() && set->table.applies(set->http, side);
                              });
    if (out.empty() && routes_exist) {
      const auto holder = std::find_if(near.begin(), near.end(), [&](const RouteSet* set) {
        return !set->http.empty() && set->table.applies(set->http, side);
      });
      const bool chosen_applies =
          mesh_.settings.profile.waypoint_merges_virtual_services ||
          holder == std::find_if(near.begin(), near.end(), [](const RouteSet* set) { return !set->http.empty(); });
      if (chosen_applies) out.push_back(no_route(*holder, ProxyKind::Waypoint));
    }
    if (out.empty()) out.push_back(default_route(at, service, port, true));
  } else {
    auto here = [&](const StreamMatch& match) {
      if (match.port != 0 && match.port != port) return false;
      if (!match.source_labels.empty() || !match.source_ns.empty()) return false;
      return match.gateways.empty() ||
             std::find(match.gateways.begin(), match.gateways.end(), "mesh") != match.gateways.end();
    };
    const StreamRule* chosen = nullptr;
    for (const RouteSet* set : near)
      for (const StreamRule& rule : set->tls) {
        const bool matched =
            rule.matches.empty() || std::any_of(rule.matches.begin(), rule.matches.end(), [&](const StreamMatch& m) {
              return m.sni_hosts.size() == 1 && m.sni_hosts[0] == host && here(m);
            });
        if (chosen == nullptr && matched) chosen = &rule;
      }
    for (const RouteSet* set : near)
      for (const StreamRule& rule : set->tcp)
        if (chosen == nullptr && (rule.matches.empty() || std::any_of(rule.matches.begin(), rule.matches.end(), here)))
          chosen = &rule;
    if (chosen != nullptr) {
      out = follow_stream(at, *chosen);
    } else {
      out.push_back(default_route(at, service, port, false));
    }
  }
  for (RouteChoice& choice : out)
    choice.considered.insert(choice.considered.end(), passed_over.begin(), passed_over.end());
  return out;
}

}  // namespace meshsim::models::route
