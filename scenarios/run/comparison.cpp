#include "scenarios/run/comparison.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "scenarios/run/parallel.h"
#include "sim/analysis/confidence.h"

namespace meshsim::scenarios {

using models::FlowStatistics;
using models::ProxyStatistics;
using models::SimulationResult;

namespace {

using Values = std::vector<double>;  // by replication

ComparedValue compared(std::string name, std::string unit, const Values& before, const Values& after) {
  ComparedValue out;
  out.name = std::move(name);
  out.unit = std::move(unit);
  const auto paired = sim::analysis::paired_difference(after, before);
  out.before = sim::analysis::confidence(before).mean;
  out.after = sim::analysis::confidence(after).mean;
  out.difference = paired.mean;
  out.paired = paired.half_width;
  out.unpaired = sim::analysis::independent_difference(after, before).half_width;
  return out;
}

const FlowStatistics* flow_named(const SimulationResult& result, const std::string& name) {
  for (const FlowStatistics& flow : result.flows)
    if (flow.flow == name) return &flow;
  return nullptr;
}

double failures(const FlowStatistics& flow) {
  std::uint64_t allowed = 0;
  for (const models::OutcomeCount& o : flow.outcomes)
    if (o.verdict == models::Verdict::Allowed && o.cause.empty()) allowed += o.count;
  return 1 - static_cast<double>(allowed) / static_cast<double>(flow.finished);
}

// CPU and memory of one replication by kind of proxy; "all" is the sum.
std::map<std::string, std::pair<double, double>> costs_of(const SimulationResult& result) {
  std::map<std::string, std::pair<double, double>> out;
  for (const ProxyStatistics& p : result.proxies) {
    if (p.proxy == "application" || p.observed_ns == 0) continue;
    const double cores = static_cast<double>(p.cpu_ns) / static_cast<double>(p.observed_ns);
    for (const std::string& kind : {p.proxy, std::string("all")}) {
      out[kind].first += cores;
      out[kind].second += static_cast<double>(p.memory_bytes);
    }
  }
  return out;
}

class Comparer {
 public:
  Comparer(const std::vector<SimulationResult>& before, const std::vector<SimulationResult>& after)
      : before_(before), after_(after) {}

  void flows(Comparison& out) const {
    std::set<std::string> seen;
    for (const std::vector<SimulationResult>* side : {&after_, &before_})
      for (const FlowStatistics& flow : side->front().flows) {
        if (!seen.insert(flow.flow).second) continue;
        if (asked(before_, flow.flow) && asked(after_, flow.flow))
          out.flows.push_back({flow.flow, values(flow.flow)});
        else if (asked(before_, flow.flow) != asked(after_, flow.flow))
          out.only_one_side.push_back(flow.flow);
      }
  }

  void totals(Comparison& out) const {
    std::map<std::string, std::array<Values, 4>> sums;  // by kind: CPU before and after, memory before and after
    for (const int side : {0, 1})
      for (const SimulationResult& one : side == 0 ? before_ : after_)
        for (const auto& [kind, cost] : costs_of(one)) sums[kind];
    for (auto& [kind, lists] : sums)
      for (std::size_t i = 0; i < before_.size(); ++i) {
        const auto old_costs = costs_of(before_[i]), new_costs = costs_of(after_[i]);
        const auto a = old_costs.find(kind), b = new_costs.find(kind);
        lists[0].push_back(a == old_costs.end() ? 0 : a->second.first);
        lists[1].push_back(b == new_costs.end() ? 0 : b->second.first);
        lists[2].push_back(a == old_costs.end() ? 0 : a->second.second);
        lists[3].push_back(b == new_costs.end() ? 0 : b->second.second);
      }
    for (const auto& [kind, lists] : sums) out.totals.push_back(compared("cpu " + kind, "cores", lists[0], lists[1]));
    for (const auto& [kind, lists] : sums)
      out.totals.push_back(compared("memory " + kind, "bytes", lists[2], lists[3]));
  }

 private:
  // Requests after the warm-up in every replication.
  static bool asked(const std::vector<SimulationResult>& side, const std::string& name) {
    return std::all_of(side.begin(), side.end(), [&](const SimulationResult& one) {
      const FlowStatistics* flow = flow_named(one, name);
      return flow != nullptr && flow->finished > 0;
    });
  }

  std::vector<ComparedValue> values(const std::string& name) const {
    const auto each = [&](const std::vector<SimulationResult>& side, const auto& get) {
      Values out;
      for (const SimulationResult& one : side) out.push_back(get(*flow_named(one, name)));
      return out;
    };
    std::vector<ComparedValue> out;
    const auto add = [&](const char* what, const char* unit, const auto& get) {
      out.push_back(compared(what, unit, each(before_, get), each(after_, get)));
    };
    add("mean", "ns", [](const FlowStatistics& f) { return f.latency.mean(); });
    for (const auto& [what, q] : {std::pair{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}})
      add(what, "ns", [q = q](const FlowStatistics& f) { return static_cast<double>(f.latency.quantile(q)); });
    add("failures", "share", failures);
    add("requests", "", [](const FlowStatistics& f) { return static_cast<double>(f.finished); });
    return out;
  }

  const std::vector<SimulationResult>& before_;
  const std::vector<SimulationResult>& after_;
};

}  // namespace

Comparison compare_simulations(const Loaded& before, const Loaded& after, const SimulationOptions& options,
                               models::Diagnostics& diagnostics) {
  Comparison out;
  SimulationOptions how = options;
  how.seed = options.seed.value_or(before.scenario.run.seed);
  PreparedSimulation sides[2] = {prepare_simulation(before, how), prepare_simulation(after, how)};
  for (PreparedSimulation& side : sides) {
    diagnostics.insert(diagnostics.end(), side.diagnostics.begin(), side.diagnostics.end());
    out.duration_ns = std::max(out.duration_ns, side.input.duration_ns);
  }
  for (PreparedSimulation& side : sides) {
    side.input.duration_ns = out.duration_ns;
    settle_warm_up(side);
    out.warmup_ns = std::max(out.warmup_ns, side.input.warmup_ns);
  }
  for (PreparedSimulation& side : sides) side.input.warmup_ns = out.warmup_ns;
  out.seed = *how.seed;
  const std::uint32_t count =
      options.count > 0
          ? options.count
          : std::max({before.scenario.run.replications, after.scenario.run.replications, kFewestReplications});
  std::vector<SimulationResult> results[2] = {std::vector<SimulationResult>(count),
                                              std::vector<SimulationResult>(count)};
  std::mutex mutex;
  std::vector<std::pair<double, std::uint64_t>> state(std::size_t{count} * 2);
  for_each_index(
      std::size_t{count} * 2, options.threads,
      [&](std::size_t i) {
        models::SimulationControl control;
        control.stop = options.stop;
        if (options.progress)
          control.progress = [&, i](std::int64_t ns, std::uint64_t requests) {
            const std::lock_guard lock(mutex);
            state[i] = {static_cast<double>(ns) / static_cast<double>(out.duration_ns), requests};
            double done = 0;
            std::uint64_t all = 0;
            for (const auto& [share, number] : state) {
              done += share;
              all += number;
            }
            options.progress(done / static_cast<double>(state.size()), all);
          };
        results[i % 2][i / 2] =
            models::simulate(sides[i % 2].input, options.first + static_cast<std::uint32_t>(i / 2), control);
      },
      1);
  for (std::size_t i = count; i-- > 0;) {
    if (!results[0][i].cut() && !results[1][i].cut()) continue;
    out.cut = true;
    for (auto& side : results) side.erase(side.begin() + static_cast<std::ptrdiff_t>(i));
  }
  if (results[0].empty()) return out;
  for (const SimulationResult& one : results[0]) out.replications.push_back(one.replications.front().replication);
  const Comparer comparer(results[0], results[1]);
  comparer.flows(out);
  comparer.totals(out);
  SimulationResult sums[2];
  for (const int side : {0, 1})
    for (const SimulationResult& one : results[side])
      sums[side].replications.insert(sums[side].replications.end(), one.replications.begin(), one.replications.end());
  out.before_fingerprint = sums[0].fingerprint();
  out.after_fingerprint = sums[1].fingerprint();
  return out;
}

}  // namespace meshsim::scenarios
