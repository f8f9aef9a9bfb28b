#include "models/route/destination_rules.h"

#include <algorithm>

#include "models/route/backend_tls.h"
#include "models/route/route_set.h"

namespace meshsim::models::route {
namespace {

Labels read_labels(Node node) {
  Labels out;
  for (const Node entry : node) out.emplace(std::string(entry.key()), std::string(entry.text()));
  return out;
}

Node port_settings(Node policy, std::uint16_t port) {
  for (const Node entry : policy["portLevelSettings"])
    if (entry["port"]["number"].integer() == port) return entry;
  return {};
}

// MergeTrafficPolicy (istio/istio CORE/cluster_traffic_policy.go, 1.27): fields of the subset replace those of the top
// level one by one; settings of a port replace all of them (DP-224).
std::shared_ptr<const Tree> merge(Node top, Node subset, std::uint16_t port) {
  static constexpr std::string_view kFields[] = {"connectionPool", "outlierDetection", "loadBalancer", "tls"};
  static constexpr std::string_view kWhole[] = {"tunnel", "proxyProtocol", "retryBudget"};
  std::map<std::string_view, Node> fields;
  for (const Node layer : {top, subset}) {
    if (!layer.has_value()) continue;
    for (const std::string_view name : kFields)
      if (layer[name].has_value()) fields[name] = layer[name];
    for (const std::string_view name : kWhole)
      if (layer[name].has_value()) fields[name] = layer[name];
    if (const Node own = port == 0 ? Node() : port_settings(layer, port); own.has_value())
      for (const std::string_view name : kFields) fields[name] = own[name];
  }
  TreeBuilder builder;
  builder.begin_mapping();
  for (const auto& [name, node] : fields) {
    if (!node.has_value()) continue;
    builder.key(name, node.key_position());
    builder.copy(node);
  }
  builder.end();
  return builder.finish();
}

// mergeBackendPolicyTrafficPolicy (1.31): what the user states stays, a policy of the Gateway API fills the gaps, those
// of every port as well.
std::shared_ptr<const Tree> fill_gaps(Node user, Node backend) {
  static constexpr std::string_view kPorts = "portLevelSettings";
  TreeBuilder builder;
  auto put = [&](Node node) {
    builder.copy_key(node);
    builder.copy(node);
  };
  builder.begin_mapping();
  for (const Node entry : user)
    if (entry.key() != kPorts) put(entry);
  for (const Node entry : backend)
    if (entry.key() != kPorts && !user[entry.key()].has_value()) put(entry);
  builder.key(kPorts);
  builder.begin_sequence();
  auto port_of = [](Node entry) { return static_cast<std::uint16_t>(entry["port"]["number"].integer().value_or(0)); };
  for (const Node entry : user[kPorts]) {
    builder.begin_mapping();
    for (const Node field : entry) put(field);
    for (const Node field : port_settings(backend, port_of(entry)))
      if (!entry[field.key()].has_value()) put(field);
    builder.end();
  }
  for (const Node entry : backend[kPorts])
    if (!port_settings(user, port_of(entry)).has_value()) builder.copy(entry);
  builder.end();
  builder.end();
  return builder.finish();
}

}  // namespace

TrafficPolicy read_policy(Node node) {
  TrafficPolicy out;
  out.node = node;
  const Node tls = node["tls"];
  const std::string_view mode = tls["mode"].string_or();
  if (tls.has_value()) {
    out.tls = mode == "SIMPLE"         ? ClientTls::Simple
              : mode == "MUTUAL"       ? ClientTls::Mutual
              : mode == "ISTIO_MUTUAL" ? ClientTls::IstioMutual
                                       : ClientTls::Disable;  // DISABLE is the enum's zero value
    out.tls_sni = tls["sni"].string();
    out.subject_alt_names = tls["subjectAltNames"];
  }
  const Node lb = node["loadBalancer"];
  const std::string_view simple = lb["simple"].string_or();
  if (!simple.empty() && simple != "UNSPECIFIED")
    out.lb = simple == "LEAST_CONN" ? "LEAST_REQUEST" : std::string(simple);
  out.passthrough_lb = simple == "PASSTHROUGH";
  if (lb["consistentHash"].has_value()) {
    out.consistent_hash = true;
    out.lb = "consistentHash";
  }
  out.locality = lb["localityLbSetting"];
  out.outlier_detection = node["outlierDetection"].has_value();
  const Node http = node["connectionPool"]["http"];
  out.use_client_protocol = http["useClientProtocol"].boolean().value_or(false);
  out.h2_upgrade = http["h2UpgradePolicy"].string();
  if (out.h2_upgrade == "DEFAULT") out.h2_upgrade.clear();
  return out;
}

const DestinationRule::Subset* DestinationRule::find_subset(std::string_view name) const {
  for (const Subset& subset : subsets)
    if (subset.name == name) return &subset;
  return nullptr;
}

const TrafficPolicy& DestinationRule::policy_for(std::string_view subset, std::uint16_t port) const {
  const std::string name = find_subset(subset) != nullptr ? std::string(subset) : std::string();
  auto it = in_force.find({name, port});
  if (it == in_force.end()) it = in_force.find({name, std::uint16_t{0}});
  return it->second;
}

// DP-224 (mergeDestinationRule): into the entries of the same host whose exportTo is the same set or part of the
// rule's; rules with a selector merge with those of the same selector. As in istiod, a rule that only widens another's
// exportTo is not kept on its own.
void DestinationRules::add(HostIndex& index, std::size_t at) const {
  const DestinationRule& rule = sources_[at];
  std::vector<Entry>* list = nullptr;
  if (rule.host.starts_with('*')) {
    auto it = std::find_if(index.wild.begin(), index.wild.end(), [&](const auto& w) { return w.first == rule.host; });
    if (it == index.wild.end()) it = index.wild.insert(index.wild.end(), {rule.host, {}});
    list = &it->second;
  } else {
    list = &index.exact[rule.host];
  }
  bool on_its_own = true;
  for (Entry& entry : *list) {
    const DestinationRule& first = sources_[entry.sources.front()];
    const bool part =
        std::includes(rule.export_to.begin(), rule.export_to.end(), first.export_to.begin(), first.export_to.end());
    const bool same = first.export_to == rule.export_to;
    on_its_own = !same || !by_export_to_;
    if (by_export_to_ && !same && (first.export_to.empty() || !part)) continue;
    if (first.has_selector && rule.has_selector && first.selector != rule.selector) {
      on_its_own = true;
      continue;
    }
    if (first.has_selector == rule.has_selector) on_its_own = false;
    entry.sources.push_back(at);
  }
  if (on_its_own) list->push_back({{at}, 0});
}

void DestinationRules::merge_entries(const Mesh& mesh) {
  // Namespace-local and exported entries are mostly the same ones.
  std::map<std::vector<std::size_t>, std::size_t> known;
  auto merge_into_one = [&](Entry& entry) {
    const auto [it, fresh] = known.try_emplace(entry.sources, rules_.size());
    entry.merged = it->second;
    if (!fresh) return;
    DestinationRule into = sources_[entry.sources.front()];
    for (std::size_t i = 1; i < entry.sources.size(); ++i) {
      const DestinationRule& rule = sources_[entry.sources[i]];
      for (const DestinationRule::Subset& subset : rule.subsets)
        if (into.find_subset(subset.name) == nullptr) into.subsets.push_back(subset);
      if (!into.policy.has_value() || !rule.policy.has_value()) {
        if (!into.policy.has_value()) into.policy = rule.policy;
      } else if (into.of_gateway_api != rule.of_gateway_api && mesh.settings.profile.gateway_api_stable_kinds) {
        // Version 1.31, like the kinds of the Gateway API that need no flag.
        trees_.push_back(into.of_gateway_api ? fill_gaps(rule.policy, into.policy)
                                             : fill_gaps(into.policy, rule.policy));
        into.policy = trees_.back()->root();
      }
    }
    rules_.push_back(std::move(into));
  };
  for (auto& [name, ns] : by_ns_)
    for (HostIndex* index : {&ns.local, &ns.exported, &ns.private_only}) {
      for (auto& [host, entries] : index->exact)
        for (Entry& entry : entries) merge_into_one(entry);
      for (auto& [host, entries] : index->wild)
        for (Entry& entry : entries) merge_into_one(entry);
      std::stable_sort(index->wild.begin(), index->wild.end(),
                       [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
    }
}

void DestinationRules::compile(const Mesh& mesh, Diagnostics& diagnostics) {
  root_ns_ = mesh.settings.root_namespace;
  by_export_to_ = mesh.settings.feature("ENABLE_ENHANCED_DESTINATIONRULE_MERGE");
  const std::vector<std::string> default_export =
      read_strings(mesh.settings.config_value("defaultDestinationRuleExportTo"));
  const bool private_by_default = std::find(default_export.begin(), default_export.end(), ".") != default_export.end();
  // Rules of the Gateway API carry no creation time in istiod and so come before every DestinationRule.
  for (DestinationRule& rule : backend_tls_rules(mesh, trees_, diagnostics)) {
    rule.of_gateway_api = true;
    sources_.push_back(std::move(rule));
  }
  std::vector<const Object*> objects = mesh.objects_of("DestinationRule");
  std::stable_sort(objects.begin(), objects.end(), [](const Object* a, const Object* b) { return older(*a, *b); });
  for (const Object* object : objects) {
    const Node spec = object->spec();
    DestinationRule rule;
    rule.ref = object->ref();
    rule.ns = object->ns;
    const std::string_view host = spec["host"].string_or();
    const bool short_name = host.find('.') == std::string_view::npos && host.find('*') == std::string_view::npos;
    rule.host = lower(short_name ? mesh.fqdn(host, object->ns) : std::string(host));
    rule.export_to = read_strings(spec["exportTo"]);
    std::sort(rule.export_to.begin(), rule.export_to.end());
    rule.export_to.erase(std::unique(rule.export_to.begin(), rule.export_to.end()), rule.export_to.end());
    const Node selector = spec["workloadSelector"];
    rule.has_selector = selector.has_value();
    if (rule.has_selector) {
      rule.selector = read_labels(selector["matchLabels"]);
      // PO-120: a rule with a selector is private to its namespace.
      rule.export_to = {"."};
    }
    rule.policy = spec["trafficPolicy"];
    for (const Node entry : spec["subsets"])
      rule.subsets.push_back({std::string(entry["name"].text()), read_labels(entry["labels"]), entry["trafficPolicy"]});

    sources_.push_back(std::move(rule));
  }
  std::stable_sort(sources_.begin(), sources_.end(), [](const DestinationRule& a, const DestinationRule& b) {
    return a.has_selector && !b.has_selector;
  });
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const DestinationRule& rule = sources_[i];
    const auto& to = rule.export_to;
    PerNamespace& ns = by_ns_[rule.ns];
    if (exported(to, rule.ns, rule.ns)) add(ns.local, i);
    if (!(to.empty() ? private_by_default : to.size() == 1 && (to[0] == "." || to[0] == rule.ns)))
      add(ns.exported, i);
    else if (rule.ns == root_ns_)
      add(ns.private_only, i);
  }
  merge_entries(mesh);

  for (DestinationRule& rule : rules_) {
    auto put = [&](const std::string& subset, Node subset_policy) {
      std::vector<std::uint16_t> ports = {0};
      for (const Node policy : {rule.policy, subset_policy})
        for (const Node entry : policy["portLevelSettings"])
          if (const auto port = entry["port"]["number"].integer(); port && *port > 0 && *port < 65536)
            ports.push_back(static_cast<std::uint16_t>(*port));
      for (const std::uint16_t port : ports) {
        trees_.push_back(merge(rule.policy, subset_policy, port));
        TrafficPolicy policy = read_policy(trees_.back()->root());
        policy.rule = rule.ref;
        rule.in_force.insert_or_assign({subset, port}, std::move(policy));
      }
    };
    put("", {});
    for (const DestinationRule::Subset& subset : rule.subsets) put(subset.name, subset.policy);
  }
}

const std::vector<DestinationRules::Entry>* DestinationRules::most_specific(const HostIndex& index,
                                                                            const std::string& host) {
  if (const auto it = index.exact.find(host); it != index.exact.end()) return &it->second;
  for (const auto& [pattern, entries] : index.wild)
    if (host_matches(pattern, host)) return &entries;
  return nullptr;
}

// SidecarScope.DestinationRule: the first whose selector matches, else the last without one. Where all that are left
// select others nothing applies, whatever another namespace says.
const DestinationRule* DestinationRules::choose(const std::vector<Entry>& entries, std::string_view proxy_ns,
                                                const Labels* labels) const {
  const DestinationRule* general = nullptr;
  for (const Entry& entry : entries) {
    const DestinationRule& rule = rules_[entry.merged];
    if (!rule.has_selector)
      general = &rule;
    else if (labels != nullptr && rule.ns == proxy_ns && matches(rule.selector, *labels))
      return &rule;
  }
  return general;
}

// What the most specific host of a namespace's exported rules has for the proxy's namespace; less specific hosts are
// not asked (getExportedDestinationRuleFromNamespace).
std::vector<DestinationRules::Entry> DestinationRules::exported_to(std::string_view owner_ns, std::string_view proxy_ns,
                                                                   const std::string& host) const {
  std::vector<Entry> out;
  const auto ns = by_ns_.find(owner_ns);
  if (ns == by_ns_.end()) return out;
  if (const std::vector<Entry>* entries = most_specific(ns->second.exported, host))
    for (const Entry& entry : *entries) {
      const auto& to = rules_[entry.merged].export_to;
      if (to.empty() || std::any_of(to.begin(), to.end(), [&](const auto& t) { return t == "*" || t == proxy_ns; }))
        out.push_back(entry);
    }
  return out;
}

const DestinationRule* DestinationRules::find(std::string_view proxy_ns, const Labels* labels, const Service& service,
                                              bool ignore_selectors) const {
  if (rules_.empty()) return nullptr;
  const std::string host = lower(service.hostname);
  if (ignore_selectors) labels = nullptr;
  // DP-222: own namespace, the service's, the root namespace. In the root namespace itself only rules that are private
  // to it come first, else every `*.local` rule there would hide those of the services.
  if (const auto own = by_ns_.find(proxy_ns); own != by_ns_.end())
    if (const auto* entries = most_specific(proxy_ns == root_ns_ ? own->second.private_only : own->second.local, host))
      return choose(*entries, proxy_ns, labels);
  for (const std::string_view owner : {std::string_view(service.ns), std::string_view(root_ns_)})
    if (const std::vector<Entry> entries = exported_to(owner, proxy_ns, host); !entries.empty())
      return choose(entries, proxy_ns, labels);
  return nullptr;
}

}  // namespace meshsim::models::route
