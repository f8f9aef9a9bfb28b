#pragma once
// Session: what is open, what was changed, what is shown. It owns the worker thread and the undo stack, watches the
// files and hands results to the panels. A state of the document is the inputs and the first n edits of the undo stack.
#include <QFileSystemWatcher>
#include <QObject>
#include <QStringList>
#include <QThread>
#include <QTimer>
#include <QUndoStack>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "viz/session/selection.h"
#include "viz/session/simulator.h"
#include "viz/session/steps.h"
#include "viz/session/worker.h"

namespace meshsim::viz {

class Session : public QObject {
  Q_OBJECT
 public:
  explicit Session(QObject* parent = nullptr);
  ~Session() override;

  void open(const QStringList& paths);
  void reload();
  void apply(const scenarios::Edit& edit);
  // The whole scenario as a file; an error text, or empty.
  QString save(const QString& path);
  void stop();  // gives up what is being computed

  const Result& result() const { return result_; }
  const PictureResult& picture() const { return picture_; }
  QUndoStack* undo_stack() { return &undo_; }
  // Panels that cost time fill themselves here, piece by piece.
  Steps& steps() { return steps_; }
  bool busy() const { return busy_; }
  // The opened files; the first one names the window.
  const QStringList& paths() const { return paths_; }
  const QString& stale() const { return stale_; }  // why the shown result is older than the files; empty: it is not
  const QString& saved_as() const { return saved_as_; }

  const Selection& selection() const { return selection_; }
  void select(const Selection& selection);

  const PictureOptions& picture_options() const { return picture_options_; }
  void set_picture_options(const PictureOptions& options);
  void lay_out_again();
  // Compare with the state as it was opened instead of the state before the last change.
  void compare_with_opened(bool on);
  bool compares_with_opened() const { return compare_with_opened_; }
  // Compare with another scenario or folder; empty: no more.
  void compare_with(const QStringList& paths);
  const QStringList& compared_with() const { return other_; }

  // Runs the traffic of the scenario over its timeline, up to `until` seconds (0: all); nothing to run: says so.
  void simulate(double until = 0);
  bool simulating() const { return simulating_; }
  void pause(bool on);  // the simulation that runs
  bool paused() const { return paused_; }
  // Simulated up to here, s; 0: not at all. The whole is simulated_whole() long.
  double simulated_until() const;
  double simulated_whole() const;
  // The shown result with its simulation; null: not simulated (yet).
  const Result& simulated() const { return simulated_; }

  // What lint says of result(); null: not yet, or the input was not understood.
  const Findings& findings() const { return findings_; }

  // Whether the files changed since they were read; also called by the watcher.
  void look_at_files();

 signals:
  void request_work(const meshsim::viz::Request& request);
  void request_simulation(const meshsim::viz::Result& result, qint64 until_ns);
  void simulation_changed();
  void findings_changed();
  void busy_changed(bool busy, const QString& stage);
  void result_changed();   // result() and picture() are new
  void picture_changed();  // picture() alone
  void selection_changed();
  void stale_changed();
  void said(const QString& text);  // for the event log

 private:
  void submit(Request request);
  void say_progress();
  // A result that nobody shows any more: thousands of outcomes, taken apart by the worker and not by the window.
  void retire(Result old);
  void set_comparison(Request& request) const;
  void show_state();
  void arrived(std::uint64_t generation, const Result& result, const PictureResult& picture);
  void watch();
  QStringList watched_files() const;

  QThread thread_, simulation_thread_;
  Steps steps_;
  Worker* worker_;
  Simulator* simulator_;
  QUndoStack undo_;
  QFileSystemWatcher watcher_;
  QTimer debounce_;
  std::uint64_t generation_ = 0;
  double done_ = 0;  // of the simulation that runs
  quint64 requests_ = 0;
  bool busy_ = false, simulating_ = false, paused_ = false, reloading_ = false, compare_with_opened_ = false;
  int requested_index_ = 0;
  std::vector<std::shared_ptr<const scenarios::Document>> states_;  // after n edits; null: not computed
  Result result_, opened_, simulated_;
  std::vector<Result> retired_;
  QObject retirement_;
  PictureResult picture_;
  Findings findings_;
  PictureOptions picture_options_;
  Selection selection_;
  QStringList paths_, other_;
  QString stale_, saved_as_;
  QString signature_;  // of the files when they were read
  bool fresh_order_ = false;
};

}  // namespace meshsim::viz
