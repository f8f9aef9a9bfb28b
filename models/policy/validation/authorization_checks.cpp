// AuthorizationPolicy: PO-202..PO-206.
#include <algorithm>
#include <array>
#include <charconv>

#include "models/policy/attachment.h"
#include "models/policy/authorization/envoy_rule.h"
#include "models/policy/validation/findings.h"

namespace meshsim::models::policy {

namespace {

using namespace std::string_view_literals;

constexpr const char* kRule = "MSH0103";

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port <= 65535;
}

// The path template grammar (PO-036): operators are whole segments of it, the text between them is plain path.
const char* template_problem(std::string_view value) {
  constexpr std::string_view kMarks = "-._~%!$&'()+,;:@=/*";
  bool multi = false;
  for (std::size_t i = 0; i < value.size();) {
    if (value[i] == '{') {
      const bool double_star = value.substr(i, 4) == "{**}", star = value.substr(i, 3) == "{*}";
      if (!double_star && !star) return "has { or } outside of {*} and {**}";
      if (multi) return "has an operator after {**}, which must be the last";
      multi = double_star;
      i += double_star ? 4 : 3;
      continue;
    }
    const char c = value[i++];
    if (c == '}') return "has { or } outside of {*} and {**}";
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       (kMarks.find(c) != std::string_view::npos && c != '*');
    if (!plain) return "has a character that a path template cannot hold";
  }
  return nullptr;
}

class Checker {
 public:
  Checker(const MeshSettings& settings, PolicyFindings& out)
      : settings_(settings), out_(out), spec_(out.object().spec()), action_(spec_["action"].text()) {}

  void all() {
    check_action();
    const Node rules = spec_["rules"];
    if (rules.size() > 512) out_.refuse(rules, "MSH0106", "PO-205", "at most 512 rules are allowed");
    int index = 0;
    for (const Node rule : rules) check_rule(rule, index++);
  }

 private:
  bool custom() const { return action_ == "CUSTOM"; }

  void check_action() {
    constexpr const char* kCode = "MSH0104";
    if (!action_.empty() && action_ != "ALLOW" && action_ != "DENY" && action_ != "AUDIT" && !custom())
      out_.refuse(spec_["action"], kCode, "PO-203", "unknown action \"" + std::string(action_) + '"');
    if (custom()) {
      const std::string name = spec_["provider"]["name"].string();
      if (spec_["rules"].empty()) out_.refuse(spec_["action"], kCode, "PO-203", "CUSTOM without rules");
      if (name.empty()) {
        out_.refuse(spec_["action"], kCode, "PO-203", "CUSTOM without provider.name");
      } else {
        const bool known = std::any_of(
            settings_.extension_providers.begin(), settings_.extension_providers.end(), [&](const auto& one) {
              return one.name == name && (one.kind == "envoyExtAuthzHttp" || one.kind == "envoyExtAuthzGrpc");
            });
        if (!known)
          out_.warn(
              spec_["provider"], "MSH0110", "PO-162",
              settings_.extension_providers.empty()
                  ? "provider \"" + name +
                        "\" is unknown: no mesh configuration among the files has "
                        "extensionProviders; where the mesh has none either, whatever matches is denied"
                  : "provider \"" + name +
                        "\" is no ext_authz provider of meshConfig.extensionProviders: whatever matches is denied");
      }
    } else if (spec_["provider"].has_value()) {
      out_.refuse(spec_["provider"], kCode, "PO-203", "provider is for action CUSTOM only");
    }
    if (action_ == "DENY" && spec_["rules"].empty())
      out_.refuse(spec_["action"], kCode, "PO-203", "DENY without rules does nothing");
    if (const auto text = find(out_.object().annotations, "istio.io/dry-run")) {
      if (!go_bool(*text))
        out_.refuse({}, kCode, "PO-203", "istio.io/dry-run: \"" + std::string(*text) + "\" is no boolean");
      if (custom() || action_ == "AUDIT")
        out_.refuse({}, kCode, "PO-203", "istio.io/dry-run is for ALLOW and DENY only (PO-026)");
    }
  }

  void check_rule(Node rule, int index) {
    const std::string where = "rule " + std::to_string(index) + ": ";
    if (!rule.has_value()) {
      out_.refuse(rule, kRule, "PO-202", where + "is empty (null)");
      return;
    }
    for (const std::string_view field : {"from"sv, "to"sv}) {
      const Node list = rule[field];
      if (list.exists() && list.empty()) out_.refuse(list, kRule, "PO-202", where + std::string(field) + " is empty");
      if (list.size() > 512)
        out_.refuse(list, "MSH0106", "PO-205", where + "at most 512 entries are allowed in " + std::string(field));
    }
    bool tcp_source = false, tcp_operation = false;
    for (const Node from : rule["from"]) tcp_source |= check_source(from["source"], where);
    for (const Node to : rule["to"]) tcp_operation |= check_operation(to["operation"], where);
    for (const Node when : rule["when"]) check_condition(when, where);
    // PO-204
    if (action_ == "DENY" &&
        ((!rule["from"].empty() && rule["to"].empty() && !tcp_source) || (!rule["to"].empty() && !tcp_operation)))
      out_.warn(rule, "MSH0105", "PO-204",
                where + "a DENY with HTTP fields only denies all traffic to TCP ports; add ports to narrow it");
  }

  // Every value list of a source or operation; true if a TCP-capable field is among them.
  bool check_lists(Node node, const std::string& where, std::string_view what) {
    if (!node.is_mapping() || node.empty()) {
      out_.refuse(node, kRule, "PO-202", where + std::string(what) + " is empty");
      return false;
    }
    bool any = false;
    for (const Node list : node) {
      any |= !list.empty();
      for (const Node value : list)
        if (value.text().empty())
          out_.refuse(value, kRule, "PO-202", where + "an empty value in " + std::string(list.key()));
    }
    if (!any) out_.refuse(node, kRule, "PO-202", where + std::string(what) + " has no values");
    return any;
  }

  void forbidden_in_custom(Node node, std::string_view field, const std::string& where) {
    if (custom() && !node[field].empty())
      out_.refuse(node[field], "MSH0104", "PO-203",
                  where + std::string(field) +
                      " cannot be used with CUSTOM, which runs before identities are checked "
                      "(PO-164)");
  }

  void check_addresses(Node list, const std::string& where) {
    for (const Node value : list)
      if (!value.text().empty() && !Cidr::parse(value.text()))
        out_.refuse(value, kRule, "PO-202", where + '"' + std::string(value.text()) + "\" is no IP address or CIDR");
  }

  bool check_source(Node source, const std::string& where) {
    if (!check_lists(source, where, "source")) return false;
    for (const std::string_view field : {"ipBlocks"sv, "notIpBlocks"sv, "remoteIpBlocks"sv, "notRemoteIpBlocks"sv})
      check_addresses(source[field], where);
    for (const std::string_view field : {"principals"sv, "notPrincipals"sv, "namespaces"sv, "notNamespaces"sv,
                                         "serviceAccounts"sv, "notServiceAccounts"sv, "trustDomains"sv,
                                         "notTrustDomains"sv, "requestPrincipals"sv, "notRequestPrincipals"sv})
      forbidden_in_custom(source, field, where);
    check_service_accounts(source, where);
    for (const std::string_view field : {"trustDomains"sv, "notTrustDomains"sv})
      for (const Node value : source[field]) check_trust_domain(value, where);
    for (const std::string_view field : {"principals"sv, "notPrincipals"sv}) check_principals(source[field], where);
    static constexpr std::array kTcp = {"principals"sv,      "notPrincipals"sv,   "namespaces"sv,
                                        "notNamespaces"sv,   "serviceAccounts"sv, "notServiceAccounts"sv,
                                        "ipBlocks"sv,        "notIpBlocks"sv,     "trustDomains"sv,
                                        "notTrustDomains"sv, "remoteIpBlocks"sv,  "notRemoteIpBlocks"sv};
    return std::any_of(kTcp.begin(), kTcp.end(), [&](std::string_view field) { return !source[field].empty(); });
  }

  void check_service_accounts(Node source, const std::string& where) {
    for (const std::string_view field : {"serviceAccounts"sv, "notServiceAccounts"sv}) {
      const Node list = source[field];
      if (list.empty()) continue;
      if (list.size() > 16)
        out_.refuse(list, kRule, "PO-202", where + "at most 16 " + std::string(field) + " are allowed");
      for (const std::string_view other : {"principals"sv, "notPrincipals"sv, "namespaces"sv, "notNamespaces"sv})
        if (!source[other].empty())
          out_.refuse(list, kRule, "PO-202",
                      where + std::string(field) + " cannot be combined with " + std::string(other) + " in one source");
      for (const Node value : list) {
        const std::string_view text = value.text();
        if (text.find('*') != std::string_view::npos)
          out_.refuse(value, kRule, "PO-202", where + "serviceAccounts do not support wildcards");
        if (std::count(text.begin(), text.end(), '/') > 1)
          out_.refuse(value, kRule, "PO-202", where + "serviceAccounts are written name or namespace/name");
      }
    }
  }

  void check_trust_domain(Node value, const std::string& where) {
    const std::string_view text = value.text();
    if (text.find('/') != std::string_view::npos)
      out_.refuse(value, kRule, "PO-202", where + "a trust domain has no slash");
    const auto star = text.find('*');
    if (star != std::string_view::npos && text != "*" &&
        (std::count(text.begin(), text.end(), '*') > 1 || (star != 0 && star + 1 != text.size())))
      out_.refuse(value, kRule, "PO-202", where + "a star is allowed only at the start or end of a trust domain");
  }

  // PO-206: accepted, but cannot do what it says.
  void check_principals(Node list, const std::string& where) {
    for (const Node value : list) {
      const std::string_view text = value.text();
      if (text.starts_with("spiffe://"))
        out_.warn(value, "MSH0107", "PO-206",
                  where + "principals are written without spiffe://, this one never matches (PO-039)");
      middle_star(value, where);
    }
  }

  void middle_star(Node value, const std::string& where) {
    const std::string_view text = value.text();
    if (text.size() > 2 && text.substr(1, text.size() - 2).find('*') != std::string_view::npos &&
        !is_path_template(text))
      out_.warn(value, "MSH0107", "PO-206",
                where + "the star inside \"" + std::string(text) + "\" is compared literally (PO-032)");
  }

  bool check_operation(Node operation, const std::string& where) {
    if (!check_lists(operation, where, "operation")) return false;
    for (const std::string_view field : {"ports"sv, "notPorts"sv})
      for (const Node value : operation[field])
        if (!value.text().empty() && !is_port(value.text()))
          out_.refuse(value, kRule, "PO-202",
                      where + '"' + std::string(value.text()) + "\" is no port from 0 to 65535");
    for (const std::string_view field : {"paths"sv, "notPaths"sv})
      for (const Node value : operation[field]) {
        const std::string_view text = value.text();
        if (text.find('{') != std::string_view::npos || text.find('}') != std::string_view::npos) {
          if (const char* problem = template_problem(text))
            out_.refuse(value, kRule, "PO-202", where + "path template \"" + std::string(text) + "\" " + problem);
        } else {
          middle_star(value, where);
        }
      }
    for (const std::string_view field : {"hosts"sv, "notHosts"sv})
      for (const Node value : operation[field]) middle_star(value, where);
    for (const std::string_view field : {"methods"sv, "notMethods"sv})
      for (const Node value : operation[field]) {
        const std::string_view text = value.text();
        if (std::any_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; }))
          out_.warn(value, "MSH0107", "PO-206",
                    where + "methods are compared with case: \"" + std::string(text) + "\" never matches (PO-035)");
      }
    return !operation["ports"].empty() || !operation["notPorts"].empty();
  }

  void check_condition(Node when, const std::string& where) {
    const std::string key = when["key"].string();
    if (key.empty()) {
      out_.refuse(when, kRule, "PO-202", where + "when without key");
      return;
    }
    if (when["values"].empty() && when["notValues"].empty())
      out_.refuse(when, kRule, "PO-202", where + "when " + key + " has neither values nor notValues");
    for (const std::string_view list : {"values"sv, "notValues"sv})
      for (const Node value : when[list])
        if (value.text().empty()) out_.refuse(value, kRule, "PO-202", where + "an empty value for " + key);
    const bool ip = key == "source.ip" || key == "remote.ip" || key == "destination.ip";
    for (const std::string_view list : {"values"sv, "notValues"sv}) {
      if (ip) check_addresses(when[list], where);
      for (const Node value : when[list])
        if (key == "destination.port" && !value.text().empty() && !is_port(value.text()))
          out_.refuse(value, kRule, "PO-202",
                      where + '"' + std::string(value.text()) + "\" is no port from 0 to 65535");
    }
    const bool identity = key == "source.principal" || key == "source.namespace" || key == "source.serviceAccount" ||
                          (key == "source.trustDomain" && settings_.profile.source_trust_domains);
    const bool token = key.starts_with("request.auth.");
    if (custom() && (identity || token))
      out_.refuse(when, "MSH0104", "PO-203", where + "when " + key + " cannot be used with CUSTOM (PO-164)");
    if (ip || identity || key == "destination.port" || key == "connection.sni" || key == "request.auth.principal" ||
        key == "request.auth.audiences" || key == "request.auth.presenter")
      return;
    if (key.starts_with("request.auth.claims")) {
      if (claim_path(std::string_view(key).substr(19)).empty())
        out_.refuse(when, kRule, "PO-202", where + key + " needs a claim in brackets");
    } else if (key.starts_with("request.headers")) {
      if (!bracketed_key(key, "request.headers"))
        out_.refuse(when, kRule, "PO-202", where + key + " needs a header in brackets");
    } else if (key.starts_with("experimental.envoy.filters.")) {
      if (key.find('[') == std::string::npos || !key.ends_with(']'))
        out_.refuse(when, kRule, "PO-202", where + key + " needs a metadata key in brackets");
    } else {
      out_.refuse(when, kRule, "PO-202", where + "unknown key " + key);
    }
  }

  const MeshSettings& settings_;
  PolicyFindings& out_;
  Node spec_;
  std::string_view action_;
};

}  // namespace

void check_authorization_policy(const MeshSettings& settings, PolicyFindings& out) { Checker(settings, out).all(); }

}  // namespace meshsim::models::policy
