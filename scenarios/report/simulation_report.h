#pragma once
// Simulation reports: the `simulation` block of a result (design.md section 6) and tables for people. The block holds
// everything, histograms included, so that results of single replications can be read again and merged.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/simulation/capacity.h"
#include "models/simulation/result.h"
#include "scenarios/report/report.h"

namespace meshsim::scenarios {

std::string simulation_table(const models::SimulationResult& result, const models::Capacity* capacity, bool wide,
                             const ReportOptions& options);

// Whole documents of `meshsim run -o json` in, one document out: the same bytes as one run of all replications.
struct Merged {
  std::string document;  // empty: `problem` says why
  std::string problem;
};
struct NamedText {
  std::string name, text;
};
Merged merge_documents(const std::vector<NamedText>& documents, std::string_view format);

}  // namespace meshsim::scenarios
