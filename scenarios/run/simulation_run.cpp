#include "scenarios/run/simulation_run.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include "scenarios/expect/expectation_result.h"
#include "scenarios/read/fields.h"
#include "scenarios/read/nearest_name.h"
#include "scenarios/run/cluster_timeline.h"
#include "scenarios/run/parallel.h"

namespace meshsim::scenarios {

namespace {

constexpr std::int64_t kDefaultDuration = 30'000'000'000;

std::optional<models::Verdict> intended_of(const ScenarioFlow& flow) {
  if (!flow.expect || !flow.expect->verdict) return std::nullopt;
  return flow.expect->verdict;
}

// Names in `nodes` that no pod, no Node object and no node of the cost model has.
void check_nodes(const Scenario& scenario, const models::SimulationInput& input, models::Diagnostics& out) {
  if (scenario.node_cores.empty()) return;
  std::vector<std::string> known;
  bool stated = false;
  for (const models::Epoch& epoch : input.epochs) {
    for (const models::Object* node : epoch.world.mesh->objects_of("Node", "")) {
      known.push_back(node->name);
      stated = true;
    }
    for (const models::Workload& workload : epoch.world.mesh->workloads)
      for (const models::PodInstance& pod : workload.pods)
        if (!pod.locality.node.empty()) known.push_back(pod.locality.node);
  }
  if (!stated)
    for (std::uint32_t i = 0; i < std::max(1u, scenario.costs.nodes); ++i)
      known.push_back("node-" + std::to_string(i + 1));
  const std::vector<std::string_view> names(known.begin(), known.end());
  for (const auto& [name, cores] : scenario.node_cores)
    if (std::find(known.begin(), known.end(), name) == known.end())
      out.push_back({models::Severity::Error, "MSH0013", "", scenario.file, scenario.root["nodes"][name].key_position(),
                     "nodes: there is no node named \"" + name + '"' + did_you_mean(name, names)});
}

}  // namespace

std::int64_t duration_of(const Scenario& scenario) {
  const std::int64_t last = scenario.timeline.empty() ? 0 : scenario.timeline.back().at_ns;
  return scenario.run.duration_ns > 0 ? scenario.run.duration_ns : last + kDefaultDuration;
}

bool has_traffic(const Scenario& scenario) {
  if (!scenario.timeline.empty() && !scenario.flows.empty()) return true;
  return std::any_of(scenario.flows.begin(), scenario.flows.end(), [](const ScenarioFlow& flow) {
    const Traffic& t = flow.traffic;
    return (t.per_second && *t.per_second > 0) || t.arrivals == "closed" || !t.trace_ns.empty() ||
           (t.arrivals == "ramp" && t.ramp_to > 0);
  });
}

PreparedSimulation prepare_simulation(const Loaded& loaded, const SimulationOptions& options) {
  PreparedSimulation out;
  const Scenario& scenario = loaded.scenario;
  models::SimulationInput& input = out.input;
  ClusterTimeline timeline = unfold_timeline(scenario);
  out.diagnostics = std::move(timeline.diagnostics);
  for (ClusterState& state : timeline.states) {
    models::Epoch epoch;
    epoch.at_ns = state.at_ns;
    epoch.what = std::move(state.what);
    models::Diagnostics told_already;
    // Without a timeline the world is the one that is judged.
    epoch.world = timeline.states.size() == 1 && scenario.timeline.empty()
                      ? loaded.world
                      : models::make_world(models::resolve(std::move(state.objects), scenario.mesh), told_already);
    input.epochs.push_back(std::move(epoch));
  }
  input.disturbances = std::move(timeline.disturbances);
  for (const ScenarioFlow& flow : scenario.flows) input.flows.push_back({flow.flow, flow.traffic, intended_of(flow)});
  input.applications = scenario.applications;
  for (models::Application& application : input.applications)
    for (std::vector<models::Call>& step : application.calls)
      for (models::Call& call : step) {
        const auto it = std::find_if(input.flows.begin(), input.flows.end(),
                                     [&](const models::SimulatedFlow& f) { return f.flow.name == call.flow; });
        call.index = static_cast<std::size_t>(it - input.flows.begin());
      }
  // Where flows were replaced (the cases of a test file), calls of others are not made.
  for (models::Application& application : input.applications)
    for (std::vector<models::Call>& step : application.calls)
      std::erase_if(step, [&](const models::Call& call) { return call.index >= input.flows.size(); });
  input.costs = scenario.costs;
  input.node_cores = scenario.node_cores;
  check_nodes(scenario, input, out.diagnostics);
  input.duration_ns = duration_of(scenario);
  if (options.duration_ns) input.duration_ns = *options.duration_ns;
  input.warmup_ns = std::min(scenario.run.warmup_ns, input.duration_ns);
  out.find_warm_up = scenario.run.find_warm_up;
  input.sample_ns = scenario.run.sample_ns;
  if (options.sample_ns && input.sample_ns == 0) input.sample_ns = *options.sample_ns;
  input.seed = options.seed.value_or(scenario.run.seed);
  input.recorded = options.recorded;
  return out;
}

models::SimulationResult run_simulation(const PreparedSimulation& given, const SimulationOptions& options,
                                        std::uint32_t replications) {
  std::optional<PreparedSimulation> settled;
  if (given.find_warm_up) settle_warm_up(settled.emplace(given), options.stop);
  const PreparedSimulation& prepared = settled ? *settled : given;
  const std::uint32_t count = options.count > 0 ? options.count : replications;
  std::vector<models::SimulationResult> results(count);
  std::vector<double> share(count);
  std::vector<std::uint64_t> requests(count);
  std::mutex mutex;
  for_each_index(
      count, options.threads,
      [&](std::size_t i) {
        models::SimulationControl control;
        control.stop = options.stop;
        if (options.progress)
          control.progress = [&, i](std::int64_t ns, std::uint64_t done) {
            const std::lock_guard lock(mutex);
            share[i] = static_cast<double>(ns) / static_cast<double>(prepared.input.duration_ns);
            requests[i] = done;
            double sum = 0;
            std::uint64_t all = 0;
            for (std::size_t k = 0; k < count; ++k) {
              sum += share[k];
              all += requests[k];
            }
            options.progress(sum / count, all);
          };
        results[i] = models::simulate(prepared.input, options.first + static_cast<std::uint32_t>(i), control);
      },
      1);
  models::SimulationResult out;
  for (const models::SimulationResult& one : results) merge(out, one);
  out.notes.insert(out.notes.end(), prepared.notes.begin(), prepared.notes.end());
  return out;
}

namespace {

// The quantile, mean, least or greatest that a bound names.
std::optional<double> measured(const sim::Histogram& latency, const std::string& quantile) {
  if (latency.count() == 0) return std::nullopt;
  if (quantile == "mean") return latency.mean();
  if (quantile == "min") return static_cast<double>(latency.tally().least);
  if (quantile == "max") return static_cast<double>(latency.tally().greatest);
  if (!quantile.starts_with('p')) return std::nullopt;
  return static_cast<double>(latency.quantile(std::strtod(quantile.c_str() + 1, nullptr) / 100));
}

}  // namespace

std::string latency_failure(const sim::Histogram& latency, const std::string& quantile, const std::string& bound) {
  const auto ns = measured(latency, quantile);
  std::string_view text = bound;
  const bool below = !text.starts_with('>');
  text.remove_prefix(std::min<std::size_t>(1, text.size()));
  const bool or_equal = text.starts_with('=');
  if (or_equal) text.remove_prefix(1);
  while (text.starts_with(' ')) text.remove_prefix(1);
  const auto limit = parse_duration(text);
  if (!ns || !limit) return "nothing measured";
  const auto most = static_cast<double>(*limit);
  const bool holds = below ? (or_equal ? *ns <= most : *ns < most) : (or_equal ? *ns >= most : *ns > most);
  return holds ? std::string() : sim::to_string(sim::SimTime{static_cast<std::int64_t>(*ns)});
}

void compare_latency(RunResult& run) {
  const auto& flows = run.loaded->scenario.flows;
  if (!run.simulation || run.flows.size() != flows.size()) return;
  for (std::size_t i = 0; i < flows.size(); ++i) {
    if (!flows[i].expect || i >= run.simulation->flows.size()) continue;
    ExpectationResult& result = run.flows[i].expectations;
    for (const LatencyBound& bound : flows[i].expect->latency) {
      const std::string failure =
          latency_failure(run.simulation->flows[i].latency, bound.quantile, std::string(bound.node.string_or()));
      const auto it = std::find_if(result.failed.begin(), result.failed.end(),
                                   [&](const ExpectationFailure& f) { return f.field == "latency." + bound.quantile; });
      if (it == result.failed.end()) continue;
      if (failure.empty()) {
        result.failed.erase(it);
        ++result.passed;
      } else {
        it->actual = json_literal(failure);
      }
    }
    // In the order of their names, as merging finds them.
    std::stable_sort(result.failed.begin(), result.failed.end(),
                     [](const ExpectationFailure& a, const ExpectationFailure& b) {
                       const bool x = a.field.starts_with("latency."), y = b.field.starts_with("latency.");
                       return x != y ? y : x && a.field < b.field;
                     });
  }
}

}  // namespace meshsim::scenarios
