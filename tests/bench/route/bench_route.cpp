// Routing decisions per second at one sidecar with 1, 100 and 1,000 routes on a host: exact paths, prefixes, header
// matches behind one prefix, regular expressions. The baseline decides for a Service without any route object.
#include <memory>
#include <string>

#include <benchmark/benchmark.h>

#include "models/route/routing.h"
#include "scenarios/read/manifest_reader.h"

namespace {

using namespace meshsim;

enum class Shape { None, Exact, Prefix, Header, Regex };

std::string manifests(Shape shape, int routes) {
  std::string out = R"(apiVersion: v1
kind: Namespace
metadata: {name: a, labels: {istio-injection: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: client, namespace: a}
spec:
  selector: {matchLabels: {app: client}}
  template: {metadata: {labels: {app: client}}, spec: {containers: [{name: c, image: example.test/c}]}}
---
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: a}
spec: {selector: {app: shop}, ports: [{name: http, port: 80}]}
)";
  if (shape == Shape::None) return out;
  out +=
      "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: vs, namespace: a}\nspec:\n  "
      "hosts: [shop]\n  http:\n";
  for (int i = 0; i < routes; ++i) {
    const std::string n = std::to_string(i);
    const std::string match = shape == Shape::Exact    ? "uri: {exact: /item/" + n + "/view}"
                              : shape == Shape::Prefix ? "uri: {prefix: /item/" + n + "/}"
                              : shape == Shape::Header
                                  ? "uri: {prefix: /item}, headers: {x-version: {exact: v" + n + "}}"
                                  : "uri: {regex: '/item/" + n + "/[a-z]+'}";
    out += "  - match: [{" + match + "}]\n    route: [{destination: {host: shop}}]\n";
  }
  return out;
}

struct World {
  std::shared_ptr<const models::Mesh> mesh;
  std::shared_ptr<const models::Routing> routing;
  std::size_t client = 0, service = 0;
};

World world_of(Shape shape, int routes) {
  World out;
  auto read = scenarios::read_manifest_text(manifests(shape, routes), "bench.yaml");
  out.mesh = models::resolve(std::move(read.objects), {});
  models::Diagnostics diagnostics;
  out.routing = models::Routing::compile(*out.mesh, diagnostics);
  out.client = out.mesh->find_workload("a", "client");
  out.service = out.mesh->find_service("a", "shop");
  return out;
}

void decide(benchmark::State& state, Shape shape) {
  const int routes = static_cast<int>(state.range(0));
  const World world = world_of(shape, routes);
  std::vector<std::string> paths, versions;
  for (int i = 0; i < routes; ++i) {
    paths.push_back("/item/" + std::to_string(i) + "/view");
    versions.push_back("v" + std::to_string(i));
  }
  std::size_t i = 0;
  for (auto _ : state) {
    const std::size_t at = i++ * 7919 % paths.size();
    models::Headers headers;
    if (shape == Shape::Header) headers.emplace_back("x-version", versions[at]);
    models::RouteRequest request;
    request.path = paths[at];
    request.authority = "shop";
    request.headers = &headers;
    benchmark::DoNotOptimize(world.routing->at_sidecar(world.client, world.service, 80, "shop", request));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

BENCHMARK_CAPTURE(decide, no_route, Shape::None)->Arg(1);
BENCHMARK_CAPTURE(decide, exact, Shape::Exact)->Arg(1)->Arg(100)->Arg(1000);
BENCHMARK_CAPTURE(decide, prefix, Shape::Prefix)->Arg(1)->Arg(100)->Arg(1000);
BENCHMARK_CAPTURE(decide, header, Shape::Header)->Arg(1)->Arg(100)->Arg(1000);
BENCHMARK_CAPTURE(decide, regex, Shape::Regex)->Arg(1)->Arg(100)->Arg(1000);

void compile(benchmark::State& state) {
  auto read = scenarios::read_manifest_text(manifests(Shape::Prefix, static_cast<int>(state.range(0))), "bench.yaml");
  const auto mesh = models::resolve(std::move(read.objects), {});
  for (auto _ : state) {
    models::Diagnostics diagnostics;
    benchmark::DoNotOptimize(models::Routing::compile(*mesh, diagnostics));
  }
}
BENCHMARK(compile)->Arg(1)->Arg(1000);

}  // namespace

BENCHMARK_MAIN();
