// isotope topologies (istio/tools): every call of a service graph, with all pods on sidecars, all ambient, and every
// other service on either. In a mesh without policy each call arrives, on the transport of DP-055 and DP-066.
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "scenarios/read/document_reader.h"
#include "tests/samples/samples_fixture.h"

namespace meshsim::models::testing {
namespace {

constexpr std::uint16_t kPort = 8080;  // isotope/convert/pkg/consts: ServicePort

struct Place {
  std::string ns, name;
  bool ambient = false;
};
struct Call {
  std::string from, host;
};
struct Graph {
  std::map<std::string, Place> services;
  std::vector<Call> calls;
};

void read_script(Node script, const std::string& from, Graph& out) {
  for (const Node step : script) {
    if (step.is_sequence()) {
      read_script(step, from, out);  // calls at the same time
      continue;
    }
    const Node call = step["call"];
    if (call.is_string()) out.calls.push_back({from, call.string()});
    if (call.is_mapping()) out.calls.push_back({from, call["hostname"].string()});
  }
}

Graph read(const std::string& file) {
  const auto path =
      std::filesystem::path(MESHSIM_SOURCE_DIR) / "tests/data/manifests/isotope/isotope/example-topologies" / file;
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  std::ostringstream text;
  text << in.rdbuf();
  Diagnostics diagnostics;
  const auto documents = scenarios::read_documents(text.str(), file, {}, diagnostics);
  Graph out;
  bool odd = false;
  for (const Node service : documents.trees.at(0)->root()["services"]) {
    const std::string name = service["name"].string();
    out.services[name] = {std::string(service["namespace"].string_or("default")), name, odd = !odd};
    read_script(service["script"], name, out);
  }
  return out;
}

enum class Plan { Sidecars, Ambient, Mixed };

World build(const Graph& topology, Plan plan) {
  std::string text;
  std::set<std::string> namespaces;
  for (const auto& [name, node] : topology.services) {
    namespaces.insert(node.ns);
    const bool ambient = plan == Plan::Ambient || (plan == Plan::Mixed && node.ambient);
    text += "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: " + name + ", namespace: " + node.ns +
            "}\nspec: {selector: {name: " + name + "}, ports: [{name: http-web, port: 8080}]}\n";
    text += "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name + ", namespace: " + node.ns +
            "}\nspec:\n  selector: {matchLabels: {name: " + name +
            "}}\n  template:\n    metadata: {labels: {name: " + name +
            (ambient ? ", istio.io/dataplane-mode: ambient, sidecar.istio.io/inject: \"false\"" : "") +
            "}}\n    spec: {containers: [{name: mock-service, image: service}]}\n";
  }
  for (const std::string& ns : namespaces)
    text +=
        "\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: " + ns + ", labels: {istio-injection: enabled}}\n";
  return sample({}, Mode::Ambient, text, "elsewhere");
}

class Isotope : public ::testing::TestWithParam<const char*> {};

TEST_P(Isotope, DP055DP066EveryCallArrives) {
  const Graph topology = read(GetParam());
  ASSERT_FALSE(topology.services.empty());
  for (const Plan plan : {Plan::Sidecars, Plan::Ambient, Plan::Mixed}) {
    const World world = build(topology, plan);
    for (const Call& call : topology.calls) {
      const Place& from = topology.services.at(call.from);
      std::string host = call.host;
      if (const auto colon = host.find(':'); colon != std::string::npos) host.resize(colon);
      const auto outcomes = judge(world, request(from.ns + "/" + from.name, host, kPort)).outcomes;
      SCOPED_TRACE(call.from + " calls " + call.host);
      ASSERT_EQ(outcomes.size(), 1u);
      const Outcome& o = outcomes[0];
      if (host.ends_with(".global")) {
        // A name of the old multicluster DNS: no Service has it, the bytes leave as they are (DP-229).
        EXPECT_EQ(o.verdict, Verdict::Allowed);
        EXPECT_EQ(o.transport, Transport::Plaintext);
        EXPECT_EQ(o.hops.size(), 1u);
        continue;
      }
      const Place& to = topology.services.at(host.substr(0, host.find('.')));
      const bool client = plan == Plan::Ambient || (plan == Plan::Mixed && from.ambient);
      const bool server = plan == Plan::Ambient || (plan == Plan::Mixed && to.ambient);
      EXPECT_EQ(o.verdict, Verdict::Allowed);
      EXPECT_EQ(path_of(o), std::string(client ? "ztunnel" : "sidecar") + (server ? ",ztunnel" : ",sidecar"));
      EXPECT_EQ(o.transport, client || server ? Transport::Hbone : Transport::Mtls);
      ASSERT_TRUE(o.routed_to);
      EXPECT_EQ(o.routed_to->workload, to.ns + "/" + to.name);
      EXPECT_EQ(o.routed_to->port, kPort);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, Isotope,
                         ::testing::Values("canonical.yaml", "canonical-2-replicas.yaml", "chain-2-services.yaml",
                                           "chain-2-services-different-namespace.yaml",
                                           "chain-2-services-different-cluster.yaml", "chain-3-services.yaml",
                                           "tree-13-services.yaml", "10-svc_10-end.yaml", "10-svc_100-end.yaml"));

}  // namespace
}  // namespace meshsim::models::testing
