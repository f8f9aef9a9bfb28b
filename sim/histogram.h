#pragma once
// Histogram: log-linear counts of integers with one fixed layout: values below 64 exactly, above that 64 buckets an
// octave (a bucket is at most 1.6 % wide). Integer counts: merging is exact and order-independent, unlike t-digests or
// reservoirs. Count, sum, squares, least and greatest are kept exactly beside it.
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/tally.h"

namespace meshsim::sim {

class Histogram {
 public:
  static constexpr int sub_bits = 6;

  void add(std::uint64_t value) {
    const std::size_t b = bucket(value);
    if (b >= counts_.size()) [[unlikely]]
      counts_.resize((b | 63) + 1);
    ++counts_[b];
    tally_.add(value);
  }
  void merge(const Histogram& o);
  void clear();
  // What counts() and tally() of another one said: for results that were written down.
  static Histogram restore(std::vector<std::uint64_t> counts, const Tally& tally) {
    Histogram out;
    out.counts_ = std::move(counts);
    out.tally_ = tally;
    return out;
  }

  const Tally& tally() const { return tally_; }
  std::uint64_t count() const { return tally_.count; }
  double mean() const { return tally_.mean(); }
  // Greatest value of the bucket in which the q-quantile (nearest rank) lies, but no more than the greatest seen.
  std::uint64_t quantile(double q) const;
  std::uint64_t digest() const;  // equal for equal contents, on every machine
  const std::vector<std::uint64_t>& counts() const { return counts_; }

  static constexpr std::size_t bucket(std::uint64_t v) {
    if (v < (1u << sub_bits)) return static_cast<std::size_t>(v);
    const int shift = 63 - __builtin_clzll(v) - sub_bits;
    return (static_cast<std::size_t>(shift) << sub_bits) + static_cast<std::size_t>(v >> shift);
  }
  static constexpr std::uint64_t lowest(std::size_t bucket) {
    if (bucket < (2u << sub_bits)) return bucket;
    const std::size_t shift = (bucket >> sub_bits) - 1;
    return ((bucket & ((1u << sub_bits) - 1)) + (1u << sub_bits)) << shift;
  }

 private:
  std::vector<std::uint64_t> counts_;
  Tally tally_;
};

}  // namespace meshsim::sim
