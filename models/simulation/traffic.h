#pragma once
// FlowTraffic and Application: how often a flow is asked, by whom, and what the application that answers does with it.
// Values, as a scenario states them.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/distribution.h"

namespace meshsim::models {

struct FlowTraffic {
  std::optional<double> per_second;  // `rate`; nullopt: judged, not simulated (unless closed, or called by others)
  // poisson | constant | bursty | ramp | diurnal | trace | closed
  std::string arrivals = "poisson";
  std::uint64_t request_bytes = 512;
  std::uint64_t response_bytes = 4096;

  double burst_on_s = 1, burst_off_s = 1;  // bursty: mean lengths; the mean rate stays `rate`
  double ramp_to = 0;                      // ramp: rate at the end of the run, per second
  double swing = 0.5, period_s = 86400;    // diurnal: rate * (1 + swing * sin(2 pi t / period))
  std::vector<std::int64_t> trace_ns;      // trace: times of the requests, ascending
  std::uint32_t clients = 1;               // closed: each waits for its answer, thinks, asks again
  std::int64_t think_ns = 0;               // closed: mean; exponential unless constant
  bool think_constant = false;
  bool together = false;  // closed and constant: all clients start at once instead of spread over one period (CO-028)

  bool keep_alive = true;               // false: a connection of the application per request
  std::int64_t connection_life_ns = 0;  // 0: until something closes it
  std::int64_t timeout_ns = 0;          // of the client application; 0: none
};

// A call that an application makes while it serves a request: a flow of the scenario, by name.
struct Call {
  std::string flow;
  double probability = 1;
  std::uint32_t count = 1;
  std::size_t index = 0;  // into the flows, filled by simulate
};

struct Application {
  std::string workload;                     // ns/name
  std::optional<sim::Law> service;          // nullopt: CostModel::application_ns
  std::optional<double> cpu_ns;             // mean CPU of a request; nullopt: its whole service time
  std::uint32_t workers = 0;                // 0: as many as requests (a delay, never a queue)
  double error_share = 0;                   // answers 500
  bool cancels = false;                     // gives up what it does for a client that has gone
  std::optional<std::int64_t> shutdown_ns;  // serves on after SIGTERM; nullopt: CostModel::drain_ns
  std::vector<std::vector<Call>> calls;     // steps in sequence; the calls of one step in parallel
};

}  // namespace meshsim::models
