#include "scenarios/read/manifest_files.h"

#include <algorithm>
#include <map>

#include <fnmatch.h>
#include <glob.h>

namespace meshsim::scenarios {

namespace fs = std::filesystem;
using models::Severity;

namespace {

bool is_manifest_name(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with("."); }

class FileFinder {
 public:
  FileFinder(const fs::path& base, models::Diagnostics& diagnostics) : base_(base), diagnostics_(diagnostics) {}

  void add(const std::string& input);
  std::vector<ManifestFile> sorted();

 private:
  void add_file(const fs::path& path, bool named);
  // Every regular file below `folder` that `wanted` admits. Sorting comes later.
  template <class Wanted>
  std::size_t walk(const fs::path& folder, const Wanted& wanted);
  std::size_t match(const std::string& pattern);
  void fail(const fs::path& path, const std::string& message) {
    diagnostics_.push_back({Severity::Error, "MSH0001", "", path.generic_string(), {}, message});
  }

  const fs::path& base_;
  models::Diagnostics& diagnostics_;
  std::map<std::string, ManifestFile> files_;  // by identity on disk
};

void FileFinder::add_file(const fs::path& path, bool named) {
  std::error_code error;
  const fs::path canonical = fs::weakly_canonical(path, error);
  ManifestFile file{path, path.lexically_normal().generic_string(), named};
  const auto [it, is_new] = files_.emplace(error ? file.shown : canonical.generic_string(), file);
  if (is_new) return;
  it->second.named = it->second.named || named;
  if (file.shown < it->second.shown) {
    it->second.shown = file.shown;
    it->second.path = file.path;
  }
}

template <class Wanted>
std::size_t FileFinder::walk(const fs::path& folder, const Wanted& wanted) {
  std::size_t found = 0;
  std::error_code error;
  fs::directory_iterator it(folder, error);
  if (error) fail(folder, "cannot read this folder: " + error.message());
  for (const fs::directory_iterator end; !error && it != end; it.increment(error)) {
    const fs::path path = it->path();
    std::error_code ignored;
    if (is_hidden(path)) continue;
    if (it->is_directory(ignored)) {
      if (!it->is_symlink(ignored)) found += walk(path, wanted);
    } else if (wanted(path)) {
      add_file(path, false);
      ++found;
    }
  }
  return found;
}

std::size_t FileFinder::match(const std::string& pattern) {
  // POSIX glob knows no `**`: walk the folder before it and match the rest of each path.
  if (const auto stars = pattern.find("**"); stars != std::string::npos) {
    const auto slash = pattern.rfind('/', stars);
    const fs::path root = slash == std::string::npos ? fs::path(".") : fs::path(pattern.substr(0, slash + 1));
    std::error_code error;
    if (!fs::is_directory(root, error)) return 0;
    std::string tail = pattern.substr(stars + 2);
    if (tail.starts_with("/")) tail.erase(0, 1);
    const std::string middle =
        slash == std::string::npos ? pattern.substr(0, stars) : pattern.substr(slash + 1, stars - slash - 1);
    const std::string deep = middle + "*/" + tail, flat = middle + tail;
    return walk(root, [&](const fs::path& path) {
      const std::string relative = path.lexically_relative(root).generic_string();
      return fnmatch(deep.c_str(), relative.c_str(), 0) == 0 ||
             fnmatch(flat.c_str(), relative.c_str(), FNM_PATHNAME) == 0;
    });
  }
  glob_t found{};
  std::size_t count = 0;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
      const fs::path path(found.gl_pathv[i]);
      std::error_code error;
      if (fs::is_directory(path, error)) {
        count += walk(path, is_manifest_name);
      } else {
        add_file(path, false);
        ++count;
      }
    }
  }
  globfree(&found);
  return count;
}

void FileFinder::add(const std::string& input) {
  if (input == "-") {
    files_.emplace("-", ManifestFile{{}, "<stdin>", true});
    return;
  }
  const fs::path path = input.empty() ? fs::path() : base_ / input;
  std::error_code error;
  const auto status = fs::status(path, error);
  if (fs::is_directory(status)) {
    if (walk(path, is_manifest_name) == 0)
      fail(path.lexically_normal(), "this folder holds no *.yaml, *.yml or *.json file");
  } else if (fs::exists(status)) {
    add_file(path, true);
  } else if (input.find_first_of("*?[") != std::string::npos) {
    if (match(path.generic_string()) == 0) fail(path.lexically_normal(), "this pattern matches no file");
  } else {
    fail(path.lexically_normal(), error && error != std::errc::no_such_file_or_directory
                                      ? "cannot read this file: " + error.message()
                                      : "there is no such file or folder");
  }
}

std::vector<ManifestFile> FileFinder::sorted() {
  std::vector<ManifestFile> out;
  for (auto& [identity, file] : files_) out.push_back(std::move(file));
  // Standard input comes last: what is piped in is applied over what lies on disk.
  std::sort(out.begin(), out.end(), [](const ManifestFile& a, const ManifestFile& b) {
    return std::make_pair(a.path.empty(), a.shown) < std::make_pair(b.path.empty(), b.shown);
  });
  return out;
}

}  // namespace

std::vector<ManifestFile> find_manifest_files(const std::vector<std::string>& inputs, const fs::path& base,
                                              models::Diagnostics& diagnostics) {
  FileFinder finder(base, diagnostics);
  for (const std::string& input : inputs) finder.add(input);
  return finder.sorted();
}

}  // namespace meshsim::scenarios
