// Routes at a waypoint (DP-164, DP-222, DP-242..DP-246, PO-125).
#include <gtest/gtest.h>

#include "tests/models/route/route_fixture.h"

namespace meshsim::test {
namespace {

std::string waypoint_yaml(const std::string& ns) {
  return "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: wp, namespace: " + ns +
         "}\nspec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE, "
         "allowedRoutes: {namespaces: {from: All}}}]}\n";
}
// A Service bound to the waypoint of namespace a.
const char* const kBound = R"(apiVersion: v1
kind: Service
metadata: {name: bound, namespace: a, labels: {istio.io/use-waypoint: wp}}
spec: {selector: {app: bound}, ports: [{name: http, port: 80}, {name: tcp, port: 9000}, {name: tls, port: 443}, {name: grpc, port: 7070}]}
)";

std::string virtual_service(const std::string& http, const std::string& ns = "a", const std::string& name = "vs",
                            const std::string& time = "", const std::string& host = "bound.a.svc.cluster.local") {
  return "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: " + name +
         "\n  namespace: " + ns + (time.empty() ? "" : "\n  creationTimestamp: \"" + time + "\"") +
         "\nspec:\n  hosts: ['" + host + "']\n" + http;
}

RouteWorld world_of(const std::vector<std::string>& parts, const std::string& scenario = "{}") {
  std::vector<std::string> all = {waypoint_yaml("a"), kBound};
  all.insert(all.end(), parts.begin(), parts.end());
  return RouteWorld(documents(all), scenario);
}

const std::string kToTwo = "  http: [{route: [{destination: {host: two.a.svc.cluster.local, port: {number: 80}}}]}]\n";
const std::string kToFar = "  http: [{route: [{destination: {host: far.b.svc.cluster.local, port: {number: 80}}}]}]\n";

TEST(WaypointRoute, Dp242HostHeaderSelectsNothing) {
  const RouteWorld world = world_of({virtual_service(kToTwo)});
  EXPECT_EQ(text(world, waypoint(world, "a/wp", "bound", 80, Ask{"GET", "/", "one"})), "two.a:80");
  EXPECT_EQ(text(world, waypoint(world, "a/wp", "bound", 80, Ask{"GET", "/", "unknown.example.com"})), "two.a:80");
}

TEST(WaypointRoute, Dp243NamespacesOfServiceAndWaypoint) {
  const RouteWorld own = world_of({virtual_service(kToFar, "a")});
  EXPECT_EQ(text(own, waypoint(own, "a/wp", "bound", 80)), "far.b:80");
  const RouteWorld client = world_of({virtual_service(kToFar, "b")});
  const auto choices = waypoint(client, "a/wp", "bound", 80);
  EXPECT_EQ(text(client, choices), "bound.a:80");
  ASSERT_EQ(choices[0].considered.size(), 1u);
  EXPECT_EQ(choices[0].considered[0].rules, std::vector<std::string>{"DP-243"});
  const RouteWorld root = world_of({virtual_service(kToFar, "istio-system")});
  EXPECT_EQ(text(root, waypoint(root, "a/wp", "bound", 80)), "bound.a:80") << "PO-125: not the root namespace either";
  EXPECT_EQ(text(client, sidecar(client, "b/client", "bound.a", 80)), "far.b:80") << "DP-240: a sidecar reads it";
}

TEST(WaypointRoute, Dp244FirstObjectOrAll) {
  const std::string first = virtual_service(
      "  http: [{match: [{uri: {prefix: /1}}], route: [{destination: {host: two.a.svc.cluster.local, port: {number: "
      "80}}}]}]\n",
      "a", "first", "2020-01-01T00:00:00Z");
  const std::string second = virtual_service(
      "  http: [{match: [{uri: {prefix: /2}}], route: [{destination: {host: far.b.svc.cluster.local, port: {number: "
      "80}}}]}]\n",
      "a", "second", "2021-01-01T00:00:00Z");
  for (const bool merges : {false, true}) {
    const RouteWorld world = world_of({first, second}, merges ? "{profile: istio-master}" : "{profile: istio-1.27}");
    EXPECT_EQ(text(world, waypoint(world, "a/wp", "bound", 80, Ask{"GET", "/1"})), "two.a:80");
    EXPECT_EQ(text(world, waypoint(world, "a/wp", "bound", 80, Ask{"GET", "/2"})), merges ? "far.b:80" : "404 NR");
    EXPECT_EQ(text(world, waypoint(world, "a/wp", "bound", 80, Ask{"GET", "/3"})), "404 NR") << "DP-247";
  }
  const RouteWorld switched = world_of({first, second}, "{switches: {waypointMergesVirtualServices: true}}");
  EXPECT_EQ(text(switched, waypoint(switched, "a/wp", "bound", 80, Ask{"GET", "/2"})), "far.b:80");
}

TEST(WaypointRoute, Dp245SourceConditions) {
  const auto answer = [](const std::string& match) {
    const RouteWorld world = world_of(
        {virtual_service("  http: [{match: [{" + match +
                         "}], route: [{destination: {host: two.a.svc.cluster.local, port: {number: 80}}}]}]\n")});
    return text(world, waypoint(world, "a/wp", "bound", 80));
  };
  EXPECT_EQ(answer("sourceLabels: {app: client}"), "bound.a:80") << "dropped, so there is no object";
  EXPECT_EQ(answer("sourceNamespace: a"), "two.a:80") << "the waypoint's namespace";
  EXPECT_EQ(answer("sourceNamespace: b"), "bound.a:80");
  EXPECT_EQ(answer("gateways: [mesh]"), "two.a:80");
  EXPECT_EQ(answer("gateways: [a/wp]"), "bound.a:80");
  EXPECT_EQ(answer("port: 80"), "two.a:80");
  EXPECT_EQ(answer("port: 81"), "bound.a:80");
}

TEST(WaypointRoute, Dp245Streams) {
  Ask bytes;
  bytes.http = false;
  const RouteWorld tcp = world_of({virtual_service(
      "  tcp: [{match: [{port: 9000}], route: [{destination: {host: two.a.svc.cluster.local, port: {number: 9000}}, "
      "weight: 10}, {destination: {host: bound.a.svc.cluster.local, port: {number: 9000}}, weight: 90}]}]\n")});
  EXPECT_EQ(text(tcp, waypoint(tcp, "a/wp", "bound", 9000, bytes)), "0.1 two.a:9000, 0.9 bound.a:9000");
  EXPECT_EQ(text(tcp, waypoint(tcp, "a/wp", "bound", 443, bytes)), "bound.a:443");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"[bound.a.svc.cluster.local]", "two.a:443"},
      {"[x.example.com]", "bound.a:443"},
      {"[bound.a.svc.cluster.local, x.example.com]", "bound.a:443"}};
  for (const auto& [sni, expected] : cases) {
    const RouteWorld tls = world_of(
        {virtual_service("  tls: [{match: [{sniHosts: " + sni +
                         "}], route: [{destination: {host: two.a.svc.cluster.local, port: {number: 443}}}]}]\n")});
    EXPECT_EQ(text(tls, waypoint(tls, "a/wp", "bound", 443, bytes)), expected) << sni;
  }
}

TEST(WaypointRoute, Dp246Retries) {
  for (const bool modern : {false, true}) {
    const RouteWorld world = world_of({}, modern ? "{profile: istio-master}" : "{profile: ossm-3.2}");
    const auto http = waypoint(world, "a/wp", "bound", 80)[0];
    ASSERT_TRUE(http.retries);
    EXPECT_EQ(http.retries->on.starts_with("connect-failure"), modern) << "R1 or R0";
    EXPECT_EQ(waypoint(world, "a/wp", "bound", 7070)[0].retries.has_value(), modern) << "R0 is not for gRPC";
  }
  const RouteWorld routed = world_of({virtual_service(kToTwo)});
  EXPECT_TRUE(waypoint(routed, "a/wp", "bound", 80)[0].retries->on.starts_with("connect-failure"));
}

TEST(WaypointRoute, Dp215ConsistentHashNeedsARoute) {
  const std::string rule =
      "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: hash, namespace: a}\nspec: {host: "
      "bound, trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: x-user}}}}\n";
  const std::string route =
      virtual_service("  http: [{route: [{destination: {host: bound.a.svc.cluster.local, port: {number: 80}}}]}]\n");
  for (const bool works : {false, true}) {
    const std::string profile = works ? "{profile: istio-master}" : "{profile: istio-1.27}";
    const RouteWorld bare = world_of({rule}, profile), routed = world_of({rule, route}, profile);
    EXPECT_EQ(waypoint(bare, "a/wp", "bound", 80).at(0).policy.consistent_hash, works);
    EXPECT_TRUE(waypoint(routed, "a/wp", "bound", 80).at(0).policy.consistent_hash);
  }
}

TEST(WaypointRoute, Dp222RulesOfTheWaypointsNamespace) {
  const auto rule = [](const std::string& ns, const std::string& lb) {
    return "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: r, namespace: " + ns +
           "}\nspec: {host: bound.a.svc.cluster.local, trafficPolicy: {loadBalancer: {simple: " + lb + "}}}\n";
  };
  const RouteWorld world = world_of({rule("b", "RANDOM")});
  EXPECT_EQ(waypoint(world, "a/wp", "bound", 80)[0].policy.lb, "LEAST_REQUEST") << "PO-121: a client's rule is lost";
  EXPECT_EQ(sidecar(world, "b/client", "bound.a", 80)[0].policy.lb, "RANDOM");
  const RouteWorld own = world_of({rule("a", "ROUND_ROBIN")});
  EXPECT_EQ(waypoint(own, "a/wp", "bound", 80)[0].policy.lb, "ROUND_ROBIN");
}

TEST(WaypointRoute, Po123Subsets) {
  const RouteWorld world =
      world_of({"apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: r, namespace: a}\nspec: "
                "{host: bound, subsets: [{name: v1, labels: {version: v1}}]}\n",
                virtual_service("  http: [{route: [{destination: {host: bound, subset: v1}}]}]\n")});
  EXPECT_EQ(text(world, waypoint(world, "a/wp", "bound", 80)), "bound.a:80/v1");
}

TEST(WaypointRoute, HttpRouteOfTheService) {
  const RouteWorld world =
      world_of({"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r, namespace: a}\nspec:\n "
                " parentRefs: [{group: '', kind: Service, name: bound}]\n  rules: [{matches: [{path: {value: /x}}], "
                "backendRefs: [{name: two, port: 80}]}]\n"});
  EXPECT_EQ(text(world, waypoint(world, "a/wp", "bound", 80, Ask{"GET", "/x"})), "two.a:80");
  EXPECT_EQ(text(world, waypoint(world, "a/wp", "bound", 80, Ask{"GET", "/y"})), "404 NR");
}

TEST(WaypointRoute, Dp256Delegates) {
  const RouteWorld world =
      world_of({virtual_service("  http: [{match: [{uri: {prefix: /d}}], delegate: {name: d, namespace: b}}]\n"),
                "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: d, namespace: b}\nspec: "
                "{http: [{route: [{destination: {host: far, port: {number: 80}}}]}]}\n"});
  EXPECT_EQ(text(world, waypoint(world, "a/wp", "bound", 80, Ask{"GET", "/d/x"})), "far.b:80");
}

}  // namespace
}  // namespace meshsim::test
