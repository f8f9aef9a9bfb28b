#pragma once
// Distributions by inversion: one 64-bit draw, one variate, always. That keeps addressed streams aligned (a ziggurat
// would use now one draw, now two). Bit-identical everywhere, pinned by known-answer tests; changing one is a change of
// results and needs a line in the release notes. A Law is a distribution as a value, as a scenario configures it; it
// yields SimTime, rounded once, never negative.
#include <cstdint>
#include <span>
#include <vector>

#include "sim/random.h"
#include "sim/sim_time.h"

namespace meshsim::sim {

// In (0, 1): never 0 or 1, so that every inverse is finite.
constexpr double unit_open(std::uint64_t bits) { return (static_cast<double>(bits >> 12) + 0.5) * 0x1.0p-52; }
// 0 .. n-1 by multiplication; the bias is below n / 2^64.
constexpr std::uint64_t below(std::uint64_t n, std::uint64_t bits) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(static_cast<Wide>(bits) * n >> 64);
}

// -mean * log(unit_open(bits)); off by 4e-16 of itself and 1e-16 of the mean at most.
double exponential(double mean, std::uint64_t bits);
double normal(double mean, double deviation, std::uint64_t bits);
// Of the logarithm: median = exp(mu). See Law::lognormal for mean and coefficient of variation.
double lognormal(double mu, double sigma, std::uint64_t bits);
double pareto(double shape, double least, std::uint64_t bits);
// Number of failures before the first success, success having this probability.
std::uint64_t geometric(double probability, std::uint64_t bits);
constexpr bool chance(double probability, std::uint64_t bits) {
  return static_cast<double>(bits >> 11) * 0x1.0p-53 < probability;
}

// The exponential variates of a stream, in its order, each computed when the one before it is taken: what is scheduled
// by it need not wait for it.
class ExponentialStream {
 public:
  explicit ExponentialStream(RandomStream stream) : stream_(stream), next_(exponential(1, stream_.next())) {}
  double next(double mean) {
    const double variate = mean * next_;
    next_ = exponential(1, stream_.next());
    return variate;
  }

 private:
  RandomStream stream_;
  double next_;
};

// Picks i with probability weight[i] / sum; integer weights, so the choice is exact. Throws if all are zero.
class WeightedChoice {
 public:
  explicit WeightedChoice(std::span<const std::uint64_t> weights);
  std::size_t operator()(std::uint64_t bits) const;

 private:
  std::vector<std::uint64_t> cumulative_;
};

class Law {
 public:
  Law() = default;  // constant zero
  static Law constant(SimTime value);
  static Law uniform(SimTime least, SimTime greatest);
  static Law exponential(SimTime mean);
  static Law normal(SimTime mean, SimTime deviation);  // cut at zero
  static Law lognormal(SimTime mean, double variation);
  static Law pareto(double shape, SimTime least);
  static Law empirical(std::vector<SimTime> quantiles);  // equidistant, linear between

  SimTime sample(std::uint64_t bits) const;
  SimTime sample(RandomStream& stream) const { return sample(stream.next()); }
  SimTime mean() const;  // of the uncut law; Pareto with shape <= 1 has none: SimTime::max()

 private:
  enum class Form : std::uint8_t { constant, uniform, exponential, normal, lognormal, pareto, empirical };
  Law(Form form, double a, double b) : form_(form), a_(a), b_(b) {}

  Form form_ = Form::constant;
  double a_ = 0, b_ = 0;
  std::vector<SimTime> quantiles_;
};

}  // namespace meshsim::sim
