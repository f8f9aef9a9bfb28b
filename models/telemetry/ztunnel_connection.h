#pragma once
// ZtunnelConnection: one connection as one ztunnel records it: labels, addresses, how it ended, and the text of its
// error (telemetry.md sections 4, 6 and 7). Imitates ztunnel's src/proxy/metrics.rs and src/proxy.rs, 1.27 to master
// 2026-08. Where it stops: sockets, DNS proxy and CRL counters; drains and policy changes under an open connection
// belong to the simulation.
#include <map>
#include <string>
#include <vector>

#include "models/telemetry/path_view.h"
#include "models/telemetry/ztunnel_logging.h"

namespace meshsim::models {

struct ZtunnelConnection {
  bool inbound = false;
  bool early = false;  // TM-070: failed before it was recorded: one warning, no series
  bool mutual_tls = false;
  std::map<std::string, std::string> labels;  // with response_flags "-", as at the moment of opening
  std::string closing_flag = "-";             // TM-066
  std::string error;                          // TM-086; empty on success
  const Workload* source = nullptr;
  const Workload* destination = nullptr;
  std::string source_pod, destination_pod;  // pod names, or canonical service
  std::string source_address, destination_address, hbone_address;
  double received = 0, sent = 0;  // client to server, server to client (TM-072)
};

ZtunnelConnection ztunnel_connection(const PathView& path, const HopView& view);

// Series of TM-001 for ztunnel; the scrape label app="ztunnel" is added by whoever exports (TM-182).
void add_ztunnel_series(const ZtunnelConnection& connection, const Profile& profile, std::vector<Metric>& out);

// TM-080..TM-087: the lines of the log, as far as its levels let them pass, by field names; `message`, `level` and
// `scope` included.
void add_ztunnel_logs(const PathView& path, const HopView& view, const ZtunnelConnection& connection,
                      const ZtunnelLogging& logging, std::vector<AccessLog>& out);

// TM-063: the service that an inbound ztunnel reports. nullptr: unknown.
const Service* guess_inbound_service(const PathView& path, const HopView& view);

}  // namespace meshsim::models
