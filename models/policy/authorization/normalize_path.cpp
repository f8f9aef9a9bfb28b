#include "models/policy/authorization/normalize_path.h"

#include <vector>

namespace meshsim::models::policy {

namespace {

bool escaped(std::string_view text, std::size_t i, char high, char low_lower) {
  return i + 2 < text.size() && text[i] == '%' && text[i + 1] == high &&
         (text[i + 2] == low_lower || text[i + 2] == low_lower - 'a' + 'A');
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// RFC 3986, 2.3: what needs no escape.
bool unreserved(int c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

// %41 becomes A; escapes of everything else stay as they are.
std::string decode_unreserved(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '%' && i + 2 < path.size() && hex(path[i + 1]) >= 0 && hex(path[i + 2]) >= 0) {
      const int c = hex(path[i + 1]) * 16 + hex(path[i + 2]);
      if (unreserved(c)) {
        out += static_cast<char>(c);
        i += 2;
        continue;
      }
    }
    out += path[i];
  }
  return out;
}

// A segment that is `.` or `..`: the number of dots.
int dots(std::string_view segment) { return segment == "." ? 1 : segment == ".." ? 2 : 0; }

bool needs_work(std::string_view path, PathNormalization mode) {
  if (path.find_first_of("\\%") != std::string_view::npos || path.find("/.") != std::string_view::npos) return true;
  return mode != PathNormalization::Base && path.find("//") != std::string_view::npos;
}

std::string remove_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool directory = false;  // the last thing read was a dot segment: the result ends with a slash
  std::size_t at = path.starts_with('/') ? 1 : 0;
  while (at <= path.size()) {
    const std::size_t slash = path.find('/', at);
    const std::string_view segment = path.substr(at, slash == std::string_view::npos ? slash : slash - at);
    const int count = dots(segment);
    directory = count > 0;
    if (count == 0) kept.push_back(segment);
    if (count == 2 && !kept.empty()) kept.pop_back();
    if (slash == std::string_view::npos) break;
    at = slash + 1;
  }
  if (directory) kept.push_back({});
  std::string out;
  for (const auto segment : kept) {
    out += '/';
    out += segment;
  }
  return out.empty() ? "/" : out;
}

}  // namespace

NormalPath normalize_path(std::string_view raw, PathNormalization mode, std::string& storage) {
  const std::string_view path = raw.substr(0, raw.find_first_of("?#"));
  if (mode == PathNormalization::None) return {path, false};
  if (path.find("%00") != std::string_view::npos) return {path, true};
  // Absolute forms only: `*` of OPTIONS and authorities of CONNECT stay.
  if (!path.starts_with('/') || !needs_work(path, mode)) return {path, false};
  std::string work(path);
  if (mode == PathNormalization::DecodeAndMergeSlashes) {
    std::string decoded;
    for (std::size_t i = 0; i < work.size();) {
      if (escaped(work, i, '2', 'f')) {
        decoded += '/';
        i += 3;
      } else if (escaped(work, i, '5', 'c')) {
        decoded += '\\';
        i += 3;
      } else {
        decoded += work[i++];
      }
    }
    work = std::move(decoded);
  }
  work = decode_unreserved(work);
  for (char& c : work)
    if (c == '\\') c = '/';
  storage = remove_dot_segments(work);
  if (mode != PathNormalization::Base) {
    std::size_t out = 0;
    for (std::size_t i = 0; i < storage.size(); ++i)
      if (storage[i] != '/' || out == 0 || storage[out - 1] != '/') storage[out++] = storage[i];
    storage.resize(out);
  }
  return {storage, false};
}

}  // namespace meshsim::models::policy
