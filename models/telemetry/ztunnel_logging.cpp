#include "models/telemetry/ztunnel_logging.h"

#include <algorithm>
#include <array>
#include <optional>

#include "models/telemetry/releases.h"

namespace meshsim::models {

namespace {

constexpr std::array<std::string_view, 6> kLevels = {"off", "error", "warn", "info", "debug", "trace"};

std::optional<LogLevel> level_named(std::string_view word) {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    const bool same = std::equal(word.begin(), word.end(), kLevels[i].begin(), kLevels[i].end(), [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
    if (same || (word.size() == 1 && word[0] == static_cast<char>('0' + i))) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(LogLevel level) { return kLevels[static_cast<std::size_t>(level)]; }

std::vector<ZtunnelLogging::Directive> read_directives(std::string_view rust_log) {
  std::vector<ZtunnelLogging::Directive> out;
  while (!rust_log.empty()) {
    const std::size_t comma = rust_log.find(',');
    const std::string_view one = rust_log.substr(0, comma);
    rust_log = comma == std::string_view::npos ? std::string_view() : rust_log.substr(comma + 1);
    if (one.empty()) continue;
    const std::size_t equals = one.find('=');
    if (equals != std::string_view::npos) {
      // A level that is none: ztunnel does not start; its last words are no access log.
      out.push_back({std::string(one.substr(0, equals)), level_named(one.substr(equals + 1)).value_or(LogLevel::Off)});
    } else if (const auto level = level_named(one)) {
      out.push_back({"", *level});
    } else {
      out.push_back({std::string(one), LogLevel::Trace});
    }
  }
  return out;
}

LogLevel ZtunnelLogging::level_of(std::string_view target) const {
  const Directive* best = nullptr;  // the longest target that begins this one; of equal ones the last
  for (const Directive& directive : directives)
    if (target.starts_with(directive.target) && (!best || directive.target.size() >= best->target.size()))
      best = &directive;
  return best ? best->level : LogLevel::Off;
}

ZtunnelLogging ztunnel_logging(const Mesh& mesh) {
  ZtunnelLogging out;
  for (const Object* set : mesh.objects_of("DaemonSet"))
    if (set->name == "ztunnel")
      for (const Node container : set->spec()["template"]["spec"]["containers"])
        for (const Node variable : container["env"]) {
          const std::string_view name = variable["name"].string_or(), value = variable["value"].string_or();
          if (name == "LOG_FORMAT") out.json = value == "json";
          if (name == "RUST_LOG") out.directives = read_directives(value);
          if (name == "AUTHZ_POLICY_INFO_LOGGING")
            out.policies_at_info = value == "true" && speaks_as_of_1_30(mesh.settings.profile);
        }
  return out;
}

}  // namespace meshsim::models
