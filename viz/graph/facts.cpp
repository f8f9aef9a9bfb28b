#include "viz/graph/facts.h"

#include <algorithm>

#include "viz/look/words.h"

namespace meshsim::viz {

using namespace models;

namespace {

using Texts = std::vector<std::string>;

void add_labels(const Labels& labels, const std::string& field, Texts& out) {
  const std::string key = field.substr(6);
  if (const auto value = models::find(labels, key)) out.emplace_back(*value);
}

Texts workload_texts(const Workload& w, const std::string& field) {
  Texts out;
  if (field == "app") out.push_back(w.canonical_service);
  if (field == "version") out.push_back(w.canonical_revision);
  if (field.starts_with("label:")) add_labels(w.labels, field, out);
  if (field == "waypoint" && w.waypoint.bound()) out.push_back(w.waypoint.named);
  return out;
}

Texts outcome_texts(const Outcome& o, const std::string& field) {
  Texts out;
  if (field == "verdict") {
    out.emplace_back(to_string(o.verdict));
    out.emplace_back(to_string(class_of(o)));
  } else if (field == "via") {
    for (const Hop& hop : o.hops) {
      out.emplace_back(to_string(hop.proxy));
      out.push_back(hop.name);
    }
  } else if (field == "policy") {
    for (const PolicyFinding& f : o.policies) {
      out.push_back(f.policy.ns + '/' + f.policy.name);
      out.push_back(f.policy.name);
    }
  } else if (field == "rule") {
    for (const PolicyFinding& f : o.policies) out.insert(out.end(), f.rules.begin(), f.rules.end());
    for (const Hop& hop : o.hops)
      for (const Reason& r : hop.reasons) out.push_back(r.rule);
  } else if (field == "reporter") {
    for (const Metric& m : o.telemetry.metrics)
      if (!m.reporter.empty()) out.push_back(m.reporter);
  } else if (field == "transport" && o.transport) {
    out.emplace_back(to_string(*o.transport));
  } else if (field == "status") {
    if (o.http_status) out.push_back(std::to_string(*o.http_status));
    if (o.grpc_status) out.push_back(*o.grpc_status);
  } else if (field == "is") {
    out.emplace_back(to_string(o.verdict));
    out.emplace_back(to_string(class_of(o)));
    if (o.transport) out.emplace_back(to_string(*o.transport));
    if (o.waypoint_traversed) out.emplace_back("waypoint");
    for (const Hop& hop : o.hops) out.emplace_back(to_string(hop.proxy));
  }
  return out;
}

void append(Texts& to, Texts from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

Texts flow_texts(const Analysis& analysis, std::size_t index, const std::string& field) {
  const scenarios::FlowRun& run = analysis.run.flows[index];
  const Flow& flow = run.result.flow;
  Texts out;
  if (field == "name") return {flow.name};
  if (field == "from") return {client_text(flow)};
  if (field == "to" || field == "host") return {destination_text(flow), flow.to.host};
  if (field == "port") return {std::to_string(flow.to.port)};
  if (field == "protocol") return {std::string(to_string(flow.protocol))};
  if (field == "path") return {flow.request.path};
  if (field == "kind") return {"flow"};
  if (field == "namespace") {
    out.push_back(flow.from.ns);
    for (const Outcome& o : run.result.outcomes)
      if (o.destination_workload != Hop::npos) out.push_back(analysis.mesh().workloads[o.destination_workload].ns);
    return out;
  }
  if (field == "mode") return {scenarios::client_population(analysis.mesh(), flow.from)};
  if (field == "any") {
    append(out, {flow.name, client_text(flow), destination_text(flow), request_text(flow)});
    for (const Outcome& o : run.result.outcomes) {
      append(out, outcome_texts(o, "policy"));
      append(out, outcome_texts(o, "verdict"));
    }
    return out;
  }
  for (const Outcome& o : run.result.outcomes) append(out, outcome_texts(o, field));
  if (field == "is") {
    if (analysis.changed(flow.name)) out.emplace_back("changed");
    if (!run.expectations.failed.empty()) out.emplace_back("unexpected");
    if (flow.from.kind == Client::Kind::Outside) out.emplace_back("outside");
  }
  return out;
}

Texts edge_texts(const Analysis& analysis, const MeshGraph& graph, const GraphEdge& edge, const std::string& field) {
  Texts out;
  if (field == "from") return {graph.nodes[edge.from].label, graph.nodes[edge.from].id};
  if (field == "to") return {graph.nodes[edge.to].label, graph.nodes[edge.to].id};
  if (field == "kind") return {"edge"};
  if (field == "transport" && edge.transport) return {std::string(to_string(*edge.transport))};
  if (field == "verdict") return {std::string(to_string(edge.word))};
  if (field == "is") {
    out.emplace_back(to_string(edge.word));
    if (edge.transport) out.emplace_back(to_string(*edge.transport));
    for (const FlowPart& part : edge.flows)
      if (analysis.changed(analysis.run.flows[part.flow].result.flow.name)) out.emplace_back("changed");
    return out;
  }
  for (const FlowPart& part : edge.flows) append(out, flow_texts(analysis, part.flow, field));
  return out;
}

}  // namespace

Incident incident_edges(const MeshGraph& graph) {
  Incident out(graph.nodes.size());
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    out[graph.edges[i].from].push_back(i);
    out[graph.edges[i].to].push_back(i);
  }
  return out;
}

Facts node_facts(const Analysis& analysis, const MeshGraph& graph, const Incident& incident, std::size_t node) {
  return [&analysis, &graph, &incident, node](const std::string& field) -> Texts {
    const GraphNode& n = graph.nodes[node];
    const Mesh& mesh = analysis.mesh();
    if (field == "name") return {n.label};
    if (field == "namespace") return {n.ns};
    if (field == "kind") return {std::string(to_string(n.kind))};
    if (field == "mode") return {n.mode};
    if (field == "any") return {n.label, n.ns, n.detail, n.mode};
    Texts out;
    if (n.kind == NodeKind::Workload && n.index < mesh.workloads.size())
      append(out, workload_texts(mesh.workloads[n.index], field));
    const std::size_t service = n.kind == NodeKind::Service ? n.index : n.service;
    if (service < mesh.services.size()) {
      const Service& s = mesh.services[service];
      if (field.starts_with("label:")) add_labels(s.labels, field, out);
      if (field == "host") out.push_back(s.hostname);
      if (field == "waypoint" && s.waypoint.bound()) out.push_back(s.waypoint.named);
      if (field == "port")
        for (const ServicePort& port : s.ports) out.push_back(std::to_string(port.port));
    }
    if (field == "is") {
      append(out, {std::string(to_string(n.kind)), n.mode});
      if (!n.used) out.emplace_back("idle");
      if (n.skipped > 0) out.emplace_back("bypassed");
      if (n.service < mesh.services.size()) out.emplace_back("service");
    }
    if (field == "is" || field == "verdict" || field == "policy" || field == "changed")
      for (const std::size_t edge : incident[node]) append(out, edge_texts(analysis, graph, graph.edges[edge], field));
    return out;
  };
}

Facts edge_facts(const Analysis& analysis, const MeshGraph& graph, std::size_t edge) {
  return [&analysis, &graph, edge](const std::string& field) {
    return edge_texts(analysis, graph, graph.edges[edge], field);
  };
}

Facts flow_facts(const Analysis& analysis, std::size_t flow) {
  return [&analysis, flow](const std::string& field) { return flow_texts(analysis, flow, field); };
}

std::string client_text(const Flow& flow) {
  if (flow.from.kind == Client::Kind::Outside)
    return flow.from.ip ? "outside " + flow.from.ip->text() : std::string("outside");
  return flow.from.ns + '/' + flow.from.name;
}

std::string destination_text(const Flow& flow) {
  std::string out = flow.to.kind == Destination::Kind::Pod ? "pod " + flow.to.ns + '/' + flow.to.name
                    : flow.to.host.empty() && flow.to.ip   ? flow.to.ip->text()
                                                           : flow.to.host;
  if (const auto local = out.find(".svc.cluster.local"); local != std::string::npos && local + 18 == out.size())
    out.resize(local);
  out += ':' + std::to_string(flow.to.port);
  if (flow.to.gateway) out += " at " + flow.to.gateway->first + '/' + flow.to.gateway->second;
  return out;
}

std::string request_text(const Flow& flow) {
  std::string out(to_string(flow.protocol));
  if (is_http(flow.protocol) || flow.protocol == FlowProtocol::Https)
    out = (out == "http" ? "" : out + ' ') + flow.request.method + ' ' + flow.request.path;
  return out;
}

std::string path_text(const Outcome& outcome) {
  std::string out;
  for (const Hop& hop : outcome.hops) out += (out.empty() ? "" : " › ") + std::string(to_string(hop.proxy));
  return out.empty() ? words("Words", "no proxy") : out;
}

}  // namespace meshsim::viz
