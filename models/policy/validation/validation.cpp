#include "models/policy/validation/validation.h"

#include "models/policy/attachment.h"
#include "models/policy/validation/findings.h"

namespace meshsim::models::policy {

namespace {

void check_ref(Node node, PolicyFindings& out) {
  constexpr const char* kCode = "MSH0102";
  if (!node.is_mapping()) {
    out.refuse(node, kCode, "PO-201", "targetRef is empty");
    return;
  }
  if (node["name"].string_or().empty()) out.refuse(node, kCode, "PO-201", "targetRef without a name");
  if (!node["namespace"].string_or().empty())
    out.refuse(node["namespace"], kCode, "PO-201", "targetRef into another namespace is not supported");
  const std::string_view group = node["group"].string_or(), kind = node["kind"].string_or();
  const bool core = group.empty() || group == "core";
  const bool known = (core && kind == "Service") || (group == "networking.istio.io" && kind == "ServiceEntry") ||
                     (group == "gateway.networking.k8s.io" && (kind == "Gateway" || kind == "GatewayClass"));
  if (!known)
    out.refuse(node, kCode, "PO-201",
               "targetRef to " + std::string(core ? "core" : group) + '/' + std::string(kind) +
                   ": only core/Service, networking.istio.io/ServiceEntry, gateway.networking.k8s.io/Gateway and "
                   "gateway.networking.k8s.io/GatewayClass can be targeted");
}

}  // namespace

void check_attachment(Node spec, PolicyFindings& out) {
  constexpr const char* kCode = "MSH0101";
  const Node selector = spec["selector"], ref = spec["targetRef"], refs = spec["targetRefs"];
  const int stated = int{selector.has_value()} + int{ref.has_value()} + int{refs.has_value() && !refs.empty()};
  if (stated > 1)
    out.refuse(selector.has_value() ? selector : ref, kCode, "PO-200",
               "only one of selector, targetRef and targetRefs may be set");
  for (const Node label : selector["matchLabels"]) {
    if (label.key().empty()) out.refuse(label, kCode, "PO-200", "selector with an empty key");
    if (label.key().find('*') != std::string_view::npos || label.text().find('*') != std::string_view::npos)
      out.refuse(label, kCode, "PO-200", "selector labels do not support wildcards");
  }
  if (selector.has_value() && selector["matchLabels"].empty())
    out.warn(
        selector, "MSH0105", "PO-204",
        "selector without labels: a sidecar applies the policy to its whole namespace, ztunnel to nothing (PO-019)");
  if (ref.has_value()) check_ref(ref, out);
  for (const Node one : refs) check_ref(one, out);
  if (refs.size() > 16) out.refuse(refs, "MSH0106", "PO-205", "at most 16 targetRefs are allowed");
}

void validate_policy(const Object& object, const MeshSettings& settings, Diagnostics& diagnostics,
                     std::vector<Reason>& rejected) {
  if (object.api_group != "security.istio.io") return;
  PolicyFindings out(object, diagnostics, rejected);
  if (object.kind == "AuthorizationPolicy") {
    check_attachment(object.spec(), out);
    check_authorization_policy(settings, out);
  } else if (object.kind == "PeerAuthentication") {
    check_peer_authentication(out);
  } else if (object.kind == "RequestAuthentication") {
    check_attachment(object.spec(), out);
    check_request_authentication(out);
  }
  // PO-026: dry-run is for AuthorizationPolicies only.
  if (object.kind != "AuthorizationPolicy" && find(object.annotations, "istio.io/dry-run"))
    out.refuse({}, "MSH0104", "PO-203", "the annotation istio.io/dry-run is for AuthorizationPolicies only");
}

}  // namespace meshsim::models::policy
