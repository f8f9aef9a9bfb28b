// Jaeger's JSON and OTLP's JSON, span by span.
//   Jaeger  {"data": [{"traceID", "processes": {"p1": {"serviceName", "tags"}}, "spans": [{"spanID", "references",
//           "startTime" and "duration" in microseconds, "tags", "processID"}]}]}; one trace object alone will do.
//   OTLP    {"resourceSpans": [{"resource", "scopeSpans": [{"spans": [...]}]}]}; ids in hex, times in nanoseconds as
//           numbers or text, kinds and status codes as numbers or names. `instrumentationLibrarySpans` is the name that
//           scopeSpans had before OTLP 0.19.
#include <charconv>

#include "scenarios/callgraph/traces.h"
#include "scenarios/read/fields.h"

namespace meshsim::scenarios {

using models::Node;

namespace {

std::optional<std::int64_t> whole(Node value) {
  if (const auto number = value.integer()) return number;
  std::int64_t out = 0;
  const std::string_view text = value.string_or();
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return out;
}

// Values that are no scalars (lists, nested maps) say nothing about a call.
std::string any_value(Node value) {
  for (const char* key : {"stringValue", "intValue", "boolValue", "doubleValue"})
    if (const Node v = value[key]; v.has_value()) return std::string(v.text());
  return {};
}

void add_attributes(Node list, std::map<std::string, std::string>& into) {
  for (const Node one : list)
    if (const std::string_view key = one["key"].string_or(); !key.empty())
      into[std::string(key)] = any_value(one["value"]);
}

void add_tags(Node list, std::map<std::string, std::string>& into) {
  for (const Node one : list)
    if (const std::string_view key = one["key"].string_or(); !key.empty() && one["value"].is_scalar())
      into[std::string(key)] = std::string(one["value"].text());
}

SpanKind kind_of(std::string_view word) {
  if (word == "server" || word == "SPAN_KIND_SERVER" || word == "2") return SpanKind::Server;
  if (word == "client" || word == "SPAN_KIND_CLIENT" || word == "3") return SpanKind::Client;
  if (word == "producer" || word == "SPAN_KIND_PRODUCER" || word == "4") return SpanKind::Producer;
  if (word == "consumer" || word == "SPAN_KIND_CONSUMER" || word == "5") return SpanKind::Consumer;
  return SpanKind::Internal;
}

// Who the attributes of a resource or process speak of.
PartyName party_of(std::string name, const std::map<std::string, std::string>& about) {
  const auto get = [&](const char* key) {
    const auto it = about.find(key);
    return it == about.end() ? std::string() : it->second;
  };
  PartyName out;
  out.name = std::move(name);
  out.ns = get("k8s.namespace.name");
  if (out.ns.empty()) out.ns = get("service.namespace");
  for (const char* key : {"k8s.deployment.name", "k8s.statefulset.name", "k8s.daemonset.name"})
    if (out.workload.empty()) out.workload = get(key);
  out.pod = get("k8s.pod.name");
  return out;
}

}  // namespace

void TraceBuilder::read_jaeger(Node root) {
  const Node data = root["data"];
  if (data.is_sequence()) {
    for (const Node trace : data) read_jaeger_trace(trace);
  } else if (root["spans"].is_sequence()) {
    read_jaeger_trace(root);
  } else {
    error(root.position(), "this is no Jaeger export: it has neither `data` nor `spans`");
  }
}

void TraceBuilder::read_jaeger_trace(Node trace) {
  if (!trace.is_mapping() || !trace["spans"].is_sequence())
    return error(trace.position(), "a trace needs a list of spans, not " + shown(trace));
  std::map<std::string, Node> processes;
  for (const Node process : trace["processes"]) processes.emplace(process.key(), process);
  for (const Node span : trace["spans"]) read_jaeger_span(span, processes);
}

void TraceBuilder::read_jaeger_span(Node span, const std::map<std::string, Node>& processes) {
  SpanDraft draft;
  draft.at = span.position();
  draft.trace = std::string(span["traceID"].string_or());
  draft.id = std::string(span["spanID"].string_or());
  if (draft.trace.empty() || draft.id.empty()) return error(draft.at, "a span needs traceID and spanID");
  // The parent is the CHILD_OF reference within the trace; what merely followed from it waited for nothing.
  draft.parent = std::string(span["parentSpanID"].string_or());
  bool follows = false;
  for (const Node reference : span["references"]) {
    const bool child = reference["refType"].string_or() == "CHILD_OF";
    if (reference["traceID"].has_value() && reference["traceID"].string_or() != draft.trace) continue;
    if (!child && !draft.parent.empty()) continue;
    draft.parent = std::string(reference["spanID"].string_or());
    follows = !child;
  }
  const auto start = whole(span["startTime"]), length = whole(span["duration"]);
  constexpr std::int64_t kMost = 9'000'000'000'000'000;  // microseconds
  if (!start || !length || *start < 0 || *length < 0 || *start > kMost || *length > kMost - *start)
    return error(draft.at, "a span needs startTime and duration in microseconds");
  draft.start_ns = *start * 1000;
  draft.end_ns = (*start + *length) * 1000;
  const Node process = span["process"].is_mapping() ? span["process"] : [&] {
    const auto it = processes.find(std::string(span["processID"].string_or()));
    return it == processes.end() ? Node() : it->second;
  }();
  const std::string_view service = process["serviceName"].string_or();
  if (service.empty()) return error(draft.at, "a span needs a process with a serviceName");
  std::map<std::string, std::string> about;
  add_tags(process["tags"], about);
  draft.party = party_of(std::string(service), about);
  add_tags(span["tags"], draft.tags);
  const auto kind = draft.tags.find("span.kind");
  draft.kind = follows ? SpanKind::Consumer : kind == draft.tags.end() ? SpanKind::Internal : kind_of(kind->second);
  const auto error_tag = draft.tags.find("error"), status = draft.tags.find("otel.status_code");
  draft.error = (error_tag != draft.tags.end() && error_tag->second == "true") ||
                (status != draft.tags.end() && status->second == "ERROR");
  add(draft);
}

void TraceBuilder::read_otlp(Node root) {
  const Node resources = root["resourceSpans"];
  if (!resources.is_sequence())
    return error(root.position(), "this is no OTLP document of traces: it has no list `resourceSpans`");
  for (const Node resource : resources) read_resource_spans(resource);
}

void TraceBuilder::read_resource_spans(Node resource) {
  SpanDraft about;
  std::map<std::string, std::string> attributes;
  add_attributes(resource["resource"]["attributes"], attributes);
  about.party = party_of(attributes["service.name"], attributes);
  about.at = resource.position();
  if (about.party.name.empty() && about.party.workload.empty() && about.party.pod.empty())
    return error(about.at, "the resource of these spans has no service.name");
  for (const char* scopes : {"scopeSpans", "instrumentationLibrarySpans"})
    for (const Node scope : resource[scopes])
      for (const Node span : scope["spans"]) read_otlp_span(span, about);
}

void TraceBuilder::read_otlp_span(Node span, const SpanDraft& resource) {
  SpanDraft draft = resource;
  draft.at = span.position();
  draft.trace = std::string(span["traceId"].string_or());
  draft.id = std::string(span["spanId"].string_or());
  draft.parent = std::string(span["parentSpanId"].string_or());
  if (draft.parent.find_first_not_of('0') == std::string::npos) draft.parent.clear();
  if (draft.trace.empty() || draft.id.empty()) return error(draft.at, "a span needs traceId and spanId");
  const auto start = whole(span["startTimeUnixNano"]), end = whole(span["endTimeUnixNano"]);
  if (!start || !end || *start < 0 || *end < *start)
    return error(draft.at, "a span needs startTimeUnixNano, and endTimeUnixNano that is no earlier");
  draft.start_ns = *start;
  draft.end_ns = *end;
  draft.kind = kind_of(span["kind"].text());
  add_attributes(span["attributes"], draft.tags);
  const std::string_view status = span["status"]["code"].text();
  draft.error = status == "2" || status == "STATUS_CODE_ERROR";
  add(draft);
}

}  // namespace meshsim::scenarios
