#pragma once
// ExpectationResult: how the outcomes of a flow compare with what a scenario expects of it.
#include <string>
#include <vector>

#include "models/verdict/outcome.h"

namespace meshsim::scenarios {

struct Expectation;

struct ExpectationFailure {
  std::string field;               // "httpStatus", "policies.AuthorizationPolicy bookinfo/viewer"
  std::string expected, actual;    // JSON literals: "\"allowed\"", "403", "null"
  std::size_t outcome = 0;         // the first outcome that differs
  models::Position position = {};  // of the expectation in its file
};

struct ExpectationResult {
  bool stated = false;  // the flow has an `expect`
  int passed = 0;       // fields that hold
  std::vector<ExpectationFailure> failed;
};

// Every field stated must hold in every outcome; metrics in the outcomes taken together. A latency can only be compared
// when traffic was simulated; until then it counts as failed, with the actual value null.
ExpectationResult compare(const Expectation& expected, const std::vector<models::Outcome>& outcomes);

// A string as a JSON literal.
std::string json_literal(std::string_view text);

}  // namespace meshsim::scenarios
