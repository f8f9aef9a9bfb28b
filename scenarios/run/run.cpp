#include "scenarios/run/run.h"

#include <algorithm>
#include <optional>

#include "models/telemetry/telemetry.h"
#include "scenarios/callgraph/bind.h"
#include "scenarios/run/parallel.h"

namespace meshsim::scenarios {

using models::Diagnostic;
using models::Flow;
using models::FlowResult;
using models::Outcome;
using models::Severity;

namespace {

FlowResult not_understood(const Loaded& loaded, const Flow& flow) {
  Outcome outcome;
  models::Reason reason;
  const auto error = std::find_if(loaded.diagnostics.begin(), loaded.diagnostics.end(),
                                  [](const Diagnostic& d) { return d.severity == Severity::Error; });
  reason.text = "part of the input could not be understood, and what is missing could decide";
  if (error != loaded.diagnostics.end()) {
    reason.text += "; first: [" + error->code + "] " + error->message;
    reason.source = {error->file, error->position};
  }
  outcome.reasons.push_back(std::move(reason));
  return {flow, {std::move(outcome)}};
}

}  // namespace

Loaded load(const std::vector<std::string>& paths, const ReadOptions& options) {
  return load(read_scenario(paths, options));
}

Loaded load(Scenario scenario) {
  Loaded out;
  out.unreadable = scenario.unreadable;
  out.diagnostics = scenario.diagnostics;
  out.world = models::make_world(models::resolve(scenario.objects, scenario.mesh), out.diagnostics);
  // An unknown profile or switch: the reader has said so with a proposal, resolving says it again.
  const auto resolved = out.diagnostics.begin() + static_cast<std::ptrdiff_t>(scenario.diagnostics.size());
  const auto said_twice = [&](const Diagnostic& d) {
    return scenario.unreadable && (d.code == "MSH0230" || d.code == "MSH0231");
  };
  out.diagnostics.erase(std::remove_if(resolved, out.diagnostics.end(), said_twice), out.diagnostics.end());
  bind_call_graph(scenario, *out.world.mesh, out.diagnostics);
  out.unreadable = scenario.unreadable;
  models::sort_and_unique(out.diagnostics);
  out.scenario = std::move(scenario);
  return out;
}

FlowResult judge_flow(const Loaded& loaded, const Flow& flow, bool telemetry) {
  if (loaded.unreadable) return not_understood(loaded, flow);
  FlowResult result = models::judge(loaded.world, flow);
  if (telemetry)
    for (Outcome& outcome : result.outcomes.edit())
      outcome.telemetry = models::telemetry_of(loaded.world, flow, outcome);
  return result;
}

RunResult run(std::shared_ptr<const Loaded> loaded, const RunOptions& options) {
  RunResult out;
  std::vector<const ScenarioFlow*> asked;
  for (const ScenarioFlow& flow : loaded->scenario.flows)
    if (options.only_flow.empty() || flow.flow.name == options.only_flow) asked.push_back(&flow);
  out.flows.resize(asked.size());
  const auto world = std::make_shared<const models::World>(loaded->world);
  for_each_index(asked.size(), options.threads, [&](std::size_t i) {
    if (options.stop != nullptr && *options.stop) return;
    FlowRun& flow = out.flows[i];
    if (const FlowRun* known = options.known ? options.known(*asked[i], i) : nullptr) {
      flow.result = {asked[i]->flow, known->result.outcomes};
      flow.basis = known->basis;
    } else {
      std::optional<models::ReadLog> log;
      if (options.basis) log.emplace();
      flow.result = judge_flow(*loaded, asked[i]->flow, options.telemetry);
      if (log) flow.basis = std::make_shared<const Basis>(Basis{world, log->take()});
    }
    if (asked[i]->expect) flow.expectations = compare(*asked[i]->expect, flow.result.outcomes);
  });
  out.loaded = std::move(loaded);
  return out;
}

}  // namespace meshsim::scenarios
