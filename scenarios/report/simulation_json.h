#pragma once
// SimulationResult as a JSON value and back (internal to scenarios/report: nlohmann/json is heavy to compile).
#include <optional>

#include <nlohmann/json.hpp>

#include "models/simulation/capacity.h"
#include "models/simulation/result.h"

namespace meshsim::scenarios {

nlohmann::ordered_json simulation_value(const models::SimulationResult& result, const models::Capacity* capacity);
// nullopt: not such a block, or one that was cut by hand.
std::optional<models::SimulationResult> simulation_of(const nlohmann::ordered_json& value);

}  // namespace meshsim::scenarios
