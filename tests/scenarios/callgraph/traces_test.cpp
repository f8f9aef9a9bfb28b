// Call graphs from traces: Jaeger's and OTLP's JSON.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/scenarios/callgraph/support.h"

namespace meshsim::scenarios {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kShop = R"(workloads:
  - { name: front, namespace: shop, mode: sidecar, ports: [{port: 80, targetPort: 8080, name: http}] }
  - { name: cart, namespace: shop, mode: ambient, ports: [{port: 80, targetPort: 8080, name: http}] }
  - { name: stock, namespace: shop, mode: ambient, ports: [{port: 9000, name: grpc}] }
  - { name: redis, namespace: data, mode: none, ports: [{port: 6379, name: tcp-redis}] }
gateways:
  - { name: waypoint, namespace: shop, kind: waypoint, for: service }
)";

// Times in microseconds from the beginning of the trace.
struct S {
  std::string id, parent, service, kind;
  int start, length;
  std::string tags;
};

std::string jaeger(const std::vector<std::vector<S>>& traces) {
  std::string out = "{\"data\": [";
  for (std::size_t t = 0; t < traces.size(); ++t) {
    std::string spans, processes;
    for (std::size_t i = 0; i < traces[t].size(); ++i) {
      const S& s = traces[t][i];
      spans += fmt::format(
          "{}\n{{\"traceID\":\"t{}\",\"spanID\":\"{}\",\"references\":[{}],\"startTime\":{},\"duration\":{},"
          "\"processID\":\"p{}\",\"tags\":[{{\"key\":\"span.kind\",\"type\":\"string\",\"value\":\"{}\"}}{}]}}",
          i == 0 ? "" : ",", t, s.id,
          s.parent.empty()
              ? ""
              : fmt::format("{{\"refType\":\"CHILD_OF\",\"traceID\":\"t{}\",\"spanID\":\"{}\"}}", t, s.parent),
          1'700'000'000'000'000 + s.start, s.length, i, s.kind, s.tags);
      processes += fmt::format("{}\"p{}\":{{\"serviceName\":\"{}\"}}", i == 0 ? "" : ",", i, s.service);
    }
    out += fmt::format("{}{{\"traceID\":\"t{}\",\"processes\":{{{}}},\"spans\":[{}]}}", t == 0 ? "" : ",", t, processes,
                       spans);
  }
  return out + "]}";
}

std::string tagged(const std::string& key, const std::string& value) {
  return fmt::format(",{{\"key\":\"{}\",\"type\":\"string\",\"value\":\"{}\"}}", key, value);
}

Loaded from_jaeger(const std::vector<std::vector<S>>& traces, const std::string& more = "namespace: shop") {
  return loaded(std::string(kShop) + "callGraph: {jaeger: t.json, " + more + "}\n", {{"t.json", jaeger(traces)}});
}

// front asks cart and stock at once, then cart once more in every other trace.
std::vector<S> page(bool again) {
  std::vector<S> out = {{"1", "", "front", "server", 0, 10'000, ""},
                        {"2", "1", "front", "client", 1000, 3000, ""},
                        {"3", "2", "cart", "server", 1200, 2600, ""},
                        {"4", "1", "front", "client", 1100, 2000, tagged("rpc.system", "grpc")},
                        {"5", "4", "stock", "server", 1200, 1800, ""}};
  if (again) {
    out.push_back({"6", "1", "front", "client", 5000, 2000, ""});
    out.push_back({"7", "6", "cart", "server", 5100, 1800, ""});
  }
  return out;
}

TEST(Traces, OrderProbabilityAndOwnTime) {
  const Loaded l = from_jaeger({page(true), page(false), page(true), page(false)});
  EXPECT_EQ(findings(l), "");
  EXPECT_EQ(calls(l, "shop/front"), "cart + stock | cart *0.50");
  // 10 ms less the 3 ms that calls cover, and less 2 ms more where cart was asked again.
  const sim::Law& own = *application(l, "shop/front")->service;
  EXPECT_EQ(own.sample(0).ns, 5'000'000);
  EXPECT_EQ(own.sample(~0ull).ns, 7'000'000);
  EXPECT_EQ(application(l, "shop/cart")->calls.size(), 0u);
  EXPECT_EQ(flow(l, "shop/front to stock.shop.svc.cluster.local:9000")->flow.protocol, models::FlowProtocol::Grpc);
  EXPECT_EQ(l.scenario.flows.size(), 2u) << "nobody says who asks front";
}

TEST(Traces, RepeatedCallsStayInARowOrTogether) {
  std::vector<S> row = {{"1", "", "front", "server", 0, 10'000, ""}}, fan = row;
  for (int i = 0; i < 3; ++i) {
    row.push_back(
        {"r" + std::to_string(i), "1", "front.shop", "client", 1000 + 2000 * i, 1500, tagged("peer.service", "cart")});
    fan.push_back(
        {"f" + std::to_string(i), "1", "front.shop", "client", 1000 + i, 5000, tagged("peer.service", "cart")});
  }
  EXPECT_EQ(calls(from_jaeger({row}), "shop/front"), "cart | cart | cart");
  EXPECT_EQ(calls(from_jaeger({fan}), "shop/front"), "cart x3");
}

TEST(Traces, ErrorsOfOnesOwnAreNotThoseOfOthers) {
  std::vector<S> broken = page(false), passed_on = page(false);
  const std::string failed = tagged("http.status_code", "503");
  broken[0].tags = failed;
  for (const std::size_t i : {0, 1, 2}) passed_on[i].tags = failed;
  const Loaded l = from_jaeger({broken, passed_on, page(false), page(false)});
  EXPECT_DOUBLE_EQ(application(l, "shop/front")->error_share, 0.25);
  EXPECT_DOUBLE_EQ(application(l, "shop/cart")->error_share, 0.25);
  EXPECT_DOUBLE_EQ(application(l, "shop/stock")->error_share, 0.0);
}

TEST(Traces, EntriesShareTheRate) {
  const std::vector<S> other = {{"1", "", "cart", "server", 0, 1000, ""}};
  const Loaded l = from_jaeger({page(true), page(true), page(true), other},
                               "namespace: shop, from: {workload: data/redis}, rate: 100/s");
  EXPECT_DOUBLE_EQ(*flow(l, "data/redis to front.shop.svc.cluster.local:80")->traffic.per_second, 75);
  EXPECT_DOUBLE_EQ(*flow(l, "data/redis to cart.shop.svc.cluster.local:80")->traffic.per_second, 25);
}

TEST(Traces, AFlowOfTheScenarioStandsForItsCall) {
  const Loaded l = loaded(std::string(kShop) + R"(flows:
  - { name: fill the cart, from: { workload: shop/front }, to: { host: cart, port: 80 }, request: { path: /items } }
applications:
  shop/front: { serviceTime: 2ms }
callGraph: { jaeger: t.json, namespace: shop }
)",
                          {{"t.json", jaeger({page(false)})}});
  ASSERT_NE(application(l, "shop/front"), nullptr);
  EXPECT_EQ(application(l, "shop/front")->calls[0][0].flow, "fill the cart");
  EXPECT_EQ(application(l, "shop/front")->service->mean().ns, 2'000'000) << "what the scenario states stands";
  EXPECT_EQ(l.scenario.flows.size(), 2u);
}

TEST(Traces, UnknownNamesAreFindingsWhereTheyStand) {
  std::vector<S> spans = page(false);
  spans[2].service = "basket";
  const Loaded l = from_jaeger({spans});
  EXPECT_THAT(findings(l), AllOf(HasSubstr("MSH0015"), HasSubstr("t.json:"), HasSubstr("basket")));
  EXPECT_FALSE(l.unreadable);
  EXPECT_EQ(calls(l, "shop/front"), "stock");
  const Loaded named = from_jaeger({spans}, "namespace: shop, services: {basket: shop/cart}");
  EXPECT_EQ(findings(named), "");
  EXPECT_EQ(calls(named, "shop/front"), "cart + stock");
}

TEST(Traces, WhatAnUnknownServiceCallsIsNotItsCallers) {
  const Loaded l = from_jaeger({{{"1", "", "front", "server", 0, 9000, ""},
                                 {"2", "1", "legacy", "server", 100, 8000, ""},
                                 {"3", "2", "cart", "server", 200, 1000, ""}}},
                               "namespace: shop, services: {legacy: null}");
  EXPECT_EQ(calls(l, "shop/front"), "");
  EXPECT_EQ(findings(l), "") << "legacy is known not to be there";
}

TEST(Traces, ADatabaseWithoutSpansIsCalledToo) {
  const Loaded l = from_jaeger(
      {{{"1", "", "front", "server", 0, 9000, ""},
        {"2", "1", "front", "client", 100, 500,
         tagged("db.system", "redis") + tagged("net.peer.name", "redis.data") + tagged("net.peer.port", "6379")}}});
  const ScenarioFlow* f = flow(l, "shop/front to redis.data.svc.cluster.local:6379");
  ASSERT_NE(f, nullptr) << findings(l);
  EXPECT_EQ(f->flow.protocol, models::FlowProtocol::Tcp);
}

TEST(Traces, IncompleteTracesAndMessagesAreSaid) {
  std::vector<S> cut = page(false);
  cut[1].parent = "9";
  cut[3].parent = "9";
  const Loaded l = from_jaeger({page(false),
                                cut,
                                {{"1", "", "front", "server", 0, 900, ""},
                                 {"2", "1", "front", "producer", 100, 10, ""},
                                 {"3", "2", "cart", "consumer", 5000, 100, ""}}});
  EXPECT_THAT(findings(l), AllOf(HasSubstr("1 of 3 traces lack spans"), HasSubstr("1 spans receive messages")));
  EXPECT_EQ(calls(l, "shop/front"), "cart *0.33 + stock *0.33");
}

// TM-160, TM-164: an Envoy's spans only: sidecar, waypoint, and the cluster that says where it went.
std::string envoy_trace() {
  const auto span = [](const char* service, const char* pod, const char* id, const char* parent, int kind, int start,
                       int end, const char* cluster) {
    return fmt::format(
        R"({{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"{}"}}}},{{"key":"k8s.namespace.name","value":{{"stringValue":"shop"}}}},{{"key":"k8s.pod.name","value":{{"stringValue":"{}"}}}}]}},"scopeSpans":[{{"spans":[{{"traceId":"ab","spanId":"{}","parentSpanId":"{}","kind":{},"startTimeUnixNano":"{}000","endTimeUnixNano":"{}000","attributes":[{{"key":"component","value":{{"stringValue":"proxy"}}}},{{"key":"upstream_cluster","value":{{"stringValue":"{}"}}}},{{"key":"http.url","value":{{"stringValue":"http://x/items?id=5"}}}},{{"key":"http.method","value":{{"stringValue":"PUT"}}}}]}}]}}]}}]}})",
        service, pod, id, parent, kind, start, end, cluster);
  };
  // One document a line, as the collector's file exporter writes.
  return span("front.shop", "front-5d4-x", "01", "", 2, 0, 9000, "inbound|8080||") + '\n' +
         span("front.shop", "front-5d4-x", "02", "01", 3, 1000, 4000, "outbound|80||cart.shop.svc.cluster.local") +
         '\n' +
         span("waypoint.shop", "waypoint-1", "03", "02", 2, 1100, 3900,
              "inbound-vip|80|http|cart.shop.svc.cluster.local") +
         '\n';
}

TEST(Traces, ProxiesAloneTellTheGraph) {
  const Loaded l = loaded(std::string(kShop) + "callGraph: {otlp: t.json}\n", {{"t.json", envoy_trace()}});
  EXPECT_EQ(findings(l), "");
  EXPECT_EQ(calls(l, "shop/front"), "cart");
  const ScenarioFlow* f = flow(l, "shop/front to cart.shop.svc.cluster.local:80");
  ASSERT_NE(f, nullptr);
  EXPECT_EQ(f->flow.request.path, "/items");
  EXPECT_EQ(f->flow.request.method, "PUT");
  // 9 ms less the call's 3 ms, less what the inbound sidecar takes of it (CO-021).
  EXPECT_EQ(application(l, "shop/front")->service->mean().ns,
            6'000'000 - static_cast<std::int64_t>(l.scenario.costs.sidecar_http.latency_ns));
}

TEST(Traces, BrokenFilesAreFindingsAndNothingWorse) {
  const auto said = [](const char* key, const std::string& text) {
    const Loaded l = loaded(std::string(kShop) + "callGraph: {" + key + ": t.json}\n", {{"t.json", text}});
    return std::string(l.unreadable ? "unreadable " : "readable ") + findings(l);
  };
  for (const char* key : {"jaeger", "otlp"})
    for (const char* text : {"", "{", "[]", "5", "\"x\"", "{}", "{\"data\": 5}", "{\"resourceSpans\": {}}", "\x01\x02"})
      EXPECT_THAT(said(key, text), ::testing::StartsWith("unreadable")) << key << ' ' << text;
  EXPECT_THAT(said("jaeger", R"({"data":[{"spans":[{"spanID":"1"}]}]})"), HasSubstr("t.json:1"));
  EXPECT_THAT(said("jaeger", R"({"data":[{"spans":[{"traceID":"t","spanID":"1","startTime":-5,"duration":1}]}]})"),
              HasSubstr("startTime"));
  EXPECT_THAT(
      said("jaeger",
           R"({"data":[{"spans":[{"traceID":"t","spanID":"1","startTime":5,"duration":9223372036854775807}]}]})"),
      HasSubstr("startTime"));
  EXPECT_THAT(said("otlp", R"({"resourceSpans":[{"scopeSpans":[]}]})"), HasSubstr("service.name"));
  // Parents that name each other in a circle, or themselves.
  EXPECT_THAT(said("jaeger", jaeger({{{"1", "2", "front", "server", 0, 1, ""}, {"2", "1", "cart", "server", 0, 1, ""}},
                                     {{"1", "1", "front", "server", 0, 1, ""}}})),
              AllOf(::testing::StartsWith("readable"), HasSubstr("MSH0016")));
}

}  // namespace
}  // namespace meshsim::scenarios
