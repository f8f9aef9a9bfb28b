#include "viz/session/session.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QUndoCommand>
#include <algorithm>
#include <set>
#include <utility>

#include "models/simulation/result.h"
#include "scenarios/report/report.h"
#include "scenarios/run/simulation_run.h"

namespace meshsim::viz {

using scenarios::Document;
using scenarios::Edit;

namespace {

// The edit itself; Session follows the index of the stack.
class EditCommand : public QUndoCommand {
 public:
  explicit EditCommand(Edit edit) : QUndoCommand(QString::fromStdString(edit.text())), edit_(std::move(edit)) {}
  const Edit& edit() const { return edit_; }

 private:
  Edit edit_;
};

QString size_and_time(const QString& path) {
  const QFileInfo info(path);
  return path + ':' + QString::number(info.size()) + ':' + QString::number(info.lastModified().toMSecsSinceEpoch());
}

}  // namespace

Session::Session(QObject* parent) : QObject(parent), worker_(new Worker), simulator_(new Simulator) {
  qRegisterMetaType<Request>();
  qRegisterMetaType<Result>();
  qRegisterMetaType<PictureResult>();
  qRegisterMetaType<Findings>();
  qRegisterMetaType<std::uint64_t>("std::uint64_t");
  worker_->moveToThread(&thread_);
  connect(&thread_, &QThread::finished, worker_, &QObject::deleteLater);
  connect(this, &Session::request_work, worker_, &Worker::work, Qt::QueuedConnection);
  connect(worker_, &Worker::finished, this, &Session::arrived, Qt::QueuedConnection);
  connect(worker_, &Worker::linted, this, [this](std::uint64_t generation, const Findings& findings) {
    if (generation != generation_) return;
    findings_ = findings;
    emit findings_changed();
  });
  connect(worker_, &Worker::progress, this, [this](std::uint64_t generation, const QString& stage) {
    if (generation == generation_ && busy_) emit busy_changed(true, stage);
  });
  connect(worker_, &Worker::failed, this, [this](std::uint64_t generation, const QString& why) {
    if (generation != generation_) return;
    busy_ = false;
    emit said(tr("Failed: %1").arg(why));
    emit busy_changed(false, {});
  });
  simulator_->moveToThread(&simulation_thread_);
  connect(&simulation_thread_, &QThread::finished, simulator_, &QObject::deleteLater);
  connect(this, &Session::request_simulation, simulator_, &Simulator::simulate, Qt::QueuedConnection);
  connect(simulator_, &Simulator::progress, this, [this](double done, quint64 requests) {
    done_ = done;
    requests_ = requests;
    if (simulating_ && !paused_) say_progress();
  });
  connect(simulator_, &Simulator::finished, this, [this](const Result& result) {
    simulating_ = paused_ = false;
    emit busy_changed(busy_, {});
    if (result_ == nullptr || result->document != result_->document) return;  // changed meanwhile
    retire(std::exchange(simulated_, result));
    emit said(result->run.simulation->cut() ? tr("Simulated, stopped before its end") : tr("Simulated"));
    emit simulation_changed();
  });
  connect(simulator_, &Simulator::failed, this, [this](const QString& why) {
    simulating_ = paused_ = false;
    emit said(tr("The simulation failed: %1").arg(why));
    emit busy_changed(busy_, {});
  });
  thread_.start();
  simulation_thread_.start();
  connect(&undo_, &QUndoStack::indexChanged, this, &Session::show_state);
  debounce_.setSingleShot(true);
  debounce_.setInterval(250);
  connect(&debounce_, &QTimer::timeout, this, &Session::look_at_files);
  connect(&watcher_, &QFileSystemWatcher::fileChanged, &debounce_, qOverload<>(&QTimer::start));
  connect(&watcher_, &QFileSystemWatcher::directoryChanged, &debounce_, qOverload<>(&QTimer::start));
}

Session::~Session() {
  undo_.disconnect(this);
  worker_->want(~std::uint64_t{0});
  simulator_->stop();
  for (QThread* thread : {&thread_, &simulation_thread_}) {
    thread->quit();
    thread->wait();
  }
}

void Session::submit(Request request) {
  request.generation = ++generation_;
  request.picture = picture_options_;
  if (picture_ != nullptr && !fresh_order_) request.earlier = order_of(picture_->graph, picture_->layout);
  fresh_order_ = false;
  worker_->want(generation_);
  busy_ = true;
  emit busy_changed(true, tr("Working"));
  emit request_work(request);
}

void Session::open(const QStringList& paths) {
  if (paths.isEmpty()) return;
  {
    const QSignalBlocker quiet(&undo_);
    undo_.clear();
  }
  paths_ = paths;
  saved_as_.clear();
  stale_.clear();
  states_.clear();
  result_ = opened_ = nullptr;
  other_.clear();
  picture_ = nullptr;
  picture_options_.collapsed.clear();
  selection_ = {};
  requested_index_ = 0;
  reloading_ = false;
  emit stale_changed();
  Request request;
  for (const QString& path : paths) request.paths.push_back(path.toStdString());
  emit said(tr("Open %1").arg(paths.join(", ")));
  submit(std::move(request));
}

void Session::reload() {
  if (paths_.isEmpty()) return;
  if (states_.empty() || states_.front() == nullptr) return open(QStringList(paths_));
  reloading_ = true;
  Request request;
  request.from = states_.front();
  request.reread = true;
  for (int i = 0; i < undo_.index(); ++i)
    request.edits.push_back(static_cast<const EditCommand*>(undo_.command(i))->edit());
  set_comparison(request);
  requested_index_ = undo_.index();
  emit said(tr("Read the files again"));
  submit(std::move(request));
}

void Session::apply(const Edit& edit) {
  if (states_.empty()) return;
  states_.resize(static_cast<std::size_t>(undo_.index()) + 1);
  emit said(QString::fromStdString(edit.text()));
  undo_.push(new EditCommand(edit));
}

void Session::show_state() {
  const int index = undo_.index();
  if (states_.empty()) return;
  states_.resize(std::max(states_.size(), static_cast<std::size_t>(index) + 1));
  int known = index;
  while (known > 0 && states_[static_cast<std::size_t>(known)] == nullptr) --known;
  Request request;
  request.from = states_[static_cast<std::size_t>(known)];
  if (request.from == nullptr) return;
  for (int i = known; i < index; ++i)
    request.edits.push_back(static_cast<const EditCommand*>(undo_.command(i))->edit());
  set_comparison(request);
  requested_index_ = index;
  reloading_ = false;
  submit(std::move(request));
}

void Session::arrived(std::uint64_t generation, const Result& result, const PictureResult& picture) {
  if (generation != generation_) return;
  busy_ = false;
  const bool redrawn = result == result_;
  const bool broken = result->loaded().unreadable;
  if (!redrawn && reloading_ && broken && result_ != nullptr && !result_->loaded().unreadable) {
    // The last good result stays, with a word about what is wrong.
    stale_ = tr("The files changed and cannot be understood.");
    for (const auto& d : result->loaded().diagnostics)
      if (d.severity == models::Severity::Error) {
        stale_ = QString::fromStdString(models::format(d));
        break;
      }
    reloading_ = false;
    emit said(tr("Stale: %1").arg(stale_));
    emit stale_changed();
    emit busy_changed(false, {});
    return watch();
  }
  if (!redrawn) retire(std::move(result_));
  result_ = result;
  picture_ = picture;
  picture_options_.collapsed = picture->collapsed;
  if (!picture->collapsed.empty()) picture_options_.collapse_above = 0;
  if (redrawn) {
    emit busy_changed(false, {});
    emit picture_changed();
    return;
  }
  if (reloading_) states_.assign(static_cast<std::size_t>(undo_.count()) + 1, nullptr);
  states_.resize(std::max(states_.size(), static_cast<std::size_t>(requested_index_) + 1));
  states_[static_cast<std::size_t>(requested_index_)] = result->document;
  if (reloading_ && requested_index_ > 0) states_.front() = result->document->opened();
  if (opened_ == nullptr || (reloading_ && requested_index_ == 0)) opened_ = result;
  if (!stale_.isEmpty()) {
    stale_.clear();
    emit stale_changed();
  }
  reloading_ = false;
  emit said(tr("%n flow(s) judged", nullptr, static_cast<int>(result->run.flows.size())) +
            (result->compared
                 ? tr("; %n differ from the state before", nullptr, static_cast<int>(result->changes.changes.size()))
                 : QString()));
  if (simulating_) simulator_->stop();
  retire(std::exchange(simulated_, nullptr));
  findings_ = nullptr;
  emit result_changed();
  emit simulation_changed();
  emit busy_changed(false, {});
  watch();
}

QString Session::save(const QString& path) {
  if (result_ == nullptr) return tr("Nothing is open.");
  const QString folder = QFileInfo(path).absolutePath();
  bool comments_lost = false;
  const std::string text = result_->document->text(folder.toStdString(), &comments_lost);
  if (const auto problem = scenarios::write_file(path.toStdString(), text)) return QString::fromStdString(*problem);
  saved_as_ = path;
  undo_.setClean();
  emit said(comments_lost ? tr("Saved %1; comments of the original could not be kept").arg(path)
                          : tr("Saved %1").arg(path));
  return {};
}

void Session::retire(Result old) {
  if (old == nullptr) return;
  retired_.push_back(std::move(old));
  // After the panels, which hold it until they are filled again.
  steps_.add(&retirement_, [this] { QMetaObject::invokeMethod(worker_, [gone = std::exchange(retired_, {})] {}); });
}

void Session::say_progress() {
  emit busy_changed(true, (paused_ ? tr("Paused at %1 %, %2 requests") : tr("Simulating, %1 %, %2 requests"))
                              .arg(done_ * 100, 0, 'f', 0)
                              .arg(requests_));
}

void Session::pause(bool on) {
  if (!simulating_ || paused_ == on) return;
  paused_ = on;
  simulator_->pause(on);
  say_progress();
}

double Session::simulated_until() const {
  if (simulated_ == nullptr) return 0;
  const models::SimulationResult& s = *simulated_->run.simulation;
  std::int64_t least = s.duration_ns;  // a stopped run ends where its slowest part ended
  for (const models::ReplicationSummary& r : s.replications) least = std::min(least, r.simulated_ns);
  return static_cast<double>(s.cut() ? least : s.duration_ns) / 1e9;
}

double Session::simulated_whole() const {
  return result_ == nullptr ? 0 : static_cast<double>(scenarios::duration_of(result_->loaded().scenario)) / 1e9;
}

void Session::simulate(double until) {
  if (result_ == nullptr || simulating_) return;
  if (result_->loaded().unreadable || !scenarios::has_traffic(result_->loaded().scenario)) {
    emit said(tr("Nothing to simulate: no flow has a rate, and there is no timeline."));
    return;
  }
  simulating_ = true;
  paused_ = false;
  done_ = 0;
  requests_ = 0;
  simulator_->pause(false);
  emit busy_changed(true, tr("Simulating"));
  emit request_simulation(result_, static_cast<qint64>(until * 1e9));
}

void Session::stop() {
  if (simulating_) simulator_->stop();
  paused_ = false;
  worker_->want(++generation_);
  if (!busy_) return;
  busy_ = false;
  emit said(tr("Stopped"));
  emit busy_changed(false, {});
}

void Session::select(const Selection& selection) {
  if (selection_ == selection) return;
  selection_ = selection;
  emit selection_changed();
}

void Session::set_picture_options(const PictureOptions& options) {
  picture_options_ = options;
  if (result_ == nullptr) return;
  Request request;
  request.judge = false;
  request.shown = result_;
  submit(std::move(request));
}

void Session::lay_out_again() {
  fresh_order_ = true;
  set_picture_options(picture_options_);
}

void Session::compare_with_opened(bool on) {
  compare_with_opened_ = on;
  if (on && result_ != nullptr) show_state();
}

void Session::compare_with(const QStringList& paths) {
  other_ = paths;
  if (!paths.isEmpty()) emit said(tr("Compare with %1").arg(paths.join(", ")));
  if (result_ != nullptr) show_state();
}

void Session::set_comparison(Request& request) const {
  request.before = compare_with_opened_ ? opened_ : result_;
  request.known = result_;
  for (const QString& path : other_) request.other.push_back(path.toStdString());
}

QStringList Session::watched_files() const {
  std::set<QString> files;
  for (const QString& path : paths_) {
    files.insert(path);
    files.insert(QFileInfo(path).path());
  }
  if (result_ != nullptr) {
    const auto add = [&](const std::string& name) {
      const QString file = QString::fromStdString(name);
      if (name.empty() || !QFileInfo::exists(file)) return;
      files.insert(file);
      files.insert(QFileInfo(file).path());
    };
    add(result_->loaded().scenario.file);
    std::string last;
    for (const models::Object& object : result_->loaded().scenario.objects)
      if (object.tree != nullptr && object.tree->file() != last) add(last = object.tree->file());
  }
  return {files.begin(), files.end()};
}

void Session::watch() {
  const QStringList files = watched_files();
  if (const QStringList old = watcher_.files() + watcher_.directories(); !old.isEmpty()) watcher_.removePaths(old);
  QString signature;
  QStringList present;
  for (const QString& file : files) {
    if (QFileInfo::exists(file)) present.push_back(file);
    if (QFileInfo(file).isDir()) {
      for (const QFileInfo& one : QDir(file).entryInfoList({"*.yaml", "*.yml", "*.json"}, QDir::Files, QDir::Name))
        signature += size_and_time(one.filePath()) + '\n';
    } else {
      signature += size_and_time(file) + '\n';
    }
  }
  if (!present.isEmpty()) watcher_.addPaths(present);
  signature_ = signature;
}

void Session::look_at_files() {
  const QString before = signature_;
  watch();  // an atomic replacement makes the watcher forget the file
  if (signature_ != before) reload();
}

}  // namespace meshsim::viz
