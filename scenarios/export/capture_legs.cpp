#include "scenarios/export/capture_legs.h"

#include <algorithm>

#include "scenarios/export/messages.h"

namespace meshsim::scenarios {

using models::Destination;
using models::Hop;
using models::IpAddress;
using models::Mesh;
using models::Outcome;
using models::ProxyKind;
using models::Service;
using models::Transport;
using models::Verdict;
using models::Workload;

namespace {

const Workload* workload_at(const Mesh& mesh, std::size_t index) {
  return index < mesh.workloads.size() ? &mesh.workloads[index] : nullptr;
}
const Service* addressed(const Mesh& mesh, const Outcome& outcome) {
  return outcome.service < mesh.services.size() ? &mesh.services[outcome.service] : nullptr;
}

const Workload* pods_of(const Mesh& mesh, const Hop& hop) {
  if (const Workload* own = workload_at(mesh, hop.workload)) return own;
  return hop.gateway < mesh.gateways.size() ? workload_at(mesh, mesh.gateways[hop.gateway].workload) : nullptr;
}

const Workload* client_of(const Mesh& mesh, const models::Flow& flow) {
  if (flow.from.kind == models::Client::Kind::Outside) return nullptr;
  if (flow.from.kind == models::Client::Kind::Gateway) {
    const std::size_t gateway = mesh.find_gateway(flow.from.ns, flow.from.name);
    return gateway < mesh.gateways.size() ? workload_at(mesh, mesh.gateways[gateway].workload) : nullptr;
  }
  return workload_at(mesh, mesh.find_workload(flow.from.ns, flow.from.name));
}

IpAddress ip_of(const Workload* workload, const std::string& otherwise) {
  if (workload)
    for (const models::PodInstance& pod : workload->pods)
      if (!pod.addresses.empty()) return pod.addresses.front();
  return *IpAddress::parse(otherwise);
}

IpAddress same_family(const Workload* workload, bool v6) {
  if (workload)
    for (const models::PodInstance& pod : workload->pods)
      for (const IpAddress& ip : pod.addresses)
        if (ip.v6 == v6) return ip;
  return *IpAddress::parse(v6 ? "2001:db8::7" : "203.0.113.7");
}

// What the client's application dials: VIP, pod or outside address.
TcpEnd dialled(const Mesh& mesh, const Happened& happened) {
  const Destination& to = happened.flow->to;
  if (to.ip) return {*to.ip, to.port};
  if (to.gateway) {
    const std::size_t gateway = mesh.find_gateway(to.gateway->first, to.gateway->second);
    if (gateway < mesh.gateways.size())
      return {ip_of(workload_at(mesh, mesh.gateways[gateway].workload), "198.51.100.1"), to.port};
  }
  if (const Service* service = addressed(mesh, *happened.outcome); service && !service->addresses.empty())
    return {service->addresses.front(), to.port};
  if (const auto address = IpAddress::parse(to.host)) return {*address, to.port};
  return {ip_of(workload_at(mesh, happened.outcome->destination_workload), "198.51.100.80"), to.port};
}

std::uint16_t application_port(const Happened& happened) {
  const auto& routed = happened.outcome->routed_to;
  return routed && routed->port ? routed->port : happened.flow->to.port;
}

std::string endpoint_text(const TcpEnd& end) {
  return (end.ip.v6 ? "[" + end.ip.text() + "]" : end.ip.text()) + ":" + std::to_string(end.port);
}

// Which hop makes the HTTP status that the client reads; nullopt: nobody, or the application.
std::optional<std::size_t> answering_hop(const Outcome& outcome) {
  if (outcome.verdict == Verdict::Allowed || !outcome.http_status) return std::nullopt;
  for (std::size_t i = outcome.hops.size(); i-- > 0;)
    if (outcome.hops[i].http) return i;
  return std::nullopt;
}

bool passes_unread(const Mesh& mesh, const Hop& hop) {
  if (hop.proxy != ProxyKind::Gateway || hop.http) return false;
  const bool east_west =
      hop.gateway < mesh.gateways.size() && mesh.gateways[hop.gateway].kind == models::Gateway::Kind::EastWest;
  return east_west ? hop.transport == Transport::DoubleHbone : hop.transport == Transport::Mtls && hop.identity.empty();
}

bool has_reason(const Outcome& outcome, std::string_view rule) {
  return std::any_of(outcome.reasons.begin(), outcome.reasons.end(),
                     [rule](const models::Reason& reason) { return reason.rule == rule; });
}

}  // namespace

std::vector<Leg> legs_of(const Mesh& mesh, const Recording& recording, const Happened& happened) {
  const Outcome& outcome = *happened.outcome;
  const auto& hops = outcome.hops;
  const bool allowed = outcome.verdict == Verdict::Allowed;
  const std::optional<std::size_t> answering = answering_hop(outcome);
  const Workload* client = client_of(mesh, *happened.flow);
  const Workload* server = workload_at(mesh, outcome.destination_workload);
  std::vector<Leg> legs;
  for (std::size_t i = 0; i <= hops.size(); ++i) {
    const bool final = i == hops.size();
    if (final && !allowed) {
      // A further connection was tried only where an endpoint was chosen and nobody refused.
      const bool tried = outcome.verdict == Verdict::Unreachable && server && !outcome.denied_by;
      if (!tried) break;
    }
    Leg leg;
    leg.number = i;
    leg.from = {i == 0 ? client : pods_of(mesh, hops[i - 1]), i == 0 ? nullptr : &hops[i - 1]};
    leg.to = {final ? server : pods_of(mesh, hops[i]), final ? nullptr : &hops[i]};
    const bool at_application = leg.from.hop && leg.from.hop->inbound && final &&
                                (leg.from.hop->proxy == ProxyKind::Sidecar || leg.from.ztunnel());
    leg.local = at_application || (i == 0 && !final && !hops[0].inbound);
    if (!leg.local)
      leg.transport = !final && hops[i].inbound                ? hops[i].transport
                      : leg.from.hop && !leg.from.hop->inbound ? leg.from.hop->transport
                                                               : outcome.transport.value_or(Transport::Plaintext);
    const bool hbone = leg.transport == Transport::Hbone || leg.transport == Transport::DoubleHbone;
    if (!final && passes_unread(mesh, hops[i])) {
      leg.passes_on = true;
      leg.behind = i + 1 < hops.size() ? LegEnd{pods_of(mesh, hops[i + 1]), &hops[i + 1]} : LegEnd{server, nullptr};
    }
    leg.client = {ip_of(leg.from.workload, "203.0.113.7"),
                  client_port(recording, happened, i, happened.example().number)};
    if (!leg.from.workload && happened.flow->from.ip) leg.client.ip = *happened.flow->from.ip;
    if (i == 0) {
      leg.server = dialled(mesh, happened);
      if (!leg.local && leg.to.workload && !happened.flow->to.gateway)
        leg.server = {ip_of(leg.to.workload, "198.51.100.80"), application_port(happened)};
    } else {
      leg.server = {ip_of(leg.to.workload, "198.51.100.80"), application_port(happened)};
      if (!leg.to.workload) leg.server = dialled(mesh, happened);
      if (leg.to.hop && leg.to.hop->gateway != Hop::npos && leg.to.hop->port) leg.server.port = leg.to.hop->port;
    }
    if (hbone) {
      const bool to_middle = leg.to.hop && leg.to.hop->gateway != Hop::npos;
      leg.authority = endpoint_text(to_middle ? dialled(mesh, happened) : leg.server);
      // HB-061: across networks both tunnels name the service, by host name.
      if (leg.transport == Transport::DoubleHbone)
        if (const Service* service = addressed(mesh, outcome))
          leg.authority = service->hostname + ":" + std::to_string(happened.flow->to.port);
      if (leg.transport != Transport::DoubleHbone || !leg.passes_on || leg.server.port == 0) leg.server.port = 15008;
    }
    if (at_application) {
      // Envoy binds 127.0.0.6 towards its application; ztunnel keeps the client's address.
      if (leg.from.envoy() && !leg.server.ip.v6) leg.client.ip = *IpAddress::parse("127.0.0.6");
      if (leg.from.ztunnel()) leg.client.ip = ip_of(legs.empty() ? client : legs.back().from.workload, "203.0.113.7");
    }
    if (leg.client.ip.v6 != leg.server.ip.v6) leg.client.ip = same_family(leg.from.workload, leg.server.ip.v6);
    // Ends.
    if (final && !allowed) {
      leg.ends =
          has_reason(outcome, "DP-312") || has_reason(outcome, "DP-116") ? LegEnds::Silent : LegEnds::NotAccepted;
    } else if (!allowed) {
      if (answering && i <= *answering) {
        leg.ends = LegEnds::Answered;
      } else {
        const bool last = i + 1 == hops.size();
        leg.ends = outcome.verdict == Verdict::Reset ? LegEnds::Reset : LegEnds::Refused;
        if (last && leg.to.ztunnel() && hbone) leg.status = outcome.verdict == Verdict::Denied ? 401 : 503;  // HB-014
      }
    }
    const auto word = [](const LegEnd& end) {
      const std::string name = end.workload ? end.workload->ns + "/" + end.workload->name : "outside";
      return end.hop ? std::string(to_string(end.hop->proxy)) + " " + name : name;
    };
    leg.name = std::to_string(i + 1) + ": " + word(leg.from) + " to " + word(leg.to);
    legs.push_back(std::move(leg));
  }
  // What is said on both sides of a gateway that reads nothing ends alike.
  for (std::size_t i = 0; i + 1 < legs.size(); ++i)
    if (legs[i].passes_on) {
      legs[i].status = legs[i + 1].status;
      if (legs[i].ends == LegEnds::Refused || legs[i].ends == LegEnds::Reset) legs[i].ends = legs[i + 1].ends;
    }
  return legs;
}

}  // namespace meshsim::scenarios
