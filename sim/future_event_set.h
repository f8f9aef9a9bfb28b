#pragma once
// FutureEventSet: what is due, in order. Two implementations of one small interface, chosen by template parameter:
//   RadixHeap       monotone integer keys (Ahuja, Mehlhorn, Orlin, Tarjan 1990); the default. An entry lies in the
//                   bucket numbered by the highest bit in which its time differs from the last popped time; bucket 0
//                   is due now and is a FIFO. No comparison between entries, no tuning; 64 moves an entry at worst.
//   QuaternaryHeap  an implicit 4-ary heap on (time, key): slower from some thousand entries on, obviously right, and
//                   therefore the reference that tests run the same scenario on.
// Contract of both: pop() never decreases; push(entry) needs entry.time >= the time last popped (that is causality, and
// checked in every build); entries of equal time come in order of their keys, which in insertion order are sequence
// numbers and with TieOrder::key anything (then RadixHeap sorts bucket 0, which is slower). There is no peek: looking
// at the next time and then inserting an earlier one is exactly what a radix heap cannot do.
#include <algorithm>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "sim/error.h"

namespace meshsim::sim {

struct Entry {
  std::uint64_t time;  // nanoseconds; never negative
  std::uint64_t key;   // order among equals in the high bits, identity in the low bits
};
constexpr bool before(const Entry& a, const Entry& b) { return a.time != b.time ? a.time < b.time : a.key < b.key; }

enum class TieOrder : std::uint8_t { insertion, key };

template <class F>
concept FutureEventSet = requires(F f, const F c, Entry e) {
  F(TieOrder::insertion);
  f.push(e);
  { f.pop() } -> std::same_as<Entry>;
  { c.empty() } -> std::same_as<bool>;
  { c.size() } -> std::same_as<std::size_t>;
};

class RadixHeap {
 public:
  explicit RadixHeap(TieOrder order = TieOrder::insertion) : sorted_(order == TieOrder::key) {}
  RadixHeap(const RadixHeap&) = delete;
  RadixHeap& operator=(const RadixHeap&) = delete;
  ~RadixHeap() {
    for (Bucket& b : bucket_) std::free(b.data);
    for (auto& stack : spare_)
      for (Entry* p : stack) std::free(p);
  }

  void push(Entry e) {
    if (e.time < last_) throw SimulationError("scheduled into the past", {static_cast<std::int64_t>(last_)});
    ++size_;
    put(e);
    if (sorted_ && e.time == last_) sift_into_now();
  }

  Entry pop() {
    --size_;
    Bucket& now = bucket_[0];
    if (now.size == 0) {
      const int j = std::countr_zero(mask_) + 1;
      Bucket& b = bucket_[j];
      mask_ &= mask_ - 1;
      if (b.size == 1) {  // the usual case while little is pending: nothing to redistribute
        b.size = 0;
        last_ = b.data[0].time;
        return b.data[0];
      }
      redistribute(b);
    }
    const Entry e = now.data[head_++];
    if (head_ == now.size) head_ = now.size = 0;
    return e;
  }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

 private:
  struct Bucket {
    Entry* data = nullptr;
    std::uint32_t size = 0, capacity = 0;
  };
  static constexpr std::uint32_t smallest = 16, keep = 4096;

  void put(Entry e) {
    const int j = std::bit_width(e.time ^ last_);
    Bucket& b = bucket_[j];
    if (b.size == b.capacity) [[unlikely]]
      grow(b);
    b.data[b.size++] = e;
    mask_ |= (1ull << j) >> 1;
  }
  void redistribute(Bucket& b) {
    std::uint64_t least = b.data[0].time;
    for (std::uint32_t i = 1; i < b.size; ++i) least = std::min(least, b.data[i].time);
    last_ = least;
    for (std::uint32_t i = 0; i < b.size; ++i) put(b.data[i]);  // stable, and only into lower buckets
    b.size = 0;
    if (b.capacity > keep) retire(b);
    Bucket& now = bucket_[0];
    if (sorted_ && now.size > 1) std::sort(now.data, now.data + now.size, before);
  }
  void sift_into_now() {
    Bucket& now = bucket_[0];
    for (std::uint32_t i = now.size - 1; i > head_ && before(now.data[i], now.data[i - 1]); --i)
      std::swap(now.data[i], now.data[i - 1]);
  }
  // Large buffers wander: the crowd of far events moves to another bucket each time the clock passes a power of two.
  // Handing buffers on keeps the steady state free of allocation and memory near twice the entries.
  void grow(Bucket& b) {
    const std::uint32_t want = b.capacity ? b.capacity * 2 : smallest;
    auto& stack = spare_[std::countr_zero(want)];
    Entry* p;
    if (stack.empty()) {
      p = static_cast<Entry*>(std::malloc(want * sizeof(Entry)));
      if (p == nullptr) throw std::bad_alloc();
    } else {
      p = stack.back();
      stack.pop_back();
    }
    if (b.size) std::memcpy(p, b.data, b.size * sizeof(Entry));
    const std::uint32_t used = b.size;
    if (b.data) retire(b);
    b.data = p;
    b.size = used;
    b.capacity = want;
  }
  void retire(Bucket& b) {
    spare_[std::countr_zero(b.capacity)].push_back(b.data);
    b = Bucket{};
  }

  Bucket bucket_[65];
  std::uint64_t last_ = 0, mask_ = 0;  // bit j of mask_: bucket j+1 is not empty
  std::size_t size_ = 0;
  std::uint32_t head_ = 0;
  bool sorted_;
  std::vector<Entry*> spare_[32];
};

class QuaternaryHeap {
 public:
  explicit QuaternaryHeap(TieOrder = TieOrder::insertion) {}

  void push(Entry e) {
    if (e.time < last_) throw SimulationError("scheduled into the past", {static_cast<std::int64_t>(last_)});
    heap_.push_back(e);
    std::size_t i = heap_.size() - 1;
    for (; i > 0 && before(e, heap_[(i - 1) / 4]); i = (i - 1) / 4) heap_[i] = heap_[(i - 1) / 4];
    heap_[i] = e;
  }
  Entry pop() {
    const Entry top = heap_.front(), e = heap_.back();
    heap_.pop_back();
    last_ = top.time;
    const std::size_t n = heap_.size();
    std::size_t i = 0;
    for (std::size_t c = 1; c < n; c = 4 * i + 1) {
      std::size_t least = c;
      for (std::size_t k = c + 1, end = std::min(c + 4, n); k < end; ++k)
        if (before(heap_[k], heap_[least])) least = k;
      if (!before(heap_[least], e)) break;
      heap_[i] = heap_[least];
      i = least;
    }
    if (n) heap_[i] = e;
    return top;
  }
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }

 private:
  std::vector<Entry> heap_;
  std::uint64_t last_ = 0;
};

static_assert(FutureEventSet<RadixHeap> && FutureEventSet<QuaternaryHeap>);

}  // namespace meshsim::sim
