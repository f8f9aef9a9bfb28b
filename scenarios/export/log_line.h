#pragma once
// LogLine: one line of an access log with what only a run knows left open, compiled once and then written as often as
// there are requests: an Envoy's in its own format (models/telemetry/log_format.h), a ztunnel's as text or JSON
// (TM-081, TM-082). Writing appends to a buffer and allocates nothing else.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace meshsim::scenarios {

// What a run knows and a judgement does not.
struct LineFacts {
  std::int64_t start_wall_ns = 0, duration_ns = 0, upstream_ns = 0;
  std::uint64_t bytes_received = 0, bytes_sent = 0;
  std::string_view request_id, trace_id, upstream_local;
  std::string_view downstream_remote;  // with a port
  bool answered_upstream = false;      // an upstream has answered
  std::uint64_t connection = 0;
  std::uint16_t client_port = 0;
};

class LogLine {
 public:
  // AccessLog::line: operators that it has left open are filled in.
  static LogLine of_envoy(std::string_view line);
  // AccessLog::fields of a ztunnel; bytes and durations are the run's where `counts`.
  static LogLine of_ztunnel(const std::map<std::string, std::string>& fields, bool json, bool counts);
  void append(std::string& out, const LineFacts& facts) const;
  bool needs_request_id() const { return request_id_; }
  bool needs_trace_id() const { return trace_id_; }

 private:
  enum class Fact : std::uint8_t {
    None,
    StartTime,
    EmitTime,
    Duration,
    Zero,
    BytesReceived,
    BytesSent,
    RequestId,
    UpstreamTime,
    UpstreamLocal,
    DownstreamAddress,
    DownstreamHost,
    DownstreamPort,
    TraceId,
    Connection,
    ClientPort,
    EmitMicroseconds,
  };
  struct Piece {
    std::string text;  // before the fact
    Fact fact = Fact::None;
    std::string argument;
    std::size_t length = std::string::npos;
    bool alone = false, quoted = false;  // a JSON value of its own; a text
  };
  static bool put(const Piece& piece, const LineFacts& facts, std::string& out);
  void open(Fact fact, std::string argument = {});
  std::vector<Piece> pieces_;
  std::string tail_;
  bool request_id_ = false, trace_id_ = false;
};

}  // namespace meshsim::scenarios
