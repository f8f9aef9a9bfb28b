#pragma once
// Access logs of a run as the proxies' containers would have written them, one file per proxy:
// logs/<namespace>/<pod>/istio-proxy.log. Envoys in their own formats (models/telemetry/log_format.h), ztunnels as text
// or JSON (TM-080..TM-086). Lines stand in the order of their times: of the end of the request or connection.
#include "scenarios/export/output_files.h"
#include "scenarios/export/recording.h"

namespace meshsim::scenarios {

void write_access_logs(const RunResult& run, const Recording& recording, const ExportOptions& options,
                       OutputFiles& files);

// One line of a ztunnel, without newline (TM-081, TM-082). `fields`: AccessLog::fields with the values of a run.
std::string ztunnel_line(const std::map<std::string, std::string>& fields, std::int64_t wall_ns, bool json);

// What a run knows and a judgement does not; put into the operators that AccessLog::line has left open.
struct LineFacts {
  std::int64_t start_wall_ns = 0, duration_ns = 0, upstream_ns = 0;
  std::uint64_t bytes_received = 0, bytes_sent = 0;
  std::string request_id, trace_id, upstream_local, downstream_remote;
  bool answered_upstream = false;  // an upstream has answered
  std::uint64_t connection = 0;
};
std::string envoy_line(std::string_view line, const LineFacts& facts);

}  // namespace meshsim::scenarios
