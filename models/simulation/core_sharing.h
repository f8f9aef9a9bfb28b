#pragma once
// CoreSharing: proxies and applications of a node share its cores. Each is a station with workers of its own (CO-020);
// what its workers do competes with everything else on the node. While the work under way asks for no more than the
// node has, everything runs at full speed; beyond that all of it slows down by the same factor: processor sharing, as a
// fair scheduler gives it. Exact, in integers: work is kept in the node's own time, which runs slower while the node is
// short of cores, so that one heap per node knows who is done next (O(log n) a service).
// Imitates: Linux CFS/EEVDF between threads of equal weight, without cpu.max quotas and CPU requests. Where it stops:
// no time slices, no cost of switching, no affinity; the kernel's own work is part of what the proxies cost.
// Internal to models/simulation. It keeps no clock: whoever calls brings the time and asks when to come back.
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/station.h"

namespace meshsim::models::simulation {

class CoreSharing {
 public:
  static constexpr std::uint64_t kCore = 1u << 16;  // cores and weights are counted in these
  static constexpr std::uint32_t kNothing = ~0u;

  struct NodeUse {
    sim::u128 used = 0;           // integral of the cores in use, in kCore nanoseconds
    std::int64_t short_ns = 0;    // time in which more was asked for than there is
    std::int64_t observed_ns = 0;
  };
  struct StationUse {
    sim::StationStatistics statistics;
    sim::u128 cpu = 0;  // of completed work, in kCore nanoseconds
  };

  std::uint32_t add_node(std::uint64_t cores);
  std::uint32_t add_station(std::uint32_t node, std::uint32_t servers, bool pinned);
  std::uint32_t node_of(std::uint32_t station) const { return stations_[station].node; }

  // `slot` wants `work` nanoseconds at full speed on a worker, and `weight` cores meanwhile. The job's number.
  std::uint32_t enter(std::uint32_t station, sim::Slot slot, std::int64_t work, std::uint64_t weight, std::uint32_t pin,
                      std::int64_t now);
  void leave(std::uint32_t job, std::int64_t now);  // before it is done
  bool waits(std::uint32_t job) const { return !jobs_[job].running; }
  std::uint32_t station_of(std::uint32_t job) const { return lanes_[jobs_[job].lane].station; }
  std::vector<sim::Slot> waiting(std::uint32_t station) const;

  // When the next job of this node is done, as things are; nullopt: nothing runs.
  std::optional<std::int64_t> due(std::uint32_t node);
  // Somebody who is done by now; its worker has turned to the next.
  std::optional<sim::Slot> take(std::uint32_t node, std::int64_t now);

  StationUse station_use(std::uint32_t station, std::int64_t now) const;
  NodeUse node_use(std::uint32_t node, std::int64_t now);
  std::uint64_t cores(std::uint32_t node) const { return nodes_[node].cores; }
  void reset_statistics(std::int64_t now);

 private:
  static constexpr int kFraction = 12;  // bits of a nanosecond in a node's own time
  struct Job {
    sim::Slot slot = sim::no_slot;
    std::uint32_t lane = 0, next = kNothing, prev = kNothing;
    std::uint64_t work = 0;  // in the node's own time
    std::uint64_t weight = 0;
    std::int64_t entered = 0, started = 0;
    bool running = false;
  };
  struct Lane {
    std::uint32_t station = 0, servers = 1, busy = 0, head = kNothing, tail = kNothing;
  };
  struct Station {
    std::uint32_t node = 0, first_lane = 0, lanes = 1, present = 0;
    StationUse use;
    sim::u128 presence = 0;
  };
  struct Ending {
    std::uint64_t at = 0;  // the node's own time
    std::uint64_t order = 0;
    std::uint32_t job = 0;
    bool operator>(const Ending& o) const { return at != o.at ? at > o.at : order > o.order; }
  };
  struct Node {
    std::uint64_t cores = 0, load = 0;
    std::uint64_t own_time = 0;
    std::int64_t since = 0, watched_since = 0;
    std::vector<Ending> endings;
    NodeUse use;
  };

  void advance(Node& node, std::int64_t now);
  void start(std::uint32_t job, std::int64_t now);
  void free_worker(std::uint32_t lane, std::int64_t now);
  void drop_dead(Node& node);
  void forget(std::uint32_t job);

  std::vector<Node> nodes_;
  std::vector<Station> stations_;
  std::vector<Lane> lanes_;
  std::vector<Job> jobs_;
  std::vector<std::uint32_t> free_jobs_;
  std::uint64_t order_ = 0;
};

}  // namespace meshsim::models::simulation
