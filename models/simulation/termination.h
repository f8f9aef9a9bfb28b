#pragma once
// Termination: how a pod that is deleted, rolled or scaled away comes to its end, in times from the moment at which it
// is marked for deletion and leaves the endpoints. Internal to models/simulation. Imitates: kubelet (preStop hooks of
// all containers at once, then SIGTERM, SIGKILL after terminationGracePeriodSeconds, which the hooks use up, too) and
// pilot-agent (istio/istio pkg/envoy/agent.go and pilot/cmd/pilot-agent/options, 1.27): a sidecar beside the
// application drains from SIGTERM on for terminationDrainDuration and exits; with EXIT_ON_ZERO_ACTIVE_CONNECTIONS it
// exits at the first second after MINIMUM_DRAIN_DURATION at which nobody is connected; a native sidecar drains from its
// preStop hook on and exits after the applications. Where it stops: a hook other than sleep takes no time; listeners
// stay open for the whole drain (Envoy closes them after drainDuration, 45 s).
#include <cstdint>
#include <string_view>

#include "models/mesh/mesh.h"
#include "models/simulation/cost_model.h"

namespace meshsim::models::simulation {

struct Termination {
  std::int64_t kill_ns = 30'000'000'000;  // SIGKILL
  std::int64_t stop_ns = 0;               // SIGTERM to the application: its preStop hook is over
  std::int64_t proxy_stop_ns = 0;         // the proxy starts to drain
  std::int64_t drain_ns = 0;              // and is gone so much later,
  bool until_idle = false;                // or as soon as nobody is connected any more,
  std::int64_t minimum_ns = 0;            // but not before
  bool native = false;                    // or when the application has ended
};

// Of a pod by its name, "ns/pod".
Termination termination_of(const Mesh& mesh, std::string_view pod, const CostModel& costs);

}  // namespace meshsim::models::simulation
