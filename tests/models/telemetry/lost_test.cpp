// TM-095: what mixed flows lose against the same flow with sidecars on both ends.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/models/telemetry/bench.h"

namespace meshsim::models {
namespace {

using bench::As;
using bench::Bench;
constexpr Transport kPlain = Transport::Plaintext, kMtls = Transport::Mtls, kHbone = Transport::Hbone;

// Spans are lost only where sidecars would have made some.
Bench traced(As client, As server) {
  Bench b(client, server);
  b.trace();
  return b;
}

bool loses(const Outcome& out, std::string_view signal, std::string_view part) {
  return std::any_of(out.telemetry.lost.begin(), out.telemetry.lost.end(), [&](const Lost& lost) {
    return lost.signal == signal && lost.name.find(part) != std::string::npos && !lost.rules.empty() &&
           !lost.why.empty();
  });
}

TEST(TelemetryLost, TM095_SidecarPairLosesNothing) {
  const Bench b(As::Sidecar, As::Sidecar);
  EXPECT_TRUE(b.observe(b.http_flow(), b.outcome({b.sidecar_out(kMtls), b.sidecar_in(kMtls, b.client_id())}, kMtls))
                  .telemetry.lost.empty());
}

TEST(TelemetryLost, TM095_SidecarToAmbient) {
  Bench b = traced(As::Sidecar, As::Ambient);
  b.mesh.services[b.service].waypoint.state = WaypointBinding::State::Bound;
  b.mesh.services[b.service].waypoint.gateway = b.waypoint;
  const Outcome out =
      b.observe(b.http_flow(), b.outcome({b.sidecar_out(kHbone), b.ztunnel_in(kHbone, b.client_id())}, kHbone));
  EXPECT_TRUE(loses(out, "metric", "istio_requests_total{reporter=\"destination\"}"));
  EXPECT_FALSE(loses(out, "metric", "istio_requests_total{reporter=\"source\"}"));
  EXPECT_TRUE(loses(out, "span", "server span"));
  EXPECT_TRUE(loses(out, "label", "source_principal"));
  EXPECT_TRUE(loses(out, "metric", "reporter=\"waypoint\""));  // TM-093: bypassed
}

TEST(TelemetryLost, TM095_AmbientToSidecar) {
  const Bench b = traced(As::Ambient, As::Sidecar);
  const Outcome out =
      b.observe(b.http_flow(), b.outcome({b.ztunnel_out(kHbone), b.sidecar_in(kHbone, b.client_id())}, kHbone));
  EXPECT_TRUE(loses(out, "metric", "istio_requests_total{reporter=\"source\"}"));
  EXPECT_TRUE(loses(out, "span", "client span"));
  EXPECT_FALSE(loses(out, "metric", "istio_requests_total{reporter=\"destination\"}"));
}

TEST(TelemetryLost, TM095_WhatIsSwitchedOffIsNotLost) {
  const Bench b(As::Ambient, As::Ambient);  // nobody traces, no access log
  const Outcome out =
      b.observe(b.http_flow(), b.outcome({b.ztunnel_out(kHbone), b.ztunnel_in(kHbone, b.client_id())}, kHbone));
  EXPECT_TRUE(loses(out, "metric", "reporter=\"source\""));
  EXPECT_FALSE(loses(out, "span", ""));
  EXPECT_FALSE(loses(out, "access-log", ""));
}

TEST(TelemetryLost, TM095_AmbientPairWithoutWaypoint) {
  const Bench b = traced(As::Ambient, As::Ambient);
  const Outcome out =
      b.observe(b.http_flow(), b.outcome({b.ztunnel_out(kHbone), b.ztunnel_in(kHbone, b.client_id())}, kHbone));
  EXPECT_TRUE(loses(out, "metric", "istio_requests_total{reporter=\"source\"}"));
  EXPECT_TRUE(loses(out, "metric", "istio_requests_total{reporter=\"destination\"}"));
  EXPECT_TRUE(loses(out, "span", "client span"));
  EXPECT_TRUE(loses(out, "span", "server span"));
  EXPECT_TRUE(
      b.observe(b.tcp_flow(), b.outcome({b.ztunnel_out(kHbone), b.ztunnel_in(kHbone, b.client_id())}, kHbone, false))
          .telemetry.lost.empty());
}

TEST(TelemetryLost, TM095_IdentityWithLegacySidecars) {
  const Bench from(As::Ambient, As::LegacySidecar);
  EXPECT_TRUE(loses(
      from.observe(from.http_flow(), from.outcome({from.ztunnel_out(kPlain), from.sidecar_in(kPlain, "")}, kPlain)),
      "label", "source_workload"));
  const Bench to(As::LegacySidecar, As::Ambient);
  EXPECT_TRUE(loses(to.observe(to.http_flow(), to.outcome({to.sidecar_out(kPlain), to.ztunnel_in(kPlain, "")}, kPlain)),
                    "label", "connection_security_policy"));
}

}  // namespace
}  // namespace meshsim::models
