// What a replication showed, as a SimulationResult.
#include <algorithm>
#include <tuple>

#include "models/simulation/engine.h"

namespace meshsim::models::simulation {

// CO-026: a ztunnel reads each direction of a connection into a buffer that grows with what the connection has moved
// (HB-030). Of each pool: both directions of one connection that has moved what its connections move on average.
std::vector<std::uint64_t> Engine::buffers_of_pools() const {
  std::vector<WireBytes> moved(pools_.size());
  for (const Program& program : programs_) {
    const FlowTraffic& traffic = input_.flows[program.flow].traffic;
    for (std::uint32_t i = 0; i < program.operations; ++i) {
      const Op& op = ops_[program.first_op + i];
      if (op.step != Step::Acquire) continue;
      moved[op.target].to_server += program.runs * traffic.request_bytes;
      moved[op.target].to_client += program.runs * traffic.response_bytes;
    }
  }
  std::vector<std::uint64_t> out(pools_.size());
  for (std::size_t p = 0; p < pools_.size(); ++p) {
    const std::uint64_t opened = std::max<std::uint64_t>(1, pools_[p].opened);
    out[p] = ztunnel_chunk(moved[p].to_server / opened) + ztunnel_chunk(moved[p].to_client / opened);
  }
  return out;
}

std::uint64_t Engine::memory_of(std::size_t a, const Ends& of) const {
  // CO-026.
  const CostModel& c = input_.costs;
  const auto workloads = static_cast<double>(input_.epochs[epoch_].world.mesh->workloads.size());
  const auto ends = static_cast<double>(of.connections), hbone = static_cast<double>(of.transports);
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
              (c.ztunnel_per_stream + c.ztunnel_per_connection) * ends + static_cast<double>(of.buffer_bytes);
      break;
    case ActorKind::Application:
      return 0;
  }
  return static_cast<std::uint64_t>(bytes);
}

void Engine::collect_actors(SimulationResult& out) const {
  std::vector<std::uint64_t> cpu(actors_.size()), opened(actors_.size()), closed(actors_.size()), peak(actors_.size()),
      services(actors_.size()), hbone(actors_.size()), handshakes(actors_.size());
  std::vector<Ends> ends(actors_.size());
  for (const Program& program : programs_)
    for (std::uint32_t i = 0; i < program.operations; ++i) {
      const Op& op = ops_[program.first_op + i];
      if (op.step != Step::Serve) continue;
      cpu[op.target] += program.runs * op.cpu_ns;
      services[op.target] += program.runs;
    }
  if (input_.costs.batching)  // CO-023
    for (std::size_t a = 0; a < actors_.size(); ++a) {
      if (people_.actors()[a].kind == ActorKind::Ztunnel || sim_.observed().ns == 0) continue;
      const double rate = static_cast<double>(services[a]) * 0.5e9 / static_cast<double>(sim_.observed().ns);
      cpu[a] = static_cast<std::uint64_t>(static_cast<double>(cpu[a]) * batching_factor(input_.costs, rate));
    }
  const std::vector<std::uint64_t> buffers = buffers_of_pools();
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    const Pool& pool = pools_[i];
    const auto end_at = [&](std::uint32_t a) {
      ends[a].connections += pool.peak;
      ends[a].buffer_bytes += pool.peak * buffers[i];
      if (pool.stream_limit > 0) ends[a].transports += (pool.peak + pool.stream_limit - 1) / pool.stream_limit;
    };
    const bool secure = pool.transport != Transport::Plaintext;
    const std::uint64_t late = pool.opened - pool.opened_early,
                        late_transports = pool.transports - pool.transports_early;
    if (pool.from_actor != kNobody) {
      const std::uint32_t a = pool.from_actor;
      cpu[a] += late * pool.stream_from_ns + late_transports * pool.tls_from_cpu;
      opened[a] += pool.opened;
      closed[a] += pool.closed;
      peak[a] += pool.peak;
      end_at(a);
      if (pool.stream_limit > 0) hbone[a] += pool.transports;
      if (secure) handshakes[a] += pool.transports;
    }
    if (pool.to_actor != kNobody) {
      const std::uint32_t a = pool.to_actor;
      cpu[a] += late * pool.stream_to_ns + late_transports * pool.tls_to_cpu;
      end_at(a);
      if (secure) handshakes[a] += pool.transports;
    }
  }
  std::vector<std::uint64_t> overflows(actors_.size()), ejections(actors_.size());
  for (const ClusterState& cluster : clusters_) {
    overflows[cluster.actor] += cluster.overflows;
    ejections[cluster.actor] += cluster.ejections;
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
    const sim::StationStatistics s = station_of(a);
    p.jobs = s.served;
    p.busy_ns = s.busy_time;
    p.population_ns = s.population_time;
    p.sojourn_ns = s.sojourn;
    p.waiting_ns = s.waiting;
    p.arrivals = s.arrivals;
    p.rejected = s.rejected;
    p.withdrawn = s.withdrawn;
    p.observed_ns = static_cast<sim::u128>(sim_.observed().ns);
    p.cpu_ns = cpu[a];
    if (actor.kind == ActorKind::Application) {
      const bool shared = actors_[a].shared != CoreSharing::kNothing;
      const sim::u128 busy =
          shared ? cores_.station_use(actors_[a].shared, sim_.now().ns).cpu : s.busy_time * application_weight_[a];
      p.cpu_ns = static_cast<std::uint64_t>(busy / CoreSharing::kCore);
    }
    p.memory_bytes = memory_of(a, ends[a]);
    p.connections_opened = opened[a];
    p.connections_closed = closed[a];
    p.connections_peak = peak[a];
    p.hbone_opened = hbone[a];
    p.handshakes = handshakes[a];
    p.overflows = overflows[a];
    p.ejections = ejections[a];
    out.proxies.push_back(std::move(p));
  }
  std::sort(out.proxies.begin(), out.proxies.end(), [](const ProxyStatistics& a, const ProxyStatistics& b) {
    return std::tie(a.proxy, a.workload, a.name) < std::tie(b.proxy, b.workload, b.name);
  });
}

void Engine::collect_nodes(SimulationResult& out) {
  for (std::uint32_t n = 0; n < core_clocks_.size(); ++n) {
    const CoreSharing::NodeUse use = cores_.node_use(n, sim_.now().ns);
    NodeStatistics node;
    node.name = people_.nodes()[place_of_core_node_[n]].name;
    node.millicores = (cores_.cores(n) * 1000 + CoreSharing::kCore / 2) / CoreSharing::kCore;
    node.cpu_ns = static_cast<std::uint64_t>(use.used / CoreSharing::kCore);
    node.short_ns = static_cast<std::uint64_t>(use.short_ns);
    node.observed_ns = static_cast<sim::u128>(use.observed_ns);
    out.nodes.push_back(std::move(node));
  }
  std::sort(out.nodes.begin(), out.nodes.end(),
            [](const NodeStatistics& a, const NodeStatistics& b) { return a.name < b.name; });
}

// HB-024: a receiver tells the sender once a third of a window (ztunnel's h2) or half of it (Envoy) is used up, for the
// stream and for the connection: a frame of 13 bytes in a record, the other way round.
void Engine::add_window_updates() {
  constexpr std::uint64_t kUpdate = 13 + 22;
  for (const Program& program : programs_) {
    if (program.runs == 0 || !program.plan->reaches_application) continue;
    const FlowTraffic& traffic = input_.flows[program.flow].traffic;
    FlowStatistics& flow = statistics_[program.flow];
    const std::vector<PathPoint>& points = program.plan->points;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (points[i].arriving != Transport::Hbone && points[i].arriving != Transport::DoubleHbone) continue;
      const auto updates = [&](std::uint64_t bytes, bool ztunnel) {
        const Windows windows = windows_of(ztunnel);
        const std::uint64_t part = ztunnel ? 3 : 2;
        const std::uint64_t stream = std::max<std::uint64_t>(1, windows.stream / part),
                            connection = std::max<std::uint64_t>(1, windows.connection / part);
        return (traffic.keep_alive ? program.runs * bytes / stream : bytes / stream * program.runs) +
               program.runs * bytes / connection;
      };
      const bool near = i > 0 && points[i - 1].kind == ActorKind::Ztunnel;
      flow.bytes_to_client += kUpdate * updates(traffic.request_bytes, points[i].kind == ActorKind::Ztunnel);
      flow.bytes_to_server += kUpdate * updates(traffic.response_bytes, near);
    }
  }
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
  add_window_updates();
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
    for (std::size_t o = 0; o < book_.outcomes(f).size(); ++o) {
      if (book_.outcomes(f)[o].samples.empty()) continue;
      flow.outcomes.push_back(book_.outcomes(f)[o]);
      if (recorder_.on())
        recorder_.hand_over(static_cast<std::uint32_t>(f), static_cast<std::uint32_t>(o), flow.outcomes.back());
    }
    std::sort(flow.outcomes.begin(), flow.outcomes.end(), [](const OutcomeCount& a, const OutcomeCount& b) {
      return std::tie(a.epoch, a.verdict, a.http_status, a.response_flags, a.cause, a.path, a.routed_to, a.denied_by) <
             std::tie(b.epoch, b.verdict, b.http_status, b.response_flags, b.cause, b.path, b.routed_to, b.denied_by);
    });
    summary.flow_count.push_back(flow.latency.count());
    summary.flow_latency.push_back(flow.latency.tally().sum);
    out.flows.push_back(std::move(flow));
  }
  collect_actors(out);
  collect_nodes(out);
  std::stable_sort(changes_.begin(), changes_.end(),
                   [](const ChangeRecord& a, const ChangeRecord& b) { return a.at_ns < b.at_ns; });
  out.changes = std::move(changes_);
  out.ejections = std::move(ejections_);
  if (!changing_)
    for (const Program& program : programs_) windows_.count(program.flow, *program.plan, program.runs);
  out.windows = windows_.close(sim_.now().ns, replication_);
  out.replications.push_back(std::move(summary));
  return out;
}

}  // namespace meshsim::models::simulation
