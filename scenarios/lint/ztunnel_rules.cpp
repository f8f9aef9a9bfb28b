// Policies that lose something at ztunnel: selector policies on ambient workloads (policies.md 1.2, 1.5).
#include <algorithm>
#include <array>

#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/lint_rule.h"
#include "scenarios/lint/representative.h"

namespace meshsim::scenarios {

using namespace models;
using policy::Action;

namespace {

std::string list(const std::vector<std::string>& values) {
  std::string out;
  for (const auto& value : values) out += (out.empty() ? "" : ", ") + value;
  return out;
}

// PO-056: fields that look like L4, and that Envoy takes at L4, but ztunnel does not.
bool looks_like_l4(const std::vector<std::string>& unsupported) {
  return !unsupported.empty() && std::all_of(unsupported.begin(), unsupported.end(), [](const std::string& field) {
    return field == "remoteIpBlocks" || field == "notRemoteIpBlocks" || field == "remote.ip" ||
           field == "connection.sni" || field == "source.serviceAccount" || field == "source.trustDomain" ||
           field.starts_with("experimental.");
  });
}

std::vector<std::size_t> ambient_of(const LintContext& c, const std::vector<std::size_t>& workloads) {
  std::vector<std::size_t> out;
  for (const std::size_t w : workloads)
    if (c.is_ambient(w)) out.push_back(w);
  return out;
}

// A finding for the policy, if a flow to one of its ambient workloads shows `predicate`.
void report(const LintContext& c, RuleFindings& out, const PolicyView& p, Node at, const std::string& message,
            const Predicate& predicate) {
  const auto ambient = ambient_of(c, p.selected);
  const auto requests = requests_for(p.spec);
  std::optional<Shown> shown;
  for (std::size_t i = 0; i < ambient.size() && i < 5 && !shown; ++i)
    shown = c.show(c.some_askers(p.spec.ns, 3), c.targets_of(ambient[i]), requests, predicate);
  if (!shown) return;
  LintFinding& finding = out.add(*p.object, at, message);
  for (const std::size_t w : ambient) finding.affects(c.workload_text(w));
  finding.shown_by(shown->flow, shown->text);
}

bool is_ambient_policy(const LintContext& c, const PolicyView& p) {
  return std::any_of(p.selected.begin(), p.selected.end(), [&](std::size_t w) { return c.is_ambient(w); });
}

bool refused_with(const Outcome& outcome, const std::string& policy) {
  return outcome.verdict == Verdict::Denied && outcome.denied_by && outcome.denied_by->proxy == ProxyKind::Ztunnel &&
         !outcome.denied_by->policy && has_status(outcome, policy, PolicyStatus::DeniesAll);
}

void dead_deny(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies())
    if (p.spec.action == Action::Deny && p.ztunnel.dead && !p.ztunnel.unsupported.empty() &&
        !looks_like_l4(p.ztunnel.unsupported) && is_ambient_policy(c, p))
      report(c, out, p, p.object->spec()["rules"],
             "this DENY has no effect on ambient pods: without " + list(p.ztunnel.unsupported) +
                 " nothing of it is left that ztunnel could match",
             [&p](const Outcome& o) {
               return o.verdict == Verdict::Allowed && has_status(o, p.text, PolicyStatus::Open);
             });
}

void dead_allow(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies())
    if (p.spec.action == Action::Allow && p.ztunnel.all_denied && !p.ztunnel.unsupported.empty() &&
        !looks_like_l4(p.ztunnel.unsupported) && is_ambient_policy(c, p))
      report(c, out, p, p.object->spec()["rules"],
             "this ALLOW refuses everybody at ambient pods: every rule uses " + list(p.ztunnel.unsupported) +
                 ", which ztunnel does not have, and is omitted",
             [&p](const Outcome& o) { return refused_with(o, p.text); });
}

void lossy(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies()) {
    if (p.ztunnel.unsupported.empty() || p.ztunnel.dead || p.ztunnel.all_denied || !p.ztunnel.policy ||
        !is_ambient_policy(c, p))
      continue;
    const bool allow = p.spec.action == Action::Allow;
    report(c, out, p, p.object->spec()["rules"],
           allow ? std::to_string(p.ztunnel.rules_omitted) + " of " + std::to_string(p.spec.rules.size()) +
                       " ALLOW rules are omitted at ambient pods, because they use " + list(p.ztunnel.unsupported)
                 : "this DENY refuses more than it says at ambient pods: it is applied without " +
                       list(p.ztunnel.unsupported),
           has_status(p.text, PolicyStatus::Enforced));
  }
}

void l4_lookalike(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies()) {
    if (!looks_like_l4(p.ztunnel.unsupported) || !is_ambient_policy(c, p)) continue;
    const bool allow = p.ztunnel.all_denied;
    if (!allow && !p.ztunnel.dead) continue;  // MSH1003
    report(c, out, p, p.object->spec()["rules"],
           list(p.ztunnel.unsupported) + " looks like a property of the connection, but ztunnel does not have it: " +
               (allow ? "every rule is omitted and everybody is refused at ambient pods"
                      : "this DENY has no effect on ambient pods"),
           [&p, allow](const Outcome& o) {
             return allow ? refused_with(o, p.text)
                          : o.verdict == Verdict::Allowed && has_status(o, p.text, PolicyStatus::Open);
           });
  }
}

void action_not_sent(const LintContext& c, RuleFindings& out, Action action, PolicyStatus status, const char* text) {
  for (const PolicyView& p : c.policies())
    if (p.spec.action == action && is_ambient_policy(c, p))
      report(c, out, p, p.object->spec()["action"], text, has_status(p.text, status));
}

void custom(const LintContext& c, RuleFindings& out) {
  action_not_sent(c, out, Action::Custom, PolicyStatus::Open,
                  "no authorizer is asked for ambient pods: CUSTOM is not sent to ztunnel");
}

void audit(const LintContext& c, RuleFindings& out) {
  action_not_sent(c, out, Action::Audit, PolicyStatus::Inert,
                  "nothing is audited at ambient pods: AUDIT is not sent to ztunnel");
}

void request_authentication(const LintContext& c, RuleFindings& out) {
  for (const Object* object : c.mesh.objects_of("RequestAuthentication")) {
    const auto ambient = ambient_of(c, c.selected(*object));
    if (ambient.empty()) continue;
    const auto shown = c.show(c.some_askers(object->ns, 3), c.targets_of(ambient.front()), {}, [&](const Outcome& o) {
      return has_status(o, object->ref().text(), PolicyStatus::Open);
    });
    if (!shown) continue;
    LintFinding& finding = out.add(*object, "no token is checked at ambient pods: ztunnel never validates tokens");
    for (const std::size_t w : ambient) finding.affects(c.workload_text(w));
    finding.shown_by(shown->flow, shown->text);
  }
}

// Extensions by selector or namespace.
void extensions(const LintContext& c, RuleFindings& out, std::initializer_list<const char*> kinds,
                std::string_view field, const char* text) {
  for (const char* kind : kinds)
    for (const Object* object : c.mesh.objects_of(kind)) {
      const auto all = c.selected(*object, field);
      const auto ambient = ambient_of(c, all);
      // One for the whole mesh is meant for gateways as well; it is worth a word only where it is all ambient.
      if (ambient.empty() || (object->ns == c.root() && ambient.size() != all.size())) continue;
      LintFinding& finding = out.add(*object, text);
      for (const std::size_t w : ambient) finding.affects(c.workload_text(w));
      if (const auto shown = c.show(c.some_askers(object->ns, 2), c.targets_of(ambient.front()), {},
                                    [](const Outcome& o) { return !o.hops.empty() && !o.waypoint_traversed; })) {
        finding.shown_by(shown->flow, shown->text);
      }
    }
}

void wasm(const LintContext& c, RuleFindings& out) {
  extensions(c, out, {"WasmPlugin", "TrafficExtension"}, "selector",
             "ambient pods have no Envoy that could run this plugin, and waypoints take only targetRefs");
}

void envoy_filter(const LintContext& c, RuleFindings& out) {
  for (const Object* object : c.mesh.objects_of("EnvoyFilter")) {
    // Only patches of what a server's sidecar does are lost in silence; gateways keep theirs.
    bool inbound = false;
    for (const Node patch : object->spec()["configPatches"]) {
      const auto context = patch["match"]["context"].text();
      inbound = inbound || context.empty() || context == "ANY" || context == "SIDECAR_INBOUND";
    }
    const auto all = c.selected(*object, "workloadSelector");
    const auto ambient = ambient_of(c, all);
    if (!inbound || ambient.empty() || (object->ns == c.root() && ambient.size() != all.size())) continue;
    LintFinding& finding = out.add(
        *object, "ambient pods have no Envoy that this filter could patch: what it limits or rewrites there is gone");
    for (const std::size_t w : ambient) finding.affects(c.workload_text(w));
    if (const auto shown = c.show(c.some_askers(object->ns, 2), c.targets_of(ambient.front()), {},
                                  [](const Outcome& o) { return !o.hops.empty() && !o.waypoint_traversed; })) {
      finding.shown_by(shown->flow, shown->text);
    }
  }
}

void empty_selector(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies())
    if (p.spec.attachment.empty_selector() && is_ambient_policy(c, p))
      report(c, out, p, p.object->spec()["selector"],
             "selector {} attaches to no workload at ztunnel, though sidecars apply the policy to the whole namespace",
             has_status(p.text, PolicyStatus::Open));
}

void trust_domains(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies()) {
    if (!is_ambient_policy(c, p) || !p.ztunnel.policy) continue;
    bool alone = false, mixed = false;
    for (const auto& rule : p.spec.rules)
      for (const auto& from : rule.from) {
        if (from.trust_domains.empty()) continue;
        (from.principals.empty() && from.namespaces.empty() && from.ip_blocks.empty() && from.service_accounts.empty()
             ? alone
             : mixed) = true;
      }
    if (!alone && !mixed) continue;
    LintFinding& finding =
        out.add(*p.object, p.object->spec()["rules"],
                alone ? "trustDomains are ignored at ztunnel, and in silence: a source of nothing else matches nobody"
                      : "trustDomains are ignored at ztunnel, and in silence: the source is wider than written");
    for (const std::size_t w : ambient_of(c, p.selected)) finding.affects(c.workload_text(w));
    const auto ambient = ambient_of(c, p.selected);
    if (const auto shown = c.show(c.some_askers(p.spec.ns, 3), c.targets_of(ambient.front()), requests_for(p.spec),
                                  has_status(p.text, PolicyStatus::Enforced))) {
      finding.shown_by(shown->flow, shown->text);
    }
  }
}

void dry_run(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies())
    if (p.spec.dry_run && (p.spec.action == Action::Allow || p.spec.action == Action::Deny) && is_ambient_policy(c, p))
      report(c, out, p, p.object->root["metadata"]["annotations"]["istio.io/dry-run"],
             p.ztunnel.policy
                 ? "ztunnel logs what this dry-run policy would have done; one older than Istio 1.29 enforces it"
                 : "this dry-run policy tries nothing out at ambient pods: it is not sent to ztunnel",
             has_status(p.text, PolicyStatus::DryRun));
}

constexpr std::array kRules = {
    LintRule{
        "MSH1001", Severity::Error, "a DENY has no effect on ambient pods",
        "ztunnel works on connections and has no methods, paths, hosts, headers or tokens. istiod strips such fields "
        "from a DENY; what is left of the rule is an empty match, and ztunnel skips empty matches (PO-058, PO-062). "
        "The policy's status says accepted, up to Istio 1.31 even that it became more restrictive, and every request "
        "that it forbids passes.",
        "Bind the Service to a waypoint and copy the policy to it with targetRefs. Keep the selector policy only as "
        "long as sidecars run. Clients that bypass waypoints (sidecars, gateways) stay outside of it: MSH1101.",
        "LN-02 PF-04 PF-06 PF-43 KIA0109 KIA0110 KIA1317", "PO-058 PO-062 PO-069d", dead_deny},
    LintRule{
        "MSH1002", Severity::Error, "an ALLOW refuses everybody at ambient pods",
        "istiod omits ALLOW rules that use HTTP fields when it converts a policy for ztunnel. An ALLOW without any "
        "rule left matches nothing, and an ALLOW that exists and matches nothing denies all (PO-057).",
        "Bind the Service to a waypoint, copy the policy to it with targetRefs, and delete this one as soon as no pod "
        "that it selects runs a sidecar. At the pods allow the waypoint and the clients that bypass it by principal.",
        "LN-03 PF-05 PF-42 PF-43 KIA0109 KIA0110 KIA1317", "PO-057 PO-151", dead_allow},
    LintRule{
        "MSH1003", Severity::Warning, "a policy means something else at ambient pods",
        "Some of its rules use HTTP fields. At ztunnel an ALLOW loses these rules, a DENY loses the fields and is "
        "wider than written (PO-057, PO-058).",
        "Keep L4 and HTTP rules in separate policies: the first by selector, the second for a waypoint by targetRefs.",
        "PF-43 KIA0109 KIA0110 KIA1317", "PO-057 PO-058 PO-069b PO-069c", lossy},
    LintRule{
        "MSH1004", Severity::Error, "no authorizer is asked for ambient pods",
        "The action CUSTOM is not sent to ztunnel (PO-018). The policy's status has ZtunnelAccepted=False; requests "
        "pass unasked.",
        "Bind the Service to a waypoint and copy the policy to it with targetRefs.", "LN-04 PF-47 IST0171",
        "PO-018 PO-165", custom},
    LintRule{"MSH1005", Severity::Warning, "nothing is audited at ambient pods",
             "The action AUDIT is not sent to ztunnel (PO-018).",
             "Bind the Service to a waypoint and copy the policy to it with targetRefs.", "LN-04 IST0171", "PO-018",
             audit},
    LintRule{
        "MSH1006", Severity::Error, "no token is checked at ambient pods",
        "A RequestAuthentication by selector or namespace never reaches ztunnel, which knows no tokens. No status and "
        "no warning says so (PO-101). Policies that ask for a token then refuse everybody (ALLOW) or nobody (DENY), "
        "PO-108.",
        "Bind the Service to a waypoint and target the RequestAuthentication, and the policies that need it, at it.",
        "LN-04 PF-07 KIA1110 KIA1115", "PO-101 PO-108", request_authentication},
    LintRule{
        "MSH1007", Severity::Warning, "a plugin does not run for ambient pods",
        "Plugins by selector or namespace attach to sidecars and gateways. Waypoints take plugins by targetRefs only, "
        "and ztunnel has none (PO-136).",
        "Target the plugin at the waypoint or Service with targetRefs.", "LN-04 PF-33 KIA1111 KIA1116", "PO-136", wasm},
    LintRule{
        "MSH1008", Severity::Warning, "an EnvoyFilter patches nothing for ambient pods",
        "There is no Envoy at the pod. Rate limits, Lua and the like that it added at sidecars are gone, without a "
        "word (PO-137, PO-168). On a waypoint an EnvoyFilter works by targetRefs in code and is officially "
        "unsupported; a limit per proxy then counts per waypoint replica (PO-169).",
        "Move the function to a waypoint (WasmPlugin or, unsupported, EnvoyFilter with targetRefs) or into the "
        "application.",
        "LN-04 PF-32 PF-52", "PO-137 PO-168 PO-169", envoy_filter},
    LintRule{"MSH1009", Severity::Error, "selector {} protects no ambient pod",
             "A selector without labels becomes a policy for selected workloads that no workload refers to (PO-019).",
             "Leave the selector out: then the policy is for the whole namespace in both modes.", "LN-07", "PO-019",
             empty_selector},
    LintRule{
        "MSH1010", Severity::Error, "a condition on the connection that ztunnel does not have",
        "when-keys other than source.ip, source.namespace, source.principal, destination.ip and destination.port, and "
        "remoteIpBlocks, count as HTTP fields for ztunnel, though Envoy takes them on TCP connections (PO-056).",
        "Write from.source.serviceAccounts or principals instead of when source.serviceAccount, ipBlocks instead of "
        "remoteIpBlocks; anything else belongs to a waypoint.",
        "LN-20 PF-20 PF-46", "PO-056 PO-057 PO-058", l4_lookalike},
    LintRule{"MSH1011", Severity::Error, "trustDomains are ignored at ambient pods",
             "istiod does not convert trustDomains and notTrustDomains for ztunnel and does not report it (PO-061).",
             "Use principals.", "LN-20", "PO-061", trust_domains},
    LintRule{"MSH1012", Severity::Warning, "a dry-run policy on ambient pods",
             "Up to Istio 1.28 it is not sent, and no status says so; later it is sent only with "
             "AMBIENT_ENABLE_DRY_RUN_AUTHORIZATION_POLICY, and a ztunnel older than 1.29 would enforce it (PO-027).",
             "Try the policy out with `meshsim diff`, or at a waypoint with targetRefs.", "LN-18 PF-45", "PO-027",
             dry_run},
};

}  // namespace

std::span<const LintRule> ztunnel_rules() { return kRules; }

}  // namespace meshsim::scenarios
