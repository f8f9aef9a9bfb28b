#include "models/dataplane/world.h"

#include "models/dataplane/inbound_ports.h"
#include "models/dataplane/network_policy.h"

namespace meshsim::models {

World make_world(std::shared_ptr<const Mesh> mesh, Diagnostics& diagnostics) {
  World world;
  diagnostics.insert(diagnostics.end(), mesh->diagnostics.begin(), mesh->diagnostics.end());
  world.policies = PolicyEngine::compile(*mesh, diagnostics);
  world.routing = Routing::compile(*mesh, diagnostics);
  world.inbound = std::make_shared<const InboundPorts>(*mesh);
  world.network = std::make_shared<const NetworkPolicies>(*mesh);
  world.telemetry = TelemetryRules::compile(*mesh);
  check_log_formats(*mesh, diagnostics);
  world.mesh = std::move(mesh);
  sort_and_unique(diagnostics);
  return world;
}

}  // namespace meshsim::models
