// Random policies and requests through the evaluators of Envoy and ztunnel, with some values straight from the input:
// no crash, the explanation says what the evaluation says, the same answer twice, and what counts as dead never
// matches.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "models/policy/authorization/envoy_rule.h"
#include "models/policy/authorization/normalize_path.h"
#include "models/policy/authorization/ztunnel_policy.h"
#include "random_policy.h"

namespace {

using namespace meshsim;
using namespace meshsim::models;
using namespace meshsim::models::policy;

struct Bytes {
  const std::uint8_t* data;
  std::size_t size, at = 0;
  std::uint8_t next() { return at < size ? data[at++] : 0; }
  std::string text() {
    const std::size_t length = next() % 24;
    std::string out;
    for (std::size_t i = 0; i < length && at < size; ++i) out += static_cast<char>(data[at++]);
    return out;
  }
};

// A wild value in one field of the first rule.
void spoil(AuthorizationPolicy& policy, Bytes& bytes) {
  if (policy.rules.empty()) return;
  RuleSpec& rule = policy.rules.front();
  const std::string text = bytes.text();
  if (rule.to.empty()) rule.to.emplace_back();
  if (rule.from.empty()) rule.from.emplace_back();
  switch (bytes.next() % 12) {
    case 0:
      rule.to[0].paths.any.push_back(text);
      break;
    case 1:
      rule.to[0].hosts.none.push_back(text);
      break;
    case 2:
      rule.to[0].ports.any.push_back(text);
      break;
    case 3:
      rule.from[0].principals.any.push_back(text);
      break;
    case 4:
      rule.from[0].namespaces.any.push_back(text);
      break;
    case 5:
      rule.from[0].service_accounts.any.push_back(text);
      break;
    case 6:
      rule.from[0].trust_domains.any.push_back(text);
      break;
    case 7:
      rule.from[0].request_principals.none.push_back(text);
      break;
    case 8:
      rule.from[0].ip_blocks.any.push_back(text);
      break;
    case 9:
      rule.when.push_back({text, {{"a"}, {}}});
      break;
    case 10:
      rule.when.push_back({"request.auth.claims" + text, {{text}, {}}});
      break;
    default:
      rule.when.push_back({"request.headers[x-h]", {{text}, {text}}});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes{data, size};
  const test::Dice dice = [&](std::size_t below) { return bytes.next() % below; };
  AuthorizationPolicy policy = test::random_policy(dice, test::Fields::All);
  spoil(policy, bytes);
  test::RandomQuestion question;
  test::random_question(dice, question);
  if (bytes.next() % 2) {
    question.path = '/' + bytes.text();
    question.request.path = question.path;
  }
  if (bytes.next() % 2) {
    question.principal = "spiffe://" + bytes.text();
    question.connection.principal = question.principal;
  }

  EnvoyCompiler compiler;
  compiler.trust_domains = {"cluster.local", "td"};
  compiler.literals_escaped = bytes.next() % 2;
  for (const bool tcp : {false, true}) {
    for (std::size_t i = 0; i < policy.rules.size(); ++i) {
      const auto rule = compiler.compile(policy, i, tcp);
      if (!rule) continue;
      EnvoyInput input;
      input.connection = &question.connection;
      input.request = tcp ? nullptr : &question.request;
      std::string storage;
      input.path = normalize_path(question.path, PathNormalization::DecodeAndMergeSlashes, storage).path;
      if (!question.jwts.empty()) input.token = &question.jwts.front();
      prepare_peer(input);
      const Tri result = evaluate(*rule, input);
      const Nearness nearness = explain(*rule, input);
      if (nearness.result != result || evaluate(*rule, input) != result) std::abort();
      if (result == Tri::Yes && nearness.held != nearness.total) std::abort();
      if (result == Tri::No && nearness.held == nearness.total) std::abort();
    }
  }
  const ZtunnelConversion converted = convert(policy, {"istio-system", false});
  if (!converted.policy) return 0;
  const ZtunnelPeer peer = ztunnel_peer(question.connection.principal);
  const auto hit = first_match(*converted.policy, peer, question.connection);
  if (converted.dead && hit) std::abort();        // PO-058
  if (converted.all_denied && hit) std::abort();  // PO-057
  for (const auto& group : converted.policy->groups)
    if (group_matches(group, peer, question.connection) != (explain(group, peer, question.connection).failing == 0))
      std::abort();
  return 0;
}
