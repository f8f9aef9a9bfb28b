// What a sidecar knows: Sidecar, exportTo, outbound policy (DP-225, DP-226, DP-229, DP-253, DP-254).
#include <gtest/gtest.h>

#include "tests/models/route/route_fixture.h"

namespace meshsim::test {
namespace {

std::string sidecar_yaml(const std::string& spec, const std::string& name = "default", const std::string& ns = "a") {
  return "apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: " + name + ", namespace: " + ns +
         "}\nspec: " + spec + "\n";
}

bool sees(const RouteWorld& world, const std::string& client, const std::string& host) {
  return world.routing->visible(world.client(client), world.service(host));
}

TEST(Scope, Dp225EgressHosts) {
  const RouteWorld world(sidecar_yaml("{egress: [{hosts: ['./*', 'istio-system/*']}]}"));
  EXPECT_TRUE(sees(world, "a/client", "one.a"));
  EXPECT_FALSE(sees(world, "a/client", "far.b"));
  EXPECT_TRUE(sees(world, "b/client", "far.b"));
  EXPECT_TRUE(sees(world, "b/client", "one.a")) << "the Sidecar of a is none of b's";
  EXPECT_EQ(text(world, sidecar(world, "a/client", "far.b", 80)), "external far.b");
  const RouteWorld named(
      sidecar_yaml("{egress: [{hosts: ['b/far.b.svc.cluster.local', './one.a.svc.cluster.local']}]}"));
  EXPECT_TRUE(sees(named, "a/client", "far.b"));
  EXPECT_TRUE(sees(named, "a/client", "one.a"));
  EXPECT_FALSE(sees(named, "a/client", "two.a"));
  const RouteWorld none(sidecar_yaml("{egress: [{hosts: ['~/*']}]}"));
  EXPECT_FALSE(sees(none, "a/client", "one.a"));
}

TEST(Scope, Dp225ExcludedHosts) {
  const auto world = [](const std::string& hosts) { return sidecar_yaml("{egress: [{hosts: [" + hosts + "]}]}"); };
  const RouteWorld space(world("'*/*', '~b/*'"));
  EXPECT_TRUE(sees(space, "a/client", "one.a"));
  EXPECT_FALSE(sees(space, "a/client", "far.b"));
  const RouteWorld one(world("'*/*', '~./one.a.svc.cluster.local'"));
  EXPECT_FALSE(sees(one, "a/client", "one.a"));
  EXPECT_TRUE(sees(one, "a/client", "two.a"));
  const RouteWorld everywhere(world("'*/*', '~/far.b.svc.cluster.local'"));
  EXPECT_FALSE(sees(everywhere, "a/client", "far.b"));
  EXPECT_TRUE(sees(everywhere, "a/client", "two.a"));
}

TEST(Scope, Dp225SelectorThenNamespaceThenRoot) {
  const std::string root = sidecar_yaml("{egress: [{hosts: ['b/*']}]}", "default", "istio-system");
  const std::string own = sidecar_yaml("{egress: [{hosts: ['./*']}]}");
  const std::string selected = sidecar_yaml(
      "{workloadSelector: {labels: {app: client}}, egress: [{hosts: ['a/two.a.svc.cluster.local']}]}", "sel");
  const std::string other = sidecar_yaml("{workloadSelector: {labels: {app: x}}, egress: [{hosts: ['~/*']}]}", "x");
  const auto known = [](const RouteWorld& world) {
    std::string out;
    for (const char* host : {"one.a", "two.a", "far.b"})
      if (sees(world, "a/client", host)) out += std::string(host) + ' ';
    return out;
  };
  EXPECT_EQ(known(RouteWorld(root)), "far.b ");
  EXPECT_EQ(known(RouteWorld(documents({root, own}))), "one.a two.a ");
  EXPECT_EQ(known(RouteWorld(documents({root, own, selected, other}))), "two.a ");
}

TEST(Scope, Dp225ListenersOfOnePort) {
  const RouteWorld world(
      sidecar_yaml("{egress: [{port: {number: 80, protocol: HTTP, name: h}, hosts: ['b/*']}, {hosts: ['./*']}]}"));
  EXPECT_EQ(text(world, sidecar(world, "a/client", "far.b", 80)), "far.b:80");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80)), "external one");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 7070)), "one.a:7070");
}

TEST(Scope, Dp229UnknownDestinations) {
  const std::string strict = "{config: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}}}";
  Ask unknown;
  unknown.authority = "unknown.example.com";
  Ask bytes;
  bytes.http = false;
  for (const bool registry_only : {false, true}) {
    const RouteWorld world("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: a}\n",
                           registry_only ? strict : "{}");
    EXPECT_EQ(world.routing->registry_only(world.client()), registry_only);
    EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, unknown)), registry_only ? "502" : "external one");
    EXPECT_EQ(text(world, sidecar(world, "a/client", "unknown.example.com", 80)),
              registry_only ? "502" : "external unknown.example.com");
    EXPECT_EQ(text(world, sidecar(world, "a/client", "unknown.example.com", 81)),
              registry_only ? "close" : "external unknown.example.com")
        << "no HTTP listener on that port";
    EXPECT_EQ(text(world, sidecar(world, "a/client", "unknown.example.com", 9000, bytes)),
              registry_only ? "close" : "external unknown.example.com");
  }
}

TEST(Scope, Dp225OutboundPolicyOfTheSidecarResource) {
  const RouteWorld world(sidecar_yaml("{outboundTrafficPolicy: {mode: REGISTRY_ONLY}}"));
  EXPECT_TRUE(world.routing->registry_only(world.client("a/client")));
  EXPECT_FALSE(world.routing->registry_only(world.client("b/client")));
  const RouteWorld opened(sidecar_yaml("{outboundTrafficPolicy: {mode: ALLOW_ANY}}"),
                          "{config: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}}}");
  EXPECT_FALSE(opened.routing->registry_only(opened.client("a/client")));
  EXPECT_TRUE(opened.routing->registry_only(opened.client("b/client")));
  const RouteWorld bare(sidecar_yaml("{outboundTrafficPolicy: {}}"));
  EXPECT_TRUE(bare.routing->registry_only(bare.client("a/client"))) << "the enum's zero value";
  const RouteWorld proxied(
      sidecar_yaml("{outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: far.b.svc.cluster.local, port: "
                   "{number: 9000}}}}"));
  EXPECT_EQ(text(proxied, sidecar(proxied, "a/client", "unknown.example.com", 81)), "far.b:9000");
}

TEST(Scope, Dp226ExportToOfServices) {
  const RouteWorld world(
      "apiVersion: v1\nkind: Service\nmetadata: {name: hidden, namespace: b, annotations: "
      "{networking.istio.io/exportTo: '.'}}\nspec: {ports: [{name: http, port: 80}]}\n");
  EXPECT_TRUE(sees(world, "b/client", "hidden.b"));
  EXPECT_FALSE(sees(world, "a/client", "hidden.b"));
}

// A namespace's default view is stored as its difference from the common one; a Sidecar that imports everything is
// computed in full. Both are the same view.
TEST(Scope, Dp226DifferenceFromTheCommonViewIsTheView) {
  std::vector<std::string> parts;
  const auto entry = [&](const std::string& ns, const std::string& host, const std::string& port,
                         const std::string& to) {
    parts.push_back("apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: e" +
                    std::to_string(parts.size()) + ", namespace: " + ns + "}\nspec: {hosts: ['" + host +
                    "'], resolution: DNS, exportTo: [" + to + "], ports: [{number: " + port +
                    ", name: http, protocol: HTTP}]}\n");
  };
  const auto routes = [&](const std::string& ns, const std::string& host, const std::string& to, int status) {
    parts.push_back("apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v" +
                    std::to_string(parts.size()) + ", namespace: " + ns + "}\nspec: {hosts: ['" + host +
                    "'], exportTo: [" + to + "], http: [{directResponse: {status: " + std::to_string(status) +
                    "}}]}\n");
  };
  entry("b", "x.example.com", "80", "'*'");
  entry("a", "x.example.com", "81", "'.'");  // in `a` it stands for the host, and port 80 is gone
  entry("b", "y.example.com", "82", "a");
  entry("b", "z.example.com", "83", "'.'");
  entry("c", "w.example.com", "84", "'~'");
  routes("b", "*.example.com", "'*'", 201);
  routes("a", "*.example.com", "'.'", 202);
  routes("b", "one.a.svc.cluster.local", "a", 203);
  routes("a", "one.a.svc.cluster.local", "'*'", 204);
  routes("b", "*.b.example.com", "b, c", 205);
  const std::string all = documents(parts);
  const RouteWorld differences(all);
  parts.push_back(sidecar_yaml("{egress: [{hosts: ['*/*']}]}", "all", "a"));
  parts.push_back(sidecar_yaml("{egress: [{hosts: ['*/*']}]}", "all", "b"));
  const RouteWorld whole(documents(parts));
  const auto asked = [](const RouteWorld& world) {
    std::string out;
    for (const char* client : {"a/client", "b/client"})
      for (const char* host : {"x", "y", "z", "w", "x.b"})
        for (const std::uint16_t port : {80, 81, 82, 83, 84, 99})
          out += text(world, sidecar(world, client, std::string(host) + ".example.com", port)) + ' ';
    for (const char* client : {"a/client", "b/client"})
      out +=
          text(world, sidecar(world, client, "one.a", 80)) + ' ' + text(world, sidecar(world, client, "far", 80)) + ' ';
    return out;
  };
  EXPECT_EQ(asked(differences), asked(whole));
  EXPECT_EQ(text(differences, sidecar(differences, "a/client", "one.a", 80)), "203") << "exported to a goes first";
  EXPECT_EQ(text(differences, sidecar(differences, "b/client", "one.a", 80)), "204");
  EXPECT_EQ(text(differences, sidecar(differences, "a/client", "x.example.com", 81)), "202");
  EXPECT_EQ(text(differences, sidecar(differences, "b/client", "x.example.com", 80)), "201");
}

TEST(Scope, ServiceEntriesWithoutAddressShareTheListener) {
  const auto entry = [](const std::string& name, const std::string& host, const std::string& ports) {
    return "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: " + name +
           ", namespace: a, labels: {networking.istio.io/enable-autoallocate-ip: 'false'}}\nspec: {hosts: ['" + host +
           "'], resolution: DNS, ports: [" + ports + "]}\n";
  };
  const RouteWorld world(
      documents({entry("x", "x.example.com",
                       "{number: 80, name: http, protocol: HTTP}, {number: 443, name: tls, protocol: TLS}"),
                 entry("y", "y.example.com", "{number: 443, name: tls, protocol: TLS}")}),
      "{config: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}}}");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "1.1.1.1", 80, Ask{"GET", "/", "x.example.com"})),
            "x.example.com:80");
  Ask tls;
  tls.http = false;
  tls.tls = true;
  tls.sni = "y.example.com";
  EXPECT_EQ(text(world, sidecar(world, "a/client", "1.1.1.1", 443, tls)), "y.example.com:443");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "x.example.com", 443, tls)), "y.example.com:443") << "SNI decides";
  tls.sni = "z.example.com";
  EXPECT_EQ(text(world, sidecar(world, "a/client", "x.example.com", 443, tls)), "close");
}

// TestPassthroughTraffic (istio/istio pilot/pkg/networking/core/sidecar_simulation_test.go): what a ServiceEntry takes
// on 0.0.0.0:port when it states no address.
TEST(Scope, Dp229EntriesWithoutAddressTakeEveryAddress) {
  const auto entry = [](const std::string& address) {
    return "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: x, namespace: a, labels: "
           "{networking.istio.io/enable-autoallocate-ip: 'false'}}\nspec: {hosts: [x.example.com], " +
           address +
           "resolution: DNS, ports: [{number: 71, name: auto}, {number: 72, name: tcp, protocol: TCP}, {number: 73, "
           "name: tls, protocol: TLS}]}\n";
  };
  const std::string strict = "{config: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}}}";
  const RouteWorld open(entry(""), strict), addressed(entry("addresses: [1.2.3.4], "), strict);
  Ask http, bytes;
  http.authority = "other.example.com";
  bytes.http = false;
  EXPECT_EQ(text(open, sidecar(open, "a/client", "5.5.5.5", 71, http)), "502")
      << "the sniffed port is an HTTP listener";
  EXPECT_EQ(text(open, sidecar(open, "a/client", "5.5.5.5", 71, bytes)), "x.example.com:71");
  EXPECT_EQ(text(open, sidecar(open, "a/client", "5.5.5.5", 72, http)), "x.example.com:72");
  EXPECT_EQ(text(open, sidecar(open, "a/client", "5.5.5.5", 72, bytes)), "x.example.com:72");
  EXPECT_EQ(text(open, sidecar(open, "a/client", "5.5.5.5", 73, bytes)), "close");
  for (const std::uint16_t port : {71, 72, 73})
    for (const Ask& ask : {http, bytes})
      EXPECT_EQ(text(addressed, sidecar(addressed, "a/client", "5.5.5.5", port, ask)), "close") << port;
}

// TestExternalNameServices (same file): the routes of an alias hold under its full name, on port 80.
TEST(Scope, Dp033RoutesOfAnAlias) {
  const RouteWorld world(documents(
      {"apiVersion: v1\nkind: Service\nmetadata: {name: alias, namespace: a}\nspec: {type: ExternalName, externalName: "
       "one.a.svc.cluster.local}\n",
       "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v, namespace: a}\nspec: {hosts: "
       "[alias.a.svc.cluster.local], http: [{route: [{destination: {host: two.a.svc.cluster.local}}]}]}\n"}));
  const auto at = [&](std::uint16_t port, const char* authority) {
    Ask ask;
    ask.authority = authority;
    return text(world, sidecar(world, "a/client", "one.a", port, ask));
  };
  EXPECT_EQ(at(80, "alias.a.svc.cluster.local"), "two.a:80");
  EXPECT_EQ(at(80, "alias.a"), "one.a:80");
  EXPECT_EQ(at(80, "one.a.svc.cluster.local"), "one.a:80");
  EXPECT_EQ(at(8888, "alias.a.svc.cluster.local"), "one.a:8888");
}

TEST(Scope, Dp225AVirtualServiceIsImportedWhole) {
  const RouteWorld world(documents(
      {sidecar_yaml("{egress: [{hosts: ['./one.a.svc.cluster.local']}]}"),
       "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v, namespace: a}\nspec: {hosts: "
       "[one.a.svc.cluster.local, two.a.svc.cluster.local], http: [{route: [{destination: {host: "
       "one.a.svc.cluster.local, port: {number: 7070}}}]}]}\n"}));
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one.a.svc.cluster.local", 80)), "one.a:7070");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "two.a.svc.cluster.local", 80)), "one.a:7070");
}

// DP-225: of several ServiceEntries of one host those of one namespace are one service (canMergeServices), and a
// Sidecar chooses among those that it imports.
TEST(Scope, Dp225EntriesOfOneHost) {
  const auto entry = [](const char* name, const char* ns, int port, const char* more = "") {
    return std::string("apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: ") + name +
           ", namespace: " + ns + ", creationTimestamp: \"2024-01-0" + std::to_string(port % 10) +
           "T00:00:00Z\"}\nspec: {hosts: [shop.example.com], resolution: DNS, ports: [{number: " +
           std::to_string(port) + ", name: http, protocol: HTTP}]" + more + "}\n";
  };
  const std::string only_b =
      "apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: s, namespace: a}\nspec: {egress: [{hosts: "
      "['b/*']}]}\n";
  const std::string entries = documents({entry("x", "c", 8001), entry("y", "c", 8002), entry("z", "b", 8003),
                                         entry("w", "c", 8004, ", exportTo: ['*']")});
  const char* strict = "{config: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}}}";
  const RouteWorld wide(entries, strict), narrow(documents({entries, only_b}), strict);
  const auto at = [](const RouteWorld& world, std::uint16_t port) {
    return text(world, sidecar(world, "a/client", "shop.example.com", port));
  };
  EXPECT_EQ(at(wide, 8001), "shop.example.com:8001");
  EXPECT_EQ(at(wide, 8002), "shop.example.com:8002") << "the ports of the second entry of the oldest's namespace";
  EXPECT_NE(at(wide, 8003), "shop.example.com:8003") << "another namespace";
  EXPECT_NE(at(wide, 8004), "shop.example.com:8004") << "another exportTo";
  EXPECT_NE(at(narrow, 8001), "shop.example.com:8001");
  EXPECT_EQ(at(narrow, 8003), "shop.example.com:8003") << "the oldest is not imported";
}

TEST(Scope, WildcardServiceEntry) {
  const RouteWorld world(
      "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: w, namespace: a}\nspec: {hosts: "
      "['*.example.com'], resolution: NONE, ports: [{number: 80, name: http, protocol: HTTP}, {number: 443, name: tls, "
      "protocol: TLS}]}\n",
      "{config: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}}}");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "shop.example.com", 80)), "*.example.com:80");
  Ask tls;
  tls.http = false;
  tls.sni = "a.b.example.com";
  EXPECT_EQ(text(world, sidecar(world, "a/client", "shop.example.com", 443, tls)), "*.example.com:443");
  EXPECT_EQ(text(world, sidecar(world, "a/client", "example.org", 80)), "502");
}

}  // namespace
}  // namespace meshsim::test
