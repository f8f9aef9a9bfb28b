// Verdicts per second of the policy engine. Arguments: policies in the mesh, policies attached to the destination; each
// has 4 rules. The request is allowed by the last rule of the last policy, so every rule is looked at. Beside it the
// baseline that a hand-written check of the same fields costs, so that machines can be compared by ratio.
#include <memory>
#include <stdexcept>
#include <string>

#include <benchmark/benchmark.h>

#include "models/mesh/mesh.h"
#include "models/policy/policy_engine.h"
#include "scenarios/read/manifest_reader.h"

namespace {

using namespace meshsim;
using namespace meshsim::models;

// Four rules of source, method and path (of source and port for ztunnel, which knows no HTTP); `last` makes the last
// one match the request.
std::string rules(int policy, bool last, bool http) {
  std::string out;
  for (int rule = 0; rule < 4; ++rule) {
    const std::string id = std::to_string(policy) + '-' + std::to_string(rule);
    out += "  - from: [{source: {principals: [\"cluster.local/ns/a/sa/cli\", \"cluster.local/ns/x/sa/" + id +
           "\"]}}]\n    to: [{operation: {";
    if (http)
      out += "methods: [GET, POST], paths: [\"" + (last && rule == 3 ? std::string("/api/*") : "/other/" + id + "/*") +
             "\"]}}]\n";
    else
      out += "ports: [\"" + (last && rule == 3 ? "8080" : std::to_string(20000 + policy * 4 + rule)) + "\"]}}]\n";
  }
  return out;
}

std::string manifests(int policies, int attached, const std::string& mode) {
  std::string out = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {" + mode +
                    "}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: srv, namespace: a, labels: {app: srv}}\n"
                    "spec: {containers: [{name: app, image: app}]}\n";
  for (int i = 0; i < policies; ++i) {
    const bool here = i < attached;
    // Of those that do not attach, half are for other workloads of the namespace, half for other namespaces.
    out += "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p" + std::to_string(i) +
           ", namespace: " + (here || i % 2 ? "a" : "b" + std::to_string(i % 97)) +
           "}\nspec:\n  selector: {matchLabels: {app: " + (here ? "srv" : "other" + std::to_string(i)) +
           "}}\n  rules:\n" + rules(i, i == attached - 1, mode.find("ambient") == std::string::npos);
  }
  return out;
}

struct World {
  std::shared_ptr<const Mesh> mesh;
  std::shared_ptr<const PolicyEngine> engine;
  ProxyView view;
  Headers headers{{"user-agent", "bench"}, {"x-request-id", "1"}};
  std::vector<Jwt> jwts;
  ConnectionView connection;
  RequestView request;

  World(int policies, int attached, const std::string& mode) {
    auto read = scenarios::read_manifest_text(manifests(policies, attached, mode), "bench.yaml");
    mesh = resolve(std::move(read.objects), {});
    Diagnostics diagnostics;
    engine = PolicyEngine::compile(*mesh, diagnostics);
    const Workload& workload = mesh->workloads[mesh->find_workload("a", "srv")];
    view.ns = workload.ns;
    view.labels = &workload.labels;
    connection.principal = "spiffe://cluster.local/ns/a/sa/cli";
    connection.source_ip = connection.remote_ip = *IpAddress::parse("10.0.0.1");
    connection.destination_ip = *IpAddress::parse("10.0.0.2");
    connection.port = 8080;
    request = {"GET", "/api/v1/items/42?expand=all", "srv.a.svc.cluster.local", &headers, &jwts, false};
    const std::size_t index = mesh->find_workload("a", "srv");
    if (workload.mode == DataplaneMode::Ambient ? !engine->allows_ztunnel(index, connection)
                                                : !engine->allows_envoy(view, connection, &request))
      throw std::logic_error("the request must be allowed");
  }
};

void BM_EnvoyVerdict(benchmark::State& state) {
  const World world(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)), "istio-injection: enabled");
  for (auto _ : state)
    benchmark::DoNotOptimize(world.engine->allows_envoy(world.view, world.connection, &world.request));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(BM_EnvoyVerdict)
    ->Args({10, 5})
    ->Args({100, 5})
    ->Args({1000, 5})
    ->Args({10000, 5})
    ->Args({100, 50})
    ->Args({1000, 50})
    ->Args({10000, 50});

void BM_EnvoyExplained(benchmark::State& state) {
  const World world(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)), "istio-injection: enabled");
  for (auto _ : state) benchmark::DoNotOptimize(world.engine->at_envoy(world.view, world.connection, &world.request));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(BM_EnvoyExplained)->Args({10, 5})->Args({10000, 5});

void BM_ZtunnelVerdict(benchmark::State& state) {
  const World world(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)),
                    "istio.io/dataplane-mode: ambient");
  const std::size_t workload = world.mesh->find_workload("a", "srv");
  for (auto _ : state) benchmark::DoNotOptimize(world.engine->allows_ztunnel(workload, world.connection));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(BM_ZtunnelVerdict)->Args({10, 5})->Args({10000, 5})->Args({10000, 50});

void BM_Compile(benchmark::State& state) {
  const World world(static_cast<int>(state.range(0)), 5, "istio-injection: enabled");
  for (auto _ : state) {
    Diagnostics diagnostics;
    benchmark::DoNotOptimize(PolicyEngine::compile(*world.mesh, diagnostics));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(BM_Compile)->Arg(100)->Arg(10000)->Unit(benchmark::kMillisecond);

// 20 rules of two principals, two methods and a prefix, compared by hand without any engine.
void BM_BaselineByHand(benchmark::State& state) {
  std::string_view principal = "spiffe://cluster.local/ns/a/sa/cli", method = "GET", path = "/api/v1/items/42";
  std::vector<std::pair<std::string, std::string>> rules;
  for (int i = 0; i < 20; ++i)
    rules.emplace_back("spiffe://cluster.local/ns/x/sa/" + std::to_string(i),
                       i == 19 ? "/api/" : "/other/" + std::to_string(i) + '/');
  const std::string client = "spiffe://cluster.local/ns/a/sa/cli";
  for (auto _ : state) {
    benchmark::DoNotOptimize(principal);
    benchmark::DoNotOptimize(method);
    benchmark::DoNotOptimize(path);
    bool hit = false;
    for (const auto& [other, prefix] : rules)
      hit |= (method == "GET" || method == "POST") && path.starts_with(prefix) &&
             (principal == client || principal == other);
    benchmark::DoNotOptimize(hit);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(BM_BaselineByHand);

}  // namespace

BENCHMARK_MAIN();
