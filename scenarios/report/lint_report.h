#pragma once
// Reports of a lint run, one function per format; the registry is the list that the command line offers. None holds a
// time, so that the same input gives the same bytes.
#include <span>
#include <string>
#include <string_view>

#include "scenarios/lint/lint.h"

namespace meshsim::scenarios {

struct LintReportOptions {
  bool colour = false;
  bool show_flow = false;                            // with each finding the flow that shows it
  models::Severity lowest = models::Severity::Info;  // findings below it are left out
};

struct LintFormat {
  std::string_view name, extension;
  std::string (*render)(const LintResult& result, const LintReportOptions& options);
};
std::span<const LintFormat> lint_formats();  // table, json, sarif, junit, github
const LintFormat* find_lint_format(std::string_view name);

std::string lint_table(const LintResult& result, const LintReportOptions& options);
std::string lint_json(const LintResult& result, const LintReportOptions& options);
std::string lint_sarif(const LintResult& result, const LintReportOptions& options);  // SARIF 2.1.0
std::string lint_junit(const LintResult& result, const LintReportOptions& options);  // one test case per rule
std::string lint_github(const LintResult& result, const LintReportOptions& options);

// "3 errors, 2 warnings, 1 note (4 suppressed)"
std::string lint_summary(const LintResult& result);

}  // namespace meshsim::scenarios
