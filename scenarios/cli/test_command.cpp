#include <filesystem>
#include <ostream>
#include <regex>

#include "scenarios/cli/options.h"
#include "scenarios/report/report.h"
#include "scenarios/report/test_report.h"

namespace meshsim::scenarios {

int test_command(const Options& options, const Streams& streams) {
  if (options.files.empty()) return usage_error(streams, "test needs a test file, a scenario or a folder");
  const TestFormat* format = find_test_format(options.output);
  if (format == nullptr)
    return usage_error(streams,
                       "there is no output format " + options.output + " (table, junit, tap, json, md, github)");
  TestOptions how;
  how.read.limits = options.limits;
  how.read.standard_input = &streams.in;
  how.name_pattern = options.name_pattern;
  how.tags = options.tags;
  how.fail_fast = options.fail_fast;
  how.threads = options.threads;
  try {
    const std::regex checked(options.name_pattern);
  } catch (const std::regex_error&) {
    return usage_error(streams, "--run needs a regular expression, not " + options.name_pattern);
  }
  const TestRun run = run_tests(options.files, how);
  const auto say = [&](const models::Diagnostics& list) {
    for (const models::Diagnostic& d : list)
      if (d.severity == models::Severity::Error) streams.err << models::format(d) << '\n';
  };
  say(run.diagnostics);
  for (const SuiteResult& suite : run.suites) say(suite.loaded->diagnostics);
  const std::string text = format->render(run, use_colour(options, streams) && options.out_dir.empty());
  if (const int code = deliver(text, "test" + std::string(format->extension), options, streams); code != kFine)
    return code;
  if (run.unreadable) return kData;
  if (run.total() == 0) {
    streams.err << "meshsim: no test found\n";
    return options.require_tests ? kFailed : kFine;
  }
  return run.count(TestStatus::Fail) + run.count(TestStatus::XPass) > 0 ? kFailed : kFine;
}

}  // namespace meshsim::scenarios
