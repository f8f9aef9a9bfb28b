// The same fingerprint in every build (debug, optimised, g++, clang), with any number of threads, twice in a process:
// the values stand in golden_fingerprints.txt, and each build compares with the same file. After a change that is meant
// to change results: MESHSIM_UPDATE_FINGERPRINTS=1 test_run_simulation --gtest_filter='Fingerprint.*'.
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "scenarios/run/simulation_run.h"

namespace meshsim::scenarios {
namespace {

const std::string kFile = std::string(MESHSIM_SOURCE_DIR) + "/tests/scenarios/run/golden_fingerprints.txt";

std::map<std::string, std::string> golden() {
  std::map<std::string, std::string> out;
  std::ifstream in(kFile);
  for (std::string line; std::getline(in, line);)
    if (const auto space = line.rfind(' '); space != std::string::npos && line.front() != '#')
      out[line.substr(0, space)] = line.substr(space + 1);
  return out;
}

// Sidecars, ztunnels, a waypoint, policies, calls, retries; open, bursty and closed traffic; a rollout and a failure.
constexpr const char* kEverything = R"(apiVersion: meshsim/v1
kind: Scenario
metadata: {name: everything}
workloads:
  - {name: web, namespace: shop, mode: sidecar, replicas: 2}
  - {name: front, namespace: shop, mode: sidecar, replicas: 2, ports: [{port: 80, targetPort: 8080, name: http}]}
  - {name: cart, namespace: back, mode: ambient, replicas: 3, ports: [{port: 80, targetPort: 8080, name: http}]}
  - {name: db, namespace: back, mode: ambient, ports: [{port: 5432, name: tcp-db}]}
gateways:
  - {name: waypoint, namespace: back, kind: waypoint, for: service}
labels:
  - {object: back/service/cart, set: {istio.io/use-waypoint: waypoint}}
policies:
  - {apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: only-front, namespace: back}, spec: {action: ALLOW, rules: [{from: [{source: {namespaces: [shop, back]}}]}]}}
flows:
  - {name: page, from: {workload: shop/web}, to: {host: front.shop.svc.cluster.local, port: 80}, rate: 300/s, timeout: 2s}
  - {name: burst, from: {workload: shop/web}, to: {host: cart.back.svc.cluster.local, port: 80}, rate: 100/s, arrivals: bursty, burst: {active: 200ms, idle: 300ms}}
  - {name: batch, from: {workload: back/cart}, to: {host: db.back.svc.cluster.local, port: 5432}, protocol: tcp, arrivals: closed, clients: 20, thinkTime: 50ms, connectionLifetime: 1s}
  - {name: items, from: {workload: shop/front}, to: {host: cart.back.svc.cluster.local, port: 80}, keepAlive: false}
applications:
  shop/front: {serviceTime: {mean: 4ms, law: lognormal, variation: 0.7}, workers: 4, errors: 0.01, calls: [[items, {flow: items, probability: 0.3}]]}
  back/db: {serviceTime: {mean: 2ms, law: exponential}, workers: 2}
run: {duration: 4s, warmup: 500ms, seed: 11, replications: 4}
timeline:
  - {at: 1s, restart: shop/deployment/front}
  - {at: 2s, fail: back/deployment/cart}
  - {at: 2500ms, heal: back/deployment/cart}
  - {at: 3s, label: namespace/shop, set: {istio.io/dataplane-mode: ambient}}
)";

std::string fingerprint(const models::SimulationResult& result) {
  sim::Fingerprint all;
  all.mix(result.fingerprint());
  for (const models::FlowStatistics& flow : result.flows) {
    all.mix(flow.latency.digest());
    for (const models::OutcomeCount& o : flow.outcomes) all.mix(o.count);
    all.mix(flow.bytes_to_server ^ flow.bytes_to_client << 1);
  }
  for (const models::ProxyStatistics& p : result.proxies) all.mix(p.cpu_ns ^ static_cast<std::uint64_t>(p.busy_ns));
  return fmt::format("{:016x}", all.value());
}

TEST(Fingerprint, TheSameInEveryBuildAndWithAnyNumberOfThreads) {
  const Loaded loaded = load(read_scenario_text(kEverything, "everything.yaml"));
  ASSERT_FALSE(loaded.unreadable);
  const PreparedSimulation prepared = prepare_simulation(loaded);
  std::string first;
  for (const unsigned threads : {1u, 1u, 2u, 4u}) {
    SimulationOptions options;
    options.threads = threads;
    const std::string now = fingerprint(run_simulation(prepared, options, loaded.scenario.run.replications));
    if (first.empty()) first = now;
    EXPECT_EQ(now, first) << threads << " threads";
  }
  if (std::getenv("MESHSIM_UPDATE_FINGERPRINTS") != nullptr) {
    std::ofstream(kFile) << "# Fingerprints that every build must give; see fingerprint_test.cpp.\neverything " << first
                         << '\n';
    return;
  }
  const auto stored = golden();
  ASSERT_TRUE(stored.contains("everything")) << kFile;
  EXPECT_EQ(first, stored.at("everything")) << "results changed, or differ between builds";
}

}  // namespace
}  // namespace meshsim::scenarios
