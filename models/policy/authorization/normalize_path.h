#pragma once
// The path that policies see: normalised by meshConfig.pathNormalization, without query and fragment (PO-036, PO-047).
// Imitates Envoy's path utility (normalize_path, merge_slashes, path_with_escaped_slashes_action): escapes of
// unreserved characters are decoded (%41 is A), others stay. Where it stops: what should have been escaped is not
// escaped.
#include <string>
#include <string_view>

#include "models/mesh/mesh_settings.h"

namespace meshsim::models::policy {

struct NormalPath {
  std::string_view path;  // into the request, or into the storage given
  bool bad = false;       // %00 where paths are normalised: answered 400
};

// No allocation for paths that need no change.
NormalPath normalize_path(std::string_view raw, PathNormalization mode, std::string& storage);

}  // namespace meshsim::models::policy
