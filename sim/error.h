#pragma once
// SimulationError: the program that drives the kernel broke a rule of it (scheduled into the past, overflowed time,
// never let the clock advance). It names the simulated time and the number of the event; it is never a user's mistake.
#include <cstdint>
#include <stdexcept>
#include <string>

#include "sim/sim_time.h"

namespace meshsim::sim {

class SimulationError : public std::logic_error {
 public:
  SimulationError(const std::string& what, SimTime time = {}, std::uint64_t event = 0);
  SimTime time() const { return time_; }
  std::uint64_t event() const { return event_; }

 private:
  SimTime time_;
  std::uint64_t event_;
};

}  // namespace meshsim::sim
