// Services and endpoints (dataplane.md section 4): who chooses among them, and by what.
#include <map>

#include <gtest/gtest.h>

#include "models/dataplane/endpoint_selection.h"
#include "tests/models/dataplane/support.h"

namespace meshsim::models::testing {
namespace {

// Pods of app `cart` on nodes: node-1, node-2 in zone a, node-3 in zone b. Clients of echo_mesh are placed by `client`.
std::string pod(std::string_view name, std::string_view node, std::string_view ip, std::string_view labels) {
  std::string out = "\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: ";
  out.append(name).append(", namespace: zone, labels: {").append(labels).append("}}\nspec: {nodeName: ").append(node);
  return out.append(", containers: [{name: app, image: app}]}\nstatus: {podIP: ").append(ip).append("}\n");
}

std::string nodes() {
  std::string out;
  for (const auto& [name, zone] : {std::pair("node-1", "a"), {"node-2", "a"}, {"node-3", "b"}})
    out += std::string("\n---\napiVersion: v1\nkind: Node\nmetadata: {name: ") + name +
           ", labels: {topology.kubernetes.io/region: r, topology.kubernetes.io/zone: " + zone + "}}\n";
  return out;
}

std::string zones(std::string_view service, std::string_view extra = {}, std::string_view ns_extra = {}) {
  std::string out = "apiVersion: v1\nkind: Namespace\nmetadata: {name: zone";
  out.append(ns_extra).append("}\n").append(nodes());
  const char* ambient = "istio.io/dataplane-mode: ambient";
  for (const auto& [name, node, ip] :
       {std::tuple("cart-1", "node-1", "10.4.0.1"), {"cart-2", "node-2", "10.4.0.2"}, {"cart-3", "node-3", "10.4.0.3"}})
    out += pod(name, node, ip, std::string("app: cart, version: ") + name + ", " + ambient);
  out += pod("amb", "node-1", "10.4.1.1", std::string("app: client, ") + ambient);
  out += pod("side", "node-1", "10.4.1.2",
             "app: client, security.istio.io/tlsMode: istio, sidecar.istio.io/inject: 'true'");
  out.append("\n---\napiVersion: v1\nkind: Service\n").append(service).append(extra);
  return out;
}

const char* const kPlainService =
    "metadata: {name: cart, namespace: zone}\nspec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: "
    "8080}]}\n";

std::map<std::string, double> shares(const World& world, const Flow& flow) {
  std::map<std::string, double> out;
  for (const Outcome& o : judge(world, flow).outcomes)
    out[o.verdict == Verdict::Allowed && o.routed_to ? o.routed_to->workload : std::string(to_string(o.verdict))] +=
        o.probability;
  return out;
}
using Shares = std::map<std::string, double>;

const Flow kAmbient = flow_of("zone/amb", "cart.zone", 80);
const Flow kSidecar = flow_of("zone/side", "cart.zone", 80);

void expect_thirds(const Shares& got) {
  ASSERT_EQ(got.size(), 3u);
  for (const auto& [name, share] : got) EXPECT_NEAR(share, 1.0 / 3, 1e-12) << name;
}

// DP-210, DP-213: no preference stated, all endpoints alike; a DestinationRule is nothing to ztunnel.
TEST(Endpoints, DP210ZtunnelKnowsNoDestinationRule) {
  const std::string rule = R"(
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: cart, namespace: zone}
spec:
  host: cart
  trafficPolicy: {outlierDetection: {consecutive5xxErrors: 1}, loadBalancer: {localityLbSetting: {enabled: true}}}
)";
  const World world = world_of(zones(kPlainService, rule));
  expect_thirds(shares(world, kAmbient));
  EXPECT_EQ(shares(world, kSidecar), (Shares{{"zone/cart-1", 0.5}, {"zone/cart-2", 0.5}}));  // DP-214
}

// DP-203: internalTrafficPolicy Local, on the node of the proxy that chooses.
TEST(Endpoints, DP203InternalTrafficPolicyLocal) {
  const std::string local =
      "metadata: {name: cart, namespace: zone}\nspec: {internalTrafficPolicy: Local, selector: {app: cart}, ports: "
      "[{name: http, port: 80, targetPort: 8080}]}\n";
  const World world = world_of(zones(local));
  EXPECT_EQ(shares(world, kAmbient), (Shares{{"zone/cart-1", 1.0}}));
  EXPECT_EQ(shares(world, kSidecar), (Shares{{"zone/cart-1", 1.0}}));
  // With a waypoint it is the waypoint's node that counts.
  std::string bound = local;
  bound.replace(bound.find("namespace: zone}"), 16, "namespace: zone, labels: {istio.io/use-waypoint: waypoint}}");
  const World through = world_of(zones(bound, pod("wp", "node-3", "10.4.2.1",
                                                  "gateway.networking.k8s.io/gateway-name: waypoint, "
                                                  "gateway.istio.io/managed: istio.io-mesh-controller") +
                                                  R"(
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: zone}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
)"));
  EXPECT_EQ(shares(through, kAmbient), (Shares{{"zone/cart-3", 1.0}}));
}

// DP-212, DP-211: spec.trafficDistribution > annotation of the Service > of the namespace (1.30 on).
TEST(Endpoints, DP212TrafficDistribution) {
  auto service = [](const char* annotation, const char* field) {
    return std::string("metadata: {name: cart, namespace: zone") + annotation + "}\nspec: {" + field +
           "selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}]}\n";
  };
  const Shares zone = {{"zone/cart-1", 0.5}, {"zone/cart-2", 0.5}}, node = {{"zone/cart-1", 1.0}};
  const char* by_node = ", annotations: {networking.istio.io/traffic-distribution: PreferSameNode}";
  for (const Flow& flow : {kAmbient, kSidecar}) {
    EXPECT_EQ(shares(world_of(zones(service("", "trafficDistribution: PreferClose, "))), flow), zone);
    EXPECT_EQ(shares(world_of(zones(service(by_node, ""))), flow), node);
    EXPECT_EQ(shares(world_of(zones(service(by_node, "trafficDistribution: PreferSameZone, "))), flow), zone);
    EXPECT_EQ(shares(world_of(zones(kPlainService, "", by_node), "{profile: istio-master}"), flow), node);
    expect_thirds(shares(world_of(zones(kPlainService, "", by_node)), flow));
  }
}

// DP-214: failover of a locality setting acts with outlierDetection only, distribute always.
TEST(Endpoints, DP214LocalityAtEnvoy) {
  auto rule = [](const char* policy) {
    return std::string(
               "\n---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: cart, "
               "namespace: zone}\nspec: {host: cart, trafficPolicy: {") +
           policy + "}}\n";
  };
  expect_thirds(
      shares(world_of(zones(kPlainService, rule("loadBalancer: {localityLbSetting: {enabled: true}}"))), kSidecar));
  const Shares spread = shares(
      world_of(zones(kPlainService,
                     rule("loadBalancer: {localityLbSetting: {distribute: [{from: 'r/a/*', to: {'r/a/*': 20, 'r/b/*': "
                          "80}}]}}"))),
      kSidecar);
  EXPECT_EQ(spread, (Shares{{"zone/cart-1", 0.1}, {"zone/cart-2", 0.1}, {"zone/cart-3", 0.8}}));
  // failoverPriority compares labels of the proxy and of the endpoint, or a value that is stated.
  const Shares third = {{"zone/cart-3", 1.0}}, near = {{"zone/cart-1", 0.5}, {"zone/cart-2", 0.5}};
  const std::string labels = rule(
      "outlierDetection: {consecutive5xxErrors: 1}, loadBalancer: {localityLbSetting: {failoverPriority: "
      "['version=cart-3']}}");
  EXPECT_EQ(shares(world_of(zones(kPlainService, labels)), kSidecar), third);
  // The mesh's setting counts where neither the DestinationRule nor the Service says anything.
  const std::string outlier = rule("outlierDetection: {consecutive5xxErrors: 1}");
  auto mesh = [&](const char* setting) {
    return shares(world_of(zones(kPlainService, outlier),
                           std::string("{profile: istio-1.27, config: {localityLbSetting: {") + setting + "}}}"),
                  kSidecar);
  };
  EXPECT_EQ(mesh("enabled: true"), near);
  expect_thirds(mesh("enabled: false"));
  EXPECT_EQ(mesh("failoverPriority: ['version=cart-3']"), third);
  EXPECT_EQ(mesh("distribute: [{from: '*', to: {'r/b/*': 100}}]"), third);
}

// DP-204, DP-205: kinds of ServiceEntry endpoints and their weights; the location suppresses auto-mTLS at Envoy only.
TEST(Endpoints, DP204DP205ServiceEntries) {
  const World world = world_of(zones(kPlainService, R"(
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: weighted, namespace: zone}
spec:
  hosts: [weighted.example]
  addresses: [240.9.0.1]
  resolution: STATIC
  ports: [{name: http, number: 80, protocol: HTTP}]
  endpoints: [{address: 192.0.2.1, weight: 3, labels: {v: x}}, {address: 192.0.2.2, weight: 1, labels: {v: y}}]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: selected, namespace: zone}
spec:
  hosts: [selected.example]
  addresses: [240.9.0.2]
  resolution: STATIC
  location: MESH_EXTERNAL
  ports: [{name: http, number: 80, protocol: HTTP, targetPort: 8080}]
  workloadSelector: {labels: {version: cart-2}}
)"));
  const std::size_t weighted = world.mesh->services_by_host("weighted.example").at(0);
  for (const Balancer balancer : {Balancer::Ztunnel, Balancer::Envoy}) {
    std::vector<double> got;
    for (const EndpointShare& share :
         select_endpoints({world.mesh.get(), weighted, 80, nullptr, nullptr, balancer, {}, false}))
      got.push_back(share.weight);
    std::sort(got.begin(), got.end());
    EXPECT_EQ(got, (std::vector<double>{0.25, 0.75}));
  }
  EXPECT_EQ(summary(judge(world, flow_of("zone/amb", "selected.example", 80)).outcomes.at(0)),
            "allowed 200 hbone ztunnel,ztunnel");
}

// DP-204: the name of a Service that Envoy or ztunnel is given is resolved by cluster DNS, and kube-proxy takes it from
// there: also in a namespace that istiod does not watch.
TEST(Endpoints, DP204NamesOfServices) {
  const std::string outside = R"(
---
apiVersion: v1
kind: Namespace
metadata: {name: far}
---
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: far}
spec: {selector: {app: shop}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: far}
spec: {selector: {matchLabels: {app: shop}}, template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: c}]}}}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: shop, namespace: zone}
spec:
  hosts: [shop.example.com]
  addresses: [10.9.9.9]
  ports: [{number: 80, name: http, protocol: HTTP}]
  resolution: DNS
  endpoints: [{address: shop.far.svc.cluster.local}]
)";
  const World world = world_of(zones(kPlainService, outside), "{profile: istio-master, undiscoveredNamespaces: [far]}");
  for (const char* client : {"zone/amb", "zone/side"})
    for (const char* host : {"shop.example.com", "10.9.9.9"})
      EXPECT_EQ(shares(world, flow_of(client, host, 80)), (Shares{{"far/shop", 1}})) << client << ' ' << host;
  EXPECT_EQ(judge(world, flow_of("zone/side", "shop.example.com", 80)).outcomes[0].routed_to->port, 8080);
}

// DP-110, DP-226: serviceEntryVisibility. Hidden means absent, not blocked; sidecars only where the mesh says so.
TEST(Endpoints, DP110WhoSeesAServiceEntry) {
  const std::string entry = R"(
---
apiVersion: v1
kind: Namespace
metadata: {name: other, labels: {trusted: 'yes'}}
---
apiVersion: v1
kind: Pod
metadata: {name: amb, namespace: other, labels: {istio.io/dataplane-mode: ambient}}
spec: {containers: [{name: c}]}
status: {podIP: 10.4.2.1}
---
apiVersion: v1
kind: Pod
metadata: {name: side, namespace: other, labels: {security.istio.io/tlsMode: istio, sidecar.istio.io/inject: 'true'}}
spec: {containers: [{name: c}]}
status: {podIP: 10.4.2.2}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: cart, namespace: zone}
spec:
  hosts: [cart.example.com]
  addresses: [10.9.9.9]
  ports: [{number: 8080, name: http, protocol: HTTP}]
  resolution: STATIC
  location: MESH_INTERNAL
  workloadSelector: {labels: {version: cart-1}}
)";
  const auto seen = [&](const char* client, const std::string& config) {
    const World world = world_of(zones(kPlainService, entry), "{profile: istio-master, config: {" + config + "}}");
    const Shares got = shares(world, flow_of(client, "10.9.9.9", 8080));
    return got.contains("zone/cart-1");
  };
  const std::string ns = "serviceEntryVisibility: {defaultVisibility: NAMESPACE";
  EXPECT_TRUE(seen("other/amb", ""));
  EXPECT_TRUE(seen("zone/amb", ns + "}"));
  EXPECT_FALSE(seen("other/amb", ns + "}"));
  EXPECT_FALSE(seen("zone/amb", "serviceEntryVisibility: {defaultVisibility: NONE}"));
  EXPECT_TRUE(seen("other/side", ns + "}"));
  EXPECT_TRUE(seen("zone/side", ns + ", applyToSidecars: true}"));
  EXPECT_FALSE(seen("other/side", ns + ", applyToSidecars: true}"));
  // A policy for the entry's namespace, not the client's.
  const std::string trusted =
      ", policies: [{visibility: PUBLIC, matchingRules: [{namespaceSelector: {matchLabels: {trusted: 'yes'}}}]}]}";
  EXPECT_FALSE(seen("other/amb", ns + trusted));
}

// DP-220, DP-221: who enforces what. A fault, a subset and a weight meet a sidecar's request and an ambient one with
// waypoint, never an ambient one without.
TEST(Endpoints, DP220DP221WhoEnforcesWhat) {
  const std::string rules = R"(
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: zone}
spec: {hosts: [cart], http: [{route: [{destination: {host: cart, subset: three}}]}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: cart, namespace: zone}
spec: {host: cart, subsets: [{name: three, labels: {version: cart-3}}]}
)";
  const World world = world_of(zones(kPlainService, rules));
  EXPECT_EQ(shares(world, kSidecar), (Shares{{"zone/cart-3", 1.0}}));
  expect_thirds(shares(world, kAmbient));
}

// DP-202: terminating endpoints never, unready ones only with publishNotReadyAddresses.
TEST(Endpoints, DP202Health) {
  const char* sick =
      "\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: cart-4, namespace: zone, labels: {app: cart, version: "
      "cart-4, "
      "istio.io/dataplane-mode: ambient}}\nspec: {nodeName: node-1, containers: [{name: app, image: app}]}\nstatus: "
      "{podIP: 10.4.0.4, conditions: [{type: Ready, status: 'False'}]}\n";
  std::string published = kPlainService;
  published.replace(published.find("spec: {"), 7, "spec: {publishNotReadyAddresses: true, ");
  for (const Flow& flow : {kAmbient, kSidecar}) {
    expect_thirds(shares(world_of(zones(kPlainService, sick)), flow));
    EXPECT_EQ(shares(world_of(zones(published, sick)), flow).size(), 4u);
  }
}

}  // namespace
}  // namespace meshsim::models::testing
