#pragma once
// lint: everything the files show to be wrong, from reading to the ways of flows, as findings with stable codes.
#include <string>
#include <vector>

#include "scenarios/lint/lint_rule.h"
#include "scenarios/run/run.h"

namespace meshsim::scenarios {

struct LintOptions {
  std::vector<std::string> suppress;  // CODE or CODE=OBJECT, see suppression.h
  std::string baseline;               // text of a baseline file; empty: none
  std::vector<std::string> only;      // codes or aliases; empty: all
};

struct LintResult {
  std::vector<LintFinding> findings;  // by file, line, code; suppressed ones included
  std::vector<std::string> problems;  // of suppressions: entries that match nothing any more
  std::size_t rules = 0;              // that were looked for
  std::size_t objects = 0;            // that were looked at

  std::size_t count(models::Severity severity) const;  // without suppressed ones
  std::size_t suppressed() const;
};

LintResult lint(const Loaded& loaded, const LintOptions& options);

}  // namespace meshsim::scenarios
