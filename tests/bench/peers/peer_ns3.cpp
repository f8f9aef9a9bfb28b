// `mesh` on the core of ns-3, without its network modules, with the scheduler that it uses by default (Map).
//   peer_ns3 REQUESTS [Map|Heap|PriorityQueue]
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include <ns3/core-module.h>

#include "workload.h"

namespace {

struct Job {
  std::int64_t start;
  unsigned visit = 0;
};

class Mesh {
 public:
  explicit Mesh(std::uint64_t wanted) : stations_(4), wanted_(wanted) {}

  void arrive() {
    if (started_++ == wanted_) return;
    travel(new Job{now()});
    ns3::Simulator::Schedule(after(peers::kGapNs), &Mesh::arrive, this);
  }
  double sum_ns() const { return sum_ns_; }

 private:
  struct Station {
    unsigned busy = 0;
    std::deque<Job*> queue;
  };

  static std::int64_t now() { return ns3::Simulator::Now().GetNanoSeconds(); }
  ns3::Time after(double mean) { return ns3::NanoSeconds(static_cast<std::int64_t>(draws_.exponential(mean) + 0.5)); }
  Station& place(const Job* job) { return stations_[peers::kPath[job->visit]]; }

  void travel(Job* job) {
    ns3::Simulator::Schedule(ns3::NanoSeconds(static_cast<std::int64_t>(peers::kLinkNs)), &Mesh::enter, this, job);
  }
  void serve(Job* job) { ns3::Simulator::Schedule(after(peers::kServiceNs), &Mesh::served, this, job); }
  void enter(Job* job) {
    Station& at = place(job);
    if (at.busy == peers::kServers) return at.queue.push_back(job);
    ++at.busy;
    serve(job);
  }
  void served(Job* job) {
    Station& at = place(job);
    if (at.queue.empty()) {
      --at.busy;
    } else {
      Job* const next = at.queue.front();
      at.queue.pop_front();
      serve(next);
    }
    if (++job->visit < peers::kVisits) return travel(job);
    sum_ns_ += static_cast<double>(now() - job->start);
    delete job;
  }

  std::vector<Station> stations_;
  peers::Draws draws_;
  std::uint64_t wanted_, started_ = 0;
  double sum_ns_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t requests = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const std::string scheduler = argc > 2 ? argv[2] : "Map";
  ns3::ObjectFactory factory;
  factory.SetTypeId("ns3::" + scheduler + "Scheduler");
  ns3::Simulator::SetScheduler(factory);
  Mesh mesh(requests);
  const double start = peers::cpu_seconds();
  mesh.arrive();
  ns3::Simulator::Run();
  peers::row(("ns-3 " + scheduler).c_str(), requests, peers::cpu_seconds() - start, mesh.sum_ns());
  ns3::Simulator::Destroy();
  return 0;
}
