// Which policies attach where (PO-001..PO-019b).
#include <gtest/gtest.h>

#include "policy_fixture.h"

namespace meshsim::test {

using namespace models;

namespace {

const std::string kDenyAll = "rules: [{}], action: DENY";
std::string refs(const std::string& ref) { return "{targetRefs: [{" + ref + "}], " + kDenyAll + "}"; }
const std::string kService = "kind: Service, group: \"\", name: srv";
const std::string kGateway = "kind: Gateway, group: gateway.networking.k8s.io, name: wp";
const std::string kClass = "kind: GatewayClass, group: gateway.networking.k8s.io, name: istio-waypoint";
const std::string kIngress =
    "---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: in, namespace: a}\n"
    "spec:\n  gatewayClassName: istio\n  listeners: [{name: http, port: 80, protocol: HTTP}]\n";

bool sidecar_denies(const std::string& policies) {
  return !PolicyBench(standard_mesh("sidecar") + policies).sidecar("a/srv", Ask{}).allowed;
}
bool ztunnel_denies(const std::string& policies) {
  return !PolicyBench(standard_mesh("ambient") + policies).ztunnel("a/srv", Ask{}).allowed;
}
bool waypoint_denies(const std::string& policies, const std::string& service = "a/srv", const std::string& block = "") {
  return !PolicyBench(standard_mesh("ambient") + policies, block).waypoint("a/wp", service, Ask{}).allowed;
}
bool gateway_denies(const std::string& policies, const std::string& block = "") {
  return !PolicyBench(standard_mesh("sidecar") + kIngress + policies, block).gateway("a/in", Ask{}).allowed;
}

}  // namespace

TEST(Attachment, namespaces_and_root_PO_001_PO_002) {
  EXPECT_TRUE(sidecar_denies(policy('{' + kDenyAll + '}')));
  EXPECT_TRUE(sidecar_denies(policy('{' + kDenyAll + '}', "p", "istio-system")));
  EXPECT_FALSE(sidecar_denies(policy('{' + kDenyAll + '}', "p", "b")));
  EXPECT_TRUE(sidecar_denies(policy("{selector: {matchLabels: {app: srv}}, " + kDenyAll + '}', "p", "istio-system")));
  EXPECT_FALSE(sidecar_denies(policy("{selector: {matchLabels: {app: x}}, " + kDenyAll + '}')));
}

TEST(Attachment, sidecars_ignore_target_refs_and_take_empty_selectors_PO_003_TV_18) {
  EXPECT_FALSE(sidecar_denies(policy(refs(kService))));
  EXPECT_FALSE(sidecar_denies(policy(refs(kGateway))));
  EXPECT_FALSE(sidecar_denies(policy("{targetRef: {" + kService + "}, " + kDenyAll + '}')));
  EXPECT_TRUE(sidecar_denies(policy("{selector: {}, " + kDenyAll + '}')));
}

TEST(Attachment, waypoints_never_use_selectors_PO_004_TV_45) {
  EXPECT_FALSE(waypoint_denies(policy('{' + kDenyAll + '}')));
  EXPECT_FALSE(waypoint_denies(policy('{' + kDenyAll + '}', "p", "istio-system")));
  EXPECT_FALSE(waypoint_denies(
      policy("{selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: wp}}, " + kDenyAll + '}')));
}

TEST(Attachment, gateways_take_selectors_unless_switched_off_PO_005) {
  EXPECT_TRUE(gateway_denies(policy('{' + kDenyAll + '}')));
  EXPECT_TRUE(gateway_denies(policy('{' + kDenyAll + '}', "p", "istio-system")));
  EXPECT_FALSE(gateway_denies(policy('{' + kDenyAll + '}'),
                              "{features: {ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY: \"false\"}}"));
  EXPECT_TRUE(gateway_denies(
      policy("{targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: in}], " + kDenyAll + '}')))
      << "PO-009";
}

TEST(Attachment, target_refs_at_a_waypoint_PO_006_PO_011_TV_52) {
  EXPECT_TRUE(waypoint_denies(policy(refs(kService))));
  EXPECT_FALSE(waypoint_denies(policy(refs(kService)), "")) << "absent from direct chains";
  EXPECT_FALSE(waypoint_denies(policy(refs(kService)), "a/other"));
  EXPECT_FALSE(waypoint_denies(policy(refs(kService), "p", "b"))) << "another namespace than the Service's";
  EXPECT_TRUE(waypoint_denies(policy(refs(kGateway))));
  EXPECT_TRUE(waypoint_denies(policy(refs(kGateway)), "")) << "Gateway refs sit on all chains";
  EXPECT_TRUE(waypoint_denies(policy("{targetRef: {" + kService + "}, " + kDenyAll + '}'))) << "PO-010";
  EXPECT_FALSE(waypoint_denies(policy("{targetRefs: [{" + kService + ", namespace: b}], " + kDenyAll + '}')));
  EXPECT_FALSE(waypoint_denies(policy(refs("kind: ServiceEntry, group: networking.istio.io, name: srv"))));
}

TEST(Attachment, service_entries_and_classes_PO_007_PO_008_TV_46) {
  EXPECT_TRUE(waypoint_denies(policy(refs("kind: ServiceEntry, group: networking.istio.io, name: ext")), "a/ext"));
  EXPECT_TRUE(waypoint_denies(policy(refs(kClass), "p", "istio-system")));
  EXPECT_FALSE(waypoint_denies(policy(refs(kClass)))) << "only from the root namespace";
  EXPECT_FALSE(waypoint_denies(
      policy(refs("kind: GatewayClass, group: gateway.networking.k8s.io, name: my-waypoint"), "p", "istio-system")));
}

TEST(Attachment, layered_policies_at_the_connect_termination_PO_012) {
  const std::string on = "{features: {ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES: \"true\"}}";
  const std::string deny = policy("{action: DENY, rules: [{from: [{source: {principals: [\"*/sa/cli\"]}}]}]}");
  EXPECT_FALSE(waypoint_denies(deny));
  EXPECT_TRUE(waypoint_denies(deny, "a/srv", on));
  const PolicyBench bench(standard_mesh("ambient") + deny, on);
  EXPECT_TRUE(bench.waypoint("a/wp", "a/srv", Ask{}).at_connect);
}

TEST(Attachment, ztunnel_PO_015_PO_016_PO_018_PO_019_TV_44) {
  EXPECT_TRUE(ztunnel_denies(policy('{' + kDenyAll + '}')));
  EXPECT_TRUE(ztunnel_denies(policy('{' + kDenyAll + '}', "p", "istio-system")));
  EXPECT_FALSE(ztunnel_denies(policy('{' + kDenyAll + '}', "p", "b")));
  EXPECT_TRUE(ztunnel_denies(policy("{selector: {matchLabels: {app: srv}}, " + kDenyAll + '}')));
  EXPECT_FALSE(ztunnel_denies(policy("{selector: {}, " + kDenyAll + '}'))) << "PO-019";
  EXPECT_FALSE(ztunnel_denies(policy(refs(kService)))) << "PO-015";
  EXPECT_FALSE(ztunnel_denies(policy("{action: CUSTOM, provider: {name: x}, rules: [{}]}"))) << "PO-018";
  EXPECT_FALSE(ztunnel_denies(policy("{action: AUDIT, rules: [{}]}"))) << "PO-018";
}

TEST(Attachment, synthetic_waypoint_allow_PO_019a_DP_137) {
  const std::string on = "{features: {PILOT_AUTO_ALLOW_WAYPOINT_POLICY: \"true\"}}";
  const PolicyBench bench(standard_mesh("ambient"), on);
  Ask ask;
  EXPECT_FALSE(bench.ztunnel("a/srv", ask).allowed);
  ask.principal = kWaypoint;
  EXPECT_TRUE(bench.ztunnel("a/srv", ask).allowed);
  EXPECT_TRUE(bench.ztunnel("a/cli", Ask{}).allowed) << "not bound to a waypoint";
}

}  // namespace meshsim::test
