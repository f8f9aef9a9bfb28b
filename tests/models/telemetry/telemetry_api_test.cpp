// The Telemetry API at Envoys: TM-170..TM-177, PO-134. Cases named as in istio/istio pilot/pkg/model/telemetry_test.go
// and telemetry_logging_test.go (master 2026-08).
#include <algorithm>

#include <gtest/gtest.h>

#include "models/telemetry/telemetry_rules.h"
#include "tests/models/telemetry/resources.h"

namespace meshsim::models {
namespace {

using bench::add_telemetry;
using bench::As;
using bench::Bench;
using bench::find_metric;
using bench::set_config;
constexpr Transport kMtls = Transport::Mtls, kHbone = Transport::Hbone;

// One request from sidecar to sidecar.
Outcome sidecars(const Bench& b) {
  return b.observe(b.http_flow(), b.outcome({b.sidecar_out(kMtls), b.sidecar_in(kMtls, b.client_id())}, kMtls));
}
Outcome through_waypoint(const Bench& b) {
  return b.observe(b.http_flow(), b.outcome({b.ztunnel_out(kHbone), b.middle(b.waypoint, kHbone, b.client_id()),
                                             b.ztunnel_in(kHbone, b.waypoint_id())},
                                            kHbone));
}
const Metric* requests(const Outcome& out, std::string_view reporter) {
  return find_metric(out, "istio_requests_total", reporter);
}

const char* const kDisableAll = R"({"metrics":[{"providers":[{"name":"prometheus"}],
    "overrides":[{"match":{"metric":"ALL_METRICS"},"disabled":true}]}]})";
const char* const kOverride =
    R"({"metrics":[{"providers":[{"name":"prometheus"}],"overrides":[{"match":{"metric":"REQUEST_COUNT"},
    "tagOverrides":{"source_principal":{"operation":"REMOVE"},"add":{"value":"'bar'"}}}]}]})";

TEST(TelemetryApi, TM170_DisabledPrometheus) {
  Bench b(As::Sidecar, As::Sidecar);
  add_telemetry(b, "istio-system", "mesh", kDisableAll);
  EXPECT_TRUE(sidecars(b).telemetry.metrics.empty());
}

TEST(TelemetryApi, TM170_DisabledImplicitly) {
  Bench b(As::Sidecar, As::Sidecar);
  add_telemetry(b, "istio-system", "mesh", R"({"metrics":[{"overrides":[{"disabled":true}]}]})");
  EXPECT_TRUE(sidecars(b).telemetry.metrics.empty());
}

TEST(TelemetryApi, TM170_DisabledThenEmptyStaysDisabled) {
  Bench b(As::Sidecar, As::Sidecar);
  add_telemetry(b, "istio-system", "mesh", kDisableAll);
  add_telemetry(b, "shop", "ns", R"({"metrics":[{"providers":[{"name":"prometheus"}]}]})");
  EXPECT_EQ(requests(sidecars(b), "source"), nullptr);
}

TEST(TelemetryApi, TM170_DisabledThenOverridesLiftsAll) {
  Bench b(As::Sidecar, As::Sidecar);
  add_telemetry(b, "istio-system", "mesh", kDisableAll);
  add_telemetry(b, "shop", "ns", kOverride);
  const Outcome out = sidecars(b);
  const Metric* m = requests(out, "source");
  ASSERT_NE(m, nullptr);
  EXPECT_EQ(m->labels.at("add"), "bar");
  EXPECT_FALSE(m->labels.contains("source_principal"));
  const Metric* bytes = find_metric(out, "istio_request_bytes", "source");
  ASSERT_NE(bytes, nullptr);
  EXPECT_FALSE(bytes->labels.contains("add"));
  EXPECT_EQ(requests(out, "destination"), nullptr);  // the other namespace stays as the root says
}

TEST(TelemetryApi, TM172_ModeMatch) {
  Bench b(As::Sidecar, As::Sidecar);
  add_telemetry(
      b, "istio-system", "mesh",
      R"({"metrics":[{"overrides":[{"match":{"metric":"REQUEST_COUNT","mode":"CLIENT"},"disabled":true}]}]})");
  const Outcome out = sidecars(b);
  EXPECT_EQ(requests(out, "source"), nullptr);
  EXPECT_NE(requests(out, "destination"), nullptr);
  EXPECT_NE(find_metric(out, "istio_request_bytes", "source"), nullptr);
}

TEST(TelemetryApi, TM174_LaterOverrideWinsTagByTag) {
  Bench b(As::Sidecar, As::Sidecar);
  add_telemetry(b, "istio-system", "mesh", R"({"metrics":[{"overrides":[
      {"match":{"metric":"REQUEST_COUNT"},"tagOverrides":{"add":{"value":"'first'"},"one":{"value":"'1'"}}},
      {"tagOverrides":{"add":{"value":"'bar'"},"destination_cluster":{"operation":"REMOVE"}}}]}]})");
  const Outcome out = sidecars(b);
  EXPECT_EQ(requests(out, "source")->labels.at("add"), "bar");
  EXPECT_EQ(requests(out, "source")->labels.at("one"), "1");
  EXPECT_FALSE(requests(out, "source")->labels.contains("destination_cluster"));
}

TEST(TelemetryApi, TM170_SelectorAndNoDefaultProvider) {
  Bench b(As::Sidecar, As::Sidecar);
  set_config(b, R"({"defaultProviders":{}})");
  EXPECT_TRUE(sidecars(b).telemetry.metrics.empty());
  add_telemetry(
      b, "shop", "only",
      R"({"selector":{"matchLabels":{"app":"productpage"}},"metrics":[{"providers":[{"name":"Prometheus"}]}]})");
  add_telemetry(b, "back", "other",
                R"({"selector":{"matchLabels":{"app":"other"}},"metrics":[{"providers":[{"name":"prometheus"}]}]})");
  const Outcome out = sidecars(b);
  EXPECT_NE(requests(out, "source"), nullptr);
  EXPECT_EQ(requests(out, "destination"), nullptr);
}

TEST(TelemetryApi, TM171_ZtunnelIgnoresIt) {
  Bench b(As::Ambient, As::Ambient);
  add_telemetry(b, "istio-system", "mesh", kDisableAll);
  const Outcome out = through_waypoint(b);
  EXPECT_EQ(requests(out, "waypoint"), nullptr);
  EXPECT_NE(find_metric(out, "istio_tcp_connections_opened_total", "source"), nullptr);
}

TEST(TelemetryApi, TM176_TargetRefsService) {
  Bench b(As::Ambient, As::Ambient);
  add_telemetry(b, "back", "svc",
                R"({"targetRefs":[{"group":"core","kind":"Service","name":"reviews"}],"metrics":[{"overrides":[
      {"match":{"metric":"REQUEST_COUNT"},"tagOverrides":{"custom_dimension":{"value":"'test'"},"source_principal":{"operation":"REMOVE"}}}]}]})");
  add_telemetry(
      b, "back", "wrong",
      R"({"targetRefs":[{"kind":"Service","name":"ratings"}],"metrics":[{"overrides":[{"disabled":true}]}]})");
  const Outcome out = through_waypoint(b);
  const Metric* m = requests(out, "waypoint");
  ASSERT_NE(m, nullptr);
  EXPECT_EQ(m->labels.at("custom_dimension"), "test");
  EXPECT_FALSE(m->labels.contains("source_principal"));
}

TEST(TelemetryApi, PO134_NamespaceOfTheServiceReachesAWaypointElsewhere) {
  Bench b(As::Ambient, As::Ambient);
  b.mesh.gateways[b.waypoint].ns = "infra";
  b.mesh.workloads[b.mesh.gateways[b.waypoint].workload].ns = "infra";
  add_telemetry(b, "back", "ns", kOverride);
  EXPECT_EQ(requests(through_waypoint(b), "waypoint")->labels.at("add"), "bar");
  b.mesh.settings.profile.telemetry_of_service_namespace = false;  // before 1.30
  EXPECT_FALSE(requests(through_waypoint(b), "waypoint")->labels.contains("add"));
}

TEST(TelemetryApi, PO134_SelectorNeverReachesAWaypoint) {
  Bench b(As::Ambient, As::Ambient);
  add_telemetry(b, "back", "sel", R"({"selector":{"matchLabels":{"gateway.networking.k8s.io/gateway-name":"waypoint"}},
      "metrics":[{"overrides":[{"disabled":true}]}]})");
  EXPECT_NE(requests(through_waypoint(b), "waypoint"), nullptr);
  add_telemetry(b, "back", "gw",
                R"({"targetRefs":[{"group":"gateway.networking.k8s.io","kind":"Gateway","name":"waypoint"}],
      "metrics":[{"overrides":[{"disabled":true}]}]})");
  EXPECT_EQ(requests(through_waypoint(b), "waypoint"), nullptr);
}

// istio/istio testdata/additional-labels.yaml.
TEST(TelemetryApi, TM177_AdditionalLabelsOfPeers) {
  Bench b(As::LegacySidecar, As::LegacySidecar);
  b.mesh.workloads[b.server].labels["custom-label"] = "b";
  b.mesh.workloads[b.client].labels["custom-label"] = "a";
  b.mesh.settings.features["PILOT_MX_ADDITIONAL_LABELS"] = "role,custom-label";
  const char* spec = R"({"metrics":[{"overrides":[
      {"match":{"metric":"ALL_METRICS","mode":"CLIENT"},"tagOverrides":{"upstream_custom_label":{"value":"filter_state.upstream_peer.labels['custom-label']"}}},
      {"match":{"metric":"ALL_METRICS","mode":"SERVER"},"tagOverrides":{"downstream_custom_label":{"value":"filter_state.downstream_peer.labels['custom-label']"}}}]}]})";
  add_telemetry(b, "istio-system", "mesh", spec);
  const Outcome out = sidecars(b);
  EXPECT_EQ(requests(out, "source")->labels.at("upstream_custom_label"), "b");
  EXPECT_EQ(requests(out, "destination")->labels.at("downstream_custom_label"), "a");
}

std::vector<std::string> loggers(const Bench& b, TelemetryMode mode) {
  const World world = b.world();
  const Workload& client = world.mesh->workloads[b.client];
  std::vector<std::string> names;
  for (const LogRule& rule :
       TelemetryRules::compile(*world.mesh)->logs({client.ns, &client.labels, nullptr, false, nullptr}, mode))
    names.push_back(rule.provider);
  return names;
}
using Names = std::vector<std::string>;
const char* const kJsonProvider =
    R"({"extensionProviders":[{"name":"envoy-json","envoyFileAccessLog":{"path":"/dev/stdout","logFormat":{"labels":{}}}}]})";

void add_json_provider(Bench& b) {
  set_config(b, kJsonProvider);
  ExtensionProvider provider;
  provider.name = "envoy-json";
  provider.kind = "envoyFileAccessLog";
  provider.node = b.mesh.settings.config.back()["extensionProviders"].at(0);
  b.mesh.settings.extension_providers.push_back(provider);
}

TEST(TelemetryApi, TM140_AccessLogCases) {
  const std::string envoy = R"({"accessLogging":[{"providers":[{"name":"envoy"}]}]})";
  const std::string client = R"({"accessLogging":[{"match":{"mode":"CLIENT"},"providers":[{"name":"envoy"}]}]})";
  const std::string disabled = R"({"accessLogging":[{"disabled":true}]})";
  const std::string different = R"({"accessLogging":[{"match":{"mode":"SERVER"},"providers":[{"name":"envoy"}]},
      {"match":{"mode":"CLIENT"},"providers":[{"name":"envoy-json"}]}]})";
  const std::string several =
      R"({"accessLogging":[{"providers":[{"name":"envoy"}]},{"providers":[{"name":"envoy-json"}]}]})";
  const std::string one_disabled =
      R"({"accessLogging":[{"providers":[{"name":"envoy"}]},{"providers":[{"name":"envoy-json"}],"disabled":true}]})";
  struct Case {
    const char* name;
    std::vector<std::string> root, ns;
    TelemetryMode mode;
    Names want;
  };
  const std::vector<Case> cases = {
      {"empty", {}, {}, TelemetryMode::Client, {}},
      {"provider only", {envoy}, {}, TelemetryMode::Client, {"envoy"}},
      {"client - outbound", {client}, {}, TelemetryMode::Client, {"envoy"}},
      {"client - inbound", {client}, {}, TelemetryMode::Server, {}},
      {"override namespace",
       {envoy},
       {R"({"accessLogging":[{"providers":[{"name":"envoy-json"}]}]})"},
       TelemetryMode::Client,
       {"envoy-json"}},
      {"empty config inherits", {envoy}, {R"({"accessLogging":[{}]})"}, TelemetryMode::Client, {"envoy"}},
      {"disable config", {envoy}, {disabled}, TelemetryMode::Client, {}},
      {"non existing", {R"({"accessLogging":[{"providers":[{"name":"custom"}]}]})"}, {}, TelemetryMode::Client, {}},
      {"server and client different - inbound", {different}, {}, TelemetryMode::Server, {"envoy"}},
      {"server and client different - outbound", {different}, {}, TelemetryMode::Client, {"envoy-json"}},
      {"multi accesslogging", {envoy}, {several}, TelemetryMode::Client, {"envoy", "envoy-json"}},
      {"multi accesslogging with disabled", {envoy}, {one_disabled}, TelemetryMode::Client, {"envoy"}},
  };
  for (const Case& c : cases) {
    Bench b(As::Sidecar, As::Sidecar);
    add_json_provider(b);
    for (const std::string& spec : c.root) add_telemetry(b, "istio-system", "default", spec);
    for (const std::string& spec : c.ns) add_telemetry(b, "shop", "default", spec);
    EXPECT_EQ(loggers(b, c.mode), c.want) << c.name;
  }
}

TEST(TelemetryApi, TM140_MeshConfigFileIsTheFallback) {
  Bench b(As::Sidecar, As::Sidecar);
  set_config(b, R"({"accessLogFile":"/dev/stdout"})");
  EXPECT_EQ(loggers(b, TelemetryMode::Client), (Names{"accessLogFile"}));
  add_telemetry(b, "istio-system", "off", R"({"accessLogging":[{"providers":[{"name":"envoy"}],"disabled":true}]})");
  EXPECT_EQ(loggers(b, TelemetryMode::Client), (Names{}));  // disabled is not absent
}

TEST(TelemetryApi, TM143_DenialLineAndFilter) {
  Bench b(As::Sidecar, As::Sidecar);
  add_telemetry(
      b, "istio-system", "logs",
      R"({"accessLogging":[{"providers":[{"name":"envoy"}],"filter":{"expression":"response.code >= 400"}}]})");
  EXPECT_TRUE(sidecars(b).telemetry.logs.empty());
  Outcome out = b.outcome({b.sidecar_out(kMtls), b.sidecar_in(kMtls, b.client_id())}, kMtls);
  out.verdict = Verdict::Denied;
  out.http_status = 403;
  out.denied_by = DeniedBy{ProxyKind::Sidecar, "back/reviews-v1", "back/viewer", 1, {}};
  out = b.observe(b.http_flow(), out);
  ASSERT_EQ(out.telemetry.logs.size(), 2u);
  const auto& line = out.telemetry.logs[1].fields;
  EXPECT_EQ(line.at("response_code"), "403");
  EXPECT_EQ(line.at("response_flags"), "-");
  EXPECT_EQ(line.at("response_code_details"), "rbac_access_denied_matched_policy[ns[back]-policy[viewer]-rule[1]]");
  EXPECT_EQ(line.at("bytes_sent"), "19");
  EXPECT_EQ(line.at("upstream_host"), "-");
  EXPECT_EQ(line.at("upstream_cluster"), "inbound|9080||");
  EXPECT_EQ(out.telemetry.logs[0].fields.at("response_code_details"), "via_upstream");
  out.denied_by->policy.reset();
  out = b.observe(b.http_flow(), out);
  EXPECT_EQ(out.telemetry.logs[1].fields.at("response_code_details"), "rbac_access_denied_matched_policy[none]");
}

std::size_t spans(const Outcome& out) { return out.telemetry.spans.size(); }

TEST(TelemetryApi, TM164_SpansPerPath) {
  const char* tracing = R"({"tracing":[{"providers":[{"name":"jaeger"}],"randomSamplingPercentage":50.5}]})";
  const auto prepare = [&](Bench& b) {
    ExtensionProvider provider;
    provider.name = "jaeger";
    provider.kind = "opentelemetry";
    b.mesh.settings.extension_providers.push_back(provider);
    add_telemetry(b, "istio-system", "tracing", tracing);
  };
  Bench ss(As::Sidecar, As::Sidecar);
  EXPECT_EQ(spans(sidecars(ss)), 0u);  // nobody traces by default
  prepare(ss);
  const Outcome pair = sidecars(ss);
  ASSERT_EQ(spans(pair), 2u);
  EXPECT_EQ(pair.telemetry.spans[0].attributes.at("sampling_percentage"), "50.5");
  EXPECT_EQ(pair.telemetry.spans[1].parent, pair.telemetry.spans[0].name);
  Bench aa(As::Ambient, As::Ambient);
  prepare(aa);
  EXPECT_EQ(spans(through_waypoint(aa)), 1u);
  EXPECT_EQ(spans(aa.observe(aa.http_flow(),
                             aa.outcome({aa.ztunnel_out(kHbone), aa.ztunnel_in(kHbone, aa.client_id())}, kHbone))),
            0u);
  const Outcome gateway = ss.observe(
      ss.http_flow(),
      ss.outcome({ss.middle(ss.gateway, Transport::Plaintext, ""), ss.sidecar_in(kMtls, ss.gateway_id())}, kMtls));
  EXPECT_EQ(spans(gateway), 3u);
  ss.mesh.settings.profile.gateway_upstream_span = false;  // 1.27
  EXPECT_EQ(
      spans(ss.observe(
          ss.http_flow(),
          ss.outcome({ss.middle(ss.gateway, Transport::Plaintext, ""), ss.sidecar_in(kMtls, ss.gateway_id())}, kMtls))),
      2u);
}

// The line of the server's sidecar under this MeshConfig.
std::string line_under(const std::string& config) {
  Bench b(As::Sidecar, As::Sidecar);
  set_config(b, config);
  const Outcome out = sidecars(b);
  return out.telemetry.logs.empty() ? std::string() : out.telemetry.logs.back().line;
}

TEST(TelemetryApi, TM141_DefaultText) {
  EXPECT_EQ(line_under(R"({"accessLogFile":"/dev/stdout"})"),
            "[%START_TIME%] \"GET / HTTP/1.1\" 200 - via_upstream - \"-\" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
            "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"-\" \"-\" \"%REQ(X-REQUEST-ID)%\" "
            "\"reviews.back.svc.cluster.local:9080\" \"10.0.0.4:9080\" inbound|9080|| %UPSTREAM_LOCAL_ADDRESS% "
            "10.0.0.4:9080 %DOWNSTREAM_REMOTE_ADDRESS% outbound_.9080_._.reviews.back.svc.cluster.local default\n");
}

TEST(TelemetryApi, TM141_DefaultJsonHasItsKeysAndTypes) {
  const std::string line = line_under(R"({"accessLogFile":"/dev/stdout","accessLogEncoding":"JSON"})");
  EXPECT_TRUE(
      line.starts_with("{\"authority\":\"reviews.back.svc.cluster.local:9080\",\"bytes_received\":%BYTES_RECEIVED%,"))
      << line;
  EXPECT_NE(line.find("\"response_code\":200,"), std::string::npos);
  EXPECT_NE(line.find("\"response_flags\":\"-\","), std::string::npos);
  EXPECT_NE(line.find("\"user_agent\":null,"), std::string::npos);
  EXPECT_EQ(std::count(line.begin(), line.end(), ':') > 24, true);
}

TEST(TelemetryApi, TM141_CustomFormats) {
  const auto text = [](const std::string& format) {
    return line_under(R"({"accessLogFile":"/dev/stdout","accessLogFormat":")" + format + R"("})");
  };
  EXPECT_EQ(text("%REQ(:METHOD)% %REQ(X-A?:PATH)% 100%% %DOWNSTREAM_PEER_URI_SAN%"),
            "GET / 100%% spiffe://cluster.local/ns/shop/sa/productpage\n");  // %% stays until a run fills the line in
  EXPECT_EQ(text("%RESPONSE_CODE% %UPSTREAM_CLUSTER_RAW% %HOSTNAME% %CEL(response.code == 200)%"),
            "200 inbound|9080|| reviews-v1-abc true\n");
  EXPECT_EQ(line_under(R"({"accessLogFile":"/dev/stdout","accessLogEncoding":"JSON",
                           "accessLogFormat":"{\"b\":{\"code\":\"%RESPONSE_CODE%\"},\"a\":\"%REQ(X-NONE)%\",\"n\":1}"})"),
            "{\"a\":null,\"b\":{\"code\":200},\"n\":1}\n");
  // Not JSON: istiod keeps its default.
  EXPECT_TRUE(line_under(R"({"accessLogFile":"/dev/stdout","accessLogEncoding":"JSON","accessLogFormat":"oops"})")
                  .starts_with("{\"authority\":"));
}

// TM-162, TM-166: a trace breaks where the next proxy does not read what this one writes.
TEST(TelemetryApi, TM162_BrokenPropagation) {
  const auto parent = [](const char* client, const char* server, bool propagate, const std::string& zipkin) {
    Bench b(As::Sidecar, As::Sidecar);
    set_config(b, R"({"extensionProviders":[{"name":"zipkin","zipkin":)" + zipkin + "}]}");
    for (const char* kind : {"zipkin", "opentelemetry", "datadog"}) {
      ExtensionProvider provider;
      provider.name = provider.kind = kind;
      if (kind == std::string_view("zipkin")) provider.node = b.mesh.settings.config.back()["extensionProviders"].at(0);
      b.mesh.settings.extension_providers.push_back(provider);
    }
    b.mesh.settings.profile.trace_context_propagation_switch = true;
    const auto spec = [](const std::string& name, bool on) {
      return R"({"tracing":[{"providers":[{"name":")" + name + R"("}],"disableContextPropagation":)" +
             (on ? "false" : "true") + "}]}";
    };
    add_telemetry(b, "shop", "t", spec(client, propagate));
    add_telemetry(b, "back", "t", spec(server, true));
    const Outcome out = sidecars(b);
    EXPECT_EQ(out.telemetry.spans.size(), 2u);
    return out.telemetry.spans.size() == 2 ? out.telemetry.spans[1].parent : std::string("?");
  };
  const std::string joined = "sidecar shop/productpage-v1 outbound";
  EXPECT_EQ(parent("opentelemetry", "opentelemetry", true, "{}"), joined);
  EXPECT_EQ(parent("opentelemetry", "zipkin", true, "{}"), "");
  EXPECT_EQ(parent("zipkin", "opentelemetry", true, R"({"traceContextOption":"USE_B3_WITH_W3C_PROPAGATION"})"), joined);
  EXPECT_EQ(parent("datadog", "zipkin", true, "{}"), "");
  EXPECT_EQ(parent("opentelemetry", "opentelemetry", false, "{}"), "");
}

TEST(TelemetryApi, TM010_TheWaypointsReporterIsASwitch) {
  Bench b(As::Ambient, As::Ambient);
  EXPECT_NE(find_metric(through_waypoint(b), "istio_requests_total", "waypoint"), nullptr);
  b.mesh.settings.profile.ztunnel_metrics_reporter_waypoint = false;
  EXPECT_EQ(find_metric(through_waypoint(b), "istio_requests_total", "waypoint"), nullptr);
  EXPECT_NE(find_metric(through_waypoint(b), "istio_requests_total", "destination"), nullptr);
}

}  // namespace
}  // namespace meshsim::models
