// `mesh` on SimGrid: an actor for each request, a semaphore for each station. peer_simgrid REQUESTS
#include <cstdlib>
#include <vector>

#include <simgrid/s4u.hpp>
#include <xbt/log.h>

#include "workload.h"

namespace {

namespace s4u = simgrid::s4u;

peers::Draws draws;
std::vector<s4u::SemaphorePtr> stations;
double sum_ns = 0;

void request() {
  const double start = s4u::Engine::get_clock();
  for (const unsigned station : peers::kPath) {
    s4u::this_actor::sleep_for(peers::kLinkNs * 1e-9);
    stations[station]->acquire();
    s4u::this_actor::sleep_for(draws.exponential(peers::kServiceNs) * 1e-9);
    stations[station]->release();
  }
  sum_ns += (s4u::Engine::get_clock() - start) * 1e9;
}

void clients(std::uint64_t requests) {
  for (std::uint64_t i = 0; i < requests; ++i) {
    s4u::Actor::create("request", s4u::this_actor::get_host(), request);
    s4u::this_actor::sleep_for(draws.exponential(peers::kGapNs) * 1e-9);
  }
}

}  // namespace

int main(int argc, char** argv) {
  s4u::Engine engine(&argc, argv);
  const std::uint64_t requests = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  xbt_log_control_set("root.thres:warning");
  s4u::Engine::set_config("contexts/stack-size:16");
  s4u::Engine::set_config("contexts/guard-size:0");
  s4u::Engine::set_config("surf/precision:1e-12");
  auto* zone = s4u::create_full_zone("zone");
  auto* host = zone->create_host("host", 1e9);
  zone->seal();
  for (int i = 0; i < 4; ++i) stations.push_back(s4u::Semaphore::create(peers::kServers));
  s4u::Actor::create("clients", host, clients, requests);
  const double start = peers::cpu_seconds();
  engine.run();
  peers::row("SimGrid actors", requests, peers::cpu_seconds() - start, sum_ns);
  return 0;
}
