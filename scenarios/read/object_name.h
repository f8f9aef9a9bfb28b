#pragma once
// Names of objects as people type them for kubectl: "deployment/reviews-v1", "bookinfo/deploy/reviews-v1",
// "ns/bookinfo".
#include <optional>
#include <string>
#include <string_view>

#include "scenarios/read/scenario.h"

namespace meshsim::scenarios {

// "Deployment" for deployment, Deployments, deploy; the text itself with a capital letter for a kind that is not in the
// table.
std::string kind_of_word(std::string_view word);

// "kind/name" (namespace "default") or "ns/kind/name"; cluster-scoped kinds keep no namespace.
std::optional<ObjectName> parse_object_name(std::string_view text);

bool matches(const ObjectName& name, const models::Object& object);

}  // namespace meshsim::scenarios
