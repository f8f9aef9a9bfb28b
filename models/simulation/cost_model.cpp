#include "models/simulation/cost_model.h"

#include <algorithm>
#include <cmath>

#include "models/simulation/core_sharing.h"
#include "models/simulation/wire_bytes.h"
#include "sim/exact_math.h"

namespace meshsim::models {

double beyond_calibration_ns(const CostModel& costs, const ProxyCost& proxy, bool ztunnel, std::uint64_t bytes) {
  if (bytes <= CostModel::calibration_bytes) return 0;
  double out = proxy.per_byte_ns * static_cast<double>(bytes - CostModel::calibration_bytes);
  // Beyond 128 KiB of a connection the chunks are large (HB-030).
  if (ztunnel && bytes < 131'072)
    out += costs.ztunnel_chunk_ns * static_cast<double>(ztunnel_data_frames(bytes, 0) - 1);
  return out;
}

double batching_factor(const CostModel& costs, double per_second) {
  if (!costs.batching) return 1;
  return sim::exact_exp(-0.19 * sim::exact_log(std::clamp(per_second, 10.0, 3000.0) / 1000));
}

std::uint64_t core_weight(double cpu_ns, double latency_ns) {
  constexpr auto core = static_cast<double>(simulation::CoreSharing::kCore);
  return latency_ns > 0 ? static_cast<std::uint64_t>(core * cpu_ns / latency_ns) : 0;
}

sim::Law half_law(const ProxyCost& cost, double platform) {
  // CO-022: CV^2 of a half is twice that of the whole.
  const double whole = std::exp(cost.sigma * cost.sigma) - 1;
  return sim::Law::lognormal(sim::SimTime::from_nanoseconds(cost.latency_ns * platform / 2), std::sqrt(2 * whole));
}

ServiceTime::ServiceTime(const sim::Law& law) : law_(law) {
  for (std::size_t i = 0; i <= kCells; ++i)
    quantiles_[i] = law.sample(i == kCells ? ~0ull : static_cast<std::uint64_t>(i) << 54).ns;
}

}  // namespace meshsim::models
