#include "scenarios/export/access_logs.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "models/telemetry/log_format.h"
#include "scenarios/export/messages.h"
#include "scenarios/export/scrape_target.h"

namespace meshsim::scenarios {

using models::AccessLog;
using models::Hop;
using models::LogOperator;
using models::Outcome;
using models::ProxyKind;

namespace {

constexpr std::array<std::string_view, 13> kOrder = {
    "src.addr",    "src.workload", "src.namespace", "src.identity", "src.cluster", "dst.addr", "dst.hbone_addr",
    "dst.service", "dst.workload", "dst.namespace", "dst.identity", "dst.cluster", "direction"};

// tracing prints socket addresses and numbers as they are and strings in quotes.
bool is_bare(std::string_view key) {
  return key == "src.addr" || key == "dst.addr" || key == "dst.hbone_addr" || key == "bytes_sent" ||
         key == "bytes_recv";
}

// strftime with Envoy's additions %1f..%9f, %f (parts of a second) and %s (seconds).
std::string formatted_time(std::string_view format, std::int64_t wall_ns) {
  if (format.empty()) return time_text(wall_ns, 3);
  std::string out;
  const std::int64_t seconds = wall_ns / 1'000'000'000;
  const auto fraction = [wall_ns](std::size_t digits) {
    return fmt::format("{:09}", wall_ns % 1'000'000'000).substr(0, digits);
  };
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
      continue;
    }
    const char c = format[++i];
    const std::string text = time_text(wall_ns, 9);  // 2026-01-01T00:00:00.000000000Z
    if (c >= '1' && c <= '9' && i + 1 < format.size() && format[i + 1] == 'f') {
      out += fraction(static_cast<std::size_t>(c - '0'));
      ++i;
    } else if (c == 'f') {
      out += fraction(9);
    } else if (c == 's') {
      out += std::to_string(seconds);
    } else if (c == 'Y') {
      out += text.substr(0, 4);
    } else if (c == 'm') {
      out += text.substr(5, 2);
    } else if (c == 'd') {
      out += text.substr(8, 2);
    } else if (c == 'H') {
      out += text.substr(11, 2);
    } else if (c == 'M') {
      out += text.substr(14, 2);
    } else if (c == 'S') {
      out += text.substr(17, 2);
    } else if (c == 'F') {
      out += text.substr(0, 10);
    } else if (c == 'T') {
      out += text.substr(11, 8);
    } else if (c == 'z') {
      out += "+0000";
    } else if (c == 'Z') {
      out += "UTC";
    } else if (c == '%') {
      out += '%';
    } else {
      out += '%';
      out += c;
    }
  }
  return out;
}

std::string part_of_address(const std::string& address, std::string_view name) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return address;
  if (name.ends_with("_WITHOUT_PORT")) return address.substr(0, colon);
  return name.ends_with("_PORT") ? address.substr(colon + 1) : address;
}

// Empty: absent.
std::string fact(const LogOperator& op, const LineFacts& facts) {
  const auto milliseconds = [](std::int64_t ns) { return std::to_string(ns / 1'000'000); };
  if (op.name == "START_TIME") return formatted_time(op.argument, facts.start_wall_ns);
  if (op.name == "EMIT_TIME") return formatted_time(op.argument, facts.start_wall_ns + facts.duration_ns);
  if (op.name == "DURATION" || op.name == "RESPONSE_DURATION") return milliseconds(facts.duration_ns);
  if (op.name == "REQUEST_DURATION" || op.name == "RESPONSE_TX_DURATION") return "0";
  if (op.name == "BYTES_RECEIVED") return std::to_string(facts.bytes_received);
  if (op.name == "BYTES_SENT") return std::to_string(facts.bytes_sent);
  if (op.name.starts_with("REQ")) return facts.request_id;
  if (op.name.starts_with("RESP")) return facts.answered_upstream ? milliseconds(facts.upstream_ns) : std::string();
  if (op.name == "UPSTREAM_LOCAL_ADDRESS") return facts.upstream_local;
  if (op.name.starts_with("DOWNSTREAM_")) return part_of_address(facts.downstream_remote, op.name);
  if (op.name == "TRACE_ID") return facts.trace_id;
  if (op.name == "CONNECTION_ID") return std::to_string(facts.connection);
  if (op.name == "STREAM_ID" || op.name == "UNIQUE_ID") return facts.request_id;
  return {};
}

// One request of an outcome: the example, or a later one like it.
struct Request {
  const Happened& happened;
  std::int64_t at_ns = 0;
  std::uint64_t number = 0;
};

struct Line {
  std::int64_t at_ns = 0;
  std::string text;
  OutputFile* file = nullptr;
};

std::size_t hop_of(const AccessLog& log, const Outcome& outcome) {
  for (std::size_t i = 0; i < outcome.hops.size(); ++i) {
    const Hop& hop = outcome.hops[i];
    if (hop.proxy != log.proxy || hop.name != log.name) continue;
    const bool sided = hop.proxy == ProxyKind::Sidecar || hop.proxy == ProxyKind::Ztunnel;
    if (!sided || hop.inbound == (log.direction == "inbound")) return i;
  }
  return outcome.hops.size();
}

// The model writes 50000 where it does not know a client's port.
std::string with_port(std::string address, std::uint16_t port) {
  static constexpr std::string_view kUnknown = ":50000";
  if (address.ends_with(kUnknown)) address.replace(address.size() - 5, 5, std::to_string(port));
  return address;
}

bool ztunnel_json(const RunResult& run, const ExportOptions& options) {
  if (options.ztunnel_log_json) return *options.ztunnel_log_json;
  for (const models::Object* set : run.loaded->world.mesh->objects_of("DaemonSet"))
    if (set->name == "ztunnel")
      for (const models::Node container : set->spec()["template"]["spec"]["containers"])
        for (const models::Node variable : container["env"])
          if (variable["name"].string_or() == "LOG_FORMAT") return variable["value"].string_or() == "json";
  return false;
}

std::string field(const AccessLog& log, const char* name) {
  const auto it = log.fields.find(name);
  return it == log.fields.end() ? std::string() : it->second;
}

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return 0;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

Line envoy_log(const Recording& recording, const Request& request, const AccessLog& log, std::size_t hop) {
  const Happened& happened = request.happened;
  const HopTime& time = happened.hops[hop];
  LineFacts facts;
  facts.start_wall_ns = recording.start_ns + request.at_ns + time.start_ns;
  facts.duration_ns = time.end_ns - time.start_ns;
  const bool last = hop + 1 == happened.hops.size();
  if (!last) facts.upstream_ns = happened.hops[hop + 1].end_ns - happened.hops[hop + 1].start_ns;
  const bool allowed = happened.outcome->verdict == models::Verdict::Allowed;
  facts.answered_upstream = happened.outcome->hops[hop].http && (allowed || !last);
  facts.bytes_received = number(field(log, "bytes_received"));
  facts.bytes_sent = number(field(log, "bytes_sent"));
  // BYTES_RECEIVED and BYTES_SENT are bodies; the message sizes of a flow are whole messages.
  if (allowed && facts.bytes_sent == 0) {
    const std::string question = request_text(*happened.flow, happened.request_bytes);
    const std::string answer = response_text(*happened.flow, *happened.outcome, happened.response_bytes);
    const auto body = [](const std::string& text) {
      return text.size() - std::min(text.size(), text.find("\r\n\r\n") + 4);
    };
    const bool http = models::is_http(happened.flow->protocol);
    facts.bytes_received = http ? body(question) : happened.request_bytes;
    facts.bytes_sent = http ? body(answer) : happened.response_bytes;
  }
  if (field(log, "duration") == "0") facts.duration_ns = 0;  // TM-143: a refusal
  if (happened.outcome->hops[hop].http) facts.request_id = request_id(recording, happened, request.number);
  facts.trace_id = trace_id(recording, happened, 0);
  facts.downstream_remote =
      with_port(field(log, "downstream_remote_address"), client_port(recording, happened, hop, request.number));
  if (facts.downstream_remote == "-") facts.downstream_remote.clear();
  if (!last || allowed) {
    const std::string own = field(log, "upstream_local_address");
    facts.upstream_local = own == "-" ? std::string() : own;
  }
  facts.connection =
      stable_number(recording.seed, "connection", happened.flow_index, happened.outcome_index, hop) % 100000;
  return {request.at_ns + time.start_ns + facts.duration_ns, envoy_line(log.line, facts)};
}

Line ztunnel_log(const Recording& recording, const Request& request, const AccessLog& log, std::size_t hop, bool json) {
  const Happened& happened = request.happened;
  const HopTime& time = happened.hops[hop];
  std::map<std::string, std::string> fields = log.fields;
  if (fields.contains("src.addr"))
    fields["src.addr"] = with_port(fields["src.addr"], client_port(recording, happened, hop, request.number));
  if (fields.contains("bytes_sent")) {
    const bool sent_is_request = log.direction == "outbound";
    if (bytes_flowed(*happened.flow, *happened.outcome) && fields["bytes_sent"] == "0" && fields["bytes_recv"] == "0") {
      fields["bytes_sent"] = std::to_string(sent_is_request ? happened.request_bytes : happened.response_bytes);
      fields["bytes_recv"] = std::to_string(sent_is_request ? happened.response_bytes : happened.request_bytes);
    }
    fields["duration"] = std::to_string((time.end_ns - time.start_ns) / 1'000'000) + "ms";
  }
  const std::int64_t at = request.at_ns + time.end_ns;
  return {at, ztunnel_line(fields, recording.start_ns + at, json) + "\n"};
}

}  // namespace

std::string envoy_line(std::string_view line, const LineFacts& facts) {
  std::string out;
  const bool json = line.starts_with('{');
  models::split_format(
      line, [&out](std::string_view text) { out += text; },
      [&](const LogOperator& op, std::string_view) {
        // A value of a JSON object that is one operator: texts get quotes, numbers do not.
        const bool alone = json && !out.empty() && out.back() == ':';
        std::string value = fact(op, facts);
        if (alone) {
          if (value.empty())
            out += "null";
          else
            out += models::is_number_operator(op.name) ? value : models::json_text(value);
          return;
        }
        if (value.empty()) value = "-";
        out += value.substr(0, op.length);
      });
  return out;
}

std::string ztunnel_line(const std::map<std::string, std::string>& fields, std::int64_t wall_ns, bool json) {
  const auto get = [&fields](const char* name) {
    const auto it = fields.find(name);
    return it == fields.end() ? std::string() : it->second;
  };
  std::string line;
  const auto put = [&](std::string_view key, const std::string& value) {
    if (value.empty()) return;
    const bool number = key == "bytes_sent" || key == "bytes_recv";
    if (json)
      line += fmt::format(",\"{}\":{}", key, number ? value : models::json_text(value));
    else
      line +=
          fmt::format("{}{}={}", line.back() == '\t' ? "" : " ", key, is_bare(key) ? value : models::json_text(value));
  };
  if (json)
    line = fmt::format("{{\"level\":\"{}\",\"time\":\"{}\",\"scope\":\"access\",\"message\":\"{}\"", get("level"),
                       time_text(wall_ns, 6), get("message"));
  else
    line = fmt::format("{}\t{}\taccess\t{}\t", time_text(wall_ns, 6), get("level"), get("message"));
  for (const std::string_view key : kOrder) put(key, get(std::string(key).c_str()));
  put("bytes_sent", get("bytes_sent"));
  put("bytes_recv", get("bytes_recv"));
  put("duration", get("duration"));
  put("error", get("error"));
  return json ? line + "}" : line;
}

namespace {

// Requests of an outcome until sample k. A share of one request is shown as one.
std::uint64_t requests_until(const Happened& happened, std::size_t k) {
  if (happened.last() < 1) return happened.totals[k] > 0 ? 1 : 0;
  return static_cast<std::uint64_t>(happened.totals[k]);
}

}  // namespace

void write_access_logs(const RunResult& run, const Recording& recording, const ExportOptions& options,
                       OutputFiles& files) {
  const bool json = ztunnel_json(run, options);
  struct Source {  // one logger of one proxy kind on one path
    const Happened* happened = nullptr;
    const AccessLog* log = nullptr;
    std::size_t hop = 0;
    std::vector<OutputFile*> pods;
  };
  std::vector<Source> sources;
  for (const Happened& happened : recording.happened)
    for (const AccessLog& log : happened.outcome->telemetry.logs) {
      Source source{&happened, &log, hop_of(log, *happened.outcome), {}};
      if (source.hop == happened.outcome->hops.size() || happened.last() <= 0) continue;
      for (const ScrapeTarget& target : targets_of(*happened.mesh, happened.outcome->hops[source.hop]))
        source.pods.push_back(
            &files.file("logs/" + file_name_of(target.ns) + "/" + file_name_of(target.pod) + "/istio-proxy.log"));
      if (!source.pods.empty()) sources.push_back(std::move(source));
    }
  // Interval by interval: memory holds the lines of one.
  std::vector<Line> lines;
  for (std::size_t k = 1; k < recording.samples; ++k) {
    lines.clear();
    for (const Source& source : sources) {
      const std::uint64_t from = requests_until(*source.happened, k - 1), to = requests_until(*source.happened, k);
      for (std::uint64_t number = from; number < to; ++number) {
        // When in an interval a request came is not recorded: they are spread evenly, the first one excepted.
        const auto share = static_cast<std::int64_t>(2 * (number - from) + 1);
        const std::int64_t spread = recording.interval_ns / static_cast<std::int64_t>(2 * (to - from)) * share;
        const std::int64_t at =
            number == 0 ? source.happened->at_ns : static_cast<std::int64_t>(k - 1) * recording.interval_ns + spread;
        const Request request{*source.happened, at, number};
        Line line = source.log->proxy == ProxyKind::Ztunnel
                        ? ztunnel_log(recording, request, *source.log, source.hop, json)
                        : envoy_log(recording, request, *source.log, source.hop);
        line.file = source.pods[number % source.pods.size()];
        lines.push_back(std::move(line));
      }
    }
    std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.at_ns < b.at_ns; });
    for (const Line& line : lines) line.file->write(line.text);
  }
}

}  // namespace meshsim::scenarios
