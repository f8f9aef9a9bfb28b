// What policies and filters do to the walk besides admitting or refusing it.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/models/dataplane/support.h"

namespace meshsim::models::testing {
namespace {

Outcome only(const std::string& more, Flow flow, std::string_view mesh = "{profile: ossm-3.2}") {
  const auto outcomes = judge(world_of(echo_mesh(more), mesh), flow).outcomes;
  EXPECT_EQ(outcomes.size(), 1u);
  return outcomes.at(0);
}

Flow plain_to_sidecar(const std::string& path = "/") {
  Flow flow = flow_of("echo/plain", "sidecar.echo", 80);
  flow.request.path = path;
  return flow;
}

std::string policy(const std::string& kind, const std::string& spec,
                   const std::string& group = "security.istio.io/v1") {
  return "\n---\napiVersion: " + group + "\nkind: " + kind + "\nmetadata: {name: p, namespace: echo}\nspec: " + spec +
         '\n';
}

bool says(const Outcome& outcome, const std::string& rule, const std::string& text) {
  return std::any_of(outcome.reasons.begin(), outcome.reasons.end(),
                     [&](const Reason& r) { return r.rule == rule && r.text.find(text) != std::string::npos; });
}

}  // namespace

TEST(PolicyEffects, a_client_cannot_forge_what_the_jwt_filter_writes_PO_106) {
  const std::string tokens = policy("RequestAuthentication",
                                    "{jwtRules: [{issuer: I, jwksUri: \"https://k\", outputClaimToHeaders: "
                                    "[{header: x-user, claim: sub}], outputPayloadToHeader: x-claims}]}");
  Flow flow = plain_to_sidecar();
  flow.request.headers = {{"x-user", "admin"}, {"x-claims", "e30"}, {"x-other", "stays"}};
  const auto value = [](const Outcome& o, const std::string& name) {
    for (const auto& [key, text] : o.upstream.headers)
      if (key == name) return text;
    return std::string("-");
  };
  const Outcome anonymous = only(tokens, flow);
  EXPECT_EQ(summary(anonymous), "allowed 200 plaintext sidecar");
  EXPECT_EQ(value(anonymous, "x-user"), "-");
  EXPECT_EQ(value(anonymous, "x-claims"), "-");
  EXPECT_EQ(value(anonymous, "x-other"), "stays");
  Jwt token;
  token.issuer = "I";
  token.subject = "somebody";
  flow.request.jwts = {token};
  const Outcome known = only(tokens, flow);
  EXPECT_EQ(value(known, "x-user"), "somebody");
  EXPECT_NE(value(known, "x-claims"), "e30");
  EXPECT_EQ(value(only("", flow), "x-user"), "admin") << "nothing clears it where no filter is";
  EXPECT_EQ(value(known, "authorization"), "-") << "PO-106: taken away";
  EXPECT_EQ(value(only("", flow), "authorization"), "Bearer <token>") << "PO-106: nobody takes it away";
}

TEST(PolicyEffects, the_application_reads_the_normalised_path_PO_047) {
  EXPECT_EQ(only("", plain_to_sidecar("/a/../b\\c?q=/../x")).upstream.path, "/b/c?q=/../x");
  EXPECT_EQ(only("", plain_to_sidecar("/a/../b"), "{config: {pathNormalization: {normalization: NONE}}}").upstream.path,
            "/a/../b");
  EXPECT_EQ(only("", plain_to_sidecar("//a%2F%2e%2e"),
                 "{config: {pathNormalization: {normalization: DECODE_AND_MERGE_SLASHES}}}")
                .upstream.path,
            "/");
  EXPECT_EQ(only("", plain_to_sidecar("/app#foo?x=1")).upstream.path, "/app") << "a fragment is never sent (PO-036)";
}

TEST(PolicyEffects, what_no_codec_takes_is_answered_400_by_the_proxy_PO_035_PO_047) {
  Flow flow = plain_to_sidecar("/a%00b");
  const Outcome path = only("", flow);
  EXPECT_EQ(path.verdict, Verdict::Unreachable);
  EXPECT_EQ(path.http_status, 400);
  EXPECT_EQ(path.answered_by, ProxyKind::Sidecar);
  EXPECT_FALSE(path.denied_by.has_value());
  EXPECT_TRUE(cites(path, "PO-047"));
  flow = plain_to_sidecar();
  flow.request.method = "get";
  EXPECT_EQ(only("", flow).http_status, 400);
  EXPECT_TRUE(cites(only("", flow), "PO-035"));
  Flow through = flow_of("echo/sidecar", "plain.echo", 80);
  through.request.method = "get";
  EXPECT_EQ(summary(only("", through)), "unreachable 400 - sidecar") << "the client's own Envoy";
  std::tie(through.from.ns, through.from.name) = std::pair("echo", "ambient");
  EXPECT_EQ(only("", through).verdict, Verdict::Allowed) << "ztunnel reads no methods";
}

TEST(PolicyEffects, the_verdict_says_what_a_real_cluster_would_not_accept_PO_202) {
  const std::string bad = "{action: DENY, rules: [{to: [{operation: {ports: [\"x\"]}}]}]}";
  for (const char* server : {"sidecar.echo", "ambient.echo"}) {
    const Outcome out = only(policy("AuthorizationPolicy", bad), flow_of("echo/plain", server, 80));
    EXPECT_TRUE(says(out, "PO-202", "a real cluster would not accept AuthorizationPolicy echo/p")) << server;
  }
  const Outcome good =
      only(policy("AuthorizationPolicy", "{action: DENY, rules: [{to: [{operation: {ports: [\"1\"]}}]}]}"),
           plain_to_sidecar());
  EXPECT_FALSE(says(good, "PO-202", ""));
}

TEST(PolicyEffects, a_filter_on_the_clients_side_makes_it_unknown_PO_136_PO_137) {
  const auto filter = [](const std::string& context, const std::string& operation = "INSERT_BEFORE") {
    return policy(
        "EnvoyFilter",
        "{workloadSelector: {labels: {app: sidecar}}, configPatches: [{applyTo: HTTP_FILTER, match: {context: " +
            context + "}, patch: {operation: " + operation + ", value: {name: envoy.filters.http.lua}}}]}",
        "networking.istio.io/v1alpha3");
  };
  const Flow out = flow_of("echo/sidecar", "ambient.echo", 80), in = flow_of("echo/ambient", "sidecar.echo", 80);
  EXPECT_EQ(only(filter("SIDECAR_OUTBOUND"), out).verdict, Verdict::Unknown);
  EXPECT_EQ(only(filter("SIDECAR_OUTBOUND"), in).verdict, Verdict::Allowed);
  EXPECT_EQ(only(filter("ANY", "REMOVE"), out).verdict, Verdict::Allowed) << "no protection to remove there";
  EXPECT_EQ(only(filter("ANY", "REMOVE"), in).verdict, Verdict::Unknown);
  EXPECT_EQ(only(filter("SIDECAR_INBOUND"), out).verdict, Verdict::Allowed);
  EXPECT_EQ(only(filter("SIDECAR_INBOUND"), in).verdict, Verdict::Unknown);
  EXPECT_EQ(only(filter("GATEWAY"), in).verdict, Verdict::Allowed);
  const Flow bytes = flow_of("echo/ambient", "sidecar.echo", 9090, FlowProtocol::Tcp);
  const Outcome tcp = only(filter("SIDECAR_INBOUND"), bytes);
  EXPECT_EQ(tcp.verdict, Verdict::Allowed) << "an HTTP filter sees no bytes";
  ASSERT_NE(finding(tcp, "echo/p"), nullptr);
  EXPECT_EQ(finding(tcp, "echo/p")->status, PolicyStatus::NotApplicable);
  const auto plugin = [](const std::string& match) {
    return policy("WasmPlugin", "{selector: {matchLabels: {app: sidecar}}, url: \"oci://x\"" + match + '}',
                  "extensions.istio.io/v1alpha1");
  };
  EXPECT_EQ(only(plugin(""), out).verdict, Verdict::Unknown);
  EXPECT_EQ(only(plugin(""), in).verdict, Verdict::Unknown);
  EXPECT_EQ(only(plugin(", match: [{mode: SERVER}]"), out).verdict, Verdict::Allowed);
  EXPECT_EQ(only(plugin(", match: [{mode: CLIENT}]"), in).verdict, Verdict::Allowed);
  EXPECT_EQ(only(plugin(""), bytes).verdict, Verdict::Allowed);
  EXPECT_EQ(only(plugin(", type: NETWORK"), bytes).verdict, Verdict::Unknown);
  const Outcome refused = only(plugin("") +
                                   "\n---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n"
                                   "metadata: {name: none, namespace: echo}\nspec: {}\n",
                               out);
  EXPECT_EQ(refused.verdict, Verdict::Denied) << "ztunnel decides without HTTP";
  ASSERT_NE(finding(refused, "echo/p"), nullptr);
  EXPECT_EQ(finding(refused, "echo/p")->status, PolicyStatus::NotEvaluated);
}

TEST(PolicyEffects, a_rule_that_fails_on_the_peer_behind_a_waypoint_says_whose_identity_it_saw_PO_075) {
  const std::string mesh = R"(
---
apiVersion: v1
kind: Service
metadata: {name: fixed, namespace: echo, labels: {istio.io/use-waypoint: wp}}
spec: {selector: {app: ambient}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: wp, namespace: echo}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
)";
  const auto why = [&](const std::string& spec, const std::string& host) {
    const Outcome out = only(mesh + policy("AuthorizationPolicy", spec), flow_of("echo/sidecar", host, 80));
    const PolicyFinding* found = finding(out, "echo/p");
    return found == nullptr ? std::string("absent") : found->why;
  };
  const std::string deny = "{selector: {matchLabels: {app: ambient}}, action: DENY, rules: [{from: [{source: ";
  const auto behind = [&](const std::string& spec) {
    const Outcome out = only(mesh + policy("AuthorizationPolicy", spec), flow_of("echo/ambient", "fixed.echo", 80));
    return finding(out, "echo/p")->why.find("the peer here is the waypoint echo/wp, not the client") !=
           std::string::npos;
  };
  EXPECT_TRUE(behind(deny + "{principals: [cluster.local/ns/echo/sa/ambient]}}]}]}"));
  EXPECT_TRUE(behind(deny + "{ipBlocks: [10.77.0.0/16]}}]}]}"));
  EXPECT_FALSE(
      behind("{selector: {matchLabels: {app: ambient}}, action: DENY, rules: [{to: [{operation: {ports: "
             "[\"1\"]}}]}]}"));
  EXPECT_EQ(why(deny + "{principals: [cluster.local/ns/echo/sa/other]}}]}]}", "ambient.echo").find("not the client"),
            std::string::npos)
      << "a direct path";
}

TEST(PolicyEffects, the_waypoint_sees_the_service_address_the_pod_its_own_PO_072) {
  const auto world = [](const std::string& attach) {
    return R"(
---
apiVersion: v1
kind: Service
metadata: {name: fixed, namespace: echo, labels: {istio.io/use-waypoint: wp}}
spec: {clusterIP: 10.96.7.7, selector: {app: ambient}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: wp, namespace: echo}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
)" + policy("AuthorizationPolicy",
            "{" + attach + ", action: DENY, rules: [{when: [{key: destination.ip, values: [10.96.7.7]}]}]}");
  };
  const Flow flow = flow_of("echo/ambient", "fixed.echo", 80);
  EXPECT_EQ(summary(only(world("targetRefs: [{kind: Service, name: fixed}]"), flow)), "denied 403 - ztunnel,waypoint");
  EXPECT_EQ(only(world("selector: {matchLabels: {app: ambient}}"), flow).verdict, Verdict::Allowed);
}

TEST(PolicyEffects, authorization_policies_never_act_on_the_clients_side_PF_44_PO_013) {
  const std::string nothing = policy("AuthorizationPolicy", "{selector: {matchLabels: {app: sidecar}}}");
  EXPECT_EQ(only(nothing, flow_of("echo/sidecar", "plain.echo", 80)).verdict, Verdict::Allowed);
  EXPECT_EQ(only(nothing, plain_to_sidecar()).verdict, Verdict::Denied);
}

}  // namespace meshsim::models::testing
