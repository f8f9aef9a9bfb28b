// Services on nodes with a known number of cores: everything that runs there shares them (core_sharing.h).
#include <algorithm>

#include "models/simulation/engine.h"

namespace meshsim::models::simulation {

void Engine::make_nodes() {
  std::vector<std::uint32_t> node_at(people_.nodes().size(), CoreSharing::kNothing);
  for (std::uint32_t n = 0; n < people_.nodes().size(); ++n) {
    if (people_.nodes()[n].cores == 0) continue;
    node_at[n] = cores_.add_node(people_.nodes()[n].cores);
    CoreClock& clock = core_clocks_.emplace_back();
    clock.slot = sim_.create();
    sim_[clock.slot].flow = node_at[n];
    place_of_core_node_.push_back(n);
  }
  if (core_clocks_.empty()) return;
  for (std::size_t a = 0; a < actors_.size(); ++a) {
    const Actor& actor = people_.actors()[a];
    if (node_at[actor.node] == CoreSharing::kNothing) continue;
    actors_[a].shared =
        cores_.add_station(node_at[actor.node], actor.workers == 0 ? ~0u : actor.workers, actor.pinned);
  }
  if (input_.costs.batching) rates_.resize(actors_.size());
}

void Engine::share_cores(sim::Slot who, std::uint32_t actor, std::int64_t work, std::uint64_t weight,
                         std::uint32_t pin) {
  if (!rates_.empty()) weight = static_cast<std::uint64_t>(static_cast<double>(weight) * batching_now(actor));
  const std::uint32_t station = actors_[actor].shared;
  sim_[who].core_job = cores_.enter(station, who, work, weight, pin, sim_.now().ns);
  arm_cores(cores_.node_of(station));
}

void Engine::arm_cores(std::uint32_t node) {
  CoreClock& clock = core_clocks_[node];
  if (clock.at_work) return;
  const std::int64_t due = cores_.due(node).value_or(-1);
  if (due == clock.due) return;
  sim_.cancel(clock.timer);
  clock.due = due;
  if (due >= 0) clock.timer = sim_.timer_at({std::max(due, sim_.now().ns)}, clock.slot, Event::cores);
}

void Engine::cores_done(sim::Slot slot) {
  const std::uint32_t node = sim_[slot].flow;
  core_clocks_[node].due = -1;
  core_clocks_[node].at_work = true;
  while (const auto who = cores_.take(node, sim_.now().ns)) {
    sim_[*who].core_job = CoreSharing::kNothing;
    served(*who);
  }
  core_clocks_[node].at_work = false;
  arm_cores(node);
}

void Engine::give_up_cores(sim::Slot who) {
  const std::uint32_t job = std::exchange(sim_[who].core_job, CoreSharing::kNothing);
  const std::uint32_t node = cores_.node_of(cores_.station_of(job));
  cores_.leave(job, sim_.now().ns);
  arm_cores(node);
}

// CO-023: by the rate of the last whole second.
double Engine::batching_now(std::uint32_t actor) {
  const ActorKind kind = people_.actors()[actor].kind;
  if (kind == ActorKind::Application || kind == ActorKind::Ztunnel) return 1;
  RateWatch& watch = rates_[actor];
  const std::int64_t passed = sim_.now().ns - watch.since;
  if (passed >= 1'000'000'000) {
    const double rate = static_cast<double>(watch.services) * 0.5e9 / static_cast<double>(passed);
    watch = {sim_.now().ns, 0, batching_factor(input_.costs, rate)};
  }
  ++watch.services;
  return watch.factor;
}

sim::StationStatistics Engine::station_of(std::size_t actor) const {
  const std::uint32_t shared = actors_[actor].shared;
  return shared == CoreSharing::kNothing ? sim_.statistics(actors_[actor].station)
                                         : cores_.station_use(shared, sim_.now().ns).statistics;
}

}  // namespace meshsim::models::simulation
