#include <algorithm>
#include <optional>

#include "models/telemetry/telemetry.h"
#include "scenarios/report/matrix_report.h"
#include "scenarios/run/parallel.h"

namespace meshsim::scenarios {
namespace {

using namespace models;

std::string population(const Workload& w) {
  if (w.role == ProxyRole::Gateway || w.role == ProxyRole::EastWest) return "gateway";
  switch (w.mode) {
    case DataplaneMode::Sidecar:
      return w.sidecar_hbone ? "sidecar" : "sidecar-legacy";
    case DataplaneMode::Ambient:
      return "ambient";
    case DataplaneMode::None:
      return "none";
  }
  return "none";
}

struct Caller {
  Client client;
  std::string name, population;
};

std::vector<Caller> callers(const Mesh& mesh, const MatrixOptions& options) {
  std::vector<Caller> out;
  for (const Workload& w : mesh.workloads) {
    if (w.external || w.role == ProxyRole::Waypoint || w.role == ProxyRole::Ztunnel ||
        w.ns == mesh.settings.root_namespace)
      continue;
    Caller caller;
    caller.client.ns = w.ns;
    caller.client.name = w.name;
    caller.population = population(w);
    if (caller.population == "gateway") {
      if (!options.one_client_per_population || w.gateway == kNone) continue;
      caller.client.kind = Client::Kind::Gateway;
      caller.client.name = mesh.gateways[w.gateway].name;
    }
    caller.name = caller.client.ns + '/' + caller.client.name;
    out.push_back(std::move(caller));
  }
  if (options.one_client_per_population) {
    std::vector<Caller> few;
    for (Caller& caller : out)
      if (std::none_of(few.begin(), few.end(), [&](const Caller& c) { return c.population == caller.population; }))
        few.push_back(std::move(caller));
    Caller outside;
    outside.client.kind = Client::Kind::Outside;
    outside.name = outside.population = "outside";
    few.push_back(std::move(outside));
    return few;
  }
  return out;
}

FlowProtocol protocol_of(Protocol p) {
  if (is_http(p)) return p == Protocol::Grpc ? FlowProtocol::Grpc : FlowProtocol::Http;
  if (is_tls(p)) return p == Protocol::Https ? FlowProtocol::Https : FlowProtocol::Tls;
  return p == Protocol::Unset ? FlowProtocol::Http : FlowProtocol::Tcp;
}

}  // namespace

std::vector<Pair> unanswered_pairs(const World& world, const MatrixOptions& options) {
  const Mesh& mesh = *world.mesh;
  std::vector<Pair> pairs;
  for (const Caller& caller : callers(mesh, options)) {
    for (const Service& service : mesh.services) {
      if (!service.kubernetes || service.endpoints.empty()) continue;
      const std::size_t first = service.endpoints.front().workload;
      if (first != kNone && mesh.workloads[first].role != ProxyRole::None)
        continue;  // gateways and waypoints are no destinations here
      if (!options.only_namespace.empty() && caller.client.ns != options.only_namespace &&
          service.ns != options.only_namespace)
        continue;
      for (const ServicePort& port : service.ports) {
        if (port.protocol == Protocol::Udp) continue;
        Pair pair{caller.name, caller.population, service.hostname, port.port, {}};
        Flow& flow = pair.result.flow;
        flow.name = caller.name + " -> " + service.hostname + ":" + std::to_string(port.port);
        flow.from = caller.client;
        flow.to.host = service.hostname;
        flow.to.port = port.port;
        flow.protocol = protocol_of(port.protocol);
        pairs.push_back(std::move(pair));
      }
    }
  }
  return pairs;
}

std::vector<PairQuestion> pair_questions(const World& world, const MatrixOptions& options) {
  std::vector<PairQuestion> out;
  for (Pair& pair : unanswered_pairs(world, options))
    out.push_back({std::move(pair.client), std::move(pair.population), std::move(pair.result.flow)});
  return out;
}

std::string client_population(const Mesh& mesh, const Client& client) {
  if (client.kind == Client::Kind::Outside) return "outside";
  if (client.kind == Client::Kind::Gateway) return "gateway";
  const std::size_t index = mesh.find_workload(client.ns, client.name);
  return index == kNone ? "unknown" : population(mesh.workloads[index]);
}

std::vector<Flow> pair_flows(const World& world) {
  std::vector<Flow> out;
  for (Pair& pair : unanswered_pairs(world, {})) out.push_back(std::move(pair.result.flow));
  return out;
}

void answer_pairs(const World& world, const MatrixOptions& options, std::vector<Pair>& pairs) {
  const auto kept = std::make_shared<const World>(world);
  for_each_index(pairs.size(), options.threads, [&](std::size_t i) {
    if (options.stop != nullptr && *options.stop) return;
    Pair& pair = pairs[i];
    if (const Pair* known = options.known ? options.known(pair, i) : nullptr) {
      pair.result.outcomes = known->result.outcomes;
      pair.basis = known->basis;
      return;
    }
    std::optional<ReadLog> log;
    if (options.basis) log.emplace();
    pair.result = judge(world, pair.result.flow);
    if (options.telemetry)
      for (Outcome& outcome : pair.result.outcomes.edit())
        outcome.telemetry = telemetry_of(world, pair.result.flow, outcome);
    if (log) pair.basis = std::make_shared<const Basis>(Basis{kept, log->take()});
  });
}

std::vector<Pair> all_pairs(const World& world, const MatrixOptions& options) {
  std::vector<Pair> pairs = unanswered_pairs(world, options);
  answer_pairs(world, options, pairs);
  return pairs;
}

}  // namespace meshsim::scenarios
