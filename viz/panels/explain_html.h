#pragma once
// What the inspector shows, as rich text. The sentences are those of the outcome (Reason, PolicyFinding); here they are
// only set. Links: "flow:3", "node:workload/shop/api", "policy:AuthorizationPolicy shop/viewer", "src:path:12".
#include <QString>

#include "viz/session/analysis.h"
#include "viz/session/selection.h"

namespace meshsim::viz {

QString explain_overview(const Analysis& analysis);
// `hop` >= 0 marks that hop.
QString explain_flow(const Analysis& analysis, const scenarios::FlowRun& run, int hop);
QString explain_node(const Analysis& analysis, const MeshGraph& graph, std::size_t node);
QString explain_namespace(const Analysis& analysis, const std::string& ns);
QString explain_edge(const Analysis& analysis, const MeshGraph& graph, const std::string& key);
QString explain_policy(const Analysis& analysis, const std::string& key);

}  // namespace meshsim::viz
