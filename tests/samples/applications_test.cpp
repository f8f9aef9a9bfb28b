// Online Boutique, TrainTicket and the kiali demos: their own routing files, with what must come out of them.
#include <gtest/gtest.h>

#include "tests/samples/samples_fixture.h"

namespace meshsim::models::testing {
namespace {

const std::string kShop = "online-boutique/release/kubernetes-manifests.yaml";
const std::string kShopMesh = "online-boutique/kustomize/components/service-mesh-istio/";

Flow with(Flow flow, FlowProtocol protocol) {
  flow.protocol = protocol;
  return flow;
}

TEST(OnlineBoutique, DP240EastWestAndIngress) {
  for (const Mode mode : {Mode::Sidecar, Mode::Ambient, Mode::AmbientWaypoint}) {
    SCOPED_TRACE(word(mode));
    const World world = sample({kShop, kShopMesh + "frontend-gateway.yaml", kShopMesh + "frontend.yaml"}, mode);
    EXPECT_EQ(ways(world, request("default/loadgenerator", "frontend", 80)), "1 allowed 200 default/frontend");
    EXPECT_EQ(ways(world, from_outside("default/istio-gateway", "shop.example", 80, "/product/1")),
              "1 allowed 200 default/frontend");
    EXPECT_EQ(ways(world, with(request("default/checkoutservice", "cartservice", 7070), FlowProtocol::Grpc)),
              "1 allowed 200 default/cartservice");
    EXPECT_EQ(ways(world, with(request("default/cartservice", "redis-cart", 6379), FlowProtocol::Tcp)),
              "1 allowed - default/redis-cart");
  }
}

// release/istio-manifests.yaml: the same gateway, and ServiceEntries without resolution, which means NONE.
TEST(OnlineBoutique, DP172ServiceEntriesOfResolutionNone) {
  const std::vector<std::string> files = {kShop, "online-boutique/release/istio-manifests.yaml"};
  const Flow metadata = request("default/frontend", "metadata.google.internal", 80);
  const Flow accounts = with(request("default/frontend", "accounts.google.com", 443), FlowProtocol::Https);
  const World sidecar = sample(files, Mode::Sidecar);
  EXPECT_EQ(ways(sidecar, from_outside("default/istio-gateway", "shop.example", 80)), "1 allowed 200 default/frontend");
  EXPECT_EQ(ways(sidecar, metadata), "1 allowed 200 metadata.google.internal");
  EXPECT_EQ(ways(sidecar, accounts), "1 allowed - accounts.google.com");
  // The address is a VIP to ztunnel: closed in 1.27, passed through from 1.28 on. Without address nothing is known.
  const World old = sample(files, Mode::Ambient);
  EXPECT_EQ(ways(old, metadata), "1 unreachable - -");
  EXPECT_EQ(ways(old, accounts), "1 allowed - accounts.google.com");
  const World master = sample(files, Mode::Ambient, {}, "default", "{profile: istio-master}");
  EXPECT_EQ(ways(master, metadata), "1 allowed 200 metadata.google.internal");
}

// The gateway of TrainTicket: entries in written order, the first hit decides (DP-250). `prefix: /` in front of the
// last entry takes what that one was meant for, and its destination does not exist (DP-252).
TEST(TrainTicket, DP250FirstHitDecides) {
  std::vector<std::string> files;
  for (const char* file :
       {"ts-deployment-part1.yml", "ts-deployment-part2.yml", "ts-deployment-part3.yml", "trainticket-gateway.yaml"})
    files.push_back("../../../scenarios/cases/train-ticket/mixed/" + std::string(file));
  for (const Mode mode : {Mode::Sidecar, Mode::Ambient}) {
    SCOPED_TRACE(word(mode));
    const World world = sample(files, mode, kIngressGateway);
    for (const auto& [path, expected] :
         {std::pair("/", "1 allowed 200 default/ts-ui-dashboard"),
          {"/add&delete.html", "1 allowed 200 default/ts-ui-dashboard"},
          {"/js/app.js", "1 allowed 200 default/ts-ui-dashboard"},
          {"/api/v1/users/login", "1 allowed 200 default/ts-auth-service"},
          {"/api/v1/orderservice/order", "1 allowed 200 default/ts-order-service"},
          {"/api/v1/orderOtherService/orderOther", "1 allowed 200 default/ts-order-other-service"},
          {"/api/v1/travelservice/trips", "1 allowed 200 default/ts-travel-service"},
          {"/api/v1/travel2service/trips", "1 allowed 200 default/ts-travel2-service"},
          {"/api/v1/travelplanservice/x", "1 allowed 200 default/ts-travel-plan-service"},
          {"/api/v1/consignservice/x", "1 allowed 200 default/ts-consign-service"},
          {"/api/v1/consignpriceservice/x", "1 allowed 200 default/ts-consign-price-service"},
          {"/api/v1/cancelservice", "1 allowed 200 default/ts-cancel-service"},
          {"/getVoucher", "1 allowed 200 default/ts-voucher-service"},
          // `exact` takes no more than itself; the rest falls to `prefix: /`, whose destination does not exist.
          {"/api/v1/cancelservice/refund", "1 unreachable 503 NC"},
          {"/api/v1/adminuserservice/users", "1 unreachable 503 NC"},
          {"/nothing", "1 unreachable 503 NC"}})
      EXPECT_EQ(ways(world, from_outside("istio-system/istio-ingressgateway", "train.example", 80, path)), expected)
          << path;
  }
}

// kiali-demos, electronic-shop: egress through a gateway with ISTIO_MUTUAL, TLS to the outside (DP-054, DP-093).
TEST(KialiDemos, DP054EgressGateway) {
  const std::string client = R"(
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: default}
spec:
  selector: {matchLabels: {app: shop}}
  template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: c, image: i}]}}
)";
  const std::string file = "kiali-demos/electronic-shop/bookstore-egress-service-entry.yaml";
  const Flow flow = request("default/shop", "www.bookdepository.com", 80);
  const auto sidecar = judge(sample({file}, Mode::Sidecar, client + kEgressGateway), flow).outcomes;
  ASSERT_EQ(sidecar.size(), 1u);
  EXPECT_EQ(sidecar[0].verdict, Verdict::Allowed);
  EXPECT_EQ(path_of(sidecar[0]), "sidecar,gateway");
  EXPECT_EQ(sidecar[0].hops[0].transport, Transport::Mtls);
  EXPECT_EQ(sidecar[0].transport, Transport::Tls);
  ASSERT_TRUE(sidecar[0].routed_to);
  EXPECT_EQ(sidecar[0].routed_to->workload, "www.bookdepository.com");
  EXPECT_EQ(sidecar[0].routed_to->port, 443);
  // DP-241: an ambient client meets none of these rules; what it sends leaves directly.
  const auto ambient = judge(sample({file}, Mode::Ambient, client + kEgressGateway), flow).outcomes;
  ASSERT_EQ(ambient.size(), 1u);
  EXPECT_EQ(path_of(ambient[0]), "ztunnel");
  EXPECT_EQ(ambient[0].transport, Transport::Plaintext);
}

// A wildcard ServiceEntry of resolution NONE: passed on as it is by a sidecar, unknown to ztunnel (DP-171, DP-229).
TEST(KialiDemos, DP171WildcardServiceEntry) {
  const std::string client =
      "\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: shop, namespace: default, labels: {app: shop}}\nspec: "
      "{containers: [{name: c, image: i}]}\n";
  for (const Mode mode : {Mode::Sidecar, Mode::Ambient}) {
    const World world = sample({"kiali-demos/electronic-shop/games-service-entry.yaml"}, mode, client);
    EXPECT_EQ(ways(world, with(request("default/shop", "zone.msn.com", 443), FlowProtocol::Https)),
              "1 allowed - zone.msn.com")
        << word(mode);
  }
}

// kiali-demos, travels: three versions behind one Service.
TEST(KialiDemos, DP213ThreeVersions) {
  for (const Mode mode : {Mode::Sidecar, Mode::Ambient, Mode::AmbientWaypoint}) {
    const World world = sample({"kiali-demos/travels/travel_agency.yaml", "kiali-demos/travels/travels-v2.yaml",
                                "kiali-demos/travels/travels-v3.yaml"},
                               mode);
    EXPECT_EQ(ways(world, request("default/hotels-v1", "travels", 8000)),
              "0.333 allowed 200 default/travels-v1; 0.333 allowed 200 default/travels-v2; 0.333 allowed 200 "
              "default/travels-v3")
        << word(mode);
    EXPECT_EQ(ways(world, with(request("default/hotels-v1", "mysqldb", 3306), FlowProtocol::Tcp)),
              "1 allowed - default/mysqldb-v1")
        << word(mode);
  }
}

// kiali-demos, federated-travels: half of the traffic goes to a host that only federation would bring (DP-252).
TEST(KialiDemos, DP252ImportedHostIsMissing) {
  const std::string base = "kiali-demos/federated-travels/east/east-travel-agency";
  for (const Mode mode : {Mode::Sidecar, Mode::AmbientWaypoint}) {
    const World world = sample({base + ".yaml", base + "-opt.yaml"}, mode, {}, "east-travel-agency");
    EXPECT_EQ(ways(world, request("east-travel-agency/travels-v1", "cars", 8000)),
              "0.5 allowed 200 east-travel-agency/cars-v1; 0.5 unreachable 503 NC")
        << word(mode);
  }
}

}  // namespace
}  // namespace meshsim::models::testing
