#include "scenarios/export/traces.h"

#include <map>

#include <fmt/format.h>

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

struct SpanIds {
  std::string trace, span, parent;
};

void write_span(const Recording& recording, const Happened& happened, std::size_t index, const SpanIds& ids,
                const std::vector<HopTime>& hops, std::int64_t at, OutputFile& out, bool& first) {
  const Span& span = happened.outcome->telemetry.spans[index];
  const std::size_t hop = hop_of(span, *happened.outcome);
  if (hop == happened.outcome->hops.size()) return;
  const bool client = span.attributes.contains("span.kind") && span.attributes.at("span.kind") == "client";
  const HopTime& time = hops[span.name.ends_with(" upstream") && hop + 1 < hops.size() ? hop + 1 : hop];
  const std::int64_t start = recording.start_ns + at + time.start_ns;
  const std::int64_t end = recording.start_ns + at + time.end_ns;
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
      first ? "\n" : ",\n", resource_of(*happened.mesh, happened.outcome->hops[hop]), ids.trace, ids.span, ids.parent,
      json_text(span.operation), client ? 3 : 2, start, end, attributes, error ? "\"code\":2" : ""));
  first = false;
}

// One request of a tree. `context`: trace and span that its caller hands on; then those that the one who answers does.
void write_tree_request(const Recording& recording, const TreeRequest& request, std::size_t node,
                        std::pair<std::string, std::string>& context, OutputFile& out, bool& first) {
  const Happened& happened = recording.happened[request.happened];
  const std::vector<Span>& spans = happened.outcome->telemetry.spans;
  std::map<std::string, std::pair<std::string, std::string>> by_name;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    SpanIds ids;
    ids.span = fmt::format("{:016x}", stable_number(recording.seed, "tree span", node, i));
    const auto before = by_name.find(spans[i].parent);
    if (!spans[i].parent.empty() && before != by_name.end()) {
      ids.trace = before->second.first;
      ids.parent = before->second.second;
    } else if (i == 0 && !context.first.empty()) {
      ids.trace = context.first;
      ids.parent = context.second;
    } else {
      ids.trace = fmt::format("{:016x}{:016x}", stable_number(recording.seed, "tree", node, i, 0),
                              stable_number(recording.seed, "tree", node, i, 1));
    }
    by_name[spans[i].name] = {ids.trace, ids.span};
    context = {ids.trace, ids.span};
    write_span(recording, happened, i, ids, request.hops, request.at_ns, out, first);
  }
}

}  // namespace

void write_otlp(const Recording& recording, const std::vector<TreeRequest>& trees, OutputFile& out) {
  out.write("{\"resourceSpans\":[");
  bool first = true;
  std::vector<std::pair<std::string, std::string>> contexts(trees.size());
  for (std::size_t i = 0; i < trees.size(); ++i) {
    if (trees[i].parent != TreeRequest::kRoot) contexts[i] = contexts[trees[i].parent];
    write_tree_request(recording, trees[i], i, contexts[i], out, first);
  }
  for (const Happened& happened : recording.happened) {
    if (!trees.empty()) break;
    const std::vector<Span>& spans = happened.outcome->telemetry.spans;
    std::map<std::string, std::size_t> by_name;
    std::size_t traces = 0;
    for (std::size_t i = 0; i < spans.size(); ++i) {
      std::string parent;
      if (const auto it = by_name.find(spans[i].parent); !spans[i].parent.empty() && it != by_name.end())
        parent = span_id(recording, happened, it->second);
      else
        ++traces;
      by_name[spans[i].name] = i;
      write_span(recording, happened, i,
                 {trace_id(recording, happened, traces - 1), span_id(recording, happened, i), parent}, happened.hops,
                 happened.at_ns, out, first);
    }
  }
  out.write("\n]}\n");
}

void write_timeline(const Recording& recording, OutputFile& out) {
  out.write("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
  std::map<std::string, std::size_t> processes;  // by proxy, in the order in which they appear
  bool first = true;
  const auto event = [&](const std::string& text) {
    out.write((first ? "" : ",\n") + text);
    first = false;
  };
  const auto process = [&](const std::string& name) {
    const auto [it, added] = processes.emplace(name, processes.size() + 1);
    if (added)
      event(fmt::format("{{\"ph\":\"M\",\"pid\":{},\"name\":\"process_name\",\"args\":{{\"name\":{}}}}}", it->second,
                        json_text(name)));
    return it->second;
  };
  const auto slice = [&](std::size_t pid, const Happened& happened, std::int64_t start, std::int64_t end) {
    const std::int64_t at = happened.at_ns + start, length = end - start;
    event(fmt::format(
        "{{\"ph\":\"X\",\"cat\":\"request\",\"name\":{},\"pid\":{},\"tid\":{},\"ts\":{}.{:03},\"dur\":{}.{:03},"
        "\"args\":{{\"verdict\":\"{}\",\"status\":{}}}}}",
        json_text(happened.flow->name), pid, happened.flow_index + 1, at / 1000, at % 1000, length / 1000,
        length % 1000, to_string(happened.outcome->verdict),
        happened.outcome->http_status ? std::to_string(*happened.outcome->http_status) : "null"));
  };
  for (const Happened& happened : recording.happened) {
    const models::Client& from = happened.flow->from;
    slice(process("client " + (from.name.empty() ? std::string("outside") : from.ns + "/" + from.name)), happened, 0,
          happened.length_ns);
    for (std::size_t i = 0; i < happened.hops.size(); ++i) {
      const Hop& hop = happened.outcome->hops[i];
      slice(process(fmt::format("{} {}", to_string(hop.proxy), hop.name)), happened, happened.hops[i].start_ns,
            happened.hops[i].end_ns);
    }
  }
  out.write("\n]}\n");
}

}  // namespace meshsim::scenarios
