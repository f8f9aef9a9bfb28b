// Kubernetes NetworkPolicy below the proxies (DP-116, DP-312).
#include <gtest/gtest.h>

#include "tests/models/dataplane/support.h"

namespace meshsim::models::testing {
namespace {

std::string policy(std::string_view spec) {
  return "\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: np, namespace: echo}\nspec: " +
         std::string(spec) + "\n";
}

Verdict verdict(const std::string& text, const Flow& flow) {
  return judge(world_of(text), flow).outcomes.at(0).verdict;
}

// DP-312: allowing the application port is not enough for HBONE.
TEST(NetworkPolicy, DP312ApplicationPortDoesNotOpen15008) {
  const std::string app_only =
      echo_mesh(policy("{podSelector: {matchLabels: {app: ambient}}, ingress: [{ports: [{port: 8080}]}]}"));
  const Outcome blocked = judge(world_of(app_only), flow_of("echo/ambient", "ambient.echo", 80)).outcomes.at(0);
  const Outcome sidecar = judge(world_of(app_only), flow_of("echo/sidecar", "ambient.echo", 80)).outcomes.at(0);
  EXPECT_EQ(sidecar.verdict, Verdict::Unreachable);
  EXPECT_EQ(sidecar.http_status, 503);
  EXPECT_TRUE(cites(sidecar, "DP-312"));
  EXPECT_EQ(blocked.verdict, Verdict::Allowed) << "a pod always reaches itself";
  EXPECT_EQ(verdict(app_only, flow_of("echo/plain", "ambient.echo", 80)), Verdict::Allowed)
      << "plaintext uses the application port";
  const std::string both = echo_mesh(
      policy("{podSelector: {matchLabels: {app: ambient}}, ingress: [{ports: [{port: 8080}, {port: 15008}]}]}"));
  EXPECT_EQ(verdict(both, flow_of("echo/sidecar", "ambient.echo", 80)), Verdict::Allowed);
}

TEST(NetworkPolicy, DP116PeersPortsAndDirections) {
  const Flow flow = flow_of("echo/plain", "legacy.echo", 80);
  EXPECT_EQ(verdict(echo_mesh(policy("{podSelector: {}}")), flow), Verdict::Unreachable);
  EXPECT_EQ(
      verdict(echo_mesh(policy("{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: plain}}}]}]}")),
              flow),
      Verdict::Allowed);
  EXPECT_EQ(
      verdict(echo_mesh(policy("{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: other}}}]}]}")),
              flow),
      Verdict::Unreachable);
  EXPECT_EQ(verdict(echo_mesh(policy("{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: "
                                     "[{key: x, operator: DoesNotExist}]}}]}]}")),
                    flow),
            Verdict::Allowed);
  EXPECT_EQ(verdict(echo_mesh(policy("{podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 9000}]}]}")), flow),
            Verdict::Allowed);
  EXPECT_EQ(verdict(echo_mesh(policy("{podSelector: {}, ingress: [{ports: [{protocol: UDP, port: 8080}]}]}")), flow),
            Verdict::Unreachable);
  EXPECT_EQ(verdict(echo_mesh(policy("{podSelector: {matchLabels: {app: plain}}, policyTypes: [Egress]}")), flow),
            Verdict::Unreachable);
  EXPECT_EQ(
      verdict(
          echo_mesh(policy(
              "{podSelector: {matchLabels: {app: plain}}, policyTypes: [Egress], egress: [{ports: [{port: 8080}]}]}")),
          flow),
      Verdict::Allowed);
  const Flow outside = [] {
    Flow f = flow_of("outside", "legacy.echo", 80);
    f.from.ip = IpAddress::parse("203.0.113.7");
    return f;
  }();
  EXPECT_EQ(
      verdict(echo_mesh(policy("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]}")), outside),
      Verdict::Allowed);
  EXPECT_EQ(
      verdict(
          echo_mesh(policy(
              "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.7/32]}}]}]}")),
          outside),
      Verdict::Unreachable);
}

// DP-116: what leaves the cluster meets the egress rules of the pod that sends, with a proxy or without.
TEST(NetworkPolicy, DP116LeavingTheCluster) {
  const auto leaving = [](std::string_view egress, std::string_view host) {
    const std::string text =
        echo_mesh(policy("{podSelector: {}, policyTypes: [Egress], egress: [" + std::string(egress) + "]}"));
    const Verdict plain = verdict(text, flow_of("echo/plain", host, 80));
    for (const char* client : {"echo/sidecar", "echo/ambient"})
      EXPECT_EQ(verdict(text, flow_of(client, host, 80)), plain) << client << ' ' << egress;
    return plain;
  };
  EXPECT_EQ(leaving("", "example.com"), Verdict::Unreachable);
  EXPECT_EQ(leaving("{}", "example.com"), Verdict::Allowed);
  EXPECT_EQ(leaving("{to: [{namespaceSelector: {}}]}", "example.com"), Verdict::Unreachable);
  EXPECT_EQ(leaving("{ports: [{port: 80}]}", "example.com"), Verdict::Allowed);
  EXPECT_EQ(leaving("{ports: [{port: 443}]}", "example.com"), Verdict::Unreachable);
  EXPECT_EQ(leaving("{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}", "example.com"), Verdict::Allowed);
  EXPECT_EQ(leaving("{to: [{ipBlock: {cidr: 198.51.100.0/24}}]}", "example.com"), Verdict::Unknown)
      << "the address of the name is not in the files";
  EXPECT_EQ(leaving("{to: [{ipBlock: {cidr: 198.51.100.0/24}}]}", "198.51.100.7"), Verdict::Allowed);
  EXPECT_EQ(leaving("{to: [{ipBlock: {cidr: 198.51.100.0/24, except: [198.51.100.7/32]}}]}", "198.51.100.7"),
            Verdict::Unreachable);
}

}  // namespace
}  // namespace meshsim::models::testing
