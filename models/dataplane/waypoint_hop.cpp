// Inside a waypoint: reception, policy with the client's identity, routes of its own services, and on to the backend
// (DP-150..DP-165). PeerAuthentication has no say here (PO-087); behind it the waypoint is the peer (PO-070, PO-071).
#include "models/dataplane/walker.h"

namespace meshsim::models::dataplane {

void Walker::through_waypoint(Walk walk, std::size_t index, const Address& to) {
  const Gateway& waypoint = mesh_.gateways[index];
  const Sender sender = gateway_sender(index);
  Hop hop;
  hop.proxy = ProxyKind::Waypoint;
  hop.name = waypoint.ns + '/' + waypoint.name;
  hop.inbound = true;
  hop.transport = Transport::Hbone;
  hop.port = 15008;
  hop.identity = walk.peer.identity;
  hop.gateway = index;
  hop.workload = waypoint.workload;
  hop.reasons.push_back({"DP-150", "the waypoint receives HBONE with the client's identity", waypoint.ref.source});

  if (other_network(walk, waypoint.workload, 0)) return;
  if (network_blocks(walk, waypoint.workload, 0, 15008)) return;
  const bool direct = to.service == kNone;
  const Service* service = direct ? nullptr : &mesh_.services[to.service];
  const ServicePort* port = direct ? nullptr : service->find_port(to.port);
  if (!direct && port == nullptr) {
    walk.out.hops.push_back(std::move(hop));
    fail(std::move(walk), Verdict::Unreachable, "-",
         {"DP-150",
          "the waypoint serves only declared ports of " + service->hostname + "; " + std::to_string(to.port) +
              " is none",
          service->ref.source});
    return;
  }
  const Protocol protocol = direct ? Protocol::Unset : port->protocol;
  const bool http =
      is_http(protocol) ? walk.is_http() && !walk.tls_bytes() : protocol == Protocol::Unset && walk.sniffs_as_http();
  if (is_http(protocol) && !walk.is_http()) {
    walk.out.hops.push_back(std::move(hop));
    walk.hop().http = true;
    fail(std::move(walk), Verdict::Reset, "DPE",
         {"DP-259", "the port is declared HTTP; other bytes are refused by the waypoint's codec", {}});
    return;
  }
  hop.http = http;
  walk.out.hops.push_back(std::move(hop));
  if (codec_refuses(walk, http, is_http(protocol), ProxyKind::Waypoint)) return;
  // The waypoint keeps the client's XFCC out (DP-260); request id is added by every HTTP Envoy.
  if (http) {
    std::erase_if(walk.headers, [](const auto& h) { return h.first == "x-forwarded-client-cert"; });
    // On request it writes the identity of the client into it (1.30 on; CORE/listener_waypoint.go, master).
    const auto opted = waypoint.workload == kNone ? std::optional<std::string_view>()
                                                  : find(mesh_.workloads[waypoint.workload].annotations,
                                                         "ambient.istio.io/xfcc-include-client-identity");
    if (mesh_.settings.profile.xfcc_client_identity && opted &&
        (*opted == "true" || *opted == "TRUE" || *opted == "True"))
      set_header(walk.headers, "x-forwarded-client-cert", "By=" + waypoint.identity + ";URI=" + walk.peer.identity);
    add_outbound_headers(walk, ProxyKind::Waypoint);
  }

  ProxyView view;
  view.kind = ProxyKind::Waypoint;
  view.ns = waypoint.ns;
  view.labels = sender.labels;
  view.gateway_name = waypoint.name;
  if (!direct) view.chain = ChainService{service->kubernetes, service->ns, service->ref.name};
  ConnectionView connection;
  connection.principal = walk.peer.identity;
  connection.source_ip = walk.peer.ip;
  connection.remote_ip = trusted_address(walk, false, waypoint.workload);
  if (!direct && !service->addresses.empty()) connection.destination_ip = service->addresses.front();  // PO-072
  if (direct && to.pod && to.pod->second < mesh_.workloads[to.pod->first].pods.size() &&
      !mesh_.workloads[to.pod->first].pods[to.pod->second].addresses.empty())
    connection.destination_ip = mesh_.workloads[to.pod->first].pods[to.pod->second].addresses.front();
  connection.port = to.port;  // PO-073: the Service port on service chains
  connection.sni = walk.payload == Payload::AppTls ? std::string_view(walk.sni) : std::string_view();
  RequestView request{walk.method,   walk.path,  walk.authority,
                      &walk.headers, &walk.jwts, flow_.protocol == FlowProtocol::Grpc};
  const PolicyDecision decision = world_.policies->at_envoy(view, connection, http ? &request : nullptr);
  const std::vector<Jwt> jwts_seen = walk.jwts;
  const Hop here = walk.hop();
  if (!admits(walk, here, decision, http)) return;
  walk.http_proxy_before = http || walk.http_proxy_before;

  if (direct) {
    // DP-161: cluster `encap`, always HBONE.
    const Workload& target = mesh_.workloads[to.pod->first];
    walk.peer = {sender.identity, sender.ip};
    walk.from = sender.workload;
    const bool listens = target.mode == DataplaneMode::Ambient ? target.wds_hbone() : target.sidecar_hbone;
    if (!listens) {
      walk.out.transport = Transport::Hbone;
      name_destination(walk, to.pod->first, to.port);
      fail(std::move(walk), Verdict::Unreachable, "UF",
           {"DP-161",
            target.ns + '/' + target.name + " does not listen on 15008: the waypoint's HBONE connection is refused",
            {}});
      return;
    }
    arrive(std::move(walk), to.pod->first, to.pod->second, to.port, Transport::Hbone);
    return;
  }
  Walk at_route = walk;
  at_route.jwts = jwts_seen;  // claims of a token the JWT filter consumed still route
  RouteRequest route = route_request(at_route, &decision.valid_jwts);
  route.http = http;
  auto choices = world_.routing->at_waypoint(index, to.service, to.port, route);
  for (const RouteChoice& choice : choices) {
    if (!choice.route) continue;
    const std::string& kind = choice.route->kind;
    if (kind != "VirtualService" && kind != "TCPRoute" && kind != "TLSRoute") continue;
    walk.hop().reasons.push_back({"DP-257", kind + " at a waypoint is documented as Alpha", choice.route->source});
    break;
  }
  follow(std::move(walk), sender, std::move(choices), to);
}

}  // namespace meshsim::models::dataplane
