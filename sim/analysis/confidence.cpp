#include "sim/analysis/confidence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace meshsim::sim::analysis {
namespace {

// P(T < t) for t >= 0 by Simpson's rule after t = sqrt(n) tan(a): the integrand cos(a)^(n-1) is smooth and bounded.
double student_below(double t, double n) {
  const double end = std::atan(t / std::sqrt(n)),
               scale = std::exp(std::lgamma((n + 1) / 2) - std::lgamma(n / 2)) / std::sqrt(std::acos(-1.0));
  constexpr int steps = 400;
  const double h = end / steps;
  double sum = 0;
  for (int i = 0; i <= steps; ++i) {
    const double weight = i == 0 || i == steps ? 1 : i % 2 ? 4 : 2;
    sum += weight * std::pow(std::cos(i * h), n - 1);
  }
  return 0.5 + scale * sum * h / 3;
}

}  // namespace

double student_quantile(double p, double degrees) {
  double low = 0, high = 1;
  while (student_below(high, degrees) < p && high < 1e6) high *= 2;
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    (student_below(middle, degrees) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

Interval confidence(std::span<const double> values, double level) {
  Interval r;
  const double n = static_cast<double>(values.size());
  if (values.empty()) return {0, std::numeric_limits<double>::infinity()};
  for (const double v : values) r.mean += v / n;
  r.half_width = std::numeric_limits<double>::infinity();
  if (values.size() < 2) return r;
  double squares = 0;
  for (const double v : values) squares += (v - r.mean) * (v - r.mean);
  r.half_width = student_quantile((1 + level) / 2, n - 1) * std::sqrt(squares / (n - 1) / n);
  return r;
}

Interval paired_difference(std::span<const double> after, std::span<const double> before, double level) {
  std::vector<double> d;
  for (std::size_t i = 0; i < std::min(after.size(), before.size()); ++i) d.push_back(after[i] - before[i]);
  return confidence(d, level);
}

Interval independent_difference(std::span<const double> after, std::span<const double> before, double level) {
  Interval r{confidence(after, level).mean - confidence(before, level).mean, std::numeric_limits<double>::infinity()};
  if (after.size() < 2 || before.size() < 2) return r;
  double sum = 0, weighted = 0;
  for (const std::span<const double> side : {after, before}) {
    const double n = static_cast<double>(side.size()), mean = confidence(side, level).mean;
    double squares = 0;
    for (const double v : side) squares += (v - mean) * (v - mean);
    const double error = squares / (n - 1) / n;  // squared, of the mean
    sum += error;
    weighted += error * error / (n - 1);
  }
  r.half_width = sum > 0 ? student_quantile((1 + level) / 2, sum * sum / weighted) * std::sqrt(sum) : 0;
  return r;
}

}  // namespace meshsim::sim::analysis
