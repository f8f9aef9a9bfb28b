#include "viz/graph/mesh_graph.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "models/mesh/topology.h"
#include "viz/look/words.h"

namespace meshsim::viz {

using namespace models;
using scenarios::RunResult;

namespace {

using EdgeKey = std::tuple<std::string, std::string, EdgeClass, int, bool, std::string>;

class GraphBuilder {
 public:
  GraphBuilder(const RunResult& run, const GraphOptions& options) : mesh_(*run.loaded->world.mesh), options_(options) {
    take_topology();
    for (std::size_t f = 0; f < run.flows.size(); ++f)
      for (std::size_t o = 0; o < run.flows[f].result.outcomes.size(); ++o) trace(run.flows[f].result, {f, o});
  }
  MeshGraph finish();

 private:
  void take_topology();
  void fold_services();
  void trace(const FlowResult& result, FlowPart part);
  void connect(const std::string& from, const std::string& to, EdgeClass word, std::optional<Transport> transport,
               bool stops, const std::string& skipped, std::optional<FlowPart> part);
  GraphNode& node(const std::string& id, NodeKind kind, const std::string& label);
  std::string client(const Flow& flow);
  std::string skipped_waypoint(const Outcome& outcome) const;
  void describe(GraphNode& node) const;

  const Mesh& mesh_;
  GraphOptions options_;
  std::map<std::string, GraphNode> nodes_;
  std::map<EdgeKey, GraphEdge> edges_;
  std::vector<std::string> workloads_, services_, gateways_;  // ids by Mesh index
  std::set<std::pair<std::string, std::string>> structure_;
  std::set<std::pair<std::string, std::size_t>> skipping_;  // waypoint, flow: each counts once
  std::map<std::string, std::size_t> folded_;               // id of a workload -> its Service
};

NodeKind kind_of(VertexKind kind) {
  switch (kind) {
    case VertexKind::Gateway:
      return NodeKind::Gateway;
    case VertexKind::Service:
      return NodeKind::Service;
    case VertexKind::Waypoint:
      return NodeKind::Waypoint;
    case VertexKind::Ztunnel:
      return NodeKind::Ztunnel;
    case VertexKind::Namespace:
      return NodeKind::Namespace;
    case VertexKind::Workload:
      return NodeKind::Workload;
  }
  return NodeKind::Workload;
}

void GraphBuilder::take_topology() {
  const Topology topology(mesh_);
  const Topology::Graph& graph = topology.graph();
  workloads_.resize(mesh_.workloads.size());
  services_.resize(mesh_.services.size());
  gateways_.resize(mesh_.gateways.size());
  const auto count = boost::num_vertices(graph);
  std::vector<std::string> ids(count);
  for (std::size_t v = 0; v < count; ++v) {
    const TopologyVertex& vertex = graph[v];
    ids[v] = vertex.id;
    if (vertex.kind == VertexKind::Workload) workloads_[vertex.index] = vertex.id;
    if (vertex.kind == VertexKind::Service) services_[vertex.index] = vertex.id;
    if (vertex.kind == VertexKind::Gateway || vertex.kind == VertexKind::Waypoint) gateways_[vertex.index] = vertex.id;
  }
  // The pods of a gateway are drawn as the gateway, and so is its Service.
  for (std::size_t i = 0; i < mesh_.workloads.size(); ++i) {
    const Workload& w = mesh_.workloads[i];
    if (w.gateway != kNone) workloads_[i] = gateways_[w.gateway];
  }
  for (std::size_t i = 0; i < mesh_.gateways.size(); ++i)
    if (mesh_.gateways[i].service != kNone) services_[mesh_.gateways[i].service] = gateways_[i];
  if (options_.fold) fold_services();
  const auto drawn = [&](const std::string& id) {
    const auto v = topology.find(id);
    const TopologyVertex& vertex = graph[*v];
    return vertex.kind == VertexKind::Workload  ? workloads_[vertex.index]
           : vertex.kind == VertexKind::Service ? services_[vertex.index]
                                                : id;
  };
  for (std::size_t v = 0; v < count; ++v) {
    const TopologyVertex& vertex = graph[v];
    if (vertex.kind == VertexKind::Namespace || drawn(vertex.id) != vertex.id) continue;
    if (vertex.kind == VertexKind::Ztunnel && !options_.ztunnels) continue;
    if (vertex.kind == VertexKind::Workload && mesh_.workloads[vertex.index].role == ProxyRole::Ztunnel) continue;
    GraphNode& made = node(vertex.id, kind_of(vertex.kind), vertex.label);
    made.ns = vertex.ns;
    made.mode = vertex.mode;
    made.index = vertex.index;
    if (const auto it = folded_.find(vertex.id); it != folded_.end()) made.service = it->second;
  }
  for (auto [e, end] = boost::edges(graph); e != end; ++e) {
    const EdgeKind kind = graph[*e].kind;
    std::string from = drawn(ids[boost::source(*e, graph)]), to = drawn(ids[boost::target(*e, graph)]);
    if (kind == EdgeKind::BoundTo) std::swap(from, to);  // traffic passes the waypoint first
    const bool wanted =
        kind == EdgeKind::BoundTo || kind == EdgeKind::Selects || (kind == EdgeKind::CapturedBy && options_.ztunnels);
    if (wanted && from != to && nodes_.contains(from) && nodes_.contains(to)) structure_.emplace(from, to);
  }
}

void GraphBuilder::fold_services() {
  std::vector<std::set<std::size_t>> serving(mesh_.workloads.size());
  for (std::size_t i = 0; i < mesh_.services.size(); ++i)
    for (const Endpoint& e : mesh_.services[i].endpoints)
      if (e.workload != kNone) serving[e.workload].insert(i);
  for (std::size_t i = 0; i < mesh_.services.size(); ++i) {
    const Service& s = mesh_.services[i];
    const std::size_t w = s.endpoints.empty() ? kNone : s.endpoints.front().workload;
    if (!s.kubernetes || w == kNone || serving[w].size() != 1 || mesh_.workloads[w].role != ProxyRole::None ||
        mesh_.workloads[w].ns != s.ns ||
        std::any_of(s.endpoints.begin(), s.endpoints.end(), [w](const Endpoint& e) { return e.workload != w; }))
      continue;
    services_[i] = workloads_[w];
    folded_[workloads_[w]] = i;
  }
}

GraphNode& GraphBuilder::node(const std::string& id, NodeKind kind, const std::string& label) {
  GraphNode& out = nodes_[id];
  if (out.id.empty()) {
    out.id = id;
    out.kind = kind;
    out.label = label;
  }
  return out;
}

void GraphBuilder::connect(const std::string& from, const std::string& to, EdgeClass word,
                           std::optional<Transport> transport, bool stops, const std::string& skipped,
                           std::optional<FlowPart> part) {
  const int carried = transport ? static_cast<int>(*transport) : -1;
  GraphEdge& edge = edges_[{from, to, word, carried, stops, skipped}];
  edge.word = word;
  edge.transport = transport;
  edge.stops = stops;
  if (part && (edge.flows.empty() || !(edge.flows.back() == *part))) edge.flows.push_back(*part);
}

std::string GraphBuilder::client(const Flow& flow) {
  if (flow.from.kind == Client::Kind::Outside) {
    node("outside", NodeKind::Outside, "outside").detail = words("Words", "clients outside the cluster");
    return "outside";
  }
  if (flow.from.kind == Client::Kind::Gateway) {
    const std::size_t g = mesh_.find_gateway(flow.from.ns, flow.from.name);
    if (g != kNone) return gateways_[g];
  } else if (const std::size_t w = mesh_.find_workload(flow.from.ns, flow.from.name); w != kNone) {
    return workloads_[w];
  }
  const std::string id = "unknown/" + flow.from.ns + '/' + flow.from.name;
  GraphNode& made = node(id, NodeKind::Outside, flow.from.name);
  made.detail = words("Words", "not among the objects");
  return id;
}

std::string GraphBuilder::skipped_waypoint(const Outcome& o) const {
  if (o.waypoint_traversed) return {};
  const std::size_t service = o.routed_service != Hop::npos ? o.routed_service : o.service;
  const WaypointBinding* binding = service != Hop::npos ? &mesh_.services[service].waypoint
                                   : o.destination_workload != Hop::npos
                                       ? &mesh_.workloads[o.destination_workload].waypoint
                                       : nullptr;
  return binding != nullptr && binding->bound() ? gateways_[binding->gateway] : std::string();
}

void GraphBuilder::trace(const FlowResult& result, FlowPart part) {
  const Outcome& o = result.outcomes[part.outcome];
  const EdgeClass word = class_of(o);
  std::vector<std::pair<std::string, std::optional<Transport>>> way;  // node, how the bytes come to it
  way.emplace_back(client(result.flow), std::nullopt);
  for (const Hop& hop : o.hops) {
    if (hop.gateway == Hop::npos || (hop.proxy != ProxyKind::Gateway && hop.proxy != ProxyKind::Waypoint)) continue;
    if (gateways_[hop.gateway] != way.back().first) way.emplace_back(gateways_[hop.gateway], hop.transport);
  }
  const bool ends_there = way.size() > 1 && o.verdict != Verdict::Allowed && !o.hops.empty() &&
                          (o.hops.back().proxy == ProxyKind::Gateway || o.hops.back().proxy == ProxyKind::Waypoint);
  std::size_t passes = 0;
  if (!ends_there) {
    const std::size_t service = o.routed_service != Hop::npos ? o.routed_service : o.service;
    std::optional<Transport> carried = o.transport;
    if (!carried && !o.hops.empty()) carried = o.hops.back().transport;
    if (service != Hop::npos && services_[service] != way.back().first) way.emplace_back(services_[service], carried);
    passes = way.size() - 1;  // the arc that passes a waypoint leads to the service; without one, to the workload
    if (o.destination_workload != Hop::npos && workloads_[o.destination_workload] != way.back().first)
      way.emplace_back(workloads_[o.destination_workload], carried);
    if (service == Hop::npos) passes = way.size() - 1;
    if (way.size() == 1) {
      const Destination& to = result.flow.to;
      const std::string name = to.kind == Destination::Kind::Pod ? to.ns + '/' + to.name
                               : to.ip                           ? to.ip->text()
                                                                 : to.host;
      node("unknown/" + name, NodeKind::Outside, name).detail = words("Words", "no such service");
      way.emplace_back("unknown/" + name, carried);
    }
  }
  const std::string skipped = ends_there ? std::string() : skipped_waypoint(o);
  if (!skipped.empty() && skipping_.emplace(skipped, part.flow).second) ++nodes_[skipped].skipped;
  for (std::size_t i = 0; i < way.size(); ++i) {
    if (auto it = nodes_.find(way[i].first); it != nodes_.end()) it->second.used = true;
    if (i == 0) continue;
    const bool last = i + 1 == way.size();
    connect(way[i - 1].first, way[i].first, word, way[i].second, last && o.verdict != Verdict::Allowed,
            i == passes ? skipped : std::string(), part);
  }
}

void GraphBuilder::describe(GraphNode& n) const {
  if (!n.detail.empty() || n.index == kNone) return;
  if (n.kind == NodeKind::Workload) {
    const Workload& w = mesh_.workloads[n.index];
    n.detail = w.external         ? words("Words", "outside the mesh")
               : n.mode == "none" ? words("Words", "not in the mesh")
                                  : n.mode;
    if (w.mode == DataplaneMode::Sidecar && !w.sidecar_hbone) n.detail = words("Words", "sidecar, legacy");
    if (w.redirection_pending) n.detail += words("Words", ", not yet redirected");
    if (n.service != kNone)
      for (const ServicePort& port : mesh_.services[n.service].ports)
        n.detail += (&port == &mesh_.services[n.service].ports.front() ? "  :" : " :") + std::to_string(port.port);
  } else if (n.kind == NodeKind::Service) {
    const Service& s = mesh_.services[n.index];
    for (const ServicePort& port : s.ports)
      n.detail += (n.detail.empty() ? ":" : " :") + std::to_string(port.port) +
                  (port.protocol == Protocol::Unset ? "" : ' ' + std::string(to_string(port.protocol)));
  } else if (n.kind == NodeKind::Waypoint || n.kind == NodeKind::Gateway) {
    const Gateway& g = mesh_.gateways[n.index];
    n.detail = n.kind == NodeKind::Waypoint        ? worded(words("Words", "waypoint for {}"), g.traffic_type)
               : g.kind == Gateway::Kind::EastWest ? words("Words", "east-west gateway")
                                                   : words("Words", "gateway");
    if (!g.ready()) n.detail += words("Words", ", not ready");
  } else if (n.kind == NodeKind::Ztunnel) {
    n.detail = "ztunnel";
  }
}

MeshGraph GraphBuilder::finish() {
  for (const auto& [from, to] : structure_) {
    const auto has_traffic = [&, a = from, b = to] {
      const auto it = edges_.lower_bound({a, b, EdgeClass::Enforced, -2, false, ""});
      return it != edges_.end() && std::get<0>(it->first) == a && std::get<1>(it->first) == b;
    };
    if (!has_traffic()) connect(from, to, EdgeClass::Structure, std::nullopt, false, "", std::nullopt);
  }
  MeshGraph out;
  std::map<std::string, std::size_t> at;
  for (auto& [id, n] : nodes_) {
    const bool keep = n.used || options_.idle || n.kind == NodeKind::Waypoint || n.skipped > 0;
    if (!keep) continue;
    describe(n);
    at.emplace(id, out.nodes.size());
    out.nodes.push_back(std::move(n));
  }
  for (auto& [key, edge] : edges_) {
    const auto from = at.find(std::get<0>(key)), to = at.find(std::get<1>(key));
    if (from == at.end() || to == at.end()) continue;
    edge.from = from->second;
    edge.to = to->second;
    if (const auto skipped = at.find(std::get<5>(key)); skipped != at.end()) edge.skipped = skipped->second;
    out.edges.push_back(std::move(edge));
  }
  return out;
}

}  // namespace

std::string_view to_string(NodeKind kind) {
  switch (kind) {
    case NodeKind::Outside:
      return "outside";
    case NodeKind::Gateway:
      return "gateway";
    case NodeKind::Workload:
      return "workload";
    case NodeKind::Service:
      return "service";
    case NodeKind::Waypoint:
      return "waypoint";
    case NodeKind::Ztunnel:
      return "ztunnel";
    case NodeKind::Namespace:
      return "namespace";
  }
  return {};
}

std::string_view to_string(EdgeClass word) {
  switch (word) {
    case EdgeClass::Enforced:
      return "enforced";
    case EdgeClass::Allowed:
      return "allowed";
    case EdgeClass::Open:
      return "open";
    case EdgeClass::Bypassed:
      return "bypassed";
    case EdgeClass::Denied:
      return "denied";
    case EdgeClass::Failed:
      return "failed";
    case EdgeClass::Unknown:
      return "unknown";
    case EdgeClass::Structure:
      return "structure";
  }
  return {};
}

EdgeClass class_of(const Outcome& outcome) {
  switch (outcome.verdict) {
    case Verdict::Denied:
      return EdgeClass::Denied;
    case Verdict::Reset:
    case Verdict::Unreachable:
      return EdgeClass::Failed;
    case Verdict::Unknown:
      return EdgeClass::Unknown;
    case Verdict::Allowed:
      break;
  }
  const auto any = [&](PolicyStatus status) {
    return std::any_of(outcome.policies.begin(), outcome.policies.end(),
                       [&](const PolicyFinding& f) { return f.status == status; });
  };
  if (any(PolicyStatus::Bypassed)) return EdgeClass::Bypassed;
  if (any(PolicyStatus::Open)) return EdgeClass::Open;
  return any(PolicyStatus::Enforced) ? EdgeClass::Enforced : EdgeClass::Allowed;
}

std::optional<std::size_t> MeshGraph::find(std::string_view id) const {
  const auto it = std::lower_bound(nodes.begin(), nodes.end(), id,
                                   [](const GraphNode& n, std::string_view wanted) { return n.id < wanted; });
  if (it == nodes.end() || it->id != id) return std::nullopt;
  return static_cast<std::size_t>(it - nodes.begin());
}

MeshGraph make_graph(const RunResult& run, const GraphOptions& options) { return GraphBuilder(run, options).finish(); }

MeshGraph collapse(const MeshGraph& graph, const std::set<std::string>& namespaces) {
  if (namespaces.empty()) return graph;
  std::map<std::string, GraphNode> nodes;
  std::vector<std::string> ids;
  for (const GraphNode& n : graph.nodes) {
    const bool folded = !n.ns.empty() && namespaces.contains(n.ns);
    ids.push_back(folded ? "namespace/" + n.ns : n.id);
    GraphNode& into = nodes[ids.back()];
    if (!folded) {
      into = n;
      continue;
    }
    into.id = ids.back();
    into.label = into.ns = n.ns;
    into.kind = NodeKind::Namespace;
    into.used = into.used || n.used;
    into.skipped += n.skipped;
    ++into.members;
    into.detail = std::to_string(into.members) + (into.members == 1 ? " object" : " objects");
  }
  MeshGraph out;
  std::map<std::string, std::size_t> at;
  for (auto& [id, n] : nodes) {
    at.emplace(id, out.nodes.size());
    out.nodes.push_back(n);
  }
  std::map<std::tuple<std::size_t, std::size_t, EdgeClass, int, bool, std::size_t>, GraphEdge> edges;
  for (const GraphEdge& e : graph.edges) {
    const std::size_t from = at.at(ids[e.from]), to = at.at(ids[e.to]);
    if (from == to) continue;
    std::optional<std::size_t> skipped;
    if (e.skipped) skipped = at.at(ids[*e.skipped]);
    if (skipped == from || skipped == to) skipped.reset();
    GraphEdge& into = edges[{from, to, e.word, e.transport ? static_cast<int>(*e.transport) : -1, e.stops,
                             skipped.value_or(static_cast<std::size_t>(-1))}];
    std::vector<FlowPart> flows = std::move(into.flows);
    for (const FlowPart& part : e.flows)
      if (std::find(flows.begin(), flows.end(), part) == flows.end()) flows.push_back(part);
    into = {from, to, e.word, e.transport, e.stops, skipped, std::move(flows)};
  }
  for (auto& [key, edge] : edges) out.edges.push_back(std::move(edge));
  return out;
}

}  // namespace meshsim::viz
