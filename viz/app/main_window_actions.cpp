// The actions of the main window, its menus and its toolbar.
#include <QActionGroup>
#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QImageWriter>
#include <QMenuBar>
#include <QMessageBox>
#include <QSaveFile>
#include <QStatusBar>
#include <QToolBar>

#include "models/mesh/profile.h"
#include "scenarios/report/report.h"
#include "scenarios/run/simulation_run.h"
#include "viz/app/main_window.h"
#include "viz/app/palette_dialog.h"
#include "viz/app/preferences.h"
#include "viz/app/start_page.h"
#include "viz/charts/chart_panel.h"
#include "viz/graph/graph_view.h"
#include "viz/panels/ask_panel.h"
#include "viz/panels/filter_edit.h"
#include "viz/panels/flow_panel.h"
#include "viz/panels/inspector.h"
#include "viz/panels/policy_panel.h"
#include "viz/panels/timeline_panel.h"

namespace meshsim::viz {

QAction* MainWindow::command(const QString& name, const QString& text, const QKeySequence& keys, const QString& tip,
                             std::function<void()> what, const QString& picture) {
  auto* made = new QAction(text, this);
  made->setObjectName(name);
  made->setShortcut(keys);
  made->setStatusTip(tip);
  const QString shown = QString(text).remove('&').remove(QChar(0x2026));
  made->setToolTip(keys.isEmpty() ? shown
                                  : QStringLiteral("%1 (%2)").arg(shown, keys.toString(QKeySequence::NativeText)));
  if (!picture.isEmpty()) made->setIcon(pictogram(picture));
  connect(made, &QAction::triggered, this, std::move(what));
  addAction(made);
  commands_ << made;
  return made;
}

void MainWindow::make_actions() {
  command(
      "open", tr("&Open\u2026"), QKeySequence::Open, tr("Open a scenario or manifests"), [this] { choose_file(); },
      "open");
  command("openFolder", tr("Open &folder\u2026"), QKeySequence(QStringLiteral("Ctrl+Shift+O")),
          tr("Open a folder of manifests"), [this] { choose_folder(); });
  command(
      "save", tr("&Save"), QKeySequence::Save, tr("Save the scenario with all changes"), [this] { save(false); },
      "save");
  command("saveAs", tr("Save &as\u2026"), QKeySequence(QStringLiteral("Ctrl+Shift+S")),
          tr("Save the scenario under a new name"), [this] { save(true); });
  command(
      "export", tr("&Export view\u2026"), QKeySequence(QStringLiteral("Ctrl+E")),
      tr("Write the view in front as a picture or table"),
      [this] {
        const QString path = QFileDialog::getSaveFileName(this, tr("Export view"), tr("view.png"),
                                                          tr("Pictures and tables (*.png *.svg *.csv)"));
        if (path.isEmpty()) return;
        const QString problem = export_view(path);
        say(problem.isEmpty() ? tr("Exported %1").arg(path) : problem);
      },
      "export");
  command("close", tr("&Close window"), QKeySequence(QStringLiteral("Ctrl+W")), tr("Close the window"),
          [this] { close(); });
  command("quit", tr("&Quit"), QKeySequence(QStringLiteral("Ctrl+Q")), tr("Quit meshsim"), [this] { close(); });

  QAction* undo = session_.undo_stack()->createUndoAction(this, tr("&Undo"));
  undo->setObjectName(QStringLiteral("undo"));
  undo->setShortcut(QKeySequence(QStringLiteral("Ctrl+Z")));
  undo->setIcon(pictogram("undo"));
  QAction* redo = session_.undo_stack()->createRedoAction(this, tr("&Redo"));
  redo->setObjectName(QStringLiteral("redo"));
  redo->setShortcut(QKeySequence(QStringLiteral("Ctrl+Shift+Z")));
  redo->setIcon(pictogram("redo"));
  addActions({undo, redo});
  commands_ << undo << redo;
  command("copy", tr("&Copy flows as CSV"), QKeySequence(QStringLiteral("Ctrl+C")),
          tr("Copy the selected rows of the flow table"),
          [this] { QApplication::clipboard()->setText(flows_->csv(true)); });
  command("copyFilter", tr("Copy &as filter"), QKeySequence(QStringLiteral("Ctrl+Shift+C")),
          tr("Copy the selection in the find language"), [this] {
            const Selection& s = session_.selection();
            const QString name = QString::fromStdString(s.key);
            const QString text =
                s.kind == Selection::Kind::Node     ? QStringLiteral("name = \"%1\"").arg(name.section('/', -1))
                : s.kind == Selection::Kind::Policy ? QStringLiteral("policy = \"%1\"").arg(name.section(' ', 1))
                : s.kind == Selection::Kind::Flow   ? QStringLiteral("name = \"%1\"").arg(name)
                                                    : QString();
            QApplication::clipboard()->setText(text);
          });
  command("find", tr("&Find in the graph"), QKeySequence::Find, tr("Find and hide with the language of Kiali"), [this] {
    find_->setFocus();
    find_->selectAll();
  });
  command("findNext", tr("Find &next"), QKeySequence(QStringLiteral("F3")), tr("Next node that is found"),
          [this] { graph_->find_next(1); });
  command("findPrevious", tr("Find pre&vious"), QKeySequence(QStringLiteral("Shift+F3")),
          tr("Previous node that is found"), [this] { graph_->find_next(-1); });
  command("clear", tr("Clear selection and filters"), QKeySequence(QStringLiteral("Esc")), tr("Show everything again"),
          [this] {
            find_->clear();
            hide_->clear();
            flows_->set_filter({});
            session_.select({});
          });
  command(
      "ask", tr("&Ask for a flow"), QKeySequence(QStringLiteral("Ctrl+L")),
      tr("Type a flow by hand and see what becomes of it"),
      [this] {
        view(QStringLiteral("ask"));
        ask_->focus_first();
      },
      "ask");
  command(
      "run", tr("&Read and judge again"), QKeySequence(QStringLiteral("F5")), tr("Read the files again"),
      [this] { session_.reload(); }, "run");
  command("simulate", tr("&Simulate"), QKeySequence(QStringLiteral("F6")),
          tr("Run the traffic of the scenario over its timeline"), [this] { session_.simulate(); });
  command("pause", tr("&Pause the simulation"), QKeySequence(QStringLiteral("Shift+F6")),
          tr("Pause the simulation, or go on"), [this] { session_.pause(!session_.paused()); })
      ->setCheckable(true);
  command("nextEvent", tr("One &event further"), QKeySequence(QStringLiteral("F4")),
          tr("To the next change or border of a window; simulates so far"), [this] { timeline_->step_event(1); });
  command("runUntil", tr("Run &until\u2026"), QKeySequence(QStringLiteral("Ctrl+F5")),
          tr("Simulate up to a time or an entry of the timeline"), [this] { open_run_until(); });
  command("timeline", tr("Show time&line"), QKeySequence(QStringLiteral("Ctrl+T")),
          tr("The simulated run over its time"), [this] {
            view(QStringLiteral("timeline"));
            timeline_->setFocus();
          });
  command(
      "stop", tr("S&top"), QKeySequence(QStringLiteral("F8")), tr("Give up what is being computed"),
      [this] { session_.stop(); }, "stop");
  command("compareOpened", tr("Compare with the state as &opened"), {}, tr("Changes are shown against the files"),
          [this] { session_.compare_with_opened(!session_.compares_with_opened()); })
      ->setCheckable(true);
  command("compare", tr("&Compare with\u2026"), QKeySequence(QStringLiteral("Ctrl+D")),
          tr("Compare with another scenario"), [this] {
            const QStringList paths = QFileDialog::getOpenFileNames(
                this, tr("Compare with"), {}, tr("Scenarios and manifests (*.yaml *.yml *.json)"));
            if (!paths.isEmpty()) session_.compare_with(paths);
          });
  command("compareNone", tr("Stop comparing with another scenario"), {}, tr("Compare with the state before again"),
          [this] { session_.compare_with({}); });
  command("nextFlow", tr("Next flow"), QKeySequence(QStringLiteral("Ctrl+Down")), tr("Next row of the flow table"),
          [this] { flows_->step(1); });
  command("previousFlow", tr("Previous flow"), QKeySequence(QStringLiteral("Ctrl+Up")),
          tr("Previous row of the flow table"), [this] { flows_->step(-1); });
  command("nextHop", tr("Next hop"), QKeySequence(QStringLiteral("Ctrl+.")), tr("Next hop of this flow"),
          [this] { inspector_->step_hop(1); });
  command("previousHop", tr("Previous hop"), QKeySequence(QStringLiteral("Ctrl+,")), tr("Previous hop of this flow"),
          [this] { inspector_->step_hop(-1); });
  command("nextFinding", tr("Next flow that needs attention"), QKeySequence(QStringLiteral("Alt+Down")),
          tr("Next flow that is bypassed, open, unknown or not as expected"), [this] { flows_->step_finding(1); });
  command("previousFinding", tr("Previous flow that needs attention"), QKeySequence(QStringLiteral("Alt+Up")),
          tr("Previous flow that is bypassed, open, unknown or not as expected"), [this] { flows_->step_finding(-1); });
  command("back", tr("&Back"), QKeySequence(QStringLiteral("Alt+Left")), tr("What was looked at before"),
          [this] { inspector_->go(-1); });
  command("forward", tr("F&orward"), QKeySequence(QStringLiteral("Alt+Right")), tr("What was looked at after"),
          [this] { inspector_->go(1); });
  command("zoomIn", tr("Zoom &in"), QKeySequence(QStringLiteral("Ctrl++")), tr("Larger"),
          [this] { graph_->zoom_by(1.25); });
  command("zoomOut", tr("Zoom &out"), QKeySequence(QStringLiteral("Ctrl+-")), tr("Smaller"),
          [this] { graph_->zoom_by(0.8); });
  command("zoomReset", tr("Zoom &1:1"), QKeySequence(QStringLiteral("Ctrl+0")), tr("Natural size"),
          [this] { graph_->zoom_reset(); });
  command(
      "zoomFit", tr("&Fit to window"), QKeySequence(QStringLiteral("Ctrl+Shift+0")), tr("The whole graph"),
      [this] { graph_->zoom_to_fit(); }, "fit");
  command("layout", tr("&Lay out again"), QKeySequence(QStringLiteral("Ctrl+R")), tr("Place the nodes anew"),
          [this] { session_.lay_out_again(); });
  const auto picture_toggle = [this](const QString& name, const QString& text, const QString& tip, bool on,
                                     auto change) {
    QAction* made = command(name, text, {}, tip, [] {});
    made->setCheckable(true);
    made->setChecked(on);
    connect(made, &QAction::toggled, this, [this, change](bool now) {
      PictureOptions options = session_.picture_options();
      change(options, now);
      session_.set_picture_options(options);
    });
  };
  picture_toggle("ztunnels", tr("Show &ztunnels"), tr("A node for each ztunnel and the pods it captures"), false,
                 [](PictureOptions& o, bool on) { o.graph.ztunnels = on; });
  picture_toggle("idle", tr("Show i&dle objects"), tr("Workloads and services that no flow meets"), true,
                 [](PictureOptions& o, bool on) { o.graph.idle = on; });
  command("collapseAll", tr("&Collapse all namespaces"), {}, tr("One node for each namespace"), [this] {
    if (session_.result() == nullptr) return;
    PictureOptions options = session_.picture_options();
    for (const auto& [name, info] : session_.result()->mesh().namespaces) options.collapsed.insert(name);
    session_.set_picture_options(options);
  });
  command("expandAll", tr("&Expand all namespaces"), {}, tr("Everything inside the namespaces"), [this] {
    PictureOptions options = session_.picture_options();
    options.collapsed.clear();
    options.collapse_above = 0;
    session_.set_picture_options(options);
  });
  command("maximise", tr("Panel over the whole &window"), QKeySequence(QStringLiteral("F11")),
          tr("The panel with the focus takes the whole window, and goes back"), [this] { maximise(!maximised()); });
  command("defaultLayout", tr("&Restore default layout"), {}, tr("All panels at their places"),
          [this] { restore_default_layout(); });
  command("commands", tr("&Command palette\u2026"), QKeySequence(QStringLiteral("Ctrl+K")), tr("Every command by name"),
          [this] { open_palette(); });
  command("shortcuts", tr("&Keyboard shortcuts"), QKeySequence(QStringLiteral("?")), tr("All keys"),
          [this] { open_shortcuts(); });
  command("about", tr("&About meshsim"), {}, tr("Version, licence and libraries"), [this] { open_about(); });
  command("help", tr("&How to read the graph"), QKeySequence(QStringLiteral("F1")), tr("The legend, in the inspector"),
          [this] {
            session_.select({});
            view(QStringLiteral("inspector"));
          });
}

void MainWindow::make_menus() {
  const auto add = [this](QMenu* menu, const QStringList& names) {
    for (const QString& name : names) {
      if (name.isEmpty()) {
        menu->addSeparator();
      } else {
        menu->addAction(action(name));
      }
    }
  };
  const auto add_menu = [this](const char* name, const QString& text) {
    QMenu* made = menuBar()->addMenu(text);
    made->setObjectName(QString::fromLatin1(name));
    return made;
  };
  QMenu* file = add_menu("menu-file", tr("&File"));
  add(file, {"open", "openFolder"});
  recent_menu_ = file->addMenu(tr("Open &recent"));
  add(file, {"", "save", "saveAs", "export", "", "close", "quit"});
  QMenu* edit = add_menu("menu-edit", tr("&Edit"));
  add(edit, {"undo", "redo", "", "copy", "copyFilter", "", "find", "findNext", "findPrevious", "clear"});
  profile_menu_ = edit->addMenu(tr("&Profile"));
  auto* profiles = new QActionGroup(this);
  for (const models::Profile& profile : models::profiles()) {
    const QString name = QString::fromStdString(profile.name);
    QAction* one =
        profile_menu_->addAction(tr("%1 (Istio %2)").arg(name, QString::fromStdString(profile.istio_version)));
    one->setObjectName(QStringLiteral("profile.") + name);
    one->setCheckable(true);
    profiles->addAction(one);
    connect(one, &QAction::triggered, this, [this, name] { set_profile(name); });
  }
  QMenu* go = add_menu("menu-go", tr("&Go"));
  add(go, {"ask", "", "nextFlow", "previousFlow", "nextHop", "previousHop", "nextFinding", "previousFinding", "",
           "back", "forward"});
  QMenu* run = add_menu("menu-run", tr("&Run"));
  add(run, {"run", "simulate", "pause", "stop", "", "nextEvent", "runUntil", "timeline", "", "compareOpened", "compare",
            "compareNone"});
  QMenu* show = add_menu("menu-view", tr("&View"));
  add(show,
      {"zoomIn", "zoomOut", "zoomReset", "zoomFit", "layout", "", "ztunnels", "idle", "collapseAll", "expandAll", ""});
  for (const QString& name : dock_order_) show->addAction(docks_[name]->toggleViewAction());
  show->addSeparator();
  QMenu* themes = show->addMenu(tr("&Theme"));
  auto* group = new QActionGroup(this);
  for (const auto& [mode, name, text] : {std::tuple{ThemeMode::System, "theme.system", tr("&System")},
                                         {ThemeMode::Light, "theme.light", tr("&Light")},
                                         {ThemeMode::Dark, "theme.dark", tr("&Dark")}}) {
    QAction* one = themes->addAction(text);
    one->setObjectName(QString::fromLatin1(name));
    one->setCheckable(true);
    one->setChecked(theme_mode() == mode);
    group->addAction(one);
    commands_ << one;
    connect(one, &QAction::triggered, this, [this, mode = mode] { set_theme(mode); });
  }
  add(show, {"maximise", "defaultLayout"});
  QMenu* help = add_menu("menu-help", tr("&Help"));
  add(help, {"help", "shortcuts", "commands", "", "about"});
  QToolBar* bar = addToolBar(tr("Main toolbar"));
  bar->setObjectName(QStringLiteral("toolbar"));
  bar->setMovable(false);
  bar->setIconSize({20, 20});
  for (const char* name : {"open", "save", "", "undo", "redo", "", "run", "stop", "", "ask", "zoomFit", "export"}) {
    if (*name == 0) {
      bar->addSeparator();
    } else {
      bar->addAction(action(QString::fromLatin1(name)));
    }
  }
  refresh_recent();
}

void MainWindow::refresh_recent() {
  recent_menu_->clear();
  for (const QString& path : recent_files()) {
    QAction* one = recent_menu_->addAction(path, this, [this, path] { open({path}); });
    one->setEnabled(QFileInfo::exists(path));
  }
  recent_menu_->addSeparator();
  recent_menu_->addAction(tr("&Clear list"), this, [this] {
    forget_files();
    refresh_recent();
    start_->refresh();
  });
}

void MainWindow::refresh_actions() {
  const bool open = session_.result() != nullptr;
  for (const char* name : {"save",          "saveAs",       "export",       "copy",        "find",
                           "findNext",      "findPrevious", "ask",          "run",         "compare",
                           "compareOpened", "nextFlow",     "previousFlow", "nextFinding", "previousFinding",
                           "zoomIn",        "zoomOut",      "zoomReset",    "zoomFit",     "layout",
                           "ztunnels",      "idle",         "collapseAll",  "expandAll",   "help"})
    action(QString::fromLatin1(name))->setEnabled(open);
  action(QStringLiteral("stop"))->setEnabled(session_.busy() || session_.simulating());
  action(QStringLiteral("simulate"))->setEnabled(open && !session_.simulating());
  const bool traffic =
      open && !session_.result()->loaded().unreadable && scenarios::has_traffic(session_.result()->loaded().scenario);
  action(QStringLiteral("nextEvent"))->setEnabled(traffic && !session_.simulating());
  action(QStringLiteral("runUntil"))->setEnabled(traffic && !session_.simulating());
  action(QStringLiteral("pause"))->setEnabled(session_.simulating());
  action(QStringLiteral("pause"))->setChecked(session_.paused());
  action(QStringLiteral("compareNone"))->setEnabled(!session_.compared_with().isEmpty());
  const bool flow = session_.selection().kind == Selection::Kind::Flow;
  action(QStringLiteral("nextHop"))->setEnabled(flow);
  action(QStringLiteral("previousHop"))->setEnabled(flow);
  action(QStringLiteral("copyFilter"))->setEnabled(session_.selection().kind != Selection::Kind::Nothing);
  profile_menu_->setEnabled(open);
  if (!open) return;
  const QString profile = QString::fromStdString(session_.result()->mesh().settings.profile.name);
  for (QAction* one : profile_menu_->actions())
    one->setChecked(one->objectName() == QStringLiteral("profile.") + profile);
}

void MainWindow::set_profile(const QString& name) {
  if (session_.result() == nullptr || session_.result()->mesh().settings.profile.name == name.toStdString()) return;
  scenarios::Edit edit;
  edit.kind = scenarios::Edit::Kind::Profile;
  edit.value = name.toStdString();
  session_.apply(edit);
}

void MainWindow::choose_file() {
  open(QFileDialog::getOpenFileNames(this, tr("Open"), {},
                                     tr("Scenarios and manifests (*.yaml *.yml *.json);;All files (*)")));
}

void MainWindow::choose_folder() {
  const QString folder = QFileDialog::getExistingDirectory(this, tr("Open a folder of manifests"));
  if (!folder.isEmpty()) open({folder});
}

bool MainWindow::save_to(const QString& path) {
  const QString problem = session_.save(path);
  if (!problem.isEmpty()) {
    QMessageBox::warning(this, tr("Not saved"), problem);
    return false;
  }
  remember_file(path);
  refresh_recent();
  refresh_title();
  return true;
}

void MainWindow::save(bool ask_for_name) {
  QString path = session_.saved_as();
  if (ask_for_name || path.isEmpty()) {
    const QFileInfo first(session_.paths().isEmpty() ? QString() : session_.paths().first());
    const QString proposal =
        first.isDir() ? first.absoluteFilePath() + QStringLiteral("/scenario.yaml")
                      : first.absolutePath() + '/' + first.completeBaseName() + QStringLiteral("-changed.yaml");
    path = QFileDialog::getSaveFileName(this, tr("Save scenario"), proposal, tr("Scenarios (*.yaml *.yml)"));
  }
  if (!path.isEmpty()) save_to(path);
}

QString MainWindow::export_view(const QString& path) {
  if (session_.result() == nullptr) return tr("Nothing is open.");
  const QString kind = QFileInfo(path).suffix().toLower();
  const QString title = QStringLiteral("%1, seed %2, meshsim %3")
                            .arg(QString::fromStdString(session_.result()->loaded().scenario.name))
                            .arg(session_.result()->loaded().scenario.run.seed)
                            .arg(QApplication::applicationVersion());
  for (const auto& [name, chart] : charts_)  // the chart in front
    if (chart->isVisible() && !chart->visibleRegion().isEmpty()) return chart->export_to(path, title);
  if (kind == QLatin1String("csv")) {
    const bool policies = !policies_->visibleRegion().isEmpty();
    const auto problem =
        scenarios::write_file(path.toStdString(), (policies ? policies_->csv() : flows_->csv(false)).toStdString());
    return problem ? QString::fromStdString(*problem) : QString();
  }
  if (kind == QLatin1String("svg"))
    return graph_->write_svg(path, title) ? QString() : tr("%1 cannot be written.").arg(path);
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly)) return tr("%1 cannot be written: %2").arg(path, file.errorString());
  QImageWriter writer(&file, "png");
  writer.setText(QStringLiteral("Title"), title);
  if (!writer.write(graph_->image(2)) || !file.commit())
    return tr("%1 cannot be written: %2").arg(path, writer.errorString());
  return {};
}

void MainWindow::set_theme(ThemeMode mode) {
  prefer_theme(mode);
  apply_theme(*static_cast<QApplication*>(QApplication::instance()), mode);
  // Item views hold colours of the result: they are filled again.
  if (session_.result() != nullptr) emit session_.result_changed();
}

}  // namespace meshsim::viz
