// connectionPool and outlierDetection of DestinationRules: which proxy honours them, and what the client reads.
#include <gtest/gtest.h>

#include "models/simulation/cluster_policy.h"
#include "tests/models/simulation/resilience_mesh.h"

namespace meshsim::models {
namespace {

using testing::caused;
using testing::closed_loop;
using testing::open_loop;
using testing::outcome_of;
using testing::proxy_of;
using testing::resilience_world;
using testing::server_pod;

constexpr std::int64_t kSlow = 100'000'000;  // the server's 100 ms
const std::string kOneAndOne = "{connectionPool: {tcp: {maxConnections: 1}, http: {http1MaxPendingRequests: 1}}}";

// PO-120, DP-317: one request has the connection, one waits, every other is refused at once: 503 UO by the client's own
// sidecar.
TEST(CircuitBreakers, PendingRequestsOfASidecar) {
  const auto r = simulate(closed_loop(resilience_world(1, kOneAndOne, ""), "sidecar", 3, kSlow, 10));
  EXPECT_NEAR(static_cast<double>(caused(r, "")), 99, 3);  // one connection, 100 ms each
  const OutcomeCount* refused = outcome_of(r, "overflow");
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->http_status, 503);
  EXPECT_EQ(refused->response_flags, "UO");
  EXPECT_EQ(refused->path, std::vector{ProxyKind::Sidecar});
  EXPECT_EQ(r.flows[0].retries, 0u);  // overflow is never retried
  const ProxyStatistics* sidecar = proxy_of(r, "sidecar", "echo/sidecar");
  ASSERT_NE(sidecar, nullptr);
  EXPECT_NEAR(static_cast<double>(sidecar->overflows), static_cast<double>(refused->count), 2);  // one under way
}

// Who waits for the first connection to be made is pending, too.
TEST(CircuitBreakers, AsManyAsFitAreNotRefused) {
  const auto r = simulate(closed_loop(resilience_world(1, kOneAndOne, ""), "sidecar", 2, kSlow, 10));
  EXPECT_LE(caused(r, "overflow"), 1u);
  EXPECT_NEAR(static_cast<double>(caused(r, "")), 99, 3);
  // The second waits for the first: queueing, not network.
  const auto queue = static_cast<double>(r.flows[0].part_ns[static_cast<std::size_t>(TimePart::Queue)]);
  EXPECT_NEAR(queue / static_cast<double>(r.flows[0].finished), 1e8, 4e6);
}

// Each worker has a pool of its own, and a pool without a connection may always make one.
TEST(CircuitBreakers, EachWorkerHasAConnection) {
  SimulationInput input = closed_loop(resilience_world(1, kOneAndOne, ""), "sidecar", 24, kSlow, 10);
  input.costs.sidecar_workers = 2;
  EXPECT_NEAR(static_cast<double>(caused(simulate(input), "")), 198, 6);
}

// PO-124: without a waypoint nobody on an ambient client's path has circuit breakers.
TEST(CircuitBreakers, AZtunnelHasNone) {
  const auto r = simulate(closed_loop(resilience_world(1, kOneAndOne, ""), "ambient", 3, kSlow, 10));
  EXPECT_EQ(caused(r, "overflow"), 0u);
  EXPECT_NEAR(static_cast<double>(caused(r, "")), 297, 6);
}

// PO-122: at the waypoint.
TEST(CircuitBreakers, AWaypointHasThem) {
  const auto r = simulate(closed_loop(resilience_world(1, kOneAndOne, "", true), "ambient", 3, kSlow, 10));
  EXPECT_NEAR(static_cast<double>(caused(r, "")), 99, 3);
  const OutcomeCount* refused = outcome_of(r, "overflow");
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->http_status, 503);
  EXPECT_EQ(refused->response_flags, "UO");
  EXPECT_EQ(refused->path, (std::vector{ProxyKind::Ztunnel, ProxyKind::Waypoint}));
}

// DP-220: the server's sidecar has the same pool in front of its application.
TEST(CircuitBreakers, AServersSidecarHasThem) {
  const auto r =
      simulate(closed_loop(resilience_world(1, kOneAndOne, "", false, "sidecar"), "ambient", 3, kSlow, 10));
  EXPECT_NEAR(static_cast<double>(caused(r, "")), 99, 3);
  const OutcomeCount* refused = outcome_of(r, "overflow");
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->path.back(), ProxyKind::Sidecar);
}

TEST(CircuitBreakers, MaxRequestsOfACluster) {
  const auto r = simulate(
      closed_loop(resilience_world(1, "{connectionPool: {http: {http2MaxRequests: 2}}}", ""), "sidecar", 5, kSlow, 10));
  EXPECT_NEAR(static_cast<double>(caused(r, "")), 198, 6);
  EXPECT_GT(caused(r, "overflow"), 1000u);
}

TEST(CircuitBreakers, ARequestAConnection) {
  const auto often = simulate(open_loop(
      resilience_world(1, "{connectionPool: {http: {maxRequestsPerConnection: 1}}}", ""), "sidecar", 50, 1'000'000, 10));
  const auto kept = simulate(open_loop(resilience_world(1, "", ""), "sidecar", 50, 1'000'000, 10));
  EXPECT_EQ(proxy_of(often, "sidecar", "echo/sidecar")->connections_opened, often.flows[0].started);
  EXPECT_LT(proxy_of(kept, "sidecar", "echo/sidecar")->connections_opened, 5u);
  EXPECT_GT(often.flows[0].latency.mean(), kept.flows[0].latency.mean());
}

// Who gives up waiting leaves the queue.
TEST(CircuitBreakers, ATimeoutInTheQueue) {
  SimulationInput input = closed_loop(
      resilience_world(1, "{connectionPool: {tcp: {maxConnections: 1}, http: {http1MaxPendingRequests: 2}}}",
                       "timeout: 250ms"),
      "sidecar", 3, kSlow, 60);
  input.applications[0].service = sim::Law::exponential({kSlow});
  const auto r = simulate(input);
  const OutcomeCount* late = outcome_of(r, "route timeout");
  ASSERT_NE(late, nullptr);
  EXPECT_EQ(late->http_status, 504);
  EXPECT_EQ(late->response_flags, "UT");
  EXPECT_GT(caused(r, ""), 200u);
  EXPECT_LE(caused(r, "overflow"), 1u);
}

TEST(ClusterPolicy, ZeroIsUnsetInPoolsAndCountsInOutlierDetection) {
  const World world = resilience_world(
      1, "{connectionPool: {tcp: {maxConnections: 0, connectTimeout: 3s}, http: {maxRetries: 7, idleTimeout: 5s}}, "
         "outlierDetection: {consecutive5xxErrors: 0, consecutiveGatewayErrors: 2, interval: 2s}}", "");
  const std::size_t service = world.mesh->find_service("echo", "server");
  const TrafficPolicy stated = world.routing->traffic_policy("echo", nullptr, service, 80, "", false);
  const auto policy = simulation::read_cluster_policy(stated.node, false);
  EXPECT_EQ(policy.max_connections, simulation::kUnlimited);
  EXPECT_EQ(policy.max_retries, 7u);
  EXPECT_EQ(policy.connect_timeout_ns, 3'000'000'000);
  EXPECT_EQ(policy.idle_ns, 5'000'000'000);
  EXPECT_TRUE(policy.outlier);
  EXPECT_EQ(policy.consecutive_5xx, 0u);
  EXPECT_EQ(policy.consecutive_gateway, 2u);
  EXPECT_EQ(policy.interval_ns, 2'000'000'000);
  EXPECT_EQ(policy.max_ejection_percent, 10u);
  EXPECT_FALSE(simulation::read_cluster_policy(stated.node, true).outlier);
}

// One of four pods answers 500 from the fifth second on.
SimulationInput with_a_bad_pod(const std::string& outlier, const std::string& client, bool waypoint, int pods = 4) {
  SimulationInput input = open_loop(resilience_world(pods, outlier, "", waypoint), client, 200, 1'000'000, 60);
  Disturbance bad{5'000'000'000, false, Disturbance::Kind::Pod, server_pod(input.epochs[0].world, 0), "", 1.0};
  input.disturbances.push_back(bad);
  return input;
}

const std::string kFive = "{outlierDetection: {consecutive5xxErrors: 5, interval: 1s, baseEjectionTime: 10s, "
                          "maxEjectionPercent: 50}}";

// DP-220: a client's sidecar ejects the endpoint after five errors in a row, for longer each time.
TEST(OutlierDetection, ASidecarEjectsForLongerEachTime) {
  const SimulationInput input = with_a_bad_pod(kFive, "sidecar", false);
  const SimulationResult r = simulate(input);
  ASSERT_GE(r.ejections.size(), 2u);
  EXPECT_EQ(caused(r, "application error"), 5 * r.ejections.size());
  for (std::size_t i = 0; i < r.ejections.size(); ++i) {
    const Ejection& e = r.ejections[i];
    EXPECT_EQ(e.endpoint, input.disturbances[0].name);
    EXPECT_EQ(e.reason, "consecutive 5xx");
    EXPECT_EQ(e.cluster, "server.echo.svc.cluster.local:80");
    EXPECT_GE(e.at_ns, 5'000'000'000);
    if (e.until_ns < 0) continue;
    const auto base = static_cast<std::int64_t>(i + 1) * 10'000'000'000;  // grows by one base each time
    EXPECT_GE(e.until_ns - e.at_ns, base);
    EXPECT_LE(e.until_ns - e.at_ns, base + 1'000'000'000);  // the first sweep after it
  }
  EXPECT_EQ(proxy_of(r, "sidecar", "echo/sidecar")->ejections, r.ejections.size());
}

TEST(OutlierDetection, AWaypointEjectsAZtunnelDoesNot) {
  EXPECT_GE(simulate(with_a_bad_pod(kFive, "ambient", true)).ejections.size(), 2u);
  SimulationInput input = with_a_bad_pod(kFive, "ambient", false);
  input.flows[0].traffic.keep_alive = false;  // a ztunnel chooses for each connection
  const SimulationResult without = simulate(input);
  EXPECT_TRUE(without.ejections.empty());
  EXPECT_NEAR(static_cast<double>(caused(without, "application error")), 55 * 200 / 4.0, 300);
}

// Envoy since 1.31: one of four is 25 %, more than the default of 10 %.
TEST(OutlierDetection, TheDefaultPercentageEjectsNobodyBelowTenEndpoints) {
  const std::string by_default = "{outlierDetection: {consecutive5xxErrors: 5}}";
  EXPECT_TRUE(simulate(with_a_bad_pod(by_default, "sidecar", false)).ejections.empty());
  EXPECT_FALSE(simulate(with_a_bad_pod(by_default, "sidecar", false, 10)).ejections.empty());
}

TEST(OutlierDetection, GatewayErrorsOnlyWhereStated) {
  const std::string gateway = "{outlierDetection: {consecutive5xxErrors: 0, consecutiveGatewayErrors: 3, "
                              "maxEjectionPercent: 100}}";
  EXPECT_TRUE(simulate(with_a_bad_pod(gateway, "sidecar", false)).ejections.empty());  // a 500 is no gateway error
}

// All endpoints are out: 503 UH, and none of it retried; with minHealthPercent Envoy panics and sends to all.
TEST(OutlierDetection, NobodyLeft) {
  const auto all_bad = [&](const std::string& outlier) {
    SimulationInput input = with_a_bad_pod(outlier, "sidecar", false, 1);
    return simulate(input);
  };
  const SimulationResult r = all_bad(
      "{outlierDetection: {consecutive5xxErrors: 5, interval: 1s, baseEjectionTime: 10s, maxEjectionPercent: 100}}");
  const OutcomeCount* refused = outcome_of(r, "no healthy upstream");
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->http_status, 503);
  EXPECT_EQ(refused->response_flags, "UH");
  const SimulationResult panic = all_bad(
      "{outlierDetection: {consecutive5xxErrors: 5, interval: 1s, baseEjectionTime: 10s, maxEjectionPercent: 100, "
      "minHealthPercent: 50}}");
  EXPECT_EQ(outcome_of(panic, "no healthy upstream"), nullptr);
  EXPECT_FALSE(panic.ejections.empty());
}

}  // namespace
}  // namespace meshsim::models
