#pragma once
// Sidecar injection at admission (DP-001..DP-008): which webhook selects a new pod, what the server-side check says,
// and what an injected pod carries. Imitates: istio/istio mutatingwebhook.yaml, revision-tags-mwc.yaml,
// pkg/kube/inject (1.27). Where it stops: the injector's template text; selectors in the ConfigMap
// istio-sidecar-injector (YAML text), which are read from the operators' values instead.
#include <optional>
#include <string>

#include "models/mesh/mesh_settings.h"
#include "models/verdict/reason.h"

namespace meshsim::models {

// A pod that asks for admission.
struct AdmissionRequest {
  std::string_view ns;
  const Labels* namespace_labels = nullptr;
  const Labels* labels = nullptr;
  const Labels* annotations = nullptr;
  bool host_network = false;
};

struct Admission {
  bool injected = false;
  bool webhook_missing = false;  // a label names a revision that has no webhook (DP-004)
  std::string revision;          // revision or tag whose webhook injected, or the missing one
  Reasons reasons;
};

Admission admit(const AdmissionRequest& pod, const MeshSettings& settings);

// kube-system, kube-public, kube-node-lease, local-path-storage.
bool is_ignored_namespace(std::string_view ns);

}  // namespace meshsim::models
