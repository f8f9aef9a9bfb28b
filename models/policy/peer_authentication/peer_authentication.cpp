#include "models/policy/peer_authentication/peer_authentication.h"

#include <algorithm>
#include <charconv>

namespace meshsim::models::policy {

namespace {

PeerMode decode_mode(Node mtls) {
  const std::string_view mode = mtls["mode"].text();
  if (mode == "STRICT" || mode == "3") return PeerMode::Strict;
  if (mode == "PERMISSIVE" || mode == "2") return PeerMode::Permissive;
  if (mode == "DISABLE" || mode == "1") return PeerMode::Disable;
  return PeerMode::Unset;
}

std::string_view word(PeerMode mode) {
  switch (mode) {
    case PeerMode::Unset:
      return "UNSET";
    case PeerMode::Disable:
      return "DISABLE";
    case PeerMode::Permissive:
      return "PERMISSIVE";
    case PeerMode::Strict:
      return "STRICT";
  }
  return "";
}

MtlsMode effective(PeerMode mode) {
  return mode == PeerMode::Strict    ? MtlsMode::Strict
         : mode == PeerMode::Disable ? MtlsMode::Disable
                                     : MtlsMode::Permissive;
}

ZtunnelMatch no_identity() {
  ZtunnelMatch match;
  match.not_principals = {ZString{ZString::Kind::Presence, ""}};
  return match;
}

void decide(MtlsDecision& out, const PeerAuthentication& policy, PeerMode mode, std::string_view scope) {
  if (mode == PeerMode::Unset) return;
  out.mode = effective(mode);
  out.policy = policy.object->ref();
  out.reasons.push_back({"PO-082", out.policy->text() + " (" + std::string(scope) + ") sets " + std::string(word(mode)),
                         policy.object->source()});
}

}  // namespace

PeerAuthentication decode_peer_authentication(const Object& object) {
  PeerAuthentication out;
  out.object = &object;
  out.ns = object.ns;
  out.name = object.name;
  const Node spec = object.spec();
  out.selector = decode_attachment(spec).selector;
  out.mode = decode_mode(spec["mtls"]);
  for (const Node port : spec["portLevelMtls"]) {
    std::uint16_t number = 0;
    const auto key = port.key();
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
    if (error == std::errc() && end == key.data() + key.size()) out.ports[number] = decode_mode(port);
  }
  return out;
}

PeerAuthentications::PeerAuthentications(std::vector<PeerAuthentication> policies, std::string root)
    : policies_(std::move(policies)), root_(std::move(root)) {
  std::sort(policies_.begin(), policies_.end(),
            [](const auto& a, const auto& b) { return older(*a.object, *b.object); });
  for (std::size_t i = 0; i < policies_.size(); ++i) by_namespace_.emplace(policies_[i].ns, i);
}

// PO-080: for sidecars an empty selector counts as none; a selector in the root namespace takes the policy out.
PeerAuthentications::Chain PeerAuthentications::sidecar_chain(std::string_view ns, const Labels* labels) const {
  Chain out;
  for (const std::string_view where : {std::string_view(root_), ns}) {
    for (auto [it, end] = by_namespace_.equal_range(where); it != end; ++it) {
      const PeerAuthentication& policy = policies_[it->second];
      const bool selects = policy.selector && !policy.selector->empty();
      if (!selects) {
        const PeerAuthentication*& slot = where == root_ ? out.mesh : out.ns;
        if (!slot) slot = &policy;
      } else if (where != root_ && labels && !out.workload && matches(*policy.selector, *labels)) {
        out.workload = &policy;
      }
    }
    if (ns == root_) break;
  }
  return out;
}

// PO-095: for ztunnel "no selector" means that the field is absent; an empty one is in no index.
PeerAuthentications::Chain PeerAuthentications::ambient_chain(std::string_view ns, const Labels* labels) const {
  Chain out;
  for (const std::string_view where : {std::string_view(root_), ns}) {
    for (auto [it, end] = by_namespace_.equal_range(where); it != end; ++it) {
      const PeerAuthentication& policy = policies_[it->second];
      if (!policy.selector) {
        const PeerAuthentication*& slot = where == root_ ? out.mesh : out.ns;
        if (!slot) slot = &policy;
      } else if (!policy.selector->empty() && where != root_ && labels && !out.workload &&
                 matches(*policy.selector, *labels)) {
        out.workload = &policy;
      }
    }
    if (ns == root_) break;
  }
  return out;
}

MtlsDecision PeerAuthentications::sidecar(std::string_view ns, const Labels& labels, std::uint16_t port) const {
  MtlsDecision out;
  const Chain chain = sidecar_chain(ns, &labels);
  if (chain.mesh) decide(out, *chain.mesh, chain.mesh->mode, "mesh");
  if (chain.ns) decide(out, *chain.ns, chain.ns->mode, "namespace");
  if (chain.workload) {
    decide(out, *chain.workload, chain.workload->mode, "workload");
    const auto at = chain.workload->ports.find(port);
    if (at != chain.workload->ports.end()) decide(out, *chain.workload, at->second, "port " + std::to_string(port));
  }
  if (out.reasons.empty())
    out.reasons.push_back({"PO-082", "no PeerAuthentication sets a mode here: PERMISSIVE by default"});
  return out;
}

MtlsDecision PeerAuthentications::of_namespace(std::string_view ns) const {
  MtlsDecision out;
  const Chain chain = sidecar_chain(ns, nullptr);
  if (chain.mesh) decide(out, *chain.mesh, chain.mesh->mode, "mesh");
  if (chain.ns) decide(out, *chain.ns, chain.ns->mode, "namespace");
  if (out.reasons.empty())
    out.reasons.push_back({"PO-082", "no PeerAuthentication sets a mode here: PERMISSIVE by default"});
  return out;
}

ZtunnelPolicy PeerAuthentications::static_strict(const std::string& root) {
  ZtunnelPolicy out;
  out.ns = root;
  out.name = "istio_converted_static_strict";
  out.deny = true;
  out.groups = {{{no_identity()}}};
  return out;
}

// PO-092, `build` of policies.md 2.3.
std::optional<ZtunnelPolicy> PeerAuthentications::convert(const PeerAuthentication& policy) const {
  if (!policy.selector || policy.selector->empty() || policy.ns == root_ || policy.ports.empty()) return std::nullopt;
  const Chain chain = ambient_chain(policy.ns, nullptr);
  const bool mesh_strict = chain.mesh && chain.mesh->mode == PeerMode::Strict;
  const bool ns_present = chain.ns != nullptr;
  const PeerMode ns = ns_present ? chain.ns->mode : PeerMode::Unset;
  const PeerMode mode = policy.mode;
  ZtunnelGroup all;
  std::vector<ZtunnelGroup> groups;
  if (mode == PeerMode::Strict) all.push_back({no_identity()});
  bool open = false;
  for (const auto& [port, port_mode] : policy.ports) {
    if (port_mode == PeerMode::Strict) {
      if (mode == PeerMode::Strict) continue;
      if (mode == PeerMode::Unset && ns == PeerMode::Strict) continue;
      // Not guarded by "workload unset", as upstream: the source of PO-094b.
      if (ns == PeerMode::Unset && mesh_strict) continue;
      ZtunnelMatch match = no_identity();
      match.destination_ports = {port};
      groups.push_back({{match}});
    } else if (port_mode == PeerMode::Permissive || port_mode == PeerMode::Disable) {
      if (mode == PeerMode::Permissive || mode == PeerMode::Disable) continue;
      if (mode == PeerMode::Unset && (ns_present ? ns != PeerMode::Strict : !mesh_strict)) continue;
      open = true;
      ZtunnelMatch match;
      match.not_destination_ports = {port};
      all.push_back({match});
    }
  }
  if (mode == PeerMode::Strict && !open) return std::nullopt;
  if (open && ((mesh_strict && (ns == PeerMode::Unset || ns == PeerMode::Strict)) || ns == PeerMode::Strict))
    all.push_back({no_identity()});
  if (!all.empty()) groups.push_back(std::move(all));
  if (groups.empty()) return std::nullopt;
  ZtunnelPolicy out;
  out.ns = policy.ns;
  out.name = "converted_peer_authentication_" + policy.name;
  out.deny = true;
  out.groups = std::move(groups);
  return out;
}

PeerAuthentications::Ambient PeerAuthentications::ambient(std::string_view ns, const Labels& labels) const {
  Ambient out;
  const Chain chain = ambient_chain(ns, &labels);
  for (const auto* policy : {chain.mesh, chain.ns, chain.workload})
    if (policy) out.chain.push_back(policy);
  if (chain.mesh) {
    out.strict = chain.mesh->mode == PeerMode::Strict;
    out.decided = chain.mesh;
  }
  if (chain.ns && chain.ns->mode != PeerMode::Unset) {
    out.strict = chain.ns->mode == PeerMode::Strict;
    out.decided = chain.ns;
  }
  out.rule = "PO-091";
  if (chain.workload) {
    const PeerAuthentication& workload = *chain.workload;
    const bool inherited = out.strict;
    if (workload.mode != PeerMode::Unset) {
      out.strict = workload.mode == PeerMode::Strict;
      out.decided = &workload;
    }
    const auto some = [&](auto predicate) {
      return std::any_of(workload.ports.begin(), workload.ports.end(),
                         [&](const auto& port) { return predicate(port.second); });
    };
    const bool open = some([](PeerMode m) { return m == PeerMode::Permissive || m == PeerMode::Disable; });
    const bool permissive = some([](PeerMode m) { return m == PeerMode::Permissive; });
    const bool strict = some([](PeerMode m) { return m == PeerMode::Strict; });
    if (workload.mode == PeerMode::Strict && open) {
      out.referenced = true;
      out.strict = false;
    } else if ((workload.mode == PeerMode::Permissive || workload.mode == PeerMode::Disable) && strict) {
      out.referenced = true;
    } else if (workload.mode == PeerMode::Unset && inherited && permissive) {  // DISABLE does not count: PO-094a
      out.referenced = true;
      out.strict = false;
    } else if (workload.mode == PeerMode::Unset && !inherited && strict) {
      out.referenced = true;
    }
    if (out.referenced) {
      out.decided = &workload;
      out.exception = convert(workload);
      out.rule = "PO-092";
      if (!out.exception) {
        out.rule = inherited && workload.mode == PeerMode::Unset ? "PO-094c" : "PO-094b";
        out.why = "istiod refers ztunnel to converted_peer_authentication_" + workload.name +
                  ", which it never builds: ztunnel skips the reference and the port rule is lost (fails open)";
      }
    } else if (inherited && workload.mode == PeerMode::Unset && open) {
      out.rule = "PO-094a";
      out.why = "a DISABLE port is no exception at ztunnel when STRICT is inherited: plaintext is refused on it, too";
    }
  }
  if (out.why.empty())
    out.why = out.strict       ? "STRICT: a peer without identity is refused"
              : out.referenced ? "STRICT on some ports: a peer without identity is refused there"
              : out.decided && out.decided->mode == PeerMode::Disable ? "DISABLE means PERMISSIVE at ztunnel (PO-090)"
                                                                      : "PERMISSIVE: plaintext is accepted";
  return out;
}

}  // namespace meshsim::models::policy
