// Charts: what they show, how they leave the window, and what is behind a bar.
#include <QFileInfo>
#include <QImage>
#include <QPainter>
#include <QSignalSpy>
#include <QTableWidget>
#include <algorithm>
#include <set>

#include "tests/viz/support.h"
#include "viz/charts/chart_panel.h"
#include "viz/charts/presenters.h"
#include "viz/charts/registry.h"
#include "viz/panels/flow_panel.h"

namespace meshsim::viz::test {
namespace {

class ChartTest : public WindowTest {
 protected:
  const Analysis& analysis() { return *window.session().result(); }
};

const BarData::Series* series(const BarData& data, const std::string& name) {
  for (const auto& s : data.series)
    if (s.name == name) return &s;
  return nullptr;
}

TEST_F(ChartTest, PolicyDecisionsByEnforcementPoint) {
  open(shop());
  const BarData data = policies_by_point(analysis());
  ASSERT_EQ(data.categories, (std::vector<std::string>{"at no point", "waypoint shop/waypoint"}));
  ASSERT_NE(series(data, "bypassed"), nullptr);
  EXPECT_EQ(series(data, "bypassed")->values, (std::vector<double>{1, 0}));
  EXPECT_EQ(series(data, "bypassed")->flows[0], FlowSet{0});
  ASSERT_NE(series(data, "enforced"), nullptr);
  EXPECT_EQ(series(data, "enforced")->values, (std::vector<double>{0, 2}));
}

TEST_F(ChartTest, PolicyByPath) {
  open(shop());
  const MatrixData data = policy_by_path(analysis());
  ASSERT_EQ(data.rows, (std::vector<std::string>{"AuthorizationPolicy shop/read-only"}));
  int bypassed = 0;
  for (const auto& cell : data.cells[0])
    if (!cell.empty && cell.look.status == models::PolicyStatus::Bypassed) ++bypassed;
  EXPECT_EQ(bypassed, 1);
}

// TM-094 and after: a path without an L7 hop emits no requests, and the heat map says 0 %.
TEST_F(ChartTest, TelemetryCoverageIsAShare) {
  open(shop());
  const MatrixData data = telemetry_coverage(analysis());
  ASSERT_EQ(data.cells.size(), data.rows.size());
  for (const auto& row : data.cells)
    for (const auto& cell : row) {
      ASSERT_TRUE(cell.share.has_value());
      EXPECT_GE(*cell.share, 0);
      EXPECT_LE(*cell.share, 1);
    }
}

TEST_F(ChartTest, BeforeAndAfter) {
  open(shop());
  EXPECT_EQ(verdicts_compared(analysis()).series.size(), 1U);
  apply(mode("namespace/clients", "ambient"));
  const BarData data = verdicts_compared(analysis());
  ASSERT_EQ(data.categories, (std::vector<std::string>{"allowed", "denied"}));
  EXPECT_EQ(series(data, "before")->values, (std::vector<double>{2, 1}));
  EXPECT_EQ(series(data, "after")->values, (std::vector<double>{1, 2}));
  const MatrixData moved = verdict_transitions(analysis());
  EXPECT_EQ(moved.rows, (std::vector<std::string>{"allowed", "denied"}));
  EXPECT_EQ(moved.cells[0][1].text, "1");
  EXPECT_EQ(moved.cells[0][1].flows, FlowSet{0});
  EXPECT_TRUE(moved.cells[1][0].empty);
}

TEST_F(ChartTest, EveryChartDrawsExportsAndIsATable) {
  open(shop());
  apply(mode("namespace/clients", "ambient"));
  for (const ChartEntry& entry : chart_entries()) {
    ASSERT_NE(window.view(entry.name), nullptr);
    ChartPanel* chart = window.chart(entry.name);
    ASSERT_NE(chart, nullptr) << entry.name.toStdString();
    chart->draw_now();
    if (chart->drawing()->empty()) continue;
    for (const char* kind : {"png", "svg", "csv"}) {
      const QString path = folder.filePath(entry.name + '.' + kind);
      EXPECT_EQ(chart->export_to(path, entry.title), QString()) << path.toStdString();
      EXPECT_GT(QFileInfo(path).size(), 40) << path.toStdString();
    }
    EXPECT_EQ(QImage(folder.filePath(entry.name + ".png")).size(), QSize(1920, 1080));
    EXPECT_NE(chart->export_to("/no/such/folder/x.png", {}), QString());
    EXPECT_TRUE(chart->show_table(true));
    EXPECT_GT(chart->table()->rowCount(), 0);
    EXPECT_GT(chart->table()->columnCount(), 1);
    EXPECT_FALSE(chart->drawing()->widget()->accessibleDescription().isEmpty());
    chart->show_table(false);
  }
}

TEST_F(ChartTest, WhatIsBehindABarIsInTheFlowTable) {
  open(shop());
  window.view("chart-points");
  ChartPanel* chart = window.chart("chart-points");
  chart->draw_now();
  chart->drawing()->chosen({0}, "bypassed, at no point");
  EXPECT_EQ(window.flows().filter()->rowCount(), 1);
  EXPECT_TRUE(window.dock("flows")->isVisible());
}

TEST_F(ChartTest, NothingToDrawSaysSo) {
  open(folder.path());
  ChartPanel* chart = window.chart("chart-points");
  window.view("chart-points");
  chart->draw_now();
  EXPECT_FALSE(chart->show_table(true));
  EXPECT_NE(chart->export_to(folder.filePath("x.png"), {}), QString());
}

TEST(ChartData, CsvQuotesWhatItMust) {
  EXPECT_EQ(csv_of({{"a", "b"}, {{"1,2", "say \"x\""}, {"line\nbreak", ""}}}),
            "a,b\r\n\"1,2\",\"say \"\"x\"\"\"\r\n\"line\nbreak\",\r\n");
}

TEST(ChartData, DecimationKeepsExtremesAndOrder) {
  std::vector<std::pair<double, double>> points;
  for (int i = 0; i < 100'000; ++i) points.emplace_back(i, i % 977);
  points[54'321].second = 5000;
  points[12'345].second = -7;
  const auto few = decimated(points, 1000);
  EXPECT_LE(few.size(), 2000U);
  EXPECT_TRUE(std::is_sorted(few.begin(), few.end(), [](const auto& a, const auto& b) { return a.first < b.first; }));
  EXPECT_NE(std::find(few.begin(), few.end(), std::pair(54'321.0, 5000.0)), few.end());
  EXPECT_NE(std::find(few.begin(), few.end(), std::pair(12'345.0, -7.0)), few.end());
  EXPECT_EQ(decimated({{0, 1}, {1, 2}}, 1000).size(), 2U);
  EXPECT_EQ(decimated(std::vector<std::pair<double, double>>(5000, {3, 4}), 100).size(), 1U);
}

TEST_F(ChartTest, LinesWithThresholds) {
  LineData data;
  data.title = "latency";
  data.x_title = "ms";
  data.y_title = "share";
  data.log_x = true;
  data.series.push_back({"a", 0, true, {{0.1, 0}, {1, 0.5}, {100, 1}}, {}});
  data.thresholds.emplace_back("p99", 0.99);
  const auto drawing = draw_lines(data);
  EXPECT_FALSE(drawing->empty());
  QImage image(640, 400, QImage::Format_ARGB32_Premultiplied);
  image.fill(Qt::white);
  QPainter painter(&image);
  drawing->render(painter, {640, 400});
  painter.end();
  std::set<QRgb> colours;
  for (int y = 0; y < 400; ++y)
    for (int x = 0; x < 640; ++x) colours.insert(image.pixel(x, y));
  EXPECT_GT(colours.size(), 20U);
  EXPECT_EQ(drawing->table().rows.size(), 3U);
}

}  // namespace
}  // namespace meshsim::viz::test
