// Change and failure while requests run.
#include <gtest/gtest.h>

#include "models/simulation/simulate.h"
#include "tests/models/dataplane/support.h"

namespace meshsim::models {
namespace {

using testing::echo_mesh;
using testing::flow_of;
using testing::world_of;

constexpr std::string_view kDeny = R"(
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: nobody, namespace: echo}
spec: {selector: {matchLabels: {app: ambient}}}
)";

SimulationInput two_epochs(const std::string& before, const std::string& after) {
  SimulationInput input;
  input.epochs.push_back({0, world_of(before), ""});
  input.epochs.push_back({5'000'000'000, world_of(after), "apply nobody"});
  SimulatedFlow flow;
  flow.flow = flow_of("echo/sidecar", "ambient.echo.svc.cluster.local", 80);
  flow.flow.name = "flow";
  flow.traffic.per_second = 200;
  input.flows = {flow};
  input.duration_ns = 10'000'000'000;
  return input;
}

TEST(Windows, AChangeIsKnownAfterDebounceAndPush) {
  const SimulationInput input = two_epochs(echo_mesh(), echo_mesh(kDeny));
  const SimulationResult result = simulate(input);
  ASSERT_EQ(result.changes.size(), 1u);
  EXPECT_GE(result.changes[0].first_ns, 5'000'000'000 + input.costs.debounce_ns);
  EXPECT_GT(result.changes[0].last_ns, result.changes[0].first_ns);
  std::int64_t failed_since = -1;
  for (const Window& w : result.windows)
    if (w.kind == Window::Kind::Failed) failed_since = w.from_ns;
  EXPECT_GE(failed_since, result.changes[0].first_ns);
  EXPECT_LE(failed_since, result.changes[0].last_ns);
  // Every request that was refused started in the window, every other outside of it.
  std::uint64_t refused = 0, through = 0;
  for (const OutcomeCount& o : result.flows[0].outcomes) (o.verdict == Verdict::Denied ? refused : through) += o.count;
  EXPECT_NEAR(static_cast<double>(refused), 1000 - static_cast<double>(failed_since - 5'000'000'000) * 200e-9, 150);
  EXPECT_GT(through, 900u);
}

TEST(Windows, RequestsInAWindowAreCounted) {
  const SimulationResult result = simulate(two_epochs(echo_mesh(), echo_mesh(kDeny)));
  std::uint64_t refused = 0;
  for (const OutcomeCount& o : result.flows[0].outcomes)
    if (o.verdict == Verdict::Denied) refused += o.count;
  for (const Window& w : result.windows)
    if (w.kind == Window::Kind::Failed) {
      EXPECT_EQ(w.until_ns, 10'000'000'000);
      EXPECT_NEAR(static_cast<double>(w.requests), static_cast<double>(refused), 3);  // some are under way at the end
    }
}

TEST(Windows, WhileIstiodIsDownNobodyLearns) {
  SimulationInput input = two_epochs(echo_mesh(), echo_mesh(kDeny));
  input.disturbances.push_back({4'000'000'000, false, Disturbance::Kind::ControlPlane, "istiod", ""});
  input.disturbances.push_back({8'000'000'000, true, Disturbance::Kind::ControlPlane, "istiod", ""});
  const SimulationResult result = simulate(input);
  for (const ChangeRecord& c : result.changes)
    if (c.what == "apply nobody") {
      EXPECT_GE(c.first_ns, 8'000'000'000);
    }
}

TEST(Windows, AFailedWorkloadFailsItsRequestsUntilItHeals) {
  SimulationInput input = two_epochs(echo_mesh(), echo_mesh());
  input.epochs.pop_back();
  input.disturbances.push_back({3'000'000'000, false, Disturbance::Kind::Workload, "echo/ambient", ""});
  input.disturbances.push_back({6'000'000'000, true, Disturbance::Kind::Workload, "echo/ambient", ""});
  const SimulationResult result = simulate(input);
  std::uint64_t failed = 0, through = 0;
  for (const OutcomeCount& o : result.flows[0].outcomes) {
    (o.cause == "pod gone" ? failed : through) += o.count;
    if (o.cause == "pod gone") {
      EXPECT_EQ(o.http_status, 503);
    }
  }
  EXPECT_NEAR(static_cast<double>(failed), 600, 120);
  EXPECT_NEAR(static_cast<double>(through), 1400, 180);
  EXPECT_GT(result.flows[0].retries, 0u);
}

TEST(Windows, AnExpiredCertificateStopsNewConnectionsOnly) {
  SimulationInput input = two_epochs(echo_mesh(), echo_mesh());
  input.epochs.pop_back();
  input.flows[0].traffic.arrivals = "closed";
  input.flows[0].traffic.clients = 1;
  input.flows[0].traffic.think_ns = 10'000'000;
  input.flows[0].traffic.per_second.reset();
  input.disturbances.push_back({3'000'000'000, false, Disturbance::Kind::Certificate, "echo/sidecar", ""});
  const SimulationResult result = simulate(input);
  for (const OutcomeCount& o : result.flows[0].outcomes) EXPECT_EQ(o.verdict, Verdict::Allowed) << o.cause;
}

}  // namespace
}  // namespace meshsim::models
