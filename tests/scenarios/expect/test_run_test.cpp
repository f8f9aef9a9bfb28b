// meshsim test: discovery, expansion, known failures, and every report.
#include "scenarios/expect/test_run.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/scenarios/cli/cli_fixture.h"

namespace meshsim::scenarios {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;

const std::string kFolder = std::string(MESHSIM_SOURCE_DIR) + "/tests/scenarios/expect/files";
const std::string kShop = kFolder + "/shop.meshtest.yaml";

// A copy of the suite with one piece of text exchanged.
class Changed {
 public:
  Changed(const std::string& old_text, const std::string& new_text) {
    folder_ = std::filesystem::temp_directory_path() /
              ("meshsim-expect-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::create_directories(folder_);
    std::string text = text_of(kShop);
    const auto at = text.find(old_text);
    EXPECT_NE(at, std::string::npos);
    text.replace(at, old_text.size(), new_text);
    std::ofstream(path()) << text;
  }
  ~Changed() { std::filesystem::remove_all(folder_); }
  std::string path() const { return (folder_ / "changed.meshtest.yaml").string(); }

 private:
  std::filesystem::path folder_;
};

TEST(TestSuite, TablesAndMatricesBecomeNamedCases) {
  const TestRun run = run_tests({kShop}, {});
  ASSERT_EQ(run.suites.size(), 1u);
  std::vector<std::string> names;
  for (const TestResult& test : run.suites[0].tests) names.push_back(test.name);
  EXPECT_THAT(names, ElementsAre("GET by classic/web", "GET by modern/shell", "DELETE by modern/shell",
                                 "sidecar clients may not delete either",
                                 "everyone reads: modern/shell -> stock.modern.svc.cluster.local:80",
                                 "everyone reads: modern/stock -> stock.modern.svc.cluster.local:80"));
  EXPECT_EQ(run.count(TestStatus::Pass), 5);
  EXPECT_EQ(run.count(TestStatus::XFail), 1);
  EXPECT_FALSE(run.unreadable);
  EXPECT_EQ(run.suites[0].tests[0].source.position.line, 20u);
}

TEST(TestSuite, FoldersAreSearchedAndManifestsAreNotTests) {
  models::Diagnostics diagnostics;
  EXPECT_THAT(find_test_files({kFolder, kShop}, diagnostics), ElementsAre(kShop));
  EXPECT_TRUE(diagnostics.empty());
}

TEST(TestSuite, SelectionByNameAndTag) {
  TestOptions options;
  options.name_pattern = "^GET";
  EXPECT_EQ(run_tests({kShop}, options).total(), 2);
  options = {};
  options.tags = {"matrix", "known"};
  EXPECT_EQ(run_tests({kShop}, options).total(), 3);
}

TEST(TestSuite, AKnownFailureThatPassesIsAFailure) {
  const Changed changed("expect: { verdict: denied }", "expect: { verdict: allowed }");
  const TestRun run = run_tests({changed.path()}, {});
  EXPECT_EQ(run.count(TestStatus::XPass), 1);
  EXPECT_EQ(meshsim({"test", changed.path()}).code, kFailed);
}

TEST(TestSuite, FailuresNameRuleAndPlace) {
  const Changed changed("method: DELETE, status: 403", "method: DELETE, status: 200");
  const TestRun run = run_tests({changed.path()}, {});
  const TestResult& test = run.suites[0].tests[2];
  ASSERT_EQ(test.status, TestStatus::Fail);
  ASSERT_EQ(test.failures.size(), 1u);
  EXPECT_EQ(test.failures[0].expectation.expected, "200");
  EXPECT_EQ(test.failures[0].expectation.actual, "403");
  EXPECT_NE(test.failures[0].because, "");
  EXPECT_EQ(test.failures[0].expectation.position.line, 29u);
}

TEST(TestSuite, FailFastStopsInTheOrderOfTheFile) {
  const Changed changed("method: GET, status: 200", "method: GET, status: 404");
  TestOptions options;
  options.fail_fast = true;
  EXPECT_EQ(run_tests({changed.path()}, options).total(), 1);
}

TEST(TestSuite, WhatIsNotUnderstoodIs65WithAPlace) {
  for (const auto& [old_text, new_text] : {std::pair<std::string, std::string>{"cases:", "csaes:"},
                                           {"xfail: the waypoint is bypassed by sidecars (PO-150)", "xfail: true"},
                                           {"from: { namespace: modern }", "from: { namespace: nowhere }"},
                                           {"expect: { httpStatus: \"{status}\" }", "expect: { httpStatsu: 200 }"}}) {
    const Changed changed(old_text, new_text);
    const Ran ran = meshsim({"test", changed.path()});
    EXPECT_EQ(ran.code, kData) << new_text;
    EXPECT_THAT(ran.err, HasSubstr("changed.meshtest.yaml:")) << new_text;
  }
}

TEST(TestCommand, ExitCodesAreTheSameForEveryFormat) {
  const Changed changed("method: DELETE, status: 403", "method: DELETE, status: 200");
  for (const char* format : {"table", "junit", "tap", "json", "md", "github"}) {
    EXPECT_EQ(meshsim({"test", kShop, "-o", format}).code, kFine) << format;
    const Ran ran = meshsim({"test", changed.path(), "-o", format});
    EXPECT_EQ(ran.code, kFailed) << format;
    EXPECT_THAT(ran.out, HasSubstr("DELETE by modern/shell")) << format;
  }
  EXPECT_EQ(meshsim({"test", kShop, "-o", "xml"}).code, kUsage);
  EXPECT_EQ(meshsim({"test", kShop, "--run", "("}).code, kUsage);
  EXPECT_EQ(meshsim({"test", kShop, "--run", "nothing"}).code, kFine);
  EXPECT_EQ(meshsim({"test", kShop, "--run", "nothing", "--require-tests"}).code, kFailed);
  EXPECT_EQ(meshsim({"test", kFolder + "/no-such-file"}).code, kData);
}

TEST(TestCommand, SameBytesForAnyNumberOfThreads) {
  EXPECT_EQ(meshsim({"test", kShop, "-o", "json", "-j", "1"}).out,
            meshsim({"test", kShop, "-o", "json", "-j", "8"}).out);
}

// What init writes passes as it stands, and asks about every pair.
TEST(Init, WritesATestFileThatPasses) {
  const auto folder = std::filesystem::temp_directory_path() / "meshsim-init-test";
  std::filesystem::remove_all(folder);
  const std::string scenario = std::string(MESHSIM_SOURCE_DIR) + "/tests/scenarios/cli/files/shop.yaml";
  const Ran init = meshsim({"init", scenario, "--out", folder.string()});
  ASSERT_EQ(init.code, kFine) << init.err;
  TestRun run = run_tests({folder.string()}, {});
  EXPECT_EQ(run.total(), 5);  // three clients, one Service port; two flows of the scenario
  EXPECT_EQ(run.count(TestStatus::Pass), run.total());
  std::filesystem::remove_all(folder);
}

TEST(TestReports, Json) {
  const Json report = Json::parse(meshsim({"test", kShop, "-o", "json"}).out);
  EXPECT_EQ(report["summary"]["pass"], 5);
  EXPECT_EQ(report["summary"]["xfail"], 1);
  EXPECT_EQ(report["files"][0]["tests"][3]["xfail"], "the waypoint is bypassed by sidecars (PO-150)");
}

TEST(TestReports, GithubAnnotatesTheLineOfTheExpectation) {
  const Changed changed("method: DELETE, status: 403", "method: DELETE, status: 200");
  const std::string out = meshsim({"test", changed.path(), "-o", "github"}).out;
  EXPECT_THAT(out, HasSubstr(",line=29,col="));
  EXPECT_THAT(out, HasSubstr("httpStatus: expected 200, got 403%0A"));
}

TEST(TestReports, TapCallsKnownFailuresTodo) {
  const std::string out = meshsim({"test", kShop, "-o", "tap"}).out;
  EXPECT_THAT(out, HasSubstr("1..6\n"));
  EXPECT_THAT(out, HasSubstr("not ok 4 - "));
  EXPECT_THAT(out, HasSubstr("# TODO the waypoint is bypassed"));
}

TEST(TestReports, JunitCountsAndEscapes) {
  const Changed changed("name: everyone reads", "name: \"<everyone> & \\\"all\\\"\"");
  const std::string out = meshsim({"test", changed.path(), "-o", "junit"}).out;
  EXPECT_THAT(out, HasSubstr("tests=\"6\" failures=\"0\" errors=\"0\" skipped=\"1\""));
  EXPECT_THAT(out, HasSubstr("&lt;everyone&gt; &amp; &quot;all&quot;"));
  EXPECT_THAT(out, Not(HasSubstr("<everyone>")));
}

}  // namespace
}  // namespace meshsim::scenarios
