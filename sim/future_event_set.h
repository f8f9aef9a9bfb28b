#pragma once
// FutureEventSet: what is due, in order. Two implementations of one small interface, chosen by template parameter:
//   RadixHeap       monotone integer keys (Ahuja, Mehlhorn, Orlin, Tarjan 1990); the default. An entry lies in the
//                   bucket numbered by the highest bit in which its time differs from the last popped time. Before them
//                   stands a sorted run (sorted_run.h): the lowest bucket, taken whole when it holds few entries, else
//                   those due at the least time of it, the others moving into lower buckets. Where all buckets are
//                   empty and the run is short it takes what comes, whenever that is due. Few events pending are so a
//                   sorted array, millions are moved in sequence; 64 moves an entry at worst.
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
#include "sim/sorted_run.h"

namespace meshsim::sim {

template <class F>
concept FutureEventSet = requires(F f, const F c, Entry e) {
  F(TieOrder::insertion);
  f.push(e);
  { f.pop() } -> std::same_as<Entry>;
  { c.empty() } -> std::same_as<bool>;
  { c.size() } -> std::same_as<std::size_t>;
  { c.next_key() } -> std::same_as<const std::uint64_t*>;
};

class RadixHeap {
 public:
  explicit RadixHeap(TieOrder ties = TieOrder::insertion) : run_(ties) {}
  RadixHeap(const RadixHeap&) = delete;
  RadixHeap& operator=(const RadixHeap&) = delete;
  ~RadixHeap() {
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
      insert(e);
    } else if (mask_ == 0 && run_.size() < few) {
      shift_ = std::bit_width(differs);
      insert(e);
    } else {
      put(e, std::bit_width(differs));
    }
  }

  Entry pop() {
    --size_;
    if (run_.empty()) advance();
    const Entry e = run_.take();
    last_ = e.time;
    return e;
  }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  // The key of what is next unless something earlier is pushed; nullptr where that is not known. For prefetching.
  const std::uint64_t* next_key() const { return run_.next_key(); }

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
  void insert(Entry e) {
    if (shift_ == 0) return run_.insert_from_back(e);  // all of one time
    run_.insert_from_front(e);
    if (run_.size() > crowd) [[unlikely]]
      scatter();
  }
  // The run has become too long to keep it sorted: its entries go back to buckets. These are empty below shift_, and
  // those above do not see the difference between the times of the run.
  void scatter() {
    Entry all[crowd + 1];
    const std::uint32_t n = run_.size();
    for (std::uint32_t i = 0; i < n; ++i) all[i] = run_.at(i);
    run_.clear();
    shift_ = 0;
    for (std::uint32_t i = 0; i < n; ++i) sort_in(all[i]);
  }
  void advance() {
    run_.clear();
    const int j = std::countr_zero(mask_) + 1;
    Bucket& b = bucket_[j];
    mask_ &= mask_ - 1;
    if (b.size > few) return redistribute(b);
    shift_ = j - 1;
    for (std::uint32_t i = 0; i < b.size; ++i) run_.insert_from_back(b.data[i]);
    b.size = 0;
  }
  void redistribute(Bucket& b) {
    std::uint64_t least = b.data[0].time;
    for (std::uint32_t i = 1; i < b.size; ++i) least = std::min(least, b.data[i].time);
    last_ = least;
    shift_ = 0;
    const Bucket whole = b;
    b.size = 0;
    for (std::uint32_t i = 0; i < whole.size; ++i) sort_in(whole.data[i]);
    if (b.capacity > keep) retire(b);
  }
  void sort_in(Entry e) {  // while the run holds what is due at last_ only
    const int j = std::bit_width(e.time ^ last_);
    if (j == 0)
      run_.insert_from_back(e);
    else
      put(e, j);
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

  SortedRun run_;
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
  const std::uint64_t* next_key() const { return heap_.empty() ? nullptr : &heap_.front().key; }

 private:
  std::vector<Entry> heap_;
  std::uint64_t last_ = 0;
};

static_assert(FutureEventSet<RadixHeap> && FutureEventSet<QuaternaryHeap>);

}  // namespace meshsim::sim
