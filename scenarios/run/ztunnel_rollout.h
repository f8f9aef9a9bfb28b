#pragma once
// ztunnel_rollout: the ztunnels of nodes replaced one after the other, as the DaemonSet's updateStrategy says (internal
// to scenarios/run). Imitates: the DaemonSet controller (a surged pod is ready before the old one is deleted; without
// surge the next one starts when the old one has gone) and ztunnel's deadline for what runs through it (HB-053,
// istio/ztunnel src/config.rs, 1.27). Where it stops: one node at a time; without surge the next node waits as long as
// the old ztunnel may drain, even if it ended earlier.
#include <cstdint>
#include <string>
#include <vector>

#include "models/resource/object.h"
#include "models/simulation/simulate.h"

namespace meshsim::scenarios {

bool is_ztunnel(const models::Object& daemon_set);

// `daemon_set` null: as the ztunnel chart installs it (maxSurge 1, 30 s of grace).
std::vector<models::Disturbance> ztunnel_rollout(const models::Object* daemon_set,
                                                 const std::vector<std::string>& nodes, std::int64_t at_ns,
                                                 std::int64_t pod_start_ns);

}  // namespace meshsim::scenarios
