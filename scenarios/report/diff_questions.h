#pragma once
// The flows that diff asks where the scenarios have none (internal to scenarios/report).
#include <map>
#include <string>
#include <vector>

#include "scenarios/lint/lint_context.h"

namespace meshsim::scenarios {

// Requests by the host of the Service, from the policies of both sides.
using DiffRequests = std::map<std::string, std::vector<models::Request>>;
DiffRequests diff_requests(const LintContext& before, const LintContext& after);
std::vector<models::Flow> diff_questions(const LintContext& side, const DiffRequests& requests);

}  // namespace meshsim::scenarios
