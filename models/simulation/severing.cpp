// What breaks when a process ends. Its peers read a reset: idle connections close and nobody notices, exchanges under
// way fail, at the Envoy behind which the connection broke (503 UC; retried only where `retryOn` says reset, 5xx or
// gateway-error: source/common/router/retry_state_impl.cc, Envoy 1.35) or else at the client. The reset takes no time;
// an answer that has left the process arrives.
#include <algorithm>

#include "models/simulation/engine.h"

namespace meshsim::models::simulation {
namespace {

std::size_t gateways_before(const Plan& plan, std::size_t point) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < point; ++i) count += plan.points[i].role == Role::Gateway ? 1 : 0;
  return count;
}

}  // namespace

// Quickly: most programs have nothing to do with it.
bool Engine::may_cross(const Severance& what, const Cast& cast) const {
  const auto has = [&](std::uint32_t p) {
    if (p == kNobody) return false;
    const Pod& pod = people_.pods()[p];
    return pod.proxy == what.actor || pod.application == what.actor || people_.nodes()[pod.node].ztunnel == what.actor;
  };
  return has(cast.client) || has(cast.server) || std::any_of(cast.gateways.begin(), cast.gateways.end(), has);
}

bool Engine::is_severed(const Severance& what, const Program& program, std::size_t point) const {
  const PathPoint& p = program.plan->points[point];
  const std::size_t gateway = gateways_before(*program.plan, point);
  if (actor_at(p, program.cast, gateway) != what.actor) return false;
  if (what.pod == kNobody) return true;
  const Cast& cast = program.cast;
  return what.pod == (p.role == Role::Client    ? cast.client
                      : p.role == Role::Server  ? cast.server
                      : gateway < kMostGateways ? cast.gateways[gateway]
                                                : kNobody);
}

// Where on its way a request at `pc` hangs on what breaks: the place nearest to the client.
Engine::Crossing Engine::crossing(const Severance& what, const Program& program, std::uint32_t pc) const {
  const std::size_t points = std::min(program.plan->points.size(), kMostHops);
  for (std::size_t i = 0; i < points; ++i) {
    if (!is_severed(what, program, i)) continue;
    Crossing out;
    bool found = false;
    for (std::uint32_t k = 0; k < program.operations; ++k) {
      const Op& op = ops_[program.first_op + k];
      if ((op.step != Step::Serve && op.step != Step::Answer) || op.hop != i) continue;
      if (!found) out.from = k;
      found = true;
      out.until = k;
    }
    if (!found) continue;
    const std::uint8_t span = ops_[program.first_op + out.from].span;
    for (std::uint32_t k = 0; k <= out.from; ++k) {
      const Op& op = ops_[program.first_op + k];
      if (op.step == Step::Acquire && op.span == span) out.acquire = k;
    }
    if (out.acquire != kNobody) out.from = out.acquire + 1;
    out.crosses = out.from <= pc && pc <= out.until;
    if (out.crosses) return out;
  }
  return {};
}

// The connection of an application leads as far as the first HTTP proxy, that one included.
bool Engine::carries(const Severance& what, const Connection& connection) const {
  if (connection.opened_ns >= what.before_ns) return false;
  const Program& program = programs_[connection.program];
  if (!may_cross(what, program.cast)) return false;
  for (std::size_t i = 0; i < program.plan->points.size(); ++i) {
    if (is_severed(what, program, i)) return true;
    if (program.plan->points[i].http) break;
  }
  return false;
}

bool Engine::touches(const Severance& what, const Pool& pool) const {
  if (what.pod != kNobody && pool.from_pod != what.pod && pool.to_pod != what.pod) return false;
  if (pool.from_actor == what.actor || pool.to_actor == what.actor) return true;
  // An application whose connections a ztunnel ends for it.
  const Actor& actor = people_.actors()[what.actor];
  if (actor.kind != ActorKind::Application || pool.to_pod == kNobody) return false;
  const Pod& pod = people_.pods()[pool.to_pod];
  return pod.application == what.actor && pod.proxy == kNobody;
}

// Was the connection on which the request crosses there before?
bool Engine::is_old(const Severance& what, const Request& r, const Crossing& where) const {
  if (what.before_ns == kNever) return true;
  if (where.acquire == kNobody) return r.start < what.before_ns;
  const Op& op = ops_[programs_[r.program].first_op + where.acquire];
  if (op.span == 0 && r.connection != kNobody) return connections_[r.connection].opened_ns < what.before_ns;
  const Pool& pool = pools_[op.target];
  if (pool.limits != kNobody) {
    const PoolLimits& limits = limits_[pools_[limited_pool(r, op)].limits];
    return limits.opened_ns[r.pin[op.span]] < what.before_ns;
  }
  return static_cast<std::uint16_t>(r.pin[op.span] - pool.salt) < pool.old_below;
}

void Engine::cut(sim::Slot who, const Severance& what, const Crossing& where) {
  if (sim_[who].orphan) {  // the application itself has ended
    if (sim_[who].core_job != CoreSharing::kNothing) give_up_cores(who);
    return sim_.destroy(who);
  }
  const Program program = programs_[sim_[who].program];
  const std::uint32_t pc = sim_[who].pc;
  // It was still connecting: it learns that nobody is there.
  const bool connecting = where.acquire != kNobody && pc == where.acquire + 1 &&
                          ops_[program.first_op + pc].step == Step::Travel && what.before_ns == kNever;
  const bool application = people_.actors()[what.actor].kind == ActorKind::Application;
  const sim::Slot fresh = detach(who);
  Request& r = sim_[fresh];
  r.status = 0;
  r.own_answer = false;
  r.cause = !connecting ? Cause::Reset : application ? Cause::PodGone : Cause::ProxyDown;
  const std::uint32_t before = where.acquire == kNobody ? where.from : where.acquire;
  for (std::uint8_t t = program.tier_count; t-- > 0;)
    if (program.tiers[t].out_at <= before && program.tiers[t].actor != what.actor &&
        actors_[program.tiers[t].actor].alive)
      return attempt_failed(fresh, t);
  fail_now(fresh);
}

void Engine::close_idle(std::uint32_t id, const Severance& what) {
  Pool& pool = pools_[id];
  if (pool.limits != kNobody) {
    PoolLimits& limits = limits_[pool.limits];
    for (const std::uint16_t connection : std::vector<std::uint16_t>(limits.ready))
      if (limits.streams[connection] == 0 && limits.opened_ns[connection] < what.before_ns)
        close_limited(id, connection);
    return;
  }
  if (what.before_ns != kNever) {
    if (pool.of_application) {  // told one by one
      pool.old_below = 0;
      return;
    }
    const auto old = static_cast<std::uint32_t>(std::count_if(
        pool.unused.begin(), pool.unused.end(), [&](std::uint16_t number) { return number < pool.old_below; }));
    const std::uint32_t below = pool.old_below;
    pool.unused.erase(std::remove_if(pool.unused.begin(), pool.unused.end(),
                                     [below](std::uint16_t number) { return number < below; }),
                      pool.unused.end());
    if (pool.multiplexed) pool.went_away = pool.open > 0;
    pool.open -= std::min(pool.open, old);
    pool.closed += old;
    pool.old_below = 0;
    return;
  }
  const std::uint32_t idle = pool.multiplexed && pool.in_use > 0 ? 0 : pool.open - std::min(pool.open, pool.in_use);
  pool.open -= idle;
  pool.closed += idle;
  pool.unused.clear();
  pool.offered = pool.went_away = false;
  pool.streams = 0;
}

void Engine::drop_idle_connection(std::uint32_t id) {
  const Connection& c = connections_[id];
  auto& idle = flows_[c.flow].idle;
  if (const auto it = idle.find(programs_[c.program].cast.client); it != idle.end()) std::erase(it->second, id);
  close_connection(id);
}

void Engine::sever(const Severance& what) {
  for (std::uint32_t id = 0; id < connections_.size(); ++id) {
    Connection& c = connections_[id];
    if (!c.alive || c.dead || !carries(what, c)) continue;
    c.dead = true;
    if (c.busy == 0) drop_idle_connection(id);
  }
  // Who hangs on it, before anybody is told: what follows makes new requests.
  std::vector<std::pair<sim::Handle, Crossing>> hit;
  for (sim::Slot who = 0; who < sim_.slots(); ++who) {
    const sim::RecordState state = sim_.state(who);
    if (state == sim::RecordState::free || state == sim::RecordState::doomed) continue;
    const Request& r = sim_[who];
    if (r.program == kNobody || !may_cross(what, programs_[r.program].cast)) continue;
    if (r.cause != Cause::None && r.status == 0 && !r.orphan) continue;  // has failed already
    const Crossing where = crossing(what, programs_[r.program], r.pc);
    if (where.crosses && is_old(what, r, where)) hit.emplace_back(sim_.handle(who), where);
  }
  for (const auto& [handle, where] : hit)
    if (sim_.alive(handle)) cut(handle.slot, what, where);
  for (std::uint32_t p = 0; p < pools_.size(); ++p)
    if (touches(what, pools_[p])) close_idle(p, what);
}

}  // namespace meshsim::models::simulation
