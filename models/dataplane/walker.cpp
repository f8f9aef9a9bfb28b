#include "models/dataplane/walker.h"

#include <algorithm>

#include "models/value/grpc_status.h"

namespace meshsim::models {

FlowResult judge(const World& world, const Flow& flow) { return {flow, dataplane::Walker(world, flow).run()}; }

namespace dataplane {
namespace {

// Name of a numeric gRPC status; UNKNOWN for what is none.
std::string grpc_name(std::string_view number) {
  for (std::size_t i = 0; i < kGrpcStatusNames.size(); ++i)
    if (std::to_string(i) == number) return std::string(kGrpcStatusNames[i]);
  return "UNKNOWN";
}

// The gRPC status an Envoy or gRPC library makes of an HTTP answer (gRPC over HTTP2, HTTP to gRPC status mapping).
std::string grpc_of(int http_status) {
  switch (http_status) {
    case 200:
      return "OK";
    case 400:
      return "INTERNAL";
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "UNIMPLEMENTED";
    case 429:
    case 502:
    case 503:
    case 504:
      return "UNAVAILABLE";
    default:
      return "UNKNOWN";
  }
}

// What Envoy writes into an answer of its own; the part behind it varies with addresses and errors.
std::string_view body_of(std::string_view flags) {
  constexpr std::pair<std::string_view, std::string_view> kBodies[] = {
      {"UH", "no healthy upstream"},
      {"UF", "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure"},
      {"UC", "upstream connect error or disconnect/reset before headers. reset reason: connection termination"},
      {"UO", "upstream connect error or disconnect/reset before headers. reset reason: overflow"},
      {"UT", "upstream request timeout"},
      {"FI", "fault filter abort"},
      {"DI,FI", "fault filter abort"}};
  for (const auto& [flag, body] : kBodies)
    if (flags.substr(0, flag.size()) == flag) return body;
  return {};
}

}  // namespace

Walk Walker::first_walk() const {
  Walk walk;
  walk.method = flow_.request.method;
  // A fragment is never sent (RFC 3986, 3.5), and Istio's Envoys would cut it off (PO-036).
  walk.path = flow_.request.path.substr(0, flow_.request.path.find('#'));
  walk.http_version = flow_.request.http_version;
  if (flow_.protocol == FlowProtocol::Grpc) {
    walk.method = "POST";  // PO-035
    walk.http_version = "HTTP/2";
    if (flow_.request.path == "/") walk.path = "/proto.EchoTestService/Echo";
  }
  walk.headers = flow_.request.headers;
  if (flow_.protocol == FlowProtocol::Grpc && header(walk.headers, "content-type").empty())
    walk.headers.emplace_back("content-type", "application/grpc");
  walk.jwts = flow_.request.jwts;
  walk.payload = models::is_http(flow_.protocol)  ? Payload::Http
                 : models::is_tls(flow_.protocol) ? Payload::AppTls
                                                  : Payload::Bytes;
  walk.authority = flow_.request.host.value_or(
      flow_.to.host.empty() ? (flow_.to.ip ? flow_.to.ip->text() : flow_.to.name) : flow_.to.host);
  walk.sni = flow_.request.sni.value_or(flow_.request.host.value_or(flow_.to.host));
  if (!flow_.request.host && flow_.to.port != 80 && flow_.to.port != 443)
    walk.authority += ':' + std::to_string(flow_.to.port);
  return walk;
}

std::optional<Address> Walker::resolve_destination(Walk& walk, std::string_view client_ns) const {
  const Destination& to = flow_.to;
  Address address;
  address.port = to.port;
  address.host = to.host;
  if (to.gateway) {
    const std::size_t gateway = flow_gateway();
    if (gateway == kNone) {
      walk.out.reasons.push_back(
          {"", "no gateway " + to.gateway->first + "/" + to.gateway->second + " is in the manifests"});
      return std::nullopt;
    }
    address.service = mesh_.gateways[gateway].service;
    if (address.service == kNone && mesh_.gateways[gateway].workload != kNone)
      address.pod = std::pair(mesh_.gateways[gateway].workload, std::size_t{0});
    if (address.host.empty()) address.host = mesh_.gateways[gateway].name;
    return address;
  }
  std::optional<IpAddress> ip = to.ip;
  if (to.kind == Destination::Kind::Host && !ip) ip = IpAddress::parse(to.host);
  if (to.kind == Destination::Kind::Pod) {
    const std::size_t workload = mesh_.find_workload(to.ns, to.name);
    if (workload == kNone) {
      walk.out.reasons.push_back({"", "no workload " + to.ns + "/" + to.name + " is in the manifests"});
      return std::nullopt;
    }
    address.pod = std::pair(workload, std::size_t{0});
    const auto& pods = mesh_.workloads[workload].pods;
    if (!pods.empty() && !pods.front().addresses.empty()) ip = pods.front().addresses.front();
    if (ip) address.host = ip->text();
    walk.authority = flow_.request.host.value_or(address.host + (to.port == 80 ? "" : ":" + std::to_string(to.port)));
  }
  address.ip = ip;
  if (ip) {
    const auto vips = mesh_.services_by_vip(*ip);
    // DP-107: the client's namespace, then Kubernetes over ServiceEntry, then the oldest (the order services_by_vip
    // keeps).
    for (const std::size_t s : vips)
      if (mesh_.services[s].find_port(to.port) != nullptr && address.service == kNone) address.service = s;
    if (address.service == kNone && !vips.empty()) address.service = vips.front();
    if (mesh_.settings.profile.client_namespace_service_preferred) {
      const auto own =
          std::find_if(vips.begin(), vips.end(), [&](std::size_t s) { return mesh_.services[s].ns == client_ns; });
      if (own != vips.end()) address.service = *own;
    }
    if (!address.pod) address.pod = mesh_.workload_by_ip(*ip);
    return address;
  }
  address.service = mesh_.resolve_host(to.host, client_ns);
  return address;
}

std::vector<Outcome> Walker::run() {
  Walk walk = first_walk();
  std::string ns;
  if (flow_.from.kind != Client::Kind::Outside) ns = flow_.from.ns;
  const auto to = resolve_destination(walk, ns);
  if (to) {
    walk.out.service = to->service;
    from_client(std::move(walk), *to);
  } else {
    unknown(std::move(walk), {"", "the destination of this flow is not known; add its manifests"});
  }
  merge_outcomes();
  for (Outcome& outcome : results_) summarise_policies(outcome);
  return std::move(results_);
}

void Walker::finish(Walk walk) {
  Outcome& out = walk.out;
  // What a client's filter may have refused or rewritten at HTTP level is not known (PO-136, PO-137).
  if (walk.client_filter &&
      (out.verdict == Verdict::Allowed || (out.verdict == Verdict::Denied && !out.response_details.empty()))) {
    out.verdict = Verdict::Unknown;
    out.http_status.reset();
    out.denied_by.reset();
    out.reasons.push_back(*walk.client_filter);
  }
  for (const Hop& hop : out.hops) {
    out.l7_processed |= hop.http;
    out.waypoint_traversed |= hop.proxy == ProxyKind::Waypoint;
  }
  if (out.verdict != Verdict::Allowed && out.http_status && out.response_body.empty())
    out.response_body = body_of(out.response_flags);
  if (out.verdict == Verdict::Unknown) out.response_body.clear();
  if (flow_.protocol == FlowProtocol::Grpc) {
    // A fault may abort with a gRPC status of its own.
    if (const std::string stated = header(out.response_headers, "grpc-status"); out.answered_by && !stated.empty())
      out.grpc_status = grpc_name(stated);
    // A gRPC client sees the status in the trailers; where Envoy answers it maps its HTTP status.
    if (!out.grpc_status && out.http_status) out.grpc_status = grpc_of(*out.http_status);
    if (!out.grpc_status && out.verdict != Verdict::Allowed && out.verdict != Verdict::Unknown)
      out.grpc_status = "UNAVAILABLE";
  }
  results_.push_back(std::move(out));
}

void Walker::fail(Walk walk, Verdict verdict, std::string flags, Reason reason) {
  walk.out.verdict = verdict;
  walk.out.response_flags = std::move(flags);
  // DP-300: an HTTP proxy before the failure answers 503; any other client sees its connection cut.
  walk.out.http_status = walk.is_http() && walk.http_proxy_before ? std::optional(503) : std::nullopt;
  if (walk.out.http_status && !walk.out.answered_by) {
    for (const Hop& hop : walk.out.hops)
      if (hop.http && (!hop.inbound || hop.proxy == ProxyKind::Waypoint || hop.proxy == ProxyKind::Gateway))
        walk.out.answered_by = hop.proxy;
  }
  walk.out.reasons.push_back(std::move(reason));
  finish(std::move(walk));
}

void Walker::answer(Walk walk, ProxyKind by, int status, std::string flags, Reason reason) {
  walk.out.verdict = Verdict::Unreachable;
  walk.out.http_status = status;
  walk.out.response_flags = flags.empty() ? "-" : std::move(flags);
  walk.out.answered_by = by;
  walk.out.reasons.push_back(std::move(reason));
  finish(std::move(walk));
}

void Walker::unknown(Walk walk, Reason reason) {
  walk.out.verdict = Verdict::Unknown;
  walk.out.reasons.push_back(std::move(reason));
  finish(std::move(walk));
}

bool Walker::admits(Walk& walk, const Hop& hop, const PolicyDecision& decision, bool http_proxy) {
  apply(walk, decision, hop);
  if (decision.unknown)
    unknown(std::move(walk), {decision.rules.empty() ? std::string() : decision.rules.front(), decision.why, {}});
  else if (!decision.allowed)
    deny(std::move(walk), hop, decision, http_proxy);
  else
    return true;
  return false;
}

void Walker::apply(Walk& walk, const PolicyDecision& decision, const Hop& hop) const {
  // PO-075: behind a waypoint or gateway the peer is that proxy. Where a rule failed on who the peer is, say so.
  const Hop* before = nullptr;
  for (const Hop& one : walk.out.hops)
    if ((one.proxy == ProxyKind::Waypoint || one.proxy == ProxyKind::Gateway) && one.name != hop.name) before = &one;
  const auto about_the_peer = [](const PolicyFinding& finding) {
    const std::string& text = finding.nearest_failure;
    return finding.policy.kind == "AuthorizationPolicy" &&
           (text.find("rincipal") != std::string::npos || text.find("amespaces") != std::string::npos ||
            text.find("erviceAccounts") != std::string::npos || text.find("ource.ip") != std::string::npos ||
            text.find("ource.namespace") != std::string::npos) &&
           text.find("equestPrincipals") == std::string::npos;
  };
  for (PolicyFinding finding : decision.considered) {
    finding.at = hop.proxy;
    finding.at_name = hop.name;
    if (before != nullptr && about_the_peer(finding)) {
      finding.rules.emplace_back("PO-075");
      finding.why +=
          "; the peer here is the " + std::string(to_string(before->proxy)) + ' ' + before->name + ", not the client";
    }
    walk.out.policies.push_back(std::move(finding));
  }
  auto consumed = decision.consumed_jwts;
  std::sort(consumed.rbegin(), consumed.rend());
  for (const std::size_t index : consumed)
    if (index < walk.jwts.size()) walk.jwts.erase(walk.jwts.begin() + static_cast<std::ptrdiff_t>(index));
  // PO-106: a client cannot forge the headers that the JWT filter writes, nor is a token it took away left in one.
  for (const auto& name : decision.removed_headers)
    std::erase_if(walk.headers, [&](const auto& pair) { return pair.first == name; });
  for (const auto& [name, value] : decision.added_headers) set_header(walk.headers, name, value);
}

void Walker::deny(Walk walk, const Hop& hop, const PolicyDecision& decision, bool http_proxy) {
  if (decision.bad_request) {  // no policy had a say: an answer of Envoy itself
    walk.out.response_details = decision.details;
    answer(std::move(walk), hop.proxy, decision.http_status, decision.response_flags,
           {decision.rules.empty() ? std::string() : decision.rules.front(), decision.why, {}});
    return;
  }
  DeniedBy by;
  by.proxy = hop.proxy;
  by.name = hop.name;
  by.policy = decision.policy;
  by.rule = decision.rule;
  by.ztunnel_policy = decision.ztunnel_policy;
  walk.out.denied_by = std::move(by);
  walk.out.verdict = Verdict::Denied;
  const bool http = walk.is_http();
  // PO-012: a refused CONNECT never becomes a 403 of the application's request.
  if (http_proxy && http && !decision.at_connect) {
    walk.out.http_status = decision.http_status;  // DP-304, PO-028
    walk.out.response_flags = decision.response_flags.empty() ? "-" : decision.response_flags;
    walk.out.response_details = decision.details;
    walk.out.response_body = decision.body;
  } else {
    walk.out.http_status =
        http && walk.http_proxy_before ? std::optional(503) : std::nullopt;  // DP-302, DP-303, PO-065
    walk.out.response_flags = http && walk.http_proxy_before ? "UC" : "-";
  }
  walk.out.reasons.push_back({decision.rules.empty() ? std::string() : decision.rules.front(), decision.why, {}});
  finish(std::move(walk));
}

void Walker::name_destination(Walk& walk, std::size_t workload, std::uint16_t port) const {
  const Workload& w = mesh_.workloads[workload];
  walk.out.destination_workload = workload;
  walk.out.routed_to =
      RoutedTo{w.ns.empty() ? w.name : w.ns + '/' + w.name, std::string(find(w.labels, "version").value_or("")), port};
}

}  // namespace dataplane
}  // namespace meshsim::models
