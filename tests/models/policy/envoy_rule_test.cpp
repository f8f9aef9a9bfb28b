// Field by field: what an Envoy sidecar lets through (PO-031..PO-054).
#include <gtest/gtest.h>

#include "policy_fixture.h"

namespace meshsim::test {

using namespace models;

namespace {

// The verdict of one ALLOW policy with this single rule at the server's sidecar.
PolicyDecision at_sidecar(const std::string& rule, const Ask& ask, const std::string& mesh_block = "",
                          const std::string& more = "") {
  const PolicyBench bench(standard_mesh("sidecar") + policy("{rules: [" + rule + "]}") + more, mesh_block);
  return bench.sidecar("a/srv", ask);
}

bool allowed(const std::string& rule, const Ask& ask, const std::string& mesh_block = "",
             const std::string& more = "") {
  return at_sidecar(rule, ask, mesh_block, more).allowed;
}

Ask path(const std::string& text) {
  Ask out;
  out.path = text;
  return out;
}
Ask method(const std::string& text) {
  Ask out;
  out.method = text;
  return out;
}
Ask host(const std::string& text) {
  Ask out;
  out.authority = text;
  return out;
}
Ask peer(const std::string& text) {
  Ask out;
  out.principal = text;
  return out;
}
std::string to(const std::string& operation) { return "{to: [{operation: {" + operation + "}}]}"; }
std::string from(const std::string& source) { return "{from: [{source: {" + source + "}}]}"; }
std::string when(const std::string& key, const std::string& lists) {
  return "{when: [{key: \"" + key + "\", " + lists + "}]}";
}

}  // namespace

TEST(EnvoyRule, fields_are_anded_values_are_alternatives_PO_031) {
  const std::string rule = to("methods: [GET, HEAD], paths: [/a]");
  EXPECT_TRUE(allowed(rule, path("/a")));
  EXPECT_FALSE(allowed(rule, path("/b")));
  Ask post = path("/a");
  post.method = "POST";
  EXPECT_FALSE(allowed(rule, post));
  EXPECT_TRUE(allowed("{to: [{operation: {methods: [POST]}}, {operation: {paths: [/a]}}]}", path("/a")));
  EXPECT_TRUE(allowed(to("notMethods: [POST]"), method("GET")));
  EXPECT_FALSE(allowed(to("notMethods: [POST]"), method("POST")));
  EXPECT_FALSE(allowed(when("request.headers[x]", "values: [\"*\"], notValues: [bad]"), Ask{}));
}

TEST(EnvoyRule, wildcards_of_strings_PO_032) {
  EXPECT_TRUE(allowed(to("paths: [/a*]"), path("/abc")));
  EXPECT_TRUE(allowed(to("paths: [\"*/c\"]"), path("/a/c")));
  EXPECT_FALSE(allowed(to("paths: [\"*foo*\"]"), path("/afoob")));
  EXPECT_TRUE(allowed(to("paths: [\"*foo*\"]"), path("/afoo*")));  // the leading star is tested first
  EXPECT_FALSE(allowed(to("paths: [/A]"), path("/a")));
}

TEST(EnvoyRule, headers_PO_033) {
  const std::string present = when("request.headers[X-Token]", "values: [\"*\"]");
  Ask ask;
  EXPECT_FALSE(allowed(present, ask));
  ask.headers = {{"x-token", ""}};
  EXPECT_TRUE(allowed(present, ask)) << "present, even if empty; names without case";
  ask.headers = {{"x-token", "a"}, {"x-token", "b"}};
  EXPECT_TRUE(allowed(when("request.headers[x-token]", "values: [\"a,b\"]"), ask)) << "repeats are joined";
  EXPECT_FALSE(allowed(when("request.headers[x-token]", "values: [a]"), ask));
}

TEST(EnvoyRule, hosts_compare_without_case_and_with_port_TV_32_PO_034) {
  EXPECT_TRUE(allowed(to("hosts: [example.com]"), host("EXAMPLE.com")));
  EXPECT_FALSE(allowed(to("hosts: [example.com]"), host("example.com:8080")));
  EXPECT_TRUE(allowed(to("hosts: [\"example.com:*\"]"), host("example.com:8080")));
}

TEST(EnvoyRule, lower_case_methods_are_answered_400_PO_035) {
  const PolicyDecision out = at_sidecar(to("methods: [\"*\"]"), method("get"));
  EXPECT_FALSE(out.allowed);
  EXPECT_EQ(out.http_status, 400);
}

TEST(EnvoyRule, path_templates_TV_33_TV_34_PO_036) {
  const std::string one = to("paths: [\"/a/{*}/c\"]");
  EXPECT_TRUE(allowed(one, path("/a/b/c")));
  EXPECT_FALSE(allowed(one, path("/a/b/d/c")));
  EXPECT_FALSE(allowed(one, path("/a//c")));
  EXPECT_FALSE(allowed(one, path("/a/b/c/")));
  const std::string any = to("paths: [\"/a/{**}\"]");
  EXPECT_TRUE(allowed(any, path("/a/")));
  EXPECT_TRUE(allowed(any, path("/a/b/c?x=1")));
  EXPECT_FALSE(allowed(any, path("/a")));
  const std::string slash = to("paths: [\"/foo/{**}/\"]");
  EXPECT_TRUE(allowed(slash, path("/foo/bar/")));
  EXPECT_TRUE(allowed(slash, path("/foo//")));
  EXPECT_FALSE(allowed(slash, path("/foo/bar"))) << "comment and regex agree";
  const PolicyDecision unsure = at_sidecar(to("paths: [\"/foo/{**}/\"]"), path("/foo/bar/baz.txt"));
  EXPECT_TRUE(unsure.unknown) << "the API comment and the regex differ: no guess";
}

TEST(EnvoyRule, ports_and_addresses_PO_037_PO_038_PO_045) {
  Ask ask;
  EXPECT_TRUE(allowed(to("ports: [\"8080\"]"), ask));
  EXPECT_FALSE(allowed(to("ports: [\"80\"]"), ask));
  EXPECT_TRUE(allowed(from("ipBlocks: [10.0.0.0/24]"), ask));
  ask.remote_ip = "203.0.113.7";
  EXPECT_FALSE(allowed(from("ipBlocks: [203.0.113.7]"), ask)) << "the direct peer";
  EXPECT_TRUE(allowed(from("remoteIpBlocks: [203.0.113.7]"), ask));
  EXPECT_TRUE(allowed(when("destination.ip", "values: [10.0.0.2]"), ask));
  ask.sni = "a.example.com";
  EXPECT_TRUE(allowed(when("connection.sni", "values: [\"*.example.com\"]"), ask));
}

TEST(EnvoyRule, principals_TV_37_TV_38_PO_039) {
  EXPECT_TRUE(allowed(from("principals: [cluster.local/ns/a/sa/cli]"), Ask{}));
  EXPECT_FALSE(allowed(from("principals: [\"spiffe://cluster.local/ns/a/sa/cli\"]"), Ask{}));
  EXPECT_TRUE(allowed(from("principals: [\"*/sa/cli\"]"), peer("spiffe://x.org/ns/a/sa/cli")));
  EXPECT_TRUE(allowed(from("principals: [\"*\"]"), Ask{}));
  EXPECT_FALSE(allowed(from("principals: [\"*\"]"), peer("")));
}

TEST(EnvoyRule, namespaces_take_stars_anywhere_TV_36_PO_040) {
  const Ask eu = peer("spiffe://cluster.local/ns/prod-x-eu/sa/b");
  EXPECT_TRUE(allowed(from("namespaces: [\"prod-*-eu\"]"), eu));
  EXPECT_FALSE(allowed(from("namespaces: [\"prod-*-us\"]"), eu));
  // 1.27 does not escape: a dot is any character (0.4).
  const Ask dotted = peer("spiffe://cluster.local/ns/axb/sa/b");
  EXPECT_TRUE(allowed(from("namespaces: [a.b]"), dotted, "{profile: istio-1.27}"));
  EXPECT_FALSE(allowed(from("namespaces: [a.b]"), dotted, "{profile: istio-master}"));
}

TEST(EnvoyRule, service_accounts_PO_041) {
  EXPECT_TRUE(allowed(from("serviceAccounts: [cli]"), Ask{}));
  EXPECT_TRUE(allowed(from("serviceAccounts: [a/cli]"), peer("spiffe://any.td/ns/a/sa/cli")));
  EXPECT_FALSE(allowed(from("serviceAccounts: [b/cli]"), Ask{}));
  EXPECT_TRUE(allowed(from("notServiceAccounts: [cli]"), peer("")));
}

TEST(EnvoyRule, trust_domains_PO_042) {
  const std::string master = "{profile: istio-master, config: {trustDomainAliases: [old.td]}}";
  EXPECT_TRUE(allowed(from("trustDomains: [cluster.local]"), Ask{}, master));
  EXPECT_TRUE(allowed(from("trustDomains: [old.td]"), Ask{}, master)) << "exact values are expanded to the aliases";
  EXPECT_FALSE(allowed(from("trustDomains: [other]"), Ask{}, master));
  EXPECT_TRUE(allowed(from("trustDomains: [\"clus*\"]"), Ask{}, master));
}

TEST(EnvoyRule, trust_domain_aliases_TV_39_PO_048) {
  const std::string block = "{trustDomain: td2, config: {trustDomainAliases: [td1]}}";
  const Ask td2 = peer("spiffe://td2/ns/a/sa/cli");
  EXPECT_TRUE(allowed(from("principals: [td1/ns/a/sa/cli]"), td2, block));
  EXPECT_TRUE(allowed(from("principals: [cluster.local/ns/a/sa/cli]"), td2, block));
  EXPECT_FALSE(allowed(from("principals: [td3/ns/a/sa/cli]"), td2, block));
  EXPECT_TRUE(allowed(from("notPrincipals: [td3/ns/a/sa/cli]"), td2, block));
}

TEST(EnvoyRule, no_identity_matches_only_negations_PO_046) {
  for (const char* field : {"principals: [\"*\"]", "namespaces: [\"*\"]", "serviceAccounts: [cli]"})
    EXPECT_FALSE(allowed(from(field), peer(""))) << field;
  for (const char* field : {"notPrincipals: [\"*\"]", "notNamespaces: [\"*\"]", "notServiceAccounts: [cli]"})
    EXPECT_TRUE(allowed(from(field), peer(""))) << field;
}

TEST(EnvoyRule, request_principals_need_a_validated_token_TV_47_PO_043_PO_108) {
  const std::string ra = policy("{selector: {matchLabels: {app: srv}}, jwtRules: [{issuer: \"https://i/x\"}]}", "ra",
                                "a", "RequestAuthentication");
  Ask ask;
  ask.jwts = {jwt("https://i/x", "s")};
  EXPECT_TRUE(allowed(from("requestPrincipals: [\"https://i/x/s\"]"), ask, "", ra)) << "split at the last slash";
  EXPECT_TRUE(allowed(from("requestPrincipals: [\"https://i/x/*\"]"), ask, "", ra));
  EXPECT_TRUE(allowed(from("requestPrincipals: [\"*\"]"), ask, "", ra));
  EXPECT_TRUE(allowed(from("requestPrincipals: [\"*s\"]"), ask, "", ra));
  EXPECT_FALSE(allowed(from("requestPrincipals: [\"https://i/x\"]"), ask, "", ra));
  EXPECT_FALSE(allowed(from("requestPrincipals: [\"*\"]"), ask)) << "without RequestAuthentication at this proxy";
  ask.jwts = {jwt("https://i/x", "")};
  EXPECT_FALSE(allowed(from("requestPrincipals: [\"*\"]"), ask, "", ra)) << "no sub, no principal";
  EXPECT_TRUE(allowed(from("notRequestPrincipals: [\"*\"]"), ask, "", ra));
}

TEST(EnvoyRule, claims_TV_48_PO_044) {
  const std::string ra = policy("{jwtRules: [{issuer: I}]}", "ra", "a", "RequestAuthentication");
  Ask ask;
  const auto with = [&](const std::string& claims) {
    ask.jwts = {jwt("I", "s", claims)};
    return ask;
  };
  const std::string groups = when("request.auth.claims[groups]", "values: [dev]");
  EXPECT_TRUE(allowed(groups, with("{groups: [ops, dev]}"), "", ra));
  EXPECT_TRUE(allowed(groups, with("{groups: dev}"), "", ra));
  EXPECT_FALSE(allowed(groups, with("{groups: \"a dev\"}"), "", ra));
  EXPECT_TRUE(allowed(when("request.auth.claims[scope]", "values: [dev]"), with("{scope: \"a dev\"}"), "", ra));
  EXPECT_TRUE(allowed(when("request.auth.claims[a][b]", "values: [\"x*\"]"), with("{a: {b: xyz}}"), "", ra));
  EXPECT_FALSE(allowed(when("request.auth.claims[n]", "values: [\"1\"]"), with("{n: 1}"), "", ra)) << "no number";
  EXPECT_TRUE(allowed(when("request.auth.presenter", "values: [app]"), with("{azp: app}"), "", ra));
  with("{}");
  ask.jwts[0].audiences = {"one", "two"};
  EXPECT_TRUE(allowed(when("request.auth.audiences", "values: [two]"), ask, "", ra));
}

TEST(EnvoyRule, metadata_is_absent_unless_something_unevaluated_could_set_it_PO_045) {
  EXPECT_FALSE(allowed(when("experimental.envoy.filters.network.x[k]", "values: [\"*\"]"), Ask{}));
  const std::string wasm =
      "---\napiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: w, namespace: a}\nspec: {url: "
      "x}\n";
  EXPECT_TRUE(at_sidecar("{}", Ask{}, "", wasm).unknown) << "PO-136";
}

TEST(EnvoyRule, tcp_chains_TV_40_TV_41_PO_051_PO_052) {
  Ask tcp;
  tcp.tcp = true;
  tcp.port = 3306;
  const std::string rules = "{to: [{operation: {methods: [GET]}}]}, {to: [{operation: {ports: [\"3306\"]}}]}";
  EXPECT_TRUE(allowed(rules, tcp));
  tcp.port = 3307;
  EXPECT_FALSE(allowed(rules, tcp));
  EXPECT_FALSE(allowed(to("methods: [GET]"), tcp)) << "an ALLOW that lost every rule denies";
  const auto deny = [&](const std::string& rule) {
    const PolicyBench bench(standard_mesh("sidecar") + policy("{action: DENY, rules: [" + rule + "]}"));
    return bench.sidecar("a/srv", tcp).allowed;
  };
  EXPECT_FALSE(deny(to("methods: [DELETE]"))) << "a DENY keeps the emptied rule";
  EXPECT_TRUE(deny(to("methods: [DELETE], ports: [\"80\"]")));
  EXPECT_TRUE(allowed(from("remoteIpBlocks: [10.0.0.1]"), tcp)) << "not HTTP-only (PO-050)";
}

TEST(EnvoyRule, denials_name_the_first_policy_in_lexical_order_PO_028_PO_030) {
  std::string rules = "{to: [{operation: {paths: [/no]}}]}";
  for (int i = 1; i < 11; ++i) rules += ", {to: [{operation: {paths: [\"*\"]}}]}";
  const PolicyBench bench(standard_mesh("sidecar") + policy("{action: DENY, rules: [" + rules + "]}"));
  const PolicyDecision out = bench.sidecar("a/srv", Ask{});
  EXPECT_EQ(out.http_status, 403);
  EXPECT_EQ(out.body, "RBAC: access denied");
  EXPECT_EQ(out.details, "rbac_access_denied_matched_policy[ns[a]-policy[p]-rule[10]]") << "10] sorts before 1]";
  EXPECT_EQ(out.policy, "a/p");
  const PolicyDecision none = at_sidecar(to("methods: [POST]"), Ask{});
  EXPECT_EQ(none.details, "rbac_access_denied_matched_policy[none]");
  EXPECT_FALSE(none.policy.has_value());
}

TEST(EnvoyRule, explanation_names_the_nearest_rule_and_the_field) {
  const PolicyDecision out = at_sidecar(
      "{from: [{source: {namespaces: [b]}}], to: [{operation: {methods: [POST]}}]}, "
      "{from: [{source: {namespaces: [a]}}], to: [{operation: {methods: [POST]}}]}",
      Ask{});
  ASSERT_EQ(out.considered.size(), 1u);
  EXPECT_EQ(out.considered[0].nearest_rule, 1);
  EXPECT_EQ(out.considered[0].nearest_failure, "to.operation.methods [POST] does not match GET");
}

}  // namespace meshsim::test
