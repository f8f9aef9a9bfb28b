#include "viz/session/analysis.h"

#include "viz/graph/edge_shapes.h"

namespace meshsim::viz {

using namespace scenarios;

namespace {
// The matrix of populations is a square: beyond so many Services it would cost more than it tells.
constexpr std::size_t kMostPairs = 4000;
}  // namespace

Result analyse(std::shared_ptr<const Document> document, const Result& before, const std::atomic<bool>& cancelled,
               unsigned threads) {
  auto out = std::make_shared<Analysis>();
  out->document = std::move(document);
  const auto& loaded = out->document->loaded();
  RunOptions options;
  options.threads = threads;
  out->run = run(loaded, options);
  if (cancelled) return nullptr;
  if (!loaded->unreadable) {
    MatrixOptions matrix;
    matrix.one_client_per_population = true;
    matrix.threads = threads;
    if (pair_questions(loaded->world, matrix).size() <= kMostPairs) out->pairs = all_pairs(loaded->world, matrix);
  }
  if (cancelled) return nullptr;
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
