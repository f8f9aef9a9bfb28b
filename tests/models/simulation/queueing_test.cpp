// The mesh simulation against exact queueing theory: stations of applications, without proxies between them, are the
// textbook's. One million requests, within one per cent.
#include "sim/analysis/queueing.h"

#include <gtest/gtest.h>

#include "models/simulation/simulate.h"
#include "tests/models/dataplane/support.h"

namespace meshsim::models {
namespace {

using testing::flow_of;
using testing::world_of;

const World& plain_mesh() {
  static const World world = [] {
    std::string text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: echo}\n";
    for (const char* name : {"client", "first", "second"})
      text += std::string("---\napiVersion: v1\nkind: Service\nmetadata: {name: ") + name +
              ", namespace: echo}\nspec: {selector: {app: " + name +
              "}, ports: [{name: http, port: 80, targetPort: 8080}]}\n" +
              "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name +
              ", namespace: echo}\nspec: {template: {metadata: {labels: {app: " + name +
              "}}, spec: {containers: [{name: a, image: b, ports: [{containerPort: 8080}]}]}}}\n";
    return world_of(text);
  }();
  return world;
}

SimulatedFlow flow(const std::string& from, const std::string& to) {
  SimulatedFlow out;
  out.flow = flow_of("echo/" + from, to + ".echo.svc.cluster.local", 80);
  out.flow.name = to;
  return out;
}

Application station(const std::string& name, std::int64_t mean_ns, std::uint32_t workers) {
  Application out;
  out.workload = "echo/" + name;
  out.service = sim::Law::exponential({mean_ns});
  out.workers = workers;
  return out;
}

const ProxyStatistics& of(const SimulationResult& result, const std::string& workload) {
  for (const ProxyStatistics& p : result.proxies)
    if (p.proxy == "application" && p.workload == workload) return p;
  throw std::runtime_error("no station of " + workload);
}

double mean_sojourn_s(const ProxyStatistics& p) {
  return static_cast<double>(p.sojourn_ns) / static_cast<double>(p.jobs) * 1e-9;
}

SimulationInput input_of(std::vector<SimulatedFlow> flows, std::vector<Application> applications, double seconds) {
  SimulationInput input;
  input.epochs.push_back({0, plain_mesh(), ""});
  input.flows = std::move(flows);
  input.applications = std::move(applications);
  input.duration_ns = static_cast<std::int64_t>(seconds * 1e9);
  input.warmup_ns = input.duration_ns / 50;
  return input;
}

TEST(ExactQueueing, MMc) {
  SimulatedFlow asked = flow("client", "first");
  asked.traffic.per_second = 1000;
  const auto result = simulate(input_of({asked}, {station("first", 2'100'000, 3)}, 1020));
  const auto exact = sim::analysis::mmc(1000, 0.0021, 3);
  const ProxyStatistics& p = of(result, "echo/first");
  ASSERT_GT(p.jobs, 990'000u);
  EXPECT_NEAR(mean_sojourn_s(p), exact.mean_response, 0.01 * exact.mean_response);
  const double busy = static_cast<double>(p.busy_ns) / static_cast<double>(p.observed_ns) / 3;
  EXPECT_NEAR(busy, exact.utilisation, 0.01 * exact.utilisation);
  // The flow sees the station and the network, which is constant.
  const FlowStatistics& f = result.flows[0];
  const double network = static_cast<double>(f.part_ns[static_cast<std::size_t>(TimePart::Network)]) /
                         static_cast<double>(f.finished) * 1e-9;
  EXPECT_NEAR(f.latency.mean() * 1e-9, exact.mean_response + network, 0.01 * (exact.mean_response + network));
}

// The first asks the second: its departures are Poisson again (Burke), each station is an M/M/c of its own.
TEST(ExactQueueing, Tandem) {
  SimulatedFlow asked = flow("client", "first"), inner = flow("first", "second");
  asked.traffic.per_second = 1000;
  Application first = station("first", 1'200'000, 2);
  first.calls = {{Call{"second", 1, 1, 1}}};
  const auto result = simulate(input_of({asked, inner}, {first, station("second", 650'000, 1)}, 1020));
  const auto a = sim::analysis::mmc(1000, 0.0012, 2), b = sim::analysis::mmc(1000, 0.00065, 1);
  ASSERT_GT(of(result, "echo/second").jobs, 990'000u);
  EXPECT_NEAR(mean_sojourn_s(of(result, "echo/first")), a.mean_response, 0.01 * a.mean_response);
  EXPECT_NEAR(mean_sojourn_s(of(result, "echo/second")), b.mean_response, 0.01 * b.mean_response);
}

// Thinking clients, two stations: a closed product-form network; thinking and network are one delay.
TEST(ExactQueueing, ClosedNetwork) {
  SimulatedFlow asked = flow("client", "first"), inner = flow("first", "second");
  asked.traffic.arrivals = "closed";
  asked.traffic.clients = 12;
  asked.traffic.think_ns = 6'000'000;
  Application first = station("first", 1'500'000, 2);
  first.calls = {{Call{"second", 1, 1, 1}}};
  const auto result = simulate(input_of({asked, inner}, {first, station("second", 900'000, 1)}, 1120));
  double network = 0;
  for (const FlowStatistics& f : result.flows)
    network += static_cast<double>(f.part_ns[static_cast<std::size_t>(TimePart::Network)]) /
               static_cast<double>(f.finished) * 1e-9;
  const sim::analysis::ClosedStation stations[] = {
      {1, 0.006 + network, sim::analysis::infinite_servers}, {1, 0.0015, 2}, {1, 0.0009, 1}};
  const auto exact = sim::analysis::mean_value_analysis(stations, 12);
  const ProxyStatistics& p = of(result, "echo/first");
  ASSERT_GT(p.jobs, 900'000u);
  const double throughput = static_cast<double>(p.jobs) / static_cast<double>(p.observed_ns) * 1e9;
  EXPECT_NEAR(throughput, exact.throughput, 0.01 * exact.throughput);
  EXPECT_NEAR(mean_sojourn_s(p), exact.response[1], 0.01 * exact.response[1]);
  EXPECT_NEAR(mean_sojourn_s(of(result, "echo/second")), exact.response[2], 0.01 * exact.response[2]);
}

}  // namespace
}  // namespace meshsim::models
