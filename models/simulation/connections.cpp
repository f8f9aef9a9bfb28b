// Connections of applications: while one lives, the path chosen when it was opened is the path (the client's proxy does
// not look again); what stands behind an HTTP proxy on it is chosen for every request.
#include <algorithm>

#include "models/simulation/engine.h"

namespace meshsim::models::simulation {

std::uint32_t Engine::open_connection(std::size_t flow, std::uint32_t variant, std::uint32_t program,
                                      std::size_t client_epoch) {
  std::uint32_t id = 0;
  if (free_connections_.empty()) {
    id = static_cast<std::uint32_t>(connections_.size());
    connections_.emplace_back();
  } else {
    id = free_connections_.back();
    free_connections_.pop_back();
  }
  Connection& c = connections_[id];
  c = {};
  c.alive = true;
  c.flow = static_cast<std::uint32_t>(flow);
  c.variant = variant;
  c.program = program;
  c.client_epoch = static_cast<std::uint32_t>(client_epoch);
  c.opened_ns = sim_.now().ns;
  ++flows_[flow].live[client_epoch];
  ++live_by_epoch_[client_epoch];
  ++live_;
  const Program& p = programs_[program];
  if (const std::int64_t most = p.plan->patience.most_ns; most > 0)
    sim_.call_at({c.opened_ns + most}, [this, id, at = c.opened_ns] { expire(id, at); });
  if (p.plan->multiplexed && input_.flows[flow].traffic.keep_alive) flows_[flow].idle[p.cast.client].push_back(id);
  return id;
}

// The pods it leads to live, it is not too old, and the ztunnel at its end, asked again whenever its configuration
// changes, still admits it (HB-062: a policy change closes what it refuses, at once).
bool Engine::still_good(const Connection& c, std::size_t flow) {
  const FlowTraffic& traffic = input_.flows[flow].traffic;
  if (c.dead) return false;
  if (traffic.connection_life_ns > 0 && sim_.now().ns - c.opened_ns >= traffic.connection_life_ns) return false;
  if (const std::int64_t idle = programs_[c.program].plan->patience.idle_ns;
      idle > 0 && c.busy == 0 && c.last_ns > 0 && sim_.now().ns - c.last_ns >= idle)
    return false;
  if (settled_) return true;
  const Program& p = programs_[c.program];
  for (const std::uint32_t pod : p.cast.gateways)
    if (pod != kNobody && !pod_alive_[pod]) return false;
  if (!p.plan->gateways.empty()) return true;
  if (p.cast.server != kNobody && !pod_alive_[p.cast.server]) return false;
  if (p.cast.server == kNobody || p.plan->verdict != Verdict::Allowed) return p.plan->verdict == Verdict::Allowed;
  const std::size_t server = epoch_of_server(*p.plan, p.cast.server, c.client_epoch);
  const PlanSet& now = book_.get(flow, c.variant, {c.client_epoch, c.client_epoch, server});
  return std::any_of(now.plans.begin(), now.plans.end(), [&](const Plan& plan) {
    return plan.verdict == Verdict::Allowed && plan.server == p.plan->server;
  });
}

std::uint32_t Engine::idle_connection(std::size_t flow, std::uint32_t client) {
  FlowState& state = flows_[flow];
  if (state.idle.empty()) return kNobody;
  const auto it = state.idle.find(client);
  if (it == state.idle.end()) return kNobody;
  std::vector<std::uint32_t>& list = it->second;
  while (!list.empty()) {
    const std::uint32_t id = list.back();
    const Connection& c = connections_[id];
    if (!still_good(c, flow)) {
      list.pop_back();
      if (c.busy == 0) {
        close_connection(id);
      } else {
        connections_[id].dead = true;
      }
      continue;
    }
    if (programs_[c.program].plan->multiplexed) return c.busy < 100 ? id : kNobody;
    list.pop_back();
    return id;
  }
  return kNobody;
}

void Engine::let_go(std::uint32_t id) {
  Connection& c = connections_[id];
  const std::uint32_t door = programs_[c.program].door;
  const std::size_t flow = c.flow;
  const bool multiplexed = programs_[c.program].plan->multiplexed;
  if (door != kNobody && actors_[door].draining && !c.leaving) [[unlikely]] {  // Connection: close, GOAWAY
    c.leaving = true;
    const auto it = flows_[flow].idle.find(programs_[c.program].cast.client);
    if (multiplexed && it != flows_[flow].idle.end()) std::erase(it->second, id);
  }
  if (--c.busy > 0) return;
  c.last_ns = sim_.now().ns;
  // A refused connection is closed by whoever refused it; a new one is tried next time.
  const Plan& plan = *programs_[c.program].plan;
  const bool refused = plan.verdict != Verdict::Allowed && !(plan.points.empty() ? false : plan.points.back().http);
  if (c.dead || c.leaving || refused || !input_.flows[flow].traffic.keep_alive) {
    if (multiplexed) {
      const auto it = flows_[flow].idle.find(programs_[c.program].cast.client);
      if (it != flows_[flow].idle.end()) std::erase(it->second, id);
    }
    return close_connection(id);
  }
  if (!multiplexed) flows_[flow].idle[programs_[c.program].cast.client].push_back(id);
}

void Engine::close_connection(std::uint32_t id) {
  Connection& c = connections_[id];
  const Program& p = programs_[c.program];
  for (std::uint32_t i = 0; i < p.operations; ++i) {
    const Op& op = ops_[p.first_op + i];
    if (op.step != Step::Acquire) continue;
    Pool& pool = pools_[op.target];  // of the first span: the application's own
    if (pool.open > pool.in_use) {
      --pool.open;
      ++pool.closed;
      if (!pool.unused.empty()) pool.unused.pop_back();
      if (pool.streams > 0) --pool.streams;
    }
    break;
  }
  const std::size_t epoch = c.client_epoch, flow = c.flow;
  c.alive = false;
  free_connections_.push_back(id);
  --live_;
  --live_by_epoch_[epoch];
  if (--flows_[flow].live[epoch] == 0 && epoch != epoch_ && changing_) {
    update_settled();
    observe(flow);
  }
}

// maxConnectionDuration of TCP: Envoy closes it, whatever it carries.
void Engine::expire(std::uint32_t id, std::int64_t opened_ns) {
  const Connection& c = connections_[id];
  if (!c.alive || c.dead || c.opened_ns != opened_ns) return;
  connections_[id].dead = true;
  if (c.busy == 0) return drop_idle_connection(id);
  std::vector<sim::Slot> carried;
  for (sim::Slot who = 0; who < sim_.slots(); ++who) {
    const sim::RecordState state = sim_.state(who);
    if (state == sim::RecordState::free || state == sim::RecordState::doomed) continue;
    if (sim_[who].program != kNobody && sim_[who].connection == id) carried.push_back(who);
  }
  for (const sim::Slot who : carried) {
    const sim::Slot fresh = detach(who);
    sim_[fresh].cause = Cause::Reset;
    fail_now(fresh);
  }
}

void Engine::update_settled() { settled_ = behind_ == 0 && live_ == live_by_epoch_[epoch_]; }

}  // namespace meshsim::models::simulation
