// Coverage counts what tests touch, and the flow it suggests does touch what is left out.
#include "scenarios/expect/coverage.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "scenarios/report/coverage_report.h"

namespace meshsim::scenarios {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CoverageTest : public ::testing::Test {
 protected:
  Coverage measure(const std::string& flows) {
    const auto file =
        std::filesystem::temp_directory_path() / ("meshsim-coverage-" + std::to_string(::getpid()) + ".yaml");
    std::ofstream(file) << R"(apiVersion: meshsim/v1
kind: Scenario
workloads:
  - { name: api, namespace: shop, mode: ambient, labels: { app: api }, ports: [{ port: 80, targetPort: 8080, name: http }] }
  - { name: shell, namespace: clients, serviceAccount: shell, mode: ambient }
  - { name: web, namespace: clients, serviceAccount: web, mode: sidecar }
gateways: [{ name: waypoint, namespace: shop, kind: waypoint, for: service }]
labels: [{ object: shop/service/api, set: { istio.io/use-waypoint: waypoint } }]
policies:
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: { name: p, namespace: shop }
    spec:
      targetRefs: [{ kind: Service, group: "", name: api }]
      rules:
        - to: [{ operation: { methods: [GET] } }]
        - to: [{ operation: { methods: [PUT], paths: ["/v1/*"] } }]
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: { name: dead, namespace: shop }
    spec:
      selector: { matchLabels: { app: api } }
      action: DENY
      rules:
        - from: [{ source: { principals: ["spiffe://cluster.local/ns/clients/sa/shell", "cluster.local/*/sa/*"] } }]
        - from: [{ source: { principals: ["spiffe://cluster.local/ns/x/sa/x", "cluster.local/ns/x/sa/x"] } }]
flows:
)" << flows;
    TestOptions options;
    options.keep_results = true;
    const TestRun run = run_tests({file.string()}, options);
    EXPECT_FALSE(run.unreadable);
    Coverage out = coverage_of(run, true);
    std::filesystem::remove(file);
    return out;
  }
  const CoverageItem& item(const Coverage& coverage, std::string_view name) {
    for (const CoverageItem& one : coverage.items)
      if (one.name == name) return one;
    ADD_FAILURE() << name;
    return coverage.items.front();
  }
};

TEST_F(CoverageTest, CountsRulesWaypointsHopsAndModes) {
  const Coverage coverage = measure(R"(  - name: shell reads
    from: { workload: clients/shell }
    to: { host: api.shop.svc.cluster.local, port: 80 }
    protocol: http
    expect: { verdict: allowed }
)");
  EXPECT_GT(item(coverage, "AuthorizationPolicy shop/p").hits, 0u);
  EXPECT_GT(item(coverage, "rule 0 of AuthorizationPolicy shop/p").hits, 0u);
  EXPECT_EQ(item(coverage, "rule 1 of AuthorizationPolicy shop/p").hits, 0u);
  EXPECT_GT(item(coverage, "waypoint shop/waypoint").hits, 0u);
  EXPECT_GT(item(coverage, "ztunnel outbound").hits, 0u);
  EXPECT_EQ(item(coverage, "sidecar outbound").hits, 0u);
  EXPECT_GT(item(coverage, "client ambient").hits, 0u);
  EXPECT_EQ(item(coverage, "client sidecar").hits, 0u);
  EXPECT_LT(coverage.percent(), 100.0);

  const CoverageItem& left = item(coverage, "rule 1 of AuthorizationPolicy shop/p");
  ASSERT_TRUE(left.flow);
  EXPECT_EQ(left.flow->request.method, "PUT");
  EXPECT_EQ(left.flow->request.path, "/v1/example");
  EXPECT_EQ(left.flow->from.name, "shell");

  const std::string lcov = coverage_lcov(coverage);
  EXPECT_THAT(lcov, HasSubstr("DA:16,1\n"));  // rule 0
  EXPECT_THAT(lcov, HasSubstr("DA:17,0\n"));  // rule 1
}

TEST_F(CoverageTest, Po039WhatCannotBeReachedIsNamedAndDoesNotCount) {
  const Coverage coverage = measure(R"(  - name: shell reads
    from: { workload: clients/shell }
    to: { host: api.shop.svc.cluster.local, port: 80 }
    protocol: http
    expect: { verdict: allowed }
)");
  EXPECT_THAT(item(coverage, "rule 0 of AuthorizationPolicy shop/dead").unreachable, HasSubstr("PO-039"));
  EXPECT_EQ(item(coverage, "rule 1 of AuthorizationPolicy shop/dead").unreachable, "") << "one of its values can match";
  EXPECT_EQ(coverage.total(CoverageKind::Rule), 3u);
  EXPECT_THAT(coverage_table(coverage, false),
              HasSubstr("Cannot be reached\n  rule 0 of AuthorizationPolicy shop/dead"));
  EXPECT_THAT(coverage_lcov(coverage), Not(HasSubstr("DA:25,")));
}

TEST_F(CoverageTest, AClientThatBypassesCoversThePolicyButNoRule) {
  const Coverage coverage = measure(R"(  - name: web deletes
    from: { workload: clients/web }
    to: { host: api.shop.svc.cluster.local, port: 80 }
    protocol: http
    request: { method: DELETE }
    expect: { verdict: allowed }
  - name: shell deletes
    from: { workload: clients/shell }
    to: { host: api.shop.svc.cluster.local, port: 80 }
    protocol: http
    request: { method: DELETE }
    expect: { verdict: denied }
)");
  EXPECT_GT(item(coverage, "AuthorizationPolicy shop/p").hits, 0u);
  EXPECT_EQ(item(coverage, "rule 0 of AuthorizationPolicy shop/p").hits, 0u);
  EXPECT_GT(item(coverage, "client sidecar").hits, 0u);
}

}  // namespace
}  // namespace meshsim::scenarios
