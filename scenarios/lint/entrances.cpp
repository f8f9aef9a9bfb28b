// Ways into the mesh: the routes of gateways, each with a flow from outside that takes it.
#include <algorithm>
#include <set>

#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/representative.h"

namespace meshsim::scenarios {

using namespace models;

namespace {

struct Finder {
  const World& world;
  const Mesh& mesh;
  std::vector<Entrance> out;
  std::set<std::pair<std::size_t, std::size_t>> known;

  void add(std::size_t gateway, std::size_t service, std::uint16_t port, bool tls, std::string host,
           const Request& request, const Object& route) {
    if (service == kNone || gateway == kNone || !known.emplace(gateway, service).second) return;
    if (host.empty() || host == "*") host = "www.example.com";
    if (host.starts_with("*.")) host = "www" + host.substr(1);
    Entrance one;
    one.gateway = gateway;
    one.service = service;
    one.route = route.ref();
    Flow& flow = one.flow;
    flow.from.kind = Client::Kind::Outside;
    flow.from.ip = IpAddress::parse("203.0.113.7");
    flow.to.host = host;
    flow.to.port = port;
    flow.to.gateway = {mesh.gateways[gateway].ns, mesh.gateways[gateway].name};
    flow.protocol = tls ? FlowProtocol::Https : FlowProtocol::Http;
    flow.request = request;
    if (tls) flow.request.sni = host;
    flow.name = "a visitor from outside -> " + host + ':' + std::to_string(port);
    out.push_back(std::move(one));
  }

  // Gateway API: routes of a Gateway.
  void http_routes() {
    for (const char* kind : {"HTTPRoute", "GRPCRoute"})
      for (const Object* route : mesh.objects_of(kind, "gateway.networking.k8s.io"))
        for (const Node parent : route->spec()["parentRefs"]) {
          if (parent["kind"].has_value() && parent["kind"].text() != "Gateway") continue;
          const std::string ns = parent["namespace"].has_value() ? parent["namespace"].string() : route->ns;
          const std::size_t g = mesh.find_gateway(ns, parent["name"].text());
          if (g == kNone || mesh.gateways[g].kind != Gateway::Kind::Ingress) continue;
          for (const Node listener : mesh.gateways[g].listeners) {
            if (parent["sectionName"].has_value() && parent["sectionName"].text() != listener["name"].text()) continue;
            const std::string_view protocol = listener["protocol"].text();
            if (protocol != "HTTP" && protocol != "HTTPS") continue;
            std::string host = route->spec()["hostnames"].at(0).string();
            if (host.empty()) host = listener["hostname"].string();
            for (const Node rule : route->spec()["rules"]) {
              Request request;
              const Node path = rule["matches"].at(0)["path"];
              if (path["value"].has_value()) request.path = example_path(path["value"].text());
              for (const Node backend : rule["backendRefs"]) {
                if (backend["kind"].has_value() && backend["kind"].text() != "Service") continue;
                const std::string to = backend["namespace"].has_value() ? backend["namespace"].string() : route->ns;
                add(g, mesh.find_service(to, backend["name"].text()),
                    static_cast<std::uint16_t>(listener["port"].integer().value_or(80)), protocol == "HTTPS", host,
                    request, *route);
              }
            }
          }
        }
  }

  // VirtualServices bound to Istio Gateways, whose servers classic gateways (or managed ones) run.
  void virtual_services() {
    for (const Object* route : mesh.objects_of("VirtualService"))
      for (const Node named : route->spec()["gateways"]) {
        const std::string text(named.text());
        if (text == "mesh") continue;
        const auto slash = text.find('/');
        const std::string ns = slash == std::string::npos ? route->ns : text.substr(0, slash);
        const std::string name = slash == std::string::npos ? text : text.substr(slash + 1);
        for (const Object* gateway : mesh.objects_of("Gateway", "networking.istio.io"))
          if (gateway->ns == ns && gateway->name == name) servers(*route, *gateway);
      }
  }

  void servers(const Object& route, const Object& gateway) {
    Labels selector;
    for (const Node label : gateway.spec()["selector"]) selector.emplace(label.key(), label.text());
    for (std::size_t g = 0; g < mesh.gateways.size(); ++g) {
      const Gateway& proxy = mesh.gateways[g];
      if (proxy.kind == Gateway::Kind::Waypoint || proxy.workload == kNone || selector.empty() ||
          !matches(selector, mesh.workloads[proxy.workload].labels))
        continue;
      for (const Node server : gateway.spec()["servers"]) {
        const std::string protocol(server["port"]["protocol"].text());
        if (protocol != "HTTP" && protocol != "HTTPS" && protocol != "HTTP2") continue;
        std::string host(route.spec()["hosts"].at(0).text());
        for (const Node http : route.spec()["http"]) {
          Request request;
          const Node uri = http["match"].at(0)["uri"];
          for (const char* form : {"exact", "prefix"})
            if (uri[form].has_value()) request.path = example_path(uri[form].text());
          for (const Node to : http["route"])
            add(g, mesh.resolve_host(to["destination"]["host"].text(), route.ns),
                static_cast<std::uint16_t>(server["port"]["number"].integer().value_or(80)), protocol == "HTTPS", host,
                request, route);
        }
      }
    }
  }
};

}  // namespace

std::vector<Entrance> find_entrances(const World& world) {
  Finder finder{world, *world.mesh, {}, {}};
  finder.http_routes();
  finder.virtual_services();
  return std::move(finder.out);
}

}  // namespace meshsim::scenarios
