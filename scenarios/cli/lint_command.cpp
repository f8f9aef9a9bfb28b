#include <ostream>

#include "scenarios/cli/options.h"
#include "scenarios/cli/watch.h"
#include "scenarios/lint/suppression.h"
#include "scenarios/read/input_text.h"
#include "scenarios/report/lint_report.h"
#include "scenarios/report/report.h"

namespace meshsim::scenarios {
namespace {

using models::Severity;

Severity severity(const std::string& word) {
  return word == "error" ? Severity::Error : word == "warning" ? Severity::Warning : Severity::Info;
}

// --explain CODE; all rules as pages with -o md, into --out.
int explain_rules(const Options& options, const Streams& streams) {
  const bool pages = options.output == "md";
  if (!pages && options.output != "table")
    return usage_error(streams, "there is no output format " + options.output + " for --explain (table, md)");
  std::vector<const LintRule*> rules;
  if (options.explain == "all") {
    for (const LintRule& rule : lint_rules()) rules.push_back(&rule);
  } else {
    rules = find_lint_rules(options.explain);
  }
  if (rules.empty()) return usage_error(streams, "there is no finding with the code or alias " + options.explain);
  if (pages && !options.out_dir.empty()) {
    for (const LintRule* rule : rules)
      if (const int code = deliver(rule_page(*rule), std::string(rule->code) + ".md", options, streams); code != kFine)
        return code;
    return options.explain == "all" ? deliver(rule_index(), "README.md", options, streams) : kFine;
  }
  std::string text;
  for (const LintRule* rule : rules) text += (text.empty() ? "" : "\n") + (pages ? rule_page(*rule) : rule_text(*rule));
  return deliver(text, "lint.txt", options, streams);
}

}  // namespace

int lint_command(const Options& options, const Streams& streams) {
  if (!options.explain.empty()) return explain_rules(options, streams);
  if (options.files.empty())
    return usage_error(streams, "lint needs manifests, a folder or a scenario (- for standard input)");
  const LintFormat* format = find_lint_format(options.output);
  if (format == nullptr)
    return usage_error(streams, "there is no output format " + options.output + " (table, json, sarif, junit, github)");
  LintOptions how;
  how.suppress = options.suppress;
  how.only = options.only;
  for (const auto* list : {&options.only, &options.suppress})
    for (const std::string& entry : *list)
      if (find_lint_rules(entry.substr(0, entry.find('='))).empty())
        return usage_error(streams, "there is no finding with the code or alias " + entry.substr(0, entry.find('=')));
  ReadOptions read;
  read.limits = options.limits;
  read.standard_input = &streams.in;
  if (!options.baseline.empty()) {
    models::Diagnostics problems;
    const auto text = read_file_text(options.baseline, options.baseline, options.limits, problems);
    for (const models::Diagnostic& d : problems) streams.err << models::format(d) << '\n';
    if (!text) return kData;
    if (const std::string problem = baseline_problem(*text); !problem.empty()) {
      streams.err << "meshsim: " << options.baseline << ": " << problem << '\n';
      return kData;
    }
    how.baseline = *text;
  }
  const Loaded loaded = load(options.files, read);
  remember(options, loaded.scenario);
  const LintResult result = lint(loaded, how);
  for (const std::string& problem : result.problems) streams.err << "meshsim: " << problem << '\n';
  if (options.output != "table")
    for (const LintFinding& f : result.findings)
      if (f.severity == Severity::Error && f.rule->check == nullptr && f.suppressed.empty())
        streams.err << "Error [" << f.rule->code << "] (" << f.object << (f.object.empty() ? "" : " ") << f.at.text()
                    << ") " << f.message << '\n';
  LintReportOptions report;
  report.colour = use_colour(options, streams) && options.out_dir.empty();
  report.show_flow = options.show_flow;
  report.lowest = severity(options.lowest);
  if (const int code =
          deliver(format->render(result, report), "lint" + std::string(format->extension), options, streams);
      code != kFine)
    return code;
  if (loaded.unreadable) return kData;
  if (!options.write_baseline.empty()) {
    if (const auto problem = write_file(options.write_baseline, baseline_text(result.findings))) {
      streams.err << "meshsim: " << *problem << '\n';
      return kInternal;
    }
    return kFine;
  }
  if (options.threshold == "never") return kFine;
  for (Severity s = severity(options.threshold);; s = static_cast<Severity>(static_cast<int>(s) + 1)) {
    if (result.count(s) > 0) return kFindings;
    if (s == Severity::Error) return kFine;
  }
}

}  // namespace meshsim::scenarios
