// Opening, changing, undoing, saving, files that change underneath.
#include <QFileInfo>
#include <QSignalSpy>

#include "scenarios/report/report.h"
#include "tests/viz/support.h"
#include "viz/app/summary_bar.h"
#include "viz/panels/changes_panel.h"
#include "viz/panels/findings_panel.h"

namespace meshsim::viz::test {
namespace {

class SessionTest : public WindowTest {
 protected:
  Session& session() { return window.session(); }
  int errors() {
    int n = 0;
    for (const auto& d : session().result()->loaded().diagnostics) n += d.severity == models::Severity::Error ? 1 : 0;
    return n;
  }
  template <typename What>
  static auto connect_progress(Worker& worker, What what) {
    return QObject::connect(&worker, &Worker::progress, &worker,
                            [what](std::uint64_t, const QString& stage) mutable { what(stage); });
  }
  // Still a window: it answers, shows panels and says what is wrong.
  void expect_usable_with_a_finding() {
    ASSERT_NE(session().result(), nullptr);
    EXPECT_GT(errors(), 0);
    EXPECT_GT(window.findings().count(), 0);
    EXPECT_FALSE(window.grab().isNull());
  }
};

TEST_F(SessionTest, OpensAScenario) {
  open(shop());
  ASSERT_NE(session().result(), nullptr);
  EXPECT_EQ(session().result()->run.flows.size(), 3U);
  EXPECT_EQ(session().result()->summary.headline(), "1 policy: 1 bypassed for 2 client populations");
  EXPECT_EQ(window.summary().headline().toStdString(), session().result()->summary.headline());
  EXPECT_TRUE(window.windowTitle().startsWith("shop.yaml"));
}

TEST_F(SessionTest, ManifestsAreAskedByMeshsim) {
  open(QStringLiteral(MESHSIM_SOURCE_DIR "/scenarios/cases/bookinfo/mixed/bookinfo.yaml"));
  ASSERT_NE(session().result(), nullptr);
  EXPECT_TRUE(session().result()->document->asked_by_meshsim());
  EXPECT_GT(session().result()->run.flows.size(), 0U);
}

// DP-052: what flips is shown against the state before, and undo takes it back.
TEST_F(SessionTest, FlippingANamespaceShowsWhatFlips) {
  open(shop());
  apply(mode("namespace/clients", "ambient"));
  EXPECT_EQ(flow("web deletes").result.outcomes.front().verdict, models::Verdict::Denied);
  EXPECT_TRUE(session().result()->changed("web deletes"));
  EXPECT_FALSE(session().result()->changed("shell reads"));
  EXPECT_EQ(window.changes().tree()->topLevelItemCount(), 1);
  EXPECT_EQ(session().undo_stack()->undoText(), QString("Set namespace/clients to ambient"));
  session().undo_stack()->undo();
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_EQ(flow("web deletes").result.outcomes.front().verdict, models::Verdict::Allowed);
  session().undo_stack()->redo();
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_EQ(flow("web deletes").result.outcomes.front().verdict, models::Verdict::Denied);
}

TEST_F(SessionTest, EditsInARowAllCount) {
  open(shop());
  scenarios::Edit parked;
  parked.kind = scenarios::Edit::Kind::Enabled;
  parked.enabled = false;
  parked.object = "shop/AuthorizationPolicy/read-only";
  session().apply(mode("namespace/clients", "ambient"));  // superseded before it is done
  session().apply(parked);
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_EQ(session().result()->document->edits().size(), 2U);
  EXPECT_EQ(flow("web deletes").result.outcomes.front().verdict, models::Verdict::Allowed);
  EXPECT_TRUE(flow("web deletes").result.outcomes.front().waypoint_traversed);
  session().undo_stack()->undo();
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_EQ(flow("web deletes").result.outcomes.front().verdict, models::Verdict::Denied);
}

TEST_F(SessionTest, WhatIsSavedReadsAlike) {
  open(case_file("bookinfo/mixed"));
  apply(mode("default/Deployment/productpage-v1", "ambient"));
  const QString path = folder.filePath("saved.yaml");
  ASSERT_EQ(session().save(path), QString());
  const auto again = scenarios::run(
      std::make_shared<const scenarios::Loaded>(scenarios::load(std::vector<std::string>{path.toStdString()})));
  EXPECT_FALSE(again.loaded->unreadable);
  ASSERT_EQ(again.flows.size(), session().result()->run.flows.size());
  EXPECT_TRUE(scenarios::diff(session().result()->run, again).changes.empty());
  EXPECT_TRUE(session().undo_stack()->isClean());
}

TEST_F(SessionTest, SavingWhereOneMayNotSaysSo) {
  open(shop());
  EXPECT_NE(session().save(folder.filePath("no/such/folder/x.yaml")), QString());
}

TEST_F(SessionTest, AFileThatChangesIsReadAgain) {
  const QString path = shop();
  open(path);
  session().select({Selection::Kind::Flow, "shell reads", 0, -1});
  QSignalSpy results(&session(), &Session::result_changed);
  std::string text = kShop;
  text.replace(text.find("methods: [GET]"), 14, "methods: [PUT]");
  write(path, text);
  session().look_at_files();
  ASSERT_TRUE(wait_until_idle(window));
  ASSERT_EQ(results.count(), 1);
  EXPECT_EQ(flow("shell reads").result.outcomes.front().verdict, models::Verdict::Denied);
  EXPECT_EQ(session().selection().key, "shell reads");
  EXPECT_TRUE(session().result()->changed("shell reads"));
}

TEST_F(SessionTest, TheWatcherNoticesByItself) {
  const QString path = shop();
  open(path);
  QSignalSpy results(&session(), &Session::result_changed);
  std::string text = kShop;
  text.replace(text.find("methods: [GET]"), 14, "methods: [HEAD]");
  write(path, text);
  EXPECT_TRUE(results.wait(20'000));
}

TEST_F(SessionTest, ABrokenFileKeepsTheLastGoodResultWithABanner) {
  const QString path = shop();
  open(path);
  const Result good = session().result();
  write(path, "apiVersion: meshsim/v1\nkind: Scenario\nflows: [\n");
  session().look_at_files();
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_EQ(session().result(), good);
  EXPECT_NE(session().stale(), QString());
  EXPECT_TRUE(window.stale().isVisibleTo(&window));
  EXPECT_TRUE(window.stale().text().contains("shop.yaml"));
  write(path, kShop + std::string("\n"));
  session().look_at_files();
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_EQ(session().stale(), QString());
  EXPECT_FALSE(window.stale().isVisibleTo(&window));
}

TEST_F(SessionTest, AFileThatVanishes) {
  const QString path = shop();
  open(path);
  QFile::remove(path);
  session().look_at_files();
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_NE(session().stale(), QString());
  EXPECT_EQ(session().result()->run.flows.size(), 3U);
}

TEST_F(SessionTest, EditsSurviveAReload) {
  const QString path = shop();
  open(path);
  apply(mode("namespace/clients", "ambient"));
  write(path, kShop + std::string("\n# a remark\n"));
  session().look_at_files();
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_EQ(flow("web deletes").result.outcomes.front().verdict, models::Verdict::Denied);
  session().undo_stack()->undo();
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_EQ(flow("web deletes").result.outcomes.front().verdict, models::Verdict::Allowed);
}

TEST_F(SessionTest, MissingFile) {
  open(folder.filePath("nothing.yaml"));
  expect_usable_with_a_finding();
}

TEST_F(SessionTest, EmptyFile) {
  const QString path = folder.filePath("empty.yaml");
  write(path, "");
  open(path);
  expect_usable_with_a_finding();
}

TEST_F(SessionTest, BrokenFile) {
  const QString path = folder.filePath("broken.yaml");
  write(path, "kind: Service\nmetadata: {name: [\n\x01\xff");
  open(path);
  expect_usable_with_a_finding();
}

TEST_F(SessionTest, UnreadableFile) {
  open(QStringLiteral("/proc/self/mem"));  // opens, and cannot be read, by anybody
  expect_usable_with_a_finding();
}

TEST_F(SessionTest, HugeFile) {
  const QString path = folder.filePath("huge.yaml");
  std::string text = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: big}\ndata:\n";
  text.append(80U << 20, 'a');
  write(path, text);
  open(path);
  expect_usable_with_a_finding();
}

TEST_F(SessionTest, EmptyFolder) {
  open(folder.path());
  ASSERT_NE(session().result(), nullptr);
  EXPECT_FALSE(window.grab().isNull());
}

TEST_F(SessionTest, ComparesWithTheStateAsOpenedOrAnotherFile) {
  open(shop());
  apply(mode("namespace/clients", "ambient"));
  session().compare_with_opened(true);
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_TRUE(session().result()->changed("web deletes"));
  session().compare_with_opened(false);
  const QString other = folder.filePath("other.yaml");
  write(other, kShop);
  session().compare_with({other});
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_TRUE(session().result()->changed("web deletes"));
  EXPECT_TRUE(window.changes().headline().contains("other.yaml"));
}

TEST_F(SessionTest, StopGivesUp) {
  open(shop());
  const Result before = session().result();
  session().reload();
  session().stop();
  EXPECT_FALSE(session().busy());
  for (int i = 0; i < 20; ++i) QApplication::processEvents(QEventLoop::AllEvents, 10);
  EXPECT_EQ(session().result(), before);
}

TEST_F(SessionTest, ANewerEditReplacesTheOlder) {
  open(shop());
  QSignalSpy results(&session(), &Session::result_changed);
  session().apply(mode("namespace/clients", "ambient"));
  session().apply(mode("namespace/shop", "none"));
  ASSERT_TRUE(wait_until_idle(window));
  EXPECT_EQ(results.count(), 1);
  EXPECT_EQ(session().result()->document->edits().size(), 2U);
}

// In the middle of its work: what is not wanted any more ends before the next flow, and nobody hears of it.
TEST_F(SessionTest, TheWorkerGivesUpWhileItJudges) {
  Worker worker;
  QSignalSpy finished(&worker, &Worker::finished), failed(&worker, &Worker::failed);
  bool judging = false;
  const auto newer = connect_progress(worker, [&](const QString& stage) {
    judging = judging || stage == Worker::tr("Judging");
    if (judging) worker.want(2);
  });
  Request request;
  request.generation = 1;
  request.paths = {shop().toStdString()};
  worker.want(1);
  worker.work(request);
  EXPECT_TRUE(judging);
  EXPECT_EQ(finished.count() + failed.count(), 0);
  QObject::disconnect(newer);
  request.generation = 2;
  worker.work(request);
  EXPECT_EQ(finished.count(), 1);
}

// What an edit does not concern is taken over, and shown as if it had been judged.
TEST_F(SessionTest, AnEditJudgesWhatItConcerns) {
  open(shop());
  const Result before = session().result();
  EXPECT_EQ(before->judged, before->run.flows.size() + before->pairs.size());
  apply(mode("clients/deployment/web", "none"));
  const Result after = session().result();
  EXPECT_LT(after->judged, before->judged);
  const auto kept = [&](std::size_t i) {
    return after->run.flows[i].result.outcomes.same_as(before->run.flows[i].result.outcomes);
  };
  EXPECT_FALSE(kept(0));  // web deletes
  EXPECT_TRUE(kept(1));
  EXPECT_TRUE(kept(2));
  const auto whole = scenarios::run(after->document->loaded());
  EXPECT_EQ(scenarios::run_json(after->run, {}), scenarios::run_json(whole, {}));
}

}  // namespace
}  // namespace meshsim::viz::test
