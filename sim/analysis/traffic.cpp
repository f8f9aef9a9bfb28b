#include "sim/analysis/traffic.h"

#include <cmath>
#include <limits>

#include <Eigen/Sparse>
#include <Eigen/SparseLU>

#include "sim/analysis/queueing.h"

namespace meshsim::sim::analysis {
namespace {

using Matrix = Eigen::SparseMatrix<double>;
using Cell = Eigen::Triplet<double>;

std::optional<Eigen::VectorXd> solve(std::size_t n, const std::vector<Cell>& cells, const Eigen::VectorXd& right) {
  const auto size = static_cast<Eigen::Index>(n);
  Matrix m(size, size);
  m.setFromTriplets(cells.begin(), cells.end());
  m.makeCompressed();
  Eigen::SparseLU<Matrix> lu;
  lu.compute(m);
  if (lu.info() != Eigen::Success) return std::nullopt;
  Eigen::VectorXd x = lu.solve(right);
  if (lu.info() != Eigen::Success) return std::nullopt;
  // A loop that gains traffic gives a negative "solution", a closed loop an infinite one.
  for (const double v : x)
    if (!std::isfinite(v) || v < -1e-9 || v > 1e15) return std::nullopt;
  return x;
}
int index(std::size_t i) { return static_cast<int>(i); }

}  // namespace

std::optional<OpenNetwork> solve_open(std::span<const NetworkStation> stations, std::span<const Routing> routing) {
  const std::size_t n = stations.size();
  OpenNetwork net;
  if (n == 0) return net;
  std::vector<Cell> cells;
  Eigen::VectorXd outside(static_cast<Eigen::Index>(n));
  for (std::size_t i = 0; i < n; ++i) {
    cells.emplace_back(index(i), index(i), 1.0);
    outside[static_cast<Eigen::Index>(i)] = stations[i].arrivals;
    net.total_arrivals += stations[i].arrivals;
  }
  for (const Routing& r : routing) cells.emplace_back(index(r.to), index(r.from), -r.mean);
  const auto rate = solve(n, cells, outside);
  if (!rate) return std::nullopt;

  net.rate.assign(rate->begin(), rate->end());
  net.utilisation.assign(n, 0);
  net.mean_response.assign(n, 0);
  double highest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const NetworkStation& s = stations[i];
    if (s.servers == infinite_servers) {
      net.mean_response[i] = s.mean_service;
    } else {
      const MMc q = mmc(net.rate[i], s.mean_service, s.servers);
      net.utilisation[i] = q.utilisation;
      net.mean_response[i] = q.mean_response;
      if (q.utilisation > highest) highest = q.utilisation, net.bottleneck = i;
    }
    if (net.rate[i] > 0) net.mean_population += net.rate[i] * net.mean_response[i];
  }
  net.headroom = highest > 0 ? 1 / highest : std::numeric_limits<double>::infinity();
  net.sustainable = net.total_arrivals > 0 ? net.total_arrivals * net.headroom : 0;
  return net;
}

std::optional<std::vector<double>> solve_visits(std::size_t n, std::span<const Routing> routing,
                                                std::size_t reference) {
  std::vector<Cell> cells;
  Eigen::VectorXd right = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(n));
  right[static_cast<Eigen::Index>(reference)] = 1;
  for (std::size_t i = 0; i < n; ++i) cells.emplace_back(index(i), index(i), 1.0);
  // The reference's own balance is the redundant one: it becomes v[reference] = 1.
  for (const Routing& r : routing)
    if (r.to != reference) cells.emplace_back(index(r.to), index(r.from), -r.mean);
  const auto v = solve(n, cells, right);
  if (!v) return std::nullopt;
  return std::vector<double>(v->begin(), v->end());
}

}  // namespace meshsim::sim::analysis
