// DestinationRule: which one a proxy applies, merging, policies of ports and subsets (DP-222..DP-224, PO-120..PO-122).
#include <gtest/gtest.h>

#include "tests/models/route/route_fixture.h"

namespace meshsim::test {
namespace {

using models::ClientTls;

std::string rule(const std::string& name, const std::string& ns, const std::string& host, const std::string& spec,
                 const std::string& time = "2020-01-01T00:00:00Z") {
  return "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: " + name + ", namespace: " + ns +
         ", creationTimestamp: \"" + time + "\"}\nspec:\n  host: '" + host + "'\n" + spec;
}

std::string lb(const std::string& simple) { return "  trafficPolicy: {loadBalancer: {simple: " + simple + "}}\n"; }

models::TrafficPolicy policy(const RouteWorld& world, const std::string& ns, const std::string& host,
                             std::uint16_t port = 80, const std::string& subset = "", bool own_waypoint = false) {
  const models::Labels& labels = world.mesh->workloads[world.client(ns + "/client")].labels;
  return world.routing->traffic_policy(ns, &labels, world.service(host), port, subset, own_waypoint);
}

TEST(DestinationRule, Dp222ClientThenServiceThenRootNamespace) {
  const std::string root = rule("r", "istio-system", "*.svc.cluster.local", lb("RANDOM"));
  const std::string service = rule("s", "b", "far", lb("ROUND_ROBIN"));
  const std::string client = rule("c", "a", "far.b.svc.cluster.local", lb("PASSTHROUGH"));
  {
    const RouteWorld world(root);
    EXPECT_EQ(policy(world, "a", "far.b").lb, "RANDOM");
    EXPECT_EQ(policy(world, "a", "far.b").rule->text(), "DestinationRule istio-system/r");
  }
  {
    const RouteWorld world(documents({root, service}));
    EXPECT_EQ(policy(world, "a", "far.b").lb, "ROUND_ROBIN");
    EXPECT_EQ(policy(world, "a", "one.a").lb, "RANDOM");
  }
  {
    const RouteWorld world(documents({root, service, client}));
    EXPECT_EQ(policy(world, "a", "far.b").lb, "PASSTHROUGH");
    EXPECT_TRUE(policy(world, "a", "far.b").passthrough_lb);
    EXPECT_EQ(policy(world, "b", "far.b").lb, "ROUND_ROBIN") << "the rule of a is for clients in a";
  }
  {
    const RouteWorld world(rule("x", "istio-system", "nothing.example.com", lb("RANDOM")));
    EXPECT_EQ(policy(world, "a", "far.b").lb, "LEAST_REQUEST") << "DP-213";
    EXPECT_FALSE(policy(world, "a", "far.b").rule);
  }
}

TEST(DestinationRule, Dp226ExportTo) {
  const RouteWorld world(rule("s", "b", "far", "  exportTo: ['.']\n" + lb("RANDOM")));
  EXPECT_EQ(policy(world, "b", "far.b").lb, "RANDOM");
  EXPECT_EQ(policy(world, "a", "far.b").lb, "LEAST_REQUEST");
}

// Rules of one host that differ in exportTo: the last one that a client sees counts (SidecarScope.DestinationRule).
TEST(DestinationRule, Dp224ExportToSets) {
  const std::string to_a = "  exportTo: [a]\n", wide = "  exportTo: [a, c]\n";
  {
    const RouteWorld world(documents({rule("old", "b", "far", lb("RANDOM"), "2020-01-01T00:00:00Z"),
                                      rule("young", "b", "far", to_a + lb("PASSTHROUGH"), "2021-01-01T00:00:00Z")}));
    EXPECT_EQ(policy(world, "a", "far.b").lb, "PASSTHROUGH");
    EXPECT_EQ(policy(world, "b", "far.b").lb, "RANDOM");
  }
  {
    // The wider one is merged into the narrower one and is gone as one of its own: an oddity of istiod.
    const RouteWorld world(documents({rule("old", "b", "far", to_a + lb("RANDOM"), "2020-01-01T00:00:00Z"),
                                      rule("young", "b", "far", wide + lb("PASSTHROUGH"), "2021-01-01T00:00:00Z")}));
    EXPECT_EQ(policy(world, "a", "far.b").lb, "RANDOM");
    EXPECT_EQ(world.routing->traffic_policy("c", nullptr, world.service("far.b"), 80, "", false).lb, "LEAST_REQUEST");
  }
  {
    // The most specific host decides alone, even where its rule is not for this client.
    const RouteWorld world(documents({rule("exact", "b", "far", "  exportTo: [c]\n" + lb("RANDOM")),
                                      rule("wild", "b", "*.b.svc.cluster.local", lb("PASSTHROUGH"))}));
    EXPECT_EQ(policy(world, "a", "far.b").lb, "LEAST_REQUEST");
  }
}

TEST(DestinationRule, Dp222RootNamespaceClients) {
  const RouteWorld world(
      documents({rule("own", "istio-system", "far.b.svc.cluster.local", "  exportTo: ['.']\n" + lb("RANDOM")),
                 rule("all", "istio-system", "*.local", lb("PASSTHROUGH")), rule("s", "b", "far", lb("ROUND_ROBIN"))}));
  const auto of = [&](const char* ns) {
    return world.routing->traffic_policy(ns, nullptr, world.service("far.b"), 80, "", false).lb;
  };
  EXPECT_EQ(of("istio-system"), "RANDOM");
  EXPECT_EQ(of("a"), "ROUND_ROBIN");
  EXPECT_EQ(policy(world, "a", "one.a").lb, "PASSTHROUGH");
}

TEST(DestinationRule, MostSpecificHostOfANamespace) {
  const RouteWorld world(documents({rule("wide", "a", "*.local", lb("RANDOM")),
                                    rule("mid", "a", "*.a.svc.cluster.local", lb("ROUND_ROBIN")),
                                    rule("exact", "a", "one", lb("PASSTHROUGH"))}));
  EXPECT_EQ(policy(world, "a", "one.a").lb, "PASSTHROUGH");
  EXPECT_EQ(policy(world, "a", "two.a").lb, "ROUND_ROBIN");
  EXPECT_EQ(policy(world, "a", "far.b").lb, "RANDOM");
}

TEST(DestinationRule, Dp224SameHostMerges) {
  const RouteWorld world(documents(
      {rule("old", "a", "one", "  subsets: [{name: v1, labels: {version: v1}}]\n", "2020-01-01T00:00:00Z"),
       rule("young", "a", "one.a.svc.cluster.local",
            "  subsets: [{name: v1, labels: {version: other}}, {name: v2, labels: {version: v2}}]\n" + lb("RANDOM"),
            "2021-01-01T00:00:00Z"),
       "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: vs, namespace: a}\nspec: {hosts: "
       "[one], http: [{match: [{uri: {exact: /1}}], route: [{destination: {host: one, subset: v1}}]}, {route: "
       "[{destination: {host: one, subset: v2}}]}]}\n"}));
  const auto v1 = sidecar(world, "a/client", "one", 80, Ask{"GET", "/1"});
  EXPECT_EQ(text(world, v1), "one.a:80/v1");
  EXPECT_EQ(v1[0].subset, (models::Labels{{"version", "v1"}})) << "the older definition stays";
  EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80)), "one.a:80/v2");
  EXPECT_EQ(policy(world, "a", "one.a").lb, "RANDOM") << "the first top-level policy found";
}

TEST(DestinationRule, Dp224FieldsOfSubsetsAndPorts) {
  const RouteWorld world(rule("r", "a", "one", R"(  trafficPolicy:
    loadBalancer: {simple: RANDOM}
    tls: {mode: SIMPLE, sni: top.example.com}
    outlierDetection: {consecutive5xxErrors: 1}
    portLevelSettings:
    - port: {number: 9000}
      tls: {mode: DISABLE}
  subsets:
  - name: v1
    labels: {version: v1}
    trafficPolicy:
      loadBalancer: {simple: ROUND_ROBIN}
      portLevelSettings: [{port: {number: 443}, connectionPool: {http: {useClientProtocol: true}}}]
  - name: v2
    labels: {version: v2}
)"));
  const auto top = policy(world, "a", "one.a");
  EXPECT_EQ(top.lb, "RANDOM");
  EXPECT_EQ(top.tls, ClientTls::Simple);
  EXPECT_EQ(top.tls_sni, "top.example.com");
  EXPECT_TRUE(top.outlier_detection);
  const auto port = policy(world, "a", "one.a", 9000);
  EXPECT_EQ(port.tls, ClientTls::Disable);
  EXPECT_EQ(port.lb, "LEAST_REQUEST") << "settings of a port inherit nothing";
  EXPECT_FALSE(port.outlier_detection);
  const auto v1 = policy(world, "a", "one.a", 80, "v1");
  EXPECT_EQ(v1.lb, "ROUND_ROBIN");
  EXPECT_EQ(v1.tls, ClientTls::Simple) << "field by field";
  EXPECT_TRUE(v1.outlier_detection);
  const auto v1_tls = policy(world, "a", "one.a", 443, "v1");
  EXPECT_TRUE(v1_tls.use_client_protocol);
  EXPECT_EQ(v1_tls.tls, ClientTls::Unset);
  EXPECT_EQ(policy(world, "a", "one.a", 9000, "v2").tls, ClientTls::Disable);
}

TEST(DestinationRule, Po120WorkloadSelector) {
  const std::string selected = "  workloadSelector: {matchLabels: {app: client}}\n" + lb("RANDOM");
  const RouteWorld world(documents({rule("sel", "a", "one", selected), rule("all", "a", "one", lb("ROUND_ROBIN"))}));
  EXPECT_EQ(policy(world, "a", "one.a").lb, "RANDOM");
  const models::Labels other = {{"app", "other"}};
  EXPECT_EQ(world.routing->traffic_policy("a", &other, world.service("one.a"), 80, "", false).lb, "ROUND_ROBIN");
  EXPECT_EQ(policy(world, "a", "one.a", 80, "", true).lb, "ROUND_ROBIN") << "not at a waypoint's own services";
}

// A rule that selects other workloads hides what the service's namespace and the root namespace say.
TEST(DestinationRule, Po120SelectorOfOthersHides) {
  const std::string selected = "  workloadSelector: {matchLabels: {app: nobody}}\n" + lb("RANDOM");
  const RouteWorld world(
      documents({rule("sel", "a", "far.b.svc.cluster.local", selected), rule("s", "b", "far", lb("ROUND_ROBIN"))}));
  EXPECT_EQ(policy(world, "a", "far.b").lb, "LEAST_REQUEST");
  // A general rule for the same exportTo is merged into the one with the selector and gone; a wider one stays as well.
  for (const auto& [to, lb_of_others] :
       {std::pair("  exportTo: ['.']\n", "LEAST_REQUEST"), std::pair("  exportTo: ['.', c]\n", "ROUND_ROBIN")}) {
    const RouteWorld merged(documents(
        {rule("sel", "a", "one", "  workloadSelector: {matchLabels: {app: client}}\n  subsets: [{name: v1}]\n"),
         rule("all", "a", "one", to + lb("ROUND_ROBIN"))}));
    const models::Labels other = {{"app", "other"}};
    EXPECT_EQ(policy(merged, "a", "one.a").lb, "ROUND_ROBIN");
    EXPECT_EQ(merged.routing->traffic_policy("a", &other, merged.service("one.a"), 80, "", false).lb, lb_of_others);
  }
}

TEST(DestinationRule, Po122TlsAtAWaypointsOwnServices) {
  const std::vector<std::pair<std::string, ClientTls>> cases = {{"ISTIO_MUTUAL", ClientTls::Unset},
                                                                {"DISABLE", ClientTls::Unset},
                                                                {"SIMPLE", ClientTls::Simple},
                                                                {"MUTUAL", ClientTls::Mutual}};
  for (const auto& [mode, expected] : cases) {
    const RouteWorld world(rule("r", "a", "one", "  trafficPolicy: {tls: {mode: " + mode + "}}\n"));
    EXPECT_EQ(policy(world, "a", "one.a", 80, "", true).tls, expected) << mode;
    EXPECT_NE(policy(world, "a", "one.a", 80, "", false).tls, ClientTls::Unset) << mode;
  }
}

TEST(DestinationRule, Dp223NothingStated) {
  const RouteWorld world("");
  const auto p = policy(world, "a", "one.a");
  EXPECT_EQ(p.lb, "LEAST_REQUEST");
  EXPECT_EQ(p.tls, ClientTls::Unset);
  EXPECT_FALSE(p.outlier_detection);
  EXPECT_FALSE(p.consistent_hash);
  EXPECT_FALSE(p.passthrough_lb);
  EXPECT_FALSE(p.node.has_value()) << "no connection pool: thresholds are unlimited";
  EXPECT_FALSE(p.rule);
}

TEST(DestinationRule, ConsistentHash) {
  const RouteWorld world(
      rule("r", "a", "one", "  trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: x-some-header}}}\n"));
  const auto p = policy(world, "a", "one.a");
  EXPECT_TRUE(p.consistent_hash);
  EXPECT_EQ(p.lb, "consistentHash");
  EXPECT_EQ(p.node["loadBalancer"]["consistentHash"]["httpHeaderName"].text(), "x-some-header");
}

// Section 3.6 of dataplane.md ("USER_TLS"): istiod makes a DestinationRule of a BackendTLSPolicy, before all others.
TEST(DestinationRule, BackendTlsPolicyOriginatesTls) {
  const std::string tls =
      "apiVersion: gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\nmetadata: {name: t, namespace: b}\nspec:\n"
      "  targetRefs: [{group: '', kind: Service, name: far";
  const std::string master = "{profile: istio-master}";
  const std::string validation = "}]\n  validation: {hostname: backend.example.com, wellKnownCACertificates: System}\n";
  const std::string own =
      rule("s", "b", "far", "  trafficPolicy: {loadBalancer: {simple: RANDOM}, tls: {mode: DISABLE}}\n");
  {
    const RouteWorld world(tls + validation, master);
    EXPECT_EQ(policy(world, "a", "far.b").tls, ClientTls::Simple);
    EXPECT_EQ(policy(world, "a", "far.b").tls_sni, "backend.example.com");
    EXPECT_EQ(policy(world, "a", "far.b").rule->text(), "BackendTLSPolicy b/t");
    EXPECT_EQ(policy(world, "a", "one.a").tls, ClientTls::Unset);
  }
  {
    const RouteWorld world(documents({own, tls + validation}), master);
    EXPECT_EQ(policy(world, "a", "far.b").tls, ClientTls::Disable) << "the user's fields count first";
    EXPECT_EQ(policy(world, "a", "far.b").lb, "RANDOM");
  }
  {
    const RouteWorld world(documents({own, tls + validation}),
                           "{profile: istio-1.27, features: {PILOT_ENABLE_ALPHA_GATEWAY_API: 'true'}}");
    EXPECT_EQ(policy(world, "a", "far.b").tls, ClientTls::Simple) << "before 1.31 the DestinationRule comes second";
    EXPECT_EQ(policy(world, "a", "far.b").lb, "LEAST_REQUEST");
  }
  {
    const RouteWorld world(tls + ", sectionName: http" + validation, master);
    EXPECT_EQ(policy(world, "a", "far.b", 80).tls, ClientTls::Simple);
    EXPECT_EQ(policy(world, "a", "far.b", 81).tls, ClientTls::Unset);
  }
  {
    const RouteWorld world(tls + ", sectionName: nothing" + validation, master);
    EXPECT_EQ(policy(world, "a", "far.b", 80).tls, ClientTls::Unset);
  }
}

}  // namespace
}  // namespace meshsim::test
