#include "viz/session/analysis.h"

#include <optional>

#include "viz/graph/edge_shapes.h"

namespace meshsim::viz {

using namespace scenarios;

Result analyse(std::shared_ptr<const Document> document, const Result& before, const Result& known,
               const std::atomic<bool>& cancelled, unsigned threads) {
  auto out = std::make_shared<Analysis>();
  out->document = std::move(document);
  std::optional<Earlier> earlier;
  if (known != nullptr) earlier.emplace(Earlier{known->run, known->pairs});
  Answers answers = judge_again(out->document->loaded(), earlier ? &*earlier : nullptr, {threads, &cancelled});
  if (answers.stopped) return nullptr;
  out->run = std::move(answers.run);
  out->pairs = std::move(answers.pairs);
  out->judged = answers.judged;
  out->summary = summarize(out->run, out->pairs);
  if (before != nullptr) {
    out->compared = true;
    out->verdicts_before = before->summary.verdicts;
    out->changes = diff(before->run, out->run);
    for (const FlowChange& change : out->changes.changes) out->changed_flows.insert(change.flow);
  }
  if (cancelled) return nullptr;
  return out;
}

PictureResult draw(const Analysis& result, const PictureOptions& options, const EarlierOrder& earlier,
                   const std::atomic<bool>& cancelled) {
  auto out = std::make_shared<Picture>();
  const MeshGraph whole = make_graph(result.run, options.graph);
  out->collapsed = options.collapsed;
  if (options.collapse_above > 0 && whole.nodes.size() > options.collapse_above && options.collapsed.empty())
    for (const GraphNode& node : whole.nodes)
      if (!node.ns.empty()) out->collapsed.insert(node.ns);
  out->graph = collapse(whole, out->collapsed);
  out->layout = lay_out(out->graph, earlier, &cancelled);
  if (cancelled) return nullptr;
  out->shapes = std::make_shared<const EdgeShapes>(edge_shapes(out->graph, out->layout));
  return out;
}

}  // namespace meshsim::viz
