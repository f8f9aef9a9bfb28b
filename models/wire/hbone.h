#pragma once
// HBONE: an application's bytes inside one stream opened with CONNECT on an HTTP/2 connection to port 15008 (HB-001,
// HB-010..HB-033), and the same for HTTP/2 applications without a tunnel. Imitates ztunnel (hyper h2) and Envoy as
// client and server; one stream per connection, as for a cold pool.
#include <cstdint>
#include <string>
#include <vector>

#include "models/wire/http2.h"

namespace meshsim::models::wire {

struct Tunnel {
  bool ztunnel_client = true, ztunnel_server = true;
  bool old_envoy = true;    // Envoy up to 1.35 (HB-020)
  std::string authority;    // HB-010 row 2
  Fields headers;           // after :method and :authority, in order: baggage, forwarded, traceparent, ...
  int status = 200;         // HB-014
  Fields response_headers;  // baggage of a ztunnel from 1.29 on
  bool closes = true;       // both directions end (HB-026)
};

// Writes of the connection inside TLS. With another status than 200, `inner` is not sent.
Exchange in_tunnel(const Exchange& inner, const Tunnel& tunnel);

// What a ztunnel can write now: Http2::frames with strings coded as hyper h2 codes them.
std::vector<Bytes> h2_frames(Http2& connection, bool from_client);

// HB-011: what baggage says of a workload. Versions up to 1.28 send every key, later ones leave empty keys out.
struct Baggage {
  std::string cluster, ns, workload_kind, workload, service, revision, region, zone;  // kind: deployment, pod, ...
};
std::string baggage_text(const Baggage& baggage, bool empty_keys);

// Sizes of ztunnel's reads: the DATA frames that a write becomes after `moved` bytes in that direction (HB-030).
std::vector<std::size_t> ztunnel_frames(std::uint64_t moved, std::size_t size, std::size_t largest_frame);

// HTTP/2 of an application on a connection of its own.
Exchange http2_exchange(const Fields& request, std::string_view request_body, const Fields& response,
                        std::string_view response_body, const Fields& trailers);

}  // namespace meshsim::models::wire
