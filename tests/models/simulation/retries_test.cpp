// Retries, timeouts and injected delays in simulated time, at the Envoy that has the route (DP-246, DP-316).
#include <gtest/gtest.h>

#include "tests/models/simulation/resilience_mesh.h"

namespace meshsim::models {
namespace {

using testing::caused;
using testing::open_loop;
using testing::outcome_of;
using testing::resilience_world;
using testing::server_pod;

constexpr std::int64_t kMs = 1'000'000;

SimulationInput with_a_bad_pod(const std::string& route, const std::string& policy = "") {
  SimulationInput input = open_loop(resilience_world(4, policy, route), "sidecar", 200, kMs, 20);
  input.disturbances.push_back(
      {0, false, Disturbance::Kind::Pod, server_pod(input.epochs[0].world, 1), "", 1.0});
  return input;
}

// R1 has an empty list of status codes: a plain 500 of the application is not retried.
TEST(Retries, TheDefaultDoesNotRetryAnswers) {
  const SimulationResult r = simulate(with_a_bad_pod(""));
  EXPECT_NEAR(static_cast<double>(caused(r, "application error")), 1000, 120);
  EXPECT_EQ(r.flows[0].retries, 0u);
}

// A stated 5xx is, on another host than before: the one bad pod never gets a second try.
TEST(Retries, OnAnotherHost) {
  const SimulationResult r = simulate(with_a_bad_pod("retries: {attempts: 2, retryOn: 5xx}"));
  EXPECT_EQ(caused(r, "application error"), 0u);
  EXPECT_NEAR(static_cast<double>(r.flows[0].retries), 1000, 120);
  EXPECT_EQ(caused(r, ""), r.flows[0].finished);
  // The back-off is a random part of 25 ms.
  EXPECT_GT(r.flows[0].latency.tally().greatest, 20u * kMs);
  EXPECT_LT(r.flows[0].latency.tally().greatest, 35u * kMs);
}

TEST(Retries, ExhaustedOnesSayURX) {
  SimulationInput input = with_a_bad_pod("retries: {attempts: 2, retryOn: 5xx}");
  for (std::size_t i = 0; i < 4; ++i)
    input.disturbances.push_back(
        {0, false, Disturbance::Kind::Pod, server_pod(input.epochs[0].world, i), "", 1.0});
  const SimulationResult r = simulate(input);
  EXPECT_EQ(caused(r, ""), 0u);
  EXPECT_GE(r.flows[0].retries, 2 * r.flows[0].finished);
  const OutcomeCount* o = outcome_of(r, "application error");
  ASSERT_NE(o, nullptr);
  EXPECT_EQ(o->http_status, 500);
  EXPECT_EQ(o->response_flags, "URX");
}

// attempts: 0 switches them off.
TEST(Retries, ZeroAttempts) {
  SimulationInput input = open_loop(resilience_world(2, "", "retries: {attempts: 0}"), "sidecar", 200, kMs, 10);
  input.disturbances.push_back({2000 * kMs, false, Disturbance::Kind::Pod, server_pod(input.epochs[0].world, 0), "", {}});
  const SimulationResult r = simulate(input);
  EXPECT_EQ(r.flows[0].retries, 0u);
  const OutcomeCount* o = outcome_of(r, "pod gone");
  ASSERT_NE(o, nullptr);
  EXPECT_EQ(o->http_status, 503);
  EXPECT_EQ(o->response_flags, "UF");
}

// The default retries a connection that failed, on the pod that is left.
TEST(Retries, ConnectFailuresByDefault) {
  SimulationInput input = open_loop(resilience_world(2, "", ""), "sidecar", 200, kMs, 10);
  input.disturbances.push_back({2000 * kMs, false, Disturbance::Kind::Pod, server_pod(input.epochs[0].world, 0), "", {}});
  const SimulationResult r = simulate(input);
  EXPECT_GT(r.flows[0].retries, 100u);
  // Nearly all: the host that failed has the fewest requests, and five further choices may all find it again.
  EXPECT_GE(static_cast<double>(caused(r, "")), 0.99 * static_cast<double>(r.flows[0].finished));
}

// maxRetries of the connection pool: how many may be under way at once; beyond it, UO.
TEST(Retries, ABudgetOfTheCluster) {
  SimulationInput input = with_a_bad_pod("retries: {attempts: 2, retryOn: 5xx}", "{connectionPool: {http: {maxRetries: 1}}}");
  input.flows[0].traffic.per_second = 2000;
  const SimulationResult r = simulate(input);
  const OutcomeCount* o = outcome_of(r, "application error");
  ASSERT_NE(o, nullptr);
  EXPECT_EQ(o->response_flags, "UO");
  EXPECT_GT(r.flows[0].retries, 100u);
}

std::uint64_t least(const SimulationResult& r) { return r.flows[0].latency.tally().least; }
std::uint64_t greatest(const SimulationResult& r) { return r.flows[0].latency.tally().greatest; }

TEST(Timeouts, OfARouteCountFromTheEnvoyThatHasIt) {
  const SimulationResult r =
      simulate(open_loop(resilience_world(1, "", "timeout: 50ms"), "sidecar", 50, 200 * kMs, 10));
  const OutcomeCount* o = outcome_of(r, "route timeout");
  ASSERT_NE(o, nullptr);
  EXPECT_EQ(o->count, r.flows[0].finished);
  EXPECT_EQ(o->http_status, 504);
  EXPECT_EQ(o->response_flags, "UT");
  EXPECT_EQ(r.flows[0].retries, 0u);
  EXPECT_GT(least(r), 50u * kMs);  // and what the sidecar itself needs
  EXPECT_LT(greatest(r), 54u * kMs);
}

// A ztunnel has no routes; with a waypoint the route is there.
TEST(Timeouts, OfAnAmbientClientNeedAWaypoint) {
  const auto at = [](bool waypoint) {
    return simulate(open_loop(resilience_world(1, "", "timeout: 50ms", waypoint), "ambient", 50, 200 * kMs, 10));
  };
  EXPECT_EQ(outcome_of(at(false), "route timeout"), nullptr);
  const SimulationResult r = at(true);
  EXPECT_EQ(caused(r, "route timeout"), r.flows[0].finished);
}

// The fault filter stands before the router: the delay does not use up the route's own timeout.
TEST(Timeouts, AnInjectedDelayIsNotPartOfItsOwnRoute) {
  const SimulationResult r = simulate(open_loop(
      resilience_world(1, "", "timeout: 50ms, fault: {delay: {percentage: {value: 100}, fixedDelay: 300ms}}"),
      "sidecar", 20, kMs, 10));
  EXPECT_EQ(caused(r, ""), r.flows[0].finished);
  EXPECT_EQ(r.flows[0].outcomes.front().response_flags, "DI");
  EXPECT_GT(least(r), 301u * kMs);
  EXPECT_LT(greatest(r), 306u * kMs);
}

TEST(Timeouts, DelaysHitTheirShare) {
  const SimulationResult r = simulate(open_loop(
      resilience_world(1, "", "fault: {delay: {percentage: {value: 25}, fixedDelay: 300ms}}"), "sidecar", 200, kMs, 20));
  std::uint64_t delayed = 0;
  for (const OutcomeCount& o : r.flows[0].outcomes)
    if (o.response_flags == "DI") delayed += o.count;
  EXPECT_NEAR(static_cast<double>(delayed), 1000, 130);
  EXPECT_GT(r.flows[0].latency.quantile(0.8), 300u * kMs);
  EXPECT_LT(r.flows[0].latency.quantile(0.7), 10u * kMs);
}

// Each attempt has its own time; 5xx covers one that ran out of it (Envoy resets the stream).
TEST(Timeouts, OfEachTry) {
  const SimulationResult r = simulate(open_loop(
      resilience_world(4, "", "retries: {attempts: 2, perTryTimeout: 20ms, retryOn: 5xx}"), "sidecar", 50, 200 * kMs, 10));
  const OutcomeCount* o = outcome_of(r, "try timeout");
  ASSERT_NE(o, nullptr);
  EXPECT_EQ(o->count, r.flows[0].finished);
  EXPECT_EQ(o->http_status, 504);
  EXPECT_EQ(o->response_flags, "UT,URX");
  EXPECT_GE(r.flows[0].retries, 2 * r.flows[0].finished);
  EXPECT_GT(least(r), 60u * kMs);
  EXPECT_LT(greatest(r), (60 + 25 + 50 + 5) * static_cast<std::uint64_t>(kMs));
}

// Istio's default conditions do not: one try, 504.
TEST(Timeouts, OfEachTryAreNotRetriedByDefault) {
  const SimulationResult r = simulate(
      open_loop(resilience_world(4, "", "retries: {attempts: 2, perTryTimeout: 20ms}"), "sidecar", 50, 200 * kMs, 10));
  const OutcomeCount* o = outcome_of(r, "try timeout");
  ASSERT_NE(o, nullptr);
  EXPECT_EQ(o->response_flags, "UT");
  EXPECT_EQ(r.flows[0].retries, 0u);
  EXPECT_LT(greatest(r), 24u * kMs);
}

// The route's timeout spans all attempts.
TEST(Timeouts, OfTheRouteSpansItsRetries) {
  const SimulationResult r = simulate(
      open_loop(resilience_world(4, "", "timeout: 45ms, retries: {attempts: 9, perTryTimeout: 20ms, retryOn: 5xx}"),
                "sidecar", 50, 200 * kMs, 10));
  EXPECT_EQ(caused(r, "route timeout"), r.flows[0].finished);
  EXPECT_GT(least(r), 45u * kMs);
  EXPECT_LT(greatest(r), 49u * kMs);
}

TEST(Timeouts, OfTheClientComesFirst) {
  SimulationInput input = open_loop(resilience_world(1, "", "timeout: 50ms"), "sidecar", 50, 200 * kMs, 10);
  input.flows[0].traffic.timeout_ns = 30 * kMs;
  const SimulationResult r = simulate(input);
  const OutcomeCount* o = outcome_of(r, "timeout");
  ASSERT_NE(o, nullptr);
  EXPECT_EQ(o->count, r.flows[0].finished);
  EXPECT_EQ(o->http_status, std::nullopt);
  EXPECT_EQ(o->response_flags, "DC");
  EXPECT_EQ(greatest(r), 30u * kMs);
}

// HB-020, HB-024: a body of 64 MiB over 50 ms: sixteen windows of 4 MiB, fifteen round trips between them.
TEST(FlowControl, AStreamCarriesAWindowPerRoundTrip) {
  const auto mean = [](std::uint64_t window) {
    SimulationInput input = open_loop(resilience_world(1, "", ""), "ambient", 0.1, kMs, 200);
    input.flows[0].traffic.response_bytes = 64u << 20;
    input.costs.rtt_node_ns = input.costs.rtt_same_node_ns = 50e6;
    input.costs.ztunnel.per_byte_ns = 0;
    input.costs.ztunnel_stream_window = window;
    input.costs.ztunnel_connection_window = 1u << 30;
    return simulate(input).flows[0].latency.mean();
  };
  EXPECT_NEAR(mean(4u << 20) - mean(64u << 20), 15 * 50e6, 1e6);
  EXPECT_NEAR(mean(1u << 20) - mean(64u << 20), 63 * 50e6, 1e6);
}

// One frame of 13 bytes in a record of its own for every third of a window, to the sender.
TEST(FlowControl, WindowUpdatesOnTheWireHb024) {
  SimulationInput input = open_loop(resilience_world(1, "", ""), "ambient", 1, kMs, 20);
  input.flows[0].traffic.response_bytes = 64u << 20;
  input.flows[0].traffic.keep_alive = false;
  const SimulationResult r = simulate(input);
  SimulationInput wide = input;
  wide.costs.ztunnel_stream_window = wide.costs.ztunnel_connection_window = 2'000'000'000;
  const SimulationResult none = simulate(wide);
  const double each = static_cast<double>(r.flows[0].bytes_to_server - none.flows[0].bytes_to_server) /
                      static_cast<double>(r.flows[0].finished);
  EXPECT_NEAR(each, 35.0 * (48 + 12), 40);  // 67,108,864 / 1,398,101 and / 5,592,405
}

}  // namespace
}  // namespace meshsim::models
