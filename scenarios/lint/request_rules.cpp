// Tokens: RequestAuthentication and the policies that need it (PO-100..PO-110).
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

bool needs_token(const policy::AuthorizationPolicy& spec) {
  for (const auto& rule : spec.rules) {
    for (const auto& from : rule.from)
      if (!from.request_principals.empty()) return true;
    for (const auto& when : rule.when)
      if (when.key.starts_with("request.auth.")) return true;
  }
  return false;
}

struct Authentication {
  const Object* object;
  policy::Attachment attachment;
  std::vector<std::size_t> selected;
  std::set<std::size_t> services;  // whose waypoint checks tokens
};

std::vector<Authentication> authentications(const LintContext& c) {
  std::vector<Authentication> out;
  for (const Object* object : c.mesh.objects_of("RequestAuthentication")) {
    Authentication one{object, policy::decode_attachment(object->spec()), c.selected(*object), {}};
    for (const Reach& reach : c.reach(object->ns, one.attachment))
      if (reach.state == Reach::State::Bound) one.services.insert(reach.services.begin(), reach.services.end());
    out.push_back(std::move(one));
  }
  return out;
}

std::set<std::size_t> services_of(const LintContext& c, const PolicyView& p) {
  std::set<std::size_t> out;
  for (const Reach& reach : c.reach(p.spec.ns, p.spec.attachment))
    if (reach.state == Reach::State::Bound) out.insert(reach.services.begin(), reach.services.end());
  return out;
}

Request with_token(Node rule) {
  Request out;
  Jwt token;
  token.issuer = rule["issuer"].string();
  token.subject = "somebody";
  for (const Node audience : rule["audiences"]) token.audiences.push_back(audience.string());
  out.jwts.push_back(std::move(token));
  return out;
}

bool shares(const std::vector<std::size_t>& a, const std::vector<std::size_t>& b) {
  return std::any_of(a.begin(), a.end(), [&](std::size_t x) { return std::binary_search(b.begin(), b.end(), x); });
}

bool names_gateway(const policy::Attachment& a, const policy::Attachment& b) {
  for (const auto& ref : a.refs)
    for (const auto& other : b.refs)
      if (ref.text() == other.text()) return true;
  return false;
}

void without_authentication(const LintContext& c, RuleFindings& out) {
  const auto all = authentications(c);
  for (const PolicyView& p : c.policies()) {
    if (!needs_token(p.spec) || p.spec.dry_run || (p.spec.action != Action::Allow && p.spec.action != Action::Deny))
      continue;
    // At sidecars and gateways.
    std::vector<std::size_t> bare;
    for (const std::size_t w : p.selected) {
      if (c.is_ambient(w) || c.mesh.workloads[w].role == ProxyRole::Waypoint) continue;
      if (!c.is_sidecar(w) && c.mesh.workloads[w].role == ProxyRole::None) continue;
      const bool checked = std::any_of(all.begin(), all.end(), [&](const Authentication& a) {
        return std::binary_search(a.selected.begin(), a.selected.end(), w) ||
               (c.mesh.workloads[w].role != ProxyRole::None && !a.attachment.refs.empty());
      });
      if (!checked && c.is_sidecar(w)) bare.push_back(w);
    }
    std::optional<Shown> shown;
    std::string who;
    const auto refused = [&](const Outcome& o) {
      return o.verdict == Verdict::Denied && o.denied_by &&
             (p.spec.action == Action::Deny ? o.denied_by->policy == p.spec.id() : !o.denied_by->policy);
    };
    Request token = with_token(Node());
    token.jwts.front().issuer = "https://issuer.example.com";
    for (const std::size_t w : bare)
      if (!shown && (shown = c.show(c.some_askers(p.spec.ns, 4), c.targets_of(w), {token}, refused)))
        who = c.workload_text(w);
    // At waypoints.
    for (const std::size_t s : services_of(c, p)) {
      const bool checked =
          std::any_of(all.begin(), all.end(), [&](const Authentication& a) { return a.services.count(s) > 0; });
      if (checked || shown) continue;
      if ((shown = c.show(c.askers(Population::Ambient, p.spec.ns, 6), c.service_targets(s), {token},
                          [&](const Outcome& o) { return o.waypoint_traversed && refused(o); })))
        who = c.service_text(s);
    }
    if (!shown) continue;
    LintFinding& finding = out.add(
        *p.object, p.object->spec()["rules"],
        "it asks for a token, and no RequestAuthentication checks tokens at the same proxy: a valid token is worth "
        "nothing there");
    finding.affects(who);
    finding.shown_by(shown->flow, shown->text);
  }
}

void anonymous_pass(const LintContext& c, RuleFindings& out) {
  for (const Authentication& a : authentications(c)) {
    const bool required = std::any_of(c.policies().begin(), c.policies().end(), [&](const PolicyView& p) {
      if (!needs_token(p.spec) || p.spec.dry_run) return false;
      if (shares(a.selected, p.selected) || names_gateway(a.attachment, p.spec.attachment)) return true;
      const auto services = services_of(c, p);
      return std::any_of(services.begin(), services.end(), [&](std::size_t s) { return a.services.count(s) > 0; });
    });
    if (required) continue;
    std::optional<Shown> shown;
    std::string who;
    for (const std::size_t w : a.selected)
      if (c.is_sidecar(w) && !shown &&
          (shown = c.show(c.some_askers(a.object->ns, 3), c.targets_of(w), {},
                          [](const Outcome& o) { return o.verdict == Verdict::Allowed && o.l7_processed; })))
        who = c.workload_text(w);
    for (const std::size_t s : a.services)
      if (!shown &&
          (shown = c.show(c.askers(Population::Ambient, a.object->ns, 3), c.service_targets(s), {},
                          [](const Outcome& o) { return o.verdict == Verdict::Allowed && o.waypoint_traversed; })))
        who = c.service_text(s);
    if (!shown) continue;
    LintFinding& finding = out.add(*a.object,
                                   "requests without a token pass: it checks the tokens that come, and no "
                                   "AuthorizationPolicy asks for one");
    finding.affects(who);
    finding.shown_by(shown->flow, shown->text);
  }
}

void token_taken_away(const LintContext& c, RuleFindings& out) {
  const auto all = authentications(c);
  for (const Authentication& a : all)
    for (const std::size_t s : a.services)
      for (const Node rule : a.object->spec()["jwtRules"]) {
        if (rule["forwardOriginalToken"].boolean().value_or(false)) continue;
        bool again = false;
        for (const Endpoint& e : c.mesh.services[s].endpoints)
          for (const Authentication& b : all)
            again = again || (e.workload != kNone && c.is_sidecar(e.workload) &&
                              std::binary_search(b.selected.begin(), b.selected.end(), e.workload));
        if (!again) continue;
        const auto shown =
            c.show(c.askers(Population::Ambient, a.object->ns, 6), c.service_targets(s), {with_token(rule)},
                   [](const Outcome& o) { return o.waypoint_traversed && denied_at_destination(o); });
        if (!shown) continue;
        LintFinding& finding =
            out.add(*a.object, rule,
                    "the waypoint takes the token out of the request, and the sidecar behind it needs "
                    "it again; set forwardOriginalToken");
        finding.affects(c.service_text(s));
        finding.shown_by(shown->flow, shown->text);
        break;
      }
}

// IST0149.
void claim_routing(const LintContext& c, RuleFindings& out) {
  const auto all = authentications(c);
  for (const Object* route : c.mesh.objects_of("VirtualService")) {
    Node claim;
    for (const Node http : route->spec()["http"])
      for (const Node match : http["match"])
        for (const char* field : {"headers", "withoutHeaders"})
          for (const Node header : match[field])
            if (header.key().starts_with("@request.auth.claims")) claim = header;
    if (!claim.exists()) continue;
    bool checked = false, placed = false;
    for (const Node named : route->spec()["gateways"]) {
      const std::string text(named.text());
      if (text == "mesh") continue;
      const auto slash = text.find('/');
      const std::string ns = slash == std::string::npos ? route->ns : text.substr(0, slash);
      const std::string name = slash == std::string::npos ? text : text.substr(slash + 1);
      for (const Object* gateway : c.mesh.objects_of("Gateway", "networking.istio.io")) {
        if (gateway->ns != ns || gateway->name != name) continue;
        Labels selector;
        for (const Node label : gateway->spec()["selector"]) selector.emplace(label.key(), label.text());
        placed = true;
        for (const Authentication& a : all) {
          if (a.object->ns != gateway->ns && a.object->ns != c.root()) continue;
          const bool fits = !a.attachment.selector || matches(*a.attachment.selector, selector);
          checked = checked || fits;
        }
      }
    }
    if (placed && !checked)
      out.add(*route, claim,
              "it routes by a claim of a token, and no RequestAuthentication checks tokens at its gateway: "
              "the claim is never there");
  }
}

void jwks_fetch(const LintContext& c, RuleFindings& out) {
  // Only where istiod's environment is among the files, and of a version that can be limited.
  if (c.mesh.settings.features.empty() || !c.mesh.settings.profile.custom_dry_run_enforced ||
      c.mesh.settings.features.count("BLOCKED_CIDRS_IN_JWKS_URIS") > 0)
    return;
  for (const Object* object : c.mesh.objects_of("RequestAuthentication"))
    for (const Node rule : object->spec()["jwtRules"])
      if (rule["jwksUri"].has_value()) {
        out.add(*object, rule["jwksUri"],
                "istiod fetches this address, and nothing limits which addresses it may fetch");
        break;
      }
}

constexpr std::array kRules = {
    LintRule{
        "MSH1401", Severity::Error, "a token is consumed at the waypoint and needed again behind it",
        "A validator removes the token from the request unless forwardOriginalToken is set (PO-106). A sidecar behind "
        "the waypoint sees none.",
        "Set forwardOriginalToken: true at the waypoint's RequestAuthentication.", "LN-17 PF-50", "PO-106 PO-108",
        token_taken_away},
    LintRule{"MSH1402", Severity::Info, "a RequestAuthentication that nobody requires",
             "It rejects bad tokens and lets requests without any pass (PO-107).",
             "Add an AuthorizationPolicy at the same proxy: DENY notRequestPrincipals [\"*\"], or ALLOW by "
             "requestPrincipals.",
             "", "PO-104 PO-107", anonymous_pass},
    LintRule{
        "MSH1403", Severity::Error, "a policy asks for a token that nobody checks",
        "requestPrincipals and request.auth.* exist only at a proxy where a RequestAuthentication validated the token "
        "(PO-074). Without one an ALLOW matches nothing and a DENY of requests without principal matches everything "
        "(PO-108).",
        "Attach a RequestAuthentication to the same workloads, Service or Gateway.", "", "PO-074 PO-108",
        without_authentication},
    LintRule{"MSH1404", Severity::Error, "routing by claims without a RequestAuthentication",
             "Claims become visible to routes when a RequestAuthentication at the gateway validated the token.",
             "Add a RequestAuthentication for the gateway.", "IST0149", "PO-074", claim_routing},
    LintRule{
        "MSH1406", Severity::Info, "istiod fetches keys from anywhere",
        "A RequestAuthentication makes istiod fetch its jwksUri; BLOCKED_CIDRS_IN_JWKS_URIS keeps it from addresses "
        "inside the cluster.",
        "Set BLOCKED_CIDRS_IN_JWKS_URIS on istiod.", "IST0175", "PO-110", jwks_fetch},
};

}  // namespace

std::span<const LintRule> request_rules() { return kRules; }

}  // namespace meshsim::scenarios
