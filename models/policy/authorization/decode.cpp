#include "models/policy/authorization/authorization_policy.h"

namespace meshsim::models::policy {

namespace {

std::vector<std::string> strings(Node node) {
  std::vector<std::string> out;
  for (const Node value : node)
    if (value.is_scalar()) out.emplace_back(value.text());
  return out;
}

ValuePair pair(Node node, std::string_view any, std::string_view none) {
  return {strings(node[any]), strings(node[none])};
}

SourceSpec decode_source(Node node, const Profile& profile) {
  SourceSpec out;
  out.principals = pair(node, "principals", "notPrincipals");
  out.request_principals = pair(node, "requestPrincipals", "notRequestPrincipals");
  out.namespaces = pair(node, "namespaces", "notNamespaces");
  out.service_accounts = pair(node, "serviceAccounts", "notServiceAccounts");
  out.ip_blocks = pair(node, "ipBlocks", "notIpBlocks");
  out.remote_ip_blocks = pair(node, "remoteIpBlocks", "notRemoteIpBlocks");
  // PO-042: the field came with 1.31; before, the API server prunes what the CRD does not declare.
  if (profile.source_trust_domains) out.trust_domains = pair(node, "trustDomains", "notTrustDomains");
  return out;
}

OperationSpec decode_operation(Node node) {
  return {pair(node, "hosts", "notHosts"), pair(node, "ports", "notPorts"), pair(node, "methods", "notMethods"),
          pair(node, "paths", "notPaths")};
}

}  // namespace

std::string_view to_string(Action action) {
  switch (action) {
    case Action::Allow:
      return "ALLOW";
    case Action::Deny:
      return "DENY";
    case Action::Audit:
      return "AUDIT";
    case Action::Custom:
      return "CUSTOM";
  }
  return "";
}

AuthorizationPolicy decode_authorization_policy(const Object& object, const Profile& profile) {
  AuthorizationPolicy out;
  out.object = &object;
  out.ns = object.ns;
  out.name = object.name;
  const Node spec = object.spec();
  out.attachment = decode_attachment(spec);
  const std::string_view action = spec["action"].text();
  if (action == "DENY" || action == "1") {
    out.action = Action::Deny;
  } else if (action == "AUDIT" || action == "2") {
    out.action = Action::Audit;
  } else if (action == "CUSTOM" || action == "3") {
    out.action = Action::Custom;
  } else {
    out.known_action = action.empty() || action == "ALLOW" || action == "0" || action == "null" || action == "~";
  }
  if (const auto text = find(object.annotations, "istio.io/dry-run")) out.dry_run = go_bool(*text).value_or(false);
  out.provider = spec["provider"]["name"].string();
  for (const Node rule : spec["rules"]) {
    RuleSpec decoded;
    for (const Node from : rule["from"]) decoded.from.push_back(decode_source(from["source"], profile));
    for (const Node to : rule["to"]) decoded.to.push_back(decode_operation(to["operation"]));
    for (const Node when : rule["when"])
      decoded.when.push_back({when["key"].string(), pair(when, "values", "notValues")});
    out.rules.push_back(std::move(decoded));
  }
  return out;
}

}  // namespace meshsim::models::policy
