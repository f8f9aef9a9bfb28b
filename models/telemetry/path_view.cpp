#include "models/telemetry/path_view.h"

#include <algorithm>

namespace meshsim::models {

namespace {

const Workload* workload_at(const Mesh& mesh, std::size_t index) {
  return index < mesh.workloads.size() ? &mesh.workloads[index] : nullptr;
}
const Service* service_at(const Mesh& mesh, std::size_t index) {
  return index < mesh.services.size() ? &mesh.services[index] : nullptr;
}

Party party_of_workload(const Workload* workload) {
  Party party;
  if (!workload) {
    party.kind = Party::Kind::Outside;
    return party;
  }
  party.kind = Party::Kind::Workload;
  party.workload = workload;
  if (workload->mode == DataplaneMode::Sidecar) {
    party.has_envoy = true;
    party.proxy = ProxyKind::Sidecar;
  }
  return party;
}

Party party_of_gateway(const Mesh& mesh, std::size_t index) {
  Party party;
  if (index >= mesh.gateways.size()) return party;
  const Gateway& gateway = mesh.gateways[index];
  party = party_of_workload(workload_at(mesh, gateway.workload));
  party.kind = Party::Kind::Workload;
  party.gateway = &gateway;
  party.has_envoy = true;
  party.proxy = gateway.kind == Gateway::Kind::Waypoint ? ProxyKind::Waypoint : ProxyKind::Gateway;
  return party;
}

bool is_east_west(const Mesh& mesh, const Hop& hop) {
  return hop.gateway < mesh.gateways.size() && mesh.gateways[hop.gateway].kind == Gateway::Kind::EastWest;
}

// DP-273: the inner HBONE of two. DP-276: TLS that is passed on by its SNI, so that the gateway learns no identity.
bool passes_unread(const Mesh& mesh, const Hop& hop) {
  if (hop.proxy != ProxyKind::Gateway || hop.http) return false;
  if (is_east_west(mesh, hop)) return hop.transport == Transport::DoubleHbone;
  return hop.transport == Transport::Mtls && hop.identity.empty();
}

bool is_middle(const Hop& hop) { return hop.proxy == ProxyKind::Waypoint || hop.proxy == ProxyKind::Gateway; }

// Flags that Envoy sets after it had chosen an endpoint: such an answer still names the endpoint in its series.
bool endpoint_was_chosen(std::string_view flags) {
  for (std::string_view flag : {"UF", "UC", "UT", "LR", "URX", "UR"})
    if (flags.find(flag) != std::string_view::npos) return true;
  return false;
}

Party client_of(const Mesh& mesh, const Flow& flow, const Outcome& outcome) {
  if (!outcome.hops.empty()) {
    const Hop& first = outcome.hops.front();
    if (!first.inbound && !is_middle(first) && first.workload != Hop::npos)
      return party_of_workload(workload_at(mesh, first.workload));
  }
  switch (flow.from.kind) {
    case Client::Kind::Workload:
      return party_of_workload(
          workload_at(mesh, flow.from.variant ? *flow.from.variant : mesh.find_workload(flow.from.ns, flow.from.name)));
    case Client::Kind::Gateway:
      return party_of_gateway(mesh, mesh.find_gateway(flow.from.ns, flow.from.name));
    case Client::Kind::Outside:
      break;
  }
  return party_of_workload(nullptr);
}

Party destination_of(const Mesh& mesh, const Flow& flow, const Outcome& outcome, const Service* service) {
  if (const Workload* workload = workload_at(mesh, outcome.destination_workload)) {
    Party party = party_of_workload(workload);
    party.by_service = service != nullptr && flow.to.kind == Destination::Kind::Host;
    return party;
  }
  Party party;
  if (service && !service->kubernetes) {
    party.kind = Party::Kind::External;
    party.service = service;
  } else if (outcome.verdict == Verdict::Allowed) {
    party.kind = Party::Kind::Outside;
  }
  return party;
}

}  // namespace

PathView::PathView(const World& world_in, const Flow& flow_in, const Outcome& outcome_in)
    : world(world_in), mesh(*world_in.mesh), flow(flow_in), outcome(outcome_in) {
  client = client_of(mesh, flow, outcome);
  const Service* service = routed() ? routed() : addressed();
  destination = destination_of(mesh, flow, outcome, service);
  http = is_http(flow.protocol);
  grpc = flow.protocol == FlowProtocol::Grpc ||
         std::any_of(flow.request.headers.begin(), flow.request.headers.end(), [](const auto& header) {
           return header.first == "content-type" && header.second.starts_with("application/grpc");
         });

  const auto& list = outcome.hops;
  hops.resize(list.size());
  // A connection that dies on the way to a waypoint or gateway (NetworkPolicy) lists no hop there; it was meant for it.
  if ((has_reason("DP-312") || has_reason("DP-116")) && destination.kind == Party::Kind::None && !list.empty() &&
      list.back().proxy == ProxyKind::Ztunnel && !list.back().inbound && addressed()) {
    if (addressed()->waypoint.bound())
      destination = party_of_gateway(mesh, addressed()->waypoint.gateway);
    else
      for (std::size_t i = 0; i < mesh.gateways.size(); ++i)
        if (mesh.gateways[i].service == outcome.service) destination = party_of_gateway(mesh, i);
  }
  Party before = client, tcp_before = client;
  for (std::size_t i = 0; i < list.size(); ++i) {
    HopView& view = hops[i];
    view.hop = &list[i];
    view.downstream = before;
    view.tcp_downstream = tcp_before;
    view.last = i + 1 == list.size();
    view.passes_on = passes_unread(mesh, list[i]);
    view.waypoint = list[i].proxy == ProxyKind::Waypoint || is_east_west(mesh, list[i]);
    view.crossed_in = i > 0 && hops[i - 1].passes_on && is_east_west(mesh, list[i - 1]);
    view.crosses_out = !view.last && is_east_west(mesh, list[i + 1]) && passes_unread(mesh, list[i + 1]);
    if (!is_middle(list[i])) continue;
    tcp_before = party_of_gateway(mesh, list[i].gateway);
    if (!view.passes_on) before = tcp_before;
  }
  Party behind = destination, tcp_behind = destination;
  for (std::size_t i = list.size(); i-- > 0;) {
    HopView& view = hops[i];
    const Hop& hop = list[i];
    view.upstream = behind;
    view.tcp_upstream = tcp_behind;
    if (is_middle(hop)) {
      tcp_behind = party_of_gateway(mesh, hop.gateway);
      if (!view.passes_on) behind = tcp_behind;
    }
    if (!view.last && list[i + 1].inbound) {
      view.leaving = hop.inbound ? list[i + 1].transport : hop.transport;
    } else if (!hop.inbound) {
      view.leaving = hop.transport;
    } else if (view.last) {
      view.leaving = outcome.transport.value_or(Transport::Plaintext);
    }
    if (view.last && outcome.verdict != Verdict::Allowed && outcome.verdict != Verdict::Unknown) {
      view.refuses = outcome.denied_by && outcome.denied_by->proxy == hop.proxy;
      const bool by_answer = outcome.answered_by && *outcome.answered_by == hop.proxy;
      view.answers = view.refuses || by_answer || outcome.verdict == Verdict::Unreachable;
      const bool in_front_of_app = hop.inbound && !is_middle(hop);
      if (view.answers && !in_front_of_app && !endpoint_was_chosen(outcome.response_flags) &&
          (view.refuses || by_answer || outcome.destination_workload == Hop::npos))
        view.upstream = view.tcp_upstream = Party{};
      // A sidecar under STRICT has no filter chain for plaintext: the connection ends in the listener.
      if (view.refuses && hop.proxy == ProxyKind::Sidecar && hop.inbound && hop.transport == Transport::Plaintext &&
          !outcome.denied_by->policy && world.policies &&
          world.policies->sidecar_mtls(hop.workload, container_port(view)).mode == MtlsMode::Strict)
        view.cut_before_start = true;
      // Nor has a gateway a listener or filter chain for what none of its servers takes.
      if (hop.proxy == ProxyKind::Gateway && !hop.http && !view.refuses &&
          (has_reason("DP-053") || has_reason("DP-054")))
        view.cut_before_start = true;
    }
  }
}

const Service* PathView::addressed() const { return service_at(mesh, outcome.service); }
const Service* PathView::routed() const { return service_at(mesh, outcome.routed_service); }

std::uint16_t PathView::container_port(const HopView& view) const {
  if (outcome.routed_to && outcome.routed_to->port) return outcome.routed_to->port;
  const std::uint16_t port = view.hop->port;
  if (port != 15008 && port != 15006 && port != 15001 && port) return port;
  return flow.to.port;
}

std::optional<int> PathView::http_status() const {
  if (!http) return std::nullopt;
  // A local reply to a gRPC request travels as HTTP 200 with the status in grpc-status (TM-112).
  if (grpc && outcome.verdict != Verdict::Allowed && outcome.http_status) return 200;
  return outcome.http_status;
}

std::string PathView::authority() const {
  if (flow.request.host) return *flow.request.host;
  std::string host = flow.to.host;
  if (host.empty() && flow.to.ip) host = flow.to.ip->text();
  if (host.empty() && destination.workload)
    host = address_of(destination.workload, 0).substr(0, address_of(destination.workload, 0).rfind(':'));
  // Clients leave the scheme's default port out.
  if (!host.empty() && flow.to.port != 80 && flow.to.port != 443 && flow.to.port)
    host += ":" + std::to_string(flow.to.port);
  return host;
}

bool PathView::has_reason(std::string_view rule) const {
  return std::any_of(outcome.reasons.begin(), outcome.reasons.end(),
                     [rule](const Reason& reason) { return reason.rule == rule; });
}

std::string address_of(const Workload* workload, std::uint16_t port) {
  if (!workload) return {};
  for (const PodInstance& pod : workload->pods)
    if (!pod.addresses.empty()) {
      const IpAddress& ip = pod.addresses.front();
      const std::string text = ip.text();
      return (ip.v6 ? "[" + text + "]" : text) + ":" + std::to_string(port);
    }
  return {};
}

std::string_view pod_of(const Workload* workload) {
  if (!workload) return {};
  for (const PodInstance& pod : workload->pods)
    if (!pod.name.empty()) return pod.name;
  return workload->canonical_service;
}

std::string_view cluster_of(const Workload* workload) {
  if (!workload) return {};
  return workload->locality.cluster.empty() ? std::string_view("Kubernetes")
                                            : std::string_view(workload->locality.cluster);
}

}  // namespace meshsim::models
