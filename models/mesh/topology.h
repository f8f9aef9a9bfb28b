#pragma once
// Topology: a Mesh as a graph, for drawing, grouping and export. Vertices are namespaces, workloads, services, gateways
// and ztunnels (one per node); typed edges say who contains, selects, runs, captures or fronts whom. It holds what the
// objects state, not what traffic does: which flow goes where is judged by models/dataplane.
// The only place where Boost.Graph's types appear; its algorithms stay in topology.cpp and topology_export.cpp.
#include <string>
#include <string_view>
#include <vector>

#include <boost/graph/adjacency_list.hpp>

#include "models/mesh/mesh.h"

namespace meshsim::models {

enum class VertexKind : std::uint8_t { Namespace, Gateway, Service, Waypoint, Workload, Ztunnel };
std::string_view to_string(VertexKind kind);

enum class EdgeKind : std::uint8_t {
  Contains,    // namespace -> service, gateway, workload
  BoundTo,     // service or workload -> waypoint (DP-102)
  Selects,     // service -> workload (its endpoints)
  RunsIn,      // gateway or waypoint -> workload of its pods
  CapturedBy,  // ambient workload -> ztunnel of a node its pods are on
};
std::string_view to_string(EdgeKind kind);

struct TopologyVertex {
  VertexKind kind = VertexKind::Workload;
  std::string id;     // "workload/bookinfo/reviews-v1": unique and stable
  std::string label;  // "reviews-v1"
  std::string ns;
  std::string mode;           // workloads: the result word (sidecar, ambient, ...)
  std::size_t index = kNone;  // into the vector of Mesh that belongs to the kind
};

struct TopologyEdge {
  EdgeKind kind = EdgeKind::Contains;
  std::size_t count = 1;  // endpoints behind a Selects edge, pods behind a CapturedBy edge
};

class Topology {
 public:
  using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS, TopologyVertex, TopologyEdge>;
  using Vertex = boost::graph_traits<Graph>::vertex_descriptor;
  using Layers = std::vector<std::vector<Vertex>>;

  // Vertices in the order of their ids, so that equal meshes give equal graphs.
  explicit Topology(const Mesh& mesh);

  const Graph& graph() const { return graph_; }
  std::optional<Vertex> find(std::string_view id) const;

  // Everything that follows from `from` along edges (itself included), in vertex order.
  std::vector<Vertex> reachable(Vertex from) const;
  // Parts of the mesh that have nothing to do with each other. Namespaces and ztunnels, which would tie everything
  // together, are left out. Largest first, ties by vertex order.
  std::vector<std::vector<Vertex>> components() const;
  // A layered order for drawing, from what is called to what carries it; namespaces are left out. Within a layer,
  // vertices follow the mean position of their predecessors (one pass), ties by id.
  Layers layers() const;

  std::string dot() const;
  std::string graphml() const;

 private:
  Graph graph_;
};

}  // namespace meshsim::models
