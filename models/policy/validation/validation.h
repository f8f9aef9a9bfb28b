#pragma once
// Validation: what the admission webhook of istiod and the CRDs would refuse or warn of (PO-200..PO-205), and what they
// let pass though it cannot do what it says (PO-206). A refused policy is still judged as the proxies would: it may
// have been admitted while the webhook was down. Imitates pkg/config/validation (Istio 1.27 to master 2026-08); the
// texts are ours.
#include <vector>

#include "models/mesh/mesh_settings.h"
#include "models/resource/object.h"
#include "models/value/diagnostic.h"
#include "models/verdict/reason.h"

namespace meshsim::models::policy {

// Findings of AuthorizationPolicy, PeerAuthentication and RequestAuthentication objects; other kinds give none. Codes:
// MSH0101 selector and targetRefs (PO-200), MSH0102 targetRef (PO-201), MSH0103 rule (PO-202), MSH0104 action (PO-203),
// MSH0105 webhook warning (PO-204), MSH0106 CRD limit (PO-205), MSH0107 accepted but suspicious (PO-206), MSH0108
// PeerAuthentication, MSH0109 RequestAuthentication, MSH0110 unknown provider (PO-162).
// `rejected` receives a Reason for each finding that makes the API server refuse the object.
void validate_policy(const Object& object, const MeshSettings& settings, Diagnostics& diagnostics,
                     std::vector<Reason>& rejected);

}  // namespace meshsim::models::policy
