#pragma once
// Presenters: an analysis becomes the data of one chart. They count and sort what outcomes state. No Qt.
#include "viz/charts/chart_data.h"
#include "viz/session/analysis.h"

namespace meshsim::viz {

// How many policy decisions fell at each enforcement point, by status; the bypassed ones have none.
BarData policies_by_point(const Analysis& analysis);
// Each policy on each kind of path: the most alarming status, and how often.
MatrixData policy_by_path(const Analysis& analysis);
// Which share of the flows of each path emits which signal.
MatrixData telemetry_coverage(const Analysis& analysis);
// Verdicts before and after the change; without a comparison the verdicts alone.
BarData verdicts_compared(const Analysis& analysis);
// From which verdict to which: cells off the diagonal are the news.
MatrixData verdict_transitions(const Analysis& analysis);

}  // namespace meshsim::viz
