// An Envoy sends: routes are followed, endpoints chosen, and the transport decided per endpoint (DP-045..DP-055,
// DP-130, DP-160..DP-164).
#include <algorithm>

#include "models/dataplane/walker.h"

namespace meshsim::models::dataplane {
namespace {

constexpr int kMostHops = 16;  // routes that send gateways to each other in a circle end here

bool can_tunnel(const Workload& w) { return w.tunnel_label || w.wds_hbone() || w.role == ProxyRole::Waypoint; }

}  // namespace

struct DepthGuard {
  explicit DepthGuard(int& depth) : depth_(depth) { ++depth_; }
  ~DepthGuard() { --depth_; }
  int& depth_;
};

Sender Walker::sidecar_sender(std::size_t client) const {
  const Workload& w = mesh_.workloads[client];
  Sender sender;
  sender.kind = ProxyKind::Sidecar;
  sender.workload = client;
  sender.ns = w.ns;
  sender.identity = w.identity;
  sender.labels = &w.labels;
  sender.locality = w.pods.empty() ? &w.locality : &w.pods.front().locality;
  if (!w.pods.empty() && !w.pods.front().addresses.empty()) sender.ip = w.pods.front().addresses.front();
  sender.sends_hbone = w.sends_hbone;
  return sender;
}

Sender Walker::gateway_sender(std::size_t index) const {
  const Gateway& g = mesh_.gateways[index];
  Sender sender;
  if (g.workload != kNone) sender = sidecar_sender(g.workload);
  sender.kind = g.kind == Gateway::Kind::Waypoint ? ProxyKind::Waypoint : ProxyKind::Gateway;
  sender.gateway = index;
  sender.ns = g.ns;
  sender.identity = g.identity;
  if (sender.labels == nullptr) sender.labels = &g.labels;
  if (g.workload == kNone) sender.sends_hbone = mesh_.settings.feature("PILOT_ENABLE_SENDING_HBONE");
  return sender;
}

void Walker::follow(Walk walk, const Sender& sender, std::vector<RouteChoice> choices, const Address& original) {
  walk.from = sender.workload;
  const DepthGuard guard(depth_);
  if (depth_ > kMostHops) {
    unknown(std::move(walk), {"", "routes send this request in a circle", {}});
    return;
  }
  if (choices.empty()) {
    fail(std::move(walk), Verdict::Unreachable, "NR", {"DP-247", "no route", {}});
    return;
  }
  for (RouteChoice& choice : choices) {
    if (choice.probability <= 0) continue;
    Walk next = walk;
    next.out.probability *= choice.probability;
    for (RouteFinding finding : choice.considered) {
      finding.at = sender.kind;
      finding.at_name = next.hop().name;
      next.out.routes.push_back(std::move(finding));
    }
    for (const Reason& reason : choice.reasons) next.hop().reasons.push_back(reason);
    next.hop().timeout_ns = choice.timeout_ns;
    if (choice.retries) next.hop().retry_attempts = choice.retries->attempts;
    next.hop().traffic_policy = choice.policy.node;
    switch (choice.kind) {
      case RouteChoice::Kind::Answer: {
        if (times_out(next, choice.fault_delay_ns)) break;
        next.out.response_body = choice.body;
        next.out.response_details = choice.details;
        for (const auto& [name, value] : choice.answer_headers) next.out.response_headers.emplace_back(name, value);
        edit(next.out.response_headers, choice.response_headers);
        if (header(next.out.response_headers, "server").empty())
          next.out.response_headers.emplace_back("server", sender.kind == ProxyKind::Sidecar ? "envoy" : "istio-envoy");
        Reason why = choice.reasons.empty() ? Reason{"DP-240", "the proxy answers itself", {}} : choice.reasons.back();
        answer(std::move(next), sender.kind, choice.status, choice.flags, std::move(why));
        break;
      }
      case RouteChoice::Kind::Close: {
        next.http_proxy_before = false;
        Reason why =
            choice.reasons.empty() ? Reason{"DP-229", "the proxy closes the connection", {}} : choice.reasons.back();
        fail(std::move(next), Verdict::Unreachable, choice.flags.empty() ? "-" : choice.flags, std::move(why));
        break;
      }
      case RouteChoice::Kind::External: {
        edit(next.headers, choice.request_headers);
        next.peer = {"", sender.ip};
        next.hop().transport = Transport::Plaintext;
        next.hop().passthrough = sender.kind == ProxyKind::Sidecar;
        if (!choice.external_host.empty() && choice.external_host != original.host) {
          leave_mesh(std::move(next), choice.external_host, choice.port != 0 ? choice.port : original.port,
                     Transport::Plaintext);
        } else {
          pass_through(std::move(next), original, sender.locality);
        }
        break;
      }
      case RouteChoice::Kind::Forward: {
        if (times_out(next, choice.fault_delay_ns)) break;
        if (!choice.flags.empty()) next.out.response_flags = choice.flags;  // DI: delayed
        const std::int64_t timeout = next.hop().http ? choice.timeout_ns : 0;
        if (timeout > 0)
          next.deadlines.push_back({sender.kind, next.delay_ns + timeout,
                                    choice.route ? choice.route->text() : std::string("the route"),
                                    choice.route ? choice.route->source : Source{}});
        if (choice.new_path) next.path = *choice.new_path;
        if (choice.new_authority) next.authority = *choice.new_authority;
        edit(next.headers, choice.request_headers);
        for (const Mirror& mirror : choice.mirrors) {
          const std::size_t target = mesh_.resolve_host(mirror.workload, sender.ns);
          if (target == kNone) {
            next.out.mirrored_to.push_back(mirror);
            continue;
          }
          for (const EndpointShare& share :
               select_endpoints({&mesh_, target, mirror.port, nullptr, sender.locality, Balancer::Envoy, {}, false})) {
            const Workload& w = mesh_.workloads[share.workload];
            next.out.mirrored_to.push_back({w.ns + '/' + w.name, share.target_port, mirror.share * share.weight});
          }
        }
        const std::size_t first = results_.size();
        const bool http = next.hop().http;
        forward(std::move(next), sender, choice, original);
        if (http && choice.retries) retry(first, *choice.retries, sender.kind, choice.route.has_value());
        break;
      }
    }
  }
  // Response header edits of the chosen routes apply to whatever comes back; done where the outcome was finished.
}

bool Walker::times_out(Walk& walk, std::int64_t delay_ns) {
  walk.delay_ns += delay_ns;
  const Walk::Deadline* first = nullptr;
  for (const Walk::Deadline& deadline : walk.deadlines)
    if (deadline.at_ns <= walk.delay_ns && (first == nullptr || deadline.at_ns < first->at_ns)) first = &deadline;
  if (first == nullptr || delay_ns == 0) return false;
  const Walk::Deadline deadline = *first;
  answer(std::move(walk), deadline.by, 504, "UT",
         {"DP-316", deadline.text + " sets a timeout that an injected delay exceeds", deadline.source});
  return true;
}

namespace {

// Whether `on` (retryOn) covers an answer that another proxy behind this one gave.
bool retried(const Outcome& o, std::string_view on) {
  const int status = o.http_status.value_or(0);
  while (!on.empty()) {
    const auto comma = on.find(',');
    const std::string_view word = on.substr(0, comma);
    on = comma == std::string_view::npos ? std::string_view() : on.substr(comma + 1);
    if (word == "5xx" && status >= 500) return true;
    if (word == "gateway-error" && status >= 502 && status <= 504) return true;
    if (word == "retriable-4xx" && status == 409) return true;
    if (word == std::to_string(status)) return true;
    if (!o.grpc_status) continue;
    constexpr std::pair<std::string_view, std::string_view> kGrpc[] = {{"cancelled", "CANCELLED"},
                                                                       {"deadline-exceeded", "DEADLINE_EXCEEDED"},
                                                                       {"internal", "INTERNAL"},
                                                                       {"resource-exhausted", "RESOURCE_EXHAUSTED"},
                                                                       {"unavailable", "UNAVAILABLE"}};
    for (const auto& [name, state] : kGrpc)
      if (word == name && *o.grpc_status == state) return true;
  }
  return false;
}

}  // namespace

void Walker::retry(std::size_t first, const RetryPolicy& policy, ProxyKind by, bool stated) {
  if (policy.attempts <= 0) return;
  // Only what chance decides behind this proxy (a fault injected there) differs from try to try; an endpoint that
  // refuses does so again, and which other one a retry finds depends on the load.
  const auto again = [&](const Outcome& o) {
    return o.answered_by && *o.answered_by != by && o.response_flags.find("FI") != std::string::npos &&
           retried(o, policy.on);
  };
  double total = 0, failing = 0;
  for (std::size_t i = first; i < results_.size(); ++i) {
    total += results_[i].probability;
    if (again(results_[i])) failing += results_[i].probability;
  }
  if (failing <= 0) return;
  const double share = failing / total;
  double last = 1, tries = 0;  // share^attempts; 1 + share + ... + share^attempts
  for (int i = 0; i < policy.attempts; ++i) {
    tries += last;
    last *= share;
  }
  tries += last;
  for (std::size_t i = first; i < results_.size(); ++i) {
    Outcome& o = results_[i];
    const bool failed = again(o);
    o.probability *= failed ? last : tries;
    if (failed && stated) o.response_flags += ",URX";
    o.reasons.push_back({"DP-246",
                         "up to " + std::to_string(policy.attempts) + " retries on " + policy.on +
                             (failed ? ": none helped" : ": an earlier try may have failed"),
                         {}});
  }
}

void Walker::forward(Walk walk, const Sender& sender, const RouteChoice& choice, const Address& original) {
  walk.from = sender.workload;
  edit(walk.out.response_headers, choice.response_headers);
  const Service& service = mesh_.services[choice.service];
  walk.out.routed_service = choice.service;
  if (walk.unopened) {
    pass_on_by_sni(std::move(walk), sender, choice);
    return;
  }
  if (!service.external_name.empty()) {
    const std::size_t alias = mesh_.resolve_host(service.external_name, service.ns);
    if (alias == kNone || alias == choice.service) {
      leave_mesh(std::move(walk), service.external_name, choice.port, Transport::Plaintext);
      return;
    }
    RouteChoice next = choice;
    next.service = alias;
    forward(std::move(walk), sender, next, original);
    return;
  }
  const bool uses_waypoint_as_gateway = sender.kind == ProxyKind::Gateway && service.ingress_use_waypoint &&
                                        mesh_.settings.feature("ENABLE_INGRESS_WAYPOINT_ROUTING");
  const bool uses_waypoint_as_sidecar =
      sender.kind == ProxyKind::Sidecar && mesh_.settings.profile.sidecar_uses_waypoint;
  if (service.waypoint.bound()) {
    const bool eds_with_vip = !service.addresses.empty() && !service.headless &&
                              service.resolution != Resolution::Dns &&
                              service.resolution != Resolution::DnsRoundRobin && service.resolution != Resolution::None;
    if ((uses_waypoint_as_gateway || uses_waypoint_as_sidecar) && eds_with_vip) {
      to_bound_waypoint(std::move(walk), sender, choice);
      return;
    }
    const std::string name = service.waypoint.named;
    if (sender.kind == ProxyKind::Sidecar) {
      walk.hop().reasons.push_back(
          {"DP-052",
           "a sidecar never sends to a waypoint: " + name + ", to which " + service.hostname + " is bound, is bypassed",
           service.ref.source});
    } else if (sender.kind == ProxyKind::Gateway) {
      walk.hop().reasons.push_back(
          {"DP-131",
           "without istio.io/ingress-use-waypoint a gateway sends to the pod directly: the waypoint " + name +
               " is bypassed",
           service.ref.source});
    }
  }
  if (service.find_port(choice.port) == nullptr) {
    fail(std::move(walk), Verdict::Unreachable, "NC",
         {"DP-252", service.hostname + " has no port " + std::to_string(choice.port) + " (cluster_not_found)",
          service.ref.source});
    return;
  }
  const bool original_dst = service.resolution == Resolution::None ||
                            (sender.kind == ProxyKind::Sidecar &&
                             ((service.headless && !mesh_.settings.feature("PILOT_ENABLE_EDS_FOR_HEADLESS_SERVICES")) ||
                              choice.policy.passthrough_lb));
  if (original_dst) {
    original_destination(std::move(walk), sender, choice, original);
    return;
  }
  const Labels* subset = choice.subset.empty() ? nullptr : &choice.subset;
  SelectionRequest request{&mesh_,
                           choice.service,
                           choice.port,
                           subset,
                           sender.locality,
                           Balancer::Envoy,
                           choice.policy.locality,
                           choice.policy.outlier_detection,
                           {}};
  const bool own = owns(sender, service);
  if (mesh_.several_networks)
    request.keep = [&](const EndpointShare& endpoint) {
      Crossing how = crossing(sender, service, endpoint, takes_mtls(sender, choice, endpoint, own));
      if (how.kind != Crossing::Kind::Dropped) return true;
      walk.hop().reasons.push_back(std::move(how.why));
      return false;
    };
  const auto shares = select_endpoints(request);
  if (shares.empty()) {
    const bool dns = service.resolution == Resolution::Dns || service.resolution == Resolution::DnsRoundRobin ||
                     service.resolution == Resolution::DynamicDns;
    if (dns && service.endpoints.empty()) {  // the host itself is resolved
      const bool tls = choice.policy.tls == ClientTls::Simple || choice.policy.tls == ClientTls::Mutual;
      leave_mesh(std::move(walk), service.hostname, choice.port, tls ? Transport::Tls : Transport::Plaintext);
      return;
    }
    fail(std::move(walk), Verdict::Unreachable, "UH",
         {"DP-309",
          service.hostname + (subset ? " has no ready endpoint in subset " + choice.subset_name
                                     : std::string(" has no ready endpoint")),
          service.ref.source});
    return;
  }
  for (const EndpointShare& share : shares_here(walk, sender, choice, shares, own)) {
    Walk next = walk;
    next.out.probability *= share.weight;
    to_endpoint(std::move(next), sender, choice, share);
  }
}

bool Walker::owns(const Sender& sender, const Service& service) {
  return sender.kind == ProxyKind::Waypoint && service.waypoint.bound() &&
         (service.waypoint.gateway == sender.gateway || service.waypoint.canary_gateway == sender.gateway);
}

// DP-050: the destination is what the client asked for; one transport decision for the whole cluster.
void Walker::original_destination(Walk walk, const Sender& sender, const RouteChoice& choice, const Address& original) {
  const Service& service = mesh_.services[choice.service];
  bool any_istio = false, any_disabled = false;
  for (const Endpoint& e : service.endpoints) {
    if (e.workload == kNone) continue;
    (mesh_.workloads[e.workload].tls_mode_istio ? any_istio : any_disabled) = true;
  }
  Transport transport = Transport::Plaintext;
  switch (choice.policy.tls) {
    case ClientTls::IstioMutual:
      transport = Transport::Mtls;
      break;
    case ClientTls::Simple:
    case ClientTls::Mutual:
      transport = Transport::Tls;
      break;
    case ClientTls::Disable:
      break;
    case ClientTls::Unset:
      if (mesh_.settings.enable_auto_mtls && !service.mesh_external && any_istio && !any_disabled &&
          world_.policies->namespace_mtls(service.ns).mode != MtlsMode::Disable)
        transport = Transport::Mtls;
      break;
  }
  walk.hop().transport = transport;
  walk.hop().reasons.push_back({"DP-050",
                                service.hostname +
                                    " is an original-destination cluster: one transport for all its pods, never HBONE" +
                                    std::string(transport == Transport::Mtls        ? " (Istio mTLS)"
                                                : transport == Transport::Plaintext ? " (plaintext)"
                                                                                    : " (TLS by DestinationRule)"),
                                service.ref.source});
  walk.proxy_tls = transport == Transport::Tls;
  walk.peer = {transport == Transport::Mtls ? sender.identity : std::string(), sender.ip};
  if (original.ip || original.pod) {
    const Address target = literal(original);
    if (target.pod && target.service == kNone) {
      arrive(std::move(walk), target.pod->first, target.pod->second, original.port, transport);
      return;
    }
    if (target.service != kNone && target.service != choice.service) {
      pass_through(std::move(walk), target, sender.locality, transport);
      return;
    }
  }
  if (service.endpoints.empty()) {
    if (service.resolution == Resolution::None || !service.kubernetes) {
      leave_mesh(std::move(walk), original.host, original.port, transport);
    } else {
      fail(std::move(walk), Verdict::Unreachable, "UH",
           {"DP-309", service.hostname + " has no endpoint", service.ref.source});
    }
    return;
  }
  const auto shares = select_endpoints({&mesh_,
                                        choice.service,
                                        choice.port,
                                        choice.subset.empty() ? nullptr : &choice.subset,
                                        nullptr,
                                        Balancer::KubeProxy,
                                        {},
                                        false});
  if (shares.empty()) {
    fail(std::move(walk), Verdict::Unreachable, "UH",
         {"DP-309", service.hostname + " has no ready endpoint", service.ref.source});
    return;
  }
  for (const EndpointShare& share : shares) {
    Walk next = walk;
    next.out.probability *= share.weight;
    arrive(std::move(next), share.workload, share.pod, share.target_port, transport);
  }
}

Walker::TransportChoice Walker::transport_to(const Sender& sender, const Service& service, const TrafficPolicy& policy,
                                             const Workload& endpoint, std::size_t endpoint_index,
                                             std::uint16_t target_port, bool own_service) const {
  TransportChoice out;
  const std::string name = endpoint.ns.empty() ? endpoint.name : endpoint.ns + '/' + endpoint.name;
  const bool originates = policy.tls == ClientTls::Simple || policy.tls == ClientTls::Mutual;
  bool tunnel = can_tunnel(endpoint);
  if (tunnel && endpoint.tls_mode_istio && !own_service && !mesh_.settings.feature("PILOT_PREFER_SENDING_HBONE")) {
    tunnel = false;  // DP-045: sidecar destinations keep classic mTLS
    out.reasons.push_back({"DP-045", name + " has a sidecar: classic Istio mTLS is preferred to HBONE", {}});
  }
  if (tunnel && !sender.sends_hbone) {
    tunnel = false;
    out.reasons.push_back({"DP-037",
                           "this proxy does not send HBONE (legacy sidecar by this profile, DISABLE_HBONE_SEND, or a "
                           "control plane without ambient)",
                           {}});
  }
  if (tunnel) {
    out.transport = Transport::Hbone;
    out.user_tls = originates;
    out.reasons.push_back({own_service ? "DP-160" : "DP-046", "HBONE to " + name + " at port 15008", {}});
    if (policy.tls == ClientTls::Disable || policy.tls == ClientTls::IstioMutual)
      out.reasons.push_back({"PO-086", "the DestinationRule's tls mode does not change HBONE",
                             policy.rule ? policy.rule->source : Source{}});
    return out;
  }
  if (own_service) {
    out.user_tls = originates;
    out.transport = originates ? Transport::Tls : Transport::Plaintext;
    out.reasons.push_back({endpoint.mode == DataplaneMode::Sidecar ? "DP-163" : "DP-160",
                           "a waypoint speaks HBONE or plaintext to its backends; " + name + " takes no HBONE",
                           {}});
    return out;
  }
  switch (policy.tls) {
    case ClientTls::IstioMutual:
      out.transport = Transport::Mtls;
      out.reasons.push_back(
          {"DP-047", "a DestinationRule demands ISTIO_MUTUAL", policy.rule ? policy.rule->source : Source{}});
      return out;
    case ClientTls::Disable:
      out.reasons.push_back(
          {"DP-047", "a DestinationRule switches TLS off", policy.rule ? policy.rule->source : Source{}});
      return out;
    case ClientTls::Simple:
    case ClientTls::Mutual:
      out.transport = Transport::Tls;
      out.user_tls = true;
      out.reasons.push_back(
          {"DP-047", "a DestinationRule originates TLS", policy.rule ? policy.rule->source : Source{}});
      return out;
    case ClientTls::Unset:
      break;
  }
  const bool auto_mtls = mesh_.settings.enable_auto_mtls && !service.mesh_external &&
                         world_.policies->namespace_mtls(service.ns).mode != MtlsMode::Disable;
  if (!auto_mtls) {
    out.reasons.push_back({"DP-048", "auto-mTLS does not apply to " + service.hostname, {}});
    return out;
  }
  if (endpoint.tls_mode_istio && world_.policies->sidecar_mtls(endpoint_index, target_port).mode != MtlsMode::Disable) {
    out.transport = Transport::Mtls;
    out.reasons.push_back({"DP-047", "auto-mTLS: " + name + " has a sidecar", {}});
  } else if (endpoint.tls_mode_istio) {
    out.reasons.push_back({"DP-049", "PeerAuthentication DISABLE at " + name + ": auto-mTLS sends plaintext", {}});
  } else {
    out.reasons.push_back({"DP-047", name + " has no sidecar and takes no HBONE from here: plaintext", {}});
  }
  return out;
}

void Walker::to_endpoint(Walk walk, const Sender& sender, const RouteChoice& choice, const EndpointShare& endpoint) {
  const Service& service = mesh_.services[choice.service];
  const Workload& target = mesh_.workloads[endpoint.workload];
  TransportChoice how = transport_to(sender, service, choice.policy, target, endpoint.workload, endpoint.target_port,
                                     owns(sender, service));
  // What leaves a waypoint or gateway is told by the next hop; their own hop shows what arrived.
  if (walk.hop().proxy == ProxyKind::Sidecar || !walk.hop().inbound) {
    walk.hop().transport = how.transport;
    walk.hop().port = how.transport == Transport::Hbone ? 15008 : endpoint.target_port;
  }
  for (Reason& reason : how.reasons) walk.hop().reasons.push_back(std::move(reason));
  walk.proxy_tls = how.user_tls;
  if (walk.hop().http)
    if (const ServicePort* declared = service.find_port(choice.port); declared != nullptr)
      set_upstream_version(walk, declared->protocol, sender.kind != ProxyKind::Gateway, &choice.policy);
  const bool identified = how.transport == Transport::Hbone || how.transport == Transport::Mtls;
  walk.peer = {identified ? sender.identity : std::string(), sender.ip};
  walk.sni = choice.policy.tls_sni;
  if (walk.sni.empty() && how.transport == Transport::Mtls)
    walk.sni = "outbound_." + std::to_string(choice.port) + "_." + choice.subset_name + "_." + service.hostname;
  if (walk.sni.empty()) walk.sni = flow_.request.sni.value_or(walk.authority.substr(0, walk.authority.find(':')));

  if (target.external || (target.pods.empty() && !target.dns_host.empty())) {
    const std::string host = !target.dns_host.empty() ? target.dns_host : service.hostname;
    const ServicePort* port = service.find_port(choice.port);
    if (port != nullptr && is_tls(port->protocol) && !walk.tls_bytes()) {
      fail(std::move(walk), Verdict::Reset, "UF",
           {"DP-306", host + " serves TLS on port " + std::to_string(choice.port) + "; plaintext is refused there",
            service.ref.source});
      return;
    }
    leave_mesh(std::move(walk), host, endpoint.target_port, how.transport);
    return;
  }
  if (target.gateway != kNone && mesh_.gateways[target.gateway].kind != Gateway::Kind::Waypoint) {
    through_gateway(std::move(walk), target.gateway, choice.port, how.transport);
    return;
  }
  arrive(std::move(walk), endpoint.workload, endpoint.pod, endpoint.target_port, how.transport);
}

// DP-130: the endpoints of the service are replaced by those of its waypoint.
void Walker::to_bound_waypoint(Walk walk, const Sender& sender, const RouteChoice& choice) {
  const Service& service = mesh_.services[choice.service];
  auto go = [&](Walk next, std::size_t index) {
    const Gateway& waypoint = mesh_.gateways[index];
    next.hop().reasons.push_back({"DP-130",
                                  service.hostname + " carries istio.io/ingress-use-waypoint: sent to its waypoint " +
                                      waypoint.ns + '/' + waypoint.name,
                                  service.ref.source});
    bool serving = false;
    if (waypoint.workload != kNone)
      for (const PodInstance& pod : mesh_.workloads[waypoint.workload].pods) serving |= pod.ready && !pod.terminating;
    if (!serving) {
      fail(std::move(next), Verdict::Unreachable, "UH",
           {"DP-114",
            "the waypoint " + waypoint.ns + '/' + waypoint.name + " has no ready pod: empty endpoint set, fail closed",
            waypoint.ref.source});
      return;
    }
    next.peer = {sender.identity, sender.ip};
    Address to;
    to.service = choice.service;
    to.port = choice.port;
    to.host = service.hostname;
    through_waypoint(std::move(next), index, to);
  };
  by_waypoint(std::move(walk), service.waypoint, go);
}

}  // namespace meshsim::models::dataplane
