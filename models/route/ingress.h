#pragma once
// Kubernetes Ingress: the servers and the routes that istiod derives from Ingresses of its class, on the installed
// ingress gateway. Imitates: pilot/pkg/config/kube/ingress (master 2026-08; ingressControllerMode, ingressClass,
// ingressSelector and ingressService of MeshConfig). Where it stops: secrets are not looked at, and defaultBackend is
// ignored as istiod ignores it.
#include <vector>

#include "models/route/gateway_servers.h"
#include "models/route/route_set.h"

namespace meshsim::models::route {

// One route set per host, over all Ingresses (DP-255); the first Ingress of a host names the gateway.
std::vector<RouteSet> read_ingress_routes(const Mesh& mesh);
// Per Ingress: port 80 for every host, port 443 per TLS entry (DP-053).
std::vector<Server> read_ingress_servers(const Mesh& mesh);
// Labels of the pods that carry these servers.
Labels ingress_selector(const Mesh& mesh);

}  // namespace meshsim::models::route
