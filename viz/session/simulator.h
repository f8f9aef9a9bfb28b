#pragma once
// Simulator: the thread that runs the traffic of a scenario over its timeline (scenarios/run/simulation_run.h). Slow by
// nature: it reports progress, can be stopped, and a stopped run is still a result, marked as cut.
#include <QObject>
#include <atomic>
#include <cstdint>

#include "viz/session/analysis.h"

namespace meshsim::viz {

class Simulator : public QObject {
  Q_OBJECT
 public:
  explicit Simulator(QObject* parent = nullptr) : QObject(parent) {}
  void stop() { stopped_ = true; }  // from any thread

 public slots:
  void simulate(const meshsim::viz::Result& result);

 signals:
  void progress(double done, quint64 requests);  // at most twenty a second
  // The same result with its simulation.
  void finished(meshsim::viz::Result result);
  void failed(const QString& why);

 private:
  std::atomic<bool> stopped_{false};
};

}  // namespace meshsim::viz
