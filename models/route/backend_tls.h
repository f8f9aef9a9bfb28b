#pragma once
// BackendTLSPolicy as istiod applies it: turned into DestinationRules of the target's namespace, one per host, with TLS
// origination for the whole target or for one of its ports (sectionName). Imitates: istio/istio
// pilot/pkg/config/kube/gateway/backend_policies.go (1.29). Where it stops: the certificate references are taken as
// valid; what the target offers is not compared with the validation block.
#include <memory>
#include <vector>

#include "models/route/destination_rules.h"

namespace meshsim::models::route {

// Oldest policy first; of two policies for the same port of the same host the older one counts. The trees that hold
// the rules' policies are appended to `trees`. A target that does not exist yields no rule and a finding.
std::vector<DestinationRule> backend_tls_rules(const Mesh& mesh, std::vector<std::shared_ptr<const Tree>>& trees,
                                               Diagnostics& diagnostics);

}  // namespace meshsim::models::route
