#include "sim/future_event_set.h"

#include <vector>

#include <gtest/gtest.h>

#include "sim/fingerprint.h"

namespace meshsim::sim {
namespace {

// Holds `pending` entries for `steps` steps; increments by the law. Returns a hash of the whole order.
template <class F>
std::uint64_t hold(std::size_t pending, int steps, int law, TieOrder order) {
  F fes(order);
  Fingerprint f;
  std::uint64_t n = 0, last = 0, last_key = 0;
  auto increment = [&](std::uint64_t i) -> std::uint64_t {
    const std::uint64_t x = mix64(i + 1);
    if (law == 0) return x % 4 ? (1 + x / 4 % 16) * 100'000 : 0;                           // ties
    if (law == 1) return x % 10 ? 10'000 + x / 16 % 1000 : 1'000'000'000 + x / 16 % 1000;  // two humps
    return x >> (x % 50);                                                                  // all magnitudes
  };
  auto push = [&](std::uint64_t now) {
    const std::uint64_t rank = order == TieOrder::key ? mix64(n) >> 25 : n;
    fes.push({now + increment(n) % (1ull << 55), rank << 25 | (n & 0xFFFFFF)});
    ++n;
  };
  for (std::size_t i = 0; i < pending; ++i) push(0);
  for (int i = 0; i < steps; ++i) {
    const Entry e = fes.pop();
    EXPECT_GE(e.time, last);
    if (order == TieOrder::insertion && e.time == last && i) {
      EXPECT_GT(e.key, last_key);
    }
    last = e.time, last_key = e.key;
    f.mix(e.time), f.mix(e.key);
    push(e.time);
  }
  EXPECT_EQ(fes.size(), pending);
  return f.value();
}

TEST(FutureEventSet, RadixHeapAndQuaternaryHeapGiveOneOrder) {
  for (const TieOrder order : {TieOrder::insertion, TieOrder::key})
    for (const std::size_t pending : {1u, 2u, 37u, 5000u})
      for (int law = 0; law < 2; ++law)
        EXPECT_EQ(hold<RadixHeap>(pending, 20'000, law, order), hold<QuaternaryHeap>(pending, 20'000, law, order))
            << pending << " law " << law;
}

TEST(FutureEventSet, AllMagnitudesOfDelay) {
  EXPECT_EQ(hold<RadixHeap>(300, 50, 2, TieOrder::insertion), hold<QuaternaryHeap>(300, 50, 2, TieOrder::insertion));
}

// From none pending to hundreds and back, near and far: the sorted run grows, gives back to the buckets, is refilled.
TEST(FutureEventSet, APopulationThatComesAndGoes) {
  for (const TieOrder order : {TieOrder::insertion, TieOrder::key}) {
    RadixHeap radix(order);
    QuaternaryHeap heap(order);
    std::uint64_t now = 0;
    for (std::uint64_t i = 0; i < 200'000; ++i) {
      const std::uint64_t x = mix64(i), tide = i % 4000 < 2000 ? 9 : 7;
      if (!radix.empty() && x % 16 >= tide) {
        const Entry a = radix.pop(), b = heap.pop();
        ASSERT_EQ(a.time, b.time);
        ASSERT_EQ(a.key, b.key);
        now = a.time;
      } else {
        const std::uint64_t rank = order == TieOrder::key ? mix64(x) >> 25 : i;
        const Entry e{now + (x >> 8) % (1ull << ((x >> 4) % 40)) / 64 * 64, rank << 25 | (i & 0xFFFFFF)};
        radix.push(e), heap.push(e);
      }
      ASSERT_EQ(radix.size(), heap.size());
    }
  }
}

TEST(FutureEventSet,
     FarFutureThenOneBurst) {  // the worst case of the radix heap: every entry falls through all buckets
  RadixHeap radix;
  QuaternaryHeap heap;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const Entry e{(1ull << 50) + mix64(i) % 1000, i};
    radix.push(e), heap.push(e);
  }
  while (!radix.empty()) {
    const Entry a = radix.pop(), b = heap.pop();
    ASSERT_EQ(a.time, b.time);
    ASSERT_EQ(a.key, b.key);
  }
  EXPECT_TRUE(heap.empty());
}

TEST(FutureEventSet, ThePastIsRefused) {
  RadixHeap radix;
  radix.push({10, 0});
  radix.pop();
  EXPECT_THROW(radix.push({9, 1}), SimulationError);
  QuaternaryHeap heap;
  heap.push({10, 0});
  heap.pop();
  EXPECT_THROW(heap.push({9, 1}), SimulationError);
}

}  // namespace
}  // namespace meshsim::sim
