#pragma once
// Reports of coverage: a summary for people with what is left out, and LCOV records per line for editors and services.
#include <string>

#include "scenarios/expect/coverage.h"

namespace meshsim::scenarios {

std::string coverage_table(const Coverage& coverage, bool colour);
std::string coverage_markdown(const Coverage& coverage);
std::string coverage_lcov(const Coverage& coverage);  // DA per line of policies and routes

}  // namespace meshsim::scenarios
