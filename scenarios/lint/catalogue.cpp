// The table of all rules: those found while files are read, resolved and compiled stand here, the linter's own in the
// files of their subjects.
#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "scenarios/lint/lint_rule.h"

namespace meshsim::scenarios {

namespace {

using models::Severity;
constexpr Severity kInfo = Severity::Info, kWarning = Severity::Warning, kError = Severity::Error;

// Codes of reading (MSH00xx), of admission (MSH01xx), of references and bindings (MSH02xx), of kinds (MSH03xx).
constexpr std::array kFound = {
    LintRule{"MSH0001", kError, "a file or folder cannot be read",
             "What is missing could be the policy that decides, so nothing is said about traffic.",
             "Correct the path, or the permissions of the file.", "", ""},
    LintRule{"MSH0002", kError, "a file exceeds a limit of the reader",
             "Size, nesting and YAML aliases are limited so that a hostile file cannot exhaust the machine.",
             "Split the file, or raise --max-file-bytes, --max-depth or --max-alias-nodes.", "", ""},
    LintRule{"MSH0003", kError, "a file is not UTF-8 text", "No tool of the cluster reads such a file.",
             "Save it as UTF-8.", "", ""},
    LintRule{"MSH0004", kError, "a document is no valid YAML or JSON", "kubectl refuses it, too.",
             "Mend the syntax at the place named.", "IST0106", ""},
    LintRule{"MSH0005", kWarning, "a file holds no document",
             "Nothing was read from it. A file that is named on the command line and empty is an error.",
             "Leave it out, unless it is empty on purpose.", "", ""},
    LintRule{"MSH0006", kError, "a file is a template, not a manifest",
             "Helm, Go and similar templates are no YAML before they are rendered.",
             "Render it first and check what comes out.", "", ""},
    LintRule{"MSH0007", kError, "a key stands twice in one mapping",
             "Readers of YAML disagree on which of the two counts; strict ones refuse the document.",
             "Keep one of them.", "", ""},
    LintRule{"MSH0008", kError, "a YAML alias or merge is wrong", "Its anchor is missing, open, or of the wrong kind.",
             "Define the anchor before its use, in the same document.", "", ""},
    LintRule{"MSH0009", kInfo, "YAML readers disagree on this text",
             "It was read as kubectl reads it; another reader may refuse it or read something else.",
             "Quote the value.", "", ""},
    LintRule{"MSH0010", kError, "a scenario has an unknown field", "Scenario files are read strictly.",
             "Take the name that the finding proposes, or see `meshsim schema`.", "", ""},
    LintRule{"MSH0011", kError, "a scenario field has a wrong type or value", "Scenario files are read strictly.",
             "See `meshsim schema` for what is allowed.", "", ""},
    LintRule{"MSH0012", kError, "a scenario lacks a field", "Without it the question is not complete.", "Add it.", "",
             ""},
    LintRule{"MSH0013", kError, "a scenario names an object that is not there",
             "A label overlay or an event of the timeline would have no effect.", "Correct the name.", "", ""},
    LintRule{"MSH0014", kWarning, "a text given as a token is no JSON Web Token",
             "It is taken as a malformed token, which every validator answers with 401 (PO-104).",
             "Give a complete token, or state its claims.", "", "PO-104"},
    LintRule{"MSH0015", kWarning, "a call graph names a service that the mesh does not have",
             "Its requests and its calls are left out of the simulation.",
             "Name the workload under `callGraph.services`, or null where that is meant.", "", ""},
    LintRule{"MSH0016", kWarning, "part of a call graph is left out",
             "What the simulation has no counterpart for, or what the file tells only half of, is not guessed.",
             "Complete the file, or accept the finding.", "", ""},
    LintRule{"MSH0020", kWarning, "a document is no Kubernetes object",
             "It has no apiVersion or kind, so no cluster would take it.", "Remove it from the folder, or complete it.",
             "IST0106", ""},
    LintRule{"MSH0021", kError, "labels or annotations are no mapping", "The API server refuses the object.",
             "Write them as a mapping of strings.", "IST0106", ""},
    LintRule{"MSH0022", kError, "a label, annotation or name is no string",
             "YAML reads true, 1 and the like as other types, which the API server refuses.", "Put it in quotes.",
             "IST0106", ""},
    LintRule{"MSH0023", kWarning, "an object has no name", "The API server refuses it.", "Give it metadata.name.",
             "IST0106", ""},
    LintRule{
        "MSH0024", kWarning, "an object is replaced by another of the same name",
        "Both are in the input with different content; a cluster keeps the one that is applied last, and the order of "
        "files decides nothing here.",
        "Keep one of them.", "", ""},
    LintRule{"MSH0025", kInfo, "an object is given twice", "Both copies say the same.", "Keep one of them.", "", ""},
    LintRule{"MSH0026", kWarning, "a kind that Istio no longer reads",
             "It was retired; current control planes ignore objects of it, so what it promised does not happen.",
             "Replace it by its successor, which the finding names.", "IST0002", ""},
    LintRule{"MSH0027", kInfo, "a document for another tool",
             "Kustomizations, Helm values and the like are no objects of a cluster.", "Render them first.", "", ""},
    LintRule{
        "MSH0030", kWarning, "an unknown field",
        "The API server drops fields that its schema does not have, or refuses the object; what was meant by it does "
        "not happen.",
        "Take the name that the finding proposes.", "IST0106 IST0133", ""},
    LintRule{"MSH0031", kWarning, "a field has a wrong type", "The API server refuses the object.",
             "Write the type that the schema asks for.", "IST0106", ""},
    LintRule{"MSH0101", kError, "a policy's selector is refused",
             "selector, targetRef and targetRefs exclude each other, and selectors know no wildcards (PO-200).",
             "Keep one way of attachment.", "IST0106", "PO-200"},
    LintRule{"MSH0102", kError, "a policy's targetRef is refused",
             "A policy can target core/Service, ServiceEntry, Gateway and GatewayClass in its own namespace (PO-201).",
             "Name one of these, without a namespace.", "IST0106", "PO-201"},
    LintRule{
        "MSH0103", kError, "a rule of an AuthorizationPolicy is refused",
        "The admission webhook checks every field (PO-202). Where it is down, the object gets in and the proxies make "
        "of it what they can.",
        "Mend the field named.", "IST0106", "PO-202"},
    LintRule{
        "MSH0104", kError, "an action of an AuthorizationPolicy is refused",
        "CUSTOM needs rules and a provider and may not look at the peer; DENY needs rules; dry-run is for ALLOW and "
        "DENY (PO-203, PO-164).",
        "Mend the field named.", "IST0106", "PO-203 PO-164 PO-026"},
    LintRule{
        "MSH0105", kWarning, "the admission webhook warns of a policy",
        "It is accepted, and does more or less than it says: a selector without labels, or a DENY that falls on every "
        "TCP port (PO-204).",
        "Say what is meant: leave out the selector, or add ports.", "IST0133", "PO-204 PO-019 PO-052"},
    LintRule{"MSH0106", kError, "a policy exceeds a limit of its schema", "The API server refuses it (PO-205).",
             "Split it.", "IST0106", "PO-205"},
    LintRule{
        "MSH0107", kWarning, "a value of a policy can never match",
        "Accepted by everybody, and dead: principals are written without spiffe://, a star works only at the start or "
        "end of a value, methods are upper case (PO-206).",
        "Write the value as the proxies compare it.", "LN-09 PF-23 KIA0102", "PO-206 PO-032 PO-035 PO-039"},
    LintRule{"MSH0108", kError, "a PeerAuthentication is refused",
             "portLevelMtls needs a selector, at least one entry, and ports from 1 to 65535.", "Mend the field named.",
             "IST0106", "PO-082"},
    LintRule{"MSH0109", kError, "a RequestAuthentication is refused",
             "Every rule needs an issuer or a source of keys, and the keys must be readable.", "Mend the field named.",
             "IST0106", "PO-110"},
    LintRule{"MSH0110", kWarning, "a CUSTOM policy names an unknown provider",
             "Every request that matches its rules is refused with 403, whatever the provider would say (PO-162).",
             "Define the provider in meshConfig.extensionProviders, or correct the name.", "", "PO-160 PO-162"},
    LintRule{"MSH0201", kWarning, "a Service selects no workload",
             "Requests to it find no endpoint. In a folder that holds only a part of the mesh this is to be expected.",
             "Correct the selector, or give the missing files as well.", "KIA0701", "DP-200"},
    LintRule{
        "MSH0202", kWarning, "a waypoint is named that does not exist",
        "The workload or Service is published without a waypoint: traffic bypasses it and every policy that targets "
        "it (PO-145). Nothing fails.",
        "Create the Gateway of class istio-waypoint, or correct the label istio.io/use-waypoint.",
        "LN-11 KIA1313 PF-14 IST0171", "PO-145 DP-102"},
    LintRule{"MSH0203", kWarning, "a waypoint does not admit this binding",
             "Its allowedRoutes do not take objects of this namespace, so traffic bypasses it (PO-145).",
             "Allow the namespace in the Gateway's listener (allowedRoutes), or use a waypoint of the own namespace.",
             "LN-11 IST0171", "PO-145 DP-106"},
    LintRule{
        "MSH0204", kWarning, "a waypoint is for another kind of traffic",
        "istio.io/waypoint-for decides whether a waypoint serves traffic addressed to Services, to workloads, or "
        "both; a binding of the other kind is not used (PO-143).",
        "Set istio.io/waypoint-for to all on the Gateway, or put the label on the kind of object that is addressed.",
        "LN-11 PF-16 IST0171", "PO-143 DP-103"},
    LintRule{"MSH0205", kWarning, "a Gateway has a class that is not Istio's",
             "Another controller runs it, or none; meshsim does not model it.",
             "Correct gatewayClassName, or add the GatewayClass to the files.", "", "DP-100"},
    LintRule{"MSH0206", kWarning, "istio.io/use-waypoint-namespace stands alone",
             "Without istio.io/use-waypoint on the same object it means nothing (DP-102).",
             "Add istio.io/use-waypoint.", "", "DP-102"},
    LintRule{"MSH0207", kWarning, "istio.io/use-waypoint names a Gateway that is no waypoint",
             "ztunnels send HBONE to it and it listens on no HBONE port: connections fail.",
             "Name a Gateway of class istio-waypoint.", "LN-11", "DP-100"},
    LintRule{"MSH0208", kWarning, "a waypoint is not ready",
             "A Gateway without address in its status is not published: traffic bypasses the waypoint and its policies "
             "until it is programmed (PO-145).",
             "Wait for Programmed=True before the objects are labelled; look at the Gateway's conditions.",
             "LN-11 PF-15 IST0171", "PO-145 DP-100"},
    LintRule{"MSH0209", kWarning, "a Service names a target port that no pod has", "The port leads nowhere (DP-201).",
             "Name a container port, or use its number.", "", "DP-201"},
    LintRule{"MSH0210", kWarning, "an object is declared again with another content",
             "A cluster can hold only one of them.", "Keep one of them.", "", ""},
    LintRule{"MSH0211", kInfo, "an object is for another revision",
             "istiod reads only objects whose label istio.io/rev is absent or its own.",
             "Correct the label, or state mesh.revision.", "", ""},
    LintRule{"MSH0212", kWarning, "ambient pods without an ambient control plane",
             "With PILOT_ENABLE_AMBIENT off, istiod tells no proxy about HBONE: ambient pods are sent plaintext, which "
             "STRICT refuses.",
             "Install with the ambient profile (istiod, istio-cni, ztunnel).", "", "DP-036"},
    LintRule{"MSH0213", kWarning, "more replicas than meshsim models", "Weights are computed over those modelled.",
             "Nothing to do; verdicts do not depend on it.", "", ""},
    LintRule{"MSH0214", kWarning, "a label names a revision without a webhook",
             "Nobody injects the pod: it starts without a sidecar, in silence (DP-004).",
             "Name a revision or tag that is installed, or state mesh.revision.", "IST0103", "DP-004"},
    LintRule{"MSH0215", kWarning, "a Gateway's address names no Service",
             "An unmanaged Gateway is run by the pods behind the Service that spec.addresses names.",
             "Correct the host name.", "", "DP-100"},
    LintRule{"MSH0216", kInfo, "an object is hidden from the control plane",
             "Discovery selectors or mesh.undiscoveredNamespaces leave its namespace out.",
             "Nothing, if that is meant.", "", ""},
    LintRule{
        "MSH0217", kWarning, "a label of pods stands on the object around them",
        "istio.io/dataplane-mode, sidecar.istio.io/inject and istio.io/use-waypoint count on pods; on a Deployment "
        "itself they do nothing.",
        "Move the label to spec.template.metadata.labels.", "IST0107", "DP-003 DP-012 DP-105"},
    LintRule{"MSH0219", kWarning, "a namespace has labels for sidecars and for ambient",
             "New pods get sidecars, which win; pods that were there before are ambient at once (DP-020, DP-021). The "
             "OpenShift document asks to avoid mixed labels.",
             "Keep one label. To migrate: add istio.io/dataplane-mode, remove the injection label, restart the pods.",
             "IST0123 KIA1314", "DP-020 DP-021"},
    LintRule{"MSH0220", kWarning, "a port or an endpoint is left out", "The API server refuses the object.",
             "Mend the value.", "IST0106", ""},
    LintRule{"MSH0230", kError, "an unknown switch of the profile", "Scenario files are read strictly.",
             "See `meshsim profiles`.", "", ""},
    LintRule{"MSH0231", kError, "an unknown profile", "Scenario files are read strictly.", "See `meshsim profiles`.",
             "", ""},
    LintRule{"MSH0240", kWarning, "a delegate VirtualService is not usable", "The route is dropped (DP-256).",
             "Create it without hosts, in a namespace that may see it.", "", "DP-256"},
    LintRule{"MSH0241", kWarning, "a route's parent does not exist", "The route is not in force.",
             "Correct parentRefs.", "IST0171 KIA1401", "DP-252"},
    LintRule{"MSH0242", kWarning, "a route's parent does not take the route", "The route is not in force.",
             "Look at listeners, hostnames and allowedRoutes of the Gateway.", "IST0171 KIA1402", "DP-252"},
    LintRule{"MSH0243", kWarning, "istiod refuses a whole route", "It is as if it were not there.",
             "Mend what the finding names.", "IST0171", "DP-252"},
    LintRule{"MSH0244", kWarning, "a backend of a route does not resolve",
             "Its share of the requests is answered with 500 (DP-252).",
             "Correct the backend, or add a ReferenceGrant.", "IST0171", "DP-252"},
    LintRule{"MSH0245", kWarning, "a BackendTLSPolicy targets nothing",
             "It reaches Services and ServiceEntries of its own namespace, by port name where it has a sectionName. No "
             "TLS is "
             "originated for a target that is not there.",
             "Correct the target.", "IST0171", "DP-242"},
    LintRule{"MSH0246", kWarning, "this version does not read a kind of the Gateway API",
             "TCPRoute, TLSRoute, BackendTLSPolicy and XListenerSet need PILOT_ENABLE_ALPHA_GATEWAY_API before Istio "
             "1.31; ListenerSet is read from 1.30 on (DP-258). The object is not in force.",
             "Set PILOT_ENABLE_ALPHA_GATEWAY_API=true on istiod, or use the kind that this version reads.", "",
             "DP-258"},
    LintRule{"MSH0247", kWarning, "a listener loses its port to another",
             "Of listeners with the same port and hostname, or of TCP and HTTP on one port, the first is programmed: "
             "those of the Gateway before those of its ListenerSets, the oldest set first.",
             "Give one of them another port or hostname.", "IST0171", "DP-258"},
    LintRule{"MSH0301", kWarning, "a kind is read but not evaluated",
             "It could change where traffic goes; verdicts are given as if it were not there.",
             "Look at its effect by other means.", "", ""},
    LintRule{"MSH0302", kWarning, "a kind is not known", "It was ignored.", "Check group and kind.", "", ""},
    LintRule{"MSH0303", kInfo, "a kind has no bearing on traffic", "It was not looked at.", "Nothing to do.", "", ""},
    LintRule{"MSH0310", kWarning, "an access log format that Envoy refuses",
             "Envoy knows no such operator and refuses every listener that uses the format.",
             "Correct the operator; a literal percent sign is written %%.", "", "TM-141"},
    LintRule{"MSH0311", kInfo, "an access log operator that is not written here",
             "It needs something that meshsim does not model; its value is shown as -.", "Nothing to do.", "",
             "TM-141"},
};

struct Table {
  std::vector<LintRule> rules;
  std::multimap<std::string, std::size_t, std::less<>> by_alias;  // upper case; own codes, too
  Table() {
    const auto take = [&](std::span<const LintRule> some) { rules.insert(rules.end(), some.begin(), some.end()); };
    take(kFound);
    take(annotation_rules());
    take(ztunnel_rules());
    take(identity_rules());
    take(port_rules());
    take(policy_scope_rules());
    take(redundancy_rules());
    take(client_rules());
    take(binding_rules());
    take(enrolment_rules());
    take(mtls_rules());
    take(request_rules());
    take(route_rules());
    take(telemetry_rules());
    take(network_rules());
    take(object_rules());
    std::sort(rules.begin(), rules.end(), [](const LintRule& a, const LintRule& b) { return a.code < b.code; });
    for (std::size_t i = 0; i < rules.size(); ++i) {
      by_alias.emplace(rules[i].code, i);
      std::string_view rest = rules[i].aliases;
      while (!rest.empty()) {
        const auto space = std::min(rest.find(' '), rest.size());
        by_alias.emplace(rest.substr(0, space), i);
        rest.remove_prefix(std::min(space + 1, rest.size()));
      }
    }
  }
};

const Table& table() {
  static const Table kTable;
  return kTable;
}

}  // namespace

std::span<const LintRule> lint_rules() { return table().rules; }

std::vector<const LintRule*> find_lint_rules(std::string_view code_or_alias) {
  std::string upper(code_or_alias);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  std::vector<const LintRule*> out;
  const auto [first, last] = table().by_alias.equal_range(upper);
  for (auto it = first; it != last; ++it) out.push_back(&table().rules[it->second]);
  return out;
}

const LintRule* find_lint_rule(std::string_view code) {
  const auto found = table().by_alias.find(code);
  return found == table().by_alias.end() ? nullptr : &table().rules[found->second];
}

}  // namespace meshsim::scenarios
