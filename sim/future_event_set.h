#pragma once
// FutureEventSet: what is due, in order. Two implementations of one small interface, chosen by template parameter:
//   RadixHeap       monotone integer keys (Ahuja, Mehlhorn, Orlin, Tarjan 1990); the default. An entry lies in the
//                   bucket numbered by the highest bit in which its time differs from the last popped time. Before them
//                   stands a sorted run: the lowest bucket, taken whole when it holds few entries, else those due at
//                   the least time of it, the others moving into lower buckets. Few events pending are so a sorted
//                   array, millions are moved in sequence; 64 moves an entry at worst.
//   QuaternaryHeap  an implicit 4-ary heap on (time, key): slower from some thousand entries on, obviously right, and
//                   therefore the reference that tests run the same scenario on.
// Contract of both: pop() never decreases; push(entry) needs entry.time >= the time last popped (that is causality, and
// checked in every build); entries of equal time come in order of their keys, which in insertion order are sequence
// numbers and with TieOrder::key anything (many equal times are then slower). There is no peek: looking
// at the next time and then inserting an earlier one is exactly what a radix heap cannot do.
#include <algorithm>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>
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
  { c.hint() } -> std::same_as<const Entry*>;
};

class RadixHeap {
 public:
  explicit RadixHeap(TieOrder = TieOrder::insertion) { grow(now_); }
  RadixHeap(const RadixHeap&) = delete;
  RadixHeap& operator=(const RadixHeap&) = delete;
  ~RadixHeap() {
    std::free(now_.data);
    for (Bucket& b : bucket_) std::free(b.data);
    for (auto& stack : spare_)
      for (Entry* p : stack) std::free(p);
  }

  void push(Entry e) {
    if (e.time < last_) [[unlikely]]
      throw SimulationError("scheduled into the past", {static_cast<std::int64_t>(last_)});
    ++size_;
    const std::uint64_t differs = e.time ^ last_;
    if (differs >> shift_ == 0) {
      insert_now(e);
    } else {
      put(e, std::bit_width(differs));
    }
  }

  Entry pop() {
    --size_;
    if (head_ == now_.size) advance();
    const Entry e = now_.data[head_++];
    last_ = e.time;
    return e;
  }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  // The entry that is next unless an earlier one is pushed; nullptr where that is not known. A hint, for prefetching.
  const Entry* hint() const { return head_ < now_.size ? now_.data + head_ : nullptr; }

 private:
  struct Bucket {
    Entry* data = nullptr;
    std::uint32_t size = 0, capacity = 0;
  };
  static constexpr std::uint32_t smallest = 32, keep = 4096, few = 16, crowd = 48;

  void put(Entry e, int j) {
    Bucket& b = bucket_[j];
    if (b.size == b.capacity) [[unlikely]]
      grow(b);
    b.data[b.size++] = e;
    mask_ |= (1ull << j) >> 1;
  }
  // Into the sorted run, from its end.
  void insert_now(Entry e) {
    if (now_.size == now_.capacity) [[unlikely]]
      make_room();
    std::uint32_t i = now_.size++;
    Entry* const at = now_.data;
    for (; i > head_ && before(e, at[i - 1]); --i) at[i] = at[i - 1];
    at[i] = e;
    if (shift_ != 0 && now_.size - head_ > crowd) [[unlikely]]
      scatter();
  }
  void make_room() {
    if (head_ > now_.size / 2) {
      std::memmove(now_.data, now_.data + head_, (now_.size - head_) * sizeof(Entry));
      now_.size -= head_;
      head_ = 0;
    } else {
      grow(now_);
    }
  }
  // The run has become too long to keep it sorted: its entries go back to buckets. These are empty below shift_, and
  // those above do not see the difference between the times of the run.
  void scatter() {
    Bucket run = now_;
    now_ = {};
    const std::uint32_t from = std::exchange(head_, 0);
    shift_ = 0;
    grow(now_);
    for (std::uint32_t i = from; i < run.size; ++i) {
      const int j = std::bit_width(run.data[i].time ^ last_);
      if (j == 0)
        insert_now(run.data[i]);
      else
        put(run.data[i], j);
    }
    retire(run);
  }
  void advance() {
    now_.size = head_ = 0;
    const int j = std::countr_zero(mask_) + 1;
    Bucket& b = bucket_[j];
    mask_ &= mask_ - 1;
    if (b.size <= few) {
      shift_ = j - 1;
      Entry* const at = now_.data;
      at[0] = b.data[0];
      for (std::uint32_t n = 1; n < b.size; ++n) {
        const Entry e = b.data[n];
        std::uint32_t i = n;
        for (; i > 0 && before(e, at[i - 1]); --i) at[i] = at[i - 1];
        at[i] = e;
      }
      now_.size = b.size;
      b.size = 0;
      return;
    }
    redistribute(b);
  }
  void redistribute(Bucket& b) {
    std::uint64_t least = b.data[0].time;
    for (std::uint32_t i = 1; i < b.size; ++i) least = std::min(least, b.data[i].time);
    last_ = least;
    shift_ = 0;
    const Bucket whole = b;
    b.size = 0;
    for (std::uint32_t i = 0; i < whole.size; ++i) {
      const Entry e = whole.data[i];
      const int j = std::bit_width(e.time ^ least);
      if (j == 0)
        insert_now(e);
      else
        put(e, j);
    }
    if (b.capacity > keep) retire(b);
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

  Bucket now_;  // the run: sorted, from head_ on
  std::uint32_t head_ = 0;
  int shift_ = 0;           // times that differ from last_ below this bit only belong to the run
  std::uint64_t last_ = 0;  // time of the last one popped, or of the earliest
  std::uint64_t mask_ = 0;  // bit j: bucket j+1 is not empty
  std::size_t size_ = 0;
  Bucket bucket_[65];
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
  const Entry* hint() const { return heap_.empty() ? nullptr : heap_.data(); }

 private:
  std::vector<Entry> heap_;
  std::uint64_t last_ = 0;
};

static_assert(FutureEventSet<RadixHeap> && FutureEventSet<QuaternaryHeap>);

}  // namespace meshsim::sim
