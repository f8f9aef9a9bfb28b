// run with traffic, --replications, merge, --fail-on window:...
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "scenarios/cli/simulation.h"
#include "tests/scenarios/cli/cli_fixture.h"

namespace meshsim::scenarios {
namespace {

constexpr const char* kScenario = R"(apiVersion: meshsim/v1
kind: Scenario
metadata: {name: traffic}
mesh: {profile: ossm-3.2}
workloads:
  - {name: web, namespace: shop, mode: sidecar}
  - {name: api, namespace: shop, mode: ambient, ports: [{port: 80, targetPort: 8080, name: http}]}
flows:
  - {name: calls, from: {workload: shop/web}, to: {host: api.shop.svc.cluster.local, port: 80}, rate: 200/s, expect: {verdict: allowed, latency: {p50: "<1s", p99: "<1us"}}}
run: {duration: 2s, seed: 7, replications: 3}
)";

std::string temporary(const std::string& name, const std::string& text) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("meshsim-" + std::to_string(::getpid()) + name)).string();
  std::ofstream(path) << text;
  return path;
}

TEST(SimulationCli, PartsMergeIntoTheBytesOfTheWhole) {
  const Ran whole = meshsim({"run", "-", "-o", "json"}, kScenario);
  EXPECT_EQ(whole.code, kFailed) << "p99 below a microsecond";
  EXPECT_EQ(whole.out, meshsim({"run", "-", "-o", "json", "-j", "2"}, kScenario).out);
  const std::string first =
      temporary("a.json", meshsim({"run", "-", "-o", "json", "--replications", "0..1"}, kScenario).out);
  const std::string second =
      temporary("b.json", meshsim({"run", "-", "-o", "json", "--replications", "2"}, kScenario).out);
  const Ran merged = meshsim({"merge", second, first});
  EXPECT_EQ(merged.code, kFine) << merged.err;
  EXPECT_EQ(merged.out, whole.out);
  EXPECT_EQ(meshsim({"merge", first, first}).code, kData) << "a replication twice";
  EXPECT_EQ(meshsim({"merge", temporary("c.json", "{}")}).code, kData);
  EXPECT_EQ(meshsim({"merge"}).code, kUsage);
}

TEST(SimulationCli, LatencyExpectationsAreDecidedBySimulation) {
  const Ran ran = meshsim({"run", "-", "-o", "json"}, kScenario);
  EXPECT_EQ(ran.out.find("latency.p50"), std::string::npos);
  EXPECT_NE(ran.out.find("latency.p99"), std::string::npos);
}

TEST(SimulationCli, OptionsAreChecked) {
  EXPECT_EQ(meshsim({"run", "-", "--replications", "3..1"}, kScenario).code, kUsage);
  EXPECT_EQ(meshsim({"run", "-", "--fail-on", "window:bypased>0s"}, kScenario).code, kUsage);
  EXPECT_EQ(meshsim({"run", "-", "--fail-on", "window:bypassed>soon"}, kScenario).code, kUsage);
  EXPECT_EQ(meshsim({"run", "-", "--judge-only", "--fail-on", "window:bypassed>0s"}, kScenario).code, kUsage);
  EXPECT_EQ(meshsim({"run", "-", "--judge-only"}, kScenario).out.find("SIMULATED"), std::string::npos);
  EXPECT_EQ(parse_window_limit("window:open>1m30s")->longer_than_ns, 90'000'000'000);
}

TEST(SimulationCli, SeedChangesTheFingerprint) {
  const auto with = [](const char* seed) { return meshsim({"run", "-", "--seed", seed}, kScenario).out; };
  EXPECT_EQ(with("7"), meshsim({"run", "-"}, kScenario).out);
  EXPECT_NE(with("8"), with("7"));
}

TEST(SimulationCli, DiffSimulatesBothSides) {
  const std::string before = temporary("before.yaml", kScenario);
  std::string moved = kScenario;
  moved.replace(moved.find("name: web, namespace: shop, mode: sidecar"), 41,
                "name: web, namespace: shop, mode: ambient");
  const std::string after = temporary("after.yaml", moved);
  const auto diff = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"diff", before, after, "--simulate", "--replications", "0..2"};
    words.insert(words.end(), more.begin(), more.end());
    return meshsim(words);
  };
  const Ran table = diff({});
  EXPECT_EQ(table.code, kFine) << table.err;
  EXPECT_NE(table.out.find("SIMULATED 2s with 3 pairs of replications, seed 7"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("cpu ztunnel"), std::string::npos);
  EXPECT_EQ(diff({"-j", "2"}).out, table.out);
  const std::string json = diff({"-o", "json"}).out;
  EXPECT_NE(json.find("\"simulation\""), std::string::npos);
  EXPECT_NE(json.find("\"unpairedHalfWidth\""), std::string::npos);
  EXPECT_NE(diff({"-o", "md"}).out.find("| calls | mean |"), std::string::npos);
  EXPECT_EQ(diff({"--exit-code"}).code, kFailed);

  const Ran same = meshsim({"diff", before, before, "--simulate", "--replications", "0..1", "-o", "json"});
  EXPECT_EQ(same.out.find("\"changed\": true"), std::string::npos) << same.out;
  EXPECT_EQ(meshsim({"diff", before, after}).out.find("SIMULATED"), std::string::npos);
  EXPECT_EQ(meshsim({"diff", before, after, "--seed", "3"}).code, kUsage);
  EXPECT_EQ(diff({"--replications", "x"}).code, kUsage);
  const std::string silent = temporary("silent.yaml", "apiVersion: meshsim/v1\nkind: Scenario\n");
  EXPECT_EQ(meshsim({"diff", before, silent, "--simulate"}).code, kUsage);
}

TEST(SimulationCli, AWarmUpThatIsFoundMergesLikeOneThatIsStated) {
  std::string scenario = kScenario;
  scenario.replace(scenario.find("seed: 7"), 7, "warmup: auto, seed: 7");
  const Ran whole = meshsim({"run", "-", "-o", "json"}, scenario);
  EXPECT_NE(whole.out.find("MSER-5"), std::string::npos);
  const std::string first =
      temporary("d.json", meshsim({"run", "-", "-o", "json", "--replications", "0"}, scenario).out);
  const std::string rest =
      temporary("e.json", meshsim({"run", "-", "-o", "json", "--replications", "1..2"}, scenario).out);
  EXPECT_EQ(meshsim({"merge", rest, first}).out, whole.out);
}

TEST(SimulationCli, ATimelineEntryThatNamesNothingIsAFinding) {
  const Ran ran =
      meshsim({"run", "-"}, std::string(kScenario) + "timeline: [{at: 1s, restart: shop/deployment/nobody}]\n");
  EXPECT_EQ(ran.code, kData);
  EXPECT_NE(ran.err.find("MSH0013"), std::string::npos);
}

}  // namespace
}  // namespace meshsim::scenarios
