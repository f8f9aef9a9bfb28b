#include "viz/app/screenshot.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFileInfo>
#include <QImageWriter>
#include <QMenu>
#include <QMenuBar>
#include <QPainter>
#include <QPixmap>
#include <QSaveFile>
#include <QStatusBar>
#include <QTimer>
#include <cstdio>

#include "viz/app/main_window.h"
#include "viz/app/preferences.h"
#include "viz/charts/chart_panel.h"
#include "viz/charts/registry.h"
#include "viz/graph/graph_view.h"
#include "viz/panels/explorer.h"
#include "viz/panels/filter_edit.h"
#include "viz/panels/timeline_panel.h"

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

const QString kStale = QStringLiteral("stale"), kWindow = QStringLiteral("window");

// Dialogs and menus are windows of their own: where the window system would put them.
QPixmap with_dialog(MainWindow& window, QWidget& dialog) {
  auto* menu = qobject_cast<QMenu*>(&dialog);
  if (menu != nullptr) {
    menu->ensurePolished();
    menu->resize(menu->sizeHint());
  }
  QPixmap picture = window.grab();
  QPoint at((window.width() - dialog.width()) / 2, (window.height() - dialog.height()) / 2);
  for (QAction* one : window.menuBar()->actions())
    if (one->menu() == menu && menu != nullptr) at = window.menuBar()->actionGeometry(one).bottomLeft();
  QPainter painter(&picture);
  painter.fillRect(QRect(at, dialog.size()).adjusted(-1, -1, 1, 1), theme().line);
  painter.drawPixmap(at, dialog.grab());
  return picture;
}

}  // namespace

void wait_for_events(int wake) {
  QTimer timer;
  timer.start(wake);
  QApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
}

QStringList picture_names(const MainWindow& window) {
  return window.view_names() + window.dialog_names() + QStringList{kStale};
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
  if (window.session().result() != nullptr) {
    window.restore_default_layout();
    if (window.session().result()->loaded().unreadable) window.view(QStringLiteral("findings"));
  }
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
  if (wanted.at > 0) window.timeline().set_time(wanted.at);
  if (wanted.view == kStale) {
    std::fputs("open\n", stdout);
    std::fflush(stdout);
    while (window.session().stale().isEmpty() && window.session().result() != nullptr)
      QApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 20);
  }
  settle();
  window.statusBar()->clearMessage();
  const bool over = window.dialog_names().contains(wanted.view);
  QWidget* target = over ? window.dialog(wanted.view) : window.view(wanted.view == kStale ? kWindow : wanted.view);
  if (target == nullptr)
    return picture_names(window).contains(wanted.view)
               ? QObject::tr("%1 needs an open scenario.").arg(wanted.view)
               : QObject::tr("There is no view %1; there are %2.")
                     .arg(wanted.view, picture_names(window).join(QStringLiteral(", ")));
  if (wanted.table)
    if (ChartPanel* chart = window.chart(wanted.view)) {
      chart->draw_now();
      chart->show_table(true);
    }
  settle();
  QPixmap picture;
  if (over) {
    picture = with_dialog(window, *target);
  } else if (target == &window || wanted.whole) {
    wait_until_idle(window);
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
  writer.setCompression(100);
  if (!writer.write(picture.toImage().convertToFormat(QImage::Format_RGB888)) || !file.commit())
    return QObject::tr("%1 cannot be written: %2").arg(wanted.file, writer.errorString());
  return {};
}

}  // namespace meshsim::viz
