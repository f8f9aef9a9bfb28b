// The access log line of a ztunnel connection (TM-080..TM-086). Fields that ztunnel does not know are left out, never
// written as "unknown".
#include "models/telemetry/ztunnel_connection.h"

namespace meshsim::models {

AccessLog ztunnel_log(const PathView& path, const HopView& view, const ZtunnelConnection& connection) {
  AccessLog log;
  log.proxy = ProxyKind::Ztunnel;
  log.name = view.hop->name;
  log.direction = connection.inbound ? "inbound" : "outbound";
  const auto put = [&log](std::string key, const std::string& value) {
    if (!value.empty() && value != "unknown") log.fields.emplace(std::move(key), value);
  };
  const auto label = [&connection](const char* name) -> const std::string& { return connection.labels.at(name); };
  put("src.addr", connection.source_address);
  put("dst.addr", connection.destination_address);
  put("direction", log.direction);
  put("error", connection.error);
  log.fields["level"] = connection.early ? "warn" : connection.error.empty() ? "info" : "error";
  log.fields["message"] = connection.early ? "connection failed" : "connection complete";
  log.fields["scope"] = "access";
  if (connection.early) return log;  // TM-080: nothing else is known yet
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
  // Counters are client to server and back; the log speaks of its own direction (TM-072, TM-082).
  const auto bytes = [](double n) { return std::to_string(static_cast<std::uint64_t>(n)); };
  log.fields["bytes_sent"] = bytes(connection.inbound ? connection.sent : connection.received);
  log.fields["bytes_recv"] = bytes(connection.inbound ? connection.received : connection.sent);
  return log;
}

}  // namespace meshsim::models
