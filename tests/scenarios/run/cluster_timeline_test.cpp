// The timeline: what istiod deploys is rolled and scaled like everything else, ztunnels are replaced node by node.
#include "scenarios/run/cluster_timeline.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "scenarios/run/simulation_run.h"

namespace meshsim::scenarios {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::string scenario_with(const std::string& timeline, const std::string& manifests = "") {
  return R"(apiVersion: meshsim/v1
kind: Scenario
metadata: {name: rolled}
mesh: {profile: ossm-3.2}
workloads:
  - {name: web, namespace: shop, mode: ambient}
  - {name: api, namespace: shop, mode: ambient, ports: [{port: 80, targetPort: 8080, name: http}]}
gateways:
  - {name: waypoint, namespace: shop, kind: waypoint, for: service}
labels: [{object: shop/service/api, set: {istio.io/use-waypoint: waypoint}}]
policies: [)" +
         manifests + R"(]
flows:
  - {name: calls, from: {workload: shop/web}, to: {host: api.shop.svc.cluster.local, port: 80}, rate: 100/s}
timeline:
)" + timeline +
         "run: {duration: 60s, seed: 1}\n";
}

struct Prepared {
  Loaded loaded;
  PreparedSimulation simulation;
};
std::unique_ptr<Prepared> prepared(const std::string& text) {
  auto out = std::make_unique<Prepared>();
  out->loaded = load(read_scenario_text(text, "rolled.yaml"));
  out->simulation = prepare_simulation(out->loaded);
  return out;
}

const models::Workload& waypoint_of(const models::Epoch& epoch) {
  const models::Mesh& mesh = *epoch.world.mesh;
  return mesh.workloads[mesh.gateways[mesh.find_gateway("shop", "waypoint")].workload];
}

TEST(Timeline, AWaypointIsRolledAsWhatItIs) {
  for (const char* name : {"shop/gateway/waypoint", "shop/deployment/waypoint"}) {
    const auto p = prepared(scenario_with("  - {at: 10s, restart: " + std::string(name) + "}\n"));
    EXPECT_TRUE(p->simulation.diagnostics.empty());
    const auto& epochs = p->simulation.input.epochs;
    const models::Workload &before = waypoint_of(epochs.front()), &after = waypoint_of(epochs.back());
    ASSERT_EQ(before.pods.size(), 1u);
    ASSERT_EQ(after.pods.size(), 1u);
    EXPECT_EQ(before.pods[0].name, "waypoint-0");
    EXPECT_EQ(after.pods[0].name, "waypoint-g1-0");
    EXPECT_EQ(after.role, models::ProxyRole::Waypoint);
    EXPECT_EQ(after.identity, before.identity);
    EXPECT_EQ(after.sends_hbone, before.sends_hbone);
    EXPECT_EQ(after.mode, before.mode);
    // The new one is ready three seconds later, then the old one goes; nobody notices.
    const models::SimulationResult r = run_simulation(p->simulation, {}, 1);
    ASSERT_EQ(r.flows.size(), 1u);
    for (const models::OutcomeCount& o : r.flows[0].outcomes) {
      EXPECT_EQ(o.verdict, models::Verdict::Allowed);
      EXPECT_EQ(o.path.size(), 3u);
    }
    std::uint64_t jobs[2] = {};
    for (const models::ProxyStatistics& proxy : r.proxies) {
      if (proxy.name == "shop/waypoint-0") jobs[0] = proxy.jobs;
      if (proxy.name == "shop/waypoint-g1-0") jobs[1] = proxy.jobs;
    }
    EXPECT_NEAR(static_cast<double>(jobs[0]) / 2, 13 * 100, 200);
    EXPECT_NEAR(static_cast<double>(jobs[1]) / 2, 47 * 100, 300);
  }
}

TEST(Timeline, AWaypointIsScaled) {
  const auto p = prepared(scenario_with("  - {at: 10s, scale: shop/gateway/waypoint, replicas: 3}\n"));
  EXPECT_EQ(waypoint_of(p->simulation.input.epochs.back()).pods.size(), 3u);
  EXPECT_EQ(waypoint_of(p->simulation.input.epochs.back()).role, models::ProxyRole::Waypoint);
}

std::vector<models::Disturbance> disturbances(const std::string& timeline, const std::string& manifests = "") {
  return prepared(scenario_with(timeline, manifests))->simulation.input.disturbances;
}

// As the chart installs it: one node at a time, the new one first, 30 s of grace less 5.
TEST(Timeline, AZtunnelOfOneNode) {
  const auto one = disturbances("  - {at: 10s, restart: ztunnel/node-2}\n");
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].kind, models::Disturbance::Kind::Ztunnel);
  EXPECT_EQ(one[0].name, "node-2");
  EXPECT_EQ(one[0].at_ns, 13 * kSecond);
  EXPECT_EQ(one[0].replace_ns, 25 * kSecond);
  EXPECT_EQ(one[0].absent_ns, 0);
  const auto p = prepared(scenario_with("  - {at: 10s, restart: ztunnel/node-9}\n"));
  ASSERT_EQ(p->simulation.diagnostics.size(), 1u);
  EXPECT_EQ(p->simulation.diagnostics[0].code, "MSH0013");
}

std::string daemon_set(const std::string& strategy, const std::string& env) {
  return "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: ztunnel, namespace: istio-system}, spec: {selector: "
         "{matchLabels: {app: ztunnel}}, updateStrategy: " +
         strategy +
         ", template: {metadata: {labels: {app: ztunnel}}, spec: {containers: [{name: istio-proxy, image: z, env: [" +
         env + "]}]}}}}";
}

TEST(Timeline, TheDaemonSetOfZtunnels) {
  const std::string restart = "  - {at: 10s, restart: istio-system/daemonset/ztunnel}\n";
  const auto surged = disturbances(restart, daemon_set("{rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}",
                                                       "{name: TERMINATION_GRACE_PERIOD_SECONDS, value: '60'}"));
  ASSERT_EQ(surged.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(surged[i].name, "node-" + std::to_string(i + 1));
    EXPECT_EQ(surged[i].at_ns, (13 + 3 * static_cast<std::int64_t>(i)) * kSecond);
    EXPECT_EQ(surged[i].replace_ns, 55 * kSecond);
  }
  // Kubernetes' default has no surge, ztunnel's without the variable five seconds.
  const auto plain = disturbances(restart, daemon_set("{}", ""));
  ASSERT_EQ(plain.size(), 3u);
  EXPECT_EQ(plain[0].at_ns, 10 * kSecond);
  EXPECT_EQ(plain[0].replace_ns, 5 * kSecond);
  EXPECT_EQ(plain[0].absent_ns, 3 * kSecond);
  EXPECT_EQ(plain[1].at_ns, 18 * kSecond);
  EXPECT_EQ(disturbances(restart, daemon_set("{}", "{name: CONNECTION_TERMINATION_DEADLINE, value: 9s}"))[0].replace_ns,
            9 * kSecond);
  EXPECT_EQ(
      disturbances(restart, daemon_set("{}", "{name: TERMINATION_GRACE_PERIOD_SECONDS, value: '8'}"))[0].replace_ns,
      7 * kSecond);
}

TEST(Timeline, ApplicationsSayHowTheyEnd) {
  const auto p = prepared(scenario_with("  - {at: 10s, restart: shop/deployment/api}\n") +
                          "applications: {shop/api: {cancels: true, shutdown: 12s}}\n");
  ASSERT_EQ(p->simulation.input.applications.size(), 1u);
  EXPECT_TRUE(p->simulation.input.applications[0].cancels);
  EXPECT_EQ(p->simulation.input.applications[0].shutdown_ns, 12 * kSecond);
}

}  // namespace
}  // namespace meshsim::scenarios
