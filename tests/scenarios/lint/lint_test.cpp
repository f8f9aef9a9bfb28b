// The linter as a command: suppression, baseline, threshold, formats.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "scenarios/lint/suppression.h"
#include "tests/scenarios/cli/cli_fixture.h"

namespace meshsim::scenarios {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;
namespace fs = std::filesystem;

std::string mesh(const std::string& annotation = "") {
  const fs::path path = fs::temp_directory_path() / ("meshsim-lint-" + std::to_string(::getpid()) + ".yaml");
  std::ofstream(path) << R"(apiVersion: meshsim/v1
kind: Scenario
workloads:
  - { name: api, namespace: shop, mode: ambient, labels: { app: api }, ports: [{ port: 80, targetPort: 8080, name: http }] }
  - { name: shell, namespace: clients, mode: ambient }
policies:
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: { name: no-delete, namespace: shop, annotations: { a: b)"
                      << annotation << R"( } }
    spec: { selector: { matchLabels: { app: api } }, action: DENY, rules: [{ to: [{ operation: { methods: [DELETE] } }] }] }
)";
  return path.string();
}

TEST(LintCommand, FindingsAre79AndTheThresholdDecides) {
  const std::string file = mesh();
  const Ran ran = meshsim({"lint", file});
  EXPECT_EQ(ran.code, kFindings);
  EXPECT_THAT(ran.out, HasSubstr("Error [MSH1001] (AuthorizationPolicy shop/no-delete"));
  EXPECT_EQ(meshsim({"lint", file, "--threshold", "never"}).code, kFine);
  EXPECT_EQ(meshsim({"lint", file, "--only", "MSH1203", "--threshold", "error"}).code, kFine);
  EXPECT_EQ(meshsim({"lint", file, "--only", "LN-02", "--threshold", "error"}).code, kFindings);
  EXPECT_EQ(meshsim({"lint", file, "--only", "MSH9999"}).code, kUsage);
  EXPECT_EQ(meshsim({"lint", file, "-o", "xml"}).code, kUsage);
  EXPECT_EQ(meshsim({"lint"}).code, kUsage);
  EXPECT_EQ(meshsim({"lint", file + ".missing"}).code, kData);
}

TEST(LintCommand, ShowFlowPrintsAFlowThatShowsIt) {
  const std::string file = mesh();
  EXPECT_THAT(meshsim({"lint", file}).out, Not(HasSubstr("shown by")));
  EXPECT_THAT(meshsim({"lint", file, "--show-flow"}).out,
              HasSubstr("shown by clients/shell (ambient) -> api.shop.svc.cluster.local:80 http DELETE /: allowed"));
  // The flow of the JSON document is one that a scenario takes.
  const Json document = Json::parse(meshsim({"lint", file, "-o", "json", "--only", "MSH1001"}).out);
  ASSERT_EQ(document["findings"].size(), 1u);
  EXPECT_EQ(document["findings"][0]["flow"]["request"]["method"], "DELETE");
  EXPECT_EQ(document["findings"][0]["flow"]["from"]["workload"], "clients/shell");
}

TEST(LintCommand, SuppressionByFlagAnnotationAndBaseline) {
  const std::string file = mesh();
  for (const char* entry : {"MSH1001", "msh1001", "PF-04", "MSH1001=AuthorizationPolicy shop/*"}) {
    const Ran ran = meshsim({"lint", file, "--only", "MSH1001", "--suppress", entry});
    EXPECT_EQ(ran.code, kFine) << entry;
    EXPECT_THAT(ran.out, HasSubstr("(1 suppressed)")) << entry;
    EXPECT_EQ(ran.err, "");
  }
  const Ran other = meshsim({"lint", file, "--only", "MSH1001", "--suppress", "MSH1001=AuthorizationPolicy other/*"});
  EXPECT_EQ(other.code, kFindings);
  EXPECT_THAT(other.err, HasSubstr("matches no finding"));

  for (const char* annotation : {", meshsim/lint-suppress: MSH1001", ", meshsim/lint-suppress: \"*\"",
                                 ", galley.istio.io/analyze-suppress: \"IST0102, LN-02\""})
    EXPECT_EQ(meshsim({"lint", mesh(annotation), "--only", "MSH1001"}).code, kFine) << annotation;
  EXPECT_EQ(meshsim({"lint", mesh(", meshsim/lint-suppress: MSH1002"), "--only", "MSH1001"}).code, kFindings);

  const std::string baseline = file + ".baseline.json";
  EXPECT_EQ(meshsim({"lint", mesh(), "--write-baseline", baseline}).code, kFine);
  EXPECT_EQ(meshsim({"lint", file, "--baseline", baseline}).code, kFine);
  // Lines may move.
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::ofstream(file) << "# one\n# two\n" << text;
  EXPECT_EQ(meshsim({"lint", file, "--baseline", baseline}).code, kFine);
  // What is gone is said, so that the baseline shrinks.
  const Ran gone = meshsim({"lint", mesh(", meshsim/lint-suppress: MSH1001"), "--baseline", baseline});
  EXPECT_THAT(gone.err, HasSubstr("a finding that is gone: MSH1001"));
  std::ofstream(baseline) << "[]";
  EXPECT_EQ(meshsim({"lint", file, "--baseline", baseline}).code, kData);
  fs::remove(baseline);
}

TEST(LintCommand, ExplainTakesCodesAndAliases) {
  EXPECT_THAT(meshsim({"lint", "--explain", "MSH1001"}).out, HasSubstr("What to do"));
  EXPECT_EQ(meshsim({"lint", "--explain", "PF-04"}).out, meshsim({"lint", "--explain", "MSH1001"}).out);
  EXPECT_EQ(meshsim({"lint", "--explain", "MSH9999"}).code, kUsage);
  EXPECT_THAT(meshsim({"lint", "--explain", "MSH1001", "-o", "md"}).out, HasSubstr("# MSH1001: "));
}

TEST(LintCommand, GithubAnnotationsHaveTrueLines) {
  EXPECT_THAT(meshsim({"lint", mesh(), "-o", "github", "--only", "MSH1001"}).out, HasSubstr(",line=10,col="));
}

TEST(LintCommand, SarifKeepsWhatIsSuppressed) {
  const Json document = Json::parse(meshsim({"lint", mesh(), "-o", "sarif", "--suppress", "MSH1001"}).out);
  EXPECT_EQ(document["version"], "2.1.0");
  bool seen = false;
  for (const Json& result : document["runs"][0]["results"]) {
    const std::size_t rule = result["ruleIndex"];
    EXPECT_EQ(document["runs"][0]["tool"]["driver"]["rules"][rule]["id"], result["ruleId"]);
    if (result["ruleId"] != "MSH1001") continue;
    seen = true;
    EXPECT_EQ(result["suppressions"][0]["kind"], "external");
  }
  EXPECT_TRUE(seen);
}

// What the linter says of manifests that other projects publish, looked at by hand. A new line here is a
// new finding or a false positive: read it before MESHSIM_UPDATE_TRANSCRIPTS=1 accepts it.
TEST(LintCommand, FindingsInManifestsOfOtherProjects) {
  const fs::path root = fs::path(MESHSIM_SOURCE_DIR), expected = root / "tests/scenarios/lint/real_manifests.txt";
  std::vector<fs::path> folders;
  for (const char* under : {"tests/data/manifests", "scenarios/cases"})
    for (const auto& entry : fs::directory_iterator(root / under))
      if (entry.is_directory()) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  std::string text;
  for (const fs::path& folder : folders) {
    // The pitfalls are for the cases; here: whole applications and sets of manifests.
    if (folder.filename() == "pitfalls") continue;
    text += "== " + fs::relative(folder, root).string() + '\n';
    const Json document = Json::parse(meshsim({"lint", folder.string(), "-o", "json"}).out);
    for (const Json& finding : document["findings"]) {
      const std::string code = finding["code"];
      if (code < "MSH1000") continue;
      text += code + ' ' + finding["object"].get<std::string>() + ' ' +
              fs::path(finding["file"].get<std::string>()).filename().string() + ':' +
              std::to_string(int{finding["line"]}) + '\n';
    }
  }
  if (std::getenv("MESHSIM_UPDATE_TRANSCRIPTS") != nullptr) std::ofstream(expected) << text;
  EXPECT_EQ(text, text_of(expected.string()));
}

TEST(Glob, Stars) {
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("Service a/*", "Service a/b"));
  EXPECT_TRUE(glob_matches("*b*d", "abcd"));
  EXPECT_FALSE(glob_matches("*b*d", "abc"));
  EXPECT_FALSE(glob_matches("a", "ab"));
}

}  // namespace
}  // namespace meshsim::scenarios
