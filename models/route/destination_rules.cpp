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

bool same_set(std::vector<std::string> a, std::vector<std::string> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
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

// DP-224: merge into an older rule of the same namespace, host and export.
void DestinationRules::add(DestinationRule rule) {
  PerNamespace& ns = by_ns_[rule.ns];
  std::vector<std::size_t>* list = nullptr;
  if (rule.host.starts_with('*')) {
    auto it = std::find_if(ns.wild.begin(), ns.wild.end(), [&](const auto& w) { return w.first == rule.host; });
    if (it == ns.wild.end()) it = ns.wild.insert(ns.wild.end(), {rule.host, {}});
    list = &it->second;
  } else {
    list = &ns.exact[rule.host];
  }
  const auto older_rule = std::find_if(list->begin(), list->end(), [&](std::size_t i) {
    return rules_[i].has_selector == rule.has_selector && rules_[i].selector == rule.selector &&
           same_set(rules_[i].export_to, rule.export_to);
  });
  if (older_rule == list->end()) {
    list->push_back(rules_.size());
    rules_.push_back(std::move(rule));
    return;
  }
  DestinationRule& into = rules_[*older_rule];
  for (DestinationRule::Subset& subset : rule.subsets)
    if (into.find_subset(subset.name) == nullptr) into.subsets.push_back(std::move(subset));
  if (!into.policy.has_value()) into.policy = rule.policy;
}

void DestinationRules::compile(const Mesh& mesh, Diagnostics& diagnostics) {
  root_ns_ = mesh.settings.root_namespace;
  const std::vector<std::string> default_export =
      read_strings(mesh.settings.config_value("defaultDestinationRuleExportTo"));
  // Rules of the Gateway API carry no creation time in istiod and so come before every DestinationRule.
  for (DestinationRule& rule : backend_tls_rules(mesh, trees_, diagnostics)) {
    rule.export_to = default_export;
    add(std::move(rule));
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
    if (rule.export_to.empty()) rule.export_to = default_export;
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

    add(std::move(rule));
  }
  for (auto& [name, ns] : by_ns_)
    std::stable_sort(ns.wild.begin(), ns.wild.end(),
                     [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });

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

const DestinationRule* DestinationRules::pick(std::string_view owner_ns, std::string_view proxy_ns,
                                              const Labels* labels, const std::string& host,
                                              bool ignore_selectors) const {
  const auto ns = by_ns_.find(owner_ns);
  if (ns == by_ns_.end()) return nullptr;
  auto choose = [&](const std::vector<std::size_t>& list) -> const DestinationRule* {
    const DestinationRule* general = nullptr;
    for (const std::size_t i : list) {
      const DestinationRule& rule = rules_[i];
      if (!exported(rule.export_to, owner_ns, proxy_ns)) continue;
      if (!rule.has_selector) {
        if (general == nullptr) general = &rule;
        continue;
      }
      if (ignore_selectors || labels == nullptr || owner_ns != proxy_ns) continue;
      if (matches(rule.selector, *labels)) return &rule;
    }
    return general;
  };
  if (const auto it = ns->second.exact.find(host); it != ns->second.exact.end())
    if (const DestinationRule* found = choose(it->second)) return found;
  for (const auto& [pattern, list] : ns->second.wild)
    if (host_matches(pattern, host))
      if (const DestinationRule* found = choose(list)) return found;
  return nullptr;
}

const DestinationRule* DestinationRules::find(std::string_view proxy_ns, const Labels* labels, const Service& service,
                                              bool ignore_selectors) const {
  if (rules_.empty()) return nullptr;
  const std::string host = lower(service.hostname);
  // DP-222: own namespace, the service's, the root namespace. In the root namespace itself only rules that are private
  // to it come first, else every `*.local` rule there would hide those of the services.
  if (proxy_ns != root_ns_)
    if (const DestinationRule* rule = pick(proxy_ns, proxy_ns, labels, host, ignore_selectors)) return rule;
  if (service.ns != proxy_ns || proxy_ns == root_ns_)
    if (const DestinationRule* rule = pick(service.ns, proxy_ns, labels, host, ignore_selectors)) return rule;
  return pick(root_ns_, proxy_ns, labels, host, ignore_selectors);
}

}  // namespace meshsim::models::route
