#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/read/fields.h"
#include "scenarios/read/nearest_name.h"
#include "scenarios/read/object_name.h"
#include "scenarios/read/scenario.h"

namespace meshsim::scenarios {
namespace {

using models::Node;
using models::Object;
using testing::HasSubstr;

Scenario read(const std::string& body) {
  return read_scenario_text("apiVersion: meshsim/v1\nkind: Scenario\n" + body, "s.yaml");
}

std::string findings(const Scenario& s) {
  std::string out;
  for (const auto& d : s.diagnostics) out += format(d) + '\n';
  return out;
}

const Object* find_object(const Scenario& s, std::string_view kind, std::string_view ns, std::string_view name) {
  for (const Object& o : s.objects)
    if (o.kind == kind && o.ns == ns && o.name == name) return &o;
  return nullptr;
}

TEST(ScenarioReader, TheExampleOfTheDesignIsUnderstood) {
  const Scenario s = read(R"(
metadata: { name: bookinfo-mixed, description: mixed }
mesh: { profile: ossm-3.2, trustDomain: cluster.local, rootNamespace: istio-system, config: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}},
        features: { PILOT_AUTO_ALLOW_WAYPOINT_POLICY: "true" }, switches: { legacySidecarSendsHbone: true },
        jwks: { "https://keys.example/jwks.json": slow-500ms }, extAuthz: { p: { answer: deny } }, revision: default,
        injectionPolicy: enabled, undiscoveredNamespaces: [] }
labels: [ { object: namespace/bookinfo, set: { istio.io/dataplane-mode: ambient } } ]
workloads: [ { name: curl, namespace: client, mode: sidecar, serviceAccount: curl, labels: {app: curl}, replicas: 1, node: node-1,
               ports: [ { port: 80, targetPort: 8080, name: http } ] } ]
gateways: [ { name: waypoint, namespace: bookinfo, kind: waypoint, for: service } ]
policies: [ { apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: p, namespace: bookinfo}, spec: {} } ]
flows:
- name: curl reads reviews
  from: { workload: client/curl }
  to: { host: reviews.bookinfo.svc.cluster.local, port: 9080 }
  protocol: http
  request: { method: GET, path: /reviews/1, host: null, headers: {End-User: jason, x: [a, b]}, sni: null, httpVersion: HTTP/1.1,
             jwt: { issuer: i, subject: s, audiences: [], claims: {groups: [g]}, valid: true, in: {queryParam: token} },
             serverFirst: false, bytesToServer: 0, bytesToClient: 0 }
  rate: 200/s
  arrivals: poisson
  requestBytes: 512
  responseBytes: 4096
  expect: { verdict: denied, httpStatus: 403, waypointTraversed: true, deniedBy: {proxy: waypoint, policy: null},
            path: [sidecar, waypoint], policies: {bookinfo/p: bypassed}, latency: {p99: <5ms},
            metrics: [ {name: istio_requests_total, reporter: source, labels: {a: b, c: null}}, {name: x, absent: true} ] }
timeline: [ { at: 45s, scale: client/deploy/curl, replicas: 3 }, { at: 30s, restart: client/deployment/curl } ]
costs: {}
run: { duration: 2m, warmup: 10s, seed: 7, replications: 2 }
)");
  EXPECT_EQ(findings(s), "");
  EXPECT_FALSE(s.unreadable);
  EXPECT_EQ(s.name, "bookinfo-mixed");
  ASSERT_EQ(s.flows.size(), 1u);
  const auto& flow = s.flows[0].flow;
  EXPECT_EQ(flow.from.ns + '|' + flow.from.name, "client|curl");
  EXPECT_EQ(flow.to.port, 9080);
  EXPECT_EQ(flow.request.headers, (models::Headers{{"end-user", "jason"}, {"x", "a"}, {"x", "b"}}));
  ASSERT_EQ(flow.request.jwts.size(), 1u);
  EXPECT_EQ(flow.request.jwts[0].location.kind, models::TokenLocation::Kind::QueryParam);
  EXPECT_EQ(flow.request.jwts[0].claims["groups"].at(0).text(), "g");
  EXPECT_EQ(s.flows[0].traffic.per_second, 200.0);
  const Expectation& expect = *s.flows[0].expect;
  EXPECT_EQ(expect.verdict, models::Verdict::Denied);
  EXPECT_EQ(expect.http_status.value, 403);
  EXPECT_TRUE(expect.denied_by.value->policy.given);
  EXPECT_FALSE(expect.denied_by.value->policy.value.has_value());
  EXPECT_FALSE(expect.denied_by.value->name.given);
  EXPECT_EQ(expect.policies[0].second, models::PolicyStatus::Bypassed);
  EXPECT_EQ(expect.latency[0].ns, 5'000'000);
  EXPECT_TRUE(expect.metrics[1].absent);
  ASSERT_EQ(s.timeline.size(), 2u);
  EXPECT_EQ(s.timeline[0].action, TimelineEvent::Action::Restart);
  EXPECT_EQ(s.timeline[1].object->kind, "Deployment");
  EXPECT_EQ(s.run.duration_ns, 120'000'000'000);
  EXPECT_EQ(s.run.seed, 7u);
  EXPECT_EQ(find_object(s, "Namespace", "", "bookinfo")->labels.at("istio.io/dataplane-mode"), "ambient");
  EXPECT_NE(find_object(s, "Namespace", "", "client"), nullptr);
}

TEST(ScenarioReader, UnknownFieldsNameTheNearestOne) {
  const Scenario s = read("flows:\n- from: {workload: a/b}\n  to: {host: h, port: 80}\n  request:\n    metod: GET\n");
  ASSERT_EQ(s.diagnostics.size(), 1u);
  EXPECT_EQ(format(s.diagnostics[0]),
            "Error [MSH0010] (s.yaml:7:5) unknown field \"metod\" in flows[0].request; did you mean \"method\"?");
  EXPECT_TRUE(s.unreadable);
}

struct ModeCase {
  const char* mode;
  const char* label;
  const char* value;
  bool status;
};

// DP-007, DP-011, DP-012, DP-037: the marks of each mode.
TEST(ScenarioReader, WorkloadModesBecomeTheMarksOfRealPods) {
  const ModeCase cases[] = {{"sidecar", "networking.istio.io/tunnel", "http", true},
                            {"sidecar", "security.istio.io/tlsMode", "istio", true},
                            {"sidecar-legacy", "networking.istio.io/tunnel", "", true},
                            {"sidecar-legacy", "security.istio.io/tlsMode", "istio", true},
                            {"ambient", "istio.io/dataplane-mode", "ambient", false},
                            {"ambient", "sidecar.istio.io/inject", "false", false},
                            {"none", "istio.io/dataplane-mode", "none", false},
                            {"none", "sidecar.istio.io/inject", "false", false}};
  for (const ModeCase& c : cases) {
    const Scenario s = read("workloads: [{name: w, namespace: nn, mode: " + std::string(c.mode) + "}]\n");
    const Object* d = find_object(s, "Deployment", "nn", "w");
    ASSERT_NE(d, nullptr);
    const Node metadata = d->spec()["template"]["metadata"];
    EXPECT_EQ(metadata["labels"][c.label].string_or(), c.value) << c.mode << ' ' << c.label;
    EXPECT_EQ(metadata["annotations"]["sidecar.istio.io/status"].exists(), c.status) << c.mode;
    EXPECT_EQ(metadata["labels"]["app"].text(), "w");
    EXPECT_EQ(d->source().text(), "s.yaml:3");
    EXPECT_EQ(find_object(s, "Service", "nn", "w"), nullptr);
  }
}

TEST(ScenarioReader, PortsBringAService) {
  const Scenario s =
      read("workloads: [{name: w, ports: [{port: 80, targetPort: web}, {port: 90, name: grpc, targetPort: 9090}]}]\n");
  EXPECT_EQ(findings(s), "");
  const Object* service = find_object(s, "Service", "default", "w");
  ASSERT_NE(service, nullptr);
  EXPECT_EQ(service->spec()["ports"].at(0)["name"].text(), "port-80");
  EXPECT_EQ(service->spec()["ports"].at(0)["targetPort"].text(), "web");
  EXPECT_EQ(service->spec()["ports"].at(1)["targetPort"].integer(), 9090);
  EXPECT_EQ(service->spec()["selector"]["app"].text(), "w");
  const Object* d = find_object(s, "Deployment", "default", "w");
  const Node ports = d->spec()["template"]["spec"]["containers"].at(0)["ports"];
  EXPECT_EQ(ports.at(0)["containerPort"].integer(), 80);
  EXPECT_EQ(ports.at(0)["name"].text(), "web");
  EXPECT_EQ(ports.at(1)["containerPort"].integer(), 9090);
}

TEST(ScenarioReader, GatewaysBecomeGatewayApiObjects) {
  const Scenario s = read(
      "gateways:\n- {name: w, namespace: nn, kind: waypoint, for: all}\n- {name: i, kind: ingress}\n"
      "- {name: e, kind: egress, ports: [{port: 443, protocol: TLS}]}\n- {name: ew, kind: east-west}\n");
  EXPECT_EQ(findings(s), "");
  const Object* w = find_object(s, "Gateway", "nn", "w");
  ASSERT_NE(w, nullptr);
  EXPECT_EQ(w->api_group, "gateway.networking.k8s.io");
  EXPECT_EQ(w->spec()["gatewayClassName"].text(), "istio-waypoint");
  EXPECT_EQ(w->labels.at("istio.io/waypoint-for"), "all");
  EXPECT_EQ(w->spec()["listeners"].at(0)["port"].integer(), 15008);
  EXPECT_EQ(find_object(s, "Gateway", "default", "i")->spec()["listeners"].at(0)["protocol"].text(), "HTTP");
  EXPECT_EQ(find_object(s, "Gateway", "default", "e")->spec()["listeners"].at(0)["tls"]["mode"].text(), "Passthrough");
  EXPECT_EQ(find_object(s, "Gateway", "default", "ew")->spec()["gatewayClassName"].text(), "istio-east-west");
}

TEST(ScenarioReader, LabelOverlaysChangeTheTemplateToo) {
  const Scenario s = read(
      "workloads: [{name: w, namespace: nn, labels: {app: w, tier: x}}]\n"
      "labels: [{object: nn/deploy/w, set: {istio.io/use-waypoint: wp, tier: null}},\n"
      "         {object: ns/other, set: {a: b}}]\n");
  EXPECT_EQ(findings(s), "");
  const Object* d = find_object(s, "Deployment", "nn", "w");
  EXPECT_EQ(d->labels.at("istio.io/use-waypoint"), "wp");
  EXPECT_FALSE(d->labels.contains("tier"));
  const Node labels = d->spec()["template"]["metadata"]["labels"];
  EXPECT_EQ(labels["istio.io/use-waypoint"].text(), "wp");
  EXPECT_FALSE(labels["tier"].exists());
  EXPECT_EQ(d->spec()["selector"]["matchLabels"]["tier"].text(), "x");
  EXPECT_EQ(find_object(s, "Namespace", "", "other")->labels.at("a"), "b");
  const Scenario missing =
      read("workloads: [{name: reviews, namespace: nn}]\nlabels: [{object: nn/deploy/reviewz, set: {a: b}}]\n");
  EXPECT_THAT(findings(missing), HasSubstr("Error [MSH0013] (s.yaml:4:19) there is no Deployment nn/reviewz"));
  EXPECT_THAT(findings(missing), HasSubstr("did you mean \"nn/reviews\"?"));
}

TEST(ScenarioReader, ATokenIsDecoded) {
  // {"alg":"RS256"} . {"iss":"https://i","sub":"s","aud":["a","b"],"groups":["g"]}
  const std::string raw =
      "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2kiLCJzdWIiOiJzIiwiYXVkIjpbImEiLCJiIl0sImdyb3VwcyI6WyJnIl19.c2ln";
  const std::string head = "flows:\n- from: {workload: a/b}\n  to: {host: h, port: 80}\n  request: {jwt: ";
  const Scenario s = read(head + raw + "}\n");
  EXPECT_EQ(findings(s), "");
  const models::Jwt& jwt = s.flows[0].flow.request.jwts[0];
  EXPECT_EQ(jwt.issuer, "https://i");
  EXPECT_EQ(jwt.subject, "s");
  EXPECT_EQ(jwt.audiences, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(jwt.claims["groups"].at(0).text(), "g");
  EXPECT_EQ(jwt.raw, raw);
  EXPECT_TRUE(jwt.valid);
  const Scenario wrong = read(head + "{raw: abc, in: {header: X-Token, prefix: 'Token '}}}\n");
  EXPECT_FALSE(wrong.flows[0].flow.request.jwts[0].valid);
  EXPECT_EQ(wrong.flows[0].flow.request.jwts[0].location.name, "x-token");
  EXPECT_THAT(findings(wrong), HasSubstr("Warning [MSH0014]"));
  EXPECT_FALSE(wrong.unreadable);
}

TEST(ScenarioReader, MeshConfigOfTheConfigMapIsParsed) {
  const Scenario s = read(
      "policies:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: istio, namespace: istio-system}\n"
      "  data:\n    mesh: |\n      trustDomain: td\n      defaultConfig: {proxyMetadata: {A: b}}\n");
  EXPECT_EQ(findings(s), "");
  ASSERT_EQ(s.mesh.mesh_configs.size(), 1u);
  EXPECT_EQ(s.mesh.mesh_configs[0]->root()["trustDomain"].text(), "td");
}

TEST(ScenarioReader, MeshNetworksOfTheConfigMapAreParsed) {
  const Scenario s = read(
      "policies:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: istio, namespace: istio-system}\n"
      "  data:\n    meshNetworks: |\n      networks: {far: {endpoints: [{fromRegistry: c2}]}}\n");
  EXPECT_EQ(findings(s), "");
  EXPECT_TRUE(s.mesh.mesh_configs.empty());
  ASSERT_TRUE(s.mesh.mesh_networks);
  EXPECT_TRUE(s.mesh.mesh_networks->root()["networks"]["far"].is_mapping());
  const Scenario wrong = read(
      "policies:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: istio, namespace: istio-system}\n"
      "  data: {meshNetworks: 7}\n");
  EXPECT_THAT(findings(wrong), HasSubstr("data.meshNetworks must be the text of a MeshNetworks"));
}

TEST(ScenarioReader, ProxyConfigOfAnnotationsIsParsed) {
  const std::string pod =
      "policies:\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: a, namespace: nn}\n  spec:\n"
      "    selector: {matchLabels: {app: a}}\n    template:\n      metadata:\n        labels: {app: a}\n"
      "        annotations: {proxy.istio.io/config: '%'}\n      spec: {containers: []}\n";
  const auto with = [&](const std::string& text) { return std::string(pod).replace(pod.find('%'), 1, text); };
  const Scenario s = read(with("proxyHeaders: {requestId: {disabled: true}}"));
  EXPECT_EQ(findings(s), "");
  ASSERT_EQ(s.mesh.proxy_configs.size(), 1u);
  EXPECT_TRUE(
      s.mesh.proxy_configs.begin()->second->root()["proxyHeaders"]["requestId"]["disabled"].boolean().value_or(false));
  const Scenario wrong = read(with("a: [b"));
  EXPECT_THAT(findings(wrong), HasSubstr("annotation proxy.istio.io/config, its line "));
  EXPECT_FALSE(wrong.unreadable) << "the webhook refuses the pod; the rest is still judged";
}

TEST(ScenarioReader, ManifestsAloneAreAScenarioWithoutFlows) {
  const Scenario s =
      read_scenario_text("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: nn}\n", "m.yaml");
  EXPECT_FALSE(s.declared);
  EXPECT_TRUE(s.flows.empty());
  EXPECT_EQ(s.name, "m");
  EXPECT_NE(find_object(s, "Namespace", "", "nn"), nullptr);
  EXPECT_NE(find_object(s, "ServiceAccount", "nn", "a"), nullptr);
}

TEST(ScenarioReader, SourcesOfFlowsPointIntoTheFile) {
  const Scenario s = read(
      "flows:\n- from: {outside: true, ip: 203.0.113.7}\n  to: {pod: nn/w, port: 80, gateway: nn/g}\n  protocol: "
      "grpc\n");
  EXPECT_EQ(findings(s), "");
  EXPECT_EQ(s.flows[0].flow.source.text(), "s.yaml:4");
  EXPECT_EQ(s.flows[0].flow.from.ip->text(), "203.0.113.7");
  EXPECT_EQ(s.flows[0].flow.request.http_version, "HTTP/2");
  EXPECT_EQ(s.flows[0].flow.name, "outside to nn/w:80");
}

TEST(Fields, DurationsAndRates) {
  EXPECT_EQ(parse_duration("30s"), 30'000'000'000);
  EXPECT_EQ(parse_duration("1m30s"), 90'000'000'000);
  EXPECT_EQ(parse_duration("1.5h"), 5'400'000'000'000);
  EXPECT_EQ(parse_duration("250ms"), 250'000'000);
  EXPECT_EQ(parse_duration("0"), 0);
  for (const char* bad : {"", "30", "s", "-1s", "1d", "1s1", "1 s", "infs"}) EXPECT_FALSE(parse_duration(bad)) << bad;
  EXPECT_EQ(parse_rate("200/s"), 200);
  EXPECT_EQ(parse_rate("12/m"), 0.2);
  EXPECT_EQ(parse_rate("5"), 5);
  for (const char* bad : {"", "/s", "x/s", "5/d", "-5/s", "inf/s"}) EXPECT_FALSE(parse_rate(bad)) << bad;
}

TEST(NearestName, FindsWhatWasMeant) {
  const std::string_view known[] = {"method", "headers", "httpVersion", "waypointTraversed", "from", "to"};
  EXPECT_EQ(nearest_name("metod", known), "method");
  EXPECT_EQ(nearest_name("header", known), "headers");
  EXPECT_EQ(nearest_name("http_version", known), "httpVersion");
  EXPECT_EQ(nearest_name("form", known), "from");
  EXPECT_EQ(nearest_name("waypoint", known), "waypointTraversed");
  EXPECT_EQ(nearest_name("colour", known), "");
}

TEST(ObjectName, KindsAreWrittenAsForKubectl) {
  EXPECT_EQ(parse_object_name("ns/bookinfo")->kind, "Namespace");
  EXPECT_EQ(parse_object_name("bookinfo/deploy/x")->kind, "Deployment");
  EXPECT_EQ(parse_object_name("deployments/x")->ns, "default");
  EXPECT_EQ(parse_object_name("a/AuthorizationPolicy/x")->kind, "AuthorizationPolicy");
  EXPECT_EQ(parse_object_name("a/wasm/x")->kind, "Wasm");
  EXPECT_FALSE(parse_object_name("x"));
  EXPECT_FALSE(parse_object_name("a//x"));
  EXPECT_FALSE(parse_object_name("a/b/c/d"));
}

}  // namespace
}  // namespace meshsim::scenarios
