#include "scenarios/expect/test_run.h"

#include <algorithm>

#include <re2/re2.h>

#include "scenarios/read/read_log.h"
#include "scenarios/run/parallel.h"

namespace meshsim::scenarios {

using namespace models;

std::string_view to_string(TestStatus status) {
  switch (status) {
    case TestStatus::Pass:
      return "pass";
    case TestStatus::Fail:
      return "fail";
    case TestStatus::XFail:
      return "xfail";
    case TestStatus::XPass:
      return "xpass";
  }
  return "fail";
}

int TestRun::count(TestStatus status) const {
  int n = 0;
  for (const SuiteResult& suite : suites)
    n += static_cast<int>(
        std::count_if(suite.tests.begin(), suite.tests.end(), [&](const auto& t) { return t.status == status; }));
  return n;
}

int TestRun::total() const {
  int n = 0;
  for (const SuiteResult& suite : suites) n += static_cast<int>(suite.tests.size());
  return n;
}

namespace {

std::string cite(const std::string& rule, const std::string& text) { return rule.empty() ? text : rule + ": " + text; }

void take(const Reason& reason, const std::string& where, TestFailure& into) {
  into.because = where + cite(reason.rule, reason.text);
  into.source = reason.source;
}

void take(const PolicyFinding& policy, TestFailure& into) {
  into.because = policy.policy.text() + " is " + std::string(to_string(policy.status)) +
                 (policy.at_name.empty() ? "" : " at " + policy.at_name) + ": " +
                 cite(policy.rules.empty() ? "" : policy.rules.front(), policy.why);
  into.source = policy.policy.source;
}

// The first hop that is not the one expected, or the last hop where the path ends too early.
void explain_path(const Expectation& expected, const Outcome& outcome, TestFailure& into) {
  if (outcome.hops.empty()) return;
  std::size_t at = 0;
  if (expected.path)
    while (at + 1 < outcome.hops.size() && at < expected.path->size() && outcome.hops[at].proxy == (*expected.path)[at])
      ++at;
  // The hop before chose the way.
  for (std::size_t i = at + 1; i-- > 0;) {
    const Hop& hop = outcome.hops[i];
    if (hop.reasons.empty()) continue;
    const auto bypass = std::find_if(hop.reasons.begin(), hop.reasons.end(), [](const Reason& r) {
      return r.text.find("waypoint") != std::string::npos;  // the choice that users ask about
    });
    take(bypass != hop.reasons.end() ? *bypass : hop.reasons.back(),
         "at " + std::string(to_string(hop.proxy)) + ' ' + hop.name + ", ", into);
    return;
  }
}

void explain(const Expectation& expected, const Outcome& outcome, TestFailure& into) {
  const std::string& field = into.expectation.field;
  if (field.starts_with("policies.")) {
    const std::string written = field.substr(9);
    for (const PolicyFinding& p : outcome.policies)
      if (p.policy.text() == written || p.policy.ns + '/' + p.policy.name == written ||
          p.policy.text().ends_with(' ' + written))
        return take(p, into);
    into.because = "no policy of this name concerns the destination";
    return;
  }
  const bool way = field == "path" || field == "transport" || field == "waypointTraversed";
  if (way) explain_path(expected, outcome, into);
  if (!into.because.empty()) return;
  if (outcome.denied_by) {
    for (const PolicyFinding& p : outcome.policies)
      if (outcome.denied_by->policy && p.policy.ns + '/' + p.policy.name == *outcome.denied_by->policy)
        return take(p, into);
  }
  if (field.starts_with("metrics")) {
    for (const Lost& lost : outcome.telemetry.lost)
      if (field.find(lost.name.substr(0, lost.name.find('{'))) != std::string::npos) {
        into.because = cite(lost.rules.empty() ? "" : lost.rules.front(), lost.why);
        return;
      }
  }
  if (!outcome.reasons.empty()) return take(outcome.reasons.back(), "", into);
  // Allowed where a refusal was expected: the policies that could have refused and did not.
  for (const PolicyFinding& p : outcome.policies)
    if (p.status != PolicyStatus::NotApplicable && p.status != PolicyStatus::Enforced) return take(p, into);
  explain_path(expected, outcome, into);
}

TestResult run_case(const TestSuite& suite, const TestCase& test, bool keep) {
  const ScenarioFlow& flow = suite.loaded->scenario.flows[test.flow];
  FlowResult result = judge_flow(*suite.loaded, flow.flow, !flow.expect->metrics.empty());
  const ExpectationResult compared = compare(*flow.expect, result.outcomes);
  TestResult out;
  out.name = flow.flow.name;
  out.tags = test.tags;
  out.xfail = test.xfail;
  out.checks = compared.passed;
  out.source = flow.flow.source;
  out.has_parameters = test.has_parameters;
  out.siblings = test.siblings;
  out.of_row = test.of_row;
  out.expected = test.expected;
  for (const ExpectationFailure& failed : compared.failed) {
    TestFailure failure{failed, "", {}};
    if (failed.outcome < result.outcomes.size()) explain(*flow.expect, result.outcomes[failed.outcome], failure);
    out.failures.push_back(std::move(failure));
  }
  const bool passed = out.failures.empty();
  out.status = test.xfail.empty() ? (passed ? TestStatus::Pass : TestStatus::Fail)
                                  : (passed ? TestStatus::XPass : TestStatus::XFail);
  if (keep) out.result = std::make_shared<const FlowResult>(std::move(result));
  return out;
}

bool asked(const TestSuite& suite, const TestCase& test, const re2::RE2& pattern, const TestOptions& options) {
  if (!re2::RE2::PartialMatch(suite.loaded->scenario.flows[test.flow].flow.name, pattern)) return false;
  return options.tags.empty() || std::any_of(test.tags.begin(), test.tags.end(), [&](const std::string& tag) {
           return std::find(options.tags.begin(), options.tags.end(), tag) != options.tags.end();
         });
}

}  // namespace

TestRun run_tests(const std::vector<std::string>& paths, const TestOptions& options) {
  const re2::RE2 pattern(options.name_pattern, re2::RE2::Quiet);
  TestRun run;
  if (options.memory != nullptr) options.memory->again = 0;
  const std::vector<std::string> files = find_test_files(paths, run.diagnostics);
  run.unreadable = !run.diagnostics.empty();
  run.suites.resize(files.size());
  // Suites in parallel; the cases of one suite too, where it is the only one.
  for_each_index(
      files.size(), options.threads,
      [&](std::size_t i) {
        if (options.memory != nullptr) {
          const std::lock_guard lock(options.memory->mutex);
          const auto known = options.memory->suites.find(files[i]);
          if (known != options.memory->suites.end() && !known->second.log->changed()) {
            run.suites[i] = known->second.result;
            if (options.log != nullptr) options.log->add(*known->second.log);
            return;
          }
        }
        const TestSuite suite = read_test_suite(files[i], options.read);
        auto log = std::make_shared<ReadLog>();
        if (options.log != nullptr || options.memory != nullptr) {
          log->add(files[i]);
          log->add(suite.loaded->scenario);
        }
        std::vector<const TestCase*> cases;
        for (const TestCase& test : suite.cases)
          if (asked(suite, test, pattern, options)) cases.push_back(&test);
        SuiteResult& result = run.suites[i];
        result.file = suite.file;
        result.loaded = suite.loaded;
        result.tests.resize(cases.size());
        for_each_index(cases.size(), files.size() == 1 ? options.threads : 1,
                       [&](std::size_t k) { result.tests[k] = run_case(suite, *cases[k], options.keep_results); });
        if (options.log != nullptr) options.log->add(*log);
        if (options.memory == nullptr) return;
        const std::lock_guard lock(options.memory->mutex);
        options.memory->suites.insert_or_assign(files[i], TestMemory::Entry{log, result});
        ++options.memory->again;
      },
      1);
  for (const SuiteResult& suite : run.suites) run.unreadable = run.unreadable || suite.loaded->unreadable;
  if (!options.fail_fast) return run;
  for (std::size_t i = 0; i < run.suites.size(); ++i) {
    auto& tests = run.suites[i].tests;
    const auto failed = std::find_if(tests.begin(), tests.end(), [](const auto& t) { return is_failure(t.status); });
    if (failed == tests.end()) continue;
    tests.erase(failed + 1, tests.end());
    run.suites.resize(i + 1);
    break;
  }
  return run;
}

}  // namespace meshsim::scenarios
