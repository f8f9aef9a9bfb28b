// The test vectors of policies.md section 9 as far as one enforcement point decides them; the other test files hold
// those of their field (each names its TV id), tests/tables/vectors all of them through the whole program. Paths: P06 =
// sidecar, P15 = ztunnel with the client's identity, P16 = waypoint, then ztunnel with the waypoint's identity.
#include <gtest/gtest.h>

#include "policy_fixture.h"

namespace meshsim::test {

using namespace models;

namespace {

const std::string kSelector = "selector: {matchLabels: {app: srv}}, ";
const std::string kRefs = "targetRefs: [{kind: Service, name: srv}], ";

Ask with(const std::string& method, const std::string& principal = kClient, std::uint16_t port = 8080) {
  Ask out;
  out.method = method;
  out.principal = principal;
  out.port = port;
  return out;
}
bool p06(const std::string& policies, const Ask& ask = Ask{}) {
  return PolicyBench(standard_mesh("sidecar") + policies).sidecar("a/srv", ask).allowed;
}
bool p15(const std::string& policies, const Ask& ask = Ask{}) {
  return PolicyBench(standard_mesh("ambient") + policies).ztunnel("a/srv", ask).allowed;
}
bool p16_w(const std::string& policies, Ask ask = Ask{}) {
  ask.port = 80;
  return PolicyBench(standard_mesh("ambient") + policies).waypoint("a/wp", "a/srv", ask).allowed;
}
bool p16_z(const std::string& policies, Ask ask = Ask{}) {
  ask.principal = kWaypoint;
  return p15(policies, ask);
}

}  // namespace

TEST(Vectors, TV_01_to_TV_05) {
  EXPECT_TRUE(p06("") && p15("") && p16_w("") && p16_z(""));
  const std::string nothing = policy("{}");
  EXPECT_FALSE(p06(nothing)) << "TV-02";
  EXPECT_FALSE(p15(nothing)) << "TV-03";
  EXPECT_TRUE(p16_w(nothing)) << "TV-04";
  EXPECT_FALSE(p16_z(nothing)) << "TV-04";
  const std::string both = policy("{rules: [{}]}") + policy("{action: DENY, rules: [{}]}", "d");
  EXPECT_FALSE(p06(both) || p15(both)) << "TV-05";
}

TEST(Vectors, TV_06_to_TV_09) {
  const std::string client = "cluster.local/ns/a/sa/cli";
  const auto allow = [&](const std::string& more) {
    return policy('{' + kSelector + "rules: [{from: [{source: {principals: [" + client + more + "]}}]}]}");
  };
  EXPECT_TRUE(p15(allow(""))) << "TV-06";
  EXPECT_FALSE(p16_z(allow(""))) << "TV-07";
  EXPECT_TRUE(p16_z(allow(", cluster.local/ns/a/sa/wp")) && p15(allow(", cluster.local/ns/a/sa/wp"))) << "TV-08";
  const std::string deny =
      policy('{' + kSelector + "action: DENY, rules: [{from: [{source: {principals: [" + client + "]}}]}]}");
  EXPECT_FALSE(p15(deny)) << "TV-09";
  EXPECT_TRUE(p16_z(deny)) << "TV-09";
}

TEST(Vectors, TV_10_to_TV_13) {
  const std::string get = policy('{' + kSelector + "rules: [{to: [{operation: {methods: [GET]}}]}]}");
  EXPECT_TRUE(p06(get));
  EXPECT_FALSE(p06(get, with("POST")));
  EXPECT_FALSE(p15(get) || p16_z(get)) << "TV-11";
  const std::string post = policy('{' + kSelector + "action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}]}");
  EXPECT_TRUE(p15(post, with("POST"))) << "TV-12";
}

TEST(Vectors, TV_16_TV_20_TV_21) {
  const std::string get = policy('{' + kRefs + "rules: [{to: [{operation: {methods: [GET]}}]}]}");
  EXPECT_FALSE(p16_w(get, with("POST"))) << "TV-16";
  EXPECT_TRUE(p16_w(get));
  EXPECT_TRUE(p15(get, with("POST"))) << "TV-17: the ztunnel of a bypass path";
  const auto ports = [](const std::string& attach, const std::string& port) {
    return policy('{' + attach + "rules: [{to: [{operation: {ports: [\"" + port + "\"]}}]}]}");
  };
  EXPECT_TRUE(p16_w(ports(kRefs, "80"))) << "TV-20";
  EXPECT_FALSE(p16_w(ports(kRefs, "8080"))) << "TV-20";
  EXPECT_FALSE(p15(ports(kSelector, "80"))) << "TV-21";
  EXPECT_TRUE(p15(ports(kSelector, "8080"))) << "TV-21";
}

TEST(Vectors, TV_23_TV_35_TV_51) {
  const std::string strict = policy("{mtls: {mode: STRICT}}", "default", "a", "PeerAuthentication");
  EXPECT_FALSE(p15(strict, with("GET", "")));
  EXPECT_TRUE(p15(strict));
  const auto normalised = [](const std::string& mode) {
    const PolicyBench bench(standard_mesh("sidecar") + policy("{rules: [{to: [{operation: {paths: [\"/a*\"]}}]}]}"),
                            "{config: {pathNormalization: {normalization: " + mode + "}}}");
    Ask ask;
    ask.path = "/a/../b";
    return bench.sidecar("a/srv", ask).allowed;
  };
  EXPECT_FALSE(normalised("BASE")) << "TV-35";
  EXPECT_TRUE(normalised("NONE")) << "TV-35";
  const std::string only =
      policy('{' + kSelector + "rules: [{from: [{source: {principals: [cluster.local/ns/a/sa/wp]}}]}]}");
  EXPECT_FALSE(p15(only) || p15(only, with("GET", ""))) << "TV-51";
  EXPECT_TRUE(p16_z(only)) << "TV-51";
}

}  // namespace meshsim::test
