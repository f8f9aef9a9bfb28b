#pragma once
// Spans that the Envoys on the path create for one sampled request whose application propagates headers
// (TM-160..TM-165). Ztunnel creates none, and the CONNECT of an HBONE tunnel is never part of a trace.
#include <vector>

#include "models/telemetry/envoy_series.h"

namespace meshsim::models {

// Appends the spans of this proxy; `parent` is the span that encloses them and becomes the innermost of them.
void add_spans(const EnvoyStream& stream, const TracingRule& rule, std::string& parent, std::vector<Span>& out);

}  // namespace meshsim::models
