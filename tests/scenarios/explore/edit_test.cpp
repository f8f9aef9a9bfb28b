// A scenario as a value that is changed and saved: every edit, what it does to the tree, and that what is saved is what
// was judged.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "scenarios/explore/document.h"
#include "scenarios/explore/policy_summary.h"
#include "scenarios/explore/question.h"
#include "scenarios/report/diff_report.h"
#include "scenarios/report/report.h"

namespace meshsim::scenarios {
namespace {

namespace fs = std::filesystem;
using models::Verdict;

constexpr const char* kShop = R"(apiVersion: meshsim/v1
kind: Scenario
metadata: { name: shop }
manifests: [parts/]
labels:
  - { object: shop/service/api, set: { istio.io/use-waypoint: waypoint } }
workloads:
  - { name: api, namespace: shop, mode: ambient, ports: [{ port: 80, targetPort: 8080, name: http }] }
  - { name: web, namespace: clients, mode: sidecar }
gateways:
  - { name: waypoint, namespace: shop, kind: waypoint, for: service }
flows:
  - { name: web deletes, from: { workload: clients/web }, to: { host: api.shop.svc.cluster.local, port: 80 }, protocol: http, request: { method: DELETE } }
)";
constexpr const char* kPolicy = R"(apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: read-only, namespace: shop }
spec:
  targetRefs: [{ group: "", kind: Service, name: api }]
  action: ALLOW
  rules: [{ to: [{ operation: { methods: [GET] } }] }]
)";

class EditTest : public testing::Test {
 protected:
  EditTest() {
    folder = fs::temp_directory_path() / ("meshsim-edit-" + std::to_string(::getpid()));
    fs::create_directories(folder / "parts");
    fs::create_directories(folder / "elsewhere/deep");
    write("shop.yaml", kShop);
    write("parts/policy.yaml", kPolicy);
  }
  ~EditTest() override { fs::remove_all(folder); }
  void write(const char* name, const std::string& text) { std::ofstream(folder / name) << text; }
  std::shared_ptr<const Document> open() { return Document::open({(folder / "shop.yaml").string()}); }
  static Verdict verdict(const std::shared_ptr<const Document>& d, std::size_t flow = 0) {
    return worst_verdict(run(d->loaded()).flows.at(flow).result);
  }
  static Edit mode(const char* object, const char* word) {
    Edit edit;
    edit.kind = Edit::Kind::Mode;
    edit.object = object;
    edit.value = word;
    return edit;
  }
  static Edit enabled(bool on) {
    Edit edit;
    edit.kind = Edit::Kind::Enabled;
    edit.object = "shop/AuthorizationPolicy/read-only";
    edit.enabled = on;
    return edit;
  }
  fs::path folder;
};

// DP-052: the sidecar passes the waypoint by; an ambient client does not.
TEST_F(EditTest, ModeOfANamespaceAndOfAWorkload) {
  const auto before = open();
  ASSERT_FALSE(before->loaded()->unreadable);
  EXPECT_EQ(verdict(before), Verdict::Allowed);
  const auto by_namespace = before->with(mode("namespace/clients", "ambient"));
  EXPECT_EQ(verdict(by_namespace), Verdict::Denied);
  EXPECT_EQ(by_namespace->loaded()->world.mesh->namespace_labels("clients").at("istio.io/dataplane-mode"), "ambient");
  EXPECT_EQ(verdict(before->with(mode("clients/Deployment/web", "ambient"))), Verdict::Denied);
  EXPECT_EQ(verdict(by_namespace->with(mode("namespace/clients", "sidecar"))), Verdict::Allowed);
  EXPECT_EQ(verdict(before), Verdict::Allowed) << "an edit gives another document";
  EXPECT_EQ(by_namespace->opened(), before);
}

TEST_F(EditTest, AnObjectIsParkedAndComesBack) {
  const auto ambient = open()->with(mode("namespace/clients", "ambient"));
  const auto parked = ambient->with(enabled(false));
  EXPECT_EQ(verdict(parked), Verdict::Allowed);
  EXPECT_TRUE(parked->loaded()->world.mesh->objects_of("AuthorizationPolicy").empty());
  EXPECT_EQ(verdict(parked->with(enabled(true))), Verdict::Denied);
}

TEST_F(EditTest, APolicyReplacesTheOneOfItsName) {
  const auto ambient = open()->with(mode("namespace/clients", "ambient"));
  std::string text = kPolicy;
  text.replace(text.find("[GET]"), 5, "[DELETE]");
  Edit edit;
  edit.kind = Edit::Kind::Policy;
  edit.tree = read_typed(text, "policy").tree;
  ASSERT_NE(edit.tree, nullptr);
  const auto changed = ambient->with(edit);
  EXPECT_EQ(verdict(changed), Verdict::Allowed);
  // Once more: its own entry is replaced, not doubled.
  edit.tree = read_typed(kPolicy, "policy").tree;
  const auto back = changed->with(edit);
  EXPECT_EQ(verdict(back), Verdict::Denied);
  EXPECT_EQ(back->loaded()->scenario.root["policies"].size(), 1U);
}

TEST_F(EditTest, LabelsOfOneObjectAreOneEntry) {
  Edit edit;
  edit.object = "shop/svc/api";  // the scenario writes shop/service/api
  edit.set["team"] = "blue";
  edit.set["istio.io/use-waypoint"] = std::nullopt;
  const auto d = open()->with(edit);
  const models::Node list = d->loaded()->scenario.root["labels"];
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list.at(0)["set"]["team"].string(), "blue");
  EXPECT_EQ(list.at(0)["set"]["istio.io/use-waypoint"].kind(), models::NodeKind::Null);
  EXPECT_FALSE(d->loaded()->unreadable);
}

TEST_F(EditTest, ProfileAndFlow) {
  Edit profile;
  profile.kind = Edit::Kind::Profile;
  profile.value = "istio-1.27";
  Edit flow;
  flow.kind = Edit::Kind::Flow;
  flow.tree = typed_flow("clients/web", "api.shop:80", "http", "GET /x").tree;
  const auto d = open()->with(profile)->with(flow);
  EXPECT_EQ(d->loaded()->world.mesh->settings.profile.name, "istio-1.27");
  ASSERT_EQ(d->loaded()->scenario.flows.size(), 2U);
  EXPECT_EQ(d->loaded()->scenario.flows[1].flow.request.path, "/x");
  EXPECT_EQ(verdict(d, 1), Verdict::Allowed);
}

TEST_F(EditTest, WhatIsNotTouchedKeepsItsPlace) {
  const auto before = open(), after = before->with(mode("namespace/clients", "ambient"));
  EXPECT_EQ(before->loaded()->scenario.flows[0].flow.source.text(),
            after->loaded()->scenario.flows[0].flow.source.text());
  EXPECT_FALSE(after->loaded()->scenario.flows[0].flow.source.text().empty());
}

TEST_F(EditTest, WhatIsSavedIsWhatWasJudged) {
  const auto d = open()->with(mode("namespace/clients", "ambient"))->with(enabled(true));
  for (const char* where : {"saved.yaml", "elsewhere/deep/saved.yaml"}) {
    const fs::path path = folder / where;
    ASSERT_EQ(write_file(path.string(), d->text(path.parent_path().string())), std::nullopt);
    const Loaded again = load(std::vector<std::string>{path.string()});
    EXPECT_FALSE(again.unreadable) << where;
    EXPECT_TRUE(diff(*d->loaded(), again, 1).changes.empty()) << where;
    EXPECT_EQ(again.scenario.objects.size(), d->loaded()->scenario.objects.size()) << where;
  }
}

TEST_F(EditTest, ManifestsBecomeAScenarioWithQuestions) {
  write("parts/app.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: n}\nspec: {selector: {app: a}, ports: [{port: "
        "80}]}\n---\n"
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: n}\nspec: {selector: {matchLabels: "
        "{app: a}}, "
        "template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a, image: a}]}}}\n");
  const auto d = Document::open({(folder / "parts").string()});
  EXPECT_TRUE(d->asked_by_meshsim());
  ASSERT_GE(d->loaded()->scenario.flows.size(), 2U);  // one client of every population: none, outside
  const auto ambient = d->with(mode("namespace/n", "ambient"));
  EXPECT_EQ(ambient->loaded()->scenario.flows.size(), d->loaded()->scenario.flows.size());
  const fs::path path = folder / "elsewhere/asked.yaml";
  ASSERT_EQ(write_file(path.string(), ambient->text(path.parent_path().string())), std::nullopt);
  const Loaded again = load(std::vector<std::string>{path.string()});
  EXPECT_FALSE(again.unreadable);
  EXPECT_TRUE(diff(*ambient->loaded(), again, 1).changes.empty());
}

TEST_F(EditTest, RereadingMakesTheEditsAgain) {
  const auto d = open()->with(mode("namespace/clients", "ambient"));
  std::string text = kPolicy;
  text.replace(text.find("[GET]"), 5, "[DELETE]");
  write("parts/policy.yaml", text);
  const auto again = d->reread();
  EXPECT_EQ(again->edits().size(), 1U);
  EXPECT_EQ(verdict(again), Verdict::Allowed);
}

TEST(TypedText, SaysWhatIsWrong) {
  EXPECT_NE(read_typed("a: [", "x").problem, "");
  EXPECT_NE(read_typed("- a", "x").problem, "");
  EXPECT_NE(read_typed("a: 1\n---\nb: 2\n", "x").problem, "");
  EXPECT_EQ(read_typed("a: 1", "x").problem, "");
  EXPECT_NE(typed_flow("", "a:1", "http", "").problem, "");
  EXPECT_NE(typed_flow("web", "a:1", "http", "").problem, "");
  EXPECT_NE(typed_flow("a/web", "a", "http", "").problem, "");
  EXPECT_NE(typed_flow("a/web", "a:99999", "http", "").problem, "");
}

TEST(TypedFlow, EveryForm) {
  const auto read = [](const char* from, const char* to, const char* protocol, const char* request) {
    models::Diagnostics diagnostics;
    bool broken = false;
    const auto flows = flows_of_typed(typed_flow(from, to, protocol, request), diagnostics, broken);
    EXPECT_FALSE(broken) << from << ' ' << to << ' ' << (diagnostics.empty() ? "" : diagnostics.front().message);
    return flows.at(0).flow;
  };
  EXPECT_EQ(read("outside 203.0.113.7", "a.b:80 at edge/gw", "http", "/x").from.ip->text(), "203.0.113.7");
  EXPECT_EQ(read("outside", "a.b:80 at edge/gw", "http", "/x").to.gateway->second, "gw");
  EXPECT_EQ(read("gateway edge/gw", "a.b:80", "http", "POST").request.method, "POST");
  EXPECT_EQ(read("n/w", "pod n/a:8080", "tcp", "ignored").to.kind, models::Destination::Kind::Pod);
  const models::Flow flow = read(" n/w ", "a:80", "http2", "PUT /y?z=1");
  EXPECT_EQ(flow.request.method + flow.request.path, "PUT/y?z=1");
}

TEST_F(EditTest, TheSummarySaysWhatIsSilentlyNot) {
  const auto d = open();
  const RunResult result = run(d->loaded());
  MatrixOptions options;
  options.one_client_per_population = true;
  const Summary summary = summarize(result, all_pairs(d->loaded()->world, options));
  ASSERT_EQ(summary.policies.size(), 1U);
  EXPECT_EQ(summary.policies[0].status, models::PolicyStatus::Bypassed);
  EXPECT_TRUE(summary.policies[0].by_population.at("sidecar").contains(models::PolicyStatus::Bypassed));
  EXPECT_TRUE(summary.policies[0].by_population.at("ambient").contains(models::PolicyStatus::Enforced));
  EXPECT_EQ(summary.headline().find("1 policy: 1 bypassed for "), 0U);
}

TEST(Alarm, BypassedLeads) {
  EXPECT_LT(alarm(models::PolicyStatus::Bypassed), alarm(models::PolicyStatus::Open));
  EXPECT_LT(alarm(models::PolicyStatus::Open), alarm(models::PolicyStatus::Enforced));
  EXPECT_LT(alarm(models::PolicyStatus::Enforced), alarm(models::PolicyStatus::NotApplicable));
}

}  // namespace
}  // namespace meshsim::scenarios
