#pragma once
// --watch: runs a command again whenever its input changes. Changes are awaited until the files have been quiet for a
// moment, and what was only touched is not run again. When the new input is not understood, the last good result stays
// on the screen beside the findings. Polls (no file system notifies through every kind of mount); watched are the files
// given, and all YAML and JSON files of the folders given and of the folders that hold scenarios.
#include <functional>
#include <string>
#include <vector>

#include "scenarios/cli/options.h"

namespace meshsim::scenarios {

using Command = int (*)(const Options& options, const Streams& streams);

// Runs until the process is stopped, or `runs` times (for tests; 0: no limit). The last exit code.
int watch(Command command, const Options& options, const Streams& streams, unsigned runs);

// What the watched files hold now: changes exactly when one of them does.
std::string watched_state(const std::vector<std::string>& paths);

}  // namespace meshsim::scenarios
