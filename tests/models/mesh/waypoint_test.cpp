// DP section 3: which waypoint an address is bound to.
#include <gtest/gtest.h>

#include "tests/models/mesh/mesh_fixture.h"

namespace meshsim::test {
namespace {

using State = models::WaypointBinding::State;

TEST(Waypoint, ManagedGatewayBringsItsPodsAndService_DP100) {
  const auto mesh = mesh_of({ns("a"), waypoint("a/w")});
  const std::size_t g = mesh->find_gateway("a", "w");
  ASSERT_NE(g, models::kNone);
  const models::Gateway& gateway = mesh->gateways[g];
  ASSERT_NE(gateway.workload, models::kNone);
  ASSERT_NE(gateway.service, models::kNone);
  EXPECT_EQ(mesh->workloads[gateway.workload].role, models::ProxyRole::Waypoint);
  EXPECT_EQ(gateway.identity, "spiffe://cluster.local/ns/a/sa/w");
  EXPECT_EQ(mesh->services[gateway.service].endpoints.size(), 1u);
  EXPECT_TRUE(mesh->services[gateway.service].endpoints[0].healthy);
}

struct Row {
  const char* name;
  Pairs on_namespace, on_service, on_waypoint;
  const char* from;
  State state;
};

TEST(Waypoint, BindingOfAService_DP102) {
  const Pairs use_w = {{"istio.io/use-waypoint", "w"}};
  const Row rows[] = {
      {"no label", {}, {}, {}, "", State::None},
      {"service", {}, use_w, {}, "", State::Bound},
      {"namespace", use_w, {}, {}, "", State::Bound},
      {"service none beats namespace", use_w, {{"istio.io/use-waypoint", "none"}}, {}, "", State::None},
      {"missing: no fallback to the namespace", use_w, {{"istio.io/use-waypoint", "x"}}, {}, "", State::NotReady},
      {"empty value", {}, {{"istio.io/use-waypoint", ""}}, {}, "", State::NotReady},
      {"for workload", {}, use_w, {{"istio.io/waypoint-for", "workload"}}, "", State::UnsupportedTrafficType},
      {"for all", {}, use_w, {{"istio.io/waypoint-for", "all"}}, "", State::Bound},
      {"for none", use_w, {}, {{"istio.io/waypoint-for", "none"}}, "", State::UnsupportedTrafficType},
      {"other namespace, Same",
       {},
       {{"istio.io/use-waypoint", "v"}, {"istio.io/use-waypoint-namespace", "b"}},
       {},
       "",
       State::AttachmentDenied},
      {"other namespace, All",
       {},
       {{"istio.io/use-waypoint", "v"}, {"istio.io/use-waypoint-namespace", "b"}},
       {},
       "All",
       State::Bound},
      {"other namespace, selected",
       {},
       {{"istio.io/use-waypoint", "v"}, {"istio.io/use-waypoint-namespace", "b"}},
       {},
       R"({"from":"Selector","selector":{"matchLabels":{"kubernetes.io/metadata.name":"a"}}})",
       State::Bound},
      {"levels do not combine", {{"istio.io/use-waypoint-namespace", "b"}}, use_w, {}, "All", State::Bound},
  };
  for (const Row& row : rows) {
    const auto mesh =
        mesh_of({ns("a", row.on_namespace), ns("b"), waypoint("a/w", row.on_waypoint),
                 waypoint("b/v", row.on_waypoint, row.from), service("a/s", {{"app", "s"}}, row.on_service)});
    const auto& binding = service_in(*mesh, "a/s").waypoint;
    EXPECT_EQ(binding.state, row.state) << row.name;
    EXPECT_EQ(binding.state == State::None && row.on_service.empty(), binding.reasons.empty()) << row.name;
  }
}

TEST(Waypoint, WorkloadsNeedTheirOwnTrafficType_DP101) {
  for (const auto& [type, bound] : std::map<std::string, bool>{{"workload", true}, {"all", true}, {"service", false}}) {
    const auto mesh = mesh_of(
        {ns("a"), waypoint("a/w", {{"istio.io/waypoint-for", type}}), pod("a/p", {{"istio.io/use-waypoint", "w"}})});
    EXPECT_EQ(workload(*mesh, "a/p").waypoint.bound(), bound) << type;
  }
}

TEST(Waypoint, WithoutAddressItIsNotReady_DP112) {
  const char* pending = R"({"status":{"conditions":[{"type":"Programmed","status":"False"}]}})";
  const auto mesh = mesh_of(
      {ns("a", {{"istio.io/use-waypoint", "w"}}), waypoint("a/w", {}, "", pending), service("a/s", {{"app", "s"}})});
  EXPECT_EQ(service_in(*mesh, "a/s").waypoint.state, State::NotReady);
  EXPECT_TRUE(has_finding(*mesh, "MSH0208"));
}

TEST(Waypoint, PodsGoneKeepsTheBinding_DP114) {
  const auto mesh = mesh_of({ns("a", {{"istio.io/use-waypoint", "w"}}), waypoint("a/w"), service("a/s", {{"app", "s"}}),
                             deployment("a/w", {{"gateway.networking.k8s.io/gateway-name", "w"}}, {}, "{}", 0)});
  const auto& binding = service_in(*mesh, "a/s").waypoint;
  ASSERT_TRUE(binding.bound());
  EXPECT_TRUE(mesh->services[mesh->gateways[binding.gateway].service].endpoints.empty());
}

TEST(Waypoint, NeverBound_DP104) {
  const auto mesh =
      mesh_of({ns("a", {{"istio.io/use-waypoint", "w"}}), waypoint("a/w", {{"istio.io/waypoint-for", "all"}})});
  EXPECT_FALSE(service_in(*mesh, "a/w").waypoint.bound());
  EXPECT_FALSE(workload(*mesh, "a/w").waypoint.bound());
}

TEST(Waypoint, Canary_DP109) {
  const Pairs labels = {{"istio.io/use-waypoint", "w"}, {"istio.io/use-waypoint-canary", "c"}};
  const std::string weighted = service("a/s", {{"app", "s"}}, labels, "[]",
                                       R"({"metadata":{"annotations":{"istio.io/use-waypoint-canary-weight":"30"}}})");
  const std::vector<std::string> manifests = {ns("a"), waypoint("a/w"), waypoint("a/c"), weighted};
  const auto master = mesh_of(manifests, R"({"profile":"istio-master"})");
  ASSERT_TRUE(service_in(*master, "a/s").waypoint.canary_gateway);
  EXPECT_EQ(service_in(*master, "a/s").waypoint.canary_weight, 30);
  EXPECT_EQ(*service_in(*master, "a/s").waypoint.canary_gateway, master->find_gateway("a", "c"));
  EXPECT_FALSE(service_in(*mesh_of(manifests), "a/s").waypoint.canary_gateway);
  const auto lone = mesh_of({ns("a"), waypoint("a/w"), weighted}, R"({"profile":"istio-master"})");
  EXPECT_TRUE(service_in(*lone, "a/s").waypoint.bound());
  EXPECT_FALSE(service_in(*lone, "a/s").waypoint.canary_gateway);
}

// istio/istio waypoints_test.go TestGetUseWaypointCanary, TestGetCanaryWeight; ResolveUseWaypointCanary.
TEST(Waypoint, TheNamespaceLendsACanaryOnlyToObjectsWithoutPrimary_DP109) {
  const std::string use = "istio.io/use-waypoint", canary = "istio.io/use-waypoint-canary";
  const std::string weight = R"({"metadata":{"annotations":{"istio.io/use-waypoint-canary-weight":"%"}}})";
  const auto share = [&](const Pairs& on_ns, const std::string& ns_weight, const Pairs& on_service,
                         const std::string& own) {
    std::string annotations = weight;
    annotations.replace(annotations.find('%'), 1, own);
    const Pairs ns_annotations =
        ns_weight.empty() ? Pairs() : Pairs{{"istio.io/use-waypoint-canary-weight", ns_weight}};
    const auto mesh = mesh_of({ns("a", on_ns, ns_annotations), waypoint("a/w"), waypoint("a/c"),
                               service("a/s", {{"app", "s"}}, on_service, "[]", own.empty() ? "{}" : annotations)},
                              R"({"profile":"istio-master"})");
    const auto& binding = service_in(*mesh, "a/s").waypoint;
    return binding.canary_gateway ? binding.canary_weight : -1;
  };
  EXPECT_EQ(share({{use, "w"}, {canary, "c"}}, "30", {}, ""), 30);
  EXPECT_EQ(share({{use, "w"}, {canary, "c"}}, "30", {}, "42"), 42) << "its own weight";
  EXPECT_EQ(share({{use, "w"}}, "30", {{canary, "c"}}, ""), 30)
      << "its own canary, primary and weight of the namespace";
  EXPECT_EQ(share({{canary, "c"}}, "30", {{use, "w"}}, ""), -1) << "its own primary: nothing of the namespace";
  EXPECT_EQ(share({}, "30", {{use, "w"}, {canary, "c"}}, ""), 0);
  EXPECT_EQ(share({}, "", {{use, "w"}, {canary, "c"}}, "101"), -1);
  EXPECT_EQ(share({}, "", {{use, "w"}, {canary, "w"}}, "50"), -1) << "the primary itself";
  EXPECT_EQ(share({}, "", {{use, "w"}, {canary, "none"}}, "50"), -1);
}

TEST(Waypoint, IngressOptIn_DP130) {
  const auto opted = [](const Pairs& on_ns, const Pairs& on_service, const char* scenario) {
    return service_in(*mesh_of({ns("a", on_ns), service("a/s", {{"app", "s"}}, on_service)}, scenario), "a/s")
        .ingress_use_waypoint;
  };
  const Pairs yes = {{"istio.io/ingress-use-waypoint", "true"}};
  const Pairs one = {{"istio.io/ingress-use-waypoint", "1"}};
  const char* master = R"({"profile":"istio-master"})";
  EXPECT_TRUE(opted({}, yes, "{}"));
  EXPECT_TRUE(opted(yes, {}, "{}"));
  EXPECT_FALSE(opted(yes, {{"istio.io/ingress-use-waypoint", "false"}}, "{}"));
  EXPECT_TRUE(opted({}, {{"istio.io/ingress-use-waypoint", "True"}}, "{}"));
  EXPECT_FALSE(opted({}, one, "{}"));
  EXPECT_TRUE(opted({}, one, master));
  EXPECT_FALSE(opted({}, yes, R"({"features":{"ENABLE_INGRESS_WAYPOINT_ROUTING":"false"}})"));
}

}  // namespace
}  // namespace meshsim::test
