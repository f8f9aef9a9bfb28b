// The log lines of a ztunnel connection (TM-080..TM-087). Fields that ztunnel does not know are left out, never written
// as "unknown".
#include <algorithm>

#include "models/telemetry/ztunnel_connection.h"

namespace meshsim::models {

namespace {

AccessLog begin(const HopView& view, const ZtunnelConnection& connection, LogLevel level, std::string message) {
  AccessLog log;
  log.proxy = ProxyKind::Ztunnel;
  log.name = view.hop->name;
  log.direction = connection.inbound ? "inbound" : "outbound";
  log.fields["level"] = std::string(to_string(level));
  log.fields["message"] = std::move(message);
  log.fields["scope"] = "access";
  return log;
}

// TM-082, without bytes and duration.
void put_ends(AccessLog& log, const PathView& path, const ZtunnelConnection& connection) {
  const auto put = [&log](std::string key, const std::string& value) {
    if (!value.empty() && value != "unknown") log.fields.emplace(std::move(key), value);
  };
  const auto label = [&connection](const char* name) -> const std::string& { return connection.labels.at(name); };
  put("src.addr", connection.source_address);
  put("dst.addr", connection.destination_address);
  put("direction", log.direction);
  if (connection.early) return;  // TM-080: nothing else is known yet
  put("src.workload", connection.source_pod);
  put("src.namespace", label("source_workload_namespace"));
  put("dst.hbone_addr", connection.hbone_address);
  put("dst.service", label("destination_service"));
  put("dst.workload", connection.destination_pod);
  put("dst.namespace", label("destination_workload_namespace"));
  if (connection.mutual_tls) {
    put("src.identity", label("source_principal"));
    put("dst.identity", label("destination_principal"));
  }
  if (path.mesh.settings.profile.ztunnel_log_clusters) {
    put("src.cluster", label("source_cluster"));
    put("dst.cluster", label("destination_cluster"));
  }
}

std::string_view action_of(const Mesh& mesh, const ObjectRef& policy) {
  for (const Object* object : mesh.objects_of(policy.kind))
    if (object->ns == policy.ns && object->name == policy.name) return object->spec()["action"].string_or("ALLOW");
  return "ALLOW";
}

// What ztunnel's assert_rbac says of its decision (src/state.rs): dry-run DENY, DENY, dry-run ALLOW, ALLOW.
std::vector<std::pair<std::string, std::string>> decisions(const PathView& path, const HopView& view) {
  std::vector<std::pair<std::string, std::string>> out;  // message, policy
  const auto here = [&](const PolicyFinding& finding) {
    return finding.at == ProxyKind::Ztunnel && finding.at_name == view.hop->name &&
           finding.policy.kind == "AuthorizationPolicy";
  };
  const auto key = [](const PolicyFinding& finding) { return finding.policy.ns + "/" + finding.policy.name; };
  bool allow = false, dry_allow = false, dry_matched = false;
  std::string matched;
  for (const PolicyFinding& finding : path.outcome.policies) {
    if (!here(finding)) continue;
    const bool dry = finding.status == PolicyStatus::DryRun;
    if (dry && !path.mesh.settings.profile.dry_run_at_ztunnel_known) continue;
    if (!dry && finding.status != PolicyStatus::Enforced && finding.status != PolicyStatus::DeniesAll) continue;
    const std::string_view action = action_of(path.mesh, finding.policy);
    if (action == "DENY" && dry && finding.matched_rule) out.emplace_back("dry-run: deny policy match", key(finding));
    if (action != "ALLOW") continue;
    (dry ? dry_allow : allow) = true;
    if (dry && finding.matched_rule) dry_matched = true;
    if (!dry && finding.matched_rule && matched.empty()) matched = key(finding);
  }
  if (view.refuses && path.outcome.denied_by) {
    const DeniedBy& denied = *path.outcome.denied_by;
    const std::string policy = denied.ztunnel_policy ? *denied.ztunnel_policy : denied.policy.value_or("");
    if (!policy.empty()) {
      out.emplace_back("deny policy match", policy);
      return out;
    }
  }
  for (const PolicyFinding& finding : path.outcome.policies)
    if (here(finding) && finding.status == PolicyStatus::DryRun && finding.matched_rule &&
        action_of(path.mesh, finding.policy) == "ALLOW")
      out.emplace_back("dry-run: allow policy match", key(finding));
  if (!allow && dry_allow && !dry_matched) out.emplace_back("dry-run: no allow policies match", "");
  if (!allow && !view.refuses)
    out.emplace_back("no allow policies, allow", "");
  else if (!view.refuses && !matched.empty())
    out.emplace_back("allow policy match", matched);
  else if (view.refuses)
    out.emplace_back("no allow policies matched", "");
  return out;
}

// TM-087: a debug line, at info where ztunnel is told so.
void add_decisions(const PathView& path, const HopView& view, const ZtunnelConnection& connection,
                   const ZtunnelLogging& logging, std::vector<AccessLog>& out) {
  const LogLevel level = logging.policies_at_info ? LogLevel::Info : LogLevel::Debug;
  if (!connection.inbound || !logging.writes("ztunnel::state", level)) return;
  for (auto& [message, policy] : decisions(path, view)) {
    AccessLog log = begin(view, connection, level, message);
    log.fields["scope"] = "ztunnel::state";
    if (!policy.empty()) log.fields["policy"] = policy;
    if (connection.destination)
      log.fields["proxy.wl"] = connection.destination->ns + "/" + std::string(pod_of(connection.destination));
    if (connection.mutual_tls) log.fields["inbound.peer"] = connection.source_address;
    out.push_back(std::move(log));
  }
}

}  // namespace

void add_ztunnel_logs(const PathView& path, const HopView& view, const ZtunnelConnection& connection,
                      const ZtunnelLogging& logging, std::vector<AccessLog>& out) {
  if (!connection.early) {
    if (logging.writes("access", LogLevel::Debug)) {
      out.push_back(begin(view, connection, LogLevel::Debug, "connection opened"));
      put_ends(out.back(), path, connection);
    }
    add_decisions(path, view, connection, logging, out);
  }
  const LogLevel level = connection.early           ? LogLevel::Warn
                         : connection.error.empty() ? LogLevel::Info
                                                    : LogLevel::Error;
  if (!logging.writes("access", level)) return;
  AccessLog log = begin(view, connection, level, connection.early ? "connection failed" : "connection complete");
  put_ends(log, path, connection);
  if (!connection.error.empty()) log.fields["error"] = connection.error;
  if (!connection.early) {
    // Counters are client to server and back; the log speaks of its own direction (TM-072, TM-082).
    const auto bytes = [](double n) { return std::to_string(static_cast<std::uint64_t>(n)); };
    log.fields["bytes_sent"] = bytes(connection.inbound ? connection.sent : connection.received);
    log.fields["bytes_recv"] = bytes(connection.inbound ? connection.received : connection.sent);
  }
  out.push_back(std::move(log));
}

}  // namespace meshsim::models
