// A gateway: server by port, SNI and host; its own policies; its routes (DP-053, DP-054, DP-083, PO-005, PO-009,
// PO-073, PO-157).
#include "models/dataplane/walker.h"

namespace meshsim::models::dataplane {

std::size_t Walker::flow_gateway() const {
  if (!flow_.to.gateway) return kNone;
  return mesh_.find_gateway(flow_.to.gateway->first, flow_.to.gateway->second);
}

void Walker::through_gateway(Walk walk, std::size_t index, std::uint16_t port, Transport transport) {
  const Gateway& gateway = mesh_.gateways[index];
  const Sender sender = gateway_sender(index);
  Hop hop;
  hop.proxy = ProxyKind::Gateway;
  hop.name = gateway.ns + '/' + gateway.name;
  hop.inbound = true;
  hop.transport = transport;
  hop.port = port;
  hop.identity = walk.peer.identity;
  hop.gateway = index;
  hop.workload = gateway.workload;

  // A ServiceEntry or Service port maps to the container port that the CNI sees.
  std::uint16_t wire_port = port;
  if (gateway.service != kNone)
    if (const ServicePort* declared = mesh_.services[gateway.service].find_port(port);
        declared != nullptr && declared->target_number != 0)
      wire_port = declared->target_number;
  if (network_blocks(walk, gateway.workload, 0, wire_port)) return;
  // The readiness port is the proxy's own: no server, no policy (ports of dataplane.md 0.4).
  if (wire_port == 15021 && gateway.workload != kNone && transport == Transport::Plaintext && !walk.tls_bytes()) {
    walk.out.reasons.push_back({"DP-025", "port 15021 is the gateway proxy's own readiness port", {}});
    at_application(std::move(walk), gateway.workload, wire_port, transport);
    return;
  }

  const bool tls = walk.tls_bytes() || transport == Transport::Mtls;
  Walk probe = walk;
  RouteRequest request = route_request(probe, nullptr);
  request.http = walk.is_http() || walk.payload == Payload::AppTls;
  request.sni = walk.sni;
  request.istio_alpn = transport == Transport::Mtls;
  const ServerMatch server = world_.routing->server_at_gateway(index, port, tls, request);
  for (const Reason& reason : server.reasons) hop.reasons.push_back(reason);
  walk.unopened = server.auto_passthrough;
  if (walk.unopened) hop.identity.clear();
  walk.out.hops.push_back(std::move(hop));
  if (!server.found) {
    walk.http_proxy_before &= walk.out.hops.size() > 1;
    Reason reason{"DP-053",
                  "the gateway " + gateway.ns + '/' + gateway.name + " has no server for port " + std::to_string(port) +
                      (tls ? " with SNI " + walk.sni : ""),
                  gateway.ref.source};
    fail(std::move(walk), Verdict::Unreachable, "NR", std::move(reason));
    return;
  }
  if (server.istio_mutual && transport != Transport::Mtls) {
    fail(std::move(walk), Verdict::Reset, "UF",
         {"DP-054",
          "the server demands Istio mutual TLS; only an Envoy with a DestinationRule ISTIO_MUTUAL can speak it",
          server.server.source});
    return;
  }
  if (server.terminates_tls && !tls) {
    fail(std::move(walk), Verdict::Reset, "-",
         {"DP-053", "the server expects TLS, the client speaks plaintext", server.server.source});
    return;
  }
  // A TCP server carries any bytes; an HTTP server cannot read TLS.
  if (!server.terminates_tls && !server.passthrough && tls && (server.http || transport == Transport::Mtls)) {
    fail(std::move(walk), Verdict::Reset, "-",
         {"DP-054", "the server expects plaintext, TLS arrives", server.server.source});
    return;
  }
  // The server ends one TLS session: the outermost, which is a proxy's where one has begun it.
  if (server.terminates_tls) {
    const bool of_proxy = walk.proxy_tls || transport == Transport::Mtls;
    walk.proxy_tls = false;
    if (!of_proxy && walk.payload == Payload::AppTls)
      walk.payload = flow_.protocol == FlowProtocol::Https ? Payload::Http : Payload::Bytes;
    walk.scheme = "https";
  }
  const bool http = server.http && walk.is_http() && !walk.tls_bytes();
  walk.hop().http = http;
  const Hop here = walk.hop();
  if (codec_refuses(walk, http, http, ProxyKind::Gateway)) return;

  ProxyView view;
  view.kind = ProxyKind::Gateway;
  view.ns = gateway.ns;
  view.labels = sender.labels;
  if (gateway.kind != Gateway::Kind::Classic) view.gateway_name = gateway.name;
  ConnectionView connection;
  connection.principal = server.istio_mutual ? std::string_view(walk.peer.identity) : std::string_view();
  connection.source_ip = walk.peer.ip;
  connection.remote_ip = trusted_address(walk, true, gateway.workload);
  connection.destination_ip = sender.ip;
  connection.port = server.port != 0 ? server.port : port;
  connection.sni = tls ? std::string_view(walk.sni) : std::string_view();
  RequestView policy_request{walk.method,   walk.path,  walk.authority,
                             &walk.headers, &walk.jwts, flow_.protocol == FlowProtocol::Grpc};
  const PolicyDecision decision = world_.policies->at_envoy(view, connection, http ? &policy_request : nullptr);
  const std::vector<Jwt> jwts_seen = walk.jwts;
  if (!admits(walk, here, decision, http)) return;
  walk.http_proxy_before |= http;
  if (http) {
    // With trusted proxies in front, what they say of the client's scheme counts; else the gateway overwrites it.
    const bool trusts = trusted_proxies(gateway.workload) > 0;
    if (trusts && header(walk.headers, "x-forwarded-proto") == "https") walk.scheme = "https";
    if (!trusts) set_header(walk.headers, "x-forwarded-proto", walk.scheme);
    const IpAddress client = connection.remote_ip;
    if (!client.is_private()) set_header(walk.headers, "x-envoy-external-address", client.text());
    add_outbound_headers(walk, ProxyKind::Gateway);
    // PO-038: the gateway appends the peer to x-forwarded-for; DP-260: a client's own XFCC is dropped.
    const std::string before = header(walk.headers, "x-forwarded-for");
    set_header(walk.headers, "x-forwarded-for",
               before.empty() ? walk.peer.ip.text() : before + "," + walk.peer.ip.text());
    std::string_view xfcc =
        mesh_.proxy_setting(gateway.workload, "gatewayTopology.forwardClientCertDetails").string_or();
    if (xfcc.empty()) xfcc = mesh_.proxy_setting(gateway.workload, "proxyHeaders.forwardedClientCert").string_or();
    if (xfcc.empty() || xfcc == "SANITIZE" || xfcc == "SANITIZE_SET" || xfcc == "UNDEFINED")
      std::erase_if(walk.headers, [](const auto& h) { return h.first == "x-forwarded-client-cert"; });
  }
  Walk at_route = walk;
  at_route.jwts = jwts_seen;
  RouteRequest route = route_request(at_route, &decision.valid_jwts);
  route.http = http;
  route.sni = walk.sni;
  route.istio_alpn = transport == Transport::Mtls;
  auto choices = world_.routing->at_gateway(index, server, port, route);
  Address original;
  original.service = gateway.service;
  original.port = port;
  original.host = flow_.to.host;
  follow(std::move(walk), sender, std::move(choices), original);
}

}  // namespace meshsim::models::dataplane
