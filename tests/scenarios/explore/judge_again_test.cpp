// Taking answers over from an earlier state must not be noticed: after any chain of edits of any shipped scenario the
// result is, byte for byte, that of judging everything.
#include "scenarios/explore/judge_again.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "models/mesh/mesh_difference.h"
#include "scenarios/explore/document.h"
#include "scenarios/report/report.h"

namespace meshsim::scenarios {
namespace {

namespace fs = std::filesystem;

// What the reports do not show of an outcome, for those who draw and simulate it.
std::string inner(const models::FlowResult& result) {
  std::string out = result.flow.name + ' ' + result.flow.source.text() + '\n';
  for (const models::Outcome& o : result.outcomes) {
    out += fmt::format(" {} {} {} {:.17g}\n", o.destination_workload, o.service, o.routed_service, o.probability);
    for (const models::Hop& hop : o.hops)
      out += fmt::format("  {} {} {} {} {} {} {} {} {} {} {}:{}\n", hop.name, hop.workload, hop.gateway, hop.timeout_ns,
                         hop.retry_attempts, hop.retry_on, hop.per_try_timeout_ns, hop.fault_delay_ns,
                         hop.cluster_service, hop.cluster_port, hop.cluster_subset, hop.traffic_policy.size());
    for (const models::RouteFinding& route : o.routes)
      out += fmt::format("  {} {} {} {}\n", route.route.text(), route.rule, route.chosen, route.why);
    for (const models::PolicyFinding& policy : o.policies)
      out += fmt::format("  {} {} {} {}\n", policy.policy.text(), policy.policy.source.text(), policy.why,
                         policy.nearest_failure);
  }
  return out;
}

std::string everything(const Answers& answers) {
  std::string out = run_json(answers.run, {}) + explain_text(answers.run, {});
  for (const FlowRun& flow : answers.run.flows) out += inner(flow.result);
  out += matrix_json(answers.run.loaded->world, answers.pairs, true, true, false);
  for (const Pair& pair : answers.pairs) out += pair.client + ' ' + pair.population + ' ' + inner(pair.result);
  return out;
}

Answers judge(const Document& state, const Answers* earlier, unsigned threads = 1) {
  if (earlier == nullptr) return judge_again(state.loaded(), nullptr, {threads});
  const Earlier known{earlier->run, earlier->pairs};
  return judge_again(state.loaded(), &known, {threads});
}

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t count) { return count == 0 ? 0 : random_() % count; }
  template <typename List>
  const auto& of(const List& list) {
    return *std::next(list.begin(), static_cast<std::ptrdiff_t>(below(list.size())));
  }

 private:
  std::mt19937_64 random_;
};

Edit labels(std::string object, std::string key, std::optional<std::string> value) {
  Edit edit;
  edit.object = std::move(object);
  edit.set[std::move(key)] = std::move(value);
  return edit;
}

Edit policy(const std::string& text) {
  Edit edit;
  edit.kind = Edit::Kind::Policy;
  const TypedText typed = read_typed(text, "policy");
  EXPECT_EQ(typed.problem, "");
  edit.tree = typed.tree;
  return edit;
}

Edit new_policy(Chance& chance, const std::string& ns) {
  switch (chance.below(4)) {
    case 0:
      return policy(fmt::format(
          "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{name: p{}, namespace: {}}}\n"
          "spec: {{mtls: {{mode: {}}}}}\n",
          chance.below(2), ns, chance.below(2) == 0 ? "STRICT" : "PERMISSIVE"));
    case 1:
      return policy(fmt::format(
          "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: a{}, namespace: {}}}\n"
          "spec: {{action: DENY, rules: [{{from: [{{source: {{namespaces: [{}]}}}}]}}]}}\n",
          chance.below(2), ns, ns));
    case 2:
      return policy(
          fmt::format("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: n{}, namespace: {}}}\n"
                      "spec: {{podSelector: {{}}, ingress: [{{from: [{{namespaceSelector: {{matchLabels: "
                      "{{istio.io/dataplane-mode: ambient}}}}}}]}}]}}\n",
                      chance.below(2), ns));
    default:
      return policy(
          fmt::format("apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {{name: s{}, namespace: {}}}\n"
                      "spec: {{workloadSelector: {{labels: {{version: v{}}}}}, egress: [{{hosts: [\"./*\"]}}]}}\n",
                      chance.below(2), ns, 1 + chance.below(2)));
  }
}

// A change that a person could make in the window: mostly modes and labels, as there.
Edit some_edit(Chance& chance, const Loaded& state) {
  const models::Mesh& mesh = *state.world.mesh;
  const std::string& ns = chance.of(mesh.namespaces).first;
  const auto workload = [&] { return edit_name(mesh.workloads[chance.below(mesh.workloads.size())].owner); };
  const std::string object = chance.below(4) == 0 || mesh.workloads.empty() ? "namespace/" + ns : workload();
  Edit edit;
  switch (chance.below(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      edit.kind = Edit::Kind::Mode;
      edit.object = object;
      edit.value = chance.of(std::vector<std::string>{"ambient", "sidecar", "none"});
      return edit;
    case 5:
      return labels(object, "version", "v" + std::to_string(chance.below(3)));
    case 6:
      return labels(object, "istio.io/dataplane-mode",
                    chance.below(2) == 0 ? std::optional<std::string>("ambient") : std::nullopt);
    case 7:
      return labels(chance.below(2) == 0 || mesh.services.empty()
                        ? "namespace/" + ns
                        : edit_name(mesh.services[chance.below(mesh.services.size())].ref),
                    "istio.io/use-waypoint", chance.below(2) == 0 ? std::optional<std::string>("waypoint") : "none");
    case 8:
      edit.kind = Edit::Kind::Enabled;
      if (state.scenario.objects.empty()) return labels("namespace/" + ns, "team", "a");
      edit.object = edit_name(chance.of(state.scenario.objects).ref());
      edit.enabled = chance.below(2) == 0;
      return edit;
    case 9:
      edit.kind = Edit::Kind::Profile;
      edit.value = chance.of(models::profiles()).name;
      return edit;
    case 10:
      return new_policy(chance, ns);
    default:
      return labels(object, "team", std::to_string(chance.below(3)));
  }
}

std::vector<fs::path> shipped() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(MESHSIM_SOURCE_DIR) / "scenarios/cases"))
    if (entry.path().filename() == "scenario.yaml") out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

TEST(JudgeAgain, EqualsJudgingEverythingAfterAnyEdits) {
  const std::vector<fs::path> all = shipped();
  ASSERT_GT(all.size(), 60U);
  std::size_t taken_over = 0, asked = 0, number = 0;
  for (const fs::path& path : all) {
    SCOPED_TRACE(path.string());
    Chance chance(++number);
    std::shared_ptr<const Document> state = Document::open({path.string()});
    Answers known = judge(*state, nullptr);
    ASSERT_EQ(known.judged, known.run.flows.size() + known.pairs.size());
    for (int step = 0; step < 6; ++step) {
      const Edit edit = some_edit(chance, *state->loaded());
      SCOPED_TRACE(edit.text());
      const auto next = state->with(edit);
      Answers again = judge(*next, &known, 1 + static_cast<unsigned>(step) % 3);
      const Answers whole = judge(*next, nullptr);
      ASSERT_EQ(everything(again), everything(whole));
      ASSERT_FALSE(again.stopped);
      asked += whole.judged;
      taken_over += whole.judged - again.judged;
      if (next->loaded()->unreadable) continue;  // a label for what is not among the files; go on without it
      state = next;
      known = std::move(again);  // and what was taken over is taken over again
    }
  }
  // The comparison would mean little if nothing had been taken over.
  EXPECT_GT(taken_over * 4, asked);
}

class JudgeAgainTest : public testing::Test {
 protected:
  JudgeAgainTest() {
    folder = fs::temp_directory_path() / ("meshsim-judge-again-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    std::string text = "apiVersion: meshsim/v1\nkind: Scenario\nmetadata: { name: many }\nworkloads:\n";
    for (int i = 0; i < 40; ++i)
      text += fmt::format("  - {{ name: w{}, namespace: ns{}, mode: {}, ports: [{{ port: 80, name: http }}] }}\n", i,
                          i / 8, i % 3 == 0 ? "sidecar" : "ambient");
    text += "flows:\n";
    for (int i = 0; i < 200; ++i)
      text += fmt::format(
          "  - {{ name: f{}, from: {{ workload: ns{}/w{} }}, to: {{ host: w{}.ns{}.svc.cluster.local, port: 80 }} }}\n",
          i, i % 40 / 8, i % 40, i * 7 % 40, i * 7 % 40 / 8);
    std::ofstream(folder / "many.yaml") << text;
    opened = Document::open({(folder / "many.yaml").string()});
  }
  ~JudgeAgainTest() override { fs::remove_all(folder); }
  fs::path folder;
  std::shared_ptr<const Document> opened;
};

TEST_F(JudgeAgainTest, AWorkloadConcernsThoseWhoMeetIt) {
  const Answers before = judge(*opened, nullptr);
  ASSERT_EQ(before.run.flows.size(), 200U);
  ASSERT_FALSE(before.pairs.empty());
  const auto state = opened->with(labels("ns1/deployment/w9", "version", "v2"));
  const Answers after = judge(*state, &before);
  // Five flows from it, five to it; of the matrix those of three populations to it.
  EXPECT_EQ(after.judged, 5U + 5U + 3U);
  std::size_t shared = 0;
  for (std::size_t i = 0; i < 200; ++i)
    shared += before.run.flows[i].result.outcomes.same_as(after.run.flows[i].result.outcomes) ? 1 : 0;
  EXPECT_EQ(shared, 190U);
  EXPECT_EQ(everything(after), everything(judge(*state, nullptr)));
}

TEST_F(JudgeAgainTest, ANamespaceConcernsItsWorkloads) {
  const Answers before = judge(*opened, nullptr);
  const auto state = opened->with(labels("namespace/ns1", "team", "a"));
  const models::MeshDifference difference =
      models::difference(*opened->loaded()->world.mesh, *state->loaded()->world.mesh);
  ASSERT_FALSE(difference.everything);
  for (std::size_t i = 0; i < difference.workloads.size(); ++i)
    EXPECT_EQ(difference.workloads[i], opened->loaded()->world.mesh->workloads[i].ns == "ns1");
  const Answers after = judge(*state, &before);
  EXPECT_GT(after.judged, 0U);
  EXPECT_LT(after.judged, before.judged / 2);
}

TEST_F(JudgeAgainTest, ALongSessionKeepsFewWorlds) {
  std::shared_ptr<const Document> state = opened;
  Answers known = judge(*state, nullptr);
  std::size_t whole = 0;
  for (int i = 0; i < 38; ++i) {
    state = state->with(labels(fmt::format("ns{}/deployment/w{}", i / 8, i), "version", "v2"));
    Answers next = judge(*state, &known);
    whole += next.judged == next.run.flows.size() + next.pairs.size() ? 1 : 0;
    known = std::move(next);
    std::set<const models::World*> worlds;
    for (const FlowRun& flow : known.run.flows) worlds.insert(flow.basis->world.get());
    ASSERT_LE(worlds.size(), JudgeOptions{}.most_worlds + 1);
  }
  EXPECT_GE(whole, 1U);
  EXPECT_LE(whole, 4U);
}

TEST_F(JudgeAgainTest, AnObjectThatRulesAreMadeOfConcernsEverything) {
  const Answers before = judge(*opened, nullptr);
  const auto state = opened->with(policy(
      "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: a, namespace: ns1}\nspec: {}\n"));
  EXPECT_EQ(judge(*state, &before).judged, before.judged);
}

TEST_F(JudgeAgainTest, AFlowMoreIsJudgedAlone) {
  const Answers before = judge(*opened, nullptr);
  Edit edit;
  edit.kind = Edit::Kind::Flow;
  edit.tree =
      read_typed("{ name: new, from: { workload: ns0/w1 }, to: { host: w9.ns1.svc.cluster.local, port: 80 } }", "flow")
          .tree;
  ASSERT_NE(edit.tree, nullptr);
  EXPECT_EQ(judge(*opened->with(edit), &before).judged, 1U);
}

TEST_F(JudgeAgainTest, NothingIsTakenFromOrIntoWhatWasNotUnderstood) {
  std::ofstream(folder / "broken.yaml") << "apiVersion: meshsim/v1\nkind: Scenario\nnonsense: 1\n";
  const auto broken = Document::open({(folder / "broken.yaml").string()});
  const Answers good = judge(*opened, nullptr), bad = judge(*broken, &good);
  EXPECT_EQ(bad.judged, bad.run.flows.size());
  EXPECT_EQ(judge(*opened, &bad).judged, good.judged);
}

TEST_F(JudgeAgainTest, StopsBetweenFlows) {
  std::atomic<bool> stop = true;
  const Answers none = judge_again(opened->loaded(), nullptr, {1, &stop});
  EXPECT_TRUE(none.stopped);
  EXPECT_EQ(none.judged, 0U);
  // In the middle: each thread ends the flow it is at.
  stop = false;
  RunOptions options;
  options.threads = 2;
  options.basis = true;
  options.stop = &stop;
  options.known = [&](const ScenarioFlow&, std::size_t i) -> const FlowRun* {
    if (i == 50) stop = true;
    return nullptr;
  };
  const RunResult some = run(opened->loaded(), options);
  const auto judged = std::count_if(some.flows.begin(), some.flows.end(),
                                    [](const FlowRun& flow) { return !flow.result.outcomes.empty(); });
  EXPECT_GT(judged, 0);
  EXPECT_LT(judged, 200);
  // What a stopped run left out is no answer to anything.
  const Answers half{some, {}, 0, true};
  EXPECT_EQ(everything(judge(*opened, &half)), everything(judge(*opened, nullptr)));
}

// Objects of these kinds may differ without anybody judging again, so nobody but resolve may look at them.
TEST_F(JudgeAgainTest, WhoResolvesIsNotAskedAgain) {
  EXPECT_TRUE(models::is_resolved_kind("apps", "Deployment"));
  EXPECT_TRUE(models::is_resolved_kind("", "Service"));
  EXPECT_FALSE(models::is_resolved_kind("apps", "DaemonSet"));
  EXPECT_FALSE(models::is_resolved_kind("security.istio.io", "AuthorizationPolicy"));
  EXPECT_FALSE(models::is_resolved_kind("", "ConfigMap"));
}

}  // namespace
}  // namespace meshsim::scenarios
