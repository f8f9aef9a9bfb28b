#pragma once
// Comparison: the same traffic through two meshes, before and after. Each replication is simulated for both sides with
// the same random numbers (arrivals, service times and choices of a request are drawn by its flow and number, whatever
// the mesh does with it), so what differs is due to the change and not to luck: the paired differences vary far less
// than their two sides, and a handful of replications shows what would otherwise take hundreds. Both sides run as long,
// and are warmed up as long, as the longer of the two. Intervals are Student's over replications, at 95 %: right when
// replications are independent and their values about normal; quantiles are those of each replication.
#include <string>
#include <vector>

#include "scenarios/run/simulation_run.h"

namespace meshsim::scenarios {

struct ComparedValue {
  std::string name;              // "mean", "p50", "p90", "p99", "failures", "requests"; "cpu sidecar", "memory ztunnel"
  std::string unit;              // "ns", "share", "cores", "bytes", "" (a count)
  double before = 0, after = 0;  // means of the replications
  double difference = 0;         // after - before
  double paired = 0;             // half width of the 95 % interval around the difference
  double unpaired = 0;           // what it would be without common random numbers (Welch)
  bool changed() const { return difference - paired > 0 || difference + paired < 0; }
};

struct ComparedFlow {
  std::string flow;
  std::vector<ComparedValue> values;
};

struct Comparison {
  std::uint64_t seed = 1;
  std::vector<std::uint32_t> replications;  // that both sides have
  std::int64_t duration_ns = 0, warmup_ns = 0;
  std::uint64_t before_fingerprint = 0, after_fingerprint = 0;
  std::vector<ComparedFlow> flows;         // with requests on both sides, in the order of the second
  std::vector<std::string> only_one_side;  // flows that the other side does not have, or nobody asks there
  std::vector<ComparedValue> totals;       // by kind of proxy, and all proxies
  bool cut = false;                        // ended early: replications that both sides finished are compared
};

// Fewer than two replications have no interval: at least `kFewest` are simulated unless options.count says otherwise.
inline constexpr std::uint32_t kFewestReplications = 10;
Comparison compare_simulations(const Loaded& before, const Loaded& after, const SimulationOptions& options,
                               models::Diagnostics& diagnostics);

}  // namespace meshsim::scenarios
