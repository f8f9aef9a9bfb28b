#include "sim/exact_math.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace meshsim::sim {
namespace {

constexpr double ln2 = 0x1.62e42fefa39efp-1;
constexpr double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;  // high: k * high is exact

constexpr double series_exp(double x) {
  double sum = 1;
  for (int k = 25; k >= 1; --k) sum = 1 + x * sum / k;
  return sum;
}
struct alignas(32) LogRow {
  double centre, inverse, log;
};
constexpr int log_first = 90, log_last = 182;  // centres i/128 cover [sqrt(1/2), sqrt(2)]
constexpr auto log_table = [] {
  std::array<LogRow, log_last - log_first + 1> t{};
  for (int i = log_first; i <= log_last; ++i)
    t[static_cast<std::size_t>(i - log_first)] = {i / 128.0, 128.0 / i, series_log(i / 128.0)};
  return t;
}();
constexpr auto exp_table = [] {
  std::array<double, 64> t{};
  for (int j = 0; j < 64; ++j) t[static_cast<std::size_t>(j)] = series_exp(j * (ln2 / 64));
  return t;
}();

}  // namespace

double exact_log(double x) {
  // x = 2^k m with m in [sqrt(1/2), sqrt(2)): near one there is no cancellation, k is 0 and the centre exactly 1.
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t offset = bits - 0x3FE6A09E667F3BCDull;
  const auto k = static_cast<std::int64_t>(offset) >> 52;
  const std::uint64_t m_bits = bits - (offset & 0xFFF0000000000000ull);
  const double m = std::bit_cast<double>(m_bits);
  // The nearest centre, m * 128 rounded: by integers, since everything waits for it.
  const auto below_one = static_cast<unsigned>((m_bits >> 52) ^ 1023) & 1;
  const std::uint64_t digits = (m_bits & 0xFFFFFFFFFFFFFull) | 1ull << 52;
  const std::uint64_t i = (digits + (1ull << (44 + below_one))) >> (45 + below_one);
  const LogRow& row = log_table[i - log_first];
  const double r = (m - row.centre) * row.inverse, r2 = r * r;  // |r| < 0.0056
  const double tail =
      r2 * (-0.5 + r * (1.0 / 3) + r2 * (-0.25 + r * 0.2 + r2 * (-1.0 / 6 + r * (1.0 / 7) + r2 * -0.125)));
  const double kd = static_cast<double>(k);
  return kd * ln2_high + (row.log + (r + (tail + kd * ln2_low)));
}

double exact_exp(double x) {
  if (!(x < 709.7)) return x != x ? x : std::numeric_limits<double>::infinity();
  if (x < -708) return 0;
  const double n = std::floor(x * (64 / ln2) + 0.5);
  const double r = (x - n * (ln2_high / 64)) - n * (ln2_low / 64);  // |r| < 0.0055
  const auto whole = static_cast<std::int64_t>(n);
  const double p =
      r * (1 + r * (0.5 + r * (1.0 / 6 + r * (1.0 / 24 + r * (1.0 / 120 + r * (1.0 / 720 + r * (1.0 / 5040)))))));
  const double scale = std::bit_cast<double>(static_cast<std::uint64_t>((whole >> 6) + 1023) << 52);
  const double t = exp_table[static_cast<std::size_t>(whole & 63)];
  return (t + t * p) * scale;
}

double normal_quantile(double p) {
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q *
           (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r +
                45921.953931549871457) *
                   r +
               13731.693765509461125) *
                  r +
              1971.5909503065514427) *
                 r +
             133.14166789178437745) *
                r +
            3.387132872796366608) /
           (((((((5226.495278852854561 * r + 28729.085735721942674) * r + 39307.89580009271061) * r +
                21213.794301586595867) *
                   r +
               5394.1960214247511077) *
                  r +
              687.1870074920579083) *
                 r +
             42.313330701600911252) *
                r +
            1);
  }
  double r = std::sqrt(-exact_log(q < 0 ? p : 1 - p));
  double z;
  if (r <= 5) {
    r -= 1.6;
    z = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r +
             1.27045825245236838258) *
                r +
            3.64784832476320460504) *
               r +
           5.7694972214606914055) *
              r +
          4.6303378461565452959) *
             r +
         1.42343711074968357734) /
        (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r +
             0.14810397642748007459) *
                r +
            0.68976733498510000455) *
               r +
           1.6763848301838038494) *
              r +
          2.05319162663775882187) *
             r +
         1);
  } else {
    r -= 5;
    z = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 0.0012426609473880784386) * r +
             0.026532189526576123093) *
                r +
            0.29656057182850489123) *
               r +
           1.7848265399172913358) *
              r +
          5.4637849111641143699) *
             r +
         6.6579046435011037772) /
        (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r +
             7.868691311456132591e-4) *
                r +
            0.0148753612908506148525) *
               r +
           0.13692988092273580531) *
              r +
          0.59983220655588793769) *
             r +
         1);
  }
  return q < 0 ? -z : z;
}

}  // namespace meshsim::sim
