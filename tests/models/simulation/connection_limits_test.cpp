// Durations of connections, budgets of retries, and outlier detection of TCP (PO-120, DP-220): Envoys know them, a
// ztunnel does not.
#include <gtest/gtest.h>

#include "models/simulation/cluster_policy.h"
#include "tests/models/simulation/resilience_mesh.h"

namespace meshsim::models {
namespace {

using testing::caused;
using testing::open_loop;
using testing::outcome_of;
using testing::proxy_of;
using testing::resilience_world;
using testing::server_pod;

constexpr std::int64_t kSecond = 1'000'000'000, kMs = 1'000'000;
const std::string kOneSecond = "{connectionPool: {tcp: {maxConnectionDuration: 1s}}}";

SimulationInput tcp_loop(const std::string& policy, const std::string& client, const std::string& server_mode,
                         double rate, std::int64_t service_ns, int pods = 1, bool waypoint = false) {
  SimulationInput input =
      open_loop(resilience_world(pods, policy, "", waypoint, server_mode, "{profile: ossm-3.2}", "tcp"), client, rate,
                service_ns, 20);
  input.flows[0].flow.protocol = FlowProtocol::Tcp;
  return input;
}

// Envoy's pool drains a connection of that age: no request fails, a new connection is made.
TEST(MaxConnectionDuration, OfHttpRenewsConnections) {
  const auto opened = [](const std::string& policy, bool waypoint) {
    const SimulationResult r =
        simulate(open_loop(resilience_world(1, policy, "", waypoint), waypoint ? "ambient" : "sidecar", 50, kMs, 20));
    EXPECT_EQ(caused(r, ""), r.flows[0].finished);
    return waypoint ? proxy_of(r, "waypoint", "echo/waypoint")->connections_opened
                    : proxy_of(r, "sidecar", "echo/sidecar")->connections_opened;
  };
  for (const bool waypoint : {false, true}) {
    EXPECT_NEAR(static_cast<double>(opened(kOneSecond, waypoint)), 20, 3) << waypoint;
    EXPECT_LE(opened("", waypoint), 3u) << waypoint;
  }
}

// One that is busy at that age serves its request to the end.
TEST(MaxConnectionDuration, OfHttpCutsNothing) {
  const SimulationResult r = simulate(open_loop(resilience_world(1, kOneSecond, ""), "sidecar", 5, 3 * kSecond, 20));
  EXPECT_EQ(caused(r, ""), r.flows[0].finished);
  EXPECT_EQ(proxy_of(r, "sidecar", "echo/sidecar")->connections_opened, r.flows[0].started);
}

// A TCP listener closes the connection whatever it carries: at the client's sidecar and at the waypoint.
TEST(MaxConnectionDuration, OfTcpCuts) {
  const SimulationResult r = simulate(tcp_loop(kOneSecond, "sidecar", "sidecar", 1, 3 * kSecond));
  const OutcomeCount* o = outcome_of(r, "connection reset");
  ASSERT_NE(o, nullptr);
  EXPECT_EQ(o->count, r.flows[0].finished);
  EXPECT_EQ(o->verdict, Verdict::Reset);
  EXPECT_NEAR(r.flows[0].latency.mean(), 1e9, 1e7);
  EXPECT_NE(
      outcome_of(simulate(tcp_loop(kOneSecond, "ambient", "ambient", 1, 3 * kSecond, 1, true)), "connection reset"),
      nullptr);
}

TEST(MaxConnectionDuration, AZtunnelHasNone) {
  EXPECT_EQ(outcome_of(simulate(tcp_loop(kOneSecond, "ambient", "ambient", 1, 3 * kSecond)), "connection reset"),
            nullptr);
  EXPECT_EQ(outcome_of(simulate(tcp_loop(kOneSecond, "ambient", "sidecar", 1, 3 * kSecond)), "connection reset"),
            nullptr)
      << "nor the server's sidecar";
}

TEST(IdleTimeout, OfTcp) {
  const std::string idle = "{connectionPool: {tcp: {idleTimeout: 1s}}}";
  const SimulationResult r = simulate(tcp_loop(idle, "sidecar", "sidecar", 0.5, kMs));
  EXPECT_EQ(r.flows[0].connections[0], r.flows[0].started);
  EXPECT_EQ(caused(r, ""), r.flows[0].finished);
  EXPECT_EQ(simulate(tcp_loop(idle, "sidecar", "sidecar", 2, kMs)).flows[0].connections[0], 1u);
  EXPECT_EQ(simulate(tcp_loop(idle, "ambient", "ambient", 0.5, kMs)).flows[0].connections[0], 1u);
}

TEST(IdleTimeout, OfHttpBeforeThatOfTcp) {
  const auto opened = [](const std::string& pool) {
    const SimulationResult r =
        simulate(open_loop(resilience_world(1, "{connectionPool: " + pool + "}", ""), "sidecar", 0.5, kMs, 20));
    return proxy_of(r, "sidecar", "echo/sidecar")->connections_opened;
  };
  EXPECT_EQ(opened("{http: {idleTimeout: 1s}}"), 10u);
  EXPECT_EQ(opened("{tcp: {idleTimeout: 1s}}"), 10u);
  EXPECT_EQ(opened("{tcp: {idleTimeout: 1s}, http: {idleTimeout: 1m}}"), 1u);
}

simulation::ClusterPolicy policy_of(const std::string& text) {
  const World world = resilience_world(1, text, "");
  return simulation::read_cluster_policy(
      world.routing->traffic_policy("echo", nullptr, world.mesh->find_service("echo", "server"), 80, "", false).node,
      false);
}

TEST(ClusterPolicy, DurationsAndBudgets) {
  const auto policy = policy_of(
      "{connectionPool: {tcp: {maxConnectionDuration: 90s, idleTimeout: 7s}, http: {idleTimeout: 0s}}, retryBudget: "
      "{}}");
  EXPECT_EQ(policy.max_connection_ns, 90 * kSecond);
  EXPECT_EQ(policy.idle_ns, simulation::kForever) << "0 switches it off";
  EXPECT_TRUE(policy.retry_budget);
  EXPECT_DOUBLE_EQ(policy.budget_percent, 0.2) << "istiod writes 0.2, Envoy's unit is percent";
  EXPECT_EQ(policy.budget_least, 3u);
  const auto stated = policy_of("{retryBudget: {percent: 25, minRetryConcurrency: 7}}");
  EXPECT_DOUBLE_EQ(stated.budget_percent, 25);
  EXPECT_EQ(stated.budget_least, 7u);
  EXPECT_FALSE(policy_of("{connectionPool: {http: {maxRetries: 2}}}").retry_budget);
}

// The client's sidecar has a Service of four bad pods, 200 ms each, and 100 requests a second: 20 and more at once.
SimulationResult many_retries(const std::string& policy) {
  SimulationInput input =
      open_loop(resilience_world(4, policy, "retries: {attempts: 2, retryOn: 5xx}"), "sidecar", 100, 200 * kMs, 20);
  for (std::size_t i = 0; i < 4; ++i)
    input.disturbances.push_back({0, false, Disturbance::Kind::Pod, server_pod(input.epochs[0].world, i), "", 1.0});
  return simulate(input);
}

std::uint64_t refused(const SimulationResult& r) { return proxy_of(r, "sidecar", "echo/sidecar")->overflows; }

TEST(RetryBudget, ShareOfWhatIsUnderWay) {
  const SimulationResult free = many_retries("");
  EXPECT_EQ(refused(free), 0u);
  EXPECT_EQ(refused(many_retries("{retryBudget: {percent: 100}}")), 0u);
  const std::uint64_t three = refused(many_retries("{retryBudget: {}}"));
  EXPECT_GT(three, 1000u) << "three at once";
  EXPECT_EQ(three, refused(many_retries("{connectionPool: {http: {maxRetries: 3}}, retryBudget: {}}")));
  EXPECT_EQ(three, refused(many_retries("{connectionPool: {http: {maxRetries: 100}}, retryBudget: {}}")))
      << "the budget takes the place of maxRetries";
  const std::uint64_t fifth = refused(many_retries("{retryBudget: {percent: 20}}"));
  EXPECT_LT(fifth, three);
  EXPECT_GT(fifth, 100u);
}

SimulationResult bad_tcp_pod(const std::string& outlier, const std::string& client, const std::string& server_mode) {
  SimulationInput input = tcp_loop("{outlierDetection: {" + outlier + ", interval: 1s, baseEjectionTime: 100s}}",
                                   client, server_mode, 20, kMs, 4);
  input.flows[0].traffic.keep_alive = false;
  input.disturbances.push_back(
      {5 * kSecond, false, Disturbance::Kind::Pod, server_pod(input.epochs[0].world, 0), "", {}});
  return simulate(input);
}

// tcp_proxy reports a connection that does not come about as local origin failure, which counts as a 503.
TEST(OutlierDetection, OfTcpCountsConnections) {
  const SimulationResult r = bad_tcp_pod("consecutive5xxErrors: 5, maxEjectionPercent: 50", "sidecar", "sidecar");
  ASSERT_EQ(r.ejections.size(), 1u);
  EXPECT_EQ(r.ejections[0].reason, "consecutive 5xx");
  EXPECT_EQ(caused(r, "proxy down"), 5u);
  const SimulationResult split = bad_tcp_pod(
      "splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 2, consecutive5xxErrors: 5, "
      "maxEjectionPercent: 50",
      "sidecar", "sidecar");
  ASSERT_EQ(split.ejections.size(), 1u);
  EXPECT_EQ(split.ejections[0].reason, "consecutive local origin failures");
  EXPECT_EQ(caused(split, "proxy down"), 2u);
  EXPECT_TRUE(bad_tcp_pod("consecutive5xxErrors: 0, maxEjectionPercent: 50", "sidecar", "sidecar").ejections.empty());
  EXPECT_TRUE(bad_tcp_pod("consecutive5xxErrors: 5", "sidecar", "sidecar").ejections.empty()) << "one of four is 25 %";
}

TEST(OutlierDetection, OfTcpNeitherAtAZtunnelNorIntoHbone) {
  const std::string five = "consecutive5xxErrors: 5, maxEjectionPercent: 50";
  for (const char* client : {"sidecar", "ambient"}) {
    const SimulationResult r = bad_tcp_pod(five, client, "ambient");
    EXPECT_TRUE(r.ejections.empty()) << client;
    EXPECT_GT(caused(r, "pod gone"), 40u) << client;
  }
}

// MeshConfig's connectTimeout holds where the DestinationRule states none.
TEST(ConnectTimeout, OfTheMesh) {
  const auto longest = [](const std::string& policy, const std::string& mesh) {
    SimulationInput input =
        open_loop(resilience_world(1, policy, "retries: {attempts: 0}", false, "ambient", mesh), "sidecar", 1, kMs, 20);
    input.costs.nodes = 2;
    for (int i = 0; i < 2; ++i)
      input.disturbances.push_back({5 * kSecond,
                                    false,
                                    Disturbance::Kind::Link,
                                    "node-" + std::to_string(1 + i),
                                    "node-" + std::to_string(2 - i),
                                    {}});
    for (const char* node : {"node-1", "node-2"})
      input.disturbances.push_back({5 * kSecond, false, Disturbance::Kind::Link, node, node, {}});
    const SimulationResult r = simulate(input);
    EXPECT_GT(caused(r, "unreachable"), 0u);
    return static_cast<double>(r.flows[0].latency.tally().greatest);
  };
  const std::string plain = "{profile: ossm-3.2}", two = "{profile: ossm-3.2, config: {connectTimeout: 2s}}";
  EXPECT_NEAR(longest("", plain), 10e9, 2e7);
  EXPECT_NEAR(longest("", two), 2e9, 2e7);
  EXPECT_NEAR(longest("{connectionPool: {tcp: {connectTimeout: 3s}}}", two), 3e9, 2e7);
}

}  // namespace
}  // namespace meshsim::models
