// How pods and ztunnels end. What leaves the endpoints is told of to the proxies as any other change is; meanwhile the
// pod still takes requests. An application that gets SIGTERM says `Connection: close` with its HTTP responses, too, and
// serves on for its `shutdown`. HB-062, and for an Envoy: `--drain-strategy immediate` (istio/istio
// pkg/envoy/proxy.go), `drain_listeners?graceful`, of a sidecar its inbound listeners only (pkg/envoy/admin.go): every
// response carries `Connection: close`, or GOAWAY goes before it (Envoy 1.35 source/common/http/conn_manager_impl.cc,
// source/server/drain_manager_impl.cc); who is told so makes its next connection, for the time being perhaps to the
// same pod. A ztunnel of the whole node that is replaced stops accepting and sends GOAWAY; its connections go on until
// its deadline (istio/ztunnel src/drain.rs, src/proxy/h2/server.rs, src/config.rs, 1.27). What it carries for a pod
// that leaves ambient mode is cut at once (src/inpod/statemanager.rs, DrainMode::Immediate).
#include <algorithm>

#include "models/simulation/engine.h"
#include "models/simulation/termination.h"

namespace meshsim::models::simulation {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;  // between looks of pilot-agent, and of us at an old ztunnel

bool is_envoy(ActorKind kind) {
  return kind == ActorKind::Sidecar || kind == ActorKind::Waypoint || kind == ActorKind::Gateway;
}

}  // namespace

void Engine::terminate(std::uint32_t p) {
  const Pod& pod = people_.pods()[p];
  const Termination how = termination_of(*input_.epochs[pod.last_epoch].world.mesh, pod.name, input_.costs);
  const std::int64_t now = sim_.now().ns;
  std::int64_t shutdown = input_.costs.drain_ns;
  if (pod.application != kNobody)
    if (const std::uint32_t a = application_of_[pod.application]; a != kNobody)
      shutdown = input_.applications[a].shutdown_ns.value_or(shutdown);
  const std::int64_t application_end = now + std::min(how.kill_ns, how.stop_ns + shutdown);
  std::int64_t end = pod.application == kNobody ? now : application_end;
  if (pod.proxy != kNobody) {
    const std::int64_t starts = now + how.proxy_stop_ns, killed = now + how.kill_ns;
    sim_.call_at({starts}, [this, p] { drain(people_.pods()[p].proxy); });
    const auto ends = [this, p] { set_alive(people_.pods()[p].proxy, false); };
    if (how.native) {
      sim_.call_at({application_end}, ends);
    } else if (how.until_idle) {
      sim_.call_at({std::min(killed, starts + how.minimum_ns + kSecond)},
                   [this, p, killed] { end_when_idle(people_.pods()[p].proxy, killed); });
      end = std::max(end, killed);
    } else {
      const std::int64_t proxy_end = std::min(killed, starts + how.drain_ns);
      sim_.call_at({proxy_end}, ends);
      end = std::max(end, proxy_end);
    }
  }
  if (pod.application != kNobody) {
    sim_.call_at({now + how.stop_ns}, [this, p] { drain(people_.pods()[p].application); });
    sim_.call_at({application_end}, [this, p] { set_alive(people_.pods()[p].application, false); });
  }
  sim_.call_at({end}, [this, p] { set_pod(p, false); });
}

void Engine::drain(std::uint32_t actor) {
  if (!actors_[actor].alive || actors_[actor].draining) return;
  actors_[actor].draining = true;
  for (Pool& pool : pools_)
    if (far_end_drains(pool)) pool.drains = pool.special = true;
}

// Behind a ztunnel it is the application that answers.
bool Engine::far_end_drains(const Pool& pool) const {
  if (pool.to_actor != kNobody && actors_[pool.to_actor].draining) return true;
  if (pool.to_pod == kNobody) return false;
  const Pod& pod = people_.pods()[pool.to_pod];
  return pod.proxy == kNobody && pod.application != kNobody && actors_[pod.application].draining;
}

// Connections that arrive there.
bool Engine::has_downstream(std::uint32_t actor) const {
  return std::any_of(pools_.begin(), pools_.end(), [&](const Pool& pool) {
    if (pool.to_actor != actor) return false;
    const bool kept = pool.stream_limit > 0 && pool.offered && sim_.now().ns - pool.last_used_ns < pool.idle_limit_ns;
    return pool.open > 0 || kept;
  });
}

void Engine::end_when_idle(std::uint32_t actor, std::int64_t last_ns) {
  if (!actors_[actor].alive) return;
  const std::int64_t now = sim_.now().ns;
  if (now >= last_ns || !has_downstream(actor)) return set_alive(actor, false);
  sim_.call_at({std::min(last_ns, now + kSecond)}, [this, actor, last_ns] { end_when_idle(actor, last_ns); });
}

// An Envoy closes its connections to endpoints that have left its configuration, busy ones when they are free, and who
// is no endpoint is not ejected either.
void Engine::leave_removed(std::uint32_t actor, std::size_t epoch) {
  if (!is_envoy(people_.actors()[actor].kind)) return;
  for (std::uint32_t i = 0; i < clusters_.size(); ++i) {
    if (clusters_[i].actor != actor || clusters_[i].ejected == 0) continue;
    for (const auto& [pod, host] : clusters_[i].hosts)
      if (host.ejected && people_.pods()[pod].last_epoch < epoch) uneject(i, pod);
  }
  for (std::uint32_t i = 0; i < pools_.size(); ++i) {
    Pool& pool = pools_[i];
    if (pool.from_actor != actor || pool.to_pod == kNobody || people_.pods()[pool.to_pod].last_epoch >= epoch) continue;
    pool.drains = pool.special = true;
    close_idle(i, {actor});
  }
}

void Engine::restart_ztunnel(std::uint32_t actor, const Disturbance& how) {
  if (actor == kNobody || !actors_[actor].alive) return;
  const std::int64_t now = sim_.now().ns;
  for (Pool& pool : pools_) {
    if (pool.from_actor != actor && pool.to_actor != actor) continue;
    pool.offered = false;  // GOAWAY, and the successor's own pools
    pool.streams = 0;
    pool.went_away = pool.multiplexed && pool.open > 0;
    pool.old_below = pool.open;
  }
  if (how.absent_ns > 0) actors_[actor].accepting = false;
  end_old_ztunnel(actor, now, now + how.replace_ns.value_or(0), how.absent_ns);
}

// The old one ends when nothing runs through it any more, at the latest by its deadline; without a successor beside it
// the next one starts then.
void Engine::end_old_ztunnel(std::uint32_t actor, std::int64_t before_ns, std::int64_t last_ns, std::int64_t start_ns) {
  const std::int64_t now = sim_.now().ns;
  const Severance old{actor, kNobody, before_ns};
  const bool busy = std::any_of(connections_.begin(), connections_.end(),
                                [&](const Connection& c) { return c.alive && !c.dead && carries(old, c); }) ||
                    std::any_of(pools_.begin(), pools_.end(), [&](const Pool& pool) {
                      return touches(old, pool) && pool.old_below > 0 && pool.open > 0;
                    });
  if (busy && now < last_ns) {
    sim_.call_at({std::min(last_ns, now + kSecond)},
                 [this, actor, before_ns, last_ns, start_ns] { end_old_ztunnel(actor, before_ns, last_ns, start_ns); });
    return;
  }
  sever(old);
  if (start_ns > 0) sim_.call_at({now + start_ns}, [this, actor] { actors_[actor].accepting = true; });
}

// dataplane.md 1.2: the label has gone, istio-cni takes the pod out of the node's ztunnel.
void Engine::let_go_of_unenrolled(std::size_t epoch) {
  for (const std::uint32_t pod : people_.unenrolled(epoch))
    if (const std::uint32_t ztunnel = people_.nodes()[people_.pods()[pod].node].ztunnel; ztunnel != kNobody)
      sever({ztunnel, pod, kNever});
}

}  // namespace meshsim::models::simulation
