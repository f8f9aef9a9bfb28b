// An Envoy sends: endpoints are chosen, and the transport decided per endpoint (DP-045..DP-055,
// DP-130, DP-160..DP-164, PO-140).
#include "models/dataplane/walker.h"

namespace meshsim::models::dataplane {
namespace {

bool can_tunnel(const Workload& w) { return w.tunnel_label || w.wds_hbone() || w.role == ProxyRole::Waypoint; }

}  // namespace

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
  if (sender.workload != kNone) request.client_labels = &mesh_.workloads[sender.workload].labels;
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

  // Secure naming: names that a DestinationRule states replace the accounts that istiod knows (DP-047).
  const Node names = choice.policy.subject_alt_names;
  if (how.transport == Transport::Mtls && !names.empty() && !target.identity.empty() &&
      std::none_of(names.begin(), names.end(), [&](Node name) { return name.text() == target.identity; })) {
    fail(std::move(walk), Verdict::Reset, "UF",
         {"DP-047", "the DestinationRule's subjectAltNames do not name " + target.identity,
          choice.policy.rule ? choice.policy.rule->source : Source{}});
    return;
  }
  if (target.external || (target.pods.empty() && !target.dns_host.empty())) {
    const std::string host = !target.dns_host.empty() ? target.dns_host : service.hostname;
    const ServicePort* port = service.find_port(choice.port);
    if (port != nullptr && is_tls(port->protocol) && !walk.tls_bytes()) {
      fail(std::move(walk), Verdict::Reset, "UF",
           {"DP-306", host + " serves TLS on port " + std::to_string(choice.port) + "; plaintext is refused there",
            service.ref.source});
      return;
    }
    to_stated_endpoint(std::move(walk), target, host, endpoint.target_port, how.transport);
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
