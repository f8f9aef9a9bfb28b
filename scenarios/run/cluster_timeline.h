#pragma once
// ClusterTimeline: the cluster's objects as the timeline changes them, one state per moment at which something changes.
// Running pods keep what they were admitted with: at the start every template becomes the pods that stand for its
// replicas, and only a restart, a rollout or a changed template makes new ones, with the labels of that moment
// (`restart` is `kubectl rollout restart`: also a workload that the scenario's shorthand declared a sidecar is admitted
// anew). Rollouts follow maxSurge and maxUnavailable; a pod needs `costs.podStart` to become ready. What istiod deploys
// for a Gateway is restarted and scaled as `namespace/gateway/name`, ztunnels as their DaemonSet or one by one.
// Where it stops: no autoscaling, no disruption budgets, Jobs are not restarted, pods of a new workload are there at
// once.
#include <cstdint>
#include <string>
#include <vector>

#include "models/simulation/simulate.h"
#include "scenarios/read/scenario.h"

namespace meshsim::scenarios {

struct ClusterState {
  std::int64_t at_ns = 0;
  std::string what;  // the timeline entry, as a user would say it; empty: a step of a rollout
  std::vector<models::Object> objects;
};

struct ClusterTimeline {
  std::vector<ClusterState> states;  // the first holds at the start
  std::vector<models::Disturbance> disturbances;
  models::Diagnostics diagnostics;  // MSH0013: an entry names what is not there
};

ClusterTimeline unfold_timeline(const Scenario& scenario);

}  // namespace meshsim::scenarios
