#pragma once
// The workloads that tests and benchmarks share: `mesh` (four stations of two servers there and back, a link of 50 us
// before each visit, 17 events a request, load 0.8) and `chain` (one way, no link, 5 events). Exact means: 22.622 ms
// and 11.111 ms.
#include <array>
#include <cstdint>
#include <vector>

#include "sim/distribution.h"
#include "sim/histogram.h"
#include "sim/simulation.h"

namespace meshsim::sim::network {

enum class Event : std::uint8_t { arrive, linked, served };
struct Request {
  std::int64_t start = 0;
  std::uint32_t chain = 0;
  std::uint8_t hop = 0;
};

template <FutureEventSet Fes = RadixHeap>
struct Model {
  using Sim = Simulation<Request, Event, Fes>;
  Sim& sim;
  bool mesh;
  std::uint64_t requests;
  std::uint64_t started = 0, done = 0;
  RandomStream draws;
  LineId link;
  std::vector<StationId> stations;
  Histogram response;
  double gap;

  Model(Sim& s, bool mesh_, std::uint64_t n, std::uint32_t width = 1, std::uint64_t replication = 0)
      : sim(s),
        mesh(mesh_),
        requests(n),
        draws(StudyKey::of(42, replication), "network", "all"),
        link(s.line(microseconds(50))),
        gap(mesh_ ? 1.25e6 : 0.625e6) {
    for (std::uint32_t i = 0; i < 4 * width; ++i) stations.push_back(sim.add_station({.servers = 2}));
    for (std::uint32_t i = 0; i < width; ++i) sim.after(draw(gap), sim.create(0, i), Event::arrive);
  }
  double exact_ns() const {
    const double visit = 1e6 * (1 + 2 * 0.64 / 1.8 / (2 * 0.2));
    return mesh ? 8 * (visit + 5e4) : 4 * visit;
  }
  SimTime draw(double mean) { return {static_cast<std::int64_t>(exponential(mean, draws.next()) + 0.5)}; }
  void visit(Slot s) {
    static constexpr std::array<std::uint8_t, 8> path{0, 1, 2, 3, 3, 2, 1, 0};
    const Request& r = sim[s];
    sim.serve(stations[r.chain * 4 + path[r.hop]], s, draw(1e6), Event::served);
  }
  void approach(Slot s) {
    if (mesh) {
      sim.send(link, s, Event::linked);
    } else {
      visit(s);
    }
  }
  void on_event(Event what, Slot s) {
    switch (what) {
      case Event::arrive:
        if (started == requests) return;
        ++started;
        approach(sim.create(sim.now().ns, sim[s].chain));
        sim.after(draw(gap), s, Event::arrive);
        break;
      case Event::linked:
        visit(s);
        break;
      case Event::served: {
        Request& r = sim[s];
        if (++r.hop < (mesh ? 8 : 4)) return approach(s);
        response.add(static_cast<std::uint64_t>(sim.now().ns - r.start));
        sim.destroy(s);
        if (++done == requests) sim.stop();
        break;
      }
    }
  }
};

}  // namespace meshsim::sim::network
