// istiod's half of ZtunnelPolicy.
#include <algorithm>
#include <charconv>

#include "models/policy/authorization/ztunnel_policy.h"

namespace meshsim::models::policy {

namespace {

std::vector<ZString> strings(const std::vector<std::string>& values) {
  std::vector<ZString> out;
  out.reserve(values.size());
  for (const auto& value : values) out.push_back(ZString::parse(value));
  return out;
}

// PO-060: what cannot be parsed is dropped.
std::vector<Cidr> addresses(const std::vector<std::string>& values) {
  std::vector<Cidr> out;
  for (const auto& value : values)
    if (const auto block = Cidr::parse(value)) out.push_back(*block);
  return out;
}

std::vector<std::uint16_t> ports(const std::vector<std::string>& values) {
  std::vector<std::uint16_t> out;
  for (const auto& value : values) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), port);
    if (error == std::errc() && end == value.data() + value.size() && port <= 65535)
      out.push_back(static_cast<std::uint16_t>(port));
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> accounts(const std::string& ns,
                                                          const std::vector<std::string>& values) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& value : values) {
    const auto slash = value.find('/');
    if (slash == std::string::npos)
      out.emplace_back(ns, value);
    else
      out.emplace_back(value.substr(0, slash), value.substr(slash + 1));
  }
  return out;
}

class Converter {
 public:
  Converter(const AuthorizationPolicy& policy, std::vector<std::string>& unsupported)
      : policy_(policy), unsupported_(unsupported) {}

  struct Result {
    ZtunnelGroup group;
    bool l7 = false;
  };

  // PO-055, PO-056.
  Result rule(const RuleSpec& rule) {
    Result out;
    if (!rule.to.empty()) {
      ZtunnelClause& clause = out.group.emplace_back();
      for (const auto& operation : rule.to) clause.push_back(match(operation, out.l7));
    }
    if (!rule.from.empty()) {
      ZtunnelClause& clause = out.group.emplace_back();
      for (const auto& source : rule.from) clause.push_back(match(source, out.l7));
    }
    for (const auto& condition : rule.when) out.group.push_back({match(condition, out.l7)});
    return out;
  }

 private:
  void l7(bool& flag, const ValuePair& values, std::string_view name) {
    if (values.empty()) return;
    flag = true;
    std::string capital(name);
    capital[0] = static_cast<char>(capital[0] - 'a' + 'A');
    for (const std::string& attribute : {values.any.empty() ? std::string() : std::string(name),
                                         values.none.empty() ? std::string() : "not" + capital})
      note(attribute);
  }

  void note(const std::string& attribute) {
    if (!attribute.empty() && std::find(unsupported_.begin(), unsupported_.end(), attribute) == unsupported_.end())
      unsupported_.push_back(attribute);
  }

  ZtunnelMatch match(const OperationSpec& operation, bool& flag) {
    l7(flag, operation.hosts, "hosts");
    l7(flag, operation.methods, "methods");
    l7(flag, operation.paths, "paths");
    ZtunnelMatch out;
    out.destination_ports = ports(operation.ports.any);
    out.not_destination_ports = ports(operation.ports.none);
    return out;
  }

  // PO-061: trustDomains are neither converted nor reported.
  ZtunnelMatch match(const SourceSpec& source, bool& flag) {
    l7(flag, source.remote_ip_blocks, "remoteIpBlocks");
    l7(flag, source.request_principals, "requestPrincipals");
    ZtunnelMatch out;
    out.source_ips = addresses(source.ip_blocks.any);
    out.not_source_ips = addresses(source.ip_blocks.none);
    out.namespaces = strings(source.namespaces.any);
    out.not_namespaces = strings(source.namespaces.none);
    out.service_accounts = accounts(policy_.ns, source.service_accounts.any);
    out.not_service_accounts = accounts(policy_.ns, source.service_accounts.none);
    out.principals = strings(source.principals.any);
    out.not_principals = strings(source.principals.none);
    return out;
  }

  ZtunnelMatch match(const ConditionSpec& condition, bool& flag) {
    ZtunnelMatch out;
    const auto& values = condition.values;
    if (condition.key == "source.ip") {
      out.source_ips = addresses(values.any);
      out.not_source_ips = addresses(values.none);
    } else if (condition.key == "source.namespace") {
      out.namespaces = strings(values.any);
      out.not_namespaces = strings(values.none);
    } else if (condition.key == "source.principal") {
      out.principals = strings(values.any);
      out.not_principals = strings(values.none);
    } else if (condition.key == "destination.ip") {
      out.destination_ips = addresses(values.any);
      out.not_destination_ips = addresses(values.none);
    } else if (condition.key == "destination.port") {
      out.destination_ports = ports(values.any);
      out.not_destination_ports = ports(values.none);
    } else {
      flag = true;
      note(condition.key);
    }
    return out;
  }

  const AuthorizationPolicy& policy_;
  std::vector<std::string>& unsupported_;
};

// PO-058: a clause whose matches are all empty can never hold.
bool effective(const ZtunnelGroup& group) {
  return std::all_of(group.begin(), group.end(), [](const ZtunnelClause& clause) {
    return clause.empty() ||
           std::any_of(clause.begin(), clause.end(), [](const ZtunnelMatch& match) { return !match.empty(); });
  });
}

}  // namespace

bool ZtunnelMatch::empty() const {
  return principals.empty() && not_principals.empty() && namespaces.empty() && not_namespaces.empty() &&
         service_accounts.empty() && not_service_accounts.empty() && source_ips.empty() && not_source_ips.empty() &&
         destination_ips.empty() && not_destination_ips.empty() && destination_ports.empty() &&
         not_destination_ports.empty();
}

std::string_view to_string(ZtunnelScope scope) {
  switch (scope) {
    case ZtunnelScope::WorkloadSelector:
      return "WORKLOAD_SELECTOR";
    case ZtunnelScope::Namespace:
      return "NAMESPACE";
    case ZtunnelScope::Global:
      return "GLOBAL";
  }
  return "";
}

ZtunnelConversion convert(const AuthorizationPolicy& policy, const ConversionFlags& flags) {
  ZtunnelConversion out;
  if (!policy.attachment.refs.empty()) return out;                                    // PO-015
  if (policy.action == Action::Custom || policy.action == Action::Audit) return out;  // PO-018
  if (policy.dry_run && !flags.dry_run_sent) return out;                              // PO-027
  ZtunnelPolicy converted;
  converted.ns = policy.ns;
  converted.name = policy.name;
  converted.deny = policy.action == Action::Deny;
  converted.dry_run = policy.dry_run;
  // PO-016, PO-019.
  converted.scope = policy.attachment.selector ? ZtunnelScope::WorkloadSelector
                    : policy.ns == flags.root  ? ZtunnelScope::Global
                                               : ZtunnelScope::Namespace;
  Converter converter(policy, out.unsupported);
  bool alive = false;
  for (std::size_t i = 0; i < policy.rules.size(); ++i) {
    auto [group, l7] = converter.rule(policy.rules[i]);
    if (l7 && !converted.deny) {  // PO-057
      ++out.rules_omitted;
      continue;
    }
    alive |= effective(group);
    converted.groups.push_back(std::move(group));
    converted.rule_of_group.push_back(static_cast<int>(i));
  }
  out.dead = converted.deny && !policy.rules.empty() && !alive;
  out.all_denied = !converted.deny && out.rules_omitted > 0 && converted.groups.empty();
  out.policy = std::move(converted);
  return out;
}

}  // namespace meshsim::models::policy
