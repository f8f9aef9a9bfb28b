// Circuit breakers: clusters with limits, as Envoy's connection pools keep them (PO-120, DP-220, DP-317): a request
// takes a connection that is ready; or waits for one, if no more wait already; a new one is made while there may be
// more, and in any case when its worker has none to that endpoint. Follows Envoy 1.35:
// source/common/conn_pool/conn_pool_base.cc.
#include <algorithm>

#include "models/simulation/engine.h"
#include "sim/fingerprint.h"

namespace meshsim::models::simulation {

using Wait = Care::Wait;

std::uint32_t Engine::cluster_state(std::uint32_t actor, std::uint32_t cluster) {
  const auto [it, fresh] =
      cluster_index_.try_emplace(std::uint64_t{actor} << 32 | cluster, static_cast<std::uint32_t>(clusters_.size()));
  if (!fresh) return it->second;
  ClusterState& state = clusters_.emplace_back();
  state.actor = actor;
  state.cluster = cluster;
  state.workers = std::max(1u, people_.actors()[actor].workers);
  const ClusterPolicy& policy = policy_of(state);
  if (policy.outlier) {
    const sim::RandomStream phase(key_, people_.actors()[actor].name, "sweep " + book_.clusters()[cluster].name);
    state.phase_ns = static_cast<std::int64_t>(sim::below(static_cast<std::uint64_t>(policy.interval_ns), phase.at(0)));
  }
  return it->second;
}

// One for each worker of the Envoy.
void Engine::add_limited_pools(Pool pool, std::uint32_t state) {
  const ClusterPolicy& policy = policy_of(clusters_[state]);
  for (std::uint32_t w = 0; w < clusters_[state].workers; ++w) {
    pool.limits = static_cast<std::uint32_t>(limits_.size());
    PoolLimits& limits = limits_.emplace_back();
    limits.cluster = state;
    limits.capacity = pool.multiplexed ? policy.max_streams : 1;
    pools_.push_back(pool);
  }
}

// That of the worker that holds the connection on which the request came.
std::uint32_t Engine::limited_pool(const Request& r, const Op& op) const {
  const std::uint32_t workers = clusters_[limits_[pools_[op.target].limits].cluster].workers;
  return op.target + (op.span == 0 ? 0u : r.pin[op.span - 1u]) % workers;
}

void Engine::attach(Request& r, std::uint8_t span, std::uint32_t id, std::uint16_t connection) {
  Pool& p = pools_[id];
  PoolLimits& l = limits_[p.limits];
  ClusterState& c = clusters_[l.cluster];
  ++c.requests;
  ++p.in_use;
  ++l.streams[connection];
  ++l.used[connection];
  r.pin[span] = connection;
  const bool takes_more =
      l.streams[connection] < l.capacity && l.used[connection] < policy_of(c).max_requests_per_connection;
  if (!takes_more) std::erase(l.ready, connection);
}

void Engine::close_limited(std::uint32_t id, std::uint16_t connection) {
  Pool& p = pools_[id];
  PoolLimits& l = limits_[p.limits];
  --p.open;
  ++p.closed;
  if (p.streams > 0) --p.streams;
  --clusters_[l.cluster].connections;
  std::erase(l.ready, connection);
  l.unused.push_back(connection);
}

// maxConnectionDuration: no new stream, and gone with the last one.
bool Engine::is_aged(const PoolLimits& l, std::uint16_t connection) const {
  const std::int64_t most = policy_of(clusters_[l.cluster]).max_connection_ns;
  return most > 0 && sim_.now().ns - l.opened_ns[connection] >= most;
}

void Engine::retire_aged(std::uint32_t id) {
  PoolLimits& l = limits_[pools_[id].limits];
  if (policy_of(clusters_[l.cluster]).max_connection_ns == 0) return;
  for (const std::uint16_t connection : std::vector<std::uint16_t>(l.ready)) {
    if (!is_aged(l, connection)) continue;
    if (l.streams[connection] == 0) {
      close_limited(id, connection);
    } else {
      std::erase(l.ready, connection);
    }
  }
}

bool Engine::acquire_limited(sim::Slot who, const Op& op) {
  Request& r = sim_[who];
  const std::uint32_t id = limited_pool(r, op);
  Pool& p = pools_[id];
  PoolLimits& l = limits_[p.limits];
  ClusterState& c = clusters_[l.cluster];
  const ClusterPolicy& policy = policy_of(c);
  Care& care = care_of(r);
  const Wait was = std::exchange(care.wait, Wait::None);
  const auto overflow = [&] {
    ++c.overflows;
    --r.pc;
    fail(who, Cause::Overflow);
    return true;
  };
  if (was == Wait::Granted) return false;
  if (was == Wait::Refused) return overflow();
  if (was == Wait::Connecting) {
    --c.pending;
    --l.connecting;
    l.ready.push_back(care.connection);
    if (c.requests >= policy.max_requests) {
      serve_waiting(id);
      return overflow();
    }
    attach(r, op.span, id, care.connection);
    serve_waiting(id);  // a connection with many streams serves all who wait
    return false;
  }
  const std::int64_t now = sim_.now().ns;
  if (was == Wait::None) {
    if (p.in_use == 0 && l.connecting == 0 && now - p.last_used_ns > p.idle_limit_ns)
      while (!l.ready.empty()) close_limited(id, l.ready.back());
    retire_aged(id);
    if (!l.ready.empty()) {
      if (c.requests >= policy.max_requests) return overflow();
      attach(r, op.span, id, l.ready.back());
      return false;
    }
    if (c.pending >= policy.max_pending) return overflow();
    ++c.pending;
    const bool soon = l.capacity > 1 && l.connecting > 0;
    if (soon || (c.connections >= policy.max_connections && p.open > 0)) {
      care.wait = Wait::Queued;
      care.pool = id;
      care.span = op.span;
      r.mark = now;
      l.waiting.push_back(who);
      --r.pc;
      return true;
    }
  }
  std::uint16_t connection = 0;
  if (l.unused.empty()) {
    connection = static_cast<std::uint16_t>(l.used.size());
    l.used.push_back(0);
    l.streams.push_back(0);
    l.opened_ns.push_back(now);
  } else {
    connection = l.unused.back();
    l.unused.pop_back();
    l.used[connection] = l.streams[connection] = 0;
    l.opened_ns[connection] = now;
  }
  if (const auto why = refused(p)) {
    --c.pending;
    l.unused.push_back(connection);
    --r.pc;
    fail(who, *why);
    return true;
  }
  ++c.connections;
  ++p.open;
  ++p.opened;
  p.peak = std::max(p.peak, p.open);
  const auto delay = open_transport(r, p, op.span);
  if (!delay) {
    --c.pending;
    --p.opened;
    --p.closed;
    close_limited(id, connection);
    --r.pc;
    fail(who, Cause::Certificate);
    return true;
  }
  ++l.connecting;
  care.wait = Wait::Connecting;
  care.pool = id;
  care.span = op.span;
  care.connection = connection;
  if (*delay == 0) return acquire_limited(who, op);
  r.network_ns += *delay;
  --r.pc;
  sim_.after({*delay}, who, Event::step);
  return true;
}

void Engine::release_limited(const Request& r, std::uint8_t span, std::uint32_t id, bool broken) {
  Pool& p = pools_[id];
  PoolLimits& l = limits_[p.limits];
  ClusterState& c = clusters_[l.cluster];
  const std::uint16_t connection = r.pin[span];
  --c.requests;
  --p.in_use;
  --l.streams[connection];
  p.last_used_ns = sim_.now().ns;
  if (p.drains) p.offered = false;  // GOAWAY
  const bool drains =
      broken || p.drains || is_aged(l, connection) || l.used[connection] >= policy_of(c).max_requests_per_connection;
  if (drains) {
    std::erase(l.ready, connection);
    l.used[connection] = kUnlimited;  // takes nobody any more
    if (l.streams[connection] == 0) close_limited(id, connection);
  } else if (std::find(l.ready.begin(), l.ready.end(), connection) == l.ready.end()) {
    l.ready.push_back(connection);
  }
  serve_waiting(id);
}

// Whoever has waited longest gets what is ready; where a connection was lost, a new one is made for the first.
void Engine::serve_waiting(std::uint32_t id) {
  PoolLimits& l = limits_[pools_[id].limits];
  ClusterState& c = clusters_[l.cluster];
  const ClusterPolicy& policy = policy_of(c);
  retire_aged(id);
  const auto wake = [&](Wait how) {
    const sim::Slot who = l.waiting.front();
    l.waiting.pop_front();
    Request& r = sim_[who];
    r.queue_ns += sim_.now().ns - r.mark;
    Care& care = cares_[r.care];
    care.wait = how;
    if (how != Wait::Create) --c.pending;
    if (how == Wait::Granted) attach(r, care.span, id, l.ready.back());
    sim_.after({0}, who, Event::step);
  };
  while (!l.waiting.empty() && !l.ready.empty())
    wake(c.requests >= policy.max_requests ? Wait::Refused : Wait::Granted);
  if (!l.waiting.empty() && l.connecting == 0 && (pools_[id].open == 0 || c.connections < policy.max_connections))
    wake(Wait::Create);
}

// It waits for a connection no more: it has timed out or ended.
void Engine::leave_queue(sim::Slot who) {
  Request& r = sim_[who];
  if (r.care == kNobody) return;
  Care& care = cares_[r.care];
  const Wait was = std::exchange(care.wait, Wait::None);
  if (was == Wait::None || was == Wait::Refused) return;
  PoolLimits& l = limits_[pools_[care.pool].limits];
  ClusterState& c = clusters_[l.cluster];
  switch (was) {
    case Wait::Queued:
      std::erase(l.waiting, who);
      --c.pending;
      return;
    case Wait::Create:
      --c.pending;
      break;
    case Wait::Connecting:
      --c.pending;
      --l.connecting;
      close_limited(care.pool, care.connection);
      break;
    default:
      return release_limited(r, care.span, care.pool, false);
  }
  serve_waiting(care.pool);
}

}  // namespace meshsim::models::simulation
