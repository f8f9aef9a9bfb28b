// The hot path: a request from its arrival to its end.
#include <algorithm>

#include "models/simulation/engine.h"

namespace meshsim::models::simulation {
namespace {

// Draws of a request: those of Purpose (choices.cpp) first.
constexpr std::uint32_t kErrorDraw = 9, kCallDraw = 10, kAnswerDraw = 11;  // 8: retries.cpp
constexpr std::uint32_t kServiceDraws = 16;                                // from here on: services, numbered by step

std::uint32_t clamp32(std::int64_t ns) {
  return static_cast<std::uint32_t>(std::min<std::int64_t>(ns, std::numeric_limits<std::uint32_t>::max()));
}
// Request::work: to the nanosecond below two seconds, in units of 1024 ns above.
constexpr std::uint32_t kLong = 1u << 31;
std::uint32_t packed(std::int64_t ns) {
  return ns < kLong ? static_cast<std::uint32_t>(ns)
                    : kLong | static_cast<std::uint32_t>(std::min<std::int64_t>(ns >> 10, kLong - 1));
}
std::int64_t unpacked(std::uint32_t work) {
  return work < kLong ? std::int64_t{work} : std::int64_t{work & (kLong - 1)} << 10;
}
void add(std::uint32_t& sum, std::int64_t ns) { sum = clamp32(std::int64_t{sum} + ns); }
void add(std::int64_t& sum, std::int64_t ns) { sum += ns; }

}  // namespace

std::string_view to_string(Cause cause) {
  constexpr std::string_view kNames[] = {"",
                                         "pod gone",
                                         "proxy down",
                                         "timeout",
                                         "route timeout",
                                         "overflow",
                                         "cut",
                                         "certificate expired",
                                         "unreachable",
                                         "application error",
                                         "try timeout",
                                         "no healthy upstream",
                                         "connection reset"};
  return kNames[static_cast<std::size_t>(cause)];
}

void Engine::on_event(Event what, sim::Slot who) {
  switch (what) {
    case Event::arrive:
      return arrive(who);
    case Event::client:
      return client_turn(who);
    case Event::step:
      return go_on(who);
    case Event::served:
      return served(who);
    case Event::timeout:
      return deadline(who);
    case Event::retry:
      return try_again(who);
    case Event::failed:
      return failed(who);
    case Event::uneject: {
      const std::uint32_t state = sim_[who].flow, pod = sim_[who].number;
      sim_.destroy(who);
      return uneject(state, pod);
    }
    case Event::cores:
      return cores_done(who);
    case Event::learn: {
      const std::uint32_t actor = sim_[who].flow, epoch = sim_[who].number;
      sim_.destroy(who);
      return learn(actor, epoch);
    }
  }
}

void Engine::arrive(sim::Slot generator) {
  const std::size_t flow = sim_[generator].flow;
  FlowState& state = flows_[flow];
  if (const auto next = state.arrivals.next(sim_.now().ns); next && *next < input_.duration_ns) {
    sim_.at({*next}, generator, Event::arrive);
  } else {
    sim_.destroy(generator);
  }
  if (state.clients.empty()) return;
  const auto& [pod, variant] = state.clients[sim::below(state.clients.size(), state.luck.at(state.number << 7 | 127u))];
  launch(flow, pod, variant, kNobody, 0);
}

void Engine::client_turn(sim::Slot client) {
  const std::size_t flow = sim_[client].flow;
  FlowState& state = flows_[flow];
  if (state.clients.empty() || sim_.now().ns >= input_.duration_ns) return sim_.destroy(client);
  const auto& [pod, variant] = state.clients[sim_[client].number % state.clients.size()];
  sim_[client].start = sim_.now().ns;
  launch(flow, pod, variant, client, static_cast<std::uint32_t>(sim_[client].queue_ns++));
}

// What is drawn for a request hangs on its number. Requests of open flows are numbered as they come; one that another
// causes (or a waiting client) is its `nth`, so that it has the same luck in another mesh, where others came before it.
sim::Slot Engine::launch(std::size_t flow, std::uint32_t client, std::uint32_t variant, std::uint32_t parent,
                         std::uint32_t nth) {
  const sim::Slot who = sim_.create();
  Request& r = sim_[who];
  FlowState& state = flows_[flow];
  FlowStatistics& statistics = statistics_[flow];
  r.flow = static_cast<std::uint32_t>(flow);
  r.number = static_cast<std::uint32_t>(state.number++);
  if (parent != kNobody)
    r.number = static_cast<std::uint32_t>(
        sim::mix64(flows_[sim_[parent].flow].entity ^ sim::mix64(std::uint64_t{sim_[parent].number} << 32 | nth)));
  r.start = sim_.now().ns;
  r.counted = r.start >= input_.warmup_ns;
  r.parent = parent;
  r.parent_generation = parent == kNobody ? 0 : sim_.handle(parent).generation;
  r.call_step = static_cast<std::uint16_t>(variant);  // until the path is chosen
  r.work = client;
  if (recorder_.on()) [[unlikely]]
    recorder_.begin(who, r.flow, r.number, r.start,
                    parent != kNobody && sim_[parent].program != kNobody ? parent : kNobody);
  if (r.counted) ++statistics.started;
  ++statistics.started_samples[static_cast<std::size_t>(r.start / sample_ns_)];
  begin(who);
  return who;
}

// Chooses the path and sets out.
void Engine::begin(sim::Slot who) {
  Request& r = sim_[who];
  const std::size_t flow = r.flow;
  const FlowTraffic& traffic = input_.flows[flow].traffic;
  const std::uint32_t client = r.work;
  std::uint32_t variant = r.call_step;
  r.work = 0;
  r.call_step = 0;
  std::uint32_t kept = traffic.keep_alive ? idle_connection(flow, client) : kNobody;
  if (kept != kNobody && settled_ && programs_[connections_[kept].program].plan->gateways.empty()) {
    r.program = connections_[kept].program;
  } else {
    std::size_t epoch = epoch_;
    if (kept != kNobody) {
      epoch = connections_[kept].client_epoch;
      variant = connections_[kept].variant;
    } else if (!settled_) {
      epoch = epoch_of_client(client, flow);
      variant = variant_of(flow, epoch, client);
    }
    const Choice choice = kept != kNobody ? choose_on(connections_[kept], r, programs_[connections_[kept].program].cast)
                                          : choose(flow, variant, client, epoch, r, nullptr);
    r.program = program_for(*choice.plan, choice.plan_id, flow, choice.cast);
    r.unhealthy = choice.unhealthy;
    if (kept == kNobody && programs_[r.program].sticky) kept = open_connection(flow, variant, r.program, epoch);
  }
  r.connection = kept;
  Program& program = programs_[r.program];
  ++program.runs;
  if (kept != kNobody) ++connections_[kept].busy;
  if (changing_) windows_.count(flow, *program.plan);
  if (traffic.timeout_ns > 0) {
    care_of(r).client_at = r.start + traffic.timeout_ns;
    set_deadline(who, r.start + traffic.timeout_ns, traffic.timeout_ns);
  }
  if (meets_a_cut(who)) return;
  go_on(who);
}

void Engine::go_on(sim::Slot who) {
  Request& r = sim_[who];
  for (;;) {
    const Op& op = ops_[programs_[r.program].first_op + r.pc];
    switch (op.step) {
      case Step::Acquire:
        if (r.unhealthy) [[unlikely]] {
          const std::uint8_t tier = tier_behind(r);
          if (tier != kNoTier && tier == programs_[r.program].chooser) return fail(who, Cause::NoHealthy);
        }
        ++r.pc;
        if (acquire(who, op)) return;
        break;
      case Step::Release:
        ++r.pc;
        release(r, op);
        break;
      case Step::Travel:
        ++r.pc;
        if (op.target == kNobody) {
          const std::int64_t patience = connect_timeout(programs_[r.program], tier_behind(r));
          add(r.network_ns, patience);
          return sim_.after({patience}, who, Event::step);
        }
        add(r.network_ns, op.extra_ns);
        return sim_.send(lines_[op.target], who, Event::step);
      case Step::Serve: {
        const ActorState& actor = actors_[op.target];
        if (!actor.alive) [[unlikely]]
          return fail(who, Cause::ProxyDown);
        std::int64_t work = laws_[op.law].sample(luck(r, kServiceDraws + r.pc)) + op.extra_ns;
        r.cold = 0;
        if (r.cold_streams >> op.span & 1 && op.pool != kNobody) [[unlikely]] {
          const Pool& pool = pools_[op.pool];
          const bool transport = r.cold_transports >> op.span & 1;
          if (op.opens) r.cold += pool.stream_from_ns + (transport ? pool.tls_from_ns : 0);
          if (op.accepts) r.cold += pool.stream_to_ns + (transport ? pool.tls_to_ns : 0);
          work += r.cold;
        }
        r.mark = sim_.now().ns;
        r.work = packed(work);
        if (actor.shared != CoreSharing::kNothing) [[unlikely]]
          return share_cores(who, op.target, work, proxy_weight_[op.law], r.pin[op.span]);
        sim_.serve(actor.station, who, {work}, Event::served, r.pin[op.span]);
        return;
      }
      case Step::Answer: {
        r.mark = sim_.now().ns;
        r.cold = 0;
        if (op.target == kNobody) {  // outside of the cluster
          const std::int64_t work = laws_[kLawOutside].sample(luck(r, kAnswerDraw));
          r.work = packed(work + op.extra_ns);
          add(r.network_ns, op.extra_ns);
          return sim_.after({work + op.extra_ns}, who, Event::served);
        }
        const ActorState& actor = actors_[op.target];
        if (!actor.alive) [[unlikely]]
          return fail(who, Cause::PodGone);
        const std::int64_t work = laws_[application_law_[op.target]].sample(luck(r, kAnswerDraw));
        r.work = packed(work);
        if (actor.shared != CoreSharing::kNothing) [[unlikely]]
          return share_cores(who, op.target, work, application_weight_[op.target], 0);
        sim_.serve(actor.station, who, {work}, Event::served);
        return;
      }
      case Step::Delay: {
        ++r.pc;
        const std::int64_t delay = programs_[r.program].plan->points[op.target].delay_ns;
        r.queue_ns += delay;
        return sim_.after({delay}, who, Event::step);
      }
      case Step::Route: {
        ++r.pc;
        const std::int64_t after = programs_[r.program].plan->points[op.target].timeout_ns;
        care_of(r).route_at[op.tier] = sim_.now().ns + after;
        set_deadline(who, sim_.now().ns + after, after);
        break;
      }
      case Step::Try: {
        ++r.pc;
        const std::int64_t after = programs_[r.program].plan->points[op.target].per_try_ns;
        care_of(r).try_at[op.tier] = sim_.now().ns + after;
        set_deadline(who, sim_.now().ns + after, after);
        break;
      }
      case Step::Window: {
        ++r.pc;
        const std::int64_t delay = window_delay(r, op);
        if (delay == 0) break;
        add(r.network_ns, delay);
        return sim_.after({delay}, who, Event::step);
      }
      case Step::Finish:
        return finish(who);
    }
  }
}

bool Engine::acquire(sim::Slot who, const Op& op) {
  Request& r = sim_[who];
  Pool& p = pools_[op.target];
  if (p.limits != kNobody) [[unlikely]]
    return acquire_limited(who, op);
  const std::int64_t now = sim_.now().ns;
  if (p.in_use == 0 && p.idle_limit_ns > 0 && now - p.last_used_ns > p.idle_limit_ns) [[unlikely]] {
    p.closed += p.open;
    p.open = p.streams = 0;
    p.unused.clear();
    p.offered = false;
  }
  std::uint32_t index = p.open;
  if (p.multiplexed) {
    index = p.in_use / 100;
  } else if (!p.unused.empty()) {
    index = p.unused.back();
    p.unused.pop_back();
  }
  const bool there = p.multiplexed ? index < p.open && !p.went_away : p.in_use < p.open;
  ++p.in_use;
  r.pin[op.span] = static_cast<std::uint16_t>(index + p.salt);
  if (there) return false;

  if (const auto why = refused(p)) [[unlikely]] {
    --p.in_use;
    --r.pc;
    fail(who, *why);
    return true;
  }
  if (p.went_away) [[unlikely]] {  // the streams on the old one end there
    p.went_away = false;
    if (index < p.open) {
      --p.open;
      ++p.closed;
    }
  }
  ++p.open;
  ++p.opened;
  p.peak = std::max(p.peak, p.open);
  const auto delay = open_transport(r, p, op.span);
  if (!delay) {
    --p.open;
    --p.opened;
    --p.in_use;
    --r.pc;
    fail(who, Cause::Certificate);
    return true;
  }
  if (*delay == 0) return false;
  add(r.network_ns, *delay);
  sim_.after({*delay}, who, Event::step);
  return true;
}

void Engine::served(sim::Slot who) {
  Request& r = sim_[who];
  const Program& program = programs_[r.program];
  const Op& op = ops_[program.first_op + r.pc];
  const std::int64_t sojourn = sim_.now().ns - r.mark, work = unpacked(r.work);
  const std::int64_t waited = r.work < kLong || sojourn - work >= 1024 ? sojourn - work : 0;
  std::uint32_t& hop = r.hop[op.hop];
  hop = clamp32(std::int64_t{hop} + (sojourn >> 4));
  if (recorder_.on()) [[unlikely]]
    recorder_.pass(who, op.hop, r.mark, sim_.now().ns);
  r.queue_ns += waited;
  if (r.counted && waited > 0)
    flows_[r.flow].meter_queue_ns[program.meters[op.hop]] += static_cast<std::uint64_t>(waited);
  if (op.step == Step::Answer) return answered(who);
  r.crypto_ns = clamp32(std::int64_t{r.crypto_ns} + r.cold);
  add(r.proxy_ns, work - r.cold);
  if (op.tier != kNoTier && (op.watched || r.status != 0)) [[unlikely]]
    if (came_back(who, op)) return;
  ++r.pc;
  go_on(who);
}

void Engine::answered(sim::Slot who) {
  Request& r = sim_[who];
  const std::uint32_t actor = ops_[programs_[r.program].first_op + r.pc].target;
  const std::uint32_t application = actor == kNobody ? kNobody : application_of_[actor];
  if (actor != kNobody && error_share_[actor] > 0 && sim::chance(error_share_[actor], luck(r, kErrorDraw))) {
    r.cause = Cause::Error;
    r.status = 500;
  }
  if (application != kNobody) {
    r.call_step = 0;
    r.mark = sim_.now().ns;
    if (call(who)) return;
  }
  if (r.orphan) [[unlikely]]
    return sim_.destroy(who);
  ++r.pc;
  go_on(who);
}

// The next step of calls. True: some are under way.
bool Engine::call(sim::Slot who) {
  Request& r = sim_[who];
  const Program& program = programs_[r.program];
  const std::uint32_t server = program.cast.server;
  const Application& a = input_.applications[application_of_[ops_[program.first_op + r.pc].target]];
  while (r.call_step < a.calls.size()) {
    const std::vector<Call>& together = a.calls[r.call_step++];
    r.pending = 1;  // ourselves: a call may fail before the next one starts
    std::uint32_t nth = 0;
    for (const Call& c : together) {
      FlowState& callee = flows_[c.index];
      for (std::uint32_t i = 0; i < c.count; ++i, ++nth) {
        const std::uint64_t draw = sim::mix64(luck(r, kCallDraw) + (std::uint64_t{r.call_step} << 16 | nth));
        if (c.probability < 1 && !sim::chance(c.probability, draw)) continue;
        if (callee.clients.empty()) continue;
        auto from = std::find_if(callee.clients.begin(), callee.clients.end(),
                                 [&](const auto& client) { return client.first == server; });
        if (from == callee.clients.end())
          from =
              callee.clients.begin() + static_cast<std::ptrdiff_t>(sim::below(callee.clients.size(), sim::mix64(draw)));
        ++r.pending;
        launch(c.index, from->first, from->second, who, std::uint32_t{r.call_step} << 16 | nth);
      }
    }
    if (--r.pending > 0) return true;
  }
  return false;
}

void Engine::child_done(std::uint32_t parent, std::uint32_t generation) {
  if (parent == kNobody || !sim_.alive({parent, generation})) return;
  Request& r = sim_[parent];
  if (r.program == kNobody) {  // a client of a closed workload: think, then ask again
    const FlowState& state = flows_[r.flow];
    const FlowTraffic& traffic = input_.flows[r.flow].traffic;
    const std::int64_t now = sim_.now().ns;
    std::int64_t next = now;
    if (state.period_ns > 0) {
      next = std::max(now, r.start + state.period_ns);
    } else if (traffic.think_ns > 0) {
      const std::uint64_t draw = sim::RandomStream(key_, sim::stream_id(std::uint64_t{r.flow} << 32 | r.number, 7))
                                     .at(static_cast<std::uint64_t>(r.mark++));
      next += traffic.think_constant
                  ? traffic.think_ns
                  : sim::SimTime::from_nanoseconds(sim::exponential(static_cast<double>(traffic.think_ns), draw)).ns;
    }
    return sim_.at({next}, parent, Event::client);
  }
  if (r.pending == 0 || --r.pending > 0) return;
  if (call(parent)) return;
  if (r.orphan) return sim_.destroy(parent);
  const Program& program = programs_[r.program];
  std::uint32_t& hop = r.hop[ops_[program.first_op + r.pc].hop];
  hop = clamp32(std::int64_t{hop} + ((sim_.now().ns - r.mark) >> 4));
  if (recorder_.on()) [[unlikely]]
    recorder_.pass(parent, ops_[program.first_op + r.pc].hop, r.mark, sim_.now().ns);
  ++r.pc;
  go_on(parent);
}

// The outcome of a request that failed on the way, or whose application did: that of its path with another end.
std::uint32_t Engine::failed_outcome(const Request& r, const Program& program) {
  const std::vector<OutcomeCount>& known = book_.outcomes(r.flow);
  OutcomeCount key = known[program.plan->outcome];
  const bool timed_out = r.cause == Cause::RouteTimeout || r.cause == Cause::TryTimeout;
  // An injected delay that a timeout does not outlive: judged so.
  if (timed_out && key.response_flags == "UT") return program.plan->outcome;
  const bool delayed = key.response_flags.find("DI") != std::string::npos;
  key.samples.clear();
  key.count = 0;
  key.cause = to_string(r.cause);
  if (r.cause == Cause::Error) {
    if (key.http_status) key.http_status = r.status;
  } else {
    key.denied_by.clear();
    const bool broke = r.cause == Cause::Cut || (r.cause == Cause::Reset && r.status == 0);
    key.verdict = broke ? Verdict::Reset : Verdict::Unreachable;
    key.http_status = r.status != 0 ? std::optional<int>(r.status) : std::nullopt;
  }
  const Care none{}, &care = r.care == kNobody ? none : cares_[r.care];
  // The order of Envoy's ResponseFlagUtils.
  std::string flags;
  const auto add_flag = [&](std::string_view flag) { flags += (flags.empty() ? "" : ",") + std::string(flag); };
  const bool envoy = std::any_of(program.plan->points.begin(), program.plan->points.end(),
                                 [](const PathPoint& p) { return p.http && p.kind != ActorKind::Application; });
  if (r.cause == Cause::NoHealthy) add_flag("UH");
  if (timed_out) add_flag("UT");
  if (envoy && (r.cause == Cause::PodGone || r.cause == Cause::ProxyDown || r.cause == Cause::Certificate ||
                r.cause == Cause::Silent))
    add_flag("UF");
  if (envoy && r.cause == Cause::Reset && r.status != 0) add_flag("UC");
  if (r.cause == Cause::Overflow || care.refused) add_flag("UO");
  if (delayed) add_flag("DI");
  if (r.cause == Cause::Timeout) add_flag("DC");
  if (care.exhausted) add_flag("URX");
  key.response_flags = flags.empty() ? "-" : flags;
  // What never left the Envoy that answered ends there.
  if ((r.cause == Cause::Overflow || r.cause == Cause::NoHealthy) && care.tier < program.tier_count) {
    const std::size_t proxies = program.tiers[care.tier].point + std::size_t{1};
    if (proxies < key.path.size()) key.path.resize(proxies);
    if (r.cause == Cause::NoHealthy) key.routed_to.clear();
  }
  return book_.outcome_id(r.flow, key);
}

void Engine::finish(sim::Slot who) {
  Request& r = sim_[who];
  const Program& program = programs_[r.program];
  if (r.connection != kNobody && connections_[r.connection].dead) {
    r.cause = Cause::Cut;
    r.status = 0;
  }
  end(who, r.cause == Cause::None ? program.plan->outcome : failed_outcome(r, program));
}

void Engine::end(sim::Slot who, std::uint32_t outcome) {
  Request& r = sim_[who];
  const Program& program = programs_[r.program];
  const std::size_t flow = r.flow;
  FlowStatistics& statistics = statistics_[flow];
  const std::int64_t now = sim_.now().ns;
  const auto latency = static_cast<std::uint64_t>(now - r.start);
  const auto sample = static_cast<std::size_t>(now / sample_ns_), last = statistics.finished_samples.size() - 1;
  const std::size_t bin = std::min(sample, last);
  ++statistics.finished_samples[bin];
  statistics.latency_sum_samples[bin] += latency;
  statistics.latency_samples.add(bin, latency);
  OutcomeCount& count = book_.outcomes(flow)[outcome];
  if (count.samples.empty()) count.samples.resize(last + 1);
  ++count.samples[std::min(static_cast<std::size_t>(r.start / sample_ns_), last)];
  if (r.counted) {
    ++count.count;
    ++statistics.finished;
    statistics.latency.add(latency);
    const std::uint64_t known[] = {static_cast<std::uint64_t>(r.queue_ns), r.proxy_ns, r.crypto_ns,
                                   static_cast<std::uint64_t>(r.network_ns)};
    std::uint64_t rest = latency;
    for (std::size_t i = 0; i < 4; ++i) {
      const std::uint64_t part = std::min(known[i], rest);  // a timeout may cut a service short
      statistics.part_ns[i] += part;
      rest -= part;
    }
    statistics.part_ns[4] += rest;
    std::vector<sim::Histogram>& histograms = hop_histograms_[flow];
    for (std::size_t i = 0; i < program.hops; ++i)
      if (r.hop[i] != 0) histograms[program.meters[i]].add(std::uint64_t{r.hop[i]} << 4);
    std::size_t tier = 0;
    if (r.connection != kNobody) {
      Connection& c = connections_[r.connection];
      tier = c.moved < 131'072 ? 0 : c.moved < 10'485'760 ? 1 : 2;
      const FlowTraffic& traffic = input_.flows[flow].traffic;
      c.moved += std::max(traffic.request_bytes, traffic.response_bytes);
    }
    statistics.bytes_to_server += program.bytes[tier].to_server;
    statistics.bytes_to_client += program.bytes[tier].to_client;
  }
  if (program.tcp_cluster != kNobody && r.cause == Cause::None && (r.cold_streams & 1) != 0) [[unlikely]]
    report(program.tcp_cluster, program.cast.server, 200, false);
  if (recorder_.on()) [[unlikely]]
    recorder_.end(who, outcome, program.hops, now);
  sim_.mix(outcome);
  if (r.care != kNobody) [[unlikely]]
    forget_care(who);
  const std::uint32_t connection = r.connection, parent = r.parent, generation = r.parent_generation;
  if (r.core_job != CoreSharing::kNothing) [[unlikely]]
    give_up_cores(who);
  sim_.destroy(who);
  if (connection != kNobody) let_go(connection);
  child_done(parent, generation);
}

}  // namespace meshsim::models::simulation
