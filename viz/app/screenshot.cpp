#include "viz/app/screenshot.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFileInfo>
#include <QImageWriter>
#include <QPixmap>
#include <QSaveFile>
#include <QStatusBar>
#include <QTimer>

#include "viz/app/main_window.h"
#include "viz/app/preferences.h"
#include "viz/charts/registry.h"
#include "viz/graph/graph_view.h"
#include "viz/panels/explorer.h"
#include "viz/panels/filter_edit.h"

namespace meshsim::viz {

namespace {

void settle() {
  for (int i = 0; i < 4; ++i) QApplication::processEvents(QEventLoop::AllEvents, 20);
}

QString apply_edit(MainWindow& window, const QString& text) {
  const QString object = text.section('=', 0, -2), value = text.section('=', -1);
  scenarios::Edit edit;
  edit.value = value.toStdString();
  if (value == QLatin1String("disabled")) {
    edit.kind = scenarios::Edit::Kind::Enabled;
    edit.enabled = false;
    edit.object =
        (object.section(' ', 1).section('/', 0, 0) + '/' + object.section(' ', 0, 0) + '/' + object.section('/', 1))
            .toStdString();
  } else {
    edit.kind = scenarios::Edit::Kind::Mode;
    edit.object = object.toStdString();
  }
  window.session().apply(edit);
  return wait_until_idle(window) ? QString() : QObject::tr("The change took too long.");
}

}  // namespace

void wait_for_events(int wake) {
  QTimer timer;
  timer.start(wake);
  QApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
}

bool wait_until_idle(MainWindow& window, int milliseconds) {
  QElapsedTimer clock;
  clock.start();
  while (window.session().busy() || window.session().simulating() || !window.session().steps().empty()) {
    wait_for_events(20);
    if (clock.elapsed() > milliseconds) return false;
  }
  settle();
  // A picture of many edges is painted beside the window.
  while (!window.graph().settled() && clock.elapsed() < milliseconds) wait_for_events(20);
  return true;
}

QString take_screenshot(MainWindow& window, const Screenshot& wanted) {
  window.resize(wanted.size);
  window.show();
  if (!wait_until_idle(window)) return QObject::tr("The scenario took too long.");
  if (window.session().result() != nullptr) window.restore_default_layout();
  for (const QString& edit : wanted.edits)
    if (QString problem = apply_edit(window, edit); !problem.isEmpty()) return problem;
  bool simulate = wanted.simulate || wanted.view == QLatin1String("timeline");
  for (const ChartEntry& entry : chart_entries()) simulate = simulate || (entry.simulated && entry.name == wanted.view);
  if (simulate && window.session().result() != nullptr) {
    window.session().simulate();
    if (!wait_until_idle(window, 600'000)) return QObject::tr("The simulation took too long.");
  }
  if (!wanted.find.isEmpty()) window.find_edit().setText(wanted.find);
  for (const QString& key : wanted.select) {
    const QString kind = key.section(':', 0, 0);
    const Selection::Kind what = kind == QLatin1String("flow")     ? Selection::Kind::Flow
                                 : kind == QLatin1String("policy") ? Selection::Kind::Policy
                                                                   : Selection::Kind::Node;
    window.session().select({what, key.section(':', 1).toStdString(), 0, -1});
  }
  settle();
  window.statusBar()->clearMessage();
  QWidget* target = window.view(wanted.view);
  if (target == nullptr)
    return QObject::tr("There is no view %1; there are %2.")
        .arg(wanted.view, window.view_names().join(QStringLiteral(", ")));
  settle();
  QPixmap picture;
  if (target == &window) {
    picture = window.grab();
  } else {
    // The panel alone, at the size that was asked for. It leaves the window, which ends with the picture anyway.
    target->setParent(nullptr);
    target->resize(wanted.size);
    target->show();
    wait_until_idle(window);
    picture = target->grab();
    delete target;
  }
  QSaveFile file(wanted.file);
  if (!file.open(QIODevice::WriteOnly))
    return QObject::tr("%1 cannot be written: %2").arg(wanted.file, file.errorString());
  QImageWriter writer(&file,
                      QFileInfo(wanted.file).suffix().isEmpty() ? "png" : QFileInfo(wanted.file).suffix().toLatin1());
  if (window.session().result() != nullptr)
    writer.setText(QStringLiteral("Title"), QString::fromStdString(window.session().result()->loaded().scenario.name));
  if (!writer.write(picture.toImage()) || !file.commit())
    return QObject::tr("%1 cannot be written: %2").arg(wanted.file, writer.errorString());
  return {};
}

}  // namespace meshsim::viz
