// Findings about references that lead nowhere (MSH02xx). Kinds that nobody evaluates: kinds.cpp.
#include <algorithm>
#include <array>

#include "models/mesh/draft.h"

namespace meshsim::models {
namespace {

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
  if (!s.selector.empty() && s.endpoints.empty()) {
    // Where no workload of the namespace is given, the files are a part of a mesh, and nothing is wrong with the
    // Service.
    const bool part = std::none_of(draft.mesh.workloads.begin(), draft.mesh.workloads.end(),
                                   [&](const Workload& w) { return w.ns == s.ns; });
    draft.report(part ? Severity::Info : Severity::Warning, "MSH0201", s.ref,
                 part ? "its selector matches no workload: none of namespace " + s.ns + " is among the files"
                      : "its selector matches no workload among the files");
  }
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
