#pragma once
// Simulation of a scenario: its traffic over its timeline, replication by replication, on several threads. The result
// does not depend on how many.
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/simulation/simulate.h"
#include "scenarios/run/run.h"

namespace meshsim::scenarios {

struct SimulationOptions {
  std::optional<std::uint64_t> seed;        // instead of the scenario's
  std::optional<std::int64_t> duration_ns;  // instead of the scenario's
  std::optional<std::int64_t> sample_ns;    // where the scenario states none
  std::uint32_t first = 0, count = 0;       // replications first .. first + count - 1; 0: as many as the scenario says
  std::uint32_t recorded = 0;               // requests of each flow to record hop by hop, for exports
  unsigned threads = 1;                     // 0: one per processor
  const std::atomic<bool>* stop = nullptr;
  // Simulated share of all replications, 0 to 1, and requests so far; called from any thread, one at a time.
  std::function<void(double done, std::uint64_t requests)> progress;
};

// How long a scenario is simulated: its duration, or half a minute beyond the last change of its timeline.
std::int64_t duration_of(const Scenario& scenario);

// Anything to simulate: a flow with a rate, clients or a trace, or a timeline.
bool has_traffic(const Scenario& scenario);

struct PreparedSimulation {
  models::SimulationInput input;
  models::Diagnostics diagnostics;  // of the timeline
  std::vector<std::string> notes;   // for SimulationResult::notes
  bool find_warm_up = false;        // `run.warmup: auto`: input.warmup_ns is not known yet
};
// Finds the warm-up where the scenario leaves it to us (warm_up.cpp): MSER-5 over a trial run of replication 0 up to
// the first change of the mesh, of the mean latency of all flows' requests in intervals of a thousandth of the run. It
// is a function of the input alone, so parts of a study that run elsewhere find the same. What it found, or that the
// run is too short to tell, is added to the notes that results carry.
void settle_warm_up(PreparedSimulation& prepared, const std::atomic<bool>* stop = nullptr);
// The scenario as `simulate` wants it; what several replications share.
PreparedSimulation prepare_simulation(const Loaded& loaded, const SimulationOptions& options = {});

models::SimulationResult run_simulation(const PreparedSimulation& prepared, const SimulationOptions& options,
                                        std::uint32_t replications);

// What a bound such as ("p99", "<5ms") met instead: the measured latency, or that there was none. Empty where it holds.
std::string latency_failure(const sim::Histogram& latency, const std::string& quantile, const std::string& bound);
// Latency expectations of a run that was judged, decided by its simulation.
void compare_latency(RunResult& run);

}  // namespace meshsim::scenarios
