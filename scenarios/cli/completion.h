#pragma once
// Completion scripts for bash, zsh and fish, made from the table of commands and options.
#include <string>
#include <utility>
#include <vector>

namespace meshsim::scenarios {

struct CompletionCommand {
  std::string name, text;
  std::string files;                                         // what it takes besides options, for the manual
  std::vector<std::pair<std::string, std::string>> options;  // --name, text
};

std::string completion_script(const std::string& shell, const std::vector<CompletionCommand>& commands);

}  // namespace meshsim::scenarios
