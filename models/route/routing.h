#pragma once
// Routing: what the route objects of the mesh say about one request or connection at one evaluating proxy: a client
// sidecar, a gateway or a waypoint (DP-240). VirtualService, HTTPRoute, GRPCRoute, TCPRoute, TLSRoute, DestinationRule,
// Sidecar, Istio Gateway and Gateway API Gateway are compiled once per mesh; a decision is a table look-up. Imitates:
// istiod's route generation and Envoy's router matching (Istio 1.27 to master 2026-08). Where it stops: EnvoyFilter and
// Wasm are not evaluated (reported). Thread safety: immutable after compile().
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/flow/flow.h"
#include "models/mesh/mesh.h"
#include "models/verdict/outcome.h"

namespace meshsim::models {

// What the evaluating proxy sees.
struct RouteRequest {
  bool http = true;  // false: TCP / TLS routing by port, address, SNI
  std::string_view method = "GET", path = "/", authority, scheme = "http";
  const Headers* headers = nullptr;
  std::string_view sni;
  bool istio_alpn = false;  // the TLS was begun by an Istio Envoy (AUTO_PASSTHROUGH servers take nothing else)
  bool grpc = false;
  std::string_view http_version = "HTTP/1.1";
  const std::vector<Jwt>* jwts = nullptr;  // all tokens of the request
  const std::vector<std::size_t>* valid_jwts =
      nullptr;  // those that a RequestAuthentication at this proxy validated (claim routing)
};

struct HeaderEdits {
  Headers set, add;
  std::vector<std::string> remove;
};

// TLS of the connection to the chosen endpoints, from DestinationRule / BackendTLSPolicy.
enum class ClientTls : std::uint8_t { Unset, Disable, Simple, Mutual, IstioMutual };

struct TrafficPolicy {
  ClientTls tls = ClientTls::Unset;
  std::string tls_sni;
  Node subject_alt_names;            // tls.subjectAltNames: what the server's certificate must name
  bool passthrough_lb = false;       // loadBalancer.simple: PASSTHROUGH
  std::string lb = "LEAST_REQUEST";  // LEAST_REQUEST, RANDOM, ROUND_ROBIN, consistentHash, ...
  bool consistent_hash = false;
  bool outlier_detection = false;
  bool use_client_protocol = false;  // connectionPool.http.useClientProtocol
  std::string h2_upgrade;            // UPGRADE, DO_NOT_UPGRADE, ""
  Node locality;                     // localityLbSetting
  std::optional<ObjectRef> rule;     // the DestinationRule
  Node node;  // the trafficPolicy in force (connectionPool, outlierDetection ... for the simulation)
};

struct RetryPolicy {
  int attempts = 0;
  std::string on;
  std::int64_t per_try_timeout_ns = 0;
};

// A copy that goes along: to which endpoints, and how often.
struct MirrorChoice {
  std::size_t service = kNone;  // into Mesh::services
  std::uint16_t port = 0;
  Labels subset;
  double share = 1.0;
};

// One way a request can go from here.
struct RouteChoice {
  double probability = 1.0;
  enum class Kind : std::uint8_t {
    Forward,   // to `service`:`port`, endpoints restricted to `subset`
    External,  // to a host outside the registry by address: passthrough (sidecar ALLOW_ANY, PASSTHROUGH clusters)
    Answer,    // the proxy answers itself: redirect, direct response, fault abort, 404 NR, 500 invalid backend, 503 NC
               // ...
    Close,     // connection closed (TCP without route, BlackHoleCluster)
  } kind = Kind::Forward;
  std::size_t service = kNone;  // Forward: into Mesh::services
  std::uint16_t port = 0;       // Forward: service port
  Labels subset;                // Forward: endpoint labels required (DestinationRule subset)
  std::string subset_name;
  std::string external_host;  // External
  int status = 0;             // Answer
  std::string flags;          // "NR", "NC", "UH", "DI,FI"...
  std::string details;        // "route_not_found", ...
  std::string body;
  Headers answer_headers;  // e.g. location of a redirect
  // Rewrites of what goes on.
  std::optional<std::string> new_path, new_authority;
  HeaderEdits request_headers, response_headers;
  std::vector<MirrorChoice> mirrors;
  std::int64_t timeout_ns = 0;  // 0: none
  std::optional<RetryPolicy> retries;
  std::int64_t fault_delay_ns = 0;
  TrafficPolicy policy;            // of the chosen destination as this proxy sees it
  std::optional<ObjectRef> route;  // object and rule that decided
  int rule = -1;
  Reasons reasons;
  std::vector<RouteFinding> considered;
};

// A server (Istio Gateway) or listener (Gateway API) that takes a connection at a gateway.
struct ServerMatch {
  bool found = false;
  bool terminates_tls = false;  // SIMPLE, MUTUAL, ISTIO_MUTUAL, Terminate
  bool istio_mutual = false;
  bool passthrough = false;  // PASSTHROUGH / AUTO_PASSTHROUGH / TLS Passthrough
  bool auto_passthrough = false;
  bool http = true;  // routes by HTTP rules
  bool client_cert_required = false;
  bool https_redirect = false;
  std::uint16_t port = 0;     // port the gateway pod listens on (PO-073)
  ObjectRef server;           // the Gateway object
  std::string listener;       // name of server or listener
  std::size_t index = kNone;  // of the server, for at_gateway
  Reasons reasons;
};

class Routing {
 public:
  static std::shared_ptr<const Routing> compile(const Mesh& mesh, Diagnostics& diagnostics);
  virtual ~Routing() = default;

  // A client sidecar in `client` (workload index) sends to `service` (kNone: unknown to the registry) at service port
  // `port`; for HTTP the authority selects the virtual host (DP-040), so the decision may name another service.
  // `original_host`: host or address the client used.
  virtual std::vector<RouteChoice> at_sidecar(std::size_t client, std::size_t service, std::uint16_t port,
                                              std::string_view original_host, const RouteRequest& request) const = 0;
  // A waypoint (gateway index) handles traffic to a service it owns (DP-242..DP-245).
  virtual std::vector<RouteChoice> at_waypoint(std::size_t waypoint, std::size_t service, std::uint16_t port,
                                               const RouteRequest& request) const = 0;
  // A gateway: first the server, then its routes. `port` is the Service port the client connected to, `tls` whether the
  // client speaks TLS.
  virtual ServerMatch server_at_gateway(std::size_t gateway, std::uint16_t port, bool tls,
                                        const RouteRequest& request) const = 0;
  virtual std::vector<RouteChoice> at_gateway(std::size_t gateway, const ServerMatch& server, std::uint16_t port,
                                              const RouteRequest& request) const = 0;

  // Traffic policy of a destination as a proxy in namespace `ns` with `labels` sees it (DP-222, PO-120..122).
  virtual TrafficPolicy traffic_policy(std::string_view ns, const Labels* labels, std::size_t service,
                                       std::uint16_t port, std::string_view subset,
                                       bool at_waypoint_own_service) const = 0;
  // Whether a sidecar in this workload knows the service at all (Sidecar egress, exportTo): DP-225, DP-226.
  virtual bool visible(std::size_t client, std::size_t service) const = 0;
  // REGISTRY_ONLY for this sidecar (Sidecar outboundTrafficPolicy over mesh config, DP-225, DP-229).
  virtual bool registry_only(std::size_t client) const = 0;
};

}  // namespace meshsim::models
