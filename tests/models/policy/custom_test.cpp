// CUSTOM (PO-160..PO-166) and dry-run (PO-025..PO-027).
#include <gtest/gtest.h>

#include "policy_fixture.h"

namespace meshsim::test {

using namespace models;

namespace {

const std::string kProviders =
    "extensionProviders: [{name: h, envoyExtAuthzHttp: {service: x.a, port: 80}}, {name: g, envoyExtAuthzGrpc: "
    "{service: "
    "y.a, port: 90}}, {name: open, envoyExtAuthzHttp: {service: x.a, port: 80, failOpen: true}}, {name: err, "
    "envoyExtAuthzHttp: {service: x.a, port: 80, statusOnError: \"503\"}}]";

std::string block(const std::string& answers, const std::string& more = "") {
  return "{config: {" + kProviders + "}, extAuthz: {" + answers + "}" + more + '}';
}

std::string custom(const std::string& provider, const std::string& name = "p", const std::string& path = "/x") {
  return policy(
      "{action: CUSTOM, provider: {name: " + provider + "}, rules: [{to: [{operation: {paths: [" + path + "]}}]}]}",
      name);
}

PolicyDecision at(const std::string& policies, const std::string& mesh_block, const std::string& path = "/x",
                  Headers headers = {}, bool tcp = false) {
  const PolicyBench bench(standard_mesh("sidecar") + policies, mesh_block);
  Ask ask;
  ask.path = path;
  ask.headers = std::move(headers);
  ask.tcp = tcp;
  return bench.sidecar("a/srv", ask);
}

}  // namespace

TEST(Custom, the_rule_asks_the_provider_answers_TV_42_PO_161) {
  const PolicyDecision out = at(custom("h"), block("h: {answer: deny}"));
  EXPECT_EQ(out.http_status, 403);
  EXPECT_EQ(out.response_flags, "UAEX");
  EXPECT_EQ(out.policy, "a/p");
  EXPECT_TRUE(at(custom("h"), block("h: {answer: deny}"), "/y").allowed) << "not asked";
  EXPECT_TRUE(at(custom("h"), block("default: {answer: allow}")).allowed);
  EXPECT_FALSE(at(custom("h") + policy("{action: DENY, rules: [{}]}", "d"), block("h: {answer: allow}")).allowed)
      << "an answer does not override a DENY";
}

TEST(Custom, conditions_of_the_answer) {
  const std::string if_header = block("default: {allowIfHeader: {x-ext: \"yes\"}, allowIfPrincipalSuffix: /sa/cli}");
  EXPECT_TRUE(at(custom("h"), if_header, "/x", {{"x-ext", "yes"}}).allowed);
  EXPECT_FALSE(at(custom("h"), if_header, "/x", {{"x-ext", "no"}}).allowed);
  EXPECT_TRUE(at(custom("g"), if_header, "/x", {}, true).allowed) << "raw TCP: by principal";
  EXPECT_TRUE(at(custom("h"), block("")).unknown) << "the scenario does not say";
}

TEST(Custom, http_provider_is_not_asked_on_tcp_PO_053) {
  const PolicyDecision out = at(custom("h"), block("h: {answer: deny}"), "/x", {}, true);
  EXPECT_TRUE(out.allowed);
  ASSERT_EQ(out.considered.size(), 1u);
  EXPECT_EQ(out.considered[0].status, PolicyStatus::Open);
  EXPECT_FALSE(at(custom("g"), block("g: {answer: deny}"), "/x", {}, true).allowed);
}

TEST(Custom, bad_providers_deny_what_matches_TV_43_PO_162) {
  const PolicyDecision out = at(custom("nobody"), block("default: {answer: allow}"));
  EXPECT_EQ(out.http_status, 403);
  EXPECT_EQ(out.details,
            "rbac_access_denied_matched_policy[istio-ext-authz-nobody-ns[a]-policy[p]-rule[0]-deny-due-to-bad-CUSTOM-"
            "action]");
  EXPECT_TRUE(at(custom("nobody"), block("default: {answer: allow}"), "/y").allowed);
  const std::string two = custom("h") + custom("g", "q", "/q");
  EXPECT_FALSE(at(two, block("default: {answer: allow}")).allowed);
  EXPECT_TRUE(
      at(two, block("default: {answer: allow}",
                    ", profile: istio-master, features: {PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS: \"true\"}"))
          .allowed);
}

TEST(Custom, an_unreachable_provider_is_failOpen_or_statusOnError_PO_163) {
  EXPECT_EQ(at(custom("h"), block("h: {answer: unreachable}")).http_status, 403);
  EXPECT_EQ(at(custom("err"), block("err: {answer: unreachable}")).http_status, 503);
  EXPECT_TRUE(at(custom("open"), block("open: {answer: unreachable}")).allowed);
  EXPECT_FALSE(at(custom("open"), block("open: {answer: deny}")).allowed) << "an answer is an answer";
}

TEST(Custom, an_authorizer_may_publish_metadata_that_rules_read_PO_045) {
  const std::string rule =
      policy("{rules: [{when: [{key: \"experimental.envoy.filters.http.ext_authz[team]\", values: [a]}]}]}", "meta");
  EXPECT_TRUE(at(custom("h") + rule, block("h: {answer: allow}")).unknown);
  EXPECT_FALSE(at(rule, block("")).unknown);
  EXPECT_FALSE(at(rule, block("")).allowed) << "nothing sets it";
}

TEST(Custom, findings_name_the_unknown_provider_PO_162) {
  EXPECT_TRUE(PolicyBench(standard_mesh("sidecar") + custom("nobody")).has_finding("MSH0110"));
}

TEST(DryRun, is_evaluated_never_enforced_TV_49_PO_025_PO_027) {
  const std::string dry = ", annotations: {istio.io/dry-run: \"true\"}";
  const std::string deny = policy("{action: DENY, rules: [{}]}", "p", "a", "AuthorizationPolicy", dry);
  const PolicyDecision out = PolicyBench(standard_mesh("sidecar") + deny).sidecar("a/srv", Ask{});
  EXPECT_TRUE(out.allowed);
  ASSERT_EQ(out.considered.size(), 1u);
  EXPECT_EQ(out.considered[0].status, PolicyStatus::DryRun);
  EXPECT_EQ(out.considered[0].matched_rule, 0);
  const std::string allow =
      policy("{rules: [{to: [{operation: {ports: [\"1\"]}}]}]}", "p", "a", "AuthorizationPolicy", dry);
  EXPECT_TRUE(PolicyBench(standard_mesh("sidecar") + allow).sidecar("a/srv", Ask{}).allowed);
  EXPECT_TRUE(PolicyBench(standard_mesh("ambient") + allow).ztunnel("a/srv", Ask{}).allowed);
  const std::string garbage = policy("{action: DENY, rules: [{}]}", "p", "a", "AuthorizationPolicy",
                                     ", annotations: {istio.io/dry-run: \"yes\"}");
  EXPECT_FALSE(PolicyBench(standard_mesh("sidecar") + garbage).sidecar("a/srv", Ask{}).allowed) << "no Go boolean";
}

TEST(DryRun, custom_is_inert_before_1_30_and_unverified_after_PO_026) {
  const std::string text = policy("{action: CUSTOM, provider: {name: h}, rules: [{}]}", "p", "a", "AuthorizationPolicy",
                                  ", annotations: {istio.io/dry-run: \"true\"}");
  EXPECT_TRUE(at(text, block("h: {answer: deny}", ", profile: istio-1.27")).allowed);
  EXPECT_TRUE(at(text, block("h: {answer: deny}", ", profile: istio-master")).unknown);
}

}  // namespace meshsim::test
