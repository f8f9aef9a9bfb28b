#include "sim/time_series.h"

#include "sim/error.h"

namespace meshsim::sim {

void TimeSeries::merge(const TimeSeries& o) {
  if (o.width_ != width_) throw SimulationError("time series of different width");
  if (o.bins_.size() > bins_.size()) bins_.resize(o.bins_.size());
  for (std::size_t i = 0; i < o.bins_.size(); ++i) {
    bins_[i].count += o.bins_[i].count;
    bins_[i].sum += o.bins_[i].sum;
  }
}

}  // namespace meshsim::sim
