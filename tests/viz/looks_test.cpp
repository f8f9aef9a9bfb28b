// How the window looks and reads, as far as structure can say it: contrast, nothing cut without a word, nothing on top
// of something else, letters and keys that mean one thing. What only an eye can say: docs/pictures/pictures.py
// --review.
#include <QAbstractItemView>
#include <QGraphicsView>
#include <QLabel>
#include <QSlider>
#include <QTest>
#include <map>
#include <set>

#include "tests/viz/support.h"
#include "viz/charts/chart_panel.h"
#include "viz/charts/legend.h"
#include "viz/charts/registry.h"
#include "viz/graph/graph_view.h"
#include "viz/look/empty_note.h"
#include "viz/look/word_delegate.h"
#include "viz/panels/explorer.h"
#include "viz/panels/findings_panel.h"
#include "viz/panels/flow_panel.h"
#include "viz/panels/timeline_panel.h"

namespace meshsim::viz::test {
namespace {

class LooksTest : public WindowTest {
 protected:
  void simulated() {
    window.resize(1280, 800);
    open(traffic());
    window.restore_default_layout();
    window.session().simulate();
    ASSERT_TRUE(wait_until_idle(window));
  }
  ChartPanel& in_front(const QString& name) {
    window.view(name);
    for (int i = 0; i < 4; ++i) QApplication::processEvents();
    ChartPanel* chart = window.chart(name);
    chart->draw_now();
    return *chart;
  }
  static QGraphicsView* plot(ChartPanel& chart) {
    return chart.drawing()->widget()->findChild<QGraphicsView*>(QStringLiteral("plot"));
  }
};

// WCAG: 4.5 for text, 3 for what is drawn.
TEST_F(LooksTest, EveryTextCanBeReadInBothThemes) {
  for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
    apply_theme(*static_cast<QApplication*>(QApplication::instance()), mode);
    const Theme& t = theme();
    const char* which = t.dark ? "dark" : "light";
    for (const QColor& ground : {t.window, t.base, t.raised}) {
      EXPECT_GE(contrast(t.text, ground), 7) << which;
      EXPECT_GE(contrast(t.dim, ground), 4.5) << which << ground.name().toStdString();
    }
    const std::pair<const char*, QColor> words[] = {
        {"accent", t.accent}, {"enforced", t.enforced}, {"allowed", t.allowed}, {"bypassed", t.bypassed},
        {"open", t.open},     {"denied", t.denied},     {"failed", t.failed},   {"unknown", t.unknown}};
    for (const auto& [name, colour] : words)
      for (const QColor& ground : {t.base, t.raised}) EXPECT_GE(contrast(colour, ground), 4.5) << which << ' ' << name;
    EXPECT_GE(contrast(t.accent_text, t.accent), 4.5) << which;
    for (const QColor& ground : {t.window, t.base}) EXPECT_GE(contrast(t.frame, ground), 3) << which << " frames";
    for (const auto& [name, colour] : words) EXPECT_GE(contrast(t.ink_on(colour), colour), 4.5) << which << ' ' << name;
  }
  apply_theme(*static_cast<QApplication*>(QApplication::instance()), ThemeMode::Light);
}

TEST_F(LooksTest, NoLegendOnItsPlotAndNoNameCutWithoutATip) {
  simulated();
  int legends = 0;
  for (const ChartEntry& entry : chart_entries()) {
    ChartPanel& chart = in_front(entry.name);
    if (chart.drawing()->empty() || plot(chart) == nullptr) continue;
    auto* legend = dynamic_cast<ChartLegend*>(chart.drawing()->widget()->findChild<QWidget*>("chartLegend"));
    ASSERT_NE(legend, nullptr);
    QWidget* frame = chart.drawing()->widget();
    for (const QSize& size : {QSize(1800, 700), QSize(900, 200), QSize(480, 160)}) {
      frame->resize(size);
      const QRect plotted(plot(chart)->mapTo(frame, QPoint()), plot(chart)->viewport()->size());
      EXPECT_FALSE(plotted.intersects(legend->geometry())) << entry.name.toStdString();
      EXPECT_LE(legend->width() * 3, size.width());
      const int row = legend->fontMetrics().height() * 3 / 2;
      for (std::size_t i = 0; i < legend->entries().size(); ++i) {
        ++legends;
        const int top = std::max(0, (legend->height() - row * static_cast<int>(legend->entries().size())) / 2);
        const QString whole = legend->entries()[i].name;
        EXPECT_EQ(legend->tip_at({10, top + row * static_cast<int>(i) + row / 2}),
                  legend->shown(i, legend->width()) == whole ? QString() : whole);
      }
    }
  }
  EXPECT_GT(legends, 10);
}

// In a low dock Qt would cut the names of bars to "...": the plot is scrolled instead.
TEST_F(LooksTest, RowsOfBarsKeepTheHeightOfALine) {
  simulated();
  for (const char* name : {"chart-points", "chart-parts", "chart-hops", "chart-utilisation"}) {
    ChartPanel& chart = in_front(QString::fromLatin1(name));
    const auto rows = static_cast<int>(chart.drawing()->table().rows.size());
    ASSERT_GT(rows, 0) << name;
    EXPECT_GE(plot(chart)->height(), rows * chart.fontMetrics().height()) << name;
  }
}

TEST_F(LooksTest, CellsThatAreCutHaveTheirTextAsATip) {
  simulated();
  int cut = 0;
  for (const QString& name : window.view_names()) {
    window.view(name);
    for (int i = 0; i < 4; ++i) QApplication::processEvents();
    for (QAbstractItemView* view : window.findChildren<QAbstractItemView*>()) {
      if (!view->isVisible() || view->visibleRegion().isEmpty() || view->model() == nullptr) continue;
      if (view->objectName().isEmpty() || view->objectName().startsWith("chartTable")) continue;
      const QAbstractItemModel* model = view->model();
      for (int r = 0; r < std::min(model->rowCount(), 40); ++r)
        for (int c = 0; c < model->columnCount(); ++c) {
          const QModelIndex index = model->index(r, c);
          const QString text = index.data().toString();
          const QRect box = view->visualRect(index);
          if (box.isEmpty() || view->fontMetrics().horizontalAdvance(text) + 8 <= box.width()) continue;
          ++cut;
          EXPECT_FALSE(index.data(Qt::ToolTipRole).toString().isEmpty())
              << view->objectName().toStdString() << ": " << text.toStdString();
        }
    }
  }
  EXPECT_GT(cut, 0);
}

TEST(WordDelegate, TheNameComesFirstThenTheGlyphThenTheWord) {
  const QFontMetrics metrics{QFont()};
  const int name = metrics.horizontalAdvance("productpage"), word = metrics.horizontalAdvance("ambient");
  EXPECT_EQ(WordDelegate::fitting(metrics, "ambient", name, name + word + 20), QString("ambient"));
  EXPECT_EQ(WordDelegate::fitting(metrics, "ambient", name, name + word), QString());
  EXPECT_EQ(WordDelegate::fitting(metrics, QString::fromUtf8("↷ bypassed"), name, name + 20), QString::fromUtf8("↷"));
}

TEST_F(LooksTest, BarsOfTheTimelineDoNotCoverEachOther) {
  TimelineRow row;
  row.bars = {
      {0, 10, "enforced", {}, {}, {}, 0}, {4, 8, "bypassed", {}, {}, {}, 0}, {8, 12, "enforced", {}, {}, {}, 0}};
  lay_out_bars(row);
  EXPECT_EQ(row.lanes, 2);
  EXPECT_EQ(row.bars[0].lane, 0);
  EXPECT_EQ(row.bars[1].lane, 1);
  EXPECT_EQ(row.bars[2].lane, 1);
  simulated();
  const TimelineCanvas& canvas = *window.timeline().canvas();
  for (std::size_t r = 0; r < canvas.rows().size(); ++r)
    for (const TimelineBar& a : canvas.rows()[r].bars)
      for (const TimelineBar& b : canvas.rows()[r].bars)
        if (&a != &b && a.until - a.from > 0.1 && b.until - b.from > 0.1) {
          EXPECT_FALSE(
              canvas.bar_box(r, a).adjusted(1, 1, -1, -1).intersects(canvas.bar_box(r, b).adjusted(1, 1, -1, -1)));
        }
}

TEST_F(LooksTest, EmptyPanelsSaySo) {
  const QString empty = folder.filePath("empty.yaml");
  write(empty, "apiVersion: meshsim/v1\nkind: Scenario\nmetadata: { name: empty }\n");
  open(empty);
  EXPECT_FALSE(window.graph().nothing().isEmpty());
  const auto note = [](QWidget* view) {
    for (QLabel* label : view->findChildren<QLabel*>())
      if (dynamic_cast<EmptyNote*>(label) != nullptr && !label->isHidden()) return label->text();
    return QString();
  };
  EXPECT_EQ(note(window.flows().table()), QString("No flow fits."));
  EXPECT_EQ(note(window.findings().list()), QString("Nothing was found."));
  EXPECT_FALSE(note(window.explorer().tree()).isEmpty());
  open(shop());
  EXPECT_TRUE(window.graph().nothing().isEmpty());
  EXPECT_EQ(note(window.flows().table()), QString());
  const QString broken = folder.filePath("broken.yaml");
  write(broken, "workloads: [ {\n");
  open(broken);
  EXPECT_TRUE(window.graph().nothing().contains("Findings"));
  EXPECT_EQ(window.dock("findings")->windowTitle(), QString("Findings (1 error)"));
}

TEST_F(LooksTest, NoKeyMeansTwoThings) {
  open(shop());
  std::map<QString, QString> seen;
  for (const QAction* one : window.findChildren<QAction*>())
    for (const QKeySequence& keys : one->shortcuts()) {
      if (one->shortcutContext() == Qt::WidgetShortcut) continue;
      EXPECT_TRUE(seen.emplace(keys.toString(), one->objectName()).second)
          << keys.toString().toStdString() << ": " << one->objectName().toStdString() << " and "
          << seen[keys.toString()].toStdString();
    }
  EXPECT_GT(seen.size(), 30U);
}

// Tab comes to everything that takes the focus, and home again.
TEST_F(LooksTest, TabReachesEveryControlInSight) {
  window.resize(1280, 800);
  open(shop());
  window.restore_default_layout();
  window.activateWindow();
  ASSERT_TRUE(QTest::qWaitForWindowActive(&window));
  window.graph().setFocus();
  QApplication::processEvents();
  std::set<const QWidget*> reached;
  for (int i = 0; i < 400; ++i) {
    const QWidget* now = QApplication::focusWidget();
    ASSERT_NE(now, nullptr);
    if (i > 0 && now == &window.graph()) break;
    reached.insert(now);
    const auto* area = qobject_cast<const QAbstractScrollArea*>(now);  // all of it may be its viewport
    EXPECT_FALSE((area != nullptr ? area->viewport() : now)->visibleRegion().isEmpty())
        << now->metaObject()->className() << ' ' << now->objectName().toStdString() << ' '
        << now->accessibleName().toStdString() << " has the focus out of sight";
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    QApplication::processEvents();
  }
  EXPECT_EQ(QApplication::focusWidget(), &window.graph());
  for (const char* name : {"find", "hide", "explorer", "inspector", "flows", "flowFilter", "graph", "askRequest",
                           "policies", "changes", "findings", "source", "eventLog"}) {
    const QWidget* one = window.findChild<QWidget*>(QString::fromLatin1(name));
    ASSERT_NE(one, nullptr) << name;
    bool found = false;
    for (const QWidget* w : reached) found = found || w == one || one->isAncestorOf(w);
    EXPECT_TRUE(found) << name;
  }
}

// One moment for the timeline and all charts over time.
TEST_F(LooksTest, TheTimeCursorIsInEveryChartOverTimeAndMovesFromThere) {
  simulated();
  for (const char* name : {"chart-over-time", "chart-reporters"}) {
    ChartPanel& chart = in_front(QString::fromLatin1(name));
    window.timeline().set_time(4);
    ASSERT_TRUE(chart.drawing()->shown_time().has_value()) << name;
    EXPECT_EQ(*chart.drawing()->shown_time(), 4);
    window.timeline().findChild<QSlider*>(QStringLiteral("time"))->setValue(7500);
    EXPECT_NEAR(*chart.drawing()->shown_time(), 7.5, 0.01);
    // The line is painted: the picture is another one at another moment.
    const QImage before = chart.drawing()->widget()->grab().toImage();
    window.timeline().set_time(2);
    EXPECT_NE(before, chart.drawing()->widget()->grab().toImage());
    QGraphicsView* view = plot(chart);
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {},
                      {view->viewport()->width() / 2, view->viewport()->height() / 3});
    EXPECT_GT(window.timeline().time(), 2.5);
    EXPECT_LT(window.timeline().time(), 7.5);
    EXPECT_NEAR(*chart.drawing()->shown_time(), window.timeline().time(), 1e-6);
    const double now = window.timeline().time();
    QTest::keyClick(view, Qt::Key_Right);
    EXPECT_GT(window.timeline().time(), now);
    QTest::keyClick(view, Qt::Key_Home);
    EXPECT_EQ(window.timeline().time(), 0);
  }
  // A chart that is drawn later has the moment, too; one that is not over time has none.
  window.timeline().set_time(3);
  ChartPanel& chart = in_front("chart-latency");
  EXPECT_FALSE(chart.drawing()->shown_time().has_value());
  apply(mode("namespace/clients", "ambient"));  // the simulation is gone, and the cursor with it
  EXPECT_FALSE(in_front("chart-over-time").drawing()->shown_time().has_value());
  window.action("undo")->trigger();
  ASSERT_TRUE(wait_until_idle(window));
}

TEST(ChartNumbers, StepsAreRoundAndNumbersShort) {
  EXPECT_EQ(nice_step(70, 10), 10);
  EXPECT_EQ(nice_step(4, 6), 1);
  EXPECT_EQ(nice_step(0.9, 6), 0.2);
  EXPECT_EQ(nice_step(0, 6), 1);
  EXPECT_EQ(short_number(2214.7), "2215");
  EXPECT_EQ(short_number(0.07254), "0.0725");
  EXPECT_EQ(short_number(3), "3");
}

}  // namespace
}  // namespace meshsim::viz::test
