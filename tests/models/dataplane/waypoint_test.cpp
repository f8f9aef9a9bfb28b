// Waypoints: who uses them, and what happens when they are missing (dataplane.md section 3).
#include <gtest/gtest.h>

#include "tests/models/dataplane/support.h"

namespace meshsim::models::testing {
namespace {

std::string bound(std::string_view gateway_extra = "", std::string_view use = "service") {
  std::string out = echo_mesh(R"(
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint}}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec: {serviceAccountName: cart, containers: [{name: app, image: app}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: shop, labels: {istio.io/waypoint-for: )");
  out += std::string(use) +
         "}}\nspec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}\n";
  return out + std::string(gateway_extra);
}

Outcome only(const World& world, const Flow& flow) {
  const auto outcomes = judge(world, flow).outcomes;
  EXPECT_EQ(outcomes.size(), 1u);
  return outcomes.at(0);
}

// DP-060, DP-160, DP-V06: VIP traffic of ambient clients goes through, pod traffic does not.
TEST(Waypoint, DP060AmbientClientUsesIt) {
  const World world = world_of(bound());
  EXPECT_EQ(summary(only(world, flow_of("echo/ambient", "cart.shop", 80))),
            "allowed 200 hbone ztunnel,waypoint,ztunnel");
  EXPECT_EQ(summary(only(world, flow_to_pod("echo/ambient", "shop/cart", 8080))), "allowed 200 hbone ztunnel,ztunnel");
}

// DP-092: waypoint-for workload turns it round, all takes both, none neither.
TEST(Waypoint, DP092TrafficTypes) {
  const World workload = world_of(bound("", "workload"));
  EXPECT_EQ(path_of(only(workload, flow_of("echo/ambient", "cart.shop", 80))), "ztunnel,ztunnel");
  EXPECT_EQ(path_of(only(workload, flow_to_pod("echo/ambient", "shop/cart", 8080))), "ztunnel,waypoint,ztunnel");
  const World all = world_of(bound("", "all"));
  EXPECT_EQ(path_of(only(all, flow_of("echo/ambient", "cart.shop", 80))), "ztunnel,waypoint,ztunnel");
  EXPECT_EQ(path_of(only(all, flow_to_pod("echo/ambient", "shop/cart", 8080))), "ztunnel,waypoint,ztunnel");
  const World none = world_of(bound("", "none"));
  EXPECT_EQ(path_of(only(none, flow_of("echo/ambient", "cart.shop", 80))), "ztunnel,ztunnel");
}

// DP-052, PO-141, DP-V01: a sidecar bypasses it, and the policy bound to it is shown as bypassed.
TEST(Waypoint, DP052SidecarBypassesIt) {
  const World world = world_of(bound(R"(
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: get-only, namespace: shop}
spec:
  targetRefs: [{kind: Service, group: "", name: cart}]
  action: ALLOW
  rules: [{to: [{operation: {methods: [GET]}}]}]
)"));
  Flow flow = flow_of("echo/sidecar", "cart.shop", 80);
  flow.request.method = "POST";
  const Outcome bypass = only(world, flow);
  EXPECT_EQ(summary(bypass), "allowed 200 hbone sidecar,ztunnel");
  EXPECT_TRUE(cites(bypass, "DP-052"));
  ASSERT_NE(finding(bypass, "shop/get-only"), nullptr);
  EXPECT_EQ(finding(bypass, "shop/get-only")->status, PolicyStatus::Bypassed);

  std::tie(flow.from.ns, flow.from.name) = std::pair("echo", "ambient");
  const Outcome enforced = only(world, flow);
  EXPECT_EQ(summary(enforced), "denied 403 - ztunnel,waypoint");
  ASSERT_TRUE(enforced.denied_by);
  EXPECT_EQ(enforced.denied_by->proxy, ProxyKind::Waypoint);
  EXPECT_EQ(finding(enforced, "shop/get-only")->status, PolicyStatus::Enforced);
}

// DP-112, DP-V05: a label that names nothing fails open.
TEST(Waypoint, DP112MissingGatewayFailsOpen) {
  std::string text = bound();
  text.replace(text.find("metadata: {name: waypoint,"), 26, "metadata: {name: another,");
  const Outcome o = only(world_of(text), flow_of("echo/ambient", "cart.shop", 80));
  EXPECT_EQ(summary(o), "allowed 200 hbone ztunnel,ztunnel");
}

// DP-112: never ready; DP-114: was ready, its pods are gone.
TEST(Waypoint, DP114NoPodsFailsClosed) {
  const Outcome open = only(world_of(bound("status: {conditions: [{type: Programmed, status: 'False'}]}\n")),
                            flow_of("echo/ambient", "cart.shop", 80));
  EXPECT_EQ(path_of(open), "ztunnel,ztunnel");
  const Outcome closed = only(world_of(bound(R"(
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: waypoint, namespace: shop}
spec:
  replicas: 0
  selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: waypoint}}
  template:
    metadata: {labels: {gateway.networking.k8s.io/gateway-name: waypoint, gateway.istio.io/managed: istio.io-mesh-controller, istio.io/dataplane-mode: none, sidecar.istio.io/inject: 'false'}}
    spec: {serviceAccountName: waypoint, containers: [{name: istio-proxy, image: auto}]}
)")),
                              flow_of("echo/ambient", "cart.shop", 80));
  EXPECT_EQ(closed.verdict, Verdict::Unreachable);
  EXPECT_TRUE(cites(closed, "DP-114"));
}

// DP-165: the destination sees the waypoint's identity.
TEST(Waypoint, DP165IdentityBehindIt) {
  const Outcome o = only(world_of(bound()), flow_of("echo/ambient", "cart.shop", 80));
  EXPECT_EQ(o.hops.at(1).identity, "spiffe://cluster.local/ns/echo/sa/ambient");
  EXPECT_EQ(o.hops.at(2).identity, "spiffe://cluster.local/ns/shop/sa/waypoint");
}

// DP-109: the canary's share, by profile.
TEST(Waypoint, DP109Canary) {
  std::string text = bound(R"(
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: canary, namespace: shop, labels: {istio.io/waypoint-for: service}}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
)");
  const std::string service = "metadata: {name: cart, namespace: shop}\nspec: {selector";
  text.replace(text.find(service), service.size(),
               "metadata: {name: cart, namespace: shop, labels: {istio.io/use-waypoint: waypoint, "
               "istio.io/use-waypoint-canary: canary}, "
               "annotations: {istio.io/use-waypoint-canary-weight: '25'}}\nspec: {selector");
  const auto split =
      judge(world_of(text, "{profile: istio-master}"), flow_of("echo/ambient", "cart.shop", 80)).outcomes;
  ASSERT_EQ(split.size(), 2u);
  double canary = 0, total = 0;
  for (const Outcome& o : split) {
    total += o.probability;
    if (o.hops.at(1).name == "shop/canary") canary += o.probability;
  }
  EXPECT_DOUBLE_EQ(canary, 0.25);
  EXPECT_DOUBLE_EQ(total, 1.0);
  EXPECT_EQ(judge(world_of(text, "{profile: ossm-3.2}"), flow_of("echo/ambient", "cart.shop", 80)).outcomes.size(), 1u);
}

// DP-320, DP-V15: a waypoint does not serve its own address. DP-083: it takes nothing but HBONE.
TEST(Waypoint, DP320ItsOwnService) {
  const World world = world_of(bound());
  const char* waypoint = "waypoint.shop.svc.cluster.local";
  for (const std::uint16_t port : {std::uint16_t{15008}, std::uint16_t{15021}}) {
    const Outcome ambient = only(world, flow_of("echo/ambient", waypoint, port));
    EXPECT_EQ(summary(ambient), "unreachable - hbone ztunnel,waypoint");
    EXPECT_TRUE(cites(ambient, "DP-320"));
    const Outcome sidecar = only(world, flow_of("echo/sidecar", waypoint, port, FlowProtocol::Tcp));
    EXPECT_EQ(summary(sidecar), "unreachable - hbone sidecar,waypoint");
    EXPECT_TRUE(cites(sidecar, "DP-320"));
  }
  const Outcome plain = only(world, flow_of("echo/plain", waypoint, 15008, FlowProtocol::Tcp));
  EXPECT_EQ(summary(plain), "reset - plaintext waypoint");
  EXPECT_TRUE(cites(plain, "DP-083"));
  EXPECT_EQ(summary(only(world, flow_of("echo/plain", waypoint, 15021))), "allowed 200 plaintext ");
}

}  // namespace
}  // namespace meshsim::models::testing
