#pragma once
// TimeSeries: integer observations by bins of simulated time. Count and sum a bin; replications merge by addition. What
// lies before time zero does not exist; bins appear as they are reached.
#include <cstdint>
#include <vector>

#include "sim/sim_time.h"

namespace meshsim::sim {

class TimeSeries {
 public:
  struct Bin {
    std::uint64_t count = 0, sum = 0;
    bool operator==(const Bin&) const = default;
  };

  explicit TimeSeries(SimTime width) : width_(width) {}
  void add(SimTime when, std::uint64_t value = 1) {
    const auto i = static_cast<std::size_t>(when / width_);
    if (i >= bins_.size()) bins_.resize(i + 1);
    ++bins_[i].count;
    bins_[i].sum += value;
  }
  void reserve(SimTime until) { bins_.reserve(static_cast<std::size_t>(until / width_) + 1); }
  void merge(const TimeSeries& o);  // throws SimulationError if the widths differ
  SimTime width() const { return width_; }
  const std::vector<Bin>& bins() const { return bins_; }

 private:
  SimTime width_;
  std::vector<Bin> bins_;
};

}  // namespace meshsim::sim
