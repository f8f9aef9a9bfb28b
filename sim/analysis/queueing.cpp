#include "sim/analysis/queueing.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace meshsim::sim::analysis {

double erlang_b(unsigned servers, double offered) {
  double b = 1;
  for (unsigned k = 1; k <= servers; ++k) b = offered * b / (k + offered * b);
  return b;
}

double erlang_c(unsigned servers, double offered) {
  if (offered >= servers) return 1;
  const double b = erlang_b(servers, offered), rho = offered / servers;
  return b / (1 - rho * (1 - b));
}

MMc mmc(double rate, double service, unsigned servers) {
  MMc r;
  const double offered = rate * service;
  r.utilisation = offered / servers;
  r.wait_probability = erlang_c(servers, offered);
  r.mean_wait =
      r.stable() ? r.wait_probability * service / (servers - offered) : std::numeric_limits<double>::infinity();
  r.mean_response = r.mean_wait + service;
  r.mean_queue = rate * r.mean_wait;
  r.mean_population = rate * r.mean_response;
  return r;
}

double mmc_wait_exceeds(double rate, double service, unsigned servers, double t) {
  const double offered = rate * service;
  return erlang_c(servers, offered) * std::exp(-std::max(0.0, servers - offered) * t / service);
}

MMcK mmck(double rate, double service, unsigned servers, unsigned places) {
  const double offered = rate * service;
  double p = 1, sum = 1, population = 0;  // p: relative to the empty system, rescaled against overflow
  for (unsigned n = 1; n <= servers + places; ++n) {
    p *= offered / std::min(n, servers);
    sum += p;
    population += n * p;
    if (sum > 1e200) p *= 1e-200, sum *= 1e-200, population *= 1e-200;
  }
  MMcK r;
  r.loss = p / sum;
  r.throughput = rate * (1 - r.loss);
  r.mean_population = population / sum;
  r.mean_response = r.mean_population / r.throughput;
  return r;
}

ClosedResult mean_value_analysis(std::span<const ClosedStation> stations, unsigned customers) {
  const std::size_t k = stations.size();
  ClosedResult r;
  r.response.assign(k, 0);
  r.population.assign(k, 0);
  r.utilisation.assign(k, 0);
  // below[i][j]: probability of j customers at station i, for j < servers only, with one customer fewer.
  std::vector<std::vector<double>> below(k);
  for (std::size_t i = 0; i < k; ++i) {
    below[i].assign(std::max(1u, stations[i].servers), 0);
    below[i][0] = 1;
  }
  for (unsigned n = 1; n <= customers; ++n) {
    double cycle = 0;
    for (std::size_t i = 0; i < k; ++i) {
      const ClosedStation& s = stations[i];
      if (s.servers == infinite_servers) {
        r.response[i] = s.mean_service;
      } else {
        double idle = 0;  // servers that an arrival finds free, beyond the one it takes
        for (unsigned j = 0; j + 1 < s.servers; ++j) idle += (s.servers - 1 - j) * below[i][j];
        r.response[i] = s.mean_service / s.servers * (1 + r.population[i] + idle);
      }
      cycle += s.visits * r.response[i];
    }
    r.throughput = n / cycle;
    for (std::size_t i = 0; i < k; ++i) {
      const ClosedStation& s = stations[i];
      const double x = r.throughput * s.visits;
      r.population[i] = x * r.response[i];
      if (s.servers == infinite_servers) continue;
      const double offered = x * s.mean_service;
      r.utilisation[i] = offered / s.servers;
      double weighted = 0;
      for (unsigned j = s.servers - 1; j >= 1; --j) {
        below[i][j] = offered / j * below[i][j - 1];
        weighted += (s.servers - j) * below[i][j];
      }
      below[i][0] = std::max(0.0, 1 - (offered + weighted) / s.servers);
    }
  }
  return r;
}

}  // namespace meshsim::sim::analysis
