// Clients that never come by the waypoint (PO-141, PO-142, PO-144, PO-150), and what that leaves unenforced.
#include <algorithm>
#include <array>
#include <set>

#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/lint_rule.h"
#include "scenarios/lint/representative.h"

namespace meshsim::scenarios {

using namespace models;

namespace {

struct Bypass {
  std::vector<std::string> who;
  std::optional<Shown> first;
};

// Clients of these Services that get through without the waypoint that evaluates `policy`.
Bypass bypassing(const LintContext& c, const std::string& policy, std::string_view ns,
                 const std::vector<std::size_t>& services, const std::vector<Request>& requests) {
  Bypass out;
  const auto passed = [&](const Outcome& o) {
    return o.verdict == Verdict::Allowed && !o.waypoint_traversed && has_status(o, policy, PolicyStatus::Bypassed);
  };
  const auto note = [&](const std::string& who, std::optional<Shown> shown) {
    if (!shown) return;
    out.who.push_back(who);
    if (!out.first) out.first = std::move(shown);
  };
  std::size_t asked = 0;
  for (const std::size_t s : services) {
    if (asked++ == 8) break;
    const auto targets = c.service_targets(s);
    if (targets.empty()) continue;
    const std::string to = services.size() > 1 ? " to " + c.mesh.services[s].ns + '/' + c.mesh.services[s].name : "";
    for (const Population population : {Population::Sidecar, Population::LegacySidecar, Population::Uncaptured})
      for (const Asker* asker : c.askers(population, ns)) {
        std::optional<Shown> shown;
        for (const Request& request : requests)
          if (!shown) shown = c.show(c.flow(*asker, targets.front(), request), passed);
        note(asker->text + to, std::move(shown));
      }
    for (const Entrance& in : c.entrances()) {
      if (in.service != s) continue;
      const Gateway& gateway = c.mesh.gateways[in.gateway];
      note("gateway " + gateway.ns + '/' + gateway.name + to, c.show(in.flow, passed));
    }
  }
  return out;
}

// Requests to show a bypass with, those that the waypoint would refuse first.
std::vector<Request> telling_requests(const LintContext& c, const PolicyView& p, std::size_t service) {
  std::vector<Request> all = requests_for(p.spec, 4);
  Request other;
  other.method = "DELETE";
  all.insert(p.spec.action == policy::Action::Allow ? all.begin() : all.end(), other);
  const auto targets = c.service_targets(service);
  if (targets.empty()) return all;
  for (const Asker* asker : c.askers(Population::Ambient, p.spec.ns, 4))
    for (std::size_t i = 0; i < all.size(); ++i)
      if (c.show(c.flow(*asker, targets.front(), all[i]),
                 [](const Outcome& o) { return o.waypoint_traversed && o.verdict == Verdict::Denied; })) {
        std::rotate(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i),
                    all.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        return all;
      }
  return all;
}

std::vector<std::size_t> evaluated_services(const std::vector<Reach>& reaches) {
  std::set<std::size_t> out;
  for (const Reach& reach : reaches)
    if (reach.state == Reach::State::Bound) out.insert(reach.services.begin(), reach.services.end());
  return {out.begin(), out.end()};
}

void bypassed(const LintContext& c, RuleFindings& out) {
  const auto report = [&](const Object& object, const policy::Attachment& attachment,
                          const std::vector<Request>& requests, const char* text) {
    const auto services = evaluated_services(c.reach(object.ns, attachment));
    if (services.empty()) return;
    Bypass found = bypassing(c, object.ref().text(), object.ns, services, requests);
    if (!found.first) return;
    LintFinding& finding = out.add(object, text);
    for (auto& one : found.who) finding.affects(std::move(one));
    finding.shown_by(found.first->flow, found.first->text);
  };
  for (const PolicyView& p : c.policies())
    if (!p.spec.attachment.refs.empty() && !p.spec.dry_run) {
      const auto services = evaluated_services(c.reach(p.spec.ns, p.spec.attachment));
      if (!services.empty())
        report(*p.object, p.spec.attachment, telling_requests(c, p, services.front()),
               "only the waypoint enforces this policy, and these clients do not go through it");
    }
  for (const Object* object : c.mesh.objects_of("RequestAuthentication")) {
    const auto attachment = policy::decode_attachment(object->spec());
    if (!attachment.refs.empty())
      report(*object, attachment, {Request{}},
             "only the waypoint checks these tokens, and these clients do not go through it");
  }
}

void ingress_skips(const LintContext& c, RuleFindings& out) {
  std::set<std::size_t> targeted;  // Services whose waypoint has something to enforce
  for (const PolicyView& p : c.policies())
    for (const std::size_t s : evaluated_services(c.reach(p.spec.ns, p.spec.attachment))) targeted.insert(s);
  for (const Entrance& in : c.entrances()) {
    const Service& service = c.mesh.services[in.service];
    if (!service.waypoint.bound() || service.ingress_use_waypoint || service.headless) continue;
    const auto shown = c.show(in.flow, [&](const Outcome& o) {
      return o.routed_service == in.service && !o.waypoint_traversed && o.verdict != Verdict::Unknown;
    });
    if (!shown) continue;
    const Gateway& gateway = c.mesh.gateways[in.gateway];
    LintFinding& finding = out.add(service.ref, "requests from gateway " + gateway.ns + '/' + gateway.name +
                                                    " skip the waypoint " + service.waypoint.named +
                                                    ": neither the Service nor its namespace has the label "
                                                    "istio.io/ingress-use-waypoint=true");
    if (targeted.count(in.service) == 0) finding.severity = Severity::Info;
    finding.affects("gateway " + gateway.ns + '/' + gateway.name);
    finding.shown_by(shown->flow, shown->text);
  }
}

// PO-003: sidecars ignore policies with targetRefs.
void sidecars_ignore(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies()) {
    std::set<std::size_t> pods;
    std::size_t service = kNone;
    for (const Reach& reach : c.reach(p.spec.ns, p.spec.attachment)) {
      if (reach.state != Reach::State::Bound) continue;
      for (const std::size_t s : reach.services)
        for (const Endpoint& endpoint : c.mesh.services[s].endpoints)
          if (endpoint.workload != kNone && c.is_sidecar(endpoint.workload)) {
            pods.insert(endpoint.workload);
            if (service == kNone) service = s;
          }
    }
    if (pods.empty()) continue;
    const auto shown =
        c.show(c.some_askers(p.spec.ns, 6), c.service_targets(service), requests_for(p.spec, 4), [&](const Outcome& o) {
          return o.verdict == Verdict::Allowed && !o.waypoint_traversed && o.destination_workload != Hop::npos &&
                 pods.count(o.destination_workload) > 0 &&
                 (has_status(o, p.text, PolicyStatus::Bypassed) || has_status(o, p.text, PolicyStatus::Inert));
        });
    if (!shown) continue;
    LintFinding& finding =
        out.add(*p.object, "these pods still run sidecars, which ignore every policy with targetRefs");
    for (const std::size_t w : pods) finding.affects(c.workload_text(w));
    finding.shown_by(shown->flow, shown->text);
  }
}

// PF-17: headless Services and pod addresses.
void headless(const LintContext& c, RuleFindings& out) {
  for (std::size_t s = 0; s < c.mesh.services.size(); ++s) {
    const Service& service = c.mesh.services[s];
    if (!service.headless || !service.waypoint.bound() || service.endpoints.empty()) continue;
    // A namespace label binds every Service; only one that somebody put on this Service promises something.
    const bool own = service.waypoint.label_level == "Service" || service.waypoint.label_level == "ServiceEntry";
    bool targeted = false;
    for (const PolicyView& p : c.policies())
      for (const Reach& reach : c.reach(p.spec.ns, p.spec.attachment))
        targeted = targeted || std::find(reach.services.begin(), reach.services.end(), s) != reach.services.end();
    if (!own && !targeted) continue;
    const auto shown =
        c.show(c.askers(Population::Ambient, service.ns), c.service_targets(s), {}, [](const Outcome& o) {
          return !o.waypoint_traversed && o.verdict != Verdict::Unknown && o.destination_workload != Hop::npos;
        });
    if (!shown) continue;
    LintFinding& finding = out.add(service.ref,
                                   "it is headless: clients address its pods, and a waypoint for Services is "
                                   "not used for pod addresses");
    finding.shown_by(shown->flow, shown->text);
  }
}

// P26: an egress waypoint binds ambient clients only.
void egress_bypassed(const LintContext& c, RuleFindings& out) {
  for (std::size_t s = 0; s < c.mesh.services.size(); ++s) {
    const Service& service = c.mesh.services[s];
    if (service.kubernetes || !service.waypoint.bound()) continue;
    LintFinding* finding = nullptr;
    const auto targets = c.service_targets(s);
    if (targets.empty()) continue;
    for (const Population population : {Population::Sidecar, Population::LegacySidecar, Population::Uncaptured})
      for (const Asker* asker : c.askers(population, service.ns)) {
        const auto shown = c.show(c.flow(*asker, targets.front()), [](const Outcome& o) {
          return o.verdict == Verdict::Allowed && !o.waypoint_traversed;
        });
        if (!shown) continue;
        if (finding == nullptr) {
          finding = &out.add(service.ref, "these clients reach " + service.hostname + " without the egress waypoint " +
                                              service.waypoint.named);
          finding->flow = shown->flow;
          finding->shows = shown->text;
        }
        finding->affects(asker->text);
      }
  }
}

// LN-12, PF-49.
void mixed_endpoints(const LintContext& c, RuleFindings& out) {
  for (std::size_t s = 0; s < c.mesh.services.size(); ++s) {
    const Service& service = c.mesh.services[s];
    std::set<std::size_t> workloads;
    std::set<std::pair<DataplaneMode, bool>> modes;
    for (const Endpoint& endpoint : service.endpoints) {
      if (endpoint.workload == kNone) continue;
      const Workload& w = c.mesh.workloads[endpoint.workload];
      if (w.role != ProxyRole::None || w.external) continue;
      workloads.insert(endpoint.workload);
      modes.emplace(w.mode, w.sidecar_hbone);
    }
    if (modes.size() < 2) continue;
    std::set<std::string> seen;
    std::vector<Request> requests(1);
    for (const PolicyView& p : c.policies()) {
      if (p.spec.ns != service.ns && p.spec.ns != c.root()) continue;
      const bool concerns =
          !p.spec.attachment.refs.empty() || std::any_of(workloads.begin(), workloads.end(), [&](std::size_t w) {
            return std::binary_search(p.selected.begin(), p.selected.end(), w);
          });
      if (!concerns || requests.size() > 8) continue;
      for (Request& request : requests_for(p.spec, 4)) requests.push_back(std::move(request));
    }
    bool done = false;
    for (const Asker* asker : c.some_askers(service.ns, 6)) {
      for (const Target& target : c.service_targets(s)) {
        for (const Request& request : requests) {
          if (done) break;
          const Flow flow = c.flow(*asker, target, request);
          const FlowResult result = c.ask(flow);
          seen.clear();
          std::string each;
          for (const Outcome& o : result.outcomes) {
            if (o.verdict == Verdict::Unknown) continue;
            seen.emplace(to_string(o.verdict));
            if (o.destination_workload != Hop::npos)
              each += (each.empty() ? "" : "; ") + c.workload_text(o.destination_workload) + ": " +
                      std::string(to_string(o.verdict));
          }
          if (seen.size() < 2) continue;
          done = true;
          LintFinding& finding =
              out.add(service.ref, "its pods run in several modes, and the verdict depends on which of them is chosen");
          for (const std::size_t w : workloads) finding.affects(c.workload_text(w));
          finding.shown_by(flow, flow_line(flow, result.outcomes.front(), asker->text) + "; by pod: " + each);
        }
      }
    }
  }
}

constexpr std::array kRules = {
    LintRule{
        "MSH1101", Severity::Warning, "clients bypass the waypoint that enforces a policy",
        "A policy with targetRefs is evaluated at the waypoint and nowhere else. Sidecars never send to waypoints, "
        "gateways only with istio.io/ingress-use-waypoint, and uncaptured pods reach the pod directly (PO-141, PO-142, "
        "PO-144). They pass as if the policy did not exist. The OpenShift coexistence document states this as the "
        "limit of mixed meshes.",
        "Move these clients to ambient, opt gateways in, and protect the pods with an L4 policy by selector that "
        "admits only identities that may do everything.",
        "LN-01 PF-01 PF-13", "PO-141 PO-142 PO-144 PO-150", bypassed},
    LintRule{"MSH1102", Severity::Warning, "ingress traffic skips the waypoint",
             "A gateway sends to a Service's waypoint only if the Service or its namespace carries "
             "istio.io/ingress-use-waypoint=true (PO-142).",
             "Label the Service or namespace. Routes then run twice, at the gateway and at the waypoint (MSH1508).",
             "PF-02", "PO-142", ingress_skips},
    LintRule{"MSH1106", Severity::Warning, "a headless Service has a waypoint",
             "Without a virtual IP clients address pods, and a waypoint for Services is not used for pod addresses "
             "(PO-143).",
             "Give the Service a cluster IP, or use a waypoint for workloads with the label on the pods.", "PF-17",
             "PO-143", headless},
    LintRule{
        "MSH1114", Severity::Warning, "pods with sidecars ignore a policy with targetRefs",
        "A proxy that is no Gateway API pod ignores every policy with targetRefs (PO-003). The policy's status says "
        "accepted.",
        "Keep the selector policy beside it until the pods have been restarted without sidecar (PO-014, PO-159).",
        "PF-13 PF-42", "PO-003 PO-014", sidecars_ignore},
    LintRule{
        "MSH1115", Severity::Warning, "clients bypass an egress waypoint",
        "A ServiceEntry bound to a waypoint is a control point for ambient clients only; sidecars and uncaptured pods "
        "go out directly (PO-131).",
        "Move the clients to ambient, or keep an egress gateway for sidecars and block other ways with a "
        "NetworkPolicy.",
        "PF-37 PF-55", "PO-131", egress_bypassed},
    LintRule{
        "MSH1206", Severity::Warning, "one Service, several modes, several verdicts",
        "The path is chosen per endpoint. Where pods of a Service run in different modes, other proxies evaluate other "
        "policies, and the same request is sometimes refused and sometimes not.",
        "Finish the migration of the Service's pods at once, or keep both halves of every policy (selector and "
        "targetRefs) until it is done.",
        "LN-12 PF-49", "PO-014 PO-150 PO-151", mixed_endpoints},
};

}  // namespace

std::span<const LintRule> client_rules() { return kRules; }

}  // namespace meshsim::scenarios
