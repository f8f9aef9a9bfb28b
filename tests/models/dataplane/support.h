#pragma once
// A mesh from YAML text, and flows through it: what the dataplane tests are written in.
#include <string>
#include <string_view>

#include "models/dataplane/world.h"

namespace meshsim::models::testing {

// Resolves and compiles the objects of a YAML stream; `mesh` is the scenario's mesh block as YAML.
World world_of(std::string_view manifests, std::string_view mesh = "{profile: ossm-3.2}");

// "ns/client -> host:port" with options: protocol, method and so on are set on the returned flow by the test.
Flow flow_of(std::string_view from, std::string_view host, std::uint16_t port,
             FlowProtocol protocol = FlowProtocol::Http);
Flow flow_to_pod(std::string_view from, std::string_view pod, std::uint16_t port,
                 FlowProtocol protocol = FlowProtocol::Http);

// "sidecar ztunnel" ...
std::string path_of(const Outcome& outcome);
// "allowed 200 hbone sidecar,ztunnel" : verdict, status, transport, path; the shape most tests compare.
std::string summary(const Outcome& outcome);
// Every reason and hop reason carries its rule id: true if one of them is `rule`.
bool cites(const Outcome& outcome, std::string_view rule);
const PolicyFinding* finding(const Outcome& outcome, std::string_view policy);

// A namespace with Deployments and Services in every mode, as most tests need: cluster `echo` with workloads
// ambient, sidecar, legacy, plain, each `app` on container port 8080 behind Service port 80 (http), 9090 (tcp), 81 (no
// protocol).
std::string echo_mesh(std::string_view extra = {});

}  // namespace meshsim::models::testing
