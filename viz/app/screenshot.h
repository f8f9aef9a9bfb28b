#pragma once
// Pictures of the real window, for documentation and tests: `meshsim-gui FILE --screenshot out.png --size 1280x800
// --view flows`. Works without a display (QT_QPA_PLATFORM=offscreen).
#include <QSize>
#include <QString>
#include <QStringList>

namespace meshsim::viz {

class MainWindow;

struct Screenshot {
  QString file;
  QSize size{1280, 800};
  QString view = QStringLiteral("window");
  QStringList select;  // "flow:NAME", "node:ID", "policy:KIND NS/NAME"
  QStringList edits;   // "namespace/shop=ambient", "AuthorizationPolicy shop/viewer=disabled"
  QString find;
  bool simulate = false;  // views of a simulated run do without being told
  double at = 0;          // the moment of a simulated run, s
  bool whole = false;     // the window with the view in front, not the view alone
  bool table = false;     // a chart as its table
};

// What `view` may be: the views of the window, its dialogs and menus, and "stale": the window once a file that is open
// has become unreadable (it waits for that).
QStringList picture_names(const MainWindow& window);

// Waits for the result, takes the picture, writes it. An error text, or empty.
QString take_screenshot(MainWindow& window, const Screenshot& wanted);

// Processes events; if there are none, waits for some, at most `wake` milliseconds. (processEvents() with a time limit
// does not wait but turns around until the time is over: a processor lost to those who work.)
void wait_for_events(int wake);

// Processes events until the session is idle; false after `milliseconds`.
bool wait_until_idle(MainWindow& window, int milliseconds = 60'000);

}  // namespace meshsim::viz
