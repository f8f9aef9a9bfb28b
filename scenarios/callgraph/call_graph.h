#pragma once
// CallGraph: who calls whom, how often and in which order, as a file of another tool states it (an isotope topology) or
// shows it (traces). It speaks the names of that file; bind.h finds them in the mesh and makes of it what a scenario
// could have said itself: `applications`, and a flow for each pair of caller and callee.
// Imitates: isotope's service graph as of istio/tools 2026-08 (calls, steps, sizes, error rates, replicas; a sleep
// counts as service time, beside calls too). Where it stops: independent calls. That one call is made only after
// another one failed, or instead of it, is not kept; its share of the requests is.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/flow/flow.h"
#include "scenarios/callgraph/traces.h"
#include "sim/distribution.h"

namespace meshsim::scenarios {

struct GraphCall {
  PartyName to;            // empty name: only the host is known
  std::string host;        // as the caller addresses it; empty: the Service of `to`
  std::uint16_t port = 0;  // 0: not stated
  std::optional<models::FlowProtocol> protocol;
  std::string method, path;  // of most requests; empty: not stated
  std::uint64_t request_bytes = 0, response_bytes = 0;
  double probability = 1;
  std::uint32_t count = 1;
  models::Source source;
};

struct GraphService {
  PartyName who;
  std::optional<sim::Law> service;  // its own time; nullopt: not stated
  double error_share = 0;           // errors of its own
  std::uint32_t replicas = 1;
  bool grpc = false;
  std::vector<std::vector<GraphCall>> steps;  // in sequence; the calls of one step in parallel
  models::Source source;
};

// Requests that no service of the graph caused.
struct GraphEntry {
  std::optional<PartyName> from;                               // nullopt: somebody outside of the graph
  std::optional<std::pair<std::string, std::string>> gateway;  // ns, name: the client connects to it
  GraphCall call;
  double weight = 1;  // share among the entries
};

struct CallGraph {
  std::vector<GraphService> services;
  std::vector<GraphEntry> entries;
};

// The block `callGraph` of a scenario. One of `graph` and `traces` is there.
struct CallGraphBlock {
  std::optional<CallGraph> graph;
  std::optional<Traces> traces;
  std::string ns = "default";  // of names that state none
  // Names of the file -> ns/workload; nullopt: not part of the mesh, and that is known.
  std::map<std::string, std::optional<std::pair<std::string, std::string>>> services;
  std::optional<std::string> make_mode;  // workloads that the mesh lacks are made in this mode
  std::optional<models::Client> from;    // who sends what comes from outside of the graph
  std::optional<double> per_second;      // all entries together
  models::Source source;
};

// isotope_reader.cpp. Unknown fields are warnings; `broken` becomes true after an error.
CallGraph read_isotope(models::Node root, const std::string& file, models::Diagnostics& diagnostics, bool& broken);

}  // namespace meshsim::scenarios
