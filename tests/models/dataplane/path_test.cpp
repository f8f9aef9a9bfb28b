// Paths and transports (dataplane.md section 2): every client kind x destination kind, PERMISSIVE and STRICT.
#include <gtest/gtest.h>

#include "tests/models/dataplane/support.h"

namespace meshsim::models::testing {
namespace {

constexpr const char* kStrict = R"(
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: echo}
spec: {mtls: {mode: STRICT}}
)";

struct Cell {
  const char* client;
  const char* server;
  const char* permissive;
  const char* strict;
};

class Matrix : public ::testing::TestWithParam<Cell> {};

// DP-090, DP-055, DP-066: HTTP to the Service, no waypoint, profile istio-1.27 (legacy sidecars send HBONE, DP-037).
TEST_P(Matrix, DP090) {
  const Cell& cell = GetParam();
  const Flow flow =
      flow_of(std::string("echo/") + cell.client, std::string(cell.server) + ".echo.svc.cluster.local", 80);
  const World open = world_of(echo_mesh(), "{profile: istio-1.27}");
  const auto permissive = judge(open, flow).outcomes;
  ASSERT_EQ(permissive.size(), 1u);
  EXPECT_EQ(summary(permissive[0]), cell.permissive);
  const World closed = world_of(echo_mesh(kStrict), "{profile: istio-1.27}");
  const auto strict = judge(closed, flow).outcomes;
  ASSERT_EQ(strict.size(), 1u);
  EXPECT_EQ(summary(strict[0]), cell.strict);
}

INSTANTIATE_TEST_SUITE_P(
    All, Matrix,
    ::testing::Values(
        Cell{"plain", "plain", "allowed 200 plaintext ", "allowed 200 plaintext "},
        Cell{"plain", "sidecar", "allowed 200 plaintext sidecar", "denied - plaintext sidecar"},
        Cell{"plain", "legacy", "allowed 200 plaintext sidecar", "denied - plaintext sidecar"},
        Cell{"plain", "ambient", "allowed 200 plaintext ztunnel", "denied - plaintext ztunnel"},
        Cell{"sidecar", "plain", "allowed 200 plaintext sidecar", "allowed 200 plaintext sidecar"},
        Cell{"sidecar", "legacy", "allowed 200 mtls sidecar,sidecar", "allowed 200 mtls sidecar,sidecar"},
        Cell{"sidecar", "ambient", "allowed 200 hbone sidecar,ztunnel", "allowed 200 hbone sidecar,ztunnel"},
        Cell{"legacy", "sidecar", "allowed 200 mtls sidecar,sidecar", "allowed 200 mtls sidecar,sidecar"},
        Cell{"legacy", "ambient", "allowed 200 hbone sidecar,ztunnel", "allowed 200 hbone sidecar,ztunnel"},
        Cell{"ambient", "plain", "allowed 200 plaintext ztunnel", "allowed 200 plaintext ztunnel"},
        Cell{"ambient", "sidecar", "allowed 200 hbone ztunnel,sidecar", "allowed 200 hbone ztunnel,sidecar"},
        Cell{"ambient", "legacy", "allowed 200 plaintext ztunnel,sidecar", "denied - plaintext ztunnel,sidecar"}));

// DP-V13: client first, server first or both at once, no state of a migration of HBONE-aware sidecars loses a request.
TEST(Migration, DPV13EveryStateWorks) {
  for (const char* policy : {"", kStrict}) {
    const World world = world_of(echo_mesh(std::string(policy) + R"(
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: echo}
spec: {gatewayClassName: istio, listeners: [{name: a, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: front, namespace: echo}
spec: {parentRefs: [{name: edge}], rules: [{backendRefs: [{name: sidecar, port: 80}, {name: ambient, port: 80}]}]}
)"));
    for (const char* client : {"echo/sidecar", "echo/ambient"})
      for (const char* server : {"sidecar.echo", "ambient.echo"})
        for (const FlowProtocol protocol : {FlowProtocol::Http, FlowProtocol::Grpc, FlowProtocol::Tcp}) {
          const Flow flow = flow_of(client, server, protocol == FlowProtocol::Tcp ? 9090 : 80, protocol);
          EXPECT_EQ(judge(world, flow).outcomes.at(0).verdict, Verdict::Allowed) << client << " " << server;
        }
    Flow outside = flow_of("outside", "shop.example", 80);
    outside.to.gateway = std::pair("echo", "edge");
    const auto outcomes = judge(world, outside).outcomes;
    EXPECT_EQ(outcomes.size(), 2u);
    for (const Outcome& o : outcomes) EXPECT_EQ(o.verdict, Verdict::Allowed);
  }
}

// An endpoint of a ServiceEntry may be a pod or a Service of the mesh (tests/integration/pilot/locality_test.go).
TEST(StatedEndpoint, LeadsIntoTheMesh) {
  const auto reached = [](const std::string& address, const std::string& client) {
    const World world =
        world_of(echo_mesh(R"(
---
apiVersion: v1
kind: Pod
metadata: {name: numbered, namespace: echo, labels: {app: numbered}}
spec: {containers: [{name: app, image: app}]}
status: {podIP: 10.9.0.4}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: named, namespace: echo}
spec:
  hosts: [named.example.com]
  addresses: [192.0.2.7]
  location: MESH_EXTERNAL
  resolution: )" + std::string(address.front() == '1' ? "STATIC" : "DNS") +
                           "\n  ports: [{number: 80, name: http, protocol: HTTP}]\n  endpoints: [{address: " + address +
                           "}]\n"));
    const Outcome o = judge(world, flow_of(client, "named.example.com", 80)).outcomes.at(0);
    return summary(o) + ' ' + (o.routed_to ? o.routed_to->workload : "-");
  };
  for (const char* client : {"echo/sidecar", "echo/ambient"}) {
    const std::string proxy = client == std::string("echo/sidecar") ? "sidecar" : "ztunnel";
    EXPECT_EQ(reached("10.9.0.4", client), "allowed 200 plaintext " + proxy + " echo/numbered");
    EXPECT_EQ(reached("10.9.0.5", client), "allowed 200 plaintext " + proxy + " named.example.com");
    EXPECT_EQ(reached("plain.echo.svc.cluster.local", client), "allowed 200 plaintext " + proxy + " echo/plain");
  }
}

// DP-107: of two ServiceEntries with one address the first keeps it, in the client's namespace too.
TEST(SharedAddress, DP107FirstOfTheNamespace) {
  const auto entry = [](const std::string& name, const std::string& addresses) {
    return "\n---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: " + name +
           ", namespace: echo}\nspec: {hosts: [" + name + ".example.com], addresses: [" + addresses +
           "], resolution: DNS, ports: [{number: 99, name: tcp, protocol: TCP}]}\n";
  };
  const World world =
      world_of(echo_mesh(entry("one", "1.1.1.1, '2001::/16'") + entry("two", "1.1.1.1, '2001:1f1::/32'")));
  const auto at = [&](const char* address) {
    const Outcome o = judge(world, flow_of("echo/sidecar", address, 99, FlowProtocol::Tcp)).outcomes.at(0);
    return o.routed_to ? o.routed_to->workload : "-";
  };
  EXPECT_EQ(at("1.1.1.1"), "one.example.com");
  EXPECT_EQ(at("2001::1"), "one.example.com");
  EXPECT_EQ(at("2001:1f1:123::1"), "two.example.com");
}

// DP-053, DP-054: a TCP server carries TLS as it comes, and a server that ends TLS ends only the outermost session.
TEST(GatewayServer, DP054TlsInsideMtls) {
  const auto through = [](const std::string& server, const char* mode) {
    const World world = world_of(echo_mesh(R"(
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: egress, namespace: echo}
spec:
  selector: {matchLabels: {istio: egress}}
  template:
    metadata: {labels: {istio: egress, sidecar.istio.io/inject: 'true'}, annotations: {inject.istio.io/templates: gateway}}
    spec: {containers: [{name: istio-proxy, image: auto}]}
---
apiVersion: v1
kind: Service
metadata: {name: egress, namespace: echo}
spec: {selector: {istio: egress}, ports: [{name: tls, port: 443, targetPort: 8443}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: outside, namespace: echo}
spec: {hosts: [out.example.com], resolution: DNS, ports: [{number: 443, name: tls, protocol: TLS}]}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: egress, namespace: echo}
spec: {selector: {istio: egress}, servers: [{port: {number: 443, name: x, protocol: )" +
                                           server + R"(, hosts: ['*']}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: egress, namespace: echo}
spec: {host: egress, trafficPolicy: {tls: {mode: )" +
                                           std::string(mode) + R"(}}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: outside, namespace: echo}
spec:
  hosts: [out.example.com]
  gateways: [mesh, egress]
  tls: [{match: [{gateways: [mesh], port: 443, sniHosts: [out.example.com]}], route: [{destination: {host: egress, port: {number: 443}}}]}]
  tcp: [{match: [{gateways: [egress], port: 443}], route: [{destination: {host: out.example.com, port: {number: 443}}}]}]
)"));
    Flow flow = flow_of("echo/sidecar", "out.example.com", 443, FlowProtocol::Https);
    const Outcome o = judge(world, flow).outcomes.at(0);
    return std::string(to_string(o.verdict)) + ' ' + (o.routed_to ? o.routed_to->workload : "-");
  };
  EXPECT_EQ(through("TCP}", "DISABLE"), "allowed out.example.com");
  EXPECT_EQ(through("TLS}, tls: {mode: ISTIO_MUTUAL}", "ISTIO_MUTUAL"), "allowed out.example.com");
  EXPECT_EQ(through("TCP}", "ISTIO_MUTUAL"), "reset -");
}

// DP-037, DP-038: in ossm-3.2 a sidecar that was not restarted does not send HBONE.
TEST(LegacySidecar, DP037SendsPlaintextInOssm32) {
  const Flow flow = flow_of("echo/legacy", "ambient.echo", 80);
  EXPECT_EQ(summary(judge(world_of(echo_mesh()), flow).outcomes.at(0)), "allowed 200 plaintext sidecar,ztunnel");
  EXPECT_EQ(summary(judge(world_of(echo_mesh(kStrict)), flow).outcomes.at(0)), "denied 503 plaintext sidecar,ztunnel");
}

// DP-051: a sidecar's pod-IP traffic is plaintext passthrough.
TEST(PodAddress, DP051SidecarSendsPlaintext) {
  const Outcome o = judge(world_of(echo_mesh()), flow_to_pod("echo/sidecar", "echo/ambient", 8080)).outcomes.at(0);
  EXPECT_EQ(summary(o), "allowed 200 plaintext sidecar,ztunnel");
}

// DP-077, DP-026: a pod that calls its own address is captured by nobody; by Service name it is.
TEST(SelfCall, DP077) {
  const World world = world_of(echo_mesh());
  EXPECT_EQ(path_of(judge(world, flow_to_pod("echo/sidecar", "echo/sidecar", 8080)).outcomes.at(0)), "");
  EXPECT_EQ(path_of(judge(world, flow_to_pod("echo/ambient", "echo/ambient", 8080)).outcomes.at(0)), "");
  EXPECT_EQ(path_of(judge(world, flow_of("echo/sidecar", "sidecar", 80)).outcomes.at(0)), "sidecar,sidecar");
}

// DP-259: HTTP/1.0 is refused on a declared HTTP port (426) and taken for bytes on a sniffed one.
TEST(OldHttp, DP259) {
  const World world = world_of(echo_mesh());
  Flow flow = flow_of("echo/sidecar", "legacy", 80);
  flow.request.http_version = "HTTP/1.0";
  const Outcome declared = judge(world, flow).outcomes.at(0);
  EXPECT_EQ(declared.http_status, 426);
  EXPECT_EQ(declared.answered_by, ProxyKind::Sidecar);
  flow.to.port = 81;
  const Outcome sniffed = judge(world, flow).outcomes.at(0);
  EXPECT_EQ(sniffed.verdict, Verdict::Allowed);
  EXPECT_FALSE(sniffed.l7_processed);
}

// design.md section 4: plain bytes into a port that serves TLS are reset.
TEST(TlsPort, PlainBytesAreReset) {
  const World world = world_of(echo_mesh());
  EXPECT_EQ(judge(world, flow_of("echo/plain", "plain", 443)).outcomes.at(0).verdict, Verdict::Reset);
  EXPECT_EQ(judge(world, flow_of("echo/plain", "plain", 443, FlowProtocol::Https)).outcomes.at(0).verdict,
            Verdict::Allowed);
}

// DP-041, DP-042, DP-229: what is not in the mesh.
TEST(Outside, UnknownHosts) {
  const World world = world_of(echo_mesh());
  for (const char* client : {"echo/plain", "echo/sidecar", "echo/ambient"}) {
    const Outcome o = judge(world, flow_of(client, "www.example.com", 80)).outcomes.at(0);
    EXPECT_EQ(o.verdict, Verdict::Allowed) << client;
    EXPECT_EQ(o.transport, Transport::Plaintext) << client;
  }
  const World strict =
      world_of(echo_mesh(), "{profile: ossm-3.2, config: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}}}");
  EXPECT_EQ(judge(strict, flow_of("echo/sidecar", "www.example.com", 80)).outcomes.at(0).http_status, 502);
  EXPECT_EQ(judge(strict, flow_of("echo/ambient", "www.example.com", 80)).outcomes.at(0).verdict, Verdict::Allowed);
}

// Flows that name what the manifests do not have are unknown, never a guess.
TEST(Unknown, MissingClientOrServer) {
  const World world = world_of(echo_mesh());
  EXPECT_EQ(judge(world, flow_of("echo/nobody", "plain", 80)).outcomes.at(0).verdict, Verdict::Unknown);
  EXPECT_EQ(judge(world, flow_to_pod("echo/plain", "echo/nobody", 80)).outcomes.at(0).verdict, Verdict::Unknown);
}

}  // namespace
}  // namespace meshsim::models::testing
