// Which way a request goes: the outcome by its share, the pods by the balancer of whoever chooses, and the plan for the
// configurations that the proxies of exactly these pods have.
#include <algorithm>
#include <set>

#include "models/simulation/engine.h"

namespace meshsim::models::simulation {

// Purposes of a request's draws; each attempt has its own block. Draws of services start behind them.
enum Purpose : std::uint32_t { kPath, kServerA, kGatewayA, kGatewayB, kGatewayC };  // further ones: requests.cpp

std::size_t Engine::epoch_of_client(std::uint32_t pod, std::size_t flow) const {
  if (pod == people_.outside()) return epoch_;
  const Pod& p = people_.pods()[pod];
  if (p.proxy != kNobody) return actors_[p.proxy].epoch;
  // Captured by ztunnel? The world says so; kube-proxy, for whoever is not, is up to date.
  const std::uint32_t ztunnel = people_.nodes()[p.node].ztunnel;
  if (ztunnel == kNobody) return epoch_;
  const Flow& asked = input_.flows[flow].flow;
  const Mesh& mesh = *input_.epochs[epoch_].world.mesh;
  for (const std::size_t w : mesh.workloads_named(asked.from.ns, asked.from.name))
    if (mesh.workloads[w].mode == DataplaneMode::Ambient) return actors_[ztunnel].epoch;
  return epoch_;
}

std::size_t Engine::epoch_of_server(const Plan& plan, std::uint32_t pod, std::size_t otherwise) const {
  for (std::size_t i = plan.points.size(); i-- > 0;) {
    const PathPoint& p = plan.points[i];
    if (p.role != Role::Server || p.kind == ActorKind::Application) continue;
    const Pod& at = people_.pods()[pod];
    const std::uint32_t actor = p.kind == ActorKind::Ztunnel ? people_.nodes()[at.node].ztunnel : at.proxy;
    return actor == kNobody ? otherwise : actors_[actor].epoch;
  }
  return otherwise;
}

const std::vector<std::uint32_t>& Engine::gateway_pods(std::size_t epoch, std::size_t gateway) const {
  return people_.pods_of_gateway(epoch, gateway);
}

// Envoy: the less loaded of two at random (LEAST_REQUEST; they may be the same), as its own connections show it.
// ztunnel and kube-proxy: at random.
std::uint32_t Engine::balance(const Choice& choice, std::size_t flow, const std::vector<std::uint32_t>& pods,
                              std::uint64_t draw) {
  if (pods.size() == 1) return pods.front();
  const std::size_t a = sim::below(pods.size(), draw);
  const auto& points = choice.plan->points;
  const bool envoy = std::any_of(points.begin(), points.end(), [](const PathPoint& p) {
    return p.http && p.role != Role::Server && p.kind != ActorKind::Application;
  });
  if (!envoy) return pods[a];
  const std::size_t b = sim::below(pods.size(), sim::mix64(draw));
  const auto load = [&](std::size_t i) {
    Cast cast = choice.cast;
    cast.server = pods[i];
    const Program& program = programs_[program_for(*choice.plan, choice.plan_id, flow, cast)];
    return busy(program.last_pool);
  };
  return load(b) < load(a) ? pods[b] : pods[a];
}

std::uint32_t Engine::busy(std::uint32_t pool) const {
  if (pool == kNobody) return 0;
  if (pools_[pool].limits == kNobody) return pools_[pool].in_use;
  std::uint32_t sum = 0;
  for (std::uint32_t w = 0; w < clusters_[limits_[pools_[pool].limits].cluster].workers; ++w)
    sum += pools_[pool + w].in_use;
  return sum;
}

// `salt`: other draws than the first ones.
void Engine::fill(Choice& choice, std::size_t flow, const Request& request, const Cast* kept, std::uint64_t salt) {
  const Plan& plan = *choice.plan;
  const auto draw = [&](std::uint32_t purpose) {
    return salt == 0 ? luck(request, purpose) : sim::mix64(luck(request, purpose) ^ salt);
  };
  for (std::size_t i = 0; i < plan.gateways.size() && i < kMostGateways; ++i) {
    if (kept != nullptr && kept->gateways[i] != kNobody) {
      choice.cast.gateways[i] = kept->gateways[i];
      continue;
    }
    const auto& pods = gateway_pods(choice.client_epoch, plan.gateways[i]);
    choice.cast.gateways[i] = pods[sim::below(pods.size(), draw(static_cast<std::uint32_t>(kGatewayA + i)))];
  }
  for (std::size_t i = plan.gateways.size(); i < kMostGateways; ++i) choice.cast.gateways[i] = kNobody;
  choice.cast.server = kNobody;
  if (plan.server == kNone) return;
  const auto& pods = people_.pods_of(choice.client_epoch, plan.server);
  choice.cast.server = balance(choice, flow, pods, draw(kServerA));
}

// An Envoy leaves out the endpoints that its outlier detection has ejected, unless too few are left (panic), and a new
// attempt those it has tried before (DP-246: up to five further choices). Weights stay those of the endpoints left.
void Engine::steer(Choice& choice, const PlanSet& set, std::size_t flow, const Request& request, std::uint64_t draw) {
  const std::uint32_t target = choice.plan->target;
  const ClusterState* state = nullptr;
  bool panic = true;
  if (choice.plan->ejects) {
    const std::size_t chooser = choice.plan->chooser != kNone ? choice.plan->chooser : choice.plan->tcp_chooser;
    const PathPoint& point = choice.plan->points[chooser];
    std::size_t gateway = 0;
    for (std::size_t i = 0; i < chooser; ++i) gateway += choice.plan->points[i].role == Role::Gateway ? 1 : 0;
    const std::uint32_t actor = actor_at(point, choice.cast, gateway);
    if (actor == kNobody) return;
    ClusterState& own = clusters_[cluster_state(actor, point.cluster)];
    std::set<std::size_t> servers;
    for (const Plan& plan : set.plans)
      if (plan.server != kNone && plan.target == target) servers.insert(plan.server);
    own.endpoints = 0;
    for (const std::size_t server : servers)
      own.endpoints += static_cast<std::uint32_t>(people_.pods_of(choice.client_epoch, server).size());
    const std::uint32_t healthy = own.endpoints - std::min(own.endpoints, own.ejected);
    panic = std::uint64_t{healthy} * 100 < std::uint64_t{policy_of(own).min_health_percent} * own.endpoints;
    if (!panic && healthy == 0) {
      choice.unhealthy = true;  // UH
      return;
    }
    state = &own;
  }
  const auto ejected = [&](std::uint32_t pod) {
    if (state == nullptr || panic) return false;
    const auto it = state->hosts.find(pod);
    return it != state->hosts.end() && it->second.ejected;
  };
  const auto tried = [&](std::uint32_t pod) {
    if (request.care == kNobody) return false;
    const auto& list = cares_[request.care].tried;
    return std::find(list.begin(), list.end(), pod) != list.end();
  };
  constexpr int kMost = 64, kForTried = 5;
  for (int i = 0; i < kMost; ++i) {
    const std::uint32_t pod = choice.cast.server;
    if (!ejected(pod) && (i >= kForTried || !tried(pod))) return;
    const std::uint64_t other = sim::mix64(draw + static_cast<std::uint64_t>(i) + 1);
    std::uint32_t index = 0;
    const Plan& plan = set.pick(other, index);
    if (plan.server == kNone || plan.target != target) continue;  // another cluster: not this Envoy's choice
    choice.plan = &plan;
    choice.plan_id = set.first_id + index;
    const Cast kept = choice.cast;
    fill(choice, flow, request, &kept, other);
  }
  for (std::size_t p = 0; p < set.plans.size(); ++p) {  // nearly everybody is out
    const Plan& plan = set.plans[p];
    if (plan.server == kNone || plan.target != target) continue;
    for (const std::uint32_t pod : people_.pods_of(choice.client_epoch, plan.server)) {
      if (ejected(pod)) continue;
      choice.plan = &plan;
      choice.plan_id = set.first_id + static_cast<std::uint32_t>(p);
      choice.cast.server = pod;
      return;
    }
  }
}

Engine::Choice Engine::choose(std::size_t flow, std::uint32_t variant, std::uint32_t client, std::size_t client_epoch,
                              const Request& request, const Cast* kept) {
  Configurations configurations{client_epoch, client_epoch, client_epoch};
  // Attempts of one request stay in the cluster that its route chose once.
  const std::uint64_t draw = flows_[request.flow].luck.at(static_cast<std::uint64_t>(request.number) << 7 | kPath);
  Choice out;
  out.client_epoch = client_epoch;
  out.cast.client = client;
  // The draw picks an outcome, its pods have configurations, these may change what the outcome is: two rounds settle
  // it.
  for (int round = 0; round < 3; ++round) {
    const PlanSet& set = book_.get(flow, variant, configurations);
    std::uint32_t index = 0;
    out.plan = &set.pick(draw, index);
    out.plan_id = set.first_id + index;
    fill(out, flow, request, kept);
    if (out.cast.server != kNobody && (out.plan->ejects || request.attempt > 0)) [[unlikely]]
      steer(out, set, flow, request, draw);
    if (settled_) break;
    Configurations now = configurations;
    if (out.cast.gateways[0] != kNobody) {
      const std::uint32_t proxy = people_.pods()[out.cast.gateways[0]].proxy;
      if (proxy != kNobody) now.gateway = actors_[proxy].epoch;
    }
    if (out.cast.server != kNobody) now.server = epoch_of_server(*out.plan, out.cast.server, client_epoch);
    if (now == configurations) break;
    configurations = now;
  }
  return out;
}

// Which of the workloads with the client's name this pod belongs to in that epoch.
std::uint32_t Engine::variant_of(std::size_t flow, std::size_t epoch, std::uint32_t pod) const {
  const Client& from = input_.flows[flow].flow.from;
  if (from.kind != Client::Kind::Workload) return 0;
  const auto named = input_.epochs[epoch].world.mesh->workloads_named(from.ns, from.name);
  for (std::size_t i = 0; i < named.size(); ++i) {
    const auto& pods = people_.pods_of(epoch, named[i]);
    if (std::find(pods.begin(), pods.end(), pod) != pods.end()) return static_cast<std::uint32_t>(i);
  }
  return 0;
}

// On a connection that exists: its path stays as far as the first HTTP proxy, what stands behind that is chosen anew. A
// waypoint or gateway there chooses among the endpoints that it knows by now, not those of the day when it was opened.
Engine::Choice Engine::choose_on(const Connection& connection, const Request& request, const Cast& kept) {
  const Program& was = programs_[connection.program];
  const Cast cast = was.cast, stays = kept;  // programs are added meanwhile
  const Plan* plan = was.plan;
  const std::uint32_t plan_id = was.plan_id;
  const std::size_t flow = connection.flow, epoch = connection.client_epoch;
  const std::uint32_t variant = connection.variant;
  if (!plan->gateways.empty()) {
    const std::size_t newer = was.door == kNobody ? epoch : actors_[was.door].epoch;
    if (newer > epoch && cast.gateways[0] != kNobody) {
      const Choice now = choose(flow, variant_of(flow, newer, cast.client), cast.client, newer, request, &stays);
      const std::string& name = people_.pods()[cast.gateways[0]].workload;
      const auto same = [&](std::uint32_t pod) { return people_.pods()[pod].workload == name; };
      if (!now.plan->gateways.empty()) {
        const auto& pods = gateway_pods(newer, now.plan->gateways.front());
        if (std::any_of(pods.begin(), pods.end(), same)) return now;
      }
    }
    return choose(flow, variant, cast.client, epoch, request, &stays);
  }
  Choice out{plan, plan_id, cast, epoch, false};
  if (cast.server == kNobody) return out;
  const PlanSet& now = book_.get(flow, variant, {epoch, epoch, epoch_of_server(*plan, cast.server, epoch)});
  for (std::size_t i = 0; i < now.plans.size(); ++i)
    if (now.plans[i].server == plan->server) {
      out.plan = &now.plans[i];
      out.plan_id = now.first_id + static_cast<std::uint32_t>(i);
      break;
    }
  return out;
}

}  // namespace meshsim::models::simulation
