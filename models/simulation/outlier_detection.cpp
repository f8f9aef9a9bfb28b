// Outlier detection: each Envoy counts the failures in a row of each endpoint of a cluster and leaves out who has too
// many, for longer each time (DP-214, DP-220; a ztunnel never does). Follows Envoy 1.35:
// source/common/upstream/outlier_detection_impl.cc; since 1.31 nobody is ejected where one endpoint is more than
// maxEjectionPercent, so the default of 10 % ejects nothing below ten endpoints. Of TCP it counts connections that do
// not come about, each a 503, unless splitExternalLocalOriginErrors counts them apart (source/common/tcp_proxy); of
// those into HBONE none, as the internal listener before the tunnel always accepts. Where it stops: success rates
// (istiod switches them off), and the jitter of ejection times (0 by default).
#include <algorithm>

#include "models/simulation/engine.h"

namespace meshsim::models::simulation {

// `local`: nothing came from the endpoint: it could not be reached, or did not answer in time.
void Engine::report(std::uint32_t id, std::uint32_t pod, int status, bool local) {
  ClusterState& state = clusters_[id];
  const ClusterPolicy& policy = policy_of(state);
  if (!policy.outlier || pod == kNobody) return;
  ClusterState::Host& host = state.hosts[pod];
  if (policy.split_local) {
    if (local) {
      if (++host.local_failures == policy.consecutive_local) {
        eject(id, pod, "consecutive local origin failures");
        host.local_failures = 0;
      }
      return;
    }
    host.local_failures = 0;
  }
  if (status < 500) {
    host.errors = host.gateway_errors = 0;
    return;
  }
  if (status >= 502 && status <= 504) {
    if (++host.gateway_errors == policy.consecutive_gateway) {
      eject(id, pod, "consecutive gateway errors");
      host.gateway_errors = 0;
    }
  } else {
    host.gateway_errors = 0;
  }
  if (++host.errors == policy.consecutive_5xx) {
    eject(id, pod, "consecutive 5xx");
    host.errors = 0;
  }
}

void Engine::eject(std::uint32_t id, std::uint32_t pod, const char* reason) {
  ClusterState& state = clusters_[id];
  const ClusterPolicy& policy = policy_of(state);
  ClusterState::Host& host = state.hosts[pod];
  if (host.ejected || std::uint64_t{100} * (state.ejected + 1) >
                          std::uint64_t{std::min(100u, policy.max_ejection_percent)} * state.endpoints)
    return;
  const std::int64_t now = sim_.now().ns, interval = policy.interval_ns, base = policy.base_ejection_ns;
  // Sweeps take one from the factor for every interval in which it was not ejected.
  const auto sweeps_until = [&](std::int64_t t) {
    return t < state.phase_ns ? 0 : (t - state.phase_ns) / interval + 1;
  };
  if (host.unejected_at >= 0) {
    const std::int64_t well = sweeps_until(now) - sweeps_until(host.unejected_at + interval - 1);
    host.backoff -= static_cast<std::uint32_t>(std::clamp<std::int64_t>(well, 0, host.backoff));
  }
  const std::int64_t most = std::max<std::int64_t>(300'000'000'000, base);
  if (host.backoff * base < most + base) ++host.backoff;
  host.ejected = true;
  ++state.ejected;
  ++state.ejections;
  host.record = ejections_.size();
  const Cluster& cluster = book_.clusters()[state.cluster];
  ejections_.push_back(
      {now, -1, people_.actors()[state.actor].name, cluster.name, people_.pods()[pod].name, reason, replication_});
  // It comes back with the first sweep after its time.
  const std::int64_t due = now + std::min(host.backoff * base, most);
  const std::int64_t sweep =
      state.phase_ns + std::max<std::int64_t>(0, (due - state.phase_ns + interval - 1) / interval) * interval;
  const sim::Slot back = sim_.create();
  sim_[back].flow = id;
  sim_[back].number = pod;
  sim_.at({std::max(sweep, now)}, back, Event::uneject);
}

void Engine::uneject(std::uint32_t id, std::uint32_t pod) {
  ClusterState& state = clusters_[id];
  ClusterState::Host& host = state.hosts[pod];
  if (!host.ejected) return;  // it has left the cluster meanwhile
  host.ejected = false;
  host.errors = host.gateway_errors = host.local_failures = 0;
  host.unejected_at = sim_.now().ns;
  --state.ejected;
  ejections_[host.record].until_ns = sim_.now().ns;
}

}  // namespace meshsim::models::simulation
