#pragma once
// A mesh as istiod's unit tests of the Telemetry API have it: the proxy in namespace `default` with app=test, a
// waypoint named `waypoint`, and Telemetry resources in the order of their age.
#include <string>
#include <utility>
#include <vector>

#include "models/telemetry/telemetry_rules.h"
#include "tests/models/telemetry/resources.h"

namespace meshsim::models::bench {

using Specs = std::vector<std::pair<const char*, std::string>>;  // namespace, spec

struct Upstream {
  Bench b{As::Sidecar, As::Sidecar};
  World world;

  // `defaults`: "metrics", "accessLogging" or "tracing" with provider names; nothing else is a default.
  explicit Upstream(const Specs& specs, const std::string& defaults = "{}") {
    set_config(b, R"({"defaultProviders":)" + defaults + "}");
    Workload& proxy = b.mesh.workloads[b.client];
    proxy.ns = "default";
    proxy.labels = {{"app", "test"}};
    b.mesh.gateways[b.waypoint].ns = "default";
    int age = 0;
    for (const auto& [ns, spec] : specs) add_telemetry(b, ns, "t" + std::to_string(age++), spec);
  }
  std::shared_ptr<const TelemetryRules> rules() {
    world = b.world();
    return TelemetryRules::compile(*world.mesh);
  }
  TelemetryScope sidecar() const {
    return {"default", &world.mesh->workloads[b.client].labels, nullptr, false, nullptr};
  }
  TelemetryScope waypoint(const Service* service = nullptr) const {
    return {"default", &world.mesh->workloads[b.client].labels, &world.mesh->gateways[b.waypoint], true, service};
  }
};

}  // namespace meshsim::models::bench
