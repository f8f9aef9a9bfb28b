#pragma once
// Layout: places for the nodes of a MeshGraph: layers from left to right (who is called stands right of who calls),
// namespaces as boxes that never overlap. Sugiyama's scheme: cycles are cut and ranked apart (layout_ranks.h), a call
// that passes layers gets a lane of its own in each of them, a node's place in its layer follows its neighbours, and
// neighbours change places where that saves crossings. Equal input gives equal output; an earlier order is kept: what
// was there stays where it was, what is new is put between. Where it stops: beyond a few lanes for each node, lines are
// drawn straight; the order of the boxes is tried once, not searched. No Qt here.
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

// Where an edge passes a layer that it neither starts nor ends in.
struct Bend {
  double left = 0, right = 0, y = 0;
  std::size_t layer = 0;
};

struct Layout {
  std::vector<Place> nodes;              // parallel to MeshGraph::nodes
  std::vector<std::vector<Bend>> bends;  // parallel to MeshGraph::edges; empty: straight
  std::vector<NamespaceBox> boxes;
  double width = 0, height = 0;
};

// Earlier heights by the key of a node, box or bend; may be empty. `cancelled` is looked at between the steps.
using EarlierOrder = std::map<std::string, double>;
Layout lay_out(const MeshGraph& graph, const EarlierOrder& earlier = {}, const std::atomic<bool>* cancelled = nullptr);

EarlierOrder order_of(const MeshGraph& graph, const Layout& layout);

}  // namespace meshsim::viz
