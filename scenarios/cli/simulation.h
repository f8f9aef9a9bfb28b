#pragma once
// Simulation on the command line (internal to scenarios/cli): options, progress, interruption, --fail-on window:...
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/simulation/capacity.h"
#include "scenarios/cli/options.h"
#include "scenarios/run/comparison.h"
#include "scenarios/run/run.h"
#include "scenarios/run/simulation_run.h"

namespace meshsim::scenarios {

struct WindowLimit {  // window:bypassed>0s
  std::string status;
  std::int64_t longer_than_ns = 0;
};
// nullopt: not of this form.
std::optional<WindowLimit> parse_window_limit(std::string_view text);

// "3", "0..7": first and count. nullopt: neither.
std::optional<std::pair<std::uint32_t, std::uint32_t>> parse_replications(std::string_view text);

struct Simulated {
  models::SimulationResult result;
  std::optional<models::Capacity> capacity;
  models::Diagnostics diagnostics;
};
// Shows progress on a terminal; an interrupt ends the run, and what was simulated so far is the result.
Simulated simulate_loaded(const Loaded& loaded, const Options& options, const Streams& streams);

// The same for two sides at once (diff --simulate).
Comparison compare_loaded(const Loaded& before, const Loaded& after, const Options& options, const Streams& streams);

// Whether all windows of a status together last longer than allowed, in any flow of any replication.
bool exceeds(const models::SimulationResult& result, const WindowLimit& limit);

}  // namespace meshsim::scenarios
