#include "models/value/diagnostic.h"

#include <algorithm>
#include <tuple>

namespace meshsim::models {

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::Info:
      return "info";
    case Severity::Warning:
      return "warning";
    case Severity::Error:
      return "error";
  }
  return "warning";
}

std::string format(const Diagnostic& d) {
  std::string out = d.severity == Severity::Error ? "Error" : d.severity == Severity::Warning ? "Warning" : "Info";
  out += " [" + d.code + "]";
  std::string place = d.object;
  if (!d.file.empty()) {
    if (!place.empty()) place += ' ';
    place += d.file;
    if (d.position.line != 0) {
      place += ':' + std::to_string(d.position.line);
      if (d.position.column != 0) place += ':' + std::to_string(d.position.column);
    }
  }
  if (!place.empty()) out += " (" + place + ")";
  return out + ' ' + d.message;
}

void sort_and_unique(Diagnostics& diagnostics) {
  auto key = [](const Diagnostic& d) {
    return std::tie(d.file, d.position.line, d.position.column, d.code, d.object, d.message);
  };
  std::sort(diagnostics.begin(), diagnostics.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  diagnostics.erase(std::unique(diagnostics.begin(), diagnostics.end()), diagnostics.end());
}

}  // namespace meshsim::models
