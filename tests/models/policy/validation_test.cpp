// What the admission webhook would refuse (PO-200..PO-206), and that the verdict says so.
#include "models/policy/validation/validation.h"

#include <gtest/gtest.h>

#include "policy_fixture.h"
#include "scenarios/read/document_reader.h"

namespace meshsim::test {

using namespace models;

namespace {

// Codes of the findings, and whether the object is refused.
std::string findings(const std::string& spec, const std::string& kind = "AuthorizationPolicy",
                     const std::string& metadata = "") {
  const auto objects = objects_of_yaml(policy(spec, "p", "a", kind, metadata));
  Diagnostics out;
  std::vector<Reason> rejected;
  MeshSettings settings;
  settings.extension_providers.push_back({"known", "envoyExtAuthzHttp", "", 0, false, std::nullopt, {}});
  policy::validate_policy(objects.at(0), settings, out, rejected);
  std::string text;
  for (const auto& one : out) text += (text.empty() ? "" : " ") + one.code;
  if (!rejected.empty()) text += " refused " + rejected[0].rule;
  return text;
}
std::string rule(const std::string& text) { return findings("{rules: [" + text + "]}"); }

}  // namespace

TEST(Validation, selectors_and_references_PO_200_PO_201_PO_205) {
  EXPECT_EQ(findings("{selector: {matchLabels: {a: b}}, rules: [{}]}"), "");
  EXPECT_EQ(findings("{selector: {matchLabels: {a: b}}, targetRefs: [{kind: Service, name: s}]}"),
            "MSH0101 refused PO-200");
  EXPECT_EQ(findings("{selector: {matchLabels: {a: \"*\"}}}"), "MSH0101 refused PO-200");
  EXPECT_EQ(findings("{selector: {}}"), "MSH0105");
  EXPECT_EQ(findings("{targetRefs: [{kind: Service, name: s, namespace: b}]}"), "MSH0102 refused PO-201");
  EXPECT_EQ(findings("{targetRef: {kind: Pod, name: s}}"), "MSH0102 refused PO-201");
  EXPECT_EQ(findings("{targetRef: {kind: Service}}"), "MSH0102 refused PO-201");
  std::string many;
  for (int i = 0; i < 17; ++i) many += "{kind: Service, name: s" + std::to_string(i) + "}, ";
  EXPECT_EQ(findings("{targetRefs: [" + many + "]}"), "MSH0106 refused PO-205");
}

TEST(Validation, rules_PO_202) {
  const std::string bad = "MSH0103 refused PO-202";
  EXPECT_EQ(rule("{}"), "");
  EXPECT_EQ(rule("null"), bad);
  EXPECT_EQ(rule("{from: []}"), bad);
  EXPECT_EQ(rule("{from: [{source: {}}]}"), bad);
  EXPECT_EQ(rule("{to: [{operation: {methods: [\"\"]}}]}"), bad);
  EXPECT_EQ(rule("{from: [{source: {ipBlocks: [x]}}]}"), bad);
  EXPECT_EQ(rule("{to: [{operation: {ports: [\"65536\"]}}]}"), bad);
  EXPECT_EQ(rule("{when: [{values: [a]}]}"), bad);
  EXPECT_EQ(rule("{when: [{key: source.ip}]}"), bad);
  EXPECT_EQ(rule("{when: [{key: nonsense, values: [a]}]}"), bad);
  EXPECT_EQ(rule("{when: [{key: request.headers, values: [a]}]}"), bad);
  EXPECT_EQ(rule("{from: [{source: {serviceAccounts: [\"a/*\"]}}]}"), bad);
  EXPECT_EQ(rule("{from: [{source: {serviceAccounts: [a/b/c]}}]}"), bad);
  EXPECT_EQ(rule("{from: [{source: {trustDomains: [a/b]}}]}"), bad);
  EXPECT_EQ(rule("{from: [{source: {trustDomains: [\"a*b\"]}}]}"), bad);
  EXPECT_EQ(rule("{to: [{operation: {paths: [\"/{a}\"]}}]}"), bad);
  EXPECT_EQ(rule("{to: [{operation: {paths: [\"/{**}/{*}\"]}}]}"), bad);
  EXPECT_EQ(rule("{to: [{operation: {paths: [\"/{**}/a\", \"/{*}\"]}}]}"), "");
}

TEST(Validation, actions_PO_203_PO_164) {
  const std::string bad = "MSH0104 refused PO-203";
  EXPECT_EQ(findings("{action: CUSTOM, provider: {name: known}, rules: [{}]}"), "");
  EXPECT_EQ(findings("{action: CUSTOM, rules: [{}]}"), bad);
  EXPECT_EQ(findings("{action: CUSTOM, provider: {name: known}}"), bad);
  EXPECT_EQ(findings("{action: DENY}"), bad);
  EXPECT_EQ(findings("{provider: {name: known}}"), bad);
  EXPECT_EQ(findings("{action: CUSTOM, provider: {name: known}, rules: [{from: [{source: {namespaces: [a]}}]}]}"), bad);
  EXPECT_EQ(findings("{action: CUSTOM, provider: {name: known}, rules: [{when: [{key: \"request.auth.claims[a]\", "
                     "values: [b]}]}]}"),
            bad);
  EXPECT_EQ(findings("{}", "AuthorizationPolicy", ", annotations: {istio.io/dry-run: maybe}"), bad);
  EXPECT_EQ(findings("{mtls: {}}", "PeerAuthentication", ", annotations: {istio.io/dry-run: \"true\"}"), bad);
}

TEST(Validation, warnings_PO_204_PO_206) {
  EXPECT_EQ(findings("{action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]}"), "MSH0105");
  EXPECT_EQ(findings("{action: DENY, rules: [{to: [{operation: {methods: [GET], ports: [\"80\"]}}]}]}"), "");
  EXPECT_EQ(findings("{action: DENY, rules: [{from: [{source: {requestPrincipals: [a]}}]}]}"), "MSH0105");
  EXPECT_EQ(rule("{from: [{source: {principals: [\"spiffe://a\"]}}]}"), "MSH0107");
  EXPECT_EQ(rule("{to: [{operation: {methods: [get]}}]}"), "MSH0107");
  EXPECT_EQ(rule("{to: [{operation: {hosts: [\"a*b.com\"]}}]}"), "MSH0107");
}

TEST(Validation, authentication_policies) {
  EXPECT_EQ(findings("{portLevelMtls: {80: {mode: STRICT}}}", "PeerAuthentication"), "MSH0108 refused PO-082");
  EXPECT_EQ(findings("{selector: {matchLabels: {a: b}}, portLevelMtls: {0: {mode: STRICT}}}", "PeerAuthentication"),
            "MSH0108 refused PO-082");
  EXPECT_EQ(findings("{jwtRules: [{audiences: [a]}]}", "RequestAuthentication"), "MSH0109 refused PO-110");
  EXPECT_EQ(findings("{jwtRules: [{issuer: a, jwks: x}]}", "RequestAuthentication"), "MSH0109 refused PO-110");
  EXPECT_EQ(findings("{jwtRules: [{issuer: a, jwksUri: \"https://x\"}]}", "RequestAuthentication"), "");
}

TEST(Validation, a_refused_policy_is_judged_and_the_verdict_says_so) {
  const PolicyBench bench(standard_mesh("sidecar") +
                          policy("{selector: {matchLabels: {app: srv}}, targetRefs: [], action: "
                                 "DENY, rules: [{from: []}]}"));
  const PolicyDecision out = bench.sidecar("a/srv", Ask{});
  EXPECT_FALSE(out.allowed);
  ASSERT_EQ(out.considered.size(), 1u);
  EXPECT_NE(out.considered[0].why.find("A real cluster would not accept this policy"), std::string::npos);
  EXPECT_EQ(bench.engine->rejections({"AuthorizationPolicy", "a", "p", {}}).size(), 1u);
}

// Istio's own valid and invalid objects.
TEST(Validation, istios_own_examples) {
  for (const auto& file : list_files("tests/data/istio-policy/validation")) {
    Diagnostics reading;
    const auto documents = scenarios::read_documents(read_file(file), file, {}, reading);
    ASSERT_FALSE(documents.broken) << file;
    for (const auto& tree : documents.trees) {
      auto object = decode_object(tree, tree->root(), reading);
      ASSERT_TRUE(object.has_value());
      SCOPED_TRACE(file + ' ' + object->name);
      Diagnostics out;
      std::vector<Reason> rejected;
      policy::validate_policy(*object, MeshSettings(), out, rejected);
      EXPECT_EQ(rejected.empty(), !tree->root()["_err"].exists());
    }
  }
}

}  // namespace meshsim::test
