// concerning(): the columns of the coexistence matrix (policies.md 5.3) at their enforcement points.
#include <map>

#include <gtest/gtest.h>

#include "policy_fixture.h"

namespace meshsim::test {

using namespace models;

namespace {

const std::string kSelector = "selector: {matchLabels: {app: srv}}, ";
const std::string kRefs = "targetRefs: [{kind: Service, name: srv}], ";
const std::string kGatewayRefs = "targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: wp}], ";
const std::string kCustom = "action: CUSTOM, provider: {name: h}, rules: [{}]";

const std::string kColumns =
    policy('{' + kSelector + "rules: [{from: [{source: {principals: [x]}}]}]}", "a1") +
    policy('{' + kSelector + "rules: [{to: [{operation: {methods: [GET]}}]}]}", "a2") +
    policy('{' + kSelector + "action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}]}", "a3") +
    policy('{' + kRefs + "rules: [{}]}", "a4") + policy('{' + kGatewayRefs + "rules: [{}]}", "a5") +
    policy("{targetRefs: [{kind: GatewayClass, group: gateway.networking.k8s.io, name: istio-waypoint}], rules: [{}]}",
           "a5c", "istio-system") +
    policy('{' + kSelector + kCustom + '}', "a6") + policy('{' + kRefs + kCustom + '}', "a7") +
    policy("{mtls: {mode: STRICT}}", "strict", "a", "PeerAuthentication") +
    policy('{' + kSelector + "jwtRules: [{issuer: I}]}", "r1", "a", "RequestAuthentication") +
    policy('{' + kRefs + "jwtRules: [{issuer: I}]}", "r2", "a", "RequestAuthentication") +
    policy("{selector: {matchLabels: {app: other}}, rules: [{}]}", "unrelated") +
    policy("{targetRefs: [{kind: Service, name: other}], rules: [{}]}", "unrelated2");

std::map<std::string, std::string> table(const std::string& mode, bool bound) {
  const PolicyBench bench(standard_mesh(mode, bound) + kColumns);
  std::map<std::string, std::string> out;
  for (const auto& one : bench.concerns("a/srv", "a/srv"))
    out[one.policy.name] = (one.at ? std::string(to_string(*one.at)) : "-") + ' ' + std::string(to_string(one.there));
  return out;
}

}  // namespace

TEST(Concerning, ambient_destination_with_waypoint_PO_150_PO_151_PO_152) {
  const std::map<std::string, std::string> expected = {
      {"a1", "ztunnel enforced"},  {"a2", "ztunnel denies-all"}, {"a3", "ztunnel open"},
      {"a4", "waypoint enforced"}, {"a5", "waypoint enforced"},  {"a5c", "waypoint enforced"},
      {"a6", "ztunnel open"},      {"a7", "waypoint enforced"},  {"strict", "ztunnel enforced"},
      {"r1", "ztunnel open"},      {"r2", "waypoint enforced"}};
  EXPECT_EQ(table("ambient", true), expected);
}

TEST(Concerning, ambient_destination_without_waypoint_P08_P15) {
  const std::map<std::string, std::string> expected = {{"a1", "ztunnel enforced"}, {"a2", "ztunnel denies-all"},
                                                       {"a3", "ztunnel open"},     {"a4", "- inert"},
                                                       {"a5c", "- inert"},         {"a6", "ztunnel open"},
                                                       {"a7", "- inert"},          {"strict", "ztunnel enforced"},
                                                       {"r1", "ztunnel open"},     {"r2", "- inert"}};
  EXPECT_EQ(table("ambient", false), expected);
}

TEST(Concerning, sidecar_destination_P06_P13) {
  const std::map<std::string, std::string> expected = {
      {"a1", "sidecar enforced"},  {"a2", "sidecar enforced"},  {"a3", "sidecar enforced"},
      {"a4", "waypoint enforced"}, {"a5", "waypoint enforced"}, {"a5c", "waypoint enforced"},
      {"a6", "sidecar enforced"},  {"a7", "waypoint enforced"}, {"strict", "sidecar enforced"},
      {"r1", "sidecar enforced"},  {"r2", "waypoint enforced"}};
  EXPECT_EQ(table("sidecar", true), expected);
}

// PO-136, PO-137: filters are lost at ztunnel, run at Envoy.
TEST(Concerning, filters_and_plugins_PF_32_PF_33_PO_136_PO_137) {
  const auto plugin = [](const std::string& name, const std::string& spec) {
    return "---\napiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: " + name +
           ", namespace: a}\nspec: {" + spec + "url: \"oci://x\"}\n";
  };
  const std::string both = plugin("w1", kSelector) + plugin("w2", kRefs);
  const auto status = [&](const std::string& mode, bool bound) {
    std::string out;
    for (const auto& one : PolicyBench(standard_mesh(mode, bound) + both).concerns("a/srv", "a/srv"))
      out += one.policy.name + ' ' + (one.at ? std::string(to_string(*one.at)) : "-") + ' ' +
             std::string(to_string(one.there)) + ' ' + one.rules.front() + "; ";
    return out;
  };
  EXPECT_EQ(status("ambient", true), "w1 ztunnel open PO-136; w2 waypoint not-evaluated PO-006; ");
  EXPECT_EQ(status("sidecar", true), "w1 sidecar not-evaluated PO-136; w2 waypoint not-evaluated PO-006; ");
  EXPECT_EQ(status("ambient", false), "w1 ztunnel open PO-136; w2 - inert PO-150; ");
  EXPECT_EQ(status("none", false), "w1 - inert PO-019b; w2 - inert PO-150; ");
}

TEST(Concerning, uncaptured_destination_P01) {
  for (const auto& [name, status] : table("none", false)) EXPECT_EQ(status, "- inert") << name;
  EXPECT_EQ(table("none", false).size(), 10u);
}

}  // namespace meshsim::test
