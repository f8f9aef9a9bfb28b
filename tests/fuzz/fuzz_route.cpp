// Any bytes as route objects of a small mesh: compiling never fails, and whatever is asked, the shares of the answer
// add up to 1 and the same question has the same answer. Then flows walk the whole way.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "models/dataplane/world.h"
#include "scenarios/read/manifest_reader.h"

namespace {

using namespace meshsim;

const char* const kBase = R"(apiVersion: v1
kind: Namespace
metadata: {name: a, labels: {istio-injection: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: client, namespace: a}
spec:
  selector: {matchLabels: {app: client}}
  template: {metadata: {labels: {app: client, istio: ingressgateway}}, spec: {containers: [{name: c, image: i}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: ambient, namespace: a, labels: {app: one, version: v1, istio.io/dataplane-mode: ambient, sidecar.istio.io/inject: "false"}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Service
metadata: {name: one, namespace: a, labels: {istio.io/use-waypoint: wp}}
spec: {selector: {app: one}, ports: [{name: http, port: 80}, {name: tls, port: 443}, {name: tcp, port: 9000}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: wp, namespace: a}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: a}
spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP}, {name: tls, port: 443, protocol: TLS, tls: {mode: Passthrough}}]}
---
)";

void check(const std::vector<models::RouteChoice>& once, const std::vector<models::RouteChoice>& twice,
           const models::Mesh& mesh) {
  double sum = 0;
  for (const models::RouteChoice& choice : once) {
    sum += choice.probability;
    if (choice.kind == models::RouteChoice::Kind::Forward && choice.service >= mesh.services.size()) std::abort();
  }
  if (once.empty() || sum != 1.0 || once.size() != twice.size()) std::abort();
  for (std::size_t i = 0; i < once.size(); ++i)
    if (once[i].service != twice[i].service || once[i].status != twice[i].status ||
        once[i].probability != twice[i].probability)
      std::abort();
}

// Flows of a sidecar, an ambient pod and of somebody outside: shares add up to 1, and nothing is left unsaid.
void walk(const models::World& world) {
  for (const char* from : {"client", "ambient", ""}) {
    for (const std::uint16_t port : {std::uint16_t{80}, std::uint16_t{443}, std::uint16_t{9000}}) {
      models::Flow flow;
      flow.from.kind = *from != '\0' ? models::Client::Kind::Workload : models::Client::Kind::Outside;
      flow.from.ns = "a";
      flow.from.name = from;
      flow.to.host = "one.a.svc.cluster.local";
      flow.to.port = port;
      if (*from == '\0') flow.to.gateway = std::pair("a", "gw");
      flow.protocol = port == 80    ? models::FlowProtocol::Http
                      : port == 443 ? models::FlowProtocol::Tls
                                    : models::FlowProtocol::Tcp;
      double sum = 0;
      const models::FlowResult result = models::judge(world, flow);
      for (const models::Outcome& outcome : result.outcomes) {
        sum += outcome.probability;
        if (outcome.verdict == models::Verdict::Denied && !outcome.denied_by) std::abort();
        if (outcome.verdict == models::Verdict::Unknown && outcome.reasons.empty()) std::abort();
      }
      if (std::abs(sum - 1.0) > 1e-9) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = kBase + std::string(reinterpret_cast<const char*>(data), size);
  scenarios::ReadOptions options;
  options.limits.alias_nodes = 10'000;
  auto read = scenarios::read_manifest_text(text, "fuzz", options);
  const auto mesh = models::resolve(std::move(read.objects), {});
  models::Diagnostics diagnostics;
  const models::World world = models::make_world(mesh, diagnostics);
  walk(world);
  const auto& routing = world.routing;
  const std::size_t client = mesh->find_workload("a", "client"), service = mesh->find_service("a", "one");
  const std::size_t waypoint = mesh->find_gateway("a", "wp"), gateway = mesh->find_gateway("a", "gw");
  if (client == models::kNone || service == models::kNone) return 0;  // the input replaced them
  const models::Headers headers = {{"x", "y"}, {"origin", "https://x.example.com"}};
  for (const std::string_view path : {"/", "/a/b?c=d", "/A//b/../%2e"}) {
    for (const std::uint16_t port : {std::uint16_t{80}, std::uint16_t{443}, std::uint16_t{9000}}) {
      models::RouteRequest request;
      request.path = path;
      request.authority = "one";
      request.headers = &headers;
      request.http = port == 80;
      request.sni = port == 443 ? "one.a.svc.cluster.local" : "";
      check(routing->at_sidecar(client, service, port, "one", request),
            routing->at_sidecar(client, service, port, "one", request), *mesh);
      check(routing->at_sidecar(client, models::kNone, port, "x", request),
            routing->at_sidecar(client, models::kNone, port, "x", request), *mesh);
      if (waypoint != models::kNone)
        check(routing->at_waypoint(waypoint, service, port, request),
              routing->at_waypoint(waypoint, service, port, request), *mesh);
      if (gateway == models::kNone) continue;
      const auto server = routing->server_at_gateway(gateway, port, port == 443, request);
      check(routing->at_gateway(gateway, server, port, request), routing->at_gateway(gateway, server, port, request),
            *mesh);
    }
  }
  return 0;
}
