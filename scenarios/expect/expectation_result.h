#pragma once
// ExpectationResult: how the outcomes of a flow compare with what a scenario expects of it.
#include <string>
#include <vector>

#include "models/verdict/outcome.h"

namespace meshsim::scenarios {

struct Expectation;

struct ExpectationFailure {
  std::string field;             // "httpStatus", "policies.AuthorizationPolicy bookinfo/viewer"
  std::string expected, actual;  // JSON literals: "\"allowed\"", "403", "null"
};

struct ExpectationResult {
  bool stated = false;  // the flow has an `expect`
  int passed = 0;
  std::vector<ExpectationFailure> failed;
};

// Every field stated must hold in every outcome; metrics in the outcomes taken together.
ExpectationResult compare(const Expectation& expected, const std::vector<models::Outcome>& outcomes);

}  // namespace meshsim::scenarios
