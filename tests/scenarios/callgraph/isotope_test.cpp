// Call graphs from isotope topologies.
#include <cmath>

#include <gmock/gmock.h>

#include "scenarios/run/simulation_run.h"
#include "tests/scenarios/callgraph/support.h"

namespace meshsim::scenarios {
namespace {

using namespace testing;

// As istio/tools' example canonical.yaml.
constexpr const char* kCanonical = R"(defaults:
  requestSize: 1 KB
  responseSize: 2k
services:
- name: a
- name: b
  type: grpc
  errorRate: 0.1%
- name: c
  numReplicas: 2
  script:
  - sleep: 2ms
  - call: a
  - sleep: 3ms
  - call: {service: b, size: 10K, probability: 50}
- name: d
  isEntrypoint: true
  script:
  - - call: a
    - call: c
    - sleep: 1s
  - call: b
)";

constexpr const char* kScenario = R"(callGraph:
  isotope: graph.yaml
  namespace: shop
  workloads: ambient
  from: { workload: shop/client }
  rate: 50/s
workloads:
  - { name: client, namespace: shop, mode: sidecar }
run: { duration: 20s }
)";

TEST(Isotope, StepsSizesErrorsAndSleeps) {
  const Loaded l = loaded(kScenario, {{"graph.yaml", kCanonical}});
  ASSERT_FALSE(l.unreadable) << findings(l);
  EXPECT_EQ(calls(l, "shop/d"), "a + c | b");
  EXPECT_EQ(calls(l, "shop/c"), "a | b *0.50");
  EXPECT_EQ(calls(l, "shop/a"), "");
  EXPECT_DOUBLE_EQ(application(l, "shop/b")->error_share, 0.001);
  const auto usual = static_cast<std::int64_t>(l.scenario.costs.application_ns);
  EXPECT_EQ(application(l, "shop/c")->service->mean().ns, 5'000'000 + usual);
  EXPECT_FALSE(application(l, "shop/a")->service) << "nothing stated: the cost model's";
  const ScenarioFlow* call = flow(l, "shop/c to b.shop.svc.cluster.local:8080");
  ASSERT_NE(call, nullptr);
  EXPECT_EQ(call->traffic.request_bytes, 10'240u);
  EXPECT_EQ(call->traffic.response_bytes, 2048u);
  EXPECT_EQ(call->flow.protocol, models::FlowProtocol::Grpc);
  EXPECT_NE(findings(l).find("graph.yaml:19"), std::string::npos) << "a sleep beside calls: " << findings(l);
  const std::size_t c = l.world.mesh->find_workload("shop", "c");
  ASSERT_NE(c, models::kNone);
  EXPECT_EQ(l.world.mesh->workloads[c].pods.size(), 2u);
  EXPECT_EQ(l.world.mesh->workloads[c].mode, models::DataplaneMode::Ambient);
}

TEST(Isotope, RequestsFollowTheGraph) {
  const Loaded l = loaded(kScenario, {{"graph.yaml", kCanonical}});
  const auto result = models::simulate(prepare_simulation(l).input);
  std::map<std::string, double> started;
  for (const auto& f : result.flows) started[f.flow] = static_cast<double>(f.started);
  const double entries = started["shop/client to d.shop.svc.cluster.local:8080"];
  EXPECT_NEAR(entries, 1000, 5 * std::sqrt(1000.0));
  EXPECT_NEAR(started["shop/d to a.shop.svc.cluster.local:8080"], entries, 60) << "what is under way takes a second";
  EXPECT_NEAR(started["shop/c to b.shop.svc.cluster.local:8080"], entries / 2, 5 * std::sqrt(entries / 4));
}

TEST(Isotope, WhatIsWrongIsSaidWithItsLine) {
  const auto said = [](const std::string& text) {
    const Loaded l = loaded("callGraph: {isotope: graph.yaml, workloads: none}\n", {{"graph.yaml", text}});
    return (l.unreadable ? "unreadable " : "readable ") + findings(l);
  };
  EXPECT_THAT(said("services:\n- name: front\n  script: [{call: bakc}]\n- name: back\n"),
              ::testing::AllOf(::testing::StartsWith("unreadable"), ::testing::HasSubstr("graph.yaml:3"),
                               ::testing::HasSubstr("did you mean \"back\"")));
  EXPECT_THAT(said("services:\n- name: a\n  errorRate: 5\n"), ::testing::HasSubstr("graph.yaml:3"));
  EXPECT_THAT(said("services:\n- name: a\n  responseSize: many\n"), ::testing::HasSubstr("graph.yaml:3"));
  EXPECT_THAT(said("services:\n- name: a\n  script: [[[{sleep: 1s}]]]\n"), ::testing::HasSubstr("concurrent"));
  EXPECT_THAT(said("services:\n- name: a\n  script: [{sleep: soon}]\n"), ::testing::StartsWith("unreadable"));
  EXPECT_THAT(said("services:\n- name: a\n- name: a\n"), ::testing::HasSubstr("two services"));
  EXPECT_THAT(said("services: 5\n"), ::testing::StartsWith("unreadable"));
  EXPECT_THAT(said("[]\n"), ::testing::StartsWith("unreadable"));
  EXPECT_THAT(said("services:\n- name: a\n  memoryUsage: 80%\n"),
              ::testing::AllOf(::testing::StartsWith("readable"), ::testing::HasSubstr("MSH0016")));
  EXPECT_THAT(said("services:\n- {name: a, script: [call: b]}\n- {name: b, script: [call: a]}\n"),
              ::testing::HasSubstr("round for ever: default/a > default/b > default/a"));
}

TEST(Isotope, HostsReachAnotherNamespace) {
  const Loaded l = loaded("callGraph: {isotope: graph.yaml, workloads: none}\n",
                          {{"graph.yaml",
                            "services:\n- name: a\n  namespace: demo1\n  script:\n  - call: {service: b, hostname: "
                            "\"b.demo2.svc.cluster.local:8080\"}\n- name: b\n  namespace: demo2\n"}});
  EXPECT_FALSE(l.unreadable) << findings(l);
  EXPECT_NE(flow(l, "demo1/a to b.demo2.svc.cluster.local:8080"), nullptr) << findings(l);
}

TEST(Isotope, AServiceThatTheMeshLacksIsAFinding) {
  const Loaded l =
      loaded(R"(workloads:
  - { name: a, namespace: default, mode: sidecar, ports: [{port: 8080, name: http}] }
callGraph: { isotope: graph.yaml, services: { c: null } }
)",
             {{"graph.yaml", "services:\n- name: a\n  script:\n  - call: b\n  - call: c\n- name: b\n- name: c\n"}});
  EXPECT_FALSE(l.unreadable);
  EXPECT_THAT(findings(l), ::testing::AllOf(::testing::HasSubstr("MSH0015"), ::testing::HasSubstr("graph.yaml:4"),
                                            ::testing::Not(::testing::HasSubstr(" c "))));
  EXPECT_EQ(calls(l, "default/a"), "");
}

}  // namespace
}  // namespace meshsim::scenarios
