// run.warmup: auto.
#include <gtest/gtest.h>

#include "scenarios/run/simulation_run.h"

namespace meshsim::scenarios {
namespace {

// Two hundred clients begin at once at a slow application: the first answers are quick, then the queue is full.
Loaded crowd(const std::string& run, const std::string& law = "exponential") {
  return load(read_scenario_text(R"(apiVersion: meshsim/v1
kind: Scenario
metadata: {name: crowd}
workloads:
  - {name: client, namespace: shop, mode: none}
  - {name: server, namespace: shop, mode: none, ports: [{port: 80, targetPort: 8080, name: http}]}
flows:
  - {name: ask, from: {workload: shop/client}, to: {host: server.shop.svc.cluster.local, port: 80}, arrivals: closed, clients: 200, thinkTime: 200ms, thinkConstant: true}
applications:
  shop/server: {serviceTime: {mean: 10ms, law: )" +
                                     law +
                                     R"(}, workers: 1}
run: )" + run + "\n",
                                 "crowd.yaml"));
}

models::SimulationResult simulated(const Loaded& loaded, const SimulationOptions& options = {}) {
  return run_simulation(prepare_simulation(loaded, options), options, loaded.scenario.run.replications);
}

TEST(WarmUp, TheTransientIsFoundAndLeftOut) {
  const auto found = simulated(crowd("{duration: 60s, warmup: auto}", "constant"));
  EXPECT_GE(found.warmup_ns, 1'800'000'000) << "the queue fills in two seconds";
  EXPECT_LT(found.warmup_ns, 8'000'000'000);
  ASSERT_FALSE(found.notes.empty());
  EXPECT_NE(found.notes.back().find("MSER-5"), std::string::npos);
  // Two hundred clients, ten milliseconds each, less the time that they think and travel: no chance is left.
  const auto none = simulated(crowd("{duration: 60s}", "constant"));
  EXPECT_NEAR(found.flows[0].latency.mean(), 1.8e9, 0.002e9);
  EXPECT_LT(none.flows[0].latency.mean(), 1.78e9);
}

TEST(WarmUp, PartsFindTheSame) {
  const Loaded loaded = crowd("{duration: 20s, warmup: auto, replications: 3}");
  SimulationOptions first, rest;
  first.count = 1;
  rest.first = 1;
  rest.count = 2;
  const auto whole = simulated(loaded);
  auto parts = simulated(loaded, rest);
  ASSERT_EQ(models::merge(parts, simulated(loaded, first)), std::nullopt);
  EXPECT_EQ(parts.fingerprint(), whole.fingerprint());
  EXPECT_EQ(parts.warmup_ns, whole.warmup_ns);
  EXPECT_EQ(parts.flows[0].latency.digest(), whole.flows[0].latency.digest());
  EXPECT_EQ(parts.notes, whole.notes);
}

TEST(WarmUp, ARunTooShortSaysSo) {
  const auto result = simulated(crowd("{duration: 300ms, warmup: auto}"));
  ASSERT_FALSE(result.notes.empty());
  EXPECT_NE(result.notes.back().find("too short"), std::string::npos) << result.notes.back();
}

}  // namespace
}  // namespace meshsim::scenarios
