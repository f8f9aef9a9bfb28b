#include "models/telemetry/telemetry_rules.h"

#include <algorithm>

#include "models/telemetry/releases.h"
#include "models/telemetry/telemetry_merge.h"

namespace meshsim::models {

namespace {

bool same_name(std::string_view a, std::string_view b) {  // istiod compares provider names without regard to case
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return lower(x) == lower(y);
  });
}

std::vector<Node> target_refs(Node spec) {
  std::vector<Node> refs;
  for (Node ref : spec["targetRefs"]) refs.push_back(ref);
  if (spec["targetRef"].is_mapping()) refs.push_back(spec["targetRef"]);
  return refs;
}

struct Compiled {
  const Object* object = nullptr;
  Node spec;
  bool namespace_wide = false;
  std::vector<Node> refs;
  Labels selector;
};

// Telemetry blocks that apply to one proxy, in the order in which they are merged.
struct Applicable {
  std::vector<Node> metrics, logs, tracing;
  void add(Node spec) {
    for (Node block : spec["metrics"]) metrics.push_back(block);
    if (!spec["accessLogging"].empty()) logs.push_back(spec["accessLogging"]);
    for (Node block : spec["tracing"]) tracing.push_back(block);
  }
};

class Rules final : public TelemetryRules {
 public:
  explicit Rules(const Mesh& mesh) : mesh_(mesh) {
    std::vector<const Object*> objects = mesh.objects_of("Telemetry", "telemetry.istio.io");
    std::stable_sort(objects.begin(), objects.end(), [](const Object* a, const Object* b) { return older(*a, *b); });
    for (const Object* object : objects) {
      Compiled compiled{object, object->spec(), false, target_refs(object->spec()), {}};
      for (Node label : object->spec()["selector"]["matchLabels"])
        compiled.selector.emplace(std::string(label.key()), std::string(label.text()));
      compiled.namespace_wide = compiled.selector.empty() && compiled.refs.empty();
      by_namespace_[object->ns].push_back(std::move(compiled));
    }
    default_metrics_ = default_metric_providers();
    default_logs_ = names_at("defaultProviders.accessLogging");
    default_tracing_ = names_at("defaultProviders.tracing");
    ztunnel_ = ztunnel_logging(mesh);
  }

  const ZtunnelLogging& ztunnel() const override { return ztunnel_; }

  MetricRules metrics(const TelemetryScope& scope, TelemetryMode mode) const override {
    for (auto& [name, rules] : merge_metrics(applicable(scope).metrics, default_metrics_, mode))
      if (provider_kind(name) == "prometheus" && rules.installed) return rules;  // TM-174
    return {};
  }

  std::vector<LogRule> logs(const TelemetryScope& scope, TelemetryMode mode) const override {
    const Applicable blocks = applicable(scope);
    std::vector<LogRule> out;
    bool configured = false;
    if (!blocks.logs.empty() || !default_logs_.empty()) {
      for (const auto& [name, merged] : merge_logs(blocks.logs, default_logs_, mode)) {
        const std::string_view kind = provider_kind(name);
        if (!is_logger(kind)) continue;
        configured = true;
        if (!merged.disabled) out.push_back(log_rule(name, merged.filter));
      }
    }
    // TM-140: an empty result, not a disabled one, falls back to meshConfig.accessLogFile.
    if (!configured && !mesh_.settings.config_value("accessLogFile").string_or().empty()) {
      LogRule rule;
      rule.provider = "accessLogFile";
      rule.text_format = mesh_.settings.config_value("accessLogEncoding").string_or("TEXT") != "JSON";
      rule.format = mesh_.settings.config_value("accessLogFormat").string();
      out.push_back(std::move(rule));
    }
    return out;
  }

  TracingRule tracing(const TelemetryScope& scope, TelemetryMode mode) const override {
    const Applicable blocks = applicable(scope);
    TracingRule rule;
    const auto proxy = [&](std::string_view field) {
      return mesh_.proxy_setting(scope.workload, "tracing." + std::string(field));
    };
    rule.sampling = fallback_sampling(proxy("sampling"));
    put_custom_tags(proxy("customTags"), rule);
    put_longest_path(proxy("maxPathTagLength"), rule);
    if (blocks.tracing.empty() && default_tracing_.empty()) {
      // No Telemetry: MeshConfig's own switch, and a tracer in the proxy configuration.
      for (std::string_view kind : {"zipkin", "openCensusAgent", "lightstep", "datadog", "stackdriver"})
        if (proxy(kind).has_value()) rule.provider_kind = kind;
      rule.istio_tags = proxy("enableIstioTags").boolean().value_or(true);
      rule.enabled =
          mesh_.settings.config_value("enableTracing").boolean().value_or(true) && !rule.provider_kind.empty();
      return rule;
    }
    const MergedTracing merged = merge_tracing(blocks.tracing, default_tracing_, mode);
    rule.provider = merged.provider;
    rule.provider_kind = std::string(provider_kind(merged.provider));
    rule.enabled = !merged.disabled && is_tracer(rule.provider_kind);
    if (merged.sampling) rule.sampling = *merged.sampling;
    if (const ExtensionProvider* provider = find_provider(merged.provider)) {
      const Node own = provider->node[provider->kind];
      rule.b3_with_w3c = speaks_as_of_1_28(mesh_.settings.profile) &&
                         own["traceContextOption"].string_or() == "USE_B3_WITH_W3C_PROPAGATION";
      rule.provider_samples = rule.provider_kind == "opentelemetry" && own["dynatraceSampler"].has_value();
      put_longest_path(own["maxTagLength"], rule);
    }
    if (rule.provider_samples) rule.sampling = 100;
    rule.istio_tags = merged.istio_tags;
    rule.context_propagation = merged.context_propagation || !mesh_.settings.profile.trace_context_propagation_switch;
    put_custom_tags(merged.custom_tags, rule);
    return rule;
  }

 private:
  Names names_at(std::string_view path) const {
    Names names;
    for (Node name : mesh_.settings.config_value(path)) names.emplace_back(name.text());
    return names;
  }

  // What files do not show is assumed to have happened: the charts install `defaultProviders.metrics: [prometheus]`.
  // An empty mapping or list says otherwise.
  Names default_metric_providers() const {
    const Node metrics = mesh_.settings.config_value("defaultProviders.metrics");
    if (metrics.exists()) return names_at("defaultProviders.metrics");
    const Node all = mesh_.settings.config_value("defaultProviders");
    if (all.exists() && all.empty()) return {};
    return {"prometheus"};
  }

  // One level replaces the one before it as a whole; an empty one changes nothing.
  static void put_custom_tags(Node tags, TracingRule& rule) {
    if (!tags.is_mapping() || tags.empty()) return;
    rule.custom_tags.clear();
    for (const Node tag : tags) rule.custom_tags.emplace(std::string(tag.key()), tag);
  }
  static void put_longest_path(Node length, TracingRule& rule) {
    if (const auto value = length.number(); value && *value >= 1)
      rule.longest_path = static_cast<std::size_t>(std::min(*value, 1e6));
  }

  double fallback_sampling(Node proxy_config) const {
    const auto configured = proxy_config.number();
    if (configured && *configured != 0) return *configured > 100 ? 1.0 : *configured;
    const auto flag = mesh_.settings.features.find("PILOT_TRACE_SAMPLING");
    if (flag != mesh_.settings.features.end()) {
      try {
        return std::stod(flag->second);
      } catch (const std::exception&) {  // not a number: istiod keeps its default
      }
    }
    return 1.0;
  }

  // Every MeshConfig knows these providers, also where extensionProviders names others.
  std::string_view provider_kind(std::string_view name) const {
    if (const ExtensionProvider* provider = find_provider(name)) return provider->kind;
    if (same_name(name, "prometheus")) return "prometheus";
    if (same_name(name, "envoy")) return "envoyFileAccessLog";
    if (same_name(name, "stackdriver")) return "stackdriver";
    return {};
  }
  const ExtensionProvider* find_provider(std::string_view name) const {
    for (const ExtensionProvider& provider : mesh_.settings.extension_providers)
      if (same_name(provider.name, name)) return &provider;
    return nullptr;
  }
  static bool is_logger(std::string_view kind) {
    return kind == "envoyFileAccessLog" || kind == "envoyHttpAls" || kind == "envoyTcpAls" || kind == "envoyOtelAls";
  }
  static bool is_tracer(std::string_view kind) {
    return kind == "zipkin" || kind == "opentelemetry" || kind == "datadog" || kind == "skywalking";
  }

  LogRule log_rule(const std::string& name, const std::string& filter) const {
    LogRule rule;
    rule.provider = name;
    rule.filter = filter;
    if (const ExtensionProvider* provider = find_provider(name)) {
      const Node format = provider->node[provider->kind]["logFormat"];
      rule.format = format["text"].string();
      rule.labels = format["labels"];
      rule.text_format = !rule.labels.has_value();
    }
    return rule;
  }

  const Compiled* namespace_wide(std::string_view ns) const {
    const auto it = by_namespace_.find(ns);
    if (it == by_namespace_.end()) return nullptr;
    for (const Compiled& compiled : it->second)
      if (compiled.namespace_wide) return &compiled;  // the oldest
    return nullptr;
  }

  // PO-001..PO-011 as far as Telemetry uses them: selectors never reach waypoints, targetRefs only Gateway API proxies.
  static bool attaches(const Compiled& compiled, const TelemetryScope& scope) {
    const bool gateway_api = scope.gateway && scope.gateway->kind != Gateway::Kind::Classic;
    if (compiled.refs.empty()) return !scope.waypoint && scope.labels && matches(compiled.selector, *scope.labels);
    if (!gateway_api) return false;
    for (Node ref : compiled.refs) {
      const std::string_view kind = ref["kind"].string_or(), name = ref["name"].string_or();
      if (kind == "Gateway" && name == scope.gateway->name && compiled.object->ns == scope.gateway->ns) return true;
      if (kind == "GatewayClass" && scope.waypoint && name == scope.gateway->class_name) return true;
      if (!scope.waypoint || !scope.service || scope.service->ns != compiled.object->ns) continue;
      const bool kubernetes = scope.service->kubernetes;
      if (kind == (kubernetes ? "Service" : "ServiceEntry") && name == scope.service->ref.name) return true;
    }
    return false;
  }

  Applicable applicable(const TelemetryScope& scope) const {
    Applicable blocks;
    if (by_namespace_.empty()) return blocks;
    const std::string& root = mesh_.settings.root_namespace;
    if (const Compiled* wide = namespace_wide(root)) blocks.add(wide->spec);
    std::string_view ns = scope.ns;
    if (ns != root)
      if (const Compiled* wide = namespace_wide(ns)) blocks.add(wide->spec);
    // TM-170, PO-134: the service's namespace takes over at a waypoint that serves other namespaces.
    if (mesh_.settings.profile.telemetry_of_service_namespace && scope.waypoint && scope.service &&
        scope.service->ns != ns) {
      ns = scope.service->ns;
      if (const Compiled* wide = namespace_wide(ns)) blocks.add(wide->spec);
    }
    if (const auto it = by_namespace_.find(ns); it != by_namespace_.end())
      for (const Compiled& compiled : it->second)
        if (!compiled.namespace_wide && attaches(compiled, scope)) blocks.add(compiled.spec);
    return blocks;
  }

  const Mesh& mesh_;
  std::map<std::string, std::vector<Compiled>, std::less<>> by_namespace_;
  Names default_metrics_, default_logs_, default_tracing_;
  ZtunnelLogging ztunnel_;
};

}  // namespace

std::shared_ptr<const TelemetryRules> TelemetryRules::compile(const Mesh& mesh) {
  return std::make_shared<Rules>(mesh);
}

}  // namespace meshsim::models
