#pragma once
// The type of a plain YAML scalar as kubectl sees it. kubectl reads YAML through sigs.k8s.io/yaml, which follows
// go-yaml v2 (goyaml.v2/resolve.go, v1.4): YAML 1.1 booleans (y, yes, on, ...), octal by leading zero, underscores in
// numbers. Timestamps stay strings, because the conversion to JSON leaves them as written.
#include <string>
#include <string_view>

#include "models/value/tree.h"

namespace meshsim::scenarios {

// Null, Bool, Int, Float or String for an unquoted, untagged scalar.
models::NodeKind plain_scalar_kind(std::string_view text);

// The key that a plain scalar of this kind becomes in the JSON that kubectl sends: `on: x` is sent as "true".
std::string json_key(models::NodeKind kind, std::string_view text);

}  // namespace meshsim::scenarios
