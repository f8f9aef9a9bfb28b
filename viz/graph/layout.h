#pragma once
// Layout: places for the nodes of a MeshGraph: layers from left to right (who is called stands right of who calls),
// namespaces as boxes that never overlap. Sugiyama's scheme made simple: cycles are cut by a depth-first walk, ranks
// are longest paths, a node's place in its layer follows its neighbours. Equal input gives equal output; positions of
// an earlier layout give the first order, so that a small change moves little. No Qt here.
#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "viz/graph/mesh_graph.h"

namespace meshsim::viz {

struct Place {
  double x = 0, y = 0, width = 0, height = 0;  // x, y: the upper left corner
  std::size_t layer = 0;
  double right() const { return x + width; }
  double bottom() const { return y + height; }
  double middle() const { return y + height / 2; }
};

struct NamespaceBox {
  std::string ns;
  Place place;
};

struct Layout {
  std::vector<Place> nodes;  // parallel to MeshGraph::nodes
  std::vector<NamespaceBox> boxes;
  double width = 0, height = 0;
};

// Earlier heights by node id; may be empty. `cancelled` is looked at between the steps.
using EarlierOrder = std::map<std::string, double>;
Layout lay_out(const MeshGraph& graph, const EarlierOrder& earlier = {}, const std::atomic<bool>* cancelled = nullptr);

EarlierOrder order_of(const MeshGraph& graph, const Layout& layout);

}  // namespace meshsim::viz
