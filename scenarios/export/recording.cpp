#include "scenarios/export/recording.h"

#include <algorithm>
#include <cmath>

#include "models/simulation/result.h"
#include "scenarios/export/messages.h"
#include "scenarios/export/request_headers.h"

namespace meshsim::scenarios {

using models::Hop;
using models::Outcome;
using models::ProxyKind;

namespace {

constexpr std::int64_t kRoundTrip = 150'000;  // CO-027, node to node

// CO-021: mean time of a request at a proxy, request and response together.
std::int64_t idle_time(const Hop& hop) {
  switch (hop.proxy) {
    case ProxyKind::Sidecar:
      return hop.http ? 220'000 : 100'000;
    case ProxyKind::Gateway:
      return 220'000;
    case ProxyKind::Waypoint:
      return 187'000;
    case ProxyKind::Ztunnel:
      return 62'000;
  }
  return 0;
}

}  // namespace

bool is_remote_hop(const Outcome& outcome, std::size_t hop) { return outcome.hops[hop].inbound; }

void put_idle_request(Happened& happened, std::int64_t at_ns) {
  const Outcome& outcome = *happened.outcome;
  Timed timed;
  timed.at_ns = at_ns;
  timed.hops.resize(outcome.hops.size());
  happened.milliseconds.resize(outcome.hops.size());
  std::int64_t inside = 0;  // what lies behind the hop, from the end of the path to its beginning
  for (std::size_t i = outcome.hops.size(); i-- > 0;) {
    const std::int64_t own = idle_time(outcome.hops[i]);
    inside += own;
    timed.hops[i].end_ns = inside;  // for now the length
    if (is_remote_hop(outcome, i)) inside += kRoundTrip;
  }
  timed.length_ns = inside;
  std::int64_t start = 0;
  for (std::size_t i = 0; i < outcome.hops.size(); ++i) {
    HopTime& time = timed.hops[i];
    if (is_remote_hop(outcome, i)) start += kRoundTrip / 2;
    time.start_ns = start;
    time.end_ns += start;
    const std::int64_t whole = (time.end_ns - time.start_ns) / 1'000'000;  // Envoy counts whole milliseconds
    happened.milliseconds[i] = {{static_cast<double>(whole), 1.0}};
    start += idle_time(outcome.hops[i]) / 2;
  }
  happened.requests.push_back(std::move(timed));
}

Recording record(const RunResult& run, const ExportOptions& options) {
  const Scenario& scenario = run.loaded->scenario;
  Recording out;
  out.start_ns = options.start_ns;
  out.interval_ns = options.scrape_interval_ns;
  out.seed = run.simulation ? run.simulation->seed : scenario.run.seed;
  const std::int64_t stated = run.simulation ? run.simulation->duration_ns : scenario.run.duration_ns;
  const std::int64_t duration = stated > 0 ? stated : 4 * out.interval_ns;
  out.samples = static_cast<std::size_t>((duration + out.interval_ns - 1) / out.interval_ns) + 1;
  if (run.simulation) record_simulation(run, options, out);
  for (std::size_t f = 0; f < run.flows.size(); ++f) {
    const models::FlowResult& flow = run.flows[f].result;
    if (!options.only_flow.empty() && flow.flow.name != options.only_flow) continue;
    const bool simulated =
        run.simulation && f < run.simulation->flows.size() && started_of(run.simulation->flows[f]) > 0;
    if (simulated) continue;
    const Traffic traffic = f < scenario.flows.size() ? scenario.flows[f].traffic : Traffic{};
    for (std::size_t o = 0; o < flow.outcomes.size(); ++o) {
      Happened happened;
      happened.mesh = run.loaded->world.mesh;
      happened.flow = &flow.flow;
      happened.outcome = &flow.outcomes[o];
      happened.flow_index = f;
      happened.outcome_index = o;
      const std::int64_t at =
          1'000'000'000 + static_cast<std::int64_t>(f) * 1'000'000 + static_cast<std::int64_t>(o) * 1'000;
      for (std::size_t k = 0; k < out.samples; ++k) {
        const std::int64_t until = std::min(static_cast<std::int64_t>(k) * out.interval_ns, duration);
        double count = until > at ? 1 : 0;
        if (traffic.per_second) count = std::floor(*traffic.per_second * static_cast<double>(until) / 1e9);
        happened.totals.push_back(count * flow.outcomes[o].probability);
      }
      put_idle_request(happened, at);
      const MessageSizes sizes = message_sizes(flow.flow, flow.outcomes[o], traffic);
      happened.request_bytes = sizes.request;
      happened.response_bytes = sizes.response;
      out.happened.push_back(std::move(happened));
    }
  }
  std::stable_sort(out.happened.begin(), out.happened.end(),
                   [](const Happened& a, const Happened& b) { return a.flow_index < b.flow_index; });
  for (Happened& happened : out.happened) put_added_bytes(out, happened);
  return out;
}

std::uint64_t stable_number(std::uint64_t seed, std::string_view purpose, std::uint64_t a, std::uint64_t b,
                            std::uint64_t c) {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a over the purpose, then the finaliser of SplitMix64
  for (const char ch : purpose) hash = (hash ^ static_cast<unsigned char>(ch)) * 0x100000001b3u;
  for (const std::uint64_t word : {seed, a, b, c}) {
    hash += word + 0x9e3779b97f4a7c15u;
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
    hash ^= hash >> 31;
  }
  return hash;
}

std::uint16_t client_port(const Recording& recording, const Happened& happened, std::size_t leg,
                          std::uint64_t request) {
  // Linux: net.ipv4.ip_local_port_range 32768 60999.
  return static_cast<std::uint16_t>(32768 + stable_number(recording.seed, "client port", happened.flow_index,
                                                          happened.outcome_index, leg + (request << 8)) %
                                                28232);
}

namespace {

void put_hex(char* to, std::uint64_t value, int digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (int i = digits; i-- > 0; value >>= 4) to[i] = kDigits[value & 15];
}

std::string two_halves(const Recording& recording, const Happened& happened, std::string_view purpose,
                       std::uint64_t c) {
  std::string out(32, '0');
  put_hex(out.data(), stable_number(recording.seed, purpose, happened.flow_index, happened.outcome_index, c), 16);
  put_hex(out.data() + 16, stable_number(recording.seed, purpose, happened.flow_index, happened.outcome_index, c + 1),
          16);
  return out;
}

}  // namespace

std::string request_id(const Recording& recording, const Happened& happened, std::uint64_t request) {
  const std::uint64_t a =
      stable_number(recording.seed, "request id", happened.flow_index, happened.outcome_index, 2 * request);
  const std::uint64_t b = stable_number(a, "", request);
  std::string out = "00000000-0000-4000-8000-000000000000";
  put_hex(out.data(), a >> 32, 8);
  put_hex(out.data() + 9, (a >> 16) & 0xffff, 4);
  put_hex(out.data() + 15, a & 0xfff, 3);
  put_hex(out.data() + 19, 0x8000 | ((b >> 48) & 0x3fff), 4);
  put_hex(out.data() + 24, b & 0xffffffffffff, 12);
  return out;
}

std::string trace_id(const Recording& recording, const Happened& happened, std::uint64_t request, std::size_t part) {
  return two_halves(recording, happened, "trace id", request << 8 | 2 * part);
}

std::string span_id(const Recording& recording, const Happened& happened, std::uint64_t request, std::size_t span) {
  const std::uint64_t id =
      stable_number(recording.seed, "span id", happened.flow_index, happened.outcome_index, request << 8 | span);
  std::string out(16, '0');
  put_hex(out.data(), id == 0 ? 1 : id, 16);
  return out;
}

std::string tunnel_trace_id(const Recording& recording, const Happened& happened, std::size_t leg,
                            std::uint64_t request) {
  return two_halves(recording, happened, "tunnel", request << 8 | 2 * leg);
}

}  // namespace meshsim::scenarios
