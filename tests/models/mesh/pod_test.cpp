// From templates and pods to workloads: owners, replicas, live pods, nodes, localities.
#include <gtest/gtest.h>

#include "tests/models/mesh/mesh_fixture.h"

namespace meshsim::test {
namespace {

std::string owned(const std::string& ns_name, const char* kind, const char* owner, const Pairs& labels = {},
                  const Pairs& annotations = {}, const char* spec = "{}") {
  return pod(ns_name, labels, annotations, spec,
             std::string(R"({"metadata":{"uid":"u","ownerReferences":[{"kind":")") + kind + R"(","name":")" + owner +
                 R"(","controller":true}]}})");
}

std::string daemon_set(const std::string& ns_name, const Pairs& labels, const std::string& pod_spec) {
  const std::string metadata = labels.empty() ? "{}" : R"({"labels":{"app":")" + labels.at("app") + R"("}})";
  return object("apps/v1", "DaemonSet", ns_name,
                R"({"template":{"metadata":)" + metadata + R"(,"spec":)" + pod_spec + "}}");
}

TEST(Pods, TemplatesOfEveryKind) {
  const std::string inner = R"({"spec":{"serviceAccountName":"x"}})";
  const auto mesh = mesh_of(
      {ns("a"), object("apps/v1", "Deployment", "a/d", R"({"replicas":3,"template":)" + inner + "}"),
       object("apps/v1", "StatefulSet", "a/s", R"({"replicas":2,"template":)" + inner + "}"),
       object("apps/v1", "DaemonSet", "a/ds", R"({"template":)" + inner + "}"),
       object("apps/v1", "ReplicaSet", "a/rs", R"({"template":)" + inner + "}"),
       object("batch/v1", "Job", "a/j", R"({"parallelism":2,"template":)" + inner + "}"),
       object("batch/v1", "CronJob", "a/cj", R"({"jobTemplate":{"spec":{"template":)" + inner + "}}}"), pod("a/p")});
  const std::map<std::string, std::pair<std::string, std::size_t>> expected = {
      {"d", {"Deployment", 3}}, {"s", {"StatefulSet", 2}}, {"ds", {"DaemonSet", 1}}, {"rs", {"ReplicaSet", 1}},
      {"j", {"Job", 2}},        {"cj", {"CronJob", 1}},    {"p", {"Pod", 1}}};
  EXPECT_EQ(mesh->workloads.size(), expected.size());
  for (const auto& [name, row] : expected) {
    const auto& w = workload(*mesh, "a/" + name);
    EXPECT_EQ(w.owner.kind, row.first);
    EXPECT_EQ(w.pods.size(), row.second) << name;
    EXPECT_EQ(w.service_account, name == "p" ? "default" : "x") << name;
  }
}

TEST(Pods, LivePodsReplaceTheirTemplate) {
  const Pairs hash = {{"app", "r"}, {"pod-template-hash", "abc"}};
  const auto mesh =
      mesh_of({ns("a"), deployment("a/r", {{"app", "r"}}, {}, "{}", 5), owned("a/r-abc-1", "ReplicaSet", "r-abc", hash),
               owned("a/r-abc-2", "ReplicaSet", "r-abc", hash), service("a/r", {{"app", "r"}})});
  ASSERT_EQ(mesh->workloads.size(), 1u);
  EXPECT_EQ(mesh->workloads[0].pods.size(), 2u);
  EXPECT_EQ(mesh->workloads[0].owner.kind, "Deployment");
  EXPECT_EQ(service_in(*mesh, "a/r").endpoints.size(), 2u);
  EXPECT_EQ(mesh->find_workload("a", "r-abc-2"), 0u);  // a pod's own name leads to its workload
}

TEST(Pods, AHalfRestartedOwnerIsTwoWorkloads_DP021) {
  const Pairs hash = {{"pod-template-hash", "abc"}};
  const auto mesh = mesh_of({ns("a", {{"istio.io/dataplane-mode", "ambient"}}), deployment("a/r", {}),
                             owned("a/r-abc-1", "ReplicaSet", "r-abc", hash, {{"sidecar.istio.io/status", "{}"}}),
                             owned("a/r-abc-2", "ReplicaSet", "r-abc", hash)});
  const auto both = mesh->workloads_named("a", "r");
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(mesh->workloads[both[0]].mode, models::DataplaneMode::Sidecar);
  EXPECT_EQ(mesh->workloads[both[1]].mode, models::DataplaneMode::Ambient);
}

TEST(Pods, OwnersThatAreNotAmongTheFiles) {
  const auto mesh = mesh_of({ns("a"), owned("a/r-abc-1", "ReplicaSet", "r-abc", {{"pod-template-hash", "abc"}}),
                             pod("a/q-def-x", {{"pod-template-hash", "def"}}), owned("a/db-0", "StatefulSet", "db"),
                             owned("a/mirror", "Node", "node-1")});
  EXPECT_EQ(workload(*mesh, "a/r").owner.kind, "Deployment");
  EXPECT_EQ(workload(*mesh, "a/q").owner.kind, "Deployment");
  EXPECT_EQ(workload(*mesh, "a/db").owner.kind, "StatefulSet");
  EXPECT_EQ(workload(*mesh, "a/mirror").owner.kind, "Pod");
}

TEST(Pods, FinishedPodsAreGone_DP034) {
  const auto mesh = mesh_of({ns("a"), pod("a/p", {{"app", "p"}}, {}, "{}", R"({"status":{"phase":"Failed"}})"),
                             service("a/p", {{"app", "p"}})});
  EXPECT_TRUE(workload(*mesh, "a/p").pods.empty());
  EXPECT_TRUE(service_in(*mesh, "a/p").endpoints.empty());
}

TEST(Pods, DeploymentStatusCountsReadyPods) {
  const auto mesh = mesh_of({ns("a"), object("apps/v1", "Deployment", "a/d", R"({"replicas":3,"template":{"spec":{}}})",
                                             {}, {}, R"({"status":{"replicas":3,"readyReplicas":1}})")});
  const auto& pods = workload(*mesh, "a/d").pods;
  EXPECT_TRUE(pods[0].ready);
  EXPECT_FALSE(pods[1].ready);
}

TEST(Pods, ManyReplicasAreCapped) {
  const auto mesh = mesh_of({ns("a"), deployment("a/d", {}, {}, "{}", 2000000000)});
  EXPECT_LE(workload(*mesh, "a/d").pods.size(), 1000u);
  EXPECT_TRUE(has_finding(*mesh, "MSH0213"));
}

TEST(Nodes, AgentsByDaemonSet_DP010_DP014) {
  const auto node = [](const char* name, const Pairs& labels) { return object("v1", "Node", name, "", labels); };
  const std::vector<std::string> manifests = {
      ns("a", {{"istio.io/dataplane-mode", "ambient"}}),
      node("n1", {{"topology.kubernetes.io/region", "r"}, {"topology.kubernetes.io/zone", "z1"}, {"mesh", "yes"}}),
      node("n2", {{"topology.kubernetes.io/zone", "z2"}}),
      pod("a/one", {}, {}, R"({"nodeName":"n1"})"),
      pod("a/two", {}, {}, R"({"nodeName":"n2"})"),
      daemon_set("istio-system/ztunnel", {{"app", "ztunnel"}}, R"({"nodeSelector":{"mesh":"yes"}})")};
  const auto mesh = mesh_of(manifests);
  EXPECT_TRUE(workload(*mesh, "a/one").has_ztunnel);
  EXPECT_TRUE(workload(*mesh, "a/one").wds_hbone());
  EXPECT_FALSE(workload(*mesh, "a/two").has_ztunnel);
  EXPECT_FALSE(workload(*mesh, "a/two").wds_hbone());
  EXPECT_EQ(workload(*mesh, "a/one").locality.region, "r");
  EXPECT_EQ(workload(*mesh, "a/one").pods[0].locality.zone, "z1");
  EXPECT_EQ(mode(*mesh, "istio-system/ztunnel"), "ztunnel");
  auto with_cni = manifests;
  with_cni.push_back(object("apps/v1", "DaemonSet", "kube-system/istio-cni-node",
                            R"({"template":{"spec":{"nodeSelector":{"mesh":"yes"}}}})"));
  EXPECT_EQ(mode(*mesh_of(with_cni), "a/two"), "none");
  EXPECT_EQ(mode(*mesh_of(with_cni), "a/one"), "ambient");
}

TEST(Nodes, LocalityAndNetworkByLabel) {
  const auto mesh =
      mesh_of({ns("istio-system", {{"topology.istio.io/network", "net1"}}), ns("a"),
               pod("a/p", {{"istio-locality", "r.z.s"}}), pod("a/q", {{"topology.istio.io/network", "net2"}})});
  EXPECT_EQ(workload(*mesh, "a/p").locality.zone, "z");
  EXPECT_EQ(workload(*mesh, "a/p").locality.network, "net1");
  EXPECT_EQ(workload(*mesh, "a/q").locality.network, "net2");
}

TEST(Capture, AnnotationsOfSidecars_DP025_DP017) {
  const Pairs annotations = {{"traffic.sidecar.istio.io/excludeInboundPorts", "9090, 9091"},
                             {"traffic.sidecar.istio.io/excludeOutboundIPRanges", "10.1.0.0/16"},
                             {"traffic.sidecar.istio.io/includeInboundPorts", "80"},
                             {"ambient.istio.io/bypass-inbound-capture", "true"}};
  const std::vector<std::string> manifests = {ns("a", {{"istio-injection", "enabled"}}), pod("a/p", {}, annotations)};
  const auto mesh = mesh_of(manifests);
  const auto& c = workload(*mesh, "a/p").capture;
  EXPECT_EQ(c.exclude_inbound_ports, (std::vector<std::uint16_t>{9090, 9091}));
  EXPECT_EQ(c.exclude_outbound_ranges.size(), 1u);
  EXPECT_FALSE(c.include_inbound_all);
  EXPECT_TRUE(c.include_outbound_all);
  EXPECT_FALSE(c.bypass_inbound_capture);
  EXPECT_TRUE(workload(*mesh_of(manifests, R"({"profile":"istio-master"})"), "a/p").capture.bypass_inbound_capture);
}

}  // namespace
}  // namespace meshsim::test
