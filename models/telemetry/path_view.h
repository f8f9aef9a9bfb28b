#pragma once
// PathView: the hops of an outcome seen the way telemetry needs them: for every proxy the party before it and the party
// behind it, how the connection onwards travels, and whether this proxy answered or refused by itself. It decides
// nothing: all of it is read from Outcome, which route and judge have filled in.
#include <vector>

#include "models/dataplane/world.h"
#include "models/flow/flow.h"
#include "models/verdict/outcome.h"

namespace meshsim::models {

// Who sends or takes traffic on either side of a proxy: client, gateway, waypoint, destination.
struct Party {
  enum class Kind : std::uint8_t {
    None,      // nobody was chosen: the proxy answered before it had an endpoint
    Outside,   // an address that the mesh does not know
    Workload,  // pods (of an application, a gateway or a waypoint)
    External,  // a host outside the mesh that a ServiceEntry names, without a workload of its own
  } kind = Kind::None;
  const Workload* workload = nullptr;
  const Gateway* gateway = nullptr;      // workload is the pods of a gateway or waypoint
  const Service* service = nullptr;      // External: the ServiceEntry host
  bool by_service = true;                // Workload: reached through a service, not by its own address
  ProxyKind proxy = ProxyKind::Ztunnel;  // kind of the Envoy that acts for it, if has_envoy
  bool has_envoy = false;
};

struct HopView {
  const Hop* hop = nullptr;
  Party downstream, upstream;          // whose TLS and HTTP this proxy speaks
  Party tcp_downstream, tcp_upstream;  // whose addresses it sees; another where a gateway between passes on unread
  Transport leaving = Transport::Plaintext;  // of the connection towards `upstream`
  bool last = false;                         // nothing on the path is behind this proxy
  bool answers = false;                      // the response or refusal comes from this proxy
  bool refuses = false;                      // ... because a policy refused here
  bool cut_before_start = false;  // refused before any filter chain ran: nothing but a listener log (TM-090 row 3)
  bool passes_on = false;         // takes the bytes of TLS or of an inner HBONE from one side to the other, unread
  bool waypoint = false;          // configured as a waypoint: those, and ambient east-west gateways
  bool crossed_in = false;        // the tunnel that ends here was opened in another network (HB-061)
  bool crosses_out = false;       // the endpoint lies in another network, behind double HBONE
  bool envoy() const { return hop->proxy != ProxyKind::Ztunnel; }
};

struct PathView {
  const World& world;
  const Mesh& mesh;
  const Flow& flow;
  const Outcome& outcome;
  std::vector<HopView> hops;
  Party client, destination;
  bool grpc = false;
  bool http = false;  // the client speaks HTTP in the clear

  PathView(const World& world, const Flow& flow, const Outcome& outcome);
  const Service* addressed() const;  // the service that the client named
  const Service* routed() const;     // the one whose endpoint was chosen
  std::uint16_t container_port(const HopView& view) const;
  // Status that an Envoy records; nullopt where no HTTP response was produced.
  std::optional<int> http_status() const;
  std::string authority() const;  // :authority as the client sent it
  bool has_reason(std::string_view rule) const;
};

// "10.0.0.1:15008" of the first ready pod; empty without an address.
std::string address_of(const Workload* workload, std::uint16_t port);
std::string_view pod_of(const Workload* workload);
std::string_view cluster_of(const Workload* workload);

}  // namespace meshsim::models
