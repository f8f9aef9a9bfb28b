#include "models/simulation/cost_model.h"

#include <cmath>

namespace meshsim::models {

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
