// Across networks (dataplane.md section 6): who knows remote endpoints, through which gateway, and what stays unknown.
#include <gtest/gtest.h>

#include "tests/models/dataplane/support.h"

namespace meshsim::models::testing {
namespace {

// Service shop/cart with pods in the networks given, one Deployment each, in `mode` (extra pod labels and annotations).
std::string cart_in(std::string_view network, std::string_view labels, std::string_view annotations = "") {
  std::string out = R"(
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart-)";
  out += network;
  out += R"(, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  template:
    metadata:
      labels: {app: cart, topology.istio.io/network: )";
  out += network;
  out += labels;
  out += "}\n      annotations: {";
  out += annotations;
  out += "}\n    spec: {serviceAccountName: cart, containers: [{name: app, image: app}]}\n";
  return out;
}

constexpr std::string_view kAmbient = ", istio.io/dataplane-mode: ambient";
constexpr std::string_view kSidecar = ", security.istio.io/tlsMode: istio, networking.istio.io/tunnel: http";
constexpr std::string_view kInjected = "sidecar.istio.io/status: '{}'";

// The clients of echo_mesh are in network one, the network of the system namespace.
std::string mesh_with(std::string_view service_labels, std::string_view extra) {
  std::string out = echo_mesh(R"(
---
apiVersion: v1
kind: Namespace
metadata: {name: istio-system, labels: {topology.istio.io/network: one}}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop, labels: {)");
  out += service_labels;
  out += "}}\nspec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}]}\n";
  return out + std::string(extra);
}

constexpr std::string_view kGlobal = "istio.io/global: 'true'";

constexpr std::string_view kEastWest = R"(
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: ew-two, namespace: istio-system, labels: {topology.istio.io/network: two}}
spec:
  gatewayClassName: istio-east-west
  listeners: [{name: mesh, port: 15008, protocol: HBONE, tls: {mode: Terminate}}]
)";

constexpr std::string_view kAutoPassthrough = R"(
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: sni-two, namespace: istio-system, labels: {topology.istio.io/network: two}}
spec:
  gatewayClassName: istio
  listeners: [{name: cross, port: 15443, protocol: TLS, hostname: "*.local", tls: {mode: Passthrough}}]
)";

constexpr std::string_view kOn = "{profile: istio-1.27, features: {AMBIENT_ENABLE_MULTI_NETWORK: 'true'}}";
constexpr std::string_view kMasterOn = "{profile: istio-master, features: {AMBIENT_ENABLE_MULTI_NETWORK: 'true'}}";

std::vector<Outcome> ask(const World& world, std::string_view client, FlowProtocol protocol = FlowProtocol::Http) {
  return judge(world, flow_of(client, "cart.shop.svc.cluster.local", 80, protocol)).outcomes;
}
Outcome only(const std::vector<Outcome>& outcomes) {
  EXPECT_EQ(outcomes.size(), 1u);
  return outcomes.at(0);
}

// PO-148 P30, DP-276: nobody sends HBONE straight to another network.
TEST(Networks, P30SidecarToAmbientIsNeverPredictedDirect) {
  const std::string pods = cart_in("two", kAmbient);
  for (const char* profile : {"{profile: ossm-3.2}", "{profile: istio-1.27}", "{profile: istio-master}"}) {
    SCOPED_TRACE(profile);
    const Outcome bare = only(ask(world_of(mesh_with(kGlobal, pods), profile), "echo/sidecar"));
    EXPECT_EQ(bare.verdict, Verdict::Unknown);  // dialled directly; the network below decides
    EXPECT_TRUE(cites(bare, "DP-276"));
    const Outcome sni =
        only(ask(world_of(mesh_with(kGlobal, pods + std::string(kAutoPassthrough)), profile), "echo/sidecar"));
    EXPECT_EQ(summary(sni), "unreachable 503 - sidecar");
    EXPECT_EQ(sni.response_flags, "UH");
    EXPECT_TRUE(cites(sni, "DP-276"));
  }
}

// DP-276: an ambient gateway is no help to a sidecar; 1.27 drops the endpoint, master dials it directly.
TEST(Networks, DP276AmbientGatewayIsNoWayForSidecars) {
  const std::string mesh = mesh_with(kGlobal, cart_in("two", kAmbient) + std::string(kEastWest));
  EXPECT_EQ(summary(only(ask(world_of(mesh, kOn), "echo/sidecar"))), "unreachable 503 - sidecar");
  const Outcome master = only(ask(world_of(mesh, kMasterOn), "echo/sidecar"));
  EXPECT_EQ(master.verdict, Verdict::Unknown);
  EXPECT_TRUE(cites(master, "DP-276"));
}

// DP-276: sidecars cross by mTLS through an AUTO_PASSTHROUGH gateway; the server sees the client.
TEST(Networks, DP276SidecarsCrossBySni) {
  const std::string mesh = mesh_with("", cart_in("two", kSidecar, kInjected) + std::string(kAutoPassthrough) + R"(
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: only-legacy, namespace: shop}
spec: {rules: [{from: [{source: {principals: [cluster.local/ns/echo/sa/legacy]}}]}]}
)");
  // A TLS listener is alpha before 1.31 (DP-258).
  EXPECT_EQ(summary(only(ask(world_of(mesh, "{profile: ossm-3.2}"), "echo/legacy"))),
            "unreachable 503 - sidecar,gateway");
  const World world = world_of(mesh, "{profile: ossm-3.2, features: {PILOT_ENABLE_ALPHA_GATEWAY_API: 'true'}}");
  const Outcome legacy = only(ask(world, "echo/legacy"));
  EXPECT_EQ(summary(legacy), "allowed 200 mtls sidecar,gateway,sidecar");
  EXPECT_EQ(legacy.hops.back().identity, "spiffe://cluster.local/ns/echo/sa/legacy");
  EXPECT_TRUE(legacy.hops[1].identity.empty());
  EXPECT_FALSE(legacy.hops[1].http);
  EXPECT_EQ(summary(only(ask(world, "echo/sidecar"))), "denied 403 mtls sidecar,gateway,sidecar");
}

// DP-271: the flag is off by default; without a gateway ztunnel refuses (DP-277).
TEST(Networks, DP277ZtunnelRefusesWithoutGateway) {
  const Outcome bare = only(ask(world_of(mesh_with(kGlobal, cart_in("two", kAmbient))), "echo/ambient"));
  EXPECT_EQ(summary(bare), "unreachable - - ztunnel");
  EXPECT_TRUE(cites(bare, "DP-277"));
  const Outcome off =
      only(ask(world_of(mesh_with(kGlobal, cart_in("two", kAmbient) + std::string(kEastWest))), "echo/ambient"));
  EXPECT_EQ(off.verdict, Verdict::Unknown);
  EXPECT_TRUE(cites(off, "DP-271"));
}

// DP-273: double HBONE, the identity of the client end to end.
TEST(Networks, DP273DoubleHbone) {
  const std::string mesh = mesh_with(kGlobal, cart_in("two", kAmbient) + std::string(kEastWest) + R"(
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: clients, namespace: shop}
spec: {rules: [{from: [{source: {principals: [cluster.local/ns/echo/sa/ambient]}}]}]}
)");
  for (const std::string_view profile : {kOn, kMasterOn}) {
    const Outcome o = only(ask(world_of(mesh, profile), "echo/ambient"));
    EXPECT_EQ(summary(o), "allowed 200 hbone ztunnel,gateway,ztunnel");
    ASSERT_EQ(o.hops.size(), 3u);
    EXPECT_EQ(o.hops[0].transport, Transport::DoubleHbone);
    EXPECT_EQ(o.hops[1].name, "istio-system/ew-two");
    EXPECT_EQ(o.hops[2].identity, "spiffe://cluster.local/ns/echo/sa/ambient");
    EXPECT_TRUE(cites(o, "DP-273"));
  }
}

// DP-272: a Gateway of class istio-remote stands for one whose pods are not here.
TEST(Networks, DP272RemoteGateway) {
  std::string gateway(kEastWest);
  gateway.replace(gateway.find("istio-east-west"), 15, "istio-remote");
  gateway.insert(gateway.find("  listeners"), "  addresses: [{type: IPAddress, value: 192.0.2.8}]\n");
  const World world = world_of(mesh_with(kGlobal, cart_in("two", kAmbient) + gateway), kOn);
  EXPECT_EQ(summary(only(ask(world, "echo/ambient"))), "allowed 200 hbone ztunnel,gateway,ztunnel");
}

// DP-272: remote endpoints count by their number beside local ones.
TEST(Networks, DP272CollapsedEndpointsKeepTheirWeight) {
  std::string remote = cart_in("two", kAmbient);
  remote.replace(remote.find("spec:\n"), 6, "spec:\n  replicas: 3\n");
  const auto outcomes = ask(
      world_of(mesh_with(kGlobal, cart_in("one", kAmbient) + remote + std::string(kEastWest)), kOn), "echo/ambient");
  ASSERT_EQ(outcomes.size(), 2u);
  double here = 0, there = 0;
  for (const Outcome& o : outcomes) {
    EXPECT_EQ(o.verdict, Verdict::Allowed);
    (path_of(o) == "ztunnel,ztunnel" ? here : there) += o.probability;
  }
  EXPECT_DOUBLE_EQ(here, 0.25);
  EXPECT_DOUBLE_EQ(there, 0.75);
}

// DP-271, DP-V19: a Service of local scope has no remote endpoints.
TEST(Networks, DP271LocalScopeStaysHome) {
  const std::string pods = cart_in("two", kAmbient) + std::string(kEastWest);
  const Outcome none = only(ask(world_of(mesh_with("", pods), kOn), "echo/ambient"));
  EXPECT_EQ(summary(none), "unreachable - - ztunnel");
  EXPECT_TRUE(cites(none, "DP-271"));
  const Outcome home = only(ask(world_of(mesh_with("", cart_in("one", kAmbient) + pods), kOn), "echo/ambient"));
  EXPECT_EQ(summary(home), "allowed 200 hbone ztunnel,ztunnel");
}

// DP-273: an east-west gateway without ready pods, and a remote pod without ztunnel.
TEST(Networks, DP273WhatTheGatewayCannotDo) {
  const Outcome plain =
      only(ask(world_of(mesh_with(kGlobal, cart_in("two", "") + std::string(kEastWest)), kOn), "echo/ambient"));
  EXPECT_EQ(plain.verdict, Verdict::Unknown);
  EXPECT_TRUE(cites(plain, "DP-273"));
}

std::string waypoint_in(std::string_view network, std::string_view labels = ", istio.io/global: 'true'") {
  std::string out = R"(
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/use-waypoint: waypoint}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: shop, labels: {istio.io/waypoint-for: service, topology.istio.io/network: )";
  out += network;
  out += labels;
  return out +
         "}}\nspec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}\n";
}

// DP-274: a waypoint of the other network is entered through that network's gateway; the client's identity reaches it.
TEST(Networks, DP274RemoteWaypoint) {
  const std::string mesh = mesh_with(kGlobal, cart_in("two", kAmbient) + std::string(kEastWest) + waypoint_in("two"));
  const Outcome o = only(ask(world_of(mesh, kOn), "echo/ambient"));
  ASSERT_EQ(summary(o), "allowed 200 hbone ztunnel,gateway,waypoint,ztunnel");
  EXPECT_EQ(o.hops[2].identity, "spiffe://cluster.local/ns/echo/sa/ambient");
  // DP-277: without a gateway the connection is closed.
  const Outcome closed =
      only(ask(world_of(mesh_with(kGlobal, cart_in("two", kAmbient) + waypoint_in("two")), kOn), "echo/ambient"));
  EXPECT_EQ(summary(closed), "unreachable - - ztunnel");
  EXPECT_TRUE(cites(closed, "DP-277"));
  // Whether a remote waypoint of local scope is known at all is not verified.
  const Outcome unsaid = only(
      ask(world_of(mesh_with(kGlobal, cart_in("two", kAmbient) + std::string(kEastWest) + waypoint_in("two", "")), kOn),
          "echo/ambient"));
  EXPECT_EQ(unsaid.verdict, Verdict::Unknown);
  EXPECT_TRUE(cites(unsaid, "DP-274"));
}

// DP-274: the local waypoint goes first; from 1.28 on it may cross, and the remote waypoint is then skipped.
TEST(Networks, DP274LocalWaypointFirst) {
  const std::string mesh = mesh_with(kGlobal, cart_in("two", kAmbient) + std::string(kEastWest) + waypoint_in("one"));
  const Outcome master = only(ask(world_of(mesh, kMasterOn), "echo/ambient"));
  EXPECT_EQ(summary(master), "allowed 200 hbone ztunnel,waypoint,gateway,ztunnel");
  EXPECT_EQ(master.hops.back().identity, "spiffe://cluster.local/ns/shop/sa/waypoint");
  EXPECT_TRUE(cites(master, "DP-274"));
  const Outcome old = only(ask(world_of(mesh, kOn), "echo/ambient"));
  EXPECT_EQ(summary(old), "unreachable 503 - ztunnel,waypoint");
  const Outcome kept = only(ask(world_of(mesh,
                                         "{profile: istio-master, features: {AMBIENT_ENABLE_MULTI_NETWORK: 'true', "
                                         "AMBIENT_ENABLE_MULTI_NETWORK_WAYPOINT: 'false'}}"),
                                "echo/ambient"));
  EXPECT_EQ(summary(kept), "unreachable 503 - ztunnel,waypoint");
  EXPECT_TRUE(cites(kept, "DP-274"));
}

// DP-275: gateways keep to local endpoints unless told otherwise.
TEST(Networks, DP275IngressStaysLocal) {
  const std::string mesh = mesh_with(kGlobal, cart_in("two", kAmbient) + std::string(kEastWest) + R"(
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec: {gatewayClassName: istio, listeners: [{name: web, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: cart, namespace: shop}
spec: {parentRefs: [{name: edge}], rules: [{backendRefs: [{name: cart, port: 80}]}]}
)");
  Flow flow = flow_of("outside", "cart.example", 80);
  flow.to.gateway = std::pair("shop", "edge");
  EXPECT_EQ(summary(only(judge(world_of(mesh, kMasterOn), flow).outcomes)), "unreachable 503 - gateway");
  const World on = world_of(mesh,
                            "{profile: istio-master, features: {AMBIENT_ENABLE_MULTI_NETWORK: 'true', "
                            "AMBIENT_ENABLE_MULTI_NETWORK_INGRESS: 'true'}}");
  EXPECT_EQ(summary(only(judge(on, flow).outcomes)), "allowed 200 hbone gateway,gateway,ztunnel");
}

// DP-272: only traffic to a Service crosses; pod addresses of another network are nobody's business here.
TEST(Networks, DP272PodAddresses) {
  const World world = world_of(mesh_with(kGlobal, cart_in("two", kAmbient) + std::string(kEastWest)), kOn);
  for (const char* client : {"echo/ambient", "echo/sidecar", "echo/plain"}) {
    const Outcome o = only(judge(world, flow_to_pod(client, "shop/cart-two", 8080)).outcomes);
    EXPECT_EQ(o.verdict, Verdict::Unknown) << client;
    EXPECT_TRUE(cites(o, "DP-272")) << client;
  }
}

// DP-270: several clusters in one network change nothing.
TEST(Networks, DP270OneNetwork) {
  std::string pods = cart_in("one", kAmbient);
  pods.replace(pods.find("app: cart, topology"), 19, "app: cart, topology.istio.io/cluster: other, topology");
  EXPECT_EQ(summary(only(ask(world_of(mesh_with("", pods)), "echo/ambient"))), "allowed 200 hbone ztunnel,ztunnel");
  EXPECT_EQ(summary(only(ask(world_of(mesh_with("", pods)), "echo/sidecar"))), "allowed 200 hbone sidecar,ztunnel");
}

// Endpoints of mesh-external ServiceEntries are dialled directly, whatever network they state.
TEST(Networks, DP276ExternalEndpoints) {
  for (const bool external : {true, false}) {
    const World world = world_of(mesh_with("", std::string(R"(
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: out, namespace: echo}
spec:
  hosts: [out.example.com]
  location: )") + (external ? "MESH_EXTERNAL" : "MESH_INTERNAL") +
                                                   R"(
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [{address: 198.51.100.1, network: elsewhere}]
)"));
    const Outcome o = judge(world, flow_of("echo/sidecar", "out.example.com", 80)).outcomes.at(0);
    EXPECT_EQ(o.verdict, external ? Verdict::Allowed : Verdict::Unknown);
  }
}

// DP-272: meshNetworks gives networks by cluster and by address, and gateways by address.
TEST(Networks, DP272MeshNetworks) {
  const std::string mesh = echo_mesh(R"(
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cart, namespace: shop, labels: {app: cart, istio.io/dataplane-mode: ambient}}
spec: {containers: [{name: app, image: app}]}
status: {podIP: 10.9.0.4}
)");
  const std::string networks =
      "{profile: ossm-3.2, config: {meshNetworks: {networks: {far: {endpoints: [{fromCidr: 10.9.0.0/16}], gateways: "
      "[{address: 192.0.2.7, port: 15443}]}}}}}";
  EXPECT_EQ(summary(only(ask(world_of(mesh), "echo/sidecar"))), "allowed 200 hbone sidecar,ztunnel");
  const World world = world_of(mesh, networks);
  EXPECT_EQ(summary(only(ask(world, "echo/sidecar"))), "unreachable 503 - sidecar");
  EXPECT_TRUE(cites(only(ask(world, "echo/ambient")), "DP-277"));
}

}  // namespace
}  // namespace meshsim::models::testing
