// The destination's side: what a pod does with an arriving connection (DP-070..DP-082, DP-035).
#include <algorithm>

#include "models/dataplane/network_policy.h"
#include "models/dataplane/walker.h"
#include "models/policy/authorization/normalize_path.h"

namespace meshsim::models::dataplane {
namespace {

std::string full_name(const Workload& w) { return w.ns.empty() ? w.name : w.ns + '/' + w.name; }

IpAddress address_of(const Workload& w, std::size_t pod) {
  if (pod >= w.pods.size()) pod = 0;
  if (w.pods.empty() || w.pods[pod].addresses.empty()) return {};
  return w.pods[pod].addresses.front();
}

}  // namespace

void Walker::stall(Walk walk) {
  fail(std::move(walk), Verdict::Reset, "-",
       {"DP-073",
        "port " + std::to_string(flow_.to.port) +
            " declares no protocol, so the client sidecar waits for the client's first bytes; a server-first protocol "
            "stalls",
        {}});
}

bool Walker::network_blocks(Walk& walk, std::size_t workload, std::size_t pod, std::uint16_t port) {
  if (workload == kNone) return false;
  const auto policy =
      world_.network->blocks(walk.from, walk.peer.ip, workload, address_of(mesh_.workloads[workload], pod), port);
  if (!policy) return false;
  fail(std::move(walk), Verdict::Unreachable, "UF",
       {port == 15008 ? "DP-312" : "DP-116",
        policy->text() + " does not let this connection pass to port " + std::to_string(port) + " of " +
            full_name(mesh_.workloads[workload]) + ": it times out after 10 s" +
            (port == 15008 ? " (maybe a NetworkPolicy is blocking HBONE port 15008)" : ""),
        policy->source});
  return true;
}

void Walker::arrive(Walk walk, std::size_t workload, std::size_t pod, std::uint16_t port, Transport transport) {
  const Workload& w = mesh_.workloads[workload];
  walk.out.transport = transport;
  name_destination(walk, workload, port);
  if (walk.stalls) {
    stall(std::move(walk));
    return;
  }
  if (other_network(walk, workload, pod)) return;
  const bool hbone = transport == Transport::Hbone || transport == Transport::DoubleHbone;
  if (network_blocks(walk, workload, pod, hbone ? 15008 : port)) return;
  if (w.role == ProxyRole::None && w.mode == DataplaneMode::Ambient) {
    at_ztunnel(std::move(walk), workload, pod, port, transport);
  } else if (w.role == ProxyRole::None && w.mode == DataplaneMode::Sidecar) {
    at_sidecar(std::move(walk), workload, pod, port, transport);
  } else if (w.role == ProxyRole::Waypoint || w.role == ProxyRole::EastWest) {
    at_waypoint_itself(std::move(walk), workload, port, transport);
  } else if (transport == Transport::Hbone) {
    fail(std::move(walk), Verdict::Unreachable, "UF",
         {"DP-307", full_name(w) + " has no proxy that listens on 15008: the HBONE connection is refused",
          w.owner.source});
  } else if (transport == Transport::Mtls) {
    fail(std::move(walk), Verdict::Reset, "UF",
         {"DP-047", "Istio mTLS is sent to " + full_name(w) + ", which has no sidecar: the TLS handshake fails",
          w.owner.source});
  } else {
    at_application(std::move(walk), workload, port, transport);
  }
}

// The pods of a waypoint or east-west gateway as a destination: they serve other addresses than their own.
void Walker::at_waypoint_itself(Walk walk, std::size_t workload, std::uint16_t port, Transport transport) {
  const Workload& w = mesh_.workloads[workload];
  const bool hbone = transport == Transport::Hbone || transport == Transport::DoubleHbone;
  if (!hbone && transport != Transport::Mtls && (port == 15020 || port == 15021 || port == 15090)) {
    walk.out.reasons.push_back({"DP-025", "port " + std::to_string(port) + " is the proxy's own, in plaintext", {}});
    at_application(std::move(walk), workload, port, transport);
    return;
  }
  if (w.gateway != kNone) {
    Hop hop;
    hop.proxy = w.role == ProxyRole::Waypoint ? ProxyKind::Waypoint : ProxyKind::Gateway;
    hop.name = mesh_.gateways[w.gateway].ns + '/' + mesh_.gateways[w.gateway].name;
    hop.inbound = true;
    hop.transport = transport;
    hop.port = hbone ? 15008 : port;
    hop.identity = hbone ? walk.peer.identity : std::string();
    hop.gateway = w.gateway;
    hop.workload = workload;
    walk.out.hops.push_back(std::move(hop));
  }
  if (hbone) {
    fail(std::move(walk), Verdict::Unreachable, "-",
         {"DP-320",
          full_name(w) + " takes HBONE for the addresses it serves; its own address is none of them, the inner "
                         "connection is closed",
          w.owner.source});
    return;
  }
  fail(std::move(walk), Verdict::Reset, transport == Transport::Mtls ? "UF" : "-",
       {"DP-083", full_name(w) + " takes nothing but HBONE on port 15008", w.owner.source});
}

// DP-070 (15008), DP-072 (15006).
void Walker::at_ztunnel(Walk walk, std::size_t workload, std::size_t pod, std::uint16_t port, Transport transport) {
  const Workload& w = mesh_.workloads[workload];
  const bool hbone = transport == Transport::Hbone || transport == Transport::DoubleHbone;
  if (!hbone && w.capture.bypass_inbound_capture && mesh_.settings.profile.bypass_inbound_capture_works) {
    walk.out.reasons.push_back({"DP-017",
                                "ambient.istio.io/bypass-inbound-capture: plaintext reaches the application unseen by "
                                "ztunnel, no policy is applied to it",
                                w.owner.source});
    at_application(std::move(walk), workload, port, transport);
    return;
  }
  Hop hop;
  hop.proxy = ProxyKind::Ztunnel;
  hop.name = full_name(w);
  hop.inbound = true;
  hop.transport = transport;
  hop.port = hbone ? 15008 : 15006;
  hop.identity = hbone ? walk.peer.identity : std::string();
  hop.workload = workload;
  hop.reasons.push_back(
      hbone ? Reason{"DP-070",
                     "the destination ztunnel terminates HBONE; it sees the identity " +
                         (hop.identity.empty() ? std::string("of nobody") : hop.identity),
                     {}}
            : Reason{"DP-072", "the destination ztunnel passes plaintext through; it sees no identity", {}});
  walk.out.hops.push_back(hop);
  ConnectionView connection;
  connection.principal = hop.identity;
  connection.source_ip = connection.remote_ip = walk.peer.ip;
  connection.destination_ip = address_of(w, pod);
  connection.port = port;  // PO-067: the application's port
  const PolicyDecision decision = world_.policies->at_ztunnel(workload, connection);
  if (!admits(walk, hop, decision, false)) return;
  if (transport == Transport::Mtls) {
    fail(std::move(walk), Verdict::Reset, "UF",
         {"DP-080",
          "Istio mTLS is opaque to ztunnel: the application receives a TLS handshake it does not understand",
          {}});
    return;
  }
  at_application(std::move(walk), workload, port, transport);
}

// DP-073 (15006), DP-074 (15008): mutual TLS whatever the PeerAuthentication (PO-085). Tokens and requests are seen
// here, at waypoints and at gateways only (PO-074).
void Walker::at_sidecar(Walk walk, std::size_t workload, std::size_t pod, std::uint16_t port, Transport transport) {
  const Workload& w = mesh_.workloads[workload];
  const bool hbone = transport == Transport::Hbone || transport == Transport::DoubleHbone;
  const auto& excluded = w.capture.exclude_inbound_ports;
  const bool not_captured = port == 15020 || port == 15021 || port == 15090 ||
                            std::find(excluded.begin(), excluded.end(), port) != excluded.end();
  if (!hbone && not_captured) {
    walk.out.reasons.push_back({"DP-025",
                                "inbound port " + std::to_string(port) + " of " + full_name(w) +
                                    " is not captured: no proxy and no policy on its side",
                                w.owner.source});
    if (transport == Transport::Mtls) {
      fail(std::move(walk), Verdict::Reset, "UF",
           {"DP-025", "Istio mTLS reaches an application port that no sidecar captures", w.owner.source});
    } else {
      at_application(std::move(walk), workload, port, transport);
    }
    return;
  }
  if (hbone && !w.sidecar_hbone) {
    fail(
        std::move(walk), Verdict::Unreachable, "UF",
        {"DP-035",
         full_name(w) + " is a sidecar that does not listen on 15008 (injected before ambient was enabled): restart it",
         w.owner.source});
    return;
  }
  if (port == 15001 || port == 15006 || (hbone && (port == 15000 || port == 15008))) {
    fail(std::move(walk), Verdict::Unreachable, "-",
         {"DP-077",
          "port " + std::to_string(port) + " belongs to the sidecar itself; it does not talk to its own listeners",
          {}});
    return;
  }
  const MtlsDecision mtls = world_.policies->sidecar_mtls(workload, port);
  Hop hop;
  hop.proxy = ProxyKind::Sidecar;
  hop.name = full_name(w);
  hop.inbound = true;
  hop.transport = transport;
  hop.port = hbone ? 15008 : 15006;
  const bool identified = hbone || transport == Transport::Mtls;
  hop.identity = identified ? walk.peer.identity : std::string();
  hop.workload = workload;
  for (const Reason& reason : mtls.reasons) hop.reasons.push_back(reason);
  const Protocol protocol = world_.inbound->protocol(mesh_, workload, port);
  const bool declared_http = is_http(protocol);
  const bool http =
      declared_http ? walk.is_http() && !walk.tls_bytes() : protocol == Protocol::Unset && walk.sniffs_as_http();

  if (mtls.policy) {
    PolicyFinding finding;
    finding.policy = *mtls.policy;
    finding.status = PolicyStatus::Enforced;
    finding.at = ProxyKind::Sidecar;
    finding.at_name = hop.name;
    finding.rules = {hbone ? "DP-081" : "DP-073"};
    finding.why = hbone                               ? "HBONE on 15008 always demands mutual TLS, whatever the mode"
                  : mtls.mode == MtlsMode::Strict     ? (identified ? "STRICT is satisfied by mutual TLS"
                                                                    : "STRICT refuses what is not Istio mutual TLS")
                  : mtls.mode == MtlsMode::Permissive ? "PERMISSIVE takes mutual TLS and plaintext"
                                                      : "DISABLE takes plaintext only";
    walk.out.policies.push_back(std::move(finding));
  }
  walk.out.hops.push_back(hop);
  if (!identified && mtls.mode == MtlsMode::Strict) {
    PolicyDecision refused;
    refused.allowed = false;
    refused.rules = {"DP-073"};
    refused.why = "PeerAuthentication STRICT at " + hop.name +
                  ": no filter chain for what is not Istio mutual TLS, the connection is closed" +
                  (mtls.policy ? " (" + mtls.policy->text() + ")" : "");
    deny(std::move(walk), hop, refused, false);
    return;
  }
  if (transport == Transport::Mtls && mtls.mode == MtlsMode::Disable) {
    fail(std::move(walk), Verdict::Reset, "UF",
         {"DP-080", "mode DISABLE does not terminate Istio mTLS: the handshake reaches the application",
          mtls.policy ? mtls.policy->source : Source{}});
    return;
  }
  if (!identified && walk.payload == Payload::Bytes && flow_.request.server_first &&
      mtls.mode == MtlsMode::Permissive) {
    fail(std::move(walk), Verdict::Reset, "-",
         {"DP-073",
          "a PERMISSIVE sidecar waits for the client's first bytes to tell mTLS from plaintext; a server-first "
          "protocol stalls",
          mtls.policy ? mtls.policy->source : Source{}});
    return;
  }
  if (declared_http && !walk.is_http()) {
    fail(std::move(walk), Verdict::Reset, "DPE",
         {"DP-259",
          "port " + std::to_string(port) + " is declared HTTP; other bytes are refused by the sidecar's codec",
          {}});
    return;
  }
  if (declared_http && walk.proxy_tls) {
    fail(std::move(walk), Verdict::Reset, "UF",
         {"DP-306", "TLS that is not Istio's finds no filter chain on the HTTP port " + std::to_string(port), {}});
    return;
  }
  walk.hop().http = hop.http = http;
  if (codec_refuses(walk, http, declared_http, ProxyKind::Sidecar)) return;

  ProxyView view;
  view.kind = ProxyKind::Sidecar;
  view.ns = w.ns;
  view.labels = &w.labels;
  ConnectionView connection;
  connection.principal = hop.identity;
  connection.source_ip = walk.peer.ip;
  connection.remote_ip = trusted_address(walk, false, workload);
  connection.destination_ip = address_of(w, pod);
  connection.port = port;
  connection.sni =
      walk.payload == Payload::AppTls || transport == Transport::Mtls ? std::string_view(walk.sni) : std::string_view();
  RequestView request{walk.method,   walk.path,  walk.authority,
                      &walk.headers, &walk.jwts, flow_.protocol == FlowProtocol::Grpc};
  const PolicyDecision decision = world_.policies->at_envoy(view, connection, http ? &request : nullptr);
  if (!admits(walk, hop, decision, http)) return;
  walk.http_proxy_before |= http;
  if (http) {
    // PO-047: what the application reads is the normalised path; the query is left alone.
    std::string storage;
    const std::string_view whole = walk.path;
    const auto query = std::min(whole.find_first_of("?#"), whole.size());
    walk.path =
        std::string(policy::normalize_path(whole.substr(0, query), mesh_.settings.path_normalization, storage).path) +
        walk.path.substr(query);
    add_inbound_headers(walk, w);
    // useClientProtocol of the service's DestinationRule reaches the inbound cluster too (connectionPool, DP-220).
    TrafficPolicy own;
    if (const auto* entry = world_.inbound->find(workload, port)) {
      const Service& service = mesh_.services[entry->service];
      const TrafficPolicy stated =
          world_.routing->traffic_policy(w.ns, &w.labels, entry->service, service.ports[entry->port].port, "", false);
      own.use_client_protocol = stated.use_client_protocol;
      walk.hop().traffic_policy = stated.node;
      walk.hop().cluster_service = entry->service;
      walk.hop().cluster_port = service.ports[entry->port].port;
    }
    set_upstream_version(walk, protocol, true, &own);
  }
  at_application(std::move(walk), workload, port, transport);
}

// design.md section 4: a port named https* or tls* serves TLS, any other takes what the client sends.
bool Walker::serves_tls(std::size_t workload, std::uint16_t port) const {
  return is_tls(world_.inbound->protocol(mesh_, workload, port));
}

void Walker::at_application(Walk walk, std::size_t workload, std::uint16_t port, Transport transport) {
  walk.out.transport = transport;
  name_destination(walk, workload, port);
  const bool tls_port = serves_tls(workload, port);
  if (tls_port && !walk.tls_bytes()) {
    fail(std::move(walk), Verdict::Reset, "UC",
         {"DP-306", "the application serves TLS on port " + std::to_string(port) + "; plain bytes are refused", {}});
    return;
  }
  if (!tls_port && walk.proxy_tls) {
    fail(std::move(walk), Verdict::Reset, "UF",
         {"DP-306", "a proxy originates TLS, but port " + std::to_string(port) + " of the application is plain", {}});
    return;
  }
  walk.out.verdict = Verdict::Allowed;
  walk.out.http_status = walk.is_http() && flow_.protocol != FlowProtocol::Tcp ? std::optional(200) : std::nullopt;
  walk.out.upstream = as_received(walk);
  if (flow_.protocol == FlowProtocol::Grpc) walk.out.grpc_status = "OK";
  // The Envoy nearest to the client names itself (DP-260).
  if (walk.is_http() && header(walk.out.response_headers, "server").empty()) {
    for (const Hop& hop : walk.out.hops) {
      if (!hop.http || header_disabled(hop.workload, "server")) continue;
      walk.out.response_headers.emplace_back("server",
                                             hop.proxy == ProxyKind::Sidecar && !hop.inbound ? "envoy" : "istio-envoy");
      break;
    }
  }
  finish(std::move(walk));
}

}  // namespace meshsim::models::dataplane
