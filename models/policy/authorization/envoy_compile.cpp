// istiod's half of EnvoyRule: from fields and values to tests.
#include <algorithm>
#include <charconv>

#include <re2/re2.h>

#include "models/policy/authorization/envoy_rule.h"

namespace meshsim::models::policy {

namespace {

constexpr std::string_view kScheme = "spiffe://";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string join(const std::vector<std::string>& values) {
  std::string out;
  for (const auto& value : values) {
    if (!out.empty()) out += ", ";
    out += value;
  }
  return out;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> out;
  for (std::size_t begin = 0;;) {
    const auto end = text.find(at, begin);
    out.push_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) return out;
    begin = end + 1;
  }
}

// Literals that mean the same with and without escaping.
bool plain_literal(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '/' ||
           c == '_' || c == ':' || c == '@' || c == '%';
  });
}

std::string quoted(std::string_view text, bool escape) {
  return escape ? re2::RE2::QuoteMeta(re2::StringPiece(text.data(), text.size())) : std::string(text);
}

// Stars become `any`, the rest is quoted (from 1.28 on; before, a dot is a regex dot).
std::string star_pattern(std::string_view value, std::string_view any, bool escape) {
  std::string out;
  bool first = true;
  for (const auto part : split(value, '*')) {
    if (!first) out += any;
    out += quoted(part, escape);
    first = false;
  }
  return out;
}

// Adds values to a test; false: the value is one that istiod reports as an error.
class TestBuilder {
 public:
  TestBuilder(const EnvoyCompiler& compiler, std::string_view policy_ns) : compiler_(compiler), policy_ns_(policy_ns) {}

  bool add(Test& test, const std::string& value) const {
    switch (test.field) {
      case Field::Principal:
        for (const auto& expanded : with_aliases(value)) test.strings.push_back(principal(expanded));
        return true;
      case Field::RequestPrincipal:
        test.request_principals.push_back(request_principal(value));
        return true;
      case Field::Namespace:
        test.strings.push_back(ns(value));
        return true;
      case Field::ServiceAccount:
        return add_service_account(test, value);
      case Field::TrustDomain:
        add_trust_domain(test, value);
        return true;
      case Field::SourceIp:
      case Field::RemoteIp:
      case Field::DestinationIp: {
        const auto block = Cidr::parse(value);
        if (block) test.addresses.push_back(*block);
        return block.has_value();
      }
      case Field::Port:
        return add_port(test, value);
      case Field::Host:
        test.strings.push_back(StringMatch::wildcard(value, true, true));  // PO-034
        return true;
      case Field::Method:
      case Field::Header:
        test.strings.push_back(StringMatch::wildcard(value, true));  // PO-033
        return true;
      case Field::Path:
        test.strings.push_back(is_path_template(value) ? StringMatch::path_template(value)
                                                       : StringMatch::wildcard(value));
        return true;
      case Field::Metadata:
        if (value.size() >= 2 && value.front() == '[' && value.back() == ']') {
          test.list = true;
          test.strings.push_back(StringMatch::wildcard(std::string_view(value).substr(1, value.size() - 2)));
          return true;
        }
        [[fallthrough]];
      case Field::Claim:
      case Field::Sni:
        test.strings.push_back(StringMatch::wildcard(value));
        return true;
    }
    return false;
  }

 private:
  // PO-039. The scheme is prepended; a suffix form is a regular expression behind it.
  StringMatch principal(std::string_view value) const {
    if (value == "*") return StringMatch::wildcard("*");
    if (value.starts_with('*')) {
      const auto rest = value.substr(1);
      if (compiler_.literals_escaped || plain_literal(rest)) return StringMatch::bracketed(kScheme, rest);
      return StringMatch::regex("spiffe://.*" + std::string(rest));
    }
    return StringMatch::wildcard(std::string(kScheme) + std::string(value));
  }

  // PO-040.
  StringMatch ns(std::string_view value) const {
    if (value.find('*') == std::string_view::npos && (compiler_.literals_escaped || plain_literal(value)))
      return StringMatch::contains("/ns/" + std::string(value) + '/');
    return StringMatch::regex(".*/ns/" + star_pattern(value, ".*", compiler_.literals_escaped) + "/.*");
  }

  // PO-041.
  bool add_service_account(Test& test, std::string_view value) const {
    const auto slash = value.find('/');
    ServiceAccountMatch match;
    match.ns = slash == std::string_view::npos ? policy_ns_ : value.substr(0, slash);
    match.name = slash == std::string_view::npos ? value : value.substr(slash + 1);
    if (match.name.find('/') != std::string::npos) return false;
    match.regex = StringMatch::regex("spiffe://.+/ns/" + quoted(match.ns, true) + "/(.+/|)sa/" +
                                     quoted(match.name, true) + "(/.+)?");
    test.service_accounts.push_back(std::move(match));
    return true;
  }

  // PO-042: an exact value is a prefix up to the slash; stars stay within the trust domain.
  void add_trust_domain(Test& test, std::string_view value) const {
    if (value.find('*') != std::string_view::npos) {
      test.strings.push_back(StringMatch::regex("spiffe://" + star_pattern(value, "[^/]*", true) + "/.*"));
      return;
    }
    std::vector<std::string> domains = {std::string(value)};
    if (value == "cluster.local" || std::find(compiler_.trust_domains.begin(), compiler_.trust_domains.end(), value) !=
                                        compiler_.trust_domains.end())
      domains = compiler_.trust_domains;
    for (const auto& domain : domains) test.strings.push_back(StringMatch::prefix("spiffe://" + domain + '/'));
  }

  static bool add_port(Test& test, std::string_view value) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), port);
    if (error != std::errc() || end != value.data() + value.size() || port > 65535) return false;
    test.ports.push_back(static_cast<std::uint16_t>(port));
    return true;
  }

  // PO-043: split at the last slash; without one, `*X` is a suffix of sub, `X*` a prefix of iss, and a bare X asks for
  // an empty sub.
  static RequestPrincipalMatch request_principal(std::string_view value) {
    if (value == "*") return {StringMatch::wildcard("*"), StringMatch::wildcard("*")};
    const auto slash = value.rfind('/');
    if (slash != std::string_view::npos)
      return {StringMatch::wildcard(value.substr(0, slash)), StringMatch::wildcard(value.substr(slash + 1))};
    if (value.starts_with('*')) return {StringMatch::wildcard("*"), StringMatch::wildcard(value)};
    if (value.ends_with('*')) return {StringMatch::wildcard(value), StringMatch::wildcard("*")};
    return {StringMatch::exact(value), StringMatch::exact("")};
  }

  // PO-048.
  std::vector<std::string> with_aliases(const std::string& value) const {
    const auto parts = split(value, '/');
    if (parts.size() != 5 || parts[0] == "*") return {value};
    const auto covers = [&](std::string_view domain) {
      return parts[0].starts_with('*') ? domain.ends_with(parts[0].substr(1)) : domain == parts[0];
    };
    const auto& domains = compiler_.trust_domains;
    if (parts[0] != "cluster.local" && std::none_of(domains.begin(), domains.end(), covers)) return {value};
    std::vector<std::string> out;
    for (const auto& domain : domains) {
      // A `*suffix` keeps its form for the domains that it covers.
      std::string one = parts[0].starts_with('*') && covers(domain) ? value : domain + value.substr(parts[0].size());
      if (std::find(out.begin(), out.end(), one) == out.end()) out.push_back(std::move(one));
    }
    return out;
  }

  const EnvoyCompiler& compiler_;
  std::string policy_ns_;
};

bool http_only(const Test& test) {  // PO-050
  return test.field == Field::RequestPrincipal || test.field == Field::Host || test.field == Field::Method ||
         test.field == Field::Path || test.field == Field::Header || test.field == Field::Claim;
}

class RuleCompiler {
 public:
  RuleCompiler(const EnvoyCompiler& compiler, const AuthorizationPolicy& policy, bool tcp)
      : builder_(compiler, policy.ns), allow_(policy.action == Action::Allow), tcp_(tcp) {}

  void field(Tests& into, Field field, std::string label, const ValuePair& values) {
    Test blank;
    blank.field = field;
    blank.label = std::move(label);
    both(into, blank, values);
  }

  // PO-051, PO-052: what istiod cannot translate drops an ALLOW rule as a whole, and only itself otherwise.
  void both(Tests& into, const Test& blank, const ValuePair& values) {
    for (const bool negated : {false, true}) {
      const auto& list = negated ? values.none : values.any;
      if (list.empty()) continue;
      Test test = blank;
      test.negated = negated;
      test.values = join(list);
      if (tcp_ && http_only(test)) {
        dropped_ |= allow_;
        continue;
      }
      for (const auto& value : list)
        if (!builder_.add(test, value)) dropped_ |= allow_;
      if (!test.strings.empty() || !test.addresses.empty() || !test.ports.empty() || !test.request_principals.empty() ||
          !test.service_accounts.empty())
        into.push_back(std::move(test));
    }
  }

  bool dropped() const { return dropped_; }
  void drop() { dropped_ = true; }

 private:
  TestBuilder builder_;
  bool allow_, tcp_;
  bool dropped_ = false;
};

// false: no such key.
// PO-044, PO-045, PO-050.
bool compile_condition(RuleCompiler& out, Tests& into, const ConditionSpec& condition, bool trust_domain_key) {
  static constexpr std::pair<std::string_view, Field> kKeys[] = {{"source.ip", Field::SourceIp},
                                                                 {"remote.ip", Field::RemoteIp},
                                                                 {"source.namespace", Field::Namespace},
                                                                 {"source.principal", Field::Principal},
                                                                 {"source.serviceAccount", Field::ServiceAccount},
                                                                 {"request.auth.principal", Field::RequestPrincipal},
                                                                 {"destination.ip", Field::DestinationIp},
                                                                 {"destination.port", Field::Port},
                                                                 {"connection.sni", Field::Sni}};
  Test blank;
  blank.label = "when " + condition.key;
  for (const auto& [key, field] : kKeys) {
    if (condition.key != key) continue;
    blank.field = field;
    out.both(into, blank, condition.values);
    return true;
  }
  if (condition.key == "source.trustDomain" && trust_domain_key) {
    blank.field = Field::TrustDomain;
  } else if (condition.key == "request.auth.audiences" || condition.key == "request.auth.presenter") {
    blank.field = Field::Claim;
    blank.claim_path = {condition.key == "request.auth.audiences" ? "aud" : "azp"};
  } else if (const auto header = bracketed_key(condition.key, "request.headers")) {
    blank.field = Field::Header;
    blank.name = lower(*header);
  } else if (condition.key.starts_with("request.auth.claims[")) {
    blank.field = Field::Claim;
    blank.claim_path = claim_path(std::string_view(condition.key).substr(19));
    if (blank.claim_path.empty()) return false;
  } else if (condition.key.starts_with("experimental.envoy.filters.") && condition.key.ends_with(']')) {
    const std::string_view rest = std::string_view(condition.key).substr(13);
    const auto bracket = rest.find('[');
    if (bracket == std::string_view::npos) return false;
    blank.field = Field::Metadata;
    blank.name = rest.substr(0, bracket);
    blank.claim_path = {std::string(rest.substr(bracket + 1, rest.size() - bracket - 2))};
  } else {
    return false;
  }
  out.both(into, blank, condition.values);
  return true;
}

}  // namespace

std::optional<std::string_view> bracketed_key(std::string_view key, std::string_view head) {
  if (!key.starts_with(head) || key.size() < head.size() + 3 || key[head.size()] != '[' || key.back() != ']')
    return std::nullopt;
  return key.substr(head.size() + 1, key.size() - head.size() - 2);
}

std::vector<std::string> claim_path(std::string_view brackets) {
  std::vector<std::string> out;
  while (!brackets.empty()) {
    const auto end = brackets.find(']');
    if (brackets.front() != '[' || end == std::string_view::npos || end == 1) return {};
    out.emplace_back(brackets.substr(1, end - 1));
    brackets.remove_prefix(end + 1);
  }
  return out;
}

std::optional<EnvoyRule> EnvoyCompiler::compile(const AuthorizationPolicy& policy, std::size_t index, bool tcp) const {
  const RuleSpec& spec = policy.rules[index];
  RuleCompiler out(*this, policy, tcp);
  EnvoyRule rule;
  rule.index = static_cast<int>(index);
  for (const auto& source : spec.from) {
    Tests& tests = rule.from.emplace_back();
    out.field(tests, Field::ServiceAccount, "from.source.serviceAccounts", source.service_accounts);
    out.field(tests, Field::Principal, "from.source.principals", source.principals);
    out.field(tests, Field::RequestPrincipal, "from.source.requestPrincipals", source.request_principals);
    out.field(tests, Field::Namespace, "from.source.namespaces", source.namespaces);
    out.field(tests, Field::TrustDomain, "from.source.trustDomains", source.trust_domains);
    out.field(tests, Field::RemoteIp, "from.source.remoteIpBlocks", source.remote_ip_blocks);
    out.field(tests, Field::SourceIp, "from.source.ipBlocks", source.ip_blocks);
  }
  for (const auto& operation : spec.to) {
    Tests& tests = rule.to.emplace_back();  // PO-034..PO-037
    out.field(tests, Field::Host, "to.operation.hosts", operation.hosts);
    out.field(tests, Field::Method, "to.operation.methods", operation.methods);
    out.field(tests, Field::Path, "to.operation.paths", operation.paths);
    out.field(tests, Field::Port, "to.operation.ports", operation.ports);
  }
  for (const auto& condition : spec.when)
    if (!compile_condition(out, rule.when, condition, trust_domain_key)) return std::nullopt;  // "skipped invalid rule"
  if (out.dropped()) return std::nullopt;
  return rule;
}

}  // namespace meshsim::models::policy
