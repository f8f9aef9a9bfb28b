#pragma once
// Representative requests: for each way in which AuthorizationPolicies can tell requests apart (methods, paths, hosts,
// headers, SNI, tokens), one request on each side. Linter and diff ask with them instead of with all requests.
#include <vector>

#include "models/flow/flow.h"
#include "models/policy/authorization/authorization_policy.h"

namespace meshsim::scenarios {

// A request that this rule would match as far as requests go (its `to` and its `when`); a plain GET / for a rule that
// asks for nothing.
models::Request request_for(const models::policy::RuleSpec& rule);
// One for every rule, and the plain GET / last; without repeats, at most `most`.
std::vector<models::Request> requests_for(const models::policy::AuthorizationPolicy& policy, std::size_t most = 8);
// Requests that these policies can tell apart, the plain GET / first: one for every way in which the parts of their
// rules that look at requests (methods, paths, hosts, headers, SNI, tokens; values and notValues) can match together.
// Requests of one class meet the same rules, whoever sends them. Tokens come from `issuers` (of
// RequestAuthentications), too, and from nobody, and one is not valid. All classes are found where their number is
// moderate; at most `most` are given.
std::vector<models::Request> requests_apart(const std::vector<const models::policy::AuthorizationPolicy*>& policies,
                                            std::size_t most = 64, const std::vector<std::string>& issuers = {});
// "/admin/*" -> "/admin/example", "{*}" -> "example".
std::string example_path(std::string_view pattern);
std::string example_value(std::string_view pattern);
bool same_request(const models::Request& a, const models::Request& b);

}  // namespace meshsim::scenarios
