// The client's side: uncaptured clients and sidecars (DP-040..DP-042, DP-045, DP-051, DP-229).
#include <algorithm>

#include "models/dataplane/network_policy.h"
#include "models/dataplane/walker.h"

namespace meshsim::models::dataplane {
namespace {

bool has(const std::vector<std::uint16_t>& ports, std::uint16_t port) {
  return std::find(ports.begin(), ports.end(), port) != ports.end();
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace

void Walker::from_client(Walk walk, const Address& to) {
  if (flow_.from.kind == Client::Kind::Outside) {
    walk.peer.ip = flow_.from.ip.value_or(*IpAddress::parse("203.0.113.1"));
    from_plain(std::move(walk), to, "a client outside the cluster");
    return;
  }
  if (flow_.from.kind == Client::Kind::Gateway) {
    const std::size_t gateway = mesh_.find_gateway(flow_.from.ns, flow_.from.name);
    if (gateway == kNone) {
      unknown(std::move(walk), {"", "no gateway " + flow_.from.ns + "/" + flow_.from.name + " is in the manifests"});
      return;
    }
    const Gateway& g = mesh_.gateways[gateway];
    const Sender sender = gateway_sender(gateway);
    walk.peer = {"", sender.ip};
    Hop hop;
    hop.proxy = g.kind == Gateway::Kind::Waypoint ? ProxyKind::Waypoint : ProxyKind::Gateway;
    hop.name = g.ns + '/' + g.name;
    hop.gateway = gateway;
    hop.workload = g.workload;
    hop.http = walk.is_http();
    hop.identity = g.identity;
    walk.out.hops.push_back(std::move(hop));
    walk.http_proxy_before = walk.is_http();
    if (to.service == kNone) {
      fail(std::move(walk), Verdict::Unreachable, "NR",
           {"DP-229", "a gateway knows only configured destinations; this one is not in the mesh"});
      return;
    }
    RouteChoice choice;
    choice.service = to.service;
    choice.port = to.port;
    choice.policy = world_.routing->traffic_policy(sender.ns, sender.labels, to.service, to.port, "", false);
    add_outbound_headers(walk, ProxyKind::Gateway);
    forward(std::move(walk), sender, choice, to);
    return;
  }
  const std::size_t client = client_workload();
  if (client == kNone) {
    unknown(std::move(walk), {"", "the client " + flow_.from.ns + "/" + flow_.from.name +
                                      " is not among the workloads of the manifests"});
    return;
  }
  const Workload& w = mesh_.workloads[client];
  walk.from = client;
  if (!w.pods.empty() && !w.pods.front().addresses.empty()) walk.peer.ip = w.pods.front().addresses.front();
  // DP-026, DP-077: a pod that calls its own address is captured by nobody.
  if (to.pod && to.pod->first == client && w.pods.size() <= 1 && to.service == kNone && !flow_.to.gateway) {
    walk.out.reasons.push_back({"DP-077", "a pod that calls its own address is captured by no proxy", {}});
    at_application(std::move(walk), client, to.port, Transport::Plaintext);
    return;
  }
  const std::string who = w.ns + '/' + w.name;
  if (w.role == ProxyRole::Gateway || w.role == ProxyRole::Waypoint || w.mode == DataplaneMode::None) {
    from_plain(std::move(walk), to, who);
  } else if (w.mode == DataplaneMode::Sidecar) {
    if (outbound_excluded(w, to)) {
      walk.out.reasons.push_back(
          {"DP-025", "annotations of " + who + " exclude this destination from the sidecar's capture", w.owner.source});
      from_plain(std::move(walk), to, who);
    } else {
      from_sidecar(std::move(walk), client, to);
    }
  } else {
    from_ztunnel(std::move(walk), client, to);
  }
}

std::size_t Walker::client_workload() const {
  return flow_.from.variant ? *flow_.from.variant : mesh_.find_workload(flow_.from.ns, flow_.from.name);
}

bool Walker::outbound_excluded(const Workload& client, const Address& to) const {
  const CaptureRules& rules = client.capture;
  if (has(rules.exclude_outbound_ports, to.port)) return true;
  std::optional<IpAddress> ip = to.ip;
  if (!ip && to.service != kNone && !mesh_.services[to.service].addresses.empty())
    ip = mesh_.services[to.service].addresses.front();
  if (has(rules.include_outbound_ports, to.port)) return false;
  if (!ip) return false;
  auto covers = [&](const std::vector<Cidr>& ranges) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const Cidr& range) { return range.contains(*ip); });
  };
  if (covers(rules.exclude_outbound_ranges)) return true;
  return !rules.include_outbound_all && !covers(rules.include_outbound_ranges);
}

// DP-041, DP-042, PO-144: one plaintext connection; a Service address is translated by kube-proxy.
void Walker::from_plain(Walk walk, const Address& to, std::string_view who) {
  walk.out.reasons.push_back(
      {"DP-041",
       std::string(who) +
           " has no proxy on its side: it connects directly, in plaintext as far as the mesh is concerned",
       {}});
  const std::size_t client = flow_.from.kind == Client::Kind::Workload ? client_workload() : kNone;
  const Locality* locality = client == kNone || mesh_.workloads[client].pods.empty()
                                 ? nullptr
                                 : &mesh_.workloads[client].pods.front().locality;
  walk.peer.identity.clear();
  if (to.service != kNone && !mesh_.services[to.service].kubernetes && !to.pod) {
    walk.out.reasons.push_back({"DP-042",
                                "a ServiceEntry means nothing to a client without proxy; " + to.host +
                                    " is reached, if at all, outside the mesh",
                                {}});
    leave_mesh(std::move(walk), to.host, to.port, Transport::Plaintext);
    return;
  }
  pass_through(std::move(walk), to, locality);
}

// A cluster IP: any ready endpoint, by addresses alone.
void Walker::by_kube_proxy(Walk walk, std::size_t index, std::uint16_t port, const Locality* client,
                           Transport transport) {
  const Service& service = mesh_.services[index];
  const auto shares = select_endpoints({&mesh_, index, port, nullptr, client, Balancer::KubeProxy, {}, false});
  if (shares.empty()) {
    const bool port_known = service.find_port(port) != nullptr;
    fail(
        std::move(walk), Verdict::Unreachable, "-",
        {port_known ? "DP-309" : "DP-201",
         port_known ? "Service " + service.ns + '/' + service.name + " has no ready endpoint"
                    : "Service " + service.ns + '/' + service.name + " does not declare port " + std::to_string(port)});
    return;
  }
  for (const EndpointShare& share : shares) {
    Walk next = walk;
    next.out.probability *= share.weight;
    const std::size_t gateway = mesh_.workloads[share.workload].gateway;
    if (gateway != kNone && (flow_.to.gateway || mesh_.gateways[gateway].kind != Gateway::Kind::Waypoint)) {
      through_gateway(std::move(next), gateway, port, transport);
    } else {
      arrive(std::move(next), share.workload, share.pod, share.target_port, transport);
    }
  }
}

// Bytes go to the address as it is: kube-proxy translates a VIP, a pod address is a pod, anything else lies outside.
void Walker::pass_through(Walk walk, const Address& to, const Locality* client, Transport transport) {
  if (to.service != kNone && mesh_.services[to.service].kubernetes) {
    const Service& service = mesh_.services[to.service];
    if (walk.out.routed_service == kNone) walk.out.routed_service = to.service;
    if (!service.external_name.empty()) {
      const std::size_t alias = mesh_.resolve_host(service.external_name, service.ns);
      if (alias != kNone && alias != to.service) {
        Address next = to;
        next.service = alias;
        walk.out.routed_service = alias;
        pass_through(std::move(walk), next, client, transport);
      } else {
        leave_mesh(std::move(walk), service.external_name, to.port, transport);
      }
      return;
    }
    by_kube_proxy(std::move(walk), to.service, to.port, client, transport);
    return;
  }
  if (to.pod) {
    const std::size_t gateway = mesh_.workloads[to.pod->first].gateway;
    if (flow_.to.gateway && gateway != kNone) {
      through_gateway(std::move(walk), gateway, to.port, transport);
    } else {
      arrive(std::move(walk), to.pod->first, to.pod->second, to.port, transport);
    }
    return;
  }
  leave_mesh(std::move(walk), to.host, to.port, transport);
}

bool Walker::codec_refuses(Walk& walk, bool http, bool declared_http, ProxyKind by) {
  if (http && std::any_of(walk.method.begin(), walk.method.end(), [](char c) { return c >= 'a' && c <= 'z'; })) {
    answer(std::move(walk), by, 400, "DPE", {"PO-035", "Envoy answers 400: the method has lower-case letters", {}});
    return true;
  }
  if (!declared_http || !walk.is_http() || walk.http_version != "HTTP/1.0") return false;
  answer(std::move(walk), by, 426, "-",
         {"DP-259", "Envoy does not take HTTP/1.0 on an HTTP port: 426 Upgrade Required", {}});
  return true;
}

Address Walker::literal(const Address& to) const {
  Address out = to;
  out.service = kNone;
  if (!to.ip) {
    if (to.service != kNone && mesh_.services[to.service].kubernetes) out.service = to.service;
    return out;
  }
  for (const std::size_t s : mesh_.services_by_vip(*to.ip))
    if (mesh_.services[s].kubernetes && out.service == kNone) out.service = s;
  out.pod = mesh_.workload_by_ip(*to.ip);
  return out;
}

// An endpoint that a ServiceEntry states: its address or name may be that of a pod or Service of the mesh.
Address Walker::stated_endpoint(const Workload& endpoint, const std::string& host, std::uint16_t port) const {
  Address to;
  to.host = host;
  to.port = port;
  if (!endpoint.dns_host.empty()) {
    const std::size_t named = mesh_.resolve_host(endpoint.dns_host, endpoint.ns);
    if (named != kNone && mesh_.services[named].kubernetes) to.service = named;
  } else if (!endpoint.pods.empty() && !endpoint.pods.front().addresses.empty()) {
    to.ip = endpoint.pods.front().addresses.front();
    to = literal(to);
    if (to.pod && mesh_.workloads[to.pod->first].external) to.pod.reset();
  }
  return to;
}

void Walker::to_stated_endpoint(Walk walk, const Workload& endpoint, const std::string& host, std::uint16_t port,
                                Transport transport) {
  if (walk.out.hops.size() > 32) {
    fail(std::move(walk), Verdict::Unreachable, "-", {"DP-051", host + ": its endpoints lead in a circle", {}});
    return;
  }
  pass_through(std::move(walk), stated_endpoint(endpoint, host, port), &endpoint.locality, transport);
}

void Walker::leave_mesh(Walk walk, const std::string& host, std::uint16_t port, Transport transport) {
  // DP-204: a proxy that is given a name asks cluster DNS. The name of a Service is its cluster IP, whether istiod
  // knows the namespace or not, and kube-proxy takes it from there.
  for (const std::size_t s : mesh_.services_by_host(lower(host))) {
    const Service& service = mesh_.services[s];
    if (!service.kubernetes || !service.external_name.empty()) continue;
    const Reason named{"DP-204", host + " is the name of Service " + service.ns + '/' + service.name, {}};
    (walk.out.hops.empty() ? walk.out.reasons : walk.out.hops.back().reasons).push_back(named);
    by_kube_proxy(std::move(walk), s, port, nullptr, transport);
    return;
  }
  walk.out.routed_to = RoutedTo{host, "", port};
  walk.out.transport = transport;
  bool unsure = false;
  if (const auto policy = walk.from == kNone
                              ? std::nullopt
                              : world_.network->blocks_leaving(walk.from, IpAddress::parse(host), port, unsure)) {
    Reason why{"DP-116", "", policy->source};
    why.text =
        policy->text() + (unsure ? " restricts egress by address, and the files do not hold the address of " + host
                                 : " does not let this connection leave to " + host + ": it times out after 10 s");
    if (unsure) {
      unknown(std::move(walk), std::move(why));
    } else {
      fail(std::move(walk), Verdict::Unreachable, "UF", std::move(why));
    }
    return;
  }
  if (walk.stalls) {
    stall(std::move(walk));
    return;
  }
  walk.out.verdict = Verdict::Allowed;
  walk.out.http_status = walk.is_http() ? std::optional(200) : std::nullopt;
  walk.out.upstream = as_received(walk);
  finish(std::move(walk));
}

void Walker::from_sidecar(Walk walk, std::size_t client, const Address& to) {
  const Workload& w = mesh_.workloads[client];
  const Sender sender = sidecar_sender(client);
  Hop hop;
  hop.proxy = ProxyKind::Sidecar;
  hop.name = w.ns + '/' + w.name;
  hop.workload = client;
  hop.identity = w.identity;
  hop.port = to.port;
  hop.reasons.push_back({"DP-025", "the sidecar of " + hop.name + " captures outbound TCP", {}});

  std::size_t service = to.service;
  if (service != kNone && !world_.routing->visible(client, service)) {
    hop.reasons.push_back(
        {"DP-225",
         mesh_.services[service].hostname +
             " is not visible to this sidecar (Sidecar egress or exportTo): it is an unknown destination",
         {}});
    service = kNone;
  }
  if (service != kNone && !mesh_.services[service].external_name.empty()) {
    // An ExternalName Service is an alias of the Service it names (ENABLE_EXTERNAL_NAME_ALIAS, on by default).
    const std::size_t alias = mesh_.resolve_host(mesh_.services[service].external_name, mesh_.services[service].ns);
    if (alias != kNone) {
      hop.reasons.push_back({"DP-033",
                             mesh_.services[service].hostname + " is an alias of " + mesh_.services[alias].hostname,
                             mesh_.services[service].ref.source});
      service = alias;
    }
  }
  const ServicePort* port = service == kNone ? nullptr : mesh_.services[service].find_port(to.port);
  // DP-051: a pod address matches no Service.
  const bool known = port != nullptr;
  // A Service without address shares the listener 0.0.0.0:port, which sniffs: what is no HTTP/1.1 or HTTP/2 falls
  // through to the outbound policy (http10 cases of istio/istio tests/integration/pilot/common/routing.go).
  const bool sniffed_listener = known && !mesh_.services[service].kubernetes &&
                                (mesh_.services[service].addresses.empty() || mesh_.services[service].auto_allocated);
  const bool http_like = walk.is_http() && !(sniffed_listener && walk.http_version == "HTTP/1.0");
  const bool declared_http = known && is_http(port->protocol) && (!sniffed_listener || http_like);
  const bool http =
      declared_http ? walk.is_http() : walk.sniffs_as_http() && (!known || port->protocol == Protocol::Unset);
  walk.stalls =
      known && port->protocol == Protocol::Unset && flow_.request.server_first && walk.payload == Payload::Bytes;
  if (declared_http && !walk.is_http()) {
    walk.out.hops.push_back(std::move(hop));
    walk.out.hops.back().http = true;
    fail(std::move(walk), Verdict::Reset, "DPE",
         {"DP-259",
          "port " + std::to_string(to.port) +
              " is declared HTTP; bytes that are not HTTP are refused by the sidecar's codec",
          {}});
    return;
  }
  hop.http = http;
  walk.http_proxy_before = http;
  walk.out.hops.push_back(std::move(hop));
  if (codec_refuses(walk, http, declared_http, ProxyKind::Sidecar)) return;
  ProxyView view;
  view.kind = ProxyKind::Sidecar;
  view.ns = w.ns;
  view.labels = &w.labels;
  for (PolicyFinding& finding : world_.policies->unevaluated_outbound(view, http)) {
    finding.at_name = walk.hop().name;
    if (!walk.client_filter)
      walk.client_filter = Reason{
          finding.rules.front(),
          finding.policy.text() + " is attached to the client's sidecar " + finding.at_name + " and not evaluated",
          finding.policy.source};
    walk.out.policies.push_back(std::move(finding));
  }
  if (http) add_outbound_headers(walk, ProxyKind::Sidecar);
  RouteRequest request = route_request(walk, nullptr);
  request.http = http;
  std::string original = to.host;
  auto choices = world_.routing->at_sidecar(client, service, to.port, original, request);
  follow(std::move(walk), sender, std::move(choices), to);
}

}  // namespace meshsim::models::dataplane
