#include "models/flow/flow.h"

#include <algorithm>
#include <array>

namespace meshsim::models {
namespace {
constexpr std::array<std::string_view, 6> kNames = {"http", "http2", "grpc", "https", "tls", "tcp"};

// Every field is named, so that a new one does not compile before somebody thought of it here.
bool identical(const Jwt& a, const Jwt& b) {
  const auto& [issuer, subject, audiences, claims_tree, claims, valid, invalid_reason, raw, location] = a;
  return issuer == b.issuer && subject == b.subject && audiences == b.audiences &&
         (claims_tree == nullptr) == (b.claims_tree == nullptr) && identical(claims, b.claims) && valid == b.valid &&
         invalid_reason == b.invalid_reason && raw == b.raw && location == b.location;
}

bool identical(const Request& a, const Request& b) {
  const auto& [method, path, host, headers, sni, http_version, jwts, server_first, to_server, to_client] = a;
  return method == b.method && path == b.path && host == b.host && headers == b.headers && sni == b.sni &&
         http_version == b.http_version && server_first == b.server_first && to_server == b.bytes_to_server &&
         to_client == b.bytes_to_client &&
         std::equal(jwts.begin(), jwts.end(), b.jwts.begin(), b.jwts.end(),
                    [](const Jwt& x, const Jwt& y) { return identical(x, y); });
}

bool identical(const Client& a, const Client& b) {
  const auto& [kind, ns, name, ip, variant] = a;
  return kind == b.kind && ns == b.ns && name == b.name && ip == b.ip && variant == b.variant;
}

bool identical(const Destination& a, const Destination& b) {
  const auto& [kind, host, ns, name, ip, port, gateway] = a;
  return kind == b.kind && host == b.host && ns == b.ns && name == b.name && ip == b.ip && port == b.port &&
         gateway == b.gateway;
}
}  // namespace

std::string_view to_string(FlowProtocol protocol) { return kNames[static_cast<std::size_t>(protocol)]; }

std::optional<FlowProtocol> flow_protocol(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == text) return static_cast<FlowProtocol>(i);
  return std::nullopt;
}

bool identical(const Flow& a, const Flow& b) {
  const auto& [name, from, to, protocol, request, source] = a;
  return name == b.name && identical(from, b.from) && identical(to, b.to) && protocol == b.protocol &&
         identical(request, b.request) && source == b.source;
}

}  // namespace meshsim::models
