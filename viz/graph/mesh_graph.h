#pragma once
// MeshGraph: the picture of a run as plain values: who is there, who speaks to whom, and what became of it. Built from
// a finished run; it repeats what the outcomes state and decides nothing. No Qt here.
// A hop that is missing is part of the picture: an edge that passes the waypoint its service is bound to names it.
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "models/verdict/outcome.h"
#include "scenarios/run/run.h"

namespace meshsim::viz {

enum class NodeKind : std::uint8_t { Outside, Gateway, Workload, Service, Waypoint, Ztunnel, Namespace };
std::string_view to_string(NodeKind kind);

// What became of the traffic on an edge, the most telling word first chosen by the policies that met it.
enum class EdgeClass : std::uint8_t { Enforced, Allowed, Open, Bypassed, Denied, Failed, Unknown, Structure };
std::string_view to_string(EdgeClass word);
EdgeClass class_of(const models::Outcome& outcome);

struct GraphNode {
  std::string id;     // "workload/shop/api", "service/shop/api", "waypoint/shop/waypoint", "outside"
  std::string label;  // "api"
  std::string ns;     // empty: outside of every namespace
  NodeKind kind = NodeKind::Workload;
  std::string mode;                                    // workloads: sidecar, ambient, none
  std::string detail;                                  // second line: "sidecar", "waypoint for service", ":9080 http"
  std::size_t index = static_cast<std::size_t>(-1);    // into the vector of Mesh that belongs to the kind
  bool used = false;                                   // some flow passes it
  int skipped = 0;                                     // waypoints: flows that should meet it and do not
  std::size_t members = 0;                             // collapsed namespaces: nodes inside
  std::size_t service = static_cast<std::size_t>(-1);  // workloads: the Service that is drawn as this node
};

struct FlowPart {
  std::size_t flow = 0, outcome = 0;
  friend bool operator==(const FlowPart&, const FlowPart&) = default;
};

struct GraphEdge {
  std::size_t from = 0, to = 0;
  EdgeClass word = EdgeClass::Structure;
  std::optional<models::Transport> transport;
  bool stops = false;                  // refused or lost at `to`
  std::optional<std::size_t> skipped;  // the waypoint node that is passed by
  std::vector<FlowPart> flows;         // in the order of the run
};

struct MeshGraph {
  std::vector<GraphNode> nodes;  // sorted by id
  std::vector<GraphEdge> edges;  // sorted by ends, word, transport
  std::optional<std::size_t> find(std::string_view id) const;
};

struct GraphOptions {
  bool ztunnels = false;  // nodes for the ztunnels, with the workloads they capture
  bool idle = true;       // workloads and services that no flow meets
  bool fold = false;      // a Service with one workload, which has no other Service, is drawn as that workload
};
MeshGraph make_graph(const scenarios::RunResult& run, const GraphOptions& options = {});

// Every namespace of the set becomes one node; edges inside vanish.
MeshGraph collapse(const MeshGraph& graph, const std::set<std::string>& namespaces);

}  // namespace meshsim::viz
