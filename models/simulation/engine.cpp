#include "models/simulation/engine.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace meshsim::models::simulation {

Engine::Engine(const SimulationInput& input, std::uint32_t replication, const SimulationControl& control)
    : input_(input),
      control_(control),
      replication_(replication),
      key_(sim::StudyKey::of(input.seed, replication)),
      people_(input),
      book_(input, input.epochs.size() > 1),
      windows_(input, book_),
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
}

void Engine::make_laws() {
  const CostModel& c = input_.costs;
  for (const ProxyCost* cost : {&c.sidecar_http, &c.sidecar_tcp, &c.gateway, &c.waypoint, &c.ztunnel})
    laws_.emplace_back(half_law(*cost, c.platform));
  const double variation = std::sqrt(std::exp(c.application_sigma * c.application_sigma) - 1);
  laws_.emplace_back(sim::Law::lognormal(sim::SimTime::from_nanoseconds(c.application_ns), variation));
  application_law_.assign(actors_.size(), kLawOutside);
  application_of_.assign(actors_.size(), kNobody);
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

std::uint64_t Engine::memory_of(std::size_t a, const std::vector<std::uint64_t>& connections,
                                const std::vector<std::uint64_t>& transports) const {
  // CO-026.
  const CostModel& c = input_.costs;
  const auto workloads = static_cast<double>(input_.epochs[epoch_].world.mesh->workloads.size());
  const auto ends = static_cast<double>(connections[a]), hbone = static_cast<double>(transports[a]);
  double bytes = 0;
  switch (people_.actors()[a].kind) {
    case ActorKind::Sidecar:
      bytes = c.sidecar_memory + c.sidecar_per_workload * workloads + c.sidecar_per_connection * ends;
      break;
    case ActorKind::Gateway:
      bytes = c.sidecar_memory + c.sidecar_per_workload * workloads + c.sidecar_per_connection * ends;
      break;
    case ActorKind::Waypoint:
      bytes = c.waypoint_memory + c.sidecar_per_connection * ends;
      break;
    case ActorKind::Ztunnel:
      bytes = c.ztunnel_memory + c.ztunnel_per_workload * workloads + c.ztunnel_per_hbone * hbone +
              (c.ztunnel_per_stream + c.ztunnel_per_connection + 2048) * ends;
      break;
    case ActorKind::Application:
      return 0;
  }
  return static_cast<std::uint64_t>(bytes);
}

void Engine::collect_actors(SimulationResult& out) const {
  std::vector<std::uint64_t> cpu(actors_.size()), opened(actors_.size()), closed(actors_.size()), peak(actors_.size()),
      ends(actors_.size()), transports(actors_.size()), hbone(actors_.size()), handshakes(actors_.size());
  for (const Program& program : programs_)
    for (std::uint32_t i = 0; i < program.operations; ++i) {
      const Op& op = ops_[program.first_op + i];
      if (op.step == Step::Serve) cpu[op.target] += program.runs * op.cpu_ns;
    }
  for (const Pool& pool : pools_) {
    const bool secure = pool.transport != Transport::Plaintext;
    const std::uint64_t late = pool.opened - pool.opened_early,
                        late_transports = pool.transports - pool.transports_early;
    if (pool.from_actor != kNobody) {
      const std::uint32_t a = pool.from_actor;
      cpu[a] += late * pool.stream_from_ns + late_transports * pool.tls_from_cpu;
      opened[a] += pool.opened;
      closed[a] += pool.closed;
      peak[a] += pool.peak;
      ends[a] += pool.peak;
      if (pool.stream_limit > 0) {
        hbone[a] += pool.transports;
        transports[a] += (pool.peak + pool.stream_limit - 1) / pool.stream_limit;
      }
      if (secure) handshakes[a] += pool.transports;
    }
    if (pool.to_actor != kNobody) {
      const std::uint32_t a = pool.to_actor;
      cpu[a] += late * pool.stream_to_ns + late_transports * pool.tls_to_cpu;
      ends[a] += pool.peak;
      if (pool.stream_limit > 0) transports[a] += (pool.peak + pool.stream_limit - 1) / pool.stream_limit;
      if (secure) handshakes[a] += pool.transports;
    }
  }
  for (std::size_t a = 0; a < actors_.size(); ++a) {
    if (!actors_[a].used) continue;
    const Actor& actor = people_.actors()[a];
    constexpr std::string_view kKinds[] = {"sidecar", "ztunnel", "waypoint", "gateway", "application"};
    ProxyStatistics p;
    p.proxy = kKinds[static_cast<std::size_t>(actor.kind)];
    p.name = actor.name;
    p.workload = actor.workload;
    p.mode = actor.mode;
    p.workers = actor.workers;
    const sim::StationStatistics s = sim_.statistics(actors_[a].station);
    p.jobs = s.served;
    p.busy_ns = s.busy_time;
    p.population_ns = s.population_time;
    p.sojourn_ns = s.sojourn;
    p.waiting_ns = s.waiting;
    p.arrivals = s.arrivals;
    p.rejected = s.rejected;
    p.withdrawn = s.withdrawn;
    p.observed_ns = static_cast<sim::u128>(sim_.observed().ns);
    p.cpu_ns = actor.kind == ActorKind::Application ? static_cast<std::uint64_t>(s.busy_time) : cpu[a];
    p.memory_bytes = memory_of(a, ends, transports);
    p.connections_opened = opened[a];
    p.connections_closed = closed[a];
    p.connections_peak = peak[a];
    p.hbone_opened = hbone[a];
    p.handshakes = handshakes[a];
    out.proxies.push_back(std::move(p));
  }
  std::sort(out.proxies.begin(), out.proxies.end(), [](const ProxyStatistics& a, const ProxyStatistics& b) {
    return std::tie(a.proxy, a.workload, a.name) < std::tie(b.proxy, b.workload, b.name);
  });
}

SimulationResult Engine::collect(bool cut) {
  SimulationResult out;
  out.seed = input_.seed;
  out.duration_ns = input_.duration_ns;
  out.warmup_ns = input_.warmup_ns;
  out.sample_ns = sample_ns_;
  ReplicationSummary summary;
  summary.replication = replication_;
  summary.fingerprint = sim_.fingerprint().value();
  summary.events = sim_.events();
  summary.simulated_ns = sim_.now().ns;
  summary.cut = cut;
  for (std::size_t f = 0; f < flows_.size(); ++f) {
    FlowStatistics& flow = statistics_[f];
    const std::vector<Meter>& meters = book_.meters(f);
    for (std::size_t m = 0; m < meters.size() && m < hop_histograms_[f].size(); ++m) {
      if (hop_histograms_[f][m].count() == 0) continue;
      flow.hops.push_back(
          {meters[m].proxy, meters[m].name, meters[m].inbound, hop_histograms_[f][m], flows_[f].meter_queue_ns[m]});
    }
    std::sort(flow.hops.begin(), flow.hops.end(), [](const HopLatency& a, const HopLatency& b) {
      return std::tie(a.proxy, a.name, a.inbound) < std::tie(b.proxy, b.name, b.inbound);
    });
    for (const OutcomeCount& outcome : book_.outcomes(f))
      if (!outcome.samples.empty()) flow.outcomes.push_back(outcome);
    std::sort(flow.outcomes.begin(), flow.outcomes.end(), [](const OutcomeCount& a, const OutcomeCount& b) {
      return std::tie(a.epoch, a.verdict, a.http_status, a.response_flags, a.cause, a.path, a.routed_to, a.denied_by) <
             std::tie(b.epoch, b.verdict, b.http_status, b.response_flags, b.cause, b.path, b.routed_to, b.denied_by);
    });
    summary.flow_count.push_back(flow.latency.count());
    summary.flow_latency.push_back(flow.latency.tally().sum);
    out.flows.push_back(std::move(flow));
  }
  collect_actors(out);
  std::stable_sort(changes_.begin(), changes_.end(),
                   [](const ChangeRecord& a, const ChangeRecord& b) { return a.at_ns < b.at_ns; });
  out.changes = std::move(changes_);
  if (!changing_)
    for (const Program& program : programs_) windows_.count(program.flow, *program.plan, program.runs);
  out.windows = windows_.close(sim_.now().ns, replication_);
  out.replications.push_back(std::move(summary));
  return out;
}

}  // namespace meshsim::models::simulation

namespace meshsim::models {

SimulationResult simulate(const SimulationInput& input, std::uint32_t replication, const SimulationControl& control) {
  simulation::Engine engine(input, replication, control);
  return engine.run();
}

}  // namespace meshsim::models
