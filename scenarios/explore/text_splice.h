#pragma once
// Splicing: a scenario that was changed, as the text it was read from with only the changed places written anew, so
// that comments, order and layout of everything else stay. Scalars are replaced where they stand, list items and
// top-level fields as a whole (comments inside such a piece are put above it), new ones are put behind the last.
// Where it stops: JSON and other flow style beyond scalars, and several changes within one flow list, are not spliced.
// The result is read again and compared before it is believed. Internal to scenarios/explore.
#include <optional>
#include <string>
#include <string_view>

#include "models/value/tree.h"

namespace meshsim::scenarios {

// `text` is what `was` was read from. nullopt: it cannot be done; the caller writes the whole scenario anew.
std::optional<std::string> spliced(std::string_view text, const models::Tree& was, const models::Tree& now);

// Whether a YAML text has comments that writing it anew would lose.
bool has_comments(std::string_view text);

}  // namespace meshsim::scenarios
