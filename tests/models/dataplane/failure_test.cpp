// Failures as users see them (dataplane.md section 7): status, response flags and body for every kind of client. What
// depends on the application (a closed port, DP-310, DP-311) or on load (DP-317) no file shows; DP-321 cannot be asked.
#include <gtest/gtest.h>

#include "tests/models/dataplane/support.h"

namespace meshsim::models::testing {
namespace {

std::string strict() {
  return R"(
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: echo}
spec: {mtls: {mode: STRICT}}
)";
}

std::string object(std::string_view kind, std::string_view name, std::string_view spec,
                   std::string_view api = "networking.istio.io/v1") {
  std::string out = "\n---\napiVersion: ";
  out.append(api).append("\nkind: ").append(kind).append("\nmetadata: {name: ").append(name);
  return out.append(", namespace: echo}\nspec: ").append(spec).append("\n");
}

Outcome only(const World& world, const Flow& flow) {
  const auto outcomes = judge(world, flow).outcomes;
  EXPECT_EQ(outcomes.size(), 1u);
  return outcomes.at(0);
}

// Status, flags, body.
std::string seen(const Outcome& o) {
  return std::string(to_string(o.verdict)) + ' ' + (o.http_status ? std::to_string(*o.http_status) : "-") + ' ' +
         o.response_flags + ' ' + o.response_body.substr(0, 24);
}

constexpr const char* kReset = "upstream connect error o";

// DP-300, DP-301: plaintext into a STRICT sidecar. An HTTP proxy on the client's side answers for it.
TEST(Failure, DP301PlaintextIntoStrictSidecar) {
  const World world = world_of(echo_mesh(
      strict() + object("DestinationRule", "plain", "{host: sidecar, trafficPolicy: {tls: {mode: DISABLE}}}")));
  EXPECT_EQ(seen(only(world, flow_of("echo/plain", "sidecar.echo", 80))), "denied - - ");
  EXPECT_EQ(seen(only(world, flow_of("echo/sidecar", "sidecar.echo", 80))), std::string("denied 503 UC ") + kReset);
  EXPECT_EQ(seen(only(world, flow_of("echo/sidecar", "sidecar.echo", 9090, FlowProtocol::Tcp))), "denied - - ");
  EXPECT_EQ(only(world, flow_of("echo/sidecar", "sidecar.echo", 80, FlowProtocol::Grpc)).grpc_status, "UNAVAILABLE");
}

// DP-047: secure naming (istio/istio tests/integration/security/ca_custom_root/secure_naming_test.go).
TEST(Failure, DP047SubjectAltNamesOfTheDestinationRule) {
  const auto with = [](const std::string& names) {
    const World world = world_of(echo_mesh(
        object("DestinationRule", "naming",
               "{host: sidecar, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, subjectAltNames: [" + names + "]}}}")));
    return seen(only(world, flow_of("echo/sidecar", "sidecar.echo", 80)));
  };
  EXPECT_EQ(with("'spiffe://cluster.local/ns/echo/sa/sidecar', other"), "allowed 200 - ");
  EXPECT_EQ(with(""), "allowed 200 - ");
  EXPECT_TRUE(with("'spiffe://cluster.local/ns/echo/sa/default'").starts_with("reset 503 UF ")) << with("x");
}

// DP-302: plaintext into STRICT ambient.
TEST(Failure, DP302PlaintextIntoStrictAmbient) {
  const World world = world_of(echo_mesh(strict()));
  EXPECT_EQ(seen(only(world, flow_of("echo/plain", "ambient.echo", 80))), "denied - - ");
  EXPECT_EQ(seen(only(world, flow_of("echo/legacy", "ambient.echo", 80))), std::string("denied 503 UC ") + kReset);
}

// DP-303: an L4 denial at the destination's ztunnel, and DP-305 at a sidecar's TCP port.
TEST(Failure, DP303DeniedAtLayer4) {
  const World world = world_of(echo_mesh(object("AuthorizationPolicy", "nobody", "{}", "security.istio.io/v1")));
  EXPECT_EQ(seen(only(world, flow_of("echo/sidecar", "ambient.echo", 80))), std::string("denied 503 UC ") + kReset);
  EXPECT_EQ(only(world, flow_of("echo/sidecar", "ambient.echo", 80, FlowProtocol::Grpc)).grpc_status, "UNAVAILABLE");
  EXPECT_EQ(seen(only(world, flow_of("echo/ambient", "ambient.echo", 80))), "denied - - ");
  EXPECT_EQ(seen(only(world, flow_of("echo/sidecar", "ambient.echo", 9090, FlowProtocol::Tcp))), "denied - - ");
  EXPECT_EQ(seen(only(world, flow_of("echo/ambient", "sidecar.echo", 9090, FlowProtocol::Tcp))), "denied - - ");
}

// DP-304: an L7 denial names itself, to every client.
TEST(Failure, DP304DeniedAtLayer7) {
  const World world = world_of(echo_mesh(
      object("AuthorizationPolicy", "nobody", "{selector: {matchLabels: {app: sidecar}}}", "security.istio.io/v1")));
  for (const char* client : {"echo/sidecar", "echo/ambient", "echo/plain"}) {
    const Outcome o = only(world, flow_of(client, "sidecar.echo", 80));
    EXPECT_EQ(o.verdict, Verdict::Denied) << client;
    EXPECT_EQ(o.http_status, 403) << client;
    EXPECT_EQ(o.response_body, "RBAC: access denied") << client;
  }
  EXPECT_EQ(only(world, flow_of("echo/ambient", "sidecar.echo", 80, FlowProtocol::Grpc)).grpc_status,
            "PERMISSION_DENIED");
}

// DP-306: TLS by DestinationRule into a plaintext server.
TEST(Failure, DP306TlsIntoPlaintext) {
  for (const char* mode : {"SIMPLE", "ISTIO_MUTUAL"}) {
    const World world = world_of(echo_mesh(
        object("DestinationRule", "tls", std::string("{host: plain, trafficPolicy: {tls: {mode: ") + mode + "}}}")));
    const Outcome o = only(world, flow_of("echo/sidecar", "plain.echo", 80));
    EXPECT_EQ(seen(o), std::string("reset 503 UF ") + kReset) << mode;
  }
}

// DP-307: HBONE to a pod that claims it by a label and has no proxy.
TEST(Failure, DP307HboneRefused) {
  const World world = world_of(echo_mesh(R"(
---
apiVersion: v1
kind: Pod
metadata: {name: liar, namespace: echo, labels: {app: liar, networking.istio.io/tunnel: http}}
spec: {containers: [{name: app, image: app}]}
---
apiVersion: v1
kind: Service
metadata: {name: liar, namespace: echo}
spec: {selector: {app: liar}, ports: [{name: http, port: 80, targetPort: 8080}]}
)"));
  EXPECT_EQ(seen(only(world, flow_of("echo/sidecar", "liar.echo", 80))), std::string("unreachable 503 UF ") + kReset);
  EXPECT_EQ(only(world, flow_of("echo/ambient", "liar.echo", 80)).http_status, std::nullopt);
  EXPECT_EQ(only(world, flow_of("echo/ambient", "liar.echo", 80)).verdict, Verdict::Unreachable);
}

std::string unready() {
  return R"(
---
apiVersion: v1
kind: Pod
metadata: {name: sick, namespace: echo, labels: {app: sick, istio.io/dataplane-mode: ambient}}
spec: {containers: [{name: app, image: app}]}
status: {phase: Running, podIP: 10.3.0.9, conditions: [{type: Ready, status: 'False'}]}
---
apiVersion: v1
kind: Service
metadata: {name: sick, namespace: echo}
spec: {selector: {app: sick}, ports: [{name: http, port: 80, targetPort: 8080}]}
)";
}

// DP-309: no eligible endpoint, or a port that the Service does not declare (DP-201).
TEST(Failure, DP309NoHealthyUpstream) {
  const World world = world_of(echo_mesh(unready()));
  EXPECT_EQ(seen(only(world, flow_of("echo/sidecar", "sick.echo", 80))), "unreachable 503 UH no healthy upstream");
  EXPECT_EQ(seen(only(world, flow_of("echo/ambient", "sick.echo", 80))), "unreachable - - ");
  EXPECT_EQ(seen(only(world, flow_of("echo/ambient", "ambient.echo", 4711))), "unreachable - - ");
}

// DP-313, DP-229: REGISTRY_ONLY. BlackHoleCluster has no endpoint, hence UH in the log of a TCP connection.
TEST(Failure, DP313RegistryOnly) {
  const World world =
      world_of(echo_mesh(), "{profile: ossm-3.2, config: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}}}");
  EXPECT_EQ(seen(only(world, flow_of("echo/sidecar", "unknown.example", 80))), "unreachable 502 - ");
  EXPECT_EQ(seen(only(world, flow_of("echo/sidecar", "unknown.example", 4711, FlowProtocol::Tcp))),
            "unreachable - UH ");
  EXPECT_EQ(only(world, flow_of("echo/ambient", "unknown.example", 80)).verdict, Verdict::Allowed);
}

// DP-314, DP-315.
TEST(Failure, DP314DP315NoRouteAndInvalidBackend) {
  const World none = world_of(echo_mesh(
      object("VirtualService", "one",
             "{hosts: [plain], http: [{match: [{uri: {exact: /x}}], route: [{destination: {host: plain}}]}]}")));
  EXPECT_EQ(seen(only(none, flow_of("echo/sidecar", "plain.echo", 80))), "unreachable 404 NR ");
  const World invalid = world_of(echo_mesh(object(
      "HTTPRoute", "one",
      "{parentRefs: [{group: '', kind: Service, name: plain}], rules: [{backendRefs: [{name: nowhere, port: 80}]}]}",
      "gateway.networking.k8s.io/v1")));
  EXPECT_EQ(seen(only(invalid, flow_of("echo/sidecar", "plain.echo", 80))), "unreachable 500 NC ");
}

// A gateway in front of a waypoint: two HTTP tiers (DP-130, DP-167).
std::string two_tiers(std::string_view gateway_rule, std::string_view waypoint_rule) {
  std::string out = echo_mesh(R"(
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: echo, labels: {istio.io/use-waypoint: waypoint, istio.io/ingress-use-waypoint: 'true'}}
spec: {selector: {app: ambient}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: echo}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: echo}
spec: {gatewayClassName: istio, listeners: [{name: web, port: 80, protocol: HTTP}]}
)");
  out += object(
      "VirtualService", "front",
      "{hosts: ['*'], gateways: [echo/edge], http: [{route: [{destination: {host: cart, port: {number: 80}}}], " +
          std::string(gateway_rule) + "}]}");
  out += object("VirtualService", "back",
                "{hosts: [cart], http: [{route: [{destination: {host: cart}}], " + std::string(waypoint_rule) + "}]}");
  return out;
}
Flow through_edge() {
  Flow flow = flow_of("outside", "shop.example", 80);
  flow.to.gateway = std::pair("echo", "edge");
  return flow;
}

// DP-316: the timeout of the first tier against a delay that the second injects. A route's own delay does not count:
// the fault filter stands before the router.
TEST(Failure, DP316Timeout) {
  const char* delay = "fault: {delay: {fixedDelay: 2s, percentage: {value: 100}}}";
  // A VirtualService binds to a Gateway API gateway by <namespace>/<name>-istio-autogenerated-... not at all: see the
  // HTTPRoute below for the gateway's rule.
  auto world = [&](const char* timeout) {
    std::string text = two_tiers("timeout: 1h", delay);
    text += object("HTTPRoute", "front",
                   std::string("{parentRefs: [{name: edge}], rules: [{timeouts: {request: ") + timeout +
                       "}, backendRefs: [{name: cart, port: 80}]}]}",
                   "gateway.networking.k8s.io/v1");
    return world_of(text);
  };
  const Outcome late = only(world("1s"), through_edge());
  EXPECT_EQ(seen(late), "unreachable 504 UT upstream request timeout");
  EXPECT_EQ(late.answered_by, ProxyKind::Gateway);
  EXPECT_TRUE(cites(late, "DP-316"));
  const Outcome in_time = only(world("3s"), through_edge());
  EXPECT_EQ(summary(in_time), "allowed 200 hbone gateway,waypoint,ztunnel");
  const World own = world_of(echo_mesh(object(
      "VirtualService", "own",
      std::string("{hosts: [plain], http: [{timeout: 1s, route: [{destination: {host: plain}}], ") + delay + "}]}")));
  const Outcome o = only(own, flow_of("echo/sidecar", "plain.echo", 80));
  EXPECT_EQ(o.verdict, Verdict::Allowed);
  EXPECT_EQ(o.response_flags, "DI");
}

// DP-167, DP-246: what the first tier tries again.
TEST(Failure, DP246RetriesAgainstChance) {
  auto shares = [&](const char* retry) {
    std::string text = two_tiers("timeout: 1h", "fault: {abort: {httpStatus: 503, percentage: {value: 50}}}");
    text += object(
        "HTTPRoute", "front",
        std::string("{parentRefs: [{name: edge}], rules: [{") + retry + "backendRefs: [{name: cart, port: 80}]}]}",
        "gateway.networking.k8s.io/v1");
    double failed = 0, total = 0;
    for (const Outcome& o : judge(world_of(text), through_edge()).outcomes) {
      total += o.probability;
      if (o.verdict != Verdict::Allowed) {
        EXPECT_EQ(o.http_status, 503);
        failed += o.probability;
      }
    }
    EXPECT_DOUBLE_EQ(total, 1.0);
    return failed;
  };
  EXPECT_DOUBLE_EQ(shares(""), 0.5);                                        // the default does not retry a plain 503
  EXPECT_DOUBLE_EQ(shares("retry: {codes: [500], attempts: 2}, "), 0.5);    // another code
  EXPECT_DOUBLE_EQ(shares("retry: {codes: [503], attempts: 2}, "), 0.125);  // three tries
}

// DP-308, DP-114: a bound waypoint without pods.
TEST(Failure, DP308WaypointWithoutPods) {
  std::string text =
      two_tiers("timeout: 1h", "timeout: 1h") + R"(
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: waypoint, namespace: echo}
spec:
  replicas: 0
  selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: waypoint}}
  template: {metadata: {labels: {gateway.networking.k8s.io/gateway-name: waypoint, gateway.istio.io/managed: istio.io-mesh-controller}}, spec: {containers: [{name: istio-proxy, image: auto}]}}
)" +
      object("HTTPRoute", "front", "{parentRefs: [{name: edge}], rules: [{backendRefs: [{name: cart, port: 80}]}]}",
             "gateway.networking.k8s.io/v1");
  const World world = world_of(text);
  EXPECT_EQ(seen(only(world, flow_of("echo/ambient", "cart.echo", 80))), "unreachable - - ");
  EXPECT_EQ(seen(only(world, through_edge())), "unreachable 503 UH no healthy upstream");
}

// DP-318, DP-163: a waypoint in front of a legacy sidecar under STRICT. DP-319, DP-161: `encap` to a pod without 15008.
TEST(Failure, DP318DP319BackendsThatTakeNoHbone) {
  const std::string waypoint = R"(
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: echo, labels: {istio.io/waypoint-for: all}}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: echo, labels: {istio.io/use-waypoint: waypoint}}
)";
  std::string mesh = echo_mesh(strict() + waypoint);
  mesh.erase(0, mesh.find("---"));  // the Namespace of echo_mesh, which is stated anew
  const World world = world_of(mesh);
  EXPECT_EQ(seen(only(world, flow_of("echo/ambient", "legacy.echo", 80))), std::string("denied 503 UC ") + kReset);
  const Outcome encap = only(world, flow_to_pod("echo/ambient", "echo/plain", 8080));
  EXPECT_EQ(seen(encap), std::string("unreachable 503 UF ") + kReset);
  EXPECT_EQ(path_of(encap), "ztunnel,waypoint");
  EXPECT_EQ(only(world, flow_to_pod("echo/ambient", "echo/plain", 9090, FlowProtocol::Tcp)).http_status, std::nullopt);
}

}  // namespace
}  // namespace meshsim::models::testing
