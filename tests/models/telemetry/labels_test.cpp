// Golden label sets: TM-098, the goldens of istio/proxy testdata/metric and ztunnel's byte oracle (TM-072, TM-193).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/telemetry/peer.h"
#include "tests/models/telemetry/bench.h"

namespace meshsim::models {
namespace {

using bench::As;
using bench::Bench;
using bench::find_metric;
using Labels98 = std::map<std::string, std::string>;
constexpr Transport kPlain = Transport::Plaintext, kMtls = Transport::Mtls, kHbone = Transport::Hbone;

Labels98 client_side() {
  return {{"source_workload", "productpage-v1"},
          {"source_workload_namespace", "shop"},
          {"source_canonical_service", "productpage"},
          {"source_canonical_revision", "v1"},
          {"source_app", "productpage"},
          {"source_version", "v1"},
          {"source_principal", "spiffe://cluster.local/ns/shop/sa/productpage"},
          {"source_cluster", "Kubernetes"}};
}
Labels98 server_side() {
  return {{"destination_workload", "reviews-v1"},
          {"destination_workload_namespace", "back"},
          {"destination_canonical_service", "reviews"},
          {"destination_canonical_revision", "v1"},
          {"destination_app", "reviews"},
          {"destination_version", "v1"},
          {"destination_principal", "spiffe://cluster.local/ns/back/sa/reviews"},
          {"destination_service", "reviews.back.svc.cluster.local"},
          {"destination_service_name", "reviews"},
          {"destination_service_namespace", "back"},
          {"destination_cluster", "Kubernetes"}};
}
Labels98 with(Labels98 a, const Labels98& b) {
  for (const auto& [key, value] : b) a[key] = value;
  return a;
}
const Labels98 kHttp = {
    {"request_protocol", "http"}, {"response_code", "200"}, {"grpc_response_status", ""}, {"response_flags", "-"}};
const Labels98 kTcp = {{"request_protocol", "tcp"}, {"response_flags", "-"}};
// TM-060: localities come as a group.
const Labels98 kNowhere = {{"source_region", "unknown"},
                           {"source_zone", "unknown"},
                           {"destination_region", "unknown"},
                           {"destination_zone", "unknown"}};
Labels98 waypoint_as(const std::string& side) {
  return {{side + "_workload", "waypoint"},
          {side + "_workload_namespace", "back"},
          {side + "_canonical_service", "waypoint"},
          {side + "_canonical_revision", "latest"},
          {side + "_app", "waypoint"},
          {side + "_version", "latest"},
          {side + "_principal", "spiffe://cluster.local/ns/back/sa/waypoint"}};
}

TEST(TelemetryLabels, TM098_SidecarToAmbient) {
  const Bench b(As::Sidecar, As::Ambient);
  const Outcome out =
      b.observe(b.http_flow(), b.outcome({b.sidecar_out(kHbone), b.ztunnel_in(kHbone, b.client_id())}, kHbone));
  const Metric* source = find_metric(out, "istio_requests_total", "source");
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->labels,
            with(with(with(client_side(), server_side()), kHttp),
                 {{"reporter", "source"}, {"source_principal", "unknown"}, {"connection_security_policy", "unknown"}}));
  EXPECT_EQ(source->labels.size(), 25u);  // TM-011
  const Metric* destination = find_metric(out, "istio_tcp_connections_opened_total", "destination");
  ASSERT_NE(destination, nullptr);
  EXPECT_EQ(destination->labels, with(with(with(with(client_side(), server_side()), kTcp), kNowhere),
                                      {{"reporter", "destination"}, {"connection_security_policy", "mutual_tls"}}));
  EXPECT_EQ(destination->proxy, ProxyKind::Ztunnel);
}

TEST(TelemetryLabels, TM098_ThroughWaypoint) {
  const Bench b(As::Ambient, As::Ambient);
  const Outcome out =
      b.observe(b.http_flow(), b.outcome({b.ztunnel_out(kHbone), b.middle(b.waypoint, kHbone, b.client_id()),
                                          b.ztunnel_in(kHbone, b.waypoint_id())},
                                         kHbone));
  const Metric* source = find_metric(out, "istio_tcp_connections_opened_total", "source");
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->labels,
            with(with(with(with(with(client_side(), server_side()), waypoint_as("destination")), kTcp), kNowhere),
                 {{"reporter", "source"}, {"connection_security_policy", "mutual_tls"}}));
  const Metric* waypoint = find_metric(out, "istio_requests_total", "waypoint");
  ASSERT_NE(waypoint, nullptr);
  EXPECT_EQ(waypoint->labels, with(with(with(client_side(), server_side()), kHttp),
                                   {{"reporter", "waypoint"}, {"connection_security_policy", "mutual_tls"}}));
  const Metric* destination = find_metric(out, "istio_tcp_connections_opened_total", "destination");
  ASSERT_NE(destination, nullptr);
  EXPECT_EQ(destination->labels,
            with(with(with(with(with(client_side(), server_side()), waypoint_as("source")), kTcp), kNowhere),
                 {{"reporter", "destination"}, {"connection_security_policy", "mutual_tls"}}));
}

TEST(TelemetryLabels, TM072_BytesHaveOneDirectionOnBothReporters) {
  const Bench b(As::Ambient, As::Ambient);
  const Outcome out =
      b.observe(b.tcp_flow(), b.outcome({b.ztunnel_out(kHbone), b.ztunnel_in(kHbone, b.client_id())}, kHbone, false));
  for (const char* reporter : {"source", "destination"}) {
    EXPECT_EQ(find_metric(out, "istio_tcp_received_bytes_total", reporter)->value, 11) << reporter;
    EXPECT_EQ(find_metric(out, "istio_tcp_sent_bytes_total", reporter)->value, 22) << reporter;
  }
  // TM-082: the log speaks of its own direction.
  ASSERT_EQ(out.telemetry.logs.size(), 2u);
  EXPECT_EQ(out.telemetry.logs[0].fields.at("bytes_sent"), "11");
  EXPECT_EQ(out.telemetry.logs[1].fields.at("bytes_sent"), "22");
}

// istio/proxy tcp_client_* and tcp_server_*: with the exchange app and version are labels, by discovery canonical
// names.
TEST(TelemetryLabels, TM032_TcpExchangeOrDiscovery) {
  Bench b(As::Sidecar, As::Sidecar);
  b.mesh.workloads[b.server].canonical_revision = "version-1";
  const auto version = [&b] {
    const Outcome out =
        b.observe(b.tcp_flow(),
                  b.outcome({b.sidecar_out(kMtls, false), b.sidecar_in(kMtls, b.client_id(), false)}, kMtls, false));
    return find_metric(out, "istio_tcp_connections_opened_total", "source")->labels.at("destination_version");
  };
  EXPECT_EQ(version(), "v1");
  b.mesh.settings.features["PILOT_DISABLE_MX_ALPN"] = "true";
  EXPECT_EQ(version(), "version-1");
}

// istio/proxy tcp_server_connection_open_without_mx.
TEST(TelemetryLabels, TM032_NeitherExchangeNorDiscovery) {
  Bench b(As::LegacySidecar, As::LegacySidecar);
  b.mesh.settings.features["PILOT_DISABLE_MX_ALPN"] = "true";
  const Outcome out = b.observe(
      b.tcp_flow(), b.outcome({b.sidecar_out(kMtls, false), b.sidecar_in(kMtls, b.client_id(), false)}, kMtls, false));
  const Metric* m = find_metric(out, "istio_tcp_connections_opened_total", "destination");
  ASSERT_NE(m, nullptr);
  EXPECT_EQ(m->labels.at("source_workload"), "unknown");
  EXPECT_EQ(m->labels.at("source_canonical_revision"), "latest");
  EXPECT_EQ(m->labels.at("source_workload_namespace"), "shop");  // from the certificate
  EXPECT_EQ(m->labels.at("source_principal"), b.client_id());
  EXPECT_EQ(m->labels.size(), 23u);  // TM-011
}

// TM-033: what the proxy's own metadata says counts, not whether the pod listens for HBONE.
TEST(TelemetryLabels, TM033_DiscoveryByProxyMetadata) {
  Bench b(As::LegacySidecar, As::Ambient);
  const auto principal = [&b] {
    const Outcome out =
        b.observe(b.http_flow(), b.outcome({b.sidecar_out(kHbone), b.ztunnel_in(kHbone, b.client_id())}, kHbone));
    return find_metric(out, "istio_requests_total", "source")->labels.at("destination_principal");
  };
  EXPECT_EQ(principal(), "unknown");
  b.mesh.workloads[b.client].proxy_metadata["ISTIO_META_ENABLE_HBONE"] = "true";
  EXPECT_EQ(principal(), b.server_id());
  b.mesh.workloads[b.client].proxy_metadata["PEER_METADATA_DISCOVERY"] = "false";
  EXPECT_EQ(principal(), "unknown");
}

TEST(TelemetryLabels, TM017_KubernetesLabelsOfPeers) {
  Bench b(As::Sidecar, As::Sidecar);
  b.mesh.workloads[b.server].labels["app.kubernetes.io/name"] = "reviews-app";
  const auto app = [&b] {
    const Outcome out =
        b.observe(b.http_flow(), b.outcome({b.sidecar_out(kMtls), b.sidecar_in(kMtls, b.client_id())}, kMtls));
    return find_metric(out, "istio_requests_total", "source")->labels.at("destination_app");
  };
  EXPECT_EQ(app(), "reviews-app");
  b.mesh.settings.profile.peer_kubernetes_labels = false;
  EXPECT_EQ(app(), "reviews");
}

TEST(TelemetryLabels, TM005_GrpcAddsMessageCounters) {
  const Bench b(As::Sidecar, As::Sidecar);
  Flow flow = b.http_flow();
  flow.protocol = FlowProtocol::Grpc;
  Outcome out = b.outcome({b.sidecar_out(kMtls), b.sidecar_in(kMtls, b.client_id())}, kMtls);
  out.grpc_status = "OK";
  out = b.observe(flow, out);
  const Metric* messages = find_metric(out, "istio_request_messages_total", "destination");
  ASSERT_NE(messages, nullptr);
  EXPECT_EQ(messages->labels.size(), 20u);  // TM-011
  const Metric* requests = find_metric(out, "istio_requests_total", "destination");
  EXPECT_EQ(requests->labels.at("request_protocol"), "grpc");
  EXPECT_EQ(requests->labels.at("grpc_response_status"), "0");
}

TEST(TelemetryLabels, TM016_Passthrough) {
  const Bench b(As::Sidecar, As::None);
  Hop hop = b.sidecar_out(kPlain);
  hop.passthrough = true;
  Outcome out = b.outcome({hop}, kPlain);
  out.destination_workload = out.service = kNone;
  Flow flow = b.http_flow();
  flow.to.host = "outside.example.test";
  out = b.observe(flow, out);
  const Metric* m = find_metric(out, "istio_requests_total", "source");
  ASSERT_NE(m, nullptr);
  EXPECT_EQ(m->labels.at("destination_service_name"), "PassthroughCluster");
  EXPECT_EQ(m->labels.at("destination_service"), "outside.example.test:9080");
  EXPECT_EQ(m->labels.at("destination_workload"), "unknown");
}

TEST(TelemetryLabels, TM063_EnvoyClientsAreGuessedByPort) {
  Bench b(As::Ambient, As::Ambient);
  Service alias = b.mesh.services[b.service];
  alias.name = "alias";
  alias.hostname = "alias.back.svc.cluster.local";
  b.mesh.services.insert(b.mesh.services.begin(), alias);
  b.service = 1;
  const Outcome ztunnel =
      b.observe(b.http_flow(), b.outcome({b.ztunnel_out(kHbone), b.ztunnel_in(kHbone, b.client_id())}, kHbone));
  EXPECT_EQ(
      find_metric(ztunnel, "istio_tcp_connections_opened_total", "destination")->labels.at("destination_service_name"),
      "reviews");
  b.mesh.workloads[b.client].mode = DataplaneMode::Sidecar;
  const Outcome sidecar =
      b.observe(b.http_flow(), b.outcome({b.sidecar_out(kHbone), b.ztunnel_in(kHbone, b.client_id())}, kHbone));
  EXPECT_EQ(
      find_metric(sidecar, "istio_tcp_connections_opened_total", "destination")->labels.at("destination_service_name"),
      "alias");
}

TEST(TelemetryLabels, TM015_WaypointRefusalHasNoDestinationWorkload) {
  const Bench b(As::Ambient, As::Ambient);
  Outcome out = b.outcome({b.ztunnel_out(kHbone), b.middle(b.waypoint, kHbone, b.client_id())}, kHbone);
  out.verdict = Verdict::Denied;
  out.http_status = 403;
  out.destination_workload = kNone;
  out.denied_by = DeniedBy{ProxyKind::Waypoint, "back/waypoint", "back/viewer", 0, {}};
  out = b.observe(b.http_flow(), out);
  const Metric* m = find_metric(out, "istio_requests_total", "waypoint");
  ASSERT_NE(m, nullptr);
  for (const char* name :
       {"destination_workload", "destination_principal", "destination_app", "destination_canonical_revision"})
    EXPECT_EQ(m->labels.at(name), "unknown") << name;
  EXPECT_EQ(m->labels.at("destination_service"), "reviews.back.svc.cluster.local");
  EXPECT_EQ(m->labels.at("response_code"), "403");  // TM-112
  EXPECT_EQ(m->labels.at("response_flags"), "-");
  const Metric* closed = find_metric(out, "istio_tcp_connections_closed_total", "source");
  EXPECT_EQ(closed->labels.at("response_flags"), "-");  // the CONNECT itself succeeded
}

}  // namespace
}  // namespace meshsim::models
