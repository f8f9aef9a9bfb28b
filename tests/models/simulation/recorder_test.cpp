// What a run records of single requests: bounded, spread over the run, causes before effects, and without any influence
// on what is simulated.
#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "models/simulation/simulate.h"
#include "tests/models/dataplane/support.h"

namespace meshsim::models {
namespace {

using testing::echo_mesh;
using testing::flow_of;
using testing::world_of;

SimulatedFlow flow(std::string_view from, std::string_view to, double rate) {
  SimulatedFlow out;
  out.flow = flow_of(from, to, 80, FlowProtocol::Http);
  out.flow.name = std::string(from) + " to " + std::string(to);
  if (rate > 0) out.traffic.per_second = rate;
  return out;
}

// sidecar asks ambient, and that asks sidecar again, twice.
SimulationInput calls(std::uint32_t recorded) {
  SimulationInput input;
  input.epochs.push_back({0, world_of(echo_mesh()), ""});
  input.flows = {flow("echo/sidecar", "ambient.echo.svc.cluster.local", 200),
                 flow("echo/ambient", "sidecar.echo.svc.cluster.local", 0)};
  Application application;
  application.workload = "echo/ambient";
  Call call;
  call.index = 1;
  call.flow = input.flows[1].flow.name;
  call.count = 2;
  application.calls = {{call}};
  input.applications = {application};
  input.duration_ns = 20'000'000'000;
  input.recorded = recorded;
  return input;
}

std::vector<RecordedRequest> recorded(const SimulationResult& result, std::size_t flow) {
  std::vector<RecordedRequest> out;
  for (const OutcomeCount& o : result.flows[flow].outcomes) out.insert(out.end(), o.recorded.begin(), o.recorded.end());
  return out;
}

TEST(Recorder, WatchingChangesNothing) {
  const SimulationResult plain = simulate(calls(0)), watched = simulate(calls(10));
  EXPECT_EQ(plain.fingerprint(), watched.fingerprint());
  EXPECT_EQ(plain.flows[0].latency.digest(), watched.flows[0].latency.digest());
  EXPECT_TRUE(recorded(plain, 0).empty());
  EXPECT_TRUE(plain.flows[0].outcomes.front().durations.empty());
}

TEST(Recorder, SampleIsBoundedAndSpreadOverTheRun) {
  for (const std::uint32_t most : {1u, 10u, 100u}) {
    const SimulationResult result = simulate(calls(most));
    std::vector<std::int64_t> starts;
    for (const RecordedRequest& r : recorded(result, 0))
      if (r.sampled) starts.push_back(r.start_ns);
    EXPECT_GE(starts.size(), most);
    EXPECT_LE(starts.size(), 2 * most);
    std::sort(starts.begin(), starts.end());
    if (most < 10) continue;
    // Evenly: no quarter of the run is without its share.
    for (std::int64_t quarter = 0; quarter < 4; ++quarter) {
      const auto in =
          std::count_if(starts.begin(), starts.end(), [&](std::int64_t at) { return at / 5'000'000'000 == quarter; });
      EXPECT_GE(in, static_cast<std::ptrdiff_t>(most / 10)) << quarter;
    }
  }
}

TEST(Recorder, CallsComeWithTheirCauseAndLieWithinIt) {
  const SimulationResult result = simulate(calls(10));
  std::map<std::uint32_t, RecordedRequest> roots;
  for (const RecordedRequest& r : recorded(result, 0))
    if (r.sampled) roots.emplace(r.number, r);
  std::map<std::uint32_t, int> children;
  for (const RecordedRequest& r : recorded(result, 1)) {
    if (!r.sampled) continue;
    ASSERT_EQ(r.parent_flow, 0u);
    EXPECT_EQ(r.root_number, r.parent_number);
    ASSERT_TRUE(roots.contains(r.parent_number));
    const RecordedRequest& parent = roots.at(r.parent_number);
    ++children[r.parent_number];
    EXPECT_GE(r.start_ns, parent.start_ns);
    EXPECT_LE(r.end_ns, parent.end_ns);
  }
  EXPECT_EQ(children.size(), roots.size());
  for (const auto& [number, count] : children) EXPECT_EQ(count, 2) << number;
}

TEST(Recorder, HopsNestAndTheirDurationsAreCounted) {
  const SimulationResult result = simulate(calls(10));
  for (const OutcomeCount& outcome : result.flows[0].outcomes) {
    ASSERT_EQ(outcome.durations.size(), 3u);  // sidecar, ztunnel, application
    std::uint64_t all = 0;
    for (const std::uint64_t n : outcome.samples) all += n;
    for (const sim::Histogram& durations : outcome.durations) EXPECT_EQ(durations.count(), all);
    EXPECT_GT(outcome.durations[0].mean(), outcome.durations[1].mean());
    EXPECT_GT(outcome.durations[1].mean(), outcome.durations[2].mean());
    for (const RecordedRequest& r : outcome.recorded) {
      ASSERT_EQ(r.hops.size(), 3u);
      const std::int64_t length = r.end_ns - r.start_ns;
      for (std::size_t i = 0; i < r.hops.size(); ++i) {
        EXPECT_LT(r.hops[i].enter_ns, r.hops[i].leave_ns);
        EXPECT_LE(r.hops[i].leave_ns, length);
        if (i > 0) {
          EXPECT_LE(r.hops[i - 1].enter_ns, r.hops[i].enter_ns);
          EXPECT_GE(r.hops[i - 1].leave_ns, r.hops[i].leave_ns);
        }
      }
    }
  }
}

TEST(Recorder, ResultsMergeInAnyOrder) {
  SimulationInput input = calls(5);
  const SimulationResult first = simulate(input, 0), second = simulate(input, 1);
  SimulationResult ab, ba;
  merge(ab, first);
  merge(ab, second);
  merge(ba, second);
  merge(ba, first);
  ASSERT_EQ(recorded(ab, 0).size(), recorded(ba, 0).size());
  for (std::size_t i = 0; i < recorded(ab, 0).size(); ++i) {
    EXPECT_EQ(recorded(ab, 0)[i].replication, 0u);
    EXPECT_EQ(recorded(ab, 0)[i].start_ns, recorded(ba, 0)[i].start_ns);
  }
  EXPECT_EQ(ab.flows[0].outcomes[0].durations[0].digest(), ba.flows[0].outcomes[0].durations[0].digest());
}

}  // namespace
}  // namespace meshsim::models
