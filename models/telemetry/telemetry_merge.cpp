#include "models/telemetry/telemetry_merge.h"

#include <algorithm>
#include <array>

namespace meshsim::models {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kMetricNames = {{
    {"REQUEST_COUNT", "istio_requests_total"},
    {"REQUEST_DURATION", "istio_request_duration_milliseconds"},
    {"REQUEST_SIZE", "istio_request_bytes"},
    {"RESPONSE_SIZE", "istio_response_bytes"},
    {"TCP_OPENED_CONNECTIONS", "istio_tcp_connections_opened_total"},
    {"TCP_CLOSED_CONNECTIONS", "istio_tcp_connections_closed_total"},
    {"TCP_SENT_BYTES", "istio_tcp_sent_bytes_total"},
    {"TCP_RECEIVED_BYTES", "istio_tcp_received_bytes_total"},
    {"GRPC_REQUEST_MESSAGES", "istio_request_messages_total"},
    {"GRPC_RESPONSE_MESSAGES", "istio_response_messages_total"},
}};

Names provider_names(Node block) {
  Names names;
  for (Node provider : block["providers"]) names.push_back(provider["name"].string());
  return names;
}

bool mode_applies(Node match, TelemetryMode mode) {
  const std::string_view wanted = match["mode"].string_or("CLIENT_AND_SERVER");
  if (wanted == "CLIENT") return mode == TelemetryMode::Client;
  if (wanted == "SERVER") return mode == TelemetryMode::Server;
  return true;
}

bool names_all_metrics(Node match) {
  if (match["customMetric"].has_value()) return false;
  return match["metric"].string_or("ALL_METRICS") == "ALL_METRICS";
}

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void apply_override(MetricRule& rule, Node override_) {
  if (const auto disabled = override_["disabled"].boolean()) rule.disabled = *disabled;
  for (Node tag : override_["tagOverrides"]) {
    TagOverride change{std::string(tag.key()), tag["operation"].string_or("UPSERT") == "REMOVE", tag["value"].string()};
    const auto at = std::lower_bound(rule.tags.begin(), rule.tags.end(), change,
                                     [](const TagOverride& a, const TagOverride& b) { return a.tag < b.tag; });
    if (at != rule.tags.end() && at->tag == change.tag)
      *at = std::move(change);
    else
      rule.tags.insert(at, std::move(change));
  }
}

}  // namespace

std::string_view prometheus_name(std::string_view metric) {
  for (const auto& [name, prometheus] : kMetricNames)
    if (name == metric) return prometheus;
  return metric;
}

std::map<std::string, MetricRules> merge_metrics(const std::vector<Node>& metrics, const Names& defaults,
                                                 TelemetryMode mode) {
  std::map<std::string, MetricRules> providers;
  if (metrics.empty()) {
    for (const std::string& name : defaults) providers[name].installed = true;
    return providers;
  }
  // Providers are not merged: the last block that names some wins, the others count only where it names them too.
  Names in_scope = defaults;
  for (Node block : metrics)
    if (Names names = provider_names(block); !names.empty()) in_scope = std::move(names);

  Names parent = defaults;
  std::set<std::string> all_disabled;
  for (Node block : metrics) {
    Names names = provider_names(block);
    if (names.empty()) names = parent;
    parent = names;
    for (const std::string& provider : names) {
      if (!contains(in_scope, provider)) continue;
      MetricRules& rules = providers[provider];
      rules.installed = true;
      for (Node override_ : block["overrides"]) {
        const Node match = override_["match"];
        if (!mode_applies(match, mode)) continue;
        const bool all = names_all_metrics(match);
        if (all && override_["disabled"].boolean().value_or(false)) {
          all_disabled.insert(provider);
          continue;
        }
        // TM-170: any later override lifts a disabled ALL_METRICS as a whole, even one for another metric.
        all_disabled.erase(provider);
        if (all) {
          for (const auto& [enum_name, name] : kMetricNames)
            apply_override(rules.metrics[std::string(name)], override_);
        } else {
          const std::string_view custom = match["customMetric"].string_or();
          const std::string_view name = custom.empty() ? prometheus_name(match["metric"].string_or()) : custom;
          apply_override(rules.metrics[std::string(name)], override_);
        }
      }
    }
  }
  for (const std::string& provider : all_disabled) providers[provider] = MetricRules{};
  return providers;
}

std::map<std::string, MergedLog> merge_logs(const std::vector<Node>& levels, const Names& defaults,
                                            TelemetryMode mode) {
  std::map<std::string, MergedLog> providers;
  if (levels.empty()) {
    for (const std::string& name : defaults) providers[name];
    return providers;
  }
  Names in_scope = defaults;
  std::map<std::string, std::string> filters;
  for (Node level : levels) {
    Names named;
    for (Node block : level) {
      if (!mode_applies(block["match"], mode)) continue;
      for (std::string& name : provider_names(block)) {
        filters[name] = block["filter"]["expression"].string();
        if (!contains(named, name)) named.push_back(std::move(name));
      }
    }
    if (!named.empty()) in_scope = std::move(named);
  }
  Names parent = defaults;
  for (Node level : levels)
    for (Node block : level) {
      Names names = provider_names(block);
      if (names.empty()) names = parent;
      parent = names;
      for (const std::string& name : names) {
        if (!contains(in_scope, name) || !mode_applies(block["match"], mode)) continue;
        providers[name] =
            block["disabled"].boolean().value_or(false) ? MergedLog{true, {}} : MergedLog{false, filters[name]};
      }
    }
  return providers;
}

MergedTracing merge_tracing(const std::vector<Node>& tracing, const Names& defaults, TelemetryMode mode) {
  MergedTracing merged;
  if (!defaults.empty()) merged.provider = defaults.front();
  for (Node block : tracing) {
    if (!mode_applies(block["match"], mode)) continue;
    if (Names names = provider_names(block); !names.empty()) merged.provider = names.front();
    if (const auto value = block["disableSpanReporting"].boolean()) merged.disabled = *value;
    if (block["customTags"].has_value()) merged.custom_tags = block["customTags"];
    if (const auto value = block["randomSamplingPercentage"].number()) merged.sampling = *value;
    if (const auto value = block["enableIstioTags"].boolean()) merged.istio_tags = *value;
    if (const auto value = block["disableContextPropagation"].boolean()) merged.context_propagation = !*value;
  }
  return merged;
}

}  // namespace meshsim::models
