// merge: documents of runs that differ in nothing but their replications become one.
#include <algorithm>
#include <map>

#include "scenarios/report/json_value.h"
#include "scenarios/report/simulation_json.h"
#include "scenarios/report/simulation_report.h"
#include "scenarios/run/simulation_run.h"

namespace meshsim::scenarios {
namespace {

using Json = nlohmann::ordered_json;

// The flows' latency expectations that do not hold, taken out of the document: parts of one run may differ in them.
// What holds in every part holds in the whole; the others are decided again.
std::vector<std::map<std::string, std::string>> take_latency(Json& document) {
  std::vector<std::map<std::string, std::string>> out;
  for (Json& flow : document["flows"]) {
    std::map<std::string, std::string>& taken = out.emplace_back();
    Json& expectations = flow["expectations"];
    Json kept = Json::array();
    for (Json& failure : expectations["failed"]) {
      const std::string field = failure.value("field", "");
      if (!field.starts_with("latency.")) {
        kept.push_back(std::move(failure));
        continue;
      }
      taken[field] = failure.value("expected", "");
      expectations["passed"] = expectations.value("passed", 0) + 1;
    }
    expectations["failed"] = std::move(kept);
  }
  return out;
}

void decide_latency(Json& document, const std::vector<std::map<std::string, std::string>>& bounds,
                    const models::SimulationResult& result) {
  for (std::size_t i = 0; i < bounds.size() && i < result.flows.size(); ++i) {
    Json& expectations = document["flows"][i]["expectations"];
    for (const auto& [field, expected] : bounds[i]) {
      const std::string actual = latency_failure(result.flows[i].latency, field.substr(8), expected);
      if (actual.empty()) continue;
      expectations["passed"] = expectations.value("passed", 1) - 1;
      expectations["failed"].push_back({{"field", field}, {"expected", expected}, {"actual", actual}});
    }
  }
}

}  // namespace

Merged merge_documents(const std::vector<NamedText>& documents, std::string_view format) {
  Json base, capacity;
  std::vector<std::map<std::string, std::string>> bounds;
  models::SimulationResult sum;
  for (const NamedText& document : documents) {
    Json value = Json::parse(document.text, nullptr, false);
    if (!value.is_object() || value.value("kind", "") != "Run" || !value.contains("simulation"))
      return {"", document.name + " is no result of `meshsim run -o json` with a simulation"};
    const auto one = simulation_of(value["simulation"]);
    if (!one) return {"", document.name + ": its simulation block is damaged"};
    const Json its_capacity = value["simulation"]["capacity"];
    value.erase("simulation");
    const auto failed = take_latency(value);
    bounds.resize(std::max(bounds.size(), failed.size()));
    for (std::size_t i = 0; i < failed.size(); ++i) bounds[i].insert(failed[i].begin(), failed[i].end());
    if (base.is_null()) {
      base = std::move(value);
      capacity = its_capacity;
    } else if (value != base || its_capacity != capacity) {
      return {"", document.name + " is a run of something else than " + documents.front().name};
    }
    if (const auto problem = models::merge(sum, *one)) return {"", document.name + ": " + *problem};
  }
  decide_latency(base, bounds, sum);
  base["simulation"] = simulation_value(sum, nullptr);
  base["simulation"]["capacity"] = std::move(capacity);
  if (format == "yaml") return {yaml_text(base), ""};
  return {base.dump(2, ' ', false, Json::error_handler_t::replace) + "\n", ""};
}

}  // namespace meshsim::scenarios
