// Gateways: managed, manual, classic, other classes (DP-015, DP-031, DP-100, DP-118).
#include <gtest/gtest.h>

#include "tests/models/mesh/mesh_fixture.h"

namespace meshsim::test {
namespace {

using models::Gateway;
using models::kNone;
using models::ProxyRole;

std::string gateway(const std::string& ns_name, const std::string& spec, const Pairs& labels = {},
                    const Pairs& annotations = {}, const std::string& more = "") {
  return object("gateway.networking.k8s.io/v1", "Gateway", ns_name, spec, labels, annotations, more);
}

const Gateway& find(const models::Mesh& mesh, const char* ns, const char* name) {
  const std::size_t found = mesh.find_gateway(ns, name);
  if (found == kNone) throw std::runtime_error(std::string("no gateway ") + name);
  return mesh.gateways[found];
}

constexpr const char* kHttp = R"({"gatewayClassName":"istio","listeners":[{"name":"web","port":80,"protocol":"HTTP"},
    {"name":"web2","port":80,"protocol":"HTTP"},{"name":"tls","port":443,"protocol":"HTTPS"}]})";

TEST(Gateway, ManagedGatewayOfClassIstio) {
  const auto mesh =
      mesh_of({ns("a", {{"istio.io/dataplane-mode", "ambient"}}), gateway("a/g", kHttp, {{"team", "x"}})});
  const Gateway& g = find(*mesh, "a", "g");
  EXPECT_EQ(g.kind, Gateway::Kind::Ingress);
  const auto& w = mesh->workloads[g.workload];
  EXPECT_EQ(w.name, "g-istio");
  EXPECT_EQ(w.service_account, "g-istio");
  EXPECT_EQ(w.role, ProxyRole::Gateway);
  EXPECT_EQ(w.mode, models::DataplaneMode::None);
  EXPECT_FALSE(w.wds_hbone());
  EXPECT_TRUE(w.sends_hbone);
  EXPECT_EQ(w.labels.at("team"), "x");
  EXPECT_EQ(w.labels.at("gateway.networking.k8s.io/gateway-name"), "g");
  const auto& s = mesh->services[g.service];
  EXPECT_EQ(s.hostname, "g-istio.a.svc.cluster.local");
  EXPECT_EQ(s.ports.size(), 3u);
  EXPECT_EQ(s.find_port(443)->protocol, models::Protocol::Https);
  EXPECT_EQ(s.endpoints.size(), 1u);
  EXPECT_EQ(mesh->find_gateway("a", "g-istio"), mesh->find_gateway("a", "g"));
}

TEST(Gateway, PodsAndServicesOfTheManifestsAreUsed) {
  const Pairs own = {{"gateway.networking.k8s.io/gateway-name", "g"}};
  const auto mesh =
      mesh_of({ns("a"), gateway("a/g", kHttp), deployment("a/g-istio", own, {}, R"({"serviceAccountName":"own"})", 3),
               service("a/g-istio", own)});
  const Gateway& g = find(*mesh, "a", "g");
  EXPECT_EQ(mesh->workloads[g.workload].pods.size(), 3u);
  EXPECT_EQ(g.identity, "spiffe://cluster.local/ns/a/sa/own");
  EXPECT_EQ(mesh->services.size(), 1u);
  EXPECT_EQ(mesh->workloads.size(), 1u);
}

TEST(Gateway, ManualDeployment_DP100) {
  const std::vector<std::string> manifests = {
      ns("a"),
      gateway("a/g", R"({"gatewayClassName":"istio","addresses":[{"type":"Hostname","value":"own.a.svc.cluster.local"}],
                         "listeners":[{"name":"web","port":80,"protocol":"HTTP"}]})"),
      deployment("a/own", {{"app", "own"}, {"sidecar.istio.io/inject", "true"}},
                 {{"inject.istio.io/templates", "gateway"}}),
      service("a/own", {{"app", "own"}})};
  const auto upstream = mesh_of(manifests, R"({"profile":"istio-1.27"})");
  const Gateway& g = find(*upstream, "a", "g");
  EXPECT_EQ(upstream->workloads[g.workload].name, "own");
  EXPECT_EQ(upstream->services[g.service].name, "own");
  EXPECT_EQ(upstream->gateways.size(), 1u);
  // OSSM 3.2 turns manual deployment off: istiod makes its own.
  const auto ossm = mesh_of(manifests);
  EXPECT_EQ(ossm->workloads[find(*ossm, "a", "g").workload].name, "g-istio");
}

TEST(Gateway, ClassicByTemplate) {
  const auto mesh = mesh_of({ns("istio-system"),
                             deployment("istio-system/istio-ingressgateway",
                                        {{"istio", "ingressgateway"}, {"sidecar.istio.io/inject", "true"}},
                                        {{"inject.istio.io/templates", "gateway"}}),
                             service("istio-system/ingress", {{"istio", "ingressgateway"}})});
  const Gateway& g = find(*mesh, "istio-system", "istio-ingressgateway");
  EXPECT_EQ(g.kind, Gateway::Kind::Classic);
  EXPECT_EQ(mesh->services[g.service].name, "ingress");
  EXPECT_EQ(mesh->find_gateway("istio-system", "ingress"), mesh->find_gateway("istio-system", "istio-ingressgateway"));
  EXPECT_EQ(mode(*mesh, "istio-system/istio-ingressgateway"), "gateway");
  EXPECT_FALSE(workload(*mesh, "istio-system/istio-ingressgateway").tls_mode_istio);  // DP-007
}

TEST(Gateway, ClassicByItsContainer) {
  const char* router = R"({"containers":[{"name":"istio-proxy","args":["proxy","router"]}]})";
  const auto mesh = mesh_of({ns("a"), deployment("a/egress", {{"istio", "egressgateway"}}, {}, router),
                             deployment("a/app", {{"istio", "ingressgateway"}})});
  EXPECT_EQ(mode(*mesh, "a/egress"), "gateway");
  EXPECT_EQ(mode(*mesh, "a/app"), "none");
  EXPECT_EQ(mesh->gateways.size(), 1u);
}

TEST(Gateway, TemplateWithoutInjectionIsNoGateway) {
  const auto mesh =
      mesh_of({ns("a"), deployment("a/g", {{"istio", "ingressgateway"}}, {{"inject.istio.io/templates", "gateway"}})});
  EXPECT_EQ(mode(*mesh, "a/g"), "none");
}

TEST(Gateway, Classes) {
  const char* custom = R"({"gatewayClassName":"mine","listeners":[{"name":"web","port":80,"protocol":"HTTP"}]})";
  const std::string own_class =
      object("gateway.networking.k8s.io/v1", "GatewayClass", "mine", R"({"controllerName":"istio.io/mesh-controller"})",
             {{"istio.io/waypoint-for", "all"}});
  const auto unknown = mesh_of({ns("a"), gateway("a/g", custom)});
  EXPECT_TRUE(unknown->gateways.empty());
  EXPECT_TRUE(has_finding(*unknown, "MSH0205"));
  const auto known = mesh_of({ns("a"), gateway("a/g", custom), own_class});
  EXPECT_EQ(find(*known, "a", "g").kind, Gateway::Kind::Waypoint);
  EXPECT_EQ(find(*known, "a", "g").traffic_type, "all");  // DP-101: label of the class
  const auto east_west = mesh_of(
      {ns("a"),
       gateway(
           "a/g",
           R"({"gatewayClassName":"istio-east-west","listeners":[{"name":"mesh","port":15008,"protocol":"HBONE"}]})")});
  EXPECT_EQ(find(*east_west, "a", "g").kind, Gateway::Kind::EastWest);
  EXPECT_EQ(east_west->workloads[find(*east_west, "a", "g").workload].name, "g");
  EXPECT_TRUE(east_west->workloads[0].wds_hbone());
}

TEST(Gateway, ReadyByStatus) {
  struct Row {
    const char* status;
    bool ready;
  };
  const Row rows[] = {
      {"", true},
      {R"({"status":{}})", true},
      {R"({"status":{"addresses":[{"value":"10.0.0.1"}]}})", true},
      {R"({"status":{"conditions":[{"type":"Programmed","status":"True"}]}})", true},
      {R"({"status":{"conditions":[{"type":"Programmed","status":"False"}]}})", false},
      {R"({"status":{"addresses":[{"value":"10.0.0.1"}],"conditions":[{"type":"Programmed","status":"False"}]}})",
       true}};
  for (const Row& row : rows) {
    const auto mesh = mesh_of({ns("a"), gateway("a/g", kHttp, {}, {}, row.status)});
    EXPECT_EQ(find(*mesh, "a", "g").has_address, row.ready) << row.status;
  }
}

TEST(Gateway, NamesAndAccountsByAnnotation) {
  const auto mesh =
      mesh_of({ns("a"), gateway("a/g", kHttp, {},
                                {{"gateway.istio.io/name-override", "x"}, {"gateway.istio.io/service-account", "y"}})});
  const Gateway& g = find(*mesh, "a", "g");
  EXPECT_EQ(mesh->workloads[g.workload].name, "x");
  EXPECT_EQ(g.identity, "spiffe://cluster.local/ns/a/sa/y");
}

TEST(Gateway, InboundBinding_DP118) {
  const auto mesh = mesh_of(
      {ns("a", {{"istio.io/use-waypoint", "g"}}),
       gateway("a/g", R"({"gatewayClassName":"third","listeners":[{"name":"x","port":15088,"protocol":"HTTP"}]})", {},
               {{"ambient.istio.io/waypoint-inbound-binding", "PROXY/15088"}},
               R"({"status":{"addresses":[{"type":"Hostname","value":"third.a.svc.cluster.local"}]}})"),
       service("a/third", {{"app", "third"}}), pod("a/third", {{"app", "third"}}), service("a/s", {})});
  const Gateway& g = find(*mesh, "a", "g");
  EXPECT_EQ(g.inbound_binding, "PROXY/15088");
  EXPECT_EQ(mesh->services[g.service].name, "third");
  EXPECT_TRUE(service_in(*mesh, "a/s").waypoint.bound());
  EXPECT_FALSE(service_in(*mesh, "a/third").waypoint.bound());  // DP-104
}

}  // namespace
}  // namespace meshsim::test
