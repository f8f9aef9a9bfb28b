// The window as a whole: keys, graph, docks, themes, pictures.
#include <QClipboard>
#include <QDockWidget>
#include <QImage>
#include <QMenu>
#include <QMenuBar>
#include <QSignalSpy>
#include <QTest>
#include <set>

#include "tests/viz/support.h"
#include "viz/app/palette_dialog.h"
#include "viz/graph/graph_view.h"
#include "viz/panels/filter_edit.h"
#include "viz/panels/flow_panel.h"
#include "viz/panels/inspector.h"

namespace meshsim::viz::test {
namespace {

class WholeWindowTest : public WindowTest {
 protected:
  void open_active(const QString& path) {
    open(path);
    window.activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(&window));
  }
};

// The keyboard map of the conventions.
TEST_F(WholeWindowTest, KeyboardMap) {
  const std::map<QString, QString> kKeys = {{"open", "Ctrl+O"},
                                            {"save", "Ctrl+S"},
                                            {"saveAs", "Ctrl+Shift+S"},
                                            {"close", "Ctrl+W"},
                                            {"quit", "Ctrl+Q"},
                                            {"undo", "Ctrl+Z"},
                                            {"redo", "Ctrl+Shift+Z"},
                                            {"run", "F5"},
                                            {"stop", "F8"},
                                            {"nextFlow", "Ctrl+Down"},
                                            {"previousFlow", "Ctrl+Up"},
                                            {"nextHop", "Ctrl+."},
                                            {"previousHop", "Ctrl+,"},
                                            {"nextFinding", "Alt+Down"},
                                            {"previousFinding", "Alt+Up"},
                                            {"compare", "Ctrl+D"},
                                            {"zoomIn", "Ctrl++"},
                                            {"zoomOut", "Ctrl+-"},
                                            {"zoomReset", "Ctrl+0"},
                                            {"zoomFit", "Ctrl+Shift+0"},
                                            {"layout", "Ctrl+R"},
                                            {"find", "Ctrl+F"},
                                            {"findNext", "F3"},
                                            {"findPrevious", "Shift+F3"},
                                            {"clear", "Esc"},
                                            {"back", "Alt+Left"},
                                            {"forward", "Alt+Right"},
                                            {"export", "Ctrl+E"},
                                            {"copy", "Ctrl+C"},
                                            {"copyFilter", "Ctrl+Shift+C"},
                                            {"commands", "Ctrl+K"},
                                            {"help", "F1"},
                                            {"shortcuts", "?"}};
  for (const auto& [name, keys] : kKeys) {
    ASSERT_NE(window.action(name), nullptr) << name.toStdString();
    EXPECT_EQ(window.action(name)->shortcut(), QKeySequence(keys)) << name.toStdString();
  }
  std::set<QString> used, names;
  for (const QAction* one : window.commands()) {
    EXPECT_FALSE(one->objectName().isEmpty());
    EXPECT_TRUE(names.insert(one->objectName()).second) << one->objectName().toStdString();
    if (!one->shortcut().isEmpty()) {
      EXPECT_TRUE(used.insert(one->shortcut().toString()).second) << one->shortcut().toString().toStdString();
    }
  }
}

TEST_F(WholeWindowTest, KeysWork) {
  open_active(shop());
  QTest::keyClick(&window, Qt::Key_F, Qt::ControlModifier);
  EXPECT_TRUE(window.find_edit().hasFocus());
  window.graph().setFocus();
  QTest::keyClick(&window, Qt::Key_Down, Qt::ControlModifier);
  EXPECT_EQ(window.session().selection().kind, Selection::Kind::Flow);
  QTest::keyClick(&window, Qt::Key_Down, Qt::AltModifier);
  EXPECT_EQ(window.session().selection().key, "web deletes");
  QTest::keyClick(&window, Qt::Key_Period, Qt::ControlModifier);
  EXPECT_EQ(window.session().selection().hop, 0);
  QTest::keyClick(&window, Qt::Key_Escape);
  EXPECT_EQ(window.session().selection().kind, Selection::Kind::Nothing);
  const double before = window.graph().transform().m11();
  QTest::keyClick(&window, Qt::Key_Plus, Qt::ControlModifier);
  EXPECT_GT(window.graph().transform().m11(), before);
  QSignalSpy results(&window.session(), &Session::result_changed);
  QTest::keyClick(&window, Qt::Key_F5);
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_EQ(results.count(), 1);
}

TEST_F(WholeWindowTest, UndoByKey) {
  open_active(shop());
  apply(mode("namespace/clients", "ambient"));
  window.graph().setFocus();
  QTest::keyClick(&window, Qt::Key_Z, Qt::ControlModifier);
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_EQ(flow("web deletes").result.outcomes.front().verdict, models::Verdict::Allowed);
  QTest::keyClick(&window, Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_EQ(flow("web deletes").result.outcomes.front().verdict, models::Verdict::Denied);
}

TEST_F(WholeWindowTest, WalkingTheGraphByArrows) {
  open_active(shop());
  GraphView& graph = window.graph();
  graph.setFocus();
  graph.select_node(*window.session().picture()->graph.find("workload/clients/web"));
  QTest::keyClick(&graph, Qt::Key_Right);
  ASSERT_EQ(window.session().selection().kind, Selection::Kind::Edge);
  QTest::keyClick(&graph, Qt::Key_Right);
  EXPECT_EQ(window.session().selection().key, "workload/shop/api");
  QTest::keyClick(&graph, Qt::Key_Left);
  EXPECT_EQ(window.session().selection().kind, Selection::Kind::Edge);
  QSignalSpy activated(&graph, &GraphView::activated);
  QTest::keyClick(&graph, Qt::Key_Return);
  EXPECT_EQ(activated.count(), 1);
}

TEST_F(WholeWindowTest, MouseSelectsNodesAndEdges) {
  open_active(shop());
  GraphView& graph = window.graph();
  const MeshGraph& picture = window.session().picture()->graph;
  const auto web = *picture.find("workload/clients/web");
  QTest::mouseClick(graph.viewport(), Qt::LeftButton, {},
                    graph.mapFromScene(graph.node_items()[web]->sceneBoundingRect().center()));
  EXPECT_EQ(window.session().selection().key, "workload/clients/web");
  for (std::size_t i = 0; i < picture.edges.size(); ++i)
    if (picture.edges[i].skipped) {
      QTest::mouseClick(graph.viewport(), Qt::LeftButton, {}, graph.mapFromScene(graph.edges().badge_place(i)));
      EXPECT_EQ(window.session().selection().kind, Selection::Kind::Edge);
    }
  EXPECT_TRUE(graph.tooltip_of_node(web).contains("clients/web"));
}

TEST_F(WholeWindowTest, FindFadesAndHideHides) {
  open(shop());
  GraphView& graph = window.graph();
  const MeshGraph& picture = window.session().picture()->graph;
  window.find_edit().setText("name = waypoint");
  EXPECT_EQ(graph.found(), 1);
  EXPECT_EQ(graph.node_items()[*picture.find("workload/clients/web")]->presence(), Presence::Faded);
  window.action("findNext")->trigger();
  EXPECT_EQ(window.session().selection().key, "waypoint/shop/waypoint");
  window.hide_edit().setText("mode = ambient");
  EXPECT_EQ(graph.node_items()[*picture.find("workload/clients/shell")]->presence(), Presence::Hidden);
  window.find_edit().setText("name =");
  EXPECT_NE(window.find_edit().problem(), QString());
  window.action("clear")->trigger();
  EXPECT_EQ(graph.node_items()[*picture.find("workload/clients/shell")]->presence(), Presence::Shown);
}

TEST_F(WholeWindowTest, NamespacesCollapseAndExpand) {
  open(shop());
  window.graph().toggle_namespace("shop");
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_TRUE(window.session().picture()->graph.find("namespace/shop").has_value());
  window.action("expandAll")->trigger();
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_FALSE(window.session().picture()->graph.find("namespace/shop").has_value());
  window.action("ztunnels")->trigger();
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_TRUE(window.session().picture_options().graph.ztunnels);
}

TEST_F(WholeWindowTest, ZoomAndPlaceStayWhenAResultArrives) {
  open(shop());
  window.graph().zoom_reset();
  window.graph().zoom_by(1.5);
  const QTransform before = window.graph().transform();
  apply(mode("namespace/clients", "ambient"));
  EXPECT_EQ(window.graph().transform(), before);
}

TEST_F(WholeWindowTest, EveryPanelHasANameAndTheLayoutComesBack) {
  open(shop());
  for (const QString& name : window.view_names()) {
    QWidget* view = window.view(name);
    ASSERT_NE(view, nullptr) << name.toStdString();
    if (QDockWidget* dock = window.dock(name)) {
      EXPECT_FALSE(dock->objectName().isEmpty());
    }
  }
  EXPECT_EQ(window.view("nonsense"), nullptr);
  for (const QWidget* widget : window.findChildren<QAbstractScrollArea*>())
    if (!widget->objectName().isEmpty() && !widget->objectName().startsWith("qt_")) {
      EXPECT_FALSE(widget->accessibleName().isEmpty()) << widget->objectName().toStdString();
    }
  window.dock("explorer")->hide();
  window.dock("flows")->setFloating(true);
  window.action("defaultLayout")->trigger();
  EXPECT_TRUE(window.dock("explorer")->isVisibleTo(&window));
  EXPECT_FALSE(window.dock("flows")->isFloating());
}

TEST_F(WholeWindowTest, LayoutIsRememberedBetweenWindows) {
  open(shop());
  window.dock("explorer")->hide();
  window.close();
  MainWindow other;
  other.show();
  other.open({folder.filePath("shop.yaml")});
  ASSERT_TRUE(wait_until_idle(other));
  EXPECT_FALSE(other.dock("explorer")->isVisibleTo(&other));
  other.restore_default_layout();
  other.close();
}

TEST_F(WholeWindowTest, PaletteRunsACommand) {
  open(shop());
  PaletteDialog dialog(window.commands());
  dialog.line()->setText("collapse all");
  ASSERT_EQ(dialog.list()->count(), 1);
  QTest::keyClick(dialog.line(), Qt::Key_Return);
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_TRUE(window.session().picture()->graph.find("namespace/shop").has_value());
  EXPECT_TRUE(shortcut_table({window.findChild<QMenu*>("menu-help")}).contains("Ctrl+K"));
}

TEST_F(WholeWindowTest, CopiesRowsAndFilters) {
  open(shop());
  window.flows().table()->selectRow(0);
  window.action("copy")->trigger();
  EXPECT_TRUE(QApplication::clipboard()->text().contains("web deletes"));
  EXPECT_FALSE(QApplication::clipboard()->text().contains("shell reads"));
  window.action("copyFilter")->trigger();
  EXPECT_EQ(QApplication::clipboard()->text(), QString("name = \"web deletes\""));
}

TEST_F(WholeWindowTest, ProfileIsChangedInTheMenu) {
  open(shop());
  QAction* profile = window.findChild<QAction*>("profile.istio-1.27");
  ASSERT_NE(profile, nullptr);
  profile->trigger();
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_EQ(window.session().result()->mesh().settings.profile.name, "istio-1.27");
  EXPECT_TRUE(profile->isChecked());
}

int colours(const QImage& image) {
  std::set<QRgb> seen;
  for (int y = 0; y < image.height(); y += 3)
    for (int x = 0; x < image.width(); x += 3) seen.insert(image.pixel(x, y));
  return static_cast<int>(seen.size());
}

TEST_F(WholeWindowTest, ExportsPicturesAndTables) {
  open(shop());
  for (const char* name : {"view.png", "view.svg", "view.csv"}) {
    const QString path = folder.filePath(name);
    EXPECT_EQ(window.export_view(path), QString());
    EXPECT_GT(QFileInfo(path).size(), 100);
  }
  const QImage picture(folder.filePath("view.png"));
  EXPECT_GT(colours(picture), 50);
  EXPECT_EQ(picture.text("Title").toStdString(), "shop, seed 1, meshsim 0.1.0");
  QFile svg(folder.filePath("view.svg"));
  ASSERT_TRUE(svg.open(QIODevice::ReadOnly));
  EXPECT_TRUE(svg.readAll().contains("waypoint"));
  EXPECT_NE(window.export_view("/no/such/folder/x.png"), QString());
  EXPECT_NE(window.export_view("/no/such/folder/x.csv"), QString());
}

TEST_F(WholeWindowTest, PicturesInLightAndDark) {
  for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
    apply_theme(*static_cast<QApplication*>(QApplication::instance()), mode);
    MainWindow shown;
    Screenshot wanted;
    wanted.file = folder.filePath("shot.png");
    wanted.size = {1280, 800};
    shown.session().open({shop()});
    EXPECT_EQ(take_screenshot(shown, wanted), QString());
    const QImage image(wanted.file);
    EXPECT_EQ(image.size(), QSize(1280, 800));
    EXPECT_GT(colours(image), 100);
    EXPECT_EQ(image.pixelColor(640, 4).lightness() < 128, mode == ThemeMode::Dark);
  }
  apply_theme(*static_cast<QApplication*>(QApplication::instance()), ThemeMode::Light);
}

TEST_F(WholeWindowTest, PicturesOfEveryViewAndAWordForAWrongOne) {
  for (const QString& view : picture_names(MainWindow())) {
    if (view == "stale") continue;  // waits for a file to break: docs/pictures/pictures.py
    MainWindow shown;
    shown.session().open({shop()});
    Screenshot wanted;
    wanted.file = folder.filePath("shot.png");
    wanted.size = {1100, 700};
    wanted.view = view;
    wanted.whole = view == "flows";
    wanted.table = view == "chart-points";
    EXPECT_EQ(take_screenshot(shown, wanted), QString()) << view.toStdString();
    EXPECT_EQ(QImage(wanted.file).size(), wanted.size) << view.toStdString();
  }
  Screenshot wanted;
  wanted.file = folder.filePath("shot.png");
  wanted.view = "nonsense";
  EXPECT_TRUE(take_screenshot(window, wanted).contains("graph"));
}

}  // namespace
}  // namespace meshsim::viz::test
