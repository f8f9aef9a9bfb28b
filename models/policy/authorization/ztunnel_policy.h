#pragma once
// ZtunnelPolicy: what istiod sends to ztunnel for an AuthorizationPolicy or PeerAuthentication, and how ztunnel
// evaluates it. Imitates istiod's ambient authorization.go (conversion, PO-055..PO-061) and ztunnel's rbac.rs
// (evaluation, PO-062, PO-063), Istio 1.27 to master 2026-08. Where it stops: destination network and dry-run logs.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/policy/authorization/authorization_policy.h"
#include "models/policy/authorization/string_match.h"
#include "models/policy/policy_engine.h"

namespace meshsim::models::policy {

// One match: six dimensions, each a positive and a negative list.
struct ZtunnelMatch {
  std::vector<ZString> principals, not_principals, namespaces, not_namespaces;
  std::vector<std::pair<std::string, std::string>> service_accounts, not_service_accounts;  // namespace, name
  std::vector<Cidr> source_ips, not_source_ips, destination_ips, not_destination_ips;
  std::vector<std::uint16_t> destination_ports, not_destination_ports;
  bool empty() const;
  friend bool operator==(const ZtunnelMatch&, const ZtunnelMatch&) = default;
};
using ZtunnelClause = std::vector<ZtunnelMatch>;  // any of
using ZtunnelGroup = std::vector<ZtunnelClause>;  // all of

enum class ZtunnelScope : std::uint8_t { WorkloadSelector, Namespace, Global };
std::string_view to_string(ZtunnelScope scope);  // "WORKLOAD_SELECTOR"

struct ZtunnelPolicy {
  std::string ns, name;
  ZtunnelScope scope = ZtunnelScope::WorkloadSelector;
  bool deny = false;
  bool dry_run = false;
  std::vector<ZtunnelGroup> groups;  // any of
  std::vector<int> rule_of_group;    // which rule of the source each group came from
  std::string id() const { return ns + '/' + name; }
};

// The outcome of converting one AuthorizationPolicy, with what was lost (PO-069a..e).
struct ZtunnelConversion {
  std::optional<ZtunnelPolicy> policy;   // nullopt: not sent (PO-015, PO-018, PO-027)
  std::vector<std::string> unsupported;  // L7 attributes found
  std::size_t rules_omitted = 0;         // ALLOW (PO-057)
  bool dead = false;                     // DENY that can never match (PO-058)
  bool all_denied = false;               // ALLOW of which no rule is left (PO-057)
};

struct ConversionFlags {
  std::string root;
  bool dry_run_sent = false;  // AMBIENT_ENABLE_DRY_RUN_AUTHORIZATION_POLICY where the version knows it
};
ZtunnelConversion convert(const AuthorizationPolicy& policy, const ConversionFlags& flags);

// The peer as ztunnel sees it: principal without scheme, namespace, account; all empty without identity (PO-063).
struct ZtunnelPeer {
  bool known = false;
  std::string_view principal, ns, service_account;
};
ZtunnelPeer ztunnel_peer(std::string_view principal);

bool holds(const ZtunnelMatch& match, const ZtunnelPeer& peer, const ConnectionView& connection);
bool group_matches(const ZtunnelGroup& group, const ZtunnelPeer& peer, const ConnectionView& connection);
// Index of the first group that matches, or nullopt (PO-062).
std::optional<std::size_t> first_match(const ZtunnelPolicy& policy, const ZtunnelPeer& peer,
                                       const ConnectionView& connection);
// How far a group is from matching: how many clauses fail, and why the first of them does, in words.
struct ZtunnelNearness {
  std::size_t failing = 0;
  std::string failure;
};
ZtunnelNearness explain(const ZtunnelGroup& group, const ZtunnelPeer& peer, const ConnectionView& connection);

}  // namespace meshsim::models::policy
