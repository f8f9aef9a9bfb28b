#include "tests/models/route/route_fixture.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "scenarios/read/document_reader.h"
#include "scenarios/read/manifest_reader.h"

namespace meshsim::test {
namespace {

using namespace models;

const char* const kBase = R"(
apiVersion: v1
kind: Namespace
metadata: {name: a, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Namespace
metadata: {name: b, labels: {istio-injection: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: client, namespace: a}
spec:
  selector: {matchLabels: {app: client}}
  template: {metadata: {labels: {app: client}}, spec: {containers: [{name: c, image: example.test/c}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: client, namespace: b}
spec:
  selector: {matchLabels: {app: client}}
  template: {metadata: {labels: {app: client}}, spec: {containers: [{name: c, image: example.test/c}]}}
)";

std::string service_yaml(const std::string& name, const std::string& ns) {
  return "apiVersion: v1\nkind: Service\nmetadata: {name: " + name + ", namespace: " + ns +
         "}\nspec:\n  selector: {app: " + name +
         "}\n  ports: [{name: http, port: 80}, {name: tcp, port: 9000}, {name: auto, port: 8888}, {name: tls, port: "
         "443}, {name: grpc, port: 7070}]\n";
}

std::pair<std::string, std::string> split(const std::string& ns_name) {
  const auto slash = ns_name.find('/');
  return {ns_name.substr(0, slash), ns_name.substr(slash + 1)};
}

RouteRequest request_of(const Ask& ask, const std::vector<std::size_t>& valid) {
  RouteRequest r;
  r.http = ask.http;
  r.method = ask.method;
  r.path = ask.path;
  r.authority = ask.authority;
  r.scheme = ask.scheme;
  r.headers = &ask.headers;
  r.sni = ask.sni;
  r.istio_alpn = ask.istio_alpn;
  r.grpc = ask.grpc;
  r.jwts = &ask.jwts;
  r.valid_jwts = &valid;
  return r;
}

std::vector<std::size_t> all_of(const Ask& ask) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < ask.jwts.size(); ++i) out.push_back(i);
  return out;
}

std::string short_host(const Service& service) {
  return service.kubernetes ? service.name + '.' + service.ns : service.hostname;
}

}  // namespace

std::string documents(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "\n---\n") + part;
  return out;
}

RouteWorld::RouteWorld(const std::string& yaml, const std::string& scenario, bool with_base) {
  std::string all = yaml;
  if (with_base)
    all = documents({kBase, service_yaml("one", "a"), service_yaml("two", "a"), service_yaml("far", "b"), yaml});
  scenarios::ReadResult read = scenarios::read_manifest_text(all, "test.yaml");
  if (read.unreadable) throw std::runtime_error("test manifests cannot be read: " + format(read.diagnostics.front()));
  ScenarioMesh settings;
  Diagnostics problems;
  const scenarios::Documents documents = scenarios::read_documents(scenario, "scenario.yaml", {}, problems);
  if (!documents.trees.empty()) {
    settings.tree = documents.trees.front();
    settings.mesh = settings.tree->root();
    if (settings.mesh["profile"].has_value()) settings.profile = settings.mesh["profile"].string();
  }
  mesh = resolve(std::move(read.objects), settings);
  routing = Routing::compile(*mesh, diagnostics);
}

std::size_t RouteWorld::client(const std::string& ns_name) const {
  const auto [ns, name] = split(ns_name);
  const std::size_t found = mesh->find_workload(ns, name);
  if (found == kNone) throw std::runtime_error("no workload " + ns_name);
  return found;
}

std::size_t RouteWorld::service(const std::string& host) const { return mesh->resolve_host(host, "a"); }

std::size_t RouteWorld::gateway(const std::string& ns_name) const {
  const auto [ns, name] = split(ns_name);
  const std::size_t found = mesh->find_gateway(ns, name);
  if (found == kNone) throw std::runtime_error("no gateway " + ns_name);
  return found;
}

bool RouteWorld::has_finding(const std::string& code) const {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [&](const Diagnostic& d) { return d.code == code; });
}

std::vector<RouteChoice> sidecar(const RouteWorld& world, const std::string& client, const std::string& host,
                                 std::uint16_t port, const Ask& ask) {
  Ask full = ask;
  if (full.authority.empty()) full.authority = host;
  const auto valid = all_of(full);
  return world.routing->at_sidecar(world.client(client), world.service(host), port, host, request_of(full, valid));
}

std::vector<RouteChoice> waypoint(const RouteWorld& world, const std::string& gateway, const std::string& host,
                                  std::uint16_t port, const Ask& ask) {
  Ask full = ask;
  if (full.authority.empty()) full.authority = host;
  const auto valid = all_of(full);
  return world.routing->at_waypoint(world.gateway(gateway), world.service(host), port, request_of(full, valid));
}

std::vector<RouteChoice> ingress(const RouteWorld& world, const std::string& gateway, std::uint16_t port,
                                 const Ask& ask) {
  const std::size_t g = world.gateway(gateway);
  const auto valid = all_of(ask);
  RouteRequest request = request_of(ask, valid);
  const ServerMatch server = world.routing->server_at_gateway(g, port, ask.tls, request);
  if (!server.found) {
    RouteChoice none;
    none.kind = RouteChoice::Kind::Close;
    none.details = "no server";
    return {none};
  }
  request.http = ask.http && server.http;
  return world.routing->at_gateway(g, server, port, request);
}

std::string text(const RouteWorld& world, const std::vector<RouteChoice>& choices) {
  std::string out;
  for (const RouteChoice& choice : choices) {
    if (!out.empty()) out += ", ";
    if (choice.probability != 1.0) {
      char share[32];
      std::snprintf(share, sizeof share, "%.4g ", choice.probability);
      out += share;
    }
    switch (choice.kind) {
      case RouteChoice::Kind::Forward:
        out += short_host(world.mesh->services[choice.service]) + ':' + std::to_string(choice.port);
        if (!choice.subset_name.empty()) out += '/' + choice.subset_name;
        break;
      case RouteChoice::Kind::Answer:
        out += std::to_string(choice.status) + (choice.flags == "-" ? "" : ' ' + choice.flags);
        break;
      case RouteChoice::Kind::External:
        out += "external " + choice.external_host;
        break;
      case RouteChoice::Kind::Close:
        out += choice.details == "no server" ? "no server" : "close";
        break;
    }
  }
  return out;
}

double sum(const std::vector<RouteChoice>& choices) {
  double total = 0;
  for (const RouteChoice& choice : choices) total += choice.probability;
  return total;
}

std::string location(const std::vector<RouteChoice>& choices) {
  if (choices.size() != 1) return "";
  for (const auto& [name, value] : choices.front().answer_headers)
    if (name == "location") return value;
  return "";
}

}  // namespace meshsim::test
