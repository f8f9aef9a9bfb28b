#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "sim/analysis/confidence.h"
#include "sim/analysis/queueing.h"
#include "sim/analysis/traffic.h"
#include "sim/analysis/warmup.h"
#include "sim/distribution.h"

namespace meshsim::sim::analysis {
namespace {

TEST(Queueing, TextbookValues) {
  EXPECT_NEAR(mmc(0.5, 1, 1).mean_response, 2, 1e-12);
  EXPECT_NEAR(erlang_c(2, 1.6), 2 * 0.64 / 1.8, 1e-12);
  EXPECT_NEAR(erlang_b(2, 1), 0.2, 1e-12);
  EXPECT_NEAR(mmc_wait_exceeds(0.5, 1, 1, 2), 0.5 * std::exp(-1.0), 1e-12);
  EXPECT_FALSE(mmc(3, 1, 2).stable());
  EXPECT_NEAR(mmck(1, 1, 1, 1).loss, 1.0 / 3, 1e-12);
  EXPECT_NEAR(mmck(1, 1, 2, 0).loss, erlang_b(2, 1), 1e-12);
  EXPECT_NEAR(mmck(0.5, 1, 1, 200).mean_response, 2, 1e-9);
}

TEST(Queueing, MeanValueAnalysis) {
  const std::vector<ClosedStation> balanced(64, {1.0 / 64, 1e-3, 1});  // throughput K mu N / (N + K - 1)
  EXPECT_NEAR(mean_value_analysis(balanced, 256).throughput, 64e3 * 256 / (256 + 63), 1e-6);
  // Machine repair: think 10, two servers of 1, 3 customers; solved by hand from the birth-death chain.
  const std::vector<ClosedStation> repair{{1, 10, infinite_servers}, {1, 1, 2}};
  const double p1 = 0.3, p2 = p1 * 0.2 / 2, p3 = p2 * 0.1 / 2, sum = 1 + p1 + p2 + p3;
  EXPECT_NEAR(mean_value_analysis(repair, 3).throughput, (p1 + 2 * (p2 + p3)) / sum, 1e-12);
}

TEST(Traffic, OpenNetworkWithFeedbackAndFanOut) {
  const std::vector<NetworkStation> s{{100, 1e-3, 1}, {0, 2e-3, 1}, {0, 5e-3, 2}};
  const std::vector<Routing> r{{0, 1, 1.5}, {1, 2, 0.5}, {2, 0, 0.2}};
  const auto net = solve_open(s, r);
  ASSERT_TRUE(net);
  EXPECT_NEAR(net->rate[0], 100 / (1 - 0.15), 1e-9);
  EXPECT_NEAR(net->rate[1], net->rate[0] * 1.5, 1e-9);
  EXPECT_NEAR(net->utilisation[2], net->rate[2] * 5e-3 / 2, 1e-12);
  EXPECT_EQ(net->bottleneck, 1u);
  EXPECT_NEAR(net->sustainable, 100 / net->utilisation[1], 1e-9);
}

TEST(Traffic, CirculatingTrafficHasNoSolution) {
  EXPECT_FALSE(
      solve_open(std::vector<NetworkStation>{{1, 1, 1}, {0, 1, 1}}, std::vector<Routing>{{0, 1, 1}, {1, 0, 1}}));
  EXPECT_FALSE(solve_open(std::vector<NetworkStation>{{1, 1, 1}}, std::vector<Routing>{{0, 0, 2}}));
}

TEST(Traffic, VisitsOfAClosedNetwork) {
  const auto v = solve_visits(3, std::vector<Routing>{{0, 1, 0.3}, {0, 2, 0.7}, {1, 0, 1}, {2, 0, 1}});
  ASSERT_TRUE(v);
  EXPECT_NEAR((*v)[1], 0.3, 1e-12);
  EXPECT_NEAR((*v)[2], 0.7, 1e-12);
}

TEST(Confidence, StudentAndCoverage) {
  EXPECT_NEAR(student_quantile(0.975, 1), 12.7062, 1e-3);
  EXPECT_NEAR(student_quantile(0.975, 9), 2.26216, 1e-4);
  EXPECT_NEAR(student_quantile(0.995, 30), 2.75000, 1e-4);
  RandomStream s(StudyKey::of(3, 0), "coverage", "draws");
  int covered = 0;
  for (int i = 0; i < 500; ++i) {
    std::vector<double> x(8);
    for (double& v : x) v = normal(10, 2, s.next());
    covered += confidence(x).contains(10);
  }
  EXPECT_NEAR(covered, 475, 20);
}

TEST(WarmUp, Mser5CutsTheTransient) {
  RandomStream s(StudyKey::of(4, 0), "warmup", "draws");
  std::vector<double> x;
  for (int i = 0; i < 5000; ++i) x.push_back(normal(10, 1, s.next()) - (i < 500 ? 8 * (1 - i / 500.0) : 0));
  const WarmUp w = mser5(x);
  EXPECT_TRUE(w.enough);
  EXPECT_NEAR(static_cast<double>(w.cut), 450, 120);
  EXPECT_NEAR(w.mean, 10, 0.05);
  EXPECT_FALSE(mser5(std::vector<double>{1, 2, 3}).enough);
}

}  // namespace
}  // namespace meshsim::sim::analysis
