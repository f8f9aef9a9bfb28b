#include "models/telemetry/lost.h"

#include <algorithm>

#include <fmt/format.h>

namespace meshsim::models {

namespace {

bool in_mesh(const Party& party) {
  return party.workload && !party.gateway && party.workload->mode != DataplaneMode::None;
}

bool has_series(const Telemetry& shown, std::string_view name, std::string_view reporter) {
  return std::any_of(shown.metrics.begin(), shown.metrics.end(),
                     [&](const Metric& metric) { return metric.name == name && metric.reporter == reporter; });
}

bool envoy_on_path(const PathView& path, ProxyKind kind, bool inbound) {
  return std::any_of(path.hops.begin(), path.hops.end(),
                     [&](const HopView& view) { return view.hop->proxy == kind && view.hop->inbound == inbound; });
}

std::string label_of(const Telemetry& shown, std::string_view reporter, const std::string& label) {
  for (const Metric& metric : shown.metrics)
    if (metric.reporter == reporter)
      if (const auto it = metric.labels.find(label); it != metric.labels.end()) return it->second;
  return {};
}

// A waypoint that is bound to what the client addressed, and that this path goes around.
const Gateway* bypassed_waypoint(const PathView& path) {
  if (path.outcome.waypoint_traversed) return nullptr;
  const WaypointBinding* binding = nullptr;
  if (const Service* service = path.addressed())
    binding = &service->waypoint;
  else if (path.destination.workload)
    binding = &path.destination.workload->waypoint;
  if (!binding || !binding->bound() || binding->gateway >= path.mesh.gateways.size()) return nullptr;
  return &path.mesh.gateways[binding->gateway];
}

// What the sidecar that is not there would have reported of an HTTP request.
void add_missing_side(const TelemetryRules& rules, const Workload& workload, TelemetryMode mode,
                      std::vector<Lost>& lost) {
  const TelemetryScope scope{workload.ns, &workload.labels, nullptr, false, nullptr};
  const std::string name = workload.ns + "/" + workload.name;
  const bool client = mode == TelemetryMode::Client;
  const std::string why = name + " is ambient: its ztunnel sees bytes, not requests";
  if (rules.metrics(scope, mode).installed)
    lost.push_back({"metric",
                    fmt::format("istio_requests_total{{reporter=\"{}\"}}, with durations and sizes",
                                client ? "source" : "destination"),
                    why,
                    {"TM-095", "TM-008"}});
  if (rules.tracing(scope, mode).enabled)
    lost.push_back(
        {"span", fmt::format("{} span of {}", client ? "client" : "server", name), why, {"TM-164", "TM-165"}});
  if (!rules.logs(scope, mode).empty()) lost.push_back({"access-log", "HTTP log line of " + name, why, {"TM-080"}});
}

}  // namespace

std::vector<Lost> lost_signals(const PathView& path, const TelemetryRules& rules, const Telemetry& shown) {
  std::vector<Lost> lost;
  if (path.outcome.verdict == Verdict::Unknown) return lost;
  const bool client = in_mesh(path.client), server = in_mesh(path.destination);
  const bool client_gateway = path.client.gateway != nullptr;
  const bool refused_before_server =
      !path.outcome.hops.empty() && path.outcome.verdict != Verdict::Allowed &&
      path.outcome.hops.back().proxy != ProxyKind::Ztunnel &&
      !(path.outcome.hops.back().proxy == ProxyKind::Sidecar && path.outcome.hops.back().inbound);
  const auto add = [&lost](std::string signal, std::string what, std::string why, std::vector<std::string> rules) {
    lost.push_back({std::move(signal), std::move(what), std::move(why), std::move(rules)});
  };

  if (path.http) {
    if (client && path.client.workload->mode == DataplaneMode::Ambient &&
        !envoy_on_path(path, ProxyKind::Sidecar, false))
      add_missing_side(rules, *path.client.workload, TelemetryMode::Client, lost);
    if (server && path.destination.workload->mode == DataplaneMode::Ambient && !refused_before_server &&
        !envoy_on_path(path, ProxyKind::Sidecar, true))
      add_missing_side(rules, *path.destination.workload, TelemetryMode::Server, lost);
    if (const Gateway* waypoint = bypassed_waypoint(path); waypoint && !path.outcome.hops.empty())
      add("metric", "istio_requests_total{reporter=\"waypoint\"}",
          fmt::format("the path does not go through waypoint {}/{}", waypoint->ns, waypoint->name),
          {"TM-093", "TM-095"});
  }
  // Identity that a sidecar pair would have had over mutual TLS.
  if ((client || client_gateway) && server) {
    if (has_series(shown, path.http ? "istio_requests_total" : "istio_tcp_connections_opened_total", "source") &&
        label_of(shown, "source", "source_principal") == "unknown")
      add("label", "source_principal at reporter=\"source\"",
          "the connection of the client's proxy shows no certificate of its own on this leg", {"TM-013", "TM-037"});
    const std::string security = label_of(shown, "destination", "connection_security_policy");
    if (security == "none" || security == "unknown")
      add("label", "source_principal and connection_security_policy at reporter=\"destination\"",
          "the last hop is plaintext: no identity is proven", {"TM-037", "TM-115"});
    if (label_of(shown, "destination", "source_workload") == "unknown")
      add("label", "source_workload at reporter=\"destination\"",
          "the destination's proxy has no way to name this client", {"TM-033", "TM-037"});
    if (path.outcome.waypoint_traversed && !label_of(shown, "destination", "source_workload").empty())
      add("label", "the client in source_* at reporter=\"destination\"",
          "behind a waypoint the destination's proxy sees the waypoint as its client", {"TM-090", "TM-096"});
  }
  return lost;
}

}  // namespace meshsim::models
