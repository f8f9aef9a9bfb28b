#pragma once
// Random policies and questions over a small vocabulary, so that hits and misses are about equally frequent. Driven by
// any source of bytes: a random generator in the property tests, libFuzzer's input in the fuzzers.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/policy/authorization/authorization_policy.h"
#include "models/policy/authorization/ztunnel_policy.h"

namespace meshsim::test {

// Gives a number below its argument.
using Dice = std::function<std::size_t(std::size_t)>;

enum class Fields : std::uint8_t { L4, All };  // which fields rules may use

models::policy::AuthorizationPolicy random_policy(const Dice& dice, Fields fields);
models::policy::ZtunnelPolicy random_ztunnel_policy(const Dice& dice);

// One question; owns what its views point to.
struct RandomQuestion {
  std::string principal, sni, method, path, authority;
  models::Headers headers;
  std::vector<models::Jwt> jwts;
  models::ConnectionView connection;
  models::RequestView request;
};
// Filled in place, because the views point into it.
void random_question(const Dice& dice, RandomQuestion& out);

// The object form, for whole-engine tests.
std::string yaml_of(const models::policy::AuthorizationPolicy& policy);

}  // namespace meshsim::test
