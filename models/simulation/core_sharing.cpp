#include "models/simulation/core_sharing.h"

#include <algorithm>
#include <functional>

namespace meshsim::models::simulation {

using sim::u128;

std::uint32_t CoreSharing::add_node(std::uint64_t cores) {
  Node& node = nodes_.emplace_back();
  node.cores = std::max<std::uint64_t>(1, cores);
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

std::uint32_t CoreSharing::add_station(std::uint32_t node, std::uint32_t servers, bool pinned) {
  Station& station = stations_.emplace_back();
  station.node = node;
  station.first_lane = static_cast<std::uint32_t>(lanes_.size());
  station.lanes = pinned ? std::max(1u, servers) : 1;
  const auto id = static_cast<std::uint32_t>(stations_.size() - 1);
  for (std::uint32_t i = 0; i < station.lanes; ++i) {
    Lane& lane = lanes_.emplace_back();
    lane.station = id;
    lane.servers = pinned ? std::min(1u, servers) : servers;
  }
  return id;
}

void CoreSharing::advance(Node& node, std::int64_t now) {
  const auto passed = static_cast<std::uint64_t>(now - node.since);
  node.since = now;
  if (passed == 0 || node.load == 0) return;
  if (node.load <= node.cores) {
    node.own_time += passed << kFraction;
    node.use.used += u128{passed} * node.load;
    return;
  }
  node.own_time += static_cast<std::uint64_t>((u128{passed} << kFraction) * node.cores / node.load);
  node.use.used += u128{passed} * node.cores;
  node.use.short_ns += static_cast<std::int64_t>(passed);
}

void CoreSharing::start(std::uint32_t id, std::int64_t now) {
  Job& job = jobs_[id];
  Lane& lane = lanes_[job.lane];
  Node& node = nodes_[stations_[lane.station].node];
  advance(node, now);
  ++lane.busy;
  job.running = true;
  job.started = now;
  node.load += job.weight;
  node.endings.push_back({node.own_time + job.work, order_++, id});
  std::push_heap(node.endings.begin(), node.endings.end(), std::greater<>());
}

std::uint32_t CoreSharing::enter(std::uint32_t at, sim::Slot slot, std::int64_t work, std::uint64_t weight,
                                 std::uint32_t pin, std::int64_t now) {
  Station& station = stations_[at];
  std::uint32_t id = 0;
  if (free_jobs_.empty()) {
    id = static_cast<std::uint32_t>(jobs_.size());
    jobs_.emplace_back();
  } else {
    id = free_jobs_.back();
    free_jobs_.pop_back();
  }
  Job& job = jobs_[id];
  job = {};
  job.slot = slot;
  job.lane = station.first_lane + pin % station.lanes;
  job.work = static_cast<std::uint64_t>(work) << kFraction;
  job.weight = std::max<std::uint64_t>(1, weight);
  job.entered = now;
  ++station.present;
  ++station.use.statistics.arrivals;
  station.presence -= static_cast<u128>(now);
  Lane& lane = lanes_[job.lane];
  if (lane.busy < lane.servers) {
    start(id, now);
    return id;
  }
  job.prev = lane.tail;
  (lane.tail == kNothing ? lane.head : jobs_[lane.tail].next) = id;
  lane.tail = id;
  return id;
}

void CoreSharing::free_worker(std::uint32_t at, std::int64_t now) {
  Lane& lane = lanes_[at];
  --lane.busy;
  while (lane.head != kNothing && lane.busy < lane.servers) {
    const std::uint32_t id = lane.head;
    lane.head = jobs_[id].next;
    (lane.head == kNothing ? lane.tail : jobs_[lane.head].prev) = kNothing;
    start(id, now);
  }
}

void CoreSharing::forget(std::uint32_t id) { free_jobs_.push_back(id); }

void CoreSharing::leave(std::uint32_t id, std::int64_t now) {
  Job& job = jobs_[id];
  Station& station = stations_[lanes_[job.lane].station];
  --station.present;
  station.presence += static_cast<u128>(now);
  ++station.use.statistics.withdrawn;
  if (!job.running) {
    Lane& lane = lanes_[job.lane];
    (job.prev == kNothing ? lane.head : jobs_[job.prev].next) = job.next;
    (job.next == kNothing ? lane.tail : jobs_[job.next].prev) = job.prev;
    forget(id);
    return;
  }
  Node& node = nodes_[station.node];
  advance(node, now);
  node.load -= job.weight;
  job.slot = sim::no_slot;  // its number is free once its ending has come out of the heap
  free_worker(job.lane, now);
}

void CoreSharing::drop_dead(Node& node) {
  while (!node.endings.empty() && jobs_[node.endings.front().job].slot == sim::no_slot) {
    forget(node.endings.front().job);
    std::pop_heap(node.endings.begin(), node.endings.end(), std::greater<>());
    node.endings.pop_back();
  }
}

std::optional<std::int64_t> CoreSharing::due(std::uint32_t id) {
  Node& node = nodes_[id];
  drop_dead(node);
  if (node.endings.empty()) return std::nullopt;
  const std::uint64_t at = node.endings.front().at;
  if (at <= node.own_time) return node.since;
  const u128 left = at - node.own_time;
  const u128 speed = u128{std::min(node.cores, node.load)} << kFraction;
  return node.since + static_cast<std::int64_t>((left * node.load + speed - 1) / speed);
}

std::optional<sim::Slot> CoreSharing::take(std::uint32_t id, std::int64_t now) {
  Node& node = nodes_[id];
  drop_dead(node);
  if (node.endings.empty()) return std::nullopt;
  advance(node, now);
  const Ending ending = node.endings.front();
  if (ending.at > node.own_time) return std::nullopt;
  std::pop_heap(node.endings.begin(), node.endings.end(), std::greater<>());
  node.endings.pop_back();
  const Job job = jobs_[ending.job];
  Station& station = stations_[lanes_[job.lane].station];
  node.load -= job.weight;
  --station.present;
  station.presence += static_cast<u128>(now);
  sim::StationStatistics& s = station.use.statistics;
  ++s.served;
  s.sojourn += static_cast<u128>(now - job.entered);
  s.waiting += static_cast<u128>(job.started - job.entered);
  s.busy_time += static_cast<u128>(now - job.started);
  station.use.cpu += u128{job.work >> kFraction} * job.weight;
  forget(ending.job);
  free_worker(job.lane, now);
  return job.slot;
}

std::vector<sim::Slot> CoreSharing::waiting(std::uint32_t id) const {
  std::vector<sim::Slot> out;
  const Station& station = stations_[id];
  for (std::uint32_t l = station.first_lane; l < station.first_lane + station.lanes; ++l)
    for (std::uint32_t job = lanes_[l].head; job != kNothing; job = jobs_[job].next) out.push_back(jobs_[job].slot);
  return out;
}

CoreSharing::StationUse CoreSharing::station_use(std::uint32_t id, std::int64_t now) const {
  const Station& station = stations_[id];
  StationUse out = station.use;
  out.statistics.population_time = station.presence + static_cast<u128>(now) * station.present;
  return out;
}

CoreSharing::NodeUse CoreSharing::node_use(std::uint32_t id, std::int64_t now) {
  Node& node = nodes_[id];
  advance(node, now);
  NodeUse out = node.use;
  out.observed_ns = now - node.watched_since;
  return out;
}

void CoreSharing::reset_statistics(std::int64_t now) {
  for (Station& station : stations_) {
    station.use = {};
    station.presence = 0 - static_cast<u128>(now) * station.present;
  }
  for (Node& node : nodes_) {
    advance(node, now);
    node.use = {};
    node.watched_since = now;
  }
}

}  // namespace meshsim::models::simulation
