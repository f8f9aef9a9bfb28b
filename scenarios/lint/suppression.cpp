#include "scenarios/lint/suppression.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include <nlohmann/json.hpp>

namespace meshsim::scenarios {

using namespace models;

bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

namespace {

bool names_rule(std::string_view code, const LintRule& rule) {
  const auto all = find_lint_rules(code);
  return std::find(all.begin(), all.end(), &rule) != all.end();
}

// "MSH1001, IST0171" or "*".
bool listed(std::string_view list, const LintRule& rule) {
  for (std::size_t at = 0; at <= list.size();) {
    const auto comma = std::min(list.find(',', at), list.size());
    std::string_view one = list.substr(at, comma - at);
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (one == "*" || (!one.empty() && names_rule(one, rule))) return true;
    at = comma + 1;
  }
  return false;
}

}  // namespace

std::vector<std::string> suppress(std::vector<LintFinding>& findings, const Mesh& mesh, const LintOptions& options) {
  std::vector<std::string> unused;
  // Annotations, of those objects that have one.
  std::unordered_map<std::string, std::vector<std::string_view>> annotated;
  const auto note = [&](const std::string& object, const Labels& annotations) {
    for (const std::string_view key : {"meshsim/lint-suppress", "galley.istio.io/analyze-suppress"})
      if (const auto list = find(annotations, key)) annotated[object].push_back(*list);
  };
  for (const Object& object : mesh.objects) note(object.ref().text(), object.annotations);
  for (LintFinding& finding : findings) {
    const auto found = annotated.find(finding.object);
    if (found == annotated.end()) continue;
    for (const std::string_view list : found->second)
      if (listed(list, *finding.rule)) finding.suppressed = "annotation";
  }
  for (const std::string& entry : options.suppress) {
    const auto equals = entry.find('=');
    const std::string code = entry.substr(0, equals);
    const std::string object = equals == std::string::npos ? "*" : entry.substr(equals + 1);
    bool used = false;
    for (LintFinding& finding : findings)
      if (names_rule(code, *finding.rule) && glob_matches(object, finding.object)) {
        used = true;
        if (finding.suppressed.empty()) finding.suppressed = "--suppress";
      }
    if (!used) unused.push_back("--suppress " + entry + " matches no finding");
  }
  if (options.baseline.empty()) return unused;
  const auto document = nlohmann::json::parse(options.baseline, nullptr, false);
  std::map<std::string, int> known;  // equal findings are counted
  std::map<std::string, std::string> named;
  for (const auto& one : document["findings"]) {
    const std::string print = one.value("fingerprint", "");
    ++known[print];
    named[print] = one.value("code", "") + ' ' + one.value("object", "");
  }
  for (LintFinding& finding : findings) {
    if (!finding.suppressed.empty() && finding.suppressed != "--suppress") continue;
    const auto found = known.find(finding.fingerprint());
    if (found == known.end() || found->second == 0) continue;
    --found->second;
    if (finding.suppressed.empty()) finding.suppressed = "baseline";
  }
  for (const auto& [print, count] : known)
    if (count > 0) unused.push_back("the baseline lists a finding that is gone: " + named[print]);
  return unused;
}

std::string baseline_text(const std::vector<LintFinding>& findings) {
  std::string out = "{\"apiVersion\": \"meshsim/v1\", \"kind\": \"LintBaseline\", \"findings\": [";
  const char* comma = "\n";
  for (const LintFinding& finding : findings) {
    if (finding.suppressed == "annotation" || finding.suppressed == "--suppress") continue;
    const nlohmann::ordered_json one{{"code", finding.rule->code},
                                     {"object", finding.object},
                                     {"message", finding.message},
                                     {"fingerprint", finding.fingerprint()}};
    out += comma + one.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    comma = ",\n";
  }
  return out + "\n]}\n";
}

std::string baseline_problem(std::string_view text) {
  const auto document = nlohmann::json::parse(text, nullptr, false);
  if (document.is_discarded()) return "it is not JSON";
  if (!document.is_object() || document.value("kind", "") != "LintBaseline" || !document.contains("findings") ||
      !document["findings"].is_array())
    return "it is not a baseline that `meshsim lint --write-baseline` wrote";
  for (const auto& one : document["findings"])
    if (!one.is_object() || !one.contains("fingerprint") || !one["fingerprint"].is_string())
      return "an entry of `findings` has no fingerprint";
  return {};
}

}  // namespace meshsim::scenarios
