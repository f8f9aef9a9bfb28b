// DP section 1: injection, enrolment, precedence, advertisement.
#include <gtest/gtest.h>

#include "tests/models/mesh/mesh_fixture.h"

namespace meshsim::test {
namespace {

using models::Workload;

struct Injection {
  const char* name;
  Pairs on_namespace, on_pod;
  const char* scenario;
  const char* expected;
};

// DP-004, with DP-003 and DP-006 behind it. The control plane is `default` unless the row says otherwise.
TEST(Injection, TableOfDp004) {
  const Pairs enabled = {{"istio-injection", "enabled"}};
  const Injection rows[] = {
      {"enabled", enabled, {}, "{}", "sidecar"},
      {"enabled, pod false", enabled, {{"sidecar.istio.io/inject", "false"}}, "{}", "none"},
      {"enabled and rev", {{"istio-injection", "enabled"}, {"istio.io/rev", "canary"}}, {}, "{}", "sidecar"},
      {"enabled and rev, only canary installed",
       {{"istio-injection", "enabled"}, {"istio.io/rev", "canary"}},
       {},
       R"({"revision":"canary"})",
       "none"},
      {"disabled, pod true", {{"istio-injection", "disabled"}}, {{"sidecar.istio.io/inject", "true"}}, "{}", "none"},
      {"rev canary", {{"istio.io/rev", "canary"}}, {}, R"({"revision":"canary"})", "sidecar"},
      {"rev canary, pod false",
       {{"istio.io/rev", "canary"}},
       {{"sidecar.istio.io/inject", "false"}},
       R"({"revision":"canary"})",
       "none"},
      {"rev default", {{"istio.io/rev", "default"}}, {}, "{}", "sidecar"},
      {"rev absent", {{"istio.io/rev", "absent"}}, {}, "{}", "none"},
      {"pod true", {}, {{"sidecar.istio.io/inject", "true"}}, "{}", "sidecar"},
      {"pod rev", {}, {{"istio.io/rev", "canary"}}, R"({"revision":"canary"})", "sidecar"},
      {"nothing", {}, {}, "{}", "none"},
      {"ambient, pod true",
       {{"istio.io/dataplane-mode", "ambient"}},
       {{"sidecar.istio.io/inject", "true"}},
       "{}",
       "sidecar"},
      {"policy disabled", enabled, {}, R"({"injectionPolicy":"disabled"})", "none"},
      {"policy disabled, pod true",
       enabled,
       {{"sidecar.istio.io/inject", "true"}},
       R"({"injectionPolicy":"disabled"})",
       "sidecar"},
  };
  for (const Injection& row : rows) {
    const auto mesh = mesh_of({ns("a", row.on_namespace), pod("a/p", row.on_pod)}, row.scenario);
    EXPECT_EQ(mode(*mesh, "a/p"), row.expected) << row.name;
    EXPECT_FALSE(workload(*mesh, "a/p").mode_reasons.empty()) << row.name;
  }
}

TEST(Injection, TagsComeFromWebhooks_DP005) {
  const auto hook = [](const char* tag) {
    return object("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration",
                  std::string("istio-revision-tag-") + tag, "", {{"istio.io/rev", "1-27"}, {"istio.io/tag", tag}});
  };
  const auto mesh = mesh_of({ns("a", {{"istio.io/rev", "prod"}}), pod("a/p"), hook("prod"),
                             ns("b", {{"istio-injection", "enabled"}}), pod("b/p"), hook("default")},
                            R"({"revision":"1-27"})");
  EXPECT_EQ(mode(*mesh, "a/p"), "sidecar");
  EXPECT_EQ(mode(*mesh, "b/p"), "sidecar");
}

TEST(Injection, ServerSideCheck_DP006) {
  const Pairs enabled = {{"istio-injection", "enabled"}};
  EXPECT_EQ(mode(*mesh_of({ns("a", enabled), pod("a/p", {}, {}, R"({"hostNetwork":true})")}), "a/p"), "none");
  EXPECT_EQ(mode(*mesh_of({ns("kube-system", enabled), pod("kube-system/p")}), "kube-system/p"), "none");
  EXPECT_EQ(mode(*mesh_of({ns("a", enabled), pod("a/p", {}, {{"sidecar.istio.io/inject", "false"}})}), "a/p"), "none");
  // The label beats the annotation; a value that is neither continues.
  EXPECT_EQ(mode(*mesh_of({ns("a", enabled),
                           pod("a/p", {{"sidecar.istio.io/inject", "true"}}, {{"sidecar.istio.io/inject", "false"}})}),
                 "a/p"),
            "sidecar");
  EXPECT_EQ(mode(*mesh_of({ns("a", enabled), pod("a/p", {{"sidecar.istio.io/inject", "yes"}})}), "a/p"), "sidecar");
}

TEST(Injection, WhatIsThereAlready_DP007) {
  // Injected before: a legacy sidecar unless it carries the tunnel label.
  const Pairs status = {{"sidecar.istio.io/status", "{}"}};
  const auto mesh = mesh_of({ns("a", {{"istio.io/dataplane-mode", "ambient"}}), pod("a/old", {}, status),
                             pod("a/new", {{"networking.istio.io/tunnel", "http"}}, status)});
  EXPECT_EQ(mode(*mesh, "a/old"), "legacy");
  EXPECT_EQ(mode(*mesh, "a/new"), "sidecar");
  EXPECT_TRUE(workload(*mesh, "a/old").tls_mode_istio);
  EXPECT_FALSE(workload(*mesh, "a/old").wds_hbone());
  EXPECT_TRUE(workload(*mesh, "a/new").wds_hbone());
}

TEST(Injection, LabelsOfTheTemplate_DP007) {
  const auto mesh = mesh_of({ns("a", {{"istio-injection", "enabled"}}), pod("a/p", {{"app", "x"}, {"version", "v2"}}),
                             pod("a/bare"), ns("b"), pod("b/p", {{"app", "x"}})});
  const auto label = [&](const char* name, const char* key) {
    const auto& labels = workload(*mesh, name).labels;
    const auto it = labels.find(key);
    return it == labels.end() ? std::string("-") : it->second;
  };
  EXPECT_EQ(label("a/p", "service.istio.io/canonical-name"), "x");
  EXPECT_EQ(label("a/p", "service.istio.io/canonical-revision"), "v2");
  EXPECT_EQ(label("a/bare", "service.istio.io/canonical-name"), "bare");
  EXPECT_EQ(label("a/bare", "service.istio.io/canonical-revision"), "latest");
  EXPECT_EQ(label("b/p", "service.istio.io/canonical-name"), "-");
}

TEST(Injection, LivePodsAreWhatTheyCarry) {
  const auto mesh =
      mesh_of({ns("a", {{"istio-injection", "enabled"}}), pod("a/p", {}, {}, "{}", R"({"metadata":{"uid":"1"}})"),
               pod("a/q", {}, {{"sidecar.istio.io/status", "{}"}}, "{}", R"({"metadata":{"uid":"2"}})")});
  EXPECT_EQ(mode(*mesh, "a/p"), "none");
  EXPECT_EQ(mode(*mesh, "a/q"), "legacy");
  EXPECT_FALSE(workload(*mesh, "a/q").tls_mode_istio);  // DP-032: the label decides
}

TEST(Enrolment, DP011ToDP016) {
  const Pairs ambient = {{"istio.io/dataplane-mode", "ambient"}};
  const Pairs none = {{"istio.io/dataplane-mode", "none"}};
  EXPECT_EQ(mode(*mesh_of({ns("a", ambient), pod("a/p")}), "a/p"), "ambient");
  EXPECT_EQ(mode(*mesh_of({ns("a"), pod("a/p", ambient)}), "a/p"), "ambient");
  EXPECT_EQ(mode(*mesh_of({ns("a", ambient), pod("a/p", none)}), "a/p"), "none");
  EXPECT_EQ(mode(*mesh_of({ns("a", ambient), pod("a/p", {{"istio.io/dataplane-mode", "x"}})}), "a/p"), "ambient");
  EXPECT_EQ(mode(*mesh_of({ns("a", ambient), pod("a/p", {}, {}, R"({"hostNetwork":true})")}), "a/p"), "none");
  EXPECT_EQ(mode(*mesh_of({ns("kube-system", ambient), pod("kube-system/p")}), "kube-system/p"), "none");
  // DP-013: a user's `disabled` is no opt-out; DP-014: pending is advertised as plaintext.
  const auto annotated = [&](const char* value) {
    return mesh_of({ns("a", ambient), pod("a/p", {}, {{"ambient.istio.io/redirection", value}})});
  };
  EXPECT_EQ(mode(*annotated("disabled"), "a/p"), "ambient");
  EXPECT_TRUE(workload(*annotated("enabled"), "a/p").wds_hbone());
  EXPECT_FALSE(workload(*annotated("pending"), "a/p").wds_hbone());
}

TEST(Precedence, MigrationTable_DP021) {
  const Pairs both = {{"istio-injection", "enabled"}, {"istio.io/dataplane-mode", "ambient"}};
  EXPECT_EQ(mode(*mesh_of({ns("a", both), pod("a/p")}), "a/p"), "sidecar");
  EXPECT_EQ(mode(*mesh_of({ns("a", both), pod("a/p", {}, {}, "{}", R"({"metadata":{"uid":"1"}})")}), "a/p"), "ambient");
  EXPECT_EQ(mode(*mesh_of({ns("a", both), pod("a/p", {{"sidecar.istio.io/inject", "false"}})}), "a/p"), "ambient");
  EXPECT_EQ(
      mode(*mesh_of({ns("a", {{"istio-injection", "disabled"}, {"istio.io/dataplane-mode", "ambient"}}), pod("a/p")}),
           "a/p"),
      "ambient");
  EXPECT_EQ(
      mode(*mesh_of({ns("a", {{"istio-injection", "enabled"}}), pod("a/p", {{"istio.io/dataplane-mode", "ambient"}})}),
           "a/p"),
      "sidecar");
}

TEST(Hbone, SendingAndListeningAreSeparate_DP036_DP037) {
  const Pairs status = {{"sidecar.istio.io/status", "{}"}};
  const std::vector<std::string> manifests = {
      ns("a"), pod("a/old", {}, status), ns("b", {{"istio-injection", "enabled"}}), pod("b/new"),
      pod("b/quiet", {}, {{"proxy.istio.io/config", "proxyMetadata:\n  ISTIO_META_DISABLE_HBONE_SEND: \"true\"\n"}})};
  const auto ossm = mesh_of(manifests);
  EXPECT_FALSE(workload(*ossm, "a/old").sends_hbone);
  EXPECT_TRUE(workload(*ossm, "b/new").sends_hbone);
  EXPECT_TRUE(workload(*ossm, "b/new").sidecar_hbone);
  EXPECT_FALSE(workload(*ossm, "b/quiet").sends_hbone);
  EXPECT_TRUE(workload(*ossm, "b/quiet").sidecar_hbone);
  const auto master = mesh_of(manifests, R"({"profile":"istio-master"})");
  EXPECT_TRUE(workload(*master, "a/old").sends_hbone);
  EXPECT_FALSE(workload(*master, "a/old").sidecar_hbone);
  const auto off = mesh_of(manifests, R"({"features":{"PILOT_ENABLE_AMBIENT":"false"}})");
  EXPECT_FALSE(workload(*off, "b/new").sends_hbone);
  EXPECT_FALSE(workload(*off, "b/new").sidecar_hbone);
}

}  // namespace
}  // namespace meshsim::test
