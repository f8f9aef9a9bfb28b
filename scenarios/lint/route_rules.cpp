// Routes and traffic policy in a mixed mesh: what waypoints and ztunnels do not read (PO-120..PO-132).
#include <algorithm>
#include <array>
#include <set>

#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/lint_rule.h"

namespace meshsim::scenarios {

using namespace models;

namespace {

bool for_mesh(const Object& route) {
  const Node gateways = route.spec()["gateways"];
  if (gateways.empty()) return true;
  return std::any_of(gateways.begin(), gateways.end(), [](Node g) { return g.text() == "mesh"; });
}

// Services that a VirtualService is for by an exact host.
std::set<std::size_t> services_of(const LintContext& c, const Object& route) {
  std::set<std::size_t> out;
  for (const Node host : route.spec()["hosts"]) {
    const auto text = host.text();
    if (text.empty() || text.find('*') != std::string_view::npos) continue;
    const std::size_t s = c.mesh.resolve_host(text, route.ns);
    if (s != kNone) out.insert(s);
  }
  return out;
}

// Services that an HTTPRoute (and the like) of the mesh is for.
std::set<std::size_t> parents_of(const LintContext& c, const Object& route) {
  std::set<std::size_t> out;
  for (const Node parent : route.spec()["parentRefs"]) {
    if (parent["kind"].text() != "Service") continue;
    const std::string ns = parent["namespace"].has_value() ? parent["namespace"].string() : route.ns;
    const std::size_t s = c.mesh.find_service(ns, parent["name"].text());
    if (s != kNone) out.insert(s);
  }
  return out;
}

constexpr std::array kRouteKinds = {"HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute"};

const Gateway* waypoint_of(const LintContext& c, std::size_t s) {
  const WaypointBinding& binding = c.mesh.services[s].waypoint;
  return binding.bound() ? &c.mesh.gateways[binding.gateway] : nullptr;
}

bool has_ambient_pods(const LintContext& c, std::size_t s) {
  const auto& endpoints = c.mesh.services[s].endpoints;
  return std::any_of(endpoints.begin(), endpoints.end(),
                     [&](const Endpoint& e) { return e.workload != kNone && c.is_ambient(e.workload); });
}

std::optional<Shown> ambient_shows(const LintContext& c, std::size_t s, const Predicate& predicate) {
  auto shown = c.show(c.askers(Population::Ambient, c.mesh.services[s].ns, 6), c.service_targets(s), {}, predicate);
  if (shown && shown->flow.from.kind == Client::Kind::Outside) return std::nullopt;
  return shown;
}

bool uses(const Outcome& o, const ObjectRef& route) {
  return std::any_of(o.routes.begin(), o.routes.end(),
                     [&](const RouteFinding& r) { return r.chosen && r.route == route; });
}

bool through_waypoint(const Outcome& o) { return o.waypoint_traversed; }
bool past_waypoint(const Outcome& o) {
  return !o.waypoint_traversed && !o.hops.empty() && o.hops.front().proxy == ProxyKind::Ztunnel;
}

LintFinding& with(LintFinding& finding, const std::optional<Shown>& shown) {
  if (shown) {
    finding.shown_by(shown->flow, shown->text);
  }
  return finding;
}

void rule_of_consumer(const LintContext& c, RuleFindings& out) {
  for (const Object* rule : c.mesh.objects_of("DestinationRule")) {
    const std::size_t s = c.mesh.resolve_host(rule->spec()["host"].text(), rule->ns);
    if (s == kNone) continue;
    const Gateway* waypoint = waypoint_of(c, s);
    if (waypoint == nullptr || rule->ns == c.mesh.services[s].ns || rule->ns == waypoint->ns || rule->ns == c.root())
      continue;
    const auto shown = ambient_shows(c, s, through_waypoint);
    if (!shown) continue;
    with(out.add(*rule, rule->spec()["host"],
                 "ambient clients do not get it: the waypoint " + waypoint->ns + '/' + waypoint->name +
                     " reads DestinationRules of its own, the Service's and the root namespace only"),
         shown)
        .affects(c.service_text(s));
  }
}

void route_of_consumer(const LintContext& c, RuleFindings& out) {
  for (const Object* route : c.mesh.objects_of("VirtualService")) {
    if (!for_mesh(*route)) continue;
    for (const std::size_t s : services_of(c, *route)) {
      const Gateway* waypoint = waypoint_of(c, s);
      if (waypoint == nullptr || route->ns == c.mesh.services[s].ns || route->ns == waypoint->ns) continue;
      const auto shown =
          ambient_shows(c, s, [&](const Outcome& o) { return o.waypoint_traversed && !uses(o, route->ref()); });
      if (!shown) continue;
      with(out.add(*route, route->spec()["hosts"],
                   "ambient clients do not get it: the waypoint " + waypoint->ns + '/' + waypoint->name +
                       " reads VirtualServices of its own and the Service's namespace only"),
           shown)
          .affects(c.service_text(s));
    }
  }
}

void source_labels(const LintContext& c, RuleFindings& out) {
  for (const Object* route : c.mesh.objects_of("VirtualService")) {
    if (!for_mesh(*route)) continue;
    Node where;
    for (const Node http : route->spec()["http"])
      for (const Node match : http["match"])
        for (const char* field : {"sourceLabels", "sourceNamespace"})
          if (match[field].has_value() && !where.exists()) where = match[field];
    if (!where.exists()) continue;
    for (const std::size_t s : services_of(c, *route)) {
      const Gateway* waypoint = waypoint_of(c, s);
      if (waypoint == nullptr || (route->ns != c.mesh.services[s].ns && route->ns != waypoint->ns)) continue;
      const auto shown = ambient_shows(c, s, through_waypoint);
      if (!shown) continue;
      with(out.add(*route, where,
                   "the waypoint cannot tell clients apart: matches with " + std::string(where.key()) +
                       " are dropped or compared with the waypoint itself"),
           shown)
          .affects(c.service_text(s));
      break;
    }
  }
}

void export_of_entry(const LintContext& c, RuleFindings& out) {
  for (const Object* entry : c.mesh.objects_of("ServiceEntry")) {
    const Node exports = entry->spec()["exportTo"];
    if (exports.empty()) continue;
    const bool everywhere = std::any_of(exports.begin(), exports.end(), [](Node n) { return n.text() == "*"; });
    if (everywhere) continue;
    for (const Asker* asker : c.askers(Population::Ambient, {}, 50)) {
      const bool allowed = std::any_of(exports.begin(), exports.end(), [&](Node n) {
        return n.text() == asker->client.ns || (n.text() == "." && asker->client.ns == entry->ns);
      });
      if (allowed) continue;
      std::optional<Shown> shown;
      for (std::size_t s = 0; s < c.mesh.services.size() && !shown; ++s) {
        if (c.mesh.services[s].ref.kind != "ServiceEntry" || c.mesh.services[s].ref.ns != entry->ns ||
            c.mesh.services[s].ref.name != entry->name)
          continue;
        for (const Target& target : c.service_targets(s))
          if (!shown)
            shown = c.show(c.flow(*asker, target),
                           [&](const Outcome& o) { return o.service == s && o.verdict == Verdict::Allowed; });
      }
      if (!shown) continue;
      with(out.add(*entry, exports,
                   "ambient clients of other namespaces use it all the same: ztunnel and waypoints do not "
                   "honour exportTo"),
           shown)
          .affects(asker->text);
      break;
    }
  }
}

// Only tls ISTIO_MUTUAL says nothing that ambient would not do anyway.
bool says_something(const Object& rule) {
  const Node policy = rule.spec()["trafficPolicy"];
  for (const Node field : policy)
    if (!(field.key() == "tls" && (field["mode"].text() == "ISTIO_MUTUAL" || field["mode"].text() == "DISABLE")))
      return true;
  for (const Node subset : rule.spec()["subsets"])
    if (subset["trafficPolicy"].has_value()) return true;
  return false;
}

void rule_without_waypoint(const LintContext& c, RuleFindings& out) {
  for (const Object* rule : c.mesh.objects_of("DestinationRule")) {
    const std::size_t s = c.mesh.resolve_host(rule->spec()["host"].text(), rule->ns);
    if (s == kNone || waypoint_of(c, s) != nullptr || !has_ambient_pods(c, s) || !says_something(*rule)) continue;
    const auto shown = ambient_shows(c, s, past_waypoint);
    if (!shown) continue;
    with(out.add(*rule, rule->spec()["host"],
                 "ambient clients do not get it: the Service has no waypoint, and ztunnel reads no DestinationRule"),
         shown)
        .affects(c.service_text(s));
  }
}

void route_without_waypoint(const LintContext& c, RuleFindings& out) {
  const auto report = [&](const Object& route, Node at, const std::set<std::size_t>& services) {
    for (const std::size_t s : services) {
      if (waypoint_of(c, s) != nullptr || !has_ambient_pods(c, s)) continue;
      const auto shown = ambient_shows(c, s, past_waypoint);
      if (!shown) continue;
      with(
          out.add(route, at, "ambient clients do not get it: the Service has no waypoint, and ztunnel reads no routes"),
          shown)
          .affects(c.service_text(s));
      break;
    }
  };
  for (const Object* route : c.mesh.objects_of("VirtualService"))
    if (for_mesh(*route)) report(*route, route->spec()["hosts"], services_of(c, *route));
  for (const char* kind : kRouteKinds)
    for (const Object* route : c.mesh.objects_of(kind, "gateway.networking.k8s.io"))
      report(*route, route->spec()["parentRefs"], parents_of(c, *route));
}

void two_kinds(const LintContext& c, RuleFindings& out) {
  for (const Object* route : c.mesh.objects_of("VirtualService")) {
    if (!for_mesh(*route)) continue;
    const auto services = services_of(c, *route);
    for (const char* kind : {"HTTPRoute", "GRPCRoute"})
      for (const Object* other : c.mesh.objects_of(kind, "gateway.networking.k8s.io"))
        for (const std::size_t s : parents_of(c, *other))
          if (services.count(s) > 0)
            out.add(
                *route, route->spec()["hosts"],
                c.service_text(s) + " also has " + other->ref().text() + ": which of the two routes is not defined");
  }
}

void twice(const LintContext& c, RuleFindings& out) {
  for (const Entrance& in : c.entrances()) {
    const Service& service = c.mesh.services[in.service];
    if (!service.ingress_use_waypoint || !service.waypoint.bound()) continue;
    std::string name;
    const auto shown = c.show(in.flow, [&](const Outcome& o) {
      for (const RouteFinding& a : o.routes)
        for (const RouteFinding& b : o.routes)
          if (a.chosen && b.chosen && a.at == ProxyKind::Gateway && b.at == ProxyKind::Waypoint && a.route == b.route) {
            name = a.route.text();
            return true;
          }
      return false;
    });
    if (!shown) continue;
    with(out.add(in.route,
                 "it runs at the gateway and again at the waypoint: retries, mirrors and header edits happen twice"),
         shown)
        .affects(c.service_text(in.service));
  }
}

void retries_lost(const LintContext& c, RuleFindings& out) {
  if (c.mesh.settings.profile.waypoint_default_retries) return;
  for (std::size_t g = 0; g < c.mesh.gateways.size(); ++g) {
    const Gateway& gateway = c.mesh.gateways[g];
    if (gateway.kind != Gateway::Kind::Waypoint) continue;
    std::vector<std::size_t> bare;
    std::optional<Shown> first;
    for (std::size_t s = 0; s < c.mesh.services.size() && bare.size() < 21; ++s) {
      const Service& service = c.mesh.services[s];
      if (!service.waypoint.bound() || service.waypoint.gateway != g) continue;
      // Only HTTP is retried.
      const bool http = std::any_of(service.ports.begin(), service.ports.end(),
                                    [](const ServicePort& p) { return is_http(p.protocol); });
      if (!http) continue;
      auto shown = ambient_shows(c, s, [](const Outcome& o) {
        return o.waypoint_traversed && std::none_of(o.routes.begin(), o.routes.end(), [](const RouteFinding& r) {
                 return r.chosen && r.at == ProxyKind::Waypoint;
               });
      });
      if (!shown) continue;
      bare.push_back(s);
      if (!first) first = std::move(shown);
    }
    if (bare.empty()) continue;
    LintFinding& finding = with(out.add(gateway.ref,
                                        "without a route object these Services are not retried at the waypoint as "
                                        "sidecars would do it"),
                                first);
    for (const std::size_t s : bare) finding.affects(c.service_text(s));
  }
}

void wildcard_host(const LintContext& c, RuleFindings& out) {
  for (const Object* route : c.mesh.objects_of("VirtualService")) {
    if (!for_mesh(*route)) continue;
    Node wild;
    for (const Node host : route->spec()["hosts"])
      if (host.text().starts_with('*')) wild = host;
    if (!wild.exists()) continue;
    for (std::size_t s = 0; s < c.mesh.services.size(); ++s) {
      if (waypoint_of(c, s) == nullptr) continue;
      const auto shown =
          ambient_shows(c, s, [&](const Outcome& o) { return o.waypoint_traversed && uses(o, route->ref()); });
      if (!shown) continue;
      with(out.add(*route, wild,
                   "its wildcard host catches " + c.mesh.services[s].hostname +
                       " at the waypoint, whatever Host header the client sends"),
           shown)
          .affects(c.service_text(s));
      break;
    }
  }
}

void registry_only(const LintContext& c, RuleFindings& out) {
  const Node mode = c.mesh.settings.config_value("outboundTrafficPolicy.mode");
  if (!c.mesh.settings.registry_only) return;
  for (const Asker* asker : c.askers(Population::Ambient, {}, 5)) {
    Target target;
    target.to.host = "not-registered.example.com";
    target.to.port = 80;
    target.text = "not-registered.example.com:80";
    const auto shown = c.show(c.flow(*asker, target), [](const Outcome& o) { return o.verdict == Verdict::Allowed; });
    if (!shown) continue;
    Source at;
    if (mode.exists() && mode.tree() != nullptr) at = {mode.tree()->file(), mode.position()};
    LintFinding& finding = with(out.add({"MeshConfig", "", "outboundTrafficPolicy", at}, at,
                                        "REGISTRY_ONLY holds sidecars only: ztunnel lets ambient pods go anywhere"),
                                shown);
    for (const Asker* one : c.askers(Population::Ambient, {}, 100)) finding.affects(one->text);
    return;
  }
}

void sidecar_resource(const LintContext& c, RuleFindings& out) {
  for (const Object* object : c.mesh.objects_of("Sidecar")) {
    if (object->ns == c.root()) continue;
    std::vector<std::size_t> ambient;
    bool others = false;
    for (const std::size_t w : c.selected(*object, "workloadSelector"))
      if (c.is_ambient(w)) {
        ambient.push_back(w);
      } else if (c.is_sidecar(w)) {
        others = true;
      }
    if (ambient.empty() || (others && !object->spec()["workloadSelector"].has_value())) continue;
    LintFinding& finding = out.add(*object, "a Sidecar resource does nothing for ambient pods");
    for (const std::size_t w : ambient) finding.affects(c.workload_text(w));
    for (const Asker* asker : c.askers(Population::Ambient, object->ns, 3)) {
      if (asker->client.ns != object->ns) continue;
      for (std::size_t s = 0; s < c.mesh.services.size() && !finding.flow; ++s)
        if (c.mesh.services[s].ns != object->ns && c.mesh.services[s].kubernetes &&
            !c.mesh.services[s].endpoints.empty())
          for (const Target& target : c.service_targets(s))
            if (!finding.flow)
              with(finding,
                   c.show(c.flow(*asker, target), [](const Outcome& o) { return o.verdict == Verdict::Allowed; }));
    }
  }
}

constexpr std::array kRules = {
    LintRule{
        "MSH1501", Severity::Warning, "a DestinationRule of a consumer that the waypoint does not read",
        "At a waypoint the client is the waypoint: DestinationRules in a consumer's namespace stop applying when the "
        "consumer becomes ambient, and with them circuit breaking and outlier detection (PO-121).",
        "Move the rule to the namespace of the Service or of the waypoint.", "LN-15 PF-51 KIA0211", "PO-120 PO-121",
        rule_of_consumer},
    LintRule{"MSH1502", Severity::Warning, "a VirtualService that the waypoint does not read",
             "A waypoint reads VirtualServices of the Service's and its own namespace, not even those of the root "
             "namespace (PO-125).",
             "Move it to the namespace of the Service.", "LN-15 PF-34 KIA1109", "PO-125", route_of_consumer},
    LintRule{
        "MSH1503", Severity::Warning, "a match by client that a waypoint drops",
        "Entries with sourceLabels are dropped at a waypoint, and sourceNamespace can no longer tell clients apart "
        "(PO-125).",
        "Match on something that the request carries, such as a header.", "LN-15 PF-34", "PO-125 DP-245",
        source_labels},
    LintRule{"MSH1504", Severity::Warning, "exportTo of a ServiceEntry does not hold ambient clients",
             "ztunnel and waypoints know every ServiceEntry of the mesh (PO-130).",
             "Bind it to an egress waypoint with a policy by namespace, or use NetworkPolicy.", "LN-15 PF-37 PF-55",
             "PO-130", export_of_entry},
    LintRule{"MSH1505", Severity::Warning, "a DestinationRule without a waypoint",
             "ztunnel balances by connection and knows no circuit breaking, outlier detection or subsets (PO-124).",
             "Bind the Service to a waypoint.", "PF-51 KIA0210 KIA0212", "PO-124", rule_without_waypoint},
    LintRule{"MSH1506", Severity::Warning, "a route without a waypoint",
             "Ambient clients evaluate no routes; without a waypoint, weights, retries, timeouts and faults do not "
             "exist for "
             "them (PO-126).",
             "Bind the Service to a waypoint.", "KIA1109 KIA1113", "PO-126", route_without_waypoint},
    LintRule{"MSH1507", Severity::Warning, "VirtualService and HTTPRoute for one Service",
             "What happens when both are there is not defined (PO-126).", "Keep one kind.", "KIA1114", "PO-126",
             two_kinds},
    LintRule{"MSH1508", Severity::Warning, "one route at the gateway and at the waypoint",
             "With istio.io/ingress-use-waypoint a request passes both proxies, and a VirtualService bound to the "
             "gateway and "
             "the mesh runs at each (PO-128).",
             "Keep routing in one place: bind the route to the gateway or to the mesh, not to both.", "PF-35", "PO-128",
             twice},
    LintRule{
        "MSH1509", Severity::Info, "default retries are lost behind a waypoint",
        "Sidecars retry failed requests twice by default. In this version a waypoint does so only where a route object "
        "exists (PO-129).",
        "Add an HTTPRoute with the Service as parent, or update to Istio 1.30.3.", "PF-36", "PO-129 DP-246",
        retries_lost},
    LintRule{
        "MSH1510", Severity::Warning, "a wildcard VirtualService catches Services at the waypoint",
        "At a waypoint routes are attached per Service by the Service's own host; the Host header does not pick them "
        "(PO-125).",
        "List the hosts that are meant.", "PF-54", "PO-125", wildcard_host},
    LintRule{
        "MSH1511", Severity::Warning, "REGISTRY_ONLY does not hold ambient pods",
        "outboundTrafficPolicy is a setting of Envoy clients; ztunnel passes unknown destinations through (PO-130).",
        "Use NetworkPolicy, or an egress gateway or waypoint for what must be controlled.", "PF-37", "PO-130 DP-229",
        registry_only},
    LintRule{"MSH1512", Severity::Warning, "a Sidecar resource for ambient pods",
             "It configures sidecars; ztunnel and waypoints do not read it (PO-132).", "Remove it.", "IST0167",
             "PO-132", sidecar_resource},
};

}  // namespace

std::span<const LintRule> route_rules() { return kRules; }

}  // namespace meshsim::scenarios
