// Conditions of istiod (PO-069a..h).
#include <gtest/gtest.h>

#include "policy_fixture.h"

namespace meshsim::test {

using namespace models;

namespace {

std::string condition(const std::string& spec, const std::string& block = "{profile: istio-master}",
                      const std::string& ns = "a", bool bound = true, const std::string& metadata = "",
                      const std::string& more = "") {
  const PolicyBench bench(
      standard_mesh("ambient", bound) + policy(spec, "p", ns, "AuthorizationPolicy", metadata) + more, block);
  const auto all = bench.engine->istiod_status({"AuthorizationPolicy", ns, "p", {}});
  if (all.empty()) return "none";
  return all[0].type + '=' + all[0].status + ' ' + all[0].reason + ' ' + all[0].rule;
}

}  // namespace

TEST(IstiodStatus, ztunnel_PF_06_PO_069a_to_e) {
  EXPECT_EQ(condition("{rules: [{from: [{source: {namespaces: [a]}}]}]}"), "ZtunnelAccepted=True Accepted PO-069a");
  EXPECT_EQ(condition("{rules: [{to: [{operation: {methods: [GET]}}]}]}"),
            "ZtunnelAccepted=True UnsupportedValue PO-069b");
  EXPECT_EQ(condition("{action: DENY, rules: [{to: [{operation: {methods: [GET], ports: [\"1\"]}}]}]}"),
            "ZtunnelAccepted=True UnsupportedValue PO-069c");
  EXPECT_EQ(condition("{action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]}"),
            "ZtunnelAccepted=True UnsupportedValue PO-069d");
  EXPECT_EQ(condition("{action: AUDIT, rules: [{}]}"), "ZtunnelAccepted=False UnsupportedValue PO-069e");
  const std::string dry = ", annotations: {istio.io/dry-run: \"true\"}";
  EXPECT_EQ(condition("{rules: [{}]}", "{profile: istio-master}", "a", true, dry),
            "ZtunnelAccepted=False UnsupportedValue PO-069e");
  EXPECT_EQ(condition("{rules: [{}]}", "{profile: istio-1.27}", "a", true, dry), "none") << "PO-027";
}

TEST(IstiodStatus, waypoint_PO_069f_to_h) {
  const std::string service = "{targetRefs: [{kind: Service, name: srv}], rules: [{}]}";
  EXPECT_EQ(condition(service), "WaypointAccepted=True Accepted PO-069f");
  EXPECT_EQ(condition(service, "{profile: istio-master}", "a", false),
            "WaypointAccepted=False AncestorNotBound PO-069f");
  EXPECT_EQ(condition("{targetRefs: [{kind: Service, name: gone}], rules: [{}]}"),
            "WaypointAccepted=False TargetNotFound PO-069f");
  EXPECT_EQ(condition("{targetRefs: [{kind: Service, name: srv}, {kind: Service, name: gone}], rules: [{}]}"),
            "WaypointAccepted=True PartiallyInvalid PO-069f");
  EXPECT_EQ(
      condition("{targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: in}], rules: [{}]}",
                "{profile: istio-master}", "a", true, "",
                "---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: in, namespace: a}\n"
                "spec: {gatewayClassName: istio, listeners: [{name: h, port: 80, protocol: HTTP}]}\n"),
      "WaypointAccepted=False TargetNotFound PO-069g");
  EXPECT_EQ(condition("{targetRefs: [{kind: GatewayClass, group: gateway.networking.k8s.io, name: mine}], rules: [{}]}",
                      "{profile: istio-master}", "istio-system", true, "",
                      "---\napiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: mine}\n"
                      "spec: {controllerName: istio.io/mesh-controller}\n"),
            "WaypointAccepted=True Accepted PO-069h");
}

}  // namespace meshsim::test
