#pragma once
// Kinds that the real systems no longer read. They are kept as objects, but nobody evaluates them, and users must hear
// it.
#include <optional>
#include <string>
#include <string_view>

namespace meshsim::scenarios {

// What to tell about a kind that was retired, or nullopt.
std::optional<std::string> retirement(std::string_view api_group, std::string_view kind);

}  // namespace meshsim::scenarios
