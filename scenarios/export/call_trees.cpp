#include "scenarios/export/call_trees.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace meshsim::scenarios {

using models::Application;
using models::Call;

namespace {

constexpr std::size_t kTrees = 100, kMostRequests = 20'000, kDeepest = 64;

class Grower {
 public:
  Grower(const RunResult& run, const Recording& recording) : scenario_(run.loaded->scenario), recording_(recording) {
    for (std::size_t f = scenario_.flows.size(); f-- > 0;) flows_[scenario_.flows[f].flow.name] = f;
    for (const Application& a : scenario_.applications) applications_.emplace(a.workload, &a);
    for (std::size_t h = 0; h < recording.happened.size(); ++h) of_flow_[recording.happened[h].flow_index].push_back(h);
    const models::CostModel& costs = scenario_.costs;
    const double variation = std::sqrt(std::exp(costs.application_sigma * costs.application_sigma) - 1);
    usual_ = sim::Law::lognormal(sim::SimTime::from_nanoseconds(costs.application_ns), variation);
  }

  std::vector<TreeRequest> run() {
    std::vector<std::size_t> entries;
    std::set<std::string> called;
    for (const auto& [name, application] : applications_)
      for (const auto& step : application->calls)
        for (const Call& call : step) called.insert(call.flow);
    if (called.empty()) return {};
    for (std::size_t f = 0; f < scenario_.flows.size(); ++f) {
      const Traffic& t = scenario_.flows[f].traffic;
      if (t.per_second.value_or(0) > 0 || t.arrivals == "closed" || !t.trace_ns.empty() || t.ramp_to > 0)
        entries.push_back(f);
    }
    for (std::size_t f = 0; entries.empty() && f < scenario_.flows.size(); ++f)
      if (!called.contains(scenario_.flows[f].flow.name)) entries.push_back(f);
    const auto span = static_cast<std::int64_t>(recording_.samples - 1) * recording_.interval_ns;
    for (std::size_t tree = 0; tree < kTrees; ++tree)
      for (const std::size_t f : entries) {
        if (out_.size() >= kMostRequests) return std::move(out_);
        const std::int64_t at = span * static_cast<std::int64_t>(tree) / static_cast<std::int64_t>(kTrees);
        grow(f, TreeRequest::kRoot, at + static_cast<std::int64_t>(f) * 1'000, 0);
      }
    return std::move(out_);
  }

 private:
  double luck(std::size_t node, std::uint64_t purpose, std::uint64_t nth) const {
    return std::ldexp(static_cast<double>(bits(node, purpose, nth) >> 11), -53);
  }
  std::uint64_t bits(std::size_t node, std::uint64_t purpose, std::uint64_t nth) const {
    return stable_number(recording_.seed, "call tree", node, purpose, nth);
  }

  // Length of the request as its caller sees it; 0: it does not happen.
  std::int64_t grow(std::size_t flow, std::size_t parent, std::int64_t at, std::size_t depth) {
    const auto happened = of_flow_.find(flow);
    if (happened == of_flow_.end() || depth > kDeepest || out_.size() >= kMostRequests) return 0;
    const std::size_t node = out_.size();
    out_.emplace_back();
    double total = 0;
    for (const std::size_t h : happened->second) total += recording_.happened[h].last();
    double draw = luck(node, 0, 0) * total;
    std::size_t chosen = happened->second.back();
    for (const std::size_t h : happened->second) {
      chosen = h;
      if ((draw -= recording_.happened[h].last()) < 0) break;
    }
    Happened idle = recording_.happened[chosen];
    put_idle_times(idle);
    std::int64_t inside = 0;
    const models::Outcome& outcome = *idle.outcome;
    if (outcome.verdict == models::Verdict::Allowed && outcome.routed_to) {
      const auto it = applications_.find(outcome.routed_to->workload);
      const sim::Law& law = it != applications_.end() && it->second->service ? *it->second->service : usual_;
      inside = law.sample(bits(node, 1, 0)).ns;
      if (it != applications_.end()) inside += answer(*it->second, node, at + idle.length_ns / 2 + inside, depth);
    }
    for (HopTime& hop : idle.hops) hop.end_ns += inside;
    TreeRequest& request = out_[node];
    request.happened = chosen;
    request.parent = parent;
    request.at_ns = at;
    request.inside_ns = inside;
    request.hops = std::move(idle.hops);
    return idle.length_ns + inside;
  }

  std::int64_t answer(const Application& application, std::size_t node, std::int64_t at, std::size_t depth) {
    std::int64_t whole = 0;
    std::uint64_t nth = 0;
    for (const std::vector<Call>& step : application.calls) {
      std::int64_t longest = 0;
      for (const Call& call : step)
        for (std::uint32_t i = 0; i < call.count; ++i) {
          if (luck(node, 2, nth++) >= call.probability) continue;
          if (const auto flow = flows_.find(call.flow); flow != flows_.end())
            longest = std::max(longest, grow(flow->second, node, at + whole, depth + 1));
        }
      whole += longest;
    }
    return whole;
  }

  const Scenario& scenario_;
  const Recording& recording_;
  std::map<std::string, std::size_t> flows_;
  std::map<std::string, const Application*> applications_;
  std::map<std::size_t, std::vector<std::size_t>> of_flow_;
  sim::Law usual_;
  std::vector<TreeRequest> out_;
};

}  // namespace

std::vector<TreeRequest> call_trees(const RunResult& run, const Recording& recording) {
  return Grower(run, recording).run();
}

}  // namespace meshsim::scenarios
