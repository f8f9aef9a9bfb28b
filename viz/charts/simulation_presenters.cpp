#include "viz/charts/simulation_presenters.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "models/simulation/result.h"

namespace meshsim::viz {

using namespace models;

namespace {

constexpr int kQuantiles = 400;
constexpr std::size_t kMostBars = 24, kMostLines = 8;

double ms(double ns) { return ns / 1e6; }

// Flows with latencies, those with most requests first; and their place in the run.
std::vector<const FlowStatistics*> busiest(const SimulationResult& simulation, std::size_t most) {
  std::vector<const FlowStatistics*> out;
  for (const FlowStatistics& f : simulation.flows)
    if (f.latency.count() > 0) out.push_back(&f);
  std::stable_sort(out.begin(), out.end(),
                   [](const FlowStatistics* a, const FlowStatistics* b) { return a->started > b->started; });
  if (out.size() > most) out.resize(most);
  return out;
}

FlowSet flows_named(const Analysis& analysis, const std::string& name) {
  FlowSet out;
  for (std::size_t i = 0; i < analysis.run.flows.size(); ++i)
    if (analysis.run.flows[i].result.flow.name == name) out.insert(i);
  return out;
}

std::vector<ProxyKind> path_of(const Outcome& o) {
  std::vector<ProxyKind> out;
  for (const Hop& hop : o.hops) out.push_back(hop.proxy);
  return out;
}

std::vector<std::pair<double, double>> per_second(const std::vector<double>& counts, std::int64_t sample_ns) {
  std::vector<std::pair<double, double>> out;
  const double width = static_cast<double>(sample_ns) / 1e9;
  for (std::size_t i = 0; i < counts.size(); ++i)
    out.emplace_back((static_cast<double>(i) + 0.5) * width, width > 0 ? counts[i] / width : 0);
  return out;
}

}  // namespace

LineData latency_distribution(const Analysis& analysis) {
  LineData out;
  out.title = "Latency distribution";
  out.x_title = "latency, ms";
  out.y_title = "share of requests";
  out.log_x = true;
  if (analysis.run.simulation == nullptr) return out;
  double worst = 0;
  std::string name;
  for (const FlowStatistics* f : busiest(*analysis.run.simulation, kMostLines)) {
    LineData::Series series;
    series.name = f->flow;
    series.number = static_cast<int>(out.series.size());
    series.dashed = out.series.size() % 2 == 1;
    series.flows = flows_named(analysis, f->flow);
    for (int i = 0; i <= kQuantiles; ++i) {
      const double q = static_cast<double>(i) / kQuantiles;
      series.points.emplace_back(ms(static_cast<double>(f->latency.quantile(q))), q);
    }
    if (const double p99 = ms(static_cast<double>(f->latency.quantile(0.99))); p99 > worst) {
      worst = p99;
      name = f->flow;
    }
    out.series.push_back(std::move(series));
  }
  if (!out.series.empty()) out.finding = fmt::format("slowest by p99: {} with {:.3g} ms", name, worst);
  return out;
}

LineData latency_over_time(const Analysis& analysis) {
  LineData out;
  out.title = "Mean latency over time";
  out.x_title = "simulated time, s";
  out.y_title = "ms";
  if (analysis.run.simulation == nullptr) return out;
  const SimulationResult& simulation = *analysis.run.simulation;
  const double width = static_cast<double>(simulation.sample_ns) / 1e9;
  for (const FlowStatistics* f : busiest(simulation, kMostLines)) {
    LineData::Series series;
    series.name = f->flow;
    series.number = static_cast<int>(out.series.size());
    series.flows = flows_named(analysis, f->flow);
    for (std::size_t i = 0; i < f->finished_samples.size() && i < f->latency_sum_samples.size(); ++i)
      if (f->finished_samples[i] > 0)
        series.points.emplace_back(
            (static_cast<double>(i) + 0.5) * width,
            ms(static_cast<double>(f->latency_sum_samples[i]) / static_cast<double>(f->finished_samples[i])));
    if (!series.points.empty()) out.series.push_back(std::move(series));
  }
  out.finding = fmt::format("intervals of {:.3g} s", width);
  return out;
}

BarData time_by_part(const Analysis& analysis) {
  BarData out;
  out.title = "Where the time goes";
  out.value_title = "ms per request, mean";
  if (analysis.run.simulation == nullptr) return out;
  const auto flows = busiest(*analysis.run.simulation, kMostBars);
  if (flows.empty()) return out;
  for (std::size_t part = 0; part < kTimeParts; ++part) {
    BarData::Series series;
    series.name = to_string(static_cast<TimePart>(part));
    series.look.number = static_cast<int>(part);
    series.look.hatched = static_cast<TimePart>(part) == TimePart::Queue;
    for (const FlowStatistics* f : flows) {
      series.values.push_back(ms(static_cast<double>(f->part_ns[part]) / static_cast<double>(f->latency.count())));
      series.flows.push_back(flows_named(analysis, f->flow));
    }
    out.series.push_back(std::move(series));
  }
  for (const FlowStatistics* f : flows) out.categories.push_back(f->flow);
  out.finding = fmt::format("{} flows, those with most requests first", flows.size());
  return out;
}

BarData time_by_hop(const Analysis& analysis) {
  BarData out;
  out.title = "Time on each hop";
  out.value_title = "ms per request, mean";
  if (analysis.run.simulation == nullptr) return out;
  BarData::Series waiting, serving;
  waiting.name = "waiting";
  waiting.look = {{}, {}, 1, true};
  serving.name = "serving";
  serving.look.number = 0;
  for (const FlowStatistics* f : busiest(*analysis.run.simulation, kMostLines))
    for (const HopLatency& hop : f->hops) {
      const auto count = static_cast<double>(hop.sojourn.count());
      if (count <= 0 || out.categories.size() >= kMostBars) continue;
      out.categories.push_back(f->flow + ": " + hop.proxy + ' ' + hop.name);
      waiting.values.push_back(ms(static_cast<double>(hop.queue_ns) / count));
      serving.values.push_back(std::max(0.0, ms(hop.sojourn.mean()) - waiting.values.back()));
      waiting.flows.push_back(flows_named(analysis, f->flow));
      serving.flows.push_back(waiting.flows.back());
    }
  if (out.categories.empty()) return out;
  out.series = {std::move(serving), std::move(waiting)};
  out.finding = fmt::format("{} hops", out.categories.size());
  return out;
}

LineData requests_by_reporter(const Analysis& analysis) {
  LineData out;
  out.title = "Requests by reporter";
  out.x_title = "simulated time, s";
  out.y_title = "requests/s";
  if (analysis.run.simulation == nullptr) return out;
  const SimulationResult& simulation = *analysis.run.simulation;
  std::map<std::string, std::vector<double>> by_reporter;
  std::map<std::string, FlowSet> flows;
  for (const FlowStatistics& f : simulation.flows)
    for (const OutcomeCount& counted : f.outcomes) {
      std::set<std::string> reporters;
      const FlowSet places = flows_named(analysis, f.flow);
      for (const std::size_t place : places)
        for (const Outcome& o : analysis.run.flows[place].result.outcomes)
          if (o.verdict == counted.verdict && path_of(o) == counted.path)
            for (const Metric& m : o.telemetry.metrics)
              if (m.name == "istio_requests_total") reporters.insert(m.reporter);
      if (reporters.empty()) reporters.insert("nobody");
      for (const std::string& reporter : reporters) {
        std::vector<double>& sum = by_reporter[reporter];
        if (sum.size() < counted.samples.size()) sum.resize(counted.samples.size(), 0);
        for (std::size_t i = 0; i < counted.samples.size(); ++i) sum[i] += static_cast<double>(counted.samples[i]);
        flows[reporter].insert(places.begin(), places.end());
      }
    }
  for (const auto& [reporter, counts] : by_reporter) {
    LineData::Series series;
    series.name = reporter;
    series.number = static_cast<int>(out.series.size());
    series.points = per_second(counts, simulation.sample_ns);
    series.flows = flows[reporter];
    out.series.push_back(std::move(series));
  }
  out.finding =
      by_reporter.contains("nobody") ? "some requests are reported by nobody" : "every request is reported by somebody";
  return out;
}

BarData utilisation(const Analysis& analysis) {
  BarData out;
  out.title = "How busy the proxies are";
  out.value_title = "share of the workers' time, %";
  if (analysis.run.simulation == nullptr) return out;
  std::vector<std::pair<double, std::string>> busy;
  for (const ProxyStatistics& p : analysis.run.simulation->proxies) {
    const double time = static_cast<double>(p.observed_ns) * p.workers;
    if (time > 0 && p.jobs > 0) busy.emplace_back(static_cast<double>(p.busy_ns) / time * 100, p.proxy + ' ' + p.name);
  }
  std::stable_sort(busy.begin(), busy.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  if (busy.size() > kMostBars) busy.resize(kMostBars);
  if (busy.empty()) return out;
  BarData::Series series;
  series.name = "busy";
  for (const auto& [share, name] : busy) {
    out.categories.push_back(name);
    series.values.push_back(share);
    series.flows.emplace_back();
  }
  out.finding = fmt::format("busiest: {} at {:.3g} %", busy.front().second, busy.front().first);
  out.series.push_back(std::move(series));
  return out;
}

}  // namespace meshsim::viz
