// Waypoints and what refers to them: policies that are evaluated nowhere, waypoints that nobody uses (PO-145, DP-100
// ff).
#include <algorithm>
#include <array>
#include <set>

#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/lint_rule.h"
#include "scenarios/lint/representative.h"

namespace meshsim::scenarios {

using namespace models;

namespace {

constexpr std::array kTargeting = {"AuthorizationPolicy", "RequestAuthentication", "WasmPlugin", "TrafficExtension",
                                   "Telemetry"};

Node refs_node(const Object& object) {
  const Node refs = object.spec()["targetRefs"];
  return refs.exists() ? refs : object.spec()["targetRef"];
}

// Where neither a Service nor a workload of the namespace is among the files, its objects lie elsewhere.
bool is_described(const LintContext& c, std::string_view ns) {
  return !c.workloads_in(ns).empty() || c.has_applications(ns);
}

void not_evaluated(const LintContext& c, RuleFindings& out) {
  for (const char* kind : kTargeting)
    for (const Object* object : c.mesh.objects_of(kind)) {
      const auto attachment = policy::decode_attachment(object->spec());
      for (const Reach& reach : c.reach(object->ns, attachment)) {
        if (reach.state != Reach::State::NotBound) continue;
        const std::size_t s = reach.services.front();
        LintFinding& finding =
            out.add(*object, refs_node(*object),
                    "no waypoint evaluates it for " + reach.ref + ": " + reach.why + "; traffic passes without it");
        finding.affects(c.service_text(s));
        const std::string name = object->ref().text();
        if (const auto shown = c.show(c.some_askers(object->ns, 4), c.service_targets(s), {}, [&](const Outcome& o) {
              return !o.waypoint_traversed && o.verdict != Verdict::Unknown &&
                     !has_status(o, name, PolicyStatus::Enforced);
            })) {
          finding.shown_by(shown->flow, shown->text);
        }
      }
    }
}

void target_missing(const LintContext& c, RuleFindings& out) {
  for (const char* kind : kTargeting)
    for (const Object* object : c.mesh.objects_of(kind)) {
      if (!is_described(c, object->ns)) continue;
      for (const Reach& reach : c.reach(object->ns, policy::decode_attachment(object->spec())))
        if (reach.state == Reach::State::NotFound)
          out.add(*object, refs_node(*object), reach.ref + " does not exist in namespace " + object->ns);
    }
}

void gateway_class(const LintContext& c, RuleFindings& out) {
  for (const char* kind : kTargeting)
    for (const Object* object : c.mesh.objects_of(kind)) {
      const auto attachment = policy::decode_attachment(object->spec());
      const auto reaches = c.reach(object->ns, attachment);
      for (std::size_t i = 0; i < reaches.size(); ++i)
        if (attachment.refs[i].kind == policy::TargetRef::Kind::GatewayClass &&
            reaches[i].state == Reach::State::Invalid && attachment.refs[i].ns.empty())
          out.add(*object, refs_node(*object), reaches[i].ref + " attaches nowhere: " + reaches[i].why);
    }
}

bool is_bound(const LintContext& c, std::size_t g) {
  const auto uses = [&](const WaypointBinding& b) { return b.gateway == g || b.canary_gateway == g; };
  return std::any_of(c.mesh.services.begin(), c.mesh.services.end(),
                     [&](const Service& s) { return uses(s.waypoint); }) ||
         std::any_of(c.mesh.workloads.begin(), c.mesh.workloads.end(),
                     [&](const Workload& w) { return uses(w.waypoint); });
}

void without_pods(const LintContext& c, RuleFindings& out) {
  for (std::size_t g = 0; g < c.mesh.gateways.size(); ++g) {
    const Gateway& gateway = c.mesh.gateways[g];
    if (gateway.kind != Gateway::Kind::Waypoint || !gateway.ready() || gateway.workload == kNone) continue;
    const Workload& pods = c.mesh.workloads[gateway.workload];
    if (std::any_of(pods.pods.begin(), pods.pods.end(), [](const PodInstance& p) { return p.ready && !p.terminating; }))
      continue;
    for (std::size_t s = 0; s < c.mesh.services.size(); ++s) {
      if (c.mesh.services[s].waypoint.gateway != g || !c.mesh.services[s].waypoint.bound()) continue;
      const auto shown = c.show(c.askers(Population::Ambient, gateway.ns), c.service_targets(s), {},
                                [](const Outcome& o) { return o.verdict == Verdict::Unreachable; });
      if (!shown) continue;
      LintFinding& finding =
          out.add(gateway.ref, "none of its pods is ready: what is bound to it fails for ambient clients");
      finding.affects(c.service_text(s));
      finding.shown_by(shown->flow, shown->text);
      break;
    }
  }
}

void unused(const LintContext& c, RuleFindings& out) {
  // A waypoint alone is a part of a mesh whose rest lies elsewhere.
  if (std::none_of(c.mesh.workloads.begin(), c.mesh.workloads.end(),
                   [](const Workload& w) { return w.role == ProxyRole::None && !w.external; }))
    return;
  for (std::size_t g = 0; g < c.mesh.gateways.size(); ++g) {
    const Gateway& gateway = c.mesh.gateways[g];
    if (gateway.kind == Gateway::Kind::Waypoint && !is_bound(c, g))
      out.add(gateway.ref, "no namespace, Service or pod among the files is bound to it: no traffic goes through it");
  }
}

void nobody_ambient(const LintContext& c, RuleFindings& out) {
  if (c.any_ambient()) return;
  std::set<std::string> named;
  for (std::size_t s = 0; s < c.mesh.services.size(); ++s) {
    const Service& service = c.mesh.services[s];
    if (!service.waypoint.bound() || service.ingress_use_waypoint || !named.insert(service.waypoint.named).second)
      continue;
    const auto shown = c.show(c.some_askers(service.ns, 2), c.service_targets(s), {},
                              [](const Outcome& o) { return !o.waypoint_traversed && o.verdict != Verdict::Unknown; });
    if (!shown) continue;
    LintFinding& finding = out.add(service.ref, "it is bound to the waypoint " + service.waypoint.named +
                                                    ", but no pod among the files is in ambient mode: nobody uses it");
    finding.shown_by(shown->flow, shown->text);
  }
}

// PF-40: one policy on all Services of a waypoint.
void shared_waypoint(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies())
    for (const Reach& reach : c.reach(p.spec.ns, p.spec.attachment)) {
      if (reach.state != Reach::State::Bound || !reach.ref.starts_with("Gateway ") || reach.services.size() < 2)
        continue;
      std::set<std::string> namespaces;
      for (const std::size_t s : reach.services) namespaces.insert(c.mesh.services[s].ns);
      if (namespaces.size() < 2) continue;
      LintFinding& finding = out.add(*p.object, refs_node(*p.object),
                                     "it applies to every Service of the shared waypoint alike, in " +
                                         std::to_string(namespaces.size()) + " namespaces");
      for (const std::size_t s : reach.services) finding.affects(c.service_text(s));
    }
}

// DP-104, PF-16: a waypoint label whose kind of traffic is not the one that policies are about.
void workload_only(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies())
    for (const Reach& reach : c.reach(p.spec.ns, p.spec.attachment)) {
      if (reach.state != Reach::State::Bound || !reach.ref.starts_with("Gateway ") || !reach.services.empty()) continue;
      for (const std::size_t g : reach.waypoints) {
        if (c.mesh.gateways[g].traffic_type != "workload" || !is_bound(c, g)) continue;
        for (std::size_t w = 0; w < c.mesh.workloads.size(); ++w) {
          if (c.mesh.workloads[w].waypoint.gateway != g || c.services_of(w).empty()) continue;
          const auto shown =
              c.show(c.askers(Population::Ambient, p.spec.ns), c.targets_of(w), {},
                     [](const Outcome& o) { return !o.waypoint_traversed && o.verdict == Verdict::Allowed; });
          if (!shown) continue;
          LintFinding& finding =
              out.add(*p.object, refs_node(*p.object),
                      "the waypoint serves traffic addressed to pods only; requests to the Service do "
                      "not pass it, nor this policy");
          finding.affects(c.workload_text(w));
          finding.shown_by(shown->flow, shown->text);
          break;
        }
      }
    }
}

constexpr std::array kRules = {
    LintRule{
        "MSH1103", Severity::Error, "a policy's target has no waypoint",
        "Policies with targetRefs are evaluated at waypoints only. A Service that is bound to none, or to one that "
        "does not exist or is not ready, passes all traffic without the policy (PO-145, PO-150).",
        "Deploy the waypoint and label the Service or its namespace with istio.io/use-waypoint, before the policy is "
        "relied upon.",
        "LN-11 PF-14 PF-15 IST0171 KIA0110 KIA1317", "PO-006 PO-069f PO-145 PO-150", not_evaluated},
    LintRule{"MSH1104", Severity::Error, "a waypoint has no ready pod",
             "A waypoint that is published and has no healthy endpoint fails closed: ambient clients get no connection "
             "(PO-145).",
             "Look at the Deployment of the waypoint.", "LN-11", "PO-145 DP-308", without_pods},
    LintRule{
        "MSH1105", Severity::Warning, "a policy at a waypoint that only serves pod addresses",
        "istio.io/waypoint-for: workload makes a waypoint for traffic addressed to pods. Clients that use the Service "
        "go past it (PO-143).",
        "Set istio.io/waypoint-for to service or all, and label the Service or namespace.", "LN-11 PF-16",
        "PO-143 DP-103", workload_only},
    LintRule{
        "MSH1107", Severity::Info, "one policy for every Service of a shared waypoint",
        "A policy that targets a Gateway sits on all its chains. Behind a waypoint that several namespaces share, it "
        "cannot tell whose Service is asked for (PO-011).",
        "Target the Services, each in its own namespace.", "PF-40", "PO-011 PO-078", shared_waypoint},
    LintRule{"MSH1108", Severity::Info, "a waypoint that nothing is bound to",
             "Waypoints are used by what carries istio.io/use-waypoint, not by standing in a namespace.",
             "Label the namespace, Service or pods, or remove the Gateway.", "", "DP-102", unused},
    LintRule{"MSH1109", Severity::Warning, "a waypoint label, and nobody in ambient mode",
             "Only ztunnels of ambient clients (and gateways that are opted in) send to waypoints (PO-143).",
             "Label the namespace with istio.io/dataplane-mode=ambient, or remove the waypoint label.", "KIA1312",
             "PO-143", nobody_ambient},
    LintRule{
        "MSH1110", Severity::Error, "a GatewayClass reference that attaches nowhere",
        "GatewayClass references count only in the root namespace and only for the class istio-waypoint. The status "
        "is positive for other classes of the mesh controller, too (PO-008, PO-069h).",
        "Put the policy into the root namespace and name istio-waypoint, or target Gateways.", "IST0171",
        "PO-008 PO-069h", gateway_class},
    LintRule{"MSH1112", Severity::Error, "a policy's target does not exist",
             "The policy is evaluated nowhere; its status has TargetNotFound.", "Correct kind, group and name.",
             "IST0171 IST0101 KIA0106", "PO-069f", target_missing},
};

}  // namespace

std::span<const LintRule> binding_rules() { return kRules; }

}  // namespace meshsim::scenarios
