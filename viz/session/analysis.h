#pragma once
// Analysis: everything the window shows of one state of the document, computed once and never changed. Panels keep a
// share of it, so that a newer one can arrive while they still paint the old. No Qt here.
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "scenarios/explore/document.h"
#include "scenarios/explore/judge_again.h"
#include "scenarios/explore/policy_summary.h"
#include "scenarios/report/diff_report.h"
#include "viz/graph/layout.h"
#include "viz/graph/mesh_graph.h"

namespace meshsim::viz {

struct Analysis {
  std::shared_ptr<const scenarios::Document> document;
  scenarios::RunResult run;
  std::vector<scenarios::Pair> pairs;  // one client of every population to every Service port
  scenarios::Summary summary;
  bool compared = false;  // `changes` was asked for
  scenarios::DiffResult changes;
  std::set<std::string> changed_flows;             // names, from `changes`
  std::map<models::Verdict, int> verdicts_before;  // of the state that was compared with
  std::size_t judged = 0;                          // flows and pairs; the others hold as they were

  const scenarios::Loaded& loaded() const { return *document->loaded(); }
  const models::Mesh& mesh() const { return *document->loaded()->world.mesh; }
  bool changed(const std::string& flow) const { return changed_flows.contains(flow); }
};
using Result = std::shared_ptr<const Analysis>;

// What to draw of a result and where.
struct PictureOptions {
  GraphOptions graph{.ztunnels = false, .idle = true, .fold = true};
  std::set<std::string> collapsed;
  // Above so many nodes every namespace starts collapsed; 0: never.
  std::size_t collapse_above = 300;
};
struct EdgeShapes;
struct Picture {
  MeshGraph graph;
  Layout layout;
  std::shared_ptr<const EdgeShapes> shapes;  // the curves of the edges
  std::set<std::string> collapsed;           // what is collapsed now
};
using PictureResult = std::shared_ptr<const Picture>;

// The stages; each looks at `cancelled` and gives up with nullptr. `before`: what to compare with; `known`: any earlier
// result, whose answers are taken where they hold.
Result analyse(std::shared_ptr<const scenarios::Document> document, const Result& before, const Result& known,
               const std::atomic<bool>& cancelled, unsigned threads = 0);
PictureResult draw(const Analysis& result, const PictureOptions& options, const EarlierOrder& earlier,
                   const std::atomic<bool>& cancelled);

}  // namespace meshsim::viz
