// The hot path: a request from its arrival to its end.
#include <algorithm>

#include "models/simulation/engine.h"

namespace meshsim::models::simulation {
namespace {

// Draws of a request: those of Purpose (choices.cpp) first.
constexpr std::uint32_t kBackoffDraw = 8, kErrorDraw = 9, kCallDraw = 10;
constexpr std::uint32_t kServiceDraws = 16;  // from here on: services, numbered by step

std::uint32_t clamp32(std::int64_t ns) {
  return static_cast<std::uint32_t>(std::min<std::int64_t>(ns, std::numeric_limits<std::uint32_t>::max()));
}
void add(std::uint32_t& sum, std::int64_t ns) { sum = clamp32(std::int64_t{sum} + ns); }

}  // namespace

std::string_view to_string(Cause cause) {
  constexpr std::string_view kNames[] = {
      "",         "pod gone", "proxy down",          "timeout",     "route timeout",
      "overflow", "cut",      "certificate expired", "unreachable", "application error"};
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
      return fail(who, sim_[who].route_timeout ? Cause::RouteTimeout : Cause::Timeout);
    case Event::retry:
      return begin(who);
    case Event::failed:
      return fail_now(who);
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
  launch(flow, pod, variant, kNobody);
}

void Engine::client_turn(sim::Slot client) {
  const std::size_t flow = sim_[client].flow;
  FlowState& state = flows_[flow];
  if (state.clients.empty() || sim_.now().ns >= input_.duration_ns) return sim_.destroy(client);
  const auto& [pod, variant] = state.clients[sim_[client].number % state.clients.size()];
  sim_[client].start = sim_.now().ns;
  launch(flow, pod, variant, client);
}

sim::Slot Engine::launch(std::size_t flow, std::uint32_t client, std::uint32_t variant, std::uint32_t parent) {
  const sim::Slot who = sim_.create();
  Request& r = sim_[who];
  FlowState& state = flows_[flow];
  FlowStatistics& statistics = statistics_[flow];
  r.flow = static_cast<std::uint32_t>(flow);
  r.number = static_cast<std::uint32_t>(state.number++);
  r.start = sim_.now().ns;
  r.counted = r.start >= input_.warmup_ns;
  r.parent = parent;
  r.parent_generation = parent == kNobody ? 0 : sim_.handle(parent).generation;
  r.call_step = static_cast<std::uint16_t>(variant);  // until the path is chosen
  r.work = client;
  if (r.counted) ++statistics.started;
  ++statistics.started_samples[static_cast<std::size_t>(r.start / sample_ns_)];
  begin(who);
  return who;
}

// Chooses the path (of the first or of another attempt) and sets out.
void Engine::begin(sim::Slot who) {
  Request& r = sim_[who];
  if (r.attempt > 0) return try_again(who);
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
    const Choice choice =
        kept != kNobody ? choose_on(connections_[kept], r) : choose(flow, variant, client, epoch, r, nullptr);
    r.program = program_for(*choice.plan, choice.plan_id, flow, choice.cast);
    if (kept == kNobody && programs_[r.program].sticky) kept = open_connection(flow, variant, r.program, epoch);
  }
  r.connection = kept;
  Program& program = programs_[r.program];
  ++program.runs;
  if (kept != kNobody) ++connections_[kept].busy;
  if (changing_) windows_.count(flow, *program.plan);
  std::int64_t limit = traffic.timeout_ns;
  if (program.timeout_ns > 0 && (limit == 0 || program.timeout_ns < limit)) {
    limit = program.timeout_ns;
    r.route_timeout = true;
  }
  if (limit > 0) r.timer = sim_.timer(sim_.line({limit}), who, Event::timeout);
  if (!cut_links_.empty() && path_is_cut(program)) return fail(who, Cause::Silent);
  go_on(who);
}

// Another attempt, from the Envoy behind which the last one failed.
void Engine::try_again(sim::Slot who) {
  Request& r = sim_[who];
  const Cast cast = programs_[r.program].cast;
  Choice choice;
  if (r.connection != kNobody) {
    choice = choose_on(connections_[r.connection], r);
  } else {
    const std::size_t epoch = settled_ ? epoch_ : epoch_of_client(cast.client, r.flow);
    choice = choose(r.flow, variant_of(r.flow, epoch, cast.client), cast.client, epoch, r, &cast);
  }
  const std::uint32_t id = program_for(*choice.plan, choice.plan_id, r.flow, choice.cast);
  Program& program = programs_[id];
  if (program.retry_at == 0) {
    r.cause = Cause::PodGone;
    return fail_now(who);
  }
  r.program = id;
  ++program.runs;
  r.pc = static_cast<std::uint16_t>(program.retry_at);
  if (!cut_links_.empty() && path_is_cut(program)) return fail(who, Cause::Silent);
  go_on(who);
}

void Engine::go_on(sim::Slot who) {
  Request& r = sim_[who];
  for (;;) {
    const Op& op = ops_[programs_[r.program].first_op + r.pc];
    switch (op.step) {
      case Step::Acquire:
        ++r.pc;
        if (acquire(who, op)) return;
        break;
      case Step::Release:
        ++r.pc;
        release(op.target);
        break;
      case Step::Travel:
        ++r.pc;
        if (op.target == kNobody) {
          add(r.network_ns, input_.costs.connect_timeout_ns);
          return sim_.after({input_.costs.connect_timeout_ns}, who, Event::step);
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
        r.work = clamp32(work);
        sim_.serve(actor.station, who, {work}, Event::served, r.pin[op.span]);
        return;
      }
      case Step::Answer: {
        r.mark = sim_.now().ns;
        r.cold = 0;
        if (op.target == kNobody) {  // outside of the cluster
          const std::int64_t work = laws_[kLawOutside].sample(luck(r, kServiceDraws + r.pc));
          r.work = clamp32(work + op.extra_ns);
          add(r.network_ns, op.extra_ns);
          return sim_.after({work + op.extra_ns}, who, Event::served);
        }
        const ActorState& actor = actors_[op.target];
        if (!actor.alive) [[unlikely]]
          return fail(who, Cause::PodGone);
        const std::int64_t work = laws_[application_law_[op.target]].sample(luck(r, kServiceDraws + r.pc));
        r.work = clamp32(work);
        sim_.serve(actor.station, who, {work}, Event::served);
        return;
      }
      case Step::Finish:
        return finish(who);
    }
  }
}

bool Engine::acquire(sim::Slot who, const Op& op) {
  Request& r = sim_[who];
  Pool& p = pools_[op.target];
  const std::int64_t now = sim_.now().ns;
  if (p.most_requests > 0 && p.in_use >= p.most_requests) [[unlikely]] {  // PO-120, DP-317: UO
    --r.pc;
    fail(who, Cause::Overflow);
    return true;
  }
  if (p.in_use == 0 && p.idle_limit_ns > 0 && now - p.last_used_ns > p.idle_limit_ns) [[unlikely]] {
    p.closed += p.open;
    p.open = p.streams = 0;
    p.offered = false;
  }
  const std::uint32_t index = p.multiplexed ? p.in_use / 100 : p.in_use;
  ++p.in_use;
  r.pin[op.span] = static_cast<std::uint8_t>(sim::mix64(std::uint64_t{op.target} << 20 | index));
  if (index < p.open) return false;

  ++p.open;
  ++p.opened;
  ++statistics_[r.flow].connections[op.span];
  p.peak = std::max(p.peak, p.open);
  r.cold_streams = static_cast<std::uint8_t>(r.cold_streams | 1u << op.span);
  if (p.local) return false;
  bool transport = true;
  std::int64_t delay = 0;
  FlowStatistics& statistics = statistics_[r.flow];
  const bool near_ztunnel = p.from_actor != kNobody && people_.actors()[p.from_actor].kind == ActorKind::Ztunnel;
  const bool far_ztunnel = p.to_actor != kNobody && people_.actors()[p.to_actor].kind == ActorKind::Ztunnel;
  WireBytes bytes;
  if (p.stream_limit > 0) {  // HBONE: a stream, on a transport connection that has room (HB-051)
    transport = !p.offered || p.streams >= p.stream_limit;
    p.streams = transport ? 1 : p.streams + 1;
    p.offered = true;
    delay += p.rtt_ns;  // HB-045: CONNECT and 200
    bytes += stream_bytes(near_ztunnel, transport);
  }
  if (transport) {
    ++p.transports;
    const bool secure = p.transport != Transport::Plaintext;
    delay += std::int64_t{p.rtt_ns} * (secure ? 2 : 1);
    bytes += connection_bytes(p.transport, near_ztunnel, far_ztunnel);
    r.cold_transports = static_cast<std::uint8_t>(r.cold_transports | 1u << op.span);
    const auto expired = [&](std::uint32_t actor) { return actor != kNobody && !actors_[actor].certificate; };
    if (secure && (expired(p.from_actor) || expired(p.to_actor))) {
      --p.open;
      --p.opened;
      --p.transports;
      p.streams = 0;
      p.offered = false;
      fail(who, Cause::Certificate);
      return true;
    }
  }
  if (r.counted) {
    statistics.bytes_to_server += bytes.to_server;
    statistics.bytes_to_client += bytes.to_client;
  }
  if (delay == 0) return false;
  add(r.network_ns, delay);
  sim_.after({delay}, who, Event::step);
  return true;
}

void Engine::release_from(const Request& r, const Program& program, std::uint32_t from) {
  for (std::uint32_t i = from; i < r.pc; ++i) {
    const Op& op = ops_[program.first_op + i];
    if (op.step != Step::Acquire) continue;
    bool released = false;
    for (std::uint32_t k = i + 1; k < r.pc; ++k) {
      const Op& later = ops_[program.first_op + k];
      released |= later.step == Step::Release && later.span == op.span;
    }
    if (!released) release(op.target);
  }
}

void Engine::served(sim::Slot who) {
  Request& r = sim_[who];
  const Program& program = programs_[r.program];
  const Op& op = ops_[program.first_op + r.pc];
  const std::int64_t sojourn = sim_.now().ns - r.mark, waited = sojourn - r.work;
  std::uint32_t& hop = r.hop[op.hop];
  hop = clamp32(std::int64_t{hop} + (sojourn >> 4));
  r.queue_ns += waited;
  if (r.counted && waited > 0)
    flows_[r.flow].meter_queue_ns[program.meters[op.hop]] += static_cast<std::uint64_t>(waited);
  if (op.step == Step::Answer) return answered(who);
  r.crypto_ns = clamp32(std::int64_t{r.crypto_ns} + r.cold);
  add(r.proxy_ns, std::int64_t{r.work} - r.cold);
  ++r.pc;
  go_on(who);
}

void Engine::answered(sim::Slot who) {
  Request& r = sim_[who];
  const std::uint32_t actor = ops_[programs_[r.program].first_op + r.pc].target;
  const std::uint32_t application = actor == kNobody ? kNobody : application_of_[actor];
  if (application != kNobody) {
    const Application& a = input_.applications[application];
    if (a.error_share > 0 && sim::chance(a.error_share, luck(r, kErrorDraw))) r.cause = Cause::Error;
    r.call_step = 0;
    r.mark = sim_.now().ns;
    if (call(who)) return;
  }
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
        launch(c.index, from->first, from->second, who);
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
  const Program& program = programs_[r.program];
  std::uint32_t& hop = r.hop[ops_[program.first_op + r.pc].hop];
  hop = clamp32(std::int64_t{hop} + ((sim_.now().ns - r.mark) >> 4));
  ++r.pc;
  go_on(parent);
}

void Engine::finish(sim::Slot who) {
  const Request& r = sim_[who];
  const Program& program = programs_[r.program];
  std::uint32_t outcome = program.plan->outcome;
  const bool cut = r.connection != kNobody && connections_[r.connection].dead;
  if (cut || r.cause == Cause::Error) {
    OutcomeCount key = book_.outcomes(r.flow)[outcome];
    key.samples.clear();
    key.count = 0;
    key.cause = to_string(cut ? Cause::Cut : Cause::Error);
    if (cut) key.verdict = Verdict::Reset;
    key.http_status = cut ? std::nullopt : std::optional(500);
    outcome = book_.outcome_id(r.flow, key);
  }
  end(who, outcome);
}

// Something on the way failed. An Envoy behind which it happened may try again elsewhere; else the failure travels
// back.
void Engine::fail(sim::Slot who, Cause cause) {
  Request& r = sim_[who];
  const Program& program = programs_[r.program];
  r.cause = cause;
  const bool over = cause == Cause::Timeout || cause == Cause::RouteTimeout;
  if (!over && cause != Cause::Overflow && program.retries > r.attempt && program.retry_at > 0 &&
      r.pc >= program.retry_at) {
    release_from(r, program, program.retry_at);
    ++r.attempt;
    ++statistics_[r.flow].retries;
    r.pc = static_cast<std::uint16_t>(program.retry_at);
    r.cause = Cause::None;
    // Envoy's back-off: a random part of 25 ms, doubled each time.
    const auto most = static_cast<std::uint64_t>(25'000'000) << (r.attempt - 1);
    const auto pause = static_cast<std::int64_t>(sim::below(most, luck(r, kBackoffDraw)));
    return sim_.after({pause + (cause == Cause::Silent ? input_.costs.connect_timeout_ns : 0)}, who, Event::retry);
  }
  if (over) return fail_now(who);
  const std::int64_t back = cause == Cause::Silent ? input_.costs.connect_timeout_ns : r.network_ns;
  add(r.network_ns, back);
  sim_.after({back}, who, Event::failed);
}

void Engine::fail_now(sim::Slot who) {
  const Request& r = sim_[who];
  const Program& program = programs_[r.program];
  release_from(r, program, 0);
  OutcomeCount key = book_.outcomes(r.flow)[program.plan->outcome];
  key.samples.clear();
  key.count = 0;
  key.verdict = r.cause == Cause::Cut ? Verdict::Reset : Verdict::Unreachable;
  key.cause = to_string(r.cause);
  key.denied_by.clear();
  const bool http = std::any_of(program.plan->points.begin(), program.plan->points.end(),
                                [](const PathPoint& p) { return p.http && p.kind != ActorKind::Application; });
  key.http_status = http ? std::optional(r.cause == Cause::RouteTimeout ? 504 : 503) : std::nullopt;
  if (r.cause == Cause::Timeout) key.http_status = std::nullopt;
  key.response_flags = r.cause == Cause::Overflow       ? "UO"
                       : r.cause == Cause::RouteTimeout ? "UT"
                       : r.cause == Cause::Timeout      ? "DC"
                                                        : "UF";
  end(who, book_.outcome_id(r.flow, key));
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
    const std::uint64_t known[] = {static_cast<std::uint64_t>(r.queue_ns), r.proxy_ns, r.crypto_ns, r.network_ns};
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
  sim_.mix(outcome);
  sim_.cancel(r.timer);
  const std::uint32_t connection = r.connection, parent = r.parent, generation = r.parent_generation;
  sim_.destroy(who);
  if (connection != kNobody) let_go(connection);
  child_done(parent, generation);
}

}  // namespace meshsim::models::simulation
