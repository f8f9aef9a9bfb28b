// Gateway API routes -> RouteSets.
#include "models/route/gateway_servers.h"

namespace meshsim::models::route {

void read_gateway_api_routes(const Mesh&, std::vector<RouteSet>&, Diagnostics&) {}
std::vector<Server> read_listeners(const Mesh&, Diagnostics&) { return {}; }
void GatewayServers::bind_listeners(const Mesh&) {}

}  // namespace meshsim::models::route
