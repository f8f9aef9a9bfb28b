// meshsim as a gate: revisions, updates, coverage thresholds, watching, manual pages.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "scenarios/cli/watch.h"
#include "tests/scenarios/cli/cli_fixture.h"

namespace meshsim::scenarios {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;
namespace fs = std::filesystem;

class Gate : public ::testing::Test {
 protected:
  void SetUp() override {
    folder = fs::temp_directory_path() / ("meshsim-gate-" + std::to_string(::getpid()));
    fs::create_directories(folder);
  }
  void TearDown() override {
    fs::current_path(home);
    fs::remove_all(folder);
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder / name) << text; }
  std::string path(const std::string& name) { return (folder / name).string(); }
  fs::path folder, home = fs::current_path();
};

std::string shop(const std::string& policies, const std::string& flows = "") {
  return R"(apiVersion: meshsim/v1
kind: Scenario
workloads:
  - { name: api, namespace: shop, mode: sidecar, labels: { app: api }, ports: [{ port: 80, targetPort: 8080, name: http }] }
  - { name: web, namespace: clients, mode: sidecar }
)" + policies +
         flows;
}

const char* kReadOnly = R"(policies:
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: { name: read, namespace: shop }
    spec:
      rules:
        - to: [{ operation: { methods: [GET], paths: ["/v1/*"], hosts: [api.shop.svc.cluster.local] } }]
)";

TEST_F(Gate, DiffAsksWhatThePoliciesTellApart) {
  write("a.yaml", shop(""));
  write("b.yaml", shop(kReadOnly));
  const Json document = Json::parse(meshsim({"diff", path("a.yaml"), path("b.yaml"), "-o", "json"}).out);
  std::map<std::string, std::string> verdicts;
  for (const Json& change : document["flows"])
    for (const Json& field : change["fields"])
      if (field["field"] == "verdict") verdicts[change["flow"]] = field["after"];
  const std::string pair = "clients/web -> api.shop.svc.cluster.local:80";
  // What the rule matches is still allowed; what misses it by its host, its method or its path is not.
  EXPECT_EQ(verdicts.count(pair + " GET /v1/ host api.shop.svc.cluster.local"), 0u);
  EXPECT_EQ(verdicts[pair + " GET /"], "denied");
  EXPECT_EQ(verdicts[pair + " DELETE /v1/ host api.shop.svc.cluster.local"], "denied");
  EXPECT_EQ(verdicts[pair + " GET / host api.shop.svc.cluster.local"], "denied");
  EXPECT_EQ(meshsim({"diff", path("a.yaml"), path("b.yaml"), "--exit-code"}).code, kFailed);
  EXPECT_EQ(meshsim({"diff", path("b.yaml"), path("b.yaml"), "--exit-code"}).code, kFine);
  EXPECT_THAT(meshsim({"diff", path("a.yaml"), path("b.yaml"), "-o", "md"}).out,
              HasSubstr("| verdict | allowed | denied |"));
}

TEST_F(Gate, DiffReadsARevisionAndLeavesTheRepositoryAlone) {
  fs::current_path(folder);
  const auto git = [](const std::string& words) {
    return std::system(("git -c user.name=t -c user.email=t@example.com " + words + " >/dev/null 2>&1").c_str());
  };
  ASSERT_EQ(git("init -q"), 0);
  fs::create_directories("mesh");
  write("mesh/scenario.yaml", shop(""));
  ASSERT_EQ(git("add -A"), 0);
  ASSERT_EQ(git("commit -qm one"), 0);
  write("mesh/scenario.yaml", shop(kReadOnly));
  write("mesh/unstaged.txt", "x");
  const Ran ran = meshsim({"diff", "HEAD:mesh/scenario.yaml", "mesh/scenario.yaml", "--exit-code"});
  EXPECT_EQ(ran.code, kFailed) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("allowed -> denied"));
  EXPECT_EQ(git("diff --cached --quiet"), 0) << "the index has changed";
  EXPECT_TRUE(fs::exists("mesh/unstaged.txt"));
  // From inside a folder the path is relative to it.
  fs::current_path(folder / "mesh");
  EXPECT_EQ(meshsim({"diff", "HEAD:scenario.yaml", "HEAD:scenario.yaml", "--exit-code"}).code, kFine);
  const Ran missing = meshsim({"diff", "HEAD:nothing.yaml", "scenario.yaml"});
  EXPECT_EQ(missing.code, kData);
  EXPECT_THAT(missing.err, HasSubstr("revision HEAD has no mesh/nothing.yaml"));
  EXPECT_EQ(meshsim({"diff", "no-such-revision:scenario.yaml", "scenario.yaml"}).code, kData);
}

const char* kFlows = R"(flows:
  - name: "web reads"
    from: { workload: clients/web }
    to: { host: api.shop.svc.cluster.local, port: 80 }
    protocol: http
    request: { path: /v1/x }
    expect: { verdict: denied, httpStatus: 403 }  # wrong
)";

TEST_F(Gate, UpdateRewritesWhatDoesNotHold) {
  write("scenario.yaml", shop(kReadOnly, kFlows));
  EXPECT_EQ(meshsim({"test", path("scenario.yaml")}).code, kFailed);
  const Ran ran = meshsim({"test", path("scenario.yaml"), "--update"});
  EXPECT_EQ(ran.code, kFine) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("+     expect: { verdict: allowed, httpStatus: 200 }  # wrong"));
  EXPECT_THAT(text_of(path("scenario.yaml")), HasSubstr("expect: { verdict: allowed, httpStatus: 200 }  # wrong\n"));
  EXPECT_EQ(meshsim({"test", path("scenario.yaml")}).code, kFine);
}

TEST_F(Gate, CoverageThresholdAndLines) {
  write("scenario.yaml", shop(kReadOnly, kFlows));
  meshsim({"test", path("scenario.yaml"), "--update"});
  const Ran ran = meshsim({"test", path("scenario.yaml"), "--coverage", "--lcov", path("lcov.info")});
  EXPECT_EQ(ran.code, kFine) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("Coverage"));
  EXPECT_THAT(text_of(path("lcov.info")), HasSubstr("SF:" + path("scenario.yaml")));
  EXPECT_THAT(text_of(path("lcov.info")), HasSubstr("end_of_record"));
  EXPECT_EQ(meshsim({"test", path("scenario.yaml"), "--coverage-fail-under", "100"}).code, kFine);
  // Another rule that nothing matches.
  std::string text = text_of(path("scenario.yaml"));
  text.replace(text.find("flows:"), 0, "        - to: [{ operation: { methods: [PUT] } }]\n");
  write("scenario.yaml", text);
  const Ran under = meshsim({"test", path("scenario.yaml"), "--coverage", "--coverage-fail-under", "100"});
  EXPECT_EQ(under.code, kFailed);
  EXPECT_THAT(under.out, HasSubstr("rule 1 of AuthorizationPolicy shop/read"));
  EXPECT_THAT(under.out, HasSubstr("http PUT /"));
}

TEST_F(Gate, WatchRunsAgainAndKeepsTheLastGoodResult) {
  write("scenario.yaml", shop("", kFlows));
  std::ostringstream out, err;
  std::istringstream in;
  std::thread editor([&] {
    using namespace std::chrono_literals;
    std::this_thread::sleep_for(700ms);
    write("scenario.yaml", "apiVersion: meshsim/v1\nkind: Scenario\nflows: [\n");
  });
  const int code = cli_main({"run", path("scenario.yaml"), "--watch", "--watch-runs", "2"}, {in, out, err, false});
  editor.join();
  EXPECT_EQ(code, kData);
  EXPECT_THAT(err.str(), HasSubstr("above is the last good result"));
  const std::string all = out.str();
  EXPECT_NE(all.find("web reads"), all.rfind("web reads"));  // shown twice
}

TEST_F(Gate, WatchedStateIsOfContentNotOfTimes) {
  ReadLog log;
  write("a.yaml", "a: 1\n");
  log.add(folder);
  const std::string before = log.contents();
  EXPECT_FALSE(log.changed());
  write("a.yaml", "a: 1\n");
  EXPECT_EQ(log.contents(), before);
  write("a.yaml", "a: 22\n");
  EXPECT_NE(log.contents(), before);
  EXPECT_TRUE(log.changed());
  write("note.txt", "x");
  const std::string after = log.contents();
  write("note.txt", "y");
  EXPECT_EQ(log.contents(), after);
  write("new.yaml", "b: 1\n");
  EXPECT_NE(log.contents(), after) << "a new file of a folder";
  ReadLog missing;
  missing.add(path("absent.yaml"));
  EXPECT_FALSE(missing.changed());
  write("absent.yaml", "c: 1\n");
  EXPECT_TRUE(missing.changed());
}

TEST_F(Gate, UpdateOfTables) {
  const std::string head =
      "apiVersion: meshsim/v1\nkind: MeshTest\nmanifests: [mesh.yaml]\n"
      "workloads:\n  - { name: api, namespace: shop, mode: ambient, labels: { app: api }, ports: [{ "
      "port: 80, targetPort: 8080, name: http }] }\n  - { name: shell, namespace: clients, mode: "
      "ambient, serviceAccount: shell }\ngateways: [{ name: waypoint, namespace: shop, kind: waypoint, "
      "for: service }]\nlabels: [{ object: shop/service/api, set: { istio.io/use-waypoint: waypoint } "
      "}]\ncases:\n";
  write("mesh.yaml",
        "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: { name: p, namespace: shop "
        "}\nspec: { targetRefs: [{ group: '', kind: Service, name: api }], rules: [{ to: [{ operation: { "
        "methods: [GET] } }] }] }\n");
  const auto one = [](const std::string& parameters, const std::string& expect) {
    return "  - name: \"{method}\"\n    parameters:\n" + parameters +
           "    from: { workload: clients/shell }\n    to: { host: api.shop.svc.cluster.local, port: 80 }\n    "
           "protocol: "
           "http\n    request: { method: \"{method}\" }\n    expect: " +
           expect + "\n";
  };
  // A parameter that only `expect` uses is rewritten in its row.
  write("t.meshtest.yaml", head + one("      - { method: GET, status: 403 }\n      - { method: POST, status: 403 }\n",
                                      "{ httpStatus: \"{status}\" }"));
  Ran ran = meshsim({"test", path("t.meshtest.yaml"), "--update"});
  EXPECT_EQ(ran.code, kFine) << ran.err;
  EXPECT_THAT(text_of(path("t.meshtest.yaml")), HasSubstr("- { method: GET, status: 200 }"));
  EXPECT_THAT(text_of(path("t.meshtest.yaml")), HasSubstr("- { method: POST, status: 403 }"));
  EXPECT_THAT(text_of(path("t.meshtest.yaml")), HasSubstr("httpStatus: \"{status}\""));
  // A value that all cases want otherwise is rewritten; one that some want is left, with the reason.
  write("t.meshtest.yaml", head + one("      - { method: PUT }\n      - { method: POST }\n", "{ verdict: allowed }"));
  ran = meshsim({"test", path("t.meshtest.yaml"), "--update"});
  EXPECT_EQ(ran.code, kFine) << ran.err;
  EXPECT_THAT(text_of(path("t.meshtest.yaml")), HasSubstr("expect: { verdict: denied }"));
  write("t.meshtest.yaml", head + one("      - { method: GET }\n      - { method: POST }\n", "{ verdict: allowed }"));
  ran = meshsim({"test", path("t.meshtest.yaml"), "--update"});
  EXPECT_EQ(ran.code, kFailed);
  EXPECT_THAT(ran.err, HasSubstr("holds for 1 of 2 cases that share the value: make it a parameter"));
  EXPECT_THAT(text_of(path("t.meshtest.yaml")), HasSubstr("expect: { verdict: allowed }"));
  // A parameter that the request uses, too, is no mere expectation.
  write("t.meshtest.yaml", head + one("      - { method: POST }\n", "{ verdict: \"{method}\" }"));
  write("t.meshtest.yaml",
        head + one("      - { method: denied }\n      - { method: allowed }\n", "{ verdict: \"{method}\" }"));
  ran = meshsim({"test", path("t.meshtest.yaml"), "--update"});
  EXPECT_EQ(ran.code, kFailed);
  EXPECT_THAT(ran.err, HasSubstr("decides about more than the expectation"));
}

TEST_F(Gate, ManualPagesOfEveryCommand) {
  EXPECT_EQ(meshsim({"man", "--out", path("man")}).code, kFine);
  for (const char* command : {"run", "test", "lint", "diff", "explain", "matrix", "init", "completion", "man"})
    EXPECT_THAT(text_of(path("man") + "/meshsim-" + command + ".1"), HasSubstr(".SH OPTIONS")) << command;
  const std::string page = meshsim({"man"}).out;
  EXPECT_EQ(page, text_of(path("man") + "/meshsim.1"));
  EXPECT_THAT(page, HasSubstr(".SH COMMANDS"));
  EXPECT_THAT(text_of(path("man") + "/meshsim-lint.1"), HasSubstr(".B \\-\\-show\\-flow"));
  EXPECT_THAT(text_of(path("man") + "/meshsim-lint.1"), Not(HasSubstr("watch\\-runs")));
}

}  // namespace
}  // namespace meshsim::scenarios
