#pragma once
// Telemetry of one outcome, without a clock: the Istio standard metrics, access logs and spans that each proxy on the
// path emits, and what the same flow would have shown in an all-sidecar mesh and does not show now (telemetry.md,
// TM-...). Imitates: istio-proxy's stats filter, Envoy access logs, ztunnel metrics and logs (Istio 1.27 to master
// 2026-08).
#include "models/dataplane/world.h"
#include "models/verdict/outcome.h"

namespace meshsim::models {

// Pure: reads hops, verdict and routing of `outcome`, returns what it emits.
Telemetry telemetry_of(const World& world, const Flow& flow, const Outcome& outcome);

}  // namespace meshsim::models
