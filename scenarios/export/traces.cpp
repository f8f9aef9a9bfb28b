#include "scenarios/export/traces.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "models/simulation/result.h"
#include "models/telemetry/log_format.h"
#include "scenarios/export/scrape_target.h"

namespace meshsim::scenarios {

using models::Hop;
using models::json_text;
using models::Outcome;
using models::ProxyKind;
using models::Span;

namespace {

std::size_t hop_of(const Span& span, const Outcome& outcome) {
  for (std::size_t i = 0; i < outcome.hops.size(); ++i) {
    const Hop& hop = outcome.hops[i];
    std::string name = fmt::format("{} {}", to_string(hop.proxy), hop.name);
    if (hop.proxy == ProxyKind::Sidecar) name += hop.inbound ? " inbound" : " outbound";
    if (hop.proxy == span.proxy && span.name.starts_with(name)) return i;
  }
  return outcome.hops.size();
}

// What the model says about a span beyond what the tracer would write into it.
bool is_remark(std::string_view key) {
  return key == "span.kind" || key == "sampling_percentage" || key == "provider" || key == "context_propagation";
}

std::string attribute(std::string_view key, std::string_view value) {
  return fmt::format("{{\"key\":{},\"value\":{{\"stringValue\":{}}}}}", json_text(key), json_text(value));
}

std::string resource_of(const models::Mesh& mesh, const Hop& hop) {
  std::string name = hop.name;
  std::string out;
  const std::vector<ScrapeTarget> targets = targets_of(mesh, hop);
  if (!targets.empty()) {
    const ScrapeTarget& target = targets.front();
    const auto service = target.labels.find("service_istio_io_canonical_name");
    if (service != target.labels.end()) name = service->second + "." + target.ns;  // istiod: <canonical>.<namespace>
    out = attribute("service.name", name) + "," + attribute("k8s.namespace.name", target.ns) + "," +
          attribute("k8s.pod.name", target.pod);
    return out;
  }
  return attribute("service.name", name);
}

void write_span(const Recording& recording, const Happened& happened, const Timed& timed, std::size_t index,
                const std::string& resource, const std::string& trace, const std::string& parent, OutputFile& out,
                bool& first) {
  const Span& span = happened.outcome->telemetry.spans[index];
  const std::size_t hop = hop_of(span, *happened.outcome);
  HopTime time = timed.hops[hop];
  const bool client = span.attributes.contains("span.kind") && span.attributes.at("span.kind") == "client";
  if (span.name.ends_with(" upstream") && hop + 1 < timed.hops.size()) time = timed.hops[hop + 1];
  const std::int64_t at = recording.start_ns + timed.at_ns;
  std::string attributes;
  bool error = false;
  for (const auto& [key, value] : span.attributes) {
    if (is_remark(key)) continue;
    if (key == "error") error = value == "true";
    if (!attributes.empty()) attributes += ',';
    attributes += attribute(key, value);
  }
  out.write(fmt::format(
      "{}{{\"resource\":{{\"attributes\":[{}]}},\"scopeSpans\":[{{\"scope\":{{\"name\":\"envoy\"}},\"spans\":["
      "{{\"traceId\":\"{}\",\"spanId\":\"{}\",\"parentSpanId\":\"{}\",\"name\":{},\"kind\":{},"
      "\"startTimeUnixNano\":\"{}\",\"endTimeUnixNano\":\"{}\",\"attributes\":[{}],\"status\":{{{}}}}}]}}]}}",
      first ? "\n" : ",\n", resource, trace, span_id(recording, happened, timed.number, index), parent,
      json_text(span.operation), client ? 3 : 2, at + time.start_ns, at + time.end_ns, attributes,
      error ? "\"code\":2" : ""));
  first = false;
}

// Requests that traces show: the sample; where nothing of an outcome is in it, its example.
std::vector<const Timed*> shown(const Happened& happened) {
  std::vector<const Timed*> out;
  for (const Timed& timed : happened.requests)
    if (timed.sampled) out.push_back(&timed);
  if (out.empty()) out.push_back(&happened.example());
  return out;
}

}  // namespace

TraceTree::TraceTree(const Recording& recording) : recording_(recording) {
  for (const Happened& happened : recording.happened)
    for (const Timed& timed : happened.requests)
      if (timed.recorded) known_.try_emplace({happened.flow_index, timed.number}, Known{&happened, &timed});
}

const TraceTree::Known* TraceTree::caller_with_spans(const Timed& timed) const {
  const models::RecordedRequest* request = timed.recorded;
  while (request && request->parent_flow != models::RecordedRequest::kNone) {
    const std::uint64_t number = std::uint64_t{request->replication} << 32 | request->parent_number;
    const auto caller = known_.find({request->parent_flow, number});
    if (caller == known_.end()) return nullptr;
    if (!caller->second.happened->outcome->telemetry.spans.empty()) return &caller->second;
    request = caller->second.timed->recorded;
  }
  return nullptr;
}

std::string TraceTree::trace_of(const Happened& happened, const Timed& timed) const {
  const Known* caller = caller_with_spans(timed);
  if (!caller) return trace_id(recording_, happened, timed.number, 0);
  // Its last span decides: where its own trace broke on the way, the later part goes on.
  const std::vector<Span>& spans = caller->happened->outcome->telemetry.spans;
  std::size_t parts = 0;
  for (std::size_t i = 1; i < spans.size(); ++i)
    if (spans[i].parent.empty()) ++parts;
  return parts == 0 ? trace_of(*caller->happened, *caller->timed)
                    : trace_id(recording_, *caller->happened, caller->timed->number, parts);
}

std::string TraceTree::parent_of(const Timed& timed) const {
  const Known* caller = caller_with_spans(timed);
  if (!caller) return {};
  return span_id(recording_, *caller->happened, caller->timed->number,
                 caller->happened->outcome->telemetry.spans.size() - 1);
}

void write_otlp(const Recording& recording, OutputFile& out) {
  out.write("{\"resourceSpans\":[");
  const TraceTree tree(recording);
  bool first = true;
  for (const Happened& happened : recording.happened) {
    const std::vector<Span>& spans = happened.outcome->telemetry.spans;
    std::vector<std::string> resources;
    for (const Span& span : spans) {
      const std::size_t hop = hop_of(span, *happened.outcome);
      resources.push_back(hop < happened.outcome->hops.size() ? resource_of(*happened.mesh, happened.outcome->hops[hop])
                                                              : std::string());
    }
    if (spans.empty()) continue;
    for (const Timed* timed : shown(happened)) {
      std::map<std::string, std::size_t> by_name;
      std::string trace = tree.trace_of(happened, *timed);
      std::size_t part = 0;
      for (std::size_t i = 0; i < spans.size(); ++i) {
        std::string parent;
        if (i == 0) {
          parent = tree.parent_of(*timed);
        } else if (const auto it = by_name.find(spans[i].parent); !spans[i].parent.empty() && it != by_name.end()) {
          parent = span_id(recording, happened, timed->number, it->second);
        } else {
          trace = trace_id(recording, happened, timed->number, ++part);
        }
        by_name[spans[i].name] = i;
        if (!resources[i].empty()) write_span(recording, happened, *timed, i, resources[i], trace, parent, out, first);
      }
    }
  }
  out.write("\n]}\n");
}

void write_timeline(const Recording& recording, OutputFile& out) {
  struct Slice {
    std::int64_t at_ns = 0, length_ns = 0;
    std::size_t process = 0;
    const Happened* happened = nullptr;
  };
  std::map<std::string, std::size_t> processes;  // by proxy, in the order in which they appear
  std::vector<std::string> names;
  std::vector<Slice> slices;
  const auto process = [&](std::string name) {
    const auto [it, added] = processes.emplace(name, names.size());
    if (added) names.push_back(std::move(name));
    return it->second;
  };
  for (const Happened& happened : recording.happened) {
    const models::Client& from = happened.flow->from;
    const std::size_t client =
        process("client " + (from.name.empty() ? std::string("outside") : from.ns + "/" + from.name));
    std::vector<std::size_t> proxies;
    for (const Hop& hop : happened.outcome->hops)
      proxies.push_back(process(fmt::format("{} {}", to_string(hop.proxy), hop.name)));
    for (const Timed* timed : shown(happened)) {
      slices.push_back({timed->at_ns, timed->length_ns, client, &happened});
      for (std::size_t i = 0; i < timed->hops.size(); ++i)
        slices.push_back({timed->at_ns + timed->hops[i].start_ns, timed->hops[i].end_ns - timed->hops[i].start_ns,
                          proxies[i], &happened});
    }
  }
  std::stable_sort(slices.begin(), slices.end(), [](const Slice& a, const Slice& b) { return a.at_ns < b.at_ns; });
  out.write("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
  for (std::size_t i = 0; i < names.size(); ++i)
    out.write(fmt::format("{}{{\"ph\":\"M\",\"pid\":{},\"name\":\"process_name\",\"args\":{{\"name\":{}}}}}",
                          i == 0 ? "" : ",\n", i + 1, json_text(names[i])));
  // What overlaps in one proxy stands in lanes beside each other.
  std::vector<std::vector<std::int64_t>> busy_until(names.size());
  for (const Slice& slice : slices) {
    std::vector<std::int64_t>& lanes = busy_until[slice.process];
    auto lane = std::find_if(lanes.begin(), lanes.end(), [&](std::int64_t until) { return until <= slice.at_ns; });
    if (lane == lanes.end()) lane = lanes.insert(lanes.end(), 0);
    *lane = slice.at_ns + slice.length_ns;
    const models::Outcome& outcome = *slice.happened->outcome;
    out.write(fmt::format(
        ",\n{{\"ph\":\"X\",\"cat\":\"request\",\"name\":{},\"pid\":{},\"tid\":{},\"ts\":{}.{:03},\"dur\":{}.{:03},"
        "\"args\":{{\"verdict\":\"{}\",\"status\":{}}}}}",
        json_text(slice.happened->flow->name), slice.process + 1, lane - lanes.begin() + 1, slice.at_ns / 1000,
        slice.at_ns % 1000, slice.length_ns / 1000, slice.length_ns % 1000, to_string(outcome.verdict),
        outcome.http_status ? std::to_string(*outcome.http_status) : "null"));
  }
  out.write("\n]}\n");
}

}  // namespace meshsim::scenarios
