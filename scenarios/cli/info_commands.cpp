// profiles, schema, version.
#include <ostream>

#include "models/mesh/profile.h"
#include "scenarios/cli/options.h"
#include "scenarios/read/scenario.h"
#include "scenarios/report/json_value.h"
#include "scenarios/report/style.h"

namespace meshsim::scenarios {

int profiles_command(const Options& options, const Streams& streams) {
  const auto all = models::profiles();
  if (options.output == "json" || options.output == "yaml") {
    nlohmann::ordered_json out = nlohmann::ordered_json::array();
    for (const models::Profile& profile : all) {
      nlohmann::ordered_json values = nlohmann::ordered_json::object();
      for (const models::SwitchInfo& info : models::switches()) values[std::string(info.name)] = profile.*(info.field);
      out.push_back({{"name", profile.name}, {"istio", profile.istio_version}, {"switches", std::move(values)}});
    }
    streams.out << (options.output == "json" ? out.dump(2) + "\n" : yaml_text(out));
    return kFine;
  }
  if (options.output != "table")
    return usage_error(streams, "there is no output format " + options.output + " (table, json, yaml)");
  const Style style(false);
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> head = {"SWITCH", "RULE"};
  for (const models::Profile& profile : all) head.push_back(profile.name);
  head.emplace_back("MEANING");
  rows.push_back(head);
  for (const models::SwitchInfo& info : models::switches()) {
    std::vector<std::string> row = {std::string(info.name), std::string(info.rule)};
    for (const models::Profile& profile : all) row.emplace_back(profile.*(info.field) ? "yes" : "no");
    row.emplace_back(info.meaning);
    rows.push_back(std::move(row));
  }
  streams.out << columns(rows);
  return kFine;
}

int schema_command(const Options&, const Streams& streams) {
  streams.out << scenario_schema();
  return kFine;
}

int version_command(const Options&, const Streams& streams) {
  streams.out << "meshsim " MESHSIM_VERSION "\n";
  return kFine;
}

}  // namespace meshsim::scenarios
