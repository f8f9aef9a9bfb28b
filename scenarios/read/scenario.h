#pragma once
// Scenario: a question file, decoded: settings of the mesh, the objects of the cluster (manifests, shorthands and label
// overlays already applied), flows with their expectations, timeline, costs and run settings. Decoding is strict: an
// unknown field is an error that names the nearest known one. Plain manifests instead of a scenario file are a scenario
// without flows.
//
// Shorthands become the objects that a user would have written: a workload is a Deployment (with ports also a Service
// of the same name), a gateway is a Gateway API Gateway, namespaces arise by mention. A label overlay acts like
// `kubectl label`; on an object with a pod template it changes the labels of the template too, because what users mean
// is the pods (kubectl alone would leave those as they are until the template is edited).
//
// Codes: MSH0010 unknown field, MSH0011 wrong type or value, MSH0012 missing field, MSH0013 no such object, MSH0014
// (warning) a token that is none, MSH0015 (warning) a party of a
// call graph that the mesh does not have, MSH0016 (warning) what a call graph leaves out; all others are errors. Codes
// of manifests: manifest_reader.h.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/flow/flow.h"
#include "models/mesh/mesh.h"
#include "models/simulation/cost_model.h"
#include "models/simulation/traffic.h"
#include "scenarios/read/expectation.h"
#include "scenarios/read/manifest_reader.h"

namespace meshsim::scenarios {

struct CallGraphBlock;  // scenarios/callgraph/call_graph.h

using Traffic = models::FlowTraffic;

struct ScenarioFlow {
  models::Flow flow;
  Traffic traffic;
  std::optional<Expectation> expect;
  models::Node node;
};

// "kind/name" or "ns/kind/name"; kinds in any case, singular, plural or short as for kubectl.
struct ObjectName {
  std::string ns, kind, name;  // kind as in manifests: "Deployment"
};

struct TimelineEvent {
  enum class Action : std::uint8_t { Restart, Apply, Delete, Label, Scale, Fail, Heal };
  std::int64_t at_ns = 0;
  Action action = Action::Restart;
  std::string target;                                     // as written: an object name; for apply a file
  std::optional<ObjectName> object;                       // restart, delete, label, scale
  std::map<std::string, std::optional<std::string>> set;  // label; null removes
  std::optional<std::int64_t> replicas;                   // scale
  std::optional<double> errors;                           // fail: it stays ready and answers this share with 500
  std::vector<models::Object> objects;                    // apply: what the files hold
  models::Node node;                                      // the whole entry
};

struct RunSettings {
  std::int64_t duration_ns = 0;  // 0: not given
  std::int64_t warmup_ns = 0;
  bool find_warm_up = false;  // `warmup: auto`
  std::uint64_t seed = 1;
  std::uint32_t replications = 1;
  std::int64_t sample_ns = 0;  // width of the intervals in which counts are kept; 0: chosen
};

struct LabelOverlay {
  ObjectName object;
  std::map<std::string, std::optional<std::string>> set;
  models::Node node;
};

struct Scenario {
  std::string name, description;
  std::string file;                          // of the scenario document, or the first input
  bool declared = false;                     // a scenario document was read; false: manifests only
  std::shared_ptr<const models::Tree> tree;  // owns every Node below; null if there was no scenario document
  models::Node root;

  models::ScenarioMesh mesh;            // profile, the `mesh` block, MeshConfig of the ConfigMap `istio`
  std::vector<models::Object> objects;  // everything, sorted by kind, namespace, name, group
  std::vector<LabelOverlay> labels;     // already applied to `objects`
  std::vector<ScenarioFlow> flows;
  std::vector<TimelineEvent> timeline;  // by time, then in the order of the file
  models::CostModel costs;              // defaults with the overrides of `costs`
  std::vector<models::Application> applications;
  std::shared_ptr<const CallGraphBlock> call_graph;        // load() makes flows and applications of it
  std::vector<std::pair<std::string, double>> node_cores;  // `nodes`
  RunSettings run;

  models::Diagnostics diagnostics;  // sorted
  bool unreadable = false;          // something could not be parsed or decoded: exit code 65
};

// Scenario files and manifests in any mixture, "-" for standard input. At most one scenario document; its `manifests`
// are relative to its own folder. Scenario files that merely lie in a folder of manifests are not read.
Scenario read_scenario(const std::vector<std::string>& paths, const ReadOptions& options = {});
// A scenario text that is at hand already; its manifests are relative to options.base.
Scenario read_scenario_text(std::string_view text, const std::string& file, const ReadOptions& options = {});

// A scenario document that exists as a tree already (made from another kind of file); its manifests are relative to the
// folder of tree->file().
Scenario read_scenario_tree(std::shared_ptr<const models::Tree> tree, const ReadOptions& options = {});
// Flows alone, as they stand in a scenario's `flows`. `unreadable` becomes true when one of them is wrong.
std::vector<ScenarioFlow> read_flow_list(const std::shared_ptr<const models::Tree>& tree, models::Node list,
                                         models::Diagnostics& diagnostics, bool& unreadable);

// The labels overlaid on a copy of the object, tree included. An overlay on an object with a pod template sets both.
models::Object with_labels(const models::Object& object, const std::map<std::string, std::optional<std::string>>& set);

// The JSON Schema (draft 7) of scenario files; `meshsim schema` prints it.
std::string_view scenario_schema();

}  // namespace meshsim::scenarios
