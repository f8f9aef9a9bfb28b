#include <algorithm>
#include <filesystem>
#include <ostream>

#include <fmt/format.h>
#include <re2/re2.h>

#include "scenarios/cli/options.h"
#include "scenarios/cli/watch.h"
#include "scenarios/expect/test_update.h"
#include "scenarios/report/coverage_report.h"
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
  if (options.memory != nullptr) {
    how.log = &options.memory->log;
    if (!options.update) how.memory = &options.memory->tests;
  }
  how.name_pattern = options.name_pattern;
  how.tags = options.tags;
  how.fail_fast = options.fail_fast;
  how.threads = options.threads;
  if (const re2::RE2 checked(options.name_pattern, re2::RE2::Quiet); !checked.ok())
    return usage_error(streams,
                       "--run needs a regular expression, not " + options.name_pattern + ": " + checked.error());
  const bool measure = options.coverage || options.coverage_fail_under >= 0 || !options.lcov.empty();
  how.keep_results = measure;
  TestRun run = run_tests(options.files, how);
  if (how.memory != nullptr)
    streams.err << fmt::format("meshsim: {} of {} test files read\n", how.memory->again, run.suites.size());
  if (options.update && !run.unreadable) {
    const TestUpdate update = update_expectations(run, how.read);
    for (const UpdatedFile& file : update.files) {
      for (const UpdatedLine& line : file.lines)
        streams.err << file.file << ':' << line.line << "\n- " << line.before << "\n+ " << line.after << '\n';
      if (const auto problem = write_file(file.file, file.text)) {
        streams.err << "meshsim: " << *problem << '\n';
        return kInternal;
      }
    }
    for (const std::string& left : update.left) streams.err << "meshsim: left as it is: " << left << '\n';
    if (!update.files.empty()) run = run_tests(options.files, how);
  }
  const auto say = [&](const models::Diagnostics& list) {
    for (const models::Diagnostic& d : list)
      if (d.severity == models::Severity::Error) streams.err << models::format(d) << '\n';
  };
  say(run.diagnostics);
  for (const SuiteResult& suite : run.suites) say(suite.loaded->diagnostics);
  const bool colour = use_colour(options, streams) && options.out_dir.empty();
  Coverage coverage;
  if (measure) coverage = coverage_of(run, options.coverage);
  if (!options.coverage_of.empty())
    std::erase_if(coverage.items, [&](const CoverageItem& item) {
      return std::find(options.coverage_of.begin(), options.coverage_of.end(), to_string(item.kind)) ==
             options.coverage_of.end();
    });
  std::string text =
      options.coverage && options.output == "json" ? test_json(run, colour, &coverage) : format->render(run, colour);
  if (options.coverage && options.output == "table") text += coverage_table(coverage, colour);
  if (options.coverage && options.output == "md") text += coverage_markdown(coverage);
  if (const int code = deliver(text, "test" + std::string(format->extension), options, streams); code != kFine)
    return code;
  if (!options.lcov.empty())
    if (const auto problem = write_file(options.lcov, coverage_lcov(coverage))) {
      streams.err << "meshsim: " << *problem << '\n';
      return kInternal;
    }
  if (run.unreadable) return kData;
  if (run.total() == 0) {
    streams.err << "meshsim: no test found\n";
    return options.require_tests ? kFailed : kFine;
  }
  if (run.count(TestStatus::Fail) + run.count(TestStatus::XPass) > 0) return kFailed;
  if (coverage.percent() < options.coverage_fail_under) {
    streams.err << fmt::format("meshsim: coverage is {:.1f} %, less than {} %\n", coverage.percent(),
                               options.coverage_fail_under);
    return kFailed;
  }
  return kFine;
}

}  // namespace meshsim::scenarios
