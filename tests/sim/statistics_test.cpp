#include <gtest/gtest.h>

#include "sim/error.h"
#include "sim/histogram.h"
#include "sim/random.h"
#include "sim/signal.h"
#include "sim/time_series.h"

namespace meshsim::sim {
namespace {

TEST(Histogram, BucketsTileTheIntegers) {
  for (std::size_t b = 0; b < 3700; ++b) {
    EXPECT_EQ(Histogram::bucket(Histogram::lowest(b)), b);
    EXPECT_EQ(Histogram::bucket(Histogram::lowest(b + 1) - 1), b);
  }
  EXPECT_LT(Histogram::bucket(~0ull), 3800u);
}

TEST(Histogram, QuantilesAreWithinABucket) {
  Histogram h;
  for (std::uint64_t i = 1; i <= 100'000; ++i) h.add(i * 1000);
  for (const double q : {0.01, 0.5, 0.9, 0.99, 0.999})
    EXPECT_NEAR(static_cast<double>(h.quantile(q)) / (q * 1e8), 1, 0.016) << q;
  EXPECT_EQ(h.quantile(1), 100'000'000u);
  EXPECT_EQ(h.quantile(0), h.quantile(1e-9));
  EXPECT_EQ(Histogram{}.quantile(0.5), 0u);
}

TEST(Histogram, MergingIsExactInAnyOrder) {
  Histogram all, part[4], forward, backward;
  RandomStream s(StudyKey::of(1, 1), "h", "h");
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t v = s.next() >> (s.next() % 60);
    all.add(v);
    part[i % 4].add(v);
  }
  for (int i = 0; i < 4; ++i) forward.merge(part[i]), backward.merge(part[3 - i]);
  EXPECT_EQ(all.digest(), forward.digest());
  EXPECT_EQ(all.digest(), backward.digest());
  EXPECT_EQ(all.tally(), forward.tally());
}

TEST(Tally, SumsPast64Bits) {
  Tally t;
  t.add(~0ull), t.add(~0ull);
  EXPECT_EQ(to_string(t.sum), "36893488147419103230");
  Tally u;
  for (const std::uint64_t v : {2, 4, 4, 4, 5, 5, 7, 9}) u.add(v);
  EXPECT_DOUBLE_EQ(u.mean(), 5);
  EXPECT_DOUBLE_EQ(u.variance(), 32.0 / 7);
}

TEST(TimeSeries, BinsAndMerge) {
  TimeSeries a(seconds(1)), b(seconds(1));
  a.add(milliseconds(999), 5), a.add(seconds(1), 7), b.add(milliseconds(2500));
  a.merge(b);
  EXPECT_EQ(a.bins(), (std::vector<TimeSeries::Bin>{{1, 5}, {1, 7}, {1, 1}}));
  EXPECT_THROW(a.merge(TimeSeries(seconds(2))), SimulationError);
}

TEST(Signal, ObserversAreCalledInOrderUntilDisconnected) {
  Signal<int> signal;
  int sum = 0;
  const auto first = signal.connect([&](int x) { sum = sum * 10 + x; });
  signal.connect([&](int x) { sum = sum * 10 + x + 1; });
  signal.emit(1);
  EXPECT_EQ(sum, 12);
  signal.disconnect(first);
  signal.emit(1);
  EXPECT_EQ(sum, 122);
}

}  // namespace
}  // namespace meshsim::sim
