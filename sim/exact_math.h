#pragma once
// log, exp and the normal quantile from IEEE 754 basic operations only, so that a draw has the same bits on every
// machine: the C library's log differs in the last bit between processors (with and without fused multiply-add) once in
// ten thousand arguments. Accurate to about 2 units in the last place; that is enough, equality is the point. The
// source is compiled without contraction to fused operations. Not a general mathematics library: log is for normal
// positive numbers, exp saturates at 0 and infinity.
namespace meshsim::sim {

// log(x) = 2 artanh((x-1)/(x+1)), 21 terms: for tables of x in [1/2, 2], at compile time.
constexpr double series_log(double x) {
  const double s = (x - 1) / (x + 1), s2 = s * s;
  double sum = 0;
  for (int k = 41; k >= 1; k -= 2) sum = sum * s2 + 1.0 / k;
  return 2 * s * sum;
}
double exact_log(double x);
double exact_exp(double x);
// Inverse of the standard normal distribution function, 0 < p < 1: algorithm AS 241 (Wichura 1988), 1e-16 relative.
double normal_quantile(double p);

}  // namespace meshsim::sim
