// What a process takes along when it ends, and who works on for nobody.
#include <gtest/gtest.h>

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

SimulationInput with_a_dead_pod(const std::string& client, const std::string& route, std::int64_t service_ns) {
  SimulationInput input = open_loop(resilience_world(2, "", route), client, 20, service_ns, 20);
  input.disturbances.push_back(
      {10 * kSecond, false, Disturbance::Kind::Pod, server_pod(input.epochs[0].world, 0), "", {}});
  return input;
}

// What is under way is reset, not refused: no connect-failure, so that R1 does not try again.
TEST(Severing, RequestsUnderWayAreReset) {
  const SimulationResult r = simulate(with_a_dead_pod("sidecar", "", 3 * kSecond));
  const OutcomeCount* o = outcome_of(r, "connection reset");
  ASSERT_NE(o, nullptr);
  EXPECT_EQ(o->response_flags, "UC");
  EXPECT_NEAR(static_cast<double>(o->count), 30, 4);  // half of 20 a second for 3 s
  // They failed when it did, not when it would have answered.
  EXPECT_LE(caused(r, "pod gone"), 12u) << "nearly all of the next ones found the other pod";
}

TEST(Severing, ResetsAreRetriedWhereStated) {
  for (const char* on : {"reset", "5xx", "gateway-error"}) {
    const SimulationResult r = simulate(with_a_dead_pod(
        "sidecar", std::string("retries: {attempts: 2, retryOn: \"") + on + ",connect-failure\"}", 3 * kSecond));
    EXPECT_EQ(outcome_of(r, "connection reset"), nullptr) << on;
    EXPECT_EQ(caused(r, "") + caused(r, "pod gone"), r.flows[0].finished) << on;
    EXPECT_GE(r.flows[0].retries, 26u) << on;
  }
}

// A ztunnel has nobody to try again; the application makes a new connection, perhaps to the pod that is left.
TEST(Severing, ABrokenConnectionIsNotUsedAgain) {
  const SimulationResult r = simulate(with_a_dead_pod("ambient", "", kMs));
  const std::uint64_t failed = caused(r, "pod gone") + caused(r, "connection reset");
  EXPECT_LE(failed, 12u) << "each attempt finds the pod that is left with a chance of one half";
  EXPECT_EQ(caused(r, "") + failed, r.flows[0].finished);
}

SimulationInput timed_out(bool cancels, const std::string& route, std::int64_t client_timeout_ns = 0) {
  SimulationInput input = open_loop(resilience_world(1, "", route), "sidecar", 2, kSecond, 60);
  input.applications[0].workers = 1;
  input.applications[0].cancels = cancels;
  input.flows[0].traffic.timeout_ns = client_timeout_ns;
  return input;
}

// The Envoy gives up after 400 ms, the application does not notice: it has twice the work it can do, and nobody gets
// an answer.
TEST(Orphans, TheApplicationWorksOn) {
  for (const SimulationInput& input :
       {timed_out(false, "timeout: 400ms, retries: {attempts: 0}"), timed_out(false, "", 400 * kMs)}) {
    const SimulationResult r = simulate(input);
    EXPECT_EQ(caused(r, ""), 0u);
    const ProxyStatistics* server = proxy_of(r, "application", "echo/server");
    EXPECT_GE(server->jobs, 58u);
    EXPECT_GT(static_cast<double>(server->busy_ns), 58e9);
  }
}

TEST(Orphans, UnlessItCancels) {
  const SimulationResult r = simulate(timed_out(true, "timeout: 400ms, retries: {attempts: 0}"));
  EXPECT_EQ(caused(r, "route timeout"), r.flows[0].finished);
  const ProxyStatistics* server = proxy_of(r, "application", "echo/server");
  EXPECT_EQ(server->jobs, 0u);
  EXPECT_GT(server->withdrawn, 100u);
}

// What was queued in front of a slow server is work for nobody, too: with tries of their own load multiplies.
TEST(Orphans, RetriesMultiplyTheLoad) {
  SimulationInput input = timed_out(false, "retries: {attempts: 2, perTryTimeout: 300ms, retryOn: 5xx}");
  input.flows[0].traffic.per_second = 1;
  input.applications[0].service = sim::Law::constant({600 * kMs});
  const SimulationResult r = simulate(input);
  EXPECT_EQ(caused(r, "try timeout"), r.flows[0].finished);
  // 60 % of one worker would be asked for; three tries make it more than it has.
  EXPECT_GT(static_cast<double>(proxy_of(r, "application", "echo/server")->busy_ns), 58e9);
}

TEST(Orphans, TheSameTwiceAndInTieOrder) {
  SimulationInput input = timed_out(false, "timeout: 400ms");
  const SimulationResult first = simulate(input);
  EXPECT_EQ(first.fingerprint(), simulate(input).fingerprint());
}

}  // namespace
}  // namespace meshsim::models
