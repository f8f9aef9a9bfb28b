// Properties of whole walks over random meshes: shares add up to 1, the order of objects does not matter, and every
// outcome says what design.md demands of it.
#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "tests/models/dataplane/support.h"

namespace meshsim::models::testing {
namespace {

template <std::size_t N>
const char* any(std::mt19937& random, const char* const (&words)[N]) {
  return words[random() % N];
}

std::string random_match(std::mt19937& random) {
  constexpr const char* kMatches[] = {"",
                                      "match: [{uri: {prefix: /a}}], ",
                                      "match: [{uri: {exact: /a}}, {headers: {x: {exact: y}}}], ",
                                      "match: [{uri: {regex: '/a.*'}}], ",
                                      "match: [{sourceLabels: {app: sidecar}}], ",
                                      "match: [{port: 80}], "};
  return any(random, kMatches);
}

std::string random_destination(std::mt19937& random) {
  constexpr const char* kHosts[] = {"ambient", "sidecar", "legacy", "plain", "nowhere"};
  constexpr const char* kSubsets[] = {"", ", subset: all", ", subset: none"};
  return std::string("{destination: {host: ") + any(random, kHosts) + any(random, kSubsets) + "}";
}

std::string random_http(std::mt19937& random) {
  std::string out;
  const auto rules = 1 + random() % 3;
  for (std::size_t i = 0; i < rules; ++i) {
    constexpr const char* kExtras[] = {"",
                                       "fault: {abort: {httpStatus: 503, percentage: {value: 30}}}, ",
                                       "fault: {delay: {fixedDelay: 2s, percentage: {value: 50}}}, timeout: 1s, ",
                                       "retries: {attempts: 3, retryOn: '5xx'}, timeout: 3s, ",
                                       "rewrite: {uri: /b}, ",
                                       "mirror: {host: plain}, "};
    out += (i == 0 ? "{" : ", {") + random_match(random) + any(random, kExtras);
    if (random() % 6 == 0) {
      out += "directResponse: {status: 418}}";
      continue;
    }
    out += "route: [";
    const auto ways = 1 + random() % 3;
    for (std::size_t j = 0; j < ways; ++j)
      out += (j == 0 ? "" : ", ") + random_destination(random) + ", weight: " + std::to_string(1 + random() % 60) + "}";
    out += "]}";
  }
  return out;
}

std::vector<std::string> random_objects(std::mt19937& random) {
  std::vector<std::string> out;
  for (const char* host : {"ambient", "sidecar", "legacy", "plain"}) {
    if (random() % 2 == 0)
      out.push_back(std::string("apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: ") + host +
                    ", namespace: echo}\nspec: {hosts: [" + host + "], http: [" + random_http(random) + "]}\n");
    constexpr const char* kTls[] = {"DISABLE", "ISTIO_MUTUAL", "SIMPLE"};
    if (random() % 2 == 0)
      out.push_back(
          std::string("apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: ") + host +
          ", namespace: echo}\nspec: {host: " + host + ", subsets: [{name: all, labels: {app: " + host +
          "}}, {name: none, labels: {app: x}}]" +
          (random() % 3 == 0 ? std::string(", trafficPolicy: {tls: {mode: ") + any(random, kTls) + "}}" : "") + "}\n");
  }
  constexpr const char* kModes[] = {"STRICT", "PERMISSIVE", "DISABLE"};
  if (random() % 2 == 0)
    out.push_back(std::string("apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, "
                              "namespace: echo}\nspec: {mtls: {mode: ") +
                  any(random, kModes) + "}}\n");
  if (random() % 3 == 0)
    out.push_back(
        "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: some, namespace: echo}\n"
        "spec: {rules: [{from: [{source: {principals: ['*/sa/ambient']}}]}]}\n");
  if (random() % 2 == 0)
    out.push_back(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: wp, namespace: echo, "
        "labels: {istio.io/waypoint-for: all}}\nspec: {gatewayClassName: istio-waypoint, listeners: [{name: "
        "mesh, port: 15008, protocol: HBONE}]}\n");
  return out;
}

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += "\n---\n" + part;
  return out;
}

std::string mesh_text(const std::vector<std::string>& objects) {
  std::string out = echo_mesh(join(objects));
  const std::string bare = "metadata: {name: echo}";
  out.replace(out.find(bare), bare.size(), "metadata: {name: echo, labels: {istio.io/use-waypoint: wp}}");
  return out;
}

std::string everything(const std::vector<Outcome>& outcomes) {
  std::string out;
  for (const Outcome& o : outcomes)
    out += summary(o) + ' ' + std::to_string(o.probability) + ' ' + o.response_flags + ' ' +
           (o.routed_to ? o.routed_to->workload : "") + '\n';
  return out;
}

TEST(WalkProperties, SharesOrderAndWords) {
  std::mt19937 random(20260822);
  for (int round = 0; round < 60; ++round) {
    std::vector<std::string> objects = random_objects(random);
    const std::string text = mesh_text(objects);
    std::shuffle(objects.begin(), objects.end(), random);
    const World world = world_of(text), shuffled = world_of(mesh_text(objects));
    for (const char* client : {"echo/ambient", "echo/sidecar", "echo/legacy", "echo/plain"}) {
      for (const char* server : {"ambient.echo", "sidecar.echo", "legacy.echo", "plain.echo"}) {
        for (const FlowProtocol protocol : {FlowProtocol::Http, FlowProtocol::Grpc}) {
          Flow flow = flow_of(client, server, 80, protocol);
          flow.request.path = "/a";
          const auto outcomes = judge(world, flow).outcomes;
          SCOPED_TRACE(text + client + " -> " + server);
          EXPECT_EQ(everything(outcomes), everything(judge(shuffled, flow).outcomes));
          double sum = 0;
          for (const Outcome& o : outcomes) {
            EXPECT_GT(o.probability, 0);
            sum += o.probability;
            EXPECT_EQ(o.verdict == Verdict::Denied, o.denied_by.has_value());
            if (o.verdict == Verdict::Allowed) {
              EXPECT_TRUE(o.routed_to);
              EXPECT_EQ(o.http_status, 200);
              EXPECT_TRUE(o.response_body.empty());
            }
            if (o.verdict == Verdict::Unknown) {
              EXPECT_FALSE(o.reasons.empty());
            }
            if (o.answered_by && o.verdict != Verdict::Allowed) {
              EXPECT_TRUE(o.http_status);
            }
          }
          EXPECT_NEAR(sum, 1.0, 1e-9);
          if (::testing::Test::HasFailure()) return;
        }
      }
    }
  }
}

}  // namespace
}  // namespace meshsim::models::testing
