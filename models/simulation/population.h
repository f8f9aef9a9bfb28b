#pragma once
// Population: everybody who takes part in a simulation, over all its configuration epochs: nodes, pods, and the proxies
// and applications that become stations. A pod is the same pod in two epochs when namespace and name agree. Internal to
// models/simulation.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/simulation/simulate.h"

namespace meshsim::models::simulation {

inline constexpr std::uint32_t kNobody = ~0u;

enum class ActorKind : std::uint8_t { Sidecar, Ztunnel, Waypoint, Gateway, Application };

struct Actor {  // a station
  ActorKind kind = ActorKind::Application;
  std::string name;      // ns/pod or node
  std::string workload;  // ns/owner, ns/Gateway; of a ztunnel: the node
  std::string mode;
  std::uint32_t workers = 2;
  bool pinned = false;
  std::uint32_t node = 0;
};

struct Pod {
  std::string name, workload;  // ns/pod, ns/owner
  std::uint32_t node = 0;
  std::uint32_t proxy = kNobody;  // its sidecar, or the pod is a gateway or waypoint
  std::uint32_t application = kNobody;
  std::size_t first_epoch = 0, last_epoch = 0;  // those whose objects show it
};

struct Place {
  std::string name, zone, region;
  std::uint32_t ztunnel = kNobody;  // every node has one as soon as the mesh has ambient pods
  std::uint64_t cores = 0;          // in 1/65536; 0: unknown, and then nothing there waits for a core
};

class Population {
 public:
  explicit Population(const SimulationInput& input);

  const std::vector<Actor>& actors() const { return actors_; }
  const std::vector<Pod>& pods() const { return pods_; }
  const std::vector<Place>& nodes() const { return nodes_; }
  // Pods of a workload of that epoch's mesh: those that take traffic (all, if none is ready).
  const std::vector<std::uint32_t>& pods_of(std::size_t epoch, std::size_t workload) const {
    return workloads_[epoch][workload];
  }
  const std::vector<std::uint32_t>& pods_of_gateway(std::size_t epoch, std::size_t gateway) const {
    return gateways_[epoch][gateway];
  }
  // Pods that a ztunnel carried in the epoch before and carries no more.
  const std::vector<std::uint32_t>& unenrolled(std::size_t epoch) const { return unenrolled_[epoch]; }
  std::uint32_t outside() const { return outside_; }  // the pod that stands for everybody outside of the cluster

  enum class Distance : std::uint8_t { SamePod, SameNode, Node, Zone, Outside };
  Distance distance(std::uint32_t from_node, std::uint32_t to_node) const;

 private:
  std::uint32_t node_of(const std::string& stated, const std::string& pod);
  std::uint32_t add_pod(std::size_t epoch, const std::string& ns, const Workload& workload, const PodInstance& instance,
                        const SimulationInput& input);
  std::uint32_t add_actor(Actor actor);

  std::vector<Actor> actors_;
  std::vector<Pod> pods_;
  std::vector<Place> nodes_;
  std::map<std::string, std::uint32_t> pod_index_, node_index_;
  std::vector<std::vector<std::vector<std::uint32_t>>> workloads_, gateways_;
  std::vector<std::vector<std::uint32_t>> unenrolled_;
  std::uint32_t outside_ = kNobody;
  std::size_t spread_ = 0;  // nodes over which pods without a stated node are spread
};

}  // namespace meshsim::models::simulation
