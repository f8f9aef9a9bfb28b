#include "models/telemetry/telemetry.h"

#include "models/telemetry/envoy_log.h"
#include "models/telemetry/envoy_series.h"
#include "models/telemetry/lost.h"
#include "models/telemetry/spans.h"
#include "models/telemetry/ztunnel_connection.h"

namespace meshsim::models {

namespace {

// Series are marked with the proxy that exports them: the scrape adds app="ztunnel" by it (TM-182).
void mark(std::vector<Metric>& metrics, std::size_t from, const Hop& hop) {
  for (std::size_t i = from; i < metrics.size(); ++i) {
    metrics[i].proxy = hop.proxy;
    metrics[i].proxy_name = hop.name;
  }
}

void of_ztunnel(const PathView& path, const HopView& view, const TelemetryRules& rules, Telemetry& out) {
  const ZtunnelConnection connection = ztunnel_connection(path, view);
  add_ztunnel_series(connection, path.mesh.settings.profile, out.metrics);
  add_ztunnel_logs(path, view, connection, rules.ztunnel(), out.logs);
}

void of_envoy(const PathView& path, const HopView& view, const TelemetryRules& rules, TraceContext& trace,
              Telemetry& out) {
  const EnvoyStream stream = envoy_stream(path, view);
  const std::vector<LogRule> logs = rules.logs(stream.scope, stream.mode);
  if (view.cut_before_start) {  // TM-090 row 3
    add_listener_log(stream, logs, out.logs);
    return;
  }
  add_envoy_series(stream, rules.metrics(stream.scope, stream.mode), out.metrics);
  add_envoy_logs(stream, logs, out.logs);
  add_spans(stream, rules.tracing(stream.scope, stream.mode), trace, out.spans);
}

}  // namespace

Telemetry telemetry_of(const World& world, const Flow& flow, const Outcome& outcome) {
  Telemetry out;
  // Where the path itself is not known, neither is what it reports.
  if (outcome.verdict == Verdict::Unknown) return out;
  const PathView path(world, flow, outcome);
  std::shared_ptr<const TelemetryRules> compiled = world.telemetry;
  if (!compiled) compiled = TelemetryRules::compile(*world.mesh);
  TraceContext trace;
  for (const HopView& view : path.hops) {
    const std::size_t before = out.metrics.size();
    if (view.envoy())
      of_envoy(path, view, *compiled, trace, out);
    else
      of_ztunnel(path, view, *compiled, out);
    mark(out.metrics, before, *view.hop);
  }
  out.lost = lost_signals(path, *compiled, out);
  return out;
}

}  // namespace meshsim::models
