// Annotations of Istio: unknown ones, and those on kinds that do not read them (policies.md 7.2).
#include <algorithm>
#include <array>

#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/lint_rule.h"

namespace meshsim::scenarios {

using namespace models;

namespace {

struct Annotation {
  std::string_view name, kinds;  // kinds: "Pod Service ..."
};
// istio/api annotation/annotations.yaml, 2026-07.
constexpr std::array kAnnotations = {
    Annotation{"alpha.istio.io/canonical-serviceaccounts", "Service"},
    Annotation{"alpha.istio.io/kubernetes-serviceaccounts", "Service"},
    Annotation{"ambient.istio.io/bypass-inbound-capture", "Pod"},
    Annotation{"ambient.istio.io/dns-capture", "Pod"},
    Annotation{"ambient.istio.io/redirection", "Pod"},
    Annotation{"ambient.istio.io/waypoint-inbound-binding", "GatewayClass Gateway"},
    Annotation{"galley.istio.io/analyze-suppress", "*"},
    Annotation{"gateway.istio.io/controller-version", "*"},
    Annotation{"gateway.istio.io/name-override", "Gateway"},
    Annotation{"gateway.istio.io/service-account", "Gateway"},
    Annotation{"inject.istio.io/templates", "Pod"},
    Annotation{"istio.io/autoRegistrationGroup", "WorkloadEntry"},
    Annotation{"istio.io/connectedAt", "WorkloadEntry"},
    Annotation{"istio.io/disconnectedAt", "WorkloadEntry"},
    Annotation{"istio.io/dry-run", "AuthorizationPolicy"},
    Annotation{"istio.io/reroute-virtual-interfaces", "Pod"},
    Annotation{"istio.io/rev", "Pod"},
    Annotation{"istio.io/use-waypoint-canary-weight", "Service ServiceEntry Namespace"},
    Annotation{"istio.io/workloadController", "WorkloadEntry"},
    Annotation{"networking.istio.io/exportTo", "Service"},
    Annotation{"networking.istio.io/service-type", "Gateway"},
    Annotation{"networking.istio.io/traffic-distribution", "Namespace Service ServiceEntry"},
    Annotation{"prometheus.istio.io/merge-metrics", "Pod"},
    Annotation{"proxy.istio.io/config", "Pod"},
    Annotation{"proxy.istio.io/overrides", "Pod"},
    Annotation{"readiness.status.sidecar.istio.io/applicationPorts", "Pod"},
    Annotation{"readiness.status.sidecar.istio.io/failureThreshold", "Pod"},
    Annotation{"readiness.status.sidecar.istio.io/initialDelaySeconds", "Pod"},
    Annotation{"readiness.status.sidecar.istio.io/periodSeconds", "Pod"},
    Annotation{"sidecar.istio.io/agentLogLevel", "Pod"},
    Annotation{"sidecar.istio.io/bootstrapOverride", "Pod"},
    Annotation{"sidecar.istio.io/componentLogLevel", "Pod"},
    Annotation{"sidecar.istio.io/discoveryAddress", "Pod"},
    Annotation{"sidecar.istio.io/extraStatTags", "Pod"},
    Annotation{"sidecar.istio.io/inject", "Pod"},
    Annotation{"sidecar.istio.io/interceptionMode", "Pod"},
    Annotation{"sidecar.istio.io/logLevel", "Pod"},
    Annotation{"sidecar.istio.io/nativeSidecar", "Pod"},
    Annotation{"sidecar.istio.io/proxyCPU", "Pod"},
    Annotation{"sidecar.istio.io/proxyCPULimit", "Pod"},
    Annotation{"sidecar.istio.io/proxyImage", "Pod"},
    Annotation{"sidecar.istio.io/proxyImageType", "Pod"},
    Annotation{"sidecar.istio.io/proxyMemory", "Pod"},
    Annotation{"sidecar.istio.io/proxyMemoryLimit", "Pod"},
    Annotation{"sidecar.istio.io/rewriteAppHTTPProbers", "Pod"},
    Annotation{"sidecar.istio.io/statsCompression", "Pod"},
    Annotation{"sidecar.istio.io/statsEvictionInterval", "Pod"},
    Annotation{"sidecar.istio.io/statsFlushInterval", "Pod"},
    Annotation{"sidecar.istio.io/statsHistogramBins", "Pod"},
    Annotation{"sidecar.istio.io/statsHistogramBuckets", "Pod"},
    Annotation{"sidecar.istio.io/statsInclusionPrefixes", "Pod"},
    Annotation{"sidecar.istio.io/statsInclusionRegexps", "Pod"},
    Annotation{"sidecar.istio.io/statsInclusionSuffixes", "Pod"},
    Annotation{"sidecar.istio.io/status", "Pod"},
    Annotation{"sidecar.istio.io/userVolume", "Pod"},
    Annotation{"sidecar.istio.io/userVolumeMount", "Pod"},
    Annotation{"status.sidecar.istio.io/port", "Pod"},
    Annotation{"topology.istio.io/controlPlaneClusters", "Namespace"},
    Annotation{"traffic.istio.io/nodeSelector", "Service"},
    Annotation{"traffic.sidecar.istio.io/excludeInboundPorts", "Pod"},
    Annotation{"traffic.sidecar.istio.io/excludeInterfaces", "Pod"},
    Annotation{"traffic.sidecar.istio.io/excludeOutboundIPRanges", "Pod"},
    Annotation{"traffic.sidecar.istio.io/excludeOutboundPorts", "Pod"},
    Annotation{"traffic.sidecar.istio.io/includeInboundPorts", "Pod"},
    Annotation{"traffic.sidecar.istio.io/includeOutboundIPRanges", "Pod"},
    Annotation{"traffic.sidecar.istio.io/includeOutboundPorts", "Pod"},
    Annotation{"traffic.sidecar.istio.io/kubevirtInterfaces", "Pod"},
};

const Annotation* find_annotation(std::string_view name) {
  const auto it =
      std::find_if(kAnnotations.begin(), kAnnotations.end(), [&](const Annotation& a) { return a.name == name; });
  return it == kAnnotations.end() ? nullptr : &*it;
}

bool is_istio(std::string_view key) {
  const auto slash = key.find('/');
  if (slash == std::string_view::npos) return false;
  const auto domain = key.substr(0, slash);
  return domain == "istio.io" || domain.ends_with(".istio.io");
}

bool fits(std::string_view kinds, std::string_view kind) {
  for (std::size_t at = 0; at < kinds.size();) {
    const auto end = std::min(kinds.find(' ', at), kinds.size());
    if (kinds.substr(at, end - at) == kind || kinds.substr(at, end - at) == "*") return true;
    at = end + 1;
  }
  return false;
}

void for_annotations(const LintContext& c, const std::function<void(const Object&, Node, bool pod)>& visit) {
  for (const Object& object : c.mesh.objects) {
    if (object.kind == "CustomResourceDefinition") continue;
    for (const Node one : object.root["metadata"]["annotations"])
      if (is_istio(one.key())) visit(object, one, object.kind == "Pod");
    const bool batch = object.kind == "CronJob";
    const Node pods = batch ? object.spec()["jobTemplate"]["spec"]["template"] : object.spec()["template"];
    for (const Node one : pods["metadata"]["annotations"])
      if (is_istio(one.key())) visit(object, one, true);
  }
}

void unknown_annotation(const LintContext& c, RuleFindings& out) {
  for_annotations(c, [&](const Object& object, Node one, bool) {
    // Read by Istio without being in its list, or only by its own tests.
    const auto key = one.key();
    if (key == "istio.io/ignore-policy-attachment" || key.starts_with("testing.istio.io/") ||
        key.starts_with("internal.istio.io/") || key.find("operator.istio.io/") != std::string_view::npos)
      return;
    if (find_annotation(key) == nullptr) out.add(object, one, "Istio has no annotation " + std::string(one.key()));
  });
}

void misplaced_annotation(const LintContext& c, RuleFindings& out) {
  for_annotations(c, [&](const Object& object, Node one, bool pod) {
    const Annotation* known = find_annotation(one.key());
    if (known == nullptr || known->kinds == "*" || fits(known->kinds, pod ? "Pod" : std::string_view(object.kind)))
      return;
    // Injected gateways and templates carry pods' annotations on purpose.
    if (known->kinds == "Pod" && (object.kind == "Gateway" || object.kind == "ReplicaSet")) return;
    out.add(object, one,
            "annotation " + std::string(one.key()) + " means nothing on a " + (pod ? "Pod" : object.kind) +
                "; it is for " + std::string(known->kinds));
  });
}

constexpr std::array kRules = {
    LintRule{"MSH1612", Severity::Warning, "an unknown Istio annotation", "Nobody reads it.", "Correct its name.",
             "IST0108", "", unknown_annotation},
    LintRule{"MSH1613", Severity::Warning, "an Istio annotation on the wrong kind", "Nobody reads it there.",
             "Annotations of pods belong into the template of the workload.", "IST0107", "", misplaced_annotation},
};

}  // namespace

std::span<const LintRule> annotation_rules() { return kRules; }

}  // namespace meshsim::scenarios
