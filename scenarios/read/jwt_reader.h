#pragma once
// JSON Web Tokens of a flow: described by claims, or given as the token itself, whose header and payload are decoded
// here. The signature is not looked at: whoever evaluates a policy with inline keys does that with `raw`.
#include <memory>
#include <string>

#include "models/flow/flow.h"
#include "scenarios/read/fields.h"

namespace meshsim::scenarios {

// `tree` owns the node. A string is a raw token; a mapping has issuer, subject, audiences, claims, valid,
// invalidReason, in, or raw in the place of the first four.
models::Jwt read_jwt(models::Node node, const std::shared_ptr<const models::Tree>& tree, const std::string& path,
                     ScenarioFindings& findings);

}  // namespace meshsim::scenarios
