#include "viz/charts/registry.h"

#include <QCoreApplication>

#include "viz/charts/presenters.h"
#include "viz/charts/simulation_presenters.h"

namespace meshsim::viz {

std::vector<ChartEntry> chart_entries() {
  const auto tr = [](const char* text) { return QCoreApplication::translate("Charts", text); };
  const QString no_policy = tr("No policy concerns these flows."), no_flow = tr("There are no flows."),
                no_run = tr("Not simulated. Run > Simulate (F6) runs the traffic of the scenario.");
  return {
      {QStringLiteral("chart-points"), tr("Enforcement points"),
       [](const Analysis& a) { return draw_bars(policies_by_point(a)); }, no_policy},
      {QStringLiteral("chart-paths"), tr("Policy \u00d7 path"),
       [](const Analysis& a) { return draw_matrix(policy_by_path(a)); }, no_policy},
      {QStringLiteral("chart-telemetry"), tr("Telemetry coverage"),
       [](const Analysis& a) { return draw_matrix(telemetry_coverage(a)); }, no_flow},
      {QStringLiteral("chart-verdicts"), tr("Before / after"),
       [](const Analysis& a) { return draw_bars(verdicts_compared(a)); }, no_flow},
      {QStringLiteral("chart-transitions"), tr("Verdict changes"),
       [](const Analysis& a) { return draw_matrix(verdict_transitions(a)); }, no_flow},
      {QStringLiteral("chart-latency"), tr("Latency"),
       [](const Analysis& a) { return draw_lines(latency_distribution(a)); }, no_run, true},
      {QStringLiteral("chart-over-time"), tr("Over time"),
       [](const Analysis& a) { return draw_lines(latency_over_time(a)); }, no_run, true},
      {QStringLiteral("chart-parts"), tr("Where time goes"),
       [](const Analysis& a) { return draw_bars(time_by_part(a)); }, no_run, true},
      {QStringLiteral("chart-hops"), tr("Hops"), [](const Analysis& a) { return draw_bars(time_by_hop(a)); }, no_run,
       true},
      {QStringLiteral("chart-reporters"), tr("Reporters"),
       [](const Analysis& a) { return draw_lines(requests_by_reporter(a)); }, no_run, true},
      {QStringLiteral("chart-utilisation"), tr("Utilisation"),
       [](const Analysis& a) { return draw_bars(utilisation(a)); }, no_run, true},
  };
}

}  // namespace meshsim::viz
