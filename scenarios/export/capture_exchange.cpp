#include "scenarios/export/capture_exchange.h"

#include <algorithm>

#include <fmt/format.h>

#include "models/telemetry/releases.h"
#include "models/value/grpc_status.h"
#include "scenarios/export/messages.h"
#include "scenarios/export/request_headers.h"

namespace meshsim::scenarios {

using models::Flow;
using models::FlowProtocol;
using models::Outcome;
using models::ProxyKind;
using models::Transport;
using models::Verdict;
using models::Workload;
using models::wire::Exchange;
using models::wire::Fields;
using models::wire::KeyKind;
using models::wire::KeyStream;
using models::wire::Tls13;
using models::wire::TlsOptions;
using models::wire::TlsParty;
using models::wire::TlsStack;
using models::wire::Tunnel;
using models::wire::Write;

namespace {

constexpr std::uint64_t kMostPayload = 4 << 20;

std::string filler(std::uint64_t size) {
  std::string out(static_cast<std::size_t>(std::min(size, kMostPayload)), '\0');
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>('a' + i % 26);
  return out;
}

bool is_true(std::string_view text) { return text == "true" || text == "1"; }

std::string grpc_number(const Outcome& outcome) {
  return std::to_string(models::grpc_status_of(outcome.grpc_status.value_or("UNKNOWN")).value_or(2));
}

models::wire::Baggage baggage(const Workload& workload) {
  models::wire::Baggage out;
  out.cluster = workload.locality.cluster.empty() ? "Kubernetes" : workload.locality.cluster;
  out.ns = workload.ns;
  // What is none of these is a pod to istiod (HB-011 knows four kinds).
  out.workload_kind = workload.owner.kind == "Deployment" ? "deployment"
                      : workload.owner.kind == "Job"      ? "job"
                      : workload.owner.kind == "CronJob"  ? "cronjob"
                                                          : "pod";
  out.workload = workload.name;
  out.service = workload.canonical_service;
  out.revision = workload.canonical_revision;
  out.region = workload.locality.region;
  out.zone = workload.locality.zone;
  return out;
}

}  // namespace

const models::Service* CaptureExchange::service() const {
  return outcome().service < mesh_.services.size() ? &mesh_.services[outcome().service] : nullptr;
}

// What the application on this leg says and hears, without the transport.
Exchange CaptureExchange::application(const Leg& leg) const {
  const bool answered = leg.ends == LegEnds::Served || leg.ends == LegEnds::Answered;
  const Flow& f = flow();
  const std::uint64_t request_size = std::min(happened_.request_bytes, kMostPayload),
                      response_size = std::min(happened_.response_bytes, kMostPayload);
  Exchange out;
  if (f.protocol == FlowProtocol::Grpc || f.protocol == FlowProtocol::Http2) return http2(leg, answered);
  if (models::is_http(f.protocol)) {
    std::string request = request_text(f, request_size);
    request.insert(request.find("\r\n") + 2, header_lines(added_fields(mesh_, recording_, happened_, leg)));
    out.push_back({true, std::move(request)});
    if (answered) out.push_back({false, response_text(f, outcome(), response_size), true});
    return out;
  }
  const bool served = leg.ends == LegEnds::Served;
  if (models::is_tls(f.protocol)) {
    Exchange inner;
    inner.push_back({true, f.protocol == FlowProtocol::Https ? request_text(f, request_size) : filler(request_size)});
    if (served)
      inner.push_back(
          {false,
           f.protocol == FlowProtocol::Https ? response_text(f, outcome(), response_size) : filler(response_size),
           true});
    return inner;
  }
  if (f.request.server_first) {
    if (served) out.push_back({false, filler(response_size), true});
    out.push_back({true, filler(request_size)});
    return out;
  }
  out.push_back({true, filler(request_size)});
  if (served) out.push_back({false, filler(response_size), true});
  return out;
}

Exchange CaptureExchange::http2(const Leg& leg, bool answered) const {
  const Flow& f = flow();
  const bool grpc = f.protocol == FlowProtocol::Grpc;
  Fields request = {{":method", grpc ? "POST" : f.request.method},
                    {":scheme", "http"},
                    {":path", f.request.path},
                    {":authority", authority_of(f)}};
  if (grpc) request.insert(request.end(), {{"content-type", "application/grpc"}, {"te", "trailers"}});
  for (const auto& header : f.request.headers)
    if (!header.first.starts_with(':') && header.first != "host" && header.first != "content-type" &&
        header.first != "te" && header.first != "connection")
      request.push_back(header);
  for (auto& header : added_fields(mesh_, recording_, happened_, leg)) request.push_back(std::move(header));
  const auto body = [grpc](std::uint64_t size) {
    // gRPC: a message of `size` bytes with its prefix of five.
    std::string text = filler(size);
    if (!grpc) return text;
    std::string prefix(1, '\0');
    for (int shift = 24; shift >= 0; shift -= 8) prefix += static_cast<char>((text.size() >> shift) & 0xff);
    return prefix + text;
  };
  Fields response, trailers;
  std::string response_body;
  if (answered) {
    const bool allowed = outcome().verdict == Verdict::Allowed;
    const int status = grpc ? 200 : outcome().http_status.value_or(200);
    response = {{":status", std::to_string(status)}};
    if (grpc) response.emplace_back("content-type", "application/grpc");
    if (allowed) response_body = body(happened_.response_bytes);
    if (grpc && allowed) trailers = {{"grpc-status", "0"}};
    if (grpc && !allowed) response.emplace_back("grpc-status", grpc_number(outcome()));
  }
  const bool bodiless = !grpc && (f.request.method == "GET" || f.request.method == "HEAD");
  return models::wire::http2_exchange(request, bodiless ? std::string() : body(happened_.request_bytes), response,
                                      response_body, trailers);
}

KeyStream CaptureExchange::randomness(const Leg& leg, std::string_view what) const {
  return KeyStream(recording_.seed,
                   fmt::format("{} {} {} {}", what, happened_.flow_index, happened_.outcome_index, leg.number));
}

TlsParty CaptureExchange::party(const LegEnd& end) {
  TlsParty out;
  const bool ecc = end.workload && end.workload->proxy_metadata.contains("ECC_SIGNATURE_ALGORITHM");
  out.stack = end.envoy() ? TlsStack::Boring : TlsStack::Rustls;
  out.sends_root = end.envoy();  // HB-041
  if (!end.workload) return out;
  const std::string& identity = end.workload->identity.empty() ? end.workload->spiffe : end.workload->identity;
  out.credential = authority_.issue(identity, end.envoy() && !ecc ? KeyKind::Rsa2048 : KeyKind::P256);
  return out;
}

Exchange CaptureExchange::with_tls(const Exchange& inner, const TlsOptions& options, const Leg& leg,
                                   std::string_view what) {
  Tls13 tls(options, authority_, randomness(leg, what));
  Exchange out = in_tls(inner, tls);
  key_log_ += tls.key_log();
  return out;
}

// The application's own TLS: one certificate for the name that the client asks for.
Exchange CaptureExchange::application_tls(const Exchange& inner, const Leg& leg) {
  TlsOptions options;
  options.server_name = flow().request.sni.value_or(flow().to.host);
  options.server.credential =
      authority_.issue(options.server_name.empty() ? std::string("application") : options.server_name, KeyKind::P256);
  options.mutual = false;
  if (flow().protocol == FlowProtocol::Https) options.alpn = {options.alpn_chosen = "http/1.1"};
  Leg first = leg;
  first.number = 0;  // end to end: the same bytes on every leg
  return with_tls(inner, options, first, "application tls");
}

Tunnel CaptureExchange::tunnel(const Leg& leg) const {
  const models::Profile& profile = mesh_.settings.profile;
  Tunnel out;
  out.ztunnel_client = !leg.from.envoy();
  out.ztunnel_server = !leg.to.envoy();
  out.old_envoy = !profile.ztunnel_failure_flags;  // both changed with Istio 1.28/1.29
  out.authority = leg.authority;
  out.status = leg.status;
  out.closes = leg.ends != LegEnds::Reset;
  const bool empty_keys = !profile.ztunnel_failure_flags;  // HB-011: up to 1.28
  if (leg.from.ztunnel() && leg.from.workload) {
    out.headers.emplace_back("baggage", baggage_text(baggage(*leg.from.workload), empty_keys));
    std::string forwarded =
        fmt::format("for=\"{}{}{}:{}\"", leg.client.ip.v6 ? "[" : "", leg.client.ip.text(), leg.client.ip.v6 ? "]" : "",
                    client_port(recording_, happened_, 0, happened_.example().number));
    if (outcome().service < mesh_.services.size()) forwarded += ";host=" + service()->hostname;
    out.headers.emplace_back("forwarded", std::move(forwarded));
    out.headers.emplace_back("traceparent", traceparent(leg));
  } else if (leg.from.workload && feature("AMBIENT_ENABLE_BAGGAGE") && !empty_keys) {
    out.headers.emplace_back("baggage", baggage_text(baggage(*leg.from.workload), false));
  }
  if (leg.to.ztunnel() && leg.to.workload && leg.status == 200 && !empty_keys)  // HB-013
    out.response_headers.emplace_back("baggage", baggage_text(baggage(*leg.to.workload), false));
  return out;
}

bool CaptureExchange::feature(std::string_view name) const {
  const auto it = mesh_.settings.features.find(name);
  return it != mesh_.settings.features.end() && is_true(it->second);
}

// TM-161: random, not sampled, and unrelated to the application's trace.
std::string CaptureExchange::traceparent(const Leg& leg) const {
  return "00-" + tunnel_trace_id(recording_, happened_, leg.number, happened_.example().number) + "-" +
         models::wire::hex(randomness(leg, "traceparent").take(8)) + "-00";
}

// HB-061: the inner tunnel goes from the client's proxy to whoever is behind the gateway, unread by it; the outer one
// ends at the gateway, an Envoy, which answers before it knows what lies behind (HB-013).
Exchange CaptureExchange::double_tunnel(const Exchange& application, const Leg& leg) {
  const bool told = speaks_as_of_1_29(mesh_.settings.profile);
  Leg inner = leg;
  inner.to = leg.behind;
  Tunnel within = tunnel(inner);
  if (told && leg.from.workload) within.headers.emplace_back("x-forwarded-network", network_of(*leg.from.workload));
  TlsOptions options;
  options.client = party(leg.from);
  options.server = party(leg.behind);
  options.alpn = {options.alpn_chosen = "h2"};
  passed_on_ = with_tls(in_tunnel(application, within), options, leg, "inner hbone");
  Leg outer = leg;
  outer.status = 200;
  Tunnel around = tunnel(outer);
  if (leg.from.envoy())  // HB-012
    around.headers.emplace_back("x-istio-source", leg.from.hop->proxy == ProxyKind::Waypoint  ? "waypoint"
                                                  : leg.from.hop->proxy == ProxyKind::Gateway ? "gateway"
                                                                                              : "sidecar");
  options.server = party(leg.to);
  return with_tls(in_tunnel(passed_on_, around), options, leg, "hbone");
}

std::string CaptureExchange::network_of(const Workload& workload) const {
  for (const models::PodInstance& pod : workload.pods)
    if (!pod.locality.network.empty()) return pod.locality.network;
  return workload.locality.network;
}

Exchange CaptureExchange::of(const Leg& leg) {
  Exchange inner = application(leg);
  if (models::is_tls(flow().protocol)) inner = application_tls(inner, leg);
  switch (leg.transport) {
    case Transport::Plaintext:
      return inner;
    case Transport::Tls: {
      TlsOptions options;
      options.client.stack = TlsStack::Boring;
      options.server_name = flow().to.host;
      options.server.credential =
          authority_.issue(flow().to.host.empty() ? std::string("external") : flow().to.host, KeyKind::P256);
      options.mutual = false;
      return with_tls(inner, options, leg, "tls");
    }
    case Transport::Mtls: {
      if (!leg.passes_on) return mutual_tls(std::move(inner), leg);
      Leg whole = leg;
      whole.to = leg.behind;
      passed_on_ = mutual_tls(std::move(inner), whole);
      Exchange out = passed_on_;
      for (std::size_t part = 0; part < out.size(); ++part) out[part].part = part;
      return out;
    }
    case Transport::Hbone:
    case Transport::DoubleHbone:
      break;
  }
  if (leg.transport == Transport::DoubleHbone && leg.passes_on) return double_tunnel(inner, leg);
  TlsOptions options;  // HB-040, HB-041
  options.client = party(leg.from);
  options.server = party(leg.to);
  options.alpn = {options.alpn_chosen = "h2"};
  return with_tls(in_tunnel(inner, tunnel(leg)), options, leg, "hbone");
}

// Classic Istio mutual TLS between Envoys (HB-034): ALPN and SNI as istiod configures them.
Exchange CaptureExchange::mutual_tls(Exchange inner, const Leg& leg) {
  TlsOptions options;
  options.client = party(leg.from);
  options.server = party(leg.to);
  options.client.stack = options.server.stack = TlsStack::Boring;
  const bool http = leg.from.hop && leg.from.hop->http;
  const bool http2 = flow().protocol == FlowProtocol::Grpc || flow().protocol == FlowProtocol::Http2;
  options.alpn = !http   ? std::vector<std::string>{"istio-peer-exchange", "istio"}
                 : http2 ? std::vector<std::string>{"istio-h2", "istio", "h2"}
                         : std::vector<std::string>{"istio-http/1.1", "istio", "http/1.1"};
  options.alpn_chosen = options.alpn[http ? 2 : 0];
  if (service()) options.server_name = fmt::format("outbound_.{}_._.{}", flow().to.port, service()->hostname);
  if (!http && leg.from.workload && leg.to.workload) {  // TM-032
    inner.insert(inner.begin(), {Write{true, metadata_preamble(peer_metadata(*leg.from.workload))},
                                 Write{false, metadata_preamble(peer_metadata(*leg.to.workload))}});
  }
  return with_tls(inner, options, leg, "mtls");
}

}  // namespace meshsim::scenarios
