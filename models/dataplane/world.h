#pragma once
// World: a mesh with its compiled policies and routes; and the two pure verbs on it. `route` finds the path of a flow,
// `judge` decides what each proxy on it does; they alternate hop by hop (a refusal ends the path, a rewrite changes
// it), so they are one walk with one result. A verdict needs no clock. Thread safety: a World is immutable; judge() may
// run in parallel.
#include <memory>

#include "models/mesh/mesh.h"
#include "models/policy/policy_engine.h"
#include "models/route/routing.h"
#include "models/telemetry/telemetry_rules.h"
#include "models/verdict/outcome.h"

namespace meshsim::models {

class InboundPorts;
class NetworkPolicies;

struct World {
  std::shared_ptr<const Mesh> mesh;
  std::shared_ptr<const PolicyEngine> policies;
  std::shared_ptr<const Routing> routing;
  std::shared_ptr<const InboundPorts> inbound;      // which service declares which port of a workload
  std::shared_ptr<const NetworkPolicies> network;   // what the CNI lets through
  std::shared_ptr<const TelemetryRules> telemetry;  // nullptr: telemetry_of compiles it for itself
};

// Compiles policies and routes. All findings of mesh, policies and routes are appended to `diagnostics`.
World make_world(std::shared_ptr<const Mesh> mesh, Diagnostics& diagnostics);

// Every way the flow can go. Probabilities add up to 1; the order of outcomes is fixed. Errors in the flow itself
// (unknown client, ...) give one outcome `unknown` with a reason. Telemetry is filled in by models/telemetry.
FlowResult judge(const World& world, const Flow& flow);

}  // namespace meshsim::models
