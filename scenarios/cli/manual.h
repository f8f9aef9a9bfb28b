#pragma once
// Manual pages, made from the table of commands and options like the completion scripts.
#include <string>
#include <vector>

#include "scenarios/cli/completion.h"

namespace meshsim::scenarios {

// meshsim.1, or meshsim-<command>.1, in man(7) macros.
std::string manual_page(const std::vector<CompletionCommand>& commands);
std::string manual_page(const CompletionCommand& command);

}  // namespace meshsim::scenarios
