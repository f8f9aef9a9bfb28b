// The traffic of a scenario over its timeline, as charts and as a timeline.
#include <QSignalSpy>
#include <QTest>
#include <algorithm>

#include "tests/viz/support.h"
#include "viz/charts/chart_panel.h"
#include "viz/charts/simulation_presenters.h"
#include "viz/panels/timeline_panel.h"

namespace meshsim::viz::test {
namespace {

class SimulationTest : public WindowTest {
 protected:
  void open_and_simulate() {
    open(traffic());
    ASSERT_FALSE(window.session().result()->loaded().unreadable)
        << models::format(window.session().result()->loaded().diagnostics.front());
    window.action("simulate")->trigger();
    EXPECT_TRUE(window.session().simulating());
    ASSERT_TRUE(wait_until_idle(window));
    ASSERT_NE(window.session().simulated(), nullptr);
  }
};

TEST_F(SimulationTest, ChartsOfASimulatedRun) {
  open_and_simulate();
  const Analysis& a = *window.session().simulated();
  const LineData latency = latency_distribution(a);
  ASSERT_FALSE(latency.series.empty());
  for (const auto& s : latency.series) {
    EXPECT_LE(s.points.size(), 401U);
    EXPECT_TRUE(std::is_sorted(s.points.begin(), s.points.end()));
    EXPECT_FALSE(s.flows.empty());
  }
  EXPECT_FALSE(latency_over_time(a).series.empty());
  const BarData parts = time_by_part(a);
  EXPECT_EQ(parts.series.size(), 5U);
  EXPECT_FALSE(utilisation(a).categories.empty());
  EXPECT_FALSE(time_by_hop(a).categories.empty());
  EXPECT_FALSE(requests_by_reporter(a).series.empty());
  for (const char* name :
       {"chart-latency", "chart-over-time", "chart-parts", "chart-hops", "chart-reporters", "chart-utilisation"}) {
    ChartPanel* chart = window.chart(name);
    ASSERT_NE(window.view(name), nullptr);
    chart->draw_now();
    ASSERT_FALSE(chart->drawing()->empty()) << name;
    EXPECT_EQ(chart->export_to(folder.filePath("c.png"), {}), QString()) << name;
  }
}

TEST_F(SimulationTest, TheTimelineStepsFromEventToEvent) {
  open_and_simulate();
  TimelinePanel& timeline = window.timeline();
  ASSERT_FALSE(timeline.events().empty());
  EXPECT_FALSE(timeline.canvas()->rows().empty());
  EXPECT_NE(std::find(timeline.events().begin(), timeline.events().end(), 4.0), timeline.events().end());
  timeline.set_time(3);
  window.action("nextEvent")->trigger();
  EXPECT_GT(timeline.time(), 3);
  const double there = timeline.time();
  timeline.step_event(-1);
  EXPECT_LT(timeline.time(), there);
  timeline.play(true);
  const double before = timeline.time();
  for (int i = 0; i < 100 && timeline.time() <= before; ++i) QTest::qWait(20);
  timeline.play(false);
  EXPECT_GT(timeline.time(), before);
  timeline.set_time(100);
  EXPECT_EQ(timeline.time(), 10);
}

TEST_F(SimulationTest, AnEditThrowsTheSimulationAwayAndNothingToSimulateSaysSo) {
  open_and_simulate();
  apply(mode("namespace/clients", "ambient"));
  EXPECT_EQ(window.session().simulated(), nullptr);
  window.action("undo")->trigger();  // else the window asks whether to save
  ASSERT_TRUE(wait_until_idle(window));
  open(shop());
  QSignalSpy said(&window.session(), &Session::said);
  window.session().simulate();
  EXPECT_FALSE(window.session().simulating());
  ASSERT_EQ(said.count(), 1);
  EXPECT_TRUE(said.at(0).at(0).toString().startsWith("Nothing to simulate"));
}

}  // namespace
}  // namespace meshsim::viz::test
