#include "scenarios/export/log_line.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "models/telemetry/log_format.h"
#include "scenarios/export/export.h"

namespace meshsim::scenarios {

using models::LogOperator;

namespace {

constexpr std::array<std::string_view, 13> kOrder = {
    "src.addr",    "src.workload", "src.namespace", "src.identity", "src.cluster", "dst.addr", "dst.hbone_addr",
    "dst.service", "dst.workload", "dst.namespace", "dst.identity", "dst.cluster", "direction"};

// tracing prints socket addresses and numbers as they are and strings in quotes.
bool is_bare(std::string_view key) { return key == "src.addr" || key == "dst.addr" || key == "dst.hbone_addr"; }

// strftime with Envoy's additions %1f..%9f, %f (parts of a second) and %s (seconds).
std::string formatted_time(std::string_view format, std::int64_t wall_ns) {
  std::string out;
  const std::string text = time_text(wall_ns, 9);  // 2026-01-01T00:00:00.000000000Z
  const auto fraction = [&text](std::size_t digits) { return text.substr(20, digits); };
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
      continue;
    }
    const char c = format[++i];
    if (c >= '1' && c <= '9' && i + 1 < format.size() && format[i + 1] == 'f') {
      out += fraction(static_cast<std::size_t>(c - '0'));
      ++i;
      continue;
    }
    switch (c) {
      case 'f':
        out += fraction(9);
        break;
      case 's':
        out += std::to_string(wall_ns / 1'000'000'000);
        break;
      case 'Y':
        out += text.substr(0, 4);
        break;
      case 'm':
        out += text.substr(5, 2);
        break;
      case 'd':
        out += text.substr(8, 2);
        break;
      case 'H':
        out += text.substr(11, 2);
        break;
      case 'M':
        out += text.substr(14, 2);
        break;
      case 'S':
        out += text.substr(17, 2);
        break;
      case 'F':
        out += text.substr(0, 10);
        break;
      case 'T':
        out += text.substr(11, 8);
        break;
      case 'z':
        out += "+0000";
        break;
      case 'Z':
        out += "UTC";
        break;
      case '%':
        out += '%';
        break;
      default:
        out += '%';
        out += c;
    }
  }
  return out;
}

void put_number(std::string& out, std::uint64_t value) {
  const fmt::format_int text(value);
  out.append(text.data(), text.size());
}

// "10.0.0.1:50000" -> "10.0.0.1:", where the model does not know a client's port.
constexpr std::string_view kUnknownPort = ":50000";

}  // namespace

void LogLine::open(Fact fact, std::string argument) {
  Piece piece;
  piece.text = std::move(tail_);
  tail_.clear();
  piece.fact = fact;
  piece.argument = std::move(argument);
  pieces_.push_back(std::move(piece));
}

LogLine LogLine::of_envoy(std::string_view line) {
  static const std::map<std::string_view, Fact> kFacts = {
      {"START_TIME", Fact::StartTime},
      {"EMIT_TIME", Fact::EmitTime},
      {"DURATION", Fact::Duration},
      {"RESPONSE_DURATION", Fact::Duration},
      {"REQUEST_DURATION", Fact::Zero},
      {"RESPONSE_TX_DURATION", Fact::Zero},
      {"BYTES_RECEIVED", Fact::BytesReceived},
      {"BYTES_SENT", Fact::BytesSent},
      {"REQ", Fact::RequestId},
      {"REQUEST_HEADER", Fact::RequestId},
      {"RESP", Fact::UpstreamTime},
      {"RESPONSE_HEADER", Fact::UpstreamTime},
      {"UPSTREAM_LOCAL_ADDRESS", Fact::UpstreamLocal},
      {"TRACE_ID", Fact::TraceId},
      {"CONNECTION_ID", Fact::Connection},
      {"STREAM_ID", Fact::RequestId},
      {"UNIQUE_ID", Fact::RequestId},
  };
  LogLine out;
  const bool json = line.starts_with('{');
  std::string& tail = out.tail_;
  models::split_format(
      line, [&tail](std::string_view text) { tail += text; },
      [&](const LogOperator& op, std::string_view) {
        Fact fact = Fact::None;
        if (const auto it = kFacts.find(op.name); it != kFacts.end()) fact = it->second;
        if (op.name.starts_with("DOWNSTREAM_"))
          fact = op.name.ends_with("_WITHOUT_PORT") ? Fact::DownstreamHost
                 : op.name.ends_with("_PORT")       ? Fact::DownstreamPort
                                                    : Fact::DownstreamAddress;
        // A value of a JSON object that is one operator: texts get quotes, numbers do not.
        const bool alone = json && tail.ends_with(':');
        out.open(fact, std::string(op.argument));
        Piece& piece = out.pieces_.back();
        piece.length = op.length;
        piece.alone = alone;
        piece.quoted = alone && !models::is_number_operator(op.name);
        out.request_id_ = out.request_id_ || fact == Fact::RequestId;
        out.trace_id_ = out.trace_id_ || fact == Fact::TraceId;
      });
  return out;
}

LogLine LogLine::of_ztunnel(const std::map<std::string, std::string>& fields, bool json, bool counts) {
  const auto get = [&fields](const char* name) {
    const auto it = fields.find(name);
    return it == fields.end() ? std::string() : it->second;
  };
  LogLine out;
  std::string& tail = out.tail_;
  const std::string scope = get("scope").empty() ? std::string("access") : get("scope");
  const bool access = scope == "access";
  bool first = true;
  const auto name = [&](std::string_view key) {
    if (json)
      tail += fmt::format(",\"{}\":", key);
    else
      tail += fmt::format("{}{}=", first ? "" : " ", key);
    first = false;
  };
  if (json) {
    tail = fmt::format("{{\"level\":\"{}\",\"time\":\"", get("level"));
    out.open(Fact::EmitMicroseconds);
    tail = fmt::format("\",\"scope\":\"{}\",\"message\":{}", scope, models::json_text(get("message")));
  } else {
    out.open(Fact::EmitMicroseconds);
    tail = fmt::format("\t{}\t", get("level"));
    tail += scope.starts_with("ztunnel::") ? std::string_view(scope).substr(9) : std::string_view(scope);
    if (!access) {  // spans of what it is doing
      if (!get("proxy.wl").empty()) tail += ":proxy{wl=" + get("proxy.wl") + "}";
      if (!get("inbound.peer").empty()) {
        tail += ":inbound{id=";
        out.open(Fact::TraceId);
        tail = " peer=";
        std::string peer = get("inbound.peer");
        if (peer.ends_with(kUnknownPort)) {
          tail += peer.substr(0, peer.size() - 5);
          out.open(Fact::ClientPort);
          tail = "}";
        } else {
          tail += peer + "}";
        }
      }
    }
    tail += fmt::format("\t{}\t", get("message"));
  }
  for (const std::string_view key : kOrder) {
    std::string value = get(std::string(key).c_str());
    if (value.empty()) continue;
    name(key);
    if (key == "src.addr" && value.ends_with(kUnknownPort)) {
      if (json) tail += '"';
      tail += value.substr(0, value.size() - 5);
      out.open(Fact::ClientPort);
      if (json) tail += '"';
      continue;
    }
    tail += is_bare(key) && !json ? value : models::json_text(value);
  }
  for (const char* key : {"bytes_sent", "bytes_recv"}) {
    if (get(key).empty()) continue;
    name(key);
    if (counts)
      out.open(std::string_view(key) == "bytes_sent" ? Fact::BytesSent : Fact::BytesReceived);
    else
      tail += get(key);
  }
  if (!get("duration").empty() || (counts && fields.contains("bytes_sent"))) {
    name("duration");
    tail += '"';
    if (get("duration").empty()) {
      out.open(Fact::Duration);
      tail += "ms";
    } else {
      tail += get("duration");
    }
    tail += '"';
  }
  for (const char* key : {"error", "policy"})
    if (!get(key).empty()) {
      name(key);
      tail += models::json_text(get(key));
    }
  if (json) {
    if (!access && !get("proxy.wl").empty()) tail += ",\"proxy\":{\"wl\":" + models::json_text(get("proxy.wl")) + "}";
    if (!access && !get("inbound.peer").empty()) {
      tail += ",\"inbound\":{\"id\":\"";
      out.open(Fact::TraceId);
      tail = "\",\"peer\":\"";
      std::string peer = get("inbound.peer");
      const bool unknown = peer.ends_with(kUnknownPort);
      tail += unknown ? peer.substr(0, peer.size() - 5) : peer;
      if (unknown) out.open(Fact::ClientPort);
      tail += "\"}";
    }
    tail += '}';
  }
  out.trace_id_ = !access;
  return out;
}

bool LogLine::put(const Piece& piece, const LineFacts& facts, std::string& out) {
  const auto text = [&out](std::string_view value) {
    out += value;
    return !value.empty();
  };
  const auto milliseconds = [&out](std::int64_t ns) {
    put_number(out, static_cast<std::uint64_t>(std::max<std::int64_t>(0, ns) / 1'000'000));
    return true;
  };
  const auto time = [&](std::int64_t wall_ns) {
    if (piece.argument.empty())
      append_time(out, wall_ns, 3);
    else if (piece.quoted)  // whatever the format has is escaped: without its quotes
      out += models::json_text(formatted_time(piece.argument, wall_ns)).substr(1), out.pop_back();
    else
      out += formatted_time(piece.argument, wall_ns);
    return true;
  };
  const std::size_t colon = facts.downstream_remote.rfind(':');
  switch (piece.fact) {
    case Fact::None:
      return false;
    case Fact::StartTime:
      return time(facts.start_wall_ns);
    case Fact::EmitTime:
      return time(facts.start_wall_ns + facts.duration_ns);
    case Fact::Duration:
      return milliseconds(facts.duration_ns);
    case Fact::Zero:
      return text("0");
    case Fact::BytesReceived:
      put_number(out, facts.bytes_received);
      return true;
    case Fact::BytesSent:
      put_number(out, facts.bytes_sent);
      return true;
    case Fact::RequestId:
      return text(facts.request_id);
    case Fact::UpstreamTime:
      return facts.answered_upstream && milliseconds(facts.upstream_ns);
    case Fact::UpstreamLocal:
      return text(facts.upstream_local);
    case Fact::DownstreamAddress:
      if (facts.downstream_remote.ends_with(kUnknownPort)) {
        out += facts.downstream_remote.substr(0, colon + 1);
        put_number(out, facts.client_port);
        return true;
      }
      return text(facts.downstream_remote);
    case Fact::DownstreamHost:
      return text(facts.downstream_remote.substr(0, colon));
    case Fact::DownstreamPort:
      if (facts.downstream_remote.ends_with(kUnknownPort)) {
        put_number(out, facts.client_port);
        return true;
      }
      return text(colon == std::string_view::npos ? facts.downstream_remote
                                                  : facts.downstream_remote.substr(colon + 1));
    case Fact::TraceId:
      return text(facts.trace_id);
    case Fact::Connection:
      put_number(out, facts.connection);
      return true;
    case Fact::ClientPort:
      put_number(out, facts.client_port);
      return true;
    case Fact::EmitMicroseconds:
      append_time(out, facts.start_wall_ns + facts.duration_ns, 6);
      return true;
  }
  return false;
}

void LogLine::append(std::string& out, const LineFacts& facts) const {
  for (const Piece& piece : pieces_) {
    out += piece.text;
    const std::size_t before = out.size();
    if (piece.quoted) out += '"';
    const std::size_t start = out.size();
    if (!put(piece, facts, out)) {
      out.resize(before);
      out += piece.alone ? "null" : "-";
      continue;
    }
    if (piece.length != std::string::npos && out.size() - start > piece.length) out.resize(start + piece.length);
    if (piece.quoted) out += '"';
  }
  out += tail_;
}

}  // namespace meshsim::scenarios
