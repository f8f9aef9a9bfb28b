// PeerAuthentication and RequestAuthentication (policies.md 7.1, "Others").
#include <algorithm>
#include <charconv>
#include <set>

#include "models/policy/request_authentication/raw_token.h"
#include "models/policy/validation/findings.h"

namespace meshsim::models::policy {

namespace {

bool header_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

void check_mode(Node mtls, const char* code, PolicyFindings& out) {
  const std::string_view mode = mtls["mode"].text();
  if (!mode.empty() && mode != "UNSET" && mode != "DISABLE" && mode != "PERMISSIVE" && mode != "STRICT")
    out.refuse(mtls["mode"], code, "PO-082", "mtls.mode \"" + std::string(mode) + "\" is unknown");
}

void check_jwt_rule(Node rule, PolicyFindings& out) {
  constexpr const char* kCode = "MSH0109";
  const Node issuer = rule["issuer"];
  const bool uri = !rule["jwksUri"].string_or().empty() || !rule["jwks_uri"].string_or().empty();
  if (issuer.string_or().empty() && !uri) out.refuse(rule, kCode, "PO-110", "a JWT rule needs issuer or jwksUri");
  if (const auto text = rule["jwks"].string_or(); !text.empty()) {
    if (uri) out.refuse(rule["jwks"], kCode, "PO-110", "only one of jwks and jwksUri may be set");
    if (!KeySet::parse(text)) out.refuse(rule["jwks"], kCode, "PO-110", "jwks holds no usable key");
    if (text.find("\"d\"") != std::string_view::npos)
      out.warn(rule["jwks"], kCode, "PO-110", "jwks seems to hold a private key");
  }
  for (const Node audience : rule["audiences"])
    if (audience.text().empty()) out.refuse(audience, kCode, "PO-104", "an empty audience");
  for (const Node header : rule["fromHeaders"])
    if (header["name"].text().empty()) out.refuse(header, kCode, "PO-105", "fromHeaders without a name");
  for (const Node param : rule["fromParams"])
    if (param.text().empty()) out.refuse(param, kCode, "PO-105", "an empty name in fromParams");
  std::set<std::string_view> seen;
  for (const Node pair : rule["outputClaimToHeaders"]) {
    const std::string_view name = pair["header"].text();
    if (!header_name(name) || pair["claim"].text().empty())
      out.refuse(pair, kCode, "PO-106", "outputClaimToHeaders needs a header name and a claim");
    if (!seen.insert(name).second)
      out.refuse(pair, kCode, "PO-106", "header " + std::string(name) + " is written twice by outputClaimToHeaders");
  }
}

}  // namespace

void check_peer_authentication(PolicyFindings& out) {
  constexpr const char* kCode = "MSH0108";
  const Node spec = out.object().spec();
  const Node selector = spec["selector"], ports = spec["portLevelMtls"];
  for (const Node label : selector["matchLabels"])
    if (label.key().empty() || label.key().find('*') != std::string_view::npos ||
        label.text().find('*') != std::string_view::npos)
      out.refuse(label, kCode, "PO-200", "selector labels must not be empty or hold wildcards");
  check_mode(spec["mtls"], kCode, out);
  if (!ports.exists()) return;
  if (!selector.has_value() || selector["matchLabels"].empty())
    out.refuse(ports, kCode, "PO-082", "portLevelMtls needs a selector");
  if (ports.has_value() && ports.empty()) out.refuse(ports, kCode, "PO-082", "portLevelMtls is empty");
  for (const Node port : ports) {
    unsigned number = 0;
    const std::string_view key = port.key();
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
    if (error != std::errc() || end != key.data() + key.size() || number < 1 || number > 65535)
      out.refuse(port, kCode, "PO-082", "portLevelMtls: " + std::string(key) + " is no port from 1 to 65535");
    check_mode(port, kCode, out);
  }
}

void check_request_authentication(PolicyFindings& out) {
  for (const Node rule : out.object().spec()["jwtRules"]) check_jwt_rule(rule, out);
}

}  // namespace meshsim::models::policy
