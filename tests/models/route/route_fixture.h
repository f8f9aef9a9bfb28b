#pragma once
// Meshes for the tests of models/route, written as YAML, and decisions as short texts that tables can hold.
#include <memory>
#include <string>
#include <vector>

#include "models/route/routing.h"

namespace meshsim::test {

// Two injected namespaces `a` and `b`, a sidecar client a/client (labels app: client) and b/client, and the Services
// `one`, `two` (namespace a) and `far` (namespace b), each with ports http 80, tcp 9000, auto 8888 (no protocol),
// tls 443, grpc 7070. Appended to whatever `yaml` holds.
struct RouteWorld {
  explicit RouteWorld(const std::string& yaml, const std::string& scenario = "{}", bool with_base = true);
  std::shared_ptr<const models::Mesh> mesh;
  std::shared_ptr<const models::Routing> routing;
  models::Diagnostics diagnostics;

  std::size_t client(const std::string& ns_name = "a/client") const;
  std::size_t service(const std::string& host) const;  // FQDN, or name.namespace
  std::size_t gateway(const std::string& ns_name) const;
  bool has_finding(const std::string& code) const;
};

struct Ask {
  std::string method = "GET", path = "/", authority{}, scheme = "http", sni{};
  models::Headers headers{};
  bool http = true, tls = false, istio_alpn = false, grpc = false;
  std::vector<models::Jwt> jwts{};
};

std::vector<models::RouteChoice> sidecar(const RouteWorld& world, const std::string& client, const std::string& host,
                                         std::uint16_t port, const Ask& ask = {});
std::vector<models::RouteChoice> waypoint(const RouteWorld& world, const std::string& gateway, const std::string& host,
                                          std::uint16_t port, const Ask& ask = {});
std::vector<models::RouteChoice> ingress(const RouteWorld& world, const std::string& gateway, std::uint16_t port,
                                         const Ask& ask = {});

// "two.a:80/v1", "0.25 one.a:80, 0.75 two.a:80", "404 NR", "close", "external example.com", "no server".
std::string text(const RouteWorld& world, const std::vector<models::RouteChoice>& choices);
double sum(const std::vector<models::RouteChoice>& choices);
std::string location(const std::vector<models::RouteChoice>& choices);

// Indents nothing, joins documents.
std::string documents(const std::vector<std::string>& parts);

}  // namespace meshsim::test
