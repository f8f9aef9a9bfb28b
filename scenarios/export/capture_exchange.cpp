#include "scenarios/export/capture_exchange.h"

#include <algorithm>

#include <fmt/format.h>

#include "models/value/grpc_status.h"
#include "scenarios/export/messages.h"

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

models::wire::PeerMetadata metadata(const Workload& workload) {
  models::wire::PeerMetadata peer;
  peer.name = workload.pods.empty() || workload.pods.front().name.empty() ? workload.name : workload.pods.front().name;
  peer.ns = workload.ns;
  peer.workload = workload.name;
  peer.cluster = workload.locality.cluster.empty() ? "Kubernetes" : workload.locality.cluster;
  peer.owner = fmt::format("kubernetes://apis/apps/v1/namespaces/{}/deployments/{}", workload.ns, workload.name);
  for (const auto& [name, value] : workload.labels)
    if (name == "app" || name == "version") peer.labels.emplace_back(name, value);
  peer.labels.emplace_back("service.istio.io/canonical-name", workload.canonical_service);
  peer.labels.emplace_back("service.istio.io/canonical-revision", workload.canonical_revision);
  return peer;
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
    request.insert(request.find("\r\n") + 2, added_headers(leg));
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
  for (auto& header : added_fields(leg)) request.push_back(std::move(header));
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

// What Envoys on the way have added to the request (DP-260, TM-031).
Fields CaptureExchange::added_fields(const Leg& leg) const {
  bool envoy_before = false;
  for (std::size_t i = 0; i < leg.number && i < outcome().hops.size(); ++i)
    envoy_before = envoy_before || outcome().hops[i].http;
  if (!envoy_before) return {};
  Fields out = {{"x-forwarded-proto", "http"}, {"x-request-id", request_id(recording_, happened_)}};
  const bool tells_peer = leg.from.hop && leg.from.hop->http && !leg.local && leg.from.workload &&
                          leg.from.hop->proxy != ProxyKind::Waypoint;
  if (tells_peer) {
    const models::wire::PeerMetadata peer = metadata(*leg.from.workload);
    out.emplace_back("x-envoy-peer-metadata", models::wire::metadata_header(peer));
    out.emplace_back(
        "x-envoy-peer-metadata-id",
        fmt::format("{}~{}~{}.{}~{}.svc.{}", leg.from.hop->proxy == ProxyKind::Sidecar ? "sidecar" : "router",
                    leg.client.ip.text(), peer.name, peer.ns, peer.ns, mesh_.settings.domain));
  }
  return out;
}
std::string CaptureExchange::added_headers(const Leg& leg) const {
  std::string out;
  for (const auto& [name, value] : added_fields(leg)) out += name + ": " + value + "\r\n";
  return out;
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
    std::string forwarded = fmt::format("for=\"{}{}{}:{}\"", leg.client.ip.v6 ? "[" : "", leg.client.ip.text(),
                                        leg.client.ip.v6 ? "]" : "", client_port(recording_, happened_, 0));
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
  const std::string id = models::wire::hex(randomness(leg, "traceparent").take(24));
  return "00-" + id.substr(0, 32) + "-" + id.substr(32, 16) + "-00";
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
    case Transport::Mtls:
      return mutual_tls(std::move(inner), leg);
    case Transport::Hbone:
    case Transport::DoubleHbone:
      break;
  }
  TlsOptions options;  // HB-040, HB-041
  options.client = party(leg.from);
  options.server = party(leg.to);
  options.alpn = {options.alpn_chosen = "h2"};
  Tunnel outer = tunnel(leg);
  if (leg.transport == Transport::DoubleHbone) {  // HB-061
    Tunnel within = outer;
    inner = with_tls(in_tunnel(inner, within), options, leg, "inner hbone");
    if (service()) outer.authority = fmt::format("{}:{}", service()->hostname, flow().to.port);
    outer.headers.clear();
    outer.response_headers.clear();
  }
  return with_tls(in_tunnel(inner, outer), options, leg, "hbone");
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
    inner.insert(inner.begin(), {Write{true, metadata_preamble(metadata(*leg.from.workload))},
                                 Write{false, metadata_preamble(metadata(*leg.to.workload))}});
  }
  return with_tls(inner, options, leg, "mtls");
}

}  // namespace meshsim::scenarios
