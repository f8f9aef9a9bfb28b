#pragma once
// Traces: spans of distributed traces, from Jaeger's JSON (the answer of its query API, or what its window saves) and
// from OTLP JSON (one TracesData document, or one a line as the collector's file exporter writes). Only what a call
// graph needs is kept: who, when, whose child, where to. Untrusted input: everything is checked, nothing is guessed;
// more than kMostSpans spans are refused.
// Attributes are those of OpenTelemetry's semantic conventions (before and since 1.23 of HTTP), of Jaeger's clients and
// of Envoy's tracers (TM-160). Where it stops: no span links, no events, no baggage; messages are not calls.
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/flow/flow.h"
#include "models/value/diagnostic.h"

namespace meshsim::scenarios {

// A party as a file names it.
struct PartyName {
  std::string name;      // service.name, an isotope service: "cart" or "cart.shop"
  std::string ns;        // where stated
  std::string workload;  // k8s.deployment.name and the like
  std::string pod;
  auto operator<=>(const PartyName&) const = default;
};

enum class SpanKind : std::uint8_t { Internal, Server, Client, Producer, Consumer };

// Where a request went, as a span shows it.
struct SpanRequest {
  std::string cluster;     // of an Envoy: "outbound|80||cart.shop.svc.cluster.local"
  std::string host, peer;  // address of the server; peer.service
  std::uint16_t port = 0;
  std::optional<models::FlowProtocol> protocol;
  std::string method, path;
  auto operator<=>(const SpanRequest&) const = default;
};

struct TraceSpan {
  static constexpr std::uint32_t kNobody = ~0u;
  std::uint32_t party = 0, request = 0;  // into Traces
  std::uint32_t parent = kNobody;        // into Traces::spans
  SpanKind kind = SpanKind::Internal;
  bool proxy = false, error = false;
  bool lost_parent = false;  // it had one that is not in the file
  std::int64_t start_ns = 0, end_ns = 0;
  std::uint64_t request_bytes = 0, response_bytes = 0;
  std::uint32_t file = 0;
  models::Position at;
};

struct Traces {
  static constexpr std::size_t kMostSpans = 5'000'000;
  std::vector<std::string> files;
  std::vector<PartyName> parties;
  std::vector<SpanRequest> requests;
  std::vector<TraceSpan> spans;     // a trace after the other
  std::vector<std::size_t> begins;  // of the traces in `spans`, and its size at the end
  models::Source source(const TraceSpan& span) const { return {files[span.file], span.at}; }
};

// One span as a reader found it.
struct SpanDraft {
  std::string trace, id, parent;
  PartyName party;
  SpanKind kind = SpanKind::Internal;
  std::int64_t start_ns = 0, end_ns = 0;
  std::map<std::string, std::string> tags;
  bool error = false;
  models::Position at;
};

// Collects spans of any number of files; finish() puts traces together.
class TraceBuilder {
 public:
  explicit TraceBuilder(models::Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void begin_file(const std::string& file);
  bool add(const SpanDraft& draft);  // false: too many
  void error(models::Position at, std::string message);
  bool broken() const { return broken_; }
  Traces finish();

  // span_readers.cpp
  void read_jaeger(models::Node root);
  void read_otlp(models::Node root);

 private:
  void read_jaeger_trace(models::Node trace);
  void read_jaeger_span(models::Node span, const std::map<std::string, models::Node>& processes);
  void read_resource_spans(models::Node resource);
  void read_otlp_span(models::Node span, const SpanDraft& resource);

  struct Ids {
    std::string trace, id, parent;
  };
  models::Diagnostics& diagnostics_;
  Traces out_;
  std::vector<Ids> ids_;  // parallel to out_.spans
  std::map<PartyName, std::uint32_t> parties_;
  std::map<SpanRequest, std::uint32_t> requests_;
  std::size_t findings_ = 0;
  bool broken_ = false, full_ = false;
};

}  // namespace meshsim::scenarios
