#pragma once
// simulate: the verb that adds time. A SimulationInput is a mesh as a sequence of configuration epochs (the first holds
// at the start, each later one is a change that the control plane distributes), flows with traffic, and what fails
// when. One call runs one replication; the result is a pure function of (input, seed, replication).
// Imitates: proxies as queueing stations with the costs of CostModel; HBONE and mTLS connection pools (HB-050..HB-056);
// ztunnel's and Envoy's treatment of live connections when configuration changes. Every request is decided by the same
// `judge` as everywhere else, for the configuration that the proxies on its path have at that moment.
// What runs on a node whose cores are known (Node objects, node_cores) shares them. Where it stops: no HTTP/2 flow
// control beyond frame sizes, no TCP congestion; upstream connections are counted per pool, not followed one by one;
// SimulationResult::notes says more. How pods end: termination.h and draining.cpp.
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/dataplane/world.h"
#include "models/simulation/cost_model.h"
#include "models/simulation/result.h"
#include "models/simulation/traffic.h"

namespace meshsim::models {

struct Epoch {
  std::int64_t at_ns = 0;
  World world;
  std::string what;  // as ChangeRecord::what; empty: a step of a rollout
};

struct SimulatedFlow {
  Flow flow;
  FlowTraffic traffic;
  std::optional<Verdict> intended;  // of `expect`; nullopt: as judged at the start
};

struct Disturbance {
  enum class Kind : std::uint8_t { Workload, Pod, Node, Ztunnel, Gateway, Link, ControlPlane, Certificate };
  std::int64_t at_ns = 0;
  bool heal = false;
  Kind kind = Kind::Workload;
  std::string name;                   // ns/name; a node
  std::string other;                  // Link: the other node
  std::optional<double> errors = {};  // Workload, Pod: it stays ready and answers this share of requests with 500
  // Ztunnel: no failure, it is replaced: the old one drains for at most so long, and ...
  std::optional<std::int64_t> replace_ns = {};
  std::int64_t absent_ns = 0;  // ... 0: its successor accepts already; else it comes so long after the old one's end
};

struct SimulationInput {
  std::vector<Epoch> epochs;  // by time; at least one
  std::vector<SimulatedFlow> flows;
  std::vector<Application> applications;
  std::vector<Disturbance> disturbances;
  CostModel costs;
  std::vector<std::pair<std::string, double>> node_cores;  // by name; over what Node objects say
  std::int64_t duration_ns = 0, warmup_ns = 0;
  std::uint64_t seed = 1;
  std::int64_t sample_ns = 0;  // 0: a hundredth of the duration, at least 100 ms
  std::uint32_t recorded = 0;  // requests of a flow to record hop by hop: this many to twice as many; 0: none
  std::uint64_t tie_seed = 0;  // other than 0: events of equal time in another order; no result should hang on it
};

struct SimulationControl {
  std::function<void(std::int64_t simulated_ns, std::uint64_t requests)> progress;  // now and then
  const std::atomic<bool>* stop = nullptr;                                          // set: end now, marked as cut
};

// Throws sim::SimulationError where a rule of the kernel is broken (a bug, or more than 16 million requests at once).
SimulationResult simulate(const SimulationInput& input, std::uint32_t replication = 0,
                          const SimulationControl& control = {});

}  // namespace meshsim::models
