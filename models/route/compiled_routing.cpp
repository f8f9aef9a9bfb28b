#include "models/route/compiled_routing.h"

#include <algorithm>
#include <tuple>

#include "models/policy/authorization/normalize_path.h"

namespace meshsim::models {

std::shared_ptr<const Routing> Routing::compile(const Mesh& mesh, Diagnostics& diagnostics) {
  return std::make_shared<const route::CompiledRouting>(mesh, diagnostics);
}

namespace route {

CompiledRouting::CompiledRouting(const Mesh& mesh, Diagnostics& diagnostics) : mesh_(mesh) {
  sets_ = read_virtual_services(mesh, diagnostics);
  read_gateway_api_routes(mesh, sets_, diagnostics);
  // istiod lists converted routes and VirtualServices together, oldest first.
  std::stable_sort(sets_.begin(), sets_.end(), [](const RouteSet& a, const RouteSet& b) {
    return std::tie(a.creation, a.sort_name, a.ns) < std::tie(b.creation, b.sort_name, b.ns);
  });
  rules_.compile(mesh, diagnostics);
  scopes_.compile(mesh, sets_, diagnostics);
  servers_.compile(mesh, sets_, diagnostics);
}

std::vector<RouteChoice> CompiledRouting::on_normal_path(
    const RouteRequest& request, const std::function<std::vector<RouteChoice>(const RouteRequest&)>& route) const {
  if (!request.http) return route(request);
  std::string storage;
  const std::string_view raw = path_only(request.path);
  const policy::NormalPath normal = policy::normalize_path(raw, mesh_.settings.path_normalization, storage);
  if (normal.bad) {
    std::vector<RouteChoice> out;
    out.push_back(answer(400, "-", "path_normalization_failed", {"PO-047", "the path cannot be normalised", {}}));
    return out;
  }
  if (normal.path == raw) return route(request);
  const std::string whole = std::string(normal.path) + std::string(request.path.substr(raw.size()));
  RouteRequest seen = request;
  seen.path = whole;
  std::vector<RouteChoice> out = route(seen);
  for (RouteChoice& choice : out)
    if (choice.kind == RouteChoice::Kind::Forward && !choice.new_path) choice.new_path = whole;
  return out;
}

RouteChoice no_route(const RouteSet* set, ProxyKind at) {
  RouteChoice out = answer(
      404, "NR", "route_not_found",
      {"DP-247", set == nullptr ? "no route for this host" : "no rule of " + set->ref.text() + " matches the request",
       set == nullptr ? Source{} : set->ref.source});
  if (set != nullptr) {
    out.route = set->ref;
    RouteFinding finding;
    finding.route = set->ref;
    finding.at = at;
    finding.why = "no rule matches the request";
    finding.rules = {"DP-247"};
    out.considered.push_back(std::move(finding));
  }
  return out;
}

TrafficPolicy CompiledRouting::traffic_policy(std::string_view ns, const Labels* labels, std::size_t service,
                                              std::uint16_t port, std::string_view subset,
                                              bool at_waypoint_own_service) const {
  if (service == kNone) return {};
  const DestinationRule* rule = rules_.find(ns, labels, mesh_.services[service], at_waypoint_own_service);
  if (rule == nullptr) return {};
  TrafficPolicy out = rule->policy_for(subset, port);
  // PO-122: at a waypoint HBONE is used whatever these two say.
  if (at_waypoint_own_service && (out.tls == ClientTls::IstioMutual || out.tls == ClientTls::Disable))
    out.tls = ClientTls::Unset;
  return out;
}

}  // namespace route
}  // namespace meshsim::models
