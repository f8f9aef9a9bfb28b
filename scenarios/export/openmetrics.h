#pragma once
// OpenMetrics: the series of a run as Prometheus would have scraped them: every series with all its samples, every 15 s
// of simulated time, the first with value 0. Streams series by series; memory holds the label sets, not the samples.
#include "scenarios/export/output_files.h"
#include "scenarios/export/recording.h"

namespace meshsim::scenarios {

void write_openmetrics(const RunResult& run, const Recording& recording, OutputFile& out);

}  // namespace meshsim::scenarios
