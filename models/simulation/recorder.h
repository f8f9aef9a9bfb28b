#pragma once
// Recorder: when single requests were at each proxy, for exports that show requests and not only their numbers: a
// sample of every flow, evenly spread over the run, with all calls that its requests caused, and the first requests of
// every ending. Bounded: a sample that grows too large is thinned to every second one. Counts durations of all requests
// too, as each proxy sees them. Off unless SimulationInput::recorded asks for it. Internal to models/simulation.
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "models/simulation/program.h"
#include "models/simulation/result.h"

namespace meshsim::models::simulation {

class Recorder {
 public:
  Recorder() = default;
  Recorder(std::uint32_t per_flow, std::size_t flows, std::uint32_t replication)
      : per_flow_(per_flow), replication_(replication), flows_(flows) {}
  bool on() const { return per_flow_ > 0; }

  // `slot`: where the request is kept; `parent`: of the request whose application called, or kNobody.
  void begin(std::uint32_t slot, std::uint32_t flow, std::uint32_t number, std::int64_t now_ns, std::uint32_t parent);
  // The request goes on under another number.
  void move(std::uint32_t from, std::uint32_t to);
  void pass(std::uint32_t slot, std::size_t hop, std::int64_t arrived_ns, std::int64_t now_ns);
  void end(std::uint32_t slot, std::uint32_t outcome, std::size_t hops, std::int64_t now_ns);
  // What is to be known of this outcome, when the run is over.
  void hand_over(std::uint32_t flow, std::uint32_t outcome, OutcomeCount& to);

 private:
  struct Draft {
    RecordedRequest request;
    std::array<RecordedHop, kMostHops> hops{};
  };
  struct FlowSample {
    std::uint32_t stride = 1, kept = 0;  // of its own requests, by number
  };
  struct Ending {
    std::uint32_t extra = 0;
    std::vector<sim::Histogram> durations;
    std::vector<RecordedRequest> kept;
  };
  bool is_sampled(const RecordedRequest& request) const {
    return request.root_number % flows_[request.root_flow].stride == 0;
  }
  void thin(std::uint32_t root_flow);

  std::uint32_t per_flow_ = 0, replication_ = 0;
  std::vector<FlowSample> flows_;
  std::vector<Draft> drafts_;                                          // by slot
  std::map<std::pair<std::uint32_t, std::uint32_t>, Ending> endings_;  // by flow and outcome
  std::set<std::pair<std::uint32_t, std::uint32_t>> roots_;            // kept ones; filled when the run is over
};

}  // namespace meshsim::models::simulation
