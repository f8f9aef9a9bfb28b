#include "tests/samples/samples_fixture.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "scenarios/read/document_reader.h"
#include "scenarios/read/manifest_reader.h"

namespace meshsim::models::testing {
namespace {

std::string gateway_yaml(const std::string& name, const std::string& ports) {
  return R"(
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: istio-)" +
         name + R"(gateway, namespace: istio-system}
spec:
  selector: {matchLabels: {istio: )" +
         name + R"(gateway}}
  template:
    metadata:
      labels: {istio: )" +
         name + R"(gateway, sidecar.istio.io/inject: "true"}
      annotations: {inject.istio.io/templates: gateway}
    spec: {serviceAccountName: istio-)" +
         name + R"(gateway, containers: [{name: istio-proxy, image: auto}]}
---
apiVersion: v1
kind: Service
metadata: {name: istio-)" +
         name + R"(gateway, namespace: istio-system}
spec: {selector: {istio: )" +
         name + "gateway}, ports: [" + ports + "]}\n";
}

const std::string kIngressText =
    gateway_yaml("ingress",
                 "{name: http2, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: 8443}, {name: tcp, "
                 "port: 31400, targetPort: 31400}");
const std::string kEgressText =
    gateway_yaml("egress", "{name: http2, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: 8443}");

std::string read_text(const std::string& file) {
  const auto path = std::filesystem::path(MESHSIM_SOURCE_DIR) / "tests/data/manifests" / file;
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void take(std::vector<Object>& objects, std::string_view text, const std::string& name, const std::string& ns) {
  scenarios::ReadResult read = scenarios::read_manifest_text(text, name);
  for (const Diagnostic& d : read.diagnostics) EXPECT_NE(d.severity, Severity::Error) << format(d);
  for (Object& object : read.objects) {
    if (object.ns == "default" && !object.root["metadata"]["namespace"]) object.ns = ns;
    std::erase_if(objects, [&](const Object& o) { return o.api_group == object.api_group && o.ref() == object.ref(); });
    objects.push_back(std::move(object));
  }
}

}  // namespace

const char* const kIngressGateway = kIngressText.c_str();
const char* const kEgressGateway = kEgressText.c_str();

const char* word(Mode mode) {
  return mode == Mode::Sidecar ? "sidecar" : mode == Mode::Ambient ? "ambient" : "ambient with waypoint";
}

World sample(const std::vector<std::string>& files, Mode mode, std::string_view extra, const std::string& ns,
             std::string_view mesh) {
  std::vector<Object> objects;
  for (const std::string& file : files) take(objects, read_text(file), file, ns);
  std::string text(extra);
  text += "\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: " + ns + ", labels: {";
  text += mode == Mode::Sidecar ? "istio-injection: enabled" : "istio.io/dataplane-mode: ambient";
  if (mode == Mode::AmbientWaypoint) {
    text += ", istio.io/use-waypoint: waypoint}}\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n";
    text += "metadata: {name: waypoint, namespace: " + ns + "}\nspec: {gatewayClassName: istio-waypoint, ";
    text += "listeners: [{name: mesh, port: 15008, protocol: HBONE}";
    text += "]}\n";
  } else {
    text += "}}\n";
  }
  take(objects, text, "extra.yaml", ns);
  Diagnostics diagnostics;
  ScenarioMesh settings;
  settings.tree = scenarios::read_documents(mesh, "mesh.yaml", {}, diagnostics).trees.at(0);
  settings.mesh = settings.tree->root();
  settings.profile = settings.mesh["profile"].string();
  return make_world(resolve(std::move(objects), settings), diagnostics);
}

Flow request(std::string_view client, std::string_view host, std::uint16_t port, std::string_view path,
             Headers headers) {
  Flow flow;
  const auto slash = client.find('/');
  flow.from.ns = client.substr(0, slash);
  flow.from.name = client.substr(slash + 1);
  flow.to.host = host;
  flow.to.port = port;
  flow.request.path = path;
  flow.request.headers = std::move(headers);
  return flow;
}

Flow from_outside(std::string_view gateway, std::string_view host, std::uint16_t port, std::string_view path) {
  Flow flow;
  flow.from.kind = Client::Kind::Outside;
  flow.from.ip = IpAddress::parse("203.0.113.9");
  flow.to.host = host;
  flow.to.port = port;
  const auto slash = gateway.find('/');
  flow.to.gateway = std::pair(std::string(gateway.substr(0, slash)), std::string(gateway.substr(slash + 1)));
  flow.request.path = path;
  return flow;
}

std::string ways(const World& world, const Flow& flow) {
  std::map<std::string, double> shares;
  for (const Outcome& o : judge(world, flow).outcomes) {
    std::string way(to_string(o.verdict));
    way += ' ' + (o.http_status ? std::to_string(*o.http_status) : std::string("-"));
    way += ' ' + (o.verdict == Verdict::Allowed && o.routed_to ? o.routed_to->workload : o.response_flags);
    shares[way] += o.probability;
  }
  std::vector<std::string> lines;
  for (const auto& [way, share] : shares) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g ", share);
    lines.push_back(text + way);
  }
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : "; ") + line;
  return out;
}

std::string path_of(const Outcome& outcome) {
  std::string out;
  for (const Hop& hop : outcome.hops) out += (out.empty() ? "" : ",") + std::string(to_string(hop.proxy));
  return out;
}

}  // namespace meshsim::models::testing
