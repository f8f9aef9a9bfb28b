#include "scenarios/read/input_text.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "scenarios/read/text_check.h"

namespace meshsim::scenarios {

using models::Severity;

namespace {

constexpr std::size_t kBlock = 1 << 20;

void too_large(const std::string& shown, const ReadLimits& limits, models::Diagnostics& out) {
  out.push_back({Severity::Error,
                 "MSH0002",
                 "",
                 shown,
                 {},
                 fmt::format("the input is larger than {} (limit file size); nothing of it was read",
                             limits.file_bytes % (1 << 20) == 0 ? fmt::format("{} MB", limits.file_bytes >> 20)
                                                                : fmt::format("{} bytes", limits.file_bytes))});
}

}  // namespace

std::optional<std::string> read_stream_text(std::istream& stream, const std::string& shown, const ReadLimits& wanted,
                                            models::Diagnostics& diagnostics) {
  const ReadLimits limits = wanted.clamped();
  std::string text;
  while (stream) {
    const std::size_t before = text.size();
    if (before > limits.file_bytes) {
      too_large(shown, limits, diagnostics);
      return std::nullopt;
    }
    // Doubling would hold three times the text at the end; memory that is reserved and never touched costs nothing.
    if (before >= 16 * kBlock && text.capacity() < limits.file_bytes) text.reserve(limits.file_bytes + kBlock + 1);
    text.resize(before + kBlock);
    stream.read(text.data() + before, static_cast<std::streamsize>(kBlock));
    text.resize(before + static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
    const std::string_view block = std::string_view(text).substr(before);
    if (before == 0 || block.find('\0') != std::string_view::npos) {
      if (const auto fault = not_text(text)) {
        diagnostics.push_back(
            {Severity::Error, "MSH0003", "", shown, LineCounter(text).position_of(fault->offset), fault->message});
        return std::nullopt;
      }
    }
  }
  if (stream.bad()) {
    diagnostics.push_back({Severity::Error, "MSH0001", "", shown, {}, "reading failed before the end of the input"});
    return std::nullopt;
  }
  return text;
}

std::optional<std::string> read_file_text(const std::filesystem::path& path, const std::string& shown,
                                          const ReadLimits& wanted, models::Diagnostics& diagnostics) {
  const ReadLimits limits = wanted.clamped();
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_regular_file(status) && std::filesystem::file_size(path, error) > limits.file_bytes &&
      !error) {
    too_large(shown, limits, diagnostics);
    return std::nullopt;
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(status)) {
    const int why = std::filesystem::is_directory(status) ? EISDIR : errno;
    diagnostics.push_back(
        {Severity::Error,
         "MSH0001",
         "",
         shown,
         {},
         std::string("cannot read this file: ") + (why != 0 ? std::strerror(why) : "unknown reason")});
    return std::nullopt;
  }
  return read_stream_text(file, shown, limits, diagnostics);
}

}  // namespace meshsim::scenarios
