// init: a first test file from what is there: every client and Service port, with today's verdict as the expectation.
#include "scenarios/report/init_report.h"

#include <functional>

#include "scenarios/report/json_value.h"
#include "scenarios/report/matrix_report.h"

namespace meshsim::scenarios {
namespace {

using namespace models;
using Json = nlohmann::ordered_json;

Json value_of(Node node) {
  switch (node.kind()) {
    case NodeKind::Mapping: {
      Json out = Json::object();
      for (const Node child : node) out[std::string(child.key())] = value_of(child);
      return out;
    }
    case NodeKind::Sequence: {
      Json out = Json::array();
      for (const Node child : node) out.push_back(value_of(child));
      return out;
    }
    case NodeKind::Bool:
      return *node.boolean();
    case NodeKind::Int:
      if (const auto number = node.integer()) return *number;
      return node.number().value_or(0);
    case NodeKind::Float:
      return node.number().value_or(0);
    case NodeKind::String:
      return std::string(node.text());
    default:
      return nullptr;
  }
}

// Only what every way of the flow has in common can be expected of it.
Json expectation(const FlowResult& result) {
  Json out = Json::object();
  const auto add = [&](const char* field, const std::function<Json(const Outcome&)>& get) {
    const Json first = get(result.outcomes.front());
    for (const Outcome& o : result.outcomes)
      if (get(o) != first) return;
    out[field] = first;
  };
  add("verdict", [](const Outcome& o) { return Json(to_string(o.verdict)); });
  add("httpStatus", [](const Outcome& o) { return o.http_status ? Json(*o.http_status) : Json(nullptr); });
  add("path", [](const Outcome& o) {
    Json path = Json::array();
    for (const Hop& hop : o.hops) path.push_back(to_string(hop.proxy));
    return path;
  });
  add("transport", [](const Outcome& o) { return o.transport ? Json(to_string(*o.transport)) : Json(nullptr); });
  add("waypointTraversed", [](const Outcome& o) { return Json(o.waypoint_traversed); });
  add("deniedBy", [](const Outcome& o) {
    if (!o.denied_by) return Json(nullptr);
    return Json{{"proxy", to_string(o.denied_by->proxy)},
                {"policy", o.denied_by->policy ? Json(*o.denied_by->policy) : Json(nullptr)}};
  });
  if (out.contains("deniedBy") && out["deniedBy"].is_null()) out.erase("deniedBy");
  return out;
}

}  // namespace

std::string first_test_file(const Loaded& loaded, const std::vector<std::string>& paths, unsigned threads) {
  Json out{{"apiVersion", "meshsim/v1"}, {"kind", "MeshTest"}, {"metadata", {{"name", loaded.scenario.name}}}};
  if (loaded.scenario.declared) {
    for (const Node field : loaded.scenario.root)
      if (field.key() != "flows" && field.key() != "apiVersion" && field.key() != "kind" && field.key() != "metadata")
        out[std::string(field.key())] = value_of(field);
  } else {
    out["manifests"] = paths;
  }
  Json cases = Json::array();
  const auto add = [&](const std::string& name, const FlowResult& result, Json from, Json to) {
    if (result.outcomes.empty()) return;
    cases.push_back({{"name", name},
                     {"from", std::move(from)},
                     {"to", std::move(to)},
                     {"protocol", to_string(result.flow.protocol)},
                     {"expect", expectation(result)}});
  };
  MatrixOptions options;
  options.threads = threads;
  for (const Pair& pair : all_pairs(loaded.world, options))
    add(pair.result.flow.name, pair.result, {{"workload", pair.client}},
        {{"host", pair.destination}, {"port", pair.port}});
  // The scenario's own questions come last, with their requests.
  for (const ScenarioFlow& flow : loaded.scenario.flows) {
    if (!flow.node.exists()) continue;  // of a call graph: its ends are among the pairs
    const FlowResult result = judge_flow(loaded, flow.flow, false);
    if (result.outcomes.empty()) continue;
    Json one = value_of(flow.node);
    one["name"] = flow.flow.name;
    one["expect"] = expectation(result);
    cases.push_back(std::move(one));
  }
  out["cases"] = std::move(cases);
  return "# Written by `meshsim init`: what the mesh does today. Read it, then keep what should stay so.\n" +
         yaml_text(out);
}

}  // namespace meshsim::scenarios
