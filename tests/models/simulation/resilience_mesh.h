#pragma once
// A client in every mode, a server of several pods, and what a DestinationRule and a VirtualService say of it.
#include <string>
#include <string_view>

#include "models/simulation/simulate.h"
#include "tests/models/dataplane/support.h"

namespace meshsim::models::testing {

inline std::string deployment(const std::string& name, int replicas, const std::string& labels,
                              const std::string& annotations) {
  return R"(
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: )" +
         name + R"(, namespace: echo}
spec:
  replicas: )" +
         std::to_string(replicas) + R"(
  selector: {matchLabels: {app: )" +
         name + R"(}}
  template:
    metadata: {labels: {app: )" +
         name + labels + R"(}, annotations: {)" + annotations + R"(}}
    spec: {containers: [{name: app, image: app, ports: [{containerPort: 8080}]}]}
)";
}

// Clients `sidecar` and `ambient`, a Service `server` whose pods are ambient; `waypoint`: it is bound to one.
inline World resilience_world(int replicas, const std::string& traffic_policy, const std::string& http_route,
                              bool waypoint = false, const std::string& server_mode = "ambient",
                              const std::string& mesh = "{profile: ossm-3.2}", const std::string& port = "http") {
  const std::string ambient = ", istio.io/dataplane-mode: ambient",
                    injected = ", security.istio.io/tlsMode: istio, networking.istio.io/tunnel: http",
                    status = "sidecar.istio.io/status: '{}'";
  const bool sidecars = server_mode == "sidecar";
  std::string yaml = "apiVersion: v1\nkind: Namespace\nmetadata: {name: echo}\n" +
                     deployment("sidecar", 1, injected, status) + deployment("ambient", 1, ambient, "") +
                     deployment("server", replicas,
                                sidecars                ? injected
                                : server_mode == "none" ? std::string()
                                                        : ambient,
                                sidecars ? status : "") +
                     R"(
---
apiVersion: v1
kind: Service
metadata: {name: server, namespace: echo)" +
                     (waypoint ? ", labels: {istio.io/use-waypoint: waypoint}" : "") + R"(}
spec: {selector: {app: server}, ports: [{name: )" +
                     port + R"(, port: 80, targetPort: 8080}]}
)";
  if (waypoint)
    yaml += R"(
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: echo, labels: {istio.io/waypoint-for: service}}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
)";
  if (!traffic_policy.empty())
    yaml += R"(
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: server, namespace: echo}
spec: {host: server.echo.svc.cluster.local, trafficPolicy: )" +
            traffic_policy + "}\n";
  if (!http_route.empty())
    yaml += R"(
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: server, namespace: echo}
spec:
  hosts: [server.echo.svc.cluster.local]
  http: [{route: [{destination: {host: server.echo.svc.cluster.local}}], )" +
            http_route + "}]\n";
  return world_of(yaml, mesh);
}

// Clients that ask again as soon as they have an answer.
inline SimulationInput closed_loop(World world, const std::string& client, std::uint32_t clients,
                                   std::int64_t service_ns, std::int64_t seconds) {
  SimulationInput input;
  input.epochs.push_back({0, std::move(world), ""});
  SimulatedFlow flow;
  flow.flow = flow_of("echo/" + client, "server.echo.svc.cluster.local", 80);
  flow.flow.name = "flow";
  flow.traffic.arrivals = "closed";
  flow.traffic.clients = clients;
  input.flows = {flow};
  input.duration_ns = seconds * 1'000'000'000;
  input.costs.sidecar_workers = input.costs.waypoint_workers = 1;
  Application server;
  server.workload = "echo/server";
  server.service = sim::Law::constant({service_ns});
  input.applications = {server};
  return input;
}

inline SimulationInput open_loop(World world, const std::string& client, double rate, std::int64_t service_ns,
                                 std::int64_t seconds) {
  SimulationInput input = closed_loop(std::move(world), client, 1, service_ns, seconds);
  input.flows[0].traffic.arrivals = "constant";
  input.flows[0].traffic.per_second = rate;
  return input;
}

inline std::string server_pod(const World& world, std::size_t index) {
  const std::size_t w = world.mesh->find_workload("echo", "server");
  return "echo/" + world.mesh->workloads[w].pods[index].name;
}

// Requests whose outcome has this cause ("" for those that went as judged).
inline std::uint64_t caused(const SimulationResult& r, std::string_view cause) {
  std::uint64_t sum = 0;
  for (const OutcomeCount& o : r.flows[0].outcomes)
    if (o.cause == cause) sum += o.count;
  return sum;
}

inline const OutcomeCount* outcome_of(const SimulationResult& r, std::string_view cause) {
  for (const OutcomeCount& o : r.flows[0].outcomes)
    if (o.cause == cause && o.count > 0) return &o;
  return nullptr;
}

inline const ProxyStatistics* proxy_of(const SimulationResult& r, std::string_view kind, std::string_view workload) {
  for (const ProxyStatistics& p : r.proxies)
    if (p.proxy == kind && p.workload == workload) return &p;
  return nullptr;
}

}  // namespace meshsim::models::testing
