#pragma once
// Run: the main job. load() reads a scenario and compiles its world; run() judges every flow, adds telemetry and
// compares with the expectations. Values only: two runs can live side by side, and the window, the tests, the matrix
// and diff share them with the command line.
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/dataplane/world.h"
#include "scenarios/expect/expectation_result.h"
#include "scenarios/read/manifest_reader.h"
#include "scenarios/read/scenario.h"

namespace meshsim::models {
struct SimulationResult;
struct Capacity;
}  // namespace meshsim::models

namespace meshsim::scenarios {

struct Loaded {
  Scenario scenario;
  models::World world;              // always complete, even when little could be read
  models::Diagnostics diagnostics;  // of reading, resolving and compiling, sorted
  bool unreadable = false;          // something could not be parsed or decoded: exit code 65
};

// On what an answer rests. The world is kept because outcomes refer to it.
struct Basis {
  std::shared_ptr<const models::World> world;
  models::MeshReads reads;
};

struct FlowRun {
  models::FlowResult result;
  ExpectationResult expectations;
  std::shared_ptr<const Basis> basis;  // null: nobody asked for it
};

struct RunResult {
  std::shared_ptr<const Loaded> loaded;
  std::vector<FlowRun> flows;  // in the scenario's order
  // Present when traffic was simulated (scenarios/run/simulation_run.h).
  std::shared_ptr<const models::SimulationResult> simulation;
  std::shared_ptr<const models::Capacity> capacity;
};

// `paths`: scenario files, or manifests (files, folders, patterns) without flows; "-" is standard input.
Loaded load(const std::vector<std::string>& paths, const ReadOptions& options = {});
// The same for a scenario that is at hand already.
Loaded load(Scenario scenario);

struct RunOptions {
  unsigned threads = 1;   // any number gives the same result; 0: one per processor
  std::string only_flow;  // judge flows of this name only; empty: all
  bool telemetry = true;
  bool basis = false;  // say of every answer on what it rests
  // An answer that is known to hold here, or null: this flow is judged. Asked from any thread.
  std::function<const FlowRun*(const ScenarioFlow& flow, std::size_t index)> known = {};
  // Looked at before every flow: once it is true nothing more is judged, and flows without outcomes remain.
  const std::atomic<bool>* stop = nullptr;
};
RunResult run(std::shared_ptr<const Loaded> loaded, const RunOptions& options = {});

// One flow of this world. Where part of the input could not be understood there is no verdict, only `unknown`: what is
// missing could be the policy that decides.
models::FlowResult judge_flow(const Loaded& loaded, const models::Flow& flow, bool telemetry);

}  // namespace meshsim::scenarios
