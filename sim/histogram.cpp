#include "sim/histogram.h"

#include <algorithm>
#include <cmath>

#include "sim/fingerprint.h"

namespace meshsim::sim {

void Histogram::merge(const Histogram& o) {
  if (o.counts_.size() > counts_.size()) counts_.resize(o.counts_.size());
  for (std::size_t i = 0; i < o.counts_.size(); ++i) counts_[i] += o.counts_[i];
  tally_.merge(o.tally_);
}

void Histogram::clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
  tally_ = {};
}

std::uint64_t Histogram::quantile(double q) const {
  if (tally_.count == 0) return 0;
  const double n = static_cast<double>(tally_.count);
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(q * n)), 1, tally_.count);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i)
    if ((seen += counts_[i]) >= rank) return std::clamp(lowest(i + 1) - 1, tally_.least, tally_.greatest);
  return tally_.greatest;
}

std::uint64_t Histogram::digest() const {
  Fingerprint f;
  for (std::size_t i = 0; i < counts_.size(); ++i)
    if (counts_[i]) f.mix(i), f.mix(counts_[i]);
  for (const u128 x : {tally_.sum, tally_.squares})
    f.mix(static_cast<std::uint64_t>(x)), f.mix(static_cast<std::uint64_t>(x >> 64));
  f.mix(tally_.greatest);
  return f.value();
}

}  // namespace meshsim::sim
