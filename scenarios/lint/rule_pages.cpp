// The documentation of rules, from their table: --explain and docs/lint.
#include <fmt/format.h>

#include "scenarios/lint/lint_rule.h"
#include "scenarios/report/style.h"

namespace meshsim::scenarios {

namespace {

std::string commas(std::string_view words) {
  std::string out;
  for (const char c : words) out += c == ' ' ? std::string(", ") : std::string(1, c);
  return out;
}

const char* found_by(const LintRule& rule) {
  return rule.check == nullptr ? "Found while the files are read, resolved and compiled; every command reports it."
                               : "Found by `meshsim lint`.";
}

}  // namespace

std::string rule_text(const LintRule& rule) {
  std::string out = fmt::format("{}  {}\n", rule.code, rule.title);
  out += fmt::format("  severity  {}\n", models::to_string(rule.severity));
  if (!rule.aliases.empty()) out += fmt::format("  also      {}\n", commas(rule.aliases));
  if (!rule.rules.empty()) out += fmt::format("  rules     {}\n", commas(rule.rules));
  out += "Why\n" + wrapped(rule.why, 100, 2) + "What to do\n" + wrapped(rule.todo, 100, 2);
  return out;
}

std::string rule_page(const LintRule& rule) {
  std::string out = fmt::format("# {}: {}\n\n", rule.code, rule.title);
  out += fmt::format("Severity: {}. {}\n\n", models::to_string(rule.severity), found_by(rule));
  out += fmt::format("## Why\n\n{}\n\n## What to do\n\n{}\n\n", rule.why, rule.todo);
  if (!rule.aliases.empty()) out += fmt::format("Other names: {}.\n\n", commas(rule.aliases));
  if (!rule.rules.empty()) out += fmt::format("Rests on: {}.\n\n", commas(rule.rules));
  out += fmt::format(
      "To accept one: `--suppress '{0}=Kind namespace/name'`, the annotation `meshsim/lint-suppress: {0}` on the "
      "object, "
      "or a baseline file.\n",
      rule.code);
  return out;
}

std::string rule_index() {
  std::string out =
      "# Findings of meshsim lint\n\n"
      "Written by `meshsim lint --explain all -o md --out docs/lint` from the table of rules; do not edit by hand.\n\n"
      "| Code | Severity | Finding | Other names |\n|---|---|---|---|\n";
  for (const LintRule& rule : lint_rules())
    out += fmt::format("| [{0}]({0}.md) | {1} | {2} | {3} |\n", rule.code, models::to_string(rule.severity), rule.title,
                       commas(rule.aliases));
  return out;
}

}  // namespace meshsim::scenarios
