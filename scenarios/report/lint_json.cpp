// Lint as JSON documents: our own, and SARIF 2.1.0 for code scanning services.
#include <map>

#include "scenarios/report/json_value.h"
#include "scenarios/report/lint_report.h"

namespace meshsim::scenarios {

using namespace models;
using Json = nlohmann::ordered_json;

namespace {

Json words(std::string_view list) {
  Json out = Json::array();
  while (!list.empty()) {
    const auto space = std::min(list.find(' '), list.size());
    out.push_back(std::string(list.substr(0, space)));
    list.remove_prefix(std::min(space + 1, list.size()));
  }
  return out;
}

std::string dumped(const Json& value) { return value.dump(2, ' ', false, Json::error_handler_t::replace) + '\n'; }

const char* level(Severity severity) {
  return severity == Severity::Error ? "error" : severity == Severity::Warning ? "warning" : "note";
}

// A path as the URI reference that SARIF wants: relative, percent-encoded.
std::string uri(const std::string& file) {
  static const char* kHex = "0123456789ABCDEF";
  std::string out;
  for (const unsigned char c : file) {
    if (std::isalnum(c) || c == '/' || c == '.' || c == '-' || c == '_' || c == '~') {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += kHex[c >> 4];
      out += kHex[c & 15];
    }
  }
  return out;
}

Json sarif_result(const LintFinding& f, const LintReportOptions& options, std::size_t rule_index) {
  std::string text = (f.object.empty() ? "" : f.object + ": ") + f.message;
  std::string affected;
  for (const std::string& one : f.affected) affected += (affected.empty() ? "" : ", ") + one;
  if (f.more_affected > 0) affected += " and " + std::to_string(f.more_affected) + " more";
  if (!affected.empty()) text += "\nAffects " + affected + '.';
  if (options.show_flow && f.flow) text += "\nShown by " + f.shows + '.';
  Json location = Json::object();
  if (!f.at.file.empty() && f.at.file != "-") {
    Json physical{{"artifactLocation", {{"uri", uri(f.at.file)}}}};
    if (f.at.position.line > 0) {
      physical["region"] = {{"startLine", f.at.position.line}};
      if (f.at.position.column > 0) physical["region"]["startColumn"] = f.at.position.column;
    }
    location["physicalLocation"] = std::move(physical);
  }
  if (!f.object.empty())
    location["logicalLocations"] = Json::array({{{"fullyQualifiedName", f.object}, {"kind", "resource"}}});
  Json out{{"ruleId", f.rule->code}};
  out["ruleIndex"] = rule_index;
  out["level"] = level(f.severity);
  out["message"] = {{"text", text}};
  out["locations"] = location.empty() ? Json::array() : Json::array({std::move(location)});
  out["partialFingerprints"] = {{"meshsim/v1", f.fingerprint()}};
  if (!f.suppressed.empty()) {
    const bool in_source = f.suppressed == "annotation";
    out["suppressions"] =
        Json::array({{{"kind", in_source ? "inSource" : "external"}, {"justification", f.suppressed}}});
  }
  if (f.flow) out["properties"] = {{"flow", flow_value(*f.flow)}, {"shows", f.shows}};
  return out;
}

}  // namespace

std::string lint_json(const LintResult& result, const LintReportOptions& options) {
  Json findings = Json::array();
  for (const LintFinding& f : result.findings) {
    if (f.severity < options.lowest) continue;
    Json one{{"severity", to_string(f.severity)},
             {"code", f.rule->code},
             {"aliases", words(f.rule->aliases)},
             {"rules", words(f.rule->rules)},
             {"object", f.object},
             {"file", f.at.file},
             {"line", f.at.position.line},
             {"column", f.at.position.column},
             {"message", f.message},
             {"affected", f.affected}};
    one["moreAffected"] = f.more_affected;
    one["flow"] = f.flow ? flow_value(*f.flow) : Json(nullptr);
    one["shows"] = f.flow ? Json(f.shows) : Json(nullptr);
    one["suppressed"] = f.suppressed.empty() ? Json(nullptr) : Json(f.suppressed);
    one["fingerprint"] = f.fingerprint();
    findings.push_back(std::move(one));
  }
  Json out{{"apiVersion", "meshsim/v1"}, {"kind", "Lint"}};
  out["objects"] = result.objects;
  out["rules"] = result.rules;
  out["summary"] = {{"errors", result.count(Severity::Error)},
                    {"warnings", result.count(Severity::Warning)},
                    {"notes", result.count(Severity::Info)},
                    {"suppressed", result.suppressed()}};
  out["findings"] = std::move(findings);
  return dumped(out);
}

std::string lint_sarif(const LintResult& result, const LintReportOptions& options) {
  // Rules that have a result, in the order of their codes.
  std::map<std::string_view, std::size_t> index;
  for (const LintFinding& f : result.findings)
    if (f.severity >= options.lowest) index.emplace(f.rule->code, 0);
  Json rules = Json::array();
  for (auto& [code, at] : index) {
    at = rules.size();
    const LintRule* rule = find_lint_rule(code);
    if (rule == nullptr) {
      rules.push_back({{"id", code}});
      continue;
    }
    const std::string why(rule->why), todo(rule->todo);
    Json one{{"id", code}, {"shortDescription", {{"text", rule->title}}}};
    one["fullDescription"] = {{"text", why}};
    one["help"] = {{"text", why + "\n\n" + todo}, {"markdown", "**Why.** " + why + "\n\n**What to do.** " + todo}};
    one["defaultConfiguration"] = {{"level", level(rule->severity)}};
    one["properties"] = {{"tags", words(std::string(rule->aliases))}};
    rules.push_back(std::move(one));
  }
  Json results = Json::array();
  for (const LintFinding& f : result.findings)
    if (f.severity >= options.lowest) results.push_back(sarif_result(f, options, index[f.rule->code]));
  Json run = Json::object();
  run["tool"]["driver"] = {{"name", "meshsim"}, {"version", MESHSIM_VERSION}, {"rules", std::move(rules)}};
  run["columnKind"] = "utf16CodeUnits";
  run["results"] = std::move(results);
  Json out{{"$schema", "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"},
           {"version", "2.1.0"}};
  out["runs"] = Json::array({std::move(run)});
  return dumped(out);
}

}  // namespace meshsim::scenarios
