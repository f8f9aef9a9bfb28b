#pragma once
// Simulation<Record, Kind>: the clock, the records, the stations and the loop. An ordinary object: as many as wanted
// live side by side in one process, each used by one thread at a time.
//
//   enum class Event : std::uint8_t { arrive, at_server, served, timeout };
//   struct Request { SimTime start; std::uint32_t hop; Timer timer; };
//   struct Model {
//     Simulation<Request, Event>& sim;
//     void on_event(Event what, Slot who) { ... sim.serve(station, who, work, Event::served); ... }
//   };
//   sim.after(gap, sim.create(), Event::arrive);   sim.run(model);
//
// A record has at most one pending event of its own: it is scheduled (at, after), travels a delay line (send), waits at
// or is served by a station (serve). Beside it a record may have any number of timers. Every way ends in a call of
// model.on_event(kind, slot), which the compiler sees through: no virtual call, no allocation, no std::function.
// At the end of a service the server has already turned to its next record when the model is called.
//
// Order: (time, insertion), strict. A timer or traveller on a delay line counts as inserted when it becomes the first
// of its line. With a tie seed, events of equal time come in an order that only the seed decides: a test that no
// result hangs on insertion order. Time limits (run_until) do not disturb the order of anything.
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sim/delay_line.h"
#include "sim/error.h"
#include "sim/fingerprint.h"
#include "sim/future_event_set.h"
#include "sim/signal.h"
#include "sim/sim_time.h"
#include "sim/slab.h"
#include "sim/station.h"

namespace meshsim::sim {

enum class LineId : std::uint32_t {};

struct Timer {  // names a timer until it fires or is cancelled; harmless afterwards
  std::uint32_t where = ~0u;
  std::uint64_t position = 0;
};

struct SimulationOptions {
  std::uint64_t tie_seed = 0;                // 0: insertion order
  std::uint64_t livelock_limit = 1'000'000;  // events at one instant before the run is given up
  FingerprintOf fingerprint = {};
};

enum class RunEnd : std::uint8_t { drained, time_reached, stopped };

template <class Record, class Kind = std::uint8_t, FutureEventSet Fes = RadixHeap>
class Simulation {
  static_assert(sizeof(Kind) == 1, "the kind of an event is one byte");

 public:
  explicit Simulation(SimulationOptions options = {})
      : options_(options),
        fingerprint_(options.fingerprint),
        fes_(options.tie_seed ? TieOrder::key : TieOrder::insertion) {}
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  SimTime now() const { return {now_}; }
  std::uint64_t events() const { return events_; }
  const Fingerprint& fingerprint() const { return fingerprint_; }
  void mix(std::uint64_t outcome) { fingerprint_.mix(outcome); }

  // --- records
  template <class... Args>
  Slot create(Args&&... args) {
    return slab_.create(std::forward<Args>(args)...);
  }
  // Allowed in every state: leaves its queue, frees its server at once, its pending event and timers never happen.
  void destroy(Slot s);
  Record& operator[](Slot s) { return slab_[s]; }
  const Record& operator[](Slot s) const { return slab_[s]; }
  Handle handle(Slot s) const { return {s, slab_.header(s).generation}; }
  bool alive(Handle h) const {
    if (h.slot >= slab_.capacity()) return false;
    const RecordHeader& x = slab_.header(h.slot);
    return x.generation == h.generation && x.where() != RecordState::free && x.where() != RecordState::doomed;
  }
  RecordState state(Slot s) const { return slab_.header(s).where(); }
  std::size_t live_records() const { return slab_.live(); }
  Slot slots() const { return static_cast<Slot>(slab_.capacity()); }  // every record has a lower number

  // --- the record's own next event
  void at(SimTime when, Slot s, Kind kind) {
    RecordHeader& h = claim(s, kind, RecordState::scheduled);
    if (when.ns < now_) {
      h.set(RecordState::idle);
      fail("scheduled into the past");
    }
    insert(when.ns, s);
  }
  void after(SimTime delay, Slot s, Kind kind) { at(SimTime{now_} + delay, s, kind); }

  // --- constant delays. Lines are shared by equal delays, so line(d) may be called freely while building.
  LineId line(SimTime delay);
  void send(LineId line, Slot s, Kind kind) {
    claim(s, kind, RecordState::travelling);
    join(line, s, kind, true);
  }

  // --- timers: any number a record, gone with it
  Timer timer(LineId line, Slot s, Kind kind) { return {static_cast<std::uint32_t>(line), join(line, s, kind, false)}; }
  Timer timer_at(SimTime when, Slot s, Kind kind);
  Timer timer_after(SimTime delay, Slot s, Kind kind) { return timer_at(SimTime{now_} + delay, s, kind); }
  bool cancel(Timer& t);  // false if it had fired or been cancelled

  // --- stations
  StationId add_station(StationSpec spec);
  // Takes service of this length when a server is free; then `done` happens. False: no room, nothing will happen.
  bool serve(StationId station, Slot s, SimTime work, Kind done, std::uint32_t pin = 0);
  // Takes a waiting record out of its queue (it becomes idle). False if it is not waiting.
  bool withdraw(Slot s);
  // Failure and scaling: servers of each queue; 0 stops it, records being served are finished. Withdraw or wait.
  void set_servers(StationId station, std::uint32_t servers_per_queue);
  std::vector<Slot> waiting(StationId station) const;  // in queue order
  std::uint32_t population(StationId id) const;
  std::uint32_t queue_length(StationId id, std::uint32_t pin = 0) const {
    return lanes_[lane_of(static_cast<std::uint32_t>(id), pin)].waiting;
  }
  std::uint32_t servers(StationId id) const { return station(id).servers; }
  std::size_t stations() const { return stations_.size(); }
  StationStatistics statistics(StationId id) const;  // up to now
  void reset_statistics();                           // forget the warm-up of all stations
  SimTime observed() const { return {now_ - statistics_since_}; }

  // --- rare actions of the simulated world itself (a failure at 30 s): real events, one allocation each
  void call_at(SimTime when, std::function<void()> action);
  // --- looking on: called with now() at each multiple of the period, before the events due then; never in the order
  void watch_every(SimTime period, std::function<void(SimTime)> watcher);
  Signal<SimTime, Kind, Slot> on_event;  // after the clock moved, before the model acts
  Signal<> on_pulse;                     // every 65536 events: progress, interruption

  // --- running; Model needs: void on_event(Kind, Slot)
  template <class Model>
  RunEnd run(Model& model);
  // Runs what is due up to `end` and inserted before the limit is reached, then sets the clock to `end`.
  template <class Model>
  RunEnd run_until(SimTime end, Model& model);
  void stop() { stop_ = true; }  // from a handler or observer: ends the run after the current event

 private:
  static constexpr int id_bits = 25;
  static constexpr std::uint32_t internal = 1u << 24, id_mask = (1u << id_bits) - 1;
  static constexpr std::uint32_t loose = 1u << 31;
  enum class Role : std::uint8_t { unused, line, timer, call, limit };
  struct Internal {
    Role role = Role::unused;
    std::uint8_t kind = 0;
    bool cancelled = false;
    std::uint32_t index = 0;  // line or slot; next unused
    std::uint32_t generation = 0, serial = 0;
  };
  struct Watch {
    std::int64_t period, due;
    std::function<void(SimTime)> watcher;
  };

  [[noreturn]] void fail(const std::string& what) const { throw SimulationError(what, {now_}, events_); }
  // A StationId is the number of the station's first lane: the hot path needs nothing else of it.
  std::uint32_t lane_of(std::uint32_t first, std::uint32_t pin) const {
    const std::uint32_t lanes = lanes_[first].lanes;
    return lanes == 1 ? first : first + pin % lanes;
  }
  Station& station(StationId id) { return stations_[lanes_[static_cast<std::uint32_t>(id)].station]; }
  const Station& station(StationId id) const { return stations_[lanes_[static_cast<std::uint32_t>(id)].station]; }
  RecordHeader& claim(Slot s, Kind kind, RecordState next) {
    RecordHeader& h = slab_.header(s);
    if (h.where() != RecordState::idle) fail("a record has one pending event at most");
    h.kind = static_cast<std::uint8_t>(kind);
    h.set(next);
    return h;
  }
  void insert(std::int64_t when, std::uint32_t id) {
    if (sequence_ >> (64 - id_bits)) [[unlikely]]
      fail("more than 5e11 events");
    std::uint64_t rank = sequence_++;
    if (options_.tie_seed) rank = mix64(rank ^ mix64(options_.tie_seed)) >> id_bits;
    fes_.push({static_cast<std::uint64_t>(when), rank << id_bits | id});
  }
  std::uint64_t join(LineId id, Slot s, Kind kind, bool traveller) {
    DelayLine& l = lines_[static_cast<std::uint32_t>(id)];
    const std::uint64_t p = l.push(
        {now_ + l.delay, s, static_cast<std::uint8_t>(kind), slab_.header(s).generation & 0x7FFFFFFF, traveller});
    if (!l.armed) {
      l.armed = true;
      insert(now_ + l.delay, line_ids_[static_cast<std::uint32_t>(id)]);
    }
    return p;
  }
  std::uint32_t new_internal(Role role);
  void free_internal(std::uint32_t i);
  void begin_service(Lane& lane, Slot s, RecordHeader& h) {
    ++lane.busy;
    h.set(RecordState::serving);
    insert(now_ + h.work, s);
  }
  void unlink(Lane& lane, Slot s, RecordHeader& h);
  void fill_servers(Lane& lane);
  void leave_server(RecordHeader& h, bool served);
  void look(std::int64_t until);

  template <class Model>
  [[gnu::always_inline]] void happen(Model& model, std::uint8_t kind, Slot s) {
    ++events_;
    fingerprint_.event(now_, kind, s);
    if (!on_event.empty()) [[unlikely]]
      on_event.emit({now_}, static_cast<Kind>(kind), s);
    model.on_event(static_cast<Kind>(kind), s);
    if ((events_ & 0xFFFF) == 0) [[unlikely]]
      on_pulse.emit();
  }
  template <class Model>
  bool internal_event(Model& model, std::uint32_t i);  // false: the time limit
  bool member_alive(const DelayLine::Member& m) const {
    return m.slot != no_slot && (slab_.header(m.slot).generation & 0x7FFFFFFF) == m.generation;
  }

  SimulationOptions options_;
  Fingerprint fingerprint_;
  Fes fes_;
  Slab<Record> slab_;
  std::int64_t now_ = 0, watch_due_ = SimTime::max().ns, statistics_since_ = 0;
  std::uint64_t sequence_ = 0, events_ = 0, at_this_instant_ = 0;
  bool stop_ = false;
  std::vector<Lane> lanes_;
  std::vector<Station> stations_;
  std::vector<DelayLine> lines_;
  std::vector<std::uint32_t> line_ids_;
  std::vector<Internal> internal_;
  std::vector<std::function<void()>> actions_;  // of Role::call; its index
  std::uint32_t unused_ = ~0u;
  std::vector<Watch> watches_;
};

}  // namespace meshsim::sim

#include "sim/simulation_inl.h"
