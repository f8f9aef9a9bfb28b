// The block `callGraph` of a scenario: which file, and how its names, entry points and missing workloads are to be
// taken.
#include "scenarios/callgraph/block_reader.h"

#include <algorithm>
#include <array>

#include "scenarios/read/document_reader.h"
#include "scenarios/read/input_text.h"

namespace meshsim::scenarios {

using models::Node;

namespace {

constexpr std::array<std::string_view, 3> kFormats = {"isotope", "jaeger", "otlp"};

std::vector<std::pair<std::string, Node>> files_of(Fields& fields, std::string_view key) {
  std::vector<std::pair<std::string, Node>> out;
  const Node value = fields.node(key);
  if (value.is_string() && !value.text().empty()) {
    out.emplace_back(value.text(), value);
  } else if (value.is_sequence()) {
    for (const Node one : value)
      if (one.is_string() && !one.text().empty())
        out.emplace_back(one.text(), one);
      else
        fields.wrong(one, key, "a file or a list of files");
  } else if (value.has_value()) {
    fields.wrong(value, key, "a file or a list of files");
  }
  return out;
}

}  // namespace

std::shared_ptr<const CallGraphBlock> read_call_graph(Node node, const ReadOptions& options,
                                                      models::Diagnostics& diagnostics, ScenarioFindings& findings) {
  if (!node.has_value()) return nullptr;
  auto out = std::make_shared<CallGraphBlock>();
  out->source = {findings.file, node.position()};
  Fields fields(node, "callGraph", findings);
  std::vector<std::pair<std::string, Node>> files[3];
  std::size_t given = 0, format = 0;
  for (std::size_t i = 0; i < kFormats.size(); ++i) {
    files[i] = files_of(fields, kFormats[i]);
    if (!node[kFormats[i]].has_value()) continue;
    ++given;
    format = i;
  }
  if (node.is_mapping() && given != 1)
    findings.error("MSH0012", node.position(), "callGraph needs exactly one of isotope, jaeger and otlp");
  out->ns = fields.text("namespace").value_or("default");
  for (const Node one : fields.mapping("services")) {
    auto& into = out->services[std::string(one.key())];
    if (one.kind() == models::NodeKind::Null) continue;
    if (one.is_string()) into = parse_pair(one.text());
    if (!into) fields.wrong(one, "services." + std::string(one.key()), "namespace/name, or null");
  }
  constexpr std::string_view kModes[] = {"sidecar", "sidecar-legacy", "ambient", "none"};
  if (const auto mode = fields.word("workloads", {kModes[0], kModes[1], kModes[2], kModes[3]}))
    out->make_mode = std::string(kModes[*mode]);
  if (const Node from = fields.mapping("from"); from.exists())
    out->from = read_client(from, "callGraph.from", findings);
  out->per_second = rate_field(fields, "rate");
  fields.done();
  if (format == 0 && files[0].size() > 1) fields.wrong(node["isotope"], "isotope", "one file");

  TraceBuilder traces(diagnostics);
  for (const auto& [file, at] : files[format]) {
    const auto text = read_file_text(options.base / file, file, options.limits, diagnostics);
    if (!text) {
      findings.broken = true;
      continue;
    }
    const Documents documents = read_documents(*text, file, options.limits, diagnostics);
    findings.broken = findings.broken || documents.broken;
    if (documents.trees.empty() && !documents.broken)
      findings.error("MSH0011", at.position(), "callGraph: " + file + " holds no document");
    traces.begin_file(file);
    for (const auto& tree : documents.trees) {
      if (format == 0 && out->graph) {
        findings.error("MSH0011", at.position(), "callGraph: " + file + " holds more than one topology");
        break;
      }
      if (format == 0) out->graph = read_isotope(tree->root(), file, diagnostics, findings.broken);
      if (format == 1) traces.read_jaeger(tree->root());
      if (format == 2) traces.read_otlp(tree->root());
    }
  }
  findings.broken = findings.broken || traces.broken();
  if (format == 0 && !out->graph) return nullptr;
  if (format != 0) out->traces = traces.finish();
  return out;
}

}  // namespace meshsim::scenarios
