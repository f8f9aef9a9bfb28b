// Istio Gateway servers and VirtualServices at a gateway (DP-040, DP-229, DP-240, DP-247, DP-253). Cases named as in
// istio/istio tests/integration/pilot/common/routing.go gatewayCases.
#include <gtest/gtest.h>

#include "tests/models/route/route_fixture.h"

namespace meshsim::test {
namespace {

const char* const kIngress = R"(apiVersion: apps/v1
kind: Deployment
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec:
  selector: {matchLabels: {app: istio-ingressgateway}}
  template:
    metadata:
      labels: {app: istio-ingressgateway, istio: ingressgateway, sidecar.istio.io/inject: 'true'}
      annotations: {inject.istio.io/templates: gateway}
    spec: {containers: [{name: app, image: example.test/app}]}
---
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec:
  selector: {app: istio-ingressgateway}
  ports: [{name: http2, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: 8443}, {name: tcp, port: 31400, targetPort: 31400}]
)";
const std::string kGateway = "istio-system/istio-ingressgateway";

std::string gateway(const std::string& servers, const std::string& name = "gw", const std::string& ns = "a",
                    const std::string& selector = "istio: ingressgateway") {
  return "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: " + name + ", namespace: " + ns +
         "}\nspec:\n  selector: {" + selector + "}\n  servers:\n" + servers;
}

std::string virtual_service(const std::string& hosts, const std::string& rest, const std::string& gateways = "[gw]",
                            const std::string& name = "vs", const std::string& ns = "a") {
  return "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: " + name + ", namespace: " + ns +
         "}\nspec:\n  hosts: " + hosts + "\n  gateways: " + gateways + "\n" + rest;
}

const char* const kHttp80 = "  - {port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}\n";
const char* const kToOne = "  http: [{route: [{destination: {host: one, port: {number: 80}}}]}]\n";

Ask host(const std::string& name, const std::string& path = "/") {
  Ask ask;
  ask.authority = name;
  ask.path = path;
  return ask;
}

Ask tls(const std::string& sni, bool http = true) {
  Ask ask = host(sni);
  ask.sni = sni;
  ask.tls = true;
  ask.http = http;
  ask.scheme = "https";
  return ask;
}

RouteWorld world_of(const std::vector<std::string>& parts, const std::string& scenario = "{}") {
  std::vector<std::string> all = {kIngress};
  all.insert(all.end(), parts.begin(), parts.end());
  return RouteWorld(documents(all), scenario);
}

TEST(GatewayServer, Dp247NoVirtualService404) {
  const RouteWorld world = world_of({gateway(kHttp80)});
  EXPECT_EQ(text(world, ingress(world, kGateway, 80, host("foo.bar"))), "404 NR");
  EXPECT_EQ(text(world, ingress(world, kGateway, 31400, host("foo.bar"))), "no server");
}

TEST(GatewayServer, ServicePortAndTargetPortNameTheServer) {
  for (const char* number : {"80", "8080"}) {
    const RouteWorld world = world_of(
        {gateway("  - {port: {number: " + std::string(number) + ", name: http, protocol: HTTP}, hosts: ['*']}\n"),
         virtual_service("[x.example.com]", kToOne)});
    EXPECT_EQ(text(world, ingress(world, kGateway, 80, host("x.example.com"))), "one.a:80") << number;
    models::RouteRequest request;
    EXPECT_EQ(world.routing->server_at_gateway(world.gateway(kGateway), 80, false, request).port, 8080) << "PO-073";
  }
}

TEST(GatewayServer, WildcardHostnameIgnoresThePort) {
  const RouteWorld world =
      world_of({gateway("  - {port: {number: 80, name: http, protocol: HTTP}, hosts: ['*.example.com']}\n"),
                virtual_service("['*.example.com']", kToOne)});
  for (const char* name : {"foo.example.com", "foo.example.com:80", "foo.example.com:12345", "FOO.example.com"})
    EXPECT_EQ(text(world, ingress(world, kGateway, 80, host(name))), "one.a:80") << name;
  EXPECT_EQ(text(world, ingress(world, kGateway, 80, host("example.com"))), "404 NR");
}

TEST(GatewayServer, HostsOfServerAndRouteIntersect) {
  const RouteWorld narrow_server =
      world_of({gateway("  - {port: {number: 80, name: http, protocol: HTTP}, hosts: [a.example.com]}\n"),
                virtual_service("['*.example.com']", kToOne)});
  EXPECT_EQ(text(narrow_server, ingress(narrow_server, kGateway, 80, host("a.example.com"))), "one.a:80");
  EXPECT_EQ(text(narrow_server, ingress(narrow_server, kGateway, 80, host("b.example.com"))), "404 NR");
  // A namespace before the host: routes of that namespace only; `.` is the Gateway's own.
  const auto by_ns = [](const std::string& server_host, const std::string& vs_ns) {
    const RouteWorld world = world_of(
        {gateway("  - {port: {number: 80, name: http, protocol: HTTP}, hosts: ['" + server_host + "']}\n"),
         virtual_service("[x.example.com]",
                         "  http: [{route: [{destination: {host: far.b.svc.cluster.local, port: {number: 80}}}]}]\n",
                         "[a/gw]", "vs", vs_ns)});
    return text(world, ingress(world, kGateway, 80, host("x.example.com")));
  };
  EXPECT_EQ(by_ns("b/*", "b"), "far.b:80");
  EXPECT_EQ(by_ns("./*", "b"), "404 NR");
  EXPECT_EQ(by_ns("./*", "a"), "far.b:80");
  EXPECT_EQ(by_ns("*/x.example.com", "b"), "far.b:80");
}

TEST(GatewayServer, HttpsRedirect) {
  const std::string server =
      "  - {port: {number: 80, name: http, protocol: HTTP}, hosts: ['*'], tls: {httpsRedirect: true}}\n";
  for (const bool with_route : {false, true}) {
    const RouteWorld world = with_route ? world_of({gateway(server), virtual_service("[x.example.com]", kToOne)})
                                        : world_of({gateway(server)});
    const auto choices = ingress(world, kGateway, 80, host("x.example.com:80", "/p?q"));
    EXPECT_EQ(text(world, choices), "301");
    EXPECT_EQ(location(choices), "https://x.example.com/p?q");
    Ask trusted = host("x.example.com");
    trusted.scheme = "https";  // x-forwarded-proto of a trusted proxy
    EXPECT_EQ(text(world, ingress(world, kGateway, 80, trusted)), with_route ? "one.a:80" : "404 NR");
  }
}

TEST(GatewayServer, TlsModes) {
  const std::string servers =
      R"(  - {port: {number: 443, name: s, protocol: HTTPS}, hosts: [s.example.com], tls: {mode: SIMPLE, credentialName: c}}
  - {port: {number: 443, name: m, protocol: HTTPS}, hosts: [m.example.com], tls: {mode: MUTUAL, credentialName: c}}
  - {port: {number: 443, name: o, protocol: HTTPS}, hosts: [o.example.com], tls: {mode: OPTIONAL_MUTUAL, credentialName: c}}
  - {port: {number: 443, name: i, protocol: HTTPS}, hosts: [i.example.com], tls: {mode: ISTIO_MUTUAL}}
  - {port: {number: 443, name: p, protocol: TLS}, hosts: [p.example.com], tls: {mode: PASSTHROUGH}}
  - {port: {number: 443, name: t, protocol: TLS}, hosts: ['*.example.com'], tls: {mode: SIMPLE, credentialName: c}}
)";
  const RouteWorld world = world_of(
      {gateway(servers),
       virtual_service("['*.example.com']", std::string(kToOne) +
                                                "  tls: [{match: [{sniHosts: [p.example.com]}], route: [{destination: "
                                                "{host: two, port: {number: 443}}}]}]\n  tcp: [{route: [{destination: "
                                                "{host: far.b.svc.cluster.local, port: {number: 9000}}}]}]\n")});
  const auto server = [&](const std::string& sni) {
    const Ask ask = tls(sni);
    models::RouteRequest request;
    request.sni = ask.sni;
    request.authority = ask.authority;
    return world.routing->server_at_gateway(world.gateway(kGateway), 443, true, request);
  };
  EXPECT_TRUE(server("s.example.com").terminates_tls);
  EXPECT_FALSE(server("s.example.com").client_cert_required);
  EXPECT_TRUE(server("m.example.com").client_cert_required);
  EXPECT_FALSE(server("o.example.com").client_cert_required) << "OPTIONAL_MUTUAL";
  EXPECT_TRUE(server("i.example.com").istio_mutual);
  EXPECT_TRUE(server("p.example.com").passthrough);
  EXPECT_FALSE(server("p.example.com").terminates_tls);
  EXPECT_TRUE(server("x.example.com").terminates_tls);
  EXPECT_FALSE(server("x.example.com").http) << "TLS, not HTTPS: bytes after termination";
  EXPECT_FALSE(server("example.org").found);
  EXPECT_EQ(server("s.example.com").port, 8443);
  EXPECT_EQ(text(world, ingress(world, kGateway, 443, tls("s.example.com"))), "one.a:80");
  EXPECT_EQ(text(world, ingress(world, kGateway, 443, tls("p.example.com"))), "two.a:443");
  EXPECT_EQ(text(world, ingress(world, kGateway, 443, tls("x.example.com"))), "far.b:9000");
  EXPECT_EQ(text(world, ingress(world, kGateway, 443, tls("example.org"))), "no server");
  // The host header is a matter of the routes of the server that the SNI chose.
  Ask other = tls("s.example.com");
  other.authority = "m.example.com";
  EXPECT_EQ(text(world, ingress(world, kGateway, 443, other)), "404 NR");
}

TEST(GatewayServer, WrongKindOfBytesIsVisibleInTheMatch) {
  const RouteWorld world = world_of({gateway(
      std::string(kHttp80) +
      "  - {port: {number: 443, name: s, protocol: HTTPS}, hosts: ['*'], tls: {mode: SIMPLE, credentialName: c}}\n")});
  models::RouteRequest request;
  EXPECT_TRUE(world.routing->server_at_gateway(world.gateway(kGateway), 443, false, request).terminates_tls);
  const auto plain = world.routing->server_at_gateway(world.gateway(kGateway), 80, true, request);
  EXPECT_TRUE(plain.found);
  EXPECT_FALSE(plain.terminates_tls);
}

TEST(GatewayServer, SchemeMatch) {
  const std::string servers =
      std::string(kHttp80) +
      "  - {port: {number: 443, name: s, protocol: HTTPS}, hosts: ['*'], tls: {mode: SIMPLE, credentialName: c}}\n";
  const RouteWorld world = world_of(
      {gateway(servers),
       virtual_service("['*']",
                       "  http: [{match: [{scheme: {exact: https}}], route: [{destination: {host: "
                       "one, port: {number: 80}}}]}, {route: [{destination: {host: two, port: {number: 80}}}]}]\n")});
  EXPECT_EQ(text(world, ingress(world, kGateway, 80, host("x"))), "two.a:80");
  EXPECT_EQ(text(world, ingress(world, kGateway, 443, tls("x"))), "one.a:80");
}

TEST(GatewayServer, AutoPassthroughTakesIstioMtlsOnly) {
  const RouteWorld world = world_of({gateway(
      "  - {port: {number: 443, name: tls, protocol: TLS}, hosts: ['*.local'], tls: {mode: AUTO_PASSTHROUGH}}\n")});
  Ask ask = tls("outbound_.80_._.one.a.svc.cluster.local", false);
  EXPECT_EQ(text(world, ingress(world, kGateway, 443, ask)), "no server") << "no Istio ALPN";
  ask.istio_alpn = true;
  EXPECT_EQ(text(world, ingress(world, kGateway, 443, ask)), "one.a:80");
  ask.sni = "outbound_.81_._.one.a.svc.cluster.local";
  EXPECT_EQ(text(world, ingress(world, kGateway, 443, ask)), "close");
  ask.sni = "outbound|80||one.a.svc.cluster.local";
  EXPECT_EQ(text(world, ingress(world, kGateway, 443, ask)), "no server");
}

TEST(GatewayServer, TcpServers) {
  const RouteWorld world = world_of(
      {gateway("  - {port: {number: 31400, name: tcp, protocol: TCP}, hosts: ['*']}\n"),
       virtual_service("['*']",
                       "  tcp: [{match: [{port: 31400}], route: [{destination: {host: one, port: {number: 9000}}, "
                       "weight: 30}, {destination: {host: two, port: {number: 9000}}, weight: 70}]}]\n")});
  Ask bytes = host("");
  bytes.http = false;
  EXPECT_EQ(text(world, ingress(world, kGateway, 31400, bytes)), "0.3 one.a:9000, 0.7 two.a:9000");
}

TEST(GatewayServer, Dp253ObjectsOfOneHostMergeCatchAllsLast) {
  const RouteWorld world = world_of(
      {gateway(kHttp80), virtual_service("[x.example.com]", kToOne, "[gw]", "all"),
       virtual_service(
           "[x.example.com]",
           "  http: [{match: [{uri: {prefix: /two}}], route: [{destination: {host: two, port: {number: 80}}}]}]\n",
           "[gw]", "two")});
  EXPECT_EQ(text(world, ingress(world, kGateway, 80, host("x.example.com", "/two"))), "two.a:80");
  EXPECT_EQ(text(world, ingress(world, kGateway, 80, host("x.example.com", "/"))), "one.a:80");
}

TEST(GatewayServer, SelectorAndScopeToNamespace) {
  const std::vector<std::string> parts = {gateway(kHttp80), virtual_service("['*']", kToOne)};
  EXPECT_EQ(text(world_of(parts), ingress(world_of(parts), kGateway, 80, host("x"))), "one.a:80");
  const RouteWorld scoped = world_of(parts, "{features: {PILOT_SCOPE_GATEWAY_TO_NAMESPACE: 'true'}}");
  EXPECT_EQ(text(scoped, ingress(scoped, kGateway, 80, host("x"))), "no server") << "the Gateway lies in a";
  const RouteWorld other = world_of({gateway(kHttp80, "gw", "a", "istio: other"), virtual_service("['*']", kToOne)});
  EXPECT_EQ(text(other, ingress(other, kGateway, 80, host("x"))), "no server");
}

// mergeGateways: the oldest plaintext server of a port decides its protocol.
TEST(GatewayServer, Dp247ServersOfOnePort) {
  const std::string tcp = "  - {port: {number: 80, name: tcp, protocol: TCP}, hosts: ['*']}\n";
  const std::string to_two =
      "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: tcp, namespace: a}\nspec: {hosts: "
      "['*'], gateways: [tcp], tcp: [{route: [{destination: {host: two.a.svc.cluster.local, port: {number: 80}}}]}]}\n";
  const auto answer = [&](const char* name_of_http) {
    const RouteWorld world = world_of({gateway(tcp, "tcp"), to_two, gateway(kHttp80, name_of_http),
                                       virtual_service("['*']", kToOne, std::string("[") + name_of_http + "]")});
    return text(world, ingress(world, kGateway, 80, host("x")));
  };
  EXPECT_EQ(answer("after"), "one.a:80") << "by name where the ages are equal";
  EXPECT_EQ(answer("zzz"), "two.a:80");
}

// mergeGateways: TLS servers that repeat a host of the port are left out whole.
TEST(GatewayServer, Dp247RepeatedTlsHosts) {
  const auto simple = [](const char* hosts) {
    return std::string(
               "  - {port: {number: 443, name: https, protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: c}, "
               "hosts: ") +
           hosts + "}\n";
  };
  const RouteWorld world =
      world_of({gateway(simple("[a.example.com]"), "one"), gateway(simple("[a.example.com, b.example.com]"), "two"),
                virtual_service("['*']", kToOne, "[one, two]")});
  EXPECT_EQ(text(world, ingress(world, kGateway, 443, tls("b.example.com"))), "no server");
  EXPECT_EQ(text(world, ingress(world, kGateway, 443, tls("a.example.com"))), "one.a:80");
}

TEST(GatewayServer, MeshRoutesAreNotGatewayRoutes) {
  const RouteWorld world = world_of({gateway(kHttp80), virtual_service("[one]", kToOne, "[mesh]")});
  EXPECT_EQ(text(world, ingress(world, kGateway, 80, host("one.a.svc.cluster.local"))), "404 NR") << "DP-229";
  const RouteWorld both = world_of(
      {gateway(kHttp80), virtual_service("[two]",
                                         "  http: [{match: [{gateways: [mesh]}], route: [{destination: {host: one}}]}, "
                                         "{match: [{gateways: [gw]}], route: "
                                         "[{destination: {host: far.b.svc.cluster.local, port: {number: 80}}}]}]\n",
                                         "[mesh, gw]")});
  EXPECT_EQ(text(both, ingress(both, kGateway, 80, host("two.a.svc.cluster.local"))), "far.b:80");
  EXPECT_EQ(text(both, sidecar(both, "a/client", "two", 80)), "one.a:80");
}

TEST(GatewayServer, Dp226RoutesExportedToTheGateway) {
  const RouteWorld world =
      world_of({gateway(kHttp80), virtual_service("['*']", std::string(kToOne) + "  exportTo: ['.']\n")});
  EXPECT_EQ(text(world, ingress(world, kGateway, 80, host("x"))), "404 NR");
}

TEST(GatewayServer, SinglePortDestinationNeedsNoNumber) {
  const RouteWorld world =
      world_of({"apiVersion: v1\nkind: Service\nmetadata: {name: lone, namespace: a}\nspec: {ports: [{name: http, "
                "port: 8000}]}\n",
                gateway(kHttp80), virtual_service("['*']", "  http: [{route: [{destination: {host: lone}}]}]\n")});
  EXPECT_EQ(text(world, ingress(world, kGateway, 80, host("x"))), "lone.a:8000");
}

// Kubernetes Ingress: istio/istio tests/integration/pilot/ingress_test.go and pilot/pkg/config/kube/ingress.
std::string kube_ingress(const std::string& name, const std::string& paths, const std::string& more = "",
                         const std::string& cls = "ingressClassName: istio-test") {
  return "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: " + name + ", namespace: a}\nspec:\n  " +
         cls + "\n" + more + "  rules:\n" + paths;
}

std::string one_path(const std::string& path, const std::string& type, const std::string& service = "one",
                     const std::string& port = "number: 80") {
  return "{path: " + path + ", pathType: " + type + ", backend: {service: {name: " + service + ", port: {" + port +
         "}}}}";
}

const char* const kClass = R"(apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: istio-test}
spec: {controller: istio.io/ingress-controller}
)";

TEST(KubernetesIngress, PathsOfEveryTypeInTheirOrder_DP053) {
  const RouteWorld world(documents(
      {kIngress, kClass,
       kube_ingress("i", "  - http:\n      paths: [" + one_path("/test", "ImplementationSpecific") + ", " +
                             one_path("/old/*", "ImplementationSpecific") + ", " + one_path("/pre/fix/", "Prefix") +
                             ", " + one_path("/pre/fix/in", "Exact", "two", "name: http") + ", " +
                             one_path("/gone", "Exact", "nobody", "name: http") + "]\n")}));
  const auto at = [&](const std::string& path) { return text(world, ingress(world, kGateway, 80, host("x", path))); };
  EXPECT_EQ(at("/test"), "one.a:80");
  EXPECT_EQ(at("/test/x"), "404 NR");
  EXPECT_EQ(at("/old/x"), "one.a:80");
  EXPECT_EQ(at("/older"), "404 NR");
  EXPECT_EQ(at("/pre/fix"), "one.a:80");
  EXPECT_EQ(at("/pre/fix/x"), "one.a:80");
  EXPECT_EQ(at("/pre/fixation"), "404 NR");
  EXPECT_EQ(at("/pre/fix/in"), "two.a:80") << "longer paths first";
  EXPECT_EQ(at("/gone"), "404 NR") << "a named port of a Service that is not there";
}

TEST(KubernetesIngress, TheClassDecidesWhoseItIs_DP053) {
  const std::string path = "  - http:\n      paths: [" + one_path("/", "Prefix") + "]\n";
  const auto served = [&](const std::string& ingress_yaml, const std::string& config) {
    const RouteWorld world(documents({kIngress, kClass, ingress_yaml}), "{config: {" + config + "}}");
    return text(world, ingress(world, kGateway, 80, host("x"))) == "one.a:80";
  };
  EXPECT_TRUE(served(kube_ingress("i", path), ""));
  EXPECT_FALSE(served(kube_ingress("i", path, "", "ingressClassName: other"), ""));
  std::string annotated = kube_ingress("i", path, "", "");
  annotated.insert(annotated.find("name: i"), "annotations: {kubernetes.io/ingress.class: istio}, ");
  EXPECT_TRUE(served(annotated, ""));
  EXPECT_FALSE(served(annotated, "ingressClass: other"));
  EXPECT_FALSE(served(annotated, "ingressControllerMode: 'OFF'"));
  EXPECT_FALSE(served(kube_ingress("i", path), "ingressControllerMode: 'OFF'"));
  EXPECT_FALSE(served(kube_ingress("i", path, "", ""), ""));
  EXPECT_TRUE(served(kube_ingress("i", path, "", ""), "ingressControllerMode: DEFAULT"));
  EXPECT_FALSE(served(kube_ingress("i", path), "ingressSelector: elsewhere"));
}

TEST(KubernetesIngress, TlsEntriesOpenPort443_DP053) {
  const RouteWorld world(
      documents({kIngress, kClass,
                 kube_ingress("i", "  - http:\n      paths: [" + one_path("/", "Prefix") + "]\n",
                              "  tls: [{hosts: [foo.example.com], secretName: s}, {hosts: [bar.example.com]}]\n")}));
  const auto tls = [&](const std::string& name) {
    Ask ask = host(name);
    ask.tls = true;
    ask.sni = name;
    ask.scheme = "https";
    return text(world, ingress(world, kGateway, 443, ask));
  };
  EXPECT_EQ(tls("foo.example.com"), "one.a:80");
  EXPECT_EQ(tls("bar.example.com"), "no server") << "an entry without secret opens nothing";
}

}  // namespace
}  // namespace meshsim::test
