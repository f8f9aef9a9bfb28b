// istiod's own unit tests of tracing as tables: pilot/pkg/model telemetry_test.go (TestTracing) and
// pilot/pkg/networking/core tracing_test.go (TestConfigureTracing, TestZipkinConfigVersionGating,
// TestConfigureCustomTagsForWaypoint) of commit 86c9f01 of istio/istio. What is expected is theirs.
#include <map>
#include <set>

#include "tests/models/telemetry/upstream.h"

namespace meshsim::models {
namespace {

using bench::add_provider;
using bench::add_telemetry;
using bench::As;
using bench::Bench;
using bench::set_config;
using bench::Specs;
using bench::Upstream;

constexpr TelemetryMode kClient = TelemetryMode::Client, kServer = TelemetryMode::Server;

TEST(UpstreamTelemetry, TM163_Tracing) {
  struct Spec {
    std::string provider;
    bool enabled = true;
    double sampling = 1;
    std::set<std::string> tags = {};
    bool istio_tags = true, context_propagation = true;
  };
  struct Case {
    const char* name;
    Specs specs;
    const char* defaults;
    Spec client, server;
  };
  const auto provider = [](const std::string& name) {
    return R"({"tracing":[{"providers":[{"name":")" + name + R"("}]}]})";
  };
  const std::string envoy = provider("envoy"), disabled = R"({"tracing":[{"disableSpanReporting":true}]})";
  const std::string a =
      R"({"tracing":[{"randomSamplingPercentage":50.0,"customTags":{"foo":{"literal":{"value":"1"}},"bar":{"literal":{"value":"2"}}},
      "useRequestIdForTraceSampling":false,"enableIstioTags":false}]})";
  const std::string b =
      R"({"tracing":[{"randomSamplingPercentage":80.0,"customTags":{"foo":{"literal":{"value":"1"}},"baz":{"literal":{"value":"3"}}},
      "useRequestIdForTraceSampling":true,"enableIstioTags":true}]})";
  const std::string tags =
      R"({"tracing":[{"customTags":{"foo":{"literal":{"value":"1"}},"baz":{"literal":{"value":"3"}}}}]})";
  const char* const by_default = R"({"tracing":["envoy"]})";
  const Spec on{"envoy"}, off{"envoy", false}, nobody{"", false};
  const Spec with_a{"envoy", true, 50, {"bar", "foo"}, false}, with_b{"envoy", true, 80, {"baz", "foo"}};
  const Spec with_tags{"envoy", true, 1, {"baz", "foo"}};
  const std::vector<Case> cases = {
      {"empty", {}, "{}", nobody, nobody},
      {"default provider only", {}, by_default, on, on},
      {"provider only", {{"istio-system", envoy}}, "{}", on, on},
      {"override default", {{"istio-system", envoy}}, R"({"tracing":["stackdriver"]})", on, on},
      {"override namespace",
       {{"istio-system", envoy}, {"default", provider("stackdriver")}},
       "{}",
       {"stackdriver"},
       {"stackdriver"}},
      {"empty config inherits", {{"istio-system", envoy}, {"default", R"({"tracing":[{}]})"}}, "{}", on, on},
      {"disable config", {{"istio-system", envoy}, {"default", disabled}}, "{}", off, off},
      {"disable default", {{"default", disabled}}, by_default, off, off},
      {"non existing",
       {{"default", provider("custom-provider")}},
       by_default,
       {"custom-provider", false},
       {"custom-provider", false}},
      {"overrides", {{"istio-system", a}}, by_default, with_a, with_a},
      {"overrides with default sampling", {{"istio-system", tags}}, by_default, with_tags, with_tags},
      {"multi overrides", {{"istio-system", a}, {"default", b}}, by_default, with_b, with_b},
      {"client-only override",
       {{"istio-system", envoy},
        {"default",
         R"({"tracing":[{"match":{"mode":"CLIENT"},"providers":[{"name":"stackdriver"}],"randomSamplingPercentage":99.9}]})"}},
       "{}",
       {"stackdriver", true, 99.9},
       on},
      {"server-only override",
       {{"istio-system", envoy},
        {"default", R"({"tracing":[{"match":{"mode":"SERVER"},"disableSpanReporting":true}]})"}},
       "{}",
       on,
       off},
      {"disable context propagation",
       {{"istio-system", envoy}, {"default", R"({"tracing":[{"disableContextPropagation":true}]})"}},
       "{}",
       {"envoy", true, 1, {}, true, false},
       {"envoy", true, 1, {}, true, false}},
  };
  for (const Case& c : cases) {
    Upstream up(c.specs, c.defaults);
    // The two names stand for tracers, so that `enabled` is what istiod calls not disabled.
    add_provider(up.b, R"({"name":"envoy","opentelemetry":{}})");
    add_provider(up.b, R"({"name":"stackdriver","opentelemetry":{}})");
    const auto rules = up.rules();
    for (const TelemetryMode mode : {kClient, kServer}) {
      const Spec& want = mode == kClient ? c.client : c.server;
      const TracingRule found = rules->tracing(up.sidecar(), mode);
      EXPECT_EQ(found.provider, want.provider) << c.name;
      EXPECT_EQ(found.enabled, want.enabled) << c.name;
      EXPECT_DOUBLE_EQ(found.sampling, want.sampling) << c.name;
      EXPECT_EQ(found.istio_tags, want.istio_tags) << c.name;
      EXPECT_EQ(found.context_propagation, want.context_propagation) << c.name;
      std::set<std::string> names;
      for (const auto& [name, tag] : found.custom_tags) names.insert(name);
      EXPECT_EQ(names, want.tags) << c.name;
    }
  }
}

// tracing_test.go: TestConfigureTracing, TestZipkinConfigVersionGating, TestConfigureCustomTagsForWaypoint.
TEST(UpstreamTelemetry, TM163_SamplingFallsBackToTheProxyConfig) {
  const auto sampling = [](const std::string& config, const std::string& provider, const std::string& spec) {
    Upstream up({{"istio-system", spec}});
    add_provider(up.b, provider);
    set_config(up.b, config);
    return up.rules()->tracing(up.sidecar(), kClient).sampling;
  };
  const std::string otel = R"({"name":"otel","opentelemetry":{"service":"c.ns.svc.cluster.local","port":4317}})";
  const std::string sampler =
      R"({"name":"otel","opentelemetry":{"service":"c.ns.svc.cluster.local","port":80,"dynatraceSampler":{"tenant":"t"}}})";
  const std::string named = R"({"tracing":[{"providers":[{"name":"otel"}]}]})";
  const std::string stated = R"({"tracing":[{"providers":[{"name":"otel"}],"randomSamplingPercentage":99.999}]})";
  EXPECT_DOUBLE_EQ(sampling("{}", otel, named), 1.0);
  EXPECT_DOUBLE_EQ(sampling(R"({"defaultConfig":{"tracing":{"sampling":55.5}}})", otel, named), 55.5);
  EXPECT_DOUBLE_EQ(sampling(R"({"defaultConfig":{"tracing":{"sampling":0}}})", otel, named), 1.0);
  EXPECT_DOUBLE_EQ(sampling(R"({"defaultConfig":{"tracing":{"sampling":101}}})", otel, named), 1.0);
  EXPECT_DOUBLE_EQ(sampling(R"({"defaultConfig":{"tracing":{"sampling":55.5}}})", otel, stated), 99.999);
  EXPECT_DOUBLE_EQ(sampling("{}", sampler, stated), 100.0);
}

TEST(UpstreamTelemetry, TM160_CustomTagsAndTagsOfWaypoints) {
  const auto tags = [](Bench& b, bool waypoint) {
    add_provider(b, R"({"name":"otel","opentelemetry":{}})");
    const Outcome out =
        waypoint ? b.observe(b.http_flow(), b.outcome({b.ztunnel_out(Transport::Hbone),
                                                       b.middle(b.waypoint, Transport::Hbone, b.client_id()),
                                                       b.ztunnel_in(Transport::Hbone, b.waypoint_id())},
                                                      Transport::Hbone))
                 : b.observe(b.http_flow(),
                             b.outcome({b.sidecar_out(Transport::Mtls), b.sidecar_in(Transport::Mtls, b.client_id())},
                                       Transport::Mtls));
    return out.telemetry.spans.empty() ? std::map<std::string, std::string>() : out.telemetry.spans.front().attributes;
  };
  const std::string spec = R"({"tracing":[{"providers":[{"name":"otel"}],"customTags":{
      "literal":{"literal":{"value":"x"}},"header":{"header":{"name":"X-User","defaultValue":"nobody"}},
      "environment":{"environment":{"name":"NODE","defaultValue":"n"}},"code":{"formatter":{"value":"%RESPONSE_CODE%/%REQ(:METHOD)%"}}}}]})";
  {
    Bench b(As::Sidecar, As::Sidecar);
    add_telemetry(b, "istio-system", "t", spec);
    set_config(b, R"({"defaultConfig":{"tracing":{"customTags":{"old":{"literal":{"value":"y"}}}}}})");
    const auto found = tags(b, false);
    EXPECT_EQ(found.at("literal"), "x");
    EXPECT_EQ(found.at("header"), "nobody");
    EXPECT_EQ(found.at("environment"), "n");
    EXPECT_EQ(found.at("code"), "200/GET");
    EXPECT_EQ(found.count("old"), 0u);
    EXPECT_EQ(found.at("istio.canonical_service"), "productpage");
    EXPECT_EQ(found.count("istio.source_workload"), 0u);
    b.mesh.settings.profile.ztunnel_failure_flags = false;
    EXPECT_EQ(tags(b, false).count("code"), 0u);
  }
  {  // no tags in the resource: those of the proxy configuration; no Istio tags
    Bench b(As::Sidecar, As::Sidecar);
    add_telemetry(b, "istio-system", "t", R"({"tracing":[{"providers":[{"name":"otel"}],"enableIstioTags":false}]})");
    set_config(
        b, R"({"defaultConfig":{"tracing":{"customTags":{"old":{"literal":{"value":"y"}}},"maxPathTagLength":1}}})");
    const auto found = tags(b, false);
    EXPECT_EQ(found.at("old"), "y");
    EXPECT_EQ(found.count("istio.mesh_id"), 0u);
    EXPECT_TRUE(found.at("http.url").ends_with(":9080/")) << found.at("http.url");
  }
  {
    Bench b(As::Ambient, As::Ambient);
    add_telemetry(b, "istio-system", "t", R"({"tracing":[{"providers":[{"name":"otel"}]}]})");
    const auto found = tags(b, true);
    EXPECT_EQ(found.at("istio.source_workload"), "productpage-v1");
    EXPECT_EQ(found.at("istio.source_namespace"), "shop");
    EXPECT_EQ(found.at("istio.destination_canonical_service"), "reviews");
    EXPECT_EQ(found.at("istio.destination_workload_type"), "deployment");
    b.mesh.settings.profile.ztunnel_failure_flags = false;
    EXPECT_EQ(tags(b, true).count("istio.source_workload"), 0u);
  }
}

TEST(UpstreamTelemetry, TM162_TraceContextOptionNeeds128) {
  Upstream up(Specs{{"istio-system", R"({"tracing":[{"providers":[{"name":"z"}]}]})"}});
  add_provider(
      up.b,
      R"({"name":"z","zipkin":{"service":"z.ns.svc.cluster.local","port":9411,"traceContextOption":"USE_B3_WITH_W3C_PROPAGATION"}})");
  EXPECT_TRUE(up.rules()->tracing(up.sidecar(), kClient).b3_with_w3c);
  up.b.mesh.settings.profile.ztunnel_failure_flags = false;
  EXPECT_FALSE(up.rules()->tracing(up.sidecar(), kClient).b3_with_w3c);
}

}  // namespace
}  // namespace meshsim::models
