// Saving what was changed leaves what was not: comments, order, layout.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "scenarios/explore/document.h"
#include "scenarios/explore/question.h"
#include "scenarios/report/diff_report.h"
#include "scenarios/report/report.h"

namespace meshsim::scenarios {
namespace {

namespace fs = std::filesystem;

const char* kCommented = R"(# Who may read the shop.
apiVersion: meshsim/v1
kind: Scenario
metadata: { name: shop }  # a name

# The waypoint is not used by sidecars.
labels:
  # of the namespace
  - { object: namespace/clients, set: { istio-injection: enabled } }  # still with sidecars
  - object: shop/service/api  # the API
    set:
      istio.io/use-waypoint: waypoint
workloads:
  - { name: api, namespace: shop, mode: ambient, ports: [{ port: 80, targetPort: 8080, name: http }] }  # it's the API
  - name: web  # the shop front
    namespace: clients
    mode: sidecar   # for now
    # nothing more

gateways: [{ name: waypoint, namespace: shop, kind: waypoint, for: service }]
flows:
  # reading
  - { name: reads, from: { workload: clients/web }, to: { host: api.shop.svc.cluster.local, port: 80 }, protocol: http }

  # the end
)";

class SpliceTest : public testing::Test {
 protected:
  SpliceTest() {
    folder = fs::temp_directory_path() / ("meshsim-splice-" + std::to_string(::getpid()));
    fs::create_directories(folder / "elsewhere");
  }
  ~SpliceTest() override { fs::remove_all(folder); }
  std::shared_ptr<const Document> open(const std::string& text, const char* name = "shop.yaml") {
    std::ofstream(folder / name, std::ios::binary) << text;
    return Document::open({(folder / name).string()});
  }
  std::string saved(const std::shared_ptr<const Document>& document, bool expect_lost = false) {
    bool lost = false;
    std::string out = document->text(folder.string(), &lost);
    EXPECT_EQ(lost, expect_lost);
    std::ofstream(folder / "saved.yaml", std::ios::binary) << out;
    const Loaded again = load(std::vector<std::string>{(folder / "saved.yaml").string()});
    EXPECT_FALSE(again.unreadable) << out;
    EXPECT_TRUE(diff(*document->loaded(), again, 1).changes.empty()) << out;
    EXPECT_EQ(again.scenario.objects.size(), document->loaded()->scenario.objects.size()) << out;
    return out;
  }
  static std::vector<std::string> lines_only_in(const std::string& a, const std::string& b) {
    std::multiset<std::string> rest;
    std::istringstream in(b);
    for (std::string line; std::getline(in, line);) rest.insert(line);
    std::vector<std::string> out;
    std::istringstream lines(a);
    for (std::string line; std::getline(lines, line);)
      if (const auto it = rest.find(line); it == rest.end()) {
        out.push_back(line);
      } else {
        rest.erase(it);
      }
    return out;
  }
  static Edit mode(const char* object, const char* word) {
    Edit edit;
    edit.kind = Edit::Kind::Mode;
    edit.object = object;
    edit.value = word;
    return edit;
  }
  fs::path folder;
};

TEST_F(SpliceTest, NothingChangedIsTheSameText) { EXPECT_EQ(saved(open(kCommented)), kCommented); }

TEST_F(SpliceTest, AScalarIsReplacedWhereItStands) {
  const std::string out = saved(open(kCommented)->with(mode("clients/deployment/web", "ambient")));
  EXPECT_EQ(lines_only_in(out, kCommented), (std::vector<std::string>{"    mode: \"ambient\"   # for now"}));
  EXPECT_EQ(lines_only_in(kCommented, out), (std::vector<std::string>{"    mode: sidecar   # for now"}));
}

TEST_F(SpliceTest, CommentsOfAnItemThatIsWrittenAnewStandAboveIt) {
  const std::string out = saved(open(kCommented)->with(mode("namespace/clients", "ambient")));
  EXPECT_NE(out.find("  # still with sidecars\n  - "), std::string::npos) << out;
  for (const char* comment :
       {"# Who may read", "# a name", "# The waypoint", "# of the namespace", "# the API", "# it's the API",
        "# the shop front", "# for now", "# nothing more", "# reading", "# the end"})
    EXPECT_NE(out.find(comment), std::string::npos) << comment << '\n' << out;
}

TEST_F(SpliceTest, WhatIsAddedStandsBehindTheLast) {
  Edit flow;
  flow.kind = Edit::Kind::Flow;
  flow.tree = typed_flow("clients/web", "api.shop:80", "http", "DELETE /x").tree;
  Edit profile;
  profile.kind = Edit::Kind::Profile;
  profile.value = "istio-1.27";
  const std::string out = saved(open(kCommented)->with(flow)->with(profile));
  EXPECT_TRUE(lines_only_in(kCommented, out).empty()) << out;
  EXPECT_LT(out.find("- { name: reads"), out.find("DELETE"));
  EXPECT_LT(out.find("DELETE"), out.find("  # the end")) << out;
  EXPECT_NE(out.find("profile: istio-1.27"), std::string::npos);
}

TEST_F(SpliceTest, PathsFollowTheFile) {
  std::ofstream(folder / "app.yaml")
      << "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: n}\nspec: {ports: "
         "[{port: 80}]}\n";
  const auto d = open(std::string(kCommented) + "manifests:\n  - app.yaml  # ours\n");
  bool lost = true;
  const std::string out = d->text((folder / "elsewhere").string(), &lost);
  EXPECT_FALSE(lost);
  EXPECT_NE(out.find("  - \"../app.yaml\"  # ours\n"), std::string::npos) << out;
}

TEST_F(SpliceTest, WhereItCannotBeDoneItSaysSo) {
  const auto d = open("{apiVersion: meshsim/v1, kind: Scenario, metadata: {name: x}, # a remark\n labels: []}\n");
  Edit edit;
  edit.object = "namespace/a";
  edit.set["b"] = "c";
  saved(d->with(edit), true);
}

// Whatever is written, by whomever: every scenario that comes along, changed in two ways.
TEST_F(SpliceTest, EveryShippedScenarioKeepsItsComments) {
  int changed = 0;
  for (const auto& entry : fs::recursive_directory_iterator(MESHSIM_SOURCE_DIR "/scenarios/cases")) {
    if (entry.path().filename() != "scenario.yaml") continue;
    auto d = Document::open({entry.path().string()});
    if (d->loaded()->unreadable || d->asked_by_meshsim()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string before((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    bool lost = true;
    EXPECT_EQ(d->text(entry.path().parent_path().string(), &lost), before) << entry.path();
    EXPECT_FALSE(lost);
    Edit profile;
    profile.kind = Edit::Kind::Profile;
    profile.value = "istio-master";
    d = d->with(profile);
    if (!d->loaded()->world.mesh->namespaces.empty())
      d = d->with(mode(("namespace/" + d->loaded()->world.mesh->namespaces.begin()->first).c_str(), "ambient"));
    const std::string after = d->text(entry.path().parent_path().string(), &lost);
    EXPECT_FALSE(lost) << entry.path();
    std::istringstream lines(before);
    for (std::string line; std::getline(lines, line);)
      if (const auto at = line.find_first_not_of(' '); at != std::string::npos && line[at] == '#') {
        EXPECT_NE(after.find(line.substr(at)), std::string::npos) << entry.path() << ": " << line;
      }
    ++changed;
  }
  EXPECT_GT(changed, 20);
}

}  // namespace
}  // namespace meshsim::scenarios
