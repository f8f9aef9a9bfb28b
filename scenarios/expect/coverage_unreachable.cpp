// What no request can touch. Only what is certain: everything else stays on the list of what tests leave out.
#include <algorithm>

#include "scenarios/expect/coverage.h"
#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/lint_rule.h"

namespace meshsim::scenarios {

using namespace models;

namespace {

// PO-039: proxies put spiffe:// before the value; PO-032: a star inside is compared literally, and no identity has one.
bool never_matches(const std::string& principal) {
  return principal.starts_with("spiffe://") || (principal.size() > 2 && principal.find('*', 1) < principal.size() - 1);
}

// Every source of the rule asks for a principal that nobody can have.
bool never_matches(const policy::RuleSpec& rule) {
  return !rule.from.empty() && std::all_of(rule.from.begin(), rule.from.end(), [](const policy::SourceSpec& source) {
    const auto& principals = source.principals.any;
    return !principals.empty() && std::all_of(principals.begin(), principals.end(),
                                              [](const std::string& value) { return never_matches(value); });
  });
}

}  // namespace

void mark_unreachable(const Loaded& loaded, const std::vector<CoverageItem*>& uncovered) {
  const LintContext c(loaded.world);
  std::vector<LintFinding> shadowed;
  const LintRule& rule = *find_lint_rule("MSH1606");
  RuleFindings findings(rule, shadowed);
  rule.check(c, findings);
  for (CoverageItem* item : uncovered) {
    if (item->kind == CoverageKind::Rule) {
      for (const PolicyView& p : c.policies())
        if (p.text == item->object && static_cast<std::size_t>(item->index) < p.spec.rules.size() &&
            never_matches(p.spec.rules[static_cast<std::size_t>(item->index)]))
          item->unreachable = "no client can have such a principal (PO-039, MSH0107)";
    } else if (item->kind == CoverageKind::Route) {
      for (const LintFinding& finding : shadowed)
        if (finding.object == item->object && finding.at.text() == item->at.text())
          item->unreachable = finding.message + " (DP-250, MSH1606)";
    } else if (item->kind == CoverageKind::Waypoint) {
      for (const Gateway& gateway : c.mesh.gateways)
        if (gateway.ns + '/' + gateway.name == item->object && !gateway.ready())
          item->unreachable = "it is not ready, so nobody is told of it (PO-145, MSH0208)";
    }
  }
}

}  // namespace meshsim::scenarios
