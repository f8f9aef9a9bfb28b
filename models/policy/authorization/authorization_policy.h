#pragma once
// AuthorizationPolicy as written, decoded from its object: no meaning yet. Imitates the protobuf of istio/api
// security/v1beta1 (fields up to master 2026-08). Fields that the profile's version does not know are dropped as the
// API server would prune them (PO-042).
#include <string>
#include <vector>

#include "models/mesh/profile.h"
#include "models/policy/attachment.h"
#include "models/resource/object.h"

namespace meshsim::models::policy {

enum class Action : std::uint8_t { Allow, Deny, Audit, Custom };
std::string_view to_string(Action action);  // "ALLOW"

// The two lists of one field: `values` (some must match) and `notValues` (none may match).
struct ValuePair {
  std::vector<std::string> any, none;
  bool empty() const { return any.empty() && none.empty(); }
};

struct SourceSpec {
  ValuePair principals, request_principals, namespaces, service_accounts, trust_domains, ip_blocks, remote_ip_blocks;
};
struct OperationSpec {
  ValuePair hosts, ports, methods, paths;
};
struct ConditionSpec {
  std::string key;
  ValuePair values;
};
struct RuleSpec {
  std::vector<SourceSpec> from;
  std::vector<OperationSpec> to;
  std::vector<ConditionSpec> when;
};

struct AuthorizationPolicy {
  const Object* object = nullptr;
  std::string ns, name;
  Attachment attachment;
  Action action = Action::Allow;
  bool known_action = true;
  bool dry_run = false;  // annotation istio.io/dry-run (PO-025)
  std::string provider;  // CUSTOM
  std::vector<RuleSpec> rules;
  std::string id() const { return ns + '/' + name; }
};

AuthorizationPolicy decode_authorization_policy(const Object& object, const Profile& profile);

}  // namespace meshsim::models::policy
