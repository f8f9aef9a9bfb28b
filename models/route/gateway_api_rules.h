#pragma once
// Rules of Gateway API routes -> HttpRule and StreamRule. Imitates: convertHTTPRoute, convertGRPCRoute,
// convertTCPRoute, convertTLSRoute (istio/istio pilot/pkg/config/kube/gateway/conversion.go, 1.27). A hard error
// (unsupported filter, backend without port) drops every rule of the object, a backend that does not exist or may not
// be referenced answers 500 for its share (DP-252).
#include <optional>
#include <string>
#include <vector>

#include "models/route/route_set.h"

namespace meshsim::models::route {

struct Conversion {
  std::vector<HttpRule> http;
  std::vector<StreamRule> streams;
  std::string error;  // hard: nothing is routed
  std::vector<std::string> warnings;
};

// `mesh_parent`: parents in the mesh need no ReferenceGrant.
Conversion convert_route(const Mesh& mesh, const Object& route, bool mesh_parent);

// DP-258: whether this version of istiod reads objects of the kind at all; what it says of one that it does not.
bool reads_kind(const Mesh& mesh, std::string_view kind);
Diagnostic not_read(const Mesh& mesh, const Object& object);

// Orders rules with at most one match block each by DP-251.
void sort_rules(std::vector<HttpRule>& rules);

// A ReferenceGrant in `to_ns` lets objects of `from_kind` in `from_ns` refer to (group, kind, name).
bool reference_granted(const Mesh& mesh, std::string_view from_group, std::string_view from_kind,
                       std::string_view from_ns, std::string_view to_group, std::string_view to_kind,
                       std::string_view to_ns, std::string_view to_name);

}  // namespace meshsim::models::route
