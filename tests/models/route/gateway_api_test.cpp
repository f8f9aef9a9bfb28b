// Gateway API: listeners, parents, filters, backends, merging (DP-240, DP-251, DP-252, DP-254, DP-258).
#include <gtest/gtest.h>

#include "tests/models/route/route_fixture.h"

namespace meshsim::test {
namespace {

std::string gateway(const std::string& listeners, const std::string& ns = "a", const std::string& name = "gw") {
  return "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: " + name + ", namespace: " + ns +
         "}\nspec:\n  gatewayClassName: istio\n  listeners:\n" + listeners;
}

std::string route(const std::string& spec, const std::string& name = "r", const std::string& ns = "a",
                  const std::string& kind = "HTTPRoute", const std::string& time = "") {
  return "apiVersion: gateway.networking.k8s.io/v1\nkind: " + kind + "\nmetadata:\n  name: " + name +
         "\n  namespace: " + ns + (time.empty() ? "" : "\n  creationTimestamp: \"" + time + "\"") + "\nspec:\n" + spec;
}

const char* const kHttp = "  - {name: http, port: 80, protocol: HTTP}\n";
const char* const kToOne = "  rules: [{backendRefs: [{name: one, port: 80}]}]\n";
const char* const kAlpha = "{profile: istio-1.27, features: {PILOT_ENABLE_ALPHA_GATEWAY_API: 'true'}}";
const char* const kMaster = "{profile: istio-master}";
const std::string kService = "  parentRefs: [{group: '', kind: Service, name: one}]\n";

Ask host(const std::string& name, const std::string& path = "/") {
  Ask ask;
  ask.authority = name;
  ask.path = path;
  return ask;
}

std::string at_gateway(const RouteWorld& world, const Ask& ask, std::uint16_t port = 80) {
  return text(world, ingress(world, "a/gw", port, ask));
}

TEST(GatewayApi, ListenerHostnamesIntersect) {
  const RouteWorld world(
      documents({gateway(R"(  - {name: exact, port: 80, protocol: HTTP, hostname: a.example.com}
  - {name: wild, port: 80, protocol: HTTP, hostname: '*.example.com'}
)"),
                 route("  parentRefs: [{name: gw, sectionName: wild}]\n  hostnames: [b.example.com, b.example.org]\n" +
                       std::string(kToOne)),
                 route("  parentRefs: [{name: gw}]\n  rules: [{backendRefs: [{name: two, port: 80}]}]\n", "any")}));
  EXPECT_EQ(at_gateway(world, host("b.example.com")), "one.a:80");
  EXPECT_EQ(at_gateway(world, host("b.example.org")), "404 NR");
  EXPECT_EQ(at_gateway(world, host("a.example.com")), "two.a:80");
  EXPECT_EQ(at_gateway(world, host("c.example.com")), "two.a:80") << "a route without hostnames takes the listener's";
}

// filterStrictGatewayMerging: pods of a managed Gateway take Gateways of networking.istio.io of its namespace only
// (1.31).
TEST(GatewayApi, Dp258StrictGatewayMerging) {
  const auto classic = [](const char* ns, const char* hostname) {
    return std::string("apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: classic, namespace: ") +
           ns +
           "}\nspec:\n  selector: {gateway.networking.k8s.io/gateway-name: gw}\n  servers: [{port: {number: 80, name: "
           "http, "
           "protocol: HTTP}, hosts: ['" +
           hostname +
           "']}]\n---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: vs, namespace: " +
           ns + "}\nspec: {hosts: ['" + hostname +
           "'], gateways: [classic], http: [{route: [{destination: {host: one.a.svc.cluster.local, port: {number: "
           "80}}}]}]}\n";
  };
  const std::string all = documents({gateway(kHttp), classic("a", "a.example.com"), classic("b", "b.example.com")});
  const RouteWorld strict(all, kMaster), old(all, kAlpha),
      off(all, "{profile: istio-master, features: {PILOT_ENABLE_STRICT_GATEWAY_MERGING: 'false'}}");
  for (const RouteWorld* world : {&strict, &old, &off})
    EXPECT_EQ(at_gateway(*world, host("a.example.com")), "one.a:80");
  EXPECT_EQ(at_gateway(strict, host("b.example.com")), "404 NR");
  EXPECT_EQ(at_gateway(old, host("b.example.com")), "one.a:80");
  EXPECT_EQ(at_gateway(off, host("b.example.com")), "one.a:80");
}

TEST(GatewayApi, AllowedRoutes) {
  const std::string from_b =
      route("  parentRefs: [{name: gw, namespace: a}]\n  rules: [{backendRefs: [{name: far, port: 80}]}]\n", "r", "b");
  const auto answer = [&](const std::string& allowed) {
    const RouteWorld world(
        documents({gateway("  - {name: http, port: 80, protocol: HTTP, allowedRoutes: {" + allowed + "}}\n"), from_b}));
    return at_gateway(world, host("x"));
  };
  EXPECT_EQ(answer("namespaces: {from: Same}"), "404 NR");
  EXPECT_EQ(answer("namespaces: {from: All}"), "far.b:80");
  EXPECT_EQ(answer("namespaces: {from: Selector, selector: {matchLabels: {kubernetes.io/metadata.name: b}}}"),
            "far.b:80");
  EXPECT_EQ(answer("namespaces: {from: Selector, selector: {matchLabels: {x: y}}}"), "404 NR");
  EXPECT_EQ(answer("namespaces: {from: All}, kinds: [{kind: GRPCRoute}]"), "404 NR");
}

TEST(GatewayApi, SectionNameAndPortOfParentRefs) {
  const std::string listeners =
      "  - {name: one, port: 80, protocol: HTTP}\n  - {name: two, port: 81, protocol: HTTP}\n";
  const RouteWorld section(
      documents({gateway(listeners), route("  parentRefs: [{name: gw, sectionName: two}]\n" + std::string(kToOne))}));
  EXPECT_EQ(at_gateway(section, host("x"), 80), "404 NR");
  EXPECT_EQ(at_gateway(section, host("x"), 81), "one.a:80");
  const RouteWorld port(
      documents({gateway(listeners), route("  parentRefs: [{name: gw, port: 80}]\n" + std::string(kToOne))}));
  EXPECT_EQ(at_gateway(port, host("x"), 80), "one.a:80");
  EXPECT_EQ(at_gateway(port, host("x"), 81), "404 NR");
  const RouteWorld none(
      documents({gateway(listeners), route("  parentRefs: [{name: gw, sectionName: three}]\n" + std::string(kToOne))}));
  EXPECT_TRUE(none.has_finding("MSH0242"));
}

TEST(GatewayApi, TlsListeners) {
  const RouteWorld world(
      documents(
          {gateway(
               R"(  - {name: https, port: 443, protocol: HTTPS, hostname: t.example.com, tls: {certificateRefs: [{name: cert}]}}
  - {name: pass, port: 443, protocol: TLS, hostname: p.example.com, tls: {mode: Passthrough}}
  - {name: other, port: 8443, protocol: HTTPS, tls: {certificateRefs: [{name: cert, namespace: b}]}}
)"),
           route("  parentRefs: [{name: gw, sectionName: https}]\n" + std::string(kToOne)),
           route("  parentRefs: [{name: gw, sectionName: pass}]\n  rules: [{backendRefs: [{name: two, port: 443}]}]\n",
                 "t", "a", "TLSRoute")}),
      kAlpha);
  Ask ask = host("t.example.com");
  ask.tls = true;
  ask.sni = "t.example.com";
  EXPECT_EQ(at_gateway(world, ask, 443), "one.a:80");
  ask.sni = "p.example.com";
  EXPECT_EQ(at_gateway(world, ask, 443), "two.a:443");
  ask.sni = "x.example.com";
  EXPECT_EQ(at_gateway(world, ask, 443), "no server");
  EXPECT_EQ(at_gateway(world, ask, 8443), "no server") << "a certificate elsewhere needs a ReferenceGrant";
}

TEST(GatewayApi, TcpListener) {
  const RouteWorld world(documents({gateway("  - {name: tcp, port: 9000, protocol: TCP}\n"),
                                    route("  parentRefs: [{name: gw}]\n  rules: [{backendRefs: [{name: one, port: "
                                          "9000, weight: 1}, {name: two, port: 9000, weight: 1}]}]\n",
                                          "t", "a", "TCPRoute")}),
                         kAlpha);
  Ask bytes;
  bytes.http = false;
  EXPECT_EQ(at_gateway(world, bytes, 9000), "0.5 one.a:9000, 0.5 two.a:9000");
}

// Istio 1.27 to 1.30 read these only with PILOT_ENABLE_ALPHA_GATEWAY_API, and then take no TCP or TLS listener either.
TEST(GatewayApi, Dp258KindsThatAVersionDoesNotRead) {
  const std::string yaml = documents(
      {gateway("  - {name: tcp, port: 9000, protocol: TCP}\n"),
       route("  parentRefs: [{name: gw}]\n  rules: [{backendRefs: [{name: one, port: 9000}]}]\n", "t", "a", "TCPRoute"),
       route("  parentRefs: [{group: '', kind: Service, name: two}]\n  rules: [{backendRefs: [{name: one, port: "
             "9000}]}]\n",
             "m", "a", "TCPRoute")});
  Ask bytes;
  bytes.http = false;
  for (const char* scenario : {"{profile: istio-1.27}", "{profile: ossm-3.2}"}) {
    const RouteWorld world(yaml, scenario);
    EXPECT_EQ(at_gateway(world, bytes, 9000), "no server");
    EXPECT_EQ(text(world, sidecar(world, "a/client", "two", 9000, bytes)), "two.a:9000");
    EXPECT_TRUE(world.has_finding("MSH0246"));
  }
  for (const char* scenario : {kAlpha, kMaster}) {
    const RouteWorld world(yaml, scenario);
    EXPECT_EQ(at_gateway(world, bytes, 9000), "one.a:9000");
    EXPECT_EQ(text(world, sidecar(world, "a/client", "two", 9000, bytes)), "one.a:9000");
    EXPECT_FALSE(world.has_finding("MSH0246"));
  }
}

std::string listener_set(const std::string& name, const std::string& listeners, const std::string& kind = "ListenerSet",
                         const std::string& time = "2026-01-01T00:00:00Z") {
  return route("  parentRef: {name: gw}\n  listeners:\n" + listeners, name, "a", kind, time);
}

TEST(GatewayApi, Dp258ListenerSetsByVersion) {
  const auto answer = [](const std::string& kind, const std::string& scenario) {
    const RouteWorld world(documents({gateway(kHttp) + "  allowedListeners: {namespaces: {from: Same}}\n",
                                      listener_set("set", "  - {name: own, port: 8080, protocol: HTTP}\n", kind),
                                      route("  parentRefs: [{kind: " + kind +
                                            ", group: gateway.networking.k8s.io, name: set}]\n" + kToOne)}),
                           scenario);
    return at_gateway(world, host("x"), 8080) + (world.has_finding("MSH0246") ? " MSH0246" : "");
  };
  EXPECT_EQ(answer("ListenerSet", kMaster), "one.a:80");
  EXPECT_EQ(answer("XListenerSet", kMaster), "no server MSH0246");
  EXPECT_EQ(answer("ListenerSet", kAlpha), "no server MSH0246");
  EXPECT_EQ(answer("XListenerSet", kAlpha), "one.a:80");
  EXPECT_EQ(answer("XListenerSet", "{profile: istio-1.27}"), "no server MSH0246");
}

// ComputeGatewayListenerConflicts: the Gateway's own listeners first, then its sets by age; what lost blocks nobody.
TEST(GatewayApi, Dp258ConflictingListeners) {
  const std::string yaml =
      documents({gateway("  - {name: a, port: 80, protocol: HTTP, hostname: a.com}\n") +
                     "  allowedListeners: {namespaces: {from: Same}}\n",
                 listener_set("old",
                              "  - {name: tcp, port: 80, protocol: TCP}\n  - {name: b, port: 80, protocol: HTTP, "
                              "hostname: b.com}\n"),
                 listener_set("new", "  - {name: b, port: 80, protocol: HTTP, hostname: b.com}\n", "ListenerSet",
                              "2026-01-02T00:00:00Z"),
                 route("  parentRefs: [{kind: ListenerSet, group: gateway.networking.k8s.io, name: old}]\n" +
                       std::string(kToOne)),
                 route("  parentRefs: [{kind: ListenerSet, group: gateway.networking.k8s.io, name: new}]\n  rules: "
                       "[{matches: [{path: {value: /new}}], backendRefs: [{name: two, port: 80}]}]\n",
                       "n")});
  const RouteWorld master(yaml, kMaster);
  EXPECT_EQ(at_gateway(master, host("b.com", "/new")), "one.a:80") << "the listener of the newer set is not programmed";
  EXPECT_TRUE(master.has_finding("MSH0247"));
  const RouteWorld older(yaml, "{profile: istio-master, switches: {listenerConflicts: false}}");
  EXPECT_EQ(at_gateway(older, host("b.com", "/new")), "two.a:80");
  EXPECT_FALSE(older.has_finding("MSH0247"));
}

TEST(GatewayApi, Dp258TlsRouteWhereTlsEnds) {
  const std::string yaml = documents({gateway("  - {name: ends, port: 8443, protocol: TLS, hostname: t.example.com, "
                                              "tls: {mode: Terminate, certificateRefs: "
                                              "[{name: cert}]}}\n"),
                                      route("  parentRefs: [{name: gw}]\n  hostnames: [t.example.com]\n  rules: "
                                            "[{backendRefs: [{name: one, port: 9000}]}]\n",
                                            "t", "a", "TLSRoute")});
  Ask ask;
  ask.http = false;
  ask.tls = true;
  ask.sni = "t.example.com";
  EXPECT_EQ(at_gateway(RouteWorld(yaml, kMaster), ask, 8443), "one.a:9000");
  const RouteWorld older(yaml, kAlpha);
  EXPECT_EQ(at_gateway(older, ask, 8443), "close");
  EXPECT_TRUE(older.has_finding("MSH0242")) << "only TCPRoutes attach there";
}

TEST(GatewayApi, CorsByVersion) {
  const std::string yaml = route(kService +
                                 "  rules: [{filters: [{type: CORS, cors: {allowOrigins: ['https://*.x.com'], "
                                 "allowMethods: ['*'], allowHeaders: ['*'], exposeHeaders: [x-e]}}], "
                                 "backendRefs: [{name: two, port: 80}]}]\n");
  Ask preflight{"OPTIONS", "/"};
  preflight.headers = {{"origin", "https://a.x.com"},
                       {"access-control-request-method", "PUT"},
                       {"access-control-request-headers", "x-1, x-2"}};
  const RouteWorld master(yaml, kMaster), older(yaml, "{profile: istio-1.27}");
  EXPECT_EQ(sidecar(master, "a/client", "one", 80, preflight)[0].answer_headers,
            (models::Headers{{"access-control-allow-origin", "https://a.x.com"},
                             {"access-control-expose-headers", "x-e"},
                             {"access-control-allow-methods", "PUT"},
                             {"access-control-allow-headers", "x-1, x-2"}}))
      << "a star gives back what was asked for; the filter's own answer passes its response half";
  EXPECT_EQ(text(older, sidecar(older, "a/client", "one", 80, preflight)), "two.a:80")
      << "origins are exact and other preflights forwarded before 1.28";
  preflight.headers[0].second = "https://y.com";
  const auto refused = sidecar(master, "a/client", "one", 80, preflight);
  EXPECT_EQ(text(master, refused), "200");
  EXPECT_EQ(refused[0].answer_headers[0].first, "access-control-allow-methods") << "everything but the origin";
}

TEST(GatewayApi, Dp251SegmentsNotStrings) {
  const RouteWorld world(
      route(kService + "  rules: [{matches: [{path: {value: /foo/}}], backendRefs: [{name: two, port: 80}]}]\n"));
  for (const char* path : {"/foo", "/foo/", "/foo/x", "/foo?x"})
    EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, Ask{"GET", path})), "two.a:80") << path;
  for (const char* path : {"/foobar", "/fo", "/"})
    EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, Ask{"GET", path})), "404 NR") << path;
}

TEST(GatewayApi, Dp251OlderObjectFirstThenName) {
  const auto to = [](const char* backend, const char* name, const char* time) {
    return route(kService + "  rules: [{matches: [{path: {value: /x}}], backendRefs: [{name: " + std::string(backend) +
                     ", port: 80}]}]\n",
                 name, "a", "HTTPRoute", time);
  };
  const RouteWorld by_age(documents({to("one", "a", "2024-01-01T00:00:00Z"), to("two", "b", "2020-01-01T00:00:00Z")}));
  EXPECT_EQ(text(by_age, sidecar(by_age, "a/client", "one", 80, Ask{"GET", "/x"})), "two.a:80");
  const RouteWorld by_name(documents({to("one", "b", ""), to("two", "a", "")}));
  EXPECT_EQ(text(by_name, sidecar(by_name, "a/client", "one", 80, Ask{"GET", "/x"})), "two.a:80");
}

TEST(GatewayApi, Dp252InvalidBackendsAnswer500) {
  const auto answer = [](const std::string& refs) {
    const RouteWorld world(route(kService + "  rules: [{backendRefs: [" + refs + "]}]\n"));
    return text(world, sidecar(world, "a/client", "one", 80));
  };
  EXPECT_EQ(answer("{name: nowhere, port: 80}"), "500 NC");
  EXPECT_EQ(answer("{name: one, port: 99}"), "500 NC");
  EXPECT_EQ(answer("{name: one, port: 80, kind: Other}"), "500 NC");
  EXPECT_EQ(answer("{name: nowhere, port: 80, weight: 1}, {name: two, port: 80, weight: 3}"),
            "0.25 500 NC, 0.75 two.a:80");
  EXPECT_EQ(answer("{name: two, port: 80, weight: 0}"), "500");
  EXPECT_EQ(answer(""), "500");
  EXPECT_EQ(answer("{name: two, port: 80, weight: 0}, {name: one, port: 80, weight: 5}"), "one.a:80");
  EXPECT_EQ(answer("{name: two}"), "one.a:80") << "no port: istiod drops the whole object";
  EXPECT_EQ(answer("{name: far, namespace: b, port: 80}"), "far.b:80") << "mesh routes need no ReferenceGrant";
}

TEST(GatewayApi, ReferenceGrants) {
  const std::string base = documents(
      {gateway(kHttp),
       route("  parentRefs: [{name: gw}]\n  rules: [{backendRefs: [{name: far, namespace: b, port: 80}]}]\n")});
  const RouteWorld denied(base);
  EXPECT_EQ(at_gateway(denied, host("x")), "500 NC");
  EXPECT_TRUE(denied.has_finding("MSH0244"));
  const RouteWorld granted(documents({base, R"(apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: g, namespace: b}
spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: a}], to: [{group: '', kind: Service, name: far}]}
)"}));
  EXPECT_EQ(at_gateway(granted, host("x")), "far.b:80");
}

TEST(GatewayApi, Dp254ProducersAndConsumers) {
  const auto to = [](const char* ns, const char* backend) {
    return route(
        "  parentRefs: [{group: '', kind: Service, name: one, namespace: a}]\n  rules: [{backendRefs: [{name: " +
            std::string(backend) + ", port: 80}]}]\n",
        "r", ns);
  };
  const RouteWorld consumer(to("b", "far"));
  EXPECT_EQ(text(consumer, sidecar(consumer, "b/client", "one.a", 80)), "far.b:80");
  EXPECT_EQ(text(consumer, sidecar(consumer, "a/client", "one", 80)), "one.a:80");
  const RouteWorld both(documents({to("b", "far"), to("a", "two")}));
  EXPECT_EQ(text(both, sidecar(both, "b/client", "one.a", 80)), "far.b:80") << "consumer override";
  EXPECT_EQ(text(both, sidecar(both, "a/client", "one", 80)), "two.a:80");
}

TEST(GatewayApi, PortOfServiceParents) {
  const RouteWorld world(
      route("  parentRefs: [{group: '', kind: Service, name: one, port: 7070}]\n  rules: [{backendRefs: [{name: two, "
            "port: 7070}]}]\n"));
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 7070)), "two.a:7070");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80)), "one.a:80");
}

TEST(GatewayApi, ServiceEntryParentAndHostnameBackend) {
  const std::string entry =
      "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: ext, namespace: a}\nspec: {hosts: "
      "[ext.example.com], resolution: DNS, ports: [{number: 80, name: http, protocol: HTTP}]}\n";
  const RouteWorld world(documents(
      {entry,
       route("  parentRefs: [{group: networking.istio.io, kind: ServiceEntry, name: ext}]\n" + std::string(kToOne))}));
  EXPECT_EQ(text(world, sidecar(world, "a/client", "ext.example.com", 80)), "one.a:80");
  const RouteWorld out(documents({entry, route(kService + "  rules: [{backendRefs: [{group: networking.istio.io, kind: "
                                                          "Hostname, name: ext.example.com, port: 80}]}]\n")}));
  EXPECT_EQ(text(out, sidecar(out, "a/client", "one", 80)), "ext.example.com:80");
}

TEST(GatewayApi, Filters) {
  const RouteWorld world(route(kService + R"(  rules:
  - matches: [{path: {value: /redirect}}]
    filters: [{type: RequestRedirect, requestRedirect: {hostname: example.com, statusCode: 301}}]
  - matches: [{path: {value: /prefix}}]
    filters: [{type: RequestRedirect, requestRedirect: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}, scheme: https}}]
  - matches: [{path: {value: /full}}]
    filters: [{type: URLRewrite, urlRewrite: {hostname: h.example.com, path: {type: ReplaceFullPath, replaceFullPath: /whole}}}]
    backendRefs: [{name: two, port: 80}]
  - matches: [{path: {value: /strip}}]
    filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}]
    backendRefs: [{name: two, port: 80}]
  - matches: [{path: {value: /swap}}]
    filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /other/}}}]
    backendRefs: [{name: two, port: 80}]
  - matches: [{path: {value: /headers}}]
    filters:
    - {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: X-Set, value: s}], add: [{name: X-Add, value: a}], remove: [X-Gone]}}
    - {type: ResponseHeaderModifier, responseHeaderModifier: {add: [{name: X-Out, value: o}]}}
    - {type: RequestMirror, requestMirror: {backendRef: {name: one, port: 80}, percent: 42}}
    backendRefs: [{name: two, port: 80, filters: [{type: RequestHeaderModifier, requestHeaderModifier: {add: [{name: X-Back, value: b}]}}]}]
  - matches: [{path: {value: /cors}}]
    filters: [{type: CORS, cors: {allowOrigins: ['https://x.example.com'], allowMethods: [GET], maxAge: 5}}]
    backendRefs: [{name: two, port: 80}]
)"));
  const auto go = [&](const std::string& path) {
    return sidecar(world, "a/client", "one", 80, Ask{"GET", path, "one:80"});
  };
  EXPECT_EQ(location(go("/redirect/x?q")), "http://example.com/redirect/x?q");
  EXPECT_EQ(text(world, go("/prefix/x")), "302");
  EXPECT_EQ(location(go("/prefix/x")), "https://one/new/x");
  EXPECT_EQ(go("/full/x?q")[0].new_path, "/whole?q");
  EXPECT_EQ(go("/full/x")[0].new_authority, "h.example.com");
  EXPECT_EQ(go("/strip/x/y")[0].new_path, "/x/y");
  EXPECT_EQ(go("/strip")[0].new_path, "/");
  EXPECT_EQ(go("/swap/x")[0].new_path, "/other/x");
  const auto edits = go("/headers")[0];
  EXPECT_EQ(edits.request_headers.set, (models::Headers{{"x-set", "s"}}));
  EXPECT_EQ(edits.request_headers.add, (models::Headers{{"x-add", "a"}, {"x-back", "b"}}));
  EXPECT_EQ(edits.request_headers.remove, std::vector<std::string>{"x-gone"});
  EXPECT_EQ(edits.response_headers.add, (models::Headers{{"x-out", "o"}}));
  ASSERT_EQ(edits.mirrors.size(), 1u);
  EXPECT_DOUBLE_EQ(edits.mirrors[0].share, 0.42);
  Ask preflight{"OPTIONS", "/cors"};
  preflight.headers = {{"origin", "https://x.example.com"}, {"access-control-request-method", "GET"}};
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, preflight)), "200");
}

TEST(GatewayApi, UnsupportedFilterDropsTheObject) {
  const RouteWorld world(route(kService + "  rules: [{filters: [{type: ExtensionRef, extensionRef: {group: x, kind: y, "
                                          "name: z}}], backendRefs: [{name: two, port: 80}]}]\n"));
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80)), "one.a:80");
  EXPECT_TRUE(world.has_finding("MSH0243"));
}

TEST(GatewayApi, TimeoutsAndRetries) {
  const RouteWorld world(route(kService + "  rules: [{timeouts: {request: 10s, backendRequest: 2s}, retry: {attempts: "
                                          "4, codes: [500, 503]}, backendRefs: [{name: two, port: 80}]}]\n"));
  const auto choice = sidecar(world, "a/client", "one", 80)[0];
  EXPECT_EQ(choice.timeout_ns, 10'000'000'000);
  ASSERT_TRUE(choice.retries);
  EXPECT_EQ(choice.retries->attempts, 4);
  EXPECT_EQ(choice.retries->per_try_timeout_ns, 2'000'000'000);
  EXPECT_EQ(choice.retries->on, "connect-failure,refused-stream,unavailable,cancelled,500,503");
}

TEST(GatewayApi, GrpcRoute) {
  const RouteWorld world(route(kService + R"(  rules:
  - matches: [{method: {service: shop.Cart, method: Add}}]
    backendRefs: [{name: two, port: 7070}]
  - matches: [{method: {service: shop.Cart}}]
    backendRefs: [{name: one, port: 7070}]
  - matches: [{method: {method: Ping}, headers: [{name: v, value: '2'}]}]
    backendRefs: [{name: far, namespace: b, port: 7070}]
)",
                               "g", "a", "GRPCRoute"));
  const auto go = [&](const std::string& path, const std::string& v = "") {
    Ask ask{"POST", path};
    ask.grpc = true;
    if (!v.empty()) ask.headers = {{"v", v}};
    return text(world, sidecar(world, "a/client", "one", 7070, ask));
  };
  EXPECT_EQ(go("/shop.Cart/Add"), "two.a:7070");
  EXPECT_EQ(go("/shop.Cart/Remove"), "one.a:7070");
  EXPECT_EQ(go("/any.Thing/Ping", "2"), "far.b:7070");
  EXPECT_EQ(go("/any.Thing/Ping"), "404 NR");
}

TEST(GatewayApi, Dp258RoutesDoNotAttachToWaypoints) {
  const RouteWorld world(
      documents({"apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: wp, namespace: a}\nspec: "
                 "{gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}\n",
                 route("  parentRefs: [{name: wp}]\n" + std::string(kToOne))}));
  EXPECT_TRUE(world.has_finding("MSH0241"));
  EXPECT_EQ(text(world, sidecar(world, "a/client", "two", 80)), "two.a:80");
}

TEST(GatewayApi, UnknownParents) {
  const RouteWorld world(
      documents({route("  parentRefs: [{name: none}]\n" + std::string(kToOne)),
                 route("  parentRefs: [{group: '', kind: Service, name: none}]\n" + std::string(kToOne), "s")}));
  EXPECT_TRUE(world.has_finding("MSH0241"));
}

}  // namespace
}  // namespace meshsim::test
