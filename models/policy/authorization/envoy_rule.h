#pragma once
// EnvoyRule: one rule of an AuthorizationPolicy as istiod compiles it for Envoy's RBAC filter, once for HTTP chains and
// once for TCP chains (PO-031..PO-054). Imitates istiod's security/authz/model and Envoy's RBAC matching. Where it
// stops: dynamic metadata (experimental.envoy.filters.*) is absent unless something unevaluated could set it, then
// unknown.
#include <optional>
#include <string>
#include <vector>

#include "models/policy/authorization/authorization_policy.h"
#include "models/policy/authorization/string_match.h"
#include "models/policy/policy_engine.h"

namespace meshsim::models::policy {

enum class Field : std::uint8_t {
  Principal,
  RequestPrincipal,
  Namespace,
  ServiceAccount,
  TrustDomain,
  SourceIp,
  RemoteIp,
  Host,
  Port,
  Method,
  Path,
  Header,
  Claim,
  DestinationIp,
  Sni,
  Metadata
};

// iss and sub of one requestPrincipals value (PO-043).
struct RequestPrincipalMatch {
  StringMatch issuer, subject;
};

// PO-041: `spiffe://.+/ns/NS/(.+/|)sa/SA(/.+)?`.
struct ServiceAccountMatch {
  std::string ns, name;
  StringMatch regex;  // for identities that are not of the plain form
};

// One field with its values: holds iff some value matches (or none does, if negated).
struct Test {
  Field field = Field::Principal;
  bool negated = false;
  bool list = false;                    // Metadata: `[v]`, some element of a list
  std::string name;                     // header name in lower case; metadata filter
  std::vector<std::string> claim_path;  // Claim, Metadata
  std::vector<StringMatch> strings;
  std::vector<Cidr> addresses;
  std::vector<std::uint16_t> ports;
  std::vector<RequestPrincipalMatch> request_principals;
  std::vector<ServiceAccountMatch> service_accounts;
  std::string label, values;  // for explanations: "from.source.principals", "a, b"
};

using Tests = std::vector<Test>;  // all must hold

struct EnvoyRule {
  int index = 0;            // in the policy
  std::vector<Tests> from;  // any; empty = any source
  std::vector<Tests> to;    // any; empty = any operation
  Tests when;               // all
};

// What one evaluation looks at, prepared once per request.
struct EnvoyInput {
  const ConnectionView* connection = nullptr;
  const RequestView* request = nullptr;                       // null on TCP chains
  std::string_view path;                                      // normalised
  const Jwt* token = nullptr;                                 // the token whose payload the JWT filter published
  const std::vector<std::string>* space_delimited = nullptr;  // claims split at spaces besides scope and permission
  bool metadata_unknown = false;
  // The peer taken apart: "spiffe://td/ns/NS/sa/SA"; plain = exactly this form.
  std::string_view trust_domain, ns, service_account;
  bool plain = false;
};
void prepare_peer(EnvoyInput& input);

struct EnvoyCompiler {
  std::vector<std::string> trust_domains;  // the mesh's own first, then its aliases (PO-048)
  bool literals_escaped = true;            // profile
  bool trust_domain_key = true;            // profile: when source.trustDomain (PO-042)

  // nullopt: the rule is dropped (PO-051; unknown keys and unreadable values, too).
  std::optional<EnvoyRule> compile(const AuthorizationPolicy& policy, std::size_t index, bool tcp) const;
};

Tri evaluate(const Test& test, const EnvoyInput& input);
Tri evaluate(const EnvoyRule& rule, const EnvoyInput& input);

// How near a rule came, for explanations: share of tests that held on its best alternative, and the first that did not.
struct Nearness {
  Tri result = Tri::No;
  std::size_t held = 0, total = 0;
  std::string failure;  // "to.operation.methods [GET] does not match POST"
};
Nearness explain(const EnvoyRule& rule, const EnvoyInput& input);

// `request.headers[x]` -> "x"; nullopt if the key has no such form.
std::optional<std::string_view> bracketed_key(std::string_view key, std::string_view head);
// "[a][b]" -> a, b.
std::vector<std::string> claim_path(std::string_view brackets);

}  // namespace meshsim::models::policy
