#pragma once
// Reports of a test run, one function per format; the registry is the list that the command line offers. None of them
// holds a time, so that the same input gives the same bytes.
#include <span>
#include <string>
#include <string_view>

#include "scenarios/expect/coverage.h"

namespace meshsim::scenarios {

struct TestFormat {
  std::string_view name, extension;
  std::string (*render)(const TestRun& run, bool colour);
};
std::span<const TestFormat> test_formats();  // table, junit, tap, json, md, github
const TestFormat* find_test_format(std::string_view name);

std::string test_table(const TestRun& run, bool colour);
std::string test_junit(const TestRun& run, bool colour);  // JUnit XML as Jenkins and GitLab read it
std::string test_tap(const TestRun& run, bool colour);    // Test Anything Protocol 14; xfail is TODO
std::string test_json(const TestRun& run, bool colour, const Coverage* coverage);
std::string test_json(const TestRun& run, bool colour);
std::string test_markdown(const TestRun& run, bool colour);  // for a pull request
std::string test_github(const TestRun& run, bool colour);    // workflow commands: annotations with file and line

// "httpStatus: expected 403, got 200"
std::string failure_text(const TestFailure& failure);
// "5 passed, 1 failed"
std::string summary_text(const TestRun& run);
// Where the expectation stands that failed.
models::Source place_of(const TestResult& test, const TestFailure& failure);

}  // namespace meshsim::scenarios
