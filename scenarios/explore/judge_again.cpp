#include "scenarios/explore/judge_again.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "models/mesh/mesh_difference.h"

namespace meshsim::scenarios {

namespace {

// The earlier answer to a question: mostly the one at the same place, else the first of that name.
template <typename Answer>
class Known {
 public:
  Known(const std::vector<Answer>& answers, const models::MeshDifference& difference)
      : answers_(answers), difference_(difference) {
    for (std::size_t i = 0; i < answers.size(); ++i) by_name_.try_emplace(answers[i].result.flow.name, i);
  }
  const Answer* find(const models::Flow& flow, std::size_t index) const {
    if (const Answer* here = index < answers_.size() ? held(answers_[index], flow) : nullptr) return here;
    const auto it = by_name_.find(flow.name);
    return it == by_name_.end() ? nullptr : held(answers_[it->second], flow);
  }

 private:
  const Answer* held(const Answer& answer, const models::Flow& flow) const {
    const bool holds =
        answer.basis != nullptr && difference_.spares(answer.basis->reads) && identical(answer.result.flow, flow);
    return holds ? &answer : nullptr;
  }
  const std::vector<Answer>& answers_;
  const models::MeshDifference& difference_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
};

std::size_t worlds_of(const Earlier& earlier) {
  std::unordered_set<const models::World*> worlds;
  const auto add = [&worlds](const auto& answers) {
    for (const auto& one : answers)
      if (one.basis != nullptr) worlds.insert(one.basis->world.get());
  };
  add(earlier.run.flows);
  add(earlier.pairs);
  return worlds.size();
}

}  // namespace

Answers judge_again(std::shared_ptr<const Loaded> loaded, const Earlier* earlier, const JudgeOptions& options) {
  models::MeshDifference difference;
  difference.everything = true;
  // Where part of the input was not understood, every flow has the same answer.
  if (earlier != nullptr && !loaded->unreadable && !earlier->run.loaded->unreadable &&
      worlds_of(*earlier) <= options.most_worlds)
    difference = models::difference(*earlier->run.loaded->world.mesh, *loaded->world.mesh);
  const bool all = difference.everything;
  static const std::vector<FlowRun> kNoFlows;
  static const std::vector<Pair> kNoPairs;
  const Known<FlowRun> flows(all ? kNoFlows : earlier->run.flows, difference);
  const Known<Pair> asked(all ? kNoPairs : earlier->pairs, difference);
  std::atomic<std::size_t> known = 0;
  const auto counted = [&known](const auto* answer) {
    if (answer != nullptr) ++known;
    return answer;
  };

  Answers out;
  RunOptions run_options;
  run_options.threads = options.threads;
  run_options.basis = true;
  run_options.stop = options.stop;
  if (!all)
    run_options.known = [&](const ScenarioFlow& flow, std::size_t i) { return counted(flows.find(flow.flow, i)); };
  out.run = run(loaded, run_options);
  if (!loaded->unreadable) {
    MatrixOptions matrix;
    matrix.one_client_per_population = true;
    matrix.threads = options.threads;
    matrix.basis = true;
    matrix.stop = options.stop;
    if (!all) matrix.known = [&](const Pair& pair, std::size_t i) { return counted(asked.find(pair.result.flow, i)); };
    out.pairs = unanswered_pairs(loaded->world, matrix);
    if (out.pairs.size() > options.most_pairs) out.pairs.clear();
    answer_pairs(loaded->world, matrix, out.pairs);
  }
  const auto answered = [](const auto& list) {
    return static_cast<std::size_t>(
        std::count_if(list.begin(), list.end(), [](const auto& one) { return one.basis != nullptr; }));
  };
  const std::size_t done = answered(out.run.flows) + answered(out.pairs);
  out.judged = done - known;
  out.stopped = done < out.run.flows.size() + out.pairs.size();
  return out;
}

}  // namespace meshsim::scenarios
