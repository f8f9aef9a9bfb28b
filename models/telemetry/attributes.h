#pragma once
// Attributes of one Envoy stream for CEL expressions of the Telemetry API: request.*, response.*, source.*,
// destination.*, connection.*, upstream.*, filter_state.*_peer.labels, xds.*, node.* (TM-174). What meshsim does not
// model (bodies, durations, filter state of Wasm) does not exist here, and an expression on it becomes `unknown`.
#include "models/telemetry/cel.h"
#include "models/telemetry/envoy_series.h"

namespace meshsim::models {

CelLookup attributes_of(const EnvoyStream& stream);

}  // namespace meshsim::models
