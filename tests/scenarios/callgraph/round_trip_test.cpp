// Our own traces, read again: simulate, export, and the same call graph comes out.
#include "scenarios/export/export.h"
#include "scenarios/run/simulation_run.h"
#include "tests/scenarios/callgraph/support.h"

namespace meshsim::scenarios {
namespace {

using namespace testing;

constexpr const char* kMesh = R"(gateways:
  - { name: waypoint, namespace: shop, kind: waypoint, for: service }
labels:
  - { object: namespace/shop, set: { istio.io/use-waypoint: waypoint } }
mesh:
  config: { defaultConfig: { tracing: { sampling: 100 } }, enableTracing: true, defaultProviders: { tracing: [otel] }, extensionProviders: [ { name: otel, opentelemetry: { service: otel.observe.svc.cluster.local, port: 4317 } } ] }
workloads:
  - { name: client, namespace: web, mode: sidecar }
  - { name: front, namespace: web, mode: sidecar, ports: [{port: 80, targetPort: 8080, name: http}] }
  - { name: cart, namespace: shop, mode: ambient, ports: [{port: 80, targetPort: 8080, name: http}] }
  - { name: stock, namespace: web, mode: sidecar, ports: [{port: 80, targetPort: 8080, name: http}] }
  - { name: price, namespace: web, mode: sidecar, ports: [{port: 80, targetPort: 8080, name: http}] }
)";
constexpr const char* kApplications = R"(flows:
  - { name: client to front, from: {workload: web/client}, to: {host: front.web.svc.cluster.local, port: 80}, rate: 50/s }
  - { name: cart, from: {workload: web/front}, to: {host: cart.shop.svc.cluster.local, port: 80} }
  - { name: stock, from: {workload: web/front}, to: {host: stock.web.svc.cluster.local, port: 80} }
  - { name: price, from: {workload: web/stock}, to: {host: price.web.svc.cluster.local, port: 80} }
applications:
  web/front: { serviceTime: { mean: 5ms, law: constant }, calls: [ [cart, stock], cart, { flow: stock, probability: 0.5 } ] }
  web/stock: { serviceTime: { mean: 2ms, law: exponential }, calls: [ { flow: price, count: 3 } ] }
  web/price: { serviceTime: 1ms }
run: { duration: 20s }
)";

TEST(RoundTrip, ExportedTracesGiveTheSameGraph) {
  const auto before = std::make_shared<const Loaded>(loaded(std::string(kMesh) + kApplications, {}));
  ASSERT_FALSE(before->unreadable) << findings(*before);
  RunResult run = scenarios::run(before, {});
  SimulationOptions options_of_simulation;
  options_of_simulation.recorded = 100;
  run.simulation = std::make_shared<const models::SimulationResult>(
      run_simulation(prepare_simulation(*before), options_of_simulation, before->scenario.run.replications));
  ExportOptions options;
  options.folder = (folder() / "out").string();
  options.traces = true;
  ASSERT_EQ(export_run(run, options).error, std::nullopt);
  std::ifstream in(std::filesystem::path(options.folder) / "traces.otlp.json", std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  ASSERT_GT(text.size(), 100'000u);

  const Loaded after = loaded(std::string(kMesh) + "callGraph: {otlp: t.json, rate: 50/s}\n", {{"t.json", text}});
  EXPECT_EQ(findings(after), "");
  const auto front = calls(after, "web/front");
  EXPECT_TRUE(front.starts_with("cart + stock | cart | stock *0.")) << front;
  EXPECT_NEAR(application(after, "web/front")->calls.at(2).at(0).probability, 0.5, 0.15);
  EXPECT_EQ(calls(after, "web/stock"), "price x3");
  EXPECT_EQ(calls(after, "web/price"), "");
  EXPECT_DOUBLE_EQ(*flow(after, "web/client to front.web.svc.cluster.local:80")->traffic.per_second, 50);
  const auto mean = [&](const char* workload) {
    return static_cast<double>(application(after, workload)->service->mean().ns);
  };
  EXPECT_NEAR(mean("web/price"), 1e6, 1e3);
  EXPECT_NEAR(mean("web/front"), 5e6, 0.1e6);
  EXPECT_NEAR(mean("web/stock"), 2e6, 0.6e6) << "a hundred and fifty exponential draws";
}

}  // namespace
}  // namespace meshsim::scenarios
