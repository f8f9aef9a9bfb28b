#pragma once
// Lost: what this flow would have shown if all its mesh workloads had sidecars, and does not show on the path that it
// really takes (TM-095, TM-165). Compared are reporters, spans and identity labels, not values.
#include <vector>

#include "models/telemetry/path_view.h"

namespace meshsim::models {

std::vector<Lost> lost_signals(const PathView& path, const Telemetry& shown);

}  // namespace meshsim::models
