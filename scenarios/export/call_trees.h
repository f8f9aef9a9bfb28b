#pragma once
// Call trees: example requests with everything that they cause at the applications of the scenario, for traces. A tree
// is drawn as the simulation draws: the outcome by its share of what was counted, calls by their probabilities, service
// times by their law; times at proxies and on the network are those of an idle mesh (CO-021, CO-027). Applications hand
// on the headers of a trace. A hundred trees a flow that has traffic of its own (or that nobody calls, where none has).
#include <cstdint>
#include <vector>

#include "scenarios/export/recording.h"

namespace meshsim::scenarios {

struct TreeRequest {
  static constexpr std::size_t kRoot = ~std::size_t{0};
  std::size_t happened = 0;    // into Recording::happened
  std::size_t parent = kRoot;  // into the trees; of it this is a call
  std::int64_t at_ns = 0;      // the client sends
  std::int64_t inside_ns = 0;  // service time and calls of the application that answers
  std::vector<HopTime> hops;   // from at_ns on, as Happened::hops
};

// A request behind the one that caused it. Empty where no application calls anybody.
std::vector<TreeRequest> call_trees(const RunResult& run, const Recording& recording);

}  // namespace meshsim::scenarios
