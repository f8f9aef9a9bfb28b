// merge: documents of runs that differ in nothing but their replications become one.
#include "scenarios/report/json_value.h"
#include "scenarios/report/simulation_json.h"
#include "scenarios/report/simulation_report.h"

namespace meshsim::scenarios {

Merged merge_documents(const std::vector<NamedText>& documents, std::string_view format) {
  using Json = nlohmann::ordered_json;
  Json base, capacity;
  models::SimulationResult sum;
  for (const NamedText& document : documents) {
    Json value = Json::parse(document.text, nullptr, false);
    if (!value.is_object() || value.value("kind", "") != "Run" || !value.contains("simulation"))
      return {"", document.name + " is no result of `meshsim run -o json` with a simulation"};
    const auto one = simulation_of(value["simulation"]);
    if (!one) return {"", document.name + ": its simulation block is damaged"};
    const Json its_capacity = value["simulation"]["capacity"];
    value.erase("simulation");
    if (base.is_null()) {
      base = std::move(value);
      capacity = its_capacity;
    } else if (value != base || its_capacity != capacity) {
      return {"", document.name + " is a run of something else than " + documents.front().name};
    }
    if (const auto problem = models::merge(sum, *one)) return {"", document.name + ": " + *problem};
  }
  base["simulation"] = simulation_value(sum, nullptr);
  base["simulation"]["capacity"] = std::move(capacity);
  if (format == "yaml") return {yaml_text(base), ""};
  return {base.dump(2, ' ', false, Json::error_handler_t::replace) + "\n", ""};
}

}  // namespace meshsim::scenarios
