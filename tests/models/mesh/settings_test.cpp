// Profiles, switches, MeshConfig and istiod's environment (DP-008, DP-036).
#include <set>

#include <gtest/gtest.h>

#include "tests/models/mesh/mesh_fixture.h"

namespace meshsim::test {
namespace {

using models::find_profile;
using models::PathNormalization;

TEST(Profiles, NamesAndTheSwitchTable) {
  ASSERT_EQ(models::profiles().size(), 3u);
  EXPECT_EQ(models::profiles().front().name, "ossm-3.2");
  EXPECT_EQ(find_profile("nothing"), nullptr);
  std::set<std::string_view> names;
  for (const auto& info : models::switches()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_FALSE(info.rule.empty());
    EXPECT_FALSE(info.meaning.empty());
  }
  // dataplane.md section 10, row 7: the only choice of OSSM that is not 1.27's, with manual gateways (row 4).
  std::set<std::string_view> differ;
  for (const auto& info : models::switches())
    if (find_profile("ossm-3.2")->*info.field != find_profile("istio-1.27")->*info.field) differ.insert(info.name);
  EXPECT_EQ(differ, (std::set<std::string_view>{"legacySidecarSendsHbone", "gatewayApiManualDeployment"}));
  for (const auto& info : models::switches())
    EXPECT_EQ(find_profile("istio-master")->*info.field, info.name != "sidecarUsesWaypoint") << info.name;
}

TEST(Settings, SwitchesAreOverridden) {
  const auto mesh =
      mesh_of({}, R"({"profile":"istio-1.27","switches":{"waypointCanary":true,"legacySidecarSendsHbone":false}})");
  EXPECT_TRUE(mesh->settings.profile.waypoint_canary);
  EXPECT_FALSE(mesh->settings.profile.legacy_sidecar_sends_hbone);
  EXPECT_TRUE(has_finding(*mesh_of({}, R"({"switches":{"nothing":true}})"), "MSH0230"));
  EXPECT_TRUE(has_finding(*mesh_of({}, R"({"profile":"istio-0.1"})"), "MSH0231"));
}

TEST(Settings, LayersFieldByField) {
  const char* config_map = R"({"trustDomain":"td1","rootNamespace":"mesh","trustDomainAliases":["old"],
      "outboundTrafficPolicy":{"mode":"REGISTRY_ONLY"},"defaultConfig":{"proxyMetadata":{"A":"1","B":"1"}},
      "pathNormalization":{"normalization":"MERGE_SLASHES"}})";
  const auto plain = mesh_of({}, "{}", config_map);
  EXPECT_EQ(plain->settings.trust_domain, "td1");
  EXPECT_EQ(plain->settings.root_namespace, "mesh");
  EXPECT_TRUE(plain->settings.registry_only);
  const auto over = mesh_of({}, R"({"trustDomain":"td2","config":{"pathNormalization":{"normalization":"NONE"},
      "defaultConfig":{"proxyMetadata":{"B":"2"},"gatewayTopology":{"numTrustedProxies":2}}}})",
                            config_map);
  EXPECT_EQ(over->settings.trust_domain, "td2");
  EXPECT_EQ(over->settings.trust_domain_aliases, (std::vector<std::string>{"old"}));
  EXPECT_EQ(over->settings.path_normalization, PathNormalization::None);
  EXPECT_EQ(over->settings.proxy_metadata.at("A"), "1");
  EXPECT_EQ(over->settings.proxy_metadata.at("B"), "2");
  EXPECT_EQ(over->settings.num_trusted_proxies, 2);
  const auto empty = mesh_of({}, R"({"config":{}})", config_map);
  EXPECT_EQ(empty->settings.path_normalization, PathNormalization::MergeSlashes);
}

std::string istiod(const std::string& env, const Pairs& labels = {{"app", "istiod"}}) {
  return object(
      "apps/v1", "Deployment", "istio-system/istiod",
      R"({"template":{"metadata":{"labels":{"app":"istiod"}},"spec":{"containers":[{"name":"discovery","env":)" + env +
          "}]}}}",
      labels);
}

TEST(Settings, ControlPlaneWithoutAmbient_DP036) {
  // Not shown: the ambient profile is assumed. An istiod that does not say so has it off.
  EXPECT_TRUE(mesh_of(std::vector<std::string>{})->settings.ambient_enabled());
  EXPECT_FALSE(mesh_of({istiod("[]")})->settings.ambient_enabled());
  EXPECT_TRUE(mesh_of({istiod(R"([{"name":"PILOT_ENABLE_AMBIENT","value":"true"}])")})->settings.ambient_enabled());
  EXPECT_TRUE(mesh_of({istiod("[]")}, R"({"features":{"PILOT_ENABLE_AMBIENT":"true"}})")->settings.ambient_enabled());
  const auto off = mesh_of({istiod("[]"), ns("a", {{"istio.io/dataplane-mode", "ambient"}}), pod("a/p"),
                            ns("b", {{"istio-injection", "enabled"}}), pod("b/p")});
  for (const char* flag :
       {"PILOT_ENABLE_SENDING_HBONE", "PILOT_ENABLE_SIDECAR_LISTENING_HBONE", "ENABLE_INGRESS_WAYPOINT_ROUTING"})
    EXPECT_FALSE(off->settings.feature(flag)) << flag;
  EXPECT_TRUE(off->settings.feature("PILOT_ENABLE_IP_AUTOALLOCATE"));
  EXPECT_EQ(mode(*off, "b/p"), "legacy");
  EXPECT_EQ(mode(*off, "a/p"), "ambient");  // DP-010: enrolment is the CNI agent's, not istiod's
  EXPECT_TRUE(has_finding(*off, "MSH0212"));
}

TEST(Settings, DefaultsOfDp036) {
  const auto mesh = mesh_of(std::vector<std::string>{});
  const std::map<std::string, bool> expected = {
      {"PILOT_ENABLE_AMBIENT_WAYPOINTS", true},       {"PILOT_ENABLE_SENDING_HBONE", true},
      {"PILOT_ENABLE_SIDECAR_LISTENING_HBONE", true}, {"PILOT_PREFER_SENDING_HBONE", false},
      {"PILOT_AUTO_ALLOW_WAYPOINT_POLICY", false},    {"ENABLE_INGRESS_WAYPOINT_ROUTING", true},
      {"AMBIENT_ENABLE_MULTI_NETWORK", false},        {"ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES", false}};
  for (const auto& [flag, value] : expected) EXPECT_EQ(mesh->settings.feature(flag), value) << flag;
}

TEST(Settings, RevisionComesFromTheOnlyIstiod) {
  const auto mesh = mesh_of(
      {istiod("[]", {{"app", "istiod"}, {"istio.io/rev", "1-27"}}), ns("a", {{"istio.io/rev", "1-27"}}), pod("a/p")});
  EXPECT_EQ(mesh->settings.revision, "1-27");
  EXPECT_EQ(mode(*mesh, "a/p"), "legacy");
}

TEST(Settings, OperatorResources) {
  const auto mesh = mesh_of(
      {object("sailoperator.io/v1", "Istio", "prod",
              R"({"version":"v1.27.0","updateStrategy":{"type":"RevisionBased"},"profile":"ambient",
                  "values":{"meshConfig":{"trustDomain":"sail"},"pilot":{"env":{"PILOT_PREFER_SENDING_HBONE":"true"}},
                            "sidecarInjectorWebhook":{"neverInjectSelector":[{"matchLabels":{"app":"never"}}]}}})"),
       object("sailoperator.io/v1", "IstioRevisionTag", "stable", R"({"targetRef":{"kind":"Istio","name":"prod"}})"),
       ns("a", {{"istio.io/rev", "prod-v1-27-0"}}), pod("a/p"), pod("a/q", {{"app", "never"}}),
       ns("b", {{"istio.io/rev", "stable"}}), pod("b/p")});
  EXPECT_EQ(mesh->settings.trust_domain, "sail");
  EXPECT_TRUE(mesh->settings.feature("PILOT_PREFER_SENDING_HBONE"));
  EXPECT_EQ(mode(*mesh, "a/p"), "sidecar");
  EXPECT_EQ(mode(*mesh, "a/q"), "none");  // DP-006 step 4
  EXPECT_EQ(mode(*mesh, "b/p"), "sidecar");
}

TEST(Settings, OneOfSeveralControlPlanes_DP004) {
  const auto istio = [](const std::string& name, const std::string& domain) {
    return object("sailoperator.io/v1", "Istio", name,
                  R"({"values":{"meshConfig":{"trustDomain":")" + domain + "\"}}}");
  };
  const std::vector<std::string> two = {istio("mesh1", "one"), istio("mesh2", "two"),
                                        ns("a", {{"istio.io/rev", "mesh2"}}), pod("a/p")};
  EXPECT_EQ(mesh_of(two, R"({"revision":"mesh1"})")->settings.trust_domain, "one");
  const auto second = mesh_of(two, R"({"revision":"mesh2"})");
  EXPECT_EQ(second->settings.trust_domain, "two");
  EXPECT_EQ(mode(*second, "a/p"), "sidecar");
  // The only one there is: a label that asks for the default revision finds no webhook.
  const auto only = mesh_of({istio("mesh1", "one"), ns("a", {{"istio.io/rev", "mesh1"}}), pod("a/p"),
                             ns("b", {{"istio-injection", "enabled"}}), pod("b/p")});
  EXPECT_EQ(only->settings.revision, "mesh1");
  EXPECT_EQ(mode(*only, "a/p"), "sidecar");
  EXPECT_EQ(mode(*only, "b/p"), "none");
}

TEST(Settings, ProxyConfigPrecedence_DP008) {
  const auto config = [](const char* ns_name, const char* value, const char* selector) {
    return object(
        "networking.istio.io/v1beta1", "ProxyConfig", ns_name,
        std::string(R"({"environmentVariables":{"ISTIO_META_ENABLE_HBONE":")") + value + "\"}" + selector + "}");
  };
  const Pairs enabled = {{"istio-injection", "enabled"}};
  const std::string by_label = R"(,"selector":{"matchLabels":{"app":"x"}})";
  const Pairs off = {{"proxy.istio.io/config", R"({"proxyMetadata": {"ISTIO_META_ENABLE_HBONE": "false"}})"}};
  EXPECT_EQ(mode(*mesh_of({ns("a", enabled), pod("a/p"), config("istio-system/c", "false", "")}), "a/p"), "legacy");
  EXPECT_EQ(
      mode(*mesh_of({ns("a", enabled), pod("a/p"), config("istio-system/c", "false", ""), config("a/c", "true", "")}),
           "a/p"),
      "sidecar");
  EXPECT_EQ(mode(*mesh_of({ns("a", enabled), pod("a/p", {}, off), config("a/c", "true", "")}), "a/p"), "legacy");
  EXPECT_EQ(mode(*mesh_of({ns("a", enabled), pod("a/p", {{"app", "x"}}, off), config("a/c", "true", by_label.c_str())}),
                 "a/p"),
            "sidecar");
  EXPECT_EQ(mode(*mesh_of({ns("a", enabled), pod("a/p")},
                          R"({"config":{"defaultConfig":{"proxyMetadata":{"ISTIO_META_ENABLE_HBONE":"false"}}}})"),
                 "a/p"),
            "legacy");
}

TEST(Settings, ScenarioWords) {
  const auto mesh = mesh_of({}, R"({"jwks":{"u1":"unreachable","u2":"slow-500ms","u3":{"keys":[{"kty":"RSA","n":1}]}},
      "extAuthz":{"default":{"answer":"deny"},"p":{"allowIfHeader":{"X-Ext":"allow"},"allowIfPrincipalSuffix":"/sa/a"}}})");
  const auto& s = mesh->settings;
  EXPECT_EQ(s.jwks.at("u1").kind, models::JwksState::Kind::Unreachable);
  EXPECT_EQ(s.jwks.at("u2").delay_ms, 500);
  EXPECT_EQ(s.jwks.at("u3").keys, R"({"keys":[{"kty":"RSA","n":1}]})");
  EXPECT_EQ(s.ext_authz.at("default").allow, false);
  EXPECT_EQ(s.ext_authz.at("p").allow_if_header.at("x-ext"), "allow");
}

TEST(Settings, ExtensionProviders) {
  const auto mesh = mesh_of({}, "{}", R"({"extensionProviders":[{"name":"e","envoyExtAuthzHttp":
      {"service":"x.y.svc","port":8000,"failOpen":true,"statusOnError":"503"}}]})");
  const auto& p = mesh->settings.extension_providers.at(0);
  EXPECT_EQ(p.kind, "envoyExtAuthzHttp");
  EXPECT_EQ(p.port, 8000);
  EXPECT_TRUE(p.fail_open);
  EXPECT_EQ(p.status_on_error, 503);
}

}  // namespace
}  // namespace meshsim::test
