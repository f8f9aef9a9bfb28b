#pragma once
// Attachment: how a policy names the proxies it is for: selector, targetRefs, or nothing (namespace or mesh). Imitates
// istiod's policyattachment.go (same in Istio 1.27 and master 2026-08). Where it stops: WasmPlugin and EnvoyFilter use
// it too, but only to learn that something not evaluated is attached.
#include <optional>
#include <string>
#include <vector>

#include "models/policy/policy_engine.h"

namespace meshsim::models::policy {

struct TargetRef {
  enum class Kind : std::uint8_t { Service, ServiceEntry, Gateway, GatewayClass, Other };
  Kind kind = Kind::Other;
  std::string group, kind_text, name, ns;
  std::string text() const;  // "Service srv"
};

struct Attachment {
  std::optional<Labels> selector;  // present and empty for `selector: {}`
  std::vector<TargetRef> refs;     // targetRefs, else the legacy targetRef (PO-010)
  bool selects(const Labels& labels) const { return !selector || matches(*selector, labels); }
  bool empty_selector() const { return selector && selector->empty(); }
  std::string text() const;  // "selector app=srv", "targetRefs Service srv", "whole namespace"
};

// `selector_field`: "selector", or "workloadSelector" for EnvoyFilter (whose labels stand under `labels`).
Attachment decode_attachment(Node spec, std::string_view selector_field = "selector");

struct AttachmentFlags {
  std::string root;                   // root namespace
  bool selector_for_gateways = true;  // ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY (PO-005)
};

// PO-001..PO-011 for one policy in namespace `ns` and one proxy. `rule`, when given, receives the rule id that decided.
bool attaches(const Attachment& attachment, std::string_view ns, const ProxyView& proxy, const AttachmentFlags& flags,
              const char** rule = nullptr);

// PO-012: would it attach at the CONNECT termination of this waypoint, which counts there as an ordinary gateway?
bool attaches_layered(const Attachment& attachment, std::string_view ns, const ProxyView& proxy,
                      const AttachmentFlags& flags);

// Go's strconv.ParseBool (annotations, istiod's environment); nullopt for anything it refuses.
std::optional<bool> go_bool(std::string_view text);

}  // namespace meshsim::models::policy
