// Before and after with common random numbers.
#include "scenarios/run/comparison.h"

#include <cmath>

#include <gtest/gtest.h>

namespace meshsim::scenarios {
namespace {

Loaded shop(const std::string& mode, const std::string& more = {}) {
  return load(read_scenario_text(R"(apiVersion: meshsim/v1
kind: Scenario
metadata: {name: shop}
workloads:
  - {name: client, namespace: shop, mode: sidecar, replicas: 2}
  - {name: front, namespace: shop, mode: )" +
                                     mode +
                                     R"(, replicas: 2, ports: [{port: 80, targetPort: 8080, name: http}]}
  - {name: stock, namespace: shop, mode: sidecar, ports: [{port: 80, targetPort: 8080, name: http}]}
flows:
  - {name: page, from: {workload: shop/client}, to: {host: front.shop.svc.cluster.local, port: 80}, rate: 800/s}
  - {name: item, from: {workload: shop/front}, to: {host: stock.shop.svc.cluster.local, port: 80}}
applications:
  shop/front: {serviceTime: {mean: 3ms, law: exponential}, workers: 2, calls: [{flow: item, probability: 0.5}]}
run: {duration: 4s, warmup: 1s, seed: 5}
)" + more,
                                 "shop.yaml"));
}

Comparison compared(const Loaded& before, const Loaded& after, std::uint32_t count = 6, unsigned threads = 2) {
  SimulationOptions options;
  options.count = count;
  options.threads = threads;
  models::Diagnostics diagnostics;
  return compare_simulations(before, after, options, diagnostics);
}

const ComparedValue& value(const Comparison& c, const std::string& flow, const std::string& name) {
  for (const ComparedFlow& f : c.flows)
    for (const ComparedValue& v : f.values)
      if (f.flow == flow && v.name == name) return v;
  for (const ComparedValue& v : c.totals)
    if (flow.empty() && v.name == name) return v;
  throw std::runtime_error("no such value: " + flow + ' ' + name);
}

TEST(Comparison, ASideAgainstItselfIsExactlyZero) {
  const Comparison c = compared(shop("sidecar"), shop("sidecar"));
  ASSERT_EQ(c.flows.size(), 2u);
  EXPECT_EQ(c.before_fingerprint, c.after_fingerprint);
  for (const ComparedFlow& flow : c.flows)
    for (const ComparedValue& v : flow.values) {
      EXPECT_EQ(v.difference, 0) << flow.flow << ' ' << v.name;
      EXPECT_EQ(v.paired, 0) << flow.flow << ' ' << v.name;
      EXPECT_FALSE(v.changed());
      if (v.name == "mean") {
        EXPECT_GT(v.unpaired, 0) << "replications differ, their differences do not";
      }
    }
  for (const ComparedValue& v : c.totals) EXPECT_EQ(v.difference, 0) << v.name;
}

// One proxy five per cent slower: common random numbers find it where independent ones drown it.
TEST(Comparison, PairsSeeWhatIndependentRunsDoNot) {
  const Comparison c = compared(shop("sidecar"), shop("sidecar", "costs: {sidecar: {latency: 231us}}\n"));
  const ComparedValue& mean = value(c, "page", "mean");
  EXPECT_GT(mean.difference, 0);
  EXPECT_TRUE(mean.changed());
  EXPECT_LT(mean.paired, mean.unpaired / 3);
  EXPECT_EQ(value(c, "page", "requests").difference, 0) << "the same arrivals";
}

TEST(Comparison, AMigrationKeepsArrivalsAndCalls) {
  const Comparison c = compared(shop("sidecar"), shop("ambient"));
  EXPECT_NEAR(value(c, "page", "requests").difference, 0, 5) << "up to what is under way at the end";
  EXPECT_NEAR(value(c, "item", "requests").difference, 0, 5) << "the same requests call";
  EXPECT_LT(value(c, "", "cpu sidecar").difference, 0);
  EXPECT_GT(value(c, "", "cpu ztunnel").difference, 0);
  EXPECT_TRUE(value(c, "", "cpu all").changed());
  const ComparedValue& mean = value(c, "page", "mean");
  EXPECT_LT(mean.paired, mean.unpaired) << "the application's times are the same on both sides";
}

TEST(Comparison, ThreadsAndOrderDoNotMatter) {
  const Loaded before = shop("sidecar"), after = shop("ambient");
  const Comparison one = compared(before, after, 4, 1), four = compared(before, after, 4, 4);
  EXPECT_EQ(one.before_fingerprint, four.before_fingerprint);
  EXPECT_EQ(one.after_fingerprint, four.after_fingerprint);
  EXPECT_EQ(value(one, "page", "p99").difference, value(four, "page", "p99").difference);
  const Comparison back = compared(after, before, 4);
  EXPECT_EQ(value(back, "page", "mean").difference, -value(one, "page", "mean").difference);
}

TEST(Comparison, FlowsOfOneSideAreNamed) {
  const Comparison c = compared(shop("sidecar"),
                                load(read_scenario_text(R"(apiVersion: meshsim/v1
kind: Scenario
metadata: {name: other}
workloads:
  - {name: client, namespace: shop, mode: sidecar}
flows:
  - {name: other, from: {workload: shop/client}, to: {host: client.shop.svc.cluster.local, port: 80}, rate: 10/s}
)",
                                                        "other.yaml")),
                                2);
  EXPECT_TRUE(c.flows.empty());
  EXPECT_EQ(c.only_one_side, (std::vector<std::string>{"other", "page", "item"}));
}

}  // namespace
}  // namespace meshsim::scenarios
