#include "scenarios/read/text_check.h"

#include <array>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace meshsim::scenarios {

using models::Position;

namespace {

unsigned char byte(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kMagic = {{
    {std::string_view("\x1f\x8b", 2), "gzip data: unpack it first"},
    {std::string_view("PK\x03\x04", 4), "a zip archive: unpack it first"},
    {std::string_view("\x28\xb5\x2f\xfd", 4), "zstd data: unpack it first"},
    {std::string_view("\xfd"
                      "7zXZ",
                      5),
     "xz data: unpack it first"},
    {std::string_view("\x7f"
                      "ELF",
                      4),
     "a program (ELF)"},
    {std::string_view("\x89PNG", 4), "a PNG picture"},
    {std::string_view("%PDF-", 5), "a PDF document"},
    {std::string_view("\xff\xfe", 2), "UTF-16 text: save it as UTF-8"},
    {std::string_view("\xfe\xff", 2), "UTF-16 text: save it as UTF-8"},
}};

bool is_separator(std::string_view text, std::size_t at) {
  if (at != 0 && text[at - 1] != '\n' && text[at - 1] != '\r') return false;
  const std::size_t after = at + 3;
  return after >= text.size() || text[after] == ' ' || text[after] == '\t' || text[after] == '\n' ||
         text[after] == '\r';
}

// First byte at or after `from` that is not plain printable ASCII, tab or line break: eight bytes at a time.
std::size_t skip_plain(std::string_view text, std::size_t from) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ull, kHigh = 0x8080808080808080ull;
  while (from + 8 <= text.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + from, 8);
    const std::uint64_t below_space = (word - kOnes * 0x20) & ~word;
    const std::uint64_t is_delete = ((word ^ (kOnes * 0x7f)) - kOnes) & ~(word ^ (kOnes * 0x7f));
    if (((word | below_space | is_delete) & kHigh) == 0) {
      from += 8;
      continue;
    }
    for (std::size_t i = 0; i < 8; ++i, ++from) {
      const unsigned char c = byte(text, from);
      if (c >= 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r')) return from;
    }
  }
  for (; from < text.size(); ++from) {
    const unsigned char c = byte(text, from);
    if (c >= 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r')) return from;
  }
  return text.size();
}

std::uint32_t code_point(std::string_view text, std::size_t at, std::size_t length) {
  const unsigned char first = byte(text, at);
  if (length == 1) return first;
  std::uint32_t value = first & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) value = value << 6 | (byte(text, at + i) & 0x3fu);
  return value;
}

// Beyond ASCII, what libyaml's reader admits.
bool is_printable(std::uint32_t c) {
  return c == 0x85 || (c >= 0xa0 && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd) || c >= 0x10000;
}

}  // namespace

std::size_t utf8_length(std::string_view text, std::size_t at) {
  const unsigned char first = byte(text, at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(text, at + i) & 0xc0) != 0x80) return 0;
  const std::uint32_t value = code_point(text, at, length);
  if (length == 3 && (value < 0x800 || (value >= 0xd800 && value <= 0xdfff))) return 0;
  if (length == 4 && (value < 0x10000 || value > 0x10ffff)) return 0;
  return length;
}

std::optional<NotText> not_text(std::string_view text) {
  for (const auto& [magic, name] : kMagic)
    if (text.substr(0, magic.size()) == magic) return NotText{"this is " + std::string(name), 0};
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return NotText{fmt::format("this is binary data, not text: byte {} is NUL", nul + 1), nul};
  }
  return std::nullopt;
}

std::optional<TextFault> find_text_fault(std::string_view text, std::size_t from) {
  for (from = skip_plain(text, from); from < text.size(); from = skip_plain(text, from)) {
    const std::size_t length = utf8_length(text, from);
    if (length == 0) {
      return TextFault{from, fmt::format("byte 0x{:02X} is not UTF-8; save the file as UTF-8", byte(text, from))};
    }
    const std::uint32_t c = code_point(text, from, length);
    if (!is_printable(c)) {
      return TextFault{from,
                       fmt::format("control character U+{:04X} is not allowed in YAML; write it as an escape in a "
                                   "double-quoted string",
                                   c)};
    }
    from += length;
  }
  return std::nullopt;
}

std::optional<TextFault> find_utf8_fault(std::string_view text, std::size_t from) {
  while (from < text.size()) {
    const std::size_t length = utf8_length(text, from);
    if (length == 0) {
      return TextFault{from, fmt::format("byte 0x{:02X} is not UTF-8; save the file as UTF-8", byte(text, from))};
    }
    from += length;
  }
  return std::nullopt;
}

std::size_t next_separator(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find("---", from); at != std::string_view::npos; at = text.find("---", at + 1))
    if (is_separator(text, at)) return at;
  return std::string_view::npos;
}

std::size_t previous_separator(std::string_view text, std::size_t before, std::size_t from) {
  for (std::size_t at = text.rfind("---", before); at != std::string_view::npos && at >= from;
       at = at == 0 ? std::string_view::npos : text.rfind("---", at - 1))
    if (is_separator(text, at)) return at;
  return std::string_view::npos;
}

std::size_t LineCounter::break_length(std::size_t at) const {
  const unsigned char c = byte(text_, at);
  if (c == '\n') return 1;
  if (c == '\r') return at + 1 < text_.size() && text_[at + 1] == '\n' ? 2 : 1;
  if (c == 0xc2 && at + 1 < text_.size() && byte(text_, at + 1) == 0x85) return 2;
  if (c == 0xe2 && at + 2 < text_.size() && byte(text_, at + 1) == 0x80 && (byte(text_, at + 2) | 1) == 0xa9) return 3;
  return 0;
}

Position LineCounter::position_of(std::size_t offset) {
  while (offset_ < offset && offset_ < text_.size()) {
    if (const std::size_t length = break_length(offset_); length == 0) {
      ++offset_;
    } else if (offset_ + length > offset) {
      break;
    } else {
      offset_ += length;
      line_start_ = offset_;
      ++line_;
    }
  }
  std::uint32_t column = 1;
  for (std::size_t at = line_start_; at < offset && at < text_.size(); ++at)
    if ((byte(text_, at) & 0xc0) != 0x80) ++column;
  return {line_, column};
}

std::size_t LineCounter::offset_of_line(std::uint32_t line) {
  while (line_ < line && offset_ < text_.size()) {
    if (const std::size_t length = break_length(offset_); length == 0) {
      ++offset_;
    } else {
      offset_ += length;
      line_start_ = offset_;
      ++line_;
    }
  }
  return line_ < line ? text_.size() : line_start_;
}

}  // namespace meshsim::scenarios
