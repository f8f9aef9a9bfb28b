// Headers that proxies add or remove on the way (DP-260, PO-038).
#include <algorithm>
#include <cctype>

#include "models/dataplane/walker.h"

namespace meshsim::models::dataplane {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
           return std::tolower(x) == std::tolower(y);
         });
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::string header(const Headers& headers, std::string_view name) {
  std::string out;
  bool first = true;
  for (const auto& [key, value] : headers) {
    if (!same_name(key, name)) continue;
    if (!first) out += ',';
    out += value;
    first = false;
  }
  return out;
}

void set_header(Headers& headers, std::string_view name, std::string value) {
  std::erase_if(headers, [&](const auto& h) { return same_name(h.first, name); });
  headers.emplace_back(lower(name), std::move(value));
}

void Walker::edit(Headers& headers, const HeaderEdits& edits) {
  for (const std::string& name : edits.remove)
    std::erase_if(headers, [&](const auto& h) { return same_name(h.first, name); });
  for (const auto& [name, value] : edits.set) set_header(headers, name, value);
  for (const auto& [name, value] : edits.add) {
    const std::string before = header(headers, name);
    const bool had =
        std::any_of(headers.begin(), headers.end(), [&](const auto& h) { return same_name(h.first, name); });
    set_header(headers, name, had ? before + ',' + value : value);
  }
}

bool Walker::header_disabled(std::size_t proxy, std::string_view field) const {
  return mesh_.proxy_setting(proxy, "proxyHeaders." + std::string(field) + ".disabled").boolean().value_or(false);
}

int Walker::trusted_proxies(std::size_t proxy) const {
  return static_cast<int>(mesh_.proxy_setting(proxy, "gatewayTopology.numTrustedProxies").integer().value_or(0));
}

void Walker::add_outbound_headers(Walk& walk, ProxyKind kind) const {
  const std::size_t proxy = walk.out.hops.back().workload;
  if (kind != ProxyKind::Waypoint && !header_disabled(proxy, "attemptCount"))
    set_header(walk.headers, "x-envoy-attempt-count", "1");
  // The value is Envoy's business; a stable one keeps results comparable.
  if (header(walk.headers, "x-request-id").empty() && !header_disabled(proxy, "requestId"))
    walk.headers.emplace_back("x-request-id", "00000000-0000-4000-8000-000000000000");
  if (header(walk.headers, "x-forwarded-proto").empty()) walk.headers.emplace_back("x-forwarded-proto", walk.scheme);
}

void Walker::add_inbound_headers(Walk& walk, const Workload& workload) const {
  const Hop& hop = walk.out.hops.back();
  if (header(walk.headers, "x-request-id").empty() && !header_disabled(hop.workload, "requestId"))
    walk.headers.emplace_back("x-request-id", "00000000-0000-4000-8000-000000000000");
  if (header(walk.headers, "x-forwarded-proto").empty()) walk.headers.emplace_back("x-forwarded-proto", walk.scheme);
  // forwardedClientCert: APPEND_FORWARD unless set otherwise (istio/istio pilot/pkg/networking/util/proxy_headers.go,
  // master).
  const std::string_view mode =
      mesh_.proxy_setting(hop.workload, "proxyHeaders.forwardedClientCert").string_or("APPEND_FORWARD");
  const std::string before = mode == "APPEND_FORWARD" || mode == "FORWARD_ONLY" || mode == "ALWAYS_FORWARD_ONLY"
                                 ? header(walk.headers, "x-forwarded-client-cert")
                                 : std::string();
  std::erase_if(walk.headers, [](const auto& h) { return h.first == "x-forwarded-client-cert"; });
  // By, Hash, Subject, URI; the hash is of a certificate that does not exist here.
  std::string element;
  if (!hop.identity.empty() && (mode == "APPEND_FORWARD" || mode == "SANITIZE_SET")) {
    element = "By=" + workload.identity +
              ";Hash=0000000000000000000000000000000000000000000000000000000000000000;Subject=\"\";URI=" + hop.identity;
  }
  if (before.empty() && element.empty()) return;
  set_header(walk.headers, "x-forwarded-client-cert",
             before.empty()    ? element
             : element.empty() ? before
                               : before + ',' + element);
}

// HTTP/2 and gRPC ports are spoken to in HTTP/2, HTTP ports in HTTP/1.1; a sniffed port follows the client at sidecars
// and waypoints, not at gateways. DestinationRule useClientProtocol and h2UpgradePolicy override. Source: istio/istio
// CORE/cluster_builder.go, 1.27.
void Walker::set_upstream_version(Walk& walk, Protocol port, bool follows_downstream,
                                  const TrafficPolicy* policy) const {
  if (!walk.is_http() || flow_.protocol == FlowProtocol::Grpc) return;
  if (policy != nullptr && policy->use_client_protocol) return;
  const bool mesh_upgrade = mesh_.settings.config_value("h2UpgradePolicy").string_or() == "UPGRADE";
  const bool upgrade = policy != nullptr &&
                       (policy->h2_upgrade == "UPGRADE" || (mesh_upgrade && policy->h2_upgrade != "DO_NOT_UPGRADE"));
  if (port == Protocol::Http2 || port == Protocol::Grpc || (upgrade && port == Protocol::Http)) {
    walk.http_version = "HTTP/2";
  } else if (port != Protocol::Unset || !follows_downstream) {
    walk.http_version = "HTTP/1.1";
  }
}

// PO-106: the workload gets every token that no proxy took away, in the header that the client used.
Upstream Walker::as_received(const Walk& walk) {
  Upstream out = {walk.path, walk.authority, walk.http_version, walk.headers};
  for (const Jwt& token : walk.jwts) {
    const TokenLocation& at = token.location;
    if (at.kind != TokenLocation::Kind::Header || !walk.is_http() || !header(out.headers, at.name).empty()) continue;
    out.headers.emplace_back(at.name, at.prefix + (token.raw.empty() ? "<token>" : token.raw));
  }
  return out;
}

RouteRequest Walker::route_request(const Walk& walk, const std::vector<std::size_t>* valid_jwts) const {
  RouteRequest request;
  request.http = walk.is_http();
  request.method = walk.method;
  request.path = walk.path;
  request.authority = walk.authority;
  request.scheme = walk.scheme;
  request.headers = &walk.headers;
  request.sni = walk.payload == Payload::AppTls ? std::string_view(walk.sni) : std::string_view();
  request.grpc = flow_.protocol == FlowProtocol::Grpc;
  request.http_version = walk.http_version;
  request.jwts = &walk.jwts;
  request.valid_jwts = valid_jwts;
  return request;
}

IpAddress Walker::trusted_address(const Walk& walk, bool gateway, std::size_t proxy) const {
  std::vector<IpAddress> forwarded;
  const std::string list = header(walk.headers, "x-forwarded-for");
  std::string_view rest = list;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    const auto address = IpAddress::parse(trim(rest.substr(0, comma)));
    if (!address) forwarded.clear();  // Envoy distrusts a list it cannot read
    if (address) forwarded.push_back(*address);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  const auto hops = static_cast<std::size_t>(std::max(0, trusted_proxies(proxy)));
  if (gateway) return hops == 0 || forwarded.size() < hops ? walk.peer.ip : forwarded[forwarded.size() - hops];
  return forwarded.empty() ? walk.peer.ip : forwarded.back();
}

}  // namespace meshsim::models::dataplane
