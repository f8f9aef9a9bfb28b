#pragma once
// SortedRun: the entries that are due next, sorted. Taken from the front; an entry goes in from the front too when it
// is due soon, as most of what is scheduled is, and from the back when it is due last of all. Times and keys lie apart:
// an entry written in two halves and read in one would wait for both stores to leave the processor's store buffer.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

namespace meshsim::sim {

struct Entry {
  std::uint64_t time;  // nanoseconds; never negative
  std::uint64_t key;   // order among equals in the high bits, identity in the low bits
};
constexpr bool before(const Entry& a, const Entry& b) { return a.time != b.time ? a.time < b.time : a.key < b.key; }

enum class TieOrder : std::uint8_t { insertion, key };

class SortedRun {
 public:
  explicit SortedRun(TieOrder ties) : by_key_(ties == TieOrder::key) { grow(); }

  bool empty() const { return head_ == end_; }
  std::uint32_t size() const { return end_ - head_; }
  Entry at(std::uint32_t i) const { return {times_[head_ + i], keys_[head_ + i]}; }
  const std::uint64_t* next_key() const { return empty() ? nullptr : keys_.get() + head_; }
  Entry take() {  // the earliest; there must be one
    const Entry e{times_[head_], keys_[head_]};
    ++head_;
    return e;
  }
  void clear() { head_ = end_ = 0; }
  // Both put an entry in its place, after those of its time that came before it. They differ in where they begin to
  // look.
  void insert_from_front(Entry e) {
    if (head_ == 0) return insert_from_back(e);
    if (by_key_) [[unlikely]]
      return forward<true>(e);
    forward<false>(e);
  }
  void insert_from_back(Entry e) {
    if (end_ == capacity_) [[unlikely]]
      make_room();
    if (by_key_) [[unlikely]]
      return backward<true>(e);
    backward<false>(e);
  }

 private:
  // In insertion order the entry is the youngest: times alone decide.
  template <bool by_key>
  bool precedes(std::uint32_t i, const Entry& e) const {
    return by_key ? before({times_[i], keys_[i]}, e) : times_[i] <= e.time;
  }
  template <bool by_key>
  void forward(Entry e) {
    std::uint32_t i = --head_;
    for (const std::uint32_t last = end_ - 1; i < last && precedes<by_key>(i + 1, e); ++i) move(i + 1, i);
    set(i, e);
  }
  template <bool by_key>
  void backward(Entry e) {
    std::uint32_t i = end_++;
    for (const std::uint32_t first = head_; i > first && !precedes<by_key>(i - 1, e); --i) move(i - 1, i);
    set(i, e);
  }
  void move(std::uint32_t from, std::uint32_t to) {
    times_[to] = times_[from];
    keys_[to] = keys_[from];
  }
  void set(std::uint32_t i, Entry e) {
    times_[i] = e.time;
    keys_[i] = e.key;
  }
  void make_room() {
    if (head_ <= end_ / 2) return grow();
    std::memmove(times_.get(), times_.get() + head_, size() * sizeof(std::uint64_t));
    std::memmove(keys_.get(), keys_.get() + head_, size() * sizeof(std::uint64_t));
    end_ -= head_;
    head_ = 0;
  }
  void grow() {
    capacity_ = capacity_ ? 2 * capacity_ : 64;
    auto times = std::make_unique<std::uint64_t[]>(capacity_), keys = std::make_unique<std::uint64_t[]>(capacity_);
    std::copy_n(times_.get(), end_, times.get());
    std::copy_n(keys_.get(), end_, keys.get());
    times_ = std::move(times);
    keys_ = std::move(keys);
  }

  std::unique_ptr<std::uint64_t[]> times_, keys_;
  std::uint32_t head_ = 0, end_ = 0, capacity_ = 0;
  bool by_key_;
};

}  // namespace meshsim::sim
