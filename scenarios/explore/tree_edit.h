#pragma once
// Rewriting of value trees: a copy of a tree in which one place is different. Everything that is not touched keeps its
// position, so that findings still point into the user's file. Internal to scenarios/explore.
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/value/tree.h"

namespace meshsim::scenarios {

// Writes the new value of a place; `old` is Missing where there was none.
using ValueWriter = std::function<void(models::TreeBuilder&, models::Node old)>;

// A copy of the mapping `root` with the value at `path` written anew; mappings on the way are made if they are missing.
std::shared_ptr<const models::Tree> with_value(const models::Tree& tree, const std::vector<std::string>& path,
                                               const ValueWriter& write);

// The list `old`, each element handed to `element` (which writes something or nothing), then `more`.
void write_list(models::TreeBuilder& builder, models::Node old,
                const std::function<void(models::TreeBuilder&, models::Node, std::size_t)>& element,
                const std::function<void(models::TreeBuilder&)>& more = {});

// The value without its positions: text that was typed in, not read from a file.
void copy_without_positions(models::TreeBuilder& builder, models::Node node);

}  // namespace meshsim::scenarios
