// Cores of a node, shared: exact completion times, and what saturation does to a mesh.
#include "models/simulation/core_sharing.h"

#include <gtest/gtest.h>

#include "models/simulation/capacity.h"
#include "models/simulation/simulate.h"
#include "tests/models/dataplane/support.h"

namespace meshsim::models {
namespace {

using simulation::CoreSharing;
using testing::echo_mesh;
using testing::flow_of;
using testing::world_of;

constexpr std::uint64_t kOne = CoreSharing::kCore;

// Completion times of the jobs, in order.
std::vector<std::pair<std::int64_t, sim::Slot>> drain(CoreSharing& cores, std::uint32_t node) {
  std::vector<std::pair<std::int64_t, sim::Slot>> out;
  while (const auto due = cores.due(node))
    while (const auto slot = cores.take(node, *due)) out.emplace_back(*due, *slot);
  return out;
}

TEST(CoreSharing, EnoughCoresNobodyWaits) {
  CoreSharing cores;
  const auto node = cores.add_node(2 * kOne);
  const auto a = cores.add_station(node, 2, false);
  cores.enter(a, 1, 1000, kOne, 0, 0);
  cores.enter(a, 2, 3000, kOne, 0, 0);
  EXPECT_EQ(drain(cores, node), (std::vector<std::pair<std::int64_t, sim::Slot>>{{1000, 1}, {3000, 2}}));
  EXPECT_EQ(cores.node_use(node, 3000).short_ns, 0);
  EXPECT_EQ(cores.node_use(node, 3000).used, sim::u128{4000} * kOne);
}

// Two jobs of 1000 and 3000 on one core: each runs at half speed until the first is done at 2000.
TEST(CoreSharing, OneCoreIsSharedEvenly) {
  CoreSharing cores;
  const auto node = cores.add_node(kOne);
  const auto a = cores.add_station(node, 1, false), b = cores.add_station(node, 1, false);
  cores.enter(a, 1, 1000, kOne, 0, 0);
  cores.enter(b, 2, 3000, kOne, 0, 0);
  EXPECT_EQ(drain(cores, node), (std::vector<std::pair<std::int64_t, sim::Slot>>{{2000, 1}, {4000, 2}}));
  EXPECT_EQ(cores.node_use(node, 4000).short_ns, 2000);
  EXPECT_EQ(cores.station_use(b, 4000).statistics.busy_time, sim::u128{4000});
  EXPECT_EQ(cores.station_use(b, 4000).cpu, sim::u128{3000} * kOne);
}

TEST(CoreSharing, WorkersLimitBesideCores) {
  CoreSharing cores;
  const auto node = cores.add_node(4 * kOne);
  const auto a = cores.add_station(node, 2, true);  // pinned: each worker has a queue of its own
  for (sim::Slot s = 0; s < 3; ++s) cores.enter(a, s, 1000, kOne, 0, 0);
  cores.enter(a, 3, 1000, kOne, 1, 0);
  EXPECT_EQ(drain(cores, node),
            (std::vector<std::pair<std::int64_t, sim::Slot>>{{1000, 0}, {1000, 3}, {2000, 1}, {3000, 2}}));
  const auto use = cores.station_use(a, 3000).statistics;
  EXPECT_EQ(use.waiting, sim::u128{1000 + 2000});
  EXPECT_EQ(use.sojourn, use.population_time);  // Little's law
}

TEST(CoreSharing, WhoLeavesFreesItsShare) {
  CoreSharing cores;
  const auto node = cores.add_node(kOne);
  const auto a = cores.add_station(node, 2, false);
  const auto first = cores.enter(a, 1, 4000, kOne, 0, 0);
  cores.enter(a, 2, 4000, kOne, 0, 0);
  cores.leave(first, 2000);  // 1000 of the other are done
  EXPECT_EQ(drain(cores, node), (std::vector<std::pair<std::int64_t, sim::Slot>>{{5000, 2}}));
  EXPECT_EQ(cores.station_use(a, 5000).statistics.withdrawn, 1u);
}

TEST(CoreSharing, WeightsAreCores) {
  CoreSharing cores;
  const auto node = cores.add_node(kOne);
  const auto a = cores.add_station(node, 4, false);
  for (sim::Slot s = 0; s < 3; ++s) cores.enter(a, s, 1000, kOne / 2, 0, 0);  // 1.5 cores wanted
  const auto done = drain(cores, node);
  ASSERT_EQ(done.size(), 3u);
  EXPECT_EQ(done.back().first, 1500);
}

SimulationInput closed_input(std::uint32_t clients, double cores) {
  SimulationInput input;
  input.epochs.push_back({0, world_of(echo_mesh()), ""});
  SimulatedFlow flow;
  flow.flow = flow_of("echo/ambient", "sidecar.echo.svc.cluster.local", 80);
  flow.flow.name = "flow";
  flow.traffic.arrivals = "closed";
  flow.traffic.clients = clients;
  input.flows = {flow};
  input.costs.nodes = 1;
  if (cores > 0) input.node_cores = {{"node-1", cores}};
  input.duration_ns = 20'000'000'000;
  Application echo;
  echo.workload = "echo/sidecar";
  echo.service = sim::Law::exponential(sim::milliseconds(2));
  input.applications = {echo};
  return input;
}

double rate_of(const SimulationResult& r) {
  return static_cast<double>(r.flows[0].finished) * 1e9 / static_cast<double>(r.duration_ns);
}

// A saturated closed loop does as many requests as the cores have time for: cores / CPU per request.
TEST(NodeCores, SaturatedThroughputIsCoresByCpu) {
  const SimulationResult r = simulate(closed_input(64, 2));
  double cpu_ms = 0;
  for (const ProxyStatistics& p : r.proxies) cpu_ms += static_cast<double>(p.cpu_ns) * 1e-6;
  cpu_ms /= static_cast<double>(r.flows[0].finished);
  EXPECT_NEAR(cpu_ms, 2.26, 0.08);  // application 2, ztunnel 0.06, sidecar 0.20 (CO-021)
  EXPECT_NEAR(rate_of(r), 2000 / cpu_ms, 0.01 * 2000 / cpu_ms);
  ASSERT_EQ(r.nodes.size(), 1u);
  EXPECT_EQ(r.nodes[0].millicores, 2000u);
  EXPECT_GT(static_cast<double>(r.nodes[0].cpu_ns), 0.995 * 2 * static_cast<double>(r.nodes[0].observed_ns));
}

TEST(NodeCores, WithoutAKnownNumberNothingIsShared) {
  EXPECT_TRUE(simulate(closed_input(64, 0)).nodes.empty());
  EXPECT_GT(rate_of(simulate(closed_input(64, 0))), 4000);
}

TEST(NodeCores, LittlesLawAndDeterminism) {
  const SimulationInput input = closed_input(16, 2);
  const SimulationResult r = simulate(input);
  EXPECT_EQ(r.fingerprint(), simulate(input).fingerprint());
  int looked_at = 0;
  for (const ProxyStatistics& p : r.proxies) {
    if (p.jobs < 1000) continue;
    ++looked_at;
    EXPECT_NEAR(static_cast<double>(p.population_ns), static_cast<double>(p.sojourn_ns),
                0.002 * static_cast<double>(p.sojourn_ns))
        << p.proxy;
  }
  EXPECT_GE(looked_at, 3);
}

TEST(NodeCores, NodeObjectsSayHowMany) {
  SimulationInput input = closed_input(64, 0);
  input.epochs[0].world = world_of(echo_mesh(R"(
---
apiVersion: v1
kind: Node
metadata: {name: worker}
status: {capacity: {cpu: "4"}, allocatable: {cpu: 1930m}}
)"));
  const SimulationResult r = simulate(input);
  ASSERT_EQ(r.nodes.size(), 1u);
  EXPECT_EQ(r.nodes[0].name, "worker");
  EXPECT_EQ(r.nodes[0].millicores, 1930u);
}

TEST(NodeCores, TheTrafficEquationsKnowThem) {
  SimulationInput input = closed_input(1, 1);
  input.flows[0].traffic.arrivals = "poisson";
  input.flows[0].traffic.per_second = 200;
  input.duration_ns = 200'000'000'000;  // 40,000 requests: the mean is known within 0.7 %
  const auto predicted = capacity(input);
  ASSERT_TRUE(predicted);
  EXPECT_EQ(predicted->bottleneck, "node node-1");
  EXPECT_NEAR(predicted->sustainable_per_second, 1000 / 2.26, 5);
  const SimulationResult r = simulate(input);
  const double busy = static_cast<double>(r.nodes[0].cpu_ns) / static_cast<double>(r.nodes[0].observed_ns);
  EXPECT_NEAR(busy, predicted->stations.front().utilisation, 0.03 * busy);
}

// CO-023: CPU per request falls with the rate, and only where that is asked for.
TEST(CostModel, BatchingCo023) {
  CostModel c;
  EXPECT_EQ(batching_factor(c, 10), 1);
  c.batching = true;
  EXPECT_NEAR(0.25 * batching_factor(c, 100), 0.39, 0.15 * 0.39);
  EXPECT_NEAR(0.25 * batching_factor(c, 1000), 0.25, 1e-9);
  EXPECT_NEAR(0.25 * batching_factor(c, 3000), 0.19, 0.15 * 0.19);
  EXPECT_EQ(batching_factor(c, 1), batching_factor(c, 10));  // nobody measured below
}

}  // namespace
}  // namespace meshsim::models
