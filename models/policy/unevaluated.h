#pragma once
// Unevaluated: EnvoyFilter, WasmPlugin and TrafficExtension may refuse or rewrite what passes a proxy, and meshsim does
// not run them. Where one is attached to the proxy that evaluates, the decision is unknown, never a guess (PO-136,
// PO-137, PO-168). Where it stops: patches that only touch clusters, routes or filters known to decide nothing.
#include <vector>

#include "models/policy/attachment.h"

namespace meshsim::models::policy {

struct Unevaluated {
  const Object* object = nullptr;
  std::string ns;
  Attachment attachment;
  bool sidecar = false, gateway = false, waypoint = false;  // contexts in which it could decide
};

// nullopt: not such an object, or one that cannot decide.
std::optional<Unevaluated> decode_unevaluated(const Object& object);

}  // namespace meshsim::models::policy
