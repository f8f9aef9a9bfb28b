// YAML and JSON texts inside values of objects, which models do not parse: MeshConfig in ConfigMaps, ProxyConfig in
// annotations.
#include "scenarios/read/document_reader.h"
#include "scenarios/read/scenario_parts.h"

namespace meshsim::scenarios {

using models::Node;
using models::Object;

namespace {

// The documents inside one text. Positions inside are those of the inner text; findings name the place of the text.
Documents read_embedded(const Object& object, Node text, const std::string& field, std::string_view kind,
                        const ReadLimits& limits, models::Diagnostics& diagnostics, bool& unreadable) {
  if (!text.is_string()) {
    diagnostics.push_back({models::Severity::Error, "MSH0031", object.ref().text(), object.source().file,
                           text.position(),
                           field + " must be the text of a " + std::string(kind) + ", not " +
                               std::string(models::describe(text.kind()))});
    unreadable = true;
    return {};
  }
  models::Diagnostics inner;
  Documents documents = read_documents(text.text(), object.source().file, limits, inner);
  for (models::Diagnostic& one : inner) {
    one.object = object.ref().text();
    one.message = field + ", its line " + std::to_string(one.position.line) + ": " + one.message;
    one.position = text.position();
    diagnostics.push_back(std::move(one));
  }
  unreadable = unreadable || documents.broken;
  return documents;
}

constexpr std::string_view kProxyConfig = "proxy.istio.io/config";

}  // namespace

void read_mesh_configs(const std::vector<Object>& objects, const ReadLimits& limits, models::ScenarioMesh& mesh,
                       models::Diagnostics& diagnostics, bool& unreadable) {
  const auto read_key = [&](const Object& object, std::string_view key, std::string_view kind) {
    return read_embedded(object, object.root["data"][key], "data." + std::string(key), kind, limits, diagnostics,
                         unreadable);
  };
  const std::string_view root = mesh.mesh["rootNamespace"].string_or("istio-system");
  const std::string_view revision = mesh.mesh["revision"].string_or("default");
  const std::string of_revision = "istio-" + std::string(revision);
  // The ConfigMap of the revision is the one its istiod reads; the plain name belongs to the default revision.
  for (const std::string& name : {of_revision, std::string("istio")}) {
    for (const Object& object : objects) {
      if (object.kind != "ConfigMap" || object.ns != root || object.name != name) continue;
      const Node data = object.root["data"];
      if (!data["mesh"].has_value() && !data["meshNetworks"].has_value()) continue;
      if (data["mesh"].has_value()) {
        const Documents documents = read_key(object, "mesh", "MeshConfig");
        mesh.mesh_configs.insert(mesh.mesh_configs.end(), documents.trees.begin(), documents.trees.end());
      }
      if (data["meshNetworks"].has_value()) {
        const Documents documents = read_key(object, "meshNetworks", "MeshNetworks");
        if (!documents.trees.empty()) mesh.mesh_networks = documents.trees.front();
      }
      return;
    }
  }
}

void read_proxy_configs(const std::vector<Object>& objects, const ReadLimits& limits, models::ScenarioMesh& mesh,
                        models::Diagnostics& diagnostics) {
  for (const Object& object : objects) {
    const Node spec = object.spec();
    const Node pod_template = object.kind == "CronJob" ? spec["jobTemplate"]["spec"]["template"] : spec["template"];
    // Of the object (a Pod, or a Gateway that istiod deploys), of what it makes, and what a Gateway states for that.
    for (const Node annotations : {object.root["metadata"]["annotations"], pod_template["metadata"]["annotations"],
                                   spec["infrastructure"]["annotations"]}) {
      const Node text = annotations[kProxyConfig];
      if (!text.is_string() || mesh.proxy_configs.contains(text.text())) continue;
      // The injection webhook refuses a pod whose text it cannot read; here that is a finding.
      bool refused = false;
      const Documents documents = read_embedded(object, text, "annotation " + std::string(kProxyConfig), "ProxyConfig",
                                                limits, diagnostics, refused);
      mesh.proxy_configs.emplace(text.text(), documents.trees.empty() ? nullptr : documents.trees.front());
    }
  }
}

}  // namespace meshsim::scenarios
