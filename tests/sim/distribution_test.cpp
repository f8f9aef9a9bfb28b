#include "sim/distribution.h"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include "sim/error.h"
#include "sim/exact_math.h"

namespace meshsim::sim {
namespace {

TEST(ExactMath, AgreesWithTheCLibrary) {
  RandomStream s(StudyKey::of(1, 1), "x", "y");
  for (int i = 0; i < 20'000; ++i) {
    const double u = unit_open(s.next());
    EXPECT_NEAR(exact_log(u), std::log(u), 4e-16 * std::fabs(std::log(u)) + 1e-300);
    const double big = u * 1e12;
    EXPECT_NEAR(exact_log(big), std::log(big), 4e-16 * std::fabs(std::log(big)) + 1e-16);
    const double x = (u - 0.5) * 200;
    EXPECT_NEAR(exact_exp(x) / std::exp(x), 1, 4e-16);
    const double z = normal_quantile(u);
    EXPECT_NEAR(0.5 * std::erfc(-z / std::sqrt(2.0)) / u, 1, 1e-12);
  }
  for (const double p : {1e-300, 1e-20, 1e-8, 0.07, 0.0749, 0.0751, 0.5})
    EXPECT_NEAR(0.5 * std::erfc(-normal_quantile(p) / std::sqrt(2.0)) / p, 1, 1e-11) << p;
  EXPECT_EQ(exact_log(1), 0);
  EXPECT_EQ(exact_exp(0), 1);
}

TEST(Distribution, KnownAnswers) {  // the same bits on every machine and compiler: never "fix" these
  Fingerprint f;
  RandomStream s(StudyKey::of(5, 0), "known", "answers");
  const Law laws[] = {Law::constant(seconds(1)),
                      Law::uniform(seconds(1), seconds(3)),
                      Law::exponential(milliseconds(3)),
                      Law::normal(milliseconds(5), milliseconds(2)),
                      Law::lognormal(milliseconds(5), 2),
                      Law::pareto(1.5, milliseconds(1)),
                      Law::empirical({seconds(3), seconds(1), seconds(2)})};
  for (int i = 0; i < 10'000; ++i) {
    for (const Law& law : laws) f.mix(static_cast<std::uint64_t>(law.sample(s).ns));
    f.mix(geometric(0.01, s.next()));
  }
  EXPECT_EQ(f.text(), "33bf-dc56-2aac-0c8d");
}

TEST(Distribution, ExponentialIsMinusTheLogarithm) {
  RandomStream s(StudyKey::of(2, 0), "log", "all");
  std::uint64_t edge[] = {
      0, ~0ull, 1, 0x800, 0x1000, 1ull << 63, (1ull << 63) - 1, 0xFF80000000000000ull, 0x8040000000000000ull};
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t bits = i < 9 ? edge[i] : s.next() >> (i % 50);
    const double exact = -std::log(unit_open(bits));
    EXPECT_NEAR(exponential(1, bits), exact, 4e-16 * exact + 1e-16) << bits;
    EXPECT_GT(exponential(1, bits), 0) << bits;
  }
}

TEST(Distribution, ExponentialStreamIsTheStreamInOrder) {
  RandomStream plain(StudyKey::of(3, 0), "a", "b");
  ExponentialStream ahead(RandomStream(StudyKey::of(3, 0), "a", "b"));
  for (int i = 0; i < 100; ++i) {
    const double mean = 1 << (i % 7);
    EXPECT_EQ(ahead.next(mean), exponential(mean, plain.next()));
  }
}

TEST(Distribution, MeansAreRight) {
  RandomStream s(StudyKey::of(6, 0), "means", "all");
  const Law laws[] = {Law::uniform(seconds(1), seconds(3)),
                      Law::exponential(milliseconds(3)),
                      Law::normal(milliseconds(9), milliseconds(1)),
                      Law::lognormal(milliseconds(5), 0.8),
                      Law::pareto(4, milliseconds(1)),
                      Law::empirical({seconds(1), seconds(4), seconds(10)})};
  for (const Law& law : laws) {
    double sum = 0;
    for (int i = 0; i < 200'000; ++i) sum += static_cast<double>(law.sample(s).ns);
    EXPECT_NEAR(sum / 200'000 / static_cast<double>(law.mean().ns), 1, 0.01);
  }
  double failures = 0;
  for (int i = 0; i < 200'000; ++i) failures += static_cast<double>(geometric(0.2, s.next()));
  EXPECT_NEAR(failures / 200'000, 4, 0.05);
  EXPECT_EQ(Law::pareto(1, seconds(1)).mean(), SimTime::max());
}

TEST(Distribution, WeightedChoiceFollowsTheWeights) {
  const std::array<std::uint64_t, 4> weights{90, 0, 9, 1};
  const WeightedChoice choice(weights);
  std::array<int, 4> seen{};
  RandomStream s(StudyKey::of(6, 0), "choice", "all");
  for (int i = 0; i < 100'000; ++i) ++seen[choice(s.next())];
  EXPECT_NEAR(seen[0], 90'000, 500);
  EXPECT_EQ(seen[1], 0);
  EXPECT_NEAR(seen[2], 9'000, 400);
  EXPECT_EQ(choice(0), 0u);
  EXPECT_EQ(choice(~0ull), 3u);
  EXPECT_THROW(WeightedChoice(std::array<std::uint64_t, 1>{0}), SimulationError);
}

}  // namespace
}  // namespace meshsim::sim
