// Plans become programs: points become services and travels, spans between HTTP ends become connections.
#include <algorithm>

#include "models/simulation/engine.h"
#include "sim/fingerprint.h"

namespace meshsim::models::simulation {
namespace {

bool is_envoy(ActorKind kind) {
  return kind == ActorKind::Sidecar || kind == ActorKind::Waypoint || kind == ActorKind::Gateway;
}

std::uint32_t narrow(double ns) { return static_cast<std::uint32_t>(std::clamp(ns, 0.0, 4e9)); }

std::uint64_t key_of(std::uint32_t plan, const Cast& cast) {
  std::uint64_t h = sim::mix64((std::uint64_t{plan} << 32) | cast.client);
  h = sim::mix64(h ^ cast.server);
  for (const std::uint32_t g : cast.gateways) h = sim::mix64(h ^ g);
  return h;
}

}  // namespace

std::uint32_t Engine::actor_at(const PathPoint& point, const Cast& cast, std::size_t gateway) const {
  const std::uint32_t pod = point.role == Role::Client   ? cast.client
                            : point.role == Role::Server ? cast.server
                            : gateway < kMostGateways    ? cast.gateways[gateway]
                                                         : kNobody;
  if (pod == kNobody) return kNobody;
  const Pod& p = people_.pods()[pod];
  if (point.kind == ActorKind::Ztunnel) return people_.nodes()[p.node].ztunnel;
  return point.kind == ActorKind::Application ? p.application : p.proxy;
}

std::int64_t Engine::one_way_ns(std::uint32_t from_pod, std::uint32_t to_pod) const {
  if (from_pod == to_pod || from_pod == kNobody || to_pod == kNobody) return 0;
  const CostModel& c = input_.costs;
  double rtt = 0;
  switch (people_.distance(people_.pods()[from_pod].node, people_.pods()[to_pod].node)) {
    case Population::Distance::SamePod:
      break;
    case Population::Distance::SameNode:
      rtt = c.rtt_same_node_ns;
      break;
    case Population::Distance::Node:
      rtt = c.rtt_node_ns;
      break;
    case Population::Distance::Zone:
      rtt = c.rtt_zone_ns;
      break;
    case Population::Distance::Outside:
      rtt = c.rtt_outside_ns;
      break;
  }
  return static_cast<std::int64_t>(rtt / 2);
}

void Engine::add_travel(std::uint32_t from_pod, std::uint32_t to_pod) { add_delay(one_way_ns(from_pod, to_pod)); }

void Engine::add_delay(std::int64_t ns) {
  if (ns == 0) return;
  std::size_t i = 0;
  while (i < line_ns_.size() && line_ns_[i] != ns) ++i;
  if (i == line_ns_.size()) {
    line_ns_.push_back(ns);
    lines_.push_back(sim_.line({ns}));
  }
  Op op;
  op.step = Step::Travel;
  op.target = static_cast<std::uint32_t>(i);
  op.extra_ns = static_cast<std::uint32_t>(ns);
  ops_.push_back(op);
}

std::uint8_t Engine::law_of(const PathPoint& point) const {
  switch (point.kind) {
    case ActorKind::Sidecar:
      return point.http ? 0 : 1;
    case ActorKind::Gateway:
      return 2;
    case ActorKind::Waypoint:
      return 3;
    default:
      return 4;
  }
}

std::uint32_t Engine::pool_for(const Program& program, std::size_t from, std::size_t to, bool from_application) {
  const Plan& plan = *program.plan;
  const CostModel& c = input_.costs;
  // The ends of the network connection inside the span: the points around the one segment that leaves a pod.
  const auto pod_of = [&](std::size_t point) {
    std::size_t gateway = 0;
    for (std::size_t i = 0; i < point; ++i) gateway += plan.points[i].role == Role::Gateway ? 1 : 0;
    const PathPoint& p = plan.points[point];
    return p.role == Role::Client   ? program.cast.client
           : p.role == Role::Server ? program.cast.server
                                    : program.cast.gateways[std::min(gateway, kMostGateways - 1)];
  };
  const auto actor_of = [&](std::size_t point) {
    std::size_t gateway = 0;
    for (std::size_t i = 0; i < point; ++i) gateway += plan.points[i].role == Role::Gateway ? 1 : 0;
    return actor_at(plan.points[point], program.cast, gateway);
  };
  const std::uint32_t origin = from_application ? program.cast.client : pod_of(from);
  const std::uint32_t target = pod_of(to);
  const std::uint32_t cluster = from_application ? kNobody : plan.points[from].cluster;
  const ClusterPolicy* policy = cluster == kNobody ? nullptr : &book_.clusters()[cluster].policy;
  const bool limited = policy != nullptr && policy->limited();
  if (origin == target && !from_application && !limited) return kNobody;  // the server's sidecar to its application
  std::uint64_t key = sim::mix64((std::uint64_t{origin} << 32) | target) ^
                      sim::mix64((from_application ? std::uint64_t{program.flow} + 1 : 0) << 8 |
                                 static_cast<std::uint64_t>(plan.points[to].arriving));
  // A pool belongs to a cluster of one Envoy; clusters nobody says anything about share it, which shows nowhere.
  if (cluster != kNobody) key ^= sim::mix64((std::uint64_t{cluster} + 1) << 8 | (plan.multiplexed ? 1 : 0));
  if (const auto it = pool_index_.find(key); it != pool_index_.end()) return it->second;
  Pool pool;
  pool.local = origin == target;
  pool.multiplexed = plan.multiplexed;
  std::size_t crossing = from_application ? 0 : from + 1;
  while (crossing < to && pod_of(crossing) == origin) ++crossing;
  const PathPoint& far = plan.points[crossing];
  const bool near_is_application = crossing == 0;
  pool.transport = pool.local ? Transport::Plaintext : far.arriving;
  pool.from_actor = near_is_application ? people_.pods()[program.cast.client].application : actor_of(crossing - 1);
  pool.to_actor = actor_of(crossing);
  const bool near_ztunnel = !near_is_application && plan.points[crossing - 1].kind == ActorKind::Ztunnel;
  const bool far_ztunnel = far.kind == ActorKind::Ztunnel;
  pool.from_pod = origin;
  pool.to_pod = target;
  pool.of_application = from_application;
  pool.rtt_ns = static_cast<std::uint32_t>(2 * one_way_ns(origin, target));
  const bool secure = pool.transport == Transport::Mtls || pool.transport == Transport::Hbone ||
                      pool.transport == Transport::DoubleHbone || pool.transport == Transport::Tls;
  if (secure) {
    const auto side = [&](bool ztunnel, double& latency, double& cpu) {
      const bool ecdsa = ztunnel || c.envoy_ecdsa;
      latency = ecdsa ? c.tls_ecdsa_ns : c.tls_rsa_ns;
      cpu = ecdsa ? c.tls_ecdsa_cpu_ns : c.tls_rsa_cpu_ns;
    };
    double latency = 0, cpu = 0;
    side(near_ztunnel, latency, cpu);
    pool.tls_from_ns = narrow(latency * c.platform);
    pool.tls_from_cpu = narrow(cpu * c.platform);
    side(far_ztunnel, latency, cpu);
    pool.tls_to_ns = narrow(latency * c.platform);
    pool.tls_to_cpu = narrow(cpu * c.platform);
  }
  if (pool.transport == Transport::Hbone || pool.transport == Transport::DoubleHbone)
    pool.stream_limit = near_ztunnel ? 100 : far_ztunnel ? 200 : 100;  // HB-051, HB-054
  const auto per_stream = [&](bool ztunnel, ActorKind kind) {
    return narrow((ztunnel ? c.ztunnel_connection_ns : is_envoy(kind) ? c.envoy_connection_ns : 0) * c.platform);
  };
  pool.stream_from_ns = near_ztunnel ? per_stream(true, ActorKind::Ztunnel) : 0;
  pool.stream_to_ns = per_stream(far_ztunnel, far.kind);
  // HB-052, HB-054; an application keeps its connection as long as the scenario lets it.
  pool.idle_limit_ns = from_application ? 0 : near_ztunnel ? 300'000'000'000 : 3'600'000'000'000;
  if (policy != nullptr && policy->idle_ns > 0) pool.idle_limit_ns = policy->idle_ns;
  pool.drains = far_end_drains(pool);
  pool.special = pool.drains || limited;
  const auto id = static_cast<std::uint32_t>(pools_.size());
  pool.salt = static_cast<std::uint16_t>(sim::mix64(id) >> 48);
  if (limited) {
    add_limited_pools(pool, cluster_state(actor_of(from), cluster));
  } else {
    pools_.push_back(pool);
  }
  pool_index_.emplace(key, id);
  return id;
}

void Engine::unroll(Program& program) {
  const Plan& plan = *program.plan;
  const CostModel& c = input_.costs;
  const FlowTraffic& traffic = input_.flows[program.flow].traffic;
  const std::size_t count = plan.points.size();
  program.first_op = static_cast<std::uint32_t>(ops_.size());
  std::vector<std::uint32_t> actor(count), pod(count), pool_of_span;
  std::vector<std::uint8_t> span_of(count), hop_of(count);
  std::size_t gateway = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const PathPoint& p = plan.points[i];
    actor[i] = actor_at(p, program.cast, gateway);
    pod[i] = p.role == Role::Client   ? program.cast.client
             : p.role == Role::Server ? program.cast.server
                                      : program.cast.gateways[std::min(gateway, kMostGateways - 1)];
    if (p.role == Role::Gateway) ++gateway;
    hop_of[i] = static_cast<std::uint8_t>(std::min(i, kMostHops - 1));
    program.meters[hop_of[i]] = p.meter;
  }
  program.hops = static_cast<std::uint8_t>(std::min(count, kMostHops));
  for (std::size_t i = 0; i < count && program.door == kNobody; ++i) {
    const FlowProtocol protocol = input_.flows[program.flow].flow.protocol;
    const bool http =
        protocol == FlowProtocol::Http || protocol == FlowProtocol::Http2 || protocol == FlowProtocol::Grpc;
    if (plan.points[i].http && (http || plan.points[i].kind != ActorKind::Application)) program.door = actor[i];
  }
  if (plan.tcp_chooser != kNone && plan.ejects && actor[plan.tcp_chooser] != kNobody)
    program.tcp_cluster = cluster_state(actor[plan.tcp_chooser], plan.points[plan.tcp_chooser].cluster);
  std::vector<std::uint8_t> tier_of(count, kNoTier);
  program.sticky = count == 0 || !plan.points[0].http || plan.points[0].role != Role::Client;

  const auto serve = [&](std::size_t i, bool request, std::uint8_t span) {
    const PathPoint& p = plan.points[i];
    if (actor[i] == kNobody) return;
    Op op;
    op.step = Step::Serve;
    op.hop = hop_of[i];
    op.span = span;
    op.law = law_of(p);
    op.target = actor[i];
    const ProxyCost* cost = p.kind == ActorKind::Sidecar    ? (p.http ? &c.sidecar_http : &c.sidecar_tcp)
                            : p.kind == ActorKind::Gateway  ? &c.gateway
                            : p.kind == ActorKind::Waypoint ? &c.waypoint
                                                            : &c.ztunnel;
    const std::uint64_t bytes = request ? traffic.request_bytes : traffic.response_bytes;
    const double extra = beyond_calibration_ns(c, *cost, p.kind == ActorKind::Ztunnel, bytes);
    op.extra_ns = narrow(extra * c.platform);
    op.cpu_ns = narrow((cost->cpu_ns / 2 + extra) * c.platform);
    actors_[actor[i]].used = true;
    if (!request && tier_of[i] != kNoTier) {
      op.tier = tier_of[i];
      if (const std::uint32_t cluster = program.tiers[op.tier].cluster; cluster != kNobody) {
        const ClusterPolicy& policy = book_.clusters()[clusters_[cluster].cluster].policy;
        op.watched = policy.outlier || policy.max_retries != kUnlimited;
      }
    }
    if (request && span < pool_of_span.size() && pool_of_span[span] != kNobody) {
      op.pool = pool_of_span[span];
      op.opens = pools_[op.pool].from_actor == actor[i];
      op.accepts = pools_[op.pool].to_actor == actor[i];
    }
    ops_.push_back(op);
  };

  // There.
  std::uint8_t span = 0;
  std::uint32_t here = program.cast.client;
  const auto put = [&](Step step, std::size_t point, std::uint8_t tier) {
    Op op;
    op.step = step;
    op.hop = hop_of[point];
    op.tier = tier;
    op.target = static_cast<std::uint32_t>(point);
    ops_.push_back(op);
  };
  // A body that may be larger than what the receiver's windows let through at once (HB-024): it waits for updates.
  const auto window = [&](std::size_t i, bool to_server) {
    const PathPoint& p = plan.points[i];
    const std::uint32_t pool = span_of[i] < pool_of_span.size() ? pool_of_span[span_of[i]] : kNobody;
    if (p.arriving != Transport::Hbone && p.arriving != Transport::DoubleHbone) return;
    if (pool == kNobody || !plan.reaches_application) return;
    const ActorKind near = i == 0 ? ActorKind::Application : plan.points[i - 1].kind;
    const bool ztunnel = (to_server ? p.kind : near) == ActorKind::Ztunnel;
    const std::uint64_t bytes = to_server ? traffic.request_bytes : traffic.response_bytes;
    if (bytes <= windows_of(ztunnel).connection / 100) return;
    put(Step::Window, i, kNoTier);
    Op& op = ops_.back();
    op.span = span_of[i];
    op.target = pool;
    op.opens = to_server;
    op.accepts = ztunnel;
    op.extra_ns = narrow((ztunnel ? c.ztunnel.per_byte_ns : c.waypoint.per_byte_ns) * static_cast<double>(bytes) *
                         c.platform);  // the receiver works on it meanwhile
  };
  const auto begin_span = [&](std::size_t first, bool from_application) {
    std::size_t last = first;
    while (last + 1 < count && !plan.points[last].http) ++last;
    const std::uint32_t pool = pool_for(program, from_application ? 0 : first - 1, last, from_application);
    pool_of_span.push_back(pool);
    if (pool == kNobody) return;
    program.last_pool = pool;
    Op op;
    op.step = Step::Acquire;
    op.span = span;
    op.target = pool;
    ops_.push_back(op);
  };
  for (std::size_t i = 0; i < count; ++i) {
    const bool fresh = i == 0 || plan.points[i - 1].http;
    if (fresh) {
      span = static_cast<std::uint8_t>(std::min<std::size_t>(pool_of_span.size(), kMostSpans - 1));
      begin_span(i, i == 0);
      if (i > 0 && tier_of[i - 1] != kNoTier && plan.points[i - 1].per_try_ns > 0)
        put(Step::Try, i - 1, tier_of[i - 1]);
    }
    span_of[i] = span;
    add_travel(here, pod[i]);
    window(i, true);
    here = pod[i];
    if (plan.points[i].kind != ActorKind::Application) {
      serve(i, true, span);
      const PathPoint& p = plan.points[i];
      if (p.delay_ns > 0) put(Step::Delay, i, kNoTier);
      if (!p.http || i + 1 == count || program.tier_count == kMostTiers || actor[i] == kNobody) continue;
      tier_of[i] = program.tier_count++;
      // The clock of a route starts when its Envoy has the whole request and the fault filter has let it pass (DP-316).
      if (p.timeout_ns > 0) put(Step::Route, i, tier_of[i]);
      Tier& tier = program.tiers[tier_of[i]];
      tier.point = static_cast<std::uint8_t>(i);
      tier.actor = actor[i];
      tier.out_at = static_cast<std::uint16_t>(ops_.size() - program.first_op);
      if (p.cluster != kNobody) tier.cluster = cluster_state(actor[i], p.cluster);
      if (i == plan.chooser) program.chooser = tier_of[i];
      continue;
    }
    Op op;
    op.step = Step::Answer;
    op.hop = hop_of[i];
    op.span = span;
    op.target = plan.external ? kNobody : actor[i];
    op.extra_ns = plan.external ? narrow(c.rtt_outside_ns) : 0;
    if (actor[i] != kNobody) actors_[actor[i]].used = true;
    ops_.push_back(op);
  }
  if (!plan.reaches_application && !plan.silent && plan.verdict != Verdict::Denied) {
    // What fails to connect, or is reset, learns of it after a round trip.
    add_delay(static_cast<std::int64_t>(c.rtt_node_ns));
  }
  if (plan.silent) {  // DP-312: nobody answers
    Op op;
    op.step = Step::Travel;
    op.target = kNobody;
    ops_.push_back(op);
  }
  // And back.
  for (std::size_t i = count; i-- > 0;) {
    if (tier_of[i] != kNoTier)
      program.tiers[tier_of[i]].back_at = static_cast<std::uint16_t>(ops_.size() - program.first_op);
    if (plan.points[i].kind != ActorKind::Application) serve(i, false, span_of[i]);
    window(i, false);
    add_travel(pod[i], i == 0 ? program.cast.client : pod[i - 1]);
    const bool ends_span = i == 0 || plan.points[i - 1].http;
    if (ends_span && pool_of_span[span_of[i]] != kNobody) {
      Op op;
      op.step = Step::Release;
      op.span = span_of[i];
      op.target = pool_of_span[span_of[i]];
      ops_.push_back(op);
    }
  }
  ops_.push_back(Op{});
  program.operations = static_cast<std::uint32_t>(ops_.size()) - program.first_op;

  // Bytes of one exchange, segment by segment.
  constexpr std::uint64_t moved[] = {0, 131'072, 10'485'760};
  std::uint32_t from = program.cast.client;
  for (std::size_t i = 0; i < count; ++i) {
    if (pod[i] != from || plan.external) {
      const PathPoint& p = plan.points[i];
      const bool by_ztunnel = i > 0 && plan.points[i - 1].kind == ActorKind::Ztunnel;
      const bool answered_by_ztunnel = p.kind == ActorKind::Ztunnel;
      const bool peers = i > 0 && plan.points[i - 1].http && is_envoy(plan.points[i - 1].kind) &&
                         p.arriving != Transport::Plaintext && p.arriving != Transport::Tls;
      const std::uint64_t more = peers ? kPeerMetadataBytes : 0;
      for (std::size_t t = 0; t < 3; ++t) {
        program.bytes[t].to_server += message_bytes(p.arriving, traffic.request_bytes + more, moved[t], by_ztunnel);
        if (plan.reaches_application)
          program.bytes[t].to_client +=
              message_bytes(p.arriving, traffic.response_bytes + more, moved[t], answered_by_ztunnel);
      }
    }
    from = pod[i];
  }
}

std::uint32_t Engine::program_for(const Plan& plan, std::uint32_t plan_id, std::size_t flow, const Cast& cast) {
  std::vector<std::uint32_t>& candidates = program_index_[key_of(plan_id, cast)];
  for (const std::uint32_t id : candidates)
    if (programs_[id].plan_id == plan_id && programs_[id].cast == cast) return id;
  Program program;
  program.plan = &plan;
  program.plan_id = plan_id;
  program.flow = static_cast<std::uint32_t>(flow);
  program.cast = cast;
  unroll(program);
  const std::size_t meters = book_.meters(flow).size();
  if (hop_histograms_[flow].size() < meters) {
    hop_histograms_[flow].resize(meters);
    flows_[flow].meter_queue_ns.resize(meters);
  }
  const auto id = static_cast<std::uint32_t>(programs_.size());
  programs_.push_back(program);
  candidates.push_back(id);
  return id;
}

}  // namespace meshsim::models::simulation
