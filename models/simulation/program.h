#pragma once
// Programs: a plan between particular pods, unrolled into the steps a request takes. Made once per combination and
// kept; the hot path only reads them. Internal to models/simulation.
#include <array>
#include <cstdint>
#include <vector>

#include "models/simulation/plan_book.h"
#include "models/simulation/wire_bytes.h"
#include "sim/simulation.h"

namespace meshsim::models::simulation {

inline constexpr std::size_t kMostHops = 7, kMostSpans = 5, kMostGateways = 3, kMostTiers = 4;

enum class Step : std::uint8_t {
  Acquire,  // a connection of pool `target` for span `span`
  Serve,    // at the station of actor `target`
  Answer,   // the application at actor `target`, then its calls
  Travel,   // along line `target`; without one, until the connect timeout
  Release,  // the connection of span `span`
  Delay,    // an injected fault of tier `tier`
  Route,    // the timeout of the route of tier `tier` begins
  Try,      // an attempt of tier `tier` has its connection
  Window,   // a body larger than the receiver's HTTP/2 windows, on pool `target`
  Finish,
};

inline constexpr std::uint8_t kNoTier = 0xFF;

struct Op {
  Step step = Step::Finish;
  std::uint8_t hop = 0, span = 0;
  std::uint8_t law = 0;
  bool opens = false, accepts = false;  // this proxy holds the near or the far end of the span's connection
  std::uint8_t tier = kNoTier;          // whose response this service handles
  bool watched = false;                 // and which wants to know of every response
  std::uint32_t target = 0;
  std::uint32_t extra_ns = 0;    // beyond the law: bytes, chunks; Travel: its length
  std::uint32_t pool = kNobody;  // of the span
  std::uint32_t cpu_ns = 0;
};

// The pods of a path.
struct Cast {
  std::uint32_t client = kNobody, server = kNobody;
  std::array<std::uint32_t, kMostGateways> gateways{kNobody, kNobody, kNobody};
  bool operator==(const Cast&) const = default;
};

// An Envoy that routes HTTP: requests wait there, time out, are tried again; failures behind it become its answers.
struct Tier {
  std::uint16_t out_at = 0, back_at = 0;  // steps: an attempt begins; it handles the response
  std::uint8_t point = 0;                 // of the plan
  std::uint32_t actor = kNobody;
  std::uint32_t cluster = kNobody;  // into Engine::clusters_
};

struct Program {
  const Plan* plan = nullptr;
  std::uint32_t plan_id = 0, flow = 0;
  Cast cast;
  std::uint32_t first_op = 0, operations = 0;
  std::uint32_t last_pool = kNobody;  // of the last span that has one: whose load the balancer compares
  std::uint8_t hops = 0, tier_count = 0;
  std::uint8_t chooser = kNoTier;        // tier that chose the server
  std::uint32_t tcp_cluster = kNobody;   // into Engine::clusters_: who is to know whether its connection came about
  std::uint32_t door = kNobody;          // where HTTP of the client's application ends: who can tell it to leave
  std::array<Tier, kMostTiers> tiers{};  // from client to server
  bool sticky = false;  // the path is chosen per connection of the application: no HTTP proxy on the client's side
  std::array<std::uint16_t, kMostHops> meters{};
  std::uint64_t runs = 0;
  // TCP payload of one exchange, for connections that are fresh, beyond 128 KiB, beyond 10 MiB (HB-030).
  std::array<WireBytes, 3> bytes;
};

// Connections from one origin to one target, counted. Used last in, first out; each has a number, by which the worker
// that holds it is known. Streams of HBONE share transport connections (HB-051, HB-054).
struct Pool {
  std::uint32_t in_use = 0, open = 0, peak = 0;
  std::uint32_t from_actor = kNobody, to_actor = kNobody;  // who holds the ends of the transport
  std::uint32_t from_pod = kNobody, to_pod = kNobody;
  Transport transport = Transport::Plaintext;
  bool local = false;              // within the pod: no network, no TLS
  bool multiplexed = false;        // HTTP/2: one connection carries what comes
  std::uint16_t salt = 0;          // so that first connections do not all meet first workers
  std::uint32_t stream_limit = 0;  // HBONE: streams per transport connection; 0: a connection each
  bool offered = false;            // a transport connection is in the pool, with `streams` on it (HB-051, HB-052)
  std::uint32_t streams = 0;
  std::int64_t idle_limit_ns = 0, last_used_ns = 0;
  std::uint32_t limits = kNobody;  // into Engine::limits_: its connections are followed one by one
  bool of_application = false;     // its connections are those of Engine::connections_, where these are kept
  bool drains = false;             // every connection takes the exchange under way and no other
  bool special = false;            // one of both
  bool went_away = false;          // multiplexed: the newest connection takes no further stream (GOAWAY)
  std::uint32_t old_below = 0;     // connections with lower numbers are those of a ztunnel that is being replaced
  std::uint32_t rtt_ns = 0;        // between the ends
  std::uint32_t tls_from_ns = 0, tls_to_ns = 0, tls_from_cpu = 0, tls_to_cpu = 0;
  std::uint32_t stream_from_ns = 0, stream_to_ns = 0;  // per new application connection (latency and CPU)
  std::vector<std::uint16_t> unused;  // numbers of the open connections that nobody uses; not of multiplexed ones
  std::uint64_t opened = 0, closed = 0, transports = 0;
  std::uint64_t opened_early = 0, transports_early = 0;  // of them in the warm-up
};

}  // namespace meshsim::models::simulation
