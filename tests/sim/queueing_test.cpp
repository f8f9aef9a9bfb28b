// The kernel against exact queueing theory: within 1 % at a million requests, and Little's law in every station.
#include "sim/analysis/queueing.h"

#include <gtest/gtest.h>

#include "tests/sim/network.h"

namespace meshsim::sim {
namespace {

template <class Sim>
void little(const Sim& sim, StationId id) {
  const StationStatistics s = sim.statistics(id);
  const double l = s.mean_population(sim.observed());
  const double lambda = static_cast<double>(s.arrivals) / sim.observed().seconds();
  EXPECT_NEAR(l / (lambda * s.mean_sojourn_ns() * 1e-9), 1, 1e-3);
}

TEST(Exact, TandemOfMM2At1e6Requests) {
  Simulation<network::Request, network::Event> sim;
  network::Model<> model(sim, false, 1'000'000, 4);
  sim.run(model);
  EXPECT_NEAR(model.response.mean() / model.exact_ns(), 1, 0.01);
  for (const StationId id : model.stations) little(sim, id);
}

TEST(Exact, MMc) {
  for (const unsigned servers : {1u, 3u, 10u}) {
    struct Job {
      std::int64_t start = 0;
    };
    using Sim = Simulation<Job>;
    struct Model {
      Sim& sim;
      unsigned servers;
      StationId st = sim.add_station({.servers = servers});
      RandomStream gap{StudyKey::of(11, servers), "a", "gap"}, work{StudyKey::of(11, servers), "a", "work"};
      void on_event(std::uint8_t kind, Slot s) {
        if (kind == 1) return sim.destroy(s);
        const auto w = static_cast<std::int64_t>(exponential(1e6, work.next()));
        sim.serve(st, sim.create(sim.now().ns), {w}, 1);
        sim.after({static_cast<std::int64_t>(exponential(1e6 / (0.7 * servers), gap.next()))}, s, 0);
      }
    };
    Sim sim;
    Model model{sim, servers};
    sim.after(SimTime::zero(), sim.create(), 0);
    sim.run_until(SimTime::from_seconds(1e6 * 1e-3 / (0.7 * servers)), model);
    const auto exact = analysis::mmc(700.0 * servers, 1e-3, servers);
    const StationStatistics s = sim.statistics(model.st);
    EXPECT_NEAR(static_cast<double>(s.served), 1e6, 5e3);
    EXPECT_NEAR(s.mean_sojourn_ns() * 1e-9 / exact.mean_response, 1, 0.01) << servers;
    EXPECT_NEAR(s.utilisation(sim.observed(), servers), 0.7, 0.007);
    little(sim, model.st);
  }
}

TEST(Exact, ClosedNetwork) {
  struct Customer {
    std::uint32_t at = 0;
  };
  using Sim = Simulation<Customer>;
  struct Model {
    Sim& sim;
    std::vector<StationId> st = {};
    RandomStream draws{StudyKey::of(3, 0), "closed", "all"};
    std::uint64_t visits = 0;
    void go(Slot s) {
      sim[s].at = static_cast<std::uint32_t>(below(16, draws.next()));
      sim.serve(st[sim[s].at], s, {static_cast<std::int64_t>(exponential(1e6, draws.next()))}, 0);
    }
    void on_event(std::uint8_t, Slot s) {
      if (++visits == 1'000'000) sim.stop();
      go(s);
    }
  };
  Sim sim;
  Model model{sim};
  for (int i = 0; i < 16; ++i) model.st.push_back(sim.add_station({}));
  for (int i = 0; i < 64; ++i) model.go(sim.create());
  sim.run(model);
  const auto exact = analysis::mean_value_analysis(std::vector<analysis::ClosedStation>(16, {1.0 / 16, 1e-3, 1}), 64);
  EXPECT_NEAR(1e6 / sim.now().seconds() / exact.throughput, 1, 0.01);
}

}  // namespace
}  // namespace meshsim::sim
