#include "sim/analysis/warmup.h"

#include <limits>
#include <vector>

namespace meshsim::sim::analysis {

WarmUp mser5(std::span<const double> observations) {
  std::vector<double> batch;
  for (std::size_t i = 0; i + 5 <= observations.size(); i += 5) {
    double sum = 0;
    for (std::size_t k = i; k < i + 5; ++k) sum += observations[k];
    batch.push_back(sum / 5);
  }
  WarmUp result;
  const std::size_t n = batch.size();
  double sum = 0, squares = 0, best = std::numeric_limits<double>::infinity();
  std::size_t cut = 0;
  double offset = n ? batch.back() : 0;      // against cancellation in squares - sum^2 / m
  for (std::size_t left = n; left-- > 0;) {  // from the end, so that each cut costs one addition
    const double x = batch[left] - offset, m = static_cast<double>(n - left);
    sum += x;
    squares += x * x;
    if (left > n / 2) continue;
    const double error = (squares - sum * sum / m) / (m * m);
    if (error <= best) best = error, cut = left, result.mean = offset + sum / m;
  }
  result.cut = cut * 5;
  result.enough = n >= 10 && cut < n / 2;
  return result;
}

}  // namespace meshsim::sim::analysis
