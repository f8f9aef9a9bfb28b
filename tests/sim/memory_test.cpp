// Memory per pending event, as the C library counts it: at most 170 bytes at a million, record of 32 bytes included
// (engines.md 3.6).
#include <gtest/gtest.h>
#include <malloc.h>

#include "sim/distribution.h"
#include "sim/simulation.h"
#include "tests/sanitized.h"

namespace meshsim::sim {
namespace {

std::size_t allocated() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

enum class Event : std::uint8_t { again };
struct Record {
  std::uint64_t touched[4] = {};
};

struct Holder {
  Simulation<Record, Event>& sim;
  RandomStream gaps{StudyKey::of(1, 0), "hold", "gap"};
  std::uint64_t left;
  std::size_t most = 0;
  SimTime gap() { return SimTime::from_nanoseconds(exponential(1e8, gaps.next())); }
  void on_event(Event, Slot who) {
    ++sim[who].touched[0];
    if ((left & 0xFFFFF) == 0) most = std::max(most, allocated());
    if (left-- == 0) return sim.stop();
    sim.after(gap(), who, Event::again);
  }
};

TEST(Memory, BytesPerPendingEvent) {
  if (test::kSanitized) GTEST_SKIP() << "the sanitizer's allocator is not counted";
  constexpr std::size_t kPending = 1'000'000;
  const std::size_t before = allocated();
  Simulation<Record, Event> sim;
  Holder holder{sim, {StudyKey::of(1, 0), "hold", "gap"}, 3'000'000};
  for (std::size_t i = 0; i < kPending; ++i) sim.after(holder.gap(), sim.create(), Event::again);
  sim.run(holder);
  const double bytes = static_cast<double>(std::max(holder.most, allocated()) - before) / kPending;
  EXPECT_LE(bytes, 170);
  EXPECT_GE(bytes, 64 + 16) << "less than what is stored";
  RecordProperty("bytes", std::to_string(bytes));
}

}  // namespace
}  // namespace meshsim::sim
