#include "scenarios/read/retired_kinds.h"

#include <array>

namespace meshsim::scenarios {

namespace {

struct Retired {
  std::string_view group;
  std::string_view kind;  // empty: every kind of the group
  std::string_view since;
  std::string_view instead;
};

// Sources: Istio release notes 1.4 to 1.24; OpenShift Service Mesh 3.0 release notes. The first match counts.
constexpr std::array<Retired, 21> kRetired = {{
    {"rbac.istio.io", "", "removed in Istio 1.6",
     "nothing enforces it, AuthorizationPolicy (security.istio.io) replaces it"},
    {"authentication.istio.io", "", "removed in Istio 1.6",
     "nothing enforces it, PeerAuthentication and RequestAuthentication (security.istio.io) replace it"},
    {"config.istio.io", "RouteRule", "removed in Istio 1.0", "nothing reads it, VirtualService replaces it"},
    {"config.istio.io", "DestinationPolicy", "removed in Istio 1.0", "nothing reads it, DestinationRule replaces it"},
    {"config.istio.io", "EgressRule", "removed in Istio 1.0", "nothing reads it, ServiceEntry replaces it"},
    {"config.istio.io", "QuotaSpec", "part of Mixer, removed in Istio 1.8",
     "nothing enforces it, use Envoy's rate limit filters"},
    {"config.istio.io", "QuotaSpecBinding", "part of Mixer, removed in Istio 1.8",
     "nothing enforces it, use Envoy's rate limit filters"},
    {"config.istio.io", "", "part of Mixer, removed in Istio 1.8",
     "nothing reads it, Telemetry, WasmPlugin or AuthorizationPolicy CUSTOM replace it"},
    {"install.istio.io", "IstioOperator", "its operator was removed in Istio 1.24",
     "only istioctl install still takes it"},
    {"networking.istio.io", "RouteRule", "removed in Istio 1.0", "nothing reads it, VirtualService replaces it"},
    {"maistra.io", "ServiceMeshControlPlane", "part of OpenShift Service Mesh 2",
     "Service Mesh 3 does not read it, the resource Istio (sailoperator.io) replaces it"},
    {"maistra.io", "ServiceMeshMemberRoll", "part of OpenShift Service Mesh 2",
     "Service Mesh 3 does not read it, discoverySelectors replace it"},
    {"maistra.io", "ServiceMeshMember", "part of OpenShift Service Mesh 2",
     "Service Mesh 3 does not read it, discoverySelectors replace it"},
    {"maistra.io", "", "part of OpenShift Service Mesh 2", "Service Mesh 3 does not read it"},
    {"operator.istio.io", "", "part of a preview of the Sail operator", "sailoperator.io/v1 replaces it"},
    {"extensions", "Deployment", "removed in Kubernetes 1.16", "the API server refuses it, apps/v1 replaces it"},
    {"extensions", "DaemonSet", "removed in Kubernetes 1.16", "the API server refuses it, apps/v1 replaces it"},
    {"extensions", "ReplicaSet", "removed in Kubernetes 1.16", "the API server refuses it, apps/v1 replaces it"},
    {"extensions", "Ingress", "removed in Kubernetes 1.22",
     "the API server refuses it, networking.k8s.io/v1 replaces it"},
    {"extensions", "", "removed in Kubernetes 1.22", "the API server refuses it"},
    {"policy", "PodSecurityPolicy", "removed in Kubernetes 1.25",
     "nothing enforces it, Pod Security Admission replaces it"},
}};

}  // namespace

std::optional<std::string> retirement(std::string_view api_group, std::string_view kind) {
  for (const Retired& one : kRetired) {
    if (one.group != api_group || (!one.kind.empty() && one.kind != kind)) continue;
    return std::string(kind) + " (" + std::string(api_group) + ") is a retired kind (" + std::string(one.since) +
           "): " + std::string(one.instead);
  }
  return std::nullopt;
}

}  // namespace meshsim::scenarios
