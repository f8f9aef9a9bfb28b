#include "models/route/gateway_servers.h"

#include <algorithm>
#include <set>

namespace meshsim::models::route {
namespace {

Labels read_labels(Node node) {
  Labels out;
  for (const Node entry : node) out.emplace(std::string(entry.key()), std::string(entry.text()));
  return out;
}

ServerProtocol read_protocol(std::string_view text) {
  const std::string p = lower(text);
  if (p == "https") return ServerProtocol::Https;
  if (p == "tls") return ServerProtocol::Tls;
  if (p == "http" || p == "http2" || p == "grpc" || p == "grpc-web" || p == "http_proxy") return ServerProtocol::Http;
  return ServerProtocol::Tcp;
}

ServerTls read_tls(Node tls, ServerProtocol protocol) {
  if (protocol == ServerProtocol::Http) return ServerTls::None;
  if (!tls.has_value()) return ServerTls::None;
  const std::string_view mode = tls["mode"].string_or();
  if (mode == "SIMPLE" || mode == "OPTIONAL_MUTUAL") return ServerTls::Simple;  // a certificate is welcome, not needed
  if (mode == "MUTUAL") return ServerTls::Mutual;
  if (mode == "ISTIO_MUTUAL") return ServerTls::IstioMutual;
  if (mode == "AUTO_PASSTHROUGH") return ServerTls::AutoPassthrough;
  return protocol == ServerProtocol::Tcp ? ServerTls::None : ServerTls::Passthrough;  // zero value of the enum
}

}  // namespace

std::vector<Server> read_istio_gateways(const Mesh& mesh, Diagnostics&) {
  std::vector<const Object*> objects = mesh.objects_of("Gateway", "networking.istio.io");
  std::stable_sort(objects.begin(), objects.end(), [](const Object* a, const Object* b) { return older(*a, *b); });
  std::vector<Server> out;
  for (const Object* object : objects) {
    int index = 0;
    for (const Node node : object->spec()["servers"]) {
      Server server;
      server.object = object->ref();
      server.object.source = object->source(node);
      server.ns = object->ns;
      server.gateway_key = object->ns + '/' + object->name;
      server.name =
          node["name"].string_or().empty() ? std::string(node["port"]["name"].string_or()) : node["name"].string();
      if (server.name.empty()) server.name = "servers[" + std::to_string(index) + "]";
      ++index;
      server.port = static_cast<std::uint16_t>(node["port"]["number"].integer().value_or(0));
      server.protocol = read_protocol(node["port"]["protocol"].text());
      server.tls = read_tls(node["tls"], server.protocol);
      server.https_redirect = node["tls"]["httpsRedirect"].boolean().value_or(false);
      for (const std::string& host : read_strings(node["hosts"])) {
        const auto slash = host.find('/');
        if (slash == std::string::npos) {
          server.hosts.emplace_back("*", lower(host));
        } else {
          const std::string ns = host.substr(0, slash);
          server.hosts.emplace_back(ns == "." ? object->ns : ns, lower(host.substr(slash + 1)));
        }
      }
      out.push_back(std::move(server));
    }
  }
  return out;
}

std::vector<std::string> hosts_for_namespace(const Server& server, std::string_view ns) {
  std::vector<std::string> out;
  for (const auto& [filter, host] : server.hosts)
    if (filter == "*" || filter == ns) out.push_back(host);
  return out;
}

std::uint16_t GatewayServers::pod_port(std::size_t gateway, std::uint16_t service_port) const {
  const Gateway& g = mesh_->gateways[gateway];
  auto target = [&](const Service& service) -> std::uint16_t {
    for (std::size_t i = 0; i < service.ports.size(); ++i) {
      if (service.ports[i].port != service_port) continue;
      if (service.ports[i].target_number != 0) return service.ports[i].target_number;
      for (const Endpoint& endpoint : service.endpoints)
        if (i < endpoint.target_ports.size() && endpoint.target_ports[i] != 0) return endpoint.target_ports[i];
      return service_port;
    }
    return 0;
  };
  if (g.service != kNone)
    if (const std::uint16_t port = target(mesh_->services[g.service]); port != 0) return port;
  if (g.workload != kNone)
    for (const Service& service : mesh_->services)
      if (std::any_of(service.endpoints.begin(), service.endpoints.end(),
                      [&](const Endpoint& e) { return e.workload == g.workload; }))
        if (const std::uint16_t port = target(service); port != 0) return port;
  return service_port;
}

const std::vector<std::size_t>& GatewayServers::on(std::size_t gateway, std::uint16_t pod_port) const {
  const auto it = by_gateway_[gateway].find(pod_port);
  return it == by_gateway_[gateway].end() ? none_ : it->second;
}

void GatewayServers::bind_istio(const Mesh& mesh) {
  const bool own_namespace_only = mesh.settings.feature("PILOT_SCOPE_GATEWAY_TO_NAMESPACE");
  // filterStrictGatewayMerging (1.31, like the conflicts of listeners)
  const bool strict =
      mesh.settings.profile.listener_conflicts && mesh.settings.feature("PILOT_ENABLE_STRICT_GATEWAY_MERGING");
  std::map<std::string, Labels> selectors;  // by namespace/name
  for (const Object* object : mesh.objects_of("Gateway", "networking.istio.io"))
    selectors[object->ns + '/' + object->name] = read_labels(object->spec()["selector"]);
  for (std::size_t g = 0; g < mesh.gateways.size(); ++g) {
    const Gateway& gateway = mesh.gateways[g];
    if (gateway.kind == Gateway::Kind::Waypoint || gateway.kind == Gateway::Kind::EastWest) continue;
    const Labels& labels = gateway.workload != kNone ? mesh.workloads[gateway.workload].labels : gateway.labels;
    std::map<std::uint16_t, std::set<std::pair<std::string, std::string>>> tls_hosts;
    for (std::size_t s = 0; s < servers_.size(); ++s) {
      const Server& server = servers_[s];
      if (server.gateway_api) continue;
      if ((own_namespace_only || (strict && gateway.kind == Gateway::Kind::Ingress)) && server.ns != gateway.ns)
        continue;
      if (!matches(selectors[server.gateway_key], labels)) continue;
      const std::uint16_t port = pod_port(g, server.port);
      std::vector<std::size_t>& here = by_gateway_[g][port];
      // mergeGateways, oldest first: a server that repeats a TLS host of the port is left out whole. A plaintext server
      // that is there takes no other beside it, unless both are HTTP.
      if (server.tls != ServerTls::None || server.https_redirect) {
        auto& known = tls_hosts[port];
        if (std::any_of(server.hosts.begin(), server.hosts.end(), [&](const auto& h) { return known.contains(h); }))
          continue;
        known.insert(server.hosts.begin(), server.hosts.end());
      }
      const auto plain = [&](std::size_t i) {
        const Server& other = servers_[i];
        return !other.gateway_api && !other.terminates() && !other.passes_through();
      };
      if (const auto first = std::find_if(here.begin(), here.end(), plain);
          first != here.end() && !(plain(s) && server.takes_http() && servers_[*first].takes_http()))
        continue;
      here.push_back(s);
    }
  }
}

GatewayServers::Domain& GatewayServers::domain_of(RouteTable& table, const std::string& host) {
  const auto [it, fresh] = table.exact.emplace(host, table.domains.size());
  if (fresh) {
    table.domains.push_back({host, {}, false});
    if (host.starts_with('*')) table.wild.push_back(it->second);
  }
  return table.domains[it->second];
}

// Virtual hosts of a gateway's route table: hosts of servers intersected with hosts of routes, the narrower one wins
// (istio/istio CORE/gateway.go buildGatewayHTTPRouteConfig, 1.27).
void GatewayServers::build_domains(const std::vector<RouteSet>& sets) {
  for (std::size_t g = 0; g < by_gateway_.size(); ++g) {
    const Gateway& gateway = mesh_->gateways[g];
    const std::string& proxy_ns = gateway.ns;
    const Labels* labels = gateway.workload != kNone ? &mesh_->workloads[gateway.workload].labels : &gateway.labels;
    for (const auto& [port, list] : by_gateway_[g]) {
      for (const std::size_t s : list) {
        const Server& server = servers_[s];
        if (!server.takes_http()) continue;
        RouteTable& table = tables_[{g, port, server.protocol == ServerProtocol::Http ? kNone : s}];
        ProxySide side;
        side.ns = proxy_ns;
        side.labels = labels;
        side.port = server.port;
        const std::vector<std::string> names = {server.gateway_key};
        side.gateways = &names;
        for (const std::uint32_t i : order(server.gateway_key, proxy_ns)) {
          if (sets[i].http.empty() || !sets[i].table.applies(sets[i].http, side)) continue;
          std::set<std::string> domains;
          for (const std::string& mine : hosts_for_namespace(server, sets[i].ns))
            for (const std::string& theirs : sets[i].hosts) {
              if (!hosts_overlap(mine, theirs)) continue;
              domains.insert(host_matches(mine, theirs) ? theirs : mine);
            }
          for (const std::string& domain : domains) {
            Domain& d = domain_of(table, domain);
            d.sets.push_back({i, s});
            d.https_redirect |= server.https_redirect;
          }
        }
        if (server.https_redirect)
          for (const auto& [filter, host] : server.hosts) domain_of(table, host).https_redirect = true;
      }
    }
  }
  for (auto& [key, table] : tables_)
    std::stable_sort(table.wild.begin(), table.wild.end(), [&l = table](std::size_t a, std::size_t b) {
      return l.domains[a].host.size() > l.domains[b].host.size();
    });
}

const GatewayServers::Domain* GatewayServers::domain(std::size_t gateway, std::uint16_t pod_port,
                                                     std::optional<std::size_t> tls_server,
                                                     std::string_view authority) const {
  const auto it = tables_.find({gateway, pod_port, tls_server.value_or(kNone)});
  if (it == tables_.end()) return nullptr;
  const RouteTable& table = it->second;
  const std::string host = lower(host_without_port(authority));
  if (const auto exact = table.exact.find(host); exact != table.exact.end() && !host.starts_with('*'))
    return &table.domains[exact->second];
  for (const std::size_t i : table.wild)
    if (host_matches(table.domains[i].host, host)) return &table.domains[i];
  return nullptr;
}

const std::vector<std::uint32_t>& GatewayServers::order(const std::string& key, const std::string& ns) const {
  static const std::vector<std::uint32_t> kNothing;
  const auto it = order_.find({key, ns});
  return it == order_.end() ? kNothing : it->second;
}

void GatewayServers::compile(const Mesh& mesh, const std::vector<RouteSet>& sets, Diagnostics& diagnostics) {
  mesh_ = &mesh;
  by_gateway_.resize(mesh.gateways.size());
  servers_ = read_istio_gateways(mesh, diagnostics);
  bind_istio(mesh);
  bind_listeners(mesh);
  const std::vector<std::string> by_default = read_strings(mesh.settings.config_value("defaultVirtualServiceExportTo"));
  for (std::size_t g = 0; g < by_gateway_.size(); ++g)
    for (const auto& [port, list] : by_gateway_[g])
      for (const std::size_t s : list) {
        const std::pair<std::string, std::string> key{servers_[s].gateway_key, mesh.gateways[g].ns};
        if (!order_.contains(key)) order_.emplace(key, route_order(sets, key.first, key.second, by_default));
      }
  build_domains(sets);
}

}  // namespace meshsim::models::route
