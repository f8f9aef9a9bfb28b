#pragma once
// DestinationRules: which DestinationRule a proxy applies to a service, its subsets, and the traffic policy in force
// for a port and subset. Imitates: istiod's destination rule index and merging (pilot/pkg/model/destination_rule.go,
// push_context.go, 1.27; DP-222, DP-224, PO-120..PO-122). Where it stops: clientside load-balancer warm-up and tunnel
// settings are carried as text (TrafficPolicy::node), not interpreted.
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "models/route/routing.h"

namespace meshsim::models::route {

// One or more DestinationRules of one namespace and host, merged.
struct DestinationRule {
  ObjectRef ref;  // the oldest
  std::string ns, host;
  std::vector<std::string> export_to;
  bool has_selector = false;
  Labels selector;
  bool of_gateway_api = false;  // made of a BackendTLSPolicy
  Node policy;                  // top level
  struct Subset {
    std::string name;
    Labels labels;
    Node policy;
  };
  std::vector<Subset> subsets;
  // Policy in force: by subset ("" = none) and port (0 = any port without own settings).
  std::map<std::pair<std::string, std::uint16_t>, TrafficPolicy, std::less<>> in_force;

  const Subset* find_subset(std::string_view name) const;
  const TrafficPolicy& policy_for(std::string_view subset, std::uint16_t port) const;
};

class DestinationRules {
 public:
  void compile(const Mesh& mesh, Diagnostics& diagnostics);
  // nullptr: none applies. `labels` of the proxy; nullptr or `ignore_selectors`: rules with a workloadSelector are left
  // out (waypoints' own services).
  const DestinationRule* find(std::string_view proxy_ns, const Labels* labels, const Service& service,
                              bool ignore_selectors) const;

 private:
  // Under each host the entries in istiod's order; an entry is a list of rules that are merged into one, first to last,
  // and then the index of the merged rule.
  struct Entry {
    std::vector<std::size_t> sources;
    std::size_t merged = 0;
  };
  struct HostIndex {
    std::unordered_map<std::string, std::vector<Entry>> exact;
    std::vector<std::pair<std::string, std::vector<Entry>>> wild;  // longest first
  };
  struct PerNamespace {
    HostIndex local;         // for proxies of the namespace itself
    HostIndex exported;      // for all others, each entry filtered by its exportTo
    HostIndex private_only;  // of the root namespace alone
  };
  static const std::vector<Entry>* most_specific(const HostIndex& index, const std::string& host);
  void add(HostIndex& index, std::size_t rule) const;
  void merge_entries(const Mesh& mesh);
  const DestinationRule* choose(const std::vector<Entry>& entries, std::string_view proxy_ns,
                                const Labels* labels) const;
  std::vector<Entry> exported_to(std::string_view owner_ns, std::string_view proxy_ns, const std::string& host) const;
  std::vector<DestinationRule> sources_;  // as written, in istiod's order
  std::vector<DestinationRule> rules_;    // merged
  std::map<std::string, PerNamespace, std::less<>> by_ns_;
  std::string root_ns_;
  bool by_export_to_ = true;                        // ENABLE_ENHANCED_DESTINATIONRULE_MERGE
  std::vector<std::shared_ptr<const Tree>> trees_;  // of merged policies
};

// One TrafficPolicy from a trafficPolicy node.
TrafficPolicy read_policy(Node node);

}  // namespace meshsim::models::route
