#pragma once
// ZtunnelLogging: what the environment of the ztunnel DaemonSet says about its log (TM-080, TM-081, TM-087): format,
// levels by target, policy decisions. Imitates ztunnel's src/telemetry.rs, 1.27 to master 2026-08: RUST_LOG as
// tracing's Targets read it. A mesh without the DaemonSet among its files logs as the chart has it: text, level info.
#include <string>
#include <string_view>
#include <vector>

#include "models/mesh/mesh.h"

namespace meshsim::models {

enum class LogLevel : std::uint8_t { Off, Error, Warn, Info, Debug, Trace };
std::string_view to_string(LogLevel level);  // "info"

struct ZtunnelLogging {
  bool json = false;              // LOG_FORMAT=json
  bool policies_at_info = false;  // AUTHZ_POLICY_INFO_LOGGING=true
  struct Directive {
    std::string target;  // empty: the rest
    LogLevel level = LogLevel::Trace;
  };
  std::vector<Directive> directives = {{"", LogLevel::Info}};  // RUST_LOG

  LogLevel level_of(std::string_view target) const;
  bool writes(std::string_view target, LogLevel level) const { return level <= level_of(target); }
};

ZtunnelLogging ztunnel_logging(const Mesh& mesh);
std::vector<ZtunnelLogging::Directive> read_directives(std::string_view rust_log);

}  // namespace meshsim::models
