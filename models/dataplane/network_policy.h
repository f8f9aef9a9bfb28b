#pragma once
// NetworkPolicies: Kubernetes NetworkPolicy as a CNI enforces it, below every proxy: by pod, address and port of the
// connection that is really on the wire, which is port 15008 for HBONE whatever port the client asked for (DP-116,
// DP-312). Imitates networking.k8s.io/v1. Where it stops: AdminNetworkPolicy is not evaluated (resolve reports it);
// SCTP and UDP are ignored (DP-023).
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/mesh/mesh.h"

namespace meshsim::models {

class NetworkPolicies {
 public:
  explicit NetworkPolicies(const Mesh& mesh);

  // The policy that keeps a TCP connection from `from` (workload index; kNone: `from_ip` outside the cluster) away from
  // `to`:`port`; nullopt if it passes. Pods may always reach themselves.
  std::optional<ObjectRef> blocks(std::size_t from, const IpAddress& from_ip, std::size_t to, const IpAddress& to_ip,
                                  std::uint16_t port) const;
  // The same for a connection of `from` that leaves the cluster to `to` (nullopt: a name whose address the files do not
  // hold). `unsure`: only that address would tell.
  std::optional<ObjectRef> blocks_leaving(std::size_t from, const std::optional<IpAddress>& to, std::uint16_t port,
                                          bool& unsure) const;
  bool empty() const { return policies_.empty(); }

 private:
  struct Selector {
    Labels match;
    struct Expression {
      std::string key, op;
      std::vector<std::string> values;
    };
    std::vector<Expression> expressions;
    bool matches(const Labels& labels) const;
  };
  struct PeerRule {
    std::optional<Selector> pods, namespaces;
    std::optional<Cidr> block;
    std::vector<Cidr> except;
  };
  struct PortRule {
    std::optional<std::uint16_t> first, last;  // none: every port
    std::string name;                          // named container port
  };
  struct Rule {
    std::vector<PeerRule> peers;  // empty: everybody
    std::vector<PortRule> ports;  // empty: every port
  };
  struct Policy {
    ObjectRef ref;
    std::string ns;
    Selector pods;
    bool ingress = false, egress = false;
    std::vector<Rule> ingress_rules, egress_rules;
  };

  static Selector read_selector(Node node);
  static std::vector<Rule> read_rules(Node rules, std::string_view peers_field);
  bool allows(const Policy& policy, const std::vector<Rule>& rules, std::size_t peer, const IpAddress& peer_ip,
              std::size_t target, std::uint16_t port) const;

  const Mesh& mesh_;
  std::vector<Policy> policies_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> by_namespace_;
};

}  // namespace meshsim::models
