#include "models/policy/authorization/string_match.h"

#include <re2/re2.h>

namespace meshsim::models::policy {

namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal(std::string_view a, std::string_view b, bool ignore_case) {
  if (a.size() != b.size()) return false;
  if (!ignore_case) return a == b;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

std::shared_ptr<const re2::RE2> compile(const std::string& pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  // `.` of RE2 excludes the newline, as in Envoy; no value compared here can hold one.
  return std::make_shared<const re2::RE2>(pattern, options);
}

// Envoy's characters of a path segment (PO-036).
constexpr std::string_view kSegment = "a-zA-Z0-9-._~%!$&'()+,;:@";

}  // namespace

StringMatch StringMatch::exact(std::string_view text, bool ignore_case) {
  StringMatch out;
  out.text_ = text;
  out.ignore_case_ = ignore_case;
  return out;
}

StringMatch StringMatch::wildcard(std::string_view value, bool present_for_star, bool ignore_case) {
  StringMatch out;
  out.ignore_case_ = ignore_case;
  if (value == "*") {
    out.kind_ = present_for_star ? Kind::Present : Kind::NonEmpty;
  } else if (!value.empty() && value.front() == '*') {
    out.kind_ = Kind::Suffix;
    out.text_ = value.substr(1);
  } else if (!value.empty() && value.back() == '*') {
    out.kind_ = Kind::Prefix;
    out.text_ = value.substr(0, value.size() - 1);
  } else {
    out.text_ = value;
  }
  return out;
}

StringMatch StringMatch::prefix(std::string_view text) {
  StringMatch out;
  out.kind_ = Kind::Prefix;
  out.text_ = text;
  return out;
}

StringMatch StringMatch::contains(std::string_view text) {
  StringMatch out;
  out.kind_ = Kind::Contains;
  out.text_ = text;
  return out;
}

StringMatch StringMatch::bracketed(std::string_view head, std::string_view tail) {
  StringMatch out;
  out.kind_ = Kind::Bracketed;
  out.head_ = head;
  out.text_ = tail;
  return out;
}

StringMatch StringMatch::regex(const std::string& pattern) {
  StringMatch out;
  out.text_ = pattern;
  out.regex_ = compile(pattern);
  out.kind_ = out.regex_->ok() ? Kind::Regex : Kind::Unreadable;
  return out;
}

StringMatch StringMatch::path_template(std::string_view value) {
  std::string pattern;
  std::string literal;
  const auto flush = [&] {
    pattern += re2::RE2::QuoteMeta(literal);
    literal.clear();
  };
  for (std::size_t i = 0; i < value.size();) {
    if (value.substr(i, 4) == "{**}") {
      flush();
      pattern += '[' + std::string(kSegment) + "/]*";
      i += 4;
    } else if (value.substr(i, 3) == "{*}") {
      flush();
      pattern += '[' + std::string(kSegment) + "]+";
      i += 3;
    } else {
      literal += value[i++];
    }
  }
  flush();
  StringMatch out = regex(pattern);
  if (out.kind_ == Kind::Regex && value.ends_with("{**}/")) out.kind_ = Kind::Template;
  out.text_ = value;
  return out;
}

Tri StringMatch::matches(std::string_view value) const {
  switch (kind_) {
    case Kind::Exact:
      return tri(equal(value, text_, ignore_case_));
    case Kind::Prefix:
      return tri(value.size() >= text_.size() && equal(value.substr(0, text_.size()), text_, ignore_case_));
    case Kind::Suffix:
      return tri(value.size() >= text_.size() && equal(value.substr(value.size() - text_.size()), text_, ignore_case_));
    case Kind::NonEmpty:
      return tri(!value.empty());
    case Kind::Present:
      return Tri::Yes;
    case Kind::Contains:
      return tri(value.find(text_) != std::string_view::npos);
    case Kind::Bracketed:
      return tri(value.size() >= head_.size() + text_.size() && value.starts_with(head_) && value.ends_with(text_));
    case Kind::Regex:
      return tri(re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_));
    case Kind::Template: {
      // PO-036: the API comment counts what follows the template's trailing slash as matched, too; the regex does not.
      // Unverified in Envoy, so a path that only the comment would match is unknown.
      const re2::StringPiece path(value.data(), value.size());
      if (re2::RE2::FullMatch(path, *regex_)) return Tri::Yes;
      return regex_->Match(path, 0, path.size(), re2::RE2::ANCHOR_START, nullptr, 0) ? Tri::Unknown : Tri::No;
    }
    case Kind::Unreadable:
      return Tri::Unknown;
  }
  return Tri::Unknown;
}

ZString ZString::parse(std::string_view value) {
  if (value == "*") return {Kind::Presence, ""};
  if (value.starts_with('*')) return {Kind::Suffix, std::string(value.substr(1))};
  if (value.ends_with('*')) return {Kind::Prefix, std::string(value.substr(0, value.size() - 1))};
  return {Kind::Exact, std::string(value)};
}

bool ZString::matches(std::string_view value) const {
  switch (kind) {
    case Kind::Exact:
      return value == text;
    case Kind::Prefix:
      return value.starts_with(text);
    case Kind::Suffix:
      return value.ends_with(text);
    case Kind::Presence:
      return !value.empty();
  }
  return false;
}

bool is_path_template(std::string_view value) {
  return value.find("{*}") != std::string_view::npos || value.find("{**}") != std::string_view::npos;
}

}  // namespace meshsim::models::policy
