#include "viz/session/simulator.h"

#include <QElapsedTimer>
#include <algorithm>
#include <exception>
#include <thread>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "models/simulation/capacity.h"
#include "models/simulation/result.h"
#include "scenarios/run/simulation_run.h"
#include "viz/session/worker.h"

namespace meshsim::viz {

namespace {

constexpr int kNice = 10;

// Below the window, and the threads that this one starts with it. QThread's priorities mean nothing to Linux.
void step_back() {
  static thread_local bool done = false;
  if (!done) setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kNice);
  done = true;
}

std::int64_t sample_of(std::int64_t duration_ns) { return std::max<std::int64_t>(100'000'000, duration_ns / 100); }

}  // namespace

void Simulator::stop() {
  stopped_ = true;
  go_on_.notify_all();
}

void Simulator::pause(bool on) {
  {
    const std::lock_guard lock(mutex_);
    paused_ = on;
  }
  go_on_.notify_all();
}

void Simulator::wait_while_paused() {
  std::unique_lock lock(mutex_);
  // Stopping does not take the lock: looked at again after a moment.
  while (paused_ && !stopped_) go_on_.wait_for(lock, std::chrono::milliseconds(50));
}

void Simulator::simulate(const Result& result, qint64 until_ns) {
  stopped_ = false;
  step_back();
  try {
    const scenarios::Loaded& loaded = result->loaded();
    scenarios::SimulationOptions options;
    options.threads = std::max(1U, std::thread::hardware_concurrency() - 1);
    options.stop = &stopped_;
    QElapsedTimer since;
    since.start();
    options.progress = [&](double done, std::uint64_t requests) {
      if (since.elapsed() >= 50) {
        since.restart();
        emit progress(done, requests);
      }
      wait_while_paused();
    };
    scenarios::PreparedSimulation prepared = scenarios::prepare_simulation(loaded, options);
    models::SimulationInput& input = prepared.input;
    if (until_ns > 0 && until_ns < input.duration_ns) {
      if (input.sample_ns == 0) input.sample_ns = sample_of(input.duration_ns);
      input.duration_ns = until_ns;
      input.warmup_ns = std::min<std::int64_t>(input.warmup_ns, until_ns);
    }
    auto out = std::make_shared<Analysis>(*result);
    out->run.simulation = std::make_shared<const models::SimulationResult>(
        scenarios::run_simulation(prepared, options, loaded.scenario.run.replications));
    if (auto capacity = models::capacity(input))
      out->run.capacity = std::make_shared<const models::Capacity>(std::move(*capacity));
    emit finished(std::move(out));
  } catch (const std::exception& error) {
    emit failed(QString::fromUtf8(error.what()));
  }
}

std::vector<double> timeline_moments(const scenarios::Loaded& loaded) {
  std::vector<double> out;
  for (const auto& event : loaded.scenario.timeline) {
    const double at = static_cast<double>(event.at_ns) / 1e9;
    if (out.empty() || out.back() < at) out.push_back(at);
  }
  return out;
}

}  // namespace meshsim::viz
