// The steady state allocates nothing: every allocation of this program is counted.
#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "tests/sim/network.h"

namespace {
std::atomic<std::uint64_t> allocations{0};
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif
void* operator new(std::size_t n) {
  ++allocations;
  if (void* p = std::malloc(n)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace meshsim::sim {
namespace {

TEST(Allocation, NoneInTheSteadyState) {
  Simulation<network::Request, network::Event> sim;
  network::Model<> model(sim, true, 1'000'000'000, 20);
  sim.run_until(seconds(6), model);
  const std::uint64_t before = allocations, events = sim.events();
  sim.run_until(seconds(8), model);
  EXPECT_EQ(allocations - before, 0u);
  EXPECT_GT(sim.events() - events, 100'000u);
}

}  // namespace
}  // namespace meshsim::sim
