#pragma once
// Ambient enrolment (DP-010..DP-016): does istio-cni redirect this pod to ztunnel? Decided live from labels, never at
// admission. Imitates: istio/istio cni/pkg/util (1.27 to master) with its default selectors.
#include "models/mesh/mesh_settings.h"
#include "models/verdict/reason.h"

namespace meshsim::models {

struct EnrolmentRequest {
  std::string_view ns;
  const Labels* namespace_labels = nullptr;
  const Labels* labels = nullptr;
  bool host_network = false;
  bool injected = false;  // carries sidecar.istio.io/status
  bool live = false;      // was created before: only the agent looks at it now, not the plugin
};

struct Enrolment {
  bool enrolled = false;
  Reason reason;
};

Enrolment enrol(const EnrolmentRequest& pod, const MeshSettings& settings);

}  // namespace meshsim::models
