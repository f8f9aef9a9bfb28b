#pragma once
// CUSTOM: external authorization by a provider of MeshConfig (PO-160..PO-166). The policy decides whether to ask, the
// provider's answer is what the scenario states (design.md section 4, extAuthz). Imitates istiod's extauthz.go and
// Envoy's ext_authz filter as far as the outcome goes.
#include <optional>
#include <string>

#include "models/policy/policy_engine.h"

namespace meshsim::models::policy {

struct CustomProvider {
  std::string name;
  bool known = false;  // an extensionProvider of that name with type envoyExtAuthzHttp or envoyExtAuthzGrpc
  bool grpc = false;
  bool fail_open = false;
  int status_on_error = 403;
  const ExtAuthzAnswer* answer = nullptr;  // nullptr: the scenario says nothing
};

CustomProvider find_provider(const std::string& name, const MeshSettings& settings);

struct CustomAnswer {
  bool allowed = false;
  bool unknown = false;  // the scenario does not say
  int status = 403;
  const char* why = "";
};
CustomAnswer ask(const CustomProvider& provider, const ConnectionView& connection, const RequestView* request);

}  // namespace meshsim::models::policy
