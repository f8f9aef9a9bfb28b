// What a matched rule does: redirects, rewrites, faults, weights, mirrors, header edits, CORS, retries (DP-220, DP-246,
// DP-250). Expectations of istio/istio tests/integration/pilot/common/routing.go where a case of that name exists.
#include <gtest/gtest.h>

#include "tests/models/route/route_fixture.h"

namespace meshsim::test {
namespace {

RouteWorld world_of(const std::string& http, const std::string& more = "") {
  std::string vs =
      "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: vs, namespace: a}\nspec:\n  hosts: "
      "[one]\n  http:\n" +
      http;
  return RouteWorld(more.empty() ? vs : documents({vs, more}));
}

Ask path(const std::string& p, const std::string& authority = "") {
  Ask ask;
  ask.path = p;
  ask.authority = authority;
  return ask;
}

TEST(HttpAction, Redirects) {
  struct Case {
    const char *redirect, *path, *authority;
    std::uint16_t port;
    const char* expected;
  };
  const std::vector<Case> cases = {
      {"uri: /new/path", "/foo?key=value", "one", 80, "http://one/new/path?key=value"},
      {"derivePort: FROM_REQUEST_PORT, scheme: https", "/foo", "one", 80, "https://one:80/foo"},
      {"derivePort: FROM_REQUEST_PORT", "/foo", "one", 80, "http://one/foo"},
      {"derivePort: FROM_REQUEST_PORT", "/foo", "one:80", 80, "http://one:80/foo"},
      {"derivePort: FROM_REQUEST_PORT", "/foo", "one", 7070, "http://one:7070/foo"},
      {"derivePort: FROM_REQUEST_PORT", "/foo", "one:7070", 7070, "http://one:7070/foo"},
      {"derivePort: FROM_PROTOCOL_DEFAULT", "/foo", "one:7070", 7070, "http://one:7070/foo"},
      {"port: 8443, scheme: https, authority: example.com", "/foo", "one", 80, "https://example.com:8443/foo"},
      {"port: 443, scheme: https", "/foo", "one:80", 80, "https://one/foo"},
      {"scheme: https", "/foo", "one:80", 80, "https://one/foo"},
      {"prefixRewrite: /new/", "/foo/bar", "one", 80, "http://one/new/bar"},
      {"authority: example.com", "/foo?a=b#c", "one", 80, "http://example.com/foo?a=b"},
  };
  for (const Case& c : cases) {
    const bool prefix = std::string(c.redirect).starts_with("prefix");
    const RouteWorld world = world_of("  - match: [{uri: {prefix: " + std::string(prefix ? "/foo/" : "/foo") +
                                      "}}]\n    redirect: {" + c.redirect + "}\n");
    const auto choices = sidecar(world, "a/client", "one", c.port, path(c.path, c.authority));
    EXPECT_EQ(text(world, choices), "301") << c.redirect;
    EXPECT_EQ(location(choices), c.expected) << c.redirect;
  }
  const RouteWorld code = world_of("  - redirect: {uri: /x, redirectCode: 307}\n");
  EXPECT_EQ(text(code, sidecar(code, "a/client", "one", 80)), "307");
}

TEST(HttpAction, Rewrites) {
  struct Case {
    const char *match, *rewrite, *path, *expected;
  };
  const std::vector<Case> cases = {
      {"uri: {exact: /foo}", "uri: /new/path", "/foo?key=value#hash", "/new/path?key=value"},
      {"uri: {prefix: /foo}", "uri: /new", "/foo/bar?x", "/new/bar?x"},
      {"uri: {prefix: /foo/}", "uri: /", "/foo/bar", "/bar"},
      {"uri: {regex: '/foo/.*'}", "uri: /whole", "/foo/bar", "/whole"},
      {"method: {exact: GET}", "uri: /base/", "/foo", "/base/foo"},
      {"uri: {prefix: /Foo}, ignoreUriCase: true", "uri: /x", "/fOO/y", "/x/y"},
      {"uri: {prefix: /}", "uriRegexRewrite: {match: '/service/([^/]+)(/.*)', rewrite: '\\2/instance/\\1'}",
       "/service/foo/v1/api?q", "/v1/api/instance/foo?q"},
      {"uri: {prefix: /}", "uriRegexRewrite: {match: one, rewrite: two}", "/xxx/one/yyy/one", "/xxx/two/yyy/two"},
  };
  for (const Case& c : cases) {
    const RouteWorld world = world_of("  - match: [{" + std::string(c.match) + "}]\n    rewrite: {" + c.rewrite +
                                      "}\n    route: [{destination: {host: one}}]\n");
    const auto choices = sidecar(world, "a/client", "one", 80, path(c.path));
    ASSERT_EQ(choices.size(), 1u);
    EXPECT_EQ(choices[0].new_path, c.expected) << c.rewrite;
  }
  const RouteWorld authority =
      world_of("  - rewrite: {authority: new-authority}\n    route: [{destination: {host: one}}]\n");
  EXPECT_EQ(sidecar(authority, "a/client", "one", 80)[0].new_authority, "new-authority");
}

TEST(HttpAction, HostHeaderOfRouteBeatsDestination) {
  const auto host = [](const std::string& route, const std::string& destination, bool two) {
    std::string yaml = "  - route:\n    - destination: {host: one}\n";
    if (two) yaml += "      weight: 50\n";
    if (!destination.empty()) yaml += "      headers: {request: {set: {Host: " + destination + "}}}\n";
    if (two) yaml += "    - destination: {host: one}\n      weight: 50\n";
    if (!route.empty()) yaml += "    headers: {request: {set: {':authority': " + route + "}}}\n";
    const RouteWorld world = world_of(yaml);
    const auto choices = sidecar(world, "a/client", "one", 80);
    return choices[0].new_authority.value_or("");
  };
  EXPECT_EQ(host("route-authority", "", false), "route-authority");
  EXPECT_EQ(host("", "dest-authority", false), "dest-authority");
  EXPECT_EQ(host("route-authority", "dest-authority", false), "route-authority");
  EXPECT_EQ(host("route-authority", "dest-authority", true), "route-authority");
  EXPECT_EQ(host("", "dest-authority", true), "dest-authority");
}

TEST(HttpAction, HeaderEditsOfRouteAndDestination) {
  const std::string rule =
      "  - headers: {request: {set: {x: route}, remove: [gone]}, response: {add: {r: route}}}\n    route:\n    - "
      "destination: {host: one}\n      headers: {request: {set: {x: dest}, add: {w: dest}}, response: {add: {r: "
      "dest}}}\n";
  const RouteWorld lone = world_of(rule);
  const auto single = sidecar(lone, "a/client", "one", 80)[0];
  EXPECT_EQ(single.request_headers.set, (models::Headers{{"x", "dest"}})) << "one list, the destination's comes last";
  EXPECT_EQ(single.request_headers.add, (models::Headers{{"w", "dest"}}));
  EXPECT_EQ(single.request_headers.remove, std::vector<std::string>{"gone"});
  EXPECT_EQ(single.response_headers.add, (models::Headers{{"r", "route"}, {"r", "dest"}}));
  const RouteWorld many = world_of(rule + "      weight: 50\n    - destination: {host: two}\n      weight: 50\n");
  const auto several = sidecar(many, "a/client", "one", 80);
  ASSERT_EQ(several.size(), 2u);
  EXPECT_EQ(several[0].request_headers.set, (models::Headers{{"x", "route"}})) << "the route's is applied after";
}

TEST(HttpAction, Dp250Weights) {
  const auto split = [](const std::string& route) {
    const RouteWorld world = world_of("  - route:\n" + route);
    const auto choices = sidecar(world, "a/client", "one", 80);
    EXPECT_DOUBLE_EQ(sum(choices), 1.0);
    EXPECT_EQ(sum(choices), 1.0) << "exactly";
    return text(world, choices);
  };
  EXPECT_EQ(split("    - {destination: {host: one}, weight: 80}\n    - {destination: {host: two}, weight: 20}\n"),
            "0.8 one.a:80, 0.2 two.a:80");
  EXPECT_EQ(split("    - {destination: {host: one}, weight: 1}\n    - {destination: {host: two}, weight: 3}\n"),
            "0.25 one.a:80, 0.75 two.a:80")
      << "weights are relative";
  EXPECT_EQ(split("    - {destination: {host: one}, weight: 0}\n    - {destination: {host: two}, weight: 100}\n"),
            "two.a:80");
  EXPECT_EQ(split("    - {destination: {host: two}, weight: 0}\n"), "two.a:80") << "a single destination takes all";
  EXPECT_EQ(split("    - {destination: {host: one}, weight: 1}\n    - {destination: {host: two}, weight: 1}\n    - "
                  "{destination: {host: far.b.svc.cluster.local}, weight: 1}\n"),
            "0.3333 one.a:80, 0.3333 two.a:80, 0.3333 far.b:80");
}

TEST(HttpAction, Faults) {
  const auto fault = [](const std::string& yaml) {
    const RouteWorld world = world_of("  - route: [{destination: {host: one}}]\n    fault: {" + yaml + "}\n");
    const auto choices = sidecar(world, "a/client", "one", 80);
    EXPECT_EQ(sum(choices), 1.0);
    return text(world, choices);
  };
  EXPECT_EQ(fault("abort: {percentage: {value: 100}, httpStatus: 418}"), "418 FI");
  EXPECT_EQ(fault("abort: {percentage: {value: 25}, httpStatus: 503}"), "0.25 503 FI, 0.75 one.a:80");
  EXPECT_EQ(fault("abort: {httpStatus: 503}"), "one.a:80") << "no percentage: nothing is aborted";
  EXPECT_EQ(fault("abort: {percentage: {value: 0}, httpStatus: 503}"), "one.a:80");
  EXPECT_EQ(
      fault("abort: {percentage: {value: 100}, httpStatus: 418}, delay: {percentage: {value: 100}, fixedDelay: 5s}"),
      "418 DI,FI");
  EXPECT_EQ(fault("delay: {percentage: {value: 50}, fixedDelay: 5s}"), "0.5 one.a:80, 0.5 one.a:80");
  EXPECT_EQ(
      fault("abort: {percentage: {value: 50}, httpStatus: 400}, delay: {percentage: {value: 50}, fixedDelay: 5s}"),
      "0.25 400 DI,FI, 0.25 one.a:80, 0.25 400 FI, 0.25 one.a:80");
  const RouteWorld grpc = world_of(
      "  - route: [{destination: {host: one}}]\n    fault: {abort: {percentage: {value: 100}, grpcStatus: "
      "UNAVAILABLE}}\n");
  const auto choices = sidecar(grpc, "a/client", "one", 7070);
  EXPECT_EQ(text(grpc, choices), "200 FI");
  EXPECT_EQ(choices[0].answer_headers, (models::Headers{{"grpc-status", "14"}}));
}

TEST(HttpAction, DirectResponse) {
  const RouteWorld world =
      world_of("  - directResponse: {status: 418, body: {string: teapot}}\n    headers: {response: {set: {x: y}}}\n");
  const auto choices = sidecar(world, "a/client", "one", 80);
  EXPECT_EQ(text(world, choices), "418");
  EXPECT_EQ(choices[0].body, "teapot");
  EXPECT_EQ(choices[0].response_headers.set, (models::Headers{{"x", "y"}}));
}

TEST(HttpAction, Mirrors) {
  const RouteWorld world = world_of(
      "  - route: [{destination: {host: one}}]\n    mirror: {host: two, port: {number: 8888}}\n    mirrorPercentage: "
      "{value: 10}\n    mirrors: [{destination: {host: far.b.svc.cluster.local}}, {destination: {host: two}, "
      "percentage: {value: 0}}]\n");
  const auto choices = sidecar(world, "a/client", "one", 80);
  ASSERT_EQ(choices[0].mirrors.size(), 2u);
  const auto host = [&](std::size_t i) { return world.mesh->services[choices[0].mirrors[i].service].hostname; };
  EXPECT_EQ(host(0), "two.a.svc.cluster.local");
  EXPECT_EQ(choices[0].mirrors[0].port, 8888);
  EXPECT_DOUBLE_EQ(choices[0].mirrors[0].share, 0.1);
  EXPECT_EQ(host(1), "far.b.svc.cluster.local");
  EXPECT_DOUBLE_EQ(choices[0].mirrors[1].share, 1.0);
}

// DP-252: a copy goes to the subset that is named; without its DestinationRule there is no cluster, and no copy.
TEST(HttpAction, Dp252MirrorsOfASubset) {
  const std::string http =
      "  - route: [{destination: {host: one}}]\n    mirror: {host: two, subset: v2, port: {number: 8888}}\n";
  const RouteWorld without = world_of(http);
  EXPECT_TRUE(sidecar(without, "a/client", "one", 80)[0].mirrors.empty());
  const RouteWorld with = world_of(http,
                                   "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: two, "
                                   "namespace: a}\nspec: {host: two, subsets: [{name: v2, labels: {version: v2}}]}\n");
  const auto choices = sidecar(with, "a/client", "one", 80);
  ASSERT_EQ(choices[0].mirrors.size(), 1u);
  EXPECT_EQ(choices[0].mirrors[0].subset, (models::Labels{{"version", "v2"}}));
}

TEST(HttpAction, Dp246TimeoutsAndRetries) {
  const RouteWorld world = world_of(R"(  - match: [{uri: {exact: /own}}]
    route: [{destination: {host: one}}]
    timeout: 1m30s
    retries: {attempts: 3, perTryTimeout: 250ms, retryOn: "5xx"}
  - match: [{uri: {exact: /none}}]
    route: [{destination: {host: one}}]
    retries: {attempts: 0}
  - route: [{destination: {host: one}}]
)");
  const auto own = sidecar(world, "a/client", "one", 80, path("/own"))[0];
  EXPECT_EQ(own.timeout_ns, 90'000'000'000);
  ASSERT_TRUE(own.retries);
  EXPECT_EQ(own.retries->attempts, 3);
  EXPECT_EQ(own.retries->on, "5xx");
  EXPECT_EQ(own.retries->per_try_timeout_ns, 250'000'000);
  EXPECT_FALSE(sidecar(world, "a/client", "one", 80, path("/none"))[0].retries);
  for (const char* host : {"one", "two"}) {  // with and without a route object: no timeout, R1
    const auto plain = sidecar(world, "a/client", host, 80)[0];
    EXPECT_EQ(plain.timeout_ns, 0);
    ASSERT_TRUE(plain.retries);
    EXPECT_EQ(plain.retries->attempts, 2);
    EXPECT_EQ(plain.retries->on, "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes");
  }
}

TEST(HttpAction, Cors) {
  const RouteWorld world = world_of(
      "  - corsPolicy: {allowOrigins: [{exact: cors.com}], allowMethods: [POST, GET], allowCredentials: false, "
      "allowHeaders: [X-Foo-Bar, X-Foo-Baz], maxAge: 24h}\n    route: [{destination: {host: one}}]\n");
  Ask preflight;
  preflight.method = "OPTIONS";
  preflight.headers = {{"origin", "cors.com"}, {"access-control-request-method", "DELETE"}};
  const auto answer = sidecar(world, "a/client", "one", 80, preflight);
  EXPECT_EQ(text(world, answer), "200");
  EXPECT_EQ(answer[0].answer_headers, (models::Headers{{"access-control-allow-origin", "cors.com"},
                                                       {"access-control-allow-methods", "POST,GET"},
                                                       {"access-control-allow-headers", "X-Foo-Bar,X-Foo-Baz"},
                                                       {"access-control-max-age", "86400"}}));
  Ask get;
  get.headers = {{"origin", "cors.com"}};
  EXPECT_EQ(sidecar(world, "a/client", "one", 80, get)[0].response_headers.set,
            (models::Headers{{"access-control-allow-origin", "cors.com"}}));
  EXPECT_TRUE(sidecar(world, "a/client", "one", 80)[0].response_headers.set.empty());
  preflight.headers[0].second = "other.com";
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, preflight)), "one.a:80") << "forwarded by default";
}

// Envoy's CORS filter looks at the policy of a route that forwards, and stands behind the fault filter.
TEST(HttpAction, CorsAmongOtherFilters) {
  const std::string policy = "corsPolicy: {allowOrigins: [{exact: '*'}], allowMethods: [GET]}";
  Ask preflight;
  preflight.method = "OPTIONS";
  preflight.headers = {{"origin", "any.com"}, {"access-control-request-method", "GET"}};
  const RouteWorld star = world_of("  - " + policy + "\n    route: [{destination: {host: one}}]\n");
  EXPECT_EQ(text(star, sidecar(star, "a/client", "one", 80, preflight)), "200") << "an exact star takes every origin";
  const RouteWorld redirect = world_of("  - " + policy + "\n    redirect: {uri: /x}\n");
  EXPECT_EQ(text(redirect, sidecar(redirect, "a/client", "one", 80, preflight)), "301");
  const RouteWorld fault = world_of("  - " + policy +
                                    "\n    fault: {abort: {httpStatus: 418, percentage: {value: 100}}}\n"
                                    "    route: [{destination: {host: one}}]\n");
  EXPECT_EQ(text(fault, sidecar(fault, "a/client", "one", 80, preflight)), "418 FI");
}

}  // namespace
}  // namespace meshsim::test
