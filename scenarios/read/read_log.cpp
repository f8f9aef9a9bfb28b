#include "scenarios/read/read_log.h"

#include <fstream>
#include <sstream>

#include <sys/stat.h>

#include "scenarios/read/scenario.h"

namespace meshsim::scenarios {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostFiles = 20'000;

bool is_manifest_name(const fs::path& path) {
  const auto end = path.extension();
  return end == ".yaml" || end == ".yml" || end == ".json";
}

std::string stamp_of(const std::string& path) {
  struct ::stat info {};
  if (::stat(path.c_str(), &info) != 0) return "-";
  return std::to_string(info.st_size) + ' ' + std::to_string(info.st_mtim.tv_sec) + '.' +
         std::to_string(info.st_mtim.tv_nsec) + ' ' + std::to_string(info.st_ino);
}

// "policies/*.yaml" -> "policies", "**/x" -> ".".
fs::path before_pattern(const std::string& text) {
  const auto slash = text.rfind('/', text.find_first_of("*?["));
  return slash == std::string::npos ? fs::path(".") : fs::path(text.substr(0, slash + 1));
}

}  // namespace

void add_stamps(const fs::path& input, FileStamps& out) {
  std::error_code error;
  fs::path folder = input;
  if (!fs::exists(input, error) && input.string().find_first_of("*?[") != std::string::npos)
    folder = before_pattern(input.string());
  if (!fs::is_directory(folder, error)) {
    out[input.string()] = stamp_of(input.string());
    return;
  }
  std::size_t most = kMostFiles;
  for (fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
       !error && it != end && most > 0; it.increment(error), --most)
    if (it->is_regular_file(error) && is_manifest_name(it->path()))
      out[it->path().string()] = stamp_of(it->path().string());
}

void ReadLog::add(const fs::path& input) {
  FileStamps stamps;
  add_stamps(input, stamps);
  const std::lock_guard lock(mutex_);
  inputs_.insert(input.string());
  then_.merge(stamps);  // the earlier look counts
}

void ReadLog::add(const ReadLog& other) {
  const std::scoped_lock lock(mutex_, other.mutex_);
  inputs_.insert(other.inputs_.begin(), other.inputs_.end());
  then_.insert(other.then_.begin(), other.then_.end());
}

void ReadLog::add(const Scenario& scenario) {
  if (scenario.file.empty() || scenario.file == "-") return;
  const fs::path file = scenario.file, folder = file.parent_path();
  add(file);
  const auto name = [&](models::Node list) {
    for (const models::Node one : list)
      if (one.is_string() && one.text() != "-") add(folder / one.text());
  };
  name(scenario.root["manifests"]);
  for (const models::Node event : scenario.root["timeline"])
    for (const char* verb : {"apply", "delete"}) {
      if (event[verb].is_string()) add(folder / event[verb].text());
      name(event[verb]);
    }
  for (const models::Node flow : scenario.root["flows"])
    if (flow["trace"].is_string()) add(folder / flow["trace"].text());
}

bool ReadLog::written_since(fs::file_time_type moment) const {
  for (const auto& [path, stamp] : now()) {
    std::error_code error;
    const auto time = fs::last_write_time(path, error);
    if (!error && time >= moment && time <= fs::file_time_type::clock::now()) return true;
  }
  return false;
}

void ReadLog::clear() {
  const std::lock_guard lock(mutex_);
  inputs_.clear();
  then_.clear();
}

FileStamps ReadLog::now() const {
  std::set<std::string> inputs;
  {
    const std::lock_guard lock(mutex_);
    inputs = inputs_;
  }
  FileStamps out;
  for (const std::string& input : inputs) add_stamps(input, out);
  return out;
}

bool ReadLog::changed() const {
  const FileStamps stamps = now();
  const std::lock_guard lock(mutex_);
  return stamps != then_;
}

std::string ReadLog::contents() const {
  std::uint64_t hash = 14695981039346656037ull;
  const auto take = [&](std::string_view text) {
    for (const unsigned char c : text) hash = (hash ^ c) * 1099511628211ull;
    hash = (hash ^ 0xff) * 1099511628211ull;
  };
  for (const auto& [path, stamp] : now()) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    take(path);
    take(text.str());
    take(stamp == "-" ? "gone" : "there");
  }
  return std::to_string(hash);
}

}  // namespace meshsim::scenarios
