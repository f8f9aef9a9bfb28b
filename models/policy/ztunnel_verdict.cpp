// Engine: the verdict of the ztunnel in front of a workload (PO-064).
#include <algorithm>

#include "models/policy/engine.h"

namespace meshsim::models::policy {

namespace {

struct Core {
  bool allowed = true;
  const ZtunnelChain::Entry* entry = nullptr;  // that denied, or that allowed
  std::optional<std::size_t> group;
};

Core decide(const ZtunnelChain& chain, const ZtunnelPeer& peer, const ConnectionView& connection) {
  Core out;
  for (const auto& entry : chain.deny) {
    if (const auto group = first_match(*entry.policy, peer, connection)) return {false, &entry, group};
  }
  if (chain.allow.empty()) return out;
  for (const auto& entry : chain.allow) {
    if (const auto group = first_match(*entry.policy, peer, connection)) return {true, &entry, group};
  }
  out.allowed = false;
  return out;
}

// PO-068: probes of the kubelet, and pods that opted out of inbound capture.
const IpAddress& kubelet_probe() {
  static const IpAddress address = *IpAddress::parse("169.254.7.127");
  return address;
}

// PO-068. The annotation takes plaintext past ztunnel; HBONE, which alone has a principal, still ends there (DP-017).
bool exempt(const Workload& workload, const Profile& profile, const ConnectionView& connection) {
  return connection.source_ip == kubelet_probe() ||
         (workload.capture.bypass_inbound_capture && profile.bypass_inbound_capture_works &&
          connection.principal.empty());
}

class Explainer {
 public:
  Explainer(const ZtunnelChain& chain, const ZtunnelPeer& peer, const ConnectionView& connection, std::string name,
            PolicyDecision& out)
      : chain_(chain), peer_(peer), connection_(connection), name_(std::move(name)), out_(out) {}

  void all() {
    for (const auto* policy : chain_.selected) one(*policy);
    for (const auto* policy : chain_.request_authentications)
      add(policy->object->ref(), PolicyStatus::Open, "PO-101").why =
          "ztunnel never validates tokens: every request passes, whatever it carries";
    peer_authentication();
    for (const auto& policy : chain_.synthetic) {
      PolicyFinding& finding =
          add({"AuthorizationPolicy", policy.ns, policy.name, {}}, PolicyStatus::Enforced, "PO-019a");
      look(policy, finding);
      finding.why = std::string("synthetic ALLOW of istiod for the waypoint") +
                    (finding.matched_rule ? " matches" : " does not match");
      finding.matched_rule.reset();
    }
  }

 private:
  PolicyFinding& add(ObjectRef ref, PolicyStatus status, const char* rule) {
    PolicyFinding& finding = out_.considered.emplace_back();
    finding.policy = std::move(ref);
    finding.status = status;
    finding.at = ProxyKind::Ztunnel;
    finding.at_name = name_;
    finding.rules.emplace_back(rule);
    return finding;
  }

  void look(const ZtunnelPolicy& policy, PolicyFinding& finding) {
    if (const auto group = first_match(policy, peer_, connection_)) {
      finding.matched_rule =
          *group < policy.rule_of_group.size() ? policy.rule_of_group[*group] : static_cast<int>(*group);
      return;
    }
    std::size_t fewest = 0;
    for (std::size_t i = 0; i < policy.groups.size(); ++i) {
      ZtunnelNearness near = explain(policy.groups[i], peer_, connection_);
      if (finding.nearest_rule && near.failing >= fewest) continue;
      fewest = near.failing;
      finding.nearest_rule = i < policy.rule_of_group.size() ? policy.rule_of_group[i] : static_cast<int>(i);
      finding.nearest_failure = std::move(near.failure);
    }
  }

  void one(const CompiledPolicy& policy) {
    const AuthorizationPolicy& spec = policy.spec;
    const ObjectRef ref = spec.object->ref();
    const std::string action(to_string(spec.action));
    const auto& converted = policy.ztunnel;
    if (spec.action == Action::Custom) {
      add(ref, PolicyStatus::Open, "PO-018").why =
          "CUSTOM is not sent to ztunnel: the external authorizer is not asked";
    } else if (spec.action == Action::Audit) {
      add(ref, PolicyStatus::Inert, "PO-018").why = "AUDIT is not sent to ztunnel";
    } else if (spec.dry_run) {
      add(ref, PolicyStatus::DryRun, "PO-027").why =
          converted.policy ? "dry-run: ztunnel logs what it would have done" : "dry-run: not sent to ztunnel";
    } else if (spec.attachment.empty_selector()) {
      add(ref, PolicyStatus::Open, "PO-019").why =
          "selector {} is attached to no workload at ztunnel, though a sidecar would apply it to the whole namespace";
    } else if (converted.all_denied) {
      PolicyFinding& finding = add(ref, PolicyStatus::DeniesAll, "PO-057");
      finding.why = "every rule of this ALLOW needs HTTP (" + list(converted.unsupported) +
                    ") and is omitted at ztunnel: it allows nothing";
    } else if (converted.dead) {
      PolicyFinding& finding = add(ref, PolicyStatus::Open, "PO-058");
      finding.why = "what is left of this DENY without its HTTP fields (" + list(converted.unsupported) +
                    ") can never match at ztunnel: it denies nothing";
    } else {
      PolicyFinding& finding = add(ref, PolicyStatus::Enforced, "PO-064");
      look(*converted.policy, finding);
      if (finding.matched_rule) {
        finding.why = action + " rule " + std::to_string(*finding.matched_rule) + " matches";
      } else if (spec.rules.empty()) {
        finding.why = action + " without rules matches nothing (PO-023)";
      } else {
        finding.why = action + ": no rule matches";
        if (finding.nearest_rule)
          finding.why += "; nearest is rule " + std::to_string(*finding.nearest_rule) + ": " + finding.nearest_failure;
      }
      if (!converted.unsupported.empty()) {
        finding.rules.emplace_back(converted.rules_omitted > 0 ? "PO-057" : "PO-058");
        finding.why +=
            converted.rules_omitted > 0
                ? ". Rules with HTTP fields (" + list(converted.unsupported) + ") are omitted here"
                : ". Its HTTP fields (" + list(converted.unsupported) + ") are stripped here: wider than written";
      }
    }
    for (const auto& reason : policy.rejected) {
      out_.considered.back().why += ". A real cluster would not accept this policy: " + reason.text;
      out_.considered.back().rules.push_back(reason.rule);
    }
  }

  void peer_authentication() {
    const auto& peer = chain_.peer;
    for (const auto* policy : peer.chain) {
      const bool decides = policy == peer.decided;
      PolicyFinding& finding =
          add(policy->object->ref(), PolicyStatus::Enforced, decides ? peer.rule.c_str() : "PO-082");
      if (!decides) {
        finding.status = PolicyStatus::NotApplicable;
        finding.why = "overridden, or sets no mode";
        continue;
      }
      finding.why = peer.why;
      if (peer.rule == "PO-094b" || peer.rule == "PO-094c") finding.status = PolicyStatus::Open;
    }
  }

  static std::string list(const std::vector<std::string>& values) {
    std::string out;
    for (const auto& value : values) out += (out.empty() ? "" : ", ") + value;
    return out;
  }

  const ZtunnelChain& chain_;
  const ZtunnelPeer& peer_;
  const ConnectionView& connection_;
  std::string name_;
  PolicyDecision& out_;
};

}  // namespace

PolicyDecision Engine::at_ztunnel(std::size_t workload, const ConnectionView& connection) const {
  PolicyDecision out;
  const Workload& w = mesh_.workloads[workload];
  if (exempt(w, mesh_.settings.profile, connection)) {
    out.rules.emplace_back("PO-068");
    out.why = connection.source_ip == kubelet_probe() ? "a kubelet probe: no policy is evaluated"
                                                      : "the pod bypasses inbound capture: no policy is evaluated";
    return out;
  }
  const ZtunnelChain& chain = ztunnel_chains_[workload];
  const ZtunnelPeer peer = ztunnel_peer(connection.principal);
  const Core core = decide(chain, peer, connection);
  out.allowed = core.allowed;
  out.rules.emplace_back("PO-064");
  if (core.entry) {
    const ZtunnelPolicy& policy = *core.entry->policy;
    const std::string rule = core.group && *core.group < policy.rule_of_group.size()
                                 ? " rule " + std::to_string(policy.rule_of_group[*core.group])
                                 : std::string();
    if (!core.allowed) {
      out.ztunnel_policy = policy.id();
      if (core.entry->source) {
        out.policy = policy.id();
        if (*core.group < policy.rule_of_group.size()) out.rule = policy.rule_of_group[*core.group];
      } else {
        out.rules.emplace_back("PO-096");
      }
    }
    out.why = policy.id() + rule + (core.allowed ? " allows it" : " denies it");
  } else {
    out.why =
        core.allowed ? "no ALLOW policy is attached and no DENY matches" : "allow policies exist, but none allowed";
  }
  if (!core.allowed) {
    // PO-065: the CONNECT of an HBONE client is answered 401; what the application sees is for the route to say.
    out.http_status = 401;
    out.details = out.why;
    out.rules.emplace_back("PO-065");
  }
  Explainer(chain, peer, connection, w.ns + '/' + w.name, out).all();
  return out;
}

bool Engine::allows_ztunnel(std::size_t workload, const ConnectionView& connection) const {
  if (exempt(mesh_.workloads[workload], mesh_.settings.profile, connection)) return true;
  return decide(ztunnel_chains_[workload], ztunnel_peer(connection.principal), connection).allowed;
}

}  // namespace meshsim::models::policy
