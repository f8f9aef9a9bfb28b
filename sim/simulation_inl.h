#pragma once
// The bodies of Simulation that are longer than a line. Included by simulation.h only.
#include "sim/simulation.h"

namespace meshsim::sim {

#define MESHSIM_SIM_TEMPLATE template <class Record, class Kind, FutureEventSet Fes>
#define MESHSIM_SIM Simulation<Record, Kind, Fes>

MESHSIM_SIM_TEMPLATE
void MESHSIM_SIM::destroy(Slot s) {
  RecordHeader& h = slab_.header(s);
  switch (h.where()) {
    case RecordState::free:
    case RecordState::doomed:
      fail("destroyed a record twice");
    case RecordState::scheduled:
      break;
    case RecordState::serving:
      leave_server(h, false);
      break;
    case RecordState::waiting:
      withdraw(s);
      [[fallthrough]];
    case RecordState::idle:
    case RecordState::travelling:  // its delay line recognises the stale generation
      return slab_.release(s);
  }
  ++h.generation;  // stale for timers and handles now; the slot is reused once its entry came out of the set
  h.set(RecordState::doomed);
}

MESHSIM_SIM_TEMPLATE
LineId MESHSIM_SIM::line(SimTime delay) {
  if (delay.ns < 0) fail("a delay line needs a delay of at least zero");
  for (std::size_t i = 0; i < lines_.size(); ++i)
    if (lines_[i].delay == delay.ns) return static_cast<LineId>(i);
  const auto id = static_cast<std::uint32_t>(lines_.size());
  lines_.emplace_back(delay.ns);
  const std::uint32_t i = new_internal(Role::line);
  internal_[i].index = id;
  line_ids_.push_back(internal | i);
  return static_cast<LineId>(id);
}

MESHSIM_SIM_TEMPLATE
Timer MESHSIM_SIM::timer_at(SimTime when, Slot s, Kind kind) {
  if (when.ns < now_) fail("a timer set into the past");
  const std::uint32_t i = new_internal(Role::timer);
  Internal& t = internal_[i];
  t.index = s;
  t.generation = slab_.header(s).generation;
  t.kind = static_cast<std::uint8_t>(kind);
  insert(when.ns, internal | i);
  return {loose | i, t.serial};
}

MESHSIM_SIM_TEMPLATE
bool MESHSIM_SIM::cancel(Timer& t) {
  const Timer was = std::exchange(t, Timer{});
  if (was.where == ~0u) return false;
  if (!(was.where & loose)) return lines_[was.where].cancel(was.position);
  Internal& x = internal_[was.where & ~loose];
  if (x.role != Role::timer || x.serial != was.position || x.cancelled) return false;
  x.cancelled = true;
  return true;
}

MESHSIM_SIM_TEMPLATE
StationId MESHSIM_SIM::add_station(StationSpec spec) {
  const auto id = static_cast<std::uint32_t>(stations_.size());
  const bool pinned = spec.queueing == Queueing::pinned;
  Station st;
  st.first_lane = static_cast<std::uint32_t>(lanes_.size());
  st.lanes = pinned ? std::max(1u, spec.servers) : 1;
  st.room = spec.room;
  st.servers = spec.servers;
  for (std::uint32_t i = 0; i < st.lanes; ++i) {
    Lane lane;
    lane.station = id;
    lane.lanes = st.lanes & 0x7FFFFFFF;
    lane.finite = spec.room != std::numeric_limits<std::uint32_t>::max();
    lane.servers = pinned ? std::min(1u, spec.servers) : spec.servers;
    lanes_.push_back(lane);
  }
  stations_.push_back(st);
  return static_cast<StationId>(st.first_lane);
}

MESHSIM_SIM_TEMPLATE
bool MESHSIM_SIM::serve(StationId id, Slot s, SimTime work, Kind done, std::uint32_t pin) {
  const std::uint32_t l = lane_of(static_cast<std::uint32_t>(id), pin);
  Lane& lane = lanes_[l];
  const bool free_server = lane.busy < lane.servers;
  if (!free_server && lane.finite) [[unlikely]] {
    Station& st = stations_[lane.station];
    if (lane.waiting >= st.room) return ++st.flushed.rejected, false;
  }
  if (work.ns < 0) [[unlikely]]
    fail("service of negative length");
  RecordHeader& h = claim(s, done, RecordState::waiting);
  h.lane = l;
  h.work = work.ns;
  h.entered = now_;
  lane.presence -= static_cast<u128>(now_);
  if (free_server) {
    begin_service(lane, s, h);
  } else {
    h.next = no_slot;
    h.prev = lane.tail;
    (lane.tail == no_slot ? lane.head : lane.tail) = s;
    if (h.prev != no_slot) slab_.header(h.prev).next = s;
    lane.tail = s;
    ++lane.waiting;
  }
  return true;
}

MESHSIM_SIM_TEMPLATE
void MESHSIM_SIM::unlink(Lane& lane, Slot s, RecordHeader& h) {
  const Slot next = h.next, prev = h.prev;
  --lane.waiting;
  if (s == lane.head) [[likely]] {  // the new head keeps a stale prev: writing it would be a cache miss for nothing
    lane.head = next;
    if (next == no_slot) lane.tail = no_slot;
    return;
  }
  slab_.header(prev).next = next;
  if (next == no_slot) {
    lane.tail = prev;
  } else {
    slab_.header(next).prev = prev;
  }
}

MESHSIM_SIM_TEMPLATE
bool MESHSIM_SIM::withdraw(Slot s) {
  RecordHeader& h = slab_.header(s);
  if (h.where() != RecordState::waiting) return false;
  Lane& lane = lanes_[h.lane];
  lane.presence += static_cast<u128>(now_);
  ++stations_[lane.station].flushed.withdrawn;
  unlink(lane, s, h);
  h.set(RecordState::idle);
  return true;
}

MESHSIM_SIM_TEMPLATE
void MESHSIM_SIM::fill_servers(Lane& lane) {
  while (lane.head != no_slot && lane.busy < lane.servers) {
    const Slot s = lane.head;
    RecordHeader& h = slab_.header(s);
    unlink(lane, s, h);
    begin_service(lane, s, h);
  }
}

MESHSIM_SIM_TEMPLATE
void MESHSIM_SIM::leave_server(RecordHeader& h, bool served) {
  Lane& lane = lanes_[h.lane];
  --lane.busy;
  lane.presence += static_cast<u128>(now_);
  const auto stay = static_cast<std::uint64_t>(now_ - h.entered);
  if (served) [[likely]] {
    ++lane.served;
    lane.sojourn += stay;
    lane.work += static_cast<std::uint64_t>(h.work);
    if ((lane.sojourn >> 62 | lane.served >> 31) != 0) [[unlikely]]
      stations_[lane.station].flush(lane);
  } else {
    ++stations_[lane.station].flushed.withdrawn;
  }
  fill_servers(lane);
}

MESHSIM_SIM_TEMPLATE
void MESHSIM_SIM::set_servers(StationId id, std::uint32_t servers_per_queue) {
  Station& st = station(id);
  st.servers = servers_per_queue * st.lanes;
  for (std::uint32_t l = st.first_lane; l < st.first_lane + st.lanes; ++l) {
    lanes_[l].servers = servers_per_queue;
    fill_servers(lanes_[l]);
  }
}

MESHSIM_SIM_TEMPLATE
std::vector<Slot> MESHSIM_SIM::waiting(StationId id) const {
  std::vector<Slot> all;
  const Station& st = station(id);
  for (std::uint32_t l = st.first_lane; l < st.first_lane + st.lanes; ++l)
    for (Slot s = lanes_[l].head; s != no_slot; s = slab_.header(s).next) all.push_back(s);
  return all;
}

MESHSIM_SIM_TEMPLATE
std::uint32_t MESHSIM_SIM::population(StationId id) const {
  const Station& st = station(id);
  std::uint32_t n = 0;
  for (std::uint32_t l = st.first_lane; l < st.first_lane + st.lanes; ++l) n += lanes_[l].present();
  return n;
}

MESHSIM_SIM_TEMPLATE
StationStatistics MESHSIM_SIM::statistics(StationId id) const {
  Station st = station(id);
  StationStatistics& x = st.flushed;
  for (std::uint32_t l = st.first_lane; l < st.first_lane + st.lanes; ++l) {
    Lane lane = lanes_[l];
    st.flush(lane);
    x.population_time += lane.presence + static_cast<u128>(now_) * lane.present();
  }
  x.arrivals = x.served + x.withdrawn + population(id) - st.inherited;
  return x;
}

MESHSIM_SIM_TEMPLATE
void MESHSIM_SIM::reset_statistics() {
  for (Lane& lane : lanes_) {
    lane.served = 0;
    lane.sojourn = lane.work = 0;
    lane.presence = 0 - static_cast<u128>(now_) * lane.present();
  }
  for (Station& st : stations_) {
    st.flushed = {};
    st.inherited = population(static_cast<StationId>(st.first_lane));
  }
  statistics_since_ = now_;
}

MESHSIM_SIM_TEMPLATE
void MESHSIM_SIM::call_at(SimTime when, std::function<void()> action) {
  if (when.ns < now_) fail("a call set into the past");
  const std::uint32_t i = new_internal(Role::call);
  if (actions_.size() <= i) actions_.resize(i + 1);
  actions_[i] = std::move(action);
  insert(when.ns, internal | i);
}

MESHSIM_SIM_TEMPLATE
void MESHSIM_SIM::watch_every(SimTime period, std::function<void(SimTime)> watcher) {
  if (period.ns <= 0) fail("a watch needs a period above zero");
  const std::int64_t due = (now_ / period.ns + 1) * period.ns;
  watches_.push_back({period.ns, due, std::move(watcher)});
  watch_due_ = std::min(watch_due_, due);
}

MESHSIM_SIM_TEMPLATE
void MESHSIM_SIM::look(std::int64_t until) {
  while (watch_due_ <= until) {
    now_ = watch_due_;
    at_this_instant_ = 0;
    std::int64_t next = SimTime::max().ns;
    for (std::size_t i = 0; i < watches_.size(); ++i) {
      if (watches_[i].due == now_) {
        watches_[i].watcher({now_});
        watches_[i].due += watches_[i].period;
      }
      next = std::min(next, watches_[i].due);
    }
    watch_due_ = next;
  }
}

MESHSIM_SIM_TEMPLATE
std::uint32_t MESHSIM_SIM::new_internal(Role role) {
  std::uint32_t i = unused_;
  if (i == ~0u) {
    i = static_cast<std::uint32_t>(internal_.size());
    if (i >= internal) fail("more than 16.7 million timers at once");
    internal_.emplace_back();
  } else {
    unused_ = internal_[i].index;
  }
  internal_[i].role = role;
  internal_[i].cancelled = false;
  ++internal_[i].serial;
  return i;
}

MESHSIM_SIM_TEMPLATE
void MESHSIM_SIM::free_internal(std::uint32_t i) {
  internal_[i].role = Role::unused;
  internal_[i].index = std::exchange(unused_, i);
}

MESHSIM_SIM_TEMPLATE
template <class Model>
bool MESHSIM_SIM::internal_event(Model& model, std::uint32_t i) {
  switch (internal_[i].role) {
    case Role::line: {
      DelayLine& l = lines_[internal_[i].index];
      const DelayLine::Member m = l.take();
      while (!l.empty() && !member_alive(l.front())) l.take();
      l.armed = !l.empty();
      if (l.armed) insert(l.front().due, internal | i);
      if (!member_alive(m)) return true;
      if (m.traveller) slab_.header(m.slot).set(RecordState::idle);
      happen(model, m.kind, m.slot);
      return true;
    }
    case Role::timer: {
      const bool live =
          !internal_[i].cancelled && slab_.header(internal_[i].index).generation == internal_[i].generation;
      const Slot s = internal_[i].index;
      const std::uint8_t kind = internal_[i].kind;
      free_internal(i);
      if (live) happen(model, kind, s);
      return true;
    }
    case Role::call: {
      const auto action = std::exchange(actions_[i], nullptr);
      free_internal(i);
      ++events_;
      fingerprint_.event(now_, 255, no_slot);
      action();
      return true;
    }
    default: {
      const bool forgotten = internal_[i].cancelled;
      free_internal(i);
      return forgotten;
    }
  }
}

MESHSIM_SIM_TEMPLATE
template <class Model>
RunEnd MESHSIM_SIM::run(Model& model) {
  stop_ = false;
  while (!fes_.empty()) {
    const Entry e = fes_.pop();
    if (const std::uint64_t* next = fes_.next_key()) {  // its record is on the way while this event is handled
      const auto then = static_cast<std::uint32_t>(*next) & id_mask;
      slab_.prefetch(then < internal ? then : 0);  // any record: a branch here would be guessed wrong half the time
    }
    const auto time = static_cast<std::int64_t>(e.time);
    if (time >= watch_due_) [[unlikely]]
      look(time);
    if (time != now_) {
      now_ = time;
      at_this_instant_ = 0;
    } else if (++at_this_instant_ > options_.livelock_limit) [[unlikely]] {
      fail("livelock: the clock does not advance; next is event id " +
           std::to_string(static_cast<std::uint32_t>(e.key) & id_mask));
    }
    const auto id = static_cast<std::uint32_t>(e.key) & id_mask;
    if (id < internal) [[likely]] {
      RecordHeader& h = slab_.header(id);
      if (h.where() == RecordState::doomed) [[unlikely]] {
        slab_.release(id);
        continue;
      }
      if (h.where() == RecordState::serving) leave_server(h, true);
      h.set(RecordState::idle);
      happen(model, h.kind, id);
    } else if (!internal_event(model, id - internal)) {
      return RunEnd::time_reached;
    }
    if (stop_) [[unlikely]]
      return RunEnd::stopped;
  }
  return RunEnd::drained;
}

MESHSIM_SIM_TEMPLATE
template <class Model>
RunEnd MESHSIM_SIM::run_until(SimTime end, Model& model) {
  if (end.ns < now_) fail("a time limit in the past");
  const std::uint32_t i = new_internal(Role::limit);
  // The limit draws no tie rank: in shuffle mode it is the last of its instant, whatever comes.
  const std::uint64_t rank = options_.tie_seed ? ~0ull >> id_bits : sequence_++;
  fes_.push({static_cast<std::uint64_t>(end.ns), rank << id_bits | internal | i});
  const RunEnd how = run(model);
  if (how == RunEnd::stopped) internal_[i].cancelled = true;  // a later run must not end at it
  return how;
}

#undef MESHSIM_SIM_TEMPLATE
#undef MESHSIM_SIM

}  // namespace meshsim::sim
