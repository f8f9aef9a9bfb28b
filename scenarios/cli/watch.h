#pragma once
// --watch: runs a command again whenever its input changes: every file, folder and pattern that the last run looked at
// (ReadLog), wherever it lies. Changes are awaited until the files have been quiet for a moment, and what was only
// touched is not run again. `test` runs only the test files again of which an input changed. When the new input is not
// understood, the last good result stays on the screen beside the findings. Polls (no file system notifies through
// every kind of mount).
#include <functional>
#include <string>
#include <vector>

#include "scenarios/cli/options.h"
#include "scenarios/expect/test_run.h"
#include "scenarios/read/read_log.h"

namespace meshsim::scenarios {

// What a watched command keeps from run to run.
struct WatchMemory {
  ReadLog log;  // of the last run
  TestMemory tests;
};

using Command = int (*)(const Options& options, const Streams& streams);

// For commands: what this result was made of, where somebody watches.
void remember(const Options& options, const Scenario& scenario);

// Runs until the process is stopped, or `runs` times (for tests; 0: no limit). The last exit code.
int watch(Command command, const Options& options, const Streams& streams, unsigned runs);

}  // namespace meshsim::scenarios
