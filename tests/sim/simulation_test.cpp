#include "sim/simulation.h"

#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "tests/sim/network.h"

namespace meshsim::sim {
namespace {

enum class Event : std::uint8_t { a, b, c };
struct Thing {
  int name = 0;
};
using Sim = Simulation<Thing, Event>;

struct Transcript {
  Sim& sim;
  std::string text = {};
  void on_event(Event e, Slot s) {
    text += to_string(sim.now()) + " " + "abc"[static_cast<int>(e)] + std::to_string(sim[s].name) + "\n";
  }
};

template <class Fes>
std::uint64_t fingerprint(std::uint64_t tie_seed = 0, std::uint64_t replication = 0) {
  Simulation<network::Request, network::Event, Fes> sim({.tie_seed = tie_seed});
  network::Model<Fes> model(sim, true, 3000, 5, replication);
  sim.run(model);
  return sim.fingerprint().value();
}

TEST(Simulation, BothEventSetsGiveTheSameFingerprint) {
  EXPECT_EQ(fingerprint<RadixHeap>(), fingerprint<QuaternaryHeap>());
  EXPECT_EQ(fingerprint<RadixHeap>(7), fingerprint<QuaternaryHeap>(7));
  EXPECT_NE(fingerprint<RadixHeap>(0, 0), fingerprint<RadixHeap>(0, 1));
}

TEST(Simulation, ThreadsDoNotDisturbEachOther) {
  std::uint64_t alone[4], together[4];
  for (std::uint64_t i = 0; i < 4; ++i) alone[i] = fingerprint<RadixHeap>(0, i);
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < 4; ++i) threads.emplace_back([&, i] { together[i] = fingerprint<RadixHeap>(0, i); });
  for (std::thread& t : threads) t.join();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(alone[i], together[i]);
}

TEST(Simulation, TheFingerprintOfTheMeshWorkloadIsPinned) {
  // A change here is a change of results: say so in the release notes.
  EXPECT_EQ(fingerprint<RadixHeap>(), 10035092216799529047ull);
}

TEST(Simulation, EqualTimesKeepInsertionOrderAndATieSeedShufflesThem) {
  auto order = [](std::uint64_t seed) {
    Sim sim({.tie_seed = seed});
    Transcript t{sim, {}};
    for (int i = 0; i < 8; ++i) sim.at(seconds(1), sim.create(i), Event::a);
    sim.run(t);
    return t.text;
  };
  EXPECT_EQ(order(0), "1s a0\n1s a1\n1s a2\n1s a3\n1s a4\n1s a5\n1s a6\n1s a7\n");
  EXPECT_NE(order(0), order(1));
  EXPECT_NE(order(1), order(2));
  EXPECT_EQ(order(1), order(1));
}

TEST(Simulation, TimersFireUnlessCancelledAndDieWithTheirRecord) {
  Sim sim;
  Transcript t{sim, {}};
  const LineId second = sim.line(seconds(1));
  EXPECT_EQ(second, sim.line(seconds(1)));
  const Slot one = sim.create(1), two = sim.create(2), three = sim.create(3);
  Timer a = sim.timer(second, one, Event::a), b = sim.timer(second, two, Event::a),
        c = sim.timer(second, three, Event::a);
  Timer d = sim.timer_after(milliseconds(500), one, Event::b), e = sim.timer_at(milliseconds(700), two, Event::b);
  sim.timer_after(milliseconds(900), three, Event::c);
  Timer copy = a;
  EXPECT_TRUE(sim.cancel(a));
  EXPECT_FALSE(sim.cancel(a));
  EXPECT_FALSE(sim.cancel(copy));
  EXPECT_TRUE(sim.cancel(d));
  sim.destroy(three);
  sim.run(t);
  EXPECT_EQ(t.text, "700ms b2\n1s a2\n");
  EXPECT_FALSE(sim.cancel(b));
  EXPECT_FALSE(sim.cancel(c));
  EXPECT_FALSE(sim.cancel(e));
}

TEST(Simulation, TravellersAndTimersOfOneRecordShareALine) {
  Sim sim;
  Transcript t{sim, {}};
  const LineId line = sim.line(seconds(1));
  const Slot s = sim.create(1);
  sim.timer(line, s, Event::a);
  sim.send(line, s, Event::a);
  sim.run_until(seconds(1), t);
  sim.run(t);
  EXPECT_EQ(t.text, "1s a1\n1s a1\n");
  EXPECT_EQ(sim.state(s), RecordState::idle);
}

TEST(Simulation, DestroyedRecordsNeverHappenAndHandlesGoStale) {
  Sim sim;
  Transcript t{sim, {}};
  const Slot s = sim.create(1);
  const Handle h = sim.handle(s);
  sim.after(seconds(1), s, Event::a);
  EXPECT_TRUE(sim.alive(h));
  sim.destroy(s);
  EXPECT_FALSE(sim.alive(h));
  const Slot other = sim.create(2);
  EXPECT_NE(other, s);  // its entry is still in the event set
  sim.run(t);
  EXPECT_EQ(t.text, "");
  EXPECT_EQ(sim.create(3), s);
  EXPECT_FALSE(sim.alive(h));
}

TEST(Simulation, SteppingAndWatchingChangeNothing) {
  for (const std::uint64_t seed : {0, 9}) {
    std::uint64_t watched = 0;
    auto run = [&](bool disturbed) {
      Simulation<network::Request, network::Event> sim({.tie_seed = seed});
      network::Model<> model(sim, true, 2000);
      if (disturbed) {
        sim.watch_every(milliseconds(7), [&](SimTime now) { watched += static_cast<std::uint64_t>(now.ns > 0); });
        sim.on_event.connect([&](SimTime, network::Event, Slot) { ++watched; });
        for (std::int64_t i = 1; i <= 200; ++i) EXPECT_EQ(sim.run_until(milliseconds(i), model), RunEnd::time_reached);
        EXPECT_EQ(sim.now(), milliseconds(200));
      }
      EXPECT_EQ(sim.run(model), RunEnd::stopped);
      return sim.fingerprint().text();
    };
    EXPECT_EQ(run(false), run(true));
    EXPECT_GT(watched, 2000u);
  }
}

TEST(Simulation, AStoppedRunGoesOnWithoutItsOldLimit) {
  Sim sim;
  struct {
    Sim& sim;
    int n = 0;
    void on_event(Event, Slot s) {
      if (++n == 1) sim.stop();
      if (n < 5) sim.after(seconds(1), s, Event::a);
    }
  } model{sim};
  sim.after(seconds(1), sim.create(0), Event::a);
  EXPECT_EQ(sim.run_until(seconds(3), model), RunEnd::stopped);
  EXPECT_EQ(sim.run(model), RunEnd::drained);
  EXPECT_EQ(model.n, 5);
}

TEST(Simulation, RareActionsAreEvents) {
  Sim sim;
  Transcript t{sim, {}};
  sim.call_at(seconds(2), [&] { sim.after(seconds(1), sim.create(5), Event::c); });
  sim.run(t);
  EXPECT_EQ(t.text, "3s c5\n");
  EXPECT_EQ(sim.events(), 2u);
}

TEST(Simulation, BrokenRulesNameTimeAndEvent) {
  Sim sim;
  Transcript t{sim, {}};
  const Slot s = sim.create(1);
  sim.after(seconds(1), s, Event::a);
  EXPECT_THROW(sim.after(seconds(1), s, Event::a), SimulationError);
  sim.run(t);
  try {
    sim.at(milliseconds(1), s, Event::a);
    FAIL();
  } catch (const SimulationError& e) {
    EXPECT_STREQ(e.what(), "scheduled into the past (at 1s, event 1)");
  }
  sim.after(seconds(1), s, Event::a);  // the refused attempt left it idle
}

TEST(Simulation, ALivelockIsReported) {
  Simulation<Thing, Event> sim({.livelock_limit = 1000});
  struct {
    Sim& sim;
    void on_event(Event, Slot s) { sim.after(SimTime::zero(), s, Event::a); }
  } model{sim};
  sim.after(SimTime::zero(), sim.create(1), Event::a);
  EXPECT_THROW(sim.run(model), SimulationError);
}

TEST(SimTime, TextAndRounding) {
  EXPECT_EQ(to_string(nanoseconds(1'500'000)), "1.5ms");
  EXPECT_EQ(to_string(seconds(3)), "3s");
  EXPECT_EQ(to_string(nanoseconds(-20'050)), "-20.05us");
  EXPECT_EQ(to_string(nanoseconds(7)), "7ns");
  EXPECT_EQ(SimTime::from_seconds(1e-9 * 0.6).ns, 1);
  EXPECT_THROW(SimTime::from_seconds(1e12), SimulationError);
  EXPECT_THROW(SimTime::from_seconds(0.0 / 0.0), SimulationError);
}

}  // namespace
}  // namespace meshsim::sim
