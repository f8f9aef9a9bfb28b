#pragma once
// Slab: the records of one simulation, in pages that never move (a reference stays good while others are created), with
// a last-in-first-out free list. A record is what travels: a request, a client, a probe. It is also its own event: the
// 32 bytes of header beside it hold the kind of its one pending event, its place in a queue and its generation, so a
// pending event costs no memory of its own. Slots are 24-bit numbers; a Handle adds the generation and so can go stale.
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sim/error.h"

namespace meshsim::sim {

using Slot = std::uint32_t;
inline constexpr Slot no_slot = (1u << 24) - 1;

struct Handle {
  Slot slot = no_slot;
  std::uint32_t generation = 0;
  bool operator==(const Handle&) const = default;
};

enum class RecordState : std::uint8_t { free, idle, scheduled, travelling, waiting, serving, doomed };

struct RecordHeader {
  std::uint32_t next : 24 = no_slot, state : 8 = 0;
  std::uint32_t prev : 24 = no_slot, kind : 8 = 0;
  std::uint32_t lane = 0;
  std::uint32_t generation = 0;
  std::int64_t work = 0;     // service time asked for
  std::int64_t entered = 0;  // when it came to the station

  RecordState where() const { return static_cast<RecordState>(state); }
  void set(RecordState s) { state = static_cast<std::uint8_t>(s); }
};

template <class Record>
class Slab {
 public:
  Slab() { add_page(); }  // so that there is always something to prefetch
  template <class... Args>
  Slot create(Args&&... args) {
    if (free_ == no_slot) add_page();
    const Slot s = free_;
    Node& n = node(s);
    free_ = n.header.next;
    n.header.next = n.header.prev = no_slot;
    n.header.set(RecordState::idle);
    n.record = Record{std::forward<Args>(args)...};
    ++live_;
    return s;
  }
  void release(Slot s) {
    RecordHeader& h = header(s);
    h.set(RecordState::free);
    ++h.generation;
    h.next = free_;
    free_ = s;
    --live_;
  }
  Record& operator[](Slot s) { return node(s).record; }
  const Record& operator[](Slot s) const { return pages_[s >> page_bits][s & page_mask].record; }
  RecordHeader& header(Slot s) { return node(s).header; }
  const RecordHeader& header(Slot s) const { return pages_[s >> page_bits][s & page_mask].header; }
  void prefetch(Slot s) const { __builtin_prefetch(&pages_[s >> page_bits][s & page_mask], 1); }
  std::size_t live() const { return live_; }
  std::size_t capacity() const { return pages_.size() << page_bits; }
  static constexpr std::size_t bytes_per_record() { return sizeof(Node); }

 private:
  struct Node {
    RecordHeader header;
    Record record{};
  };
  static constexpr unsigned page_bits = 10;
  static constexpr Slot page_mask = (1u << page_bits) - 1;

  Node& node(Slot s) { return pages_[s >> page_bits][s & page_mask]; }
  void add_page() {
    const std::size_t first = capacity();
    if (first + page_mask >= no_slot) throw SimulationError("more than 16.7 million records at once");
    pages_.push_back(std::make_unique<Node[]>(page_mask + 1));
    for (Slot i = page_mask + 1; i-- > 0;) {
      node(static_cast<Slot>(first) + i).header.next = free_;
      free_ = static_cast<Slot>(first) + i;
    }
  }

  std::vector<std::unique_ptr<Node[]>> pages_;
  Slot free_ = no_slot;
  std::size_t live_ = 0;
};

}  // namespace meshsim::sim
