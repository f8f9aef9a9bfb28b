#pragma once
// Confidence interval of a mean from independent replications (Student's t), or of a difference from paired ones
// (common random numbers). Inputs are sorted by replication number, so the answer does not depend on which finished
// first.
#include <span>

namespace meshsim::sim::analysis {

struct Interval {
  double mean = 0, half_width = 0;  // infinite with fewer than two values
  double low() const { return mean - half_width; }
  double high() const { return mean + half_width; }
  bool contains(double x) const { return low() <= x && x <= high(); }
};
Interval confidence(std::span<const double> replications, double level = 0.95);
Interval paired_difference(std::span<const double> after, std::span<const double> before, double level = 0.95);
// Of samples that have nothing in common: Welch's interval, its degrees of freedom after Satterthwaite.
Interval independent_difference(std::span<const double> after, std::span<const double> before, double level = 0.95);
// Student's t: the point that a variable with these degrees of freedom stays below with probability p, 0.5 <= p < 1.
double student_quantile(double p, double degrees);

}  // namespace meshsim::sim::analysis
