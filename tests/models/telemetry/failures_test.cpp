// Denials, failures and their texts: TM-066..TM-070, TM-086, TM-110..TM-116, TM-143.
#include <gtest/gtest.h>

#include "tests/models/telemetry/bench.h"

namespace meshsim::models {
namespace {

using bench::As;
using bench::Bench;
using bench::find_metric;
constexpr Transport kPlain = Transport::Plaintext, kMtls = Transport::Mtls, kHbone = Transport::Hbone;

Outcome refused_by_ztunnel(const Bench& b, DeniedBy denied) {
  Outcome out = b.outcome({b.ztunnel_out(kHbone), b.ztunnel_in(kHbone, b.client_id())}, kHbone);
  out.verdict = Verdict::Denied;
  out.http_status.reset();
  denied.proxy = ProxyKind::Ztunnel;
  out.denied_by = std::move(denied);
  return out;
}

std::string error_of(const Outcome& out, std::size_t log) {
  const auto& fields = out.telemetry.logs.at(log).fields;
  const auto it = fields.find("error");
  return it == fields.end() ? std::string() : it->second;
}
std::string closing_flag(const Outcome& out, std::string_view reporter) {
  return find_metric(out, "istio_tcp_connections_closed_total", reporter)->labels.at("response_flags");
}

TEST(TelemetryFailures, TM110_NoAllowMatched) {
  Bench b(As::Ambient, As::Ambient);
  const Outcome out = b.observe(b.tcp_flow(), refused_by_ztunnel(b, {}));
  EXPECT_EQ(error_of(out, 0), "http status: 401 Unauthorized");
  EXPECT_EQ(error_of(out, 1), "connection closed due to policy rejection: allow policies exist, but none allowed");
  EXPECT_EQ(find_metric(out, "istio_tcp_connections_opened_total", "destination")->labels.at("response_flags"), "-");
  EXPECT_EQ(closing_flag(out, "destination"), "DENY");
  EXPECT_EQ(closing_flag(out, "source"), "CONNECT");
  EXPECT_EQ(find_metric(out, "istio_tcp_sent_bytes_total", "destination")->value, 0);
  ASSERT_NE(find_metric(out, "istio_tcp_connections_failed_total", "destination"), nullptr);
  EXPECT_EQ(out.telemetry.logs[1].fields.at("level"), "error");
}

TEST(TelemetryFailures, TM068_OlderZtunnelInfersNothing) {
  Bench b(As::Ambient, As::Ambient);
  b.mesh.settings.profile.ztunnel_failure_flags = false;
  const Outcome out = b.observe(b.tcp_flow(), refused_by_ztunnel(b, {}));
  EXPECT_EQ(closing_flag(out, "destination"), "DENY");
  EXPECT_EQ(closing_flag(out, "source"), "-");
  EXPECT_EQ(find_metric(out, "istio_tcp_connections_failed_total", "destination"), nullptr);
}

TEST(TelemetryFailures, TM086_TextsOfRefusals) {
  Bench b(As::Ambient, As::Ambient);
  DeniedBy deny;
  deny.policy = "back/no-shop";
  EXPECT_EQ(error_of(b.observe(b.tcp_flow(), refused_by_ztunnel(b, deny)), 1),
            "connection closed due to policy rejection: explicitly denied by: back/no-shop");
  DeniedBy strict;  // TM-111
  strict.ztunnel_policy = "istio-system/istio_converted_static_strict";
  EXPECT_EQ(
      error_of(b.observe(b.tcp_flow(), refused_by_ztunnel(b, strict)), 1),
      "connection closed due to policy rejection: explicitly denied by: istio-system/istio_converted_static_strict");
}

TEST(TelemetryFailures, TM070_EarlyFailuresLeaveNoSeries) {
  Bench b(As::Ambient, As::Ambient);
  Outcome out = b.outcome({b.ztunnel_out(kHbone)}, kHbone, false);
  out.verdict = Verdict::Unreachable;
  out.destination_workload = kNone;
  out.reasons.push_back({"DP-309", "no eligible endpoint", {}});
  Outcome shown = b.observe(b.tcp_flow(), out);
  EXPECT_TRUE(shown.telemetry.metrics.empty());
  ASSERT_EQ(shown.telemetry.logs.size(), 1u);
  EXPECT_EQ(error_of(shown, 0), "no healthy upstream: 10.96.0.9:9080");
  EXPECT_EQ(shown.telemetry.logs[0].fields.at("level"), "warn");
  EXPECT_EQ(shown.telemetry.logs[0].fields.at("message"), "connection failed");
  EXPECT_EQ(shown.telemetry.logs[0].fields.count("src.workload"), 0u);
  out.reasons.front().rule = "DP-114";
  b.mesh.services[b.service].waypoint.named = "back/waypoint";
  EXPECT_EQ(error_of(b.observe(b.tcp_flow(), out), 0), "unknown waypoint: back/waypoint");
}

TEST(TelemetryFailures, TM067_NetworkPolicyOnTheTunnelPort) {
  Bench b(As::Ambient, As::Ambient);
  Outcome out = b.outcome({b.ztunnel_out(kHbone)}, kHbone, false);
  out.verdict = Verdict::Unreachable;
  out.response_flags = "UF";
  out.reasons.push_back({"DP-312", "blocked", {}});
  out = b.observe(b.tcp_flow(), out);
  EXPECT_EQ(closing_flag(out, "source"), "NETWORK_POLICY");
  EXPECT_TRUE(
      error_of(out, 0).starts_with("connection timed out, maybe a NetworkPolicy is blocking HBONE port 15008: "));
}

TEST(TelemetryFailures, TM110_SidecarClientOfARefusingZtunnel) {
  Bench b(As::Sidecar, As::Ambient);
  Outcome out = b.outcome({b.sidecar_out(kHbone), b.ztunnel_in(kHbone, b.client_id())}, kHbone);
  out.verdict = Verdict::Denied;
  out.http_status = 503;
  out.response_flags = "UC";
  out.denied_by = DeniedBy{ProxyKind::Ztunnel, "back/reviews-v1", {}, {}, {}};
  out = b.observe(b.http_flow(), out);
  const Metric* m = find_metric(out, "istio_requests_total", "source");
  ASSERT_NE(m, nullptr);
  EXPECT_EQ(m->labels.at("response_code"), "503");
  EXPECT_EQ(m->labels.at("response_flags"), "UC");
  EXPECT_EQ(m->labels.at("destination_workload"), "reviews-v1");
}

TEST(TelemetryFailures, TM112_SidecarRefusalIsSeenByBothSides) {
  Bench b(As::Sidecar, As::Sidecar);
  Outcome out = b.outcome({b.sidecar_out(kMtls), b.sidecar_in(kMtls, b.client_id())}, kMtls);
  out.verdict = Verdict::Denied;
  out.http_status = 403;
  out.denied_by = DeniedBy{ProxyKind::Sidecar, "back/reviews-v1", "back/viewer", 1, {}};
  b.mesh.settings.extension_providers.clear();
  out = b.observe(b.http_flow(), out);
  for (const char* reporter : {"source", "destination"})
    EXPECT_EQ(find_metric(out, "istio_requests_total", reporter)->labels.at("response_code"), "403") << reporter;
  EXPECT_EQ(find_metric(out, "istio_requests_total", "source")->labels.at("destination_version"), "v1");
  EXPECT_TRUE(out.telemetry.logs.empty());  // TM-140: off unless enabled
}

TEST(TelemetryFailures, TM114_TcpRefusalBySidecarLooksLikeSuccessToZtunnel) {
  Bench b(As::Ambient, As::Sidecar);
  Outcome out = b.outcome({b.ztunnel_out(kHbone), b.sidecar_in(kHbone, b.client_id(), false)}, kHbone, false);
  out.verdict = Verdict::Denied;
  out.denied_by = DeniedBy{ProxyKind::Sidecar, "back/reviews-v1", {}, {}, {}};
  out = b.observe(b.tcp_flow(), out);
  EXPECT_EQ(closing_flag(out, "source"), "-");
  EXPECT_EQ(error_of(out, 0), "");
  EXPECT_EQ(closing_flag(out, "destination"), "-");  // TM-113
}

TEST(TelemetryFailures, TM116_ATimeoutAtTheClientsEnvoyIsNoFailedConnection) {
  Bench b(As::Sidecar, As::Ambient);
  Outcome out = b.outcome({b.sidecar_out(kHbone), b.ztunnel_in(kHbone, b.client_id())}, kHbone);
  out.verdict = Verdict::Unreachable;
  out.http_status = 504;
  for (const char* flags : {"UT", "UT,URX"}) {
    out.response_flags = flags;
    const Outcome seen = b.observe(b.http_flow(), out);
    EXPECT_EQ(find_metric(seen, "istio_requests_total", "source")->labels.at("response_flags"), flags);
    EXPECT_EQ(closing_flag(seen, "destination"), "-") << flags;
  }
  out.response_flags = "UF";
  EXPECT_EQ(closing_flag(b.observe(b.http_flow(), out), "destination"), "CONNECT") << "the application refuses";
}

TEST(TelemetryFailures, TM202_UnknownVerdictReportsNothing) {
  const Bench b(As::Sidecar, As::Sidecar);
  Outcome out = b.outcome({b.sidecar_out(kMtls), b.sidecar_in(kMtls, b.client_id())}, kMtls);
  out.verdict = Verdict::Unknown;
  EXPECT_TRUE(b.observe(b.http_flow(), out).telemetry.metrics.empty());
  (void)kPlain;
}

}  // namespace
}  // namespace meshsim::models
