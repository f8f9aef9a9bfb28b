#pragma once
// The known name that a misspelt one probably means.
#include <span>
#include <string>
#include <string_view>

namespace meshsim::scenarios {

// Empty if nothing is near: the same letters in another case or with separators, or at most a third of them wrong.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> known);
// "; did you mean \"method\"?", or nothing.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> known);

}  // namespace meshsim::scenarios
