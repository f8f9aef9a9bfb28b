#include "viz/app/main_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QMimeData>
#include <QStatusBar>
#include <QTabWidget>
#include <QTime>
#include <QVBoxLayout>
#include <memory>

#include "viz/app/preferences.h"
#include "viz/app/start_page.h"
#include "viz/app/summary_bar.h"
#include "viz/charts/chart_panel.h"
#include "viz/charts/registry.h"
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

namespace meshsim::viz {

namespace {

class NoTitle : public QWidget {
 public:
  using QWidget::QWidget;
  QSize sizeHint() const override { return {0, 0}; }
  QSize minimumSizeHint() const override { return {0, 0}; }
};

}  // namespace

MainWindow::MainWindow(QWidget* parent) : QMainWindow(parent), pages_(new QStackedWidget(this)) {
  setObjectName(QStringLiteral("mainWindow"));
  setDockNestingEnabled(true);
  setAcceptDrops(true);
  setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
  resize(1280, 800);
  make_panels();
  make_docks();
  make_actions();
  make_menus();
  connect_session();
  default_state_ = saveState();
  restoreGeometry(stored_layout(QStringLiteral("geometry")));
  restoreState(stored_layout(QStringLiteral("docks")));
  for (const auto& [name, dock] : docks_) dock->setVisible(false);
  refresh_actions();
  refresh_title();
}

MainWindow::~MainWindow() = default;

void MainWindow::make_panels() {
  start_ = new StartPage;
  graph_ = new GraphView(session_);
  flows_ = new FlowPanel(session_);
  inspector_ = new Inspector(session_);
  explorer_ = new Explorer(session_);
  changes_ = new ChangesPanel(session_);
  findings_ = new FindingsPanel(session_);
  policies_ = new PolicyPanel(session_);
  source_ = new SourcePanel;
  ask_ = new AskPanel(session_);
  log_ = new QPlainTextEdit;
  log_->setObjectName(QStringLiteral("eventLog"));
  log_->setAccessibleName(tr("Event log"));
  log_->setReadOnly(true);
  log_->setMaximumBlockCount(5000);
  summary_ = new SummaryBar(session_);
  stale_ = new StaleBanner(session_);
  find_ = new FilterEdit;
  hide_ = new FilterEdit;
  find_->setObjectName(QStringLiteral("find"));
  hide_->setObjectName(QStringLiteral("hide"));
  find_->setPlaceholderText(tr("Find: bypassed, mode = ambient"));
  hide_->setPlaceholderText(tr("Hide: idle"));
  find_->setAccessibleName(tr("Find"));
  hide_->setAccessibleName(tr("Hide"));
  auto* row = new QHBoxLayout;
  row->setContentsMargins(12, 0, 12, 6);
  row->setSpacing(8);
  row->addWidget(find_, 3);
  row->addWidget(hide_, 2);
  auto* page = new QWidget;
  auto* box = new QVBoxLayout(page);
  box->setContentsMargins(0, 0, 0, 0);
  box->setSpacing(0);
  box->addWidget(stale_);
  box->addWidget(summary_);
  box->addLayout(row);
  box->addWidget(graph_, 1);
  pages_->addWidget(start_);
  pages_->addWidget(page);
  setCentralWidget(pages_);
  busy_text_ = new QLabel;
  busy_bar_ = new QProgressBar;
  busy_bar_->setRange(0, 0);
  busy_bar_->setMaximumWidth(120);
  busy_bar_->setTextVisible(false);
  busy_bar_->hide();
  state_text_ = new QLabel;
  statusBar()->addPermanentWidget(busy_text_);
  statusBar()->addPermanentWidget(busy_bar_);
  statusBar()->addPermanentWidget(state_text_);
  setTabOrder(find_, hide_);
  setTabOrder(hide_, graph_);
}

QDockWidget* MainWindow::add_dock(const QString& name, const QString& title, QWidget* widget, Qt::DockWidgetArea area) {
  auto* dock = new QDockWidget(title, this);
  dock->setObjectName(QStringLiteral("dock.") + name);
  dock->setWidget(widget);
  addDockWidget(area, dock);
  docks_[name] = dock;
  dock_order_ << name;
  return dock;
}

void MainWindow::make_docks() {
  add_dock(QStringLiteral("explorer"), tr("Explorer"), explorer_, Qt::LeftDockWidgetArea);
  QDockWidget* ask = add_dock(QStringLiteral("ask"), tr("Ask"), ask_, Qt::LeftDockWidgetArea);
  add_dock(QStringLiteral("inspector"), tr("Inspector"), inspector_, Qt::RightDockWidgetArea);
  QDockWidget* flows = add_dock(QStringLiteral("flows"), tr("Flows"), flows_, Qt::BottomDockWidgetArea);
  QList<QDockWidget*> bottom{add_dock(QStringLiteral("policies"), tr("Policies"), policies_, Qt::BottomDockWidgetArea),
                             add_dock(QStringLiteral("changes"), tr("Changes"), changes_, Qt::BottomDockWidgetArea),
                             add_dock(QStringLiteral("findings"), tr("Findings"), findings_, Qt::BottomDockWidgetArea),
                             add_dock(QStringLiteral("source"), tr("Manifest"), source_, Qt::BottomDockWidgetArea),
                             add_dock(QStringLiteral("log"), tr("Event log"), log_, Qt::BottomDockWidgetArea)};
  chart_tabs_ = new QTabWidget;
  chart_tabs_->setObjectName(QStringLiteral("charts"));
  chart_tabs_->setDocumentMode(true);
  chart_tabs_->setUsesScrollButtons(true);
  for (const ChartEntry& entry : chart_entries()) {
    auto* chart = new ChartPanel(entry.name, entry.make, entry.none);
    charts_[entry.name] = chart;
    chart_order_ << entry.name;
    chart_tabs_->addTab(chart, entry.title);
    chart_tabs_->setTabToolTip(chart_tabs_->count() - 1, entry.about);
    connect(chart, &ChartPanel::flows_wanted, this, [this](const FlowSet& flows, const QString& why) {
      view(QStringLiteral("flows"));
      flows_->show_only(flows, why);
    });
    connect(chart, &ChartPanel::export_wanted, this, [this] { action(QStringLiteral("export"))->trigger(); });
  }
  bottom.insert(2, add_dock(QStringLiteral("charts"), tr("Charts"), chart_tabs_, Qt::BottomDockWidgetArea));
  timeline_ = new TimelinePanel(session_);
  bottom.insert(3, add_dock(QStringLiteral("timeline"), tr("Timeline"), timeline_, Qt::BottomDockWidgetArea));
  QDockWidget* last = flows;
  for (QDockWidget* dock : bottom) {
    tabifyDockWidget(last, dock);
    last = dock;
  }
  tabifyDockWidget(docks_[QStringLiteral("explorer")], ask);
  docks_[QStringLiteral("explorer")]->raise();
  flows->raise();
  // A tab names its panel already; a second title would only take room.
  for (QDockWidget* dock : findChildren<QDockWidget*>())
    if (dock != docks_[QStringLiteral("inspector")]) dock->setTitleBarWidget(new NoTitle(dock));
  setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
  resizeDocks({docks_[QStringLiteral("explorer")], docks_[QStringLiteral("inspector")]}, {250, 380}, Qt::Horizontal);
  resizeDocks({flows}, {230}, Qt::Vertical);
}

void MainWindow::connect_session() {
  connect(start_, &StartPage::open_wanted, this, &MainWindow::open);
  connect(start_, &StartPage::choose_file, this, &MainWindow::choose_file);
  connect(start_, &StartPage::choose_folder, this, &MainWindow::choose_folder);
  connect(find_, &QLineEdit::textChanged, graph_, &GraphView::set_find);
  connect(hide_, &QLineEdit::textChanged, graph_, &GraphView::set_hide);
  connect(find_, &QLineEdit::returnPressed, graph_, [this] { graph_->find_next(1); });
  connect(graph_, &GraphView::filter_problem, this,
          [this](bool hide, const QString& problem) { (hide ? hide_ : find_)->show_problem(problem); });
  connect(summary_, &SummaryBar::find_wanted, this, [this](const QString& filter) {
    find_->setText(find_->text() == filter ? QString() : filter);
    flows_->set_filter(find_->text());
    view(QStringLiteral("flows"));
  });
  connect(graph_, &GraphView::activated, this, [this] {
    view(QStringLiteral("inspector"));
    inspector_->text()->setFocus();
  });
  connect(graph_, &GraphView::node_menu, this, [this](const QString& id, const QPoint& at) {
    QMenu* menu = explorer_->menu_for(id, this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->popup(at);
  });
  connect(explorer_, &Explorer::edit_policy, this, [this](const QString& key) { edit_policy(key, {}); });
  connect(explorer_, &Explorer::new_policy, this, [this](const QString& ns) { edit_policy({}, ns); });
  connect(explorer_, &Explorer::label_wanted, this, [this](const QString& object) { edit_labels(object); });
  connect(policies_, &PolicyPanel::edit_policy, this, [this](const QString& key) { edit_policy(key, {}); });
  connect(inspector_, &Inspector::edit_policy, this, [this](const QString& key) { edit_policy(key, {}); });
  connect(inspector_, &Inspector::disable_policy, this, &MainWindow::disable_policy);
  connect(inspector_, &Inspector::open_source, this, &MainWindow::show_source);
  connect(findings_, &FindingsPanel::open_source, this, &MainWindow::show_source);
  connect(findings_, &FindingsPanel::counted, this, [this](int errors, int all) {
    docks_[QStringLiteral("findings")]->setWindowTitle(
        all == 0        ? tr("Findings")
        : errors == 0   ? tr("Findings (%1)").arg(all)
        : errors == all ? tr("Findings (%n error(s))", nullptr, errors)
                        : tr("Findings (%1, %n error(s))", nullptr, errors).arg(all));
  });
  connect(ask_, &AskPanel::answered, this, [this](const scenarios::FlowRun& run) {
    view(QStringLiteral("inspector"));
    inspector_->show_flow(run);
  });
  // A panel behind a tab comes to the front when the focus goes into it.
  connect(qApp, &QApplication::focusChanged, this, [this](QWidget*, QWidget* now) {
    if (now == nullptr || now->window() != this || !now->visibleRegion().isEmpty()) return;
    for (const auto& [name, dock] : docks_)
      if (dock->isAncestorOf(now)) dock->raise();
  });
  connect(&session_, &Session::said, this, &MainWindow::say);
  connect(&session_, &Session::busy_changed, this, [this](bool busy, const QString& stage) {
    busy_bar_->setVisible(busy);
    busy_text_->setText(busy ? stage + QStringLiteral("\u2026") : QString());
    refresh_actions();
  });
  connect(&session_, &Session::result_changed, this, [this] {
    const bool first = pages_->currentIndex() == 0;
    pages_->setCurrentIndex(1);
    if (first) {
      for (const QString& name : dock_order_) docks_[name]->setVisible(true);
      if (stored_layout(QStringLiteral("docks")).isEmpty()) {
        restore_default_layout();
      } else {
        restoreState(stored_layout(QStringLiteral("docks")));
      }
      graph_->setFocus();
    }
    const Result& result = session_.result();
    for (const auto& [name, chart] : charts_) chart->set_result(result);
    docks_[QStringLiteral("changes")]->setWindowTitle(
        result->compared ? tr("Changes (%1)").arg(result->changes.changes.size()) : tr("Changes"));
    if (result->compared && !result->changes.changes.empty()) docks_[QStringLiteral("changes")]->raise();
    if (result->loaded().unreadable) docks_[QStringLiteral("findings")]->raise();
    state_text_->setText(tr("%1 nodes, %2 edges")
                             .arg(session_.picture()->graph.nodes.size())
                             .arg(session_.picture()->graph.edges.size()));
    refresh_actions();
    refresh_title();
  });
  connect(&session_, &Session::simulation_changed, this, [this] {
    if (session_.simulated() == nullptr) return refresh_actions();
    for (const auto& [name, chart] : charts_) chart->set_result(session_.simulated());
    docks_[QStringLiteral("timeline")]->raise();
    refresh_actions();
  });
  // One cursor for the timeline and all charts over time.
  connect(timeline_, &TimelinePanel::time_changed, this, [this](double at) {
    for (const auto& [name, chart] : charts_)
      chart->set_time(timeline_->has_run() ? std::optional<double>(at) : std::nullopt);
  });
  for (const auto& [name, chart] : charts_)
    connect(chart, &ChartPanel::time_wanted, timeline_, &TimelinePanel::set_time);
  connect(session_.undo_stack(), &QUndoStack::cleanChanged, this, &MainWindow::refresh_title);
  connect(&session_, &Session::selection_changed, this, &MainWindow::refresh_actions);
}

void MainWindow::open(const QStringList& paths) {
  if (paths.isEmpty() || !may_close()) return;
  for (const QString& path : paths) remember_file(path);
  refresh_recent();
  session_.open(paths);
  refresh_title();
}

QAction* MainWindow::action(const QString& name) const {
  for (QAction* one : commands_)
    if (one->objectName() == name) return one;
  return nullptr;
}

ChartPanel* MainWindow::chart(const QString& name) const {
  const auto it = charts_.find(name);
  return it == charts_.end() ? nullptr : it->second;
}

QDockWidget* MainWindow::dock(const QString& name) const {
  const auto it = docks_.find(name);
  return it == docks_.end() ? nullptr : it->second;
}

QStringList MainWindow::view_names() const {
  return QStringList{QStringLiteral("window"), QStringLiteral("start"), QStringLiteral("graph")} + dock_order_ +
         chart_order_;
}

QWidget* MainWindow::view(const QString& name) {
  if (name == QLatin1String("window")) return this;
  if (name == QLatin1String("start")) return start_;
  if (name == QLatin1String("graph")) return graph_;
  if (ChartPanel* panel = chart(name)) {
    view(QStringLiteral("charts"));
    chart_tabs_->setCurrentWidget(panel);
    return panel;
  }
  QDockWidget* found = dock(name);
  if (found == nullptr) return nullptr;
  found->show();
  found->raise();
  return found->widget();
}

void MainWindow::restore_default_layout() {
  maximise(false);
  restoreState(default_state_);
  for (const QString& name : dock_order_) docks_[name]->setVisible(pages_->currentIndex() != 0);
  docks_[QStringLiteral("explorer")]->raise();
  docks_[QStringLiteral("flows")]->raise();
  resizeDocks({docks_[QStringLiteral("explorer")], docks_[QStringLiteral("inspector")]},
              {width() / 8 + 90, width() / 5 + 80}, Qt::Horizontal);
  resizeDocks({docks_[QStringLiteral("flows")]}, {height() * 33 / 100}, Qt::Vertical);
}

void MainWindow::maximise(bool on) {
  if (on == maximised() || pages_->currentIndex() == 0) return;
  if (!on) {
    pages_->show();
    restoreState(before_maximised_);
    before_maximised_.clear();
    return;
  }
  // The panel that has the focus; else what lies in front at the bottom.
  QDockWidget* front = nullptr;
  for (const auto& [name, dock] : docks_)
    if (dock->isAncestorOf(QApplication::focusWidget())) front = dock;
  for (const QString& name : dock_order_)
    if (front == nullptr && dockWidgetArea(docks_[name]) == Qt::BottomDockWidgetArea && docks_[name]->isVisible() &&
        !docks_[name]->visibleRegion().isEmpty())
      front = docks_[name];
  if (front == nullptr) return;
  before_maximised_ = saveState();
  // Panels behind the same tabs stay, one click away.
  const Qt::DockWidgetArea area = dockWidgetArea(front);
  for (const auto& [name, dock] : docks_)
    if (dockWidgetArea(dock) != area) dock->hide();
  pages_->hide();
}

void MainWindow::say(const QString& text) {
  log_->appendPlainText(QTime::currentTime().toString(QStringLiteral("HH:mm:ss  ")) + text);
  statusBar()->showMessage(text, 8000);
}

void MainWindow::disable_policy(const QString& key) {
  if (QTreeWidgetItem* item = explorer_->find(QStringLiteral("policy/") + key))
    item->setCheckState(0, item->checkState(0) == Qt::Checked ? Qt::Unchecked : Qt::Checked);
}

void MainWindow::show_source(const QString& file, int line) {
  view(QStringLiteral("source"));
  source_->show_place(file, line);
}

void MainWindow::refresh_title() {
  const QStringList& paths = session_.paths();
  if (paths.isEmpty()) return setWindowTitle(QStringLiteral("meshsim"));
  const QFileInfo info(session_.saved_as().isEmpty() ? paths.first() : session_.saved_as());
  const QString name =
      info.fileName() == QLatin1String("scenario.yaml") ? info.absoluteDir().dirName() : info.fileName();
  setWindowTitle(QStringLiteral("%1[*] \u2014 meshsim").arg(name));
  setWindowModified(!session_.undo_stack()->isClean());
}

bool MainWindow::may_close() {
  if (session_.undo_stack()->isClean() || session_.result() == nullptr) return true;
  const std::unique_ptr<QMessageBox> box(ask_to_save());
  switch (box->exec()) {
    case QMessageBox::Save:
      save(false);
      return session_.undo_stack()->isClean();
    case QMessageBox::Discard:
      return true;
    default:
      return false;
  }
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (!may_close()) return event->ignore();
  maximise(false);
  if (pages_->currentIndex() != 0) store_layout(QStringLiteral("docks"), saveState());
  store_layout(QStringLiteral("geometry"), saveGeometry());
  event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  for (const QUrl& url : event->mimeData()->urls()) {
    const QFileInfo info(url.toLocalFile());
    if (info.isDir() || QStringList{"yaml", "yml", "json"}.contains(info.suffix().toLower()))
      return event->acceptProposedAction();
  }
  if (event->mimeData()->hasUrls())
    statusBar()->showMessage(tr("Only YAML and JSON files and folders can be opened."), 5000);
}

void MainWindow::dropEvent(QDropEvent* event) {
  QStringList paths;
  for (const QUrl& url : event->mimeData()->urls())
    if (url.isLocalFile()) paths << url.toLocalFile();
  event->acceptProposedAction();
  open(paths);
}

}  // namespace meshsim::viz
