#include "models/simulation/latency_intervals.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace meshsim::models {

void LatencyIntervals::count(Interval& interval, std::size_t bucket, std::uint64_t times) {
  auto& counts = interval.counts;
  if (counts.empty()) interval.first = bucket;
  if (bucket < interval.first) {
    counts.insert(counts.begin(), interval.first - bucket, 0);
    interval.first = bucket;
  }
  if (bucket - interval.first >= counts.size()) counts.resize(bucket - interval.first + 1);
  counts[bucket - interval.first] += times;
}

void LatencyIntervals::merge(const LatencyIntervals& other) {
  if (other.size() > size()) resize(other.size());
  for (std::size_t i = 0; i < other.size(); ++i) {
    const Interval& from = other.intervals_[i];
    for (std::size_t b = 0; b < from.counts.size(); ++b)
      if (from.counts[b] > 0) count(intervals_[i], from.first + b, from.counts[b]);
  }
}

std::uint64_t LatencyIntervals::count(std::size_t interval) const {
  const auto& counts = intervals_[interval].counts;
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::uint64_t LatencyIntervals::quantile(std::size_t interval, double q) const {
  const std::uint64_t all = count(interval);
  if (all == 0) return 0;
  const auto rank =
      std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(all))), 1, all);
  const Interval& one = intervals_[interval];
  std::uint64_t seen = 0;
  for (std::size_t b = 0; b < one.counts.size(); ++b)
    if ((seen += one.counts[b]) >= rank) return greatest(one.first + b);
  return 0;
}

std::vector<std::uint64_t> LatencyIntervals::pairs(std::size_t interval) const {
  std::vector<std::uint64_t> out;
  const Interval& one = intervals_[interval];
  for (std::size_t b = 0; b < one.counts.size(); ++b)
    if (one.counts[b] > 0) out.insert(out.end(), {one.first + b, one.counts[b]});
  return out;
}

LatencyIntervals LatencyIntervals::restore(const std::vector<std::vector<std::uint64_t>>& pairs) {
  LatencyIntervals out;
  out.resize(pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i)
    for (std::size_t k = 0; k + 1 < pairs[i].size(); k += 2)
      if (pairs[i][k] < kBuckets && pairs[i][k + 1] > 0) count(out.intervals_[i], pairs[i][k], pairs[i][k + 1]);
  return out;
}

}  // namespace meshsim::models
