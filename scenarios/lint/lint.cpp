#include "scenarios/lint/lint.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/suppression.h"

namespace meshsim::scenarios {

using namespace models;

namespace {

// What reading, resolving and compiling found. A code that the table does not know would be a mistake of ours; it is
// shown all the same.
void take_diagnostics(const Diagnostics& diagnostics, std::vector<LintFinding>& out) {
  static const LintRule kUnknown{"MSH0000", Severity::Warning, "a finding without a page", "", "", "", "", nullptr};
  for (const Diagnostic& d : diagnostics) {
    LintFinding& finding = out.emplace_back();
    finding.rule = find_lint_rule(d.code);
    finding.message = d.message;
    if (finding.rule == nullptr) {
      finding.rule = &kUnknown;
      finding.message = d.code + ": " + d.message;
    }
    finding.severity = d.severity;
    finding.object = d.object;
    finding.at = {d.file, d.position};
  }
}

// The same cause is said once: where the first code stands, the second adds nothing about the same object.
constexpr std::pair<std::string_view, std::string_view> kSaid[] = {
    {"MSH0102", "MSH1112"},                          // a reference that is refused does not exist either
    {"MSH0214", "MSH1207"},                          // no webhook, so no sidecar
    {"MSH1007", "MSH0301"},                          // what a plugin or filter does not do for ambient pods
    {"MSH1008", "MSH0301"}, {"MSH1014", "MSH0105"},  // the webhook's warning, and a port that it falls on
    {"MSH1301", "MSH1204"},                          // a legacy sidecar, under STRICT
};

void drop_said(std::vector<LintFinding>& findings) {
  std::set<std::pair<std::string_view, std::string_view>> said;  // code, object
  for (const LintFinding& f : findings) said.emplace(f.rule->code, f.object);
  std::erase_if(findings, [&](const LintFinding& f) {
    return std::any_of(std::begin(kSaid), std::end(kSaid), [&](const auto& pair) {
      return pair.second == f.rule->code && said.contains({pair.first, f.object});
    });
  });
}

}  // namespace

std::string LintFinding::fingerprint() const {
  std::uint64_t hash = 14695981039346656037ull;  // FNV-1a
  const std::string text = std::string(rule->code) + '\n' + object + '\n' + message;
  for (const unsigned char c : text) hash = (hash ^ c) * 1099511628211ull;
  return fmt::format("{:016x}", hash);
}

std::size_t LintResult::count(Severity severity) const {
  return static_cast<std::size_t>(std::count_if(findings.begin(), findings.end(), [&](const LintFinding& f) {
    return f.severity == severity && f.suppressed.empty();
  }));
}

std::size_t LintResult::suppressed() const {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(), [](const LintFinding& f) { return !f.suppressed.empty(); }));
}

LintResult lint(const Loaded& loaded, const LintOptions& options) {
  LintResult out;
  out.objects = loaded.world.mesh->objects.size();
  std::vector<const LintRule*> wanted;
  for (const std::string& code : options.only)
    for (const LintRule* rule : find_lint_rules(code)) wanted.push_back(rule);
  const auto is_wanted = [&](const LintRule& rule) {
    return options.only.empty() || std::find(wanted.begin(), wanted.end(), &rule) != wanted.end();
  };
  take_diagnostics(loaded.diagnostics, out.findings);
  out.findings.erase(std::remove_if(out.findings.begin(), out.findings.end(),
                                    [&](const LintFinding& f) { return !is_wanted(*f.rule); }),
                     out.findings.end());
  const LintContext context(loaded.world);
  for (const LintRule& rule : lint_rules()) {
    if (!is_wanted(rule)) continue;
    ++out.rules;
    if (rule.check == nullptr) continue;
    RuleFindings findings(rule, out.findings);
    rule.check(context, findings);
  }
  drop_said(out.findings);
  std::stable_sort(out.findings.begin(), out.findings.end(), [](const LintFinding& a, const LintFinding& b) {
    const auto key = [](const LintFinding& f) {
      return std::tuple<const std::string&, std::uint32_t, std::uint32_t, std::string_view, const std::string&,
                        const std::string&>(f.at.file, f.at.position.line, f.at.position.column, f.rule->code, f.object,
                                            f.message);
    };
    return key(a) < key(b);
  });
  out.problems = suppress(out.findings, *loaded.world.mesh, options);
  return out;
}

}  // namespace meshsim::scenarios
