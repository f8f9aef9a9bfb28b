// run.warmup: auto.
#include <algorithm>
#include <string>
#include <vector>

#include "scenarios/run/simulation_run.h"
#include "sim/analysis/warmup.h"
#include "sim/sim_time.h"

namespace meshsim::scenarios {

namespace {

constexpr std::int64_t kIntervals = 1000;

// Mean latency by interval; one in which nothing ended repeats the one before.
std::vector<double> means_of(const std::vector<std::uint64_t>& count, const std::vector<std::uint64_t>& sum) {
  std::vector<double> out;
  for (std::size_t i = 0; i < count.size(); ++i) {
    if (count[i] > 0)
      out.push_back(static_cast<double>(sum[i]) / static_cast<double>(count[i]));
    else if (!out.empty())
      out.push_back(out.back());
  }
  return out;
}

}  // namespace

void settle_warm_up(PreparedSimulation& prepared, const std::atomic<bool>* stop) {
  if (!prepared.find_warm_up) return;
  prepared.find_warm_up = false;
  models::SimulationInput trial = prepared.input;
  trial.warmup_ns = 0;
  for (const models::Epoch& epoch : trial.epochs)
    if (epoch.at_ns > 0) trial.duration_ns = std::min(trial.duration_ns, epoch.at_ns);
  for (const models::Disturbance& d : trial.disturbances)
    if (d.at_ns > 0) trial.duration_ns = std::min(trial.duration_ns, d.at_ns);
  trial.sample_ns = std::max<std::int64_t>(1, trial.duration_ns / kIntervals);
  models::SimulationControl control;
  control.stop = stop;
  const models::SimulationResult result = models::simulate(trial, 0, control);
  const auto intervals = static_cast<std::size_t>(trial.duration_ns / trial.sample_ns);
  std::vector<std::uint64_t> count(intervals), sum(intervals);
  for (const models::FlowStatistics& flow : result.flows)
    for (std::size_t i = 0; i < std::min(intervals, flow.finished_samples.size()); ++i) {
      count[i] += flow.finished_samples[i];
      sum[i] += flow.latency_sum_samples[i];
    }
  // Observations are missing at the front only, before the first request ended.
  const std::vector<double> means = means_of(count, sum);
  const sim::analysis::WarmUp found = sim::analysis::mser5(means);
  const bool enough = found.enough;
  const std::int64_t cut =
      means.empty() ? 0 : static_cast<std::int64_t>(found.cut + intervals - means.size()) * trial.sample_ns;
  prepared.input.warmup_ns = cut;
  prepared.notes.push_back(enough ? "warm-up found by MSER-5: " + sim::to_string(sim::SimTime{cut})
                                  : "warm-up taken as " + sim::to_string(sim::SimTime{cut}) +
                                        ", but the run is too short to tell where it ends (MSER-5): simulate longer");
}

}  // namespace meshsim::scenarios
