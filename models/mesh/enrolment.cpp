#include "models/mesh/enrolment.h"

namespace meshsim::models {

Enrolment enrol(const EnrolmentRequest& pod, const MeshSettings& settings) {
  constexpr std::string_view kMode = "istio.io/dataplane-mode";
  const std::string ns(pod.ns);
  // The plugin excludes the namespace for new pods in every version; the agent for pods that run, from 1.30 on.
  if (ns == "kube-system" && (!pod.live || settings.profile.cni_agent_excludes_namespaces))
    return {false, {"DP-011", "namespace kube-system is excluded from ambient", {}}};
  if (pod.host_network) return {false, {"DP-016", "a hostNetwork pod has no network namespace to redirect", {}}};
  if (pod.injected) return {false, {"DP-020", "it has a sidecar (sidecar.istio.io/status), which wins", {}}};
  const auto on_pod = find(*pod.labels, kMode);
  const auto on_ns = find(*pod.namespace_labels, kMode);
  if (on_pod == "ambient") return {true, {"DP-012", "label istio.io/dataplane-mode=ambient on the pod", {}}};
  if (on_ns == "ambient") {
    if (on_pod == "none") return {false, {"DP-012", "label istio.io/dataplane-mode=none on the pod opts out", {}}};
    return {true, {"DP-011", "label istio.io/dataplane-mode=ambient on namespace " + ns, {}}};
  }
  return {false, {"DP-011", "neither the pod nor namespace " + ns + " has istio.io/dataplane-mode=ambient", {}}};
}

}  // namespace meshsim::models
