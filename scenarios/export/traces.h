#pragma once
// Traces of a run: traces.otlp.json, OpenTelemetry's TracesData as JSON (one resource per proxy and request, ids in hex
// as OTLP/JSON has them), with the spans that Envoys create for a sampled request (TM-160..TM-166): where one proxy
// does not understand the context of the one before, a second trace begins, as it would in the backend. Where
// applications call others, a trace holds what its request caused (call_trees.h). And
// timeline.chrome.json: when each request was at which proxy, for Perfetto or chrome://tracing.
#include "scenarios/export/call_trees.h"
#include "scenarios/export/output_files.h"
#include "scenarios/export/recording.h"

namespace meshsim::scenarios {

void write_otlp(const Recording& recording, const std::vector<TreeRequest>& trees, OutputFile& out);
void write_timeline(const Recording& recording, OutputFile& out);

}  // namespace meshsim::scenarios
