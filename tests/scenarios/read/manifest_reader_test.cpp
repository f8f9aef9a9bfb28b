#include "scenarios/read/manifest_reader.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meshsim::scenarios {
namespace {

namespace fs = std::filesystem;

class ManifestReader : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("meshsim_manifests_" + std::to_string(::getpid()) + "_" +
                                              testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const std::string& name, std::string_view text) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  ReadResult read(const std::vector<std::string>& inputs) {
    ReadOptions options;
    options.base = folder_;
    return read_manifests(inputs, options);
  }
  static std::string names(const ReadResult& r) {
    std::string out;
    for (const auto& o : r.objects) out += o.ref().text() + ";";
    return out;
  }
  static std::string codes(const ReadResult& r) {
    std::string out;
    for (const auto& d : r.diagnostics) out += d.code + ' ';
    return out;
  }
  fs::path folder_;
};

constexpr const char* kA = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: x}\n";
constexpr const char* kB = "{\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":{\"name\":\"b\"}}";

TEST_F(ManifestReader, FoldersAreSearchedAndOrderDoesNotMatter) {
  write("b/two.json", kB);
  write("a/one.yaml", kA);
  write("a/.hidden/three.yaml", "not: [read");
  write("a/notes.txt", "not: [read");
  const ReadResult all = read({"."});
  EXPECT_EQ(names(all), "ServiceAccount default/b;ServiceAccount x/a;");
  EXPECT_FALSE(all.unreadable);
  EXPECT_EQ(names(read({"b", "a"})), names(all));
  EXPECT_EQ(names(read({"a/one.yaml", "b/two.json", "a"})), names(all));
  EXPECT_EQ(names(read({"*/*.yaml"})), "ServiceAccount x/a;");
  EXPECT_EQ(names(read({"**/*.json"})), "ServiceAccount default/b;");
}

TEST_F(ManifestReader, WhatIsNotThereIsAnError) {
  write("empty/readme.md", "x");
  EXPECT_EQ(codes(read({"nowhere.yaml"})), "MSH0001 ");
  EXPECT_EQ(codes(read({"*.yaml"})), "MSH0001 ");
  EXPECT_EQ(codes(read({"empty"})), "MSH0001 ");
  EXPECT_TRUE(read({"nowhere.yaml"}).unreadable);
}

TEST_F(ManifestReader, EmptyFilesAreMistakesOnlyWhenNamed) {
  write("f/empty.yaml", "# nothing\n");
  write("f/a.yaml", kA);
  const ReadResult found = read({"f"});
  EXPECT_EQ(codes(found), "MSH0005 ");
  EXPECT_FALSE(found.unreadable);
  EXPECT_TRUE(read({"f/empty.yaml"}).unreadable);
}

TEST_F(ManifestReader, StandardInput) {
  std::istringstream input(kA);
  ReadOptions options;
  options.standard_input = &input;
  const ReadResult r = read_manifests({"-"}, options);
  ASSERT_EQ(r.objects.size(), 1u);
  EXPECT_EQ(r.objects[0].source().text(), "<stdin>:1");
}

TEST_F(ManifestReader, ListsAreFlattened) {
  const ReadResult r = read_manifest_text(
      "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata: {name: n}\n"
      "- apiVersion: v1\n  kind: List\n  items: []\n---\n"
      "apiVersion: v1\nkind: PodList\nmetadata: {resourceVersion: '1'}\nitems:\n- metadata:\n    name: p\n    "
      "namespace: n\n",
      "list.yaml");
  EXPECT_EQ(names(r), "Namespace n;Pod n/p;");
  EXPECT_EQ(r.objects[1].source().position, (models::Position{15, 3}));
  EXPECT_EQ(r.objects[1].root["metadata"]["name"].position(), (models::Position{16, 11}));
  EXPECT_TRUE(read_manifest_text("apiVersion: v1\nkind: List\nitems: 5\n", "l.yaml").unreadable);
}

TEST_F(ManifestReader, TheLaterOfTwoObjectsWins) {
  write("1.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {v: one}\n");
  write("2.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {v: two}\n");
  write("3.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {v: two}\n");
  const ReadResult r = read({"3.yaml", "2.yaml", "1.yaml"});
  ASSERT_EQ(r.objects.size(), 1u);
  EXPECT_EQ(r.objects[0].root["data"]["v"].text(), "two");
  EXPECT_EQ(codes(r), "MSH0024 MSH0025 ");
  EXPECT_THAT(r.diagnostics[0].message, testing::HasSubstr("1.yaml:1"));
}

TEST_F(ManifestReader, TheGroupIsPartOfTheIdentity) {
  const ReadResult r = read_manifest_text(
      "apiVersion: networking.istio.io/v1alpha3\nkind: Gateway\nmetadata: {name: g}\n---\n"
      "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: g}\n",
      "g.yaml");
  ASSERT_EQ(r.objects.size(), 2u);
  EXPECT_EQ(r.objects[1].api_version, "v1alpha3");
  EXPECT_EQ(codes(r).find("MSH0024"), std::string::npos);
}

TEST_F(ManifestReader, RetiredKindsAreNamed) {
  const ReadResult r = read_manifest_text(
      "apiVersion: rbac.istio.io/v1alpha1\nkind: ServiceRole\nmetadata: {name: r}\n---\n"
      "apiVersion: authentication.istio.io/v1alpha1\nkind: MeshPolicy\nmetadata: {name: default}\n---\n"
      "apiVersion: config.istio.io/v1alpha2\nkind: handler\nmetadata: {name: h}\n---\n"
      "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: i}\n",
      "old.yaml");
  EXPECT_EQ(codes(r), "MSH0026 MSH0026 MSH0026 MSH0026 ");
  EXPECT_EQ(r.objects.size(), 4u);
  EXPECT_FALSE(r.unreadable);
  EXPECT_THAT(r.diagnostics[0].message, testing::HasSubstr("AuthorizationPolicy"));
}

TEST_F(ManifestReader, DocumentsForOtherToolsAreNamed) {
  write("k/kustomization.yaml", "resources: [a.yaml]\n");
  write("k/a.yaml", kA);
  const ReadResult r = read({"k"});
  EXPECT_EQ(codes(r), "MSH0027 ");
  EXPECT_EQ(r.objects.size(), 1u);
}

TEST_F(ManifestReader, LimitsAreNamedInTheFinding) {
  write("big.yaml", std::string(2000, '#'));
  ReadOptions options;
  options.base = folder_;
  options.limits.file_bytes = 1000;
  const ReadResult r = read_manifests({"big.yaml"}, options);
  EXPECT_EQ(codes(r), "MSH0002 ");
  EXPECT_THAT(r.diagnostics[0].message, testing::HasSubstr("1000 bytes"));
  EXPECT_TRUE(r.unreadable);
}

struct FieldCase {
  const char* text;
  const char* codes;
  const char* part;
  bool unreadable;
};

TEST_F(ManifestReader, FieldsAreCheckedAgainstTheRealSchemas) {
  const std::string istio = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a}\n";
  const std::string service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n";
  const FieldCase cases[] = {
      {"spec: {rules: [{from: [{source: {namespaces: [x]}}]}]}", "", "", false},
      {"spec: {rule: []}", "MSH0030 ", "did you mean \"rules\"?", false},
      {"spec: {rules: [{from: [{source: {principal: [x]}}]}]}", "MSH0030 ", "spec.rules[0].from[0].source", false},
      {"spec: {rules: [{to: [{operation: {ports: [8080]}}]}]}", "MSH0031 ", "put quotes around 8080", false},
      {"spec: {rules: [{to: [{operation: {methods: GET}}]}]}", "MSH0031 ", "methods must be a list, not a string",
       true},
      {"spec: {selector: [a]}", "MSH0031 ", "must be a mapping, not a list", true},
      {"spec: null", "", "", false},
      {"speck: {}", "MSH0030 ", "did you mean \"spec\"?", false},
  };
  for (const FieldCase& c : cases) {
    const ReadResult r = read_manifest_text(istio + c.text + "\n", "p.yaml");
    EXPECT_EQ(codes(r), c.codes) << c.text;
    EXPECT_EQ(r.unreadable, c.unreadable) << c.text;
    EXPECT_EQ(r.objects.size(), 1u) << c.text;
    EXPECT_THAT(r.diagnostics.empty() ? "" : r.diagnostics[0].message, testing::HasSubstr(c.part));
  }
  EXPECT_EQ(codes(read_manifest_text(
                service + "spec: {ports: [{port: 80, targetPort: http}, {port: 81, targetPort: 8081}]}\n", "s.yaml")),
            "");
  EXPECT_EQ(codes(read_manifest_text(service + "spec: {ports: [{port: '80'}]}\n", "s.yaml")), "MSH0031 ");
  EXPECT_EQ(codes(read_manifest_text(service + "spec: {type: ClusterIP, selectors: {a: b}}\n", "s.yaml")), "MSH0030 ");
  EXPECT_EQ(codes(read_manifest_text("apiVersion: v1\nkind: Service\nmetadata: {name: a, label: {}}\n", "s.yaml")),
            "MSH0030 ");
}

}  // namespace
}  // namespace meshsim::scenarios
