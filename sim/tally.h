#pragma once
// Tally: count, sum, sum of squares, least and greatest of integer observations (nanoseconds, bytes). All integers, the
// sums in 128 bits, so merging is exact, commutative and associative: one, two or four threads give the same bits.
#include <cstdint>
#include <limits>
#include <string>

namespace meshsim::sim {

__extension__ using u128 = unsigned __int128;

std::string to_string(u128 value);

struct Tally {
  std::uint64_t count = 0;
  u128 sum = 0, squares = 0;
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max(), greatest = 0;

  void add(std::uint64_t v) {
    ++count;
    sum += v;
    squares += static_cast<u128>(v) * v;
    if (v < least) least = v;
    if (v > greatest) greatest = v;
  }
  void merge(const Tally& o);
  double mean() const { return count ? static_cast<double>(sum) / static_cast<double>(count) : 0; }
  double variance() const;  // of the sample (n - 1); for reports, never merged
  bool operator==(const Tally&) const = default;
};

}  // namespace meshsim::sim
