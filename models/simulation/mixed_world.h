#pragma once
// mixed_world: a mesh between two configurations. While the control plane distributes a change, the client's proxy may
// have one epoch, a waypoint another and the server's proxy a third. The walk of a flow then takes path, endpoints and
// transport from the client's, routes of waypoints and gateways from theirs, and each policy decision from the proxy
// that makes it. Internal to models/simulation.
#include "models/dataplane/world.h"

namespace meshsim::models::simulation {

// All three are complete worlds of the same cluster at different times.
World mixed_world(const World& client, const World& waypoint, const World& server);

}  // namespace meshsim::models::simulation
