#include "viz/charts/registry.h"

#include <QCoreApplication>

#include "viz/charts/presenters.h"
#include "viz/charts/simulation_presenters.h"

namespace meshsim::viz {

std::vector<ChartEntry> chart_entries() {
  const auto translate = [](const char* context, const char* text) {
    return QCoreApplication::translate(context, text);
  };
  const QString no_policy = translate("Charts", "No policy concerns these flows."),
                no_flow = translate("Charts", "There are no flows."),
                no_run = translate("Charts", "Not simulated. Run > Simulate (F6) runs the traffic of the scenario.");
  return {
      {QStringLiteral("chart-points"), translate("Charts", "Enforcement"),
       translate("Charts", "Policy decisions by enforcement point"),
       [](const Analysis& a) { return draw_bars(policies_by_point(a)); }, no_policy},
      {QStringLiteral("chart-paths"), translate("Charts", "Paths"),
       translate("Charts", "Each policy on each kind of path"),
       [](const Analysis& a) { return draw_matrix(policy_by_path(a)); }, no_policy},
      {QStringLiteral("chart-telemetry"), translate("Charts", "Telemetry"),
       translate("Charts", "Which path emits which signal"),
       [](const Analysis& a) { return draw_matrix(telemetry_coverage(a)); }, no_flow},
      {QStringLiteral("chart-verdicts"), translate("Charts", "Verdicts"),
       translate("Charts", "Verdicts before and after the change"),
       [](const Analysis& a) { return draw_bars(verdicts_compared(a)); }, no_flow},
      {QStringLiteral("chart-transitions"), translate("Charts", "Flips"),
       translate("Charts", "From which verdict to which"),
       [](const Analysis& a) { return draw_matrix(verdict_transitions(a)); }, no_flow},
      {QStringLiteral("chart-latency"), translate("Charts", "Latency"),
       translate("Charts", "How long requests take, as a distribution"),
       [](const Analysis& a) { return draw_lines(latency_distribution(a)); }, no_run, true},
      {QStringLiteral("chart-over-time"), translate("Charts", "Over time"),
       translate("Charts", "How long requests take, over the simulated time"),
       [](const Analysis& a) { return draw_lines(latency_over_time(a)); }, no_run, true},
      {QStringLiteral("chart-parts"), translate("Charts", "Time"),
       translate("Charts", "What the time of a request is spent on"),
       [](const Analysis& a) { return draw_bars(time_by_part(a)); }, no_run, true},
      {QStringLiteral("chart-hops"), translate("Charts", "Hops"), translate("Charts", "The time on each hop"),
       [](const Analysis& a) { return draw_bars(time_by_hop(a)); }, no_run, true},
      {QStringLiteral("chart-reporters"), translate("Charts", "Reporters"),
       translate("Charts", "Who reports how many requests, over the simulated time"),
       [](const Analysis& a) { return draw_lines(requests_by_reporter(a)); }, no_run, true},
      {QStringLiteral("chart-utilisation"), translate("Charts", "Load"),
       translate("Charts", "How busy the proxies are"), [](const Analysis& a) { return draw_bars(utilisation(a)); },
       no_run, true},
  };
}

}  // namespace meshsim::viz
