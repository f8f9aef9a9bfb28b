#pragma once
// Which files a list of inputs means: files as given, folders searched for *.yaml, *.yml and *.json (hidden names and
// folders behind symbolic links are left out, as `kubectl -R` leaves the latter), patterns with * ? [ ] and **, and
// "-". The answer is sorted and holds every file once, so nothing later depends on the order in which inputs were
// written.
#include <filesystem>
#include <string>
#include <vector>

#include "models/value/diagnostic.h"

namespace meshsim::scenarios {

struct ManifestFile {
  std::filesystem::path path;  // empty: standard input
  std::string shown;           // as reports name it
  bool named = true;           // written by the user, not found in a folder or by a pattern
};

// Inputs are relative to `base`. What does not exist or matches nothing is an error (MSH0001).
std::vector<ManifestFile> find_manifest_files(const std::vector<std::string>& inputs, const std::filesystem::path& base,
                                              models::Diagnostics& diagnostics);

}  // namespace meshsim::scenarios
