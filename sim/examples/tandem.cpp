// Two stations in a row with a link between, a pinned server each request keeps, and a timeout that gives up waiting.
#include <cmath>
#include <cstdio>

#include "sim/analysis/traffic.h"
#include "sim/distribution.h"
#include "sim/simulation.h"

using namespace meshsim::sim;

enum class Event : std::uint8_t { arrive, proxied, at_server, served, timeout };
struct Request {
  Timer timeout;
};

struct Tandem {
  Simulation<Request, Event>& sim;
  StudyKey key = StudyKey::of(7, 0);
  StationId proxy = sim.add_station({.servers = 2, .queueing = Queueing::pinned});
  StationId server = sim.add_station({.servers = 4, .room = 1000});
  LineId link = sim.line(microseconds(250)), patience = sim.line(seconds(1));
  RandomStream gaps{key, "clients", "gap"}, proxy_work{key, "proxy", "work"}, server_work{key, "server", "work"};
  Law gap = Law::exponential(microseconds(500));
  Law proxy_law = Law::exponential(microseconds(500)), server_law = Law::exponential(microseconds(1500));
  std::uint64_t arrived = 0, done = 0, given_up = 0;

  void on_event(Event what, Slot who) {
    switch (what) {
      case Event::arrive: {
        sim.after(gap.sample(gaps), who, Event::arrive);
        const Slot request = sim.create();
        sim[request].timeout = sim.timer(patience, request, Event::timeout);
        // A draw addressed by the number of the request: it is the same whatever else the model draws.
        const auto connection = static_cast<std::uint32_t>(RandomStream(key, 42).at(arrived++));
        sim.serve(proxy, request, proxy_law.sample(proxy_work), Event::proxied, connection);
        break;
      }
      case Event::proxied:
        sim.send(link, who, Event::at_server);
        break;
      case Event::at_server:
        if (!sim.serve(server, who, server_law.sample(server_work), Event::served)) sim.destroy(who);
        break;
      case Event::served:
        sim.cancel(sim[who].timeout);
        sim.destroy(who);
        ++done;
        break;
      case Event::timeout:
        ++given_up;
        sim.destroy(who);  // wherever it is: queue, server or link
        break;
    }
  }
};

int main() {
  Simulation<Request, Event> sim;
  Tandem model{sim};
  sim.after(SimTime::zero(), sim.create(), Event::arrive);
  sim.run_until(seconds(200), model);

  const analysis::NetworkStation stations[] = {{1000, 0.5e-3, 1}, {1000, 0.5e-3, 1}, {0, 1.5e-3, 4}};
  const analysis::Routing routing[] = {{0, 2, 1}, {1, 2, 1}};
  const auto net = analysis::solve_open(stations, routing);
  const auto proxy = sim.statistics(model.proxy), server = sim.statistics(model.server);
  std::printf("done %llu, given up %llu\n", static_cast<unsigned long long>(model.done),
              static_cast<unsigned long long>(model.given_up));
  std::printf("proxy  %.4f ms, exact %.4f ms\n", proxy.mean_sojourn_ns() * 1e-6, net->mean_response[0] * 1e3);
  std::printf("server %.4f ms, exact %.4f ms\n", server.mean_sojourn_ns() * 1e-6, net->mean_response[2] * 1e3);
  std::printf("sustainable %.0f requests/s\n", net->sustainable);
  std::printf("fingerprint %s\n", sim.fingerprint().text().c_str());
  const bool near = std::fabs(proxy.mean_sojourn_ns() * 1e-9 / net->mean_response[0] - 1) < 0.03 &&
                    std::fabs(server.mean_sojourn_ns() * 1e-9 / net->mean_response[2] - 1) < 0.03;
  return near ? 0 : 1;
}
