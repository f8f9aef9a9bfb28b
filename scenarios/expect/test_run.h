#pragma once
// TestRun: test suites judged and compared, with the reason behind every failure: the hop and the rule that differ from
// the expectation, and where the policy stands that decided.
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "scenarios/expect/test_suite.h"
#include "scenarios/read/expectation.h"
#include "scenarios/read/read_log.h"

namespace meshsim::scenarios {

// XFail: failed, as its author says it does now. XPass: passed though it should fail; counts as a failure.
enum class TestStatus : std::uint8_t { Pass, Fail, XFail, XPass };
std::string_view to_string(TestStatus status);  // "pass", "fail", "xfail", "xpass"
constexpr bool is_failure(TestStatus status) { return status == TestStatus::Fail || status == TestStatus::XPass; }

struct TestFailure {
  ExpectationFailure expectation;
  std::string because;    // "DP-052: a sidecar never sends to a waypoint ..."
  models::Source source;  // of the object that brought it about, if any
};

struct TestResult {
  std::string name;
  std::vector<std::string> tags;
  TestStatus status = TestStatus::Pass;
  std::string xfail;
  int checks = 0;  // fields of `expect` that hold
  std::vector<TestFailure> failures;
  models::Source source;  // of the case
  bool has_parameters = false;
  std::size_t siblings = 1, of_row = 1;              // as TestCase
  std::map<std::string, models::Position> expected;  // as TestCase
  std::shared_ptr<const models::FlowResult> result;  // kept where TestOptions asks for it
};

struct SuiteResult {
  std::string file;
  std::shared_ptr<const Loaded> loaded;
  std::vector<TestResult> tests;  // in the order of the file
};

// What --watch keeps of test files: a result is given again as long as nothing that it was made of changes.
struct TestMemory {
  struct Entry {
    std::shared_ptr<const ReadLog> log;
    SuiteResult result;
  };
  std::mutex mutex;
  std::map<std::string, Entry> suites;  // by file
  std::size_t again = 0;                // of the last run: read again
};

struct TestOptions {
  ReadOptions read;
  std::string name_pattern;       // a regular expression (RE2) searched for in the name; empty: all
  std::vector<std::string> tags;  // a case must carry one of them; empty: all
  bool fail_fast = false;         // nothing after the first failure, in the order of files and cases
  unsigned threads = 0;           // any number gives the same result
  bool keep_results = false;      // for coverage
  ReadLog* log = nullptr;         // gets what the suites are made of
  TestMemory* memory = nullptr;   // the options must not change between runs that share it
};

struct TestRun {
  models::Diagnostics diagnostics;  // of finding files; those of a suite are in its `loaded`
  std::vector<SuiteResult> suites;
  bool unreadable = false;
  int count(TestStatus status) const;
  int total() const;
};

// A pattern that is none matches nothing; the command line checks it first.
TestRun run_tests(const std::vector<std::string>& paths, const TestOptions& options);

}  // namespace meshsim::scenarios
