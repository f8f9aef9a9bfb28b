// route + judge of one flow, resolve + compile of a mesh, and all pairs of an application; beside each the baseline
// that does nothing but copy the flow and an outcome of the same shape, so that figures of different machines can be
// compared by ratio.
#include <memory>
#include <string>

#include <benchmark/benchmark.h>

#include "scenarios/report/matrix_report.h"
#include "scenarios/run/run.h"

namespace {

using namespace meshsim;

std::shared_ptr<const scenarios::Loaded> loaded(const std::string& name) {
  return std::make_shared<const scenarios::Loaded>(scenarios::load(
      std::vector<std::string>{std::string(MESHSIM_SOURCE_DIR) + "/scenarios/cases/" + name + "/scenario.yaml"}));
}

const scenarios::Loaded& bookinfo() {
  static const auto world = loaded("bookinfo/mixed");
  return *world;
}

void BM_JudgeOneFlow(benchmark::State& state) {
  const auto& flows = bookinfo().scenario.flows;
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(models::judge(bookinfo().world, flows[i++ % flows.size()].flow));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(BM_JudgeOneFlow);

void BM_BaselineCopyOutcome(benchmark::State& state) {
  const auto& flows = bookinfo().scenario.flows;
  std::vector<models::FlowResult> results;
  for (const auto& flow : flows) results.push_back(models::judge(bookinfo().world, flow.flow));
  std::size_t i = 0;
  for (auto _ : state) {
    models::FlowResult copy = results[i++ % results.size()];
    benchmark::DoNotOptimize(copy);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(BM_BaselineCopyOutcome);

void BM_AllPairs(benchmark::State& state, const char* name) {
  const auto world = loaded(name);
  std::size_t pairs = 0;
  for (auto _ : state) pairs = scenarios::all_pairs(world->world, {}).size();
  state.counters["pairs"] = static_cast<double>(pairs);
}
BENCHMARK_CAPTURE(BM_AllPairs, online_boutique, "online-boutique/split");
BENCHMARK_CAPTURE(BM_AllPairs, train_ticket, "train-ticket/mixed")->Unit(benchmark::kMillisecond);

void BM_Load(benchmark::State& state, const char* name) {
  for (auto _ : state) benchmark::DoNotOptimize(loaded(name));
}
BENCHMARK_CAPTURE(BM_Load, online_boutique, "online-boutique/split")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Load, train_ticket, "train-ticket/mixed")->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
