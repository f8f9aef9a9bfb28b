#include "sim/distribution.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "sim/error.h"
#include "sim/exact_math.h"

// Compiled without contraction, like exact_math.cpp: a fused a + b * x would differ between machines.
namespace meshsim::sim {
namespace {

// Beyond 146 years the clock would overflow soon after; a heavy tail is cut there.
SimTime whole(double ns) { return {static_cast<std::int64_t>(std::clamp(ns, 0.0, 4.6e18) + 0.5)}; }
double d(SimTime t) { return static_cast<double>(t.ns); }

struct LogRow {
  double scale;  // times what is left of 64 bits beside the centre: 1 - w / centre
  double log;    // minus the logarithm of the centre
};
constexpr auto log_rows = [] {
  std::array<LogRow, 256> rows{};
  for (int i = 0; i < 256; ++i) {
    const double centre = (256.5 + i) / 512;
    rows[static_cast<std::size_t>(i)] = {-0x1p-64 / centre, -series_log(centre)};
  }
  return rows;
}();
constexpr auto halvings = [] {
  std::array<double, 64> minus_log{};
  for (int k = 0; k < 64; ++k) minus_log[static_cast<std::size_t>(k)] = k * 0x1.62e42fefa39efp-1;
  return minus_log;
}();

}  // namespace

// -log of z / 2^64 with z = 2^(64-k) w, w in [1/2, 1): k log 2 - log(centre) - log(1 - r), r = 1 - w / centre. Cheaper
// than exact_log, which must be right to the last place near one, where this is right absolutely.
double exponential(double mean, std::uint64_t bits) {
  const std::uint64_t z = (bits & ~0xFFFull) | 0x800;  // unit_open, times 2^64
  const int k = std::countl_zero(z);
  const std::uint64_t w = z << k;
  const LogRow& row = log_rows[(w >> 55) & 255];
  const double r = static_cast<double>(static_cast<std::int64_t>(w & ((1ull << 55) - 1)) - (1ll << 54)) * row.scale;
  const double r2 = r * r;  // |r| < 1/512
  const double tail = r2 * (0.5 + r * (1.0 / 3) + r2 * (0.25 + r * 0.2 + r2 * (1.0 / 6)));
  return mean * (halvings[static_cast<std::size_t>(k)] + (row.log + (r + tail)));
}
double normal(double mean, double deviation, std::uint64_t bits) {
  return mean + deviation * normal_quantile(unit_open(bits));
}
double lognormal(double mu, double sigma, std::uint64_t bits) {
  return exact_exp(mu + sigma * normal_quantile(unit_open(bits)));
}
double pareto(double shape, double least, std::uint64_t bits) {
  return least * exact_exp(-exact_log(unit_open(bits)) / shape);
}
std::uint64_t geometric(double probability, std::uint64_t bits) {
  if (probability >= 1) return 0;
  if (!(probability > 0)) throw SimulationError("geometric distribution without success");
  // log(1-p) by a doubled artanh argument would gain digits for tiny p; below 1e-16 it would be zero.
  const double fail = 1 - probability;
  const double n = exact_log(unit_open(bits)) / (fail == 1 ? -probability : exact_log(fail));
  return static_cast<std::uint64_t>(std::min(n, 1.8e19));
}

WeightedChoice::WeightedChoice(std::span<const std::uint64_t> weights) {
  std::uint64_t sum = 0;
  for (const std::uint64_t w : weights) cumulative_.push_back(sum += w);
  if (sum == 0) throw SimulationError("a weighted choice without weight");
}
std::size_t WeightedChoice::operator()(std::uint64_t bits) const {
  const std::uint64_t x = below(cumulative_.back(), bits);
  return static_cast<std::size_t>(std::upper_bound(cumulative_.begin(), cumulative_.end(), x) - cumulative_.begin());
}

Law Law::constant(SimTime value) { return {Form::constant, d(value), 0}; }
Law Law::uniform(SimTime least, SimTime greatest) { return {Form::uniform, d(least), d(greatest)}; }
Law Law::exponential(SimTime mean) { return {Form::exponential, d(mean), 0}; }
Law Law::normal(SimTime mean, SimTime deviation) { return {Form::normal, d(mean), d(deviation)}; }
Law Law::lognormal(SimTime mean, double variation) {
  if (mean.ns <= 0) return constant(SimTime::zero());
  const double s2 = exact_log(1 + variation * variation);
  return {Form::lognormal, exact_log(d(mean)) - s2 / 2, std::sqrt(s2)};
}
Law Law::pareto(double shape, SimTime least) { return {Form::pareto, shape, d(least)}; }
Law Law::empirical(std::vector<SimTime> quantiles) {
  if (quantiles.empty()) throw SimulationError("an empirical law without values");
  Law law{Form::empirical, 0, 0};
  std::sort(quantiles.begin(), quantiles.end());
  law.quantiles_ = std::move(quantiles);
  return law;
}

SimTime Law::sample(std::uint64_t bits) const {
  switch (form_) {
    case Form::constant:
      return whole(a_);
    case Form::uniform:
      return whole(a_ + (b_ - a_) * unit_open(bits));
    case Form::exponential:
      return whole(sim::exponential(a_, bits));
    case Form::normal:
      return whole(sim::normal(a_, b_, bits));
    case Form::lognormal:
      return whole(sim::lognormal(a_, b_, bits));
    case Form::pareto:
      return whole(sim::pareto(a_, b_, bits));
    case Form::empirical: {
      const double x = unit_open(bits) * static_cast<double>(quantiles_.size() - 1);
      const auto i = static_cast<std::size_t>(x);
      if (i + 1 >= quantiles_.size()) return quantiles_.back();
      return whole(d(quantiles_[i]) + (x - static_cast<double>(i)) * d(quantiles_[i + 1] - quantiles_[i]));
    }
  }
  return {};
}

SimTime Law::mean() const {
  switch (form_) {
    case Form::constant:
    case Form::exponential:
    case Form::normal:
      return whole(a_);
    case Form::uniform:
      return whole((a_ + b_) / 2);
    case Form::lognormal:
      return whole(exact_exp(a_ + b_ * b_ / 2));
    case Form::pareto:
      return a_ > 1 ? whole(a_ * b_ / (a_ - 1)) : SimTime::max();
    case Form::empirical: {
      double sum = (d(quantiles_.front()) + d(quantiles_.back())) / 2;
      if (quantiles_.size() == 1) return quantiles_.front();
      for (std::size_t i = 1; i + 1 < quantiles_.size(); ++i) sum += d(quantiles_[i]);
      return whole(sum / static_cast<double>(quantiles_.size() - 1));
    }
  }
  return {};
}

}  // namespace meshsim::sim
