#include "tests/models/mesh/mesh_fixture.h"

#include <algorithm>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace meshsim::test {
namespace {

using Json = nlohmann::ordered_json;
using models::NodeKind;

void build(const Json& value, models::TreeBuilder& out) {
  if (value.is_object()) {
    out.begin_mapping({1, 1});
    for (const auto& [key, child] : value.items()) {
      out.key(key, {1, 1});
      build(child, out);
    }
    out.end();
  } else if (value.is_array()) {
    out.begin_sequence({1, 1});
    for (const auto& child : value) build(child, out);
    out.end();
  } else if (value.is_string()) {
    out.string(value.get<std::string>(), {1, 1});
  } else {
    const NodeKind kind = value.is_boolean()          ? NodeKind::Bool
                          : value.is_number_integer() ? NodeKind::Int
                          : value.is_number()         ? NodeKind::Float
                                                      : NodeKind::Null;
    out.scalar(kind, value.dump(), {1, 1});
  }
}

std::pair<std::string, std::string> split(const std::string& ns_name) {
  const auto slash = ns_name.find('/');
  return {ns_name.substr(0, slash), ns_name.substr(slash + 1)};
}

Json metadata(const std::string& ns_name, const Pairs& labels, const Pairs& annotations) {
  Json out;
  const auto [ns_part, name] = split(ns_name);
  out["name"] = name;
  if (ns_name.find('/') != std::string::npos) out["namespace"] = ns_part;
  if (!labels.empty()) out["labels"] = labels;
  if (!annotations.empty()) out["annotations"] = annotations;
  return out;
}

// `more`: further top-level fields, merged deep ({"metadata": {"uid": ...}}).
std::string finish(Json object, const std::string& more) {
  if (!more.empty()) object.merge_patch(Json::parse(more));
  return object.dump();
}

}  // namespace

std::string object(const std::string& api, const std::string& kind, const std::string& ns_name, const std::string& spec,
                   const Pairs& labels, const Pairs& annotations, const std::string& more) {
  Json out;
  out["apiVersion"] = api;
  out["kind"] = kind;
  out["metadata"] = metadata(ns_name, labels, annotations);
  if (!spec.empty()) out["spec"] = Json::parse(spec);
  return finish(std::move(out), more);
}

std::string ns(const std::string& name, const Pairs& labels, const Pairs& annotations) {
  return object("v1", "Namespace", name, "", labels, annotations);
}

std::string pod(const std::string& ns_name, const Pairs& labels, const Pairs& annotations, const std::string& spec,
                const std::string& more) {
  return object("v1", "Pod", ns_name, spec, labels, annotations, more);
}

std::string deployment(const std::string& ns_name, const Pairs& labels, const Pairs& annotations,
                       const std::string& pod_spec, int replicas) {
  Json spec;
  spec["replicas"] = replicas;
  spec["template"]["metadata"] = Json::object();
  if (!labels.empty()) spec["template"]["metadata"]["labels"] = labels;
  if (!annotations.empty()) spec["template"]["metadata"]["annotations"] = annotations;
  spec["template"]["spec"] = Json::parse(pod_spec);
  return object("apps/v1", "Deployment", ns_name, spec.dump());
}

std::string service(const std::string& ns_name, const Pairs& selector, const Pairs& labels, const std::string& ports,
                    const std::string& more) {
  Json spec;
  if (!selector.empty()) spec["selector"] = selector;
  spec["ports"] = Json::parse(ports);
  return object("v1", "Service", ns_name, spec.dump(), labels, {}, more);
}

std::string waypoint(const std::string& ns_name, const Pairs& labels, const std::string& from,
                     const std::string& more) {
  Json listener = {{"name", "mesh"}, {"port", 15008}, {"protocol", "HBONE"}};
  if (!from.empty())
    listener["allowedRoutes"]["namespaces"] = from[0] == '{' ? Json::parse(from) : Json{{"from", from}};
  const Json spec = {{"gatewayClassName", "istio-waypoint"}, {"listeners", Json::array({listener})}};
  return object("gateway.networking.k8s.io/v1", "Gateway", ns_name, spec.dump(), labels, {}, more);
}

std::shared_ptr<const models::Tree> tree_of(const std::string& json, const std::string& file) {
  models::TreeBuilder builder(file);
  build(Json::parse(json), builder);
  return builder.finish();
}

std::vector<models::Object> objects_of(const std::vector<std::string>& manifests) {
  std::vector<models::Object> out;
  models::Diagnostics diagnostics;
  for (const std::string& text : manifests) {
    const auto tree = tree_of(text);
    if (auto object = models::decode_object(tree, tree->root(), diagnostics)) out.push_back(std::move(*object));
  }
  return out;
}

std::shared_ptr<const models::Mesh> mesh_from(std::vector<models::Object> objects, const std::string& scenario,
                                              const std::string& mesh_config) {
  models::ScenarioMesh settings;
  settings.tree = tree_of(scenario, "scenario.json");
  settings.mesh = settings.tree->root();
  if (!mesh_config.empty()) settings.mesh_configs.push_back(tree_of(mesh_config, "istio.yaml"));
  return models::resolve(std::move(objects), settings);
}

std::shared_ptr<const models::Mesh> mesh_of(const std::vector<std::string>& manifests, const std::string& scenario,
                                            const std::string& mesh_config) {
  return mesh_from(objects_of(manifests), scenario, mesh_config);
}

const models::Workload& workload(const models::Mesh& mesh, const std::string& ns_name) {
  const auto [ns_part, name] = split(ns_name);
  const std::size_t found = mesh.find_workload(ns_part, name);
  if (found == models::kNone) throw std::runtime_error("no workload " + ns_name);
  return mesh.workloads[found];
}

const models::Service& service_in(const models::Mesh& mesh, const std::string& ns_name) {
  const auto [ns_part, name] = split(ns_name);
  const std::size_t found = mesh.find_service(ns_part, name);
  if (found == models::kNone) throw std::runtime_error("no service " + ns_name);
  return mesh.services[found];
}

std::string mode(const models::Mesh& mesh, const std::string& ns_name) {
  const models::Workload& w = workload(mesh, ns_name);
  if (w.role == models::ProxyRole::None && w.mode == models::DataplaneMode::Sidecar && !w.sidecar_hbone)
    return "legacy";
  return std::string(models::mode_word(w.mode, w.role));
}

bool has_finding(const models::Mesh& mesh, const std::string& code) {
  return std::any_of(mesh.diagnostics.begin(), mesh.diagnostics.end(), [&](const auto& d) { return d.code == code; });
}

bool has_reason(const models::Reasons& reasons, const std::string& rule) {
  return std::any_of(reasons.begin(), reasons.end(), [&](const auto& r) { return r.rule == rule; });
}

}  // namespace meshsim::test
