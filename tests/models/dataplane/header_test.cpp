// Headers that proxies add, keep out or set (DP-260).
#include <gtest/gtest.h>

#include "models/dataplane/walker.h"
#include "tests/models/dataplane/support.h"

namespace meshsim::models::testing {
namespace {

using dataplane::header;

const char* const kWaypoint = R"(
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: echo, labels: {istio.io/use-waypoint: waypoint}}
spec: {selector: {app: ambient}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: echo}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
)";

Outcome ask(const World& world, const char* client, const char* host, Headers headers = {}) {
  Flow flow = flow_of(client, host, 80);
  flow.request.headers = std::move(headers);
  return judge(world, flow).outcomes.at(0);
}

TEST(HeadersSeen, DP260AttemptCountIsAddedByClientSidecars) {
  const World world = world_of(echo_mesh(kWaypoint));
  EXPECT_EQ(header(ask(world, "echo/sidecar", "plain.echo").upstream.headers, "x-envoy-attempt-count"), "1");
  EXPECT_EQ(header(ask(world, "echo/ambient", "cart.echo").upstream.headers, "x-envoy-attempt-count"), "");
  EXPECT_EQ(header(ask(world, "echo/plain", "sidecar.echo").upstream.headers, "x-envoy-attempt-count"), "");
  // By Service name its own outbound route is passed, by its own pod address nothing is.
  EXPECT_EQ(header(ask(world, "echo/sidecar", "sidecar.echo").upstream.headers, "x-envoy-attempt-count"), "1");
  const Outcome own = judge(world, flow_to_pod("echo/sidecar", "echo/sidecar", 8080)).outcomes.at(0);
  EXPECT_EQ(header(own.upstream.headers, "x-envoy-attempt-count"), "");
}

TEST(HeadersSeen, DP260EveryEnvoyAddsARequestId) {
  const World world = world_of(echo_mesh(kWaypoint));
  for (const auto& [client, host] :
       {std::pair("echo/sidecar", "plain.echo"), {"echo/ambient", "cart.echo"}, {"echo/plain", "sidecar.echo"}})
    EXPECT_NE(header(ask(world, client, host).upstream.headers, "x-request-id"), "") << client << host;
  EXPECT_EQ(header(ask(world, "echo/ambient", "ambient.echo").upstream.headers, "x-request-id"), "");
  EXPECT_EQ(
      header(ask(world, "echo/sidecar", "plain.echo", {{"x-request-id", "mine"}}).upstream.headers, "x-request-id"),
      "mine");
}

TEST(HeadersSeen, DP260ClientCertificate) {
  const World world = world_of(echo_mesh(kWaypoint));
  const std::string xfcc = "x-forwarded-client-cert";
  const std::string mtls = header(ask(world, "echo/legacy", "sidecar.echo").upstream.headers, xfcc);
  EXPECT_TRUE(mtls.starts_with("By=spiffe://cluster.local/ns/echo/sa/sidecar;")) << mtls;
  EXPECT_TRUE(mtls.ends_with("URI=spiffe://cluster.local/ns/echo/sa/legacy")) << mtls;
  const std::string hbone = header(ask(world, "echo/ambient", "sidecar.echo").upstream.headers, xfcc);
  EXPECT_TRUE(hbone.ends_with("URI=spiffe://cluster.local/ns/echo/sa/ambient")) << hbone;
  EXPECT_EQ(header(ask(world, "echo/plain", "sidecar.echo").upstream.headers, xfcc), "");
  // A waypoint keeps out what the client wrote.
  EXPECT_EQ(header(ask(world, "echo/ambient", "cart.echo", {{xfcc, "forged"}}).upstream.headers, xfcc), "");
}

// DP-165, DP-260: on request a waypoint of 1.30 or later names the client.
TEST(HeadersSeen, DP165WaypointNamesTheClientOnRequest) {
  std::string waypoint = kWaypoint;
  waypoint.insert(waypoint.find("gatewayClassName"),
                  "infrastructure: {annotations: {ambient.istio.io/xfcc-include-client-identity: 'true'}}, ");
  const std::string xfcc = "x-forwarded-client-cert";
  EXPECT_EQ(header(ask(world_of(echo_mesh(waypoint), "{profile: istio-master}"), "echo/ambient", "cart.echo",
                       {{xfcc, "forged"}})
                       .upstream.headers,
                   xfcc),
            "By=spiffe://cluster.local/ns/echo/sa/waypoint;URI=spiffe://cluster.local/ns/echo/sa/ambient");
  EXPECT_EQ(header(ask(world_of(echo_mesh(waypoint)), "echo/ambient", "cart.echo").upstream.headers, xfcc), "");
  // Without spec.infrastructure istiod copies the Gateway's own annotations.
  std::string own = kWaypoint;
  own.insert(own.find("name: waypoint,"), "annotations: {ambient.istio.io/xfcc-include-client-identity: 'true'}, ");
  const auto named = [&](const std::string& mesh) {
    return !header(ask(world_of(echo_mesh(own), mesh), "echo/ambient", "cart.echo").upstream.headers, xfcc).empty();
  };
  EXPECT_TRUE(named("{profile: istio-master}"));
  EXPECT_FALSE(named("{profile: istio-master, features: {PILOT_ENABLE_GATEWAY_API_COPY_LABELS_ANNOTATIONS: 'false'}}"));
}

TEST(HeadersSeen, DP260SwitchedOffInProxyConfig) {
  const World world = world_of(
      echo_mesh(),
      "{profile: istio-master, config: {defaultConfig: {proxyHeaders: {attemptCount: {disabled: true}, requestId: "
      "{disabled: true}, server: {disabled: true}}}}}");
  const Outcome o = ask(world, "echo/sidecar", "plain.echo");
  EXPECT_EQ(header(o.upstream.headers, "x-envoy-attempt-count"), "");
  EXPECT_EQ(header(o.upstream.headers, "x-request-id"), "");
  EXPECT_EQ(header(o.response_headers, "server"), "");
}

TEST(HeadersSeen, DP260ServerHeader) {
  const World world = world_of(echo_mesh());
  EXPECT_EQ(header(ask(world, "echo/sidecar", "plain.echo").response_headers, "server"), "envoy");
  EXPECT_EQ(header(ask(world, "echo/plain", "sidecar.echo").response_headers, "server"), "istio-envoy");
}

}  // namespace
}  // namespace meshsim::models::testing
