#pragma once
// DelayLine: everything that takes the same fixed time: a link, a connect timeout, an idle timeout. Equal delays mean
// that due times arrive in order, so a ring is enough and only its first live member is in the future event set. A
// timeout that is cancelled (nearly all are) costs a store into the ring and nothing else. Members are numbered by a
// position that never repeats, which makes a cancellation by handle exact and free of search.
#include <cstdint>
#include <vector>

#include "sim/slab.h"

namespace meshsim::sim {

class DelayLine {
 public:
  struct Member {
    std::int64_t due;
    std::uint32_t slot : 24, kind : 8;
    std::uint32_t generation : 31, traveller : 1;  // a timer otherwise
  };

  explicit DelayLine(std::int64_t delay) : delay(delay), ring_(16) {}

  std::uint64_t push(Member m) {
    if (tail_ - head_ == ring_.size()) grow();
    at(tail_) = m;
    return tail_++;
  }
  Member take() { return at(head_++); }
  const Member& front() const { return ring_[head_ & (ring_.size() - 1)]; }
  bool empty() const { return head_ == tail_; }
  std::size_t size() const { return static_cast<std::size_t>(tail_ - head_); }
  bool cancel(std::uint64_t position) {
    if (position < head_ || position >= tail_ || at(position).slot == no_slot) return false;
    at(position).slot = no_slot;
    return true;
  }

  std::int64_t delay;
  bool armed = false;  // its head is in the future event set

 private:
  Member& at(std::uint64_t p) { return ring_[p & (ring_.size() - 1)]; }
  void grow() {
    std::vector<Member> bigger(ring_.size() * 2);
    for (std::uint64_t p = head_; p != tail_; ++p) bigger[p & (bigger.size() - 1)] = at(p);
    ring_.swap(bigger);
  }

  std::vector<Member> ring_;
  std::uint64_t head_ = 0, tail_ = 0;
};

}  // namespace meshsim::sim
