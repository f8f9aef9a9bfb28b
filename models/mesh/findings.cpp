// Findings about references that lead nowhere (MSH02xx) and about kinds that nobody evaluates (MSH03xx).
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

// Kinds of the cluster that say nothing about traffic.
constexpr std::array<std::string_view, 12> kInertGroups = {"",
                                                           "apps",
                                                           "batch",
                                                           "rbac.authorization.k8s.io",
                                                           "apiextensions.k8s.io",
                                                           "policy",
                                                           "autoscaling",
                                                           "storage.k8s.io",
                                                           "scheduling.k8s.io",
                                                           "coordination.k8s.io",
                                                           "node.k8s.io",
                                                           "extensions"};

template <typename List>
bool listed(const List& list, const Object& o) {
  return std::any_of(list.begin(), list.end(), [&](const KindRule& r) {
    return (r.group == "*" || r.group == o.api_group) && (r.kind == "*" || r.kind == o.kind);
  });
}

void report_kind(Draft& draft, const Object& o) {
  if (listed(kEvaluated, o)) return;
  if (o.kind == "ConfigMap" && o.api_group.empty() && o.name.starts_with("istio")) return;
  if (listed(kNotEvaluated, o)) {
    draft.report(Severity::Warning, "MSH0301", o, Node(),
                 o.kind + " is read but not evaluated: verdicts are given as if it were not there");
  } else if (std::find(kInertGroups.begin(), kInertGroups.end(), o.api_group) != kInertGroups.end()) {
    draft.report(Severity::Info, "MSH0303", o, Node(),
                 o.kind + " has no bearing on traffic here and was not looked at");
  } else {
    draft.report(Severity::Warning, "MSH0302", o, Node(),
                 "kind " + o.kind + " (" + o.api_group + ") is not known to meshsim and was ignored");
  }
}

// The code of a failed binding.
std::string_view code_of(WaypointBinding::State state, std::size_t gateway) {
  switch (state) {
    case WaypointBinding::State::NotReady:
      return gateway == kNone ? "MSH0202" : "MSH0208";
    case WaypointBinding::State::AttachmentDenied:
    case WaypointBinding::State::CrossNamespaceForbidden:
      return "MSH0203";
    case WaypointBinding::State::UnsupportedTrafficType:
      return "MSH0204";
    default:
      return {};
  }
}

void report_binding(Draft& draft, const ObjectRef& ref, const std::string& ns, const WaypointBinding& binding) {
  const std::string_view code = code_of(binding.state, binding.gateway);
  const bool inherited = binding.label_level == "Namespace";
  // A mismatch that was only inherited from the namespace is how things are meant to be (DP-102).
  if (!code.empty() && !(inherited && code == "MSH0204")) {
    const auto& info = draft.mesh.namespaces.find(ns)->second;
    const ObjectRef at{inherited ? "Namespace" : ref.kind, inherited ? "" : ref.ns, inherited ? ns : ref.name,
                       inherited ? info.source.value_or(Source{}) : ref.source};
    draft.report(Severity::Warning, std::string(code), at, binding.reasons.front().text);
  }
  if (!binding.bound()) return;
  const Gateway& gateway = draft.mesh.gateways[binding.gateway];
  if (gateway.kind != Gateway::Kind::Waypoint)
    draft.report(Severity::Warning, "MSH0207", ref,
                 "istio.io/use-waypoint names Gateway " + binding.named + " of class " + gateway.class_name +
                     ", which is no waypoint and listens on no HBONE port");
}

void report_service(Draft& draft, const Service& s) {
  if (!s.discovered) return;
  if (!s.selector.empty() && s.endpoints.empty())
    draft.report(Severity::Warning, "MSH0201", s.ref, "its selector matches no workload among the files");
  for (std::size_t p = 0; p < s.ports.size(); ++p) {
    if (s.ports[p].target_name.empty() || s.endpoints.empty()) continue;
    const bool any =
        std::any_of(s.endpoints.begin(), s.endpoints.end(), [&](const Endpoint& e) { return e.target_ports[p] != 0; });
    if (!any)
      draft.report(Severity::Warning, "MSH0209", s.ref,
                   "no endpoint has a port named " + s.ports[p].target_name + ": port " +
                       std::to_string(s.ports[p].port) + " leads nowhere");
  }
}

// istio.io/use-waypoint-namespace alone means nothing (DP-102).
void report_lone_namespace(Draft& draft, const ObjectRef& ref, const Labels& labels) {
  if (find(labels, "istio.io/use-waypoint-namespace") && !find(labels, "istio.io/use-waypoint"))
    draft.report(Severity::Warning, "MSH0206", ref,
                 "istio.io/use-waypoint-namespace has no effect without istio.io/use-waypoint on the same object");
}

// Labels that count on pods only, written on the object around the template (DP-003, DP-012, DP-105).
void report_misplaced_labels(Draft& draft, const Object& o) {
  const Node pod_template = o.spec()[o.kind == "CronJob" ? "jobTemplate" : "template"];
  if (!pod_template || !(o.api_group == "apps" || o.api_group == "batch")) return;
  for (const std::string_view key : {"istio.io/dataplane-mode", "sidecar.istio.io/inject", "istio.io/use-waypoint"})
    if (find(o.labels, key) && !pod_template["metadata"]["labels"][key].exists() && o.kind != "CronJob")
      draft.report(Severity::Warning, "MSH0217", o, o.root["metadata"]["labels"][key],
                   "label " + std::string(key) + " has no effect on the " + o.kind +
                       " itself; it belongs into spec.template.metadata.labels");
}

void report_namespace(Draft& draft, const NamespaceInfo& info) {
  const ObjectRef ref{"Namespace", "", info.name, info.source.value_or(Source{})};
  report_lone_namespace(draft, ref, info.labels);
  const bool injects =
      find(info.labels, "istio-injection") == "enabled" || find(info.labels, "istio.io/rev").has_value();
  if (injects && find(info.labels, "istio.io/dataplane-mode") == "ambient")
    draft.report(Severity::Warning, "MSH0219", ref,
                 "labels for sidecar injection and for ambient on one namespace: new pods get sidecars, which win "
                 "(DP-020)");
}

}  // namespace

void report_findings(Draft& draft) {
  Mesh& mesh = draft.mesh;
  for (const Object& object : mesh.objects) {
    report_kind(draft, object);
    report_misplaced_labels(draft, object);
  }
  for (const Service& s : mesh.services) {
    report_service(draft, s);
    report_binding(draft, s.ref, s.ns, s.waypoint);
    report_lone_namespace(draft, s.ref, s.labels);
  }
  bool ambient = false;
  for (const Workload& w : mesh.workloads) {
    ambient = ambient || w.mode == DataplaneMode::Ambient;
    if (w.waypoint.label_level == "Namespace" && w.waypoint.state == WaypointBinding::State::NotReady) continue;
    report_binding(draft, w.owner, w.ns, w.waypoint);
    report_lone_namespace(draft, w.owner, w.labels);
  }
  for (const auto& [name, info] : mesh.namespaces) report_namespace(draft, info);
  if (ambient && !mesh.settings.ambient_enabled())
    mesh.diagnostics.push_back({Severity::Warning,
                                "MSH0212",
                                "",
                                "",
                                {},
                                "pods are enrolled in ambient, but this control plane has PILOT_ENABLE_AMBIENT off: it "
                                "tells no proxy about HBONE"});
}

}  // namespace meshsim::models
