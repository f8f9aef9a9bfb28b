// What policies are for: default-denies and gateways, selectors that match nobody or too much, names that do not exist.
#include <algorithm>
#include <array>
#include <set>

#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/lint_rule.h"
#include "scenarios/lint/representative.h"

namespace meshsim::scenarios {

using namespace models;
using policy::Action;

namespace {

bool is_gateway(const LintContext& c, std::size_t w) {
  const ProxyRole role = c.mesh.workloads[w].role;
  return role == ProxyRole::Gateway || role == ProxyRole::EastWest;
}

// A default-deny, or any ALLOW for a namespace, at an ingress gateway that it was not meant for.
void deny_at_gateway(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies()) {
    if (p.spec.attachment.selector || p.spec.action != Action::Allow || p.spec.dry_run) continue;
    std::set<std::size_t> hit;
    std::optional<Shown> first;
    for (const Entrance& in : c.entrances()) {
      const Gateway& gateway = c.mesh.gateways[in.gateway];
      if (!std::binary_search(p.selected.begin(), p.selected.end(), gateway.workload)) continue;
      // Somebody who allows anything at this gateway knows of the default-deny.
      const bool answered = std::any_of(c.policies().begin(), c.policies().end(), [&](const PolicyView& other) {
        return &other != &p && other.spec.action == Action::Allow &&
               (std::binary_search(other.selected.begin(), other.selected.end(), gateway.workload) ||
                std::any_of(other.spec.attachment.refs.begin(), other.spec.attachment.refs.end(), [&](const auto& ref) {
                  return ref.kind == policy::TargetRef::Kind::Gateway && ref.name == gateway.name &&
                         other.spec.ns == gateway.ns;
                }));
      });
      if (answered) continue;
      auto shown = c.show(in.flow, [](const Outcome& o) {
        return o.verdict == Verdict::Denied && o.denied_by && o.denied_by->proxy == ProxyKind::Gateway &&
               !o.denied_by->policy;
      });
      if (!shown) continue;
      hit.insert(in.gateway);
      if (!first) first = std::move(shown);
    }
    if (hit.empty()) continue;
    LintFinding& finding = out.add(*p.object, "it also applies to the ingress gateway, and visitors are refused there");
    for (const std::size_t g : hit) finding.affects("gateway " + c.mesh.gateways[g].ns + '/' + c.mesh.gateways[g].name);
    finding.shown_by(first->flow, first->text);
  }
}

void deny_blocks_waypoint(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies()) {
    if (!p.spec.attachment.refs.empty() || p.spec.action != Action::Allow || !p.spec.rules.empty() || p.spec.dry_run)
      continue;
    std::size_t tried = 0;
    bool done = false;
    for (const std::size_t w : p.selected) {
      if (done || tried == 8) break;
      for (const std::size_t s : c.services_of(w)) {
        const Service& service = c.mesh.services[s];
        if (done || !service.waypoint.bound() || service.headless) continue;
        ++tried;
        // Only where somebody allows it at the waypoint: nobody wants what is allowed there to be refused behind it.
        std::vector<Request> requests;
        for (const PolicyView& q : c.policies())
          if (q.spec.action == Action::Allow && !q.spec.rules.empty())
            for (const Reach& reach : c.reach(q.spec.ns, q.spec.attachment))
              if (std::find(reach.services.begin(), reach.services.end(), s) != reach.services.end())
                for (Request& request : requests_for(q.spec, 4)) requests.push_back(std::move(request));
        if (requests.empty()) continue;
        const auto shown = c.show(
            c.askers(Population::Ambient, service.ns, 20), c.service_targets(s), requests,
            [](const Outcome& o) { return o.waypoint_traversed && denied_at_destination(o) && !o.denied_by->policy; });
        if (!shown) continue;
        LintFinding& finding =
            out.add(*p.object, "what the waypoint " + service.waypoint.named +
                                   " lets through is refused at the pod: nothing there allows the waypoint's identity");
        finding.affects(c.service_text(s));
        finding.shown_by(shown->flow, shown->text);
        done = true;
      }
    }
  }
}

void root_deny_and_waypoints(const LintContext& c, RuleFindings& out) {
  const bool waypoints = std::any_of(c.mesh.gateways.begin(), c.mesh.gateways.end(),
                                     [](const Gateway& g) { return g.kind == Gateway::Kind::Waypoint; });
  if (!waypoints) return;
  const bool covered = std::any_of(c.policies().begin(), c.policies().end(), [&](const PolicyView& p) {
    return p.spec.ns == c.root() &&
           std::any_of(p.spec.attachment.refs.begin(), p.spec.attachment.refs.end(),
                       [](auto& r) { return r.kind == policy::TargetRef::Kind::GatewayClass; });
  });
  if (covered) return;
  for (const PolicyView& p : c.policies())
    if (p.spec.ns == c.root() && !p.spec.attachment.selector && p.spec.attachment.refs.empty() &&
        p.spec.action == Action::Allow && p.spec.rules.empty())
      out.add(*p.object,
              "this default-deny of the mesh does not apply to waypoints; a second one with targetRefs to the "
              "GatewayClass istio-waypoint does");
}

// PF-30.
void root_selector(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies()) {
    if (p.spec.ns != c.root() || !p.spec.attachment.selector || p.spec.attachment.selector->empty()) continue;
    std::vector<std::size_t> gateways, others;
    for (const std::size_t w : p.selected) (is_gateway(c, w) ? gateways : others).push_back(w);
    if (gateways.empty() || others.empty()) continue;
    LintFinding& finding =
        out.add(*p.object, p.object->spec()["selector"],
                "a selector in the root namespace selects in every namespace: it is for the gateway, and "
                "for these workloads as well");
    for (const std::size_t w : others) finding.affects(c.workload_text(w));
  }
}

// IST0166: selectors that mean a waypoint.
void selects_waypoint(const LintContext& c, RuleFindings& out) {
  for (const char* kind :
       {"AuthorizationPolicy", "RequestAuthentication", "Telemetry", "WasmPlugin", "TrafficExtension"})
    for (const Object* object : c.mesh.objects_of(kind)) {
      const auto attachment = policy::decode_attachment(object->spec());
      if (!attachment.refs.empty() || !attachment.selector || attachment.selector->empty()) continue;
      for (const Gateway& gateway : c.mesh.gateways) {
        if (gateway.kind != Gateway::Kind::Waypoint || (object->ns != gateway.ns && object->ns != c.root())) continue;
        Labels labels = gateway.workload == kNone ? gateway.labels : c.mesh.workloads[gateway.workload].labels;
        labels.emplace("gateway.networking.k8s.io/gateway-name", gateway.name);
        if (!matches(*attachment.selector, labels)) continue;
        out.add(*object, object->spec()["selector"],
                "its selector means the waypoint " + gateway.ns + '/' + gateway.name +
                    ", and waypoints take no policy by selector; use targetRefs")
            .affects("waypoint " + gateway.ns + '/' + gateway.name);
        break;
      }
    }
}

// Whether the files show pods of the mesh that such a policy could be for.
bool shows_mesh(const LintContext& c, std::string_view ns) {
  const auto in_mesh = [&](std::size_t w) {
    return c.is_ambient(w) || c.is_sidecar(w) || c.mesh.workloads[w].role == ProxyRole::Gateway;
  };
  if (!is_root(c, ns)) return std::any_of(c.workloads_in(ns).begin(), c.workloads_in(ns).end(), in_mesh);
  for (std::size_t w = 0; w < c.mesh.workloads.size(); ++w)
    if (in_mesh(w)) return true;
  return false;
}

void selects_nobody(const LintContext& c, RuleFindings& out) {
  struct Kind {
    const char* name;
    std::string_view field;
  };
  for (const Kind kind : {Kind{"AuthorizationPolicy", "selector"}, Kind{"RequestAuthentication", "selector"},
                          Kind{"PeerAuthentication", "selector"}, Kind{"Telemetry", "selector"},
                          Kind{"WasmPlugin", "selector"}, Kind{"TrafficExtension", "selector"},
                          Kind{"EnvoyFilter", "workloadSelector"}, Kind{"Sidecar", "workloadSelector"}})
    for (const Object* object : c.mesh.objects_of(kind.name)) {
      const auto attachment = policy::decode_attachment(object->spec(), kind.field);
      if (!attachment.refs.empty() || !attachment.selector || attachment.selector->empty()) continue;
      // Where no pod of the mesh is among the files, there is nothing to compare with.
      if (!shows_mesh(c, object->ns) || !c.selected(*object, kind.field).empty()) continue;
      if (std::string_view(kind.name) == "PeerAuthentication" && object->ns == c.root()) continue;  // MSH1306
      bool waypoint = false;
      for (const Gateway& gateway : c.mesh.gateways)
        waypoint = waypoint || (gateway.ns == object->ns &&
                                attachment.selector->count("gateway.networking.k8s.io/gateway-name") > 0);
      if (waypoint) continue;  // MSH1026
      std::string labels;
      for (const auto& [key, value] : *attachment.selector) labels += (labels.empty() ? "" : ",") + key + '=' + value;
      out.add(*object, object->spec()[kind.field], "no workload among the files has the labels " + labels);
    }
}

// Only a set of files that holds workloads says which namespaces and accounts there are.
bool knows_namespaces(const LintContext& c) {
  std::size_t declared = 0;
  for (const auto& [name, info] : c.mesh.namespaces) declared += info.source.has_value();
  return declared > 0 && !c.mesh.workloads.empty();
}

void unknown_namespace(const LintContext& c, RuleFindings& out) {
  if (!knows_namespaces(c)) return;
  for (const PolicyView& p : c.policies()) {
    std::set<std::string> unknown;
    const auto look = [&](const std::vector<std::string>& values) {
      for (const std::string& ns : values)
        if (ns.find('*') == std::string::npos && !ns.empty() && c.mesh.namespaces.find(ns) == c.mesh.namespaces.end())
          unknown.insert(ns);
    };
    for (const auto& rule : p.spec.rules) {
      for (const auto& from : rule.from) {
        look(from.namespaces.any);
        look(from.namespaces.none);
      }
      for (const auto& when : rule.when)
        if (when.key == "source.namespace") look(when.values.any);
    }
    for (const std::string& ns : unknown)
      out.add(*p.object, p.object->spec()["rules"], "namespace " + ns + " is not among the files");
  }
}

void unknown_account(const LintContext& c, RuleFindings& out) {
  std::set<std::pair<std::string_view, std::string_view>> accounts;
  for (const Object* object : c.mesh.objects_of("ServiceAccount")) accounts.emplace(object->ns, object->name);
  for (const PolicyView& p : c.policies()) {
    std::set<std::string> unknown;
    const auto look = [&](std::string_view ns, std::string_view account, const std::string& text) {
      if (ns.empty() || account.empty() || ns.find('*') != std::string_view::npos ||
          account.find('*') != std::string_view::npos)
        return;
      const auto& workloads = c.workloads_in(ns);
      const bool any_own = std::any_of(workloads.begin(), workloads.end(), [&](std::size_t w) {
        return c.mesh.workloads[w].service_account != "default" && c.mesh.workloads[w].role == ProxyRole::None;
      });
      if (!any_own) return;  // its workloads, or their accounts, lie elsewhere
      if (std::any_of(workloads.begin(), workloads.end(),
                      [&](std::size_t w) { return c.mesh.workloads[w].service_account == account; }))
        return;
      if (accounts.count({ns, account}) > 0) return;
      for (const Gateway& gateway : c.mesh.gateways)
        if (gateway.ns == ns && gateway.service_account == account) return;
      unknown.insert(text);
    };
    for (const auto& rule : p.spec.rules)
      for (const auto& from : rule.from) {
        for (const auto* values : {&from.principals.any, &from.principals.none})
          for (const std::string& value : *values) {
            const auto ns = value.find("/ns/"), sa = value.find("/sa/");
            if (ns == std::string::npos || sa == std::string::npos || sa < ns) continue;
            look(std::string_view(value).substr(ns + 4, sa - ns - 4), std::string_view(value).substr(sa + 4), value);
          }
        for (const std::string& value : from.service_accounts.any) {
          const auto slash = value.find('/');
          look(slash == std::string::npos ? p.spec.ns : std::string_view(value).substr(0, slash),
               slash == std::string::npos ? std::string_view(value) : std::string_view(value).substr(slash + 1), value);
        }
      }
    for (const std::string& one : unknown)
      out.add(*p.object, p.object->spec()["rules"], "no workload among the files has the identity " + one);
  }
}

// PO-013, PF-44: hosts that are never asked for here.
void foreign_hosts(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies()) {
    if (p.selected.empty()) continue;
    bool ordinary = true;  // a gateway is asked for everything
    for (const std::size_t w : p.selected) ordinary = ordinary && (c.is_sidecar(w) || c.is_ambient(w));
    if (!ordinary) continue;
    for (const auto& rule : p.spec.rules) {
      std::string foreign;
      bool own = false;
      for (const auto& to : rule.to) {
        if (to.hosts.any.empty()) own = true;
        for (const std::string& host : to.hosts.any) {
          const std::string name = host.substr(0, host.find(':'));
          const std::size_t s = name.find('*') == std::string::npos ? c.mesh.resolve_host(name, p.spec.ns) : kNone;
          if (s == kNone || !c.mesh.services[s].kubernetes || c.mesh.services[s].endpoints.empty()) {
            own = true;  // not known well enough
            continue;
          }
          const auto& endpoints = c.mesh.services[s].endpoints;
          if (std::any_of(endpoints.begin(), endpoints.end(), [&](const Endpoint& e) {
                return std::binary_search(p.selected.begin(), p.selected.end(), e.workload);
              })) {
            own = true;
          } else {
            foreign = host;
          }
        }
      }
      if (own || foreign.empty()) continue;
      out.add(*p.object, p.object->spec()["rules"],
              "host " + foreign +
                  " leads to other workloads than those selected: policies act on what arrives at a "
                  "workload, never on what it sends");
      break;
    }
  }
}

// KIA1301.
void uncovered(const LintContext& c, RuleFindings& out) {
  if (c.policies().empty()) return;
  std::vector<bool> covered(c.mesh.workloads.size());
  for (const PolicyView& p : c.policies()) {
    for (const std::size_t w : p.selected) covered[w] = true;
    for (const Reach& reach : c.reach(p.spec.ns, p.spec.attachment))
      for (const std::size_t s : reach.services)
        for (const Endpoint& e : c.mesh.services[s].endpoints)
          if (e.workload != kNone) covered[e.workload] = true;
  }
  for (const auto& [name, info] : c.mesh.namespaces) {
    std::vector<std::size_t> bare;
    bool any = false;
    for (const std::size_t w : c.workloads_in(name)) {
      if (!c.is_ambient(w) && !c.is_sidecar(w)) continue;
      any = any || covered[w];
      if (!covered[w]) bare.push_back(w);
    }
    if (!any || bare.empty()) continue;
    LintFinding& finding = out.add({"Namespace", "", name, info.source.value_or(Source{})},
                                   "other workloads of the namespace have an AuthorizationPolicy; these have none, and "
                                   "everything is allowed to them");
    for (const std::size_t w : bare) finding.affects(c.workload_text(w));
    if (const auto shown = c.show(c.some_askers(name, 3), c.targets_of(bare.front()), {},
                                  [](const Outcome& o) { return o.verdict == Verdict::Allowed; })) {
      finding.shown_by(shown->flow, shown->text);
    }
  }
}

constexpr std::array kRules = {
    LintRule{
        "MSH1023", Severity::Error, "a default-deny refuses what the waypoint lets through",
        "A selectorless policy acts at ztunnel and sidecars, never at waypoints (PO-004). Behind a waypoint the pods "
        "see the waypoint's identity, and nothing allows it.",
        "Allow the waypoint's principal at the pods, for example with an ALLOW for the namespace.", "LN-13 PF-10",
        "PO-004 PO-067 PO-070", deny_blocks_waypoint},
    LintRule{"MSH1024", Severity::Warning, "a policy for the namespace or mesh refuses visitors at the gateway",
             "Policies without selector also apply to ingress gateways, including those of the Gateway API (PO-005).",
             "Add an ALLOW for the gateway (selector or targetRefs), or give the policy a selector.", "LN-13 PF-11",
             "PO-002 PO-005", deny_at_gateway},
    LintRule{
        "MSH1025", Severity::Warning, "a selector in the root namespace selects in every namespace",
        "A policy of the root namespace with a selector is for all pods with these labels, wherever they are (PO-002).",
        "Move the policy to the gateway's own namespace, use targetRefs, or a label that only the gateway has.",
        "PF-30", "PO-002", root_selector},
    LintRule{"MSH1026", Severity::Error, "a selector that means a waypoint",
             "Waypoints never take a policy by namespace or selector, not even by their own labels (PO-004, PO-102).",
             "Write targetRefs: the Gateway, or a Service behind it.", "PF-12 IST0166", "PO-004 PO-102",
             selects_waypoint},
    LintRule{
        "MSH1027", Severity::Info, "a default-deny of the mesh that leaves waypoints out",
        "A selectorless policy in the root namespace covers sidecars, gateways and ztunnels, not waypoints (PO-077): "
        "an egress waypoint stays open.",
        "Add a policy with empty spec and targetRefs to GatewayClass istio-waypoint.", "LN-13 PF-10", "PO-004 PO-077",
        root_deny_and_waypoints},
    LintRule{"MSH1028", Severity::Warning, "a selector that selects nobody",
             "The object is in force nowhere. A misspelt label is the usual reason.",
             "Correct the labels. If the workloads lie in other files, give these as well.", "IST0127 KIA0004",
             "PO-003", selects_nobody},
    LintRule{"MSH1029", Severity::Warning, "a policy names a namespace that is not there",
             "Nobody comes from it: an ALLOW never matches, a DENY protects from nobody.", "Correct the name.",
             "IST0101 KIA0101", "PO-040", unknown_namespace},
    LintRule{"MSH1030", Severity::Warning, "a policy names an identity that nobody has",
             "No workload runs under this service account.", "Correct namespace and account.", "KIA0106",
             "PO-039 PO-041", unknown_account},
    LintRule{"MSH1031", Severity::Warning, "a policy names a host that is not served here",
             "AuthorizationPolicy is evaluated where requests arrive. It cannot limit what a workload sends (PO-013).",
             "Select the workloads behind that host.", "PF-44 KIA0104", "PO-013 PO-034", foreign_hosts},
    LintRule{"MSH1033", Severity::Info, "workloads without an AuthorizationPolicy",
             "Where no policy attaches, everything is allowed (PO-023).",
             "Add a default-deny for the namespace, and allow what is needed.", "KIA1301", "PO-023", uncovered},
};

}  // namespace

std::span<const LintRule> policy_scope_rules() { return kRules; }

}  // namespace meshsim::scenarios
