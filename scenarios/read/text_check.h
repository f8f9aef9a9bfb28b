#pragma once
// Questions about raw text that are answered before any parser sees it: is it text at all, where do documents start, on
// which line is a byte. libyaml reads ahead, so its own word on encoding faults comes too early and without a line.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "models/value/tree.h"

namespace meshsim::scenarios {

// Why the whole file is not text ("gzip data", "UTF-16 text", a NUL byte), if it is not.
struct NotText {
  std::string message;
  std::size_t offset = 0;
};
std::optional<NotText> not_text(std::string_view text);

// The first byte at or after `from` that YAML does not allow: invalid UTF-8 or a control character.
struct TextFault {
  std::size_t offset = 0;
  std::string message;
};
std::optional<TextFault> find_text_fault(std::string_view text, std::size_t from);
// The same for invalid UTF-8 only (JSON has its own opinion on control characters).
std::optional<TextFault> find_utf8_fault(std::string_view text, std::size_t from);

// Length of the UTF-8 sequence at `at` (1..4), or 0 if it is not valid there.
std::size_t utf8_length(std::string_view text, std::size_t at);

// Offset of the next (previous) line that separates YAML documents: `---` and then blank or end of line. npos if none.
std::size_t next_separator(std::string_view text, std::size_t from);
std::size_t previous_separator(std::string_view text, std::size_t before, std::size_t from);

// Counts lines the way libyaml does (CR, LF, CRLF, NEL, LS and PS end a line), moving forward only.
class LineCounter {
 public:
  explicit LineCounter(std::string_view text, std::size_t offset = 0, std::uint32_t line = 1)
      : text_(text), offset_(offset), line_start_(offset), line_(line) {}
  models::Position position_of(std::size_t offset);  // 1-based; the column counts characters
  std::size_t offset_of_line(std::uint32_t line);    // text.size() if there are fewer lines

 private:
  std::size_t break_length(std::size_t at) const;
  std::string_view text_;
  std::size_t offset_ = 0, line_start_ = 0;
  std::uint32_t line_ = 1;
};

}  // namespace meshsim::scenarios
