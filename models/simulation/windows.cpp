#include "models/simulation/windows.h"

#include <algorithm>

namespace meshsim::models::simulation {

WindowKeeper::WindowKeeper(const SimulationInput& input, PlanBook& book)
    : input_(input), book_(book), flows_(input.flows.size()) {}

void WindowKeeper::keys_of(const PerFlow& flow, const Plan& plan, std::vector<Key>& into) const {
  const bool passes = plan.verdict == Verdict::Allowed;
  for (const auto& [protection, status] : plan.protections) {
    if (status == PolicyStatus::NotApplicable) continue;
    // Where somebody else refuses the request, nothing got past a policy that does not act.
    const bool idle = status == PolicyStatus::Bypassed || status == PolicyStatus::Open || status == PolicyStatus::Inert;
    if (plan.verdict == Verdict::Denied && idle) continue;
    into.push_back({Window::Kind::Policy, protection, status});
  }
  if (passes && flow.intended != Verdict::Allowed && flow.intended != Verdict::Unknown)
    into.push_back({Window::Kind::Exposed, 0, PolicyStatus::Open});
  if (!passes && flow.intended == Verdict::Allowed) into.push_back({Window::Kind::Failed, 0, PolicyStatus::DeniesAll});
  for (const std::uint32_t signal : plan.lost)
    if (!std::binary_search(flow.lost_at_first.begin(), flow.lost_at_first.end(), signal))
      into.push_back({Window::Kind::Telemetry, signal, PolicyStatus::Inert});
}

void WindowKeeper::observe(std::size_t index, std::int64_t now, const std::vector<const Plan*>& plans) {
  PerFlow& flow = flows_[index];
  if (!flow.seen) {
    flow.seen = true;
    // What is meant: the expectation, or else what every request meets at the start.
    const bool alike = std::all_of(plans.begin(), plans.end(),
                                   [&](const Plan* plan) { return plan->verdict == plans.front()->verdict; });
    if (!plans.empty() && alike) flow.intended = plans.front()->verdict;
    flow.intended = input_.flows[index].intended.value_or(flow.intended);
    for (const Plan* plan : plans)
      flow.lost_at_first.insert(flow.lost_at_first.end(), plan->lost.begin(), plan->lost.end());
    std::sort(flow.lost_at_first.begin(), flow.lost_at_first.end());
  }
  std::vector<Key> keys;
  for (const Plan* plan : plans) keys_of(flow, *plan, keys);
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (auto it = flow.open.begin(); it != flow.open.end();) {
    if (std::binary_search(keys.begin(), keys.end(), it->first)) {
      ++it;
      continue;
    }
    if (now > it->second.since || it->second.requests > 0)
      flow.done.emplace_back(it->first, finished(index, it->first, it->second, now));
    it = flow.open.erase(it);
  }
  for (const Key& key : keys) flow.open.try_emplace(key, Open{now, 0});
}

void WindowKeeper::count(std::size_t index, const Plan& plan, std::uint64_t requests) {
  PerFlow& flow = flows_[index];
  scratch_.clear();
  keys_of(flow, plan, scratch_);
  for (const Key& key : scratch_)
    if (const auto it = flow.open.find(key); it != flow.open.end()) it->second.requests += requests;
}

Window WindowKeeper::finished(std::size_t index, const Key& key, const Open& open, std::int64_t now) const {
  Window out;
  out.kind = key.kind;
  out.flow = input_.flows[index].flow.name;
  switch (key.kind) {
    case Window::Kind::Policy:
      out.subject = book_.protections().name(key.subject);
      out.status = to_string(key.status);
      break;
    case Window::Kind::Exposed:
      out.status = "exposed";
      break;
    case Window::Kind::Failed:
      out.status = "failed";
      break;
    case Window::Kind::Telemetry:
      out.subject = book_.signals()[key.subject];
      out.status = "lost";
      break;
  }
  out.from_ns = open.since;
  out.until_ns = now;
  out.requests = open.requests;
  return out;
}

std::vector<Window> WindowKeeper::close(std::int64_t now, std::uint32_t replication) {
  std::vector<Window> out;
  for (std::size_t i = 0; i < flows_.size(); ++i) {
    PerFlow& flow = flows_[i];
    for (const auto& [key, open] : flow.open) flow.done.emplace_back(key, finished(i, key, open, now));
    flow.open.clear();
    std::stable_sort(flow.done.begin(), flow.done.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first < b.first : a.second.from_ns < b.second.from_ns;
    });
    for (auto& [key, window] : flow.done) {
      window.replication = replication;
      out.push_back(std::move(window));
    }
    flow.done.clear();
  }
  return out;
}

}  // namespace meshsim::models::simulation
