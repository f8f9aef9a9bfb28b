// Gateway API routes -> RouteSets: one per parent and host, the rules of all routes there merged and ordered (DP-251,
// DP-253, DP-254).
#include <algorithm>
#include <map>
#include <tuple>

#include "models/route/gateway_api.h"
#include "models/route/gateway_servers.h"

namespace meshsim::models::route {
namespace {

void add(RouteSet& set, const Object& route, const Attachment& attachment, const std::string& host,
         const std::vector<HttpRule>& http, const std::vector<StreamRule>& streams) {
  if (set.hosts.empty()) {
    set.ref = route.ref();
    set.ns = route.ns;
    set.creation = route.creation_timestamp;
    set.hosts = {host};
    set.gateways = {attachment.gateway};
    set.gateway_api = true;
  }
  for (HttpRule rule : http) {
    for (HttpMatch& match : rule.matches) match.port = attachment.port;
    set.http.push_back(std::move(rule));
  }
  for (StreamRule rule : streams) {
    StreamMatch match;
    match.port = attachment.port;
    const bool tls = route.kind == "TLSRoute";
    if (tls) match.sni_hosts = {host};
    rule.matches.push_back(std::move(match));
    (tls ? set.tls : set.tcp).push_back(std::move(rule));
  }
}

}  // namespace

void read_gateway_api_routes(const Mesh& mesh, std::vector<RouteSet>& into, Diagnostics& diagnostics) {
  std::vector<const Object*> routes;
  for (const std::string_view kind : {"HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute"})
    for (const Object* route : mesh.objects_of(kind)) routes.push_back(route);
  std::stable_sort(routes.begin(), routes.end(), [](const Object* a, const Object* b) {
    return std::tie(a->creation_timestamp, a->ns, a->name) < std::tie(b->creation_timestamp, b->ns, b->name);
  });
  // Routes of the mesh are merged per namespace of the route, so that consumer and producer routes stay apart (DP-254).
  std::map<std::tuple<std::string, std::string, std::string>, std::size_t> keys;
  std::vector<RouteSet> sets;
  for (const Object* route : routes) {
    const bool stream = route->kind == "TLSRoute" || route->kind == "TCPRoute";
    const auto http = stream ? std::vector<HttpRule>() : http_rules(mesh, *route);
    const auto streams = stream ? stream_rules(mesh, *route) : std::vector<StreamRule>();
    for (const Attachment& attachment : attachments(mesh, *route, diagnostics)) {
      for (const std::string& host : attachment.hosts) {
        const std::string ns = attachment.gateway == "mesh" ? route->ns : std::string();
        const auto [it, fresh] = keys.emplace(std::tuple(attachment.gateway, ns, host), sets.size());
        if (fresh) sets.emplace_back();
        add(sets[it->second], *route, attachment, host, http, streams);
      }
    }
  }
  for (RouteSet& set : sets) {
    std::stable_sort(set.http.begin(), set.http.end(), comes_before);
    set.table.build(set.http);
  }
  // DP-253: at a sidecar the Gateway API object comes before a VirtualService for the same host.
  into.insert(into.begin(), std::make_move_iterator(sets.begin()), std::make_move_iterator(sets.end()));
}

std::vector<Server> read_listeners(const Mesh& mesh, Diagnostics&) {
  std::vector<Server> out;
  for (const Object* gateway : mesh.objects_of("Gateway", "gateway.networking.k8s.io")) {
    for (const Node listener : gateway->spec()["listeners"]) {
      Server server;
      server.object = gateway->ref();
      server.object.source = gateway->source(listener);
      server.name = listener["name"].string();
      server.gateway_key = listener_key(*gateway, listener);
      server.ns = gateway->ns;
      server.hosts = {{"*", lower(listener["hostname"].string_or("*"))}};
      server.port = static_cast<std::uint16_t>(listener["port"].integer().value_or(0));
      server.gateway_api = true;
      const std::string_view protocol = listener["protocol"].string_or();
      const Node tls = listener["tls"];
      server.protocol = protocol == "HTTP"    ? ServerProtocol::Http
                        : protocol == "HTTPS" ? ServerProtocol::Https
                        : protocol == "TLS"   ? ServerProtocol::Tls
                                              : ServerProtocol::Tcp;
      if (server.protocol == ServerProtocol::Https || server.protocol == ServerProtocol::Tls) {
        const std::string_view mode = tls["options"]["gateway.istio.io/tls-terminate-mode"].string_or();
        const bool mutual =
            tls["frontendValidation"].has_value() || gateway->spec()["tls"]["frontend"].has_value() || mode == "MUTUAL";
        if (tls["mode"].string_or("Terminate") == "Passthrough") {
          server.tls = ServerTls::Passthrough;
        } else {
          server.tls = mode == "ISTIO_MUTUAL" ? ServerTls::IstioMutual : mutual ? ServerTls::Mutual : ServerTls::Simple;
        }
      }
      out.push_back(std::move(server));
    }
  }
  return out;
}

void GatewayServers::bind_listeners(const Mesh& mesh) {
  for (std::size_t g = 0; g < mesh.gateways.size(); ++g) {
    const Gateway& gateway = mesh.gateways[g];
    if (gateway.kind != Gateway::Kind::Ingress) continue;
    for (std::size_t s = 0; s < servers_.size(); ++s) {
      const Server& server = servers_[s];
      if (!server.gateway_api || server.object.ns != gateway.ns || server.object.name != gateway.name) continue;
      by_gateway_[g][pod_port(g, server.port)].push_back(s);
    }
  }
}

}  // namespace meshsim::models::route
