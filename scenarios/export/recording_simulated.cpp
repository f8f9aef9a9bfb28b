// What a simulation counted, as a Recording: outcomes by interval, and where the time went. An outcome is found again
// by judging the flow in the configuration that gave it; endings that the simulation added (overflow, timeout, ...) are
// the outcome of that path with another answer.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "models/simulation/result.h"
#include "models/telemetry/telemetry.h"
#include "scenarios/export/messages.h"
#include "scenarios/export/recording.h"
#include "scenarios/run/simulation_run.h"

namespace meshsim::scenarios {

using models::FlowResult;
using models::FlowStatistics;
using models::Hop;
using models::Outcome;
using models::OutcomeCount;
using models::ProxyKind;
using models::World;

std::uint64_t started_of(const FlowStatistics& statistics) {
  return std::accumulate(statistics.started_samples.begin(), statistics.started_samples.end(), std::uint64_t{0});
}

namespace {

std::vector<ProxyKind> kinds_of(const Outcome& outcome) {
  std::vector<ProxyKind> out;
  for (const Hop& hop : outcome.hops) out.push_back(hop.proxy);
  return out;
}

// How well an outcome fits what was counted; a rollout mixes configurations, and then none fits wholly.
int likeness(const Outcome& outcome, const OutcomeCount& count) {
  int points = 0;
  if (kinds_of(outcome) == count.path) points += 8;
  if (outcome.routed_to ? outcome.routed_to->workload == count.routed_to : count.routed_to.empty()) points += 4;
  if (outcome.verdict == count.verdict) points += 2;
  if (outcome.http_status == count.http_status) ++points;
  if (outcome.response_flags == count.response_flags) ++points;
  const std::string denied = outcome.denied_by ? outcome.denied_by->policy.value_or(outcome.denied_by->name) : "";
  if (denied == count.denied_by) ++points;
  return points;
}

// The answer that the simulation added: an Envoy of the client's side gives it, and nothing behind it matters where the
// request never left (overflow).
Outcome with_answer(const World& world, const models::Flow& flow, const Outcome& base, const OutcomeCount& count) {
  Outcome out = base;
  out.verdict = count.verdict;
  out.http_status = count.http_status;
  out.response_flags = count.response_flags.empty() ? "-" : count.response_flags;
  if (base.grpc_status && count.http_status) out.grpc_status = "UNAVAILABLE";
  // Where nothing left the Envoy that answered (UO, UH), the path ends with it.
  const bool ends = (count.cause == "overflow" || count.cause == "no healthy upstream") && !count.path.empty() &&
                    count.path.size() <= out.hops.size();
  const auto envoy = ends ? out.hops.begin() + static_cast<std::ptrdiff_t>(count.path.size()) - 1
                          : std::find_if(out.hops.begin(), out.hops.end(), [](const Hop& hop) { return hop.http; });
  if (envoy != out.hops.end() && count.verdict != models::Verdict::Allowed) {
    out.answered_by = envoy->proxy;
    if (ends) out.hops.erase(envoy + 1, out.hops.end());
  }
  out.telemetry = models::telemetry_of(world, flow, out);
  return out;
}

// In whole milliseconds, as Envoy measures.
Shares milliseconds(const sim::Histogram& durations) {
  Shares out;
  const auto total = static_cast<double>(durations.count());
  for (std::size_t b = 0; b < durations.counts().size(); ++b) {
    if (durations.counts()[b] == 0) continue;
    const double middle =
        (static_cast<double>(sim::Histogram::lowest(b)) + static_cast<double>(sim::Histogram::lowest(b + 1))) / 2;
    const double value = std::floor(middle / 1e6), share = static_cast<double>(durations.counts()[b]) / total;
    if (!out.empty() && out.back().first == value)
      out.back().second += share;
    else
      out.emplace_back(value, share);
  }
  return out;
}

// What the simulation recorded of single requests. A proxy that a request never came to (it was cut before) has no
// time.
void put_recorded(Happened& happened, const OutcomeCount& count) {
  const std::size_t hops = happened.outcome->hops.size();
  for (const models::RecordedRequest& request : count.recorded) {
    Timed timed;
    timed.recorded = &request;
    timed.at_ns = request.start_ns;
    timed.length_ns = request.end_ns - request.start_ns;
    timed.number = std::uint64_t{request.replication} << 32 | request.number;
    timed.sampled = request.sampled;
    timed.hops.resize(hops);
    for (std::size_t i = 0; i < hops; ++i) {
      HopTime& time = timed.hops[i];
      if (i < request.hops.size() && request.hops[i].leave_ns > 0)
        time = {request.hops[i].enter_ns, request.hops[i].leave_ns};
      else
        time = {timed.length_ns, timed.length_ns};
    }
    happened.requests.push_back(std::move(timed));
  }
  std::stable_sort(happened.requests.begin(), happened.requests.end(),
                   [](const Timed& a, const Timed& b) { return a.at_ns < b.at_ns; });
  for (std::size_t i = 0; i < std::min(hops, count.durations.size()); ++i)
    if (count.durations[i].count() > 0) happened.milliseconds[i] = milliseconds(count.durations[i]);
}

// Of the connections that leave these proxies, the share that had been closed at the end.
double closed_share(const models::SimulationResult& simulation, const Hop& hop, const std::string& workload) {
  std::uint64_t opened = 0, closed = 0;
  for (const models::ProxyStatistics& p : simulation.proxies) {
    if (p.proxy != to_string(hop.proxy) || (hop.proxy != ProxyKind::Ztunnel && p.workload != workload)) continue;
    opened += p.connections_opened;
    closed += p.connections_closed;
  }
  return opened == 0 ? 1 : std::min(1.0, static_cast<double>(closed) / static_cast<double>(opened));
}

// Connections are counted by stretch between HTTP proxies; those of an outcome are its share.
void put_connections(Happened& happened, const FlowStatistics& statistics, const models::SimulationResult& simulation,
                     const Traffic& traffic) {
  const double started = static_cast<double>(std::max<std::uint64_t>(1, started_of(statistics)));
  std::size_t stretch = 0;
  for (const Hop& hop : happened.outcome->hops) {
    const std::uint64_t opened = stretch < statistics.connections.size() ? statistics.connections[stretch] : 0;
    happened.connections.push_back(std::min(1.0, static_cast<double>(opened) / started));
    const std::string workload =
        hop.workload < happened.mesh->workloads.size()
            ? happened.mesh->workloads[hop.workload].ns + "/" + happened.mesh->workloads[hop.workload].name
            : std::string();
    // A connection that was refused is over.
    const bool kept = traffic.keep_alive && happened.outcome->verdict == models::Verdict::Allowed;
    happened.closed.push_back(kept ? closed_share(simulation, hop, workload) : 1);
    if (hop.http) ++stretch;
  }
}

}  // namespace

void record_simulation(const RunResult& run, const ExportOptions& options, Recording& out) {
  const models::SimulationResult& simulation = *run.simulation;
  const PreparedSimulation prepared = prepare_simulation(*run.loaded);
  const Scenario& scenario = run.loaded->scenario;
  const double replications = std::max<double>(1, static_cast<double>(simulation.replications.size()));
  for (std::size_t f = 0; f < simulation.flows.size() && f < scenario.flows.size(); ++f) {
    const FlowStatistics& statistics = simulation.flows[f];
    if (!options.only_flow.empty() && statistics.flow != options.only_flow) continue;
    std::map<std::size_t, std::shared_ptr<FlowResult>> judged;  // by epoch
    std::size_t number = 0;
    for (const OutcomeCount& count : statistics.outcomes) {
      if (count.samples.empty() || count.epoch >= prepared.input.epochs.size()) continue;
      const World& world = prepared.input.epochs[count.epoch].world;
      std::shared_ptr<FlowResult>& result = judged[count.epoch];
      if (!result) {
        result = std::make_shared<FlowResult>(models::judge(world, scenario.flows[f].flow));
        for (Outcome& outcome : result->outcomes.edit())
          outcome.telemetry = models::telemetry_of(world, result->flow, outcome);
      }
      const auto best =
          std::max_element(result->outcomes.begin(), result->outcomes.end(),
                           [&](const Outcome& a, const Outcome& b) { return likeness(a, count) < likeness(b, count); });
      if (best == result->outcomes.end()) continue;
      auto owned = result;
      const Outcome* outcome = &*best;
      if (!count.cause.empty()) {
        owned =
            std::make_shared<FlowResult>(FlowResult{result->flow, {with_answer(world, result->flow, *best, count)}});
        outcome = &owned->outcomes.front();
      }
      Happened happened;
      happened.owned = owned;
      happened.mesh = world.mesh;
      happened.flow = &owned->flow;
      happened.outcome = outcome;
      happened.flow_index = f;
      happened.outcome_index = number++;
      happened.totals.assign(out.samples, 0);
      std::int64_t at = 0;
      for (std::size_t i = 0; i < count.samples.size(); ++i) {
        // Seen by the first scrape after the interval, the last by the last.
        const std::int64_t until = (static_cast<std::int64_t>(i) + 1) * simulation.sample_ns;
        const auto k = static_cast<std::size_t>((until + out.interval_ns - 1) / out.interval_ns);
        happened.totals[std::min(k, out.samples - 1)] += static_cast<double>(count.samples[i]);
        if (at == 0 && count.samples[i] > 0)
          at = static_cast<std::int64_t>(i) * simulation.sample_ns + simulation.sample_ns / 2;
      }
      std::partial_sum(happened.totals.begin(), happened.totals.end(), happened.totals.begin());
      for (double& total : happened.totals) total /= replications;
      put_idle_request(happened, at);  // where nothing was recorded
      if (!count.recorded.empty()) happened.requests.clear();
      put_recorded(happened, count);
      put_connections(happened, statistics, simulation, scenario.flows[f].traffic);
      const MessageSizes sizes = message_sizes(*happened.flow, *happened.outcome, scenario.flows[f].traffic);
      happened.request_bytes = sizes.request;
      happened.response_bytes = sizes.response;
      out.happened.push_back(std::move(happened));
    }
  }
}

}  // namespace meshsim::scenarios
