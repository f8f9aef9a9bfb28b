#pragma once
// The access log line of an Envoy: Istio's default fields by their JSON keys (TM-140..TM-144). What only a run knows
// (start time, duration, request id, ports of the client) is `-` here and is filled in by the exports of a simulation.
#include "models/telemetry/envoy_series.h"

namespace meshsim::models {

// One line per logger whose filter lets it pass.
void add_envoy_logs(const EnvoyStream& stream, const std::vector<LogRule>& rules, std::vector<AccessLog>& out);

// TM-142: a connection that met no filter chain leaves a line of the listener, flag NR.
void add_listener_log(const EnvoyStream& stream, const std::vector<LogRule>& rules, std::vector<AccessLog>& out);

// A text with operators as an access log has them; those that only a run can fill in give `-`.
std::string formatted_text(const EnvoyStream& stream, std::string_view format);

}  // namespace meshsim::models
