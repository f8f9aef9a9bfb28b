// Telemetry across networks (TM-036, TM-065, HB-061): double HBONE through an ambient east-west gateway, and Istio mTLS
// through one that passes it on by its SNI. Oracles: istio/ztunnel src/proxy/{outbound,inbound}.rs (release-1.27 and
// master 2026-08), istio/istio pilot/pkg/networking/core/listener_waypoint.go.
#include <algorithm>

#include <gtest/gtest.h>

#include "models/telemetry/envoy_series.h"
#include "tests/models/telemetry/resources.h"

namespace meshsim::models {
namespace {

using bench::As;
using bench::Bench;
using bench::find_metric;
constexpr Transport kDouble = Transport::DoubleHbone, kHbone = Transport::Hbone, kMtls = Transport::Mtls;

std::size_t east_west(Bench& b) {
  const std::size_t index = b.add_gateway("istio-system", "ew", Gateway::Kind::EastWest);
  b.mesh.gateways[index].class_name = "istio-east-west";
  b.mesh.workloads[b.mesh.gateways[index].workload].role = ProxyRole::EastWest;
  b.mesh.settings.config.clear();
  bench::set_config(b, R"({"accessLogFile":"/dev/stdout"})");
  return index;
}

// Ambient client, gateway of the other network, ambient server.
Outcome crossing(Bench& b, std::size_t gateway) {
  Hop out = b.ztunnel_out(kDouble);
  out.port = 15008;
  Hop middle = b.middle(gateway, kDouble, b.client_id(), false);
  middle.port = 15008;
  return b.observe(b.http_flow(), b.outcome({out, middle, b.ztunnel_in(kDouble, b.client_id())}, kDouble));
}

const Metric& opened(const Outcome& out, ProxyKind proxy, std::string_view reporter) {
  for (const Metric& metric : out.telemetry.metrics)
    if (metric.name == "istio_tcp_connections_opened_total" && metric.proxy == proxy && metric.reporter == reporter)
      return metric;
  static const Metric kNone;
  ADD_FAILURE() << "no series of " << to_string(proxy);
  return kNone;
}
std::string label(const Metric& metric, const char* name) {
  const auto it = metric.labels.find(name);
  return it == metric.labels.end() ? "(absent)" : it->second;
}

TEST(TelemetryNetworks, TM065_SourceZtunnelReadsTheBaggageOfTheAnswer) {
  Bench b(As::Ambient, As::Ambient);
  const std::size_t gateway = east_west(b);
  Metric source = opened(crossing(b, gateway), ProxyKind::Ztunnel, "source");
  EXPECT_EQ(label(source, "destination_workload"), "reviews-v1");
  EXPECT_EQ(label(source, "destination_app"), "reviews-v1");  // the quirk of what is derived from baggage
  EXPECT_EQ(label(source, "destination_canonical_service"), "reviews");
  EXPECT_EQ(label(source, "destination_version"), "v1");
  EXPECT_EQ(label(source, "destination_principal"), b.server_id());
  EXPECT_EQ(label(source, "destination_service"), "reviews.back.svc.cluster.local");
  EXPECT_EQ(label(source, "source_principal"), b.client_id());
  EXPECT_EQ(label(source, "connection_security_policy"), "mutual_tls");
  // Up to 1.28 an answer has no baggage: the workload is the gateway.
  b.mesh.settings.profile.ztunnel_failure_flags = false;
  source = opened(crossing(b, gateway), ProxyKind::Ztunnel, "source");
  EXPECT_EQ(label(source, "destination_workload"), "ew");
  EXPECT_EQ(label(source, "destination_principal"), b.mesh.gateways[gateway].identity);
  EXPECT_EQ(label(source, "destination_service"), "reviews.back.svc.cluster.local");
}

TEST(TelemetryNetworks, TM065_DestinationZtunnelReadsTheBaggageOfTheRequest) {
  Bench b(As::Ambient, As::Ambient);
  const std::size_t gateway = east_west(b);
  for (const bool newer : {true, false}) {
    b.mesh.settings.profile.ztunnel_failure_flags = newer;
    const Outcome out = crossing(b, gateway);
    const Metric& metric = opened(out, ProxyKind::Ztunnel, "destination");
    EXPECT_EQ(label(metric, "source_workload"), "productpage-v1");
    EXPECT_EQ(label(metric, "source_app"), "productpage-v1");
    EXPECT_EQ(label(metric, "source_canonical_service"), "productpage");
    EXPECT_EQ(label(metric, "source_workload_namespace"), "shop");
    EXPECT_EQ(label(metric, "source_principal"), b.client_id());
    EXPECT_EQ(label(metric, "destination_workload"), "reviews-v1");
    EXPECT_EQ(label(metric, "destination_service"), "reviews.back.svc.cluster.local");
  }
}

TEST(TelemetryNetworks, TM082_LogNamesTheServiceAndTheGatewaysAddress) {
  Bench b(As::Ambient, As::Ambient);
  const std::size_t gateway = east_west(b);
  const Outcome out = crossing(b, gateway);
  const auto line = [&](const char* direction) {
    const auto it = std::find_if(out.telemetry.logs.begin(), out.telemetry.logs.end(), [&](const AccessLog& log) {
      return log.proxy == ProxyKind::Ztunnel && log.direction == direction;
    });
    return it == out.telemetry.logs.end() ? std::map<std::string, std::string>() : it->fields;
  };
  const std::string address = b.mesh.workloads[b.mesh.gateways[gateway].workload].pods.front().addresses.front().text();
  auto fields = line("outbound");
  EXPECT_EQ(fields.at("dst.addr"), address + ":15008");
  EXPECT_EQ(fields.at("dst.hbone_addr"), "reviews.back.svc.cluster.local:9080");
  EXPECT_EQ(fields.at("dst.workload"), "reviews-v1");
  fields = line("inbound");
  EXPECT_EQ(fields.at("src.addr"), address + ":50000");
  EXPECT_EQ(fields.at("src.workload"), "productpage");  // the canonical service: the pod is not known
  EXPECT_EQ(fields.at("src.identity"), b.client_id());
  EXPECT_EQ(fields.at("dst.hbone_addr"), "reviews.back.svc.cluster.local:9080");
}

// A proxy of type waypoint: TCP series as SERVER_GATEWAY, and no address of the other network can be looked up
// (TM-036).
TEST(TelemetryNetworks, TM010_TM036_EastWestGatewayReportsAsAWaypoint) {
  Bench b(As::Ambient, As::Ambient);
  const std::size_t gateway = east_west(b);
  const Outcome out = crossing(b, gateway);
  const Metric& metric = opened(out, ProxyKind::Gateway, "waypoint");
  EXPECT_EQ(label(metric, "source_workload"), "unknown");
  EXPECT_EQ(label(metric, "source_principal"), b.client_id());
  EXPECT_EQ(label(metric, "source_workload_namespace"), "shop");  // from the certificate
  EXPECT_EQ(label(metric, "destination_workload"), "reviews-v1");
  EXPECT_EQ(label(metric, "destination_service"), "reviews.back.svc.cluster.local");
  EXPECT_EQ(label(metric, "connection_security_policy"), "mutual_tls");
  EXPECT_EQ(find_metric(out, "istio_requests_total", "waypoint"), nullptr);
}

// A waypoint that sends through another network's gateway, and one that is entered through it.
TEST(TelemetryNetworks, TM036_WaypointsOnEitherSide) {
  Bench b(As::Ambient, As::Ambient);
  const std::size_t gateway = east_west(b);
  Hop passing = b.middle(gateway, kDouble, b.waypoint_id(), false);
  Outcome out = b.observe(b.http_flow(), b.outcome({b.ztunnel_out(kHbone), b.middle(b.waypoint, kHbone, b.client_id()),
                                                    passing, b.ztunnel_in(kDouble, b.waypoint_id())},
                                                   kDouble));
  const Metric* sender = find_metric(out, "istio_requests_total", "waypoint");
  ASSERT_NE(sender, nullptr);
  EXPECT_EQ(label(*sender, "source_workload"), "productpage-v1");
  EXPECT_EQ(label(*sender, "destination_workload"), "unknown");  // nobody is looked up behind double HBONE
  EXPECT_EQ(label(*sender, "destination_service"), "reviews.back.svc.cluster.local");
  // An Envoy writes no baggage by default: only its certificate is known.
  const Metric& last = opened(out, ProxyKind::Ztunnel, "destination");
  EXPECT_EQ(label(last, "source_workload"), "unknown");
  EXPECT_EQ(label(last, "source_principal"), b.waypoint_id());
  b.mesh.settings.features["AMBIENT_ENABLE_BAGGAGE"] = "true";
  out = b.observe(b.http_flow(), out);
  EXPECT_EQ(label(opened(out, ProxyKind::Ztunnel, "destination"), "source_workload"), "waypoint");

  b.mesh.settings.features.clear();
  Hop sent = b.ztunnel_out(kDouble);
  passing.identity = b.client_id();
  const auto entered = [&] {
    return b.observe(b.http_flow(), b.outcome({sent, passing, b.middle(b.waypoint, kDouble, b.client_id()),
                                               b.ztunnel_in(kHbone, b.waypoint_id())},
                                              kHbone));
  };
  const Metric* remote = nullptr;
  Outcome through = entered();
  remote = find_metric(through, "istio_requests_total", "waypoint");
  ASSERT_NE(remote, nullptr);
  EXPECT_EQ(label(*remote, "source_workload"), "unknown");
  EXPECT_EQ(label(*remote, "source_principal"), b.client_id());
  b.mesh.settings.profile.ztunnel_failure_flags = false;  // 1.27: the address is looked up, and it is the gateway's
  through = entered();
  remote = find_metric(through, "istio_requests_total", "waypoint");
  ASSERT_NE(remote, nullptr);
  EXPECT_EQ(label(*remote, "source_workload"), "ew");
  EXPECT_EQ(label(*remote, "source_principal"), b.client_id());
}

// DP-276: the sidecars speak to each other; the gateway sees bytes.
TEST(TelemetryNetworks, DP276_SniGatewayIsInvisibleToBothSidecars) {
  Bench b(As::Sidecar, As::Sidecar);
  const std::size_t gateway = b.add_gateway("istio-system", "sni", Gateway::Kind::Ingress);
  Hop sent = b.sidecar_out(kMtls), passing = b.middle(gateway, kMtls, "", false);
  sent.port = passing.port = 15443;
  const Outcome out = b.observe(b.http_flow(), b.outcome({sent, passing, b.sidecar_in(kMtls, b.client_id())}, kMtls));
  const auto requests = [&](std::string_view reporter) { return find_metric(out, "istio_requests_total", reporter); };
  ASSERT_NE(requests("source"), nullptr);
  EXPECT_EQ(label(*requests("source"), "destination_workload"), "reviews-v1");
  EXPECT_EQ(label(*requests("source"), "destination_service"), "reviews.back.svc.cluster.local");
  EXPECT_EQ(label(*requests("source"), "destination_principal"), b.server_id());
  EXPECT_EQ(label(*requests("source"), "source_principal"), b.client_id());
  ASSERT_NE(requests("destination"), nullptr);
  EXPECT_EQ(label(*requests("destination"), "source_workload"), "productpage-v1");
  EXPECT_EQ(label(*requests("destination"), "connection_security_policy"), "mutual_tls");
  const Metric& bytes = opened(out, ProxyKind::Gateway, "source");
  EXPECT_EQ(label(bytes, "source_workload"), "sni");
  EXPECT_EQ(label(bytes, "source_principal"), "unknown");  // TLS is not its own
}

}  // namespace
}  // namespace meshsim::models
