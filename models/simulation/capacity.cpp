#include "models/simulation/capacity.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "models/simulation/plan_book.h"
#include "sim/analysis/queueing.h"
#include "sim/analysis/traffic.h"

namespace meshsim::models {

using namespace simulation;

namespace {

const ProxyCost& cost_of(const PathPoint& point, const CostModel& c) {
  return point.kind == ActorKind::Sidecar    ? (point.http ? c.sidecar_http : c.sidecar_tcp)
         : point.kind == ActorKind::Gateway  ? c.gateway
         : point.kind == ActorKind::Waypoint ? c.waypoint
                                             : c.ztunnel;
}

double cpu_share(const PathPoint& point, const CostModel& c) {
  const ProxyCost& cost = cost_of(point, c);
  return cost.latency_ns > 0 ? cost.cpu_ns / cost.latency_ns : 0;
}

double half_service_ns(const PathPoint& point, const FlowTraffic& traffic, bool request, const CostModel& c) {
  const ProxyCost& cost = cost_of(point, c);
  const std::uint64_t bytes = request ? traffic.request_bytes : traffic.response_bytes;
  return (cost.latency_ns / 2 + beyond_calibration_ns(c, cost, point.kind == ActorKind::Ztunnel, bytes)) * c.platform;
}

class Builder {
 public:
  explicit Builder(const SimulationInput& input) : input_(input), people_(input), book_(input, false) {}

  std::optional<Capacity> solve() {
    const std::size_t flows = input_.flows.size(), actors = people_.actors().size();
    // A flow is a delay of no length that leads to the stations it visits; so the call graph is part of the equations.
    std::vector<sim::analysis::NetworkStation> stations(flows + actors);
    for (std::size_t f = 0; f < flows; ++f) {
      const FlowTraffic& t = input_.flows[f].traffic;
      stations[f].servers = sim::analysis::infinite_servers;
      if (t.arrivals != "closed") stations[f].arrivals = t.per_second.value_or(0);
      if (t.arrivals == "trace" && input_.duration_ns > 0)
        stations[f].arrivals =
            static_cast<double>(t.trace_ns.size()) / (static_cast<double>(input_.duration_ns) * 1e-9);
      if (t.arrivals == "ramp") stations[f].arrivals = (t.per_second.value_or(0) + t.ramp_to) / 2;
    }
    std::vector<sim::analysis::Routing> routing;
    std::vector<double> work(actors), visits(actors), cpu(actors);  // of a station over all flows, weighted below
    std::vector<std::map<std::uint32_t, Load>> of_flow(flows);      // by actor
    for (std::size_t f = 0; f < flows; ++f) visit(f, of_flow[f]);
    for (std::size_t f = 0; f < flows; ++f) {
      for (const auto& [actor, load] : of_flow[f]) routing.push_back({f, flows + actor, load.visits});
      call(f, routing);
    }
    auto rates = sim::analysis::solve_open(stations, routing);
    if (!rates) return std::nullopt;
    for (std::size_t f = 0; f < flows; ++f)
      for (const auto& [actor, load] : of_flow[f]) {
        work[actor] += rates->rate[f] * load.ns;
        cpu[actor] += rates->rate[f] * load.cpu_ns;
        visits[actor] += rates->rate[f] * load.visits;
      }
    for (std::size_t a = 0; a < actors; ++a) {
      stations[flows + a].servers = people_.actors()[a].workers;
      stations[flows + a].mean_service = visits[a] > 0 ? work[a] / visits[a] * 1e-9 : 0;
    }
    rates = sim::analysis::solve_open(stations, routing);
    if (!rates || rates->total_arrivals <= 0) return std::nullopt;
    return report(*rates, flows, cpu);
  }

 private:
  struct Load {  // that one request of a flow brings to an actor
    double visits = 0, ns = 0, cpu_ns = 0;
  };

  // Mean visits and work of one request of the flow, pods taken evenly.
  void visit(std::size_t f, std::map<std::uint32_t, Load>& into) {
    const SimulatedFlow& flow = input_.flows[f];
    const Mesh& mesh = *input_.epochs.front().world.mesh;
    std::vector<std::uint32_t> clients = {people_.outside()};
    if (flow.flow.from.kind == Client::Kind::Workload) {
      const std::size_t w = mesh.find_workload(flow.flow.from.ns, flow.flow.from.name);
      if (w == kNone) return;
      clients = people_.pods_of(0, w);
    } else if (flow.flow.from.kind == Client::Kind::Gateway) {
      const std::size_t g = mesh.find_gateway(flow.flow.from.ns, flow.flow.from.name);
      if (g == kNone) return;
      clients = people_.pods_of_gateway(0, g);
    }
    double before = 0;
    for (const Plan& plan : book_.get(f, 0, {0, 0, 0}).plans) {
      const double until = plan.threshold == ~0ull ? 1.0 : std::ldexp(static_cast<double>(plan.threshold), -64);
      const double share = until - before;
      before = until;
      std::size_t gateway = 0;
      for (const PathPoint& point : plan.points) {
        const std::vector<std::uint32_t>* pods = &clients;
        if (point.role == Role::Gateway) pods = &people_.pods_of_gateway(0, plan.gateways[gateway++]);
        if (point.role == Role::Server) {
          if (plan.server == kNone) continue;
          pods = &people_.pods_of(0, plan.server);
        }
        for (const std::uint32_t pod : *pods) {
          const Pod& p = people_.pods()[pod];
          const bool application = point.kind == ActorKind::Application;
          const std::uint32_t actor = point.kind == ActorKind::Ztunnel ? people_.nodes()[p.node].ztunnel
                                      : application                    ? p.application
                                                                       : p.proxy;
          if (actor == kNobody) continue;
          const double part = share / static_cast<double>(pods->size());
          Load& load = into[actor];
          const double ns = application ? service_of(p.workload)
                                        : half_service_ns(point, flow.traffic, true, input_.costs) +
                                              half_service_ns(point, flow.traffic, false, input_.costs);
          load.visits += part * (application ? 1 : 2);
          load.ns += part * ns;
          load.cpu_ns += part * (application ? cpu_of(p.workload, ns) : ns * cpu_share(point, input_.costs));
        }
      }
    }
  }

  double service_of(const std::string& workload) const {
    for (const Application& a : input_.applications)
      if (a.workload == workload && a.service) return static_cast<double>(a.service->mean().ns);
    return input_.costs.application_ns;
  }

  double cpu_of(const std::string& workload, double service_ns) const {
    for (const Application& a : input_.applications)
      if (a.workload == workload) return a.cpu_ns.value_or(service_ns);
    return service_ns;
  }

  // Calls that a request of this flow causes where it arrives.
  void call(std::size_t f, std::vector<sim::analysis::Routing>& routing) {
    double before = 0;
    for (const Plan& plan : book_.get(f, 0, {0, 0, 0}).plans) {
      const double until = plan.threshold == ~0ull ? 1.0 : std::ldexp(static_cast<double>(plan.threshold), -64);
      const double share = until - before;
      before = until;
      if (!plan.reaches_application || plan.server == kNone) continue;
      const std::string& workload = people_.pods()[people_.pods_of(0, plan.server).front()].workload;
      for (const Application& a : input_.applications) {
        if (a.workload != workload) continue;
        for (const auto& step : a.calls)
          for (const Call& c : step) routing.push_back({f, c.index, share * c.probability * c.count});
      }
    }
  }

  Capacity report(const sim::analysis::OpenNetwork& network, std::size_t flows, const std::vector<double>& cpu) const {
    Capacity out;
    constexpr std::string_view kKinds[] = {"sidecar", "ztunnel", "waypoint", "gateway", "application"};
    for (std::size_t a = 0; a < people_.actors().size(); ++a) {
      const Actor& actor = people_.actors()[a];
      if (network.rate[flows + a] <= 0) continue;
      out.stations.push_back({std::string(kKinds[static_cast<std::size_t>(actor.kind)]), actor.name, actor.workload,
                              network.rate[flows + a], actor.workers == 0 ? 0 : network.utilisation[flows + a]});
    }
    // Nodes with known cores are stations of their own: whatever runs there needs them.
    std::vector<double> of_node(people_.nodes().size());
    for (std::size_t a = 0; a < people_.actors().size(); ++a) of_node[people_.actors()[a].node] += cpu[a] * 1e-9;
    for (std::size_t n = 0; n < of_node.size(); ++n) {
      const Place& node = people_.nodes()[n];
      if (node.cores == 0 || of_node[n] <= 0) continue;
      out.stations.push_back(
          {"node", node.name, node.name, network.total_arrivals, of_node[n] * 65536 / static_cast<double>(node.cores)});
    }
    std::stable_sort(out.stations.begin(), out.stations.end(),
                     [](const StationLoad& a, const StationLoad& b) { return a.utilisation > b.utilisation; });
    if (!out.stations.empty() && out.stations.front().utilisation > 0)
      out.bottleneck = out.stations.front().proxy + ' ' + out.stations.front().name;
    out.offered_per_second = network.total_arrivals;
    out.sustainable_per_second = network.sustainable;
    if (!out.stations.empty() && out.stations.front().proxy == "node")
      out.sustainable_per_second = network.total_arrivals / out.stations.front().utilisation;
    return out;
  }

  const SimulationInput& input_;
  Population people_;
  PlanBook book_;
};

}  // namespace

std::optional<Capacity> capacity(const SimulationInput& input) { return Builder(input).solve(); }

}  // namespace meshsim::models
