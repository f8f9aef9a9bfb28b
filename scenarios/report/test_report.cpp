#include "scenarios/report/test_report.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "scenarios/report/escape.h"
#include "scenarios/report/style.h"

namespace meshsim::scenarios {

using namespace models;

namespace {

constexpr std::array kFormats = {TestFormat{"table", ".txt", test_table}, TestFormat{"junit", ".xml", test_junit},
                                 TestFormat{"tap", ".tap", test_tap},     TestFormat{"json", ".json", test_json},
                                 TestFormat{"md", ".md", test_markdown},  TestFormat{"github", ".txt", test_github}};

// Errors of the input, as far as tests could not run because of them.
Diagnostics errors(const Diagnostics& list) {
  Diagnostics out;
  for (const Diagnostic& d : list)
    if (d.severity == Severity::Error) out.push_back(d);
  return out;
}

std::string replaced(std::string text, std::initializer_list<std::pair<char, std::string_view>> by) {
  std::string out;
  for (const char c : text) {
    const auto it = std::find_if(by.begin(), by.end(), [&](const auto& pair) { return pair.first == c; });
    if (it == by.end()) {
      out += c;
    } else {
      out += it->second;
    }
  }
  return out;
}

std::string table_cell(const std::string& text) { return replaced(text, {{'|', "\\|"}, {'\n', " "}}); }

}  // namespace

std::span<const TestFormat> test_formats() { return kFormats; }
const TestFormat* find_test_format(std::string_view name) {
  const auto it = std::find_if(kFormats.begin(), kFormats.end(), [&](const TestFormat& f) { return f.name == name; });
  return it == kFormats.end() ? nullptr : &*it;
}

std::string failure_text(const TestFailure& failure) {
  const ExpectationFailure& e = failure.expectation;
  return e.field + ": expected " + e.expected + ", got " + e.actual;
}

std::string summary_text(const TestRun& run) {
  std::string out = fmt::format("{} passed", run.count(TestStatus::Pass));
  const auto add = [&](TestStatus status, const char* words) {
    if (const int n = run.count(status); n > 0) out += fmt::format(", {} {}", n, words);
  };
  add(TestStatus::Fail, "failed");
  add(TestStatus::XPass, "passed though expected to fail");
  add(TestStatus::XFail, "failed as expected");
  return out;
}

Source place_of(const TestResult& test, const TestFailure& failure) {
  Source source = test.source;
  if (failure.expectation.position.line != 0) source.position = failure.expectation.position;
  return source;
}

std::string test_table(const TestRun& run, bool colour) {
  const Style style(colour);
  std::string out;
  for (const SuiteResult& suite : run.suites) {
    const auto failed =
        std::count_if(suite.tests.begin(), suite.tests.end(), [](const TestResult& t) { return is_failure(t.status); });
    if (suite.tests.empty() && !suite.loaded->unreadable) continue;
    out += (failed == 0 && !suite.loaded->unreadable ? style.good("ok  ") : style.bad("FAIL")) + ' ' +
           style.bold(suite.file) + fmt::format("  {} of {}\n", suite.tests.size() - failed, suite.tests.size());
    for (const TestResult& test : suite.tests) {
      if (test.status == TestStatus::Pass) continue;
      const bool bad = is_failure(test.status);
      out += "  " + (bad ? style.bad(to_string(test.status)) : style.warn(to_string(test.status))) + "  " + test.name +
             style.dim("  " + test.source.text()) + '\n';
      if (test.status == TestStatus::XPass)
        out += wrapped("passes now; it was expected to fail: " + test.xfail, 100, 8);
      if (test.status == TestStatus::XFail) out += wrapped(test.xfail, 100, 8);
      if (!bad) continue;
      for (const TestFailure& failure : test.failures) {
        out += "        " + failure_text(failure) + '\n';
        if (failure.because.empty()) continue;
        out +=
            wrapped(failure.because + (failure.source.file.empty() ? "" : " (" + failure.source.text() + ")"), 100, 10);
      }
    }
  }
  return out + summary_text(run) + '\n';
}

std::string test_tap(const TestRun& run, bool) {
  std::string out = fmt::format("TAP version 14\n1..{}\n", run.total());
  int n = 0;
  for (const SuiteResult& suite : run.suites)
    for (const TestResult& test : suite.tests) {
      const std::string name = replaced(suite.file + ": " + test.name, {{'#', "\\#"}, {'\\', "\\\\"}, {'\n', " "}});
      // TAP's TODO: a failure that is known; a TODO that passes is a bonus there, and a failure here.
      const bool ok = test.status == TestStatus::Pass;
      out += fmt::format("{} {} - {}", ok ? "ok" : "not ok", ++n, name);
      if (test.status == TestStatus::XFail) out += " # TODO " + replaced(test.xfail, {{'\n', " "}});
      out += '\n';
      if (!is_failure(test.status)) continue;
      out += "  ---\n";
      if (test.status == TestStatus::XPass) out += "  message: " + json_literal("passes now: " + test.xfail) + '\n';
      if (!test.failures.empty()) out += "  failures:\n";
      for (const TestFailure& failure : test.failures) {
        out += "    - field: " + json_literal(failure.expectation.field) + '\n';
        out += "      expected: " + failure.expectation.expected + '\n';
        out += "      actual: " + failure.expectation.actual + '\n';
        out += "      because: " + json_literal(failure.because) + '\n';
        out += "      at: " + json_literal(place_of(test, failure).text()) + '\n';
      }
      out += "  ...\n";
    }
  return out;
}

std::string test_markdown(const TestRun& run, bool) {
  std::string out = "## meshsim test\n\n" + summary_text(run) + "\n";
  std::string rows;
  for (const SuiteResult& suite : run.suites) {
    for (const Diagnostic& d : errors(suite.loaded->diagnostics))
      rows += "| " + table_cell(suite.file) + " | not understood | " + table_cell(format(d)) + " | |\n";
    for (const TestResult& test : suite.tests) {
      if (!is_failure(test.status)) continue;
      if (test.status == TestStatus::XPass)
        rows += "| " + table_cell(test.name) + " | passes now | expected to fail: " + table_cell(test.xfail) + " | `" +
                test.source.text() + "` |\n";
      for (const TestFailure& failure : test.failures)
        rows += "| " + table_cell(test.name) + " | " + table_cell(failure_text(failure)) + " | " +
                table_cell(failure.because) + " | `" + place_of(test, failure).text() + "` |\n";
    }
  }
  if (!rows.empty()) out += "\n| Case | Difference | Because | Where |\n|---|---|---|---|\n" + rows;
  return out;
}

std::string test_github(const TestRun& run, bool) {
  const auto annotation = [&](const Source& at, const std::string& title, const std::string& text) {
    std::string where = "file=" + github_property(at.file);
    if (at.position.line != 0) where += fmt::format(",line={},col={}", at.position.line, at.position.column);
    return "::error " + where + ",title=" + github_property(title) + "::" + github_text(text) + '\n';
  };
  std::string out;
  for (const Diagnostic& d : errors(run.diagnostics)) out += annotation({d.file, d.position}, d.code, d.message);
  for (const SuiteResult& suite : run.suites) {
    for (const Diagnostic& d : errors(suite.loaded->diagnostics))
      out += annotation({d.file, d.position}, d.code, d.message);
    for (const TestResult& test : suite.tests) {
      if (test.status == TestStatus::XPass)
        out += annotation(test.source, test.name, "passes now; it was expected to fail: " + test.xfail);
      if (test.status != TestStatus::Fail) continue;
      for (const TestFailure& failure : test.failures)
        out += annotation(place_of(test, failure), test.name,
                          failure_text(failure) + (failure.because.empty() ? "" : "\n" + failure.because) +
                              (failure.source.file.empty() ? "" : " (" + failure.source.text() + ")"));
    }
  }
  return out;
}

std::string test_junit(const TestRun& run, bool) {
  std::string suites;
  int all = 0, all_failed = 0, all_errors = 0;
  for (const SuiteResult& suite : run.suites) {
    std::string cases;
    int failed = 0, skipped = 0, unread = 0;
    const std::string file = xml_text(suite.file);
    if (suite.loaded->unreadable) {
      ++unread;
      std::string text;
      for (const Diagnostic& d : errors(suite.loaded->diagnostics)) text += format(d) + '\n';
      cases += "    <testcase name=\"(reading)\" classname=\"" + file +
               "\">\n      <error message=\"not understood\">" + xml_text(text) + "</error>\n    </testcase>\n";
    }
    for (const TestResult& test : suite.tests) {
      cases += "    <testcase name=\"" + xml_text(test.name) + "\" classname=\"" + file + '"';
      if (test.status == TestStatus::Pass) {
        cases += "/>\n";
        continue;
      }
      cases += ">\n";
      if (test.status == TestStatus::XFail) {
        ++skipped;
        cases += "      <skipped message=\"" + xml_text("expected to fail: " + test.xfail) + "\"/>\n";
      } else {
        ++failed;
        std::string text, first = "passes now; it was expected to fail: " + test.xfail;
        if (!test.failures.empty() && test.status == TestStatus::Fail) first = failure_text(test.failures.front());
        for (const TestFailure& failure : test.failures)
          text += failure_text(failure) + "\n  at " + place_of(test, failure).text() +
                  (failure.because.empty() ? "" : "\n  because " + failure.because) +
                  (failure.source.file.empty() ? "" : " (" + failure.source.text() + ")") + '\n';
        cases += "      <failure message=\"" + xml_text(first) + "\" type=\"expectation\">" + xml_text(text) +
                 "</failure>\n";
      }
      cases += "    </testcase>\n";
    }
    const int tests = static_cast<int>(suite.tests.size()) + unread;
    suites += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n", file,
                          tests, failed, unread, skipped) +
              cases + "  </testsuite>\n";
    all += tests;
    all_failed += failed;
    all_errors += unread;
  }
  return fmt::format(
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"meshsim\" tests=\"{}\" failures=\"{}\" "
             "errors=\"{}\">\n",
             all, all_failed, all_errors) +
         suites + "</testsuites>\n";
}

}  // namespace meshsim::scenarios
