// Exports of Online Boutique, and of an hour of it at 1,000 requests/s; beside them what it costs to judge the same
// flows, so that figures of different machines can be compared by ratio. Counters: bytes written.
#include <filesystem>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include "scenarios/export/export.h"
#include "scenarios/run/run.h"

namespace {

using namespace meshsim::scenarios;
namespace fs = std::filesystem;

constexpr const char* kBoutique = "/scenarios/cases/online-boutique/split/scenario.yaml";

std::shared_ptr<const Loaded> loaded(double total_rate) {
  Scenario scenario = read_scenario({std::string(MESHSIM_SOURCE_DIR) + kBoutique});
  if (total_rate > 0) {
    scenario.run.duration_ns = 3'600'000'000'000;
    for (ScenarioFlow& flow : scenario.flows)
      flow.traffic.per_second = total_rate / static_cast<double>(scenario.flows.size());
  }
  return std::make_shared<const Loaded>(load(std::move(scenario)));
}

void measure(benchmark::State& state, double rate, void (*choose)(ExportOptions&)) {
  const RunResult result = run(loaded(rate));
  ExportOptions options;
  options.folder = (fs::temp_directory_path() / ("meshsim-bench-" + std::to_string(::getpid()))).string();
  choose(options);
  for (auto _ : state) {
    const Exported exported = export_run(result, options);
    if (exported.error) state.SkipWithError(exported.error->c_str());
  }
  double bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(options.folder))
    if (entry.is_regular_file()) bytes += static_cast<double>(entry.file_size());
  state.counters["bytes"] = bytes;
  fs::remove_all(options.folder);
}

void BM_BaselineJudge(benchmark::State& state) {
  const auto world = loaded(0);
  for (auto _ : state) benchmark::DoNotOptimize(run(world));
}
BENCHMARK(BM_BaselineJudge)->Unit(benchmark::kMillisecond);

void BM_Metrics(benchmark::State& state) {
  measure(state, 0, [](ExportOptions& o) { o.metrics = true; });
}
BENCHMARK(BM_Metrics)->Unit(benchmark::kMillisecond);
void BM_MetricsOfAnHour(benchmark::State& state) {
  measure(state, 1000, [](ExportOptions& o) { o.metrics = true; });
}
BENCHMARK(BM_MetricsOfAnHour)->Unit(benchmark::kMillisecond);
void BM_Logs(benchmark::State& state) {
  measure(state, 0, [](ExportOptions& o) { o.logs = true; });
}
BENCHMARK(BM_Logs)->Unit(benchmark::kMillisecond);
void BM_Traces(benchmark::State& state) {
  measure(state, 0, [](ExportOptions& o) { o.traces = true; });
}
BENCHMARK(BM_Traces)->Unit(benchmark::kMillisecond);
void BM_Captures(benchmark::State& state) {
  measure(state, 0, [](ExportOptions& o) { o.capture = true; });
}
BENCHMARK(BM_Captures)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
