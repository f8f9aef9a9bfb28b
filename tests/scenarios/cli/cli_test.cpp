// The command line as a contract: exit codes, streams, formats, and the same bytes whatever the circumstances.
#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/scenarios/cli/cli_fixture.h"

namespace meshsim::scenarios {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;

TEST(ExitCodes, FineIsZeroForEveryFormat) {
  for (const char* format : {"table", "wide", "json", "yaml"}) {
    const Ran ran = meshsim({"run", file("shop.yaml"), "-o", format});
    EXPECT_EQ(ran.code, kFine) << format << ran.err;
    EXPECT_EQ(ran.err, "") << format;
    EXPECT_THAT(ran.out, HasSubstr("shell deletes")) << format;
  }
}

TEST(ExitCodes, FailedExpectationIsOneForEveryFormat) {
  for (const char* format : {"table", "wide", "json", "yaml"})
    EXPECT_EQ(meshsim({"run", file("shop-wrong.yaml"), "-o", format}).code, kFailed) << format;
}

TEST(ExitCodes, FailOnAPolicyStatus) {
  EXPECT_EQ(meshsim({"run", file("shop.yaml"), "--fail-on", "bypassed"}).code, kFailed);
  EXPECT_EQ(meshsim({"run", file("shop.yaml"), "--fail-on", "open,denies-all"}).code, kFine);
  const auto pitfall = [](const std::string& name) {
    return std::string(MESHSIM_SOURCE_DIR) + "/scenarios/cases/pitfalls/" + name + "/scenario.yaml";
  };
  EXPECT_EQ(meshsim({"run", pitfall("pf-04-l7-deny-without-effect")}).code, kFine);
  EXPECT_EQ(meshsim({"run", pitfall("pf-04-l7-deny-without-effect"), "--fail-on", "open"}).code, kFailed);
  EXPECT_EQ(meshsim({"run", pitfall("pf-05-l7-allow-denies-everything"), "--fail-on", "bypassed,denies-all"}).code,
            kFailed);
  const Ran wrong = meshsim({"run", file("shop.yaml"), "--fail-on", "bypased"});
  EXPECT_EQ(wrong.code, kUsage);
  EXPECT_THAT(wrong.err, HasSubstr("bypased"));
}

TEST(Findings, NotesOfOneKindAreCountedFromTheFourthOn) {
  const auto services = [](int n, const char* cluster_ip) {
    std::string text;
    for (int i = 0; i < n; ++i)
      text += "apiVersion: v1\nkind: Service\nmetadata: {name: s" + std::to_string(i) +
              ", namespace: shop}\nspec: {ports: [{port: 80}]" + cluster_ip + "}\n---\n";
    return text;
  };
  const auto lines_with = [](const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
    return n;
  };
  const std::string few = meshsim({"run", "-"}, services(3, "") + services(3, "")).err;
  EXPECT_EQ(lines_with(few, "[MSH0025]"), 3u);
  EXPECT_THAT(few, Not(HasSubstr("more of this kind")));
  const std::string many = meshsim({"run", "-"}, services(9, "") + services(9, "")).err;
  EXPECT_EQ(lines_with(many, "[MSH0025]"), 4u);
  EXPECT_THAT(many, HasSubstr("Info [MSH0025] 6 more of this kind; meshsim lint names them all"));
  // Warnings are never counted away.
  EXPECT_EQ(lines_with(meshsim({"run", "-"}, services(9, "") + services(9, ", clusterIP: None")).err, "[MSH0024]"), 9u);
}

// PO-069b, PO-069d (PF-06), PO-069f: what istiod would write, whatever the verdict.
TEST(Explain, ShowsTheConditionsThatIstiodWrites) {
  const auto explain = [](const std::string& name) {
    return meshsim(
               {"explain", std::string(MESHSIM_SOURCE_DIR) + "/scenarios/cases/pitfalls/" + name + "/scenario.yaml"})
        .out;
  };
  EXPECT_THAT(explain("pf-04-l7-deny-without-effect"),
              HasSubstr("PO-069d istiod writes ZtunnelAccepted=True (UnsupportedValue)"));
  EXPECT_THAT(explain("pf-05-l7-allow-denies-everything"),
              HasSubstr("PO-069b istiod writes ZtunnelAccepted=True (UnsupportedValue)"));
  EXPECT_THAT(explain("pf-47-custom-by-selector"), HasSubstr("PO-069e istiod writes ZtunnelAccepted=False"));
  EXPECT_THAT(meshsim({"explain", file("shop.yaml")}).out,
              HasSubstr("PO-069f istiod writes WaypointAccepted=True (Accepted)"));
}

TEST(ExitCodes, WrongUsageIs64AndSaysWhy) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                    {"run"},
                                                    {"rnu", "x"},
                                                    {"run", "--no-such-option"},
                                                    {"matrix"},
                                                    {"explain"},
                                                    {"run", file("shop.yaml"), "-o", "xml"},
                                                    {"explain", file("shop.yaml"), "--flow", "nobody"},
                                                    {"completion", "tcsh"},
                                                    {"run", file("shop.yaml"), "--threads", "0"},
                                                    {"run", file("shop.yaml"), "--color", "green"}}) {
    const Ran ran = meshsim(arguments);
    EXPECT_EQ(ran.code, kUsage) << (arguments.empty() ? "" : arguments.front());
    EXPECT_NE(ran.err, "");
    EXPECT_EQ(ran.out, "");
  }
}

TEST(ExitCodes, InputNotUnderstoodIs65AndTheDocumentIsWritten) {
  for (const char* name : {"broken.yaml", "misspelt.yaml", "no-such-file.yaml"}) {
    const Ran ran = meshsim({"run", file(name), "-o", "json"});
    EXPECT_EQ(ran.code, kData) << name;
    EXPECT_THAT(ran.err, HasSubstr("Error [MSH00")) << name;
    const Json document = Json::parse(ran.out);
    EXPECT_EQ(document["kind"], "Run");
    EXPECT_FALSE(document["diagnostics"].empty()) << name;
  }
  EXPECT_THAT(meshsim({"run", file("misspelt.yaml")}).err, HasSubstr("did you mean \"expect\""));
}

// A policy could hide in what was not understood: no verdict then, least of all `allowed`.
TEST(ExitCodes, NoVerdictOnInputThatWasNotUnderstood) {
  const Json document = Json::parse(meshsim({"run", file("shop.yaml"), file("broken.yaml"), "-o", "json"}).out);
  ASSERT_EQ(document["flows"].size(), 2u);
  for (const Json& flow : document["flows"]) {
    EXPECT_EQ(flow["outcomes"][0]["verdict"], "unknown");
    EXPECT_THAT(flow["outcomes"][0]["reasons"][0]["text"].get<std::string>(), HasSubstr("could not be understood"));
  }
}

TEST(Streams, HelpGoesToStandardOutput) {
  const Ran ran = meshsim({"--help"});
  EXPECT_EQ(ran.code, kFine);
  for (const char* command : {"run", "explain", "matrix", "profiles", "schema", "completion", "version"})
    EXPECT_THAT(ran.out, HasSubstr(command));
}

TEST(Streams, StandardInput) { EXPECT_EQ(meshsim({"run", "-", "-o", "json"}, text_of(file("shop.yaml"))).code, kFine); }

TEST(Streams, FilesByOptionAndByPositionAreAlike) {
  EXPECT_EQ(meshsim({"run", "-f", file("shop.yaml"), "-o", "json"}).out,
            meshsim({"run", file("shop.yaml"), "-o", "json"}).out);
}

TEST(Colour, OnlyWhereAskedForOrOnATerminal) {
  ::unsetenv("NO_COLOR");
  EXPECT_THAT(meshsim({"run", file("shop.yaml")}).out, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(meshsim({"run", file("shop.yaml")}, "", true).out, HasSubstr("\x1b["));
  EXPECT_THAT(meshsim({"run", file("shop.yaml"), "--color", "always"}).out, HasSubstr("\x1b["));
  EXPECT_THAT(meshsim({"run", file("shop.yaml"), "--color", "never"}, "", true).out, Not(HasSubstr("\x1b[")));
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_THAT(meshsim({"run", file("shop.yaml")}, "", true).out, Not(HasSubstr("\x1b[")));
  ::unsetenv("NO_COLOR");
}

TEST(Determinism, SameBytesForAnyNumberOfThreads) {
  const std::string one = meshsim({"run", file("shop.yaml"), "-o", "json", "--threads", "1"}).out;
  EXPECT_EQ(one, meshsim({"run", file("shop.yaml"), "-o", "json", "--threads", "7"}).out);
  const std::string pairs = meshsim({"matrix", file("shop.yaml"), "-o", "json", "--threads", "1"}).out;
  EXPECT_EQ(pairs, meshsim({"matrix", file("shop.yaml"), "-o", "json", "--threads", "7"}).out);
}

TEST(Determinism, OrderOfFilesDoesNotMatter) {
  const std::string cases = std::string(MESHSIM_SOURCE_DIR) + "/scenarios/cases/bookinfo/mixed/";
  const std::vector<std::string> files = {cases + "bookinfo.yaml", cases + "bookinfo-gateway.yaml", cases + "policies"};
  EXPECT_EQ(meshsim({"matrix", files[0], files[1], files[2], "-o", "json"}).out,
            meshsim({"matrix", files[2], files[1], files[0], "-o", "json"}).out);
}

TEST(OutFolder, WrittenWholeOrNotAtAll) {
  const auto folder = std::filesystem::temp_directory_path() / "meshsim-cli-test-out";
  std::filesystem::remove_all(folder);
  const Ran ran = meshsim({"run", file("shop.yaml"), "-o", "json", "--out", folder.string()});
  EXPECT_EQ(ran.code, kFine);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(text_of((folder / "run.json").string()), meshsim({"run", file("shop.yaml"), "-o", "json"}).out);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1) << "no temporary file stays behind";
  // Where a file cannot be replaced, the old state stays and nothing else appears.
  const auto blocked = folder / "blocked";
  std::filesystem::create_directories(blocked / "run.json" / "full");
  EXPECT_EQ(meshsim({"run", file("shop.yaml"), "-o", "json", "--out", blocked.string()}).code, kInternal);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(blocked), {}), 1);
  std::filesystem::remove_all(folder);
}

TEST(Completion, EveryShellKnowsEveryCommandAndOption) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Ran ran = meshsim({"completion", shell});
    EXPECT_EQ(ran.code, kFine);
    for (const char* word : {"run", "explain", "matrix", "fail-on", "threads", "policies"})
      EXPECT_THAT(ran.out, HasSubstr(word)) << shell;
  }
}

TEST(Information, ProfilesSchemaVersion) {
  EXPECT_THAT(meshsim({"profiles"}).out, HasSubstr("legacySidecarSendsHbone"));
  EXPECT_EQ(Json::parse(meshsim({"profiles", "-o", "json"}).out).size(), 3u);
  EXPECT_TRUE(Json::parse(meshsim({"schema"}).out).is_object());
  EXPECT_THAT(meshsim({"version"}).out, HasSubstr("meshsim "));
}

}  // namespace
}  // namespace meshsim::scenarios
