#include "scenarios/callgraph/bind.h"

#include <algorithm>
#include <functional>
#include <map>

#include <fmt/format.h>

namespace meshsim::scenarios {

using models::Application;
using models::Client;
using models::Flow;
using models::FlowProtocol;
using models::kNone;

namespace {

class Binder {
 public:
  Binder(Scenario& scenario, const models::Mesh& mesh, models::Diagnostics& diagnostics)
      : scenario_(scenario),
        block_(*scenario.call_graph),
        mesh_(mesh),
        diagnostics_(diagnostics),
        names_(mesh, block_, diagnostics) {}

  void run() {
    const double sidecar = scenario_.costs.sidecar_http.latency_ns * scenario_.costs.platform;
    const CallGraph graph = block_.graph ? *block_.graph : graph_of_traces(*block_.traces, mesh_, sidecar, names_);
    for (const GraphService& service : graph.services) add_service(service);
    add_entries(graph.entries);
    refuse_circles();
  }

 private:
  // The flow of the scenario between these ends, or a new one.
  std::string flow_between(const Client& from, const GraphCall& call, const MeshNames::Target& target,
                           const std::optional<std::pair<std::string, std::string>>& gateway) {
    const FlowProtocol protocol = call.protocol.value_or(FlowProtocol::Http);
    for (const ScenarioFlow& one : scenario_.flows) {
      const Flow& f = one.flow;
      if (f.from.kind != from.kind || f.from.ns != from.ns || f.from.name != from.name || f.to.gateway != gateway)
        continue;
      if (models::is_http(f.protocol) != models::is_http(protocol)) continue;
      if (f.to.kind == models::Destination::Kind::Host && f.to.port == target.port && target.service != kNone &&
          mesh_.resolve_host(f.to.host, from.ns) == target.service)
        return f.name;
      if (gateway && f.to.kind == models::Destination::Kind::Host && f.to.host == call.host && f.to.port == call.port)
        return f.name;
    }
    ScenarioFlow made;
    Flow& flow = made.flow;
    flow.from = from;
    flow.protocol = protocol;
    flow.source = call.source;
    flow.to.gateway = gateway;
    flow.to.port = gateway ? call.port : target.port;
    std::string to;
    if (gateway) {
      flow.to.host = call.host;
      to = call.host;
    } else if (target.service != kNone) {
      flow.to.host = mesh_.services[target.service].hostname;
      to = flow.to.host;
    } else {
      flow.to.kind = models::Destination::Kind::Pod;
      flow.to.ns = mesh_.workloads[target.workload].ns;
      flow.to.name = mesh_.workloads[target.workload].name;
      to = flow.to.ns + '/' + flow.to.name;
    }
    if (protocol == FlowProtocol::Grpc) flow.request.method = "POST";
    if (protocol == FlowProtocol::Grpc || protocol == FlowProtocol::Http2) flow.request.http_version = "HTTP/2";
    if (models::is_http(protocol)) {
      if (!call.method.empty()) flow.request.method = call.method;
      if (!call.path.empty()) flow.request.path = call.path;
    }
    made.traffic.request_bytes = call.request_bytes;
    made.traffic.response_bytes = call.response_bytes;
    if (call.request_bytes == 0 && call.response_bytes == 0) {  // nobody said
      made.traffic.request_bytes = models::FlowTraffic().request_bytes;
      made.traffic.response_bytes = models::FlowTraffic().response_bytes;
    }
    const std::string client = from.kind == Client::Kind::Outside ? "outside" : from.ns + '/' + from.name;
    const std::string base = fmt::format("{} to {}:{}", client, to, flow.to.port);
    flow.name = base;
    for (int n = 2; std::any_of(scenario_.flows.begin(), scenario_.flows.end(),
                                [&](const ScenarioFlow& f) { return f.flow.name == flow.name; });
         ++n)
      flow.name = fmt::format("{} ({})", base, n);
    scenario_.flows.push_back(std::move(made));
    return scenario_.flows.back().flow.name;
  }

  std::optional<MeshNames::Target> target_of(const GraphCall& call, std::string_view client_ns) {
    MeshNames::Party party;
    const bool named = !call.to.name.empty() || !call.to.workload.empty();
    const bool by_host = !call.host.empty() && mesh_.resolve_host(call.host, client_ns) != kNone;
    if (named && !by_host) {
      party = names_.find_or_report(call.to, call.source);
      if (party.workloads.empty()) return std::nullopt;
    }
    const MeshNames::Target out = names_.target(call.host, party, call.to.name, call.port, client_ns);
    if (out.known()) return out;
    names_.warn(call.source, "MSH0015",
                "nothing in the mesh takes the calls to " + (call.host.empty() ? call.to.name : call.host) +
                    " of the call graph; they are left out");
    return std::nullopt;
  }

  void add_service(const GraphService& service) {
    const MeshNames::Party who = names_.find_or_report(service.who, service.source);
    if (who.gateway != kNone) return;
    for (const std::size_t w : who.workloads) {
      const std::string &ns = mesh_.workloads[w].ns, &name = mesh_.workloads[w].name;
      Application made;
      made.workload = ns + '/' + name;
      made.service = service.service;
      made.error_share = service.error_share;
      // isotope's sleep comes on top of what answering takes anyway.
      if (block_.graph && made.service)
        made.service =
            sim::Law::constant({made.service->mean().ns + static_cast<std::int64_t>(scenario_.costs.application_ns)});
      Client from;
      from.ns = ns;
      from.name = name;
      for (const std::vector<GraphCall>& step : service.steps) {
        std::vector<models::Call> together;
        for (const GraphCall& call : step)
          if (const auto target = target_of(call, ns))
            together.push_back({flow_between(from, call, *target, std::nullopt), call.probability, call.count});
        if (!together.empty()) made.calls.push_back(std::move(together));
      }
      merge(std::move(made));
    }
  }

  void merge(Application made) {
    const auto stated = std::find_if(scenario_.applications.begin(), scenario_.applications.end(),
                                     [&](const Application& a) { return a.workload == made.workload; });
    if (stated == scenario_.applications.end()) {
      scenario_.applications.push_back(std::move(made));
      return;
    }
    if (!stated->service) stated->service = std::move(made.service);
    if (stated->error_share == 0) stated->error_share = made.error_share;
    if (stated->calls.empty()) stated->calls = std::move(made.calls);
  }

  void add_entries(const std::vector<GraphEntry>& entries) {
    double total = 0;
    bool unasked = false;
    std::vector<std::pair<std::string, double>> flows;
    for (const GraphEntry& entry : entries) {
      std::vector<Client> clients;
      if (entry.from) {
        for (const std::size_t w : names_.find_or_report(*entry.from, entry.call.source).workloads) {
          Client client;
          client.ns = mesh_.workloads[w].ns;
          client.name = mesh_.workloads[w].name;
          clients.push_back(client);
        }
      } else if (block_.from) {
        clients.push_back(*block_.from);
      } else if (entry.gateway) {
        clients.emplace_back();
        clients.back().kind = Client::Kind::Outside;
      } else {
        unasked = true;
      }
      for (const Client& client : clients) {
        const double weight = entry.weight / static_cast<double>(clients.size());
        MeshNames::Target target;
        if (!entry.gateway) {
          const auto found = target_of(entry.call, client.ns.empty() ? std::string_view(block_.ns) : client.ns);
          if (!found) continue;
          target = *found;
        }
        flows.emplace_back(flow_between(client, entry.call, target, entry.gateway), weight);
        total += weight;
      }
    }
    if (unasked && block_.per_second)
      names_.warn(block_.source, "MSH0016",
                  "callGraph.rate needs callGraph.from: the file does not say who asks its entry points");
    if (!block_.per_second) return;
    for (const auto& [name, weight] : flows)
      for (ScenarioFlow& flow : scenario_.flows)
        if (flow.flow.name == name && !flow.node.exists())
          flow.traffic.per_second = flow.traffic.per_second.value_or(0) + *block_.per_second * weight / total;
  }

  // Calls that are always made may not lead back to where they came from: one request would never end.
  void refuse_circles() {
    std::map<std::string, const Flow*> flows;
    for (const ScenarioFlow& flow : scenario_.flows) flows.emplace(flow.flow.name, &flow.flow);
    std::map<std::string, std::set<std::string>> next;  // workload -> workloads that it always asks
    for (const Application& application : scenario_.applications)
      for (const auto& step : application.calls)
        for (const models::Call& call : step) {
          const auto it = flows.find(call.flow);
          if (it == flows.end() || call.probability < 1 || call.count == 0) continue;
          const Flow& flow = *it->second;
          std::size_t service = kNone;
          if (flow.to.kind == models::Destination::Kind::Pod)
            next[application.workload].insert(flow.to.ns + '/' + flow.to.name);
          else if ((service = mesh_.resolve_host(flow.to.host, flow.from.ns)) != kNone &&
                   !mesh_.services[service].endpoints.empty()) {
            std::set<std::string> answers;
            for (const models::Endpoint& e : mesh_.services[service].endpoints)
              if (e.workload != kNone)
                answers.insert(mesh_.workloads[e.workload].ns + '/' + mesh_.workloads[e.workload].name);
            if (answers.size() == 1) next[application.workload].insert(*answers.begin());
          }
        }
    std::map<std::string, int> state;  // 1: on the way, 2: done
    for (const auto& start : next) {
      std::vector<std::pair<std::string, std::set<std::string>::const_iterator>> way;
      if (state[start.first] != 0) continue;
      way.emplace_back(start.first, start.second.begin());
      state[start.first] = 1;
      while (!way.empty()) {
        const std::string at = way.back().first;
        const auto& outgoing = next[at];
        if (way.back().second == outgoing.end()) {
          state[at] = 2;
          way.pop_back();
          continue;
        }
        const std::string to = *way.back().second++;
        if (state[to] == 1) {
          std::string circle;
          bool inside = false;
          for (const auto& [name, it] : way) {
            inside |= name == to;
            if (inside) circle += name + " > ";
          }
          diagnostics_.push_back({models::Severity::Error, "MSH0011", "", block_.source.file, block_.source.position,
                                  "calls go round for ever: " + circle + to});
          scenario_.unreadable = true;
          return;
        }
        if (state[to] == 0) {
          state[to] = 1;
          way.emplace_back(to, next[to].begin());
        }
      }
    }
  }

  Scenario& scenario_;
  const CallGraphBlock& block_;
  const models::Mesh& mesh_;
  models::Diagnostics& diagnostics_;
  MeshNames names_;
};

}  // namespace

void bind_call_graph(Scenario& scenario, const models::Mesh& mesh, models::Diagnostics& diagnostics) {
  if (!scenario.call_graph || scenario.unreadable) return;
  Binder(scenario, mesh, diagnostics).run();
}

}  // namespace meshsim::scenarios
