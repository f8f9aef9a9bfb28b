#include "scenarios/lint/representative.h"

#include <algorithm>

#include "models/policy/authorization/envoy_rule.h"

namespace meshsim::scenarios {

using namespace models;

std::string example_value(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const auto close = pattern[i] == '{' ? pattern.find('}', i) : std::string_view::npos;
    if (close != std::string_view::npos) {
      out += "example";
      i = close;
    } else if (pattern[i] == '*') {
      out += "example";
    } else {
      out += pattern[i];
    }
  }
  return out;
}

std::string example_path(std::string_view pattern) {
  const std::string out = example_value(pattern);
  return out.starts_with('/') ? out : '/' + out;
}

bool same_request(const Request& a, const Request& b) {
  if (a.method != b.method || a.path != b.path || a.host != b.host || a.headers != b.headers || a.sni != b.sni ||
      a.jwts.size() != b.jwts.size())
    return false;
  for (std::size_t i = 0; i < a.jwts.size(); ++i)
    if (a.jwts[i].issuer != b.jwts[i].issuer || a.jwts[i].subject != b.jwts[i].subject ||
        a.jwts[i].audiences != b.jwts[i].audiences)
      return false;
  return true;
}

Request request_for(const policy::RuleSpec& rule) {
  Request out;
  if (!rule.to.empty()) {
    const policy::OperationSpec& operation = rule.to.front();
    if (!operation.methods.any.empty() && operation.methods.any.front() != "*")
      out.method = example_value(operation.methods.any.front());
    if (!operation.paths.any.empty()) out.path = example_path(operation.paths.any.front());
    if (!operation.hosts.any.empty()) out.host = example_value(operation.hosts.any.front());
  }
  // A token with the issuer and subject that the rule asks for (PO-043).
  for (const policy::SourceSpec& from : rule.from) {
    if (from.request_principals.any.empty() || !out.jwts.empty()) continue;
    const std::string& wanted = from.request_principals.any.front();
    const auto slash = wanted.rfind('/');
    Jwt token;
    token.issuer = example_value(slash == std::string::npos ? wanted : wanted.substr(0, slash));
    token.subject = slash == std::string::npos ? "example" : example_value(std::string_view(wanted).substr(slash + 1));
    out.jwts.push_back(std::move(token));
  }
  for (const policy::ConditionSpec& condition : rule.when) {
    if (condition.values.any.empty()) continue;
    const std::string value = example_value(condition.values.any.front());
    if (const auto header = policy::bracketed_key(condition.key, "request.headers")) {
      std::string name(*header);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      out.headers.emplace_back(name, value);
    } else if (condition.key == "connection.sni") {
      out.sni = value;
    }
  }
  return out;
}

std::vector<Request> requests_for(const policy::AuthorizationPolicy& policy, std::size_t most) {
  std::vector<Request> out;
  const auto add = [&](Request request) {
    const bool known = std::any_of(out.begin(), out.end(), [&](const Request& r) { return same_request(r, request); });
    if (!known && out.size() < most) out.push_back(std::move(request));
  };
  for (const policy::RuleSpec& rule : policy.rules) {
    if (out.size() + 1 >= most) break;
    add(request_for(rule));
  }
  add(Request{});
  return out;
}

}  // namespace meshsim::scenarios
