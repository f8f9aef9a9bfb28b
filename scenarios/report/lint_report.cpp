#include "scenarios/report/lint_report.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "scenarios/report/escape.h"
#include "scenarios/report/style.h"

namespace meshsim::scenarios {

using namespace models;

namespace {

constexpr std::array kFormats = {LintFormat{"table", ".txt", lint_table}, LintFormat{"json", ".json", lint_json},
                                 LintFormat{"sarif", ".sarif", lint_sarif}, LintFormat{"junit", ".xml", lint_junit},
                                 LintFormat{"github", ".txt", lint_github}};

std::string capital(Severity severity) {
  return severity == Severity::Error ? "Error" : severity == Severity::Warning ? "Warning" : "Info";
}

std::string head(const LintFinding& f) {
  const std::string place = f.at.text();
  std::string out = capital(f.severity) + " [" + std::string(f.rule->code) + ']';
  if (!f.object.empty() || !place.empty())
    out += " (" + f.object + (f.object.empty() || place.empty() ? "" : " ") + place + ')';
  return out;
}

std::string affected_text(const LintFinding& f, std::size_t most = std::string::npos) {
  std::string out;
  for (std::size_t i = 0; i < std::min(most, f.affected.size()); ++i) out += (i == 0 ? "" : ", ") + f.affected[i];
  const std::size_t more = f.more_affected + (f.affected.size() - std::min(most, f.affected.size()));
  if (more > 0) out += fmt::format(" and {} more", more);
  return out;
}

// In the table: names of those affected, and of other objects with the same finding, that are written out.
constexpr std::size_t kMostAffected = 6, kMostAlike = 4;

// Findings of one code that say the same of many objects: the first stands for all.
using Alike = std::map<std::pair<std::string_view, std::string>, std::vector<const LintFinding*>>;
bool folds(const std::vector<const LintFinding*>& alike) { return alike.size() > kMostAlike; }

bool is_shown(const LintFinding& f, const LintReportOptions& options) {
  return f.suppressed.empty() && f.severity >= options.lowest;
}

std::string counted(std::size_t n, const char* one, const char* many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

}  // namespace

std::span<const LintFormat> lint_formats() { return kFormats; }
const LintFormat* find_lint_format(std::string_view name) {
  const auto it = std::find_if(kFormats.begin(), kFormats.end(), [&](const LintFormat& f) { return f.name == name; });
  return it == kFormats.end() ? nullptr : &*it;
}

std::string lint_summary(const LintResult& result) {
  std::string out = counted(result.count(Severity::Error), "error", "errors") + ", " +
                    counted(result.count(Severity::Warning), "warning", "warnings") + ", " +
                    counted(result.count(Severity::Info), "note", "notes");
  if (const std::size_t n = result.suppressed(); n > 0) out += fmt::format(" ({} suppressed)", n);
  return out;
}

std::string lint_table(const LintResult& result, const LintReportOptions& options) {
  const Style style(options.colour);
  std::string out;
  Alike alike;
  for (const LintFinding& f : result.findings)
    if (is_shown(f, options) && f.affected.empty()) alike[{f.rule->code, f.message}].push_back(&f);
  for (const LintFinding& f : result.findings) {
    if (!is_shown(f, options)) continue;
    const auto same = f.affected.empty() ? alike.find({f.rule->code, f.message}) : alike.end();
    const bool many = same != alike.end() && folds(same->second);
    if (many && same->second.front() != &f) continue;
    const std::string label = head(f);
    out += (f.severity == Severity::Error     ? style.bad(label)
            : f.severity == Severity::Warning ? style.warn(label)
                                              : style.dim(label)) +
           ' ' + f.message + '\n';
    if (many) {
      for (std::size_t i = 1; i < kMostAlike; ++i)
        out += "    and of   " + same->second[i]->object + "  " + style.dim(same->second[i]->at.text()) + '\n';
      out += fmt::format("    and of   {} more (-o json names all)\n", same->second.size() - kMostAlike);
    }
    if (!f.affected.empty()) out += hanging("affects  ", affected_text(f, kMostAffected), 120, 4);
    if (options.show_flow && f.flow) out += "    shown by " + f.shows + '\n';
  }
  out += lint_summary(result) + '\n';
  const auto first = std::find_if(result.findings.begin(), result.findings.end(),
                                  [&](const LintFinding& f) { return is_shown(f, options); });
  if (first != result.findings.end())
    out += style.dim(fmt::format("meshsim lint --explain {} says why and what to do{}", first->rule->code,
                                 options.show_flow ? "" : "; --show-flow names a flow that shows it")) +
           '\n';
  return out;
}

std::string lint_github(const LintResult& result, const LintReportOptions& options) {
  std::string out;
  for (const LintFinding& f : result.findings) {
    if (!is_shown(f, options)) continue;
    out += f.severity == Severity::Error ? "::error " : f.severity == Severity::Warning ? "::warning " : "::notice ";
    if (!f.at.file.empty()) {
      out += "file=" + github_property(f.at.file) + ',';
      if (f.at.position.line > 0) out += fmt::format("line={},col={},", f.at.position.line, f.at.position.column);
    }
    std::string text = (f.object.empty() ? "" : f.object + ": ") + f.message;
    if (!f.affected.empty()) text += "\naffects " + affected_text(f);
    if (options.show_flow && f.flow) text += "\nshown by " + f.shows;
    out += "title=" + github_property(std::string(f.rule->code) + ' ' + std::string(f.rule->title)) +
           "::" + github_text(text) + '\n';
  }
  return out;
}

// A test case per rule: a report of passed and failed checks, as CI systems count them.
std::string lint_junit(const LintResult& result, const LintReportOptions& options) {
  std::map<std::string_view, std::vector<const LintFinding*>> by_code;
  for (const LintFinding& f : result.findings)
    if (is_shown(f, options)) by_code[f.rule->code].push_back(&f);
  std::string cases;
  std::size_t all = 0, failed = 0;
  const auto add = [&](const LintRule& rule, const std::vector<const LintFinding*>& findings) {
    ++all;
    cases += "    <testcase name=\"" + xml_text(std::string(rule.code) + ' ' + std::string(rule.title)) +
             "\" classname=\"meshsim.lint." + std::string(rule.code) + '"';
    if (findings.empty()) {
      cases += "/>\n";
      return;
    }
    std::string text;
    bool fails = false;
    for (const LintFinding* f : findings) {
      fails = fails || f->severity > Severity::Info;
      text += head(*f) + ' ' + f->message + '\n';
      if (!f->affected.empty()) text += "  affects " + affected_text(*f) + '\n';
      if (options.show_flow && f->flow) text += "  shown by " + f->shows + '\n';
    }
    cases += ">\n";
    if (fails) {
      ++failed;
      cases += "      <failure type=\"" + std::string(rule.code) + "\" message=\"" +
               xml_text(findings.front()->message) + "\">" + xml_text(text) + "</failure>\n";
    } else {
      cases += "      <system-out>" + xml_text(text) + "</system-out>\n";
    }
    cases += "    </testcase>\n";
  };
  for (const LintRule& rule : lint_rules()) {
    const auto found = by_code.find(rule.code);
    add(rule, found == by_code.end() ? std::vector<const LintFinding*>() : found->second);
  }
  return fmt::format(
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"meshsim lint\" tests=\"{0}\" "
             "failures=\"{1}\" errors=\"0\">\n  <testsuite name=\"meshsim lint\" tests=\"{0}\" failures=\"{1}\" "
             "errors=\"0\" skipped=\"0\">\n",
             all, failed) +
         cases + "  </testsuite>\n</testsuites>\n";
}

}  // namespace meshsim::scenarios
