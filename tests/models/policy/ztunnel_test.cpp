// ztunnel: what survives the conversion and what it does (PO-055..PO-068).
#include <gtest/gtest.h>

#include "policy_fixture.h"

namespace meshsim::test {

using namespace models;

namespace {

PolicyDecision at(const std::string& spec, Ask ask = Ask{}, const std::string& block = "") {
  return PolicyBench(standard_mesh("ambient") + policy(spec), block).ztunnel("a/srv", ask);
}
const std::string kSelector = "selector: {matchLabels: {app: srv}}, ";

PolicyStatus status(const PolicyDecision& decision) { return decision.considered.at(0).status; }

}  // namespace

TEST(Ztunnel, allow_with_http_fields_denies_all_TV_11_PO_057) {
  const PolicyDecision out = at('{' + kSelector + "rules: [{to: [{operation: {methods: [GET]}}]}]}");
  EXPECT_FALSE(out.allowed);
  EXPECT_EQ(status(out), PolicyStatus::DeniesAll);
  EXPECT_EQ(out.why, "allow policies exist, but none allowed");
  EXPECT_TRUE(
      at('{' + kSelector + "rules: [{to: [{operation: {methods: [GET]}}]}, {from: [{source: {namespaces: [a]}}]}]}")
          .allowed);
}

TEST(Ztunnel, deny_with_http_fields_TV_12_TV_13_TV_14_TV_15_PO_058) {
  const PolicyDecision dead = at('{' + kSelector + "action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}]}");
  EXPECT_TRUE(dead.allowed);
  EXPECT_EQ(status(dead), PolicyStatus::Open);
  EXPECT_TRUE(at('{' + kSelector +
                 "action: DENY, rules: [{from: [{source: {principals: [\"*/sa/cli\"]}}], to: [{operation: {methods: "
                 "[POST]}}]}]}")
                  .allowed);
  EXPECT_FALSE(
      at('{' + kSelector + "action: DENY, rules: [{to: [{operation: {ports: [\"8080\"], methods: [POST]}}]}]}").allowed)
      << "wider than written";
  EXPECT_FALSE(
      at('{' + kSelector +
         "action: DENY, rules: [{from: [{source: {principals: [\"*/sa/cli\"], notRequestPrincipals: [\"*\"]}}]}]}")
          .allowed);
}

TEST(Ztunnel, explains_which_rule_came_nearest_and_the_field_that_failed) {
  const PolicyDecision out = at(
      "{rules: [{from: [{source: {namespaces: [x]}}], to: [{operation: {ports: [\"1\"]}}]}, {from: [{source: "
      "{namespaces: "
      "[y]}}, {source: {principals: [\"*/sa/other\"], namespaces: [a]}}], to: [{operation: {ports: [\"8080\"]}}]}]}");
  EXPECT_FALSE(out.allowed);
  ASSERT_EQ(out.considered.size(), 1u);
  EXPECT_EQ(out.considered[0].nearest_rule, 1);
  EXPECT_EQ(out.considered[0].nearest_failure, "namespaces [y] do not admit namespace \"a\"");
  // Denials that do not match are explained for an allowed connection, too.
  const PolicyDecision allowed = at("{action: DENY, rules: [{to: [{operation: {ports: [\"1\"]}}]}]}");
  EXPECT_TRUE(allowed.allowed);
  EXPECT_EQ(allowed.considered.at(0).nearest_failure, "ports do not admit port 8080");
}

TEST(Ztunnel, when_keys_PO_056_PF_46) {
  EXPECT_TRUE(
      at("{rules: [{when: [{key: source.namespace, values: [a]}, {key: destination.port, values: [\"8080\"]}]}]}")
          .allowed);
  EXPECT_FALSE(at("{rules: [{when: [{key: source.serviceAccount, values: [a/cli]}]}]}").allowed);
  EXPECT_TRUE(at("{rules: [{from: [{source: {serviceAccounts: [a/cli]}}]}]}").allowed);
  EXPECT_FALSE(at("{rules: [{when: [{key: connection.sni, notValues: [x]}]}]}").allowed);
}

TEST(Ztunnel, stars_inside_are_literal_TV_36_PO_060) {
  Ask ask;
  ask.principal = "spiffe://cluster.local/ns/prod-x-eu/sa/b";
  EXPECT_FALSE(at("{rules: [{from: [{source: {namespaces: [\"prod-*-eu\"]}}]}]}", ask).allowed);
  EXPECT_TRUE(at("{rules: [{from: [{source: {namespaces: [\"prod-*\"]}}]}]}", ask).allowed);
}

TEST(Ztunnel, trust_domains_TV_37_TV_38_TV_39_PO_049_PO_061) {
  EXPECT_FALSE(at("{rules: [{from: [{source: {principals: [\"spiffe://cluster.local/ns/a/sa/cli\"]}}]}]}").allowed);
  Ask other;
  other.principal = "spiffe://x.org/ns/a/sa/cli";
  EXPECT_TRUE(at("{rules: [{from: [{source: {principals: [\"*/sa/cli\"]}}]}]}", other).allowed);
  other.principal = "spiffe://td2/ns/a/sa/cli";
  EXPECT_FALSE(at("{rules: [{from: [{source: {principals: [td1/ns/a/sa/cli]}}]}]}", other,
                  "{trustDomain: td2, config: {trustDomainAliases: [td1]}}")
                   .allowed);
  EXPECT_TRUE(
      at("{rules: [{from: [{source: {trustDomains: [other], namespaces: [a]}}]}]}", Ask{}, "{profile: istio-master}")
          .allowed)
      << "silently wider";
}

TEST(Ztunnel, no_identity_PO_046_PO_063_TV_22) {
  Ask plain;
  plain.principal.clear();
  EXPECT_FALSE(at("{action: DENY, rules: [{from: [{source: {notPrincipals: [\"*\"]}}]}]}", plain).allowed);
  EXPECT_TRUE(at("{action: DENY, rules: [{from: [{source: {notPrincipals: [\"*\"]}}]}]}").allowed);
  EXPECT_FALSE(at("{rules: [{from: [{source: {namespaces: [\"*\"]}}]}]}", plain).allowed);
  EXPECT_TRUE(at("{rules: [{from: [{source: {notNamespaces: [\"*\"]}}]}]}", plain).allowed);
}

TEST(Ztunnel, probes_are_exempt_PO_068) {
  Ask probe;
  probe.principal.clear();
  probe.source_ip = "169.254.7.127";
  EXPECT_TRUE(at("{}", probe).allowed);
  EXPECT_FALSE(at("{}").allowed) << "TV-03: spec {} allows nothing (PO-023)";
}

TEST(Ztunnel, deny_is_named_PO_064) {
  const PolicyDecision out = at("{action: DENY, rules: [{from: [{source: {namespaces: [z]}}]}, {}]}");
  EXPECT_EQ(out.ztunnel_policy, "a/p");
  EXPECT_EQ(out.policy, "a/p");
  EXPECT_EQ(out.rule, 1);
}

}  // namespace meshsim::test
