#pragma once
// SimulationResult: what a simulated stretch of time showed, as plain integers. Counts, histograms and sums only:
// results of replications merge exactly and in any order, so one run of eight and eight runs of one give the same
// bytes. Everything derived (quantiles, rates, shares) is computed by whoever shows it.
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/simulation/latency_intervals.h"
#include "models/verdict/outcome.h"
#include "sim/histogram.h"
#include "sim/sim_time.h"

namespace meshsim::models {

// Where the time of a request goes.
enum class TimePart : std::uint8_t { Queue, Proxy, Crypto, Network, Application };
inline constexpr std::size_t kTimeParts = 5;
std::string_view to_string(TimePart part);

// When one request was at one proxy, from its start: taken up, and done with the answer.
struct RecordedHop {
  std::int64_t enter_ns = 0, leave_ns = 0;  // both 0: it never came there
};

// One request, hop by hop. Kept for exports; not part of what results write down.
struct RecordedRequest {
  static constexpr std::uint32_t kNone = static_cast<std::uint32_t>(-1);
  std::uint32_t flow = 0, number = 0;                        // its flow's requests are counted from 0
  std::uint32_t parent_flow = kNone, parent_number = kNone;  // the request whose application called
  std::uint32_t root_flow = 0, root_number = 0;              // the first cause
  std::int64_t start_ns = 0, end_ns = 0;
  std::vector<RecordedHop> hops;  // of its path: proxies, then the application
  std::uint32_t replication = 0;
  bool sampled = false;  // of the evenly spread sample; else kept because of how it ended
};

// Requests of one flow that ended alike. Kept apart: everything a metric would keep apart.
struct OutcomeCount {
  Verdict verdict = Verdict::Unknown;
  std::optional<int> http_status;
  std::string response_flags;  // "-", "UO", "UF", ...
  std::string cause;           // empty: as judged; otherwise what the simulation added: "overflow", "timeout", ...
  std::vector<ProxyKind> path;
  std::string routed_to;  // ns/workload or host; empty
  std::string denied_by;  // ns/policy, or the proxy that refused; empty
  std::size_t epoch = 0;  // the configuration whose `judge` gave this verdict; of the client's proxy where they differ
  std::uint64_t count = 0;
  std::vector<std::uint64_t> samples;  // by interval of SimulationResult::sample
  // Only where SimulationInput::recorded asks for it: requests of the first replication that ended so, by number, and
  // the time that each hop of the path waited for its answer, of all requests, warm-up included.
  std::vector<RecordedRequest> recorded;
  std::vector<sim::Histogram> durations;
};

// One proxy (or the application) on the way of a flow: time spent there per request, both directions together.
struct HopLatency {
  std::string proxy;  // sidecar | ztunnel | waypoint | gateway | application
  std::string name;   // as Hop::name
  bool inbound = false;
  sim::Histogram sojourn;      // ns; queueing included
  std::uint64_t queue_ns = 0;  // sum of the waiting in it
};

struct FlowStatistics {
  std::string flow;
  std::uint64_t started = 0, finished = 0, retries = 0;
  std::vector<std::uint64_t> started_samples;  // by interval
  sim::Histogram latency;                      // ns, of finished requests after the warm-up
  sim::u128 part_ns[kTimeParts] = {};          // sums over the same requests
  std::vector<HopLatency> hops;
  std::vector<OutcomeCount> outcomes;
  // Connections that its requests opened, by stretch between HTTP proxies: the first begins at the client's
  // application. What a ztunnel counts as opened is what opened on the stretch that it lies on (TM-097).
  std::array<std::uint64_t, 5> connections{};
  std::uint64_t bytes_to_server = 0, bytes_to_client = 0;  // TCP payload on the network, handshakes included
  std::vector<std::uint64_t> finished_samples;             // by interval of their end, warm-up included
  std::vector<std::uint64_t> latency_sum_samples;          // ns, of the same
  LatencyIntervals latency_samples;                        // the same, as distributions
};

struct ProxyStatistics {
  std::string proxy;  // sidecar | ztunnel | waypoint | gateway | application
  std::string name;   // ns/pod, or the node of a ztunnel
  std::string workload;
  std::string mode;  // of design.md section 6
  std::uint32_t workers = 0;
  std::uint64_t jobs = 0;       // services completed: request and response count each
  sim::u128 busy_ns = 0;        // of its workers
  sim::u128 population_ns = 0;  // integral of the number present
  sim::u128 sojourn_ns = 0;     // of the jobs
  sim::u128 waiting_ns = 0;
  std::uint64_t arrivals = 0, rejected = 0, withdrawn = 0;
  sim::u128 observed_ns = 0;       // time that it was watched
  std::uint64_t cpu_ns = 0;        // CO-021 CPU, handshakes included
  std::uint64_t memory_bytes = 0;  // CO-026, at the greatest number of connections
  std::uint64_t connections_opened = 0, connections_closed = 0, connections_peak = 0;  // leaving this proxy
  std::uint64_t hbone_opened = 0, handshakes = 0;
  std::uint64_t overflows = 0;  // requests that its circuit breakers refused (UO)
  std::uint64_t ejections = 0;  // endpoints that its outlier detection took out
};

// A node whose cores are known: what runs there shares them.
struct NodeStatistics {
  std::string name;
  std::uint64_t millicores = 0;
  std::uint64_t cpu_ns = 0;    // of all its cores
  std::uint64_t short_ns = 0;  // time in which more was asked for than there is: everything slower
  sim::u128 observed_ns = 0;
};

// A change of the world, when it was made and when proxies knew of it.
struct ChangeRecord {
  std::int64_t at_ns = 0;
  std::string what;            // "label namespace/bookinfo istio.io/dataplane-mode=ambient"
  std::int64_t first_ns = -1;  // first and last proxy that learned it; -1: nobody had to
  std::int64_t last_ns = -1;
  std::uint32_t replication = 0;
};

// Outlier detection of one Envoy took an endpoint out of its cluster.
struct Ejection {
  std::int64_t at_ns = 0, until_ns = -1;  // -1: still out when the run ended
  std::string proxy;                      // ns/pod of the Envoy
  std::string cluster;                    // "reviews.bookinfo.svc.cluster.local:9080"
  std::string endpoint;                   // ns/pod
  std::string reason;  // "consecutive 5xx", "consecutive gateway errors", "consecutive local origin failures"
  std::uint32_t replication = 0;
};

// An interval of simulated time in which something was so. Policies that say the same (same kind, namespace, action and
// rules) but attach differently are one protection: the copy for the waypoint stands in for the one for the sidecar.
struct Window {
  enum class Kind : std::uint8_t {
    Policy,     // `status` of the protection `subject` for this flow
    Exposed,    // the flow passed although it is meant to be refused
    Failed,     // the flow did not get through although it is meant to
    Telemetry,  // the signal `subject`, there at the start, was missing
  };
  Kind kind = Kind::Policy;
  std::string flow;
  std::string subject;
  std::string status;  // enforced | bypassed | open | denies-all | ... ; exposed | failed | lost
  std::int64_t from_ns = 0, until_ns = 0;
  std::uint64_t requests = 0;  // of the flow, started in it, that met it
  std::uint32_t replication = 0;
};

struct ReplicationSummary {
  std::uint32_t replication = 0;
  std::uint64_t fingerprint = 0, events = 0;
  std::int64_t simulated_ns = 0;
  bool cut = false;
  std::vector<std::uint64_t> flow_count;  // by flow: requests and the sum of their latencies (confidence intervals)
  std::vector<sim::u128> flow_latency;
};

struct SimulationResult {
  std::uint64_t seed = 1;
  std::int64_t duration_ns = 0, warmup_ns = 0;
  std::int64_t sample_ns = 0;            // width of the sample intervals
  std::vector<FlowStatistics> flows;     // those with traffic, in the scenario's order, then called ones
  std::vector<ProxyStatistics> proxies;  // by kind and name
  std::vector<NodeStatistics> nodes;     // by name; those whose cores are known
  std::vector<ChangeRecord> changes;
  std::vector<Ejection> ejections;  // by time
  std::vector<Window> windows;
  std::vector<ReplicationSummary> replications;  // by number
  std::vector<std::string> notes;                // what was simplified, in the user's words

  bool cut() const;                   // stopped before its end
  std::uint64_t fingerprint() const;  // of all replications
  std::uint64_t events() const;
};

// Adds the replications of `other`. nullopt, or why the two do not belong together.
std::optional<std::string> merge(SimulationResult& into, const SimulationResult& other);

}  // namespace meshsim::models
