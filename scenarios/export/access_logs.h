#pragma once
// Access logs of a run as the proxies' containers would have written them, one file per proxy:
// logs/<namespace>/<pod>/istio-proxy.log, one line per request or connection. Envoys in their own formats
// (models/telemetry/log_format.h), ztunnels as text or JSON (TM-080..TM-087). Lines stand in the order of their times:
// of the end of the request or connection, of its beginning where the line speaks of that. Requests that the simulation
// recorded have their own times; the others of the same ending are spread evenly over their scrape interval and take
// the durations of recorded ones in turn.
#include "scenarios/export/output_files.h"
#include "scenarios/export/recording.h"

namespace meshsim::scenarios {

void write_access_logs(const RunResult& run, const Recording& recording, const ExportOptions& options,
                       OutputFiles& files);

}  // namespace meshsim::scenarios
