#pragma once
// Input out of a git repository: `REV:path` names a file or folder as it was in a revision. What it needs is checked
// out into a folder of its own, which is removed again; neither the work tree nor the index of the repository is
// touched.
#include <filesystem>
#include <optional>
#include <string>

#include "scenarios/run/run.h"

namespace meshsim::scenarios {

// A folder that lives as long as this value.
class GitCheckout {
 public:
  // nullopt: `argument` has not the form REV:path, or names a file that exists. `problem` is set when it has the form
  // and git cannot give it.
  static std::optional<GitCheckout> open(const std::string& argument, std::string& problem);
  ~GitCheckout();
  GitCheckout(GitCheckout&& other) noexcept;
  GitCheckout& operator=(GitCheckout&&) = delete;

  std::string path() const;  // what to read
  // Places below the folder are shown as REV:path.
  void rename(models::Diagnostics& diagnostics) const;

 private:
  GitCheckout() = default;
  std::filesystem::path folder_;
  std::string revision_, path_;
};

// load() for one argument that may be REV:path.
Loaded load_revision(const std::string& argument, const ReadOptions& options);

}  // namespace meshsim::scenarios
