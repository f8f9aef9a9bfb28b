// The picture of a mesh: what is drawn, where it stands, what the find language finds. No windows.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "tests/viz/support.h"
#include "viz/graph/facts.h"

namespace meshsim::viz {
namespace {

scenarios::RunResult run_of(const std::string& text) {
  return scenarios::run(
      std::make_shared<const scenarios::Loaded>(scenarios::load(scenarios::read_scenario_text(text, "shop.yaml"))));
}

scenarios::RunResult shop() { return run_of(test::kShop); }

const GraphEdge* edge(const MeshGraph& graph, const std::string& from, const std::string& to, EdgeClass word) {
  for (const GraphEdge& e : graph.edges)
    if (graph.nodes[e.from].id == from && graph.nodes[e.to].id == to && e.word == word) return &e;
  return nullptr;
}

// DP-052, PO-141: the sidecar client passes the waypoint by, and the picture names the hop that is missing.
TEST(MeshGraph, ABypassedWaypointIsTheHopThatIsMissing) {
  const MeshGraph graph = make_graph(shop());
  const GraphEdge* past = edge(graph, "workload/clients/web", "service/shop/api", EdgeClass::Bypassed);
  ASSERT_NE(past, nullptr);
  ASSERT_TRUE(past->skipped.has_value());
  EXPECT_EQ(graph.nodes[*past->skipped].id, "waypoint/shop/waypoint");
  EXPECT_EQ(past->transport, models::Transport::Hbone);
  EXPECT_EQ(graph.nodes[*past->skipped].skipped, 1);
  const GraphEdge* through = edge(graph, "workload/clients/shell", "waypoint/shop/waypoint", EdgeClass::Enforced);
  ASSERT_NE(through, nullptr);
  EXPECT_FALSE(through->skipped.has_value());
}

TEST(MeshGraph, ARefusalEndsWhereItIsSpoken) {
  const MeshGraph graph = make_graph(shop());
  const GraphEdge* denied = edge(graph, "workload/clients/shell", "waypoint/shop/waypoint", EdgeClass::Denied);
  ASSERT_NE(denied, nullptr);
  EXPECT_TRUE(denied->stops);
  EXPECT_EQ(edge(graph, "waypoint/shop/waypoint", "service/shop/api", EdgeClass::Denied), nullptr);
}

TEST(MeshGraph, AServiceWithOneWorkloadIsDrawnAsThatWorkload) {
  GraphOptions options;
  options.fold = true;
  const MeshGraph graph = make_graph(shop(), options);
  EXPECT_FALSE(graph.find("service/shop/api").has_value());
  const GraphEdge* past = edge(graph, "workload/clients/web", "workload/shop/api", EdgeClass::Bypassed);
  ASSERT_NE(past, nullptr);
  ASSERT_TRUE(past->skipped.has_value());
  EXPECT_EQ(graph.nodes[*past->skipped].id, "waypoint/shop/waypoint");
  EXPECT_NE(edge(graph, "waypoint/shop/waypoint", "workload/shop/api", EdgeClass::Enforced), nullptr);
}

TEST(MeshGraph, ZtunnelsAndIdleObjectsOnDemand) {
  GraphOptions options;
  options.ztunnels = true;
  const MeshGraph with = make_graph(shop(), options);
  EXPECT_TRUE(std::any_of(with.nodes.begin(), with.nodes.end(),
                          [](const GraphNode& n) { return n.kind == NodeKind::Ztunnel; }));
  options.ztunnels = false;
  options.idle = false;
  for (const GraphNode& n : make_graph(shop(), options).nodes)
    EXPECT_TRUE(n.used || n.kind == NodeKind::Waypoint) << n.id;
}

TEST(MeshGraph, CollapsedNamespacesKeepTheTrafficBetweenThem) {
  const MeshGraph whole = make_graph(shop());
  const MeshGraph folded = collapse(whole, {"shop"});
  EXPECT_TRUE(folded.find("namespace/shop").has_value());
  EXPECT_FALSE(folded.find("service/shop/api").has_value());
  const GraphEdge* past = edge(folded, "workload/clients/web", "namespace/shop", EdgeClass::Bypassed);
  ASSERT_NE(past, nullptr);
  EXPECT_EQ(past->flows.size(), 1U);
  EXPECT_FALSE(past->skipped.has_value());
}

TEST(Layout, BoxesDoNotOverlapAndNodesStayInside) {
  const MeshGraph graph = make_graph(scenarios::run(std::make_shared<const scenarios::Loaded>(
      scenarios::load(std::vector<std::string>{test::case_file("bookinfo/mixed").toStdString()}))));
  const Layout layout = lay_out(graph);
  ASSERT_EQ(layout.nodes.size(), graph.nodes.size());
  const auto apart = [](const Place& a, const Place& b) {
    return a.right() <= b.x || b.right() <= a.x || a.bottom() <= b.y || b.bottom() <= a.y;
  };
  for (std::size_t i = 0; i < layout.boxes.size(); ++i)
    for (std::size_t k = i + 1; k < layout.boxes.size(); ++k)
      EXPECT_TRUE(apart(layout.boxes[i].place, layout.boxes[k].place))
          << layout.boxes[i].ns << ' ' << layout.boxes[k].ns;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (std::size_t k = i + 1; k < graph.nodes.size(); ++k)
      EXPECT_TRUE(apart(layout.nodes[i], layout.nodes[k])) << graph.nodes[i].id << ' ' << graph.nodes[k].id;
    for (const NamespaceBox& box : layout.boxes) {
      const Place &n = layout.nodes[i], &b = box.place;
      const bool inside = n.x >= b.x && n.right() <= b.right() && n.y >= b.y && n.bottom() <= b.bottom();
      EXPECT_EQ(inside, box.ns == graph.nodes[i].ns) << graph.nodes[i].id << " in " << box.ns;
    }
  }
}

TEST(Layout, CallersStandLeftAndEqualInputGivesEqualPlaces) {
  const MeshGraph graph = make_graph(shop());
  const Layout layout = lay_out(graph), again = lay_out(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    EXPECT_EQ(layout.nodes[i].x, again.nodes[i].x);
    EXPECT_EQ(layout.nodes[i].y, again.nodes[i].y);
  }
  for (const GraphEdge& e : graph.edges) EXPECT_LT(layout.nodes[e.from].x, layout.nodes[e.to].x);
  // The waypoint that is passed by stands between the client and the service.
  const auto web = *graph.find("workload/clients/web"), waypoint = *graph.find("waypoint/shop/waypoint"),
             api = *graph.find("service/shop/api");
  EXPECT_LT(layout.nodes[web].x, layout.nodes[waypoint].x);
  EXPECT_LT(layout.nodes[waypoint].x, layout.nodes[api].x);
}

TEST(Layout, AnEarlierOrderIsKept) {
  const MeshGraph graph = make_graph(shop());
  const Layout layout = lay_out(graph);
  const Layout again = lay_out(graph, order_of(graph, layout));
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    EXPECT_EQ(layout.nodes[i].y, again.nodes[i].y) << graph.nodes[i].id;
}

TEST(Layout, CyclesAndNothing) {
  EXPECT_EQ(lay_out({}).nodes.size(), 0U);
  MeshGraph ring;
  for (const char* id : {"a", "b", "c"}) {
    GraphNode n;
    n.id = n.label = id;
    ring.nodes.push_back(n);
  }
  for (std::size_t i = 0; i < 3; ++i) {
    GraphEdge e;
    e.from = i;
    e.to = (i + 1) % 3;
    ring.edges.push_back(e);
  }
  const Layout layout = lay_out(ring);
  EXPECT_LT(layout.nodes[0].x, layout.nodes[1].x);
  EXPECT_LT(layout.nodes[1].x, layout.nodes[2].x);
}

Facts facts(std::vector<std::pair<std::string, std::string>> pairs) {
  return [pairs](const std::string& field) {
    std::vector<std::string> out;
    for (const auto& [name, value] : pairs)
      if (name == field) out.push_back(value);
    return out;
  };
}

TEST(Filter, LanguageOfKiali) {
  const Facts api = facts({{"namespace", "shop"},
                           {"name", "api"},
                           {"mode", "ambient"},
                           {"is", "bypassed"},
                           {"is", "service"},
                           {"any", "api"},
                           {"label:region", "east"},
                           {"port", "8080"}});
  const auto finds = [&](const char* text) {
    const Filter filter = Filter::parse(text);
    EXPECT_EQ(filter.problem(), "") << text;
    return filter.matches(api);
  };
  EXPECT_TRUE(finds("namespace = shop"));
  EXPECT_FALSE(finds("namespace != shop"));
  EXPECT_TRUE(finds("name *= p and mode=ambient"));
  EXPECT_TRUE(finds("bypassed"));
  EXPECT_FALSE(finds("!bypassed"));
  EXPECT_TRUE(finds("name startswith a AND ! gateway"));
  EXPECT_TRUE(finds("name ^= a name $= i"));
  EXPECT_TRUE(finds("label:region = east"));
  EXPECT_TRUE(finds("port >= 8000 port < 9000"));
  EXPECT_FALSE(finds("port > 8080"));
  EXPECT_TRUE(finds("ap"));
  EXPECT_FALSE(finds("somethingelse"));
  EXPECT_TRUE(finds("\"api\""));
  // OR binds tighter than AND: (mode=none OR bypassed) AND name=api.
  EXPECT_TRUE(finds("mode = none OR bypassed AND name = api"));
  EXPECT_FALSE(finds("name = x AND mode = none OR bypassed"));
  EXPECT_TRUE(finds("(name = x AND mode = none) OR bypassed"));
}

TEST(Filter, WhatIsNotUnderstoodSaysWhy) {
  for (const char* text : {"name =", "= x", "(name = x", "name = x )", "colour = red", "and", "!", "name = a or"}) {
    const Filter filter = Filter::parse(text);
    EXPECT_NE(filter.problem(), "") << text;
    EXPECT_FALSE(filter.active()) << text;
  }
  EXPECT_FALSE(Filter::parse("   ").active());
  EXPECT_EQ(Filter::parse("   ").problem(), "");
}

TEST(Theme, EveryWordReadsOnItsGround) {
  for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
    apply_theme(*static_cast<QApplication*>(QApplication::instance()), mode);
    std::set<QString> glyphs;
    for (const EdgeClass word : {EdgeClass::Enforced, EdgeClass::Allowed, EdgeClass::Open, EdgeClass::Bypassed,
                                 EdgeClass::Denied, EdgeClass::Failed, EdgeClass::Unknown}) {
      EXPECT_GE(contrast(theme().colour(word), theme().base), 4.0) << to_string(word);
      EXPECT_TRUE(glyphs.insert(glyph(word)).second) << "two words, one glyph: " << to_string(word);
    }
    EXPECT_GE(contrast(theme().text, theme().base), 7.0);
    EXPECT_GE(contrast(theme().dim, theme().base), 4.5);
  }
  apply_theme(*static_cast<QApplication*>(QApplication::instance()), ThemeMode::Light);
}

}  // namespace
}  // namespace meshsim::viz
