#include "scenarios/export/scrape_target.h"

#include <map>

#include "scenarios/export/recording.h"

namespace meshsim::scenarios {

using models::DataplaneMode;
using models::Mesh;
using models::PodInstance;
using models::ProxyKind;
using models::ProxyRole;
using models::Workload;

namespace {

std::string suffix(std::string_view name) {  // as Kubernetes makes them
  static constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
  std::uint64_t number = stable_number(0, name);
  std::string out;
  for (int i = 0; i < 5; ++i, number /= kLetters.size()) out += kLetters[number % kLetters.size()];
  return out;
}

std::string pod_name(const Workload& workload, const PodInstance& pod, std::size_t index) {
  if (!pod.name.empty()) return pod.name;
  return workload.name + "-" + suffix(workload.ns + "/" + workload.name + "#" + std::to_string(index));
}

ScrapeTarget envoy_target(const Workload& workload, std::size_t index) {
  ScrapeTarget target;
  static const PodInstance kNone;
  const PodInstance& pod = index < workload.pods.size() ? workload.pods[index] : kNone;
  target.ns = workload.ns;
  target.pod = pod_name(workload, pod, index);
  for (const auto& [name, value] : workload.labels) target.labels[label_name(name)] = value;
  target.labels["service_istio_io_canonical_name"] = workload.canonical_service;
  target.labels["service_istio_io_canonical_revision"] = workload.canonical_revision;
  if (workload.mode == DataplaneMode::Sidecar) target.labels["security_istio_io_tlsMode"] = "istio";
  const std::string host = pod.addresses.empty()      ? target.pod
                           : pod.addresses.front().v6 ? "[" + pod.addresses.front().text() + "]"
                                                      : pod.addresses.front().text();
  target.labels["instance"] = host + ":15020";
  if (!pod.locality.node.empty()) target.labels["node"] = pod.locality.node;
  return target;
}

// The DaemonSet ztunnel among the manifests, or what its chart installs into the root namespace.
ScrapeTarget ztunnel_target(const Mesh& mesh, const std::string& node) {
  ScrapeTarget target;
  target.ns = mesh.settings.root_namespace;
  target.labels = {{"app", "ztunnel"},
                   {"app_kubernetes_io_name", "ztunnel"},
                   {"app_kubernetes_io_instance", "ztunnel"},
                   {"sidecar_istio_io_inject", "false"}};
  for (const Workload& workload : mesh.workloads)
    if (workload.role == ProxyRole::Ztunnel) {
      target.ns = workload.ns;
      for (const auto& [name, value] : workload.labels) target.labels[label_name(name)] = value;
    }
  target.pod = "ztunnel-" + suffix("ztunnel on " + node);
  target.labels["instance"] = target.pod + ":15020";
  if (!node.empty()) target.labels["node"] = node;
  return target;
}

void finish(ScrapeTarget& target) {
  target.labels["job"] = "kubernetes-pods";
  target.labels["namespace"] = target.ns;
  target.labels["pod"] = target.pod;
}

std::vector<std::size_t> ready_pods(const Workload& workload) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < workload.pods.size(); ++i)
    if (workload.pods[i].ready && !workload.pods[i].terminating) out.push_back(i);
  if (out.empty()) out.push_back(0);
  return out;
}

bool has_envoy(const Workload& workload) {
  if (workload.external) return false;
  return workload.mode == DataplaneMode::Sidecar || workload.role == ProxyRole::Gateway ||
         workload.role == ProxyRole::Waypoint || workload.role == ProxyRole::EastWest;
}

std::string node_of(const Workload& workload, std::size_t pod) {
  if (pod < workload.pods.size() && !workload.pods[pod].locality.node.empty()) return workload.pods[pod].locality.node;
  return workload.locality.node;
}

}  // namespace

std::string label_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool digit = c >= '0' && c <= '9';
    out += letter || (digit && !out.empty()) ? c : '_';
  }
  return out;
}

std::vector<ScrapeTarget> targets_of(const Mesh& mesh, const models::Hop& hop) {
  std::size_t index = hop.workload;
  if (hop.proxy != ProxyKind::Ztunnel && index >= mesh.workloads.size() && hop.gateway < mesh.gateways.size())
    index = mesh.gateways[hop.gateway].workload;
  if (index >= mesh.workloads.size()) return {};
  const Workload& workload = mesh.workloads[index];
  std::vector<ScrapeTarget> out;
  for (const std::size_t pod : ready_pods(workload)) {
    out.push_back(hop.proxy == ProxyKind::Ztunnel ? ztunnel_target(mesh, node_of(workload, pod))
                                                  : envoy_target(workload, pod));
    finish(out.back());
  }
  return out;
}

std::vector<ProxyTarget> all_targets(const Mesh& mesh) {
  std::vector<ProxyTarget> out;
  std::map<std::string, std::size_t> nodes;  // and enrolled pods there
  for (const Workload& workload : mesh.workloads) {
    const bool ambient = workload.mode == DataplaneMode::Ambient && !workload.external;
    for (const std::size_t pod : ready_pods(workload)) {
      if (ambient) ++nodes[node_of(workload, pod)];
      if (!has_envoy(workload)) continue;
      out.push_back({envoy_target(workload, pod), false, 1});
      finish(out.back().target);
    }
  }
  for (const auto& [node, pods] : nodes) {
    out.push_back({ztunnel_target(mesh, node), true, pods});
    finish(out.back().target);
  }
  return out;
}

}  // namespace meshsim::scenarios
