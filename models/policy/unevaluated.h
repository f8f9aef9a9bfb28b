#pragma once
// Unevaluated: EnvoyFilter, WasmPlugin and TrafficExtension may refuse or rewrite what passes a proxy, and meshsim does
// not run them. Where one is attached to a proxy on the path, the decision is unknown, never a guess (PO-136, PO-137,
// PO-168). Where it stops: patches that only touch clusters, routes or filters known to decide nothing.
#include <vector>

#include "models/policy/attachment.h"

namespace meshsim::models::policy {

struct Unevaluated {
  const Object* object = nullptr;
  std::string ns;
  Attachment attachment;
  // Contexts in which it could decide; `sidecar` is a sidecar's inbound side, `client` its outbound side.
  bool sidecar = false, client = false, gateway = false, waypoint = false;
  bool http = false, network = false;  // what it acts on: requests, bytes
  const char* rule = "PO-137";         // PO-136: plugins
  bool acts(bool on_http) const { return network || (http && on_http); }
};

// nullopt: not such an object, or one that cannot decide.
std::optional<Unevaluated> decode_unevaluated(const Object& object);

}  // namespace meshsim::models::policy
