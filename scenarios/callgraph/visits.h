#pragma once
// Visits: what traces show of each request at each service (internal to scenarios/callgraph).
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/callgraph/bind.h"

namespace meshsim::scenarios {

struct ObservedCall {
  std::int64_t start_ns = 0, end_ns = 0;  // as its caller saw it
  std::string cluster_host;               // the Service that an Envoy chose
  std::string host, peer;                 // what the caller asked for
  std::uint16_t port = 0;
  std::optional<models::FlowProtocol> protocol;
  std::string method, path;
  std::uint64_t request_bytes = 0, response_bytes = 0;
  bool error = false;
  std::uint32_t visit = TraceSpan::kNobody;  // that it became
  std::string callee_name;
  std::size_t gateway = models::kNone;  // of a call from outside: where the client connected
  models::Source source;
};

struct Visit {
  std::vector<std::size_t> workloads;
  std::int64_t start_ns = 0, end_ns = 0;
  std::vector<std::uint32_t> calls;
  bool by_proxy = false;  // start and end are those of its sidecar's span
  bool error = false;
  bool origin = false;  // nobody asked it: a client, a job
  bool whole = true;    // start and end are those of the request
};

struct Visits {
  std::vector<Visit> visits;
  std::vector<ObservedCall> calls;
  std::vector<std::uint32_t> from_outside;
};

Visits find_visits(const Traces& traces, MeshNames& names);
// visit_summary.cpp
CallGraph summarise(const Visits& visits, const models::Mesh& mesh, double proxy_ns, MeshNames& names);

}  // namespace meshsim::scenarios
