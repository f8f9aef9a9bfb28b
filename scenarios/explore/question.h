#pragma once
// Questions: the flows that meshsim asks by itself where manifests bring none: one client of every population (the
// matrix's words: sidecar, sidecar-legacy, ambient, none, gateway, outside) to every Service port; and one flow typed
// by hand, as "client/curl -> reviews.bookinfo:9080 GET /reviews/1".
#include <string>
#include <string_view>
#include <vector>

#include "models/dataplane/world.h"
#include "models/value/tree.h"
#include "scenarios/explore/edit.h"
#include "scenarios/read/scenario.h"

namespace meshsim::scenarios {

// The list as the next value of the builder.
void write_questions(models::TreeBuilder& builder, const models::World& world);

// from: "ns/workload", "outside", "outside 203.0.113.7" or "gateway ns/name". to: "host:port", "pod ns/workload:port"
// or "host:port at ns/gateway". request: "METHOD /path", empty for GET /; with protocol tcp or tls it is not read.
TypedText typed_flow(std::string_view from, std::string_view to, std::string_view protocol, std::string_view request);

// The flow that a typed text stands for, decoded as in a scenario. `broken`: it is none.
std::vector<ScenarioFlow> flows_of_typed(const TypedText& typed, models::Diagnostics& diagnostics, bool& broken);

}  // namespace meshsim::scenarios
