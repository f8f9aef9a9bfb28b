// What changes while requests run: epochs and who has learned them, failure and healing, and the windows that open.
#include <algorithm>

#include "models/simulation/engine.h"

namespace meshsim::models::simulation {

void Engine::schedule_changes() {
  change_of_epoch_.assign(input_.epochs.size(), kNone);
  for (std::size_t e = 1; e < input_.epochs.size(); ++e) {
    if (!input_.epochs[e].what.empty()) {
      change_of_epoch_[e] = changes_.size();
      changes_.push_back({input_.epochs[e].at_ns, input_.epochs[e].what, -1, -1, replication_});
    }
    sim_.call_at({input_.epochs[e].at_ns}, [this, e] { epoch_begins(e); });
  }
  for (const Disturbance& d : input_.disturbances) {
    const char* what = d.replace_ns ? "restart ztunnel/" : d.heal ? "heal " : "fail ";
    changes_.push_back({d.at_ns, what + d.name + (d.errors ? " by errors" : ""), -1, -1, replication_});
    sim_.call_at({d.at_ns}, [this, &d] { disturb(d); });
  }
}

void Engine::renew_clients() {
  const Mesh& mesh = *input_.epochs[epoch_].world.mesh;
  for (std::size_t f = 0; f < flows_.size(); ++f) {
    const Client& from = input_.flows[f].flow.from;
    auto& clients = flows_[f].clients;
    clients.clear();
    const auto add = [&](const std::vector<std::uint32_t>& pods, std::uint32_t variant) {
      for (const std::uint32_t pod : pods)
        if (pod_alive_[pod]) clients.emplace_back(pod, variant);
    };
    if (from.kind == Client::Kind::Outside) {
      clients.emplace_back(people_.outside(), 0);
    } else if (from.kind == Client::Kind::Gateway) {
      const std::size_t gateway = mesh.find_gateway(from.ns, from.name);
      if (gateway != kNone) add(people_.pods_of_gateway(epoch_, gateway), 0);
    } else {
      std::uint32_t variant = 0;
      for (const std::size_t w : mesh.workloads_named(from.ns, from.name)) add(people_.pods_of(epoch_, w), variant++);
    }
  }
}

void Engine::epoch_begins(std::size_t epoch) {
  epoch_ = epoch;
  for (std::uint32_t p = 0; p < people_.pods().size(); ++p) {
    const Pod& pod = people_.pods()[p];
    if (pod.first_epoch == epoch) set_pod(p, true);
    if (pod.last_epoch + 1 == epoch) terminate(p);  // out of the endpoints now; it drains, then it is gone
  }
  let_go_of_unenrolled(epoch);
  renew_clients();
  announce(epoch);
  update_settled();
  for (std::size_t f = 0; f < flows_.size(); ++f) observe(f);
}

void Engine::announce(std::size_t epoch) {
  for (std::uint32_t a = 0; a < actors_.size(); ++a) {
    if (actors_[a].epoch >= epoch || !actors_[a].alive || people_.actors()[a].kind == ActorKind::Application) continue;
    const sim::RandomStream delays(key_, people_.actors()[a].name, "push");
    const std::int64_t delay =
        input_.costs.debounce_ns +
        sim::SimTime::from_nanoseconds(sim::exponential(input_.costs.push_ns, delays.at(epoch))).ns;
    const sim::Slot learner = sim_.create();
    sim_[learner].flow = a;
    sim_[learner].number = static_cast<std::uint32_t>(epoch);
    ++behind_;
    sim_.after({delay}, learner, Event::learn);
  }
}

void Engine::learn(std::uint32_t actor, std::size_t epoch) {
  if (!control_plane_up_) {
    held_back_.emplace_back(actor, epoch);
    return;
  }
  --behind_;
  ActorState& state = actors_[actor];
  const bool news = epoch > state.epoch;
  if (news) {
    state.epoch = epoch;
    leave_removed(actor, epoch);
  }
  update_settled();
  if (!news) return;
  if (const std::size_t change = change_of_epoch_[epoch]; change != kNone) {
    ChangeRecord& record = changes_[change];
    if (record.first_ns < 0) record.first_ns = sim_.now().ns;
    record.last_ns = sim_.now().ns;
  }
  for (const std::uint32_t flow : flows_of_actor_[actor]) observe(flow);
}

void Engine::set_alive(std::uint32_t actor, bool alive, End end) {
  if (actor == kNobody || actors_[actor].alive == alive) return;
  actors_[actor].alive = alive;
  if (alive) {  // a proxy starts with what is current
    actors_[actor].epoch = epoch_;
    return;
  }
  if (end == End::Reset) sever({actor});
  // What waits there is lost.
  const std::uint32_t shared = actors_[actor].shared;
  for (const sim::Slot waiting :
       shared != CoreSharing::kNothing ? cores_.waiting(shared) : sim_.waiting(actors_[actor].station)) {
    if (shared != CoreSharing::kNothing) {
      give_up_cores(waiting);
    } else {
      sim_.withdraw(waiting);
    }
    fail(waiting, people_.actors()[actor].kind == ActorKind::Application ? Cause::PodGone : Cause::ProxyDown);
  }
  for (const PoolLimits& limits : limits_) {
    if (clusters_[limits.cluster].actor != actor) continue;
    for (const sim::Slot waiting : std::deque<sim::Slot>(limits.waiting)) {
      leave_queue(waiting);
      fail(waiting, Cause::ProxyDown);
    }
  }
}

void Engine::set_pod(std::uint32_t pod, bool alive, End end) {
  pod_alive_[pod] = alive ? 1 : 0;
  set_alive(people_.pods()[pod].proxy, alive, end);
  set_alive(people_.pods()[pod].application, alive, end);
}

void Engine::disturb(const Disturbance& d) {
  using Kind = Disturbance::Kind;
  const bool up = d.heal;
  switch (d.kind) {
    case Kind::Workload:
    case Kind::Pod:
      if (up || d.errors) {
        for (const Pod& pod : people_.pods()) {
          if ((d.kind == Kind::Pod ? pod.name : pod.workload) != d.name || pod.application == kNobody) continue;
          const std::uint32_t application = application_of_[pod.application];
          error_share_[pod.application] =
              d.errors.value_or(application == kNobody ? 0 : input_.applications[application].error_share);
        }
        if (d.errors) break;
      }
      [[fallthrough]];
    case Kind::Gateway:
      for (std::uint32_t p = 0; p < people_.pods().size(); ++p) {
        const Pod& pod = people_.pods()[p];
        const bool present = pod.first_epoch <= epoch_ && epoch_ <= pod.last_epoch;
        if ((d.kind == Kind::Pod ? pod.name : pod.workload) == d.name && (present || !up)) set_pod(p, up);
      }
      break;
    case Kind::Node:
    case Kind::Ztunnel:
      for (std::uint32_t n = 0; n < people_.nodes().size(); ++n) {
        if (people_.nodes()[n].name != d.name) continue;
        if (d.replace_ns) {
          restart_ztunnel(people_.nodes()[n].ztunnel, d);
          continue;
        }
        set_alive(people_.nodes()[n].ztunnel, up, d.kind == Kind::Ztunnel ? End::Reset : End::Silence);
        if (d.kind == Kind::Ztunnel) continue;
        for (std::uint32_t p = 0; p < people_.pods().size(); ++p)
          if (people_.pods()[p].node == n && people_.pods()[p].first_epoch <= epoch_ &&
              epoch_ <= people_.pods()[p].last_epoch)
            set_pod(p, up, End::Silence);
      }
      break;
    case Kind::Link: {
      std::uint32_t a = kNobody, b = kNobody;
      for (std::uint32_t n = 0; n < people_.nodes().size(); ++n) {
        if (people_.nodes()[n].name == d.name) a = n;
        if (people_.nodes()[n].name == d.other) b = n;
      }
      if (a == kNobody || b == kNobody) break;
      const auto link = std::minmax(a, b);
      if (up) {
        cut_links_.erase({link.first, link.second});
      } else {
        cut_links_.insert({link.first, link.second});
      }
      break;
    }
    case Kind::ControlPlane: {
      control_plane_up_ = up;
      if (!up) break;
      for (const auto& [actor, epoch] : std::exchange(held_back_, {})) {
        const sim::RandomStream delays(key_, people_.actors()[actor].name, "reconnect");
        const sim::Slot learner = sim_.create();
        sim_[learner].flow = actor;
        sim_[learner].number = static_cast<std::uint32_t>(epoch);
        sim_.after(sim::SimTime::from_nanoseconds(sim::exponential(input_.costs.push_ns, delays.at(epoch))), learner,
                   Event::learn);
      }
      break;
    }
    case Kind::Certificate:
      for (std::uint32_t a = 0; a < actors_.size(); ++a)
        if (people_.actors()[a].workload == d.name) actors_[a].certificate = up;
      break;
  }
  renew_clients();
}

bool Engine::meets_a_cut(sim::Slot who) {
  if (cut_links_.empty()) return false;
  Request& r = sim_[who];
  const Program& program = programs_[r.program];
  const Cast& cast = program.cast;
  std::uint32_t here = people_.pods()[cast.client].node;
  std::size_t leg = 0;  // from the client, from the first gateway, ...
  bool found = false;
  for (const std::uint32_t pod : {cast.gateways[0], cast.gateways[1], cast.gateways[2], cast.server}) {
    if (pod == kNobody) continue;
    const std::uint32_t there = people_.pods()[pod].node;
    const auto link = std::minmax(here, there);
    found = cut_links_.contains({link.first, link.second});
    if (found) break;
    here = there;
    ++leg;
  }
  if (!found) return false;
  // The Envoy that sends on this leg learns of it, or else the client.
  std::size_t gateways = 0, from = 0;
  for (std::size_t i = 0; i < program.plan->points.size(); ++i) {
    const PathPoint& point = program.plan->points[i];
    if (point.role == Role::Gateway) ++gateways;
    if (point.role == Role::Server) break;
    from = point.role == Role::Gateway ? gateways : 0;
    for (std::uint8_t t = 0; t < program.tier_count; ++t)
      if (program.tiers[t].point == i && from == leg) r.pc = std::max(r.pc, program.tiers[t].out_at);
  }
  fail(who, Cause::Silent);
  return true;
}

// Which flows are to be looked at again when this proxy learns something: everybody whom they may meet in any epoch.
void Engine::index_flows() {
  flows_of_actor_.assign(actors_.size(), {});
  const auto enter = [&](std::uint32_t pod, std::size_t flow) {
    const Pod& p = people_.pods()[pod];
    for (const std::uint32_t actor : {p.proxy, people_.nodes()[p.node].ztunnel}) {
      if (actor == kNobody) continue;
      std::vector<std::uint32_t>& flows = flows_of_actor_[actor];
      if (flows.empty() || flows.back() != flow) flows.push_back(static_cast<std::uint32_t>(flow));
    }
  };
  for (std::size_t f = 0; f < flows_.size(); ++f)
    for (std::size_t e = 0; e < input_.epochs.size(); ++e) {
      const Client& from = input_.flows[f].flow.from;
      const Mesh& mesh = *input_.epochs[e].world.mesh;
      std::uint32_t variants = 1;
      if (from.kind == Client::Kind::Workload) {
        const auto named = mesh.workloads_named(from.ns, from.name);
        variants = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(named.size()));
        for (const std::size_t w : named)
          for (const std::uint32_t pod : people_.pods_of(e, w)) enter(pod, f);
      }
      for (std::uint32_t v = 0; v < variants; ++v)
        for (const Plan& plan : book_.get(f, v, {e, e, e}).plans) {
          for (const std::size_t g : plan.gateways)
            for (const std::uint32_t pod : people_.pods_of_gateway(e, g)) enter(pod, f);
          if (plan.server == kNone) continue;
          for (const std::uint32_t pod : people_.pods_of(e, plan.server)) enter(pod, f);
        }
    }
}

// Every plan that a request of this flow, or one on a connection that still lives, may take now.
void Engine::observe(std::size_t flow) {
  const FlowState& state = flows_[flow];
  std::vector<std::pair<std::uint32_t, std::size_t>> clients;  // (variant, epoch)
  for (const auto& [pod, variant] : state.clients) {
    const std::size_t epoch = epoch_of_client(pod, flow);
    clients.emplace_back(epoch == epoch_ ? variant : variant_of(flow, epoch, pod), epoch);
  }
  for (std::size_t e = 0; e < state.live.size(); ++e)
    if (state.live[e] > 0) clients.emplace_back(0, e);
  std::sort(clients.begin(), clients.end());
  clients.erase(std::unique(clients.begin(), clients.end()), clients.end());
  std::vector<const Plan*> plans;
  for (const auto& [variant, epoch] : clients) {
    for (const Plan& plan : book_.get(flow, variant, {epoch, epoch, epoch}).plans) {
      std::set<std::size_t> gateways, servers;
      if (!plan.gateways.empty()) {
        for (const std::uint32_t pod : people_.pods_of_gateway(epoch, plan.gateways.front()))
          if (const std::uint32_t proxy = people_.pods()[pod].proxy; proxy != kNobody)
            gateways.insert(actors_[proxy].epoch);
      }
      if (gateways.empty()) gateways.insert(epoch);
      if (plan.server != kNone)
        for (const std::uint32_t pod : people_.pods_of(epoch, plan.server))
          servers.insert(epoch_of_server(plan, pod, epoch));
      if (servers.empty()) servers.insert(epoch);
      for (const std::size_t g : gateways)
        for (const std::size_t s : servers) {
          const PlanSet& set = book_.get(flow, variant, {epoch, g, s});
          std::uint64_t before = 0;
          for (const Plan& met : set.plans) {
            if (met.threshold > before || &met == &set.plans.back()) plans.push_back(&met);
            before = met.threshold;
          }
        }
    }
  }
  windows_.observe(flow, sim_.now().ns, plans);
}

}  // namespace meshsim::models::simulation
