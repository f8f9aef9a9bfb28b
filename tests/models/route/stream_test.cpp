// TCP and TLS routes at a client sidecar (DP-240, DP-250, DP-253).
#include <gtest/gtest.h>

#include "tests/models/route/route_fixture.h"

namespace meshsim::test {
namespace {

std::string virtual_service(const std::string& spec, const std::string& name = "vs") {
  return "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: " + name +
         ", namespace: a}\nspec:\n  hosts: [one]\n" + spec;
}

Ask bytes(const std::string& sni = "") {
  Ask ask;
  ask.http = false;
  ask.sni = sni;
  ask.tls = !sni.empty();
  return ask;
}

TEST(Stream, TcpByPortLabelsAndWeights) {
  const RouteWorld world(virtual_service(R"(  tcp:
  - match: [{port: 8888}]
    route: [{destination: {host: two}}]
  - match: [{port: 9000, sourceLabels: {app: client}}]
    route: [{destination: {host: two, port: {number: 80}}, weight: 20}, {destination: {host: one, port: {number: 9000}}, weight: 80}]
)"));
  const auto split = sidecar(world, "a/client", "one", 9000, bytes());
  EXPECT_EQ(text(world, split), "0.2 two.a:80, 0.8 one.a:9000");
  EXPECT_EQ(sum(split), 1.0);
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 8888, bytes())), "two.a:8888");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "two", 9000, bytes())), "two.a:9000") << "DP-247: default route";
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80)), "one.a:80") << "tcp rules are nothing to HTTP";
}

TEST(Stream, TcpUnknownDestinationCloses) {
  const RouteWorld world(virtual_service("  tcp: [{route: [{destination: {host: nowhere}}]}]\n"));
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 9000, bytes())), "close");
}

TEST(Stream, TlsBySni) {
  const RouteWorld world(virtual_service(R"(  tls:
  - match: [{port: 443, sniHosts: ['*.example.com']}]
    route: [{destination: {host: two}}]
  - match: [{port: 443, sniHosts: [x.example.com]}]
    route: [{destination: {host: far.b.svc.cluster.local}}]
)"));
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 443, bytes("y.example.com"))), "two.a:443");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 443, bytes("x.example.com"))), "far.b:443")
      << "filter chains: the most specific name wins";
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 443, bytes("one.a"))), "external one")
      << "with TLS rules the Service has no chain of its own any more";
  EXPECT_EQ(text(world, sidecar(world, "a/client", "two", 443, bytes("x.example.com"))), "two.a:443");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 9000, bytes("x.example.com"))), "one.a:9000")
      << "the port is not declared TLS";
}

TEST(Stream, TcpRouteOfAService) {
  const RouteWorld world(R"(apiVersion: gateway.networking.k8s.io/v1alpha2
kind: TCPRoute
metadata: {name: t, namespace: a}
spec:
  parentRefs: [{group: "", kind: Service, name: one, port: 9000}]
  rules: [{backendRefs: [{name: two, port: 9000, weight: 3}, {name: one, port: 9000, weight: 1}]}]
---
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: TLSRoute
metadata: {name: s, namespace: a}
spec:
  parentRefs: [{group: "", kind: Service, name: one}]
  rules: [{backendRefs: [{name: two, port: 443}]}]
)",
                         "{profile: istio-master}");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 9000, bytes())), "0.75 two.a:9000, 0.25 one.a:9000");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 8888, bytes())), "one.a:8888");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 443, bytes("one.a.svc.cluster.local"))), "two.a:443")
      << "without hostnames the SNI is the Service's name";
}

}  // namespace
}  // namespace meshsim::test
