// What exports cost beside what they export: a minute of Online Boutique at 1,000 requests/s is simulated once, and
// every export of that run is measured; an hour at that rate for metrics. Counters: bytes written, and CPU time as a
// share of the CPU time of the simulation, which is what figures of different machines can be compared by.
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include "models/simulation/result.h"
#include "scenarios/export/export.h"
#include "scenarios/run/run.h"
#include "scenarios/run/simulation_run.h"

namespace {

using namespace meshsim::scenarios;
namespace fs = std::filesystem;

constexpr const char* kBoutique = "/scenarios/cases/online-boutique/split/scenario.yaml";
constexpr double kRate = 1000;  // requests/s of all flows together

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::shared_ptr<const Loaded> loaded(double total_rate, std::int64_t seconds) {
  Scenario scenario = read_scenario({std::string(MESHSIM_SOURCE_DIR) + kBoutique});
  scenario.run.duration_ns = seconds * 1'000'000'000;
  for (ScenarioFlow& flow : scenario.flows)
    flow.traffic.per_second = total_rate / static_cast<double>(scenario.flows.size());
  return std::make_shared<const Loaded>(load(std::move(scenario)));
}

meshsim::models::SimulationResult simulated(const Loaded& world, std::uint32_t recorded) {
  SimulationOptions options;
  options.recorded = recorded;
  options.sample_ns = 1'000'000'000;
  return run_simulation(prepare_simulation(world, options), options, 1);
}

// A simulated minute, and what it cost; with what exports need recorded, as the command line does.
struct Minute {
  std::shared_ptr<const Loaded> world = loaded(kRate, 60);
  RunResult result = run(world);
  double cpu = 0;
  Minute() {
    cpu = 1e9;
    for (int i = 0; i < 3; ++i) {
      const double start = cpu_seconds();
      result.simulation = std::make_shared<const meshsim::models::SimulationResult>(simulated(*world, 20));
      cpu = std::min(cpu, cpu_seconds() - start);
    }
  }
};
const Minute& minute() {
  static const Minute one;
  return one;
}

void BM_Simulation(benchmark::State& state) {
  const auto world = loaded(kRate, 60);
  for (auto _ : state) benchmark::DoNotOptimize(simulated(*world, 0));
}
BENCHMARK(BM_Simulation)->Unit(benchmark::kMillisecond);
void BM_SimulationThatRecords(benchmark::State& state) {
  const auto world = loaded(kRate, 60);
  for (auto _ : state) benchmark::DoNotOptimize(simulated(*world, 20));
}
BENCHMARK(BM_SimulationThatRecords)->Unit(benchmark::kMillisecond);

void measure(benchmark::State& state, const RunResult& result, double simulation, void (*choose)(ExportOptions&)) {
  ExportOptions options;
  options.folder = (fs::temp_directory_path() / ("meshsim-bench-" + std::to_string(::getpid()))).string();
  choose(options);
  const double start = cpu_seconds();
  for (auto _ : state) {
    const Exported exported = export_run(result, options);
    if (exported.error) state.SkipWithError(exported.error->c_str());
  }
  const double each = (cpu_seconds() - start) / static_cast<double>(state.iterations());
  double bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(options.folder))
    if (entry.is_regular_file()) bytes += static_cast<double>(entry.file_size());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["bytes"] = bytes;
  state.counters["MiB_peak"] = static_cast<double>(usage.ru_maxrss) / 1024;
  if (simulation > 0) state.counters["of_simulation"] = each / simulation;
  fs::remove_all(options.folder);
}

void BM_Metrics(benchmark::State& state) {
  measure(state, minute().result, minute().cpu, [](ExportOptions& o) { o.metrics = true; });
}
BENCHMARK(BM_Metrics)->Unit(benchmark::kMillisecond);
void BM_Logs(benchmark::State& state) {
  measure(state, minute().result, minute().cpu, [](ExportOptions& o) { o.logs = true; });
}
BENCHMARK(BM_Logs)->Unit(benchmark::kMillisecond);
void BM_Traces(benchmark::State& state) {
  measure(state, minute().result, minute().cpu, [](ExportOptions& o) { o.traces = true; });
}
BENCHMARK(BM_Traces)->Unit(benchmark::kMillisecond);
void BM_Captures(benchmark::State& state) {
  measure(state, minute().result, minute().cpu, [](ExportOptions& o) { o.capture = true; });
}
BENCHMARK(BM_Captures)->Unit(benchmark::kMillisecond);
void BM_MetricsOfAnHour(benchmark::State& state) {
  const RunResult result = run(loaded(kRate, 3600));
  measure(state, result, 0, [](ExportOptions& o) { o.metrics = true; });
}
BENCHMARK(BM_MetricsOfAnHour)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
