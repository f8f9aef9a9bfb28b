// Telemetry objects: what ztunnel ignores, what waypoints take, and contradictions (PO-134, PO-135).
#include <algorithm>
#include <array>
#include <map>

#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/lint_rule.h"

namespace meshsim::scenarios {

using namespace models;

namespace {

void not_at_ztunnel(const LintContext& c, RuleFindings& out) {
  for (const Object* object : c.mesh.objects_of("Telemetry")) {
    const auto attachment = policy::decode_attachment(object->spec());
    if (!attachment.refs.empty() || object->ns == c.root()) continue;
    const bool selective = attachment.selector && !attachment.selector->empty();
    std::vector<std::size_t> ambient;
    bool others = false;
    for (const std::size_t w : c.selected(*object)) {
      if (c.is_ambient(w)) ambient.push_back(w);
      others = others || c.is_sidecar(w) || c.mesh.workloads[w].role == ProxyRole::Gateway;
    }
    if (ambient.empty()) continue;
    // For a whole namespace it applies to waypoints that stand there.
    const bool waypoint = std::any_of(c.mesh.gateways.begin(), c.mesh.gateways.end(), [&](const Gateway& g) {
      return g.kind == Gateway::Kind::Waypoint && g.ns == object->ns;
    });
    if (!selective && (waypoint || others)) continue;
    LintFinding& finding = out.add(*object, "ztunnel does not read Telemetry: nothing of it applies to ambient pods");
    for (const std::size_t w : ambient) finding.affects(c.workload_text(w));
    if (const auto shown = c.show(c.some_askers(object->ns, 2), c.targets_of(ambient.front()), {},
                                  [](const Outcome& o) { return !o.hops.empty() && !o.waypoint_traversed; })) {
      finding.shown_by(shown->flow, shown->text);
    }
  }
}

void also_at_waypoints(const LintContext& c, RuleFindings& out) {
  for (const Object* object : c.mesh.objects_of("Telemetry")) {
    const auto attachment = policy::decode_attachment(object->spec());
    if (!attachment.refs.empty() || attachment.selector || object->ns == c.root()) continue;
    for (const Gateway& gateway : c.mesh.gateways)
      if (gateway.kind == Gateway::Kind::Waypoint && gateway.ns == object->ns) {
        out.add(*object, "without selector it applies to the waypoint " + gateway.ns + '/' + gateway.name +
                             " as well, unlike an AuthorizationPolicy of the namespace")
            .affects("waypoint " + gateway.ns + '/' + gateway.name);
        break;
      }
  }
}

void conflicting(const LintContext& c, RuleFindings& out) {
  std::map<std::string, const Object*> first;
  for (const Object* object : c.mesh.objects_of("Telemetry")) {
    const auto attachment = policy::decode_attachment(object->spec());
    if (!attachment.refs.empty()) continue;
    std::string scope = object->ns + '|';
    if (attachment.selector)
      for (const auto& [key, value] : *attachment.selector) scope += key + '=' + value + ',';
    const auto [it, fresh] = first.emplace(scope, object);
    if (!fresh)
      out.add(*object,
              "it has the same scope as " + it->second->ref().text() + ": which of the two is used is not defined");
  }
}

void no_provider(const LintContext& c, RuleFindings& out) {
  const auto known = [&](std::string_view name) {
    static constexpr std::array kBuiltIn = {"prometheus", "stackdriver", "envoy"};
    return std::any_of(c.mesh.settings.extension_providers.begin(), c.mesh.settings.extension_providers.end(),
                       [&](const ExtensionProvider& p) { return p.name == name; }) ||
           std::any_of(kBuiltIn.begin(), kBuiltIn.end(), [&](const char* one) { return name == one; });
  };
  // Without any provider in MeshConfig, MeshConfig is not among the files.
  const bool informed = !c.mesh.settings.extension_providers.empty();
  for (const Object* object : c.mesh.objects_of("Telemetry"))
    for (const char* signal : {"metrics", "tracing", "accessLogging"})
      for (const Node entry : object->spec()[signal])
        for (const Node provider : entry["providers"])
          if (informed && !known(provider["name"].text()))
            out.add(*object, provider,
                    "provider " + provider["name"].string() + " is not in meshConfig.extensionProviders");
}

constexpr std::array kRules = {
    LintRule{
        "MSH1520", Severity::Warning, "a Telemetry that no proxy of ambient pods reads",
        "ztunnel has a fixed set of L4 metrics and a fixed access log; it takes no Telemetry (PO-135). By selector it "
        "does not reach waypoints either (PO-134).",
        "Target the waypoint or Service with targetRefs.", "KIA1112 KIA1117", "PO-134 PO-135", not_at_ztunnel},
    LintRule{
        "MSH1521", Severity::Info, "a Telemetry of the namespace also applies to its waypoints",
        "Telemetry is resolved by its own rule: one without selector reaches the waypoints of its namespace, though an "
        "AuthorizationPolicy without selector does not (PO-134).",
        "Nothing, if that is meant; otherwise give it a selector.", "PF-39", "PO-134", also_at_waypoints},
    LintRule{"MSH1522", Severity::Warning, "a Telemetry names an unknown provider", "It is ignored.",
             "Define the provider in meshConfig.extensionProviders.", "IST0157", "TM-160", no_provider},
    LintRule{"MSH1523", Severity::Warning, "two Telemetries of one scope",
             "Only one of them is used, and which one is not defined.", "Merge them.", "IST0159 IST0160", "PO-134",
             conflicting},
};

}  // namespace

std::span<const LintRule> telemetry_rules() { return kRules; }

}  // namespace meshsim::scenarios
