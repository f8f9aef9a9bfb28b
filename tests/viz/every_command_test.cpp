// Every command of the window is driven here, by its key where it has one.
#include <QClipboard>
#include <QMessageBox>
#include <QSignalSpy>
#include <QTextBrowser>

#include "models/simulation/result.h"
#include "tests/viz/every.h"
#include "viz/app/palette_dialog.h"

namespace meshsim::viz::test {
namespace {

const Drives& commands() {
  static const Drives kDrives = {
      {"open",
       [](EveryTest& t) {
         write(t.folder.filePath("other.yaml"), kShop);
         t.answer(t.folder.filePath("other.yaml"));
         t.press_and_wait("open");
         EXPECT_TRUE(t.window.windowTitle().startsWith("other.yaml"));
       }},
      {"openFolder",
       [](EveryTest& t) {
         t.answer(t.folder.path());
         t.press_and_wait("openFolder");
         EXPECT_EQ(QFileInfo(t.session().paths().first()), QFileInfo(t.folder.path()));
       }},
      {"save",
       [](EveryTest& t) {
         t.flip();
         const QString path = t.folder.filePath("saved.yaml");
         t.answer(path);
         t.press("save");
         EXPECT_TRUE(QFileInfo::exists(path));
         t.session().undo_stack()->undo();
         ASSERT_TRUE(wait_until_idle(t.window));
         QFile::remove(path);
         t.window.action("save")->trigger();  // without a question now
         EXPECT_TRUE(QFileInfo::exists(path));
       }},
      {"saveAs",
       [](EveryTest& t) {
         t.answer(t.folder.filePath("a.yaml"));
         t.press("saveAs");
         EXPECT_EQ(t.session().saved_as(), t.folder.filePath("a.yaml"));
       }},
      {"export",
       [](EveryTest& t) {
         t.answer(t.folder.filePath("flows.csv"));
         t.press("export");
         QFile file(t.folder.filePath("flows.csv"));
         ASSERT_TRUE(file.open(QIODevice::ReadOnly));
         EXPECT_TRUE(file.readAll().contains("web deletes"));
       }},
      {"close",
       [](EveryTest& t) {
         t.press("close");
         EXPECT_FALSE(t.window.isVisible());
       }},
      {"quit",
       [](EveryTest& t) {
         t.press("quit");
         EXPECT_FALSE(t.window.isVisible());
       }},
      {"undo",
       [](EveryTest& t) {
         t.flip();
         EXPECT_EQ(t.verdict(), models::Verdict::Denied);
         t.press_and_wait("undo");
         EXPECT_EQ(t.verdict(), models::Verdict::Allowed);
       }},
      {"redo",
       [](EveryTest& t) {
         t.flip();
         t.press_and_wait("undo");
         t.press_and_wait("redo");
         EXPECT_EQ(t.verdict(), models::Verdict::Denied);
       }},
      {"copy",
       [](EveryTest& t) {
         t.window.flows().table()->selectRow(1);
         t.window.action("copy")->trigger();
         EXPECT_TRUE(QApplication::clipboard()->text().contains("shell deletes"))
             << QApplication::clipboard()->text().toStdString();
         EXPECT_FALSE(QApplication::clipboard()->text().contains("web deletes"));
       }},
      {"copyFilter",
       [](EveryTest& t) {
         t.session().select({Selection::Kind::Node, "workload/shop/api", 0, -1});
         t.press("copyFilter");
         EXPECT_EQ(QApplication::clipboard()->text(), QString("name = \"api\""));
       }},
      {"find",
       [](EveryTest& t) {
         t.press("find");
         EXPECT_TRUE(t.window.find_edit().hasFocus());
       }},
      {"findNext",
       [](EveryTest& t) {
         t.window.find_edit().setText("namespace = clients");
         t.press("findNext");
         const QString first = t.key();
         t.press("findNext");
         EXPECT_NE(t.key(), first);
       }},
      {"findPrevious",
       [](EveryTest& t) {
         t.window.find_edit().setText("namespace = clients");
         t.press("findNext");
         const QString first = t.key();
         t.press("findNext");
         t.press("findPrevious");
         EXPECT_EQ(t.key(), first);
       }},
      {"clear",
       [](EveryTest& t) {
         t.window.find_edit().setText("bypassed");
         t.window.hide_edit().setText("idle");
         t.press("clear");
         EXPECT_EQ(t.window.find_edit().text() + t.window.hide_edit().text(), QString());
       }},
      {"ask",
       [](EveryTest& t) {
         t.press("ask");
         EXPECT_TRUE(t.in_front("ask"));
         EXPECT_TRUE(t.window.ask().isAncestorOf(QApplication::focusWidget()));
       }},
      {"run",
       [](EveryTest& t) {
         QSignalSpy results(&t.session(), &Session::result_changed);
         t.press_and_wait("run");
         EXPECT_EQ(results.count(), 1);
       }},
      {"simulate",
       [](EveryTest& t) {
         t.press_and_wait("simulate");
         ASSERT_NE(t.session().simulated(), nullptr);
         EXPECT_EQ(t.session().simulated_until(), 10);
         EXPECT_TRUE(t.in_front("timeline"));
       }},
      {"pause",
       [](EveryTest& t) {
         t.begin_long();
         t.press("simulate");
         QSignalSpy stages(&t.session(), &Session::busy_changed);
         ASSERT_TRUE(stages.wait(20'000));
         t.press("pause");
         EXPECT_TRUE(t.session().paused());
         EXPECT_TRUE(t.session().simulating());
         EXPECT_TRUE(stages.last().at(1).toString().startsWith("Paused"));
         t.press("pause");
         EXPECT_FALSE(t.session().paused());
         t.press_and_wait("stop");
       }},
      {"stop",
       [](EveryTest& t) {
         t.begin_long();
         t.press("simulate");
         QSignalSpy stages(&t.session(), &Session::busy_changed);
         ASSERT_TRUE(stages.wait(20'000));
         t.press("pause");  // a paused one is stopped, too
         t.press_and_wait("stop");
         ASSERT_NE(t.session().simulated(), nullptr);
         EXPECT_TRUE(t.session().simulated()->run.simulation->cut());
         EXPECT_LT(t.session().simulated_until(), t.session().simulated_whole());
       }},
      {"nextEvent",
       [](EveryTest& t) {
         t.press_and_wait("nextEvent");  // nothing is simulated yet: up to the first entry
         EXPECT_EQ(t.session().simulated_until(), 4);
         EXPECT_EQ(t.window.timeline().time(), 4);
         t.press_and_wait("nextEvent");  // and on
         EXPECT_EQ(t.session().simulated_until(), 10);
         t.window.timeline().set_time(0);
         t.press("nextEvent");
         EXPECT_EQ(t.window.timeline().time(), 4);
       }},
      {"runUntil",
       [](EveryTest& t) {
         t.press("runUntil");
         auto* dialog = t.window.findChild<RunUntilDialog*>();
         ASSERT_NE(dialog, nullptr);
         dialog->events()->setCurrentIndex(1);
         EXPECT_EQ(dialog->time()->value(), 4);
         dialog->time()->setValue(3);
         dialog->accept();
         ASSERT_TRUE(wait_until_idle(t.window));
         EXPECT_EQ(t.session().simulated_until(), 3);
         EXPECT_EQ(t.window.timeline().time(), 3);
       }},
      {"timeline",
       [](EveryTest& t) {
         t.press("timeline");
         EXPECT_TRUE(t.in_front("timeline"));
       }},
      {"compareOpened",
       [](EveryTest& t) {
         t.flip();
         t.apply(t.mode("shop/deployment/api", "none"));
         t.press_and_wait("compareOpened");
         EXPECT_TRUE(t.session().compares_with_opened());
         EXPECT_TRUE(t.session().result()->changed("web deletes"));
       }},
      {"compare",
       [](EveryTest& t) {
         write(t.folder.filePath("other.yaml"), kShop);
         t.answer(t.folder.filePath("other.yaml"));
         t.press_and_wait("compare");
         EXPECT_TRUE(t.window.changes().headline().contains("other.yaml"));
       }},
      {"compareNone",
       [](EveryTest& t) {
         write(t.folder.filePath("other.yaml"), kShop);
         t.session().compare_with({t.folder.filePath("other.yaml")});
         ASSERT_TRUE(wait_until_idle(t.window));
         t.press_and_wait("compareNone");
         EXPECT_TRUE(t.session().compared_with().isEmpty());
       }},
      {"nextFlow",
       [](EveryTest& t) {
         t.press("nextFlow");
         t.press("nextFlow");
         EXPECT_EQ(t.key(), "shell deletes");
       }},
      {"previousFlow",
       [](EveryTest& t) {
         t.press("nextFlow");
         t.press("nextFlow");
         t.press("previousFlow");
         EXPECT_EQ(t.key(), "web deletes");
       }},
      {"nextHop",
       [](EveryTest& t) {
         t.press("nextFlow");
         t.press("nextHop");
         EXPECT_EQ(t.session().selection().hop, 0);
       }},
      {"previousHop",
       [](EveryTest& t) {
         t.press("nextFlow");
         t.press("nextHop");
         t.press("nextHop");
         t.press("previousHop");
         EXPECT_EQ(t.session().selection().hop, 0);
       }},
      {"nextFinding",
       [](EveryTest& t) {
         t.press("nextFinding");
         EXPECT_EQ(t.key(), "web deletes");
       }},
      {"previousFinding",
       [](EveryTest& t) {
         t.press("previousFinding");
         EXPECT_EQ(t.key(), "web deletes");
       }},
      {"back",
       [](EveryTest& t) {
         t.press("nextFlow");
         t.press("nextFlow");
         t.press("back");
         EXPECT_EQ(t.key(), "web deletes");
       }},
      {"forward",
       [](EveryTest& t) {
         t.press("nextFlow");
         t.press("nextFlow");
         t.press("back");
         t.press("forward");
         EXPECT_EQ(t.key(), "shell deletes");
       }},
      {"zoomIn",
       [](EveryTest& t) {
         const double was = t.zoom();
         t.press("zoomIn");
         EXPECT_GT(t.zoom(), was);
       }},
      {"zoomOut",
       [](EveryTest& t) {
         const double was = t.zoom();
         t.press("zoomOut");
         EXPECT_LT(t.zoom(), was);
       }},
      {"zoomReset",
       [](EveryTest& t) {
         t.press("zoomIn");
         t.press("zoomReset");
         EXPECT_EQ(t.zoom(), 1);
       }},
      {"zoomFit",
       [](EveryTest& t) {
         for (int i = 0; i < 5; ++i) t.press("zoomIn");
         t.press("zoomFit");
         const GraphView& graph = t.window.graph();
         const QRectF all = graph.sceneRect();
         const QRect shown(graph.mapFromScene(all.topLeft()), graph.mapFromScene(all.bottomRight()));
         EXPECT_TRUE(graph.viewport()->rect().adjusted(-4, -4, 4, 4).contains(shown));
       }},
      {"layout",
       [](EveryTest& t) {
         QSignalSpy drawn(&t.session(), &Session::picture_changed);
         t.press_and_wait("layout");
         EXPECT_EQ(drawn.count(), 1);
       }},
      {"ztunnels",
       [](EveryTest& t) {
         const auto was = t.session().picture()->graph.nodes.size();
         t.press_and_wait("ztunnels");
         EXPECT_GT(t.session().picture()->graph.nodes.size(), was);
       }},
      {"idle",
       [](EveryTest& t) {
         t.press_and_wait("idle");
         EXPECT_FALSE(t.session().picture_options().graph.idle);
       }},
      {"collapseAll",
       [](EveryTest& t) {
         t.press_and_wait("collapseAll");
         EXPECT_TRUE(t.session().picture()->graph.find("namespace/shop").has_value());
       }},
      {"expandAll",
       [](EveryTest& t) {
         t.press_and_wait("collapseAll");
         t.press_and_wait("expandAll");
         EXPECT_TRUE(t.session().picture()->graph.find("workload/shop/api").has_value());
       }},
      {"defaultLayout",
       [](EveryTest& t) {
         t.window.dock("explorer")->hide();
         t.press("defaultLayout");
         EXPECT_TRUE(t.window.dock("explorer")->isVisible());
       }},
      {"commands",
       [](EveryTest& t) {
         t.press("commands");
         EXPECT_NE(t.window.findChild<PaletteDialog*>(), nullptr);
       }},
      {"shortcuts",
       [](EveryTest& t) {
         t.press("shortcuts");
         auto* text = t.window.findChild<QTextBrowser*>("shortcutText");
         ASSERT_NE(text, nullptr);
         EXPECT_TRUE(text->toPlainText().contains("Ctrl+F5"));
       }},
      {"about",
       [](EveryTest& t) {
         t.press("about");
         auto* box = t.window.findChild<QMessageBox*>("about");
         ASSERT_NE(box, nullptr);
         EXPECT_TRUE(box->text().contains(QApplication::applicationVersion()));
       }},
      {"maximise",
       [](EveryTest& t) {
         const int before = t.window.dock("flows")->height();
         t.window.flows().table()->setFocus();
         t.press("maximise");
         QTest::qWait(50);
         EXPECT_TRUE(t.window.maximised());
         EXPECT_FALSE(t.window.graph().isVisible());
         EXPECT_FALSE(t.window.dock("inspector")->isVisible());
         EXPECT_GT(t.window.dock("flows")->height(), 2 * before);
         t.press("maximise");
         QTest::qWait(50);
         EXPECT_TRUE(t.window.graph().isVisible());
         EXPECT_TRUE(t.window.dock("inspector")->isVisible());
         EXPECT_NEAR(t.window.dock("flows")->height(), before, 4);
       }},
      {"help",
       [](EveryTest& t) {
         t.press("nextFlow");
         t.press("help");
         EXPECT_EQ(t.session().selection().kind, Selection::Kind::Nothing);
         EXPECT_FALSE(t.window.inspector().text()->toPlainText().isEmpty());
       }},
      {"theme.dark",
       [](EveryTest& t) {
         t.press("theme.dark");
         EXPECT_TRUE(theme().dark);
       }},
      {"theme.light",
       [](EveryTest& t) {
         t.press("theme.dark");
         t.press("theme.light");
         EXPECT_FALSE(theme().dark);
       }},
      {"theme.system",
       [](EveryTest& t) {
         t.press("theme.system");
         EXPECT_EQ(theme_mode(), ThemeMode::System);
       }},
  };
  return kDrives;
}

TEST_F(WindowTest, NoCommandWithoutATest) {
  std::set<QString> have;
  for (const QAction* one : window.commands()) have.insert(one->objectName());
  EXPECT_EQ(names_of(commands()), have);
}

class CommandTest : public testing::TestWithParam<Named> {};
TEST_P(CommandTest, DoesWhatItSays) { drive(*GetParam().drive); }
INSTANTIATE_TEST_SUITE_P(Commands, CommandTest, testing::ValuesIn(listed(commands())), kName);

}  // namespace
}  // namespace meshsim::viz::test
