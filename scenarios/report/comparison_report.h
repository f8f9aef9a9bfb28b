#pragma once
// Reports of a comparison (scenarios/run/comparison.h): a table, Markdown, and the block `simulation` of a JSON diff.
// Differences whose 95 % interval excludes zero are marked: `*` in the table, bold in Markdown, `changed` in JSON.
#include <string>

#include "scenarios/run/comparison.h"

namespace meshsim::scenarios {

std::string comparison_table(const Comparison& comparison, bool colour);
std::string comparison_markdown(const Comparison& comparison);

}  // namespace meshsim::scenarios
