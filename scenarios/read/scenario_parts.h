#pragma once
// The decoders of the parts of a scenario file, one unit each. Internal to scenarios/read.
#include <memory>
#include <string>
#include <vector>

#include "scenarios/read/fields.h"
#include "scenarios/read/scenario.h"

namespace meshsim::scenarios {

// flow_reader.cpp
std::vector<ScenarioFlow> read_flows(models::Node list, const std::shared_ptr<const models::Tree>& tree,
                                     const ReadOptions& options, ScenarioFindings& findings);
models::Client read_client(models::Node node, const std::string& path, ScenarioFindings& findings);
// expectation_reader.cpp
Expectation read_expectation(models::Node node, const std::string& path, ScenarioFindings& findings);
// mesh_block.cpp
void read_mesh_block(models::Node node, const std::shared_ptr<const models::Tree>& tree, models::ScenarioMesh& mesh,
                     ScenarioFindings& findings);
// embedded_text.cpp
// The MeshConfig documents inside the ConfigMaps `istio` and `istio-<revision>` of the root namespace.
void read_mesh_configs(const std::vector<models::Object>& objects, const ReadLimits& limits, models::ScenarioMesh& mesh,
                       models::Diagnostics& diagnostics, bool& unreadable);
// The ProxyConfig documents inside annotations proxy.istio.io/config, by their text.
void read_proxy_configs(const std::vector<models::Object>& objects, const ReadLimits& limits,
                        models::ScenarioMesh& mesh, models::Diagnostics& diagnostics);
// shorthand.cpp: the objects that `workloads` and `gateways` stand for.
std::vector<models::Object> make_workloads(models::Node list, ScenarioFindings& findings);
std::vector<models::Object> make_gateways(models::Node list, ScenarioFindings& findings);
// Namespaces that objects mention and nobody wrote.
std::vector<models::Object> make_namespaces(const std::vector<models::Object>& objects,
                                            const std::vector<LabelOverlay>& labels);
// label_overlay.cpp
std::vector<LabelOverlay> read_label_overlays(models::Node list, ScenarioFindings& findings);
std::map<std::string, std::optional<std::string>> read_label_set(Fields& fields, std::string_view key);
void apply_label_overlays(const std::vector<LabelOverlay>& overlays, std::vector<models::Object>& objects,
                          ScenarioFindings& findings);
// timeline_reader.cpp
std::vector<TimelineEvent> read_timeline(models::Node list, const std::shared_ptr<const models::Tree>& tree,
                                         const ReadOptions& options, models::Diagnostics& diagnostics,
                                         ScenarioFindings& findings);
// traffic_reader.cpp: how often a flow is asked; `costs`, `nodes` and `applications`.
std::optional<double> rate_field(Fields& fields, std::string_view key);
Traffic read_traffic(Fields& flow, const ReadOptions& options, ScenarioFindings& findings);
void read_costs(models::Node node, models::CostModel& costs, ScenarioFindings& findings);
std::vector<models::Application> read_applications(models::Node node, const std::vector<ScenarioFlow>& flows,
                                                   ScenarioFindings& findings);
std::vector<std::pair<std::string, double>> read_nodes(models::Node node, ScenarioFindings& findings);
RunSettings read_run_settings(models::Node node, ScenarioFindings& findings);

}  // namespace meshsim::scenarios
