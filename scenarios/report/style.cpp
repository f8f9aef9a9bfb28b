#include "scenarios/report/style.h"

#include <algorithm>

namespace meshsim::scenarios {

std::string Style::paint(const char* code, std::string_view text) const {
  if (!on_) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

std::string Style::verdict(models::Verdict v, std::string_view text) const {
  switch (v) {
    case models::Verdict::Allowed:
      return good(text);
    case models::Verdict::Denied:
      return bad(text);
    case models::Verdict::Unknown:
      return warn(text);
    default:
      return bad(text);
  }
}

std::string Style::status(models::PolicyStatus s, std::string_view text) const {
  switch (s) {
    case models::PolicyStatus::Enforced:
      return good(text);
    case models::PolicyStatus::Bypassed:
    case models::PolicyStatus::Open:
    case models::PolicyStatus::DeniesAll:
      return bad(text);
    case models::PolicyStatus::Inert:
    case models::PolicyStatus::NotEvaluated:
      return warn(text);
    default:
      return dim(text);
  }
}

std::size_t visible_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      while (i < text.size() && text[i] != 'm') ++i;
    } else if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) {
      ++width;
    }
  }
  return width;
}

std::string columns(const std::vector<std::vector<std::string>>& rows, std::size_t gap) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    if (row.size() > widths.size()) widths.resize(row.size(), 0);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], visible_width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - visible_width(row[i]) + gap, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

std::string hanging(std::string_view label, std::string_view text, std::size_t width, std::size_t indent) {
  const std::size_t inner = indent + visible_width(label);
  std::string out = wrapped(text, width, inner);
  if (out.empty()) out = "\n";
  const std::size_t cut = std::min(inner, out.find_first_not_of(' '));
  return std::string(indent, ' ') + std::string(label) + out.substr(out == "\n" ? 0 : cut);
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out, line;
  const std::string pad(indent, ' ');
  auto flush = [&] {
    if (!line.empty()) out += pad + line + '\n';
    line.clear();
  };
  while (!text.empty()) {
    const auto space = text.find(' ');
    const auto word = text.substr(0, space);
    if (!line.empty() && visible_width(line) + 1 + visible_width(word) + indent > width) flush();
    if (!word.empty()) line += (line.empty() ? "" : " ") + std::string(word);
    text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  }
  flush();
  return out;
}

}  // namespace meshsim::scenarios
