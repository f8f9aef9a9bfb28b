// Connections between proxies: what a new one costs, and how they are left. Taking one that is there: requests.cpp;
// those with limits: circuit_breakers.cpp.
#include <algorithm>
#include <utility>

#include "models/simulation/engine.h"

namespace meshsim::models::simulation {

std::optional<std::int64_t> Engine::open_transport(Request& r, Pool& p, std::uint8_t span) {
  FlowStatistics& statistics = statistics_[r.flow];
  ++statistics.connections[span];
  r.cold_streams = static_cast<std::uint8_t>(r.cold_streams | 1u << span);
  if (p.local) return 0;
  bool transport = true;
  std::int64_t delay = 0;
  const bool near_ztunnel = p.from_actor != kNobody && people_.actors()[p.from_actor].kind == ActorKind::Ztunnel;
  const bool far_ztunnel = p.to_actor != kNobody && people_.actors()[p.to_actor].kind == ActorKind::Ztunnel;
  WireBytes bytes;
  if (p.stream_limit > 0) {  // HBONE: a stream, on a transport connection that has room (HB-051)
    transport = !p.offered || p.streams >= p.stream_limit;
    p.streams = transport ? 1 : p.streams + 1;
    p.offered = true;
    delay += p.rtt_ns;  // HB-045: CONNECT and 200
    bytes += stream_bytes(near_ztunnel, transport);
  }
  if (transport) {
    ++p.transports;
    const bool secure = p.transport != Transport::Plaintext;
    delay += std::int64_t{p.rtt_ns} * (secure ? 2 : 1);
    bytes += connection_bytes(p.transport, near_ztunnel, far_ztunnel);
    r.cold_transports = static_cast<std::uint8_t>(r.cold_transports | 1u << span);
    const auto expired = [&](std::uint32_t actor) { return actor != kNobody && !actors_[actor].certificate; };
    if (secure && (expired(p.from_actor) || expired(p.to_actor))) {
      --p.transports;
      p.streams = 0;
      p.offered = false;
      return std::nullopt;
    }
  }
  if (r.counted) {
    statistics.bytes_to_server += bytes.to_server;
    statistics.bytes_to_client += bytes.to_client;
  }
  return delay;
}

std::optional<Cause> Engine::refused(const Pool& p) const {
  if (p.from_actor != kNobody && !actors_[p.from_actor].accepting) return Cause::ProxyDown;
  if (p.to_actor == kNobody || (actors_[p.to_actor].alive && actors_[p.to_actor].accepting)) return std::nullopt;
  return people_.actors()[p.to_actor].kind == ActorKind::Application ? Cause::PodGone : Cause::ProxyDown;
}

// Of a pool with limits, or where the connection is not used again.
void Engine::release_otherwise(const Request& r, const Op& op, bool broken) {
  Pool& p = pools_[op.target];
  if (p.limits != kNobody) return release_limited(r, op.span, limited_pool(r, op), broken);
  p.last_used_ns = sim_.now().ns;
  if (p.in_use > 0) --p.in_use;
  if (p.drains) p.offered = false;  // GOAWAY
  if (p.multiplexed) {
    p.went_away = true;
    if (p.in_use > 0) return;
    p.closed += std::exchange(p.open, 0);
    p.streams = 0;
    p.went_away = false;
    return;
  }
  if (p.open == 0) return;
  --p.open;
  ++p.closed;
  if (p.streams > 0) --p.streams;
}

void Engine::release_from(const Request& r, std::uint32_t from, bool broken) {
  const Program program = programs_[r.program];
  for (std::uint32_t i = from; i < r.pc; ++i) {
    const Op op = ops_[program.first_op + i];
    if (op.step != Step::Acquire) continue;
    bool released = false;
    for (std::uint32_t k = i + 1; k < r.pc; ++k) {
      const Op& later = ops_[program.first_op + k];
      released |= later.step == Step::Release && later.span == op.span;
    }
    if (!released) release(r, op, broken);
  }
}

Engine::Windows Engine::windows_of(bool ztunnel) const {
  const CostModel& c = input_.costs;
  if (ztunnel) return {c.ztunnel_stream_window, c.ztunnel_connection_window};
  // HB-020.
  const bool large = input_.epochs.front().world.mesh->settings.profile.envoy_large_h2_windows;
  const Windows own = large ? Windows{268'435'456, 268'435'456} : Windows{16'777'216, 25'165'824};
  return {c.envoy_stream_window > 0 ? c.envoy_stream_window : own.stream,
          c.envoy_connection_window > 0 ? c.envoy_connection_window : own.connection};
}

// HTTP/2 flow control: a stream carries at most one window per round trip, and the streams of a connection share the
// window of the connection. What the receiver does with the bytes meanwhile counts already.
std::int64_t Engine::window_delay(const Request& r, const Op& op) const {
  const Pool& p = pools_[op.target];
  const FlowTraffic& traffic = input_.flows[r.flow].traffic;
  const std::uint64_t bytes = op.opens ? traffic.request_bytes : traffic.response_bytes;
  const std::uint64_t limit = std::max<std::uint64_t>(1, p.stream_limit), busy = std::max<std::uint32_t>(1, p.in_use);
  const std::uint64_t together = (busy + (busy + limit - 1) / limit - 1) / ((busy + limit - 1) / limit);
  const Windows windows = windows_of(op.accepts);
  const std::uint64_t window = std::max<std::uint64_t>(1, std::min(windows.stream, windows.connection / together));
  const std::uint64_t rounds = bytes == 0 ? 0 : (bytes - 1) / window;
  return std::max<std::int64_t>(0, static_cast<std::int64_t>(rounds) * p.rtt_ns - op.extra_ns);
}

}  // namespace meshsim::models::simulation
