// PeerAuthentication: what STRICT refuses in a mixed mesh, and where ztunnel and sidecars read it differently (PO-080
// ff).
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "models/policy/peer_authentication/peer_authentication.h"
#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/lint_rule.h"

namespace meshsim::scenarios {

using namespace models;
using policy::PeerAuthentication;
using policy::PeerMode;

namespace {

std::vector<PeerAuthentication> all_of(const LintContext& c) {
  std::vector<PeerAuthentication> out;
  for (const Object* object : c.mesh.objects_of("PeerAuthentication"))
    out.push_back(policy::decode_peer_authentication(*object));
  return out;
}

bool strict_refusal(const Outcome& o) {
  if (o.verdict != Verdict::Denied || !o.denied_by || o.denied_by->policy) return false;
  if (o.denied_by->ztunnel_policy && o.denied_by->ztunnel_policy->find("strict") != std::string::npos) return true;
  return o.denied_by->proxy == ProxyKind::Sidecar && o.transport == Transport::Plaintext && !o.l7_processed;
}

// A client that arrives in plaintext and is refused.
void plaintext_refused(const LintContext& c, RuleFindings& out, std::size_t w, const std::vector<const Asker*>& askers,
                       const Predicate& also, const std::string& text) {
  const auto shown = c.show(askers, c.targets_of(w), {}, [&](const Outcome& o) {
    return o.destination_workload == w && o.verdict != Verdict::Allowed && o.transport == Transport::Plaintext &&
           also(o);
  });
  // The visitor from outside proves nothing here.
  if (!shown || shown->flow.from.kind == Client::Kind::Outside) return;
  LintFinding& finding = out.add(c.mesh.workloads[w].owner, text);
  finding.affects(c.workload_text(w));
  finding.shown_by(shown->flow, shown->text);
}

void strict_and_legacy(const LintContext& c, RuleFindings& out) {
  if (!c.any_ambient()) return;
  for (std::size_t w = 0; w < c.mesh.workloads.size(); ++w)
    if (c.is_sidecar(w) && !c.mesh.workloads[w].sidecar_hbone)
      plaintext_refused(
          c, out, w, c.askers(Population::Ambient, c.mesh.workloads[w].ns, 6), [](const Outcome&) { return true; },
          "STRICT refuses ambient clients and waypoints: its sidecar takes no HBONE, so they send plaintext; "
          "restart it");
}

void strict_and_headless(const LintContext& c, RuleFindings& out) {
  for (std::size_t s = 0; s < c.mesh.services.size(); ++s) {
    const Service& service = c.mesh.services[s];
    if (!service.headless || service.endpoints.empty()) continue;
    const auto shown =
        c.show(c.askers(Population::Sidecar, service.ns, 6), c.service_targets(s), {}, [&](const Outcome& o) {
          return o.destination_workload != Hop::npos && c.is_ambient(o.destination_workload) &&
                 o.transport == Transport::Plaintext && o.verdict == Verdict::Denied;
        });
    if (!shown || shown->flow.from.kind == Client::Kind::Outside) continue;
    LintFinding& finding = out.add(service.ref,
                                   "STRICT refuses sidecar clients of this headless Service: to its ambient "
                                   "pods they send plaintext");
    finding.affects(c.workload_text(shown->outcome.destination_workload));
    finding.shown_by(shown->flow, shown->text);
  }
}

// PO-094a..c: by the conversion's own word.
void ambient_family(const LintContext& c, RuleFindings& out, std::initializer_list<const char*> rules, bool open,
                    const char* text) {
  std::set<std::string> done;
  for (std::size_t w = 0; w < c.mesh.workloads.size(); ++w) {
    if (!c.is_ambient(w)) continue;
    for (const auto& concern : c.world.policies->concerning(w, kNone)) {
      if (concern.policy.kind != "PeerAuthentication" || concern.rules.empty() ||
          std::none_of(rules.begin(), rules.end(), [&](const char* r) { return concern.rules.front() == r; }))
        continue;
      if (!done.insert(concern.policy.text()).second) continue;
      const Workload& one = c.mesh.workloads[w];
      std::optional<Shown> shown;
      std::vector<std::uint16_t> ports;
      for (const Object* object : c.mesh.objects_of("PeerAuthentication", "security.istio.io"))
        if (object->ns == concern.policy.ns && object->name == concern.policy.name)
          for (const Node port : object->spec()["portLevelMtls"])
            if (const int number = std::atoi(std::string(port.key()).c_str()); number > 0 && number < 65536)
              ports.push_back(static_cast<std::uint16_t>(number));
      const auto nobody = c.askers(Population::Uncaptured, one.ns, 2);
      for (const std::uint16_t port : ports)
        if (!shown)
          shown = c.show(nobody, {c.pod_target(w, port, FlowProtocol::Tcp)}, {}, [&](const Outcome& o) {
            return open ? o.verdict == Verdict::Allowed : o.verdict == Verdict::Denied;
          });
      LintFinding& finding = out.add(concern.policy, text);
      finding.affects(c.workload_text(w));
      if (shown) {
        finding.shown_by(shown->flow, shown->text);
      }
    }
  }
}

void port_stays_closed(const LintContext& c, RuleFindings& out) {
  for (const PeerAuthentication& pa : all_of(c)) {
    if (!pa.selector || pa.selector->empty() || pa.mode != PeerMode::Unset) continue;
    for (const auto& [port, mode] : pa.ports) {
      if (mode != PeerMode::Disable) continue;
      for (const std::size_t w : c.selected(*pa.object)) {
        if (!c.is_ambient(w)) continue;
        const auto shown =
            c.show(c.askers(Population::Uncaptured, pa.ns, 2), {c.pod_target(w, port, FlowProtocol::Tcp)}, {},
                   [](const Outcome& o) { return o.verdict == Verdict::Denied; });
        if (!shown) continue;
        LintFinding& finding = out.add(*pa.object, pa.object->spec()["portLevelMtls"],
                                       "port " + std::to_string(port) +
                                           " is DISABLE, and still refuses plaintext at ambient pods; a sidecar "
                                           "would open it. Write PERMISSIVE");
        finding.affects(c.workload_text(w));
        finding.shown_by(shown->flow, shown->text);
        break;
      }
    }
  }
}

void port_stays_open(const LintContext& c, RuleFindings& out) {
  ambient_family(
      c, out, {"PO-094b", "PO-094c"}, true,
      "ambient pods accept plaintext where this policy says STRICT: istiod refers ztunnel to a policy that it "
      "does not generate");
}

void empty_selector(const LintContext& c, RuleFindings& out) {
  for (const PeerAuthentication& pa : all_of(c)) {
    if (!pa.selector || !pa.selector->empty()) continue;
    std::vector<std::size_t> ambient;
    for (const std::size_t w : c.selected(*pa.object))
      if (c.is_ambient(w)) ambient.push_back(w);
    if (ambient.empty()) continue;
    std::optional<Shown> shown;
    if (pa.mode == PeerMode::Strict) {
      shown = c.show(c.askers(Population::Uncaptured, pa.ns, 2), c.targets_of(ambient.front()), {},
                     [](const Outcome& o) { return o.verdict == Verdict::Allowed; });
      if (!shown) continue;  // STRICT comes from elsewhere as well
    }
    LintFinding& finding =
        out.add(*pa.object, pa.object->spec()["selector"],
                "selector {} makes it a policy of the whole namespace for sidecars, and of nothing for "
                "ambient pods");
    for (const std::size_t w : ambient) finding.affects(c.workload_text(w));
    if (shown) {
      finding.shown_by(shown->flow, shown->text);
    }
  }
}

void root_selector(const LintContext& c, RuleFindings& out) {
  for (const PeerAuthentication& pa : all_of(c))
    if (pa.ns == c.root() && pa.selector && !pa.selector->empty())
      out.add(*pa.object, pa.object->spec()["selector"],
              "a PeerAuthentication of the root namespace with a selector is read by nobody");
}

void several(const LintContext& c, RuleFindings& out) {
  std::map<std::string, const PeerAuthentication*> first;
  const auto all = all_of(c);
  std::vector<const PeerAuthentication*> by_age;
  for (const auto& pa : all) by_age.push_back(&pa);
  std::sort(by_age.begin(), by_age.end(), [](const auto* a, const auto* b) { return older(*a->object, *b->object); });
  for (const auto* pa : by_age) {
    std::string scope = pa->ns + '|';
    if (pa->selector)
      for (const auto& [key, value] : *pa->selector) scope += key + '=' + value + ',';
    const auto [it, fresh] = first.emplace(scope, pa);
    if (!fresh)
      out.add(*pa->object, "it has the same scope as " + it->second->object->ref().text() +
                               ", which is older or first by "
                               "name; this one is ignored entirely");
  }
}

void service_ports(const LintContext& c, RuleFindings& out) {
  for (const PeerAuthentication& pa : all_of(c)) {
    if (!pa.selector || pa.selector->empty()) continue;
    const auto workloads = c.selected(*pa.object);
    for (const auto& [port, mode] : pa.ports) {
      bool container = workloads.empty(), service_port = false;
      for (const std::size_t w : workloads) {
        for (const ContainerPort& one : c.mesh.workloads[w].ports) container = container || one.port == port;
        for (const std::size_t s : c.services_of(w)) {
          const Service& service = c.mesh.services[s];
          for (const ServicePort& one : service.ports) service_port = service_port || one.port == port;
          for (const Endpoint& e : service.endpoints)
            if (e.workload == w)
              for (const std::uint16_t target : e.target_ports) container = container || target == port;
        }
      }
      if (!container && service_port)
        out.add(*pa.object, pa.object->spec()["portLevelMtls"],
                "port " + std::to_string(port) + " is a port of the Service; portLevelMtls counts container ports");
    }
  }
}

void rule_contradiction(const LintContext& c, RuleFindings& out) {
  for (const Object* rule : c.mesh.objects_of("DestinationRule")) {
    const std::string mode = rule->spec()["trafficPolicy"]["tls"]["mode"].string();
    if (mode.empty()) continue;
    const std::size_t s = c.mesh.resolve_host(rule->spec()["host"].text(), rule->ns);
    if (s == kNone || c.mesh.services[s].endpoints.empty()) continue;
    const auto shown =
        c.show(c.askers(Population::Sidecar, rule->ns, 6), c.service_targets(s), {}, [&](const Outcome& o) {
          if (o.destination_workload == Hop::npos || !c.is_sidecar(o.destination_workload)) return false;
          return mode == "DISABLE"
                     ? strict_refusal(o) || (o.verdict == Verdict::Denied && o.transport == Transport::Plaintext)
                     : mode == "ISTIO_MUTUAL" && o.verdict == Verdict::Reset;
        });
    if (!shown || shown->flow.from.kind == Client::Kind::Outside) continue;
    LintFinding& finding = out.add(
        *rule, rule->spec()["trafficPolicy"]["tls"],
        mode == "DISABLE" ? "clients send plaintext, which the PeerAuthentication of the destination refuses"
                          : "clients send Istio mTLS, which the destination does not accept (PeerAuthentication "
                            "DISABLE, or no sidecar)");
    finding.affects(c.service_text(s));
    finding.shown_by(shown->flow, shown->text);
  }
}

constexpr std::array kRules = {
    LintRule{
        "MSH1301", Severity::Error, "STRICT and a sidecar that takes no HBONE",
        "Ambient clients and waypoints reach such a sidecar only in plaintext, which STRICT refuses (PO-146, PO-088).",
        "Restart the workload so that it is injected again, or set PERMISSIVE until then.", "LN-16 PF-28",
        "PO-084 PO-088 PO-146", strict_and_legacy},
    LintRule{"MSH1302", Severity::Error, "STRICT, a headless Service and sidecar clients",
             "For headless Services a sidecar connects to the address the application chose and uses no HBONE; ztunnel "
             "refuses the plaintext (PO-147).",
             "Use a Service with a cluster IP, move the client to ambient, or open the port (PERMISSIVE).",
             "LN-16 PF-27", "PO-147 PO-096", strict_and_headless},
    LintRule{"MSH1303", Severity::Warning, "a DISABLE port that still refuses plaintext at ambient pods",
             "Under an inherited STRICT, ztunnel gets an exception only for PERMISSIVE ports (PO-094a).",
             "Write PERMISSIVE for the port.", "LN-07 PF-24", "PO-094a", port_stays_closed},
    LintRule{
        "MSH1304", Severity::Error, "STRICT that fails open at ambient pods",
        "In two combinations of mesh, namespace and workload policies istiod refers ztunnel to a policy that it does "
        "not generate, and ztunnel skips the reference (PO-094b, PO-094c): plaintext is accepted.",
        "State the mode at the workload (mtls.mode: STRICT with PERMISSIVE ports), or remove the PeerAuthentication "
        "without mode from the namespace.",
        "LN-07 PF-25", "PO-094b PO-094c PO-017", port_stays_open},
    LintRule{
        "MSH1305", Severity::Error, "selector {} on a PeerAuthentication",
        "Sidecars take it for a policy of the namespace or mesh; the ambient index looks only for policies without "
        "the field (PO-095).",
        "Leave the selector out.", "LN-07", "PO-095", empty_selector},
    LintRule{"MSH1306", Severity::Warning, "a selector in the root namespace on a PeerAuthentication",
             "Such a policy is ignored by sidecars and ztunnel alike (PO-080).",
             "Put it into the namespace of the workloads, or remove the selector.", "", "PO-080", root_selector},
    LintRule{"MSH1307", Severity::Warning, "several PeerAuthentications of one scope",
             "The oldest wins entirely; nothing is merged (PO-081).", "Merge them into one.", "KIA0505", "PO-081",
             several},
    LintRule{"MSH1308", Severity::Error, "a DestinationRule and a PeerAuthentication contradict each other",
             "What clients send is not what the server accepts (PO-084, PO-086). Without tls in the DestinationRule, "
             "auto-mTLS would do the right thing.",
             "Remove trafficPolicy.tls.", "KIA0501 KIA0206 KIA0207 KIA0505", "PO-084 PO-086", rule_contradiction},
    LintRule{"MSH1310", Severity::Warning, "portLevelMtls names a port of the Service",
             "Its keys are container ports (PO-082); for another number the entry is never looked at.",
             "Write the target port.", "LN-06", "PO-082", service_ports},
};

}  // namespace

std::span<const LintRule> mtls_rules() { return kRules; }

}  // namespace meshsim::scenarios
