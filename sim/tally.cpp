#include "sim/tally.h"

#include <algorithm>

#include "sim/station.h"

namespace meshsim::sim {

std::string to_string(u128 value) {
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

void Tally::merge(const Tally& o) {
  count += o.count;
  sum += o.sum;
  squares += o.squares;
  least = std::min(least, o.least);
  greatest = std::max(greatest, o.greatest);
}

double Tally::variance() const {
  if (count < 2) return 0;
  const double n = static_cast<double>(count), m = mean();
  return std::max(0.0, (static_cast<double>(squares) - n * m * m) / (n - 1));
}

void StationStatistics::merge(const StationStatistics& o) {
  arrivals += o.arrivals;
  rejected += o.rejected;
  served += o.served;
  withdrawn += o.withdrawn;
  population_time += o.population_time;
  busy_time += o.busy_time;
  sojourn += o.sojourn;
  waiting += o.waiting;
}
double StationStatistics::mean_population(SimTime observed) const {
  return observed.ns > 0 ? static_cast<double>(population_time) / static_cast<double>(observed.ns) : 0;
}
double StationStatistics::utilisation(SimTime observed, std::uint32_t servers) const {
  return observed.ns > 0 && servers ? static_cast<double>(busy_time) / static_cast<double>(observed.ns) / servers : 0;
}
double StationStatistics::mean_sojourn_ns() const {
  return served ? static_cast<double>(sojourn) / static_cast<double>(served) : 0;
}
double StationStatistics::mean_waiting_ns() const {
  return served ? static_cast<double>(waiting) / static_cast<double>(served) : 0;
}

}  // namespace meshsim::sim
