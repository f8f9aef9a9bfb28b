#pragma once
// Walker: the walk of one flow through the mesh, hop by hop (internal to models/dataplane). Every decision that splits
// the flow (weights, endpoints in different modes, canary waypoints) continues with copies of the walk, each with its
// share of the probability. One file per actor: client.cpp (uncaptured, sidecar), ztunnel_client.cpp, envoy_sender.cpp,
// waypoint_hop.cpp, gateway_hop.cpp, arrival.cpp.
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/dataplane/endpoint_selection.h"
#include "models/dataplane/inbound_ports.h"
#include "models/dataplane/world.h"

namespace meshsim::models::dataplane {

// Where a connection is addressed to.
struct Address {
  std::size_t service = kNone;                             // by name or VIP of this service
  std::optional<std::pair<std::size_t, std::size_t>> pod;  // by address of this (workload, replica)
  std::optional<IpAddress> ip;
  std::string host;  // as the client wrote it
  std::uint16_t port = 0;
};

// Who stands at the other end of an arriving connection, as the receiver sees it.
struct Peer {
  std::string identity;  // SPIFFE URI, empty without mTLS
  IpAddress ip;
};

// A proxy (or plain client) about to send.
struct Sender {
  ProxyKind kind = ProxyKind::Sidecar;
  std::size_t workload = kNone;  // its pods
  std::size_t gateway = kNone;   // waypoint or gateway
  std::string ns, identity;
  IpAddress ip;
  const Labels* labels = nullptr;
  const Locality* locality = nullptr;
  bool sends_hbone = true;
};

// How an endpoint of another network is reached (DP-270..DP-277).
struct Crossing {
  enum class Kind : std::uint8_t {
    None,         // same network
    Dropped,      // not among this proxy's endpoints
    DoubleHbone,  // through an east-west gateway
    Mtls,         // through an AUTO_PASSTHROUGH gateway
    Closed,       // the proxy refuses
    Unknown
  };
  Kind kind = Kind::None;
  std::size_t gateway = kNone;  // into Mesh::network_gateways
  Reason why = {};
};

// What travels inside the transport.
enum class Payload : std::uint8_t { Http, Bytes, AppTls };

struct Walk {
  Outcome out;
  std::string method, path, authority, scheme = "http", http_version;
  Headers headers;
  std::vector<Jwt> jwts;
  Payload payload = Payload::Http;
  bool proxy_tls = false;  // a proxy originated TLS (DestinationRule SIMPLE / MUTUAL) that nobody has terminated yet
  std::string sni;         // of the outermost TLS that a gateway may look at
  Peer peer;
  std::size_t from = kNone;  // workload whose network namespace sends (NetworkPolicy)
  // Timeouts of the HTTP tiers passed so far, on the clock of injected delays (DP-316).
  struct Deadline {
    ProxyKind by = ProxyKind::Sidecar;
    std::int64_t at_ns = 0;
    std::string text;
    Source source;
  };
  std::int64_t delay_ns = 0;
  std::vector<Deadline> deadlines;
  bool unopened = false;  // an AUTO_PASSTHROUGH server passes the client's mTLS on
  bool stalls = false;  // server-first bytes through a sniffing client sidecar: the connection hangs once made (DP-073)
  std::optional<Reason> client_filter;  // something not evaluated stands on the outbound side of the client's sidecar
  bool http_proxy_before =
      false;  // an Envoy that handles HTTP stands before this point: failures reach the client as 503
  bool is_http() const { return payload == Payload::Http; }
  // Envoy's sniffing does not take HTTP/1.0 for HTTP; a declared HTTP port answers it 426 (istio/istio
  // tests/integration/pilot/common/routing.go).
  bool sniffs_as_http() const { return is_http() && !tls_bytes() && http_version != "HTTP/1.0"; }
  bool tls_bytes() const { return proxy_tls || payload == Payload::AppTls; }
  Hop& hop() { return out.hops.back(); }
};

class Walker {
 public:
  Walker(const World& world, const Flow& flow) : world_(world), mesh_(*world.mesh), flow_(flow) {}
  std::vector<Outcome> run();

 private:
  // walker.cpp
  Walk first_walk() const;
  std::optional<Address> resolve_destination(Walk& walk, std::string_view client_ns) const;
  void finish(Walk walk);
  void fail(Walk walk, Verdict verdict, std::string flags, Reason reason);             // at or before the last hop
  void answer(Walk walk, ProxyKind by, int status, std::string flags, Reason reason);  // a proxy answers itself
  void deny(Walk walk, const Hop& hop, const PolicyDecision& decision, bool http_proxy);
  void unknown(Walk walk, Reason reason);
  // What a proxy does with its policies' decision; false when the walk ended here (and `walk` was moved from).
  bool admits(Walk& walk, const Hop& hop, const PolicyDecision& decision, bool http_proxy);
  void apply(Walk& walk, const PolicyDecision& decision,
             const Hop& hop) const;  // findings, consumed tokens, added headers
  void name_destination(Walk& walk, std::size_t workload, std::uint16_t port) const;

  // client.cpp
  std::size_t client_workload() const;
  void from_client(Walk walk, const Address& to);
  void from_plain(Walk walk, const Address& to, std::string_view who);
  void from_sidecar(Walk walk, std::size_t client, const Address& to);
  void by_kube_proxy(Walk walk, std::size_t service, std::uint16_t port, const Locality* client, Transport transport);
  void pass_through(Walk walk, const Address& to, const Locality* client, Transport transport = Transport::Plaintext);
  Address literal(
      const Address& to) const;  // the same address, read as the network reads it: Kubernetes VIP, pod, or outside
  Address stated_endpoint(const Workload& endpoint, const std::string& host, std::uint16_t port) const;
  void to_stated_endpoint(Walk walk, const Workload& endpoint, const std::string& host, std::uint16_t port,
                          Transport transport);
  void leave_mesh(Walk walk, const std::string& host, std::uint16_t port, Transport transport);
  // True: an Envoy's codec has answered (426 to HTTP/1.0, 400 to a lower-case method) and the walk has ended.
  bool codec_refuses(Walk& walk, bool http, bool declared_http, ProxyKind by);
  bool outbound_excluded(const Workload& client, const Address& to) const;

  // ztunnel_client.cpp
  std::size_t seen_by_ztunnel(const Address& to, std::string_view client_ns) const;
  void from_ztunnel(Walk walk, std::size_t client, const Address& to);
  void ztunnel_to_waypoint(Walk walk, std::size_t client, const WaypointBinding& binding, const Address& to);
  template <typename Go>
  void by_waypoint(Walk walk, const WaypointBinding& binding, Go go);  // DP-109: primary and canary by weight
  void ztunnel_to_remote_waypoint(Walk walk, std::size_t client, std::size_t gateway, const Address& to);
  void ztunnel_to_workload(Walk walk, std::size_t client, std::size_t workload, std::size_t pod, std::uint16_t port);

  Sender ztunnel_sender(std::size_t client) const;

  // envoy_sender.cpp
  Sender sidecar_sender(std::size_t client) const;
  Sender gateway_sender(std::size_t gateway) const;
  static bool owns(const Sender& sender, const Service& service);  // a waypoint's own Service (DP-160)
  void follow(Walk walk, const Sender& sender, std::vector<RouteChoice> choices, const Address& original);
  bool times_out(Walk& walk, std::int64_t delay_ns);  // true: an earlier tier gave up (DP-316), the walk has ended
  // Outcomes from `first` on are the first try of a route; those that are tried again give way to the others (DP-246).
  void retry(std::size_t first, const RetryPolicy& policy, ProxyKind by, bool stated);
  void forward(Walk walk, const Sender& sender, const RouteChoice& choice, const Address& original);
  void original_destination(Walk walk, const Sender& sender, const RouteChoice& choice, const Address& original);
  void to_endpoint(Walk walk, const Sender& sender, const RouteChoice& choice, const EndpointShare& endpoint);
  void to_bound_waypoint(Walk walk, const Sender& sender, const RouteChoice& choice);
  struct TransportChoice {
    Transport transport = Transport::Plaintext;
    bool user_tls = false;  // the proxy originates TLS inside (HBONE) or as the transport
    Reasons reasons;
  };
  TransportChoice transport_to(const Sender& sender, const Service& service, const TrafficPolicy& policy,
                               const Workload& endpoint, std::size_t endpoint_index, std::uint16_t target_port,
                               bool own_service) const;

  // waypoint_hop.cpp
  void through_waypoint(Walk walk, std::size_t waypoint, const Address& to);

  // network_hop.cpp
  bool other_network(Walk& walk, std::size_t workload, std::size_t pod);  // true: the walk has ended, unknown
  Crossing crossing(const Sender& sender, const Service& service, const EndpointShare& endpoint, bool takes_mtls) const;
  bool takes_mtls(const Sender& sender, const RouteChoice& choice, const EndpointShare& endpoint, bool own) const;
  // Walks on with the shares of other networks and returns those of the sender's.
  std::vector<EndpointShare> shares_here(const Walk& walk, const Sender& sender, const RouteChoice& choice,
                                         std::vector<EndpointShare> shares, bool own);
  void through_east_west(Walk walk, const Sender& sender, const RouteChoice& choice, const NetworkGateway& entrance);
  void to_sni_gateway(Walk walk, const Sender& sender, const RouteChoice& choice, const NetworkGateway& entrance);
  void pass_on_by_sni(Walk walk, const Sender& sender, const RouteChoice& choice);

  // gateway_hop.cpp
  void through_gateway(Walk walk, std::size_t gateway, std::uint16_t port, Transport transport);
  std::size_t flow_gateway() const;  // of flow_.to.gateway

  // arrival.cpp
  bool network_blocks(Walk& walk, std::size_t workload, std::size_t pod,
                      std::uint16_t port);  // true: the walk has ended
  void arrive(Walk walk, std::size_t workload, std::size_t pod, std::uint16_t port, Transport transport);
  void at_waypoint_itself(Walk walk, std::size_t workload, std::uint16_t port, Transport transport);
  void stall(Walk walk);
  void at_ztunnel(Walk walk, std::size_t workload, std::size_t pod, std::uint16_t port, Transport transport);
  void at_sidecar(Walk walk, std::size_t workload, std::size_t pod, std::uint16_t port, Transport transport);
  void at_application(Walk walk, std::size_t workload, std::uint16_t port, Transport transport);
  bool serves_tls(std::size_t workload, std::uint16_t port) const;

  // request_headers.cpp
  void add_outbound_headers(Walk& walk, ProxyKind kind) const;  // DP-260: attempt count, request id, XFF at gateways
  void add_inbound_headers(Walk& walk, const Workload& workload) const;
  // HTTP version of an Envoy's upstream connection to a port of this protocol (DP-259).
  void set_upstream_version(Walk& walk, Protocol port, bool follows_downstream, const TrafficPolicy* policy) const;
  static void edit(Headers& headers, const HeaderEdits& edits);
  static Upstream as_received(const Walk& walk);  // PO-106: with the tokens that no proxy took away
  RouteRequest route_request(const Walk& walk, const std::vector<std::size_t>* valid_jwts) const;
  // PO-038: `proxy` is the workload of the evaluating Envoy.
  IpAddress trusted_address(const Walk& walk, bool gateway, std::size_t proxy) const;
  int trusted_proxies(std::size_t proxy) const;
  bool header_disabled(std::size_t proxy, std::string_view field) const;  // proxyHeaders.<field>.disabled

  // policy_summary.cpp
  void summarise_policies(Outcome& outcome) const;
  void merge_outcomes();

  const World& world_;
  const Mesh& mesh_;
  const Flow& flow_;
  std::vector<Outcome> results_;
  int depth_ = 0;  // route loops end the walk

  friend struct DepthGuard;
};

template <typename Go>
void Walker::by_waypoint(Walk walk, const WaypointBinding& binding, Go go) {
  const int canary = binding.canary_gateway ? binding.canary_weight : 0;
  const std::array<int, 2> weights = {100 - canary, canary};
  const std::vector<double> shares = weighted_shares(weights);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (shares[i] <= 0) continue;
    Walk next = walk;
    next.out.probability *= shares[i];
    go(std::move(next), i == 0 ? binding.gateway : *binding.canary_gateway);
  }
}

// Value of a header (last of repeats joined with commas, as Envoy does), empty if absent.
std::string header(const Headers& headers, std::string_view name);
void set_header(Headers& headers, std::string_view name, std::string value);

}  // namespace meshsim::models::dataplane
