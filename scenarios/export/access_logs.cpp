#include "scenarios/export/access_logs.h"

#include <algorithm>
#include <memory>

#include "models/telemetry/ztunnel_logging.h"
#include "scenarios/export/log_line.h"
#include "scenarios/export/messages.h"
#include "scenarios/export/scrape_target.h"
#include "scenarios/export/traces.h"

namespace meshsim::scenarios {

using models::AccessLog;
using models::Hop;
using models::Outcome;
using models::ProxyKind;

namespace {

std::size_t hop_of(const AccessLog& log, const Outcome& outcome) {
  for (std::size_t i = 0; i < outcome.hops.size(); ++i) {
    const Hop& hop = outcome.hops[i];
    if (hop.proxy != log.proxy || hop.name != log.name) continue;
    const bool sided = hop.proxy == ProxyKind::Sidecar || hop.proxy == ProxyKind::Ztunnel;
    if (!sided || hop.inbound == (log.direction == "inbound")) return i;
  }
  return outcome.hops.size();
}

std::string field(const AccessLog& log, const char* name) {
  const auto it = log.fields.find(name);
  return it == log.fields.end() || it->second == "-" ? std::string() : it->second;
}

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return 0;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

// One logger of one proxy on one path: what its lines share.
struct Source {
  const Happened* happened = nullptr;
  LogLine line;
  std::size_t hop = 0;
  bool last = false, refused = false, at_start = false;
  std::string upstream_local, downstream_remote;
  LineFacts shared;
  std::vector<OutputFile*> pods;
};

// BYTES_RECEIVED and BYTES_SENT of an Envoy are bodies; the message sizes of a flow are whole messages.
void put_envoy_bytes(const Happened& happened, const AccessLog& log, LineFacts& facts) {
  facts.bytes_received = number(field(log, "bytes_received"));
  facts.bytes_sent = number(field(log, "bytes_sent"));
  if (happened.outcome->verdict != models::Verdict::Allowed || facts.bytes_sent != 0) return;
  if (!models::is_http(happened.flow->protocol)) {
    facts.bytes_received = happened.request_bytes;
    facts.bytes_sent = happened.response_bytes;
    return;
  }
  const auto body = [](const std::string& text) {
    return text.size() - std::min(text.size(), text.find("\r\n\r\n") + 4);
  };
  facts.bytes_received = body(request_text(*happened.flow, happened.request_bytes));
  facts.bytes_sent = body(response_text(*happened.flow, *happened.outcome, happened.response_bytes));
}

// A ztunnel counts whole messages, and its log speaks of its own direction (TM-072, TM-082).
void put_ztunnel_bytes(const Happened& happened, const AccessLog& log, std::size_t hop, LineFacts& facts) {
  facts.bytes_sent = number(field(log, "bytes_sent"));
  facts.bytes_received = number(field(log, "bytes_recv"));
  if (facts.bytes_sent != 0 || facts.bytes_received != 0 || !bytes_flowed(*happened.flow, *happened.outcome)) return;
  const bool outbound = log.direction == "outbound";
  facts.bytes_sent = outbound ? happened.request_bytes_at(hop) : happened.response_bytes;
  facts.bytes_received = outbound ? happened.response_bytes : happened.request_bytes_at(hop);
}

Source source_of(const Recording& recording, const Happened& happened, const AccessLog& log, std::size_t hop,
                 bool json) {
  Source out;
  out.happened = &happened;
  out.hop = hop;
  const Outcome& outcome = *happened.outcome;
  const bool allowed = outcome.verdict == models::Verdict::Allowed;
  out.last = hop + 1 == outcome.hops.size();
  if (log.proxy == ProxyKind::Ztunnel) {
    out.line = LogLine::of_ztunnel(log.fields, json, log.fields.contains("bytes_sent"));
    out.at_start = log.fields.at("message") != "connection complete" && log.fields.at("message") != "connection failed";
    put_ztunnel_bytes(happened, log, hop, out.shared);
    return out;
  }
  out.line = LogLine::of_envoy(log.line);
  out.refused = field(log, "duration") == "0";  // TM-143: a refusal takes no time
  out.downstream_remote = field(log, "downstream_remote_address");
  if (!out.last || allowed) out.upstream_local = field(log, "upstream_local_address");
  out.shared.answered_upstream = outcome.hops[hop].http && (allowed || !out.last);
  out.shared.connection =
      stable_number(recording.seed, "connection", happened.flow_index, happened.outcome_index, hop) % 100000;
  put_envoy_bytes(happened, log, out.shared);
  return out;
}

// A request whose lines stand in the interval at hand.
struct Request {
  std::int64_t at_ns = 0;
  std::uint64_t number = 0;
  const Timed* times = nullptr;
  bool recorded = false;
};

struct Entry {  // a line to be
  std::int64_t at_ns = 0;
  std::uint32_t source = 0, request = 0;
};

// Requests of an outcome until sample k. A share of one request is shown as one.
std::uint64_t requests_until(const Happened& happened, std::size_t k) {
  if (happened.last() < 1) return happened.totals[k] > 0 ? 1 : 0;
  return static_cast<std::uint64_t>(happened.totals[k]);
}

class Writer {
 public:
  Writer(const Recording& recording) : recording_(recording), traces_(recording) {}

  void add(Source source) { sources_.push_back(std::move(source)); }

  // Interval by interval: memory holds the requests of one, and never their lines.
  void write() {
    std::size_t first = 0;
    std::vector<std::pair<std::size_t, std::size_t>> groups;  // sources of one outcome stand together
    for (std::size_t i = 1; i <= sources_.size(); ++i)
      if (i == sources_.size() || sources_[i].happened != sources_[first].happened) {
        groups.emplace_back(first, i);
        first = i;
      }
    std::vector<std::size_t> next(groups.size(), 0);  // recorded requests until now
    for (std::size_t k = 1; k < recording_.samples; ++k) {
      requests_.clear();
      entries_.clear();
      for (std::size_t g = 0; g < groups.size(); ++g) collect(groups[g], k, next[g]);
      std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
        return std::tie(a.at_ns, a.source, a.request) < std::tie(b.at_ns, b.source, b.request);
      });
      for (const Entry& entry : entries_) write(entry);
    }
  }

 private:
  void collect(std::pair<std::size_t, std::size_t> group, std::size_t k, std::size_t& next) {
    const Happened& happened = *sources_[group.first].happened;
    const std::uint64_t from = requests_until(happened, k - 1), to = requests_until(happened, k);
    const std::int64_t until = static_cast<std::int64_t>(k) * recording_.interval_ns,
                       begin = until - recording_.interval_ns;
    const std::size_t start = requests_.size();
    std::uint64_t left = to - from;
    for (; next < happened.requests.size() && happened.requests[next].at_ns < until; ++next) {
      if (left == 0) continue;
      --left;
      const Timed& timed = happened.requests[next];
      requests_.push_back({std::max(begin, timed.at_ns), timed.number, &timed, true});
    }
    for (std::uint64_t i = 0; i < left; ++i) {
      const Timed& timed = happened.requests[(from + i) % happened.requests.size()];
      const std::int64_t spread =
          recording_.interval_ns / static_cast<std::int64_t>(2 * left) * static_cast<std::int64_t>(2 * i + 1);
      requests_.push_back({begin + spread, (std::uint64_t{1} << 40) + from + i, &timed, false});
    }
    for (std::size_t s = group.first; s < group.second; ++s)
      for (std::size_t r = start; r < requests_.size(); ++r)
        entries_.push_back({requests_[r].at_ns + offset(sources_[s], *requests_[r].times),
                            static_cast<std::uint32_t>(s), static_cast<std::uint32_t>(r)});
  }

  static std::int64_t offset(const Source& source, const Timed& timed) {
    const HopTime& time = timed.hops[source.hop];
    return source.refused || source.at_start ? time.start_ns : time.end_ns;
  }

  void write(const Entry& entry) {
    const Source& source = sources_[entry.source];
    const Request& request = requests_[entry.request];
    const Happened& happened = *source.happened;
    const HopTime& time = request.times->hops[source.hop];
    LineFacts facts = source.shared;
    facts.start_wall_ns = recording_.start_ns + request.at_ns + time.start_ns;
    facts.duration_ns = source.refused || source.at_start ? 0 : time.end_ns - time.start_ns;
    if (!source.last) {
      const HopTime& behind = request.times->hops[source.hop + 1];
      facts.upstream_ns = behind.end_ns - behind.start_ns;
    }
    facts.client_port = client_port(recording_, happened, source.hop, request.number);
    facts.upstream_local = source.upstream_local;
    facts.downstream_remote = source.downstream_remote;
    std::string id, trace;
    if (source.line.needs_request_id() && happened.outcome->hops[source.hop].http) {
      id = request_id(recording_, happened, request.number);
      facts.request_id = id;
    }
    if (source.line.needs_trace_id()) {
      trace = happened.outcome->hops[source.hop].proxy == ProxyKind::Ztunnel
                  ? tunnel_trace_id(recording_, happened, source.hop, request.number)
              : request.recorded ? traces_.trace_of(happened, *request.times)
                                 : trace_id(recording_, happened, request.number, 0);
      facts.trace_id = trace;
    }
    line_.clear();
    source.line.append(line_, facts);
    if (line_.empty() || line_.back() != '\n') line_ += '\n';
    const std::uint64_t turn = request.number & 0xffffffff;
    source.pods[static_cast<std::size_t>(turn % source.pods.size())]->write(line_);
  }

  const Recording& recording_;
  TraceTree traces_;
  std::vector<Source> sources_;
  std::vector<Request> requests_;
  std::vector<Entry> entries_;
  std::string line_;
};

}  // namespace

void write_access_logs(const RunResult& run, const Recording& recording, const ExportOptions& options,
                       OutputFiles& files) {
  const bool json = options.ztunnel_log_json.value_or(models::ztunnel_logging(*run.loaded->world.mesh).json);
  Writer writer(recording);
  for (const Happened& happened : recording.happened) {
    if (happened.last() <= 0) continue;
    for (const AccessLog& log : happened.outcome->telemetry.logs) {
      const std::size_t hop = hop_of(log, *happened.outcome);
      if (hop == happened.outcome->hops.size()) continue;
      Source source = source_of(recording, happened, log, hop, json);
      for (const ScrapeTarget& target : targets_of(*happened.mesh, happened.outcome->hops[hop]))
        source.pods.push_back(
            &files.file("logs/" + file_name_of(target.ns) + "/" + file_name_of(target.pod) + "/istio-proxy.log"));
      if (!source.pods.empty()) writer.add(std::move(source));
    }
  }
  writer.write();
}

}  // namespace meshsim::scenarios
