#pragma once
// Traffic equations of a network of stations, without simulating. Open: lambda = gamma + P' lambda, one sparse LU
// factorisation (Eigen) also for tens of thousands of stations. They hold for any service law and any arrival process;
// the response times beside them are Jackson's and exact only for exponential service and Poisson arrivals. Since the
// equations are linear, the sustainable rate is the load scaled until the first server is always busy. Closed: relative
// visits v = P' v with v[reference] = 1, for mean_value_analysis().
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace meshsim::sim::analysis {

struct NetworkStation {
  double arrivals = 0;      // from outside, per second
  double mean_service = 0;  // seconds
  unsigned servers = 1;     // infinite_servers (0): a delay that never saturates
};
// From one visit of `from`, `mean` visits of `to` follow on average: a probability, or above 1 for fan-out.
struct Routing {
  std::size_t from = 0, to = 0;
  double mean = 0;
};

struct OpenNetwork {
  std::vector<double> rate, utilisation, mean_response;  // per station; response infinite when saturated
  std::optional<std::size_t> bottleneck;                 // highest utilisation; the first among equals
  double headroom = 0;         // factor on all outside arrivals until the bottleneck saturates
  double total_arrivals = 0;   // from outside
  double sustainable = 0;      // total_arrivals * headroom
  double mean_population = 0;  // over all stations; by Little's law / total_arrivals = time in the network
};
// nullopt: the equations have no unique non-negative solution (traffic that circulates for ever).
std::optional<OpenNetwork> solve_open(std::span<const NetworkStation> stations, std::span<const Routing> routing);
std::optional<std::vector<double>> solve_visits(std::size_t stations, std::span<const Routing> routing,
                                                std::size_t reference = 0);

}  // namespace meshsim::sim::analysis
