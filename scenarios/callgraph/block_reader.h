#pragma once
// The decoder of the block `callGraph` (internal to scenarios).
#include <memory>

#include "scenarios/callgraph/call_graph.h"
#include "scenarios/read/scenario_parts.h"

namespace meshsim::scenarios {

// nullptr: there is none, or nothing of it could be read.
std::shared_ptr<const CallGraphBlock> read_call_graph(models::Node node, const ReadOptions& options,
                                                      models::Diagnostics& diagnostics, ScenarioFindings& findings);
// Workloads that the graph names and `objects` do not hold, where the block says how to make them (make_workloads.cpp).
std::vector<models::Object> make_graph_workloads(const CallGraphBlock& block,
                                                 const std::vector<models::Object>& objects,
                                                 ScenarioFindings& findings);

}  // namespace meshsim::scenarios
