// Across networks: which remote endpoints a proxy knows at all, and the way through the other network's gateway: double
// HBONE (DP-271..DP-275) or classic mTLS by SNI (DP-276). What Istio leaves to the network below it is unknown here.
#include <algorithm>
#include <map>

#include "models/dataplane/walker.h"

namespace meshsim::models::dataplane {
namespace {

const std::string& network_at(const Mesh& mesh, std::size_t workload, std::size_t pod) {
  const Workload& w = mesh.workloads[workload];
  if (pod < w.pods.size() && !w.pods[pod].locality.network.empty()) return w.pods[pod].locality.network;
  return w.locality.network;
}

std::string named(const std::string& network) { return network.empty() ? "the unnamed network" : "network " + network; }

bool serving(const Mesh& mesh, std::size_t workload) {
  const auto& pods = mesh.workloads[workload].pods;
  return std::any_of(pods.begin(), pods.end(), [](const PodInstance& p) { return p.ready && !p.terminating; });
}

}  // namespace

bool Walker::other_network(Walk& walk, std::size_t workload, std::size_t pod) {
  if (!mesh_.several_networks || walk.from == kNone || workload == kNone) return false;
  const std::string& here = network_at(mesh_, walk.from, 0);
  const std::string& there = network_at(mesh_, workload, pod);
  if (here == there) return false;
  unknown(std::move(walk), {"DP-272",
                            "only traffic to a Service crosses networks, through a gateway; whether " + named(here) +
                                " can reach an address of " + named(there) + " directly is not in the files",
                            {}});
  return true;
}

Crossing Walker::crossing(const Sender& sender, const Service& service, const EndpointShare& endpoint,
                          bool takes_mtls) const {
  using Kind = Crossing::Kind;
  if (!mesh_.several_networks || sender.locality == nullptr) return {};
  const std::string& there = network_at(mesh_, endpoint.workload, endpoint.pod);
  if (sender.locality->network == there) return {};
  std::size_t hbone = kNone, mtls = kNone;
  for (std::size_t i = 0; i < mesh_.network_gateways.size(); ++i) {
    const NetworkGateway& g = mesh_.network_gateways[i];
    if (g.network != there) continue;
    if (hbone == kNone && g.hbone_port != 0 && g.gateway != kNone) hbone = i;  // DP-272: the first is used
    if (mtls == kNone && g.mtls_port != 0) mtls = i;
  }
  const Profile& profile = mesh_.settings.profile;
  const bool ambient = mesh_.settings.feature("AMBIENT_ENABLE_MULTI_NETWORK");
  const Reason local_scope{"DP-271",
                           service.hostname + " is not of global scope (istio.io/global): its endpoints in " +
                               named(there) + " are not known here",
                           service.ref.source};
  const Reason no_gateway{"DP-277", named(there) + " has no gateway that takes double HBONE", {}};
  if (sender.kind == ProxyKind::Ztunnel) {
    if (!ambient) {
      // Workloads keep their network in WDS; ztunnel refuses to dial one of another network without its gateway.
      if (hbone == kNone) return {Kind::Closed, kNone, no_gateway};
      return {Kind::Unknown,
              kNone,
              {"DP-271", "crossing networks in ambient mode needs AMBIENT_ENABLE_MULTI_NETWORK, which is off", {}}};
    }
    if (!service.global_scope) return {Kind::Dropped, kNone, local_scope};
    if (hbone == kNone) return {Kind::Dropped, kNone, no_gateway};
    return {Kind::DoubleHbone, hbone, {}};
  }
  if (ambient && profile.multi_network_waypoints && !service.global_scope) return {Kind::Dropped, kNone, local_scope};
  const bool waypoint = sender.kind == ProxyKind::Waypoint;
  if (ambient && sender.kind != ProxyKind::Sidecar &&
      (waypoint ? profile.multi_network_waypoints : profile.multi_network_ingress)) {
    const bool may = mesh_.settings.feature(waypoint ? "AMBIENT_ENABLE_MULTI_NETWORK_WAYPOINT"
                                                     : "AMBIENT_ENABLE_MULTI_NETWORK_INGRESS");
    if (!may)
      return {Kind::Dropped,
              kNone,
              {waypoint ? "DP-274" : "DP-275",
               std::string(waypoint ? "waypoints" : "gateways") + " keep to the endpoints of their own network",
               {}}};
    if (hbone == kNone) return {Kind::Dropped, kNone, no_gateway};
    return {Kind::DoubleHbone, hbone, {}};
  }
  if (mtls != kNone) {
    if (!takes_mtls)
      return {Kind::Dropped,
              kNone,
              {"DP-276", "an Envoy crosses networks with Istio mTLS only, and this endpoint takes none", {}}};
    if (mesh_.network_gateways[mtls].gateway == kNone)
      return {Kind::Unknown, kNone, {"DP-276", "the gateway of " + named(there) + " is not among the files", {}}};
    return {Kind::Mtls, mtls, {}};
  }
  if (hbone != kNone && !profile.ambient_gateways_hidden_from_sidecars) {
    if (!takes_mtls)
      return {Kind::Dropped,
              kNone,
              {"DP-276", "the only gateway of " + named(there) + " is an ambient one, which no Envoy can use", {}}};
    return {
        Kind::Unknown,
        kNone,
        {"DP-276", "Envoys dial the ambient gateway of " + named(there) + " with Istio mTLS; some requests fail", {}}};
  }
  // What a mesh-external ServiceEntry names lies outside: its network says only that no gateway leads there.
  if (service.mesh_external) return {};
  return {Kind::Unknown,
          kNone,
          {"DP-276",
           "without a gateway that it can use an Envoy dials endpoints of " + named(there) +
               " directly; whether the networks are joined is not in the files",
           {}}};
}

std::vector<EndpointShare> Walker::shares_here(const Walk& walk, const Sender& sender, const RouteChoice& choice,
                                               std::vector<EndpointShare> shares, bool own) {
  if (!mesh_.several_networks) return shares;
  const Service& service = mesh_.services[choice.service];
  std::vector<EndpointShare> here;
  std::map<std::pair<Crossing::Kind, std::size_t>, std::pair<double, Reason>> away;
  for (const EndpointShare& share : shares) {
    const Crossing how = crossing(sender, service, share, takes_mtls(sender, choice, share, own));
    if (how.kind == Crossing::Kind::None) {
      here.push_back(share);
      continue;
    }
    auto& [weight, why] = away[{how.kind, how.gateway}];
    weight += share.weight;
    why = how.why;
  }
  for (auto& [key, value] : away) {
    Walk next = walk;
    next.out.probability *= value.first;
    switch (key.first) {
      case Crossing::Kind::DoubleHbone:
        through_east_west(std::move(next), sender, choice, mesh_.network_gateways[key.second]);
        break;
      case Crossing::Kind::Mtls:
        to_sni_gateway(std::move(next), sender, choice, mesh_.network_gateways[key.second]);
        break;
      case Crossing::Kind::Closed:
        fail(std::move(next), Verdict::Unreachable, "-", std::move(value.second));
        break;
      default:
        unknown(std::move(next), std::move(value.second));
    }
  }
  return here;
}

bool Walker::takes_mtls(const Sender& sender, const RouteChoice& choice, const EndpointShare& e, bool own) const {
  if (sender.kind == ProxyKind::Ztunnel) return false;
  return transport_to(sender, mesh_.services[choice.service], choice.policy, mesh_.workloads[e.workload], e.workload,
                      e.target_port, own)
             .transport == Transport::Mtls;
}

// DP-273: the outer HBONE ends at the gateway, the inner one at the remote waypoint or pod.
void Walker::through_east_west(Walk walk, const Sender& sender, const RouteChoice& choice,
                               const NetworkGateway& entrance) {
  const Service& service = mesh_.services[choice.service];
  const Gateway& gateway = mesh_.gateways[entrance.gateway];
  const std::string gateway_name = gateway.ns + '/' + gateway.name;
  if (!walk.hop().inbound) {
    walk.hop().transport = Transport::DoubleHbone;
    walk.hop().port = entrance.hbone_port;
  }
  walk.hop().reasons.push_back({"DP-273",
                                "double HBONE to " + gateway_name + ", the gateway of " + named(entrance.network) +
                                    ", with authority " + service.hostname + ':' + std::to_string(choice.port),
                                gateway.ref.source});
  walk.peer = {sender.identity, sender.ip};
  if (network_blocks(walk, gateway.workload, 0, entrance.hbone_port)) return;
  if (gateway.workload != kNone && !serving(mesh_, gateway.workload)) {
    fail(std::move(walk), Verdict::Unreachable, sender.kind == ProxyKind::Ztunnel ? "-" : "UF",
         {"DP-309", "the east-west gateway " + gateway_name + " has no ready pod", gateway.ref.source});
    return;
  }
  Hop hop;
  hop.proxy = ProxyKind::Gateway;
  hop.name = gateway_name;
  hop.inbound = true;
  hop.transport = Transport::DoubleHbone;
  hop.port = entrance.hbone_port;
  hop.identity = sender.identity;
  hop.gateway = entrance.gateway;
  hop.workload = gateway.workload;
  hop.reasons.push_back({"DP-273", "the gateway ends the outer HBONE and passes the inner one on, unread", {}});
  walk.out.hops.push_back(std::move(hop));
  if (!service.global_scope) {
    fail(std::move(walk), Verdict::Unreachable, "-",
         {"DP-271", "an east-west gateway serves only Services of global scope; " + service.hostname + " is none",
          service.ref.source});
    return;
  }
  // Such a gateway is a proxy of type waypoint: policies reach it by targetRefs only (DP-151).
  ProxyView view;
  view.kind = ProxyKind::Waypoint;
  view.ns = gateway.ns;
  view.labels = &gateway.labels;
  view.gateway_name = gateway.name;
  ConnectionView connection;
  connection.principal = sender.identity;
  connection.source_ip = connection.remote_ip = sender.ip;
  connection.port = choice.port;
  if (const PolicyDecision decision = world_.policies->at_envoy(view, connection, nullptr);
      decision.unknown || !decision.allowed) {
    unknown(std::move(walk), {"DP-273",
                              "a policy on the east-west gateway would refuse this, and it is not verified "
                              "that such a gateway enforces any: " +
                                  decision.why,
                              {}});
    return;
  }
  walk.from = gateway.workload;
  // DP-274: x-istio-source says whether L7 policy was applied before.
  const bool has_address = !service.addresses.empty() && !service.headless;
  const bool inserts =
      sender.kind == ProxyKind::Ztunnel || (sender.kind == ProxyKind::Gateway && service.ingress_use_waypoint);
  if (service.waypoint.bound() && has_address && inserts) {
    const Gateway& waypoint = mesh_.gateways[service.waypoint.gateway];
    if (waypoint.workload == kNone || network_at(mesh_, waypoint.workload, 0) != entrance.network) {
      unknown(std::move(walk), {"DP-274",
                                "the waypoint " + service.waypoint.named + " is not in " + named(entrance.network) +
                                    ": what its gateway makes of that is not verified",
                                waypoint.ref.source});
      return;
    }
    if (!serving(mesh_, waypoint.workload)) {
      fail(
          std::move(walk), Verdict::Unreachable, "-",
          {"DP-114", "the waypoint " + service.waypoint.named + " is bound but has no ready pod", waypoint.ref.source});
      return;
    }
    walk.hop().reasons.push_back({"DP-274", "no L7 policy was applied yet: the remote waypoint is inserted", {}});
    Address to;
    to.service = choice.service;
    to.port = choice.port;
    to.host = service.hostname;
    through_waypoint(std::move(walk), service.waypoint.gateway, to);
    return;
  }
  if (service.waypoint.bound() && has_address)
    walk.hop().reasons.push_back(
        {"DP-274",
         "x-istio-source: " + std::string(sender.kind == ProxyKind::Waypoint ? "waypoint" : "gateway") +
             " - the remote waypoint is skipped",
         {}});
  SelectionRequest request{&mesh_, choice.service, choice.port, nullptr, nullptr, Balancer::Envoy, {}, false, {}};
  request.keep = [&](const EndpointShare& e) { return network_at(mesh_, e.workload, e.pod) == entrance.network; };
  const auto shares = select_endpoints(request);
  if (shares.empty()) {
    fail(std::move(walk), Verdict::Unreachable, "-",
         {"DP-309", service.hostname + " has no ready endpoint in " + named(entrance.network), service.ref.source});
    return;
  }
  for (const EndpointShare& share : shares) {
    Walk next = walk;
    next.out.probability *= share.weight;
    const Workload& target = mesh_.workloads[share.workload];
    if (target.mode == DataplaneMode::Ambient && target.wds_hbone()) {
      arrive(std::move(next), share.workload, share.pod, share.target_port, Transport::DoubleHbone);
      continue;
    }
    name_destination(next, share.workload, share.target_port);
    unknown(std::move(next), {"DP-273",
                              "the inner HBONE is meant for a ztunnel; what " + target.ns + '/' + target.name +
                                  " makes of it is not verified",
                              target.owner.source});
  }
}

// DP-276: to port 15443 of the other network's gateway, which passes mTLS on by its SNI.
void Walker::to_sni_gateway(Walk walk, const Sender& sender, const RouteChoice& choice,
                            const NetworkGateway& entrance) {
  const Service& service = mesh_.services[choice.service];
  const Gateway& gateway = mesh_.gateways[entrance.gateway];
  if (!walk.hop().inbound) {
    walk.hop().transport = Transport::Mtls;
    walk.hop().port = entrance.mtls_port;
  }
  walk.hop().reasons.push_back({"DP-276",
                                "Istio mTLS through " + gateway.ns + '/' + gateway.name + ", the gateway of " +
                                    named(entrance.network) + ", which passes it on by its SNI",
                                gateway.ref.source});
  walk.peer = {sender.identity, sender.ip};
  walk.sni = "outbound_." + std::to_string(choice.port) + "_." + choice.subset_name + "_." + service.hostname;
  through_gateway(std::move(walk), entrance.gateway, entrance.mtls_port, Transport::Mtls);
}

// What an AUTO_PASSTHROUGH server does: the client's mTLS goes on unopened, to endpoints that take mTLS
// (istio/istio EndpointsWithMTLSFilter) of its own network.
void Walker::pass_on_by_sni(Walk walk, const Sender& sender, const RouteChoice& choice) {
  const Service& service = mesh_.services[choice.service];
  walk.from = sender.workload;
  walk.out.routed_service = choice.service;
  SelectionRequest request{&mesh_,
                           choice.service,
                           choice.port,
                           choice.subset.empty() ? nullptr : &choice.subset,
                           sender.locality,
                           Balancer::Envoy,
                           {},
                           false,
                           {}};
  request.keep = [&](const EndpointShare& e) {
    const bool near = sender.locality == nullptr || network_at(mesh_, e.workload, e.pod) == sender.locality->network;
    return near && takes_mtls(sender, choice, e, false);
  };
  const auto shares = select_endpoints(request);
  if (shares.empty()) {
    fail(std::move(walk), Verdict::Unreachable, "UH",
         {"DP-276", service.hostname + " has no ready endpoint here that takes Istio mTLS", service.ref.source});
    return;
  }
  for (const EndpointShare& share : shares) {
    Walk next = walk;
    next.out.probability *= share.weight;
    arrive(std::move(next), share.workload, share.pod, share.target_port, Transport::Mtls);
  }
}

}  // namespace meshsim::models::dataplane
