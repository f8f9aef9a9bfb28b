#include "viz/graph/layout_ranks.h"

#include <algorithm>
#include <cmath>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/strong_components.hpp>

namespace meshsim::viz {

namespace {

using Neighbours = std::vector<std::vector<std::size_t>>;

std::vector<std::size_t> clumps_of(const Neighbours& next, std::size_t& count) {
  boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS> graph(next.size());
  for (std::size_t v = 0; v < next.size(); ++v)
    for (const std::size_t t : next[v]) boost::add_edge(v, t, graph);
  std::vector<std::size_t> clump(next.size());
  count = next.empty() ? 0
                       : boost::strong_components(graph, boost::make_iterator_property_map(
                                                             clump.begin(), boost::get(boost::vertex_index, graph)));
  return clump;
}

// Edges inside clumps without those that close a circle, found by a walk from `roots`.
Neighbours without_circles(const Neighbours& next, const std::vector<std::size_t>& clump,
                           const std::vector<std::size_t>& roots) {
  Neighbours kept(next.size());
  std::vector<char> colour(next.size(), 0);
  for (const std::size_t root : roots) {
    if (colour[root] != 0) continue;
    std::vector<std::pair<std::size_t, std::size_t>> stack{{root, 0}};
    colour[root] = 1;
    while (!stack.empty()) {
      auto& [v, i] = stack.back();
      if (i == next[v].size()) {
        colour[v] = 2;
        stack.pop_back();
        continue;
      }
      const std::size_t t = next[v][i++];
      if (clump[t] != clump[v] || colour[t] == 1) continue;
      kept[v].push_back(t);
      if (colour[t] == 0) {
        colour[t] = 1;
        stack.emplace_back(t, 0);
      }
    }
  }
  return kept;
}

// Longest chain that ends at each node; `next` has no circles.
std::vector<std::size_t> longest_chains(const Neighbours& next) {
  std::vector<std::size_t> waiting(next.size(), 0), rank(next.size(), 0), ready;
  for (const auto& targets : next)
    for (const std::size_t t : targets) ++waiting[t];
  for (std::size_t v = 0; v < next.size(); ++v)
    if (waiting[v] == 0) ready.push_back(v);
  for (std::size_t i = 0; i < ready.size(); ++i)
    for (const std::size_t t : next[ready[i]]) {
      rank[t] = std::max(rank[t], rank[ready[i]] + 1);
      if (--waiting[t] == 0) ready.push_back(t);
    }
  return rank;
}

}  // namespace

Ranking rank_nodes(const Neighbours& next, const std::vector<bool>& first) {
  Ranking out;
  const std::size_t n = next.size();
  std::size_t clumps = 0;
  const std::vector<std::size_t> clump = clumps_of(next, clumps);
  std::vector<std::vector<std::size_t>> members(clumps);
  for (std::size_t v = 0; v < n; ++v) members[clump[v]].push_back(v);
  // A circle is entered where calls come from outside of it.
  std::vector<bool> entered(n, false), called(n, false);
  for (std::size_t v = 0; v < n; ++v)
    for (const std::size_t t : next[v]) {
      called[t] = true;
      if (clump[t] != clump[v]) entered[t] = true;
    }
  std::vector<std::size_t> roots;
  for (const int round : {0, 1, 2})
    for (std::size_t v = 0; v < n; ++v)
      if (round == 2 || (round == 0 ? static_cast<bool>(first[v]) : static_cast<bool>(entered[v]))) roots.push_back(v);
  std::vector<std::size_t> inner = longest_chains(without_circles(next, clump, roots));
  for (const auto& list : members) {
    std::size_t deep = 0;
    for (const std::size_t v : list) deep = std::max(deep, inner[v] + 1);
    const auto most = std::max<std::size_t>(
        2, static_cast<std::size_t>(std::ceil(1.5 * std::sqrt(static_cast<double>(list.size())))));
    if (deep > most)
      for (const std::size_t v : list) inner[v] = inner[v] * most / deep;
  }
  // Clumps come numbered from the last called to the first caller.
  out.rank.assign(n, 0);
  std::vector<std::size_t> base(clumps, 0);
  for (std::size_t c = clumps; c-- > 0;)
    for (const std::size_t v : members[c]) {
      out.rank[v] = base[c] + inner[v];
      for (const std::size_t t : next[v])
        if (clump[t] != c && out.rank[v] + 1 > inner[t])
          base[clump[t]] = std::max(base[clump[t]], out.rank[v] + 1 - inner[t]);
    }
  // A caller that nobody calls stands right before what it calls.
  for (std::size_t v = 0; v < n; ++v) {
    if (called[v] || next[v].empty()) continue;
    std::size_t nearest = out.rank[next[v].front()];
    for (const std::size_t t : next[v]) nearest = std::min(nearest, out.rank[t]);
    if (nearest > 0) out.rank[v] = nearest - 1;
  }
  for (const std::size_t r : out.rank) out.layers = std::max(out.layers, r + 1);
  return out;
}

}  // namespace meshsim::viz
