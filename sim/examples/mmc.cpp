// M/M/c in thirty lines: Poisson arrivals, three servers, one queue. The simulated mean beside the exact one.
#include <cmath>
#include <cstdio>

#include "sim/analysis/queueing.h"
#include "sim/distribution.h"
#include "sim/histogram.h"
#include "sim/simulation.h"

using namespace meshsim::sim;

enum class Event : std::uint8_t { arrive, served };
struct Request {
  SimTime start;
};

struct Shop {
  Simulation<Request, Event>& sim;
  StationId counter = sim.add_station({.servers = 3});
  RandomStream gaps{StudyKey::of(1, 0), "clients", "gap"}, work{StudyKey::of(1, 0), "counter", "service"};
  Law gap = Law::exponential(microseconds(400)), service = Law::exponential(milliseconds(1));
  Histogram response = {};

  void on_event(Event what, Slot who) {
    switch (what) {
      case Event::arrive:  // the arrival process is a record too
        sim.serve(counter, sim.create(sim.now()), service.sample(work), Event::served);
        sim.after(gap.sample(gaps), who, Event::arrive);
        break;
      case Event::served:
        response.add(static_cast<std::uint64_t>((sim.now() - sim[who].start).ns));
        sim.destroy(who);
        break;
    }
  }
};

int main() {
  Simulation<Request, Event> sim;
  Shop shop{sim};
  sim.after(SimTime::zero(), sim.create(), Event::arrive);
  sim.run_until(seconds(400), shop);

  const auto exact = analysis::mmc(2500, 1e-3, 3);
  const double mean = shop.response.mean() * 1e-9;
  std::printf("requests    %llu\n", static_cast<unsigned long long>(shop.response.count()));
  std::printf("mean        %.4f ms, exact %.4f ms\n", mean * 1e3, exact.mean_response * 1e3);
  std::printf("p99         %.3f ms\n", static_cast<double>(shop.response.quantile(0.99)) * 1e-6);
  std::printf("utilisation %.4f, exact %.4f\n", sim.statistics(shop.counter).utilisation(sim.observed(), 3),
              exact.utilisation);
  std::printf("fingerprint %s\n", sim.fingerprint().text().c_str());
  return std::fabs(mean / exact.mean_response - 1) < 0.02 ? 0 : 1;
}
