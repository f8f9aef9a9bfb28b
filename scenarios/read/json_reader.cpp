#include "scenarios/read/json_reader.h"

#include <fmt/format.h>

#include "scenarios/read/text_check.h"

namespace meshsim::scenarios {

using models::NodeKind;
using models::Position;

namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t b) { out += static_cast<char>(b); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xc0 | c >> 6);
  } else {
    if (c < 0x10000) {
      put(0xe0 | c >> 12);
    } else {
      put(0xf0 | c >> 18);
      put(0x80 | (c >> 12 & 0x3f));
    }
    put(0x80 | (c >> 6 & 0x3f));
  }
  put(0x80 | (c & 0x3f));
}

}  // namespace

bool JsonReader::fail(std::string message) {
  problem_ = {"MSH0004", here(), std::move(message)};
  return false;
}

bool JsonReader::forward(DocumentBuilder& builder, bool ok) {
  if (!ok) problem_ = builder.problem();
  return ok;
}

void JsonReader::skip_blank() {
  for (; !at_end(); ++offset_) {
    const char c = text_[offset_];
    if (c == ' ' || c == '\t') {
      ++column_;
    } else if (c == '\n' || c == '\r') {
      if (c == '\r' && offset_ + 1 < text_.size() && text_[offset_ + 1] == '\n') ++offset_;
      ++line_;
      column_ = 1;
    } else {
      return;
    }
  }
}

bool JsonReader::read_all(std::vector<std::shared_ptr<const models::Tree>>& trees) {
  for (skip_blank(); !at_end(); skip_blank()) {
    if (!read_document()) return false;
    if (tree_) trees.push_back(std::move(tree_));
  }
  return true;
}

bool JsonReader::read_document() {
  DocumentBuilder builder(limits_, findings_);
  std::vector<char> open;
  if (!read_value(builder, open)) return false;
  tree_ = builder.finish();
  return true;
}

// One value with everything in it, without recursion: `open` holds the brackets that wait for their partner.
bool JsonReader::read_value(DocumentBuilder& builder, std::vector<char>& open) {
  do {
    skip_blank();
    const Position at = here();
    bool complete = true;
    if (peek() == '{' || peek() == '[') {
      const char opened = peek();
      if (!forward(builder, builder.begin(opened == '{' ? NodeKind::Mapping : NodeKind::Sequence, at))) return false;
      take(1);
      skip_blank();
      if (peek() == (opened == '{' ? '}' : ']')) {
        take(1);
        if (!forward(builder, builder.end())) return false;
      } else {
        open.push_back(opened);
        complete = false;
      }
    } else if (!read_scalar(builder)) {
      return false;
    }
    // After a complete value: a comma, or the ends of the collections around it.
    while (complete && !open.empty()) {
      skip_blank();
      if (peek() == ',') {
        take(1);
        skip_blank();
        break;
      }
      if (peek() != (open.back() == '{' ? '}' : ']'))
        return fail(open.back() == '{' ? "expected ',' or '}' in a JSON object"
                                       : "expected ',' or ']' in a JSON array");
      take(1);
      open.pop_back();
      if (!forward(builder, builder.end())) return false;
    }
    if (!open.empty() && open.back() == '{') {
      const Position key_at = here();
      if (peek() != '"') return fail("expected a key in double quotes in a JSON object");
      if (!read_string() || !forward(builder, builder.scalar(NodeKind::String, scratch_, key_at))) return false;
      skip_blank();
      if (peek() != ':') return fail("expected ':' after the key of a JSON object");
      take(1);
    }
  } while (!open.empty());
  return true;
}

bool JsonReader::read_scalar(DocumentBuilder& builder) {
  const Position at = here();
  const char c = peek();
  if (c == '"') return read_string() && forward(builder, builder.scalar(NodeKind::String, scratch_, at));
  if (c == '-' || is_digit(c)) return read_number(builder);
  for (const std::string_view word : {"true", "false", "null"}) {
    if (text_.substr(offset_, word.size()) != word) continue;
    take(word.size());
    return forward(builder, builder.scalar(word == "null" ? NodeKind::Null : NodeKind::Bool, word, at));
  }
  return fail(at_end() ? "the JSON text ends where a value is expected" : "expected a JSON value");
}

bool JsonReader::read_number(DocumentBuilder& builder) {
  const Position at = here();
  std::size_t end = offset_;
  const auto more = [&](auto test) { return end < text_.size() && test(text_[end]); };
  const auto digits = [&] {
    const std::size_t first = end;
    while (more(is_digit)) ++end;
    return end != first;
  };
  if (text_[end] == '-') ++end;
  const bool leading_zero = more([](char c) { return c == '0'; });
  const std::size_t first = end;
  NodeKind kind = NodeKind::Int;
  bool ok = digits() && !(leading_zero && end - first > 1);
  if (ok && more([](char c) { return c == '.'; })) {
    ++end;
    kind = NodeKind::Float;
    ok = digits();
  }
  if (ok && more([](char c) { return c == 'e' || c == 'E'; })) {
    ++end;
    kind = NodeKind::Float;
    if (more([](char c) { return c == '+' || c == '-'; })) ++end;
    ok = digits();
  }
  if (!ok) return fail("this is not a JSON number");
  const std::string_view number = text_.substr(offset_, end - offset_);
  take(number.size());
  return forward(builder, builder.scalar(kind, number, at));
}

bool JsonReader::read_string() {
  const Position at = here();
  scratch_.clear();
  take(1);
  while (!at_end()) {
    // The plain stretch up to the next byte that needs a decision.
    std::size_t end = offset_;
    std::uint32_t characters = 0;
    while (end < text_.size() && text_[end] != '"' && text_[end] != '\\' &&
           static_cast<unsigned char>(text_[end]) >= 0x20) {
      if ((static_cast<unsigned char>(text_[end]) & 0xc0) != 0x80) ++characters;
      ++end;
    }
    scratch_.append(text_.substr(offset_, end - offset_));
    offset_ = end;
    column_ += characters;
    if (at_end()) break;
    if (peek() == '"') {
      take(1);
      return true;
    }
    if (peek() == '\n' || peek() == '\r') {
      return fail(
          fmt::format("the JSON string that starts at {}:{} has no closing quote in its line", at.line, at.column));
    }
    if (peek() != '\\') {
      return fail(fmt::format("control character U+{:04X} inside a JSON string; write it as an escape",
                              static_cast<unsigned>(peek())));
    }
    if (!read_escape()) return false;
  }
  return fail(fmt::format("the JSON string that starts at {}:{} has no closing quote", at.line, at.column));
}

bool JsonReader::read_hex(std::uint32_t& value) {
  if (offset_ + 6 > text_.size()) return fail("\\u needs four hexadecimal digits");
  value = 0;
  for (std::size_t i = 2; i < 6; ++i) {
    const char c = text_[offset_ + i];
    const char lower = static_cast<char>(c | 0x20);
    if (!is_digit(c) && (lower < 'a' || lower > 'f')) return fail("\\u needs four hexadecimal digits");
    value = value * 16 + static_cast<std::uint32_t>(is_digit(c) ? c - '0' : lower - 'a' + 10);
  }
  return true;
}

bool JsonReader::read_escape() {
  const char c = offset_ + 1 < text_.size() ? text_[offset_ + 1] : '\0';
  constexpr std::string_view kNames = "\"\\/bfnrt", kValues = "\"\\/\b\f\n\r\t";
  if (const auto at = kNames.find(c); c != '\0' && at != std::string_view::npos) {
    scratch_ += kValues[at];
    take(2);
    return true;
  }
  if (c != 'u') return fail("unknown escape in a JSON string");
  std::uint32_t value = 0;
  if (!read_hex(value)) return false;
  if (value >= 0xdc00 && value <= 0xdfff)
    return fail("\\u escape is the second half of a surrogate pair without the first");
  if (value >= 0xd800 && value <= 0xdbff) {
    std::uint32_t low = 0;
    take(6);
    if (text_.substr(offset_, 2) != "\\u" || !read_hex(low) || low < 0xdc00 || low > 0xdfff)
      return fail("the \\u escape before this is the first half of a surrogate pair without the second");
    value = 0x10000 + ((value - 0xd800) << 10) + (low - 0xdc00);
  }
  take(6);
  append_utf8(scratch_, value);
  return true;
}

}  // namespace meshsim::scenarios
