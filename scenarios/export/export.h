#pragma once
// Export: what a run would have left in Prometheus, in log files, in a tracing backend and on the wire, as files that
// the real consumers read: OpenMetrics text (promtool, Prometheus 2.42), Envoy's and ztunnel's access logs, OTLP JSON,
// Chrome trace JSON (Perfetto) and pcapng (Wireshark 4). `meshsim run --out DIR --export metrics,logs,traces,pcap`.
// The same input and seed give the same bytes. Where it stops: the control
// plane's metrics are not there, and of containers only CPU and memory of simulated proxies.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/run/run.h"

namespace meshsim::scenarios {

struct ExportOptions {
  std::string folder;
  bool metrics = false, logs = false, traces = false, capture = false;
  std::string only_flow;                              // flows of this name only; empty: all
  std::int64_t start_ns = 1'767'225'600'000'000'000;  // wall clock of simulated time 0: 2026-01-01T00:00:00Z
  std::int64_t scrape_interval_ns = 15'000'000'000;   // as the Prometheus add-on has it
  std::optional<bool> ztunnel_log_json;               // nullopt: LOG_FORMAT of the ztunnel DaemonSet, or text
};

struct Exported {
  std::vector<std::string> files;    // names below the folder, sorted
  std::optional<std::string> error;  // nothing has been written then
};
Exported export_run(const RunResult& run, const ExportOptions& options);

// "metrics", "logs", "traces", "pcap": switches that export on; false for any other word.
bool choose_export(const std::string& word, ExportOptions& options);
// RFC 3339 ("2026-01-01T00:00:00Z") or seconds since 1970.
std::optional<std::int64_t> parse_start_time(const std::string& text);
// RFC 3339 with `digits` digits of a second, in UTC.
std::string time_text(std::int64_t wall_ns, int digits);
void append_time(std::string& out, std::int64_t wall_ns, int digits);

}  // namespace meshsim::scenarios
