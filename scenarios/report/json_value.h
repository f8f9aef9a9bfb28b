#pragma once
// JSON values of reports, for the few files that combine them (internal to scenarios: nlohmann/json is heavy to
// compile).
#include <string>

#include <nlohmann/json.hpp>

#include "scenarios/report/report.h"

namespace meshsim::scenarios {

nlohmann::ordered_json run_value(const RunResult& run, const ReportOptions& options);
nlohmann::ordered_json diagnostics_value(const models::Diagnostics& list);
nlohmann::ordered_json flow_value(const models::Flow& flow);

// Block-style YAML of a JSON value; strings are quoted wherever a YAML 1.1 reader could take them for something else.
std::string yaml_text(const nlohmann::ordered_json& value);

}  // namespace meshsim::scenarios
