#include "models/mesh/settings_objects.h"

#include <algorithm>

namespace meshsim::models {
namespace {

std::string_view pod_label(const Object& object, std::string_view key) {
  return object.spec()["template"]["metadata"]["labels"][key].text();
}

bool is_istiod(const Object& object) {
  return object.kind == "Deployment" &&
         (pod_label(object, "app") == "istiod" || pod_label(object, "istio") == "pilot" ||
          pod_label(object, "istio") == "istiod");
}

std::string revision_of(const Object& istiod) {
  auto label = find(istiod.labels, "istio.io/rev");
  if (!label) {
    const auto on_pod = pod_label(istiod, "istio.io/rev");
    if (on_pod.empty()) return "default";
    label = on_pod;
  }
  return std::string(*label);
}

void read_istiod(const Object& object, InstallFacts& facts) {
  facts.istiod_seen = true;
  for (const Node container : object.spec()["template"]["spec"]["containers"]) {
    for (const Node env : container["env"])
      if (env["value"].is_scalar())
        facts.environment.insert_or_assign(env["name"].string(), std::string(env["value"].text()));
    const Node args = container["args"];
    for (std::size_t i = 0; i < args.size(); ++i) {
      const std::string_view arg = args.at(i).text();
      if (arg == "--domain" && i + 1 < args.size()) facts.domain = args.at(i + 1).text();
      if (arg.starts_with("--domain=")) facts.domain = arg.substr(9);
    }
  }
  if (const auto it = facts.environment.find("CLUSTER_ID"); it != facts.environment.end() && !it->second.empty())
    facts.cluster_id = it->second;
}

// spec.values of Istio and IstioRevision (sail operator) and of IstioOperator.
void read_values(const Object& object, InstallFacts& facts) {
  const Node values = object.spec()["values"];
  for (const Node config : {values["meshConfig"], object.spec()["meshConfig"]})
    if (config.is_mapping()) facts.configs.emplace_back(object.tree, config);
  for (const Node env : values["pilot"]["env"])
    facts.environment.emplace(std::string(env.key()), std::string(env.text()));
  if (object.spec()["profile"].text() == "ambient") facts.environment.emplace("PILOT_ENABLE_AMBIENT", "true");
  const Node webhook = values["sidecarInjectorWebhook"];
  if (webhook["enableNamespacesByDefault"].boolean().value_or(false)) facts.enable_namespaces_by_default = true;
  for (const Node selector : webhook["neverInjectSelector"]) facts.never_inject.push_back(selector);
  for (const Node selector : webhook["alwaysInjectSelector"]) facts.always_inject.push_back(selector);
  facts.trees.push_back(object.tree);
}

bool installs(const Object& object) {
  return (object.api_group == "sailoperator.io" || object.api_group == "install.istio.io") &&
         (object.kind == "Istio" || object.kind == "IstioRevision" || object.kind == "IstioOperator");
}

// The revision that a custom resource installs: of an `Istio` its own name, or name and version with a revision-based
// strategy.
std::string revision_installed_by(const Object& object) {
  if (object.kind == "IstioOperator") {
    const std::string_view revision = object.spec()["revision"].text();
    return revision.empty() ? "default" : std::string(revision);
  }
  if (object.kind != "Istio" || object.spec()["updateStrategy"]["type"].text() != "RevisionBased") return object.name;
  std::string version(object.spec()["version"].text());
  if (version.empty()) return object.name;
  std::replace(version.begin(), version.end(), '.', '-');
  return object.name + '-' + version;
}

void read_webhook(const Object& object, InstallFacts& facts) {
  const auto revision = find(object.labels, "istio.io/rev");
  if (!revision) return;
  const auto tag = find(object.labels, "istio.io/tag");
  if (tag) {
    facts.tags.emplace(std::string(*tag), std::string(*revision));
  } else {
    facts.revisions.emplace_back(*revision);
  }
  // The entry `auto.` exists only with enableNamespacesByDefault (DP-003).
  for (const Node webhook : object.root["webhooks"])
    if (webhook["name"].text().starts_with("auto.sidecar-injector.istio.io")) facts.enable_namespaces_by_default = true;
}

}  // namespace

InstallFacts read_install_objects(const std::vector<Object>& objects, std::string_view stated_revision) {
  InstallFacts facts;
  std::vector<const Object*> istiods, installed;
  for (const Object& object : objects) {
    if (is_istiod(object)) {
      istiods.push_back(&object);
      facts.revisions.push_back(revision_of(object));
    } else if (object.kind == "MutatingWebhookConfiguration") {
      read_webhook(object, facts);
    } else if (installs(object)) {
      installed.push_back(&object);
      if (object.kind != "IstioOperator") facts.revisions.push_back(revision_installed_by(object));
    } else if (object.kind == "IstioRevisionTag") {
      facts.tags.emplace(object.name, object.spec()["targetRef"]["name"].string());
    } else if (object.kind == "ConfigMap" && object.name == "istio" && !object.uid.empty()) {
      facts.live_mesh_config = true;
    }
  }
  if (!stated_revision.empty()) facts.revision = stated_revision;
  // Not stated: the revision of the only istiod there is, or else of the only `Istio`.
  const auto of_operator = [](const Object* object) { return object->kind == "Istio"; };
  if (stated_revision.empty() && istiods.size() == 1) facts.revision = revision_of(*istiods.front());
  if (stated_revision.empty() && istiods.empty() && std::count_if(installed.begin(), installed.end(), of_operator) == 1)
    facts.revision = revision_installed_by(**std::find_if(installed.begin(), installed.end(), of_operator));
  // Several control planes in one cluster: each is configured by its own resource (DP-004).
  const auto own = [&](const Object* object) { return revision_installed_by(*object) == facts.revision; };
  const bool several = !stated_revision.empty() && std::any_of(installed.begin(), installed.end(), own);
  for (const Object* object : installed)
    if (!several || own(object)) read_values(*object, facts);
  for (const Object* istiod : istiods)
    if (revision_of(*istiod) == facts.revision || istiods.size() == 1) read_istiod(*istiod, facts);
  return facts;
}

}  // namespace meshsim::models
