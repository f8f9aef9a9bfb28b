// What holds for the layout of any mesh, and what two pictures of almost the same mesh have in common.
#include "viz/graph/layout.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "viz/graph/edge_shapes.h"

namespace meshsim::viz {
namespace {

struct Shape {
  const char* name;
  std::size_t nodes, edges, spaces;
  bool cyclic;
};

MeshGraph random_graph(const Shape& shape, unsigned seed) {
  std::mt19937 random(seed);  // raw values only: distributions differ between libraries
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
  MeshGraph out;
  for (std::size_t i = 0; i < shape.nodes; ++i) {
    GraphNode n;
    const std::size_t ns = below(shape.spaces + 1);
    n.ns = ns == shape.spaces ? std::string() : "ns-" + std::to_string(ns);
    n.label = "w-" + std::to_string(below(100'000));
    n.id = "workload/" + n.ns + '/' + std::to_string(i);
    n.kind = below(20) == 0 ? NodeKind::Gateway : NodeKind::Workload;
    n.detail = std::string(below(30), 'x');
    out.nodes.push_back(std::move(n));
  }
  for (std::size_t i = 0; i < shape.edges; ++i) {
    GraphEdge e;
    e.from = below(shape.nodes);
    e.to = below(shape.nodes);
    if (!shape.cyclic && e.from > e.to) std::swap(e.from, e.to);
    if (below(10) == 0) e.skipped = below(shape.nodes);
    if (e.from == e.to || e.skipped == e.from || e.skipped == e.to) continue;
    out.edges.push_back(e);
  }
  return out;
}

bool apart(const Place& a, const Place& b) {
  return a.right() <= b.x || b.right() <= a.x || a.bottom() <= b.y || b.bottom() <= a.y;
}

class LayoutOf : public testing::TestWithParam<Shape> {};

void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.name; }

TEST_P(LayoutOf, NothingOverlapsAndBoxesHoldTheirOwn) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    const MeshGraph graph = random_graph(GetParam(), seed);
    const Layout layout = lay_out(graph);
    ASSERT_EQ(layout.nodes.size(), graph.nodes.size());
    ASSERT_EQ(layout.bends.size(), graph.edges.size());
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      ASSERT_TRUE(std::isfinite(layout.nodes[i].x) && std::isfinite(layout.nodes[i].y));
      for (std::size_t k = i + 1; k < graph.nodes.size(); ++k)
        ASSERT_TRUE(apart(layout.nodes[i], layout.nodes[k])) << seed << ": " << i << ' ' << k;
      for (const NamespaceBox& box : layout.boxes) {
        const Place &n = layout.nodes[i], &b = box.place;
        const bool inside = n.x >= b.x && n.right() <= b.right() && n.y >= b.y && n.bottom() <= b.bottom();
        ASSERT_EQ(inside, box.ns == graph.nodes[i].ns) << seed << ": " << graph.nodes[i].id << " in " << box.ns;
      }
    }
    for (std::size_t i = 0; i < layout.boxes.size(); ++i)
      for (std::size_t k = i + 1; k < layout.boxes.size(); ++k)
        ASSERT_TRUE(apart(layout.boxes[i].place, layout.boxes[k].place)) << seed;
    // A lane passes beside every node of its layer.
    for (const auto& bends : layout.bends)
      for (const Bend& bend : bends)
        for (const Place& n : layout.nodes)
          if (n.layer == bend.layer) {
            ASSERT_TRUE(bend.y <= n.y || bend.y >= n.bottom()) << seed;
          }
  }
}

TEST_P(LayoutOf, EqualInputGivesEqualPlacesAndItsOwnOrderChangesNothing) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    const MeshGraph graph = random_graph(GetParam(), seed);
    const Layout first = lay_out(graph), second = lay_out(graph), third = lay_out(graph, order_of(graph, first));
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      ASSERT_EQ(first.nodes[i].x, second.nodes[i].x);
      ASSERT_EQ(first.nodes[i].y, second.nodes[i].y);
      ASSERT_EQ(first.nodes[i].x, third.nodes[i].x) << seed << ' ' << i;
      ASSERT_EQ(first.nodes[i].y, third.nodes[i].y) << seed << ' ' << i;
    }
  }
}

// In a mesh of circles the longest chain is as long as the mesh; its picture is not.
TEST_P(LayoutOf, LayersStayFew) {
  const Shape& shape = GetParam();
  const MeshGraph graph = random_graph(shape, 3);
  std::set<std::size_t> layers;
  for (const Place& n : lay_out(graph).nodes) layers.insert(n.layer);
  const double root = std::sqrt(static_cast<double>(shape.nodes));
  if (shape.cyclic) {
    EXPECT_LE(static_cast<double>(layers.size()), 2.5 * root + 12);
  }
}

TEST_P(LayoutOf, WhatIsNewMovesNobodyPastAnother) {
  const MeshGraph before = random_graph(GetParam(), 5);
  const Layout was = lay_out(before);
  MeshGraph after = before;
  GraphNode more;
  more.ns = "ns-0";
  more.label = more.id = "workload/ns-0/zzz";
  after.nodes.push_back(more);
  GraphEdge e;
  e.from = 0;
  e.to = after.nodes.size() - 1;
  after.edges.push_back(e);
  const Layout now = lay_out(after, order_of(before, was));
  for (std::size_t i = 0; i < before.nodes.size(); ++i)
    for (std::size_t k = 0; k < before.nodes.size(); ++k)
      if (before.nodes[i].ns == before.nodes[k].ns && now.nodes[i].layer == now.nodes[k].layer &&
          was.nodes[i].layer == was.nodes[k].layer && was.nodes[i].y < was.nodes[k].y) {
        ASSERT_LT(now.nodes[i].y, now.nodes[k].y);
      }
}

INSTANTIATE_TEST_SUITE_P(Meshes, LayoutOf,
                         testing::Values(Shape{"few", 6, 8, 2, true}, Shape{"sparse", 60, 75, 5, false},
                                         Shape{"circles", 60, 90, 5, true}, Shape{"dense", 80, 900, 6, true},
                                         Shape{"denseAcyclic", 80, 900, 6, false}, Shape{"oneSpace", 50, 120, 1, true},
                                         Shape{"idle", 40, 0, 4, false}, Shape{"wide", 300, 900, 20, true}),
                         [](const auto& info) { return std::string(info.param.name); });

MeshGraph chain(std::size_t n) {
  MeshGraph out;
  for (std::size_t i = 0; i < n; ++i) {
    GraphNode node;
    node.id = node.label = std::string(1, static_cast<char>('a' + i));
    out.nodes.push_back(node);
  }
  for (std::size_t i = 0; i + 1 < n; ++i) {
    GraphEdge e;
    e.from = i;
    e.to = i + 1;
    out.edges.push_back(e);
  }
  return out;
}

TEST(LayoutLanes, ALongCallGoesAroundWhatItPasses) {
  MeshGraph graph = chain(4);
  GraphEdge far;
  far.from = 0;
  far.to = 3;
  graph.edges.push_back(far);
  const Layout layout = lay_out(graph);
  ASSERT_EQ(layout.bends.back().size(), 2U);
  EXPECT_TRUE(layout.bends.front().empty());
  const EdgeShapes shapes = edge_shapes(graph, layout);
  for (const QPointF& p : shapes.edges.back().line)
    for (const std::size_t passed : {1U, 2U}) {
      const Place& n = layout.nodes[passed];
      EXPECT_FALSE(QRectF(n.x, n.y, n.width, n.height).contains(p)) << graph.nodes[passed].id;
    }
}

std::size_t crossings(const MeshGraph& graph, const Layout& layout) {
  std::size_t out = 0;
  for (const GraphEdge& a : graph.edges)
    for (const GraphEdge& b : graph.edges)
      if (layout.nodes[a.from].layer == layout.nodes[b.from].layer &&
          layout.nodes[a.to].layer == layout.nodes[b.to].layer && layout.nodes[a.from].y < layout.nodes[b.from].y &&
          layout.nodes[a.to].y > layout.nodes[b.to].y)
        ++out;
  return out;
}

// Three callers, three callees, each to its opposite: without crossings once the callees are turned around.
TEST(LayoutLanes, CrossingsThatNeedNotBeAreGone) {
  MeshGraph graph;
  for (const char* id : {"a1", "a2", "a3", "b1", "b2", "b3"}) {
    GraphNode node;
    node.id = node.label = id;
    node.ns = "one";
    graph.nodes.push_back(node);
  }
  for (std::size_t i = 0; i < 3; ++i) {
    GraphEdge e;
    e.from = i;
    e.to = 5 - i;
    graph.edges.push_back(e);
  }
  EXPECT_EQ(crossings(graph, lay_out(graph)), 0U);
}

}  // namespace
}  // namespace meshsim::viz
