#pragma once
// LatencyIntervals: latencies by sample interval, so that quantiles can be drawn over time. Each interval is a
// histogram of values below 16 exactly and 16 buckets an octave above (a quantile is at most 6.3 % too high), stored
// from its first to its last bucket in use: an interval never takes more than 976 counts, and mostly some twenty.
// Counts only: merging is exact and in any order.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace meshsim::models {

class LatencyIntervals {
 public:
  void resize(std::size_t intervals) { intervals_.resize(intervals); }
  std::size_t size() const { return intervals_.size(); }
  void add(std::size_t interval, std::uint64_t ns) { count(intervals_[interval], bucket(ns), 1); }
  void merge(const LatencyIntervals& other);

  std::uint64_t count(std::size_t interval) const;
  // Greatest value of the bucket in which the q-quantile (nearest rank) lies; 0 where nothing was counted.
  std::uint64_t quantile(std::size_t interval, double q) const;

  // bucket, count, bucket, count, ... of an interval: how results are written down.
  std::vector<std::uint64_t> pairs(std::size_t interval) const;
  static LatencyIntervals restore(const std::vector<std::vector<std::uint64_t>>& pairs);

  static constexpr int kSubBits = 4;
  static constexpr std::size_t kBuckets = (64 - kSubBits + 1) << kSubBits;
  static constexpr std::size_t bucket(std::uint64_t v) {
    if (v < (1u << kSubBits)) return static_cast<std::size_t>(v);
    const int shift = 63 - __builtin_clzll(v) - kSubBits;
    return (static_cast<std::size_t>(shift) << kSubBits) + static_cast<std::size_t>(v >> shift);
  }
  static constexpr std::uint64_t greatest(std::size_t bucket) {
    if (bucket < (2u << kSubBits)) return bucket;
    const std::size_t shift = (bucket >> kSubBits) - 1;
    return (((bucket & ((1u << kSubBits) - 1)) + (1u << kSubBits) + 1) << shift) - 1;
  }

 private:
  struct Interval {
    std::size_t first = 0;
    std::vector<std::uint64_t> counts;
  };
  static void count(Interval& interval, std::size_t bucket, std::uint64_t times);
  std::vector<Interval> intervals_;
};

}  // namespace meshsim::models
