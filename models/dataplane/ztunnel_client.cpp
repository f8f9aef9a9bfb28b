// The source ztunnel: DP-060..DP-067, DP-125, PO-143. It sees addresses only, never Host or SNI.
#include "models/dataplane/walker.h"

namespace meshsim::models::dataplane {

Sender Walker::ztunnel_sender(std::size_t client) const {
  Sender sender = sidecar_sender(client);
  sender.kind = ProxyKind::Ztunnel;
  return sender;
}

// DP-110, DP-226: of several services with one address or name, the one this client may see (ztunnel
// src/state/service.rs, visible_to); a NONE entry never reaches ztunnel. Hidden means absent, not blocked.
std::size_t Walker::seen_by_ztunnel(const Address& to, std::string_view client_ns) const {
  const auto seen = [&](std::size_t index) {
    const Service& s = mesh_.services[index];
    return s.visibility == Service::Visibility::Public ||
           (s.visibility == Service::Visibility::Namespace && s.ns == client_ns);
  };
  if (to.service == kNone || seen(to.service)) return to.service;
  std::size_t found = kNone;
  for (const std::size_t other :
       to.ip ? mesh_.services_by_vip(*to.ip) : mesh_.services_by_host(mesh_.services[to.service].hostname)) {
    if (!seen(other)) continue;
    if (mesh_.services[other].ns == client_ns) return other;
    if (found == kNone) found = other;
  }
  return found;
}

void Walker::from_ztunnel(Walk walk, std::size_t client, const Address& to) {
  if (const std::size_t seen = seen_by_ztunnel(to, mesh_.workloads[client].ns); seen != to.service) {
    const Service& hidden = mesh_.services[to.service];
    walk.out.reasons.push_back({"DP-110",
                                "serviceEntryVisibility hides " + hidden.ns + '/' + hidden.name +
                                    " from this client: for its ztunnel it does not exist",
                                hidden.ref.source});
    Address next = to;
    next.service = walk.out.service = seen;
    from_ztunnel(std::move(walk), client, next);
    return;
  }
  const Workload& w = mesh_.workloads[client];
  Hop hop;
  hop.proxy = ProxyKind::Ztunnel;
  hop.name = w.ns + '/' + w.name;
  hop.workload = client;
  hop.identity = w.identity;
  hop.port = to.port;
  hop.reasons.push_back(
      {"DP-040", "the ztunnel of " + hop.name + " chooses by destination address only, never by Host or SNI", {}});
  walk.out.hops.push_back(std::move(hop));
  auto& reasons = walk.out.hops.back().reasons;

  const Service* service = to.service == kNone ? nullptr : &mesh_.services[to.service];
  if (service != nullptr && !service->external_name.empty()) {
    // DP-033: ExternalName Services are not in WDS; DNS gives the name behind them.
    Address next = to;
    next.service = mesh_.resolve_host(service->external_name, service->ns);
    next.host = service->external_name;
    walk.out.hops.pop_back();
    if (next.service != kNone && next.service != to.service) {
      from_ztunnel(std::move(walk), client, next);
    } else {
      next.service = kNone;
      from_ztunnel(std::move(walk), client, next);
    }
    return;
  }
  const bool has_vip = service != nullptr && (!service->addresses.empty() || !service->address_ranges.empty());
  if (service != nullptr && has_vip && !service->headless) {
    walk.out.routed_service = to.service;
    if (service->waypoint.bound()) {
      ztunnel_to_waypoint(std::move(walk), client, service->waypoint, to);
      return;
    }
    for (const Reason& reason : service->waypoint.reasons) reasons.push_back(reason);
    if (service->resolution == Resolution::None) {
      if (mesh_.settings.profile.resolution_none_passthrough) {
        reasons.push_back(
            {"DP-172", "a ServiceEntry of resolution NONE is passed through to the address as it is", {}});
        pass_through(std::move(walk), literal(to), nullptr);
      } else {
        fail(std::move(walk), Verdict::Unreachable, "-",
             {"DP-172",
              "this ztunnel finds no upstream for a ServiceEntry of resolution NONE (no healthy upstream)",
              {}});
      }
      return;
    }
    const Locality* locality = w.pods.empty() ? &w.locality : &w.pods.front().locality;
    SelectionRequest request{&mesh_, to.service, to.port, nullptr, locality, Balancer::Ztunnel, {}, false, {}};
    const Sender sender = ztunnel_sender(client);
    Reason dropped;
    if (mesh_.several_networks)
      request.keep = [&](const EndpointShare& endpoint) {
        Crossing how = crossing(sender, *service, endpoint, false);
        if (how.kind == Crossing::Kind::Dropped) dropped = std::move(how.why);
        return how.kind != Crossing::Kind::Dropped;
      };
    const auto shares = select_endpoints(request);
    if (!dropped.rule.empty()) reasons.push_back(dropped);
    if (shares.empty()) {
      fail(std::move(walk), Verdict::Unreachable, "-",
           {"DP-309",
            "ztunnel finds no eligible endpoint of " + service->hostname + " for port " + std::to_string(to.port) +
                " (no healthy upstream); the connection is closed",
            {}});
      return;
    }
    RouteChoice choice;
    choice.service = to.service;
    choice.port = to.port;
    for (const EndpointShare& share : shares_here(walk, sender, choice, shares, false)) {
      Walk next = walk;
      next.out.probability *= share.weight;
      ztunnel_to_workload(std::move(next), client, share.workload, share.pod, share.target_port);
    }
    return;
  }
  if (service != nullptr && service->headless && !to.pod) {
    // DP-200: no VIP, DNS hands out pod addresses: workload-addressed traffic.
    walk.out.routed_service = to.service;
    const auto shares =
        select_endpoints({&mesh_, to.service, to.port, nullptr, nullptr, Balancer::KubeProxy, {}, false});
    if (shares.empty()) {
      fail(std::move(walk), Verdict::Unreachable, "-",
           {"DP-200",
            "the headless Service " + service->hostname + " has no endpoint whose address DNS could give",
            {}});
      return;
    }
    reasons.push_back(
        {"DP-200",
         "a headless Service has no VIP: the traffic is addressed to a pod, a service waypoint is not used",
         {}});
    for (const EndpointShare& share : shares) {
      Walk next = walk;
      next.out.probability *= share.weight;
      const WaypointBinding& binding = mesh_.workloads[share.workload].waypoint;
      if (binding.bound()) {
        Address pod = to;
        pod.service = kNone;
        pod.pod = std::pair(share.workload, share.pod);
        pod.port = share.target_port;
        ztunnel_to_waypoint(std::move(next), client, binding, pod);
      } else {
        ztunnel_to_workload(std::move(next), client, share.workload, share.pod, share.target_port);
      }
    }
    return;
  }
  if (to.pod && !mesh_.workloads[to.pod->first].host_network) {
    const Workload& target = mesh_.workloads[to.pod->first];
    const WaypointBinding& binding = target.waypoint;
    const bool self_waypoint = binding.bound() && mesh_.gateways[binding.gateway].workload == client;
    if (binding.bound() && !self_waypoint) {
      ztunnel_to_waypoint(std::move(walk), client, binding, to);
      return;
    }
    for (const Reason& reason : binding.reasons) reasons.push_back(reason);
    ztunnel_to_workload(std::move(walk), client, to.pod->first, to.pod->second, to.port);
    return;
  }
  reasons.push_back({"DP-060",
                     "an address that is neither a Service nor a workload of the mesh: plaintext passthrough "
                     "(outboundTrafficPolicy does not reach ztunnel, DP-229)",
                     {}});
  if (to.pod) {
    arrive(std::move(walk), to.pod->first, to.pod->second, to.port, Transport::Plaintext);
  } else {
    walk.out.hops.back().transport = Transport::Plaintext;
    leave_mesh(std::move(walk), to.host, to.port, Transport::Plaintext);
  }
}

void Walker::ztunnel_to_waypoint(Walk walk, std::size_t client, const WaypointBinding& binding, const Address& to) {
  const Workload& w = mesh_.workloads[client];
  auto go = [&](Walk next, std::size_t gateway) {
    Hop& hop = next.out.hops.back();
    hop.transport = Transport::Hbone;
    hop.port = 15008;
    for (const Reason& reason : binding.reasons) hop.reasons.push_back(reason);
    const Gateway& waypoint = mesh_.gateways[gateway];
    if (mesh_.several_networks && waypoint.workload != kNone &&
        mesh_.workloads[waypoint.workload].locality.network != w.locality.network) {
      ztunnel_to_remote_waypoint(std::move(next), client, gateway, to);
      return;
    }
    bool serving = false;
    if (waypoint.workload != kNone)
      for (const PodInstance& pod : mesh_.workloads[waypoint.workload].pods) serving |= pod.ready && !pod.terminating;
    if (!serving) {
      fail(std::move(next), Verdict::Unreachable, "-",
           {"DP-114",
            "the waypoint " + waypoint.ns + '/' + waypoint.name +
                " is bound but has no ready pod: ztunnel closes the connection (unknown waypoint), fail closed",
            waypoint.ref.source});
      return;
    }
    next.peer = {w.identity, next.peer.ip};
    through_waypoint(std::move(next), gateway, to);
  };
  by_waypoint(std::move(walk), binding, go);  // sampled per connection
}

// DP-274, DP-277: the bound waypoint is in another network.
void Walker::ztunnel_to_remote_waypoint(Walk walk, std::size_t client, std::size_t gateway, const Address& to) {
  const Gateway& waypoint = mesh_.gateways[gateway];
  const Sender sender = ztunnel_sender(client);
  if (to.service == kNone) {
    unknown(std::move(walk),
            {"DP-274", "the workload's waypoint is in another network, and only traffic to a Service crosses",
             waypoint.ref.source});
    return;
  }
  const Service& service = mesh_.services[to.service];
  const Crossing how = crossing(sender, service, {waypoint.workload, 0, 15008, 0}, false);
  if (how.kind == Crossing::Kind::DoubleHbone) {
    // Whether istiod shows a remote waypoint that is not of global scope itself differs between versions.
    if (waypoint.service != kNone && !mesh_.services[waypoint.service].global_scope) {
      unknown(std::move(walk), {"DP-274",
                                "the Service of the remote waypoint " + waypoint.ns + '/' + waypoint.name +
                                    " is not of global scope: whether ztunnel knows it is not verified",
                                waypoint.ref.source});
      return;
    }
    RouteChoice choice;
    choice.service = to.service;
    choice.port = to.port;
    through_east_west(std::move(walk), sender, choice, mesh_.network_gateways[how.gateway]);
    return;
  }
  if (how.kind == Crossing::Kind::Unknown) {
    unknown(std::move(walk), how.why);
    return;
  }
  fail(std::move(walk), Verdict::Unreachable, "-",
       {"DP-277",
        "the waypoint " + waypoint.ns + '/' + waypoint.name +
            " is in another network that cannot be entered: ztunnel closes the connection; " + how.why.text,
        waypoint.ref.source});
}

void Walker::ztunnel_to_workload(Walk walk, std::size_t client, std::size_t workload, std::size_t pod,
                                 std::uint16_t port) {
  const Workload& target = mesh_.workloads[workload];
  Hop& hop = walk.out.hops.back();
  if (target.wds_hbone()) {
    hop.transport = Transport::Hbone;
    hop.port = 15008;
    hop.reasons.push_back(
        {"DP-060", target.ns + '/' + target.name + " is advertised as HBONE: ztunnel sends HBONE to port 15008", {}});
    walk.peer.identity = mesh_.workloads[client].identity;
    arrive(std::move(walk), workload, pod, port, Transport::Hbone);
    return;
  }
  hop.transport = Transport::Plaintext;
  hop.port = port;
  hop.reasons.push_back({target.mode == DataplaneMode::Sidecar ? "DP-038" : "DP-066",
                         (target.ns.empty() ? target.name : target.ns + '/' + target.name) +
                             " is not advertised as HBONE, and ztunnel speaks nothing else: plaintext",
                         {}});
  walk.peer.identity.clear();
  if (target.external || (target.pods.empty() && !target.dns_host.empty())) {
    std::string host = target.dns_host;
    if (host.empty())
      host = walk.out.routed_service == kNone ? target.name : mesh_.services[walk.out.routed_service].hostname;
    to_stated_endpoint(std::move(walk), target, host, port, Transport::Plaintext);
    return;
  }
  const std::size_t gateway = target.gateway;
  if (gateway != kNone && mesh_.gateways[gateway].kind != Gateway::Kind::Waypoint) {
    through_gateway(std::move(walk), gateway, flow_.to.port, Transport::Plaintext);
    return;
  }
  arrive(std::move(walk), workload, pod, port, Transport::Plaintext);
}

}  // namespace meshsim::models::dataplane
