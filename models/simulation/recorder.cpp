#include "models/simulation/recorder.h"

#include <algorithm>

namespace meshsim::models::simulation {

namespace {
constexpr std::uint32_t kExtra = 4;  // requests of an ending that the sample may have missed
}

void Recorder::begin(std::uint32_t slot, std::uint32_t flow, std::uint32_t number, std::int64_t now_ns,
                     std::uint32_t parent) {
  if (slot >= drafts_.size()) drafts_.resize(slot + 1);
  Draft& draft = drafts_[slot];
  draft = Draft{};
  RecordedRequest& r = draft.request;
  r.flow = r.root_flow = flow;
  r.number = r.root_number = number;
  r.start_ns = now_ns;
  if (parent == kNobody || parent >= drafts_.size()) return;
  const RecordedRequest& caller = drafts_[parent].request;
  r.parent_flow = caller.flow;
  r.parent_number = caller.number;
  r.root_flow = caller.root_flow;
  r.root_number = caller.root_number;
}

void Recorder::move(std::uint32_t from, std::uint32_t to) {
  if (to >= drafts_.size()) drafts_.resize(to + 1);
  drafts_[to] = drafts_[from];
}

void Recorder::pass(std::uint32_t slot, std::size_t hop, std::int64_t arrived_ns, std::int64_t now_ns) {
  Draft& draft = drafts_[slot];
  RecordedHop& at = draft.hops[hop];
  const std::int64_t start = draft.request.start_ns;
  if (at.leave_ns == 0) at.enter_ns = arrived_ns - start;
  at.leave_ns = std::max<std::int64_t>(1, now_ns - start);
}

void Recorder::end(std::uint32_t slot, std::uint32_t outcome, std::size_t hops, std::int64_t now_ns) {
  Draft& draft = drafts_[slot];
  RecordedRequest& r = draft.request;
  r.end_ns = now_ns;
  Ending& ending = endings_[{r.flow, outcome}];
  if (ending.durations.size() < hops) ending.durations.resize(hops);
  for (std::size_t i = 0; i < hops; ++i) {
    const RecordedHop& at = draft.hops[i];
    if (at.leave_ns > 0) ending.durations[i].add(static_cast<std::uint64_t>(at.leave_ns - at.enter_ns));
  }
  const bool sampled = is_sampled(r);
  if (!sampled && ending.extra >= kExtra) return;
  if (!sampled) ++ending.extra;
  r.hops.assign(draft.hops.begin(), draft.hops.begin() + static_cast<std::ptrdiff_t>(std::min(hops, kMostHops)));
  ending.kept.push_back(std::move(r));
  FlowSample& sample = flows_[ending.kept.back().root_flow];
  const bool root = ending.kept.back().parent_flow == RecordedRequest::kNone;
  if (sampled && root && ++sample.kept >= 2 * per_flow_) thin(ending.kept.back().flow);
}

void Recorder::thin(std::uint32_t root_flow) {
  FlowSample& sample = flows_[root_flow];
  sample.stride *= 2;
  sample.kept = 0;
  for (auto& [key, ending] : endings_) {
    std::uint32_t extra = 0;
    std::erase_if(ending.kept, [&](const RecordedRequest& r) {
      if (r.root_flow != root_flow) return false;
      if (is_sampled(r)) {
        if (r.parent_flow == RecordedRequest::kNone) ++sample.kept;
        return false;
      }
      return ++extra > kExtra;
    });
    ending.extra = std::min(std::max(ending.extra, extra), kExtra);
  }
}

void Recorder::hand_over(std::uint32_t flow, std::uint32_t outcome, OutcomeCount& to) {
  const auto found = endings_.find({flow, outcome});
  if (found == endings_.end()) return;
  if (roots_.empty())
    for (const auto& [key, ending] : endings_)
      for (const RecordedRequest& request : ending.kept)
        if (request.parent_flow == RecordedRequest::kNone) roots_.emplace(request.flow, request.number);
  to.durations = std::move(found->second.durations);
  to.recorded = found->second.kept;
  for (RecordedRequest& request : to.recorded) {
    // What was caused by a request that had not ended when the run did is nobody's call: no part of a sample.
    request.sampled = is_sampled(request) && roots_.contains({request.root_flow, request.root_number});
    request.replication = replication_;
  }
  std::sort(to.recorded.begin(), to.recorded.end(),
            [](const RecordedRequest& a, const RecordedRequest& b) { return a.number < b.number; });
}

}  // namespace meshsim::models::simulation
