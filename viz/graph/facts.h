#pragma once
// What the filter language may ask about a node, an edge or a flow of an analysis. No Qt here.
#include "viz/graph/filter.h"
#include "viz/session/analysis.h"

namespace meshsim::viz {

// Edges by node, so that a question about a thousand nodes does not look at every edge a thousand times.
using Incident = std::vector<std::vector<std::size_t>>;
Incident incident_edges(const MeshGraph& graph);
Facts node_facts(const Analysis& analysis, const MeshGraph& graph, const Incident& incident, std::size_t node);
Facts edge_facts(const Analysis& analysis, const MeshGraph& graph, std::size_t edge);
Facts flow_facts(const Analysis& analysis, std::size_t flow);

// How a client or destination is named in tables: "shop/api", "outside 203.0.113.7", "api.shop:80 at edge/gateway".
std::string client_text(const models::Flow& flow);
std::string destination_text(const models::Flow& flow);
// "GET /reviews/1", "tcp".
std::string request_text(const models::Flow& flow);
// "sidecar > ztunnel" of an outcome.
std::string path_text(const models::Outcome& outcome);

}  // namespace meshsim::viz
