#include "scenarios/explore/policy_summary.h"

#include <algorithm>
#include <array>
#include <set>

namespace meshsim::scenarios {

using models::FlowResult;
using models::Object;
using models::Outcome;
using models::PolicyFinding;
using models::PolicyStatus;
using models::Verdict;

namespace {

using Key = std::tuple<std::string, std::string, std::string>;

constexpr std::array<PolicyStatus, 8> kAlarm = {
    PolicyStatus::Bypassed, PolicyStatus::Open,   PolicyStatus::DeniesAll, PolicyStatus::NotEvaluated,
    PolicyStatus::Enforced, PolicyStatus::DryRun, PolicyStatus::Inert,     PolicyStatus::NotApplicable};

void count(std::map<Key, PolicySummary>& all, const FlowResult& result, const std::string& population) {
  for (const Outcome& outcome : result.outcomes)
    for (const PolicyFinding& f : outcome.policies) {
      const auto [it, fresh] = all.try_emplace({f.policy.kind, f.policy.ns, f.policy.name});
      PolicySummary& one = it->second;
      if (fresh) one.policy = f.policy;
      if (one.why.empty() || alarm(f.status) < alarm(one.status)) {
        one.status = f.status;
        one.why = f.why;
        one.rules = f.rules;
      }
      ++one.by_population[population][f.status];
      if (f.at) ++one.by_point[std::string(to_string(*f.at)) + (f.at_name.empty() ? "" : ' ' + f.at_name)][f.status];
    }
}

}  // namespace

int alarm(PolicyStatus status) {
  return static_cast<int>(std::find(kAlarm.begin(), kAlarm.end(), status) - kAlarm.begin());
}

Verdict worst_verdict(const FlowResult& result) {
  Verdict worst = Verdict::Allowed;
  for (const Outcome& outcome : result.outcomes) worst = std::max(worst, outcome.verdict);
  return worst;
}

Summary summarize(const RunResult& run, const std::vector<Pair>& pairs) {
  std::map<Key, PolicySummary> all;
  const models::Mesh& mesh = *run.loaded->world.mesh;
  for (const char* kind : {"AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication"})
    for (const Object* object : mesh.objects_of(kind)) {
      PolicySummary& one = all[{object->kind, object->ns, object->name}];
      one.policy = object->ref();
    }
  Summary out;
  for (const FlowRun& flow : run.flows) {
    count(all, flow.result, client_population(mesh, flow.result.flow.from));
    ++out.verdicts[worst_verdict(flow.result)];
    out.stated += flow.expectations.stated ? 1 : 0;
    out.unexpected += flow.expectations.failed.empty() ? 0 : 1;
  }
  for (const Pair& pair : pairs) count(all, pair.result, pair.population);
  std::set<std::string> bypassing;
  for (auto& [key, one] : all) {
    ++out.count[one.status];
    for (const auto& [population, statuses] : one.by_population)
      if (statuses.contains(PolicyStatus::Bypassed)) bypassing.insert(population);
    out.policies.push_back(std::move(one));
  }
  out.bypassing.assign(bypassing.begin(), bypassing.end());
  return out;
}

std::string Summary::headline() const {
  if (policies.empty()) return "no policies";
  const auto n = [](std::size_t count, const std::string& one, const std::string& many) {
    return std::to_string(count) + ' ' + (count == 1 ? one : many);
  };
  std::string out = n(policies.size(), "policy", "policies");
  std::string sep = ": ";
  for (const PolicyStatus status :
       {PolicyStatus::Enforced, PolicyStatus::Bypassed, PolicyStatus::Open, PolicyStatus::DeniesAll,
        PolicyStatus::DryRun, PolicyStatus::Inert, PolicyStatus::NotEvaluated, PolicyStatus::NotApplicable}) {
    const auto it = count.find(status);
    if (it == count.end() || it->second == 0) continue;
    out += sep + std::to_string(it->second) + ' ' + std::string(to_string(status));
    if (status == PolicyStatus::Bypassed)
      out += " for " + n(bypassing.size(), "client population", "client populations");
    sep = ", ";
  }
  return out;
}

}  // namespace meshsim::scenarios
