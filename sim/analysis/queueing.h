#pragma once
// Exact results for single stations and for closed networks, used beside simulations and against them.
//   M/M/c            Poisson arrivals at rate a, c exponential servers of mean s; offered load A = a s, rho = A / c
//   < 1.
//                    P(wait) = Erlang C(c, A);  W = s + C s / (c (1 - rho));  P(wait > t) = C exp(-(c - A) t / s).
//   closed network   mean value analysis (Reiser and Lavenberg 1980) for one class of N customers; stations with
//   several
//                    servers by the exact load-dependent recursion. Product form: first come first served and
//                    exponential, or infinite servers (delays).
// Rates are per second, times in seconds. Doubles: nothing here feeds back into a simulation.
#include <cstddef>
#include <span>
#include <vector>

namespace meshsim::sim::analysis {

double erlang_b(unsigned servers, double offered);
double erlang_c(unsigned servers, double offered);  // 1 when offered >= servers

struct MMc {
  double utilisation = 0, wait_probability = 0;
  double mean_wait = 0, mean_response = 0;  // infinite when not stable
  double mean_queue = 0, mean_population = 0;
  bool stable() const { return utilisation < 1; }
};
MMc mmc(double arrival_rate, double mean_service, unsigned servers);
double mmc_wait_exceeds(double arrival_rate, double mean_service, unsigned servers, double t);
// c servers and room for `places` more; what finds none is lost.
struct MMcK {
  double loss = 0, throughput = 0, mean_population = 0, mean_response = 0;
};
MMcK mmck(double arrival_rate, double mean_service, unsigned servers, unsigned places);

inline constexpr unsigned infinite_servers = 0;
struct ClosedStation {
  double visits = 1, mean_service = 0;
  unsigned servers = 1;  // infinite_servers: a pure delay
};
struct ClosedResult {
  double throughput = 0;                                  // of a station with visits = 1
  std::vector<double> response, population, utilisation;  // per visit; utilisation per server
};
ClosedResult mean_value_analysis(std::span<const ClosedStation> stations, unsigned customers);

}  // namespace meshsim::sim::analysis
