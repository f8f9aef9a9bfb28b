#pragma once
// PolicySummary: what a person wants to know first: which policies are enforced, and which are silently not, for whom.
// Counts what the flows and the matrix of populations found; decides nothing.
#include <map>
#include <string>
#include <vector>

#include "scenarios/report/matrix_report.h"
#include "scenarios/run/run.h"

namespace meshsim::scenarios {

struct PolicySummary {
  models::ObjectRef policy;
  // The most alarming status that occurs: bypassed, open, denies-all, not-evaluated, then enforced, dry-run, inert,
  // not-applicable.
  models::PolicyStatus status = models::PolicyStatus::NotApplicable;
  std::map<std::string, std::map<models::PolicyStatus, int>> by_population;  // "sidecar" -> status -> outcomes
  std::map<std::string, std::map<models::PolicyStatus, int>>
      by_point;     // "waypoint shop/waypoint" -> status -> outcomes
  std::string why;  // the sentence behind `status`
  std::vector<std::string> rules;
};

struct Summary {
  std::vector<PolicySummary> policies;  // by kind, namespace, name; also those that no flow meets
  std::map<models::PolicyStatus, int> count;
  std::vector<std::string> bypassing;       // populations for which some policy is bypassed
  std::map<models::Verdict, int> verdicts;  // of flows, each under its worst outcome
  int unexpected = 0;                       // flows whose expectation failed
  int stated = 0;                           // flows with an expectation
  std::string headline() const;             // "12 policies: 7 enforced, 3 bypassed for 2 client populations, 2 open"
};

Summary summarize(const RunResult& run, const std::vector<Pair>& pairs);

// More alarming first.
int alarm(models::PolicyStatus status);
models::Verdict worst_verdict(const models::FlowResult& result);

}  // namespace meshsim::scenarios
