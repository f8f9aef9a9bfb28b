#include "models/telemetry/peer.h"

#include "models/telemetry/releases.h"

namespace meshsim::models {

namespace {

std::string_view label(const Workload& workload, std::string_view key) {
  return find(workload.labels, key).value_or("");
}

bool feature_off(const Mesh& mesh, std::string_view name) {
  const auto it = mesh.settings.features.find(name);
  return it != mesh.settings.features.end() && (it->second == "false" || it->second == "0");
}
bool feature_on(const Mesh& mesh, std::string_view name) {
  const auto it = mesh.settings.features.find(name);
  return it != mesh.settings.features.end() && (it->second == "true" || it->second == "1");
}

Peer base(const Workload& workload, Peer::From from) {
  Peer peer;
  peer.from = from;
  peer.pods = &workload;
  peer.workload = workload.name;
  peer.ns = workload.ns;
  peer.canonical_service = workload.canonical_service;
  peer.canonical_revision = workload.canonical_revision;
  peer.cluster = cluster_of(&workload);
  return peer;
}

// TM-017: node metadata of the peer itself, hence its real app and version labels.
Peer exchanged(const PathView& path, const Workload& workload, Peer::From from) {
  Peer peer = base(workload, from);
  peer.app = label(workload, "app");
  peer.version = label(workload, "version");
  if (path.mesh.settings.profile.peer_kubernetes_labels) {
    if (const auto app = label(workload, "app.kubernetes.io/name"); !app.empty()) peer.app = app;
    if (const auto version = label(workload, "app.kubernetes.io/version"); !version.empty()) peer.version = version;
  }
  return peer;
}

// TM-017, TM-018: the workload feed has no app and no version and computes an identity for every workload.
Peer discovered(const Workload& workload) {
  Peer peer = base(workload, Peer::From::Discovery);
  peer.app = workload.canonical_service;
  peer.version = workload.canonical_revision;
  peer.identity = workload.spiffe.empty() ? std::string_view(workload.identity) : std::string_view(workload.spiffe);
  return peer;
}

// Discovery looks an address up; pods on the host network share one and are not in the table (DP-016).
bool discoverable(const Workload* workload) {
  return workload && !workload->host_network && (!workload->external || workload->dns_host.empty());
}

bool http_exchange(const PathView& path) { return !feature_off(path.mesh, "PILOT_ENABLE_METADATA_EXCHANGE"); }

// TM-032: the ALPN is offered with Istio mTLS only, between proxies that both run the exchange; waypoints do not.
bool tcp_exchange(const PathView& path, Transport transport, const Party& other) {
  return transport == Transport::Mtls && other.has_envoy && other.proxy != ProxyKind::Waypoint && http_exchange(path) &&
         !feature_on(path.mesh, "PILOT_DISABLE_MX_ALPN");
}

}  // namespace

std::string_view to_string(Peer::From from) {
  switch (from) {
    case Peer::From::Nothing:
      return "nothing";
    case Peer::From::Headers:
      return "peer metadata headers";
    case Peer::From::TcpExchange:
      return "TCP metadata exchange";
    case Peer::From::Discovery:
      return "workload discovery";
    case Peer::From::EndpointMetadata:
      return "endpoint metadata";
    case Peer::From::Baggage:
      return "baggage";
  }
  return {};
}

bool has_discovery(const PathView& path, const HopView& view) {
  if (view.waypoint) return true;
  if (view.hop->workload >= path.mesh.workloads.size()) return false;
  const Workload& own = path.mesh.workloads[view.hop->workload];
  const auto is_on = [](std::string_view value) { return value == "true" || value == "1"; };
  if (const auto value = find(own.proxy_metadata, "PEER_METADATA_DISCOVERY")) return is_on(*value);
  if (const auto value = find(own.proxy_metadata, "ISTIO_META_ENABLE_HBONE")) return is_on(*value);
  if (view.hop->proxy == ProxyKind::Gateway) return own.sidecar_hbone || own.sends_hbone;
  return own.sidecar_hbone;
}

Peer upstream_peer(const PathView& path, const HopView& view) {
  const Party& party = view.upstream;
  if (party.kind != Party::Kind::Workload || !party.workload) return {};
  const Workload& workload = *party.workload;
  // TM-036: for endpoints of another network nobody is looked up.
  if (view.crosses_out && speaks_as_of_1_29(path.mesh.settings.profile)) return {};
  if (view.waypoint)  // TM-034
    return discoverable(&workload) ? discovered(workload) : Peer{};
  const bool istio_leg = view.leaving == Transport::Mtls || view.leaving == Transport::Plaintext;
  if (view.hop->http) {
    // TM-031: the inbound filter of a sidecar answers with headers, also on its own 403; gateways, ztunnels and bare
    // pods do not answer, and on HBONE the filter is not in the chain (TM-035).
    const bool answered = path.outcome.http_status && !view.last;
    if (istio_leg && answered && party.has_envoy && party.proxy == ProxyKind::Sidecar && http_exchange(path))
      return exchanged(path, workload, Peer::From::Headers);
  } else if (tcp_exchange(path, view.leaving, party) && !view.last && !view.passes_on) {
    return exchanged(path, workload, Peer::From::TcpExchange);
  }
  // A passthrough cluster knows the address that the client dialled: of a VIP discovery knows nothing.
  const bool to_vip = view.hop->passthrough && path.flow.to.kind == Destination::Kind::Host && path.addressed() &&
                      !path.addressed()->headless;
  if (has_discovery(path, view) && discoverable(&workload) && !to_vip) return discovered(workload);
  if (view.hop->passthrough) return {};
  if (feature_off(path.mesh, "PILOT_ENDPOINT_TELEMETRY_LABEL")) return {};
  if (!party.by_service && !party.gateway) return {};   // passthrough clusters have no endpoints of istiod's
  if (workload.external) return {};                     // TM-037
  return base(workload, Peer::From::EndpointMetadata);  // TM-013
}

Peer downstream_peer(const PathView& path, const HopView& view) {
  const Party& party = view.downstream;
  if (party.kind != Party::Kind::Workload || !party.workload) return {};
  const Workload& workload = *party.workload;
  const bool sidecar = view.hop->proxy == ProxyKind::Sidecar;
  // TM-036: what came through an east-west gateway has the gateway's address. From 1.29 on x-forwarded-network says so
  // and the table is not asked: the peer is what its baggage says, where Envoys read baggage. Before, it is the
  // gateway.
  if (view.crossed_in) {
    if (!speaks_as_of_1_29(path.mesh.settings.profile))
      return discoverable(view.tcp_downstream.workload) ? discovered(*view.tcp_downstream.workload) : Peer{};
    return feature_on(path.mesh, "AMBIENT_ENABLE_BAGGAGE") ? base(workload, Peer::From::Baggage) : Peer{};
  }
  // What an east-west gateway takes comes from another network, whose addresses mean nothing here (TM-036).
  if (view.passes_on && view.waypoint) return {};
  if (sidecar && view.hop->transport != Transport::Hbone && view.hop->transport != Transport::DoubleHbone) {
    const bool speaks = party.has_envoy && party.proxy != ProxyKind::Waypoint;
    if (view.hop->http ? speaks && http_exchange(path) : tcp_exchange(path, view.hop->transport, party))
      return exchanged(path, workload, view.hop->http ? Peer::From::Headers : Peer::From::TcpExchange);
  }
  return has_discovery(path, view) && discoverable(&workload) ? discovered(workload) : Peer{};
}

std::string_view namespace_of_identity(std::string_view identity) {
  const auto at = identity.find("/ns/");
  if (at == std::string_view::npos) return {};
  identity.remove_prefix(at + 4);
  return identity.substr(0, identity.find('/'));
}

}  // namespace meshsim::models
