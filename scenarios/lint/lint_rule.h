#pragma once
// LintRule: one finding that meshsim knows: its stable code, what it means and what to do, and the function that looks
// for it. The table of all rules (catalogue.cpp) is the only source of `--explain CODE` and of docs/lint/*.md. Rules
// without a function are found while files are read, resolved and compiled (codes MSH0xxx).
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/dataplane/world.h"

namespace meshsim::scenarios {

class LintContext;
class RuleFindings;

struct LintRule {
  std::string_view code;  // "MSH1001": never reused, never changes its meaning
  models::Severity severity = models::Severity::Warning;
  std::string_view title;    // one line
  std::string_view why;      // what happens, and why
  std::string_view todo;     // what to do
  std::string_view aliases;  // codes of other tools and of our reference: "IST0171 KIA0109 LN-02 PF-04"
  std::string_view rules;    // rule ids it rests on: "PO-058 PO-062"
  void (*check)(const LintContext& context, RuleFindings& out) = nullptr;
};

// Every rule, by code.
std::span<const LintRule> lint_rules();
// By code or alias in any case ("msh1001", "IST0171"): the rules meant, in the order of the table.
std::vector<const LintRule*> find_lint_rules(std::string_view code_or_alias);
const LintRule* find_lint_rule(std::string_view code);

// The documentation of one rule: for a terminal, and as docs/lint/<code>.md.
std::string rule_text(const LintRule& rule);
std::string rule_page(const LintRule& rule);
std::string rule_index();  // docs/lint/README.md

// The tables of the subjects, one a file.
std::span<const LintRule> annotation_rules();
std::span<const LintRule> binding_rules();
std::span<const LintRule> client_rules();
std::span<const LintRule> enrolment_rules();
std::span<const LintRule> identity_rules();
std::span<const LintRule> mtls_rules();
std::span<const LintRule> network_rules();
std::span<const LintRule> object_rules();
std::span<const LintRule> policy_scope_rules();
std::span<const LintRule> port_rules();
std::span<const LintRule> redundancy_rules();
std::span<const LintRule> request_rules();
std::span<const LintRule> route_rules();
std::span<const LintRule> telemetry_rules();
std::span<const LintRule> ztunnel_rules();

struct LintFinding {
  const LintRule* rule = nullptr;
  models::Severity severity = models::Severity::Warning;
  std::string object;  // "AuthorizationPolicy bookinfo/viewer", empty if the finding is about a file
  models::Source at;
  std::string message;
  std::vector<std::string> affected;  // workloads, clients, Services
  std::size_t more_affected = 0;      // not listed
  std::optional<models::Flow> flow;   // a flow that shows it
  std::string shows;                  // what that flow does, in a line
  std::string suppressed;             // "annotation", "--suppress", "baseline"; empty: it counts

  LintFinding& affects(std::string one) {
    if (affected.size() < 20) {
      affected.push_back(std::move(one));
    } else {
      ++more_affected;
    }
    return *this;
  }
  // A flow that shows it, and what that flow does.
  LintFinding& shown_by(const models::Flow& one, std::string what) {
    flow = one;
    shows = std::move(what);
    return *this;
  }
  // Stays the same when lines move: code, object and message.
  std::string fingerprint() const;
};

// Where a rule puts its findings.
class RuleFindings {
 public:
  RuleFindings(const LintRule& rule, std::vector<LintFinding>& out) : rule_(rule), out_(out) {}
  LintFinding& add(const models::ObjectRef& ref, models::Source at, std::string message) {
    LintFinding& one = out_.emplace_back();
    one.rule = &rule_;
    one.severity = rule_.severity;
    one.object = ref.text();
    one.at = std::move(at);
    one.message = std::move(message);
    return one;
  }
  LintFinding& add(const models::ObjectRef& ref, std::string message) {
    return add(ref, ref.source, std::move(message));
  }
  LintFinding& add(const models::Object& object, models::Node at, std::string message) {
    return add(object.ref(), at.exists() ? object.source(at) : object.source(), std::move(message));
  }
  LintFinding& add(const models::Object& object, std::string message) {
    return add(object, models::Node(), std::move(message));
  }

 private:
  const LintRule& rule_;
  std::vector<LintFinding>& out_;
};

}  // namespace meshsim::scenarios
