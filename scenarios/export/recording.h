#pragma once
// Recording: how often each outcome of a run happened until each scrape, when requests of it were at each proxy, and
// how many bytes they moved: what all exports share. With a simulation (of replications: their mean) counts and
// durations are its, and so are the single requests that it recorded. Without, a flow that was judged counts as one
// request, or as its `rate` over the stated duration, every request on a connection of its own; durations are then
// those of an idle mesh (CO-021, CO-027).
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/export/export.h"

namespace meshsim::models {
struct FlowStatistics;
struct RecordedRequest;
}  // namespace meshsim::models

namespace meshsim::scenarios {

// Values that a histogram saw, as shares that add up to 1, by value.
using Shares = std::vector<std::pair<double, double>>;

struct HopTime {
  std::int64_t start_ns = 0, end_ns = 0;  // from the moment that the client sends
};

// One request of an outcome.
struct Timed {
  std::int64_t at_ns = 0;      // simulated time at which it starts
  std::int64_t length_ns = 0;  // what its client waits
  std::vector<HopTime> hops;   // parallel to Outcome::hops
  std::uint64_t number = 0;    // among the requests of its flow
  bool sampled = true;         // of the sample that traces show; else it stands for its outcome only
  const models::RecordedRequest* recorded = nullptr;  // nullptr: of an idle mesh
};

struct Happened {
  std::shared_ptr<const models::Mesh> mesh;         // whose indices the outcome has
  std::shared_ptr<const models::FlowResult> owned;  // where flow and outcome are not those of the run
  const models::Flow* flow = nullptr;
  const models::Outcome* outcome = nullptr;
  std::size_t flow_index = 0, outcome_index = 0;
  std::vector<double> totals;        // requests ended until sample k (k = 0: none)
  std::vector<Timed> requests;       // by time, at least one; the first is the example
  std::vector<Shares> milliseconds;  // of all requests, by hop: what a duration histogram sees
  std::vector<std::uint64_t> added;  // to the request, by Envoys before this hop (TM-019)
  std::uint64_t request_bytes_at(std::size_t hop) const {
    return request_bytes + (hop < added.size() ? added[hop] : 0);
  }
  std::uint64_t request_bytes = 0, response_bytes = 0;  // messages as the client's connection carries them
  std::vector<double> connections;                      // opened per request, by hop (TM-097); empty: one each
  std::vector<double> closed;                           // share of them closed until the end, by hop; empty: all
  double closed_at(std::size_t hop) const { return hop < closed.size() ? closed[hop] : 1; }
  double connections_at(std::size_t hop) const { return hop < connections.size() ? connections[hop] : 1; }
  const Timed& example() const { return requests.front(); }
  double last() const { return totals.empty() ? 0 : totals.back(); }
};

struct Recording {
  std::int64_t start_ns = 0, interval_ns = 0;
  std::size_t samples = 0;
  std::uint64_t seed = 1;
  std::vector<Happened> happened;  // in the order of the run
};

Recording record(const RunResult& run, const ExportOptions& options);

// Requests of a simulated flow, warm-up included.
std::uint64_t started_of(const models::FlowStatistics& statistics);
// Adds what a simulation counted (recording_simulated.cpp).
void record_simulation(const RunResult& run, const ExportOptions& options, Recording& out);

// Whether a network lies before this hop: a proxy that takes its own application's traffic is next to it.
bool is_remote_hop(const models::Outcome& outcome, std::size_t hop);

// A request in an idle mesh, that starts then.
void put_idle_request(Happened& happened, std::int64_t at_ns);

// A stable number for one purpose, from the seed and names: ports, ids, keys.
std::uint64_t stable_number(std::uint64_t seed, std::string_view purpose, std::uint64_t a = 0, std::uint64_t b = 0,
                            std::uint64_t c = 0);
// Client port of the connection on this leg of the path (0: from the application itself).
std::uint16_t client_port(const Recording& recording, const Happened& happened, std::size_t leg, std::uint64_t request);
// x-request-id as Envoy makes it: a version 4 UUID.
std::string request_id(const Recording& recording, const Happened& happened, std::uint64_t request);
// 32 hex digits. A trace that breaks on its way begins again: `part` counts from 0.
std::string trace_id(const Recording& recording, const Happened& happened, std::uint64_t request, std::size_t part);
std::string span_id(const Recording& recording, const Happened& happened, std::uint64_t request,
                    std::size_t span);  // 16 hex digits
// TM-161: the trace id that a ztunnel invents for the CONNECT of this leg, unrelated to any other.
std::string tunnel_trace_id(const Recording& recording, const Happened& happened, std::size_t leg,
                            std::uint64_t request);

}  // namespace meshsim::scenarios
