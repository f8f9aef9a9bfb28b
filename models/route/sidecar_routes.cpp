// A client sidecar: the authority (HTTP) or the address and SNI (TCP, TLS) choose the routes (DP-040, DP-229, DP-240,
// DP-253..DP-255).
#include <algorithm>
#include <tuple>

#include "models/route/compiled_routing.h"

namespace meshsim::models::route {
namespace {

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
  std::string host = lower(host_without_port(authority));
  if (host.ends_with('.')) host.pop_back();
  auto usable = [&](std::size_t service) {
    return service != kNone && view.shows(service) && http_or_sniffed(mesh_.services[service].find_port(port));
  };
  auto known = [&](const std::string& name) -> std::size_t {
    std::size_t service = scope.find(name);
    // The virtual host of a Service also carries the names of its aliases (ExternalName Services).
    if (service != kNone && !mesh_.services[service].external_name.empty())
      service = scope.find(lower(mesh_.services[service].external_name));
    if (service != kNone) service = with_port(mesh_, service, port);
    return usable(service) ? service : kNone;
  };
  // VirtualService hosts outside the registry get a virtual host on port 80, or where one of their Services listens.
  auto foreign = [&](const std::vector<std::uint32_t>& sets) {
    return std::any_of(sets.begin(), sets.end(), [&](std::uint32_t i) {
      const RouteSet& set = sets_[i];
      if (set.http.empty()) return false;
      if (port == 80 && !set.gateway_api) return true;
      return std::any_of(set.hosts.begin(), set.hosts.end(), [&](const std::string& h) { return known(h) != kNone; });
    });
  };
  // The routes of an alias are its own, under its full name alone.
  const auto* exact = view.sets_of_exact(host);
  const bool routed = exact != nullptr && foreign(*exact);
  if (const std::size_t named = scope.find(host);
      routed && named != kNone && port == 80 && !mesh_.services[named].external_name.empty())
    return {kNone, host, true};
  if (const std::size_t service = known(host); service != kNone) return {service, {}, true};
  if (routed) return {kNone, host, true};
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
    for (const std::string& full :
         {rest, rest + '.' + scope.ns + '.' + suffix, rest + '.' + suffix, rest + suffix.substr(3)}) {
      const std::size_t service = known(full);
      if (service != kNone && mesh_.services[service].headless) return {service, {}, true};
    }
    if (const std::size_t service = known("*." + rest); service != kNone) return {service, {}, true};
  }
  for (const auto& [pattern, sets] : view.wildcards())
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

// DP-229: a ServiceEntry without address listens for TCP on 0.0.0.0:port and takes whatever arrives there.
std::vector<RouteChoice> CompiledRouting::on_shared_listener(const Scope& scope, const EgressView& view,
                                                             const Evaluator& at, std::string_view host) const {
  std::size_t first = kNone;
  for (std::size_t s = 0; s < mesh_.services.size(); ++s) {
    const Service& candidate = mesh_.services[s];
    const ServicePort* port = candidate.find_port(at.listener_port);
    if (!view.shows(s) || port == nullptr || has_own_listener(candidate)) continue;
    if (is_http(port->protocol) || is_tls(port->protocol)) continue;
    auto age = [&](std::size_t i) {
      const Service& service = mesh_.services[i];
      return std::tie(service.creation_timestamp, service.name, service.ns);
    };
    if (first == kNone || age(s) < age(first)) first = s;
  }
  if (first == kNone) return unknown_destination(scope, at, false, host);
  std::vector<RouteChoice> out = {default_route(at, first, at.listener_port, false)};
  out.front().reasons.push_back({"DP-229",
                                 mesh_.services[first].hostname + " states no address: its listener 0.0.0.0:" +
                                     std::to_string(at.listener_port) + " takes connections to every address",
                                 mesh_.services[first].ref.source});
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
  if (declared != nullptr && declared->protocol == Protocol::Unset && has_own_listener(mesh_.services[service]))
    return route_host(view, at, side, service, lower(mesh_.services[service].hostname), port, request);
  const bool listener = view.has_http_port(port) || declared != nullptr;
  if (!listener) return on_shared_listener(scope, view, at, original_host);
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

const StreamRule* CompiledRouting::stream_rule(const EgressView& view, const Evaluator& at, std::size_t service,
                                               std::string_view sni, bool& any_tls_chain) const {
  const Service& to = mesh_.services[service];
  const ServicePort* port = to.find_port(at.listener_port);
  static const Labels kNoLabels;
  auto built = [&](const StreamMatch& match) {
    if (match.port != 0 && match.port != at.listener_port) return false;
    if (!match.gateways.empty() &&
        std::find(match.gateways.begin(), match.gateways.end(), "mesh") == match.gateways.end())
      return false;
    return matches(match.source_labels, at.labels != nullptr ? *at.labels : kNoLabels) &&
           (match.source_ns.empty() || match.source_ns == at.ns);
  };
  auto inside = [&](const StreamMatch& match) {
    return match.destination_subnets.empty() ||
           std::any_of(to.addresses.begin(), to.addresses.end(), [&](const IpAddress& ip) {
             return std::any_of(match.destination_subnets.begin(), match.destination_subnets.end(),
                                [&](const Cidr& net) { return net.contains(ip); });
           });
  };
  const StreamRule* best = nullptr;
  int best_score = -1;
  for (const std::uint32_t i : view.matching(lower(to.hostname))) {
    const RouteSet& set = sets_[i];
    if (!usable_at_sidecar(set, service, at.ns)) continue;
    if (port != nullptr && is_tls(port->protocol)) {
      for (const StreamRule& rule : set.tls)
        for (const StreamMatch& match : rule.matches) {
          if (!built(match)) continue;
          any_tls_chain = true;
          if (!inside(match)) continue;
          for (const std::string& host : match.sni_hosts)
            if (const int score = host_fit(host, sni); score > best_score) {
              best_score = score;
              best = &rule;
            }
        }
      continue;
    }
    for (const StreamRule& rule : set.tcp)
      if (rule.matches.empty() || std::any_of(rule.matches.begin(), rule.matches.end(),
                                              [&](const StreamMatch& m) { return built(m) && inside(m); }))
        return &rule;
  }
  return best;
}

// buildSidecarOutboundTLSFilterChainOpts and its TCP sibling (istio/istio CORE/tls.go, 1.27).
std::vector<RouteChoice> CompiledRouting::sidecar_stream(const Scope& scope, const EgressView* view,
                                                         const Evaluator& at, std::size_t service,
                                                         std::string_view original_host,
                                                         const RouteRequest& request) const {
  const std::string sni = lower(request.sni);
  if (view == nullptr) return unknown_destination(scope, at, false, original_host);
  const ServicePort* declared = service == kNone ? nullptr : mesh_.services[service].find_port(at.listener_port);
  std::size_t target = declared != nullptr ? service : kNone;
  // An HTTP listener on 0.0.0.0 sniffs; bytes that are no HTTP fall through to the outbound policy.
  if (target != kNone && is_http(declared->protocol) && !has_own_listener(mesh_.services[target]))
    return unknown_destination(scope, at, false, original_host);
  if (target != kNone && is_tls(declared->protocol) && !has_own_listener(mesh_.services[target]) &&
      host_fit(lower(mesh_.services[target].hostname), sni) < 0)
    target = kNone;  // it shares 0.0.0.0:port with others; only the SNI tells them apart
  if (target == kNone && !sni.empty() && (declared == nullptr || !has_own_listener(mesh_.services[service]))) {
    int best = -1;
    for (std::size_t s = 0; s < mesh_.services.size(); ++s) {
      const Service& candidate = mesh_.services[s];
      const ServicePort* p = candidate.find_port(at.listener_port);
      if (!view->shows(s) || p == nullptr || !is_tls(p->protocol) || has_own_listener(candidate)) continue;
      bool chains = false;
      const int score = stream_rule(*view, at, s, sni, chains) != nullptr ? 200'000
                        : chains                                          ? -1
                                                                          : host_fit(lower(candidate.hostname), sni);
      if (score > best) {
        best = score;
        target = s;
      }
    }
  }
  if (target == kNone) return on_shared_listener(scope, *view, at, original_host);
  bool chains = false;
  if (const StreamRule* rule = stream_rule(*view, at, target, sni, chains)) return follow_stream(at, *rule);
  // Where TLS rules exist for the Service, an SNI that none of them names falls to the listener's default chain.
  if (chains) return unknown_destination(scope, at, false, original_host);
  return {default_route(at, target, at.listener_port, false)};
}

std::vector<RouteChoice> CompiledRouting::at_sidecar(std::size_t client, std::size_t service, std::uint16_t port,
                                                     std::string_view original_host,
                                                     const RouteRequest& request) const {
  const Scope& scope = scopes_.of_workload(client);
  const EgressView* view = scope.view(port);
  Evaluator at = evaluator(ProxyKind::Sidecar, scope, &mesh_.workloads[client].labels, port);
  if (service != kNone && (view == nullptr || !view->shows(service))) service = kNone;
  if (request.http && view != nullptr) {
    at.single_port_default = false;
    return on_normal_path(request, [&](const RouteRequest& normal) {
      return sidecar_http(scope, *view, at, client, service, port, original_host, normal);
    });
  }
  return sidecar_stream(scope, view, at, service, original_host, request);
}

bool CompiledRouting::visible(std::size_t client, std::size_t service) const {
  return scopes_.of_workload(client).sees(service);
}

bool CompiledRouting::registry_only(std::size_t client) const { return scopes_.of_workload(client).registry_only; }

}  // namespace meshsim::models::route
