#include "scenarios/read/object_name.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace meshsim::scenarios {

namespace {

struct KindWords {
  std::string_view kind;
  std::string_view plural;
  std::string_view shorts;  // separated by blanks
};

// Short names: `kubectl api-resources` of Kubernetes 1.33, Istio 1.27 and Gateway API 1.3.
constexpr std::array<KindWords, 33> kKinds = {{
    {"Namespace", "namespaces", "ns"},
    {"Node", "nodes", "no"},
    {"Pod", "pods", "po"},
    {"Service", "services", "svc"},
    {"ServiceAccount", "serviceaccounts", "sa"},
    {"ConfigMap", "configmaps", "cm"},
    {"Deployment", "deployments", "deploy"},
    {"StatefulSet", "statefulsets", "sts"},
    {"DaemonSet", "daemonsets", "ds"},
    {"ReplicaSet", "replicasets", "rs"},
    {"Job", "jobs", ""},
    {"CronJob", "cronjobs", "cj"},
    {"EndpointSlice", "endpointslices", ""},
    {"NetworkPolicy", "networkpolicies", "netpol"},
    {"AuthorizationPolicy", "authorizationpolicies", "ap"},
    {"PeerAuthentication", "peerauthentications", "pa"},
    {"RequestAuthentication", "requestauthentications", "ra"},
    {"VirtualService", "virtualservices", "vs"},
    {"DestinationRule", "destinationrules", "dr"},
    {"ServiceEntry", "serviceentries", "se"},
    {"WorkloadEntry", "workloadentries", "we"},
    {"WorkloadGroup", "workloadgroups", "wg"},
    {"Gateway", "gateways", "gtw gw"},
    {"Sidecar", "sidecars", ""},
    {"EnvoyFilter", "envoyfilters", ""},
    {"ProxyConfig", "proxyconfigs", ""},
    {"WasmPlugin", "wasmplugins", ""},
    {"Telemetry", "telemetries", "telemetry"},
    {"GatewayClass", "gatewayclasses", "gc"},
    {"HTTPRoute", "httproutes", ""},
    {"GRPCRoute", "grpcroutes", ""},
    {"TCPRoute", "tcproutes", ""},
    {"TLSRoute", "tlsroutes", ""},
}};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

bool is_word_of(std::string_view shorts, std::string_view word) {
  while (!shorts.empty()) {
    const std::size_t blank = shorts.find(' ');
    if (shorts.substr(0, blank) == word) return true;
    if (blank == std::string_view::npos) return false;
    shorts.remove_prefix(blank + 1);
  }
  return false;
}

}  // namespace

std::string kind_of_word(std::string_view word) {
  const std::string wanted = lower(word);
  for (const KindWords& one : kKinds)
    if (lower(one.kind) == wanted || one.plural == wanted || is_word_of(one.shorts, wanted))
      return std::string(one.kind);
  std::string out(word);
  if (!out.empty()) out.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(out.front())));
  return out;
}

std::optional<ObjectName> parse_object_name(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t slash = text.find('/');
    parts.push_back(text.substr(0, slash));
    if (slash == std::string_view::npos) break;
    text.remove_prefix(slash + 1);
  }
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  if (std::any_of(parts.begin(), parts.end(), [](std::string_view part) { return part.empty(); })) return std::nullopt;
  ObjectName out;
  out.kind = kind_of_word(parts[parts.size() - 2]);
  out.name = std::string(parts.back());
  out.ns = parts.size() == 3 ? std::string(parts[0]) : "default";
  if (models::is_cluster_scoped(out.kind)) out.ns.clear();
  return out;
}

bool matches(const ObjectName& name, const models::Object& object) {
  return object.kind == name.kind && object.ns == name.ns && object.name == name.name;
}

}  // namespace meshsim::scenarios
