#pragma once
// Gateway API routes: the parts that routes, listeners and rules share (internal to models/route). Imitates: istiod's
// conversion of Gateway API objects (pilot/pkg/config/kube/gateway/conversion.go, 1.27): attachment by parentRef,
// ReferenceGrant, rules split by match.
#include <string>
#include <string_view>
#include <vector>

#include "models/route/route_set.h"

namespace meshsim::models::route {

// A parent that accepts a route: a listener of a Gateway, or a Service or ServiceEntry of the mesh.
struct Attachment {
  std::string gateway;             // "mesh" or "ns/name/listener"
  std::vector<std::string> hosts;  // mesh: FQDNs; gateway: hostnames common to route and listener
  std::uint16_t port = 0;          // parentRef.port of a mesh parent
};

// Every attachment of an HTTPRoute, GRPCRoute, TLSRoute or TCPRoute (DP-258). Parents that refuse it are findings.
std::vector<Attachment> attachments(const Mesh& mesh, const Object& route, Diagnostics& diagnostics);

// "ns/name/listener", the key by which converted routes name a listener.
std::string listener_key(const Object& gateway, Node listener);

// Rules of HTTPRoute and GRPCRoute, one HttpRule for each match (DP-251), in written order.
std::vector<HttpRule> http_rules(const Mesh& mesh, const Object& route);
// Rules of TLSRoute and TCPRoute.
std::vector<StreamRule> stream_rules(const Mesh& mesh, const Object& route);

// Whether rule `a` comes before `b`: exact > prefix > regex path, longer path, method, more headers, more query
// parameters (DP-251); neither first: the older object, then the written order.
bool comes_before(const HttpRule& a, const HttpRule& b);

}  // namespace meshsim::models::route
