// Properties: the indexed look-up equals trying every block in written order (DP-250), exact > prefix > regex for
// HTTPRoutes whatever their order (DP-251), shares add up to 1, equal input in any order gives equal decisions.
#include <algorithm>
#include <random>

#include <gtest/gtest.h>
#include <re2/re2.h>

#include "models/route/route_set.h"
#include "models/route/rule_table.h"
#include "tests/models/route/route_fixture.h"

namespace meshsim::test {
namespace {

using namespace models;
using namespace models::route;

std::string random_path(std::mt19937& random) {
  static const char* const kParts[] = {"/a", "/b", "/ab", "/", "/A", "c", "/a/b"};
  std::string out = "/";
  const int parts = static_cast<int>(random() % 4);
  for (int i = 0; i < parts; ++i) out += kParts[random() % std::size(kParts)];
  return out;
}

HttpMatch random_match(std::mt19937& random) {
  HttpMatch match;
  const auto kind = random() % 6;
  if (kind < 2) match.uri = StringMatch::exact(random_path(random));
  if (kind == 2 || kind == 3) {
    match.uri = StringMatch{};
    match.uri->kind = kind == 2 ? StringMatch::Kind::Prefix : StringMatch::Kind::Segment;
    match.uri->text = random_path(random);
  }
  if (kind == 4) match.uri = StringMatch::expression(random_path(random) + ".*", random() % 2 == 0);
  if (match.uri && kind != 4) match.uri->ignore_case = random() % 4 == 0;
  if (random() % 3 == 0) match.headers.push_back({":method", StringMatch::exact("POST"), false});
  if (random() % 5 == 0) match.port = 81;
  if (random() % 6 == 0) match.source_ns = "b";
  return match;
}

// The plain way.
RowMatch by_scanning(const std::vector<HttpRule>& rules, const RouteRequest& request, const ProxySide& side) {
  for (const HttpRule& rule : rules) {
    if (rule.matches.empty()) return {&rule, nullptr};
    for (const HttpMatch& match : rule.matches) {
      if (!built_for(&match, side)) continue;
      if (match.uri && !match.uri->matches(path_only(request.path))) continue;
      if (std::any_of(match.headers.begin(), match.headers.end(),
                      [&](const NamedMatch& h) { return !h.match.matches(request.method); }))
        continue;
      return {&rule, &match};
    }
  }
  return {};
}

TEST(Precedence, IndexEqualsScan) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<HttpRule> rules(random() % 20);
    for (HttpRule& rule : rules)
      for (auto n = random() % 3; n > 0; --n) rule.matches.push_back(random_match(random));
    RuleTable table;
    table.build(rules);
    for (int i = 0; i < 20; ++i) {
      const std::string path = random_path(random) + (random() % 3 == 0 ? "?q=1" : "");
      RouteRequest request;
      request.path = path;
      request.method = random() % 2 == 0 ? "GET" : "POST";
      ProxySide side;
      side.ns = random() % 2 == 0 ? "a" : "b";
      side.port = random() % 2 == 0 ? 80 : 81;
      const RowMatch fast = table.find(rules, request, side), slow = by_scanning(rules, request, side);
      ASSERT_EQ(fast.rule, slow.rule) << path;
      ASSERT_EQ(fast.match, slow.match) << path;
    }
  }
}

TEST(Precedence, Dp251OrderOfHttpRouteRulesDoesNotMatter) {
  std::vector<std::string> rules = {
      "{matches: [{path: {type: Exact, value: /a/b}}], backendRefs: [{name: one, port: 80}]}",
      "{matches: [{path: {value: /a/b}, headers: [{name: x, value: y}]}], backendRefs: [{name: two, port: 80}]}",
      "{matches: [{path: {value: /a/b}}], backendRefs: [{name: one, port: 7070}]}",
      "{matches: [{path: {value: /a}, method: POST}], backendRefs: [{name: two, port: 7070}]}",
      "{matches: [{path: {value: /a}, headers: [{name: x, value: y}]}], backendRefs: [{name: two, port: 8888}]}",
      "{matches: [{path: {value: /a}}], backendRefs: [{name: one, port: 8888}]}",
      "{matches: [{path: {type: RegularExpression, value: '/z+'}}], backendRefs: [{name: two, port: 9000}]}"};
  struct Case {
    Ask ask;
    const char* expected;
  };
  const std::vector<Case> cases = {{Ask{"GET", "/a/b"}, "one.a:80"},     {Ask{"POST", "/a/b"}, "one.a:80"},
                                   {Ask{"GET", "/a/b/c"}, "one.a:7070"}, {Ask{"GET", "/a/bc"}, "one.a:8888"},
                                   {Ask{"POST", "/a/c"}, "two.a:7070"},  {Ask{"GET", "/ab"}, "404 NR"},
                                   {Ask{"GET", "/zzz"}, "two.a:9000"}};
  std::mt19937 random(11);
  for (int round = 0; round < 12; ++round) {
    std::shuffle(rules.begin(), rules.end(), random);
    std::string yaml =
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r, namespace: a}\nspec:\n  "
        "parentRefs: [{group: '', kind: Service, name: one}]\n  rules:\n";
    for (const std::string& rule : rules) yaml += "  - " + rule + "\n";
    const RouteWorld world(yaml);
    for (const Case& c : cases) {
      EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, c.ask)), c.expected) << c.ask.path;
      Ask with = c.ask;
      with.headers = {{"x", "y"}};
      if (with.path == "/a/b/c") {
        EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, with)), "two.a:80") << "more header matches";
      }
      if (with.path == "/a/c") {
        EXPECT_EQ(text(world, sidecar(world, "a/client", "one", 80, with)), "two.a:7070") << "method before headers";
      }
    }
  }
}

TEST(Precedence, SharesAddUpToOne) {
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    std::string yaml =
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: vs, namespace: a}\nspec:\n  hosts: "
        "[one]\n  http:\n  - fault: {abort: {percentage: {value: " +
        std::to_string(random() % 101) +
        "}, httpStatus: 500}, delay: {percentage: {value: " + std::to_string(random() % 101) +
        "}, fixedDelay: 1s}}\n    route:\n";
    const int targets = 1 + static_cast<int>(random() % 7);
    for (int i = 0; i < targets; ++i)
      yaml += "    - {destination: {host: " + std::string(i % 2 == 0 ? "one" : "two") +
              "}, weight: " + std::to_string(random() % 40) + "}\n";
    const RouteWorld world(yaml);
    const auto choices = sidecar(world, "a/client", "one", 80);
    EXPECT_EQ(sum(choices), 1.0) << yaml;
    for (const RouteChoice& choice : choices) EXPECT_GT(choice.probability, 0.0);
  }
}

TEST(Precedence, OrderOfObjectsDoesNotMatter) {
  std::vector<std::string> objects;
  for (const char* name : {"p", "q", "r"})
    for (const char* ns : {"a", "b"})
      objects.push_back(
          "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: " + std::string(name) +
          ", namespace: " + ns +
          "}\nspec:\n  parentRefs: [{group: '', kind: Service, name: one, namespace: a}]\n  rules: [{backendRefs: "
          "[{name: " +
          (ns[0] == 'a' ? "two" : "far") + ", port: 80}], matches: [{path: {value: /" + name + "}}]}]\n");
  objects.push_back(
      "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: vs, namespace: a}\nspec: {hosts: "
      "[one], http: [{route: [{destination: {host: one}}]}]}\n");
  std::mt19937 random(5);
  std::string first;
  for (int round = 0; round < 8; ++round) {
    std::shuffle(objects.begin(), objects.end(), random);
    const RouteWorld world(documents(objects));
    std::string all;
    for (const char* client : {"a/client", "b/client"})
      for (const char* path : {"/p", "/q", "/r", "/none"})
        all += text(world, sidecar(world, client, "one.a", 80, Ask{"GET", path})) + '\n';
    if (first.empty()) first = all;
    EXPECT_EQ(all, first);
  }
}

}  // namespace
}  // namespace meshsim::test
