#pragma once
// The names of the gRPC status codes, by number (google.rpc.Code; grpc/grpc doc/statuscodes.md). Nothing of what a
// status means is here.
#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace meshsim::models {

inline constexpr std::array<std::string_view, 17> kGrpcStatusNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

// nullopt for what is no name of a status.
inline std::optional<std::size_t> grpc_status_of(std::string_view name) {
  const auto it = std::find(kGrpcStatusNames.begin(), kGrpcStatusNames.end(), name);
  if (it == kGrpcStatusNames.end()) return std::nullopt;
  return static_cast<std::size_t>(it - kGrpcStatusNames.begin());
}

}  // namespace meshsim::models
