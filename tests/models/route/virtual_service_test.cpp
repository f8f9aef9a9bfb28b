// VirtualService at a client sidecar: matching (DP-250), hosts (DP-255), conflicts (DP-253), delegates (DP-256), what
// happens without a match (DP-247). Cases named as in istio/istio tests/integration/pilot/common/routing.go.
#include <gtest/gtest.h>

#include "tests/models/route/route_fixture.h"

namespace meshsim::test {
namespace {

std::string virtual_service(const std::string& http, const std::string& head = "hosts: [one]",
                            const std::string& name = "vs", const std::string& ns = "a", const std::string& time = "") {
  return "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: " + name +
         "\n  namespace: " + ns + (time.empty() ? "" : "\n  creationTimestamp: \"" + time + "\"") + "\nspec:\n  " +
         head + "\n  http:\n" + http;
}

struct MatchCase {
  const char* name;
  const char* match;  // of the first rule, which goes to `two`; all else is 404
  Ask ask;
  bool hit;
};

Ask with(const std::string& path, models::Headers headers = {}, const std::string& method = "GET") {
  Ask ask;
  ask.path = path;
  ask.headers = std::move(headers);
  ask.method = method;
  return ask;
}

TEST(VirtualService, Dp250Matches) {
  const std::vector<MatchCase> cases = {
      {"exact", "uri: {exact: /foo}", with("/foo"), true},
      {"exact is exact", "uri: {exact: /foo}", with("/foo/"), false},
      {"query is no part of the path", "uri: {exact: /foo}", with("/foo?key=value"), true},
      {"fragment is dropped", "uri: {exact: /foo}", with("/foo?key=value#hash"), true},
      {"prefix is a plain string prefix (DP-251)", "uri: {prefix: /foo}", with("/foobar"), true},
      {"prefix", "uri: {prefix: /foo/}", with("/foo"), false},
      {"regex matches the whole path", "uri: {regex: '/f.o'}", with("/foo"), true},
      {"regex, part", "uri: {regex: '/f.o'}", with("/fooo"), false},
      {"regex that RE2 refuses matches nothing", "uri: {regex: '/f(?=o)'}", with("/fo"), false},
      {"case counts", "uri: {exact: /foo}", with("/FOO"), false},
      {"ignoreUriCase exact", "uri: {exact: /foo}, ignoreUriCase: true", with("/FoO"), true},
      {"ignoreUriCase prefix", "uri: {prefix: /Foo}, ignoreUriCase: true", with("/fOObar"), true},
      {"ignoreUriCase regex", "uri: {regex: '/foo.*'}, ignoreUriCase: true", with("/FOObar"), true},
      {"method", "method: {exact: POST}", with("/", {}, "POST"), true},
      {"method no", "method: {exact: POST}", with("/"), false},
      {"scheme", "scheme: {exact: https}", with("/"), false},
      {"authority", "authority: {prefix: one}", with("/"), true},
      {"weird header", "headers: {\"a!#$%&'*+-.^_`|~z\": {exact: why}}", with("/", {{"a!#$%&'*+-.^_`|~z", "why"}}),
       true},
      {"weird header, none", "headers: {\"a!#$%&'*+-.^_`|~z\": {exact: why}}", with("/"), false},
      {"pseudo header", "headers: {':method': {exact: GET}}", with("/"), true},
      {"pseudo header, other", "headers: {':method': {exact: GET}}", with("/", {}, "POST"), false},
      {"header names have no case", "headers: {End-User: {exact: jason}}", with("/", {{"end-user", "jason"}}), true},
      {"header values have", "headers: {end-user: {exact: jason}}", with("/", {{"end-user", "Jason"}}), false},
      {"empty match is presence", "headers: {end-user: {}}", with("/", {{"end-user", ""}}), true},
      {"regex * is presence", "headers: {end-user: {regex: '*'}}", with("/"), false},
      {"repeated headers are joined", "headers: {x: {exact: 'a,b'}}", with("/", {{"x", "a"}, {"x", "b"}}), true},
      {"without: is", "withoutHeaders: {end-user: {exact: jason}}", with("/", {{"end-user", "jason"}}), false},
      {"without: is not", "withoutHeaders: {end-user: {exact: jason}}", with("/", {{"end-user", "x"}}), true},
      {"without: missing", "withoutHeaders: {end-user: {exact: jason}}", with("/"), true},
      {"without regex *: present", "withoutHeaders: {end-user: {regex: '*'}}", with("/", {{"end-user", ""}}), false},
      {"without regex *: missing", "withoutHeaders: {end-user: {regex: '*'}}", with("/"), true},
      {"without regex .*: missing counts as empty", "withoutHeaders: {end-user: {regex: '.*'}}", with("/"), false},
      {"query", "queryParams: {user: {exact: jason}}", with("/?a=1&user=jason"), true},
      {"query, prefix", "queryParams: {user: {prefix: ja}}", with("/?user=jason"), true},
      {"query, missing", "queryParams: {user: {exact: jason}}", with("/?a=1"), false},
      {"query present", "queryParams: {user: {}}", with("/?user"), true},
      {"port", "port: 80", with("/"), true},
      {"other port", "port: 81", with("/"), false},
      {"sourceLabels", "sourceLabels: {app: client}", with("/"), true},
      {"sourceLabels, other", "sourceLabels: {app: other}", with("/"), false},
      {"sourceNamespace", "sourceNamespace: a", with("/"), true},
      {"sourceNamespace, other", "sourceNamespace: b", with("/"), false},
      {"gateways mesh", "gateways: [mesh]", with("/"), true},
      {"gateways other", "gateways: [a/gw]", with("/"), false},
      {"gateways hide source conditions", "gateways: [mesh], sourceNamespace: b", with("/"), true},
      {"all conditions of a block", "uri: {prefix: /}, method: {exact: POST}", with("/"), false},
  };
  for (const MatchCase& c : cases) {
    const RouteWorld world(virtual_service("  - match: [{" + std::string(c.match) +
                                           "}]\n    route: [{destination: {host: two}}]\n  - match: [{uri: {exact: "
                                           "/never}}]\n    route: [{destination: {host: one}}]\n"));
    EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, c.ask)), c.hit ? "two.a:80" : "404 NR") << c.name;
  }
}

TEST(VirtualService, Dp250FirstHitWinsAndBlocksAreAlternatives) {
  const RouteWorld world(virtual_service(R"(  - match: [{uri: {prefix: /a}}, {headers: {x: {exact: y}}}]
    route: [{destination: {host: two}}]
  - match: [{uri: {exact: /a/b}}]
    route: [{destination: {host: far.b.svc.cluster.local}}]
  - route: [{destination: {host: one}}]
  - match: [{uri: {exact: /z}}]
    route: [{destination: {host: two}}]
)"));
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, with("/a/b"))), "two.a:80")
      << "written order, not length";
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, with("/q", {{"x", "y"}}))), "two.a:80");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, with("/z"))), "one.a:80") << "nothing behind a catch-all";
}

TEST(VirtualService, Dp247NoRule404NoObjectDefault) {
  const RouteWorld world(virtual_service("  - match: [{uri: {exact: /x}}]\n    route: [{destination: {host: two}}]\n"));
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80)), "404 NR");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "two", 80)), "two.a:80");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 8888, with("/x"))), "two.a:8888")
      << "sniffed port, same host";
  // All blocks are for others: the object counts as absent for this proxy.
  const RouteWorld other(
      virtual_service("  - match: [{sourceLabels: {app: x}}]\n    route: [{destination: {host: two}}]\n"));
  EXPECT_EQ(text(other, sidecar(other, "a/client", "one", 80)), "one.a:80");
}

TEST(VirtualService, Dp255Authorities) {
  const RouteWorld world(virtual_service("  - route: [{destination: {host: two}}]\n"));
  for (const char* host : {"one", "one:80", "one:12345", "one.a", "one.a.svc", "one.a.svc:1", "one.a.svc.cluster.local",
                           "one.a.svc.cluster.local.", "ONE.a.svc.cluster.local"})
    EXPECT_EQ(text(world, sidecar(world, "a/client", "two", 80, Ask{"GET", "/", host})), "two.a:80") << host;
  // From another namespace the one-word form means something else.
  EXPECT_EQ(text(world, sidecar(world, "b/client", "two.a", 80, Ask{"GET", "/", "one"})), "external two.a");
  EXPECT_EQ(text(world, sidecar(world, "b/client", "two.a", 80, Ask{"GET", "/", "one.a"})), "two.a:80");
}

TEST(VirtualService, Dp040AuthorityNotAddress) {
  const RouteWorld world("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: a}\n");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, Ask{"GET", "/", "two"})), "two.a:80");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 8888, Ask{"GET", "/", "two"})), "one.a:8888")
      << "a sniffed port has a listener of its own";
}

TEST(VirtualService, Dp255MostSpecificHost) {
  const RouteWorld world(
      documents({virtual_service("  - route: [{destination: {host: far.b.svc.cluster.local}}]\n",
                                 "hosts: ['*.svc.cluster.local']", "wide", "a", "2020-01-01T00:00:00Z"),
                 virtual_service("  - route: [{destination: {host: two}}]\n", "hosts: [one]", "exact", "a",
                                 "2024-01-01T00:00:00Z"),
                 virtual_service("  - route: [{destination: {host: one}}]\n", "hosts: ['*.b.svc.cluster.local']",
                                 "middle", "a", "2024-01-01T00:00:00Z")}));
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80)), "two.a:80");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "two", 80)), "far.b:80");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "far.b", 80)), "one.a:80");
}

TEST(VirtualService, Dp253OneObjectPerHost) {
  const auto rule = [](const char* to) { return "  - route: [{destination: {host: " + std::string(to) + "}}]\n"; };
  // The oldest public one wins, whole; the other is named as passed over.
  const RouteWorld world(documents(
      {virtual_service(rule("two"), "hosts: [one]", "young", "a", "2024-01-01T00:00:00Z"),
       virtual_service(rule("far.b.svc.cluster.local"), "hosts: [one]", "old", "a", "2020-01-01T00:00:00Z")}));
  const auto choices = sidecar(world, "a/client", "one", 80);
  EXPECT_EQ(text(world, choices), "far.b:80");
  ASSERT_EQ(choices[0].considered.size(), 2u);
  EXPECT_TRUE(choices[0].considered[0].chosen);
  EXPECT_EQ(choices[0].considered[1].rules, std::vector<std::string>{"DP-253"});
  // A private one comes before public ones, whatever its age.
  const RouteWorld local(documents(
      {virtual_service(rule("two"), "hosts: [one]\n  exportTo: ['.']", "young", "a", "2024-01-01T00:00:00Z"),
       virtual_service(rule("far.b.svc.cluster.local"), "hosts: [one]", "old", "a", "2020-01-01T00:00:00Z")}));
  EXPECT_EQ(text(local, sidecar(local, "a/client", "one", 80)), "two.a:80");
  EXPECT_EQ(text(local, sidecar(local, "b/client", "one.a", 80)), "far.b:80") << "DP-226: not exported to b";
}

TEST(VirtualService, Dp255HostsOutsideTheRegistryOnPort80) {
  const RouteWorld world(virtual_service("  - route: [{destination: {host: two}}]\n", "hosts: [shop.example.com]"));
  EXPECT_EQ(text(world, sidecar(world, "a/client", "shop.example.com", 80)), "two.a:80");
  const RouteWorld both(virtual_service("  - route: [{destination: {host: two}}]\n", "hosts: [shop.example.com, one]"));
  EXPECT_EQ(text(both, sidecar(both, "a/client", "shop.example.com", 7070)), "two.a:7070");
}

TEST(VirtualService, Dp252UnknownDestinations) {
  const RouteWorld world(virtual_service(R"(  - match: [{uri: {exact: /host}}]
    route: [{destination: {host: nowhere}}]
  - match: [{uri: {exact: /port}}]
    route: [{destination: {host: two, port: {number: 81}}}]
  - match: [{uri: {exact: /subset}}]
    route: [{destination: {host: two, subset: v9}}]
)"));
  for (const char* path : {"/host", "/port", "/subset"})
    EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, with(path))), "503 NC") << path;
}

TEST(VirtualService, Dp256Delegates) {
  const std::string root = R"(  - match: [{uri: {prefix: /app}}]
    timeout: 7s
    delegate: {name: detail, namespace: b}
  - match: [{uri: {prefix: /gone}}]
    delegate: {name: missing}
  - route: [{destination: {host: one}}]
)";
  const std::string detail = R"(apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: detail, namespace: b}
spec:
  http:
  - match: [{uri: {prefix: /app/a}}]
    route: [{destination: {host: far}}]
  - match: [{uri: {prefix: /elsewhere}}]
    route: [{destination: {host: two.a.svc.cluster.local}}]
  - match: [{uri: {exact: /app/b}, headers: {x: {exact: y}}}]
    route: [{destination: {host: two.a.svc.cluster.local}}]
)";
  const RouteWorld world(documents({virtual_service(root), detail}));
  const auto hit = sidecar(world, "a/client", "one", 80, with("/app/a/1"));
  EXPECT_EQ(text(world, hit), "far.b:80") << "short names of the delegate are its own namespace's";
  EXPECT_EQ(hit[0].timeout_ns, 7'000'000'000);
  EXPECT_EQ(hit[0].route->text(), "VirtualService b/detail");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, with("/elsewhere"))), "one.a:80")
      << "conflicting: dropped";
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, with("/app/b"))), "one.a:80");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, with("/app/b", {{"x", "y"}}))), "two.a:80");
  EXPECT_TRUE(world.has_finding("MSH0240"));
  std::string hidden = detail;
  hidden.replace(hidden.find("spec:\n"), 6, "spec:\n  exportTo: ['.']\n");
  const RouteWorld unexported(documents({virtual_service(root), hidden}));
  EXPECT_EQ(text(unexported, sidecar(unexported, "a/client", "one", 80, with("/app/a"))), "one.a:80");
}

TEST(VirtualService, ClaimRoutingNeedsValidatedTokens) {
  const RouteWorld world(virtual_service(
      "  - match: [{headers: {'@request.auth.claims[sub]': {prefix: sub}, '@request.auth.claims.nested.key1': {exact: "
      "A}}, withoutHeaders: {'@request.auth.claims[sub]': {exact: sub-9}}}]\n    route: [{destination: {host: "
      "two}}]\n"));
  models::TreeBuilder builder;
  builder.begin_mapping();
  builder.key("nested");
  builder.begin_mapping();
  builder.key("key1");
  builder.begin_sequence();
  builder.string("B");
  builder.string("A");
  builder.end();
  builder.end();
  builder.end();
  models::Jwt token;
  token.subject = "sub-1";
  token.claims_tree = builder.finish();
  token.claims = token.claims_tree->root();
  Ask ask;
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, ask)), "404 NR");
  ask.headers = {{"@request.auth.claims.nested.key1", "A"}};
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, ask)), "404 NR") << "a header of that name is no claim";
  ask.jwts = {token};
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, ask)), "two.a:80");
  ask.jwts[0].subject = "sub-9";
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, ask)), "404 NR");
}

TEST(VirtualService, ExternalNameAliasesShareRoutesWithTheirService) {
  const std::string alias =
      "apiVersion: v1\nkind: Service\nmetadata: {name: alias, namespace: a}\nspec: {type: ExternalName, externalName: "
      "one.a.svc.cluster.local}\n";
  const RouteWorld world(documents({alias, virtual_service("  - route: [{destination: {host: two}}]\n")}));
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, Ask{"GET", "/", "alias"})), "two.a:80");
  const RouteWorld routed(documents(
      {alias, virtual_service("  - route: [{destination: {host: alias, port: {number: 80}}}]\n", "hosts: [two]")}));
  EXPECT_EQ(text(routed, sidecar(routed, "a/client", "two", 80)), "one.a:80");
}

TEST(VirtualService, Po047PathIsNormalisedBeforeRouting) {
  const RouteWorld world(
      virtual_service("  - match: [{uri: {exact: /a/c}}]\n    route: [{destination: {host: two}}]\n"));
  const auto choices = sidecar(world, "a/client", "one", 80, with("/a/b/../c?q=1"));
  EXPECT_EQ(text(world, choices), "two.a:80");
  EXPECT_EQ(choices[0].new_path, "/a/c?q=1");
}

}  // namespace
}  // namespace meshsim::test
