#pragma once
// Pods as objects: what the simulation of a timeline needs to hold on to pods that run (internal to scenarios/run).
#include <string>
#include <vector>

#include "models/mesh/mesh.h"
#include "models/simulation/cost_model.h"

namespace meshsim::scenarios {

// The kinds whose pods are made from a template and can be restarted.
bool has_pod_template(const models::Object& object);

// Pods of `workload` as a running cluster would show them: admitted, with node, address and readiness. `owner`: the
// object with the template. `generation` 0 keeps the names and addresses that `resolve` gave.
std::vector<models::Object> pods_of(const models::Object& owner, const models::Workload& workload, int generation,
                                    const std::vector<std::string>& nodes);

// The Deployment that istiod makes for a Gateway, as far as its pods tell (`workload`). `file`: where it is shown from.
models::Object managed_deployment(const models::Workload& workload, const std::string& file);

// The template as it was before injection marked it.
models::Object without_injection_marks(const models::Object& owner);

models::Object with_readiness(const models::Object& pod, bool ready);

// ns/name of the owner that a pod made by pods_of() names.
std::string owner_of(const models::Object& pod);

}  // namespace meshsim::scenarios
