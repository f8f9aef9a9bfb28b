#include "models/telemetry/ztunnel_connection.h"

#include <algorithm>

#include "models/telemetry/releases.h"

namespace meshsim::models {

namespace {

// meshsim does not number client ports; exports of a simulation put theirs in.
constexpr std::uint16_t kClientPort = 50000;

bool is_hbone(Transport transport) { return transport == Transport::Hbone || transport == Transport::DoubleHbone; }

std::string or_unknown(std::string_view value) {
  return std::string(value.empty() ? std::string_view("unknown") : value);
}

using Map = std::map<std::string, std::string>;

// Whether ztunnel finds the service by the address that the application dialled: headless Services and ServiceEntries
// without address have none (DNS gives pods), and resolution NONE is passed through as it is (TM-064).
bool has_own_address(const Service& service) {
  if (service.headless || (service.addresses.empty() && service.address_ranges.empty())) return false;
  return service.kubernetes || service.resolution != Resolution::None;
}
const Service* service_of_address(const PathView& path) {
  const Service* service = path.addressed();
  return service && has_own_address(*service) ? service : nullptr;
}

// What ztunnel knows of the workload of an address; istiod makes one of a ServiceEntry's endpoint too (TM-037).
struct Known {
  std::string_view name, ns, canonical_service, canonical_revision, cluster;
  std::string principal;
  Locality locality;
  bool known = false;
};

Known known_workload(const PathView& path, const Party& party) {
  Known out;
  const Service* entry = party.service ? party.service : path.addressed();
  if (entry && party.kind == Party::Kind::External && !has_own_address(*entry)) return out;
  const bool of_entry = party.kind == Party::Kind::External ||
                        (party.workload && party.workload->external && entry && !entry->kubernetes);
  if (of_entry && entry) {
    out.name = out.canonical_service = entry->ref.name;
    out.canonical_revision = "latest";
    out.ns = entry->ns;
    out.cluster = "Kubernetes";
    out.principal = "spiffe://" + path.mesh.settings.trust_domain + "/ns/" + entry->ns + "/sa/default";
    out.known = true;
    return out;
  }
  if (party.kind != Party::Kind::Workload || !party.workload) return out;
  const Workload& workload = *party.workload;
  // Pods on the host network share the node's address: by address nobody is found (DP-016).
  if (workload.host_network && !party.by_service && !party.gateway) return out;
  out.name = workload.name;
  out.ns = workload.ns;
  out.canonical_service = workload.canonical_service;
  out.canonical_revision = workload.canonical_revision;
  out.cluster = cluster_of(&workload);
  out.principal = workload.spiffe.empty() ? workload.identity : workload.spiffe;
  out.locality = workload.locality;
  out.known = true;
  return out;
}

void put(Map& labels, const std::string& side, const Known& who) {  // TM-061, TM-062
  labels[side + "_workload"] = or_unknown(who.name);
  labels[side + "_workload_namespace"] = or_unknown(who.ns);
  labels[side + "_canonical_service"] = or_unknown(who.canonical_service);
  labels[side + "_canonical_revision"] = or_unknown(who.canonical_revision);
  labels[side + "_app"] = or_unknown(who.canonical_service);
  labels[side + "_version"] = or_unknown(who.canonical_revision);
  labels[side + "_cluster"] = or_unknown(who.cluster);
}

void put_locality(Map& labels, const Known& source, const Known& destination) {  // TM-060: as a group
  if (!source.known && !destination.known) return;
  labels["source_region"] = or_unknown(source.locality.region);
  labels["source_zone"] = or_unknown(source.locality.zone);
  labels["destination_region"] = or_unknown(destination.locality.region);
  labels["destination_zone"] = or_unknown(destination.locality.zone);
}

// HB-061: across networks both tunnels name the service, by host name.
std::string service_target(const PathView& path) {
  const Service* service = path.addressed();
  return service ? service->hostname + ":" + std::to_string(path.flow.to.port) : std::string();
}

std::string hbone_target(const PathView& path, const HopView& view) {
  if (view.crosses_out || view.crossed_in) return service_target(path);
  const Party& to = view.hop->inbound ? path.destination : view.upstream;
  // Towards a waypoint the CONNECT names what the application addressed.
  if (!view.hop->inbound && to.gateway) {
    const Service* service = path.addressed();
    if (service && !service->addresses.empty()) {
      const IpAddress& vip = service->addresses.front();
      return (vip.v6 ? "[" + vip.text() + "]" : vip.text()) + ":" + std::to_string(path.flow.to.port);
    }
    if (service) return service->hostname + ":" + std::to_string(path.flow.to.port);
    return address_of(path.destination.workload, path.container_port(view));
  }
  return address_of(to.workload, path.container_port(view));
}

std::string external_address(const PathView& path) {
  const Destination& to = path.flow.to;
  if (to.ip) return to.ip->text() + ":" + std::to_string(to.port);
  const Service* service = path.addressed();
  if (service && !service->addresses.empty()) return service->addresses.front().text() + ":" + std::to_string(to.port);
  return IpAddress::parse(to.host) ? to.host + ":" + std::to_string(to.port) : std::string();
}

std::string source_address(const PathView& path, const HopView& view) {
  if (view.tcp_downstream.workload) return address_of(view.tcp_downstream.workload, kClientPort);
  if (path.flow.from.ip) return path.flow.from.ip->text() + ":" + std::to_string(kClientPort);
  return {};
}

std::string bound_waypoint(const PathView& path) {
  const Service* service = path.addressed();
  const WaypointBinding* binding = service                     ? &service->waypoint
                                   : path.destination.workload ? &path.destination.workload->waypoint
                                                               : nullptr;
  return binding ? binding->named : std::string();
}

// TM-065: what one end's baggage tells the other. Quirk of ztunnel: app is then the name of the workload.
void put_told(Map& labels, const std::string& side, const Known& who) {
  put(labels, side, who);
  labels[side + "_app"] = or_unknown(who.name);
}

// Whether this end writes baggage into its CONNECT or its 200: ztunnels do, Envoys only where they are told to.
bool tells(const PathView& path, const Party& party) {
  const auto& features = path.mesh.settings.features;
  const auto flag = features.find("AMBIENT_ENABLE_BAGGAGE");
  const bool envoys = flag != features.end() && (flag->second == "true" || flag->second == "1");
  if (party.gateway || party.has_envoy) return envoys && speaks_as_of_1_29(path.mesh.settings.profile);
  return party.workload && party.workload->mode == DataplaneMode::Ambient;
}

// TM-086: what the log says. TM-066..TM-068: which flag the closing series carries.
void name_ending(ZtunnelConnection& connection, const PathView& path, const HopView& view) {
  const Outcome& outcome = path.outcome;
  const bool inference = path.mesh.settings.profile.ztunnel_failure_flags;
  if (outcome.verdict == Verdict::Allowed) return;
  // TM-116 is about connections that fail. An Envoy that waits no longer (UT) ends a stream; those under it were made.
  if (outcome.response_flags.find("UT") != std::string::npos) return;
  if (view.last) {
    if (view.refuses) {
      connection.closing_flag = "DENY";
      std::string reason = "allow policies exist, but none allowed";
      const DeniedBy& denied = *outcome.denied_by;
      if (denied.ztunnel_policy)
        reason = "explicitly denied by: " + *denied.ztunnel_policy;
      else if (denied.policy)
        reason = "explicitly denied by: " + *denied.policy;
      connection.error = "connection closed due to policy rejection: " + reason;
      return;
    }
    if (connection.inbound) {  // TM-116: the application refuses
      if (outcome.verdict != Verdict::Unreachable) return;
      connection.closing_flag = "CONNECT";
      connection.error = "connection failed: Connection refused (os error 111)";
      return;
    }
    if (view.upstream.kind == Party::Kind::None) {
      connection.early = true;
      connection.error = path.has_reason("DP-114") ? "unknown waypoint: " + bound_waypoint(path)
                                                   : "no healthy upstream: " + external_address(path);
      return;
    }
    if (outcome.verdict != Verdict::Unreachable) return;  // a reset by the peer counts as success (TM-116)
    if (path.has_reason("DP-312")) {                      // TM-067
      if (inference) connection.closing_flag = "NETWORK_POLICY";
      connection.error =
          "connection timed out, maybe a NetworkPolicy is blocking HBONE port 15008: deadline has elapsed";
      return;
    }
    if (inference) connection.closing_flag = "CONNECT";
    connection.error = path.has_reason("DP-116") ? "connection failed: deadline has elapsed"
                                                 : "connection failed: Connection refused (os error 111)";
    return;
  }
  // Something behind this proxy ended it. An Envoy answers the CONNECT with 200 first (TM-114); another ztunnel answers
  // a refusal with 401 and an unreachable application with 503.
  const HopView& next = path.hops[static_cast<std::size_t>(view.hop - path.outcome.hops.data()) + 1];
  if (next.hop->proxy != ProxyKind::Ztunnel || !is_hbone(view.hop->transport) || !next.last) return;
  if (next.refuses)
    connection.error = "http status: 401 Unauthorized";
  else if (outcome.verdict == Verdict::Unreachable)
    connection.error = "http status: 503 Service Unavailable";
  else
    return;
  if (inference) connection.closing_flag = "CONNECT";
}

}  // namespace

const Service* guess_inbound_service(const PathView& path, const HopView& view) {
  const Mesh& mesh = path.mesh;
  const std::size_t own = view.hop->workload;
  const auto selects = [own](const Service& service) {
    return std::any_of(service.endpoints.begin(), service.endpoints.end(),
                       [own](const Endpoint& endpoint) { return endpoint.workload == own; });
  };
  // Only ztunnel sends `forwarded`; of Envoy clients the port alone is known.
  const bool told = !view.downstream.gateway && view.downstream.workload &&
                    view.downstream.workload->mode == DataplaneMode::Ambient && is_hbone(view.hop->transport);
  const Service* addressed = service_of_address(path);
  if (told && addressed && selects(*addressed)) return addressed;
  const std::uint16_t port = path.container_port(view);
  for (const std::size_t index : mesh.services_of(own))
    for (const Endpoint& endpoint : mesh.services[index].endpoints)
      if (endpoint.workload == own &&
          std::find(endpoint.target_ports.begin(), endpoint.target_ports.end(), port) != endpoint.target_ports.end())
        return &mesh.services[index];
  return nullptr;
}

ZtunnelConnection ztunnel_connection(const PathView& path, const HopView& view) {
  ZtunnelConnection connection;
  const Hop& hop = *view.hop;
  connection.inbound = hop.inbound;
  connection.mutual_tls = is_hbone(hop.transport);
  const Party& to = hop.inbound ? path.destination : view.tcp_upstream;
  Party local = to;
  if (hop.inbound && hop.workload < path.mesh.workloads.size()) {
    local.kind = Party::Kind::Workload;
    local.workload = &path.mesh.workloads[hop.workload];
    local.by_service = true;
  }
  // TM-065: what came through an east-west gateway is not looked up by its address, which is the gateway's.
  const bool told = view.crossed_in;
  const Known source = !told || tells(path, view.downstream) ? known_workload(path, view.downstream) : Known{};
  const Known destination = known_workload(path, local);
  connection.source = view.tcp_downstream.workload;
  connection.destination = local.workload;

  Map& labels = connection.labels;
  labels["reporter"] = hop.inbound ? "destination" : "source";
  told ? put_told(labels, "source", source) : put(labels, "source", source);
  // TM-065: through double HBONE the answer's baggage names who took the connection; without it, it is the gateway.
  const bool answered = view.crosses_out && speaks_as_of_1_29(path.mesh.settings.profile) &&
                        path.outcome.verdict == Verdict::Allowed && tells(path, view.upstream);
  const Known taker = answered ? known_workload(path, view.upstream) : destination;
  answered ? put_told(labels, "destination", taker) : put(labels, "destination", taker);
  // TM-062: the source is named only as far as TLS proves it, or as far as it is oneself.
  labels["source_principal"] = connection.mutual_tls ? or_unknown(hop.identity) : "unknown";
  labels["destination_principal"] = or_unknown(taker.principal);
  const Service* service = hop.inbound ? guess_inbound_service(path, view) : service_of_address(path);
  if (!hop.inbound && view.upstream.gateway && view.upstream.proxy == ProxyKind::Gateway && !service) {
    const std::size_t index = view.upstream.gateway->service;
    if (index < path.mesh.services.size()) service = &path.mesh.services[index];
  }
  labels["destination_service"] = service ? service->hostname : "unknown";
  labels["destination_service_name"] = service ? (service->kubernetes ? service->name : service->ref.name) : "unknown";
  labels["destination_service_namespace"] = service ? service->ns : "unknown";
  labels["request_protocol"] = "tcp";  // TM-008
  labels["response_flags"] = "-";
  labels["connection_security_policy"] = connection.mutual_tls ? "mutual_tls" : "unknown";
  put_locality(labels, source, taker);

  const auto pod_name = [](const Workload* workload, const Known& who) {
    return who.known && workload ? std::string(pod_of(workload)) : std::string(who.canonical_service);
  };
  connection.source_pod = told ? std::string(source.canonical_service) : pod_name(connection.source, source);
  connection.destination_pod = answered ? std::string(taker.name) : pod_name(connection.destination, destination);
  connection.source_address = source_address(path, view);
  const std::uint16_t port = connection.mutual_tls ? 15008 : path.container_port(view);
  connection.destination_address = address_of(connection.destination, port);
  // A host that is resolved by DNS is dialled at an address that no file shows.
  const bool by_dns = local.kind == Party::Kind::External && local.service->resolution != Resolution::Static &&
                      local.service->resolution != Resolution::None;
  if (connection.destination_address.empty() && !by_dns) connection.destination_address = external_address(path);
  if (connection.mutual_tls) connection.hbone_address = hbone_target(path, view);
  name_ending(connection, path, view);
  if (path.outcome.verdict == Verdict::Allowed) {
    connection.received = static_cast<double>(path.flow.request.bytes_to_server);
    connection.sent = static_cast<double>(path.flow.request.bytes_to_client);
  }
  return connection;
}

void add_ztunnel_series(const ZtunnelConnection& connection, const Profile& profile, std::vector<Metric>& out) {
  if (connection.early) return;
  const std::string reporter = connection.inbound ? "destination" : "source";
  // TM-007: everything but the close happens under the labels of the opening.
  const Shared<Map> opening(connection.labels);
  out.push_back({"istio_tcp_connections_opened_total", reporter, opening, 1});
  out.push_back({"istio_tcp_received_bytes_total", reporter, opening, connection.received});
  out.push_back({"istio_tcp_sent_bytes_total", reporter, opening, connection.sent});
  Shared<Map> closing = opening;
  if (connection.closing_flag != "-") closing.edit()["response_flags"] = connection.closing_flag;
  out.push_back({"istio_tcp_connections_closed_total", reporter, closing, 1});
  if (profile.ztunnel_failure_flags && connection.closing_flag != "-")
    out.push_back({"istio_tcp_connections_failed_total", reporter, std::move(closing), 1});
}

}  // namespace meshsim::models
