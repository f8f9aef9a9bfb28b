// Memory per pending request of the whole simulation, as the C library counts it: below 200 bytes.
#include <gtest/gtest.h>
#include <malloc.h>

#include "models/simulation/simulate.h"
#include "tests/models/dataplane/support.h"
#include "tests/sanitized.h"

namespace meshsim::models {
namespace {

std::size_t allocated() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Requests that are never answered within the run: `rate` of them are pending after a second.
std::size_t most_memory(double rate) {
  SimulatedFlow flow;
  flow.flow = testing::flow_of("echo/sidecar", "legacy.echo.svc.cluster.local", 80);
  flow.flow.name = "pending";
  flow.traffic.per_second = rate;
  SimulationInput input;
  input.epochs.push_back({0, testing::world_of(testing::echo_mesh()), ""});
  input.flows = {flow};
  Application slow;
  slow.workload = "echo/legacy";
  slow.service = sim::Law::constant(sim::seconds(1000));
  input.applications = {slow};
  input.costs.sidecar_http.latency_ns = 100;  // the proxies keep up
  input.duration_ns = 1'000'000'000;
  const std::size_t before = allocated();
  std::size_t most = 0;
  SimulationControl control;
  control.progress = [&](std::int64_t, std::uint64_t) { most = std::max(most, allocated()); };
  const SimulationResult result = simulate(input, 0, control);
  EXPECT_EQ(result.flows[0].finished, 0u);
  return most > before ? most - before : 0;
}

// The difference of two runs, one with twice as many, so that what does not grow with them is not counted, and buffers
// that double are counted as they are on average.
TEST(Memory, BytesPerPendingRequest) {
  if (test::kSanitized) GTEST_SKIP() << "the sanitizer's allocator is not counted";
  const std::size_t some = most_memory(262'144), twice = most_memory(524'288);
  const double bytes = static_cast<double>(twice - some) / 262'144;
  EXPECT_LT(bytes, 200);
  EXPECT_GT(bytes, 100) << "less than what is stored";
  RecordProperty("bytes", std::to_string(bytes));
}

}  // namespace
}  // namespace meshsim::models
