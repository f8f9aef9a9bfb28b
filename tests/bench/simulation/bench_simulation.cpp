// The whole product: requests through sidecar or ztunnel, waypoint and ztunnel, with queueing, policies, counters and
// HBONE bytes, in simulated requests per second of CPU time; the least of five runs. The fingerprint beside each figure
// says that the runs did the same; the utilisation, that the work was done.
//   bench_simulation [million requests]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include <sys/resource.h>

#include "scenarios/run/simulation_run.h"

namespace {

using namespace meshsim;

double cpu_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

long peak_kilobytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

std::string mesh(const std::string& client_mode, const std::string& server_mode, bool waypoint, int replicas, int pairs,
                 double rate) {
  std::string out = R"(apiVersion: meshsim/v1
kind: Scenario
metadata: {name: bench}
mesh: {profile: ossm-3.2}
policies:
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: clients, namespace: shop}
    spec: {action: ALLOW, rules: [{from: [{source: {namespaces: [shop]}}]}]}
)";
  std::string gateways, labels, workloads, flows;
  if (waypoint) {
    gateways = "gateways:\n  - {name: waypoint, namespace: shop, kind: waypoint, for: service}\n";
    labels = "labels:\n  - {object: namespace/shop, set: {istio.io/use-waypoint: waypoint}}\n";
  }
  for (int i = 0; i < pairs; ++i) {
    const std::string n = std::to_string(i);
    workloads += "  - {name: client-" + n + ", namespace: shop, mode: " + client_mode +
                 ", replicas: " + std::to_string(replicas) + "}\n  - {name: server-" + n +
                 ", namespace: shop, mode: " + server_mode + ", replicas: " + std::to_string(replicas) +
                 ", ports: [{port: 80, targetPort: 8080, name: http}]}\n";
    flows += "  - {name: flow-" + n + ", from: {workload: shop/client-" + n + "}, to: {host: server-" + n +
             ".shop.svc.cluster.local, port: 80}, rate: " + std::to_string(rate / pairs) + "}\n";
  }
  return out + gateways + labels + "workloads:\n" + workloads + "flows:\n" + flows;
}

void measure(const char* name, const std::string& text, double rate, double requests, int runs) {
  const auto loaded = scenarios::load(scenarios::read_scenario_text(text, "bench.yaml"));
  scenarios::SimulationOptions options;
  options.duration_ns = static_cast<std::int64_t>(requests / rate * 1e9);
  const auto prepared = scenarios::prepare_simulation(loaded, options);
  double least = 1e30;
  models::SimulationResult result;
  for (int i = 0; i < runs; ++i) {
    const double start = cpu_seconds();
    result = models::simulate(prepared.input);
    least = std::min(least, cpu_seconds() - start);
  }
  std::uint64_t done = 0, allowed = 0;
  for (const auto& flow : result.flows) {
    done += flow.finished;
    for (const auto& outcome : flow.outcomes)
      if (outcome.verdict == models::Verdict::Allowed) allowed += outcome.count;
  }
  double busiest = 0;
  for (const auto& p : result.proxies)
    if (p.workers > 0)
      busiest = std::max(busiest, static_cast<double>(p.busy_ns) / static_cast<double>(p.observed_ns) / p.workers);
  std::printf(
      "%-34s %9llu requests %5.1f events each %7.0f k requests/s %6.1f ns/event  busiest %3.0f%%  allowed %llu  "
      "peak %ld MiB  %016llx\n",
      name, static_cast<unsigned long long>(done), static_cast<double>(result.events()) / static_cast<double>(done),
      static_cast<double>(done) / least * 1e-3, least * 1e9 / static_cast<double>(result.events()), busiest * 100,
      static_cast<unsigned long long>(allowed), peak_kilobytes() / 1024,
      static_cast<unsigned long long>(result.fingerprint()));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const double requests = (argc > 1 ? std::atof(argv[1]) : 1.0) * 1e6;
  measure("sidecar > sidecar", mesh("sidecar", "sidecar", false, 1, 1, 4000), 4000, requests, 5);
  measure("ztunnel > ztunnel", mesh("ambient", "ambient", false, 1, 1, 4000), 4000, requests, 5);
  measure("sidecar > ztunnel", mesh("sidecar", "ambient", false, 1, 1, 4000), 4000, requests, 5);
  measure("ztunnel > waypoint > ztunnel", mesh("ambient", "ambient", true, 1, 1, 4000), 4000, requests, 5);
  measure("the same, 100 pairs of 3 replicas", mesh("ambient", "ambient", false, 3, 100, 20000), 20000, requests, 5);
  measure("10,000 workloads, 100 k requests/s", mesh("sidecar", "sidecar", false, 1, 5000, 100000), 100000, requests,
          1);
  return 0;
}
