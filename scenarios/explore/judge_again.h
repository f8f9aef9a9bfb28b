#pragma once
// judge_again: the flows of a scenario and the matrix of its populations, judged, but for what an earlier state of the
// same scenario answers already. An answer is taken over when the flow is the same and nothing that judging it read
// has changed (models/mesh/mesh_difference.h): the result is that of judging everything, byte for byte, at any number
// of threads. Where it stops: a change of a policy, a route, a Service, a setting or the profile judges everything.
#include <atomic>
#include <memory>
#include <vector>

#include "scenarios/report/matrix_report.h"
#include "scenarios/run/run.h"

namespace meshsim::scenarios {

struct Answers {
  RunResult run;
  std::vector<Pair> pairs;  // one client of every population to every Service port
  std::size_t judged = 0;   // flows and pairs; the others were known
  bool stopped = false;     // not everything has an answer
};

// Answers of another state; made by judge_again.
struct Earlier {
  const RunResult& run;
  const std::vector<Pair>& pairs;
};

struct JudgeOptions {
  unsigned threads = 0;                     // 0: one per processor
  const std::atomic<bool>* stop = nullptr;  // looked at before every flow
  // The matrix of populations is a square: beyond so many pairs it would cost more than it tells.
  std::size_t most_pairs = 4000;
  // An answer keeps the world it was given in. With answers from more worlds than this everything is judged again, so
  // that a long session does not keep a world for every flow.
  std::size_t most_worlds = 16;
};

Answers judge_again(std::shared_ptr<const Loaded> loaded, const Earlier* earlier, const JudgeOptions& options = {});

}  // namespace meshsim::scenarios
