// Requests of one class meet the same rules: where two sets of policies differ on any request, they differ on one of
// requests_apart.
#include <random>

#include <gtest/gtest.h>

#include "models/policy/policy_engine.h"
#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/representative.h"
#include "scenarios/run/run.h"

namespace meshsim::scenarios {
namespace {

using namespace models;

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
  bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }
  std::string one_of(const std::vector<std::string>& list) { return list[below(list.size())]; }
  std::string list_of(const std::vector<std::string>& from) {
    std::string out;
    for (std::size_t i = 0, n = 1 + below(2); i < n; ++i) out += (i == 0 ? "\"" : ", \"") + one_of(from) + '"';
    return '[' + out + ']';
  }

 private:
  std::mt19937 engine_;
};

const std::vector<std::string> kMethods = {"GET", "POST", "P*", "*T", "DELETE"};
const std::vector<std::string> kPaths = {"/a", "/a*", "/a/b*", "*.html", "*/x.html", "/", "*", "/a/{*}/c"};
const std::vector<std::string> kHosts = {"a.example.test", "*.example.test", "a.*", "api.shop.svc.cluster.local"};
const std::vector<std::string> kHeaders = {"one", "one*", "*two", "*"};
const std::vector<std::string> kPrincipals = {"iss/sub", "iss/*", "*/sub", "*", "other/sub"};
const std::vector<std::string> kClaims = {"dev", "d*", "admin"};

std::string rule(Dice& dice) {
  std::string out = "        - {";
  if (dice.chance(50)) {
    out += "from: [{ source: {";
    if (dice.chance(60))
      out +=
          std::string(dice.chance(80) ? "requestPrincipals: " : "notRequestPrincipals: ") + dice.list_of(kPrincipals);
    else
      out += "principals: [\"cluster.local/ns/clients/sa/" + dice.one_of({"shell", "web"}) + "\"]";
    out += "} }], ";
  }
  if (dice.chance(70)) {
    out += "to: [{ operation: {";
    std::string fields;
    const auto field = [&](const char* name, const char* none, const std::vector<std::string>& values, int percent) {
      if (dice.chance(percent))
        fields +=
            (fields.empty() ? "" : ", ") + std::string(dice.chance(75) ? name : none) + ": " + dice.list_of(values);
    };
    field("methods", "notMethods", kMethods, 60);
    field("paths", "notPaths", kPaths, 60);
    field("hosts", "notHosts", kHosts, 20);
    if (fields.empty()) fields = "methods: [GET]";
    out += fields + "} }], ";
  }
  if (dice.chance(40)) {
    const bool header = dice.chance(60);
    out += std::string("when: [{ key: \"") +
           (header ? "request.headers[x-" + dice.one_of({"a", "b"}) + "]" : "request.auth.claims[groups]") + "\", " +
           (dice.chance(75) ? "values" : "notValues") + ": " + dice.list_of(header ? kHeaders : kClaims) + " }]";
  }
  return out + "}\n";
}

std::string scenario(Dice& dice) {
  std::string out = R"(apiVersion: meshsim/v1
kind: Scenario
workloads:
  - { name: api, namespace: shop, serviceAccount: api, mode: sidecar, labels: { app: api }, ports: [{ port: 80, targetPort: 8080, name: http }] }
  - { name: shell, namespace: clients, serviceAccount: shell, mode: ambient }
  - { name: web, namespace: clients, serviceAccount: web, mode: sidecar }
policies:
  - { apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: { name: ra, namespace: shop }, spec: { jwtRules: [{ issuer: iss, jwksUri: "https://iss.example.test/keys" }] } }
)";
  for (std::size_t i = 0, n = 1 + dice.below(2); i < n; ++i) {
    out += "  - apiVersion: security.istio.io/v1\n    kind: AuthorizationPolicy\n    metadata: { name: p" +
           std::to_string(i) + ", namespace: shop }\n    spec:\n      action: " + (dice.chance(60) ? "ALLOW" : "DENY") +
           "\n      rules:\n";
    for (std::size_t r = 0, rules = 1 + dice.below(2); r < rules; ++r) out += rule(dice);
  }
  return out;
}

// Any request, near and far from what the rules mention.
Request any_request(Dice& dice) {
  Request out;
  out.method = dice.one_of({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"});
  out.path = dice.one_of(
      {"/", "/a", "/a/b", "/a/bc", "/a/b/c", "/a/q/c", "/x.html", "/a/x.html", "/a/b/x.html", "/zz", "/a.html"});
  if (dice.chance(40))
    out.host = dice.one_of({"a.example.test", "b.example.test", "a.other", "api.shop.svc.cluster.local", "zz"});
  for (const char* name : {"x-a", "x-b"})
    if (dice.chance(40)) out.headers.emplace_back(name, dice.one_of({"one", "one-two", "two", "zz", "onetwo"}));
  if (dice.chance(60)) {
    Jwt token;
    token.issuer = dice.one_of({"iss", "iss", "other"});
    if (dice.chance(85)) token.subject = dice.one_of({"sub", "zz"});
    token.valid = dice.chance(85);
    if (dice.chance(60)) {
      TreeBuilder tree("");
      tree.begin_mapping();
      tree.key("groups");
      tree.string(dice.one_of({"dev", "d2", "admin", "zz"}));
      tree.end();
      token.claims_tree = tree.finish();
      token.claims = token.claims_tree->root();
    }
    out.jwts.push_back(std::move(token));
  }
  return out;
}

Outcome answer(const Loaded& loaded, const std::string& client, const Request& request) {
  Flow flow;
  flow.from.ns = "clients";
  flow.from.name = client;
  flow.to.host = "api.shop.svc.cluster.local";
  flow.to.port = 80;
  flow.protocol = FlowProtocol::Http;
  flow.request = request;
  return judge(loaded.world, flow).outcomes.at(0);
}

bool differ(const Loaded& a, const Loaded& b, const std::string& client, const Request& request) {
  const Outcome x = answer(a, client, request), y = answer(b, client, request);
  return x.verdict != y.verdict || x.http_status != y.http_status;
}

TEST(RequestClasses, WhatAnyRequestTellsApartARepresentativeTellsApart) {
  std::size_t apart = 0;
  for (std::uint32_t seed = 0; seed < 150; ++seed) {
    Dice dice(seed);
    const Loaded a = load(read_scenario_text(scenario(dice), "a.yaml")),
                 b = load(read_scenario_text(scenario(dice), "b.yaml"));
    ASSERT_FALSE(a.unreadable || b.unreadable)
        << seed << ' ' << models::format((a.unreadable ? a : b).diagnostics.front());
    const LintContext left(a.world), right(b.world);
    std::vector<const policy::AuthorizationPolicy*> policies;
    for (const LintContext* side : {&left, &right})
      for (const PolicyView& p : side->policies()) policies.push_back(&p.spec);
    const std::vector<Request> some = requests_apart(policies, 100'000, {"iss"});
    for (const char* client : {"shell", "web"}) {
      const bool told =
          std::any_of(some.begin(), some.end(), [&](const Request& r) { return differ(a, b, client, r); });
      for (int i = 0; i < 60; ++i) {
        const Request request = any_request(dice);
        if (!differ(a, b, client, request)) continue;
        ++apart;
        EXPECT_TRUE(told) << "seed " << seed << ": " << request.method << ' ' << request.path << " from " << client;
        break;
      }
    }
  }
  EXPECT_GT(apart, 100u) << "the policies hardly differ: nothing was tested";
}

TEST(RequestClasses, OneRequestForEachClass) {
  const Loaded loaded = load(read_scenario_text(R"(apiVersion: meshsim/v1
kind: Scenario
policies:
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: { name: p, namespace: shop }
    spec: { rules: [{ to: [{ operation: { methods: [GET], paths: ["/a*", "*.html"] } }] }] }
)",
                                                "a.yaml"));
  const LintContext c(loaded.world);
  const std::vector<Request> some = requests_apart({&c.policies().at(0).spec}, 100);
  EXPECT_EQ(some.size(), 4u) << "the method matches or not, and so does the path";
}

}  // namespace
}  // namespace meshsim::scenarios
