#include "models/route/string_match.h"

#include <algorithm>

#include <re2/re2.h>

namespace meshsim::models::route {
namespace {

char low(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same(char a, char b) { return low(a) == low(b); }

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), low);
  return out;
}

bool StringMatch::matches(std::string_view value) const {
  switch (kind) {
    case Kind::Present:
      return true;
    case Kind::Exact:
      return ignore_case ? equal_ignoring_case(value, text) : value == text;
    case Kind::Prefix:
      return ignore_case ? starts_with_ignoring_case(value, text) : value.starts_with(text);
    case Kind::Segment:
      return (ignore_case ? starts_with_ignoring_case(value, text) : value.starts_with(text)) &&
             (value.size() == text.size() || value[text.size()] == '/');
    case Kind::Regex:
      return regex && re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex);
    case Kind::Never:
      return false;
  }
  return false;
}

StringMatch StringMatch::exact(std::string text) {
  StringMatch out;
  out.kind = Kind::Exact;
  out.text = std::move(text);
  return out;
}

StringMatch StringMatch::expression(std::string text, bool ignore_case) {
  StringMatch out;
  out.text = std::move(text);
  out.ignore_case = ignore_case;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(!ignore_case);
  auto compiled = std::make_shared<const re2::RE2>(out.text, options);
  out.kind = compiled->ok() ? Kind::Regex : Kind::Never;
  if (compiled->ok()) out.regex = std::move(compiled);
  return out;
}

StringMatch StringMatch::read(Node node, bool ignore_case) {
  StringMatch out;
  out.ignore_case = ignore_case;
  if (node["exact"].is_scalar() && node["exact"].has_value()) {
    out.kind = Kind::Exact;
    out.text = std::string(node["exact"].text());
  } else if (node["prefix"].has_value()) {
    out.kind = Kind::Prefix;
    out.text = std::string(node["prefix"].text());
  } else if (node["regex"].has_value()) {
    // `*` is no RE2 expression; istiod turns it into a presence check.
    if (node["regex"].text() != "*") return expression(std::string(node["regex"].text()), ignore_case);
  }
  return out;
}

}  // namespace meshsim::models::route
