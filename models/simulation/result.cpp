#include "models/simulation/result.h"

#include <algorithm>
#include <tuple>

#include "sim/fingerprint.h"

namespace meshsim::models {
namespace {

void add(std::vector<std::uint64_t>& into, const std::vector<std::uint64_t>& other) {
  if (into.size() < other.size()) into.resize(other.size());
  for (std::size_t i = 0; i < other.size(); ++i) into[i] += other[i];
}

auto key(const OutcomeCount& o) {
  return std::tie(o.epoch, o.verdict, o.http_status, o.response_flags, o.cause, o.path, o.routed_to, o.denied_by);
}
auto key(const HopLatency& h) { return std::tie(h.proxy, h.name, h.inbound); }
auto key(const ProxyStatistics& p) { return std::tie(p.proxy, p.workload, p.name); }
const std::string& key(const NodeStatistics& n) { return n.name; }

// Both lists are sorted by key; so is the result.
template <class Entry, class Add>
void join(std::vector<Entry>& into, const std::vector<Entry>& other, const Add& add_entry) {
  std::vector<Entry> out;
  out.reserve(into.size() + other.size());
  auto a = into.begin();
  auto b = other.begin();
  while (a != into.end() || b != other.end()) {
    if (b == other.end() || (a != into.end() && key(*a) < key(*b))) {
      out.push_back(std::move(*a++));
    } else if (a == into.end() || key(*b) < key(*a)) {
      out.push_back(*b++);
    } else {
      add_entry(*a, *b++);
      out.push_back(std::move(*a++));
    }
  }
  into = std::move(out);
}

void add(FlowStatistics& into, const FlowStatistics& other) {
  into.started += other.started;
  into.finished += other.finished;
  into.retries += other.retries;
  for (std::size_t i = 0; i < into.connections.size(); ++i) into.connections[i] += other.connections[i];
  into.latency.merge(other.latency);
  for (std::size_t i = 0; i < kTimeParts; ++i) into.part_ns[i] += other.part_ns[i];
  into.bytes_to_server += other.bytes_to_server;
  into.bytes_to_client += other.bytes_to_client;
  add(into.started_samples, other.started_samples);
  add(into.finished_samples, other.finished_samples);
  add(into.latency_sum_samples, other.latency_sum_samples);
  into.latency_samples.merge(other.latency_samples);
  join(into.hops, other.hops, [](HopLatency& a, const HopLatency& b) {
    a.sojourn.merge(b.sojourn);
    a.queue_ns += b.queue_ns;
  });
  join(into.outcomes, other.outcomes, [](OutcomeCount& a, const OutcomeCount& b) {
    a.count += b.count;
    add(a.samples, b.samples);
    if (a.recorded.empty() || (!b.recorded.empty() && b.recorded.front().replication < a.recorded.front().replication))
      a.recorded = b.recorded;
    if (a.durations.size() < b.durations.size()) a.durations.resize(b.durations.size());
    for (std::size_t i = 0; i < b.durations.size(); ++i) a.durations[i].merge(b.durations[i]);
  });
}

void add(ProxyStatistics& into, const ProxyStatistics& o) {
  into.jobs += o.jobs;
  into.busy_ns += o.busy_ns;
  into.population_ns += o.population_ns;
  into.sojourn_ns += o.sojourn_ns;
  into.waiting_ns += o.waiting_ns;
  into.arrivals += o.arrivals;
  into.rejected += o.rejected;
  into.withdrawn += o.withdrawn;
  into.observed_ns += o.observed_ns;
  into.cpu_ns += o.cpu_ns;
  into.memory_bytes = std::max(into.memory_bytes, o.memory_bytes);
  into.connections_opened += o.connections_opened;
  into.connections_closed += o.connections_closed;
  into.connections_peak = std::max(into.connections_peak, o.connections_peak);
  into.hbone_opened += o.hbone_opened;
  into.handshakes += o.handshakes;
  into.overflows += o.overflows;
  into.ejections += o.ejections;
}

}  // namespace

std::string_view to_string(TimePart part) {
  constexpr std::string_view kNames[] = {"queue", "proxy", "crypto", "network", "application"};
  return kNames[static_cast<std::size_t>(part)];
}

bool SimulationResult::cut() const {
  return std::any_of(replications.begin(), replications.end(), [](const ReplicationSummary& r) { return r.cut; });
}

std::uint64_t SimulationResult::fingerprint() const {
  sim::Fingerprint all;
  for (const ReplicationSummary& r : replications) {
    all.mix(r.replication);
    all.mix(r.fingerprint);
  }
  return all.value();
}

std::uint64_t SimulationResult::events() const {
  std::uint64_t sum = 0;
  for (const ReplicationSummary& r : replications) sum += r.events;
  return sum;
}

std::optional<std::string> merge(SimulationResult& into, const SimulationResult& other) {
  if (into.replications.empty()) {
    into = other;
    return std::nullopt;
  }
  if (into.seed != other.seed) return "the seeds differ";
  if (into.duration_ns != other.duration_ns || into.warmup_ns != other.warmup_ns || into.sample_ns != other.sample_ns)
    return "the durations differ";
  if (into.flows.size() != other.flows.size()) return "the flows differ";
  for (std::size_t i = 0; i < into.flows.size(); ++i)
    if (into.flows[i].flow != other.flows[i].flow) return "the flows differ";
  for (const ReplicationSummary& a : into.replications)
    for (const ReplicationSummary& b : other.replications)
      if (a.replication == b.replication) return "replication " + std::to_string(a.replication) + " is in both";

  for (std::size_t i = 0; i < into.flows.size(); ++i) add(into.flows[i], other.flows[i]);
  join(into.proxies, other.proxies, [](ProxyStatistics& a, const ProxyStatistics& b) { add(a, b); });
  join(into.nodes, other.nodes, [](NodeStatistics& a, const NodeStatistics& b) {
    a.cpu_ns += b.cpu_ns;
    a.short_ns += b.short_ns;
    a.observed_ns += b.observed_ns;
  });
  const auto by_replication = [](const auto& a, const auto& b) { return a.replication < b.replication; };
  into.changes.insert(into.changes.end(), other.changes.begin(), other.changes.end());
  std::stable_sort(into.changes.begin(), into.changes.end(), by_replication);
  into.ejections.insert(into.ejections.end(), other.ejections.begin(), other.ejections.end());
  std::stable_sort(into.ejections.begin(), into.ejections.end(), by_replication);
  into.windows.insert(into.windows.end(), other.windows.begin(), other.windows.end());
  std::stable_sort(into.windows.begin(), into.windows.end(), by_replication);
  into.replications.insert(into.replications.end(), other.replications.begin(), other.replications.end());
  std::stable_sort(into.replications.begin(), into.replications.end(), by_replication);
  for (const std::string& note : other.notes)
    if (std::find(into.notes.begin(), into.notes.end(), note) == into.notes.end()) into.notes.push_back(note);
  return std::nullopt;
}

}  // namespace meshsim::models
