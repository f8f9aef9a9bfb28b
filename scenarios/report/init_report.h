#pragma once
// init: a first test file from manifests or a scenario: all present verdicts as expectations.
#include <string>
#include <vector>

#include "scenarios/run/run.h"

namespace meshsim::scenarios {

// A MeshTest file as YAML. `paths` are written as its manifests when there is no scenario; they are relative to where
// the file will lie.
std::string first_test_file(const Loaded& loaded, const std::vector<std::string>& paths, unsigned threads);

}  // namespace meshsim::scenarios
