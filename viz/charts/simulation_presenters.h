#pragma once
// Presenters of a simulated run (scenarios/run/simulation_run.h): where the time goes, who reports, who is busy. They
// divide and sort what was counted. Without a simulation they give empty data. No Qt.
#include "viz/charts/chart_data.h"
#include "viz/session/analysis.h"

namespace meshsim::viz {

LineData latency_distribution(const Analysis& analysis);
LineData latency_over_time(const Analysis& analysis);
BarData time_by_part(const Analysis& analysis);
BarData time_by_hop(const Analysis& analysis);
// Requests in each interval by who reports them (istio_requests_total); what ztunnels count are connections, not
// requests.
LineData requests_by_reporter(const Analysis& analysis);
BarData utilisation(const Analysis& analysis);

}  // namespace meshsim::viz
