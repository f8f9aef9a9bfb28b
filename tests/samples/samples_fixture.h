#pragma once
// A mesh out of the files of a public sample, in one of the modes, and flows through it. Later objects replace earlier
// ones of the same name, as `kubectl apply` of one file after another does.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/dataplane/world.h"

namespace meshsim::models::testing {

enum class Mode { Sidecar, Ambient, AmbientWaypoint };
const char* word(Mode mode);

// Files below tests/data/manifests; `extra` is YAML text. What names no namespace goes to `ns`, which is
// put into `mode`.
World sample(const std::vector<std::string>& files, Mode mode, std::string_view extra = {},
             const std::string& ns = "default", std::string_view mesh = "{profile: ossm-3.2}");

// The classic gateways istio-ingressgateway and istio-egressgateway of istio-system.
extern const char* const kIngressGateway;
extern const char* const kEgressGateway;

Flow request(std::string_view client, std::string_view host, std::uint16_t port, std::string_view path = "/",
             Headers headers = {});
Flow from_outside(std::string_view gateway, std::string_view host, std::uint16_t port, std::string_view path = "/");

// "0.8 allowed 200 default/reviews-v1", one line per way, sorted.
std::string ways(const World& world, const Flow& flow);
std::string path_of(const Outcome& outcome);

}  // namespace meshsim::models::testing
