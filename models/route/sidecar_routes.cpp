// A client sidecar: the authority (HTTP) or the address and SNI (TCP, TLS) choose the routes (DP-040, DP-229, DP-240,
// DP-253..DP-255).
#include <algorithm>

#include "models/route/compiled_routing.h"

namespace meshsim::models::route {
namespace {

std::string_view without_port(std::string_view authority) {
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    return end == std::string_view::npos ? authority : authority.substr(1, end - 1);
  }
  const auto colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(':') != colon) return authority;
  return authority.substr(0, colon);
}

bool http_or_sniffed(const ServicePort* port) {
  return port != nullptr && (is_http(port->protocol) || port->protocol == Protocol::Unset);
}

}  // namespace

Evaluator CompiledRouting::evaluator(ProxyKind kind, const Scope& scope, const Labels* labels,
                                     std::uint16_t port) const {
  Evaluator at;
  at.mesh = &mesh_;
  at.rules = &rules_;
  at.kind = kind;
  at.ns = scope.ns;
  at.labels = labels;
  at.listener_port = port;
  at.find_service = [&scope](const std::string& host) {
    const std::size_t exact = scope.find(host);
    if (exact != kNone) return exact;
    return kNone;
  };
  return at;
}

// DP-255: FQDN, forms valid in the proxy's namespace, addresses; the port of the authority is ignored.
CompiledRouting::VirtualHost CompiledRouting::virtual_host(const Scope& scope, const EgressView& view,
                                                           std::uint16_t port, std::string_view authority) const {
  std::string host = lower(without_port(authority));
  if (host.ends_with('.')) host.pop_back();
  auto usable = [&](std::size_t service) {
    return service != kNone && view.services[service] && http_or_sniffed(mesh_.services[service].find_port(port));
  };
  auto known = [&](const std::string& name) -> std::size_t {
    const std::size_t service = scope.find(name);
    return usable(service) ? service : kNone;
  };
  if (const std::size_t service = known(host); service != kNone) return {service, {}, true};
  // VirtualService hosts outside the registry get a virtual host on port 80, or where one of their Services listens.
  auto foreign = [&](const std::vector<std::uint32_t>& sets) {
    return std::any_of(sets.begin(), sets.end(), [&](std::uint32_t i) {
      const RouteSet& set = sets_[i];
      if (set.http.empty()) return false;
      if (port == 80 && !set.gateway_api) return true;
      return std::any_of(set.hosts.begin(), set.hosts.end(), [&](const std::string& h) { return known(h) != kNone; });
    });
  };
  if (const auto it = view.exact.find(host); it != view.exact.end() && foreign(it->second)) return {kNone, host, true};
  const std::string domain = mesh_.fqdn("", "");
  const std::string suffix = domain.substr(domain.find("svc"));
  if (!host.empty() && host.find(':') == std::string::npos) {
    for (const std::string& full :
         {host + '.' + scope.ns + '.' + suffix, host + '.' + suffix, host + suffix.substr(3)}) {
      const std::size_t service = known(full);
      if (service != kNone && mesh_.services[service].kubernetes) return {service, {}, true};
    }
  }
  if (const auto ip = IpAddress::parse(host)) {
    for (const std::size_t service : mesh_.services_by_vip(*ip))
      if (usable(service)) return {service, {}, true};
  }
  // Pods of a headless Service answer under its name (domain `*.name`).
  for (auto dot = host.find('.'); dot != std::string::npos; dot = host.find('.', dot + 1)) {
    const std::string rest = host.substr(dot + 1);
    for (const std::string& full : {rest, rest + '.' + scope.ns + '.' + suffix, rest + '.' + suffix}) {
      const std::size_t service = known(full);
      if (service != kNone && mesh_.services[service].headless) return {service, {}, true};
    }
    if (const std::size_t service = known("*." + rest); service != kNone) return {service, {}, true};
  }
  for (const auto& [pattern, sets] : view.wild)
    if (host_matches(pattern, host) && foreign(sets)) return {kNone, host, true};
  return {};
}

bool CompiledRouting::usable_at_sidecar(const RouteSet& set, std::size_t service, std::string_view ns) const {
  if (!set.gateway_api) return true;
  // DP-254: producer routes for everyone, consumer routes for their own namespace.
  if (service == kNone) return false;
  return mesh_.services[service].ns == set.ns || set.ns == ns;
}

std::vector<RouteChoice> CompiledRouting::route_host(const EgressView& view, const Evaluator& at, const ProxySide& side,
                                                     std::size_t service, const std::string& host, std::uint16_t port,
                                                     const RouteRequest& request) const {
  const RouteSet* first = nullptr;
  std::vector<RouteFinding> passed_over;
  std::vector<RouteChoice> out;
  for (const std::uint32_t i : view.sets_for(host)) {
    const RouteSet& set = sets_[i];
    if (set.http.empty() || !usable_at_sidecar(set, service, at.ns) || !set.table.applies(set.http, side)) continue;
    if (first != nullptr) {  // DP-253: the loser is dropped entirely
      RouteFinding lost;
      lost.route = set.ref;
      lost.at = at.kind;
      lost.why = first->ref.text() + " already holds the host " + host + " at this sidecar";
      lost.rules = {"DP-253"};
      passed_over.push_back(std::move(lost));
      continue;
    }
    first = &set;
    const RowMatch hit = set.table.find(set.http, request, side);
    if (hit.found()) {
      out = follow_rule(at, hit, set, request);
    } else {
      out.push_back(no_route(&set, at.kind));
    }
  }
  if (first == nullptr) {
    if (service == kNone) {
      out.push_back(no_route(nullptr, at.kind));
    } else {
      out.push_back(default_route(at, service, port, true));
    }
  }
  for (RouteChoice& choice : out)
    choice.considered.insert(choice.considered.end(), passed_over.begin(), passed_over.end());
  return out;
}

std::vector<RouteChoice> CompiledRouting::unknown_destination(const Scope& scope, const Evaluator& at,
                                                              bool http_listener, std::string_view host) const {
  std::vector<RouteChoice> out;
  if (!scope.egress_proxy_host.empty()) {
    const std::size_t proxy = at.find_service(scope.egress_proxy_host);
    if (proxy != kNone) {
      RouteChoice choice;
      choice.service = proxy;
      choice.port = scope.egress_proxy_port;
      if (const DestinationRule* rule = rules_.find(at.ns, at.labels, mesh_.services[proxy], false)) {
        choice.policy = rule->policy_for(scope.egress_proxy_subset, choice.port);
        if (const auto* subset = rule->find_subset(scope.egress_proxy_subset)) choice.subset = subset->labels;
        choice.subset_name = scope.egress_proxy_subset;
      }
      choice.reasons.push_back({"DP-225", "the Sidecar's egressProxy takes unknown destinations", {}});
      out.push_back(std::move(choice));
      return out;
    }
  }
  const Source source = scope.sidecar ? scope.sidecar->source : Source{};
  if (!scope.registry_only) {
    RouteChoice choice;
    choice.kind = RouteChoice::Kind::External;
    choice.external_host = std::string(host);
    choice.details = "PassthroughCluster";
    choice.reasons.push_back(
        {"DP-229",
         "the destination is unknown to the sidecar and the outbound policy is ALLOW_ANY: passed through in plaintext",
         source});
    out.push_back(std::move(choice));
  } else if (http_listener) {
    out.push_back(answer(
        502, "-", "direct_response",
        {"DP-229", "the destination is unknown to the sidecar and the outbound policy is REGISTRY_ONLY", source}));
  } else {
    out.push_back(close("UH", {"DP-229",
                               "the destination is unknown to the sidecar and the outbound policy is REGISTRY_ONLY: "
                               "BlackHoleCluster",
                               source}));
  }
  return out;
}

std::vector<RouteChoice> CompiledRouting::sidecar_http(const Scope& scope, const EgressView& view, const Evaluator& at,
                                                       std::size_t client, std::size_t service, std::uint16_t port,
                                                       std::string_view original_host,
                                                       const RouteRequest& request) const {
  ProxySide side;
  side.ns = scope.ns;
  side.labels = &mesh_.workloads[client].labels;
  side.port = port;
  const ServicePort* declared = service == kNone ? nullptr : mesh_.services[service].find_port(port);
  // A sniffed port has its own listener on the Service's address and its own route table with that Service only: the
  // authority selects nothing there.
  if (declared != nullptr && declared->protocol == Protocol::Unset)
    return route_host(view, at, side, service, lower(mesh_.services[service].hostname), port, request);
  const bool listener = view.has_http_port[port] || declared != nullptr;
  if (!listener) return unknown_destination(scope, at, false, original_host);
  const VirtualHost host = virtual_host(scope, view, port, request.authority);
  if (!host.found) return unknown_destination(scope, at, true, original_host);
  std::vector<RouteChoice> out =
      route_host(view, at, side, host.service,
                 host.service == kNone ? host.host : lower(mesh_.services[host.service].hostname), port, request);
  if (service != kNone && host.service != service && host.service != kNone)
    for (RouteChoice& choice : out)
      choice.reasons.push_back({"DP-040",
                                "the Host header names " + mesh_.services[host.service].hostname +
                                    ", which a sidecar follows rather than the address",
                                {}});
  return out;
}

std::vector<RouteChoice> CompiledRouting::sidecar_stream(const Scope& scope, const EgressView* view,
                                                         const Evaluator& at, std::size_t service, std::uint16_t port,
                                                         std::string_view original_host,
                                                         const RouteRequest& request) const {
  std::vector<RouteChoice> out;
  const std::string sni = lower(request.sni);
  const ServicePort* declared = service == kNone ? nullptr : mesh_.services[service].find_port(port);
  if (view == nullptr || (declared == nullptr && sni.empty()))
    return unknown_destination(scope, at, false, original_host);
  auto here = [&](const StreamMatch& match, const std::vector<IpAddress>* addresses) {
    if (match.port != 0 && match.port != port) return false;
    if (!match.gateways.empty() &&
        std::find(match.gateways.begin(), match.gateways.end(), "mesh") == match.gateways.end())
      return false;
    if (!match.destination_subnets.empty() && addresses != nullptr) {
      const bool inside = std::any_of(addresses->begin(), addresses->end(), [&](const IpAddress& ip) {
        return std::any_of(match.destination_subnets.begin(), match.destination_subnets.end(),
                           [&](const Cidr& net) { return net.contains(ip); });
      });
      if (!inside) return false;
    }
    static const Labels kNoLabels;
    if (!match.gateways.empty()) return true;
    return matches(match.source_labels, at.labels != nullptr ? *at.labels : kNoLabels) &&
           (match.source_ns.empty() || match.source_ns == scope.ns);
  };
  auto by_rules = [&](std::size_t target) -> bool {
    const Service& to = mesh_.services[target];
    const std::string host = lower(to.hostname);
    const ServicePort* p = to.find_port(port);
    const bool tls_bytes = !sni.empty();
    for (const std::uint32_t i : view->sets_for(host)) {
      const RouteSet& set = sets_[i];
      if (!usable_at_sidecar(set, target, at.ns)) continue;
      if (tls_bytes && (p == nullptr || is_tls(p->protocol) || p->protocol == Protocol::Unset))
        for (const StreamRule& rule : set.tls)
          for (const StreamMatch& match : rule.matches)
            if (here(match, &to.addresses) && std::any_of(match.sni_hosts.begin(), match.sni_hosts.end(),
                                                          [&](const std::string& h) { return host_matches(h, sni); })) {
              out = follow_stream(at, rule);
              return true;
            }
      for (const StreamRule& rule : set.tcp)
        if (rule.matches.empty() || std::any_of(rule.matches.begin(), rule.matches.end(),
                                                [&](const StreamMatch& m) { return here(m, &to.addresses); })) {
          out = follow_stream(at, rule);
          return true;
        }
    }
    return false;
  };
  if (declared != nullptr) {
    if (by_rules(service)) return out;
    // Without an address of its own a TLS service shares 0.0.0.0:port; only the SNI tells it from others.
    const Service& to = mesh_.services[service];
    const bool shared = is_tls(declared->protocol) && to.addresses.empty() && to.address_ranges.empty() &&
                        !to.kubernetes && to.resolution != Resolution::None;
    if (!shared || sni.empty() || host_matches(lower(to.hostname), sni)) {
      out.push_back(default_route(at, service, port, false));
      return out;
    }
  }
  // The SNI may name another service on this port.
  std::size_t best = kNone;
  for (std::size_t s = 0; s < mesh_.services.size(); ++s) {
    const Service& candidate = mesh_.services[s];
    const ServicePort* p = candidate.find_port(port);
    if (!view->services[s] || p == nullptr || !is_tls(p->protocol) || candidate.kubernetes) continue;
    if (!host_matches(lower(candidate.hostname), sni)) continue;
    if (best == kNone || candidate.hostname.size() > mesh_.services[best].hostname.size()) best = s;
  }
  if (best != kNone) {
    if (!by_rules(best)) out.push_back(default_route(at, best, port, false));
    return out;
  }
  // DP-229: an unmatched SNI on a known listener falls to the listener's default, which is passthrough or blackhole.
  return unknown_destination(scope, at, false, original_host);
}

std::vector<RouteChoice> CompiledRouting::at_sidecar(std::size_t client, std::size_t service, std::uint16_t port,
                                                     std::string_view original_host,
                                                     const RouteRequest& request) const {
  const Scope& scope = scopes_.of_workload(client);
  const EgressView* view = scope.view(port);
  Evaluator at = evaluator(ProxyKind::Sidecar, scope, &mesh_.workloads[client].labels, port);
  if (service != kNone && (view == nullptr || !view->services[service])) service = kNone;
  if (request.http && view != nullptr) {
    at.single_port_default = false;
    return sidecar_http(scope, *view, at, client, service, port, original_host, request);
  }
  return sidecar_stream(scope, view, at, service, port, original_host, request);
}

bool CompiledRouting::visible(std::size_t client, std::size_t service) const {
  return scopes_.of_workload(client).sees(service);
}

bool CompiledRouting::registry_only(std::size_t client) const { return scopes_.of_workload(client).registry_only; }

}  // namespace meshsim::models::route
