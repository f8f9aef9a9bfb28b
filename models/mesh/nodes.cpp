// Nodes: which of them run istio-cni and ztunnel, and where a pod is.
#include <algorithm>
#include <optional>

#include "models/mesh/draft.h"

namespace meshsim::models {
namespace {

enum class Agent : std::uint8_t { None, Cni, Ztunnel };

Agent agent_of(std::string_view name, Node labels) {
  const std::string_view app = labels["app"].text();
  const std::string_view k8s_app = labels["k8s-app"].text();
  if (app == "ztunnel" || name == "ztunnel") return Agent::Ztunnel;
  if (k8s_app == "istio-cni-node" || name == "istio-cni-node") return Agent::Cni;
  return Agent::None;
}

bool node_selected(Node node_selector, const Labels& labels) {
  for (const Node entry : node_selector)
    if (find(labels, entry.key()) != std::optional(entry.text())) return false;
  return true;
}

}  // namespace

void read_nodes(Draft& draft) {
  for (const Object* node : draft.of("/Node")) draft.nodes.emplace(node->name, NodeFacts{node->labels, true, true});
  // Live agent pods say exactly where they run; else a DaemonSet says where they may. Neither: assumed everywhere.
  for (const Agent agent : {Agent::Cni, Agent::Ztunnel}) {
    std::vector<std::string_view> running;
    std::vector<Node> selectors;
    for (const Object* pod : draft.of("/Pod"))
      if (agent_of("", pod->root["metadata"]["labels"]) == agent && pod->spec()["nodeName"])
        running.push_back(pod->spec()["nodeName"].text());
    for (const Object* set : draft.of("apps/DaemonSet"))
      if (agent_of(set->name, set->spec()["template"]["metadata"]["labels"]) == agent)
        selectors.push_back(set->spec()["template"]["spec"]["nodeSelector"]);
    if (running.empty() && selectors.empty()) continue;
    for (auto& [name, facts] : draft.nodes) {
      const bool there = running.empty()
                             ? std::any_of(selectors.begin(), selectors.end(),
                                           [&, &labels = facts.labels](Node s) { return node_selected(s, labels); })
                             : std::find(running.begin(), running.end(), name) != running.end();
      (agent == Agent::Cni ? facts.cni : facts.ztunnel) = there;
    }
  }
}

Locality locality_of(const Draft& draft, std::string_view node, const Labels& labels, Node pod_spec) {
  Locality out;
  out.node = node;
  const Node selector = pod_spec["nodeSelector"];
  if (out.node.empty()) out.node = selector["kubernetes.io/hostname"].text();
  const auto facts = draft.nodes.find(out.node);
  const auto pick = [&](std::string_view key, std::string_view old_key) {
    if (facts != draft.nodes.end()) {
      if (const auto v = find(facts->second.labels, key)) return std::string(*v);
      if (const auto v = find(facts->second.labels, old_key)) return std::string(*v);
    }
    if (const auto v = find(labels, key)) return std::string(*v);
    return std::string(selector[key].text());
  };
  out.region = pick("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region");
  out.zone = pick("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone");
  out.subzone = pick("topology.istio.io/subzone", "");
  // istio-locality: "region/zone/subzone" or with dots; the label beats the node (istio/istio pkg/model, GetLocality).
  if (const auto stated = find(labels, "istio-locality")) {
    const char separator = stated->find('/') != std::string_view::npos ? '/' : '.';
    std::string_view rest = *stated;
    for (std::string* part : {&out.region, &out.zone, &out.subzone}) {
      const auto end = rest.find(separator);
      *part = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
  }
  const auto cluster = find(labels, "topology.istio.io/cluster");
  out.cluster = cluster ? std::string(*cluster) : draft.mesh.settings.cluster_id;
  out.network = network_of(draft, labels, out.cluster);
  return out;
}

}  // namespace meshsim::models
