// The kernel: hold model (take the next event, touch its record, schedule another) on the radix heap, the 4-ary heap
// and std::priority_queue side by side, and the reference workload `mesh`: four M/M/2 stations and back, 50 us of link
// before each visit, 17 events a request, load 0.8; its mean of 22.622 ms is known exactly and stands beside the speed.
// CPU time, least of five.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <queue>
#include <vector>

#include "sim/distribution.h"
#include "sim/simulation.h"

namespace {

using namespace meshsim::sim;

double cpu_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

template <class Run>
double least_of_five(const Run& run) {
  double least = 1e30;
  for (int i = 0; i < 5; ++i) {
    const double start = cpu_seconds();
    run();
    least = std::min(least, cpu_seconds() - start);
  }
  return least;
}

struct Record {
  std::uint64_t touched = 0, rest[3] = {};
};

class StandardQueue {  // what most programs use
 public:
  void push(Entry e) { queue_.push(e); }
  Entry pop() {
    const Entry e = queue_.top();
    queue_.pop();
    return e;
  }

 private:
  struct Later {
    bool operator()(const Entry& a, const Entry& b) const { return a.time != b.time ? a.time > b.time : a.key > b.key; }
  };
  std::priority_queue<Entry, std::vector<Entry>, Later> queue_;
};

template <class Queue>
std::uint64_t hold(Queue& queue, std::size_t pending, std::uint64_t events, std::vector<std::uint64_t>& gaps) {
  std::vector<Record> records(pending);
  std::uint64_t sequence = 0, checksum = 0;
  for (std::size_t i = 0; i < pending; ++i) queue.push({gaps[i & 0xFFFFF], sequence++ << 25 | (i & 0x1FFFFFF)});
  for (std::uint64_t n = 0; n < events; ++n) {
    const Entry e = queue.pop();
    const std::size_t slot = e.key & 0x1FFFFFF;
    checksum = checksum * 31 + e.time + ++records[slot].touched;
    queue.push({e.time + gaps[n & 0xFFFFF], sequence++ << 25 | slot});
  }
  return checksum;
}

void hold_row(std::size_t pending) {
  std::vector<std::uint64_t> gaps(1 << 20);
  RandomStream draws(StudyKey::of(1, 0), "hold", "gap");
  for (std::uint64_t& g : gaps)
    g = static_cast<std::uint64_t>(exponential(static_cast<double>(pending) * 100, draws.next()));
  const std::uint64_t events = 2'000'000;
  std::uint64_t sums[3] = {};
  const auto per_event = [&](auto make, std::uint64_t& sum) {
    return least_of_five([&] {
             auto queue = make();
             sum = hold(queue, pending, events, gaps);
           }) *
           1e9 / static_cast<double>(events);
  };
  const double radix = per_event([] { return RadixHeap(TieOrder::insertion); }, sums[0]);
  const double four = per_event([] { return QuaternaryHeap(TieOrder::insertion); }, sums[1]);
  const double standard = per_event([] { return StandardQueue(); }, sums[2]);
  std::printf("hold %8zu pending: radix %6.1f ns, 4-ary %6.1f ns, std::priority_queue %6.1f ns, ratio %.2f%s\n",
              pending, radix, four, standard, standard / radix,
              sums[0] == sums[1] && sums[1] == sums[2] ? "" : "  ORDERS DIFFER");
  std::fflush(stdout);
}

enum class Event : std::uint8_t { arrive, travelled, served };
struct Request {
  std::int64_t start = 0;
  std::uint32_t chain = 0, hop = 0;
};

struct Mesh {
  Simulation<Request, Event>& sim;
  std::vector<StationId> stations;
  LineId link;
  std::uint64_t wanted, started = 0, done = 0;
  double sum_ns = 0, warmup_ns = 0;
  ExponentialStream gaps{RandomStream{StudyKey::of(7, 0), "clients", "gap"}},
      work{RandomStream{StudyKey::of(7, 0), "stations", "work"}};

  void on_event(Event what, Slot who) {
    Request& r = sim[who];
    switch (what) {
      case Event::arrive:
        if (++started < wanted) {
          const Slot next = sim.create();
          sim[next].chain = r.chain;
          sim.after(SimTime::from_nanoseconds(gaps.next(gap_ns)), next, Event::arrive);
        }
        sim[who].start = sim.now().ns;
        sim.send(link, who, Event::travelled);
        break;
      case Event::travelled: {
        constexpr std::uint32_t path[] = {0, 1, 2, 3, 3, 2, 1, 0};
        sim.serve(stations[r.chain * 4 + path[r.hop]], who, SimTime::from_nanoseconds(work.next(1e6)), Event::served);
        break;
      }
      case Event::served:
        if (++r.hop < 8) {
          sim.send(link, who, Event::travelled);
          break;
        }
        if (static_cast<double>(r.start) >= warmup_ns) {
          sum_ns += static_cast<double>(sim.now().ns - r.start);
          ++done;
        }
        sim.destroy(who);
        break;
    }
  }
  double gap_ns = 0;
};

// `bare`: one line for tests/bench/peers. The mean is that of requests that began when the stations had filled.
void mesh_row(std::uint32_t width, std::uint64_t requests, bool bare = false) {
  double mean = 0;
  std::uint64_t events = 0;
  const double seconds = least_of_five([&] {
    Simulation<Request, Event> sim;
    Mesh model{sim, {}, sim.line(microseconds(50)), requests};
    for (std::uint32_t i = 0; i < width * 4; ++i) model.stations.push_back(sim.add_station({.servers = 2}));
    model.gap_ns = 1e6 / (0.8 * 2 / 2);
    model.warmup_ns = model.gap_ns * std::min(300.0, static_cast<double>(requests) / width / 4);
    for (std::uint32_t c = 0; c < width; ++c) {
      const Slot first = sim.create();
      sim[first].chain = c;
      sim.after(SimTime::from_nanoseconds(model.gaps.next(model.gap_ns)), first, Event::arrive);
    }
    sim.run(model);
    mean = model.sum_ns / static_cast<double>(model.done) * 1e-6;
    events = sim.events();
  });
  if (bare) {
    std::printf("meshsim;%.0f;%.3f\n", static_cast<double>(requests) / seconds, mean);
    return;
  }
  std::printf("mesh x%u: %.3f M requests/s, %.1f ns an event, mean %.3f ms (exact 22.622)\n", width,
              static_cast<double>(requests) / seconds * 1e-6, seconds * 1e9 / static_cast<double>(events), mean);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && std::strcmp(argv[1], "mesh") == 0) {
    mesh_row(1, std::strtoull(argv[2], nullptr, 10), true);
    return 0;
  }
  const double millions = argc > 1 ? std::atof(argv[1]) : 1.0;
  for (const std::size_t pending :
       {std::size_t{1'000}, std::size_t{10'000}, std::size_t{100'000}, std::size_t{1'000'000}})
    hold_row(pending);
  mesh_row(1, static_cast<std::uint64_t>(millions * 1e6));
  mesh_row(1000, static_cast<std::uint64_t>(millions * 1e6));
  return 0;
}
