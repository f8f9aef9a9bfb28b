#pragma once
// RbacInterpreter: evaluates the RBAC filters of Istio's golden files the way Envoy does, straight from the YAML. It
// shares no code with models/policy: it is the other opinion.
#include <string>

#include "models/policy/policy_engine.h"

namespace meshsim::test {

struct RbacInput {
  const models::ConnectionView* connection = nullptr;
  const models::RequestView* request = nullptr;  // null: network filter
  models::Node payload;                          // JWT payload, Missing without a token
};

// One named policy of `rules.policies` or `shadowRules.policies`: any permission and any principal.
bool rbac_matches(models::Node policy, const RbacInput& input);

}  // namespace meshsim::test
