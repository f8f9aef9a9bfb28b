#include "scenarios/read/scalar_kind.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace meshsim::scenarios {

using models::NodeKind;

namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <std::size_t N>
bool one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 11> kTrue = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                                    "True", "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 11> kFalse = {"n",     "N",     "no",  "No",  "NO", "false",
                                                     "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 5> kNull = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 12> kSpecialFloat = {".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",  ".INF",
                                                            "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"};

// Go's strconv.ParseInt(text, 0, 64) without regard to the range: integers beyond 64 bits are integers too.
bool is_go_integer(std::string_view text) {
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
  if (text.empty()) return false;
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char mark = static_cast<char>(text[1] | 0x20);
    base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 8;
    text.remove_prefix(mark == 'x' || mark == 'o' || mark == 'b' ? 2 : 1);
    if (text.empty()) return false;
  }
  return std::all_of(text.begin(), text.end(), [base](char c) {
    if (base == 16) return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
    return c >= '0' && c < '0' + base;
  });
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool is_go_float(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t first = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i - first;
  };
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  } else {
    if (digits() == 0) return false;
    if (i < text.size() && text[i] == '.') {
      ++i;
      digits();
    }
  }
  if (i < text.size() && (text[i] | 0x20) == 'e') {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

bool in_range(const std::string& digits) { return std::isfinite(std::strtod(digits.c_str(), nullptr)); }

}  // namespace

NodeKind plain_scalar_kind(std::string_view text) {
  if (text.empty()) return NodeKind::Null;
  const char c = text.front();
  if (is_digit(c) || c == '+' || c == '-' || c == '.') {
    if (one_of(text, kSpecialFloat)) return NodeKind::Float;
    // A leading dot allows no underscores: Go parses that branch as written.
    if (c == '.') return is_go_float(text) && in_range(std::string(text)) ? NodeKind::Float : NodeKind::String;
    std::string plain(text);
    std::erase(plain, '_');
    if (is_go_integer(plain)) return NodeKind::Int;
    return is_go_float(plain) && in_range(plain) ? NodeKind::Float : NodeKind::String;
  }
  if (text.size() > 5) return NodeKind::String;
  if (one_of(text, kTrue) || one_of(text, kFalse)) return NodeKind::Bool;
  return one_of(text, kNull) ? NodeKind::Null : NodeKind::String;
}

std::string json_key(NodeKind kind, std::string_view text) {
  models::TreeBuilder builder;
  builder.scalar(kind, text);
  const auto tree = builder.finish();
  if (kind == NodeKind::Bool) return tree->root().boolean().value_or(false) ? "true" : "false";
  if (kind == NodeKind::Int) {
    if (const auto value = tree->root().integer()) return std::to_string(*value);
  }
  if (kind == NodeKind::Float) {
    if (const auto value = tree->root().number()) return fmt::format("{}", *value);
  }
  return std::string(text);
}

}  // namespace meshsim::scenarios
