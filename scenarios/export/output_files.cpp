#include "scenarios/export/output_files.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <unistd.h>

namespace meshsim::scenarios {

namespace {
constexpr std::size_t kBuffer = 1 << 16;
}

void OutputFile::write(std::string_view bytes) {
  if (!owner_.error_.empty()) return;
  buffer_.append(bytes);
  if (buffer_.size() >= kBuffer) flush();
}

bool OutputFile::flush() {
  std::FILE* file = std::fopen(temporary_.c_str(), started_ ? "ab" : "wb");
  if (file == nullptr) {
    owner_.fail("cannot write " + temporary_ + ": " + std::strerror(errno));
    return false;
  }
  started_ = true;
  bool written = buffer_.empty() || std::fwrite(buffer_.data(), 1, buffer_.size(), file) == buffer_.size();
  const int why = errno;
  written = std::fclose(file) == 0 && written;
  if (!written) owner_.fail("cannot write " + temporary_ + ": " + std::strerror(why));
  buffer_.clear();
  if (buffer_.capacity() > 2 * kBuffer) buffer_.shrink_to_fit();
  return written;
}

OutputFiles::OutputFiles(std::string folder) : folder_(std::move(folder)) {}

OutputFiles::~OutputFiles() {
  std::error_code ignored;
  for (const auto& [name, file] : files_)
    if (file->started_) std::filesystem::remove(file->temporary_, ignored);
}

void OutputFiles::fail(const std::string& what) {
  if (error_.empty()) error_ = what;
}

OutputFile& OutputFiles::file(const std::string& name) {
  auto& slot = files_[name];
  if (!slot) {
    const std::filesystem::path path = std::filesystem::path(folder_) / name;
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) fail("cannot make the folder " + path.parent_path().string() + ": " + error.message());
    const std::string temporary = path.string() + ".meshsim-" + std::to_string(::getpid());
    slot.reset(new OutputFile(*this, name, temporary));
  }
  return *slot;
}

std::optional<std::string> OutputFiles::commit() {
  for (const auto& [name, file] : files_)
    if (error_.empty()) file->flush();
  for (const auto& [name, file] : files_) {
    if (!error_.empty()) break;
    const std::string path = (std::filesystem::path(folder_) / name).string();
    if (std::rename(file->temporary_.c_str(), path.c_str()) != 0)
      fail("cannot write " + path + ": " + std::strerror(errno));
    else
      file->started_ = false;
  }
  if (!error_.empty()) return error_;
  files_.clear();
  return std::nullopt;
}

std::vector<std::string> OutputFiles::names() const {
  std::vector<std::string> out;
  for (const auto& [name, file] : files_) out.push_back(name);
  return out;
}

std::string file_name_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
    const bool capital = c >= 'A' && c <= 'Z';
    if (plain || capital)
      out += capital ? static_cast<char>(c - 'A' + 'a') : c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
    if (out.size() >= 80) break;
  }
  while (!out.empty() && (out.back() == '-' || out.back() == '.')) out.pop_back();
  while (!out.empty() && (out.front() == '-' || out.front() == '.')) out.erase(out.begin());
  return out.empty() ? "flow" : out;
}

}  // namespace meshsim::scenarios
