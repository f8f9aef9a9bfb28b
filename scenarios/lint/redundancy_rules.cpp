// Rules that change nothing: shadowed by a DENY, covered by another rule, or made pointless by an allow-all.
#include <algorithm>
#include <array>
#include <map>

#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/lint_rule.h"

namespace meshsim::scenarios {

using namespace models;
using policy::Action;

namespace {

// Does pattern `wide` match whatever `narrow` matches (PO-032)?
bool covers(std::string_view wide, std::string_view narrow) {
  if (wide == narrow || wide == "*") return true;
  if (narrow == "*" || policy::is_path_template(wide) || policy::is_path_template(narrow)) return false;
  if (wide.starts_with('*')) {  // suffix; a narrow prefix pattern may end otherwise
    const auto tail = wide.substr(1);
    return !narrow.ends_with('*') && (narrow.starts_with('*') ? narrow.substr(1) : narrow).ends_with(tail);
  }
  if (wide.ends_with('*')) {
    const auto head = wide.substr(0, wide.size() - 1);
    return !narrow.starts_with('*') &&
           (narrow.ends_with('*') ? narrow.substr(0, narrow.size() - 1) : narrow).starts_with(head);
  }
  return false;
}

bool covers_address(std::string_view wide, std::string_view narrow) {
  const auto a = Cidr::parse(wide), b = Cidr::parse(narrow);
  return a && b && a->prefix <= b->prefix && a->contains(b->base);
}

enum class Compare : std::uint8_t { Text, Address, Exact };

// Whatever satisfies `narrow` satisfies `wide`.
bool implies(const policy::ValuePair& narrow, const policy::ValuePair& wide, Compare compare) {
  const auto one = [&](const std::string& w, const std::string& n) {
    return compare == Compare::Text ? covers(w, n) : compare == Compare::Address ? covers_address(w, n) : w == n;
  };
  if (!wide.any.empty()) {
    if (narrow.any.empty()) return false;
    for (const std::string& n : narrow.any)
      if (std::none_of(wide.any.begin(), wide.any.end(), [&](const std::string& w) { return one(w, n); })) return false;
  }
  // What `wide` excludes must be excluded by `narrow` as well.
  for (const std::string& w : wide.none)
    if (std::none_of(narrow.none.begin(), narrow.none.end(), [&](const std::string& n) { return one(n, w); }))
      return false;
  return true;
}

bool implies(const policy::SourceSpec& n, const policy::SourceSpec& w) {
  return implies(n.principals, w.principals, Compare::Text) &&
         implies(n.request_principals, w.request_principals, Compare::Text) &&
         implies(n.namespaces, w.namespaces, Compare::Text) &&
         implies(n.service_accounts, w.service_accounts, Compare::Exact) &&
         implies(n.trust_domains, w.trust_domains, Compare::Text) &&
         implies(n.ip_blocks, w.ip_blocks, Compare::Address) &&
         implies(n.remote_ip_blocks, w.remote_ip_blocks, Compare::Address);
}

bool implies(const policy::OperationSpec& n, const policy::OperationSpec& w) {
  return implies(n.hosts, w.hosts, Compare::Text) && implies(n.ports, w.ports, Compare::Exact) &&
         implies(n.methods, w.methods, Compare::Text) && implies(n.paths, w.paths, Compare::Text);
}

template <class T>
bool implies_any(const std::vector<T>& narrow, const std::vector<T>& wide) {
  if (wide.empty()) return true;
  if (narrow.empty()) return false;
  return std::all_of(narrow.begin(), narrow.end(), [&](const T& n) {
    return std::any_of(wide.begin(), wide.end(), [&](const T& w) { return implies(n, w); });
  });
}

bool implies(const policy::RuleSpec& n, const policy::RuleSpec& w) {
  if (!implies_any(n.from, w.from) || !implies_any(n.to, w.to)) return false;
  return std::all_of(w.when.begin(), w.when.end(), [&](const policy::ConditionSpec& wide) {
    const bool address = wide.key == "source.ip" || wide.key == "remote.ip" || wide.key == "destination.ip";
    return std::any_of(n.when.begin(), n.when.end(), [&](const policy::ConditionSpec& narrow) {
      return narrow.key == wide.key && implies(narrow.values, wide.values, address ? Compare::Address : Compare::Text);
    });
  });
}

bool uses_http(const policy::RuleSpec& rule) {
  for (const auto& from : rule.from)
    if (!from.request_principals.empty() || !from.remote_ip_blocks.empty()) return true;
  for (const auto& to : rule.to)
    if (!to.hosts.empty() || !to.methods.empty() || !to.paths.empty()) return true;
  return !rule.when.empty();
}

// `wide` is in force wherever `narrow` is.
bool attaches_at_least(const PolicyView& wide, const PolicyView& narrow) {
  if (wide.spec.ns != narrow.spec.ns) return false;
  const auto& a = wide.spec.attachment;
  const auto& b = narrow.spec.attachment;
  if (a.refs.empty() != b.refs.empty()) return false;
  if (!a.refs.empty())
    return std::all_of(b.refs.begin(), b.refs.end(), [&](const auto& ref) {
      return std::any_of(a.refs.begin(), a.refs.end(),
                         [&](const auto& other) { return ref.text() == other.text() && ref.group == other.group; });
    });
  if (a.empty_selector() || b.empty_selector()) return a.selector == b.selector;  // PO-019: another meaning per mode
  return !a.selector || (b.selector && matches(*a.selector, *b.selector));
}

struct RuleAt {
  const PolicyView* policy;
  std::size_t index;
  const policy::RuleSpec& spec() const { return policy->spec.rules[index]; }
  std::string text() const { return "rule " + std::to_string(index) + " of " + policy->text; }
  Node node() const { return policy->object->spec()["rules"].at(index); }
};

// Enforced ALLOW and DENY rules by namespace.
std::map<std::string, std::vector<RuleAt>> enforced(const LintContext& c, Action action) {
  std::map<std::string, std::vector<RuleAt>> out;
  for (const PolicyView& p : c.policies())
    if (p.spec.action == action && !p.spec.dry_run && p.spec.known_action)
      for (std::size_t i = 0; i < p.spec.rules.size(); ++i) out[p.spec.ns].push_back({&p, i});
  return out;
}

// Where ztunnel enforces, an HTTP rule is not what it says; such rules are compared only with rules that lose nothing.
bool comparable(const LintContext& c, const RuleAt& narrow, const RuleAt& wide) {
  const bool ambient = std::any_of(narrow.policy->selected.begin(), narrow.policy->selected.end(),
                                   [&](std::size_t w) { return c.is_ambient(w); });
  return !ambient || (!uses_http(narrow.spec()) && !uses_http(wide.spec()));
}

constexpr std::size_t kMostRules = 2000;  // of one namespace; beyond it, pairs are not compared

void shadowed(const LintContext& c, RuleFindings& out) {
  const auto allows = enforced(c, Action::Allow), denies = enforced(c, Action::Deny);
  for (const auto& [ns, some] : allows) {
    const auto found = denies.find(ns);
    if (found == denies.end() || some.size() > kMostRules || found->second.size() > kMostRules) continue;
    for (const RuleAt& allow : some)
      for (const RuleAt& deny : found->second) {
        if (!attaches_at_least(*deny.policy, *allow.policy) || !comparable(c, allow, deny) ||
            !implies(allow.spec(), deny.spec()))
          continue;
        out.add(*allow.policy->object, allow.node(),
                "everything that rule " + std::to_string(allow.index) + " allows is denied by " + deny.text() +
                    ", and DENY wins");
        break;
      }
  }
}

void redundant(const LintContext& c, RuleFindings& out) {
  for (const Action action : {Action::Allow, Action::Deny})
    for (const auto& [ns, rules] : enforced(c, action)) {
      if (rules.size() > kMostRules) continue;
      for (std::size_t i = 0; i < rules.size(); ++i)
        for (std::size_t j = 0; j < rules.size(); ++j) {
          if (i == j || !attaches_at_least(*rules[j].policy, *rules[i].policy) || !comparable(c, rules[i], rules[j]) ||
              !implies(rules[i].spec(), rules[j].spec()))
            continue;
          // Of two that say the same, the later one is redundant.
          const bool same =
              attaches_at_least(*rules[i].policy, *rules[j].policy) && implies(rules[j].spec(), rules[i].spec());
          if (same && i < j) continue;
          out.add(*rules[i].policy->object, rules[i].node(),
                  "rule " + std::to_string(rules[i].index) + (same ? " says the same as " : " is covered by ") +
                      rules[j].text());
          break;
        }
    }
}

constexpr std::array kRules = {
    LintRule{"MSH1040", Severity::Warning, "an ALLOW rule that a DENY cancels",
             "DENY is evaluated first (PO-022). What this rule allows never gets to it.",
             "Remove the rule, or narrow the DENY.", "", "PO-022", shadowed},
    LintRule{"MSH1041", Severity::Info, "a rule that another one covers",
             "Rules of one action are alternatives (PO-022, PO-031): what this one matches, the other matches already.",
             "Remove it.", "", "PO-022 PO-031", redundant},
};

}  // namespace

std::span<const LintRule> redundancy_rules() { return kRules; }

}  // namespace meshsim::scenarios
