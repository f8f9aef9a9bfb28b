// The `simulation` block. What a reader of the document wants (quantiles, shares) stands beside what merging needs
// (counts, sums of 128 bits as text). One function per noun and direction.
#include "scenarios/report/simulation_json.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>

#include "sim/analysis/confidence.h"
#include "sim/fingerprint.h"

namespace meshsim::scenarios {
namespace {

using Json = nlohmann::ordered_json;
using namespace models;
using sim::Histogram;
using sim::u128;

Json wide(u128 value) { return sim::to_string(value); }

u128 wide_of(const Json& value) {
  u128 out = 0;
  for (const char c : value.get_ref<const std::string&>()) {
    if (c < '0' || c > '9') throw std::runtime_error("not a number");
    out = out * 10 + static_cast<unsigned>(c - '0');
  }
  return out;
}

std::string hexadecimal(std::uint64_t value) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (int i = 15; i >= 0; --i, value >>= 4) out[static_cast<std::size_t>(i)] = digits[value & 15];
  return out;
}
std::uint64_t hexadecimal_of(const Json& value) {
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() != 16) throw std::runtime_error("not a fingerprint");
  return std::strtoull(text.c_str(), nullptr, 16);
}

Json histogram(const Histogram& h) {
  Json out;
  out["count"] = h.count();
  out["meanNs"] = h.mean();
  if (h.count() > 0) {
    out["p50Ns"] = h.quantile(0.5);
    out["p90Ns"] = h.quantile(0.9);
    out["p99Ns"] = h.quantile(0.99);
    out["p999Ns"] = h.quantile(0.999);
    out["minNs"] = h.tally().least;
    out["maxNs"] = h.tally().greatest;
  }
  Json buckets = Json::array();
  for (std::size_t i = 0; i < h.counts().size(); ++i)
    if (h.counts()[i] != 0) buckets.push_back({i, h.counts()[i]});
  out["buckets"] = {{"sum", wide(h.tally().sum)}, {"squares", wide(h.tally().squares)}, {"counts", std::move(buckets)}};
  return out;
}

Histogram histogram_of(const Json& value) {
  sim::Tally tally;
  tally.count = value.at("count").get<std::uint64_t>();
  std::vector<std::uint64_t> counts;
  const Json& buckets = value.at("buckets");
  for (const Json& one : buckets.at("counts")) {
    const auto i = one.at(0).get<std::size_t>();
    if (i > 8192) throw std::runtime_error("not a bucket");
    // As Histogram grows: to whole multiples of 64.
    if (i >= counts.size()) counts.resize((i | 63) + 1);
    counts[i] = one.at(1).get<std::uint64_t>();
  }
  if (tally.count > 0) {
    tally.sum = wide_of(buckets.at("sum"));
    tally.squares = wide_of(buckets.at("squares"));
    tally.least = value.at("minNs").get<std::uint64_t>();
    tally.greatest = value.at("maxNs").get<std::uint64_t>();
  }
  return Histogram::restore(std::move(counts), tally);
}

Json outcome(const OutcomeCount& o) {
  Json path = Json::array();
  for (const ProxyKind kind : o.path) path.push_back(to_string(kind));
  return {{"verdict", to_string(o.verdict)},
          {"httpStatus", o.http_status ? Json(*o.http_status) : Json(nullptr)},
          {"responseFlags", o.response_flags},
          {"cause", o.cause.empty() ? Json(nullptr) : Json(o.cause)},
          {"path", std::move(path)},
          {"routedTo", o.routed_to.empty() ? Json(nullptr) : Json(o.routed_to)},
          {"deniedBy", o.denied_by.empty() ? Json(nullptr) : Json(o.denied_by)},
          {"epoch", o.epoch},
          {"count", o.count},
          {"samples", o.samples}};
}

std::string text_of(const Json& value) { return value.is_null() ? std::string() : value.get<std::string>(); }

OutcomeCount outcome_of(const Json& value) {
  OutcomeCount o;
  const auto verdict = value.at("verdict").get<std::string>();
  for (const Verdict v : {Verdict::Allowed, Verdict::Denied, Verdict::Reset, Verdict::Unreachable, Verdict::Unknown})
    if (to_string(v) == verdict) o.verdict = v;
  if (!value.at("httpStatus").is_null()) o.http_status = value.at("httpStatus").get<int>();
  o.response_flags = value.at("responseFlags").get<std::string>();
  o.cause = text_of(value.at("cause"));
  for (const Json& name : value.at("path"))
    for (const ProxyKind k : {ProxyKind::Sidecar, ProxyKind::Ztunnel, ProxyKind::Waypoint, ProxyKind::Gateway})
      if (to_string(k) == name.get<std::string>()) o.path.push_back(k);
  o.routed_to = text_of(value.at("routedTo"));
  o.denied_by = text_of(value.at("deniedBy"));
  o.epoch = value.at("epoch").get<std::size_t>();
  o.count = value.at("count").get<std::uint64_t>();
  o.samples = value.at("samples").get<std::vector<std::uint64_t>>();
  return o;
}

// Means of the replications, as an interval at 95 %; null with fewer than two.
Json confidence(const SimulationResult& result, std::size_t flow) {
  std::vector<double> means;
  for (const ReplicationSummary& r : result.replications)
    if (flow < r.flow_count.size() && r.flow_count[flow] > 0)
      means.push_back(static_cast<double>(r.flow_latency[flow]) / static_cast<double>(r.flow_count[flow]));
  if (means.size() < 2) return nullptr;
  const auto interval = sim::analysis::confidence(means);
  return {{"meanNs", interval.mean}, {"halfWidthNs", interval.half_width}, {"level", 0.95}};
}

// By interval. `latencyBuckets` are pairs of bucket and count (models/simulation/latency_intervals.h), for merging;
// the quantiles beside them are for people, null where no request ended.
Json samples(const FlowStatistics& f) {
  Json buckets = Json::array(), out;
  out["started"] = f.started_samples;
  out["finished"] = f.finished_samples;
  out["latencyNs"] = f.latency_sum_samples;
  const LatencyIntervals& latency = f.latency_samples;
  for (const auto& [name, q] : {std::pair{"p50Ns", 0.5}, {"p90Ns", 0.9}, {"p99Ns", 0.99}}) {
    Json list = Json::array();
    for (std::size_t i = 0; i < latency.size(); ++i)
      list.push_back(latency.count(i) > 0 ? Json(latency.quantile(i, q)) : Json());
    out[name] = std::move(list);
  }
  for (std::size_t i = 0; i < latency.size(); ++i) buckets.push_back(latency.pairs(i));
  out["latencyBuckets"] = std::move(buckets);
  return out;
}

Json flow(const FlowStatistics& f, const SimulationResult& result, std::size_t index) {
  Json parts, hops = Json::array(), outcomes = Json::array();
  for (std::size_t i = 0; i < kTimeParts; ++i)
    parts[std::string(to_string(static_cast<TimePart>(i)))] = {
        {"sumNs", wide(f.part_ns[i])},
        {"meanNs", f.finished ? static_cast<double>(f.part_ns[i]) / static_cast<double>(f.finished) : 0.0}};
  for (const HopLatency& h : f.hops)
    hops.push_back({{"proxy", h.proxy},
                    {"name", h.name},
                    {"direction", h.inbound ? "inbound" : "outbound"},
                    {"latency", histogram(h.sojourn)},
                    {"queueNs", h.queue_ns}});
  for (const OutcomeCount& o : f.outcomes) outcomes.push_back(outcome(o));
  return {{"name", f.flow},
          {"started", f.started},
          {"finished", f.finished},
          {"retries", f.retries},
          {"latency", histogram(f.latency)},
          {"confidence", confidence(result, index)},
          {"parts", std::move(parts)},
          {"hops", std::move(hops)},
          {"outcomes", std::move(outcomes)},
          {"bytesToServer", f.bytes_to_server},
          {"bytesToClient", f.bytes_to_client},
          {"samples", samples(f)}};
}

FlowStatistics flow_of(const Json& value) {
  FlowStatistics f;
  f.flow = value.at("name").get<std::string>();
  f.started = value.at("started").get<std::uint64_t>();
  f.finished = value.at("finished").get<std::uint64_t>();
  f.retries = value.at("retries").get<std::uint64_t>();
  f.latency = histogram_of(value.at("latency"));
  for (std::size_t i = 0; i < kTimeParts; ++i)
    f.part_ns[i] = wide_of(value.at("parts").at(std::string(to_string(static_cast<TimePart>(i)))).at("sumNs"));
  for (const Json& h : value.at("hops"))
    f.hops.push_back({h.at("proxy").get<std::string>(), h.at("name").get<std::string>(),
                      h.at("direction").get<std::string>() == "inbound", histogram_of(h.at("latency")),
                      h.at("queueNs").get<std::uint64_t>()});
  for (const Json& o : value.at("outcomes")) f.outcomes.push_back(outcome_of(o));
  f.bytes_to_server = value.at("bytesToServer").get<std::uint64_t>();
  f.bytes_to_client = value.at("bytesToClient").get<std::uint64_t>();
  const Json& samples = value.at("samples");
  f.started_samples = samples.at("started").get<std::vector<std::uint64_t>>();
  f.finished_samples = samples.at("finished").get<std::vector<std::uint64_t>>();
  f.latency_sum_samples = samples.at("latencyNs").get<std::vector<std::uint64_t>>();
  if (samples.contains("latencyBuckets"))
    f.latency_samples =
        LatencyIntervals::restore(samples.at("latencyBuckets").get<std::vector<std::vector<std::uint64_t>>>());
  return f;
}

Json proxy(const ProxyStatistics& p) {
  const double seconds = static_cast<double>(p.observed_ns) * 1e-9;
  return {
      {"proxy", p.proxy},
      {"name", p.name},
      {"workload", p.workload},
      {"mode", p.mode},
      {"workers", p.workers},
      {"utilisation", p.workers > 0 && seconds > 0 ? static_cast<double>(p.busy_ns) * 1e-9 / seconds / p.workers : 0.0},
      {"cpuCores", seconds > 0 ? static_cast<double>(p.cpu_ns) * 1e-9 / seconds : 0.0},
      {"cpuNs", p.cpu_ns},
      {"memoryBytes", p.memory_bytes},
      {"jobs", p.jobs},
      {"arrivals", p.arrivals},
      {"rejected", p.rejected},
      {"withdrawn", p.withdrawn},
      {"busyNs", wide(p.busy_ns)},
      {"populationNs", wide(p.population_ns)},
      {"sojournNs", wide(p.sojourn_ns)},
      {"waitingNs", wide(p.waiting_ns)},
      {"observedNs", wide(p.observed_ns)},
      {"connections",
       {{"opened", p.connections_opened},
        {"closed", p.connections_closed},
        {"peak", p.connections_peak},
        {"hboneOpened", p.hbone_opened},
        {"handshakes", p.handshakes}}},
      {"overflows", p.overflows},
      {"ejections", p.ejections}};
}

ProxyStatistics proxy_of(const Json& v) {
  ProxyStatistics p;
  p.proxy = v.at("proxy").get<std::string>();
  p.name = v.at("name").get<std::string>();
  p.workload = v.at("workload").get<std::string>();
  p.mode = v.at("mode").get<std::string>();
  p.workers = v.at("workers").get<std::uint32_t>();
  p.cpu_ns = v.at("cpuNs").get<std::uint64_t>();
  p.memory_bytes = v.at("memoryBytes").get<std::uint64_t>();
  p.jobs = v.at("jobs").get<std::uint64_t>();
  p.arrivals = v.at("arrivals").get<std::uint64_t>();
  p.rejected = v.at("rejected").get<std::uint64_t>();
  p.withdrawn = v.at("withdrawn").get<std::uint64_t>();
  p.busy_ns = wide_of(v.at("busyNs"));
  p.population_ns = wide_of(v.at("populationNs"));
  p.sojourn_ns = wide_of(v.at("sojournNs"));
  p.waiting_ns = wide_of(v.at("waitingNs"));
  p.observed_ns = wide_of(v.at("observedNs"));
  const Json& c = v.at("connections");
  p.connections_opened = c.at("opened").get<std::uint64_t>();
  p.connections_closed = c.at("closed").get<std::uint64_t>();
  p.connections_peak = c.at("peak").get<std::uint64_t>();
  p.hbone_opened = c.at("hboneOpened").get<std::uint64_t>();
  p.handshakes = c.at("handshakes").get<std::uint64_t>();
  p.overflows = v.at("overflows").get<std::uint64_t>();
  p.ejections = v.at("ejections").get<std::uint64_t>();
  return p;
}

Json node(const NodeStatistics& n) {
  const double available = static_cast<double>(n.observed_ns) * static_cast<double>(n.millicores) * 1e-3;
  return {{"name", n.name},
          {"cores", static_cast<double>(n.millicores) / 1000},
          {"utilisation", available > 0 ? static_cast<double>(n.cpu_ns) / available : 0.0},
          {"cpuNs", n.cpu_ns},
          {"shortNs", n.short_ns},
          {"observedNs", wide(n.observed_ns)}};
}

NodeStatistics node_of(const Json& v) {
  NodeStatistics n;
  n.name = v.at("name").get<std::string>();
  n.millicores = static_cast<std::uint64_t>(v.at("cores").get<double>() * 1000 + 0.5);
  n.cpu_ns = v.at("cpuNs").get<std::uint64_t>();
  n.short_ns = v.at("shortNs").get<std::uint64_t>();
  n.observed_ns = wide_of(v.at("observedNs"));
  return n;
}

Json ejection(const Ejection& e) {
  return {{"atNs", e.at_ns},
          {"untilNs", e.until_ns < 0 ? Json(nullptr) : Json(e.until_ns)},
          {"proxy", e.proxy},
          {"cluster", e.cluster},
          {"endpoint", e.endpoint},
          {"reason", e.reason},
          {"replication", e.replication}};
}

Ejection ejection_of(const Json& v) {
  Ejection e;
  e.at_ns = v.at("atNs").get<std::int64_t>();
  if (!v.at("untilNs").is_null()) e.until_ns = v.at("untilNs").get<std::int64_t>();
  e.proxy = v.at("proxy").get<std::string>();
  e.cluster = v.at("cluster").get<std::string>();
  e.endpoint = v.at("endpoint").get<std::string>();
  e.reason = v.at("reason").get<std::string>();
  e.replication = v.at("replication").get<std::uint32_t>();
  return e;
}

constexpr std::string_view kWindowKinds[] = {"policy", "exposed", "failed", "telemetry"};

Json window(const Window& w) {
  return {{"kind", kWindowKinds[static_cast<std::size_t>(w.kind)]},
          {"flow", w.flow},
          {"subject", w.subject.empty() ? Json(nullptr) : Json(w.subject)},
          {"status", w.status},
          {"fromNs", w.from_ns},
          {"untilNs", w.until_ns},
          {"requests", w.requests},
          {"replication", w.replication}};
}

Window window_of(const Json& v) {
  Window w;
  const auto kind = v.at("kind").get<std::string>();
  for (std::size_t i = 0; i < 4; ++i)
    if (kWindowKinds[i] == kind) w.kind = static_cast<Window::Kind>(i);
  w.flow = v.at("flow").get<std::string>();
  w.subject = text_of(v.at("subject"));
  w.status = v.at("status").get<std::string>();
  w.from_ns = v.at("fromNs").get<std::int64_t>();
  w.until_ns = v.at("untilNs").get<std::int64_t>();
  w.requests = v.at("requests").get<std::uint64_t>();
  w.replication = v.at("replication").get<std::uint32_t>();
  return w;
}

Json replication(const ReplicationSummary& r) {
  Json flows = Json::array();
  for (std::size_t i = 0; i < r.flow_count.size(); ++i) flows.push_back({r.flow_count[i], wide(r.flow_latency[i])});
  return {{"replication", r.replication},
          {"fingerprint", hexadecimal(r.fingerprint)},
          {"events", r.events},
          {"simulatedNs", r.simulated_ns},
          {"cut", r.cut},
          {"flows", std::move(flows)}};
}

ReplicationSummary replication_of(const Json& v) {
  ReplicationSummary r;
  r.replication = v.at("replication").get<std::uint32_t>();
  r.fingerprint = hexadecimal_of(v.at("fingerprint"));
  r.events = v.at("events").get<std::uint64_t>();
  r.simulated_ns = v.at("simulatedNs").get<std::int64_t>();
  r.cut = v.at("cut").get<bool>();
  for (const Json& f : v.at("flows")) {
    r.flow_count.push_back(f.at(0).get<std::uint64_t>());
    r.flow_latency.push_back(wide_of(f.at(1)));
  }
  return r;
}

// CPU and memory by kind of proxy: what each mode costs.
Json modes(const SimulationResult& result) {
  std::map<std::string, std::array<double, 3>> sums;
  for (const ProxyStatistics& p : result.proxies) {
    if (p.proxy == "application" || p.observed_ns == 0) continue;
    auto& [count, cpu, memory] = sums[p.proxy];
    count += 1;
    cpu += static_cast<double>(p.cpu_ns) / static_cast<double>(p.observed_ns);
    memory += static_cast<double>(p.memory_bytes);
  }
  Json out = Json::array();
  for (const auto& [kind, sum] : sums)
    out.push_back({{"proxy", kind},
                   {"count", static_cast<std::uint64_t>(sum[0])},
                   {"cpuCores", sum[1]},
                   {"memoryBytes", static_cast<std::uint64_t>(sum[2])}});
  return out;
}

Json capacity_value(const Capacity& c) {
  Json stations = Json::array();
  for (const StationLoad& s : c.stations)
    stations.push_back(
        {{"proxy", s.proxy}, {"name", s.name}, {"perSecond", s.per_second}, {"utilisation", s.utilisation}});
  return {{"offeredPerSecond", c.offered_per_second},
          {"sustainablePerSecond", c.sustainable_per_second},
          {"bottleneck", c.bottleneck ? Json(*c.bottleneck) : Json(nullptr)},
          {"stations", std::move(stations)}};
}

}  // namespace

Json simulation_value(const SimulationResult& r, const Capacity* capacity) {
  Json out;
  out["seed"] = r.seed;
  out["durationNs"] = r.duration_ns;
  out["warmupNs"] = r.warmup_ns;
  out["sampleNs"] = r.sample_ns;
  out["cut"] = r.cut();
  out["fingerprint"] = hexadecimal(r.fingerprint());
  out["events"] = r.events();
  Json replications = Json::array(), flows = Json::array(), proxies = Json::array(), changes = Json::array(),
       windows = Json::array();
  for (const ReplicationSummary& one : r.replications) replications.push_back(replication(one));
  for (std::size_t i = 0; i < r.flows.size(); ++i) flows.push_back(flow(r.flows[i], r, i));
  for (const ProxyStatistics& p : r.proxies) proxies.push_back(proxy(p));
  for (const ChangeRecord& c : r.changes)
    changes.push_back({{"atNs", c.at_ns},
                       {"what", c.what},
                       {"firstNs", c.first_ns < 0 ? Json(nullptr) : Json(c.first_ns)},
                       {"lastNs", c.last_ns < 0 ? Json(nullptr) : Json(c.last_ns)},
                       {"replication", c.replication}});
  for (const Window& w : r.windows) windows.push_back(window(w));
  out["replications"] = std::move(replications);
  out["flows"] = std::move(flows);
  out["proxies"] = std::move(proxies);
  Json nodes = Json::array();
  for (const NodeStatistics& n : r.nodes) nodes.push_back(node(n));
  out["nodes"] = std::move(nodes);
  out["modes"] = modes(r);
  out["changes"] = std::move(changes);
  Json ejections = Json::array();
  for (const Ejection& e : r.ejections) ejections.push_back(ejection(e));
  out["ejections"] = std::move(ejections);
  out["windows"] = std::move(windows);
  out["capacity"] = capacity != nullptr ? capacity_value(*capacity) : Json(nullptr);
  out["notes"] = r.notes;
  return out;
}

std::optional<SimulationResult> simulation_of(const Json& v) {
  try {
    SimulationResult r;
    r.seed = v.at("seed").get<std::uint64_t>();
    r.duration_ns = v.at("durationNs").get<std::int64_t>();
    r.warmup_ns = v.at("warmupNs").get<std::int64_t>();
    r.sample_ns = v.at("sampleNs").get<std::int64_t>();
    for (const Json& one : v.at("replications")) r.replications.push_back(replication_of(one));
    for (const Json& one : v.at("flows")) r.flows.push_back(flow_of(one));
    for (const Json& one : v.at("proxies")) r.proxies.push_back(proxy_of(one));
    for (const Json& one : v.at("nodes")) r.nodes.push_back(node_of(one));
    for (const Json& c : v.at("changes"))
      r.changes.push_back({c.at("atNs").get<std::int64_t>(), c.at("what").get<std::string>(),
                           c.at("firstNs").is_null() ? -1 : c.at("firstNs").get<std::int64_t>(),
                           c.at("lastNs").is_null() ? -1 : c.at("lastNs").get<std::int64_t>(),
                           c.at("replication").get<std::uint32_t>()});
    for (const Json& one : v.at("ejections")) r.ejections.push_back(ejection_of(one));
    for (const Json& w : v.at("windows")) r.windows.push_back(window_of(w));
    r.notes = v.at("notes").get<std::vector<std::string>>();
    return r;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace meshsim::scenarios
