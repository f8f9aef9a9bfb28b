#pragma once
// EnvoyStream: one request or connection as the stats filter of one Envoy records it (sidecar, waypoint, gateway), and
// the standard metrics that come of it. Imitates istio-proxy's istio_stats filter 1.27 to master 2026-08 (telemetry.md
// sections 1, 2 and 6). Where it stops: one stream, all of it finished; the moments of flushing (TM-004..TM-006) belong
// to the simulation.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/telemetry/peer.h"
#include "models/telemetry/telemetry_rules.h"

namespace meshsim::models {

struct EnvoyStream {
  EnvoyStream(const PathView& path_in, const HopView& view_in) : path(path_in), view(view_in) {}
  const PathView& path;
  const HopView& view;
  TelemetryMode mode = TelemetryMode::Client;
  TelemetryScope scope;
  const Workload* own = nullptr;  // the pods of this proxy
  Peer downstream, upstream;
  const Service* service = nullptr;  // of the chosen cluster
  std::string service_host, service_name, service_ns;
  std::string cluster;  // Envoy's cluster name, for the log
  bool http = false, grpc = false;
  bool responder = false;  // the status was made by this proxy
  std::string code = "0", grpc_status, flags = "-", security = "unknown";
  std::string details;      // RESPONSE_CODE_DETAILS
  std::string termination;  // CONNECTION_TERMINATION_DETAILS
  std::string local_principal, peer_principal;
  std::string_view reporter;                  // source | destination | waypoint (TM-010)
  std::map<std::string, std::string> labels;  // the 20 of TM-011
};

EnvoyStream envoy_stream(const PathView& path, const HopView& view);

// Appends the series of this stream, after the Telemetry API has had its say.
void add_envoy_series(const EnvoyStream& stream, const MetricRules& rules, std::vector<Metric>& out);

// "7" for PERMISSION_DENIED; empty for an unknown name.
std::string_view grpc_status_number(std::string_view name);

// TM-014: service attached to a sidecar's inbound cluster for this container port; nullptr: none.
const Service* inbound_service(const Mesh& mesh, std::size_t workload, std::uint16_t container_port);

}  // namespace meshsim::models
