#pragma once
// OutputFiles: the files of one export. Everything streams into temporary names beside the final ones and gets its
// final name in commit(), after all of it was written: a run that is cut off leaves nothing half under a final name.
// Memory is bounded: a file holds at most one buffer, and files are open only while a buffer is written.
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshsim::scenarios {

class OutputFiles;

class OutputFile {
 public:
  void write(std::string_view bytes);
  const std::string& name() const { return name_; }

 private:
  friend class OutputFiles;
  OutputFile(OutputFiles& owner, std::string name, std::string temporary)
      : owner_(owner), name_(std::move(name)), temporary_(std::move(temporary)) {}
  bool flush();

  OutputFiles& owner_;
  std::string name_, temporary_, buffer_;
  bool started_ = false;
};

class OutputFiles {
 public:
  explicit OutputFiles(std::string folder);
  ~OutputFiles();  // without commit(): removes what was written
  OutputFiles(const OutputFiles&) = delete;
  OutputFiles& operator=(const OutputFiles&) = delete;

  // The file of this name below the folder; folders in the name are made. The same name gives the same file.
  OutputFile& file(const std::string& name);
  // Gives every file its final name. An error text, or nullopt. Afterwards the object is empty.
  std::optional<std::string> commit();
  std::vector<std::string> names() const;  // sorted

 private:
  friend class OutputFile;
  void fail(const std::string& what);

  std::string folder_;
  std::map<std::string, std::unique_ptr<OutputFile>> files_;
  std::string error_;
};

// A name without characters that file systems or shells mind: "reads reviews (PO-150)" -> "reads-reviews-po-150".
std::string file_name_of(std::string_view text);

}  // namespace meshsim::scenarios
