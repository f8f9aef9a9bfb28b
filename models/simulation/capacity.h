#pragma once
// capacity: what the traffic equations say of a scenario without simulating it: how busy each proxy is, which is the
// first to saturate, and how much more traffic fits. Exact for the means, whatever the laws; of the configuration at
// the start, with warm connections and nothing failing. Closed flows have no rate of their own and are left out.
#include <optional>
#include <string>
#include <vector>

#include "models/simulation/simulate.h"

namespace meshsim::models {

struct StationLoad {
  std::string proxy, name, workload;  // as ProxyStatistics; "node" where the cores of a node are known
  double per_second = 0;              // services: request and response count each; of a node: requests
  double utilisation = 0;             // of each of its workers, on average
};

struct Capacity {
  std::vector<StationLoad> stations;      // those that are visited; the busiest first
  std::optional<std::string> bottleneck;  // "ztunnel node-1"
  double offered_per_second = 0;          // requests from outside of the call graph
  double sustainable_per_second = 0;      // the same mixture, until the bottleneck is always busy
};

// nullopt: no open traffic, or calls that circulate for ever.
std::optional<Capacity> capacity(const SimulationInput& input);

}  // namespace meshsim::models
