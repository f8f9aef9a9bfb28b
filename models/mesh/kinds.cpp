// Which kinds somebody evaluates, which nobody does though they could matter, and which say nothing about traffic
// (MSH03xx). Nothing is ignored in silence.
#include <algorithm>
#include <array>

#include "models/mesh/draft.h"

namespace meshsim::models {
namespace {

struct KindRule {
  std::string_view group;  // exact group; "*": any
  std::string_view kind;   // "*": any
};

// Kinds that some room of meshsim evaluates.
constexpr std::array kEvaluated = {
    KindRule{"", "Namespace"},
    KindRule{"", "Node"},
    KindRule{"", "Pod"},
    KindRule{"", "Service"},
    KindRule{"", "Endpoints"},
    KindRule{"", "ServiceAccount"},
    KindRule{"", "ReplicationController"},
    KindRule{"apps", "Deployment"},
    KindRule{"apps", "StatefulSet"},
    KindRule{"apps", "DaemonSet"},
    KindRule{"apps", "ReplicaSet"},
    KindRule{"extensions", "Deployment"},
    KindRule{"extensions", "DaemonSet"},
    KindRule{"batch", "Job"},
    KindRule{"batch", "CronJob"},
    KindRule{"discovery.k8s.io", "EndpointSlice"},
    KindRule{"admissionregistration.k8s.io", "MutatingWebhookConfiguration"},
    KindRule{"networking.istio.io", "WorkloadEntry"},
    KindRule{"networking.istio.io", "ServiceEntry"},
    KindRule{"networking.istio.io", "VirtualService"},
    KindRule{"networking.istio.io", "DestinationRule"},
    KindRule{"networking.istio.io", "Gateway"},
    KindRule{"networking.istio.io", "Sidecar"},
    KindRule{"networking.istio.io", "ProxyConfig"},
    KindRule{"security.istio.io", "AuthorizationPolicy"},
    KindRule{"security.istio.io", "RequestAuthentication"},
    KindRule{"security.istio.io", "PeerAuthentication"},
    KindRule{"telemetry.istio.io", "Telemetry"},
    KindRule{"gateway.networking.k8s.io", "Gateway"},
    KindRule{"gateway.networking.k8s.io", "GatewayClass"},
    KindRule{"gateway.networking.k8s.io", "HTTPRoute"},
    KindRule{"gateway.networking.k8s.io", "GRPCRoute"},
    KindRule{"gateway.networking.k8s.io", "TCPRoute"},
    KindRule{"gateway.networking.k8s.io", "TLSRoute"},
    KindRule{"gateway.networking.k8s.io", "ReferenceGrant"},
    KindRule{"gateway.networking.k8s.io", "BackendTLSPolicy"},
    KindRule{"networking.k8s.io", "NetworkPolicy"},
    KindRule{"networking.k8s.io", "Ingress"},
    KindRule{"networking.k8s.io", "IngressClass"},
    KindRule{"sailoperator.io", "Istio"},
    KindRule{"sailoperator.io", "IstioRevision"},
    KindRule{"sailoperator.io", "IstioRevisionTag"},
    KindRule{"install.istio.io", "IstioOperator"},
};

// Kinds that could change where traffic goes or what is allowed, and that meshsim does not evaluate.
constexpr std::array kNotEvaluated = {
    KindRule{"networking.istio.io", "*"},
    KindRule{"security.istio.io", "*"},
    KindRule{"telemetry.istio.io", "*"},
    KindRule{"extensions.istio.io", "*"},
    KindRule{"gateway.networking.k8s.io", "*"},
    KindRule{"gateway.networking.x-k8s.io", "*"},
    KindRule{"inference.networking.k8s.io", "*"},
    KindRule{"networking.k8s.io", "*"},
    KindRule{"policy.networking.k8s.io", "*"},
    KindRule{"route.openshift.io", "*"},
    KindRule{"sailoperator.io", "*"},
    KindRule{"maistra.io", "*"},
    KindRule{"federation.maistra.io", "*"},
    KindRule{"config.istio.io", "*"},
    KindRule{"rbac.istio.io", "*"},
    KindRule{"authentication.istio.io", "*"},
    KindRule{"cilium.io", "*"},
    KindRule{"projectcalico.org", "*"},
    KindRule{"crd.projectcalico.org", "*"},
    KindRule{"argoproj.io", "Rollout"},
    KindRule{"admissionregistration.k8s.io", "*"},
    KindRule{"extensions", "Ingress"},
};

// What says nothing about traffic: kinds of the cluster, of installers and of monitoring.
constexpr std::array<std::string_view, 27> kInertGroups = {"",
                                                           "admissionregistration.k8s.io",
                                                           "apiextensions.k8s.io",
                                                           "apps",
                                                           "argoproj.io",
                                                           "autoscaling",
                                                           "batch",
                                                           "cert-manager.io",
                                                           "certmanager.k8s.io",
                                                           "coordination.k8s.io",
                                                           "events.k8s.io",
                                                           "extensions",
                                                           "kiali.io",
                                                           "kustomize.config.k8s.io",
                                                           "monitoring.coreos.com",
                                                           "node.k8s.io",
                                                           "opentelemetry.io",
                                                           "operators.coreos.com",
                                                           "policy",
                                                           "project.openshift.io",
                                                           "rbac.authorization.k8s.io",
                                                           "sailoperator.io",
                                                           "scheduling.k8s.io",
                                                           "security.openshift.io",
                                                           "spire.spiffe.io",
                                                           "storage.k8s.io",
                                                           "tempo.grafana.com"};
constexpr std::array kInert = {KindRule{"networking.istio.io", "WorkloadGroup"},
                               KindRule{"admissionregistration.k8s.io", "ValidatingAdmissionPolicy"},
                               KindRule{"admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"},
                               KindRule{"admissionregistration.k8s.io", "ValidatingWebhookConfiguration"}};

template <typename List>
bool listed(const List& list, const Object& o) {
  return std::any_of(list.begin(), list.end(), [&](const KindRule& r) {
    return (r.group == "*" || r.group == o.api_group) && (r.kind == "*" || r.kind == o.kind);
  });
}

}  // namespace

void report_kind(Draft& draft, const Object& o) {
  if (listed(kEvaluated, o)) return;
  if (o.kind == "ConfigMap" && o.api_group.empty() && o.name.starts_with("istio")) return;
  const bool inert =
      listed(kInert, o) || std::find(kInertGroups.begin(), kInertGroups.end(), o.api_group) != kInertGroups.end();
  if (listed(kNotEvaluated, o) && !listed(kInert, o)) {
    draft.report(Severity::Warning, "MSH0301", o, Node(),
                 o.kind + " is read but not evaluated: verdicts are given as if it were not there");
  } else if (inert) {
    draft.report(Severity::Info, "MSH0303", o, Node(),
                 o.kind + " has no bearing on traffic here and was not looked at");
  } else {
    draft.report(Severity::Warning, "MSH0302", o, Node(),
                 "kind " + o.kind + " (" + o.api_group + ") is not known to meshsim and was ignored");
  }
}

}  // namespace meshsim::models
