#include "models/mesh/topology.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>

#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/connected_components.hpp>
#include <boost/graph/topological_sort.hpp>

namespace meshsim::models {
namespace {

std::string id_of(VertexKind kind, const std::string& ns, const std::string& name) {
  std::string out(to_string(kind));
  out += '/';
  if (!ns.empty()) out += ns + '/';
  return out + name;
}

// Collects vertices and edges by id first: sorted maps make the graph independent of the order of insertion.
class Builder {
 public:
  std::string add(TopologyVertex vertex) {
    const std::string base = vertex.id;
    // Workloads of one name (an owner whose pods differ) get a number each, in the order of the Mesh.
    for (int n = 2; vertices_.contains(vertex.id); ++n) vertex.id = base + '#' + std::to_string(n);
    std::string id = vertex.id;
    vertices_.emplace(id, std::move(vertex));
    return id;
  }
  bool has(const std::string& id) const { return vertices_.contains(id); }
  void connect(const std::string& from, const std::string& to, EdgeKind kind) { ++edges_[{from, to, kind}]; }

  Topology::Graph build() const {
    Topology::Graph graph;
    std::map<std::string_view, Topology::Vertex> at;
    for (const auto& [id, vertex] : vertices_) at.emplace(id, boost::add_vertex(vertex, graph));
    for (const auto& [key, count] : edges_) {
      const auto& [from, to, kind] = key;
      boost::add_edge(at.at(from), at.at(to), TopologyEdge{kind, count}, graph);
    }
    return graph;
  }

 private:
  std::map<std::string, TopologyVertex> vertices_;
  std::map<std::tuple<std::string, std::string, EdgeKind>, std::size_t> edges_;
};

VertexKind kind_of(const Gateway& g) {
  return g.kind == Gateway::Kind::Waypoint ? VertexKind::Waypoint : VertexKind::Gateway;
}

std::string add_ztunnel(Builder& builder, const std::string& node) {
  const std::string label = node.empty() ? "any node" : node;
  std::string id = id_of(VertexKind::Ztunnel, "", label);
  if (!builder.has(id)) builder.add({VertexKind::Ztunnel, id, label, "", "ztunnel", kNone});
  return id;
}

void connect_binding(Builder& builder, const std::string& from, const WaypointBinding& binding,
                     const std::vector<std::string>& gateways) {
  if (!binding.bound()) return;
  builder.connect(from, gateways[binding.gateway], EdgeKind::BoundTo);
  if (binding.canary_gateway) builder.connect(from, gateways[*binding.canary_gateway], EdgeKind::BoundTo);
}

bool ties_traffic(const TopologyVertex& v) { return v.kind != VertexKind::Namespace && v.kind != VertexKind::Ztunnel; }

}  // namespace

std::string_view to_string(VertexKind kind) {
  static constexpr std::array<std::string_view, 6> kNames = {"namespace", "gateway",  "service",
                                                             "waypoint",  "workload", "ztunnel"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view to_string(EdgeKind kind) {
  static constexpr std::array<std::string_view, 5> kNames = {"contains", "bound-to", "selects", "runs-in",
                                                             "captured-by"};
  return kNames[static_cast<std::size_t>(kind)];
}

Topology::Topology(const Mesh& mesh) {
  Builder builder;
  for (const auto& [name, info] : mesh.namespaces)
    builder.add({VertexKind::Namespace, id_of(VertexKind::Namespace, "", name), name, name, "", kNone});
  const auto add = [&](VertexKind kind, const std::string& ns, const std::string& name, std::string mode,
                       std::size_t index) {
    std::string id = builder.add({kind, id_of(kind, ns, name), name, ns, std::move(mode), index});
    const std::string home = id_of(VertexKind::Namespace, "", ns);
    if (builder.has(home)) builder.connect(home, id, EdgeKind::Contains);
    return id;
  };
  std::vector<std::string> workloads, gateways;
  for (std::size_t i = 0; i < mesh.workloads.size(); ++i) {
    const Workload& w = mesh.workloads[i];
    workloads.push_back(add(VertexKind::Workload, w.ns, w.name, std::string(mode_word(w.mode, w.role)), i));
    if (w.mode != DataplaneMode::Ambient || !w.has_ztunnel) continue;
    for (const PodInstance& pod : w.pods)
      builder.connect(workloads.back(), add_ztunnel(builder, pod.locality.node), EdgeKind::CapturedBy);
  }
  for (std::size_t i = 0; i < mesh.gateways.size(); ++i) {
    const Gateway& g = mesh.gateways[i];
    gateways.push_back(add(kind_of(g), g.ns, g.name, "", i));
    if (g.workload != kNone) builder.connect(gateways.back(), workloads[g.workload], EdgeKind::RunsIn);
  }
  for (std::size_t i = 0; i < mesh.workloads.size(); ++i)
    connect_binding(builder, workloads[i], mesh.workloads[i].waypoint, gateways);
  for (std::size_t i = 0; i < mesh.services.size(); ++i) {
    const Service& s = mesh.services[i];
    const std::string id = add(VertexKind::Service, s.ns, s.kubernetes ? s.name : s.hostname, "", i);
    for (const Endpoint& e : s.endpoints) builder.connect(id, workloads[e.workload], EdgeKind::Selects);
    connect_binding(builder, id, s.waypoint, gateways);
  }
  graph_ = builder.build();
}

std::optional<Topology::Vertex> Topology::find(std::string_view id) const {
  // Vertices are in the order of their ids.
  Vertex low = 0, high = boost::num_vertices(graph_);
  while (low < high) {
    const Vertex middle = low + (high - low) / 2;
    if (graph_[middle].id < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == boost::num_vertices(graph_) || graph_[low].id != id) return std::nullopt;
  return low;
}

std::vector<Topology::Vertex> Topology::reachable(Vertex from) const {
  std::vector<Vertex> out;
  std::vector<boost::default_color_type> colours(boost::num_vertices(graph_));
  struct Recorder : boost::default_bfs_visitor {
    std::vector<Vertex>* found;
    void discover_vertex(Vertex v, const Graph&) { found->push_back(v); }
  } recorder;
  recorder.found = &out;
  boost::breadth_first_search(graph_, from,
                              boost::visitor(recorder).color_map(boost::make_iterator_property_map(
                                  colours.begin(), boost::get(boost::vertex_index, graph_))));
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::vector<Topology::Vertex>> Topology::components() const {
  using Plain = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS>;
  Plain plain(boost::num_vertices(graph_));
  for (const auto e : boost::make_iterator_range(boost::edges(graph_))) {
    const Vertex from = boost::source(e, graph_), to = boost::target(e, graph_);
    if (ties_traffic(graph_[from]) && ties_traffic(graph_[to])) boost::add_edge(from, to, plain);
  }
  std::vector<std::size_t> number(boost::num_vertices(graph_));
  const std::size_t count = boost::connected_components(
      plain, boost::make_iterator_property_map(number.begin(), boost::get(boost::vertex_index, plain)));
  std::vector<std::vector<Vertex>> out(count);
  for (Vertex v = 0; v < number.size(); ++v)
    if (ties_traffic(graph_[v])) out[number[v]].push_back(v);
  std::erase_if(out, [](const auto& part) { return part.empty(); });
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return a.size() != b.size() ? a.size() > b.size() : a.front() < b.front();
  });
  return out;
}

Topology::Layers Topology::layers() const {
  // Longest path from a vertex without predecessor. The graph has no cycle: services point to waypoints and workloads,
  // waypoints to their pods, pods to ztunnels. A workload bound to the waypoint in whose pods it runs cannot be
  // (DP-104).
  std::vector<Vertex> order;
  boost::topological_sort(graph_, std::back_inserter(order));
  std::vector<std::size_t> depth(boost::num_vertices(graph_), 0);
  Layers out;
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    for (const auto e : boost::make_iterator_range(boost::in_edges(*it, graph_)))
      if (graph_[e].kind != EdgeKind::Contains) depth[*it] = std::max(depth[*it], depth[boost::source(e, graph_)] + 1);
  }
  for (Vertex v = 0; v < depth.size(); ++v) {
    if (graph_[v].kind == VertexKind::Namespace) continue;
    if (out.size() <= depth[v]) out.resize(depth[v] + 1);
    out[depth[v]].push_back(v);
  }
  std::vector<double> place(boost::num_vertices(graph_), 0);
  for (auto& layer : out) {
    std::vector<std::pair<double, Vertex>> wanted;
    for (std::size_t i = 0; i < layer.size(); ++i) {
      double sum = 0;
      std::size_t count = 0;
      for (const auto e : boost::make_iterator_range(boost::in_edges(layer[i], graph_)))
        if (graph_[e].kind != EdgeKind::Contains) {
          sum += place[boost::source(e, graph_)];
          ++count;
        }
      const double own = layer.size() < 2 ? 0.5 : static_cast<double>(i) / static_cast<double>(layer.size() - 1);
      wanted.emplace_back(count == 0 ? own : sum / static_cast<double>(count), layer[i]);
    }
    std::sort(wanted.begin(), wanted.end());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      layer[i] = wanted[i].second;
      place[layer[i]] = wanted.size() < 2 ? 0.5 : static_cast<double>(i) / static_cast<double>(wanted.size() - 1);
    }
  }
  return out;
}

}  // namespace meshsim::models
