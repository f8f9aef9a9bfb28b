#pragma once
// RouteSet: the routes that hang on a set of hosts and gateways, in one form whatever the object: a VirtualService, or
// Gateway API routes of one parent and host merged by DP-251. Imitates: istiod, which converts Gateway API routes to
// VirtualServices before it builds routes (pilot/pkg/config/kube/gateway/conversion.go, 1.27).
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/route/routing.h"
#include "models/route/rule_table.h"
#include "models/route/string_match.h"

namespace meshsim::models::route {

struct Percent {
  double value = 100;  // 0..100, in steps of 0.0001 as Envoy counts
  double share() const { return value / 100.0; }
};

// Where a rule sends. An empty host is an invalid backendRef of a Gateway API route (DP-252).
struct Target {
  std::string host;        // FQDN
  std::uint16_t port = 0;  // 0: not stated
  std::string subset;
  std::uint32_t weight = 0;
  HeaderEdits request, response;
  std::optional<std::string> authority;  // `headers.request.set: {host: ...}` of the destination
  std::string why_invalid;               // for an empty host
};

struct MirrorTarget {
  Target target;
  Percent percent;
};

struct Redirect {
  std::string scheme, authority, uri;
  std::optional<std::string> prefix_rewrite;  // replaces the matched prefix
  std::uint16_t port = 0;
  bool port_from_request = false;
  bool port_stated = false;
  int code = 301;
};

struct DirectResponse {
  int status = 200;
  std::string body;
};

struct Rewrite {
  std::string uri;  // replaces the matched part of the path
  std::optional<std::string> full_path;
  std::shared_ptr<const re2::RE2> regex;
  std::string regex_with;
  bool strip_prefix = false;  // Gateway API ReplacePrefixMatch "/"
};

struct Fault {
  std::optional<std::int64_t> delay_ns;
  Percent delay_percent;
  std::optional<int> abort_status;
  std::optional<int> abort_grpc;
  Percent abort_percent;
};

struct Cors {
  std::vector<StringMatch> origins;
  std::string methods, headers, expose, max_age;
  std::optional<bool> credentials;
  bool ignore_unmatched = false;
};

struct HttpRule {
  std::vector<HttpMatch> matches;  // empty: everything
  ObjectRef object;                // of the rule: HTTPRoutes of several owners share one RouteSet
  int index = -1;                  // as written in that object
  std::vector<Target> targets;
  std::vector<MirrorTarget> mirrors;
  std::optional<Redirect> redirect;
  std::optional<DirectResponse> direct;
  std::optional<Rewrite> rewrite;
  std::optional<Fault> fault;
  std::optional<Cors> cors;
  std::optional<std::string> authority;  // Host towards the upstream
  HeaderEdits request, response;
  std::optional<std::int64_t> timeout_ns;
  std::optional<RetryPolicy> retries;
};

// tcp and tls rules.
struct StreamMatch {
  std::vector<std::string> sni_hosts;  // tls only
  std::uint16_t port = 0;
  Labels source_labels;
  std::string source_ns;
  std::vector<std::string> gateways;
  std::vector<Cidr> destination_subnets;
};
struct StreamRule {
  std::vector<StreamMatch> matches;
  ObjectRef object;
  int index = -1;
  std::vector<Target> targets;
};

struct RouteSet {
  ObjectRef ref;
  std::string ns;
  std::string creation, sort_name;
  std::vector<std::string> hosts;     // lower case, FQDN where short names were written
  std::vector<std::string> gateways;  // "mesh", "ns/name", "ns/name/listener"
  std::vector<std::string> export_to;
  bool gateway_api = false;
  std::vector<HttpRule> http;
  std::vector<StreamRule> tls, tcp;
  RuleTable table;  // over `http`

  bool has_gateway(std::string_view name) const;
};

// Objects of the mesh -> route sets. Order: as istiod lists them, oldest first (DP-253). Hosts of mesh routes that name
// Services are FQDNs.
std::vector<RouteSet> read_virtual_services(const Mesh& mesh, Diagnostics& diagnostics);
void read_gateway_api_routes(const Mesh& mesh, std::vector<RouteSet>& into, Diagnostics& diagnostics);

// exportTo of a namespace-bound object: empty = everywhere; ".", "*", "~" and names (DP-226).
bool exported(const std::vector<std::string>& export_to, std::string_view owner_ns, std::string_view viewer_ns);
// Where a route set stands for proxies of a namespace: 0 private, 1 exported to it, 2 public, a Gateway API route of
// its own namespace, 3 public; nullopt: it is not exported there.
constexpr std::uint8_t kPublicTier = 3;
std::optional<std::uint8_t> route_tier(const RouteSet& set, std::string_view ns,
                                       const std::vector<std::string>& default_export);
// Route sets bound to a gateway (or "mesh") in the order in which istiod gives them to a proxy of namespace `ns`:
// private ones, those exported to it, public ones, and of these the Gateway API routes of its own namespace first
// (VirtualServicesForGateway, pilot/pkg/model/push_context.go, 1.27; DP-253, DP-254).
std::vector<std::uint32_t> route_order(const std::vector<RouteSet>& sets, std::string_view gateway, std::string_view ns,
                                       const std::vector<std::string>& default_export);
// "5s", "1h30m", "250ms" -> nanoseconds; nullopt if it is no duration.
std::optional<std::int64_t> read_duration(std::string_view text);
std::vector<std::string> read_strings(Node sequence);
// DP-255: exact host, or `*`, or `*.suffix`.
bool host_matches(std::string_view pattern, std::string_view host);
// An authority without its port; an IPv6 address without brackets.
std::string_view host_without_port(std::string_view authority);
// How well a host pattern matches a name: exact above long wildcards above `*`; -1 = not at all.
int host_fit(std::string_view pattern, std::string_view name);
// One of the two contains the other.
bool hosts_overlap(std::string_view a, std::string_view b);

}  // namespace meshsim::models::route
