#pragma once
// Peer: what one Envoy knows of the workload at the other end (telemetry.md section 3). Imitates the HTTP metadata
// exchange (x-envoy-peer-metadata), the TCP exchange (ALPN istio-peer-exchange), workload discovery and the endpoint
// metadata string of istio-proxy 1.27 to master 2026-08. Baggage as an Envoy source (off by default everywhere) counts
// only for what comes from another network, where nothing else says who it is (TM-036).
#include <string_view>

#include "models/telemetry/path_view.h"

namespace meshsim::models {

struct Peer {
  enum class From : std::uint8_t {
    Nothing,
    Headers,
    TcpExchange,
    Discovery,
    EndpointMetadata,
    Baggage
  } from = From::Nothing;
  std::string_view workload, ns, canonical_service, canonical_revision, app, version, cluster;
  std::string_view identity;  // only workload discovery computes one (TM-018)
  const Workload* pods = nullptr;
  bool known() const { return from != From::Nothing; }
};
std::string_view to_string(Peer::From from);

// The peer behind a source reporter or a waypoint (TM-013, TM-015).
Peer upstream_peer(const PathView& path, const HopView& view);
// The peer before a destination reporter or a waypoint (TM-014, TM-034, TM-035).
Peer downstream_peer(const PathView& path, const HopView& view);

// TM-033: this Envoy has the workload discovery extension.
bool has_discovery(const PathView& path, const HopView& view);

// Namespace inside "spiffe://td/ns/<ns>/sa/<sa>", empty if there is none.
std::string_view namespace_of_identity(std::string_view identity);

}  // namespace meshsim::models
