#pragma once
// Ranks: the layer of each node. Nodes that call each other in a circle form a clump; between clumps the longest chain
// of calls decides. Inside a clump a depth-first walk cuts the circles, and its layers are squeezed to about the square
// root of its size: in a mesh where everybody calls everybody, the longest chain would be one node wide and as long as
// the mesh. Internal to viz/graph. No Qt here.
#include <cstddef>
#include <vector>

namespace meshsim::viz {

struct Ranking {
  std::vector<std::size_t> rank;  // by node
  std::size_t layers = 0;
};

// `next`: who is called, by node. `first`: where traffic enters, so that circles are cut behind it.
Ranking rank_nodes(const std::vector<std::vector<std::size_t>>& next, const std::vector<bool>& first);

}  // namespace meshsim::viz
