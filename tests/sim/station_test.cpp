#include <string>

#include <gtest/gtest.h>

#include "sim/simulation.h"

namespace meshsim::sim {
namespace {

enum class Event : std::uint8_t { done, other };
struct Job {
  int name = 0;
};
struct Shop {
  Simulation<Job, Event> sim;
  std::string text;
  void on_event(Event, Slot s) { text += std::to_string(sim.now().ns) + ":" + std::to_string(sim[s].name) + " "; }
  Slot job(StationId st, int name, std::int64_t work, std::uint32_t pin = 0) {
    const Slot s = sim.create(name);
    return sim.serve(st, s, {work}, Event::done, pin) ? s : no_slot;
  }
};

TEST(Station, SharedServersTakeTheNextOfOneQueue) {
  Shop m;
  const StationId st = m.sim.add_station({.servers = 2});
  m.job(st, 1, 10), m.job(st, 2, 30), m.job(st, 3, 5), m.job(st, 4, 5);
  EXPECT_EQ(m.sim.population(st), 4u);
  EXPECT_EQ(m.sim.queue_length(st), 2u);
  m.sim.run(m);
  EXPECT_EQ(m.text, "10:1 15:3 20:4 30:2 ");
  const StationStatistics s = m.sim.statistics(st);
  EXPECT_EQ(s.arrivals, 4u);
  EXPECT_EQ(s.served, 4u);
  EXPECT_EQ(s.busy_time, 50u);
  EXPECT_EQ(s.sojourn, 75u);
  EXPECT_EQ(s.waiting, 25u);
  EXPECT_EQ(s.population_time, 75u);
}

TEST(Station, PinnedServersLetTheirOwnWait) {
  Shop m;
  const StationId st = m.sim.add_station({.servers = 2, .queueing = Queueing::pinned});
  m.job(st, 1, 10, 0), m.job(st, 2, 10, 2), m.job(st, 3, 30, 1);  // pin 2 is server 0
  m.sim.run(m);
  EXPECT_EQ(m.text, "10:1 20:2 30:3 ");
}

TEST(Station, AFullQueueTurnsAway) {
  Shop m;
  const StationId st = m.sim.add_station({.servers = 1, .room = 1});
  EXPECT_NE(m.job(st, 1, 10), no_slot);
  EXPECT_NE(m.job(st, 2, 10), no_slot);
  EXPECT_EQ(m.job(st, 3, 10), no_slot);
  m.sim.run(m);
  EXPECT_EQ(m.text, "10:1 20:2 ");
  EXPECT_EQ(m.sim.statistics(st).rejected, 1u);
}

TEST(Station, WithdrawingAndDestroyingAnywhereInTheQueue) {
  Shop m;
  const StationId st = m.sim.add_station({.servers = 1});
  const Slot one = m.job(st, 1, 10), two = m.job(st, 2, 10), three = m.job(st, 3, 10), four = m.job(st, 4, 10);
  EXPECT_TRUE(m.sim.withdraw(three));
  EXPECT_FALSE(m.sim.withdraw(three));
  EXPECT_FALSE(m.sim.withdraw(one));
  EXPECT_EQ(m.sim.waiting(st), (std::vector<Slot>{two, four}));
  m.sim.destroy(four);
  m.sim.destroy(one);  // in service: the server turns to the next at once
  m.sim.run(m);
  EXPECT_EQ(m.text, "10:2 ");
  EXPECT_EQ(m.sim.statistics(st).withdrawn, 3u);
  EXPECT_EQ(m.sim.population(st), 0u);
}

TEST(Station, FailureAndScaling) {
  Shop m;
  const StationId st = m.sim.add_station({.servers = 1});
  m.sim.set_servers(st, 0);
  m.job(st, 1, 10), m.job(st, 2, 10), m.job(st, 3, 10);
  m.sim.call_at({100}, [&] { m.sim.set_servers(st, 2); });
  m.sim.run(m);
  EXPECT_EQ(m.text, "110:1 110:2 120:3 ");
}

TEST(Station, StatisticsForgetTheWarmUp) {
  Shop m;
  const StationId st = m.sim.add_station({.servers = 1});
  m.job(st, 1, 10), m.job(st, 2, 10);
  m.sim.run_until({10}, m);
  m.sim.reset_statistics();
  m.sim.run(m);
  const StationStatistics s = m.sim.statistics(st);
  EXPECT_EQ(s.arrivals, 0u);
  EXPECT_EQ(s.served, 1u);
  EXPECT_EQ(s.population_time, 10u);
  EXPECT_EQ(m.sim.observed().ns, 10);
}

}  // namespace
}  // namespace meshsim::sim
