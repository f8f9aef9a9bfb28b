#include "models/simulation/engine.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace meshsim::models::simulation {

Engine::Engine(const SimulationInput& input, std::uint32_t replication, const SimulationControl& control)
    : input_(input),
      control_(control),
      replication_(replication),
      key_(sim::StudyKey::of(input.seed, replication)),
      people_(input),
      book_(input, input.epochs.size() > 1),
      windows_(input, book_),
      recorder_(input.recorded, input.flows.size(), replication),
      sim_(sim::SimulationOptions{.tie_seed = input.tie_seed}),
      changing_(input.epochs.size() > 1 || !input.disturbances.empty()) {
  sample_ns_ = input.sample_ns > 0 ? input.sample_ns : std::max<std::int64_t>(100'000'000, input.duration_ns / 100);
  live_by_epoch_.resize(input.epochs.size());
  make_stations();
  make_laws();
  flows_.resize(input.flows.size());
  statistics_.resize(input.flows.size());
  hop_histograms_.resize(input.flows.size());
  const auto bins = static_cast<std::size_t>(input.duration_ns / sample_ns_) + 1;
  for (std::size_t f = 0; f < flows_.size(); ++f) {
    flows_[f].entity = sim::stable_hash(input.flows[f].flow.name);
    flows_[f].luck = sim::RandomStream(key_, input.flows[f].flow.name, "request");
    flows_[f].live.resize(input.epochs.size());
    statistics_[f].flow = input.flows[f].flow.name;
    statistics_[f].started_samples.resize(bins);
    statistics_[f].finished_samples.resize(bins);
    statistics_[f].latency_sum_samples.resize(bins);
    statistics_[f].latency_samples.resize(bins);
  }
}

void Engine::make_stations() {
  actors_.resize(people_.actors().size());
  for (std::size_t a = 0; a < actors_.size(); ++a) {
    const Actor& actor = people_.actors()[a];
    sim::StationSpec spec;
    spec.servers = actor.workers == 0 ? std::numeric_limits<std::uint32_t>::max() : actor.workers;
    spec.queueing = actor.pinned ? sim::Queueing::pinned : sim::Queueing::shared;
    actors_[a].station = sim_.add_station(spec);
  }
  pod_alive_.assign(people_.pods().size(), 0);
  for (std::uint32_t p = 0; p < people_.pods().size(); ++p) {
    const bool now = people_.pods()[p].first_epoch == 0;
    pod_alive_[p] = now ? 1 : 0;
    for (const std::uint32_t actor : {people_.pods()[p].proxy, people_.pods()[p].application})
      if (actor != kNobody) actors_[actor].alive = now;
  }
  make_nodes();
}

void Engine::make_laws() {
  const CostModel& c = input_.costs;
  for (const ProxyCost* cost : {&c.sidecar_http, &c.sidecar_tcp, &c.gateway, &c.waypoint, &c.ztunnel}) {
    proxy_weight_[laws_.size()] = core_weight(cost->cpu_ns, cost->latency_ns);
    laws_.emplace_back(half_law(*cost, c.platform));
  }
  const double variation = std::sqrt(std::exp(c.application_sigma * c.application_sigma) - 1);
  laws_.emplace_back(sim::Law::lognormal(sim::SimTime::from_nanoseconds(c.application_ns), variation));
  application_law_.assign(actors_.size(), kLawOutside);
  application_of_.assign(actors_.size(), kNobody);
  application_weight_.assign(actors_.size(), CoreSharing::kCore);
  error_share_.assign(actors_.size(), 0);
  for (std::uint32_t i = 0; i < input_.applications.size(); ++i) {
    const Application& application = input_.applications[i];
    std::uint32_t law = kLawOutside;
    if (application.service) {
      law = static_cast<std::uint32_t>(laws_.size());
      laws_.emplace_back(*application.service);
    }
    for (std::size_t a = 0; a < actors_.size(); ++a) {
      const Actor& actor = people_.actors()[a];
      if (actor.kind != ActorKind::Application || actor.workload != application.workload) continue;
      application_law_[a] = law;
      application_of_[a] = i;
      error_share_[a] = application.error_share;
      application_weight_[a] = core_weight(application.cpu_ns.value_or(laws_[law].mean_ns()), laws_[law].mean_ns());
    }
  }
}

void Engine::start_flows() {
  for (std::uint32_t f = 0; f < flows_.size(); ++f) {
    const FlowTraffic& traffic = input_.flows[f].traffic;
    const std::uint64_t entity = sim::stable_hash(input_.flows[f].flow.name);
    if (traffic.arrivals == "closed") {
      if (traffic.per_second && *traffic.per_second > 0)
        flows_[f].period_ns = sim::SimTime::from_seconds(static_cast<double>(traffic.clients) / *traffic.per_second).ns;
      const sim::RandomStream phases(key_, sim::stream_id(entity, 4));
      for (std::uint32_t i = 0; i < traffic.clients; ++i) {
        const sim::Slot client = sim_.create();
        sim_[client].flow = f;
        sim_[client].number = i;
        const auto period = static_cast<std::uint64_t>(std::max<std::int64_t>(1, flows_[f].period_ns));
        const std::int64_t phase = traffic.together ? 0 : static_cast<std::int64_t>(sim::below(period, phases.at(i)));
        sim_.at({phase}, client, Event::client);
      }
      continue;
    }
    flows_[f].arrivals = Arrivals(traffic, input_.duration_ns, key_, entity);
    if (const auto first = flows_[f].arrivals.next(0); first && *first < input_.duration_ns) {
      const sim::Slot generator = sim_.create();
      sim_[generator].flow = f;
      sim_.at({*first}, generator, Event::arrive);
    }
  }
}

void Engine::forget_warm_up() {
  sim_.reset_statistics();
  cores_.reset_statistics(sim_.now().ns);
  for (Program& program : programs_) program.runs = 0;
  for (Pool& pool : pools_) {
    pool.opened_early = pool.opened;
    pool.transports_early = pool.transports;
  }
  for (FlowStatistics& flow : statistics_) flow.retries = 0;
}

SimulationResult Engine::run() {
  renew_clients();
  if (changing_) index_flows();
  for (std::size_t f = 0; f < flows_.size(); ++f) observe(f);
  schedule_changes();
  start_flows();
  if (input_.warmup_ns > 0) sim_.call_at({input_.warmup_ns}, [this] { forget_warm_up(); });
  bool cut = false;
  std::uint64_t requests = 0;
  sim_.on_pulse.connect([&] {
    if (control_.stop != nullptr && control_.stop->load(std::memory_order_relaxed)) {
      cut = true;
      sim_.stop();
    }
    if (control_.progress) {
      requests = 0;
      for (const FlowState& flow : flows_) requests += flow.number;
      control_.progress(sim_.now().ns, requests);
    }
  });
  sim_.run_until({input_.duration_ns}, *this);
  return collect(cut);
}

}  // namespace meshsim::models::simulation

namespace meshsim::models {

SimulationResult simulate(const SimulationInput& input, std::uint32_t replication, const SimulationControl& control) {
  simulation::Engine engine(input, replication, control);
  return engine.run();
}

}  // namespace meshsim::models
