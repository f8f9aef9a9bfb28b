// Policies about who calls, where a waypoint or gateway stands between (PO-070..PO-078), and trust domains.
#include <algorithm>
#include <array>

#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/lint_rule.h"
#include "scenarios/lint/representative.h"

namespace meshsim::scenarios {

using namespace models;
using policy::Action;

namespace {

bool names_clients(const policy::AuthorizationPolicy& spec) {
  for (const auto& rule : spec.rules) {
    for (const auto& from : rule.from)
      if (!from.principals.empty() || !from.namespaces.empty() || !from.service_accounts.empty() ||
          !from.ip_blocks.empty())
        return true;
    for (const auto& when : rule.when)
      if (when.key == "source.principal" || when.key == "source.namespace" || when.key == "source.ip" ||
          when.key == "source.serviceAccount")
        return true;
  }
  return false;
}

bool names_addresses(const policy::AuthorizationPolicy& spec) {
  for (const auto& rule : spec.rules) {
    for (const auto& from : rule.from)
      if (!from.ip_blocks.empty()) return true;
    for (const auto& when : rule.when)
      if (when.key == "source.ip") return true;
  }
  return false;
}

bool mentions(const policy::AuthorizationPolicy& spec, std::string_view identity) {
  for (const auto& rule : spec.rules) {
    for (const auto& from : rule.from)
      for (const auto* values : {&from.principals.any, &from.principals.none})
        for (const auto& value : *values)
          if (identity.ends_with(value)) return true;
    for (const auto& when : rule.when)
      if (when.key == "source.principal")
        for (const auto* values : {&when.values.any, &when.values.none})
          for (const auto& value : *values)
            if (identity.ends_with(value)) return true;
  }
  return false;
}

// Services with a usable waypoint that lead to this workload.
std::vector<std::size_t> behind_waypoint(const LintContext& c, std::size_t w) {
  std::vector<std::size_t> out;
  for (const std::size_t s : c.services_of(w))
    if (c.mesh.services[s].waypoint.bound() && !c.mesh.services[s].headless) out.push_back(s);
  return out;
}

// The port of the pod behind a target of a Service.
std::uint16_t container_port(const LintContext& c, std::size_t w, const Target& target) {
  const Service& service = c.mesh.services[target.service];
  for (const Endpoint& endpoint : service.endpoints)
    if (endpoint.workload == w)
      for (std::size_t p = 0; p < service.ports.size() && p < endpoint.target_ports.size(); ++p)
        if (service.ports[p].port == target.to.port) return endpoint.target_ports[p];
  return 0;
}

struct Difference {
  Shown through;  // the Service, by its waypoint
  std::string direct;
};

// A client for which the way through the waypoint ends differently from the way straight to the pod.
std::optional<Difference> differs(const LintContext& c, const PolicyView& p, std::size_t w, bool allowed_directly) {
  const auto requests = requests_for(p.spec, 4);
  for (const std::size_t s : behind_waypoint(c, w))
    for (const Target& target : c.service_targets(s)) {
      const std::uint16_t port = container_port(c, w, target);
      if (port == 0) continue;
      const Target pod = c.pod_target(w, port, target.protocol);
      for (const Asker* asker : c.askers(Population::Ambient, p.spec.ns, 30))
        for (const Request& request : requests) {
          const auto direct = c.show(c.flow(*asker, pod, request), [&](const Outcome& o) {
            return allowed_directly ? o.verdict == Verdict::Allowed
                                    : denied_at_destination(o) && o.denied_by->policy == p.spec.id();
          });
          if (!direct) continue;
          const auto through = c.show(c.flow(*asker, target, request), [&](const Outcome& o) {
            return o.waypoint_traversed && (allowed_directly ? denied_at_destination(o) && !o.denied_by->policy
                                                             : o.verdict == Verdict::Allowed);
          });
          if (through) return Difference{*through, direct->text};
        }
    }
  return std::nullopt;
}

void through_waypoint(const LintContext& c, RuleFindings& out, Action action, const char* text) {
  for (const PolicyView& p : c.policies()) {
    if (p.spec.action != action || p.spec.dry_run || !names_clients(p.spec)) continue;
    std::size_t tried = 0;
    for (const std::size_t w : p.selected) {
      if ((!c.is_ambient(w) && !c.is_sidecar(w)) || behind_waypoint(c, w).empty()) continue;
      const std::size_t s = behind_waypoint(c, w).front();
      // A policy that names the waypoint knows of it (MSH1037).
      if (mentions(p.spec, c.mesh.gateways[c.mesh.services[s].waypoint.gateway].identity)) continue;
      if (tried++ == 4) break;
      const auto found = differs(c, p, w, action == Action::Allow);
      if (!found) continue;
      LintFinding& finding = out.add(*p.object, p.object->spec()["rules"], text);
      finding.affects(c.workload_text(w));
      finding.shown_by(found->through.flow, found->through.text + "; straight to the pod: " + found->direct);
      break;
    }
  }
}

void allow_through_waypoint(const LintContext& c, RuleFindings& out) {
  through_waypoint(
      c, out, Action::Allow,
      "clients that it allows are refused when they come through the waypoint: the pod sees the waypoint's "
      "identity and address, not theirs");
}

void deny_through_waypoint(const LintContext& c, RuleFindings& out) {
  through_waypoint(
      c, out, Action::Deny,
      "clients that it denies get through by the waypoint: the pod sees the waypoint's identity and address, "
      "not theirs");
}

void address_behind_gateway(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies()) {
    if (!names_addresses(p.spec) || (p.spec.action != Action::Allow && p.spec.action != Action::Deny)) continue;
    for (const Entrance& in : c.entrances()) {
      const auto& endpoints = c.mesh.services[in.service].endpoints;
      const auto hit = std::find_if(endpoints.begin(), endpoints.end(), [&](const Endpoint& e) {
        return std::binary_search(p.selected.begin(), p.selected.end(), e.workload);
      });
      if (hit == endpoints.end()) continue;
      // A visitor with an address that the policy names.
      std::optional<Shown> shown;
      for (const auto& rule : p.spec.rules)
        for (const auto& from : rule.from)
          for (const std::string& block : from.ip_blocks.any) {
            const auto cidr = Cidr::parse(block);
            if (!cidr || shown) continue;
            Flow flow = in.flow;
            flow.from.ip = cidr->base;
            shown = c.show(flow, [&](const Outcome& o) {
              if (o.destination_workload == Hop::npos) return false;
              return p.spec.action == Action::Allow ? denied_at_destination(o) && !o.denied_by->policy
                                                    : o.verdict == Verdict::Allowed;
            });
          }
      if (!shown) continue;
      LintFinding& finding =
          out.add(*p.object, p.object->spec()["rules"],
                  "behind a gateway the direct peer is the gateway's pod: ipBlocks for visitors never "
                  "match at the workload");
      finding.affects(c.workload_text(hit->workload));
      finding.shown_by(shown->flow, shown->text);
      break;
    }
  }
}

// A principal that names a trust domain in full (PO-048: five parts).
std::string_view trust_domain_of(std::string_view principal) {
  return std::count(principal.begin(), principal.end(), '/') == 4 ? principal.substr(0, principal.find('/'))
                                                                  : std::string_view();
}

void for_principals(const PolicyView& p, const std::function<void(const std::string&)>& visit) {
  for (const auto& rule : p.spec.rules) {
    for (const auto& from : rule.from)
      for (const auto* values : {&from.principals.any, &from.principals.none})
        for (const auto& value : *values) visit(value);
    for (const auto& when : rule.when)
      if (when.key == "source.principal")
        for (const auto* values : {&when.values.any, &when.values.none})
          for (const auto& value : *values) visit(value);
  }
}

void foreign_trust_domain(const LintContext& c, RuleFindings& out) {
  const std::string& own = c.mesh.settings.trust_domain;
  const auto& aliases = c.mesh.settings.trust_domain_aliases;
  for (const PolicyView& p : c.policies()) {
    std::vector<std::size_t> ambient;
    for (const std::size_t w : p.selected)
      if (c.is_ambient(w)) ambient.push_back(w);
    if (ambient.empty()) continue;
    std::string value;
    for_principals(p, [&](const std::string& principal) {
      const std::string_view domain = trust_domain_of(principal);
      if (domain.empty() || domain.find('*') != std::string_view::npos || domain == own || !value.empty()) return;
      if (domain == "cluster.local" || std::find(aliases.begin(), aliases.end(), domain) != aliases.end())
        value = principal;
    });
    if (value.empty()) continue;
    // Somebody whom a sidecar would take for that principal, and ztunnel does not.
    const std::string tail = value.substr(value.find('/'));
    std::vector<const Asker*> meant;
    for (const Asker* asker : c.some_askers(p.spec.ns, 20))
      if (c.mesh.workloads[asker->workload].spiffe == "spiffe://" + own + tail) meant.push_back(asker);
    const bool allow = p.spec.action == Action::Allow;
    std::optional<Shown> shown;
    if (!meant.empty())
      shown = c.show(meant, c.targets_of(ambient.front()), requests_for(p.spec), [&](const Outcome& o) {
        return allow ? denied_at_destination(o) : o.verdict == Verdict::Allowed;
      });
    if (!meant.empty() && !shown) continue;
    LintFinding& finding = out.add(*p.object, p.object->spec()["rules"],
                                   "ztunnel compares " + value + " literally, and identities here begin with " + own +
                                       ": it never matches at ambient pods, though sidecars expand it");
    for (const std::size_t w : ambient) finding.affects(c.workload_text(w));
    if (shown) {
      finding.shown_by(shown->flow, shown->text);
    }
  }
}

void unknown_trust_domain(const LintContext& c, RuleFindings& out) {
  const std::string& own = c.mesh.settings.trust_domain;
  const auto& aliases = c.mesh.settings.trust_domain_aliases;
  for (const PolicyView& p : c.policies()) {
    std::string value;
    for_principals(p, [&](const std::string& principal) {
      const std::string_view domain = trust_domain_of(principal);
      if (domain.empty() || domain.find('*') != std::string_view::npos || domain == own || domain == "cluster.local" ||
          domain.starts_with("spiffe:"))
        return;
      if (value.empty() && std::find(aliases.begin(), aliases.end(), domain) == aliases.end()) value = principal;
    });
    if (!value.empty())
      out.add(*p.object, p.object->spec()["rules"],
              value + ": its trust domain is neither the mesh's (" + own + ") nor one of its aliases");
  }
}

// PO-076, PO-155: only the waypoint may come.
void waypoint_only(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies()) {
    if (p.selected.empty() || (p.spec.action != Action::Allow && p.spec.action != Action::Deny)) continue;
    for (const std::size_t w : p.selected) {
      const auto services = behind_waypoint(c, w);
      if (services.empty() || c.service_targets(services.front()).empty()) continue;
      const Gateway& waypoint = c.mesh.gateways[c.mesh.services[services.front()].waypoint.gateway];
      if (!mentions(p.spec, waypoint.identity)) continue;
      const auto refused = [&](const Outcome& o) {
        return !o.waypoint_traversed && denied_at_destination(o) &&
               (p.spec.action == Action::Allow ? !o.denied_by->policy : o.denied_by->policy == p.spec.id());
      };
      std::vector<std::string> who;
      std::optional<Shown> first;
      for (const Population population : {Population::Sidecar, Population::LegacySidecar})
        for (const Asker* asker : c.askers(population, p.spec.ns))
          if (auto shown = c.show(c.flow(*asker, c.service_targets(services.front()).front()), refused)) {
            who.push_back(asker->text);
            if (!first) first = std::move(shown);
          }
      for (const Entrance& in : c.entrances())
        if (in.service == services.front())
          if (auto shown = c.show(in.flow, refused)) {
            who.push_back("gateway " + c.mesh.gateways[in.gateway].ns + '/' + c.mesh.gateways[in.gateway].name);
            if (!first) first = std::move(shown);
          }
      if (who.empty()) continue;
      LintFinding& finding = out.add(*p.object, p.object->spec()["rules"],
                                     "only the waypoint " + waypoint.ns + '/' + waypoint.name +
                                         " may reach these pods, and these clients never use it");
      for (auto& one : who) finding.affects(std::move(one));
      finding.shown_by(first->flow, first->text);
      break;
    }
  }
}

constexpr std::array kRules = {
    LintRule{
        "MSH1016", Severity::Error, "an ALLOW by client refuses these clients behind a waypoint",
        "After a waypoint, ztunnel and sidecars see the waypoint's identity and pod address, not the client's "
        "(PO-070, PO-071). A workload policy that lists clients then refuses everything that comes through it.",
        "Allow the waypoint's principal at the pods (<trust domain>/ns/<namespace>/sa/<waypoint>) and move the list "
        "of clients to a policy for the waypoint with targetRefs. While sidecar clients remain, list both (PO-153).",
        "LN-05 PF-08 PF-19", "PO-070 PO-071 PO-075 PO-153", allow_through_waypoint},
    LintRule{
        "MSH1017", Severity::Error, "a DENY by client is evaded through a waypoint",
        "After a waypoint, ztunnel and sidecars see the waypoint's identity and pod address, not the client's, so the "
        "policy matches nobody who comes through it (PO-154).",
        "Copy the policy to the waypoint with targetRefs; keep this one for clients that bypass the waypoint.",
        "LN-05 PF-09", "PO-070 PO-075 PO-154", deny_through_waypoint},
    LintRule{
        "MSH1018", Severity::Warning, "ipBlocks for visitors at a workload behind a gateway",
        "ipBlocks look at the direct peer of the connection, which is the gateway's pod (PO-071).",
        "Put the policy at the gateway (selector or targetRefs), or use remoteIpBlocks where the number of trusted "
        "proxies is configured and the workload has a sidecar or waypoint.",
        "LN-05 PF-19 PF-20", "PO-038 PO-071", address_behind_gateway},
    LintRule{
        "MSH1021", Severity::Error, "a principal's trust domain is not expanded at ztunnel",
        "istiod expands cluster.local and the mesh's aliases in principals for Envoy, not for ztunnel, which compares "
        "the text as it is (PO-048, PO-049). ztunnel also refuses peers of another trust domain outright.",
        "Write the mesh's own trust domain, or *: */ns/<namespace>/sa/<account>. serviceAccounts work for any "
        "domain.",
        "LN-08 PF-21 PF-22", "PO-048 PO-049", foreign_trust_domain},
    LintRule{"MSH1022", Severity::Info, "a principal of an unknown trust domain",
             "It matches only peers of that very domain; sidecars accept such peers only with caCertificates for it "
             "(PO-048, PO-049).",
             "Nothing, if the meshes are federated; otherwise write the mesh's own trust domain.", "LN-08",
             "PO-048 PO-049", unknown_trust_domain},
    LintRule{
        "MSH1037", Severity::Error, "only the waypoint is allowed while other clients remain",
        "A policy that admits nobody but the waypoint (ALLOW its principal, or DENY notPrincipals) refuses every "
        "client that does not go through it: sidecars, and gateways without ingress-use-waypoint (PO-076, PO-155).",
        "Add it after the last sidecar client is gone and the gateways are opted in; until then list these clients, "
        "too.",
        "LN-10 PF-41", "PO-076 PO-155", waypoint_only},
};

}  // namespace

std::span<const LintRule> identity_rules() { return kRules; }

}  // namespace meshsim::scenarios
