#pragma once
// Arrivals: when the next request of an open flow comes (internal to models/simulation). Rates that change with time
// are drawn by thinning: candidates at the greatest rate, each kept with probability rate(t) / greatest rate.
#include <cstdint>
#include <optional>

#include "models/simulation/traffic.h"
#include "sim/random.h"

namespace meshsim::models::simulation {

class Arrivals {
 public:
  Arrivals() = default;
  Arrivals(const FlowTraffic& traffic, std::int64_t duration_ns, sim::StudyKey key, std::uint64_t entity);
  // The first one after `now` (or at it, for the very first of a trace); nullopt: none any more.
  std::optional<std::int64_t> next(std::int64_t now);

 private:
  enum class Form : std::uint8_t { None, Poisson, Constant, Bursty, Ramp, Diurnal, Trace };
  double rate_at(std::int64_t ns) const;

  Form form_ = Form::None;
  const FlowTraffic* traffic_ = nullptr;
  double per_second_ = 0, greatest_ = 0;
  std::int64_t duration_ns_ = 0;
  sim::RandomStream gaps_, choices_, phases_;
  std::uint64_t sent_ = 0;
  bool on_ = false;
  std::int64_t phase_ends_ = 0;
};

}  // namespace meshsim::models::simulation
