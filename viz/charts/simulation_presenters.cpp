#include "viz/charts/simulation_presenters.h"

#include <algorithm>
#include <map>

#include "models/simulation/capacity.h"
#include "models/simulation/result.h"
#include "models/telemetry/telemetry.h"
#include "scenarios/run/simulation_run.h"
#include "viz/look/words.h"

namespace meshsim::viz {

using namespace models;

namespace {

constexpr int kQuantiles = 400;
constexpr int kWaiting = 5;  // of series_colour
constexpr const char *kNobody = "nobody", *kUnknown = "?";
constexpr std::size_t kMostBars = 24, kMostLines = 8, kMostBands = 3;

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

std::vector<std::pair<double, double>> per_second(const std::vector<double>& counts, std::int64_t sample_ns,
                                                  std::int64_t duration_ns) {
  std::vector<std::pair<double, double>> out;
  const double width = static_cast<double>(sample_ns) / 1e9;
  // The interval behind the end holds what ended late and is no whole one.
  for (std::size_t i = 0; i < counts.size() && static_cast<std::int64_t>(i + 1) * sample_ns <= duration_ns; ++i)
    out.emplace_back((static_cast<double>(i) + 0.5) * width, width > 0 ? counts[i] / width : 0);
  return out;
}

// What judge says of the flows in the configurations of the run: a timeline changes paths, and with them who reports.
// Asked only for small meshes, since a chart must not keep the window waiting; else what held at the start is all there
// is.
class JudgedOverTime {
 public:
  explicit JudgedOverTime(const Analysis& analysis) : analysis_(analysis) {
    const auto& scenario = analysis.loaded().scenario;
    if (!scenario.timeline.empty() && scenario.timeline.size() * scenario.flows.size() <= kMostJudged)
      worlds_ = scenarios::prepare_simulation(analysis.loaded()).input.epochs;
  }

  std::set<std::string> reporters(const std::string& flow, const OutcomeCount& counted) {
    std::set<std::string> out;
    bool known = false;
    for (std::size_t i = 0; i < analysis_.run.flows.size(); ++i) {
      if (analysis_.run.flows[i].result.flow.name != flow) continue;
      for (const Outcome& o : outcomes(i, counted.epoch)) {
        if (o.verdict != counted.verdict || path_of(o) != counted.path) continue;
        known = true;
        for (const Metric& m : o.telemetry.metrics)
          if (m.name == "istio_requests_total") out.insert(m.reporter);
      }
    }
    if (out.empty()) out.insert(known ? kNobody : kUnknown);
    return out;
  }

 private:
  const std::vector<Outcome>& outcomes(std::size_t flow, std::size_t epoch) {
    const FlowResult& at_start = analysis_.run.flows[flow].result;
    if (epoch >= worlds_.size()) return at_start.outcomes;
    const auto [it, fresh] = judged_.try_emplace({flow, epoch});
    if (fresh) {
      const World& world = worlds_[epoch].world;
      it->second = judge(world, at_start.flow).outcomes;
      for (Outcome& o : it->second) o.telemetry = telemetry_of(world, at_start.flow, o);
    }
    return it->second;
  }

  static constexpr std::size_t kMostJudged = 200;
  const Analysis& analysis_;
  std::vector<Epoch> worlds_;
  std::map<std::pair<std::size_t, std::size_t>, std::vector<Outcome>> judged_;
};

}  // namespace

LineData latency_distribution(const Analysis& analysis) {
  LineData out;
  out.title = words("Words", "Latency distribution");
  out.x_title = words("Words", "latency, ms");
  out.y_title = words("Words", "share of requests");
  out.log_x = true;
  if (analysis.run.simulation == nullptr) return out;
  double worst = 0;
  std::string name;
  for (const FlowStatistics* f : busiest(*analysis.run.simulation, kMostLines)) {
    LineData::Series series;
    series.name = f->flow;
    series.number = static_cast<int>(out.series.size());
    series.dashed = (out.series.size() + out.series.size() / 6) % 2 == 1;  // six hues
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
  if (!out.series.empty())
    out.finding = worded(words("Words", "slowest by p99: {} with {} ms"), name, short_number(worst));
  return out;
}

LineData latency_over_time(const Analysis& analysis) {
  LineData out;
  out.title = words("Words", "Latency over time");
  out.x_title = words("Words", "simulated time, s");
  out.y_title = words("Words", "latency, ms");
  out.over_time = true;
  if (analysis.run.simulation == nullptr) return out;
  const SimulationResult& simulation = *analysis.run.simulation;
  const double width = static_cast<double>(simulation.sample_ns) / 1e9;
  double worst = 0, when = 0;
  std::string slowest;
  for (const FlowStatistics* f : busiest(simulation, kMostBands)) {
    const LatencyIntervals& latency = f->latency_samples;
    LineData::Series lines[3];
    const std::pair<const char*, double> quantiles[] = {{" p50", 0.5}, {" p90", 0.9}, {" p99", 0.99}};
    for (std::size_t q = 0; q < 3; ++q) {
      lines[q].name = f->flow + quantiles[q].first;
      lines[q].number = static_cast<int>(out.bands.size());
      lines[q].flows = flows_named(analysis, f->flow);
    }
    for (std::size_t i = 0; i < latency.size(); ++i) {
      if (latency.count(i) == 0 || static_cast<std::int64_t>(i) * simulation.sample_ns >= simulation.duration_ns)
        continue;
      const double at = (static_cast<double>(i) + 0.5) * width;
      for (std::size_t q = 0; q < 3; ++q)
        lines[q].points.emplace_back(at, ms(static_cast<double>(latency.quantile(i, quantiles[q].second))));
      if (lines[2].points.back().second > worst) {
        worst = lines[2].points.back().second;
        when = at;
        slowest = f->flow;
      }
    }
    if (lines[0].points.empty()) continue;
    out.bands.push_back({out.series.size(), out.series.size() + 1, f->flow});
    for (LineData::Series& line : lines) out.series.push_back(std::move(line));
  }
  if (!out.series.empty())
    out.finding = worded(
        words("Words", "greatest p99: {} with {} ms at {:.4g} s; intervals of {:.3g} s; lines p99, bands p50\u2013p90"),
        slowest, short_number(worst), when, width);
  return out;
}

BarData time_by_part(const Analysis& analysis) {
  BarData out;
  out.title = words("Words", "Where the time goes");
  out.value_title = words("Words", "ms per request, mean");
  if (analysis.run.simulation == nullptr) return out;
  const auto flows = busiest(*analysis.run.simulation, kMostBars);
  if (flows.empty()) return out;
  for (std::size_t part = 0; part < kTimeParts; ++part) {
    BarData::Series series;
    series.name = to_string(static_cast<TimePart>(part));
    // Queues look the same in all charts.
    series.look.number = static_cast<TimePart>(part) == TimePart::Queue   ? kWaiting
                         : static_cast<TimePart>(part) == TimePart::Proxy ? 0
                                                                          : static_cast<int>(part);
    series.look.hatched = static_cast<TimePart>(part) == TimePart::Queue;
    for (const FlowStatistics* f : flows) {
      series.values.push_back(ms(static_cast<double>(f->part_ns[part]) / static_cast<double>(f->latency.count())));
      series.flows.push_back(flows_named(analysis, f->flow));
    }
    out.series.push_back(std::move(series));
  }
  for (const FlowStatistics* f : flows) out.categories.push_back(f->flow);
  out.finding = worded(words("Words", "{} flows, those with most requests first"), flows.size());
  return out;
}

BarData time_by_hop(const Analysis& analysis) {
  BarData out;
  out.title = words("Words", "Time on each hop");
  out.value_title = words("Words", "ms per request, mean");
  if (analysis.run.simulation == nullptr) return out;
  BarData::Series waiting, serving;
  waiting.name = words("Words", "waiting");
  waiting.look = {{}, {}, kWaiting, true};
  serving.name = words("Words", "serving");
  serving.look.number = 0;
  std::size_t all = 0;
  for (const FlowStatistics* f : busiest(*analysis.run.simulation, kMostLines))
    for (const HopLatency& hop : f->hops) {
      const auto count = static_cast<double>(hop.sojourn.count());
      if (count <= 0) continue;
      ++all;
      if (out.categories.size() >= kMostBars) continue;
      out.categories.push_back(f->flow + ": " + hop.proxy + ' ' + hop.name);
      waiting.values.push_back(ms(static_cast<double>(hop.queue_ns) / count));
      serving.values.push_back(std::max(0.0, ms(hop.sojourn.mean()) - waiting.values.back()));
      waiting.flows.push_back(flows_named(analysis, f->flow));
      serving.flows.push_back(waiting.flows.back());
    }
  if (out.categories.empty()) return out;
  out.series = {std::move(serving), std::move(waiting)};
  out.finding = all > out.categories.size()
                    ? worded(words("Words", "{} of {} hops, of the busiest flows"), out.categories.size(), all)
                    : worded(words("Words", "{} hops"), all);
  return out;
}

LineData requests_by_reporter(const Analysis& analysis) {
  LineData out;
  out.title = words("Words", "Requests by reporter");
  out.x_title = words("Words", "simulated time, s");
  out.y_title = words("Words", "requests/s");
  out.over_time = true;
  if (analysis.run.simulation == nullptr) return out;
  const SimulationResult& simulation = *analysis.run.simulation;
  JudgedOverTime judged(analysis);
  std::map<std::string, std::vector<double>> by_reporter;
  std::map<std::string, FlowSet> flows;
  for (const FlowStatistics& f : simulation.flows)
    for (const OutcomeCount& counted : f.outcomes) {
      const FlowSet places = flows_named(analysis, f.flow);
      const std::set<std::string> reporters = judged.reporters(f.flow, counted);
      for (const std::string& reporter : reporters) {
        std::vector<double>& sum = by_reporter[reporter];
        if (sum.size() < counted.samples.size()) sum.resize(counted.samples.size(), 0);
        for (std::size_t i = 0; i < counted.samples.size(); ++i) sum[i] += static_cast<double>(counted.samples[i]);
        flows[reporter].insert(places.begin(), places.end());
      }
    }
  for (const auto& [reporter, counts] : by_reporter) {
    LineData::Series series;
    series.name = reporter == kNobody    ? words("Words", "nobody")
                  : reporter == kUnknown ? words("Words", "not known")
                                         : reporter;
    series.number = static_cast<int>(out.series.size());
    series.dashed = out.series.size() % 2 == 1;  // a hundred points; lines often lie on each other
    series.points = per_second(counts, simulation.sample_ns, simulation.duration_ns);
    series.flows = flows[reporter];
    out.series.push_back(std::move(series));
  }
  out.finding = by_reporter.contains(kNobody) ? words("Words", "some requests are reported by nobody")
                                              : words("Words", "every request is reported by somebody");
  if (by_reporter.contains(kUnknown))
    out.finding += words("Words", "; who reports those that met a change half way is not known");
  return out;
}

BarData utilisation(const Analysis& analysis) {
  BarData out;
  out.title = words("Words", "How busy the proxies are");
  out.value_title = words("Words", "share of the workers' time, %");
  out.stacked = false;
  if (analysis.run.simulation == nullptr) return out;
  std::vector<std::pair<double, const ProxyStatistics*>> busy;
  for (const ProxyStatistics& p : analysis.run.simulation->proxies) {
    const double time = static_cast<double>(p.observed_ns) * p.workers;
    if (time > 0 && p.jobs > 0) busy.emplace_back(static_cast<double>(p.busy_ns) / time * 100, &p);
  }
  std::stable_sort(busy.begin(), busy.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  if (busy.size() > kMostBars) busy.resize(kMostBars);
  if (busy.empty()) return out;
  // Who passes a proxy: the flows with a hop of its kind and name.
  std::map<std::pair<std::string, std::string>, FlowSet> passing;
  for (std::size_t i = 0; i < analysis.run.flows.size(); ++i)
    for (const Outcome& o : analysis.run.flows[i].result.outcomes) {
      for (const Hop& hop : o.hops) passing[{std::string(to_string(hop.proxy)), hop.name}].insert(i);
      if (o.destination_workload != Hop::npos) {
        const Workload& w = analysis.mesh().workloads[o.destination_workload];
        passing[{"application", w.ns + '/' + w.name}].insert(i);
      }
    }
  BarData::Series simulated, expected;
  simulated.name = words("Words", "simulated");
  expected.name = words("Words", "by the traffic equations");
  expected.look.number = 4;
  expected.look.hatched = true;
  for (const auto& [share, p] : busy) {
    out.categories.push_back(p->proxy + ' ' + p->name);
    simulated.values.push_back(share);
    FlowSet flows;
    for (const std::string& name : {p->name, p->workload})
      if (const auto it = passing.find({p->proxy, name}); it != passing.end())
        flows.insert(it->second.begin(), it->second.end());
    simulated.flows.push_back(flows);
    expected.flows.push_back(std::move(flows));
    double load = 0;
    if (analysis.run.capacity != nullptr)
      for (const StationLoad& station : analysis.run.capacity->stations)
        if (station.proxy == p->proxy && station.name == p->name) load = station.utilisation * 100;
    expected.values.push_back(load);
  }
  out.finding = worded(words("Words", "busiest: {} at {:.3g} %"), out.categories.front(), busy.front().first);
  if (const auto& c = analysis.run.capacity; c != nullptr && c->bottleneck && c->offered_per_second > 0)
    out.finding += worded(words("Words", "; {} saturates first, at {:.3g} times this traffic"), *c->bottleneck,
                          c->sustainable_per_second / c->offered_per_second);
  out.series.push_back(std::move(simulated));
  if (analysis.run.capacity != nullptr) out.series.push_back(std::move(expected));
  if (busy.front().first > 20) {  // else the bars would be too short to compare
    out.limit = 100;
    out.limit_name = words("Words", "capacity");
  }
  return out;
}

}  // namespace meshsim::viz
