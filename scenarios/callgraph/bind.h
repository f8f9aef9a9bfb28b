#pragma once
// bind_call_graph: a call graph in a mesh. Names of the file become workloads and Services: what the block's `services`
// says; else the workload of a pod or Deployment that a span states; else, in the namespace that is stated (or the
// block's), the canonical service, the workload or the Service of that name; a name without a stated namespace is also
// found anywhere, if it is there only once. What is found nowhere is left out, with a finding where it was named.
// Each pair of caller and callee becomes a flow, unless the scenario has one between the same ends; each caller an
// application. What the scenario's `applications` say of a workload stands before the file.
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "models/mesh/mesh.h"
#include "scenarios/callgraph/call_graph.h"
#include "scenarios/read/scenario.h"

namespace meshsim::scenarios {

// Parties of a file, found in a mesh.
class MeshNames {
 public:
  MeshNames(const models::Mesh& mesh, const CallGraphBlock& block, models::Diagnostics& diagnostics)
      : mesh_(mesh), block_(block), diagnostics_(diagnostics) {}

  struct Party {
    std::vector<std::size_t> workloads;   // into Mesh::workloads, ascending; several: versions of one service
    std::size_t gateway = models::kNone;  // it is a gateway or waypoint
    bool known() const { return !workloads.empty() || gateway != models::kNone; }
  };
  Party find(const PartyName& name) const;
  // The same; what is not there is reported once, where `at` says.
  Party find_or_report(const PartyName& name, const models::Source& at);

  struct Target {
    std::size_t service = models::kNone;
    std::size_t workload = models::kNone;  // where no Service leads to it
    std::uint16_t port = 0;
    bool known() const { return port != 0; }
    auto operator<=>(const Target&) const = default;
  };
  // Where a call to this host (or, without one, to these workloads) goes. A stated port may be that of the Service or
  // of its pods; one that is neither is ignored.
  Target target(const std::string& host, const Party& party, const std::string& name, std::uint16_t port,
                std::string_view client_ns) const;
  std::string host_of(const Target& target) const;

  void warn(const models::Source& at, std::string code, std::string message);  // each message once

 private:
  bool in_namespace(const std::string& ns, const std::string& name, Party& into) const;

  const models::Mesh& mesh_;
  const CallGraphBlock& block_;
  models::Diagnostics& diagnostics_;
  std::set<std::string> said_;
};

// trace_graph.cpp: what traces show, with the mesh to tell proxies from applications. `proxy_ns`: mean time that an
// inbound sidecar adds to what its span measures.
CallGraph graph_of_traces(const Traces& traces, const models::Mesh& mesh, double proxy_ns, MeshNames& names);

void bind_call_graph(Scenario& scenario, const models::Mesh& mesh, models::Diagnostics& diagnostics);

}  // namespace meshsim::scenarios
