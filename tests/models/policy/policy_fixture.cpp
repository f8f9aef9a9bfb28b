#include "policy_fixture.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "scenarios/read/document_reader.h"
#include "scenarios/read/manifest_reader.h"

namespace meshsim::test {

using namespace models;

namespace {

IpAddress ip(const std::string& text) {
  const auto address = IpAddress::parse(text);
  if (!address) throw std::invalid_argument("no address: " + text);
  return *address;
}

}  // namespace

ConnectionView connection_of(const Ask& ask) {
  ConnectionView out;
  out.principal = ask.principal;
  out.source_ip = ip(ask.source_ip);
  out.remote_ip = ask.remote_ip.empty() ? out.source_ip : ip(ask.remote_ip);
  out.destination_ip = ip(ask.destination_ip);
  out.port = ask.port;
  out.sni = ask.sni;
  return out;
}

RequestView request_of(const Ask& ask) { return {ask.method, ask.path, ask.authority, &ask.headers, &ask.jwts, false}; }

std::shared_ptr<const Tree> tree_of_yaml(const std::string& text) {
  Diagnostics diagnostics;
  auto documents = scenarios::read_documents(text, "test.yaml", {}, diagnostics);
  if (documents.broken || documents.trees.empty())
    throw std::invalid_argument(diagnostics.empty() ? "empty document" : format(diagnostics.front()));
  return documents.trees.front();
}

std::vector<Object> objects_of_yaml(const std::string& text, const std::string& file) {
  auto result = scenarios::read_manifest_text(text, file);
  if (result.unreadable) throw std::invalid_argument(format(result.diagnostics.front()));
  return std::move(result.objects);
}

std::string read_file(const std::string& path) {
  std::ifstream in(std::string(MESHSIM_SOURCE_DIR) + '/' + path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot open " + path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::string> list_files(const std::string& folder) {
  std::vector<std::string> out;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(std::string(MESHSIM_SOURCE_DIR) + '/' + folder))
    if (entry.is_regular_file())
      out.push_back(folder + '/' +
                    std::filesystem::relative(entry.path(), std::string(MESHSIM_SOURCE_DIR) + '/' + folder).string());
  std::sort(out.begin(), out.end());
  return out;
}

Jwt jwt(const std::string& issuer, const std::string& subject, const std::string& claims_yaml) {
  Jwt out;
  if (!issuer.empty()) out.issuer = issuer;
  if (!subject.empty()) out.subject = subject;
  out.claims_tree = tree_of_yaml(claims_yaml);
  out.claims = out.claims_tree->root();
  return out;
}

PolicyBench::PolicyBench(std::shared_ptr<const Mesh> given) : mesh(std::move(given)) {
  engine = PolicyEngine::compile(*mesh, diagnostics);
}

PolicyBench::PolicyBench(const std::string& manifests, const std::string& mesh_block) {
  ScenarioMesh scenario;
  if (!mesh_block.empty()) {
    scenario.tree = tree_of_yaml(mesh_block);
    scenario.mesh = scenario.tree->root();
    if (const auto profile = scenario.mesh["profile"].string(); !profile.empty()) scenario.profile = profile;
  }
  mesh = resolve(objects_of_yaml(manifests), scenario);
  engine = PolicyEngine::compile(*mesh, diagnostics);
}

std::size_t PolicyBench::workload(const std::string& name) const {
  for (std::size_t i = 0; i < mesh->workloads.size(); ++i)
    if (mesh->workloads[i].ns + '/' + mesh->workloads[i].name == name) return i;
  throw std::invalid_argument("no workload " + name);
}

PolicyDecision PolicyBench::envoy(const ProxyView& view, const Ask& ask) const {
  const ConnectionView connection = connection_of(ask);
  const RequestView request = request_of(ask);
  const RequestView* http = ask.tcp ? nullptr : &request;
  PolicyDecision out = engine->at_envoy(view, connection, http);
  // The fast path must always say the same.
  if (engine->allows_envoy(view, connection, http) != (out.allowed && !out.unknown))
    throw std::logic_error("allows_envoy and at_envoy differ");
  return out;
}

PolicyDecision PolicyBench::sidecar(const std::string& name, const Ask& ask) const {
  const Workload& w = mesh->workloads[workload(name)];
  ProxyView view;
  view.ns = w.ns;
  view.labels = &w.labels;
  return envoy(view, ask);
}

PolicyDecision PolicyBench::ztunnel(const std::string& name, const Ask& ask) const {
  const ConnectionView connection = connection_of(ask);
  PolicyDecision out = engine->at_ztunnel(workload(name), connection);
  if (engine->allows_ztunnel(workload(name), connection) != out.allowed)
    throw std::logic_error("allows_ztunnel and at_ztunnel differ");
  return out;
}

PolicyDecision PolicyBench::waypoint(const std::string& name, const std::string& service, const Ask& ask) const {
  const auto slash = name.find('/');
  const std::size_t index = mesh->find_gateway(name.substr(0, slash), name.substr(slash + 1));
  if (index == kNone) throw std::invalid_argument("no gateway " + name);
  const Gateway& gateway = mesh->gateways[index];
  ProxyView view;
  view.kind = ProxyKind::Waypoint;
  view.ns = gateway.ns;
  view.labels = gateway.workload == kNone ? &gateway.labels : &mesh->workloads[gateway.workload].labels;
  view.gateway_name = gateway.name;
  const auto cut = service.find('/');
  const std::string service_ns = service.substr(0, cut);
  const std::string service_name = cut == std::string::npos ? "" : service.substr(cut + 1);
  if (!service.empty()) {
    const std::size_t found = mesh->find_service(service_ns, service_name);
    view.chain = ChainService{found != kNone, service_ns, service_name};
  }
  return envoy(view, ask);
}

PolicyDecision PolicyBench::gateway(const std::string& name, const Ask& ask) const {
  const auto slash = name.find('/');
  const std::size_t index = mesh->find_gateway(name.substr(0, slash), name.substr(slash + 1));
  if (index == kNone) throw std::invalid_argument("no gateway " + name);
  const Gateway& gateway = mesh->gateways[index];
  ProxyView view;
  view.kind = ProxyKind::Gateway;
  view.ns = gateway.ns;
  view.labels = gateway.workload == kNone ? &gateway.labels : &mesh->workloads[gateway.workload].labels;
  if (gateway.kind != Gateway::Kind::Classic) view.gateway_name = gateway.name;
  return envoy(view, ask);
}

std::vector<PolicyEngine::Concern> PolicyBench::concerns(const std::string& name, const std::string& service) const {
  const auto slash = service.find('/');
  return engine->concerning(
      workload(name),
      service.empty() ? kNone : mesh->find_service(service.substr(0, slash), service.substr(slash + 1)));
}

bool PolicyBench::has_finding(const std::string& code) const {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [&](const Diagnostic& one) { return one.code == code; });
}

std::string standard_mesh(const std::string& mode, bool bound) {
  const std::string label = mode == "sidecar"   ? "istio-injection: enabled"
                            : mode == "ambient" ? "istio.io/dataplane-mode: ambient"
                                                : "plain: \"true\"";
  const auto deployment = [](const std::string& name) {
    return "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name +
           ", namespace: a}\nspec:\n  selector: {matchLabels: {app: " + name +
           "}}\n  template:\n    metadata: {labels: {app: " + name +
           "}}\n    spec:\n      serviceAccountName: " + name +
           "\n      containers:\n      - {name: app, image: app, ports: [{containerPort: 8080}]}\n";
  };
  return "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {" + label + "}}\n" + deployment("srv") +
         deployment("cli") + "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: srv\n  namespace: a\n" +
         (bound ? "  labels: {istio.io/use-waypoint: wp}\n" : "") +
         "spec:\n  selector: {app: srv}\n  ports: [{name: http, port: 80, targetPort: 8080}]\n"
         "---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: wp, namespace: a}\n"
         "spec:\n  gatewayClassName: istio-waypoint\n  listeners: [{name: mesh, port: 15008, protocol: HBONE}]\n";
}

std::string policy(const std::string& spec, const std::string& name, const std::string& ns, const std::string& kind,
                   const std::string& more_metadata) {
  return "---\napiVersion: security.istio.io/v1\nkind: " + kind + "\nmetadata: {name: " + name + ", namespace: " + ns +
         more_metadata + "}\nspec: " + spec + '\n';
}

}  // namespace meshsim::test
