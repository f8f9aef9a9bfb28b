#include "models/verdict/outcome.h"

#include <array>

namespace meshsim::models {

std::string_view to_string(Verdict verdict) {
  static constexpr std::array<std::string_view, 5> kNames = {"allowed", "denied", "reset", "unreachable", "unknown"};
  return kNames[static_cast<std::size_t>(verdict)];
}

std::string_view to_string(ProxyKind kind) {
  static constexpr std::array<std::string_view, 4> kNames = {"sidecar", "ztunnel", "waypoint", "gateway"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view to_string(Transport transport) {
  // To the user a double HBONE hop is HBONE; explain tells them apart by its text.
  static constexpr std::array<std::string_view, 5> kNames = {"plaintext", "mtls", "hbone", "hbone", "tls"};
  return kNames[static_cast<std::size_t>(transport)];
}

std::string_view to_string(PolicyStatus status) {
  static constexpr std::array<std::string_view, 8> kNames = {"enforced", "bypassed", "inert",          "denies-all",
                                                             "open",     "dry-run",  "not-applicable", "not-evaluated"};
  return kNames[static_cast<std::size_t>(status)];
}

}  // namespace meshsim::models
