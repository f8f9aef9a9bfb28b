#include "random_policy.h"

#include <string_view>

namespace meshsim::test {

using namespace models;
using namespace models::policy;

namespace {

using Words = std::vector<std::string>;

const Words kPrincipals = {"cluster.local/ns/a/sa/x", "cluster.local/ns/b/sa/y", "td/ns/a/sa/x", "*", "*/sa/x",
                           "cluster.local/ns/a/*",    "cluster.local/*"};
const Words kNamespaces = {"a", "b", "prod-x", "*", "prod-*", "*-x"};
const Words kAccounts = {"x", "a/x", "b/y", "c/z"};
const Words kBlocks = {"10.0.0.1", "10.0.0.0/24", "10.1.0.0/16", "2001:db8::/32"};
const Words kPorts = {"80", "8080", "9090"};
const Words kMethods = {"GET", "POST", "*", "P*"};
const Words kPaths = {"/a", "/a/*", "*/c", "*", "/a/{*}/c", "/a/{**}"};
const Words kHosts = {"srv", "*.example.com", "srv*", "SRV"};
const Words kRequestPrincipals = {"I/s", "*", "I/*", "*s"};
const Words kValues = {"v", "v*", "*w", "*"};
const Words kTrustDomains = {"cluster.local", "td", "t*", "*"};

const std::string& one(const Dice& dice, const Words& words) { return words[dice(words.size())]; }

ValuePair values(const Dice& dice, const Words& words, std::size_t rarity) {
  ValuePair out;
  if (dice(rarity) == 0)
    for (std::size_t i = 0, n = 1 + dice(2); i < n; ++i) out.any.push_back(one(dice, words));
  if (dice(rarity * 2) == 0) out.none.push_back(one(dice, words));
  return out;
}

RuleSpec random_rule(const Dice& dice, Fields fields) {
  RuleSpec out;
  const bool l7 = fields == Fields::All;
  for (std::size_t i = 0, n = dice(3); i < n; ++i) {
    SourceSpec source;
    source.principals = values(dice, kPrincipals, 3);
    source.namespaces = values(dice, kNamespaces, 4);
    source.service_accounts = values(dice, kAccounts, 6);
    source.ip_blocks = values(dice, kBlocks, 4);
    if (l7) {
      source.remote_ip_blocks = values(dice, kBlocks, 8);
      source.request_principals = values(dice, kRequestPrincipals, 6);
      source.trust_domains = values(dice, kTrustDomains, 8);
    }
    out.from.push_back(std::move(source));
  }
  for (std::size_t i = 0, n = dice(3); i < n; ++i) {
    OperationSpec operation;
    operation.ports = values(dice, kPorts, 2);
    if (l7) {
      operation.methods = values(dice, kMethods, 3);
      operation.paths = values(dice, kPaths, 3);
      operation.hosts = values(dice, kHosts, 5);
    }
    out.to.push_back(std::move(operation));
  }
  for (std::size_t i = 0, n = dice(3) / 2; i < n; ++i) {
    switch (dice(l7 ? 9 : 5)) {
      case 0:
        out.when.push_back({"source.ip", values(dice, kBlocks, 1)});
        break;
      case 1:
        out.when.push_back({"source.namespace", values(dice, kNamespaces, 1)});
        break;
      case 2:
        out.when.push_back({"source.principal", values(dice, kPrincipals, 1)});
        break;
      case 3:
        out.when.push_back({"destination.port", values(dice, kPorts, 1)});
        break;
      case 4:
        out.when.push_back({"destination.ip", values(dice, kBlocks, 1)});
        break;
      case 5:
        out.when.push_back({"request.headers[x-h]", values(dice, kValues, 1)});
        break;
      case 6:
        out.when.push_back({"request.auth.claims[c][d]", values(dice, kValues, 1)});
        break;
      case 7:
        out.when.push_back({"connection.sni", values(dice, kHosts, 1)});
        break;
      default:
        out.when.push_back({"source.serviceAccount", values(dice, kAccounts, 1)});
    }
  }
  return out;
}

std::string list(const std::string& name, const std::vector<std::string>& words) {
  if (words.empty()) return {};
  std::string out = name + ": [";
  for (const auto& word : words) out += '"' + word + "\", ";
  return out + "], ";
}

std::string pair(const std::string& name, const ValuePair& values) {
  std::string capital = name;
  capital[0] = static_cast<char>(capital[0] - 'a' + 'A');
  return list(name, values.any) + list("not" + capital, values.none);
}

}  // namespace

AuthorizationPolicy random_policy(const Dice& dice, Fields fields) {
  AuthorizationPolicy out;
  out.ns = "a";
  out.name = "p" + std::to_string(dice(10));
  out.action = dice(2) ? Action::Deny : Action::Allow;
  for (std::size_t i = 0, n = 1 + dice(3); i < n; ++i) out.rules.push_back(random_rule(dice, fields));
  return out;
}

ZtunnelPolicy random_ztunnel_policy(const Dice& dice) {
  ZtunnelPolicy out;
  const auto strings = [&](const Words& words) {
    std::vector<ZString> list;
    for (std::size_t i = 0, n = dice(4) == 0 ? 1 + dice(2) : 0; i < n; ++i)
      list.push_back(ZString::parse(one(dice, words)));
    return list;
  };
  const auto blocks = [&] {
    std::vector<Cidr> list;
    if (dice(5) == 0) list.push_back(*Cidr::parse(one(dice, kBlocks)));
    return list;
  };
  const auto ports = [&] {
    std::vector<std::uint16_t> list;
    if (dice(4) == 0) list.push_back(static_cast<std::uint16_t>(std::stoi(one(dice, kPorts))));
    return list;
  };
  const auto accounts = [&] {
    std::vector<std::pair<std::string, std::string>> list;
    if (dice(6) == 0) list.emplace_back(dice(2) ? "a" : "b", dice(2) ? "x" : "y");
    return list;
  };
  for (std::size_t g = 0, groups = dice(4); g < groups; ++g) {
    ZtunnelGroup group;
    for (std::size_t c = 0, clauses = dice(4); c < clauses; ++c) {
      ZtunnelClause clause;
      for (std::size_t m = 0, matches = dice(4); m < matches; ++m)
        clause.push_back({strings(kPrincipals), strings(kPrincipals), strings(kNamespaces), strings(kNamespaces),
                          accounts(), accounts(), blocks(), blocks(), blocks(), blocks(), ports(), ports()});
      group.push_back(std::move(clause));
    }
    out.groups.push_back(std::move(group));
  }
  return out;
}

void random_question(const Dice& dice, RandomQuestion& out) {
  static const Words kPeers = {"", "spiffe://cluster.local/ns/a/sa/x", "spiffe://cluster.local/ns/b/sa/y",
                               "spiffe://td/ns/a/sa/x", "spiffe://cluster.local/ns/prod-x/sa/z"};
  static const Words kAddresses = {"10.0.0.1", "10.0.0.9", "10.1.2.3", "192.168.0.1", "2001:db8::1"};
  static const Words kRequestPaths = {"/a", "/a/b", "/a/b/c", "/c", "/a/./b/../c", "/a?x=/c", "/"};
  out.principal = one(dice, kPeers);
  out.sni = dice(2) ? "srv" : "";
  out.method = dice(2) ? "GET" : dice(2) ? "POST" : "PUT";
  out.path = one(dice, kRequestPaths);
  out.authority = dice(2) ? "srv" : dice(2) ? "a.example.com" : "Srv:80";
  out.headers.clear();
  if (dice(2)) out.headers.emplace_back("x-h", dice(2) ? "v" : "xw");
  out.jwts.clear();
  if (dice(2)) {
    Jwt token;
    token.issuer = dice(4) ? "I" : "J";
    if (dice(4)) token.subject = "s";
    token.valid = dice(4) != 0;
    TreeBuilder claims;
    claims.begin_mapping();
    claims.key("c");
    claims.begin_mapping();
    claims.key("d");
    claims.string(dice(2) ? "v" : "xw");
    claims.end();
    claims.end();
    token.claims_tree = claims.finish();
    token.claims = token.claims_tree->root();
    out.jwts.push_back(std::move(token));
  }
  out.connection.principal = out.principal;
  out.connection.source_ip = *IpAddress::parse(one(dice, kAddresses));
  out.connection.remote_ip = *IpAddress::parse(one(dice, kAddresses));
  out.connection.destination_ip = *IpAddress::parse(one(dice, kAddresses));
  out.connection.port = dice(2) ? 8080 : 80;
  out.connection.sni = out.sni;
  out.request = {out.method, out.path, out.authority, &out.headers, &out.jwts, false};
}

std::string yaml_of(const AuthorizationPolicy& policy) {
  std::string rules;
  for (const auto& rule : policy.rules) {
    rules += '{';
    if (!rule.from.empty()) {
      rules += "from: [";
      for (const auto& s : rule.from)
        rules += "{source: {" + pair("principals", s.principals) + pair("namespaces", s.namespaces) +
                 pair("serviceAccounts", s.service_accounts) + pair("ipBlocks", s.ip_blocks) +
                 pair("remoteIpBlocks", s.remote_ip_blocks) + pair("requestPrincipals", s.request_principals) +
                 pair("trustDomains", s.trust_domains) + "}}, ";
      rules += "], ";
    }
    if (!rule.to.empty()) {
      rules += "to: [";
      for (const auto& o : rule.to)
        rules += "{operation: {" + pair("ports", o.ports) + pair("methods", o.methods) + pair("paths", o.paths) +
                 pair("hosts", o.hosts) + "}}, ";
      rules += "], ";
    }
    if (!rule.when.empty()) {
      rules += "when: [";
      for (const auto& w : rule.when)
        rules += "{key: \"" + w.key + "\", " + list("values", w.values.any) + list("notValues", w.values.none) + "}, ";
      rules += "], ";
    }
    rules += "}, ";
  }
  return "{action: " + std::string(to_string(policy.action)) + ", rules: [" + rules + "]}";
}

}  // namespace meshsim::test
