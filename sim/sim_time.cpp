#include "sim/sim_time.h"

#include <cmath>

#include "sim/error.h"

namespace meshsim::sim {

SimulationError::SimulationError(const std::string& what, SimTime time, std::uint64_t event)
    : std::logic_error(what + " (at " + to_string(time) + ", event " + std::to_string(event) + ")"),
      time_(time),
      event_(event) {}

void SimTime::refuse() { throw SimulationError("not a representable time"); }

SimTime SimTime::from_seconds(double seconds) { return from_nanoseconds(seconds * 1e9); }

std::string to_string(SimTime time) {
  if (time.ns == 0) return "0s";
  const bool negative = time.ns < 0;
  const std::uint64_t n = negative ? 0 - static_cast<std::uint64_t>(time.ns) : static_cast<std::uint64_t>(time.ns);
  std::uint64_t unit = 1;
  const char* name = "ns";
  if (n >= 1'000'000'000) {
    unit = 1'000'000'000, name = "s";
  } else if (n >= 1'000'000) {
    unit = 1'000'000, name = "ms";
  } else if (n >= 1'000) {
    unit = 1'000, name = "us";
  }
  std::string text = (negative ? "-" : "") + std::to_string(n / unit);
  if (const std::uint64_t rest = n % unit) {
    std::string digits = std::to_string(unit + rest).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    text += "." + digits;
  }
  return text + name;
}

}  // namespace meshsim::sim
