#pragma once
// Lost: what this flow would have shown if all its mesh workloads had sidecars, and does not show on the path that it
// really takes (TM-095, TM-165). Compared are reporters, spans, log lines and identity labels, not values; what the
// mesh has switched off for sidecars too is not lost.
#include <vector>

#include "models/telemetry/path_view.h"
#include "models/telemetry/telemetry_rules.h"

namespace meshsim::models {

std::vector<Lost> lost_signals(const PathView& path, const TelemetryRules& rules, const Telemetry& shown);

}  // namespace meshsim::models
