// Bookinfo and tcp-echo of istio/istio samples: VirtualService, DestinationRule, HTTPRoute and TCPRoute files. What
// must come out follows from the files and DP-250, DP-251, DP-252; it is the same at a client sidecar and at a waypoint
// (DP-240), and nothing of it holds in ambient mode without one (DP-241).
#include <gtest/gtest.h>

#include "tests/samples/samples_fixture.h"

namespace meshsim::models::testing {
namespace {

const std::string kBase = "istio-samples/samples/bookinfo/";
const std::string kApp = kBase + "platform/kube/bookinfo.yaml";
const std::string kSubsets = kBase + "networking/destination-rule-all.yaml";

struct Row {
  std::vector<std::string> files;  // below samples/bookinfo
  const char* client;
  const char* host;
  Headers headers;
  const char* expected;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.files.back() << " " << row.host << (row.headers.empty() ? "" : " as jason");
}

class Bookinfo : public ::testing::TestWithParam<Row> {};

TEST_P(Bookinfo, DP250RoutesAtSidecarAndWaypoint) {
  const Row& row = GetParam();
  std::vector<std::string> files = {kApp, kSubsets};
  for (const std::string& file : row.files) files.push_back(kBase + file);
  for (const Mode mode : {Mode::Sidecar, Mode::AmbientWaypoint}) {
    SCOPED_TRACE(row.files.back() + ", " + word(mode));
    EXPECT_EQ(ways(sample(files, mode), request(row.client, row.host, 9080, "/x", row.headers)), row.expected);
  }
}

constexpr const char* kPage = "default/productpage-v1";
constexpr const char* kReviews = "default/reviews-v1";
const Headers kJason = {{"end-user", "jason"}};

INSTANTIATE_TEST_SUITE_P(
    Files, Bookinfo,
    ::testing::Values(
        Row{{"networking/virtual-service-all-v1.yaml"}, kPage, "reviews", {}, "1 allowed 200 default/reviews-v1"},
        Row{{"networking/virtual-service-all-v1.yaml"}, kPage, "details", {}, "1 allowed 200 default/details-v1"},
        Row{{"networking/virtual-service-all-v1.yaml"}, kReviews, "ratings", {}, "1 allowed 200 default/ratings-v1"},
        // A subset without pods: no healthy upstream.
        Row{{"networking/virtual-service-details-v2.yaml"}, kPage, "details", {}, "1 unreachable 503 UH"},
        Row{{"platform/kube/bookinfo-details-v2.yaml", "networking/virtual-service-details-v2.yaml"},
            kPage,
            "details",
            {},
            "1 allowed 200 default/details-v2"},
        Row{{"networking/virtual-service-ratings-db.yaml"}, kPage, "reviews", {}, "1 allowed 200 default/reviews-v3"},
        Row{{"platform/kube/bookinfo-ratings-v2.yaml", "networking/virtual-service-ratings-db.yaml"},
            kReviews,
            "ratings",
            {},
            "1 allowed 200 default/ratings-v2"},
        Row{{"platform/kube/bookinfo-ratings-v2-mysql.yaml", "networking/virtual-service-ratings-mysql.yaml"},
            kReviews,
            "ratings",
            {},
            "1 allowed 200 default/ratings-v2-mysql"},
        Row{{"platform/kube/bookinfo-ratings-v2-mysql-vm.yaml", "networking/virtual-service-ratings-mysql-vm.yaml"},
            kReviews,
            "ratings",
            {},
            "1 allowed 200 default/ratings-v2-mysql-vm"},
        Row{{"networking/virtual-service-ratings-test-abort.yaml"},
            kReviews,
            "ratings",
            kJason,
            "1 unreachable 500 FI"},
        Row{{"networking/virtual-service-ratings-test-abort.yaml"},
            kReviews,
            "ratings",
            {},
            "1 allowed 200 default/ratings-v1"},
        Row{{"networking/virtual-service-ratings-test-delay.yaml"},
            kReviews,
            "ratings",
            kJason,
            "1 allowed 200 default/ratings-v1"},
        Row{{"networking/virtual-service-reviews-50-v3.yaml"},
            kPage,
            "reviews",
            {},
            "0.5 allowed 200 default/reviews-v1; 0.5 allowed 200 default/reviews-v3"},
        Row{{"networking/virtual-service-reviews-80-20.yaml"},
            kPage,
            "reviews",
            {},
            "0.8 allowed 200 default/reviews-v1; 0.2 allowed 200 default/reviews-v2"},
        Row{{"networking/virtual-service-reviews-90-10.yaml"},
            kPage,
            "reviews",
            {},
            "0.9 allowed 200 default/reviews-v1; 0.1 allowed 200 default/reviews-v2"},
        Row{{"networking/virtual-service-reviews-v2-v3.yaml"},
            kPage,
            "reviews",
            {},
            "0.5 allowed 200 default/reviews-v2; 0.5 allowed 200 default/reviews-v3"},
        Row{{"networking/virtual-service-reviews-v3.yaml"}, kPage, "reviews", {}, "1 allowed 200 default/reviews-v3"},
        Row{{"networking/virtual-service-reviews-jason-v2-v3.yaml"},
            kPage,
            "reviews",
            kJason,
            "1 allowed 200 default/reviews-v2"},
        Row{{"networking/virtual-service-reviews-jason-v2-v3.yaml"},
            kPage,
            "reviews",
            {},
            "1 allowed 200 default/reviews-v3"},
        Row{{"networking/virtual-service-reviews-test-v2.yaml"},
            kPage,
            "reviews",
            kJason,
            "1 allowed 200 default/reviews-v2"},
        Row{{"networking/virtual-service-reviews-test-v2.yaml"},
            kPage,
            "reviews",
            {},
            "1 allowed 200 default/reviews-v1"},
        // The first http entry has no match: it takes every request (DP-250).
        Row{{"networking/fault-injection-details-v1.yaml"}, kPage, "details", {}, "1 unreachable 555 FI"},
        Row{{"platform/kube/bookinfo-versions.yaml", "gateway-api/route-all-v1.yaml"},
            kPage,
            "reviews",
            {},
            "1 allowed 200 default/reviews-v1"},
        Row{{"platform/kube/bookinfo-versions.yaml", "gateway-api/route-reviews-v1.yaml"},
            kPage,
            "reviews",
            {},
            "1 allowed 200 default/reviews-v1"},
        Row{{"platform/kube/bookinfo-versions.yaml", "gateway-api/route-reviews-v3.yaml"},
            kPage,
            "reviews",
            {},
            "1 allowed 200 default/reviews-v3"},
        Row{{"platform/kube/bookinfo-versions.yaml", "gateway-api/route-reviews-50-v3.yaml"},
            kPage,
            "reviews",
            {},
            "0.5 allowed 200 default/reviews-v1; 0.5 allowed 200 default/reviews-v3"},
        Row{{"platform/kube/bookinfo-versions.yaml", "gateway-api/route-reviews-90-10.yaml"},
            kPage,
            "reviews",
            {},
            "0.9 allowed 200 default/reviews-v1; 0.1 allowed 200 default/reviews-v2"},
        // DP-252: the backends are Services that nobody applied. Routes of the Gateway API answer 500 for a cluster
        // that is not found (CORE/route/route.go, ClusterNotFoundResponseCode).
        Row{{"gateway-api/route-reviews-90-10.yaml"}, kPage, "reviews", {}, "1 unreachable 500 NC"}));

// DP-241: without a waypoint ambient clients meet no route: three versions, one third each.
TEST(BookinfoAmbient, DP241NobodyEvaluatesRoutes) {
  for (const char* file : {"networking/virtual-service-reviews-80-20.yaml", "networking/virtual-service-all-v1.yaml",
                           "networking/destination-rule-all-mtls.yaml", "gateway-api/route-reviews-v1.yaml"}) {
    const World world = sample({kApp, kSubsets, kBase + file}, Mode::Ambient);
    EXPECT_EQ(ways(world, request(kPage, "reviews", 9080)),
              "0.333 allowed 200 default/reviews-v1; 0.333 allowed 200 default/reviews-v2; 0.333 allowed 200 "
              "default/reviews-v3")
        << file;
  }
}

// DP-047, DP-160: ISTIO_MUTUAL for every host changes nothing between sidecars, and nothing at a waypoint.
TEST(BookinfoMtls, DP047DestinationRuleAllMtls) {
  for (const auto& [mode, transport] :
       {std::pair(Mode::Sidecar, Transport::Mtls), {Mode::AmbientWaypoint, Transport::Hbone}}) {
    const World world = sample({kApp, kBase + "networking/destination-rule-all-mtls.yaml"}, mode);
    for (const Outcome& o : judge(world, request(kPage, "reviews", 9080)).outcomes) {
      EXPECT_EQ(o.verdict, Verdict::Allowed);
      EXPECT_EQ(o.transport, transport);
    }
  }
}

// The ingress of Bookinfo, classic and Gateway API.
TEST(BookinfoIngress, DP247PathsAndNotFound) {
  for (const Mode mode : {Mode::Sidecar, Mode::Ambient}) {
    SCOPED_TRACE(word(mode));
    const World classic = sample({kApp, kBase + "networking/bookinfo-gateway.yaml"}, mode, kIngressGateway);
    const World api = sample({kApp, kBase + "gateway-api/bookinfo-gateway.yaml"}, mode);
    for (const auto& [path, expected] : {std::pair("/productpage", "1 allowed 200 default/productpage-v1"),
                                         {"/static/style.css", "1 allowed 200 default/productpage-v1"},
                                         {"/login", "1 allowed 200 default/productpage-v1"},
                                         {"/api/v1/products/0", "1 allowed 200 default/productpage-v1"},
                                         {"/loginx", "1 unreachable 404 NR"},
                                         {"/", "1 unreachable 404 NR"}}) {
      EXPECT_EQ(ways(classic, from_outside("istio-system/istio-ingressgateway", "shop.example", 80, path)), expected)
          << path;
      EXPECT_EQ(ways(api, from_outside("default/bookinfo-gateway", "shop.example", 80, path)), expected) << path;
    }
    // DP-251: `prefix: /static` of a VirtualService is a string prefix, a PathPrefix ends at a segment.
    EXPECT_EQ(ways(classic, from_outside("istio-system/istio-ingressgateway", "shop.example", 80, "/staticx")),
              "1 allowed 200 default/productpage-v1");
    EXPECT_EQ(ways(api, from_outside("default/bookinfo-gateway", "shop.example", 80, "/staticx")),
              "1 unreachable 404 NR");
  }
}

// egress-rule-google-apis.yaml: port 80 becomes TLS to port 443, at the sidecar or at the waypoint (DP-093, DP-170).
TEST(BookinfoEgress, DP170TlsOrigination) {
  for (const auto& [mode, path] : {std::pair(Mode::Sidecar, "sidecar"), {Mode::AmbientWaypoint, "ztunnel,waypoint"}}) {
    SCOPED_TRACE(word(mode));
    const World world = sample({kApp, kBase + "networking/egress-rule-google-apis.yaml"}, mode);
    const auto outcomes = judge(world, request(kPage, "www.googleapis.com", 80, "/books/v1")).outcomes;
    ASSERT_EQ(outcomes.size(), 1u);
    EXPECT_EQ(outcomes[0].verdict, Verdict::Allowed);
    EXPECT_EQ(outcomes[0].transport, Transport::Tls);
    ASSERT_TRUE(outcomes[0].routed_to);
    EXPECT_EQ(outcomes[0].routed_to->port, 443);
    EXPECT_EQ(path_of(outcomes[0]), path);
  }
}

Flow tcp(Flow flow) {
  flow.protocol = FlowProtocol::Tcp;
  return flow;
}

constexpr std::string_view kAlpha = "{profile: ossm-3.2, features: {PILOT_ENABLE_ALPHA_GATEWAY_API: 'true'}}";

// samples/tcp-echo: TCP routes at a gateway, by VirtualService and by TCPRoute (DP-250, DP-257).
TEST(TcpEcho, DP250WeightsAtTheGateway) {
  const std::string base = "istio-samples/samples/tcp-echo/";
  for (const Mode mode : {Mode::Sidecar, Mode::Ambient}) {
    SCOPED_TRACE(word(mode));
    const std::vector<std::string> all = {base + "tcp-echo-services.yaml", base + "tcp-echo-all-v1.yaml"};
    const Flow classic = tcp(from_outside("istio-system/istio-ingressgateway", "x.example", 31400));
    EXPECT_EQ(ways(sample(all, mode, kIngressGateway), classic), "1 allowed - default/tcp-echo-v1");
    std::vector<std::string> split = all;
    split.push_back(base + "tcp-echo-20-v2.yaml");
    EXPECT_EQ(ways(sample(split, mode, kIngressGateway), classic),
              "0.8 allowed - default/tcp-echo-v1; 0.2 allowed - default/tcp-echo-v2");

    const std::vector<std::string> api = {base + "tcp-echo-services.yaml", base + "gateway-api/tcp-echo-all-v1.yaml"};
    const Flow through = tcp(from_outside("default/tcp-echo-gateway", "x.example", 31400));
    EXPECT_EQ(ways(sample(api, mode, {}, "default", kAlpha), through), "1 allowed - default/tcp-echo-v1");
    std::vector<std::string> api_split = api;
    api_split.push_back(base + "gateway-api/tcp-echo-20-v2.yaml");
    EXPECT_EQ(ways(sample(api_split, mode, {}, "default", kAlpha), through),
              "0.8 allowed - default/tcp-echo-v1; 0.2 allowed - default/tcp-echo-v2");
  }
}

}  // namespace
}  // namespace meshsim::models::testing
