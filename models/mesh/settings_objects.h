#pragma once
// What the installation objects among the manifests say about the control plane: istiod's Deployment (environment,
// arguments), the `istio` ConfigMap (whether it comes from a live cluster), MutatingWebhookConfigurations (revisions
// and tags), and the operators' custom resources (Istio, IstioRevision, IstioRevisionTag, IstioOperator: spec.values).
// Internal to models/mesh.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/mesh/mesh_settings.h"

namespace meshsim::models {

struct InstallFacts {
  std::vector<std::pair<std::shared_ptr<const Tree>, Node>> configs;  // meshConfig of custom resources
  std::map<std::string, std::string, std::less<>> environment;        // of istiod
  std::map<std::string, std::string, std::less<>> tags;               // tag -> revision
  std::vector<std::string> revisions;
  std::string revision = "default";
  std::string domain = "cluster.local", cluster_id = "Kubernetes";
  bool istiod_seen = false;
  bool live_mesh_config = false;  // a ConfigMap istio with a uid: what it does not say is not so
  bool enable_namespaces_by_default = false;
  std::vector<Node> never_inject, always_inject;
  std::vector<std::shared_ptr<const Tree>> trees;  // own the selectors
};

// `stated_revision`: the scenario's word, or empty. `objects` in sorted order.
InstallFacts read_install_objects(const std::vector<Object>& objects, std::string_view stated_revision);

}  // namespace meshsim::models
