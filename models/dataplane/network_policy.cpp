#include "models/dataplane/network_policy.h"

#include <algorithm>

namespace meshsim::models {

bool NetworkPolicies::Selector::matches(const Labels& labels) const {
  if (!models::matches(match, labels)) return false;
  return std::all_of(expressions.begin(), expressions.end(), [&](const Expression& e) {
    const auto value = find(labels, e.key);
    const bool listed = value && std::find(e.values.begin(), e.values.end(), *value) != e.values.end();
    if (e.op == "In") return listed;
    if (e.op == "NotIn") return !listed;
    if (e.op == "Exists") return value.has_value();
    if (e.op == "DoesNotExist") return !value.has_value();
    return false;
  });
}

NetworkPolicies::Selector NetworkPolicies::read_selector(Node node) {
  Selector out;
  for (const Node pair : node["matchLabels"]) out.match.emplace(std::string(pair.key()), std::string(pair.text()));
  for (const Node entry : node["matchExpressions"]) {
    Selector::Expression e{entry["key"].string(), entry["operator"].string(), {}};
    for (const Node value : entry["values"]) e.values.emplace_back(value.text());
    out.expressions.push_back(std::move(e));
  }
  return out;
}

std::vector<NetworkPolicies::Rule> NetworkPolicies::read_rules(Node rules, std::string_view peers_field) {
  std::vector<Rule> out;
  for (const Node node : rules) {
    Rule rule;
    for (const Node peer : node[peers_field]) {
      PeerRule p;
      if (peer["podSelector"].exists()) p.pods = read_selector(peer["podSelector"]);
      if (peer["namespaceSelector"].exists()) p.namespaces = read_selector(peer["namespaceSelector"]);
      if (peer["ipBlock"].exists()) p.block = Cidr::parse(peer["ipBlock"]["cidr"].string_or());
      for (const Node hole : peer["ipBlock"]["except"])
        if (const auto cidr = Cidr::parse(hole.string_or())) p.except.push_back(*cidr);
      rule.peers.push_back(std::move(p));
    }
    bool tcp_ports = node["ports"].empty();
    for (const Node port : node["ports"]) {
      if (port["protocol"].string_or("TCP") != "TCP") continue;
      tcp_ports = true;
      PortRule p;
      if (const auto number = port["port"].integer()) {
        p.first = static_cast<std::uint16_t>(*number);
        p.last = static_cast<std::uint16_t>(port["endPort"].integer().value_or(*number));
      } else {
        p.name = port["port"].string();
      }
      rule.ports.push_back(std::move(p));
    }
    if (tcp_ports) out.push_back(std::move(rule));  // a rule for UDP only opens nothing for TCP
  }
  return out;
}

NetworkPolicies::NetworkPolicies(const Mesh& mesh) : mesh_(mesh) {
  for (const Object* object : mesh.objects_of("NetworkPolicy")) {
    Policy policy;
    policy.ref = object->ref();
    policy.ns = object->ns;
    policy.pods = read_selector(object->spec()["podSelector"]);
    const Node types = object->spec()["policyTypes"];
    policy.ingress = types.empty();
    policy.egress = types.empty() && object->spec()["egress"].exists();
    for (const Node type : types) {
      policy.ingress |= type.string_or() == "Ingress";
      policy.egress |= type.string_or() == "Egress";
    }
    policy.ingress_rules = read_rules(object->spec()["ingress"], "from");
    policy.egress_rules = read_rules(object->spec()["egress"], "to");
    by_namespace_[policy.ns].push_back(policies_.size());
    policies_.push_back(std::move(policy));
  }
}

bool NetworkPolicies::allows(const Policy& policy, const std::vector<Rule>& rules, std::size_t peer,
                             const IpAddress& peer_ip, std::size_t target, std::uint16_t port) const {
  auto peer_matches = [&](const PeerRule& rule) {
    if (rule.block) {
      return rule.block->contains(peer_ip) && std::none_of(rule.except.begin(), rule.except.end(),
                                                           [&](const Cidr& hole) { return hole.contains(peer_ip); });
    }
    if (peer == kNone) return false;
    const Workload& w = mesh_.workloads[peer];
    if (rule.namespaces ? !rule.namespaces->matches(mesh_.namespace_labels(w.ns)) : w.ns != policy.ns) return false;
    return !rule.pods || rule.pods->matches(w.labels);
  };
  auto port_matches = [&](const PortRule& rule) {
    if (!rule.name.empty()) {
      const auto& ports = mesh_.workloads[target].ports;
      return std::any_of(ports.begin(), ports.end(),
                         [&](const ContainerPort& p) { return p.name == rule.name && p.port == port; });
    }
    return !rule.first || (*rule.first <= port && port <= *rule.last);
  };
  return std::any_of(rules.begin(), rules.end(), [&](const Rule& rule) {
    return (rule.peers.empty() || std::any_of(rule.peers.begin(), rule.peers.end(), peer_matches)) &&
           (rule.ports.empty() || std::any_of(rule.ports.begin(), rule.ports.end(), port_matches));
  });
}

std::optional<ObjectRef> NetworkPolicies::blocks(std::size_t from, const IpAddress& from_ip, std::size_t to,
                                                 const IpAddress& to_ip, std::uint16_t port) const {
  if (policies_.empty() || from == to) return std::nullopt;
  // Isolated by at least one policy and allowed by none; the first policy by name is the one to show.
  auto isolated = [&](std::size_t subject, bool ingress, std::size_t peer,
                      const IpAddress& peer_ip) -> std::optional<ObjectRef> {
    if (subject == kNone || mesh_.workloads[subject].host_network) return std::nullopt;
    const Workload& w = mesh_.workloads[subject];
    const auto list = by_namespace_.find(w.ns);
    if (list == by_namespace_.end()) return std::nullopt;
    std::optional<ObjectRef> first;
    for (const std::size_t index : list->second) {
      const Policy& policy = policies_[index];
      if (!(ingress ? policy.ingress : policy.egress) || !policy.pods.matches(w.labels)) continue;
      if (allows(policy, ingress ? policy.ingress_rules : policy.egress_rules, peer, peer_ip, to, port))
        return std::nullopt;
      if (!first) first = policy.ref;
    }
    return first;
  };
  if (auto policy = isolated(from, false, to, to_ip)) return policy;
  return isolated(to, true, from, from_ip);
}

std::optional<ObjectRef> NetworkPolicies::blocks_leaving(std::size_t from, const std::optional<IpAddress>& to,
                                                         std::uint16_t port, bool& unsure) const {
  unsure = false;
  const Workload& w = mesh_.workloads[from];
  const auto list = by_namespace_.find(w.ns);
  if (w.host_network || list == by_namespace_.end()) return std::nullopt;
  enum class Answer : std::uint8_t { No, Maybe, Yes };
  const auto peer_answer = [&](const PeerRule& peer) {
    if (!peer.block) return Answer::No;  // selectors select pods
    if (!to) return peer.block->prefix == 0 && peer.except.empty() ? Answer::Yes : Answer::Maybe;
    const bool hole =
        std::any_of(peer.except.begin(), peer.except.end(), [&](const Cidr& c) { return c.contains(*to); });
    return peer.block->contains(*to) && !hole ? Answer::Yes : Answer::No;
  };
  const auto rule_answer = [&](const Rule& rule) {
    const bool opens = rule.ports.empty() || std::any_of(rule.ports.begin(), rule.ports.end(), [&](const PortRule& p) {
                         return p.name.empty() && (!p.first || (*p.first <= port && port <= *p.last));
                       });
    Answer best = opens && rule.peers.empty() ? Answer::Yes : Answer::No;
    if (opens)
      for (const PeerRule& peer : rule.peers) best = std::max(best, peer_answer(peer));
    return best;
  };
  std::optional<ObjectRef> first;
  for (const std::size_t index : list->second) {
    const Policy& policy = policies_[index];
    if (!policy.egress || !policy.pods.matches(w.labels)) continue;
    for (const Rule& rule : policy.egress_rules) {
      const Answer answer = rule_answer(rule);
      if (answer == Answer::Yes) return std::nullopt;
      unsure |= answer == Answer::Maybe;
    }
    if (!first) first = policy.ref;
  }
  return first;
}

}  // namespace meshsim::models
