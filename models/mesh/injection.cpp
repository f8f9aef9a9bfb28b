#include "models/mesh/injection.h"

#include <algorithm>
#include <array>

#include "models/mesh/selector.h"

namespace meshsim::models {
namespace {

constexpr std::string_view kInject = "sidecar.istio.io/inject";
constexpr std::string_view kRev = "istio.io/rev";

bool known(const MeshSettings& s, std::string_view revision) {
  return std::find(s.revisions.begin(), s.revisions.end(), revision) != s.revisions.end();
}

// DP-003: the webhook entry that takes the pod; empty if none does.
struct Selected {
  std::string revision;
  std::string why;
  bool missing = false;
};

Selected select_webhook(const AdmissionRequest& pod, const MeshSettings& s) {
  const auto ns_injection = find(*pod.namespace_labels, "istio-injection");
  const auto ns_rev = find(*pod.namespace_labels, kRev);
  const auto pod_inject = find(*pod.labels, kInject);
  const auto pod_rev = find(*pod.labels, kRev);
  const bool opted_out = pod_inject == "false";
  const std::string in_ns = "namespace " + std::string(pod.ns);
  const bool default_installed = known(s, "default");
  if (ns_injection) {
    if (*ns_injection != "enabled") return {"", in_ns + " has istio-injection=" + std::string(*ns_injection)};
    if (opted_out) return {"", "label sidecar.istio.io/inject=false on the pod"};
    if (!default_installed)
      return {"default", in_ns + " has istio-injection=enabled, but no default revision is installed", true};
    return {"default", in_ns + " has istio-injection=enabled"};
  }
  if (ns_rev) {
    if (opted_out) return {"", "label sidecar.istio.io/inject=false on the pod"};
    if (known(s, *ns_rev)) return {std::string(*ns_rev), in_ns + " has istio.io/rev=" + std::string(*ns_rev)};
    return {std::string(*ns_rev),
            in_ns + " has istio.io/rev=" + std::string(*ns_rev) + ", for which there is no webhook", true};
  }
  if (pod_rev) {
    if (opted_out) return {"", "label sidecar.istio.io/inject=false on the pod"};
    if (known(s, *pod_rev))
      return {std::string(*pod_rev), "label istio.io/rev=" + std::string(*pod_rev) + " on the pod"};
    return {std::string(*pod_rev),
            "label istio.io/rev=" + std::string(*pod_rev) + " on the pod, for which there is no webhook", true};
  }
  if (pod_inject == "true") {
    if (default_installed) return {"default", "label sidecar.istio.io/inject=true on the pod"};
    return {"default", "label sidecar.istio.io/inject=true on the pod, but no default revision is installed", true};
  }
  if (!pod_inject && s.enable_namespaces_by_default && default_installed && !is_ignored_namespace(pod.ns))
    return {"default", "enableNamespacesByDefault is on"};
  return {"", "no injection label on " + in_ns + " or the pod"};
}

// DP-006: the server-side check, first hit decides. Returns the decision and its text.
std::pair<bool, std::string> injection_required(const AdmissionRequest& pod, const MeshSettings& s) {
  if (pod.host_network) return {false, "spec.hostNetwork is true"};
  if (is_ignored_namespace(pod.ns)) return {false, "namespace " + std::string(pod.ns) + " is never injected"};
  auto wish = find(*pod.labels, kInject);
  std::string where = "label";
  if (!wish) {
    wish = find(*pod.annotations, kInject);
    where = "annotation";
  }
  if (wish == "true") return {true, where + " sidecar.istio.io/inject=true"};
  if (wish == "false") return {false, where + " sidecar.istio.io/inject=false"};
  const auto hit = [&](Node selector) { return !selector.empty() && selector_matches(selector, *pod.labels); };
  if (std::any_of(s.never_inject.begin(), s.never_inject.end(), hit)) return {false, "neverInjectSelector matches"};
  if (std::any_of(s.always_inject.begin(), s.always_inject.end(), hit)) return {true, "alwaysInjectSelector matches"};
  return {s.injection_enabled_policy,
          s.injection_enabled_policy ? "injection policy enabled" : "injection policy disabled"};
}

}  // namespace

bool is_ignored_namespace(std::string_view ns) {
  static constexpr std::array<std::string_view, 4> kIgnored = {"kube-system", "kube-public", "kube-node-lease",
                                                               "local-path-storage"};
  return std::find(kIgnored.begin(), kIgnored.end(), ns) != kIgnored.end();
}

Admission admit(const AdmissionRequest& pod, const MeshSettings& settings) {
  Admission out;
  Selected selected = select_webhook(pod, settings);
  out.webhook_missing = selected.missing;
  out.revision = selected.revision;
  if (selected.missing || selected.revision.empty()) {
    out.reasons.push_back({selected.missing ? "DP-004" : "DP-003", "not injected: " + selected.why, {}});
    return out;
  }
  out.reasons.push_back({"DP-003", "the webhook of revision " + selected.revision + " takes it: " + selected.why, {}});
  auto [injected, why] = injection_required(pod, settings);
  out.injected = injected;
  out.reasons.push_back({"DP-006", (injected ? "injected: " : "not injected: ") + why, {}});
  return out;
}

}  // namespace meshsim::models
