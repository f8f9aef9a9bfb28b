#pragma once
// Run: the main job. load() reads a scenario and compiles its world; run() judges every flow, adds telemetry and
// compares with the expectations. Values only: two runs can live side by side, and the window shares them with the
// command line.
#include <memory>
#include <string>
#include <vector>

#include "models/dataplane/world.h"
#include "scenarios/expect/expectation_result.h"
#include "scenarios/read/manifest_reader.h"
#include "scenarios/read/scenario.h"

namespace meshsim::scenarios {

struct Loaded {
  Scenario scenario;
  models::World world;              // mesh is null when nothing could be read at all
  models::Diagnostics diagnostics;  // of reading, resolving and compiling, sorted
  bool unreadable = false;          // something could not be parsed or decoded: exit code 65
};

struct FlowRun {
  models::FlowResult result;
  ExpectationResult expectations;
};

struct RunResult {
  std::shared_ptr<const Loaded> loaded;
  std::vector<FlowRun> flows;  // in the scenario's order
};

// `paths`: scenario files, or manifests (files, folders, patterns) without flows; "-" is standard input.
Loaded load(const std::vector<std::string>& paths, const ReadOptions& options = {});

struct RunOptions {
  unsigned threads = 1;   // any number gives the same result
  std::string only_flow;  // judge this flow only
  bool telemetry = true;
};
RunResult run(std::shared_ptr<const Loaded> loaded, const RunOptions& options = {});

}  // namespace meshsim::scenarios
