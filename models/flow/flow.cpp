#include "models/flow/flow.h"

#include <array>

namespace meshsim::models {
namespace {
constexpr std::array<std::string_view, 6> kNames = {"http", "http2", "grpc", "https", "tls", "tcp"};
}

std::string_view to_string(FlowProtocol protocol) { return kNames[static_cast<std::size_t>(protocol)]; }

std::optional<FlowProtocol> flow_protocol(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == text) return static_cast<FlowProtocol>(i);
  return std::nullopt;
}

}  // namespace meshsim::models
