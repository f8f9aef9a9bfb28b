// Item models and panels, each driven as a user would.
#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QHeaderView>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QTextBrowser>

#include "tests/viz/support.h"
#include "viz/app/start_page.h"
#include "viz/app/summary_bar.h"
#include "viz/graph/graph_view.h"
#include "viz/panels/ask_panel.h"
#include "viz/panels/changes_panel.h"
#include "viz/panels/edit_dialogs.h"
#include "viz/panels/explorer.h"
#include "viz/panels/findings_panel.h"
#include "viz/panels/flow_panel.h"
#include "viz/panels/inspector.h"
#include "viz/panels/policy_panel.h"
#include "viz/panels/source_panel.h"

namespace meshsim::viz::test {
namespace {

class PanelTest : public WindowTest {};

TEST_F(PanelTest, FlowModelIsSound) {
  FlowModel model;
  const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
  FlowFilter filter;
  filter.setSourceModel(&model);
  const QAbstractItemModelTester outer(&filter, QAbstractItemModelTester::FailureReportingMode::Fatal);
  open(shop());
  model.set_result(window.session().result());
  EXPECT_EQ(model.rowCount(), 3);
  EXPECT_EQ(filter.rowCount(), 3);
  EXPECT_EQ(filter.set_text("verdict = denied"), QString());
  EXPECT_EQ(filter.rowCount(), 1);
  EXPECT_NE(filter.set_text("colour = red"), QString());
  EXPECT_EQ(filter.rowCount(), 1);  // the last valid filter stays
  filter.set_text("bypassed");
  ASSERT_EQ(filter.rowCount(), 1);
  EXPECT_EQ(filter.index(0, FlowModel::Name).data().toString(), QString("web deletes"));
  filter.set_text({});
  filter.sort(FlowModel::Verdict);
  EXPECT_EQ(filter.index(0, FlowModel::Name).data().toString(), QString("web deletes"));  // most alarming first
}

TEST_F(PanelTest, EveryCellHasWordsAndAVerdictHasAGlyph) {
  open(shop());
  auto* table = window.flows().table();
  for (int r = 0; r < table->model()->rowCount(); ++r) {
    EXPECT_FALSE(table->model()->index(r, FlowModel::Verdict).data(Qt::AccessibleTextRole).toString().isEmpty());
    EXPECT_FALSE(table->model()->index(r, FlowModel::Verdict).data(Qt::ToolTipRole).toString().isEmpty());
  }
  EXPECT_TRUE(table->model()->index(0, FlowModel::Verdict).data().toString().startsWith(glyph(EdgeClass::Bypassed)));
}

TEST_F(PanelTest, TypingInTheFilterMarksWhatIsNotUnderstood) {
  open(shop());
  auto* edit = window.flows().filter_edit();
  edit->setText("verdict =");
  EXPECT_NE(edit->problem(), QString());
  EXPECT_EQ(window.flows().filter()->rowCount(), 3);
  edit->setText("verdict = denied");
  EXPECT_EQ(edit->problem(), QString());
  EXPECT_EQ(window.flows().filter()->rowCount(), 1);
}

TEST_F(PanelTest, TabCompletes) {
  open(shop());
  auto* edit = window.flows().filter_edit();
  edit->setFocus();
  QTest::keyClicks(edit, "byp");
  QTest::keyClick(edit, Qt::Key_Tab);
  EXPECT_EQ(edit->text(), QString("bypassed "));
  QTest::keyClick(edit, Qt::Key_Escape);
  EXPECT_EQ(edit->text(), QString());
}

TEST_F(PanelTest, SelectingAFlowExplainsItHopByHop) {
  open(shop());
  window.flows().table()->selectRow(0);
  const QString text = window.inspector().text()->toPlainText();
  EXPECT_TRUE(text.contains("web deletes")) << text.toStdString();
  EXPECT_TRUE(text.contains("DP-052"));
  EXPECT_TRUE(text.contains("bypassed"));
  EXPECT_TRUE(text.contains("shop/read-only"));
  EXPECT_EQ(window.session().selection().kind, Selection::Kind::Flow);
  window.action("nextHop")->trigger();
  EXPECT_EQ(window.session().selection().hop, 0);
  window.action("nextHop")->trigger();
  EXPECT_EQ(window.session().selection().hop, 1);
  window.action("nextHop")->trigger();
  EXPECT_EQ(window.session().selection().hop, 1);  // the last one
  window.action("previousHop")->trigger();
  EXPECT_EQ(window.session().selection().hop, 0);
}

TEST_F(PanelTest, LinksInTheInspectorLead) {
  open(shop());
  emit window.inspector().text()->anchorClicked(QUrl("policy:AuthorizationPolicy shop/read-only"));
  EXPECT_EQ(window.session().selection().kind, Selection::Kind::Policy);
  EXPECT_EQ(window.session().selection().key, "AuthorizationPolicy shop/read-only");
  emit window.inspector().text()->anchorClicked(QUrl("node:waypoint/shop/waypoint"));
  EXPECT_EQ(window.session().selection().key, "waypoint/shop/waypoint");
  EXPECT_TRUE(window.inspector().text()->toPlainText().contains("should meet it and do not"));
  emit window.inspector().text()->anchorClicked(QUrl("flow:1"));
  EXPECT_EQ(window.session().selection().key, "shell deletes");
  window.action("back")->trigger();
  EXPECT_EQ(window.session().selection().key, "waypoint/shop/waypoint");
  window.action("forward")->trigger();
  EXPECT_EQ(window.session().selection().key, "shell deletes");
  emit window.inspector().text()->anchorClicked(QUrl("src:" + folder.filePath("shop.yaml") + ":4"));
  EXPECT_EQ(window.source().text()->textCursor().blockNumber(), 3);
}

TEST_F(PanelTest, AnEdgeLeavesItsFlows) {
  open(shop());
  const MeshGraph& graph = window.session().picture()->graph;
  for (std::size_t i = 0; i < graph.edges.size(); ++i)
    if (graph.edges[i].word == EdgeClass::Bypassed && graph.edges[i].skipped) window.graph().select_edge(i);
  EXPECT_EQ(window.flows().filter()->rowCount(), 1);
  EXPECT_TRUE(window.inspector().text()->toPlainText().contains("Skips"));
  window.session().select({});
  EXPECT_EQ(window.flows().filter()->rowCount(), 3);
}

TEST_F(PanelTest, ATickParksAPolicy) {
  open(shop());
  QTreeWidgetItem* item = window.explorer().find("policy/AuthorizationPolicy shop/read-only");
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(item->checkState(0), Qt::Checked);
  item->setCheckState(0, Qt::Unchecked);
  ASSERT_TRUE(wait_until_idle(window));
  item = window.explorer().find("policy/AuthorizationPolicy shop/read-only");
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(item->checkState(0), Qt::Unchecked);
  EXPECT_EQ(flow("shell deletes").result.outcomes.front().verdict, models::Verdict::Allowed);
}

TEST_F(PanelTest, TheMenuOfANamespaceChangesItsMode) {
  open(shop());
  QMenu* menu = window.explorer().menu_for("namespace/clients", &window);
  QAction* ambient = nullptr;
  for (QAction* one : menu->actions())
    if (one->menu() != nullptr) ambient = one->menu()->actions().front();
  ASSERT_NE(ambient, nullptr);
  ambient->trigger();
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_EQ(flow("web deletes").result.outcomes.front().verdict, models::Verdict::Denied);
}

TEST_F(PanelTest, APolicyIsEditedAsText) {
  open(shop());
  PolicyDialog dialog(window.session(), "AuthorizationPolicy shop/read-only", {});
  EXPECT_TRUE(dialog.text()->toPlainText().contains("methods"));
  dialog.text()->setPlainText("kind: [");
  dialog.accept();
  EXPECT_TRUE(dialog.problem().contains("line ")) << dialog.problem().toStdString();
  dialog.text()->setPlainText("kind: AuthorizationPolicy\n");
  dialog.accept();
  EXPECT_TRUE(dialog.problem().contains("metadata.name"));
  PolicyDialog again(window.session(), "AuthorizationPolicy shop/read-only", {});
  again.text()->setPlainText(again.text()->toPlainText().replace("GET", "DELETE"));
  again.accept();
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_EQ(flow("shell deletes").result.outcomes.front().verdict, models::Verdict::Allowed);
  EXPECT_EQ(flow("shell reads").result.outcomes.front().verdict, models::Verdict::Denied);
}

TEST_F(PanelTest, LabelsAreEditedInATable) {
  open(shop());
  LabelDialog dialog(window.session(), "shop/service/api");
  int row = -1;
  for (int r = 0; r < dialog.table()->rowCount(); ++r)
    if (dialog.table()->item(r, 0)->text() == "istio.io/use-waypoint") row = r;
  ASSERT_GE(row, 0);
  dialog.table()->item(row, 0)->setText({});
  dialog.accept();
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_FALSE(flow("shell deletes").result.outcomes.front().waypoint_traversed);
}

TEST_F(PanelTest, AFlowTypedByHand) {
  open(shop());
  window.ask().set_question("clients/web", "api.shop:80", "DELETE /x");
  window.ask().ask();
  EXPECT_TRUE(window.ask().message().contains("bypassed")) << window.ask().message().toStdString();
  EXPECT_TRUE(window.inspector().text()->toPlainText().contains("DELETE /x"));
  EXPECT_EQ(window.session().result()->run.flows.size(), 3U);
  window.ask().keep();
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_EQ(window.session().result()->run.flows.size(), 4U);
  window.ask().set_question("web", "api.shop:80", {});
  window.ask().ask();
  EXPECT_TRUE(window.ask().message().contains("namespace/workload"));
  window.ask().set_question("clients/web", "api.shop", {});
  window.ask().ask();
  EXPECT_TRUE(window.ask().message().contains("host:port"));
}

TEST_F(PanelTest, FindingsLeadToTheirPlace) {
  const QString path = folder.filePath("odd.yaml");
  write(path, std::string(kShop) + "  - { name: nobody, from: { workload: clients/nobody }, to: { hots: api } }\n");
  open(path);
  ASSERT_GT(window.findings().count(), 0);
  const QTreeWidgetItem* first = window.findings().list()->topLevelItem(0);
  EXPECT_LE(first->text(2).count('/'), 1);  // the column has room for the end of a path, which tells the file
  EXPECT_TRUE(first->toolTip(2).endsWith(first->text(2)));
  emit window.findings().list()->itemActivated(window.findings().list()->topLevelItem(0), 0);
  EXPECT_TRUE(window.source().text()->toPlainText().contains("hots"));
  EXPECT_GT(window.source().text()->textCursor().blockNumber(), 20);
}

TEST_F(PanelTest, LintFollowsTheResult) {
  QSignalSpy linted(&window.session(), &Session::findings_changed);
  open(shop());
  if (window.session().findings() == nullptr) {
    ASSERT_TRUE(linted.wait(20'000));
  }
  const auto& findings = window.session().findings()->findings;
  const auto shown = [&] { return window.findings().count() == static_cast<int>(findings.size()); };
  EXPECT_TRUE(QTest::qWaitFor(shown, 20'000)) << "panels fill themselves in steps";
  const bool bypass = std::any_of(findings.begin(), findings.end(),
                                  [](const auto& f) { return f.object.find("read-only") != std::string::npos; });
  EXPECT_TRUE(bypass) << "a policy that is bypassed is worth a finding";
}

TEST_F(PanelTest, PolicyMatrixSaysWhoBypasses) {
  open(shop());
  QTableWidget* table = window.policies().table();
  ASSERT_EQ(table->rowCount(), 1);
  bool found = false;
  for (int c = 0; c < table->columnCount(); ++c)
    if (table->horizontalHeaderItem(c)->text() == "sidecar clients") {
      found = true;
      EXPECT_TRUE(table->item(0, c)->text().contains("bypassed"));
    }
  EXPECT_TRUE(found);
  table->setCurrentCell(0, 1);
  EXPECT_EQ(window.session().selection().kind, Selection::Kind::Policy);
  EXPECT_TRUE(window.policies().csv().contains("\"AuthorizationPolicy shop/read-only\""));
}

TEST_F(PanelTest, TheSummaryLeadsToTheTraffic) {
  open(shop());
  ASSERT_EQ(window.summary().chips().size(), 1);
  window.summary().chips().front()->click();
  EXPECT_EQ(window.flows().filter()->rowCount(), 1);
  EXPECT_GT(window.graph().found(), 0);
}

TEST_F(PanelTest, ChangesLeadToTheFlow) {
  open(shop());
  apply(mode("namespace/clients", "ambient"));
  QTreeWidget* tree = window.changes().tree();
  ASSERT_EQ(tree->topLevelItemCount(), 1);
  EXPECT_EQ(tree->topLevelItem(0)->text(1), QString("allowed"));
  EXPECT_EQ(tree->topLevelItem(0)->text(2), QString("denied"));
  tree->setCurrentItem(tree->topLevelItem(0)->child(0));
  EXPECT_EQ(window.session().selection().key, "web deletes");
}

TEST_F(PanelTest, StartPageListsWhatComesAlongAndWhatWasOpen) {
  window.show();
  EXPECT_GT(window.start_page().shipped()->topLevelItemCount(), 3);
  const QString path = shop();
  open(path);
  window.start_page().refresh();
  EXPECT_TRUE(window.start_page().recent()->item(0)->toolTip().endsWith("shop.yaml"));
  QFile::remove(path);
  window.start_page().refresh();
  EXPECT_TRUE(window.start_page().recent()->item(0)->text().endsWith("(gone)"));
  EXPECT_FALSE((window.start_page().recent()->item(0)->flags() & Qt::ItemIsEnabled) != 0);
}

// With Ctrl held a click adds a row; what follows the selection must not take it back.
TEST_F(PanelTest, RowsAreAddedWithCtrl) {
  open(shop());
  QTableView* table = window.flows().table();
  const auto click = [&](int row, Qt::KeyboardModifiers keys) {
    QTest::mouseClick(table->viewport(), Qt::LeftButton, keys,
                      table->visualRect(table->model()->index(row, 1)).center());
  };
  click(0, Qt::NoModifier);
  click(2, Qt::ControlModifier);
  EXPECT_EQ(window.session().selection().key, "shell reads");
  QString csv = window.flows().csv(true);
  EXPECT_TRUE(csv.contains("web deletes"));
  EXPECT_TRUE(csv.contains("shell reads"));
  EXPECT_FALSE(csv.contains("shell deletes"));
  // Chosen elsewhere while the key is held.
  QTest::keyPress(&window, Qt::Key_Control, Qt::ControlModifier);
  window.session().select({Selection::Kind::Flow, "shell deletes", 0, -1});
  QTest::keyRelease(&window, Qt::Key_Control, Qt::NoModifier);
  csv = window.flows().csv(true);
  EXPECT_TRUE(csv.contains("shell deletes"));
  EXPECT_FALSE(csv.contains("web deletes"));
}

}  // namespace
}  // namespace meshsim::viz::test
