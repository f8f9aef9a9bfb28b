// A waypoint: routes of the services it owns (DP-240..DP-246, DP-164, PO-125).
#include <algorithm>

#include "models/route/compiled_routing.h"

namespace meshsim::models::route {

std::vector<RouteChoice> CompiledRouting::at_waypoint(std::size_t waypoint, std::size_t service, std::uint16_t port,
                                                      const RouteRequest& request) const {
  const Gateway& gateway = mesh_.gateways[waypoint];
  const Service& to = mesh_.services[service];
  const Scope& scope = scopes_.of_namespace(gateway.ns);
  Evaluator at = evaluator(ProxyKind::Waypoint, scope, labels_of(gateway), port);
  at.owns = [this, waypoint](std::size_t s) {
    const WaypointBinding& binding = mesh_.services[s].waypoint;
    return binding.bound() && (binding.gateway == waypoint || binding.canary_gateway == waypoint);
  };
  ProxySide side;
  side.ns = gateway.ns;
  side.labels = at.labels;
  side.port = port;
  side.waypoint = true;

  std::vector<const RouteSet*> near;
  std::vector<RouteFinding> passed_over;
  if (const EgressView* view = scope.view(0)) {
    for (const std::uint32_t i : view->matching(lower(to.hostname))) {
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
  }
  std::vector<RouteChoice> out =
      request.http ? on_normal_path(request,
                                    [&](const RouteRequest& normal) {
                                      return waypoint_http(at, side, near, service, normal, passed_over);
                                    })
                   : waypoint_stream(at, near, service);
  for (RouteChoice& choice : out)
    choice.considered.insert(choice.considered.end(), passed_over.begin(), passed_over.end());
  return out;
}

std::vector<RouteChoice> CompiledRouting::waypoint_http(const Evaluator& at, const ProxySide& side,
                                                        const std::vector<const RouteSet*>& near, std::size_t service,
                                                        const RouteRequest& request,
                                                        std::vector<RouteFinding>& passed_over) const {
  // DP-242: one virtual host for every Host, but for wildcard hosts that the waypoint resolves itself.
  const Service& to = mesh_.services[service];
  if (to.resolution == Resolution::DynamicDns &&
      !host_matches(lower(to.hostname), lower(host_without_port(request.authority)))) {
    RouteChoice none = no_route(nullptr, ProxyKind::Waypoint);
    none.reasons.push_back(
        {"DP-242", "the waypoint takes only hosts that match " + to.hostname + " of this DYNAMIC_DNS ServiceEntry",
         to.ref.source});
    return {none};
  }
  // DP-244: the first object with an http section, or all of them one after the other. DP-245: an object of which
  // nothing is built counts as absent; where only the first counts, absent means no routes at all.
  const bool merges = mesh_.settings.profile.waypoint_merges_virtual_services;
  std::vector<const RouteSet*> used;
  bool first = true;
  for (const RouteSet* set : near) {
    if (set->http.empty()) continue;
    if (!first && !merges) {
      RouteFinding lost;
      lost.route = set->ref;
      lost.at = ProxyKind::Waypoint;
      lost.why = "this version of the waypoint uses the first route object of a host only";
      lost.rules = {"DP-244"};
      passed_over.push_back(std::move(lost));
      continue;
    }
    first = false;
    if (set->table.applies(set->http, side)) {
      used.push_back(set);
      continue;
    }
    RouteFinding dropped;
    dropped.route = set->ref;
    dropped.at = ProxyKind::Waypoint;
    dropped.why = "a waypoint drops match blocks with sourceLabels and those of other gateways, namespaces and ports";
    dropped.rules = {"DP-245"};
    passed_over.push_back(std::move(dropped));
  }
  for (const RouteSet* set : used) {
    const RowMatch hit = set->table.find(set->http, request, side);
    if (hit.found()) return follow_rule(at, hit, *set, request);
  }
  if (!used.empty()) return {no_route(used.front(), ProxyKind::Waypoint)};
  return {default_route(at, service, at.listener_port, true)};
}

std::vector<RouteChoice> CompiledRouting::waypoint_stream(const Evaluator& at, const std::vector<const RouteSet*>& near,
                                                          std::size_t service) const {
  const std::string host = lower(mesh_.services[service].hostname);
  auto built = [&](const StreamMatch& match) {
    if (match.port != 0 && match.port != at.listener_port) return false;
    if (!match.source_labels.empty() || !match.source_ns.empty()) return false;
    return match.gateways.empty() ||
           std::find(match.gateways.begin(), match.gateways.end(), "mesh") != match.gateways.end();
  };
  // DP-245: TLS rules first, and of these only the ones whose single SNI is the Service's own host.
  for (const RouteSet* set : near)
    for (const StreamRule& rule : set->tls)
      if (rule.matches.empty() || std::any_of(rule.matches.begin(), rule.matches.end(), [&](const StreamMatch& m) {
            return m.sni_hosts.size() == 1 && m.sni_hosts[0] == host && built(m);
          }))
        return follow_stream(at, rule);
  for (const RouteSet* set : near)
    for (const StreamRule& rule : set->tcp)
      if (rule.matches.empty() || std::any_of(rule.matches.begin(), rule.matches.end(), built))
        return follow_stream(at, rule);
  return {default_route(at, service, at.listener_port, false)};
}

}  // namespace meshsim::models::route
