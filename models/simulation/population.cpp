#include "models/simulation/population.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "sim/fingerprint.h"

namespace meshsim::models::simulation {
namespace {

ActorKind kind_of(ProxyRole role) { return role == ProxyRole::Waypoint ? ActorKind::Waypoint : ActorKind::Gateway; }

// "4", "3920m", 0.5: allocatable comes before capacity.
double cores_of(const Object& node) {
  for (const char* field : {"allocatable", "capacity"}) {
    const Node cpu = node.status()[field]["cpu"];
    if (const auto number = cpu.number(); number && *number > 0) return *number;
    const std::string text(cpu.string_or());
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    if (end == text.c_str() || !(number > 0) || number > 1e9) continue;
    if (std::string_view(end) == "m") return number / 1000;
    if (*end == 0) return number;
  }
  return 0;
}

bool is_gateway(ProxyRole role) {
  return role == ProxyRole::Gateway || role == ProxyRole::Waypoint || role == ProxyRole::EastWest;
}

}  // namespace

std::uint32_t Population::add_actor(Actor actor) {
  actors_.push_back(std::move(actor));
  return static_cast<std::uint32_t>(actors_.size() - 1);
}

// A pod without a stated node runs on one that its name picks: adding a workload moves no other.
std::uint32_t Population::node_of(const std::string& stated, const std::string& pod) {
  if (!stated.empty()) {
    const auto [it, fresh] = node_index_.try_emplace(stated, static_cast<std::uint32_t>(nodes_.size()));
    if (fresh) nodes_.push_back({stated, "", "", kNobody, 0});
    return it->second;
  }
  return static_cast<std::uint32_t>(sim::stable_hash(pod) % spread_);
}

std::uint32_t Population::add_pod(std::size_t epoch, const std::string& ns, const Workload& workload,
                                  const PodInstance& instance, const SimulationInput& input) {
  const std::string name = (ns.empty() ? "" : ns + '/') + instance.name;
  const auto [it, fresh] = pod_index_.try_emplace(name, static_cast<std::uint32_t>(pods_.size()));
  if (fresh) {
    Pod pod;
    pod.name = name;
    pod.workload = (workload.ns.empty() ? "" : workload.ns + '/') + workload.name;
    pod.node = node_of(instance.locality.node, name);
    pod.first_epoch = epoch;
    Place& place = nodes_[pod.node];
    if (place.zone.empty()) place.zone = instance.locality.zone;
    if (place.region.empty()) place.region = instance.locality.region;
    pods_.push_back(std::move(pod));
  }
  Pod& pod = pods_[it->second];
  pod.last_epoch = epoch;
  const CostModel& costs = input.costs;
  const std::string mode(mode_word(workload.mode, workload.role));
  if (is_gateway(workload.role)) {
    if (pod.proxy == kNobody) {
      const ActorKind kind = kind_of(workload.role);
      pod.proxy =
          add_actor({kind, name, pod.workload, mode,
                     kind == ActorKind::Waypoint ? costs.waypoint_workers : costs.gateway_workers, true, pod.node});
    }
    return it->second;
  }
  if (workload.mode == DataplaneMode::Sidecar && pod.proxy == kNobody)
    pod.proxy = add_actor({ActorKind::Sidecar, name, pod.workload, mode, costs.sidecar_workers, true, pod.node});
  if (workload.mode == DataplaneMode::Ambient && nodes_[pod.node].ztunnel == kNobody) {
    const std::string node = nodes_[pod.node].name;
    nodes_[pod.node].ztunnel =
        add_actor({ActorKind::Ztunnel, node, node, "ztunnel", costs.ztunnel_workers, false, pod.node});
  }
  if (pod.application == kNobody) {
    std::uint32_t workers = 0;
    for (const Application& a : input.applications)
      if (a.workload == pod.workload) workers = a.workers;
    pod.application = add_actor({ActorKind::Application, name, pod.workload, mode, workers, false, pod.node});
  }
  return it->second;
}

Population::Population(const SimulationInput& input) {
  // Nodes that objects name, in order; else as many as the cost model says.
  for (const Epoch& epoch : input.epochs)
    for (const Object* node : epoch.world.mesh->objects_of("Node", "")) {
      const auto [it, fresh] = node_index_.try_emplace(node->name, static_cast<std::uint32_t>(nodes_.size()));
      if (!fresh) continue;
      nodes_.push_back({node->name, std::string(find(node->labels, "topology.kubernetes.io/zone").value_or("")),
                        std::string(find(node->labels, "topology.kubernetes.io/region").value_or("")), kNobody,
                        static_cast<std::uint64_t>(cores_of(*node) * 65536)});
    }
  if (nodes_.empty())
    for (std::uint32_t i = 0; i < std::max(1u, input.costs.nodes); ++i) {
      nodes_.push_back({"node-" + std::to_string(i + 1), "", "", kNobody, 0});
      node_index_.emplace(nodes_.back().name, i);
    }
  spread_ = nodes_.size();

  std::vector<char> carried, carried_before;  // by pod
  for (std::size_t e = 0; e < input.epochs.size(); ++e) {
    const Mesh& mesh = *input.epochs[e].world.mesh;
    std::swap(carried, carried_before);
    carried.assign(pods_.size(), 0);
    auto& workloads = workloads_.emplace_back(mesh.workloads.size());
    for (std::size_t w = 0; w < mesh.workloads.size(); ++w) {
      const Workload& workload = mesh.workloads[w];
      std::vector<std::uint32_t> ready, all;
      for (const PodInstance& instance : workload.pods) {
        const std::uint32_t pod = add_pod(e, workload.ns, workload, instance, input);
        all.push_back(pod);
        carried.resize(pods_.size());
        carried[pod] = workload.mode == DataplaneMode::Ambient ? 1 : 0;
        if (instance.ready && !instance.terminating) ready.push_back(pod);
      }
      if (all.empty()) {  // an endpoint by name, or scaled to zero: something answers, if anybody sends there
        PodInstance nameless;
        nameless.name = workload.name;
        all.push_back(add_pod(e, workload.ns, workload, nameless, input));
      }
      workloads[w] = ready.empty() ? std::move(all) : std::move(ready);
    }
    auto& unenrolled = unenrolled_.emplace_back();
    for (std::uint32_t p = 0; p < carried_before.size(); ++p)
      if (carried_before[p] != 0 && carried[p] == 0 && pods_[p].last_epoch == e) unenrolled.push_back(p);
    auto& gateways = gateways_.emplace_back(mesh.gateways.size());
    for (std::size_t g = 0; g < mesh.gateways.size(); ++g) {
      const Gateway& gateway = mesh.gateways[g];
      if (gateway.workload != kNone) {
        gateways[g] = workloads[gateway.workload];
      } else {
        Workload stand_in;
        stand_in.ns = gateway.ns;
        stand_in.name = gateway.name;
        stand_in.role = gateway.kind == Gateway::Kind::Waypoint ? ProxyRole::Waypoint : ProxyRole::Gateway;
        PodInstance instance;
        instance.name = gateway.name + "-0";
        gateways[g] = {add_pod(e, gateway.ns, stand_in, instance, input)};
      }
    }
  }

  Workload stand_in;
  stand_in.name = "outside";
  PodInstance instance;
  instance.name = instance.locality.node = "outside";
  outside_ = add_pod(0, "", stand_in, instance, input);
  pods_[outside_].last_epoch = input.epochs.size() - 1;
  for (const auto& [name, cores] : input.node_cores)
    if (const auto it = node_index_.find(name); it != node_index_.end())
      nodes_[it->second].cores = static_cast<std::uint64_t>(cores * 65536);
}

Population::Distance Population::distance(std::uint32_t from, std::uint32_t to) const {
  const std::uint32_t outside = pods_[outside_].node;
  if (from == outside || to == outside) return Distance::Outside;
  if (from == to) return Distance::SameNode;
  const Place &a = nodes_[from], &b = nodes_[to];
  return a.zone == b.zone && a.region == b.region ? Distance::Node : Distance::Zone;
}

}  // namespace meshsim::models::simulation
