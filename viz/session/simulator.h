#pragma once
// Simulator: the thread that runs the traffic of a scenario over its timeline (scenarios/run/simulation_run.h). Slow by
// nature: it reports progress, waits where it is paused, and can be stopped; a stopped run is still a result, marked as
// cut. It leaves a processor to the window and runs below it.
#include <QObject>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "viz/session/analysis.h"

namespace meshsim::viz {

class Simulator : public QObject {
  Q_OBJECT
 public:
  explicit Simulator(QObject* parent = nullptr) : QObject(parent) {}
  // From any thread.
  void stop();
  void pause(bool on);

 public slots:
  // `until_ns`: this much of it; 0: all. A part is the beginning of the whole: the same requests, the same intervals.
  void simulate(const meshsim::viz::Result& result, qint64 until_ns);

 signals:
  void progress(double done, quint64 requests);  // at most twenty a second
  // The same result with its simulation.
  void finished(meshsim::viz::Result result);
  void failed(const QString& why);

 private:
  void wait_while_paused();
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::condition_variable go_on_;
  bool paused_ = false;
};

// When the timeline changes something, s; sorted.
std::vector<double> timeline_moments(const scenarios::Loaded& loaded);

}  // namespace meshsim::viz
