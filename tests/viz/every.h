#pragma once
// What the tests that drive every command, panel and chart share: a window on a scenario with traffic, keys, and
// answers to file dialogs. The tables of drives are compared with the window itself: what is added to the window
// without a line there fails, and so does a line without its command.
#include <QDockWidget>
#include <QFileDialog>
#include <QTest>
#include <algorithm>
#include <functional>
#include <set>

#include "tests/viz/support.h"
#include "viz/graph/graph_view.h"
#include "viz/panels/ask_panel.h"
#include "viz/panels/changes_panel.h"
#include "viz/panels/explorer.h"
#include "viz/panels/filter_edit.h"
#include "viz/panels/findings_panel.h"
#include "viz/panels/flow_panel.h"
#include "viz/panels/inspector.h"
#include "viz/panels/policy_panel.h"
#include "viz/panels/source_panel.h"
#include "viz/panels/timeline_panel.h"

namespace meshsim::viz::test {

class EveryTest : public WindowTest {
 public:
  Session& session() { return window.session(); }
  void begin() {
    window.show();
    window.open({traffic()});
    ASSERT_TRUE(wait_until_idle(window));
    window.activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(&window));
    // A simulated shortcut leaves Qt with its modifiers held, and what a click or a selection does depends on them.
    QTest::keyRelease(&window, Qt::Key_Control, Qt::NoModifier);
    window.graph().setFocus();
    QTest::keyClick(&window, Qt::Key_F35);  // no modifier of the test before is held
  }
  // A simulation that nobody waits for.
  void begin_long() {
    window.open({traffic(100'000, 2000)});
    ASSERT_TRUE(wait_until_idle(window));
  }
  // By its key; by the menu where it has none.
  void press(const char* name) {
    QAction* action = window.action(name);
    ASSERT_NE(action, nullptr) << name;
    ASSERT_TRUE(action->isEnabled()) << name;
    if (action->shortcut().isEmpty()) return action->trigger();
    const QKeyCombination keys = action->shortcut()[0];
    QTest::keyClick(&window, keys.key(), keys.keyboardModifiers());
  }
  void press_and_wait(const char* name) {
    press(name);
    ASSERT_TRUE(wait_until_idle(window)) << name;
  }
  // The file dialog that comes next gets this path.
  void answer(const QString& path) {
    answered = false;
    QTimer::singleShot(50, &window, [this, path] {
      auto* dialog = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
      if (dialog == nullptr) return answer(path);
      dialog->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"))->setText(path);
      answered = true;
      QMetaObject::invokeMethod(dialog, "accept");
    });
  }
  QString key() { return QString::fromStdString(session().selection().key); }
  models::Verdict verdict() { return flow("web deletes").result.outcomes.front().verdict; }
  void flip() { apply(mode("namespace/clients", "ambient")); }
  double zoom() { return window.graph().transform().m11(); }
  void simulated() {
    session().simulate();
    ASSERT_TRUE(wait_until_idle(window));
    ASSERT_NE(session().simulated(), nullptr);
  }
  bool in_front(const char* dock) {
    return window.dock(dock)->isVisible() && !window.dock(dock)->visibleRegion().isEmpty();
  }
  void TestBody() override {}
  bool answered = false;
};

using Drive = std::function<void(EveryTest&)>;
using Drives = std::vector<std::pair<const char*, Drive>>;

inline std::set<QString> names_of(const Drives& entries) {
  std::set<QString> out;
  for (const auto& entry : entries) EXPECT_TRUE(out.insert(QString::fromLatin1(entry.first)).second) << entry.first;
  return out;
}

struct Named {
  const char* name;
  const Drive* drive;
};
inline void PrintTo(const Named& one, std::ostream* out) { *out << one.name; }

inline std::vector<Named> listed(const Drives& entries) {
  std::vector<Named> out;
  for (const auto& [name, drive] : entries) out.push_back({name, &drive});
  return out;
}

inline void drive(const Drive& what) {
  EveryTest test;
  test.begin();
  what(test);
  for (QWidget* dialog : QApplication::topLevelWidgets())
    if (dialog != &test.window) dialog->close();
  apply_theme(*static_cast<QApplication*>(QApplication::instance()), ThemeMode::Light);
}

inline const auto kName = [](const testing::TestParamInfo<Named>& info) {
  std::string out = info.param.name;
  std::replace(out.begin(), out.end(), '.', '_');
  return out;
};

}  // namespace meshsim::viz::test
