#pragma once
// ReadLog: the files, folders and patterns that a result was made of, and how they were then, so that --watch knows
// when to read again and what.
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>

namespace meshsim::scenarios {

struct Scenario;

// Size, time and inode of a file, by its name; of a folder, of every YAML and JSON file below it; of a pattern, of
// those below the folder before the pattern. What is not there has the stamp "-".
using FileStamps = std::map<std::string, std::string>;
void add_stamps(const std::filesystem::path& input, FileStamps& out);

class ReadLog {
 public:
  // Any thread.
  void add(const std::filesystem::path& input);
  // The document and what it names: manifests, events of the timeline, traces.
  void add(const Scenario& scenario);
  void add(const ReadLog& other);
  void clear();
  // Something is not as it was when it was added.
  bool changed() const;
  // Something was written since this moment, by the file system's clock.
  bool written_since(std::filesystem::file_time_type moment) const;
  FileStamps now() const;  // of everything that was looked at
  // Changes when the contents do; what was only touched is the same.
  std::string contents() const;

 private:
  mutable std::mutex mutex_;
  std::set<std::string> inputs_;
  FileStamps then_;
};

}  // namespace meshsim::scenarios
