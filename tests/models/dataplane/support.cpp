#include "tests/models/dataplane/support.h"

#include <gtest/gtest.h>

#include "scenarios/read/manifest_reader.h"

namespace meshsim::models::testing {

World world_of(std::string_view manifests, std::string_view mesh) {
  Diagnostics diagnostics;
  std::vector<Object> objects = scenarios::read_manifest_text(manifests, "test.yaml", diagnostics);
  for (const Diagnostic& d : diagnostics) EXPECT_NE(d.severity, Severity::Error) << format(d);
  ScenarioMesh settings;
  settings.tree = scenarios::read_document_text(mesh, "mesh.yaml", diagnostics);
  settings.mesh = settings.tree ? settings.tree->root() : Node();
  if (settings.mesh["profile"].has_value()) settings.profile = settings.mesh["profile"].string();
  return make_world(resolve(std::move(objects), settings), diagnostics);
}

namespace {
std::pair<std::string, std::string> split(std::string_view name) {
  const auto slash = name.find('/');
  return {std::string(name.substr(0, slash)), std::string(name.substr(slash + 1))};
}
}  // namespace

Flow flow_of(std::string_view from, std::string_view host, std::uint16_t port, FlowProtocol protocol) {
  Flow flow;
  flow.name = "test";
  if (from == "outside") {
    flow.from.kind = Client::Kind::Outside;
  } else {
    std::tie(flow.from.ns, flow.from.name) = split(from);
  }
  flow.to.host = host;
  flow.to.port = port;
  flow.protocol = protocol;
  return flow;
}

Flow flow_to_pod(std::string_view from, std::string_view pod, std::uint16_t port, FlowProtocol protocol) {
  Flow flow = flow_of(from, "", port, protocol);
  flow.to.kind = Destination::Kind::Pod;
  std::tie(flow.to.ns, flow.to.name) = split(pod);
  return flow;
}

std::string path_of(const Outcome& outcome) {
  std::string out;
  for (const Hop& hop : outcome.hops) out += (out.empty() ? "" : ",") + std::string(to_string(hop.proxy));
  return out;
}

std::string summary(const Outcome& outcome) {
  return std::string(to_string(outcome.verdict)) + ' ' +
         (outcome.http_status ? std::to_string(*outcome.http_status) : "-") + ' ' +
         (outcome.transport ? std::string(to_string(*outcome.transport)) : "-") + ' ' + path_of(outcome);
}

bool cites(const Outcome& outcome, std::string_view rule) {
  for (const Reason& reason : outcome.reasons)
    if (reason.rule == rule) return true;
  for (const Hop& hop : outcome.hops)
    for (const Reason& reason : hop.reasons)
      if (reason.rule == rule) return true;
  return false;
}

const PolicyFinding* finding(const Outcome& outcome, std::string_view policy) {
  for (const PolicyFinding& f : outcome.policies)
    if (f.policy.ns + '/' + f.policy.name == policy) return &f;
  return nullptr;
}

std::string echo_mesh(std::string_view extra) {
  auto workload = [](const std::string& name, const std::string& pod_labels, const std::string& annotations) {
    return R"(
---
apiVersion: v1
kind: Service
metadata: {name: )" +
           name + R"(, namespace: echo}
spec:
  selector: {app: )" +
           name + R"(}
  ports:
  - {name: http, port: 80, targetPort: 8080}
  - {name: tcp, port: 9090, targetPort: 9090}
  - {name: other, port: 81, targetPort: 8081}
  - {name: https, port: 443, targetPort: 8443}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: )" +
           name + R"(, namespace: echo}
spec:
  selector: {matchLabels: {app: )" +
           name + R"(}}
  template:
    metadata:
      labels: {app: )" +
           name + pod_labels + R"(}
      annotations: {)" +
           annotations + R"(}
    spec:
      serviceAccountName: )" +
           name + R"(
      containers: [{name: app, image: app, ports: [{containerPort: 8080}]}]
)";
  };
  return R"(
apiVersion: v1
kind: Namespace
metadata: {name: echo}
)" + workload("ambient", ", istio.io/dataplane-mode: ambient", "") +
         workload("sidecar", ", security.istio.io/tlsMode: istio, networking.istio.io/tunnel: http",
                  "sidecar.istio.io/status: '{}'") +
         workload("legacy", ", security.istio.io/tlsMode: istio", "sidecar.istio.io/status: '{}'") +
         workload("plain", "", "") + std::string(extra);
}

}  // namespace meshsim::models::testing
