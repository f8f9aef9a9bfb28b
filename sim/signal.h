#pragma once
// Signal<Args...>: the only way out of the kernel. Observers connect from outside and are called in the order in which
// they connected; a signal without observers costs one comparison. An observer may look, count and stop the run, but
// must not schedule or draw: attaching one never changes what is simulated.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace meshsim::sim {

template <class... Args>
class Signal {
 public:
  using Connection = std::uint64_t;

  Connection connect(std::function<void(Args...)> observer) {
    observers_.emplace_back(++last_, std::move(observer));
    return last_;
  }
  void disconnect(Connection c) {
    std::erase_if(observers_, [c](const auto& o) { return o.first == c; });
  }
  bool empty() const { return observers_.empty(); }
  void emit(Args... args) const {
    for (std::size_t i = 0; i < observers_.size(); ++i) observers_[i].second(args...);
  }

 private:
  std::vector<std::pair<Connection, std::function<void(Args...)>>> observers_;
  Connection last_ = 0;
};

}  // namespace meshsim::sim
