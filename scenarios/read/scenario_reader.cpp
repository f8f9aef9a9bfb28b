// read_scenario: inputs are sorted into the one scenario document and manifests; then the parts are decoded, and the
// objects come together: manifests, inline policies, shorthands, namespaces by mention, label overlays, in this order.
#include <algorithm>
#include <iostream>

#include "scenarios/callgraph/block_reader.h"
#include "scenarios/read/document_reader.h"
#include "scenarios/read/input_text.h"
#include "scenarios/read/manifest_files.h"
#include "scenarios/read/object_collector.h"
#include "scenarios/read/scenario_parts.h"

namespace meshsim::scenarios {

namespace fs = std::filesystem;
using models::Diagnostics;
using models::Node;
using models::Object;
using models::Severity;
using models::Tree;

namespace {

// A scenario document, also one whose author forgot apiVersion and kind: no cluster object has these fields at the top.
bool is_scenario(Node root) {
  const std::string_view version = root["apiVersion"].string_or();
  if (version.starts_with("meshsim/")) return true;
  if (version.empty() && root["kind"].string_or() == "Scenario") return true;
  if (root["kind"].exists() || root["apiVersion"].exists()) return false;
  return root["flows"].is_sequence() || root["manifests"].is_sequence();
}

class ScenarioReader {
 public:
  explicit ScenarioReader(const ReadOptions& options) : options_(options), collector_(scenario_.diagnostics) {}

  void read_inputs(const std::vector<std::string>& paths);
  void read_text(std::string_view text, const ManifestFile& file);
  void take(std::shared_ptr<const Tree> tree);
  Scenario finish();

 private:
  void decode(ScenarioFindings& findings);
  void decode_head(ScenarioFindings& findings, Fields& fields);
  void add_policies(Node list, ScenarioFindings& findings);

  const ReadOptions& options_;
  Scenario scenario_;
  ObjectCollector collector_;
  fs::path scenario_folder_;
};

void ScenarioReader::read_text(std::string_view text, const ManifestFile& file) {
  const Documents documents = read_documents(text, file.shown, options_.limits, scenario_.diagnostics);
  scenario_.unreadable = scenario_.unreadable || documents.broken;
  if (scenario_.file.empty()) scenario_.file = file.shown;
  if (documents.trees.empty() && !documents.broken) {
    scenario_.diagnostics.push_back(
        {Severity::Error,
         "MSH0005",
         "",
         file.shown,
         {},
         text.empty() ? "the file is empty" : "the file holds no document: only blanks, comments or separators"});
    scenario_.unreadable = true;
  }
  for (const auto& tree : documents.trees) {
    if (!is_scenario(tree->root())) {
      collector_.add(tree);
    } else if (scenario_.declared) {
      scenario_.diagnostics.push_back({Severity::Error, "MSH0011", "", file.shown, tree->root().position(),
                                       "there is more than one scenario; the first is in " + scenario_.file});
      scenario_.unreadable = true;
    } else {
      scenario_.declared = true;
      scenario_.tree = tree;
      scenario_.root = tree->root();
      scenario_.file = file.shown;
      scenario_folder_ = file.path.empty() ? options_.base : file.path.parent_path();
    }
  }
}

void ScenarioReader::take(std::shared_ptr<const Tree> tree) {
  scenario_.declared = true;
  scenario_.root = tree->root();
  scenario_.file = tree->file();
  scenario_.tree = std::move(tree);
  scenario_folder_ = (options_.base / scenario_.file).parent_path();
}

void ScenarioReader::read_inputs(const std::vector<std::string>& paths) {
  // Named files may hold the scenario; everything else is manifests.
  std::vector<std::string> manifests;
  std::vector<std::string> named;
  for (const std::string& path : paths) {
    std::error_code error;
    const bool is_file = path == "-" || fs::is_regular_file(options_.base / path, error) ||
                         (fs::exists(options_.base / path, error) && !fs::is_directory(options_.base / path, error));
    (is_file ? named : manifests).push_back(path);
  }
  for (const ManifestFile& file : find_manifest_files(named, options_.base, scenario_.diagnostics)) {
    std::istream& input = options_.standard_input != nullptr ? *options_.standard_input : std::cin;
    const auto text = file.path.empty() ? read_stream_text(input, file.shown, options_.limits, scenario_.diagnostics)
                                        : read_file_text(file.path, file.shown, options_.limits, scenario_.diagnostics);
    if (text) {
      read_text(*text, file);
    } else {
      scenario_.unreadable = true;
    }
  }
  if (!manifests.empty()) {
    if (scenario_.file.empty()) scenario_.file = manifests.front();
    if (collect_manifests(manifests, options_, collector_, scenario_.diagnostics)) scenario_.unreadable = true;
  }
}

void ScenarioReader::decode_head(ScenarioFindings& findings, Fields& fields) {
  fields.require("apiVersion");
  fields.require("kind");
  const auto version = fields.text("apiVersion"), kind = fields.text("kind");
  if (version && *version != "meshsim/v1") fields.wrong(scenario_.root["apiVersion"], "apiVersion", "\"meshsim/v1\"");
  if (kind && *kind != "Scenario") fields.wrong(scenario_.root["kind"], "kind", "\"Scenario\"");
  Fields metadata(fields.mapping("metadata"), "metadata", findings);
  scenario_.name = metadata.text("name").value_or("");
  scenario_.description = metadata.text("description").value_or("");
  metadata.done();
}

void ScenarioReader::add_policies(Node list, ScenarioFindings& findings) {
  std::size_t index = 0;
  for (const Node policy : list) {
    const std::string path = element("policies", index++);
    Fields fields(policy, path, findings);
    fields.require("apiVersion");
    fields.require("kind");
    if (policy["apiVersion"].has_value() && policy["kind"].has_value()) collector_.add(scenario_.tree, policy);
  }
}

void ScenarioReader::decode(ScenarioFindings& findings) {
  Fields fields(scenario_.root, "", findings);
  decode_head(findings, fields);
  if (const Node mesh = fields.mapping("mesh"); mesh.exists())
    read_mesh_block(mesh, scenario_.tree, scenario_.mesh, findings);

  ReadOptions beside = options_;
  beside.base = scenario_folder_;
  if (const auto manifests = fields.texts("manifests"); !manifests.empty())
    findings.broken = collect_manifests(manifests, beside, collector_, scenario_.diagnostics) || findings.broken;
  add_policies(fields.list("policies"), findings);
  for (Object& object : make_workloads(fields.list("workloads"), findings)) collector_.add_made(std::move(object));
  for (Object& object : make_gateways(fields.list("gateways"), findings)) collector_.add_made(std::move(object));
  scenario_.labels = read_label_overlays(fields.list("labels"), findings);

  scenario_.flows = read_flows(fields.list("flows"), scenario_.tree, beside, findings);
  scenario_.timeline = read_timeline(fields.list("timeline"), scenario_.tree, beside, scenario_.diagnostics, findings);
  read_costs(fields.mapping("costs"), scenario_.costs, findings);
  scenario_.applications = read_applications(fields.mapping("applications"), scenario_.flows, findings);
  scenario_.call_graph = read_call_graph(fields.node("callGraph"), beside, scenario_.diagnostics, findings);
  scenario_.node_cores = read_nodes(fields.mapping("nodes"), findings);
  scenario_.run = read_run_settings(fields.mapping("run"), findings);
  fields.done();
}

Scenario ScenarioReader::finish() {
  ScenarioFindings findings{scenario_.file, scenario_.diagnostics};
  if (scenario_.declared) decode(findings);
  scenario_.objects = collector_.finish();
  if (scenario_.call_graph)
    for (Object& object : make_graph_workloads(*scenario_.call_graph, scenario_.objects, findings))
      scenario_.objects.push_back(std::move(object));
  for (Object& object : make_namespaces(scenario_.objects, scenario_.labels)) collector_.add_made(std::move(object));
  for (Object& object : scenario_.objects) collector_.add_made(std::move(object));
  scenario_.objects = collector_.finish();
  apply_label_overlays(scenario_.labels, scenario_.objects, findings);
  read_mesh_configs(scenario_.objects, options_.limits, scenario_.mesh, scenario_.diagnostics, findings.broken);
  read_proxy_configs(scenario_.objects, options_.limits, scenario_.mesh, scenario_.diagnostics);
  for (const TimelineEvent& event : scenario_.timeline)
    read_proxy_configs(event.objects, options_.limits, scenario_.mesh, scenario_.diagnostics);
  if (scenario_.name.empty()) scenario_.name = fs::path(scenario_.file).stem().string();
  scenario_.unreadable = scenario_.unreadable || findings.broken || collector_.broken();
  models::sort_and_unique(scenario_.diagnostics);
  return std::move(scenario_);
}

}  // namespace

Scenario read_scenario(const std::vector<std::string>& paths, const ReadOptions& options) {
  ScenarioReader reader(options);
  reader.read_inputs(paths);
  return reader.finish();
}

Scenario read_scenario_text(std::string_view text, const std::string& file, const ReadOptions& options) {
  ScenarioReader reader(options);
  reader.read_text(text, {options.base / file, file, true});
  return reader.finish();
}

Scenario read_scenario_tree(std::shared_ptr<const Tree> tree, const ReadOptions& options) {
  ScenarioReader reader(options);
  reader.take(std::move(tree));
  return reader.finish();
}

std::vector<ScenarioFlow> read_flow_list(const std::shared_ptr<const Tree>& tree, Node list, Diagnostics& diagnostics,
                                         bool& unreadable) {
  ScenarioFindings findings{tree->file(), diagnostics};
  std::vector<ScenarioFlow> flows = read_flows(list, tree, {}, findings);
  unreadable = unreadable || findings.broken;
  return flows;
}

}  // namespace meshsim::scenarios
