// istiod's own unit tests of the Telemetry API as tables, case by case under their names: pilot/pkg/model
// telemetry_test.go (TestTracing, TestTelemetryFilters), telemetry_metric_test.go (TestMergeMetrics),
// telemetry_logging_test.go (TestAccessLogging, TestAccessLoggingWithFilter), pilot/pkg/networking/core
// accesslog_test.go (TestListenerAccessLog) and tracing_test.go (commit 86c9f01 of istio/istio). What is expected is
// theirs; the proxy is in namespace `default` with app=test, the waypoint is named `waypoint`. Left out: reporting
// intervals (every stream of meshsim ends before the first one), caches, and what only xDS shows.
#include "tests/models/telemetry/upstream.h"

#include <array>
#include <optional>

namespace meshsim::models {
namespace {

using bench::add_provider;
using bench::As;
using bench::Bench;
using bench::set_config;
using bench::Specs;
using bench::Upstream;

constexpr TelemetryMode kClient = TelemetryMode::Client, kServer = TelemetryMode::Server;
using Names = std::vector<std::string>;

std::string metrics(const std::string& overrides, const std::string& provider = "prometheus") {
  std::string out = R"({"metrics":[{)";
  if (!provider.empty()) out += R"("providers":[{"name":")" + provider + R"("}])";
  if (!provider.empty() && !overrides.empty()) out += ',';
  if (!overrides.empty()) out += R"("overrides":[)" + overrides + "]";
  return out + "}]}";
}

// istio.stats as istiod writes it for this listener; empty: the filter is not installed.
std::string stats(const MetricRules& rules, bool waypoint) {
  if (!rules.installed) return {};
  static constexpr std::array<const char*, 10> kOrder = {"istio_request_messages_total",
                                                         "istio_response_messages_total",
                                                         "istio_requests_total",
                                                         "istio_request_duration_milliseconds",
                                                         "istio_request_bytes",
                                                         "istio_response_bytes",
                                                         "istio_tcp_connections_closed_total",
                                                         "istio_tcp_connections_opened_total",
                                                         "istio_tcp_received_bytes_total",
                                                         "istio_tcp_sent_bytes_total"};
  std::string list;
  for (const char* name : kOrder) {
    const auto rule = rules.metrics.find(name);
    if (rule == rules.metrics.end()) continue;
    std::string dimensions, removed;
    for (const TagOverride& tag : rule->second.tags)
      if (tag.remove)
        removed += (removed.empty() ? "" : ",") + ("\"" + tag.tag + "\"");
      else
        dimensions += (dimensions.empty() ? "" : ",") + ("\"" + tag.tag + "\":\"" + tag.expression + "\"");
    if (!list.empty()) list += ',';
    list += '{';
    if (!dimensions.empty()) list += "\"dimensions\":{" + dimensions + "},";
    if (rule->second.disabled) list += "\"drop\":true,";
    list += "\"name\":\"" + std::string(name).substr(6) + "\"";
    if (!removed.empty()) list += ",\"tags_to_remove\":[" + removed + "]";
    list += '}';
  }
  std::string out = "{";
  if (waypoint) out += "\"disable_host_header_fallback\":true";
  if (!list.empty()) out += (out.size() > 1 ? ",\"metrics\":[" : "\"metrics\":[") + list + "]";
  if (waypoint) out += ",\"reporter\":\"SERVER_GATEWAY\"";
  return out + "}";
}

const std::string kOverrides =
    R"({"match":{"metric":"REQUEST_COUNT"},"tagOverrides":{"remove":{"operation":"REMOVE"},"add":{"operation":"UPSERT","value":"bar"}}})";
const std::string kOverridesOther =
    R"({"match":{"metric":"REQUEST_DURATION"},"tagOverrides":{"removeOther":{"operation":"REMOVE"},"add":{"operation":"UPSERT","value":"otherBar"}}})";
const std::string kOverridesAll =
    R"({"tagOverrides":{"remove":{"operation":"REMOVE"},"add":{"operation":"UPSERT","value":"bar"}}})";
const std::string kOverridesOne =
    R"({"match":{"metric":"REQUEST_COUNT"},"tagOverrides":{"add":{"value":"add-override"}}})";
const std::string kDisableAll = R"({"match":{"metric":"ALL_METRICS"},"disabled":true})";
const std::string kConfigured =
    R"({"metrics":[{"dimensions":{"add":"bar"},"name":"requests_total","tags_to_remove":["remove"]}]})";

// Every metric with this inside; `first`: another value for requests_total.
std::string every(const std::string& dimensions, const std::string& removed, const std::string& first = "") {
  std::string out = R"({"metrics":[)";
  for (const char* name :
       {"request_messages_total", "response_messages_total", "requests_total", "request_duration_milliseconds",
        "request_bytes", "response_bytes", "tcp_connections_closed_total", "tcp_connections_opened_total",
        "tcp_received_bytes_total", "tcp_sent_bytes_total"}) {
    const bool other = !first.empty() && std::string_view(name) == "requests_total";
    if (out.back() != '[') out += ',';
    out += "{" + (other ? first : dimensions) + "\"name\":\"" + name + "\"" + removed + "}";
  }
  return out + "]}";
}

TEST(UpstreamTelemetry, TM170_TelemetryFilters) {
  struct Case {
    const char* name;
    Specs specs;
    const char* defaults;
    std::string want;
  };
  const std::string prometheus = metrics("");
  const std::vector<Case> cases = {
      {"empty", {}, "{}", ""},
      {"disabled-prometheus", {{"istio-system", metrics(kDisableAll)}}, "{}", ""},
      {"disabled-prometheus-implicit", {{"istio-system", metrics(R"({"disabled":true})")}}, "{}", ""},
      {"disabled-then-empty", {{"istio-system", metrics(kDisableAll)}, {"default", prometheus}}, "{}", ""},
      {"disabled-then-reenable",
       {{"istio-system", metrics(kDisableAll)}, {"default", metrics(R"({"match":{"metric":"ALL_METRICS"}})")}},
       "{}",
       every("", "")},
      {"disabled-then-overrides",
       {{"istio-system", metrics(kDisableAll)}, {"default", metrics(kOverrides)}},
       "{}",
       kConfigured},
      {"default prometheus", {{"istio-system", prometheus}}, "{}", "{}"},
      {"default provider prometheus", {}, R"({"metrics":["prometheus"]})", "{}"},
      {"prometheus overrides", {{"istio-system", metrics(kOverrides)}}, "{}", kConfigured},
      {"prometheus overrides all metrics",
       {{"istio-system", metrics(kOverridesAll)}},
       "{}",
       every(R"("dimensions":{"add":"bar"},)", R"(,"tags_to_remove":["remove"])")},
      {"prometheus overrides all metrics first",
       {{"istio-system", metrics(kOverridesAll + "," + kOverridesOne)}},
       "{}",
       every(R"("dimensions":{"add":"bar"},)", R"(,"tags_to_remove":["remove"])",
             R"("dimensions":{"add":"add-override"},)")},
      {"prometheus overrides all metrics secondary",
       {{"istio-system", metrics(kOverridesOne + "," + kOverridesAll)}},
       "{}",
       every(R"("dimensions":{"add":"bar"},)", R"(,"tags_to_remove":["remove"])")},
      {"namespace overrides merge without provider",
       {{"istio-system", prometheus}, {"default", metrics(kOverrides, "")}},
       "{}",
       kConfigured},
      {"namespace overrides merge with default provider",
       {{"default", metrics(kOverrides, "")}},
       R"({"metrics":["prometheus"]})",
       kConfigured},
  };
  for (const Case& c : cases) {
    Upstream up(c.specs, c.defaults);
    const auto rules = up.rules();
    EXPECT_EQ(stats(rules->metrics(up.sidecar(), kClient), false), c.want) << c.name;
  }
}

std::string for_service(const std::string& overrides) {
  return R"({"targetRefs":[{"group":"","kind":"Service","name":"sample-svc"}],"metrics":[{"overrides":[)" + overrides +
         "]}]}";
}

TEST(UpstreamTelemetry, TM170_PO134_TelemetryFiltersOfWaypoints) {
  struct Case {
    const char* name;
    Specs specs;
    const char *service, *ns;  // nullptr: none
    std::string want;
  };
  const std::string empty = R"({"disable_host_header_fallback":true,"reporter":"SERVER_GATEWAY"})";
  const auto with = [](const std::string& list) {
    return R"({"disable_host_header_fallback":true,"metrics":[)" + list + R"(],"reporter":"SERVER_GATEWAY"})";
  };
  const std::string one = R"({"dimensions":{"add":"bar"},"name":"requests_total","tags_to_remove":["remove"]})";
  const std::string other =
      R"({"dimensions":{"add":"otherBar"},"name":"request_duration_milliseconds","tags_to_remove":["removeOther"]})";
  const std::vector<Case> cases = {
      {"targetRef mismatch no service", {{"default", for_service(kOverrides)}}, nullptr, nullptr, empty},
      {"targetRef mismatch wrong service", {{"default", for_service(kOverrides)}}, "not-sample-svc", "default", empty},
      {"targetRef match", {{"default", for_service(kOverrides)}}, "sample-svc", "default", with(one)},
      {"targetRef match cross namespace",
       {{"default", for_service(kOverrides)}, {"other", for_service(kOverridesOther)}},
       "sample-svc",
       "other",
       with(other)},
      {"cross namespace wide", {{"other", metrics(kOverrides)}}, "sample-svc", "other", with(one)},
  };
  for (const Case& c : cases) {
    Upstream up(c.specs, R"({"metrics":["prometheus"]})");
    Service service;
    if (c.service) {
      service.name = c.service;
      service.ns = c.ns;
      service.ref = {"Service", c.ns, c.service, {}};
    }
    const auto rules = up.rules();
    EXPECT_EQ(stats(rules->metrics(up.waypoint(c.service ? &service : nullptr), kServer), true), c.want) << c.name;
  }
}

TEST(UpstreamTelemetry, TM172_MergeMetrics) {
  const auto disable = [](const char* mode) {
    return R"({"match":{"metric":"ALL_METRICS","mode":")" + std::string(mode) + R"("},"disabled":true})";
  };
  const std::string custom =
      R"({"match":{"metric":"REQUEST_COUNT","mode":"CLIENT"},"tagOverrides":{"destination_canonical_service":{"operation":"REMOVE"}}})";
  struct Case {
    const char* name;
    Specs specs;
    const char *defaults, *client, *server;
  };
  const std::vector<Case> cases = {
      {"no metrics", {}, "{}", "", ""},
      {"enable all metrics", {{"istio-system", metrics("")}}, "{}", "{}", "{}"},
      {"metrics with default providers", {}, R"({"metrics":["prometheus"]})", "{}", "{}"},
      {"disable all metrics",
       {{"istio-system", metrics(disable("CLIENT_AND_SERVER"))}},
       R"({"metrics":["prometheus"]})",
       "",
       ""},
      {"disable all metrics without mode",
       {{"istio-system", metrics(kDisableAll)}},
       R"({"metrics":["prometheus"]})",
       "",
       ""},
      {"disable server metrics",
       {{"istio-system", metrics(disable("SERVER"))}},
       R"({"metrics":["prometheus"]})",
       "{}",
       ""},
      {"disable client metrics",
       {{"istio-system", metrics(disable("CLIENT"))}},
       R"({"metrics":["prometheus"]})",
       "",
       "{}"},
      {"disable server and custom client metrics",
       {{"istio-system", metrics(disable("SERVER") + "," + custom)}},
       R"({"metrics":["prometheus"]})",
       R"({"metrics":[{"name":"requests_total","tags_to_remove":["destination_canonical_service"]}]})",
       ""},
  };
  for (const Case& c : cases) {
    Upstream up(c.specs, c.defaults);
    const auto rules = up.rules();
    EXPECT_EQ(stats(rules->metrics(up.sidecar(), kClient), false), c.client) << c.name;
    EXPECT_EQ(stats(rules->metrics(up.sidecar(), kServer), false), c.server) << c.name;
  }
}

// One block of accessLogging: "CLIENT envoy disabled", any part may be missing.
std::string block(std::string_view words) {
  std::string out = "{";
  const auto add = [&out](const std::string& text) { out += (out.size() > 1 ? "," : "") + text; };
  std::string providers;
  while (!words.empty()) {
    const std::size_t space = words.find(' ');
    const std::string word(words.substr(0, space));
    words = space == std::string_view::npos ? std::string_view() : words.substr(space + 1);
    if (word == "CLIENT" || word == "SERVER" || word == "CLIENT_AND_SERVER")
      add(R"("match":{"mode":")" + word + R"("})");
    else if (word == "disabled")
      add(R"("disabled":true)");
    else if (word.starts_with(">="))
      add(R"("filter":{"expression":"response.code >= )" + word.substr(2) + R"("})");
    else
      providers += (providers.empty() ? "" : ",") + (R"({"name":")" + word + R"("})");
  }
  if (!providers.empty()) add(R"("providers":[)" + providers + "]");
  return out + "}";
}
std::string logging(std::initializer_list<std::string_view> blocks, const std::string& more = "") {
  std::string list;
  for (const std::string_view words : blocks) list += (list.empty() ? "" : ",") + block(words);
  return "{" + more + R"("accessLogging":[)" + list + "]}";
}

TEST(UpstreamTelemetry, TM140_AccessLogging) {
  const std::string envoy = logging({"envoy"}), client = logging({"CLIENT envoy"}), server = logging({"SERVER envoy"}),
                    both = logging({"CLIENT_AND_SERVER envoy"}), prometheus = metrics("", "envoy");
  const std::string selected =
      R"({"selector":{"matchLabels":{"app":"test"}},"metrics":[{"providers":[{"name":"envoy"}]}]})";
  const std::string ref = R"("targetRef":{"group":"gateway.networking.k8s.io","kind":"Gateway","name":"waypoint"},)";
  const std::string different = logging({"SERVER envoy", "CLIENT envoy-json"});
  const std::optional<Names> nothing;
  struct Case {
    const char* name;
    Specs specs;
    TelemetryMode mode;
    bool waypoint;
    const char* defaults;
    std::optional<Names> want;  // nullopt: MeshConfig decides
  };
  const char* const none = "{}";
  const char* const by_default = R"({"accessLogging":["envoy"]})";
  const std::vector<Case> cases = {
      {"empty", {}, kClient, false, none, nothing},
      {"prometheus-mesh", {{"istio-system", prometheus}}, kClient, false, none, nothing},
      {"prometheus-namespace", {{"default", prometheus}}, kClient, false, none, nothing},
      {"prometheus-workload", {{"default", selected}}, kClient, false, none, nothing},
      {"default provider only", {}, kClient, false, by_default, Names{"envoy"}},
      {"provider only", {{"istio-system", envoy}}, kClient, false, none, Names{"envoy"}},
      {"client - gateway", {{"istio-system", client}}, kClient, false, none, Names{"envoy"}},
      {"client - gateway defined by targetRef",
       {{"default", logging({"CLIENT envoy"}, ref)}},
       kClient,
       true,
       none,
       Names{"envoy"}},
      {"client - outbound", {{"istio-system", client}}, kClient, false, none, Names{"envoy"}},
      {"client - inbound", {{"istio-system", client}}, kServer, false, none, Names{}},
      {"client - disabled server",
       {{"istio-system", client}, {"default", logging({"SERVER envoy disabled"})}},
       kClient,
       false,
       none,
       Names{"envoy"}},
      {"client - disabled client",
       {{"istio-system", client}, {"default", logging({"CLIENT envoy disabled"})}},
       kClient,
       false,
       none,
       Names{}},
      {"client - disabled - enabled",
       {{"istio-system", client},
        {"default", logging({"CLIENT envoy disabled"})},
        {"default", logging({"CLIENT envoy"}, R"("selector":{"matchLabels":{"app":"test"}},)")}},
       kClient,
       false,
       none,
       Names{"envoy"}},
      {"server - gateway", {{"istio-system", server}}, kClient, false, none, Names{}},
      {"server - inbound", {{"istio-system", server}}, kServer, false, none, Names{"envoy"}},
      {"server - outbound", {{"istio-system", server}}, kClient, false, none, Names{}},
      {"server and client - gateway", {{"istio-system", both}}, kClient, false, none, Names{"envoy"}},
      {"server and client - inbound", {{"istio-system", both}}, kServer, false, none, Names{"envoy"}},
      {"server and client - outbound", {{"istio-system", both}}, kClient, false, none, Names{"envoy"}},
      {"override default",
       {{"istio-system", envoy}},
       kClient,
       false,
       R"({"accessLogging":["stackdriver"]})",
       Names{"envoy"}},
      {"override namespace",
       {{"istio-system", envoy}, {"default", logging({"envoy-json"})}},
       kClient,
       false,
       none,
       Names{"envoy-json"}},
      {"empty config inherits",
       {{"istio-system", envoy}, {"default", logging({""})}},
       kClient,
       false,
       none,
       Names{"envoy"}},
      {"stackdriver", {{"istio-system", envoy}, {"default", logging({"stackdriver"})}}, kClient, false, none, Names{}},
      {"default envoy JSON", {{"istio-system", logging({"envoy-json"})}}, kClient, false, none, Names{"envoy-json"}},
      {"disable config", {{"istio-system", envoy}, {"default", logging({"disabled"})}}, kClient, false, none, Names{}},
      {"disable default", {{"default", logging({"disabled"})}}, kClient, false, by_default, Names{}},
      {"non existing", {{"default", logging({"custom-provider"})}}, kClient, false, by_default, Names{}},
      {"server - multi filters",
       {{"istio-system", logging({"SERVER envoy", "CLIENT_AND_SERVER envoy"})}},
       kClient,
       false,
       none,
       Names{"envoy"}},
      {"server - multi filters disabled",
       {{"istio-system", logging({"SERVER envoy", "CLIENT_AND_SERVER envoy disabled"})}},
       kClient,
       false,
       none,
       Names{}},
      {"multi accesslogging",
       {{"istio-system", envoy}, {"default", logging({"envoy", "envoy-json"})}},
       kClient,
       false,
       none,
       Names{"envoy", "envoy-json"}},
      {"multi accesslogging with disabled",
       {{"istio-system", envoy}, {"default", logging({"envoy", "envoy-json disabled"})}},
       kClient,
       false,
       none,
       Names{"envoy"}},
      {"multi accesslogging - multi providers",
       {{"istio-system", envoy}, {"default", logging({"envoy envoy-json", "envoy"})}},
       kClient,
       false,
       none,
       Names{"envoy", "envoy-json"}},
      {"server and client different - inbound", {{"istio-system", different}}, kServer, false, none, Names{"envoy"}},
      {"server and client different - outbound",
       {{"istio-system", different}},
       kClient,
       false,
       none,
       Names{"envoy-json"}},
  };
  for (const Case& c : cases) {
    // MeshConfig has a log file: it shows where it decides. Where istiod's result is empty without being disabled (a
    // provider that is no logger, or none), networking/core/accesslog.go falls back to the file as well.
    for (const bool file : {false, true}) {
      Upstream up(c.specs, c.defaults);
      add_provider(up.b,
                   R"({"name":"envoy-json","envoyFileAccessLog":{"path":"/dev/stdout","logFormat":{"labels":{}}}})");
      if (file) set_config(up.b, R"({"accessLogFile":"/dev/stdout"})");
      const auto rules = up.rules();
      Names found;
      for (const LogRule& rule : rules->logs(c.waypoint ? up.waypoint() : up.sidecar(), c.mode))
        found.push_back(rule.provider);
      const bool falls_back =
          !c.want || (c.want->empty() && std::string_view(c.name).find("disable") == std::string_view::npos);
      EXPECT_EQ(found, falls_back && file ? Names{"accessLogFile"} : c.want.value_or(Names{})) << c.name << file;
    }
  }
}

TEST(UpstreamTelemetry, TM140_AccessLoggingWithFilter) {
  struct Case {
    const char* name;
    Specs specs;
    std::string want;
  };
  const std::string at400 = logging({"envoy-json >=400"}), at500 = logging({"envoy-json >=500"});
  const std::vector<Case> cases = {
      {"filter", {{"default", at400}}, "response.code >= 400"},
      {"namespace-filter", {{"istio-system", at400}, {"default", at500}}, "response.code >= 500"},
      {"multi-accesslogging", {{"default", logging({"envoy-json >=500", "envoy-json >=400"})}}, "response.code >= 400"},
      {"multi-accesslogging-nil", {{"default", logging({"envoy-json >=500", "envoy-json"})}}, ""},
      {"server-and-client-different",
       {{"default", logging({"CLIENT envoy-json >=500", "SERVER envoy-json >=400"})}},
       "response.code >= 500"},
  };
  for (const Case& c : cases) {
    Upstream up(c.specs, R"({"accessLogging":["envoy"]})");
    add_provider(up.b,
                 R"({"name":"envoy-json","envoyFileAccessLog":{"path":"/dev/stdout","logFormat":{"labels":{}}}})");
    const auto logs = up.rules()->logs(up.sidecar(), kClient);
    ASSERT_EQ(logs.size(), 1u) << c.name;
    EXPECT_EQ(logs[0].provider, "envoy-json");
    EXPECT_EQ(logs[0].filter, c.want) << c.name;
    EXPECT_FALSE(logs[0].text_format);
  }
}

// TestListenerAccessLog: accessLogEncoding and accessLogFormat of MeshConfig.
TEST(UpstreamTelemetry, TM141_ListenerAccessLog) {
  const auto line = [](const std::string& encoding, const std::string& format) {
    Bench b(As::Sidecar, As::Sidecar);
    set_config(b, R"({"accessLogFile":"foo","accessLogEncoding":")" + encoding + R"(","accessLogFormat":)" +
                      nlohmann::json(format).dump() + "}");
    const Outcome out = b.observe(
        b.http_flow(),
        b.outcome({b.sidecar_out(Transport::Mtls), b.sidecar_in(Transport::Mtls, b.client_id())}, Transport::Mtls));
    return out.telemetry.logs.empty() ? std::string() : out.telemetry.logs.front().line;
  };
  EXPECT_EQ(line("JSON", R"({"foo": "bar"})"), "{\"foo\":\"bar\"}\n");
  EXPECT_EQ(line("JSON", R"({"foo": {"bar": "ha"}})"), "{\"foo\":{\"bar\":\"ha\"}}\n");
  const std::string by_default = line("JSON", "");
  EXPECT_TRUE(by_default.starts_with("{\"authority\":"));
  for (const char* wrong : {"foo", "[]", "\"{}\""}) EXPECT_EQ(line("JSON", wrong), by_default) << wrong;
  EXPECT_TRUE(line("TEXT", "").starts_with("[%START_TIME%] \"GET / HTTP/1.1\" 200 "));
}

}  // namespace
}  // namespace meshsim::models
