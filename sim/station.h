#pragma once
// Station: servers and the queues before them. Two disciplines, both first come first served:
//   shared  one queue for c servers (a pool of threads that take the next job);
//   pinned  c servers with a queue each; a record stays with the server its pin names (an event loop that owns its
//           connections: one busy server does not help the others).
// A queue may be finite: `room` counts waiting places, per queue; who finds none is turned away and the caller told.
// Records queue through their own headers, so a station never allocates. Times are integrated as 128-bit integers:
// statistics of two replications add up to the same bits in any order. Populations are integrated by clock times,
// sojourns record by record, so that Little's law is a test of the bookkeeping. This file is the state; Simulation
// moves records.
#include <cstdint>
#include <limits>
#include <string>

#include "sim/slab.h"
#include "sim/tally.h"

namespace meshsim::sim {

enum class StationId : std::uint32_t {};
enum class Queueing : std::uint8_t { shared, pinned };

struct StationSpec {
  std::uint32_t servers = 1;
  Queueing queueing = Queueing::shared;
  std::uint32_t room = std::numeric_limits<std::uint32_t>::max();
};

struct StationStatistics {
  std::uint64_t arrivals = 0;   // admitted
  std::uint64_t rejected = 0;   // found no room
  std::uint64_t served = 0;     // left after service
  std::uint64_t withdrawn = 0;  // left before its end
  u128 population_time = 0;     // integral of the number present, in record nanoseconds
  u128 busy_time = 0;           // of the servers; a service counts when it is complete
  u128 sojourn = 0;             // sum over `served`
  u128 waiting = 0;             // the part of it before service

  void merge(const StationStatistics& o);
  double mean_population(SimTime observed) const;
  double utilisation(SimTime observed, std::uint32_t servers) const;
  double mean_sojourn_ns() const;
  double mean_waiting_ns() const;
};

// One queue with its servers: one cache line, because a large model touches a thousand of them between two visits.
// What can be derived is not stored: present = busy + waiting; arrivals = served + withdrawn + present. Sums move to
// the station's 128-bit statistics before they could overflow.
struct alignas(64) Lane {
  Slot head = no_slot, tail = no_slot;
  std::uint32_t busy = 0, servers = 1, waiting = 0;
  std::uint32_t served = 0;
  std::uint32_t station = 0;
  std::uint32_t lanes : 31 = 1, finite : 1 = 0;  // of its station
  u128 presence = 0;                             // sum of leaving minus sum of entering times, modulo 2^128
  std::uint64_t sojourn = 0, work = 0;           // of the served

  std::uint32_t present() const { return busy + waiting; }
};
static_assert(sizeof(Lane) == 64);

struct Station {
  std::uint32_t first_lane = 0, lanes = 1, room = 0, servers = 1;
  std::uint64_t inherited = 0;  // present when statistics were reset
  StationStatistics flushed;    // without arrivals and population

  void flush(Lane& lane) {
    flushed.served += lane.served;
    flushed.sojourn += lane.sojourn;
    flushed.busy_time += lane.work;
    flushed.waiting += lane.sojourn - lane.work;
    lane.served = 0;
    lane.sojourn = lane.work = 0;
  }
};

}  // namespace meshsim::sim
