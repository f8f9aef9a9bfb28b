// After the walk: what became of every policy that concerns the destination but stood on another path
// (policies.md 5.3), and merging of outcomes that differ in nothing the user can see.
#include <algorithm>
#include <map>

#include "models/dataplane/walker.h"

namespace meshsim::models::dataplane {
namespace {

// One outcome per distinct route choice, waypoint and destination workload (design.md section 6).
std::string signature(const Outcome& o) {
  std::string key;
  auto add = [&](std::string_view part) { (key += part) += '\x1f'; };
  add(to_string(o.verdict));
  add(o.http_status ? std::to_string(*o.http_status) : "-");
  add(o.response_flags);  // DI: delayed, the others not
  for (const Hop& hop : o.hops) {
    add(to_string(hop.proxy));
    add(hop.name);
    add(to_string(hop.transport));
    add(std::to_string(hop.port));
    add(hop.identity);
  }
  if (o.routed_to) {
    add(o.routed_to->workload);
    add(o.routed_to->version);
    add(std::to_string(o.routed_to->port));
  }
  add(std::to_string(o.routed_service));
  if (o.transport) add(to_string(*o.transport));
  if (o.denied_by) add(o.denied_by->policy.value_or("-"));
  add(o.upstream.path);
  add(o.upstream.host);
  for (const auto& [name, value] : o.upstream.headers) (add(name), add(value));
  for (const auto& [name, value] : o.response_headers) (add(name), add(value));
  for (const Mirror& m : o.mirrored_to) (add(m.workload), add(std::to_string(m.port)), add(std::to_string(m.share)));
  for (const RouteFinding& r : o.routes)
    if (r.chosen) (add(r.route.text()), add(std::to_string(r.rule)));
  return key;
}

}  // namespace

void Walker::merge_outcomes() {
  std::map<std::string, std::size_t> seen;
  std::vector<Outcome> merged;
  for (Outcome& outcome : results_) {
    const auto [it, fresh] = seen.emplace(signature(outcome), merged.size());
    if (fresh) {
      merged.push_back(std::move(outcome));
    } else {
      merged[it->second].probability += outcome.probability;
    }
  }
  results_ = std::move(merged);
  double total = 0;
  for (const Outcome& outcome : results_) total += outcome.probability;
  // Weights that are thirds and the like leave a rest of some 1e-16; the most probable outcome takes it.
  if (!results_.empty() && total > 0) {
    auto most = std::max_element(results_.begin(), results_.end(),
                                 [](const Outcome& a, const Outcome& b) { return a.probability < b.probability; });
    most->probability += 1.0 - total;
  }
}

void Walker::summarise_policies(Outcome& outcome) const {
  if (outcome.destination_workload == kNone && outcome.service == kNone && outcome.routed_service == kNone) return;
  const std::size_t service = outcome.routed_service != kNone ? outcome.routed_service : outcome.service;
  for (PolicyEngine::Concern& concern : world_.policies->concerning(outcome.destination_workload, service)) {
    const bool considered = std::any_of(outcome.policies.begin(), outcome.policies.end(),
                                        [&](const PolicyFinding& f) { return f.policy == concern.policy; });
    if (considered) continue;
    PolicyFinding finding;
    finding.policy = concern.policy;
    finding.at_name = concern.at_name;
    finding.rules = std::move(concern.rules);
    finding.why = std::move(concern.why);
    const bool on_path = concern.at && std::any_of(outcome.hops.begin(), outcome.hops.end(), [&](const Hop& hop) {
                           return hop.proxy == *concern.at && hop.name == concern.at_name;
                         });
    if (!concern.at) {
      finding.status = concern.there == PolicyStatus::Enforced ? PolicyStatus::Inert : concern.there;
    } else if (on_path || (concern.there != PolicyStatus::Enforced && concern.there != PolicyStatus::NotEvaluated)) {
      // It stands on this path but had no say here (another port or protocol), or it is open, denying or dry-run
      // wherever it stands.
      finding.at = concern.at;
      finding.status = concern.there == PolicyStatus::Enforced ? PolicyStatus::NotApplicable : concern.there;
    } else {
      const bool ended_before =
          !outcome.hops.empty() && outcome.verdict != Verdict::Allowed && *concern.at != ProxyKind::Waypoint;
      finding.status = ended_before ? PolicyStatus::NotApplicable : PolicyStatus::Bypassed;
      finding.rules.insert(finding.rules.begin(), ended_before ? "PO-022" : "PO-150");
      const bool runs = concern.there == PolicyStatus::NotEvaluated;  // at Envoy, though not here
      finding.why = ended_before
                        ? "the flow ended before it reached " + concern.at_name
                        : std::string(runs ? "runs at " : "enforced at ") + std::string(to_string(*concern.at)) + ' ' +
                              concern.at_name + ", which is not on this path";
    }
    outcome.policies.push_back(std::move(finding));
  }
  std::stable_sort(outcome.policies.begin(), outcome.policies.end(),
                   [](const PolicyFinding& a, const PolicyFinding& b) {
                     return std::tie(a.policy.kind, a.policy.ns, a.policy.name) <
                            std::tie(b.policy.kind, b.policy.ns, b.policy.name);
                   });
  // PO-200..PO-205: judged as the proxies would, though the API server would have refused the object.
  const ObjectRef* last = nullptr;
  for (const PolicyFinding& finding : outcome.policies) {
    if (last && *last == finding.policy) continue;
    last = &finding.policy;
    for (const Reason& reason : world_.policies->rejections(finding.policy))
      outcome.reasons.push_back({reason.rule,
                                 "a real cluster would not accept " + finding.policy.text() + ": " + reason.text,
                                 reason.source});
  }
}

}  // namespace meshsim::models::dataplane
