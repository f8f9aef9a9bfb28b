#pragma once
// Suppression: findings that somebody has looked at and accepts. Three ways: a flag (`CODE`, or `CODE=OBJECT` where
// OBJECT is "Kind ns/name" with * as a wildcard; CODE may be an alias such as IST0171), an annotation of the object
// (meshsim/lint-suppress or Istio's galley.istio.io/analyze-suppress: codes separated by commas, or *), and a baseline
// file that lists findings one by one.
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/lint/lint.h"

namespace meshsim::scenarios {

// Marks findings; returns entries that matched nothing (of flags and of the baseline).
std::vector<std::string> suppress(std::vector<LintFinding>& findings, const models::Mesh& mesh,
                                  const LintOptions& options);
// A baseline of these findings (those that an annotation suppresses are left out): JSON, one finding a line.
std::string baseline_text(const std::vector<LintFinding>& findings);
// Why this text is no baseline, or empty.
std::string baseline_problem(std::string_view text);

// Shell-like: * stands for anything.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace meshsim::scenarios
