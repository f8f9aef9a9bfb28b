// TM-090: who reports what, row by row.
#include "models/telemetry/matrix.h"

#include <gtest/gtest.h>

#include "tests/models/telemetry/bench.h"

namespace meshsim::models {
namespace {

using bench::As;
using bench::Bench;
constexpr Transport kPlain = Transport::Plaintext, kMtls = Transport::Mtls, kHbone = Transport::Hbone;

struct Row {
  std::string reporters;
  Outcome outcome;
  EdgeTelemetry edge;
};

Row row(const Bench& b, Flow flow, Outcome out) {
  Row r;
  r.outcome = b.observe(flow, std::move(out));
  r.edge = edge_telemetry(r.outcome);
  r.reporters = summary(r.edge);
  return r;
}

std::string label(const Row& r, std::string_view reporter, const std::string& name) {
  for (const Metric& metric : r.outcome.telemetry.metrics)
    if (metric.reporter == reporter)
      if (const auto it = metric.labels.find(name); it != metric.labels.end()) return it->second;
  return "(absent)";
}

// Columns of `matrix --telemetry`: mesh dashboard HTTP and TCP, ztunnel dashboard, Kiali HTTP and TCP.
std::string shown(const Row& r) {
  std::string out;
  for (const Shown one : {r.edge.mesh_dashboard, r.edge.mesh_dashboard_tcp, r.edge.ztunnel_dashboard, r.edge.kiali_http,
                          r.edge.kiali_tcp})
    out += (out.empty() ? "" : " ") + std::string(to_string(one));
  return out;
}

TEST(TelemetryMatrix, TM096_TM184_TM186_WhatDashboardsShow) {
  const Bench none(As::None, As::None), ss(As::Sidecar, As::Sidecar), sa(As::Sidecar, As::Ambient),
      as(As::Ambient, As::Sidecar), aa(As::Ambient, As::Ambient), ns(As::None, As::Sidecar);
  EXPECT_EQ(shown(row(none, none.http_flow(), none.outcome({}, kPlain))), "no no no no no");
  EXPECT_EQ(shown(row(ns, ns.http_flow(), ns.outcome({ns.sidecar_in(kPlain, "")}, kPlain))), "no no no yes no");
  EXPECT_EQ(
      shown(row(ss, ss.http_flow(), ss.outcome({ss.sidecar_out(kMtls), ss.sidecar_in(kMtls, ss.client_id())}, kMtls))),
      "yes no no yes no");
  EXPECT_EQ(shown(row(sa, sa.http_flow(),
                      sa.outcome({sa.sidecar_out(kHbone), sa.ztunnel_in(kHbone, sa.client_id())}, kHbone))),
            "yes no yes yes yes");
  EXPECT_EQ(shown(row(as, as.http_flow(),
                      as.outcome({as.ztunnel_out(kHbone), as.sidecar_in(kHbone, as.client_id())}, kHbone))),
            "no yes yes yes yes");
  const Outcome pair = aa.outcome({aa.ztunnel_out(kHbone), aa.ztunnel_in(kHbone, aa.client_id())}, kHbone);
  EXPECT_EQ(shown(row(aa, aa.http_flow(), pair)), "no yes double no yes");
  EXPECT_EQ(shown(row(aa, aa.http_flow(),
                      aa.outcome({aa.ztunnel_out(kHbone), aa.middle(aa.waypoint, kHbone, aa.client_id()),
                                  aa.ztunnel_in(kHbone, aa.waypoint_id())},
                                 kHbone))),
            "yes yes double yes double");
  EXPECT_EQ(shown(row(aa, aa.http_flow(),
                      aa.outcome({aa.middle(aa.gateway, kPlain, ""), aa.middle(aa.waypoint, kHbone, aa.gateway_id()),
                                  aa.ztunnel_in(kHbone, aa.waypoint_id())},
                                 kHbone))),
            "double no yes double yes");
  // A connection that ztunnel refuses moves no bytes: Kiali's TCP graph shows nothing of it (TM-110, TM-180).
  Outcome refused = pair;
  refused.verdict = Verdict::Denied;
  refused.http_status.reset();
  refused.denied_by = DeniedBy{ProxyKind::Ztunnel, "back/reviews-v1", {}, {}, {}};
  EXPECT_EQ(shown(row(aa, aa.http_flow(), refused)), "no yes double no no");
}

TEST(TelemetryMatrix, TM094_EmittedIsNotSupported) {
  const Bench sa(As::Sidecar, As::Ambient), ss(As::Sidecar, As::Sidecar);
  const Row mixed =
      row(sa, sa.http_flow(), sa.outcome({sa.sidecar_out(kHbone), sa.ztunnel_in(kHbone, sa.client_id())}, kHbone));
  EXPECT_EQ(summary(mixed.edge), "sidecar L7 source; ztunnel L4 destination");
  EXPECT_EQ(summary(mixed.edge, true), "ztunnel L4 destination");
  const Row pure =
      row(ss, ss.http_flow(), ss.outcome({ss.sidecar_out(kMtls), ss.sidecar_in(kMtls, ss.client_id())}, kMtls));
  EXPECT_EQ(summary(pure.edge, true), summary(pure.edge));
}

TEST(TelemetryMatrix, TM090_01_PlainToPlainShowsNothing) {
  const Bench b(As::None, As::None);
  EXPECT_EQ(row(b, b.http_flow(), b.outcome({}, kPlain)).reporters, "-");
}

TEST(TelemetryMatrix, TM090_02_PlainToPermissiveSidecar) {
  const Bench b(As::None, As::Sidecar);
  const Row r = row(b, b.http_flow(), b.outcome({b.sidecar_in(kPlain, "")}, kPlain));
  EXPECT_EQ(r.reporters, "sidecar L7 destination");
  const Metric* m = bench::find_metric(r.outcome, "istio_requests_total", "destination");
  ASSERT_NE(m, nullptr);
  EXPECT_EQ(m->labels.at("connection_security_policy"), "none");
  EXPECT_EQ(m->labels.at("source_principal"), "unknown");
  EXPECT_EQ(m->labels.at("destination_principal"), "unknown");
  EXPECT_EQ(m->labels.at("source_workload"), "productpage-v1");  // TM-037: known from the address
}

TEST(TelemetryMatrix, TM090_03_PlainToStrictSidecarLeavesAListenerLogOnly) {
  Bench b(As::None, As::Sidecar);
  b.strict = true;
  Outcome out = b.outcome({b.sidecar_in(kPlain, "")}, kPlain);
  out.verdict = Verdict::Denied;
  out.http_status.reset();
  out.denied_by = DeniedBy{ProxyKind::Sidecar, "back/reviews-v1", {}, {}, {}};
  EXPECT_EQ(row(b, b.http_flow(), out).reporters, "-");
}

TEST(TelemetryMatrix, TM090_04_05_PlainToAmbient) {
  const Bench b(As::None, As::Ambient);
  const Row r = row(b, b.http_flow(), b.outcome({b.ztunnel_in(kPlain, "")}, kPlain));
  EXPECT_EQ(r.reporters, "ztunnel L4 destination");
  EXPECT_EQ(label(r, "destination", "connection_security_policy"), "unknown");
  EXPECT_EQ(label(r, "destination", "source_principal"), "unknown");
  EXPECT_EQ(label(r, "destination", "destination_service"), "reviews.back.svc.cluster.local");
}

TEST(TelemetryMatrix, TM090_06_SidecarToPlain) {
  const Bench b(As::Sidecar, As::None);
  const Row r = row(b, b.http_flow(), b.outcome({b.sidecar_out(kPlain)}, kPlain));
  EXPECT_EQ(r.reporters, "sidecar L7 source");
  // TM-018: an identity that nobody proved.
  EXPECT_EQ(label(r, "source", "destination_principal"), b.server_id());
}

TEST(TelemetryMatrix, TM090_07_SidecarToSidecar) {
  const Bench b(As::Sidecar, As::Sidecar);
  const Row r = row(b, b.http_flow(), b.outcome({b.sidecar_out(kMtls), b.sidecar_in(kMtls, b.client_id())}, kMtls));
  EXPECT_EQ(r.reporters, "sidecar L7 source; sidecar L7 destination");
  EXPECT_EQ(label(r, "destination", "connection_security_policy"), "mutual_tls");
  EXPECT_EQ(label(r, "source", "connection_security_policy"), "unknown");
  EXPECT_EQ(r.edge.mesh_dashboard, Shown::Once);
  EXPECT_EQ(r.edge.kiali_http, Shown::Once);
  EXPECT_TRUE(r.outcome.telemetry.lost.empty());
}

TEST(TelemetryMatrix, TM090_08_09_SidecarToAmbient) {
  const Bench b(As::Sidecar, As::Ambient);
  const Row r = row(b, b.http_flow(), b.outcome({b.sidecar_out(kHbone), b.ztunnel_in(kHbone, b.client_id())}, kHbone));
  EXPECT_EQ(r.reporters, "sidecar L7 source; ztunnel L4 destination");
  EXPECT_EQ(label(r, "source", "source_principal"), "unknown");
  EXPECT_EQ(label(r, "destination", "connection_security_policy"), "mutual_tls");
  EXPECT_EQ(label(r, "destination", "source_workload"), "productpage-v1");
  // TM-094: emitted, but only the TCP series is supported in coexistence.
  ASSERT_EQ(r.edge.reporters.size(), 2u);
  EXPECT_FALSE(r.edge.reporters[0].supported);
  EXPECT_TRUE(r.edge.reporters[1].supported);
  // TM-186: one HTTP edge and a parallel TCP edge.
  EXPECT_EQ(r.edge.kiali_http, Shown::Once);
  EXPECT_EQ(r.edge.kiali_tcp, Shown::Once);
}

TEST(TelemetryMatrix, TM090_10_LegacySidecarToAmbient) {
  const Bench b(As::LegacySidecar, As::Ambient);
  const Row r = row(b, b.http_flow(), b.outcome({b.sidecar_out(kPlain), b.ztunnel_in(kPlain, "")}, kPlain));
  EXPECT_EQ(r.reporters, "sidecar L7 source; ztunnel L4 destination");
  // TM-037: the rest comes from endpoint metadata.
  for (const char* name : {"source_principal", "destination_principal", "destination_app", "destination_version"})
    EXPECT_EQ(label(r, "source", name), "unknown") << name;
  EXPECT_EQ(label(r, "source", "destination_workload"), "reviews-v1");
  EXPECT_EQ(label(r, "destination", "source_principal"), "unknown");
  EXPECT_EQ(label(r, "destination", "connection_security_policy"), "unknown");
}

TEST(TelemetryMatrix, TM090_11_AmbientToPlain) {
  const Bench b(As::Ambient, As::None);
  const Row r = row(b, b.http_flow(), b.outcome({b.ztunnel_out(kPlain)}, kPlain));
  EXPECT_EQ(r.reporters, "ztunnel L4 source");
  EXPECT_EQ(label(r, "source", "connection_security_policy"), "unknown");
  EXPECT_EQ(label(r, "source", "source_principal"), "unknown");
  EXPECT_EQ(label(r, "source", "destination_principal"), b.server_id());
}

TEST(TelemetryMatrix, TM090_12_AmbientToSidecar) {
  const Bench b(As::Ambient, As::Sidecar);
  const Row r = row(b, b.http_flow(), b.outcome({b.ztunnel_out(kHbone), b.sidecar_in(kHbone, b.client_id())}, kHbone));
  EXPECT_EQ(r.reporters, "ztunnel L4 source; sidecar L7 destination");
  EXPECT_EQ(label(r, "source", "connection_security_policy"), "mutual_tls");
  const Metric* m = bench::find_metric(r.outcome, "istio_requests_total", "destination");
  ASSERT_NE(m, nullptr);
  EXPECT_EQ(m->labels.at("connection_security_policy"), "mutual_tls");
  EXPECT_EQ(m->labels.at("source_workload"), "productpage-v1");
  // Istio's Mesh dashboard reads source and waypoint reporters: no HTTP row for this edge.
  EXPECT_EQ(r.edge.mesh_dashboard, Shown::NotAtAll);
  EXPECT_EQ(r.edge.mesh_dashboard_tcp, Shown::Once);
}

TEST(TelemetryMatrix, TM090_13_AmbientToLegacySidecarPermissive) {
  const Bench b(As::Ambient, As::LegacySidecar);
  const Row r = row(b, b.http_flow(), b.outcome({b.ztunnel_out(kPlain), b.sidecar_in(kPlain, "")}, kPlain));
  EXPECT_EQ(r.reporters, "ztunnel L4 source; sidecar L7 destination");
  EXPECT_EQ(label(r, "destination", "source_workload"), "unknown");
  EXPECT_EQ(label(r, "destination", "source_canonical_revision"), "latest");
}

TEST(TelemetryMatrix, TM090_14_AmbientToLegacySidecarStrict) {
  Bench b(As::Ambient, As::LegacySidecar);
  b.strict = true;
  Outcome out = b.outcome({b.ztunnel_out(kPlain), b.sidecar_in(kPlain, "")}, kPlain);
  out.verdict = Verdict::Denied;
  out.http_status.reset();
  out.denied_by = DeniedBy{ProxyKind::Sidecar, "back/reviews-v1", {}, {}, {}};
  const Row r = row(b, b.http_flow(), out);
  EXPECT_EQ(r.reporters, "ztunnel L4 source");
  const Metric* closed = bench::find_metric(r.outcome, "istio_tcp_connections_closed_total", "source");
  ASSERT_NE(closed, nullptr);
  EXPECT_EQ(closed->labels.at("response_flags"), "-");  // TM-116: a reset counts as success
}

TEST(TelemetryMatrix, TM090_15_AmbientToAmbient) {
  const Bench b(As::Ambient, As::Ambient);
  const Row r = row(b, b.http_flow(), b.outcome({b.ztunnel_out(kHbone), b.ztunnel_in(kHbone, b.client_id())}, kHbone));
  EXPECT_EQ(r.reporters, "ztunnel L4 source; ztunnel L4 destination");
  EXPECT_EQ(r.edge.kiali_http, Shown::NotAtAll);
  EXPECT_EQ(r.edge.kiali_tcp, Shown::Once);
  EXPECT_EQ(r.edge.ztunnel_dashboard, Shown::Twice);
}

TEST(TelemetryMatrix, TM090_16_AmbientThroughWaypoint) {
  const Bench b(As::Ambient, As::Ambient);
  const Row r = row(b, b.http_flow(),
                    b.outcome({b.ztunnel_out(kHbone), b.middle(b.waypoint, kHbone, b.client_id()),
                               b.ztunnel_in(kHbone, b.waypoint_id())},
                              kHbone));
  EXPECT_EQ(r.reporters, "ztunnel L4 source; waypoint L7 waypoint; ztunnel L4 destination");
  EXPECT_EQ(label(r, "source", "destination_workload"), "waypoint");
  EXPECT_EQ(label(r, "source", "destination_service"), "reviews.back.svc.cluster.local");
  EXPECT_EQ(label(r, "waypoint", "source_workload"), "productpage-v1");
  EXPECT_EQ(label(r, "waypoint", "destination_workload"), "reviews-v1");
  EXPECT_EQ(label(r, "destination", "source_workload"), "waypoint");
  EXPECT_EQ(label(r, "destination", "source_principal"), b.waypoint_id());
  EXPECT_EQ(r.edge.kiali_tcp, Shown::Twice);  // TM-184: client to waypoint and waypoint to server
}

TEST(TelemetryMatrix, TM090_17_AmbientThroughWaypointToSidecar) {
  const Bench b(As::Ambient, As::Sidecar);
  const Row r = row(b, b.http_flow(),
                    b.outcome({b.ztunnel_out(kHbone), b.middle(b.waypoint, kHbone, b.client_id()),
                               b.sidecar_in(kHbone, b.waypoint_id())},
                              kHbone));
  EXPECT_EQ(r.reporters, "ztunnel L4 source; waypoint L7 waypoint; sidecar L7 destination");
  EXPECT_EQ(label(r, "destination", "source_workload"), "waypoint");
}

Flow from_outside(const Bench& b) {
  Flow flow = b.http_flow();
  flow.from = Client{Client::Kind::Outside, "", "", IpAddress::parse("203.0.113.7"), std::nullopt};
  return flow;
}

TEST(TelemetryMatrix, TM090_18_GatewayToSidecar) {
  const Bench b(As::None, As::Sidecar);
  const Row r =
      row(b, from_outside(b), b.outcome({b.middle(b.gateway, kPlain, ""), b.sidecar_in(kMtls, b.gateway_id())}, kMtls));
  EXPECT_EQ(r.reporters, "gateway L7 source; sidecar L7 destination");
  EXPECT_EQ(label(r, "source", "source_workload"), "ingress");
  EXPECT_EQ(label(r, "destination", "source_workload"), "ingress");
  EXPECT_EQ(label(r, "source", "destination_version"), "v1");
}

TEST(TelemetryMatrix, TM090_19_20_GatewayToAmbient) {
  const Bench b(As::None, As::Ambient);
  const Row r = row(b, from_outside(b),
                    b.outcome({b.middle(b.gateway, kPlain, ""), b.ztunnel_in(kHbone, b.gateway_id())}, kHbone));
  EXPECT_EQ(r.reporters, "gateway L7 source; ztunnel L4 destination");
  EXPECT_EQ(label(r, "source", "source_principal"), "unknown");
  EXPECT_EQ(label(r, "destination", "source_workload"), "ingress");
}

TEST(TelemetryMatrix, TM090_21_GatewayThroughWaypoint) {
  const Bench b(As::None, As::Ambient);
  const Row r = row(b, from_outside(b),
                    b.outcome({b.middle(b.gateway, kPlain, ""), b.middle(b.waypoint, kHbone, b.gateway_id()),
                               b.ztunnel_in(kHbone, b.waypoint_id())},
                              kHbone));
  EXPECT_EQ(r.reporters, "gateway L7 source; waypoint L7 waypoint; ztunnel L4 destination");
  EXPECT_EQ(label(r, "source", "destination_workload"), "waypoint");
  EXPECT_EQ(label(r, "waypoint", "source_workload"), "ingress");
  EXPECT_EQ(r.edge.mesh_dashboard, Shown::Twice);
}

struct External : Bench {
  std::size_t host = kNone, egress_service = kNone;
  explicit External(As client_mode) : Bench(client_mode, As::None) {
    Service entry;
    entry.ns = "shop";
    entry.ref = {"ServiceEntry", "shop", "api", {}};
    entry.name = "api";
    entry.hostname = "api.example.test";
    entry.kubernetes = false;
    entry.mesh_external = true;
    entry.ports = {{"http", 80, Protocol::Http, 80, ""}};
    host = mesh.services.size();
    mesh.services.push_back(entry);
    Service egress;
    egress.ns = "istio-ingress";
    egress.name = "ingress";
    egress.ref = {"Service", egress.ns, egress.name, {}};
    egress.hostname = "ingress.istio-ingress.svc.cluster.local";
    egress_service = mesh.services.size();
    mesh.services.push_back(egress);
    mesh.gateways[gateway].service = egress_service;
  }
  Flow flow() const {
    Flow f = http_flow();
    f.to.host = "api.example.test";
    f.to.port = 80;
    return f;
  }
  Outcome leaving(std::vector<Hop> hops, std::size_t addressed) const {
    Outcome out = outcome(std::move(hops), kPlain);
    out.destination_workload = kNone;
    out.service = addressed;
    out.routed_service = host;
    out.routed_to = RoutedTo{"api.example.test", "", 80};
    return out;
  }
};

TEST(TelemetryMatrix, TM090_22_SidecarToEgressGateway) {
  const External b(As::Sidecar);
  const Row r = row(b, b.flow(), b.leaving({b.sidecar_out(kMtls), b.middle(b.gateway, kMtls, b.client_id())}, b.host));
  EXPECT_EQ(r.reporters, "sidecar L7 source; gateway L7 source");
  EXPECT_EQ(r.edge.reporters[0].destination, "ingress");
  EXPECT_EQ(r.edge.reporters[1].destination, "unknown");
  std::vector<std::string> services;
  for (const Metric& m : r.outcome.telemetry.metrics)
    if (m.name == "istio_requests_total") services.push_back(m.labels.at("destination_service"));
  EXPECT_EQ(services, (std::vector<std::string>{"ingress.istio-ingress.svc.cluster.local", "api.example.test"}));
}

TEST(TelemetryMatrix, TM090_23_AmbientToEgressGateway) {
  const External b(As::Ambient);
  const Row r = row(b, b.flow(), b.leaving({b.ztunnel_out(kPlain), b.middle(b.gateway, kPlain, "")}, b.egress_service));
  EXPECT_EQ(r.reporters, "ztunnel L4 source; gateway L7 source");
  EXPECT_EQ(r.edge.reporters[1].source, "ingress");
}

TEST(TelemetryMatrix, TM090_24_AmbientToExternalThroughWaypoint) {
  const External b(As::Ambient);
  const Row r =
      row(b, b.flow(), b.leaving({b.ztunnel_out(kHbone), b.middle(b.waypoint, kHbone, b.client_id())}, b.host));
  EXPECT_EQ(r.reporters, "ztunnel L4 source; waypoint L7 waypoint");
  EXPECT_EQ(label(r, "source", "destination_workload"), "waypoint");
  EXPECT_EQ(label(r, "waypoint", "destination_workload"), "unknown");
  EXPECT_EQ(label(r, "waypoint", "destination_service"), "api.example.test");
}

}  // namespace
}  // namespace meshsim::models
