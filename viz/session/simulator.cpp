#include "viz/session/simulator.h"

#include <QElapsedTimer>
#include <exception>

#include "models/simulation/result.h"
#include "scenarios/run/simulation_run.h"
#include "viz/session/worker.h"

namespace meshsim::viz {

void Simulator::simulate(const Result& result) {
  stopped_ = false;
  try {
    const scenarios::Loaded& loaded = result->loaded();
    scenarios::SimulationOptions options;
    options.threads = 0;
    options.stop = &stopped_;
    QElapsedTimer since;
    since.start();
    options.progress = [&](double done, std::uint64_t requests) {
      if (since.elapsed() < 50) return;
      since.restart();
      emit progress(done, requests);
    };
    const scenarios::PreparedSimulation prepared = scenarios::prepare_simulation(loaded, options);
    auto out = std::make_shared<Analysis>(*result);
    out->run.simulation = std::make_shared<const models::SimulationResult>(
        scenarios::run_simulation(prepared, options, loaded.scenario.run.replications));
    emit finished(std::move(out));
  } catch (const std::exception& error) {
    emit failed(QString::fromUtf8(error.what()));
  }
}

}  // namespace meshsim::viz
