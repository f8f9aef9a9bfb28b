#pragma once
// Steps: work of the window itself, cut into pieces that run one after the other, a few milliseconds for each turn of
// the event loop, so that keys and paint events come in between. A piece of somebody who asks again replaces the old.
#include <QElapsedTimer>
#include <QPointer>
#include <QTimer>
#include <deque>
#include <functional>

namespace meshsim::viz {

class Steps {
 public:
  Steps() {
    timer_.setInterval(0);
    QObject::connect(&timer_, &QTimer::timeout, &timer_, [this] { run(); });
  }
  // `owner` gone: not done.
  void add(QObject* owner, std::function<void()> what) {
    for (auto& [who, old] : waiting_)
      if (who == owner) {
        old = std::move(what);
        return;
      }
    waiting_.emplace_back(owner, std::move(what));
    timer_.start();
  }
  bool empty() const { return waiting_.empty(); }

 private:
  void run() {
    constexpr qint64 kTurn = 8;  // ms
    QElapsedTimer since;
    since.start();
    while (!waiting_.empty() && since.elapsed() < kTurn) {
      auto [owner, what] = std::move(waiting_.front());
      waiting_.pop_front();
      if (owner != nullptr) what();
    }
    if (waiting_.empty()) timer_.stop();
  }
  std::deque<std::pair<QPointer<QObject>, std::function<void()>>> waiting_;
  QTimer timer_;
};

}  // namespace meshsim::viz
