#pragma once
// Spans that the Envoys on the path create for one sampled request whose application propagates headers
// (TM-160..TM-165). Ztunnel creates none, and the CONNECT of an HBONE tunnel is never part of a trace.
#include <vector>

#include "models/telemetry/envoy_series.h"

namespace meshsim::models {

// What travels in the headers between two Envoys.
struct TraceContext {
  std::string parent;                     // the innermost span until now; empty: none
  std::vector<std::string_view> formats;  // header formats that carry it (TM-162): w3c, b3, datadog, sw8
};

// Appends the spans of this proxy. Its first span has a parent where one of the formats that it reads carries one:
// otherwise the trace is broken here and a new one begins (TM-162, TM-166). `context` becomes what this proxy sends on.
void add_spans(const EnvoyStream& stream, const TracingRule& rule, TraceContext& context, std::vector<Span>& out);

}  // namespace meshsim::models
