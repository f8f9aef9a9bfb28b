// Every panel and every chart of the window is driven here.
#include <QHeaderView>
#include <QImage>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTextBrowser>

#include "tests/viz/every.h"
#include "viz/charts/chart_panel.h"
#include "viz/charts/registry.h"

namespace meshsim::viz::test {
namespace {

const Drives& panels() {
  static const Drives kDrives = {
      {"explorer",
       [](EveryTest& t) {
         QTreeWidget* tree = t.window.explorer().findChild<QTreeWidget*>("explorer");
         tree->setCurrentItem(t.window.explorer().find("workload/shop/api"));
         EXPECT_EQ(t.key(), "workload/shop/api");
       }},
      {"ask",
       [](EveryTest& t) {
         t.window.ask().set_question("clients/web", "api.shop:80", "DELETE /x");
         t.window.ask().ask();
         EXPECT_TRUE(t.window.ask().message().contains("bypassed"));
       }},
      {"inspector",
       [](EveryTest& t) {
         t.session().select({Selection::Kind::Flow, "web deletes", 0, -1});
         EXPECT_TRUE(t.window.inspector().text()->toPlainText().contains("read-only"));
       }},
      {"flows",
       [](EveryTest& t) {
         t.window.flows().table()->selectRow(2);
         EXPECT_EQ(t.key(), "shell reads");
       }},
      {"policies",
       [](EveryTest& t) {
         t.window.policies().table()->setCurrentCell(0, 0);
         EXPECT_EQ(t.session().selection().kind, Selection::Kind::Policy);
       }},
      {"changes",
       [](EveryTest& t) {
         t.flip();
         t.window.changes().tree()->setCurrentItem(t.window.changes().tree()->topLevelItem(0));
         EXPECT_EQ(t.key(), "web deletes");
       }},
      {"charts",
       [](EveryTest& t) {
         auto* tabs = t.window.dock("charts")->findChild<QTabWidget*>();
         for (int i = 0; i < tabs->count(); ++i) {
           tabs->setCurrentIndex(i);
           EXPECT_FALSE(tabs->tabText(i).isEmpty());
         }
       }},
      {"timeline",
       [](EveryTest& t) {
         t.simulated();
         QTest::keyClick(&t.window.timeline(), Qt::Key_End);
         EXPECT_EQ(t.window.timeline().time(), 10);
         QTest::keyClick(&t.window.timeline(), Qt::Key_Left);
         EXPECT_LT(t.window.timeline().time(), 10);
         QTest::keyClick(&t.window.timeline(), Qt::Key_Home);
         EXPECT_EQ(t.window.timeline().time(), 0);
       }},
      {"findings",
       [](EveryTest& t) {
         QSignalSpy open(&t.window.findings(), &FindingsPanel::open_source);
         for (int i = 0; i < 200 && t.window.findings().count() == 0; ++i) QTest::qWait(20);
         ASSERT_GT(t.window.findings().count(), 0);
         emit t.window.findings().list()->itemActivated(t.window.findings().list()->topLevelItem(0), 0);
         EXPECT_EQ(open.count(), 1);
       }},
      {"source",
       [](EveryTest& t) {
         t.window.source().show_place(t.session().paths().first(), 3);
         EXPECT_EQ(t.window.source().text()->textCursor().blockNumber(), 2);
       }},
      {"log",
       [](EveryTest& t) {
         const auto* log = t.window.findChild<QPlainTextEdit*>("eventLog");
         EXPECT_TRUE(log->toPlainText().contains("3 flows judged")) << log->toPlainText().toStdString();
       }},
  };
  return kDrives;
}

TEST_F(WindowTest, NoPanelWithoutATest) {
  std::set<QString> docks;
  for (const QDockWidget* dock : window.findChildren<QDockWidget*>()) docks.insert(dock->objectName().section('.', 1));
  EXPECT_EQ(names_of(panels()), docks);
}

class PanelDriveTest : public testing::TestWithParam<Named> {};
TEST_P(PanelDriveTest, DoesWhatItSays) { drive(*GetParam().drive); }
INSTANTIATE_TEST_SUITE_P(Panels, PanelDriveTest, testing::ValuesIn(listed(panels())), kName);

// Each chart of a changed and simulated document: drawn, exported in each format, a table, and a way to its flows.
class EveryChartTest : public testing::TestWithParam<std::string> {};

TEST_P(EveryChartTest, IsDrawnExportedATableAndLeadsToItsFlows) {
  EveryTest test;
  test.begin();
  test.flip();
  test.simulated();
  const QString name = QString::fromStdString(GetParam());
  ASSERT_NE(test.window.view(name), nullptr);
  ChartPanel* chart = test.window.chart(name);
  ASSERT_NE(chart, nullptr);
  chart->draw_now();
  ASSERT_FALSE(chart->drawing()->empty());
  EXPECT_FALSE(chart->drawing()->finding().empty());
  EXPECT_FALSE(chart->drawing()->widget()->accessibleDescription().isEmpty());
  for (const char* kind : {"png", "svg", "csv"}) {
    const QString path = test.folder.filePath(name + '.' + kind);
    EXPECT_EQ(test.window.export_view(path), QString());  // the chart is in front
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    const QByteArray bytes = file.readAll();
    if (QLatin1String(kind) == QLatin1String("png")) {
      const QImage image = QImage::fromData(bytes);
      EXPECT_EQ(image.size(), QSize(1920, 1080));
      EXPECT_TRUE(image.text("Title").contains("shop"));
      std::set<QRgb> colours;
      for (int y = 0; y < image.height(); y += 4)
        for (int x = 0; x < image.width(); x += 4) colours.insert(image.pixel(x, y));
      EXPECT_GT(colours.size(), 8U);
    } else if (QLatin1String(kind) == QLatin1String("svg")) {
      EXPECT_TRUE(bytes.contains("<svg") && bytes.contains("</svg>"));
    } else {
      EXPECT_EQ(bytes, QByteArray::fromStdString(csv_of(chart->drawing()->table())));
    }
  }
  EXPECT_NE(chart->export_to("/no/such/folder/x.png", {}), QString());
  ASSERT_TRUE(chart->show_table(true));
  ASSERT_GT(chart->table()->rowCount(), 0);
  for (int c = 0; c < chart->table()->columnCount(); ++c)
    EXPECT_FALSE(chart->table()->horizontalHeaderItem(c)->text().isEmpty());
  QSignalSpy wanted(chart, &ChartPanel::flows_wanted);
  for (int r = 0; r < chart->table()->rowCount() && wanted.isEmpty(); ++r)
    for (int c = 0; c < chart->table()->columnCount(); ++c) emit chart->table()->cellActivated(r, c);
  ASSERT_FALSE(wanted.isEmpty()) << "no cell leads to flows";
  EXPECT_TRUE(test.in_front("flows"));
  EXPECT_LE(test.window.flows().filter()->rowCount(), 3);
  EXPECT_GT(test.window.flows().filter()->rowCount(), 0);
}

std::vector<std::string> chart_names() {
  // Titles need no application; names are what the registry is asked for.
  std::vector<std::string> out;
  for (const ChartEntry& entry : chart_entries()) out.push_back(entry.name.toStdString());
  return out;
}
INSTANTIATE_TEST_SUITE_P(Charts, EveryChartTest, testing::ValuesIn(chart_names()), [](const auto& info) {
  std::string out = info.param;
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
});

}  // namespace
}  // namespace meshsim::viz::test
