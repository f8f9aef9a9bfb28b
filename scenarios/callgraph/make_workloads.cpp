// `callGraph.workloads`: each service of the file that no object has becomes a Deployment and a Service of its name, as
// the shorthand `workloads` of a scenario would make it. isotope's services listen on 8080 and have their replicas; of
// traces the names are taken ("cart" or "cart.namespace"), with port 80.
#include <algorithm>
#include <array>
#include <set>

#include "scenarios/callgraph/block_reader.h"

namespace meshsim::scenarios {

using models::NodeKind;
using models::Object;
using models::TreeBuilder;

namespace {

struct Wanted {
  std::string ns, name;
  std::uint32_t replicas = 1;
  bool grpc = false;
  std::uint16_t port = 80, target = 8080;
};

std::vector<Wanted> wanted_by(const CallGraphBlock& block) {
  std::vector<Wanted> out;
  std::set<std::pair<std::string, std::string>> seen;
  const auto add = [&](Wanted one, const std::string& written) {
    if (block.services.contains(written) || one.name.empty()) return;
    if (one.ns.empty()) one.ns = block.ns;
    if (seen.emplace(one.ns, one.name).second) out.push_back(std::move(one));
  };
  if (block.graph)
    for (const GraphService& s : block.graph->services)
      add({s.who.ns, s.who.name, s.replicas, s.grpc, 8080, 8080}, s.who.name);
  if (block.traces)
    for (const PartyName& party : block.traces->parties) {
      Wanted one{party.ns, party.name};
      if (const auto dot = party.name.find('.'); dot != std::string::npos) {
        one.name = party.name.substr(0, dot);
        one.ns = party.name.substr(dot + 1, party.name.find('.', dot + 1) - dot - 1);
      }
      add(std::move(one), party.name);
    }
  std::sort(out.begin(), out.end(),
            [](const Wanted& a, const Wanted& b) { return std::tie(a.ns, a.name) < std::tie(b.ns, b.name); });
  return out;
}

// A DNS label (RFC 1123): what Kubernetes takes as a name.
bool is_label(const std::string& name) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), good) && name.front() != '-' &&
         name.back() != '-';
}

}  // namespace

std::vector<Object> make_graph_workloads(const CallGraphBlock& block, const std::vector<Object>& objects,
                                         ScenarioFindings& findings) {
  if (!block.make_mode) return {};
  constexpr std::array<std::string_view, 8> kOwners = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet",
                                                       "Job",        "CronJob",     "Pod",       "Gateway"};
  std::set<std::pair<std::string, std::string>> there;
  for (const Object& object : objects)
    if (object.kind == "Service" || std::find(kOwners.begin(), kOwners.end(), object.kind) != kOwners.end())
      there.emplace(object.ns, object.name);
  TreeBuilder builder(block.source.file);
  const models::Position at = block.source.position;
  const auto text = [&](std::string_view key, std::string_view value) {
    builder.key(key, at);
    builder.string(value, at);
  };
  const auto number = [&](std::string_view key, std::int64_t value) {
    builder.key(key, at);
    builder.scalar(NodeKind::Int, std::to_string(value), at);
  };
  builder.begin_sequence(at);
  for (const Wanted& one : wanted_by(block)) {
    if (there.contains({one.ns, one.name})) continue;
    if (!is_label(one.name) || !is_label(one.ns)) {
      findings.error("MSH0011", at,
                     "callGraph.workloads: " + one.ns + '/' + one.name +
                         " cannot be the name of a workload; name one under callGraph.services");
      continue;
    }
    builder.begin_mapping(at);
    text("name", one.name);
    text("namespace", one.ns);
    text("mode", *block.make_mode);
    number("replicas", one.replicas);
    builder.key("ports", at);
    builder.begin_sequence(at);
    builder.begin_mapping(at);
    number("port", one.port);
    number("targetPort", one.target);
    text("name", one.grpc ? "grpc" : "http");
    builder.end();
    builder.end();
    builder.end();
  }
  builder.end();
  const auto tree = builder.finish();
  return make_workloads(tree->root(), findings);
}

}  // namespace meshsim::scenarios
