// TM-090 from synthetic meshes: the scenario is read, resolved, routed and judged, and the reporters of every row are
// those of the reference; row 10 by profile.
#include <map>

#include <gtest/gtest.h>

#include "models/telemetry/matrix.h"
#include "models/telemetry/telemetry.h"
#include "scenarios/read/scenario.h"

namespace meshsim {
namespace {

std::string scenario(const std::string& profile) {
  return R"({"apiVersion":"meshsim/v1","kind":"Scenario","metadata":{"name":"tm-090"},"mesh":{"profile":")" + profile +
         R"("},
"workloads":[
 {"name":"plain","namespace":"p","mode":"none","ports":[{"port":80,"targetPort":8080,"name":"http"}]},
 {"name":"side","namespace":"s","mode":"sidecar","ports":[{"port":80,"targetPort":8080,"name":"http"}]},
 {"name":"legacy","namespace":"l","mode":"sidecar-legacy","ports":[{"port":80,"targetPort":8080,"name":"http"}]},
 {"name":"amb","namespace":"a","mode":"ambient","ports":[{"port":80,"targetPort":8080,"name":"http"}]},
 {"name":"way","namespace":"w","mode":"ambient","ports":[{"port":80,"targetPort":8080,"name":"http"}]},
 {"name":"sideway","namespace":"w","mode":"sidecar","ports":[{"port":80,"targetPort":8080,"name":"http"}]},
 {"name":"inway","namespace":"i","mode":"ambient","ports":[{"port":80,"targetPort":8080,"name":"http"}]},
 {"name":"strict","namespace":"t","mode":"sidecar","ports":[{"port":80,"targetPort":8080,"name":"http"}]},
 {"name":"oldstrict","namespace":"t","mode":"sidecar-legacy","ports":[{"port":80,"targetPort":8080,"name":"http"}]}],
"gateways":[
 {"name":"waypoint","namespace":"w","kind":"waypoint","for":"service"},
 {"name":"inner","namespace":"i","kind":"waypoint","for":"service"},
 {"name":"ingress","namespace":"g","kind":"ingress"},
 {"name":"egress","namespace":"g","kind":"egress"}],
"labels":[
 {"object":"w/service/way","set":{"istio.io/use-waypoint":"waypoint"}},
 {"object":"w/service/sideway","set":{"istio.io/use-waypoint":"waypoint"}},
 {"object":"i/service/inway","set":{"istio.io/use-waypoint":"inner","istio.io/ingress-use-waypoint":"true"}}],
"policies":[
 {"apiVersion":"security.istio.io/v1","kind":"PeerAuthentication","metadata":{"name":"strict","namespace":"t"},
  "spec":{"mtls":{"mode":"STRICT"}}},
 {"apiVersion":"networking.istio.io/v1","kind":"ServiceEntry","metadata":{"name":"ext","namespace":"g"},
  "spec":{"hosts":["ext.example.test"],"location":"MESH_EXTERNAL","resolution":"DNS",
          "ports":[{"number":80,"name":"http","protocol":"HTTP"}]}},
 {"apiVersion":"networking.istio.io/v1","kind":"ServiceEntry",
  "metadata":{"name":"via","namespace":"w","labels":{"istio.io/use-waypoint":"waypoint"}},
  "spec":{"hosts":["via.example.test"],"addresses":["240.240.0.9"],"location":"MESH_EXTERNAL","resolution":"DNS",
          "ports":[{"number":80,"name":"http","protocol":"HTTP"}]}},
 {"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"to-egress","namespace":"g"},
  "spec":{"parentRefs":[{"kind":"ServiceEntry","group":"networking.istio.io","name":"ext"}],
          "rules":[{"backendRefs":[{"name":"egress-istio","port":80}]}]}},
 {"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"from-egress","namespace":"g"},
  "spec":{"parentRefs":[{"name":"egress"}],"hostnames":["ext.example.test"],
          "rules":[{"backendRefs":[{"kind":"Hostname","group":"networking.istio.io","name":"ext.example.test","port":80}]}]}}],
"flows":[
 {"name":"1","from":{"workload":"p/plain"},"to":{"host":"plain.p","port":80}},
 {"name":"2","from":{"workload":"p/plain"},"to":{"host":"side.s","port":80}},
 {"name":"3","from":{"workload":"p/plain"},"to":{"host":"strict.t","port":80}},
 {"name":"4","from":{"workload":"p/plain"},"to":{"host":"amb.a","port":80}},
 {"name":"5","from":{"workload":"p/plain"},"to":{"host":"way.w","port":80}},
 {"name":"6","from":{"workload":"s/side"},"to":{"host":"plain.p","port":80}},
 {"name":"7","from":{"workload":"s/side"},"to":{"host":"strict.t","port":80}},
 {"name":"8","from":{"workload":"s/side"},"to":{"host":"amb.a","port":80}},
 {"name":"9","from":{"workload":"s/side"},"to":{"host":"way.w","port":80}},
 {"name":"10","from":{"workload":"l/legacy"},"to":{"host":"amb.a","port":80}},
 {"name":"11","from":{"workload":"a/amb"},"to":{"host":"plain.p","port":80}},
 {"name":"12","from":{"workload":"a/amb"},"to":{"host":"side.s","port":80}},
 {"name":"13","from":{"workload":"a/amb"},"to":{"host":"legacy.l","port":80}},
 {"name":"14","from":{"workload":"a/amb"},"to":{"host":"oldstrict.t","port":80}},
 {"name":"15","from":{"workload":"w/way"},"to":{"host":"amb.a","port":80}},
 {"name":"16","from":{"workload":"a/amb"},"to":{"host":"way.w","port":80}},
 {"name":"17","from":{"workload":"a/amb"},"to":{"host":"sideway.w","port":80}},
 {"name":"18","from":{"gateway":"g/ingress"},"to":{"host":"side.s","port":80}},
 {"name":"19","from":{"gateway":"g/ingress"},"to":{"host":"amb.a","port":80}},
 {"name":"20","from":{"gateway":"g/ingress"},"to":{"host":"way.w","port":80}},
 {"name":"21","from":{"gateway":"g/ingress"},"to":{"host":"inway.i","port":80}},
 {"name":"22","from":{"workload":"s/side"},"to":{"host":"ext.example.test","port":80}},
 {"name":"23","from":{"workload":"a/amb"},"to":{"host":"ext.example.test","port":80,"gateway":"g/egress"}},
 {"name":"24","from":{"workload":"a/amb"},"to":{"host":"via.example.test","port":80}}]})";
}

// Row of TM-090 -> outcome with telemetry.
std::map<std::string, models::Outcome> rows(const std::string& profile) {
  const scenarios::Scenario read = scenarios::read_scenario_text(scenario(profile), "tm-090.json");
  EXPECT_FALSE(read.unreadable);
  models::Diagnostics diagnostics;
  const models::World world = models::make_world(models::resolve(read.objects, read.mesh), diagnostics);
  std::map<std::string, models::Outcome> out;
  for (const scenarios::ScenarioFlow& flow : read.flows) {
    models::FlowResult result = models::judge(world, flow.flow);
    EXPECT_EQ(result.outcomes.size(), 1u) << flow.flow.name;
    models::Outcome& outcome = result.outcomes.edit().front();
    outcome.telemetry = models::telemetry_of(world, flow.flow, outcome);
    out.emplace(flow.flow.name, std::move(outcome));
  }
  return out;
}

std::string security(const models::Outcome& outcome, std::string_view reporter) {
  for (const models::EdgeReporter& r : models::edge_telemetry(outcome).reporters)
    if (r.reporter == reporter) return r.security;
  return "";
}

TEST(TelemetryPipeline, TM090_AllRows) {
  const std::map<std::string, std::string> expected = {
      {"1", "-"},
      {"2", "sidecar L7 destination"},
      {"3", "-"},
      {"4", "ztunnel L4 destination"},
      {"5", "ztunnel L4 destination"},
      {"6", "sidecar L7 source"},
      {"7", "sidecar L7 source; sidecar L7 destination"},
      {"8", "sidecar L7 source; ztunnel L4 destination"},
      {"9", "sidecar L7 source; ztunnel L4 destination"},
      {"10", "sidecar L7 source; ztunnel L4 destination"},
      {"11", "ztunnel L4 source"},
      {"12", "ztunnel L4 source; sidecar L7 destination"},
      {"13", "ztunnel L4 source; sidecar L7 destination"},
      {"14", "ztunnel L4 source"},
      {"15", "ztunnel L4 source; ztunnel L4 destination"},
      {"16", "ztunnel L4 source; waypoint L7 waypoint; ztunnel L4 destination"},
      {"17", "ztunnel L4 source; waypoint L7 waypoint; sidecar L7 destination"},
      {"18", "gateway L7 source; sidecar L7 destination"},
      {"19", "gateway L7 source; ztunnel L4 destination"},
      {"20", "gateway L7 source; ztunnel L4 destination"},
      {"21", "gateway L7 source; waypoint L7 waypoint; ztunnel L4 destination"},
      {"22", "sidecar L7 source; gateway L7 source"},
      {"23", "ztunnel L4 source; gateway L7 source"},
      {"24", "ztunnel L4 source; waypoint L7 waypoint"},
  };
  for (const char* profile : {"ossm-3.2", "istio-1.27", "istio-master"}) {
    const auto shown = rows(profile);
    ASSERT_EQ(shown.size(), expected.size());
    for (const auto& [row, reporters] : expected)
      EXPECT_EQ(models::summary(models::edge_telemetry(shown.at(row))), reporters) << profile << " row " << row;
  }
}

// Row 10: by the OpenShift document a legacy sidecar sends plaintext, by the code HBONE as in row 8 (DP-037).
TEST(TelemetryPipeline, TM090_Row10ByProfile) {
  EXPECT_EQ(security(rows("ossm-3.2").at("10"), "destination"), "unknown");
  EXPECT_EQ(security(rows("istio-1.27").at("10"), "destination"), "mutual_tls");
}

}  // namespace
}  // namespace meshsim
