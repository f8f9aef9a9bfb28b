// Properties of resolve as a whole: order of input, duplicates, revisions, findings, speed; and the topology.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <random>

#include <gtest/gtest.h>

#include "models/mesh/topology.h"
#include "tests/models/mesh/mesh_fixture.h"

namespace meshsim::test {
namespace {

using models::Mesh;

std::string text_of(const models::Reasons& reasons) {
  std::string out;
  for (const auto& r : reasons) out += r.rule + ':' + r.text + ';';
  return out;
}

// Everything that results depend on, as one text.
std::string fingerprint(const Mesh& mesh) {
  std::string out;
  for (const auto& w : mesh.workloads) {
    out += w.owner.text() + ' ' + std::string(models::mode_word(w.mode, w.role)) + ' ' + w.identity + ' ' +
           std::to_string(w.waypoint.gateway) + text_of(w.waypoint.reasons) + text_of(w.mode_reasons);
    for (const auto& pod : w.pods) out += pod.name + pod.addresses.front().text() + ' ';
    out += '\n';
  }
  for (const auto& s : mesh.services) {
    out += s.hostname + ' ' + std::to_string(s.waypoint.gateway) + text_of(s.waypoint.reasons);
    for (const auto& a : s.addresses) out += a.text() + ' ';
    for (const auto& e : s.endpoints)
      out += std::to_string(e.workload) + '.' + std::to_string(e.pod) + (e.healthy ? "+" : "-");
    out += '\n';
  }
  for (const auto& g : mesh.gateways)
    out += g.ns + '/' + g.name + std::to_string(g.workload) + ' ' + std::to_string(g.service) + '\n';
  for (const auto& o : mesh.objects) out += o.ref().text() + '\n';
  for (const auto& d : mesh.diagnostics) out += models::format(d) + '\n';
  return out;
}

std::vector<std::string> mixed_mesh() {
  std::vector<std::string> out = {
      ns("istio-system"),
      ns("a", {{"istio-injection", "enabled"}}),
      ns("b", {{"istio.io/dataplane-mode", "ambient"}, {"istio.io/use-waypoint", "w"}}),
      ns("c"),
      waypoint("b/w"),
      waypoint("b/v", {{"istio.io/waypoint-for", "workload"}}),
      object("networking.istio.io/v1", "ServiceEntry", "c/x", R"({"hosts":["x.example.com"],"resolution":"DNS"})"),
      object("networking.istio.io/v1", "ServiceEntry", "b/x", R"({"hosts":["x.example.com"],"resolution":"STATIC",
          "endpoints":[{"address":"192.0.2.1"},{"address":"x.example.net"}]})"),
      object("networking.istio.io/v1alpha3", "EnvoyFilter", "a/f", "{}"),
      object("unknown.example.com/v1", "Thing", "a/t", "{}"),
      pod("c/r-h-1", {{"pod-template-hash", "h"}}, {{"sidecar.istio.io/status", "{}"}}),
      pod("c/r-h-2", {{"pod-template-hash", "h"}})};
  for (const char* n : {"a", "b", "c"})
    for (int i = 0; i < 8; ++i) {
      const std::string name = std::string(n) + "/app" + std::to_string(i);
      out.push_back(deployment(name, {{"app", "app" + std::to_string(i % 5)}}, {}, "{}", 2));
      out.push_back(service(name, {{"app", "app" + std::to_string(i)}}));
    }
  return out;
}

TEST(Resolve, OrderOfObjectsChangesNothing) {
  auto objects = objects_of(mixed_mesh());
  const std::string expected = fingerprint(*mesh_from(objects));
  std::mt19937 random(1);
  for (int i = 0; i < 20; ++i) {
    std::shuffle(objects.begin(), objects.end(), random);
    ASSERT_EQ(fingerprint(*mesh_from(objects)), expected);
  }
}

TEST(Resolve, DuplicatesAreReported) {
  const auto mesh = mesh_of({ns("a"), pod("a/p", {{"v", "1"}}), pod("a/p", {{"v", "2"}})});
  EXPECT_EQ(mesh->workloads.size(), 1u);
  EXPECT_TRUE(has_finding(*mesh, "MSH0210"));
  EXPECT_FALSE(has_finding(*mesh_of({ns("a"), pod("a/p"), pod("a/p")}), "MSH0210"));
}

TEST(Resolve, RevisionFilter) {
  const auto policy = [](const char* name, const Pairs& labels) {
    return object("security.istio.io/v1", "AuthorizationPolicy", name, "{}", labels);
  };
  const auto mesh =
      mesh_of({ns("a"), policy("a/own", {{"istio.io/rev", "r"}}), policy("a/other", {{"istio.io/rev", "q"}}),
               policy("a/any", {}), service("a/s", {}, {{"istio.io/rev", "q"}})},
              R"({"revision":"r"})");
  EXPECT_EQ(mesh->objects_of("AuthorizationPolicy").size(), 2u);
  EXPECT_EQ(mesh->services.size(), 1u);  // core kinds are always read
  EXPECT_TRUE(has_finding(*mesh, "MSH0211"));
}

struct FindingRow {
  const char* code;
  std::vector<std::string> manifests;
};

TEST(Resolve, Findings) {
  const Pairs use_w = {{"istio.io/use-waypoint", "w"}};
  const FindingRow rows[] = {
      {"MSH0201", {ns("a"), service("a/s", {{"app", "nobody"}})}},
      {"MSH0202", {ns("a"), service("a/s", {}, use_w)}},
      {"MSH0202", {ns("a", use_w), service("a/s", {})}},
      {"MSH0203",
       {ns("a"), ns("b"), waypoint("b/w"),
        service("a/s", {}, {{"istio.io/use-waypoint", "w"}, {"istio.io/use-waypoint-namespace", "b"}})}},
      {"MSH0204", {ns("a"), waypoint("a/w", {{"istio.io/waypoint-for", "workload"}}), service("a/s", {}, use_w)}},
      {"MSH0206", {ns("a"), service("a/s", {}, {{"istio.io/use-waypoint-namespace", "b"}})}},
      {"MSH0207",
       {ns("a"), service("a/s", {}, use_w),
        object("gateway.networking.k8s.io/v1", "Gateway", "a/w", R"({"gatewayClassName":"istio","listeners":[]})")}},
      {"MSH0209",
       {ns("a"), pod("a/p", {{"app", "p"}}),
        service("a/s", {{"app", "p"}}, {}, R"([{"port":80,"targetPort":"web"}])")}},
      {"MSH0214", {ns("a", {{"istio.io/rev", "gone"}}), pod("a/p")}},
      {"MSH0217",
       {ns("a"), object("apps/v1", "Deployment", "a/d", R"({"template":{"spec":{}}})",
                        {{"istio.io/dataplane-mode", "ambient"}})}},
      {"MSH0219", {ns("a", {{"istio-injection", "enabled"}, {"istio.io/dataplane-mode", "ambient"}})}},
      {"MSH0220", {ns("a"), service("a/s", {}, {}, R"([{"port":0}])")}},
      {"MSH0301", {ns("a"), object("networking.istio.io/v1alpha3", "EnvoyFilter", "a/f", "{}")}},
      {"MSH0301", {ns("a"), object("route.openshift.io/v1", "Route", "a/f", "{}")}},
      {"MSH0302", {object("example.com/v1", "Thing", "a/t", "{}")}},
      {"MSH0303", {object("v1", "Secret", "a/t", "")}},
  };
  for (const FindingRow& row : rows) {
    const auto mesh = mesh_of(row.manifests);
    EXPECT_TRUE(has_finding(*mesh, row.code)) << row.code << ' ' << row.manifests.back();
    const auto clean = std::count_if(mesh->diagnostics.begin(), mesh->diagnostics.end(),
                                     [&](const auto& d) { return d.code != row.code; });
    EXPECT_EQ(clean, 0) << row.code << ": " << models::format(mesh->diagnostics.front()) << " | "
                        << models::format(mesh->diagnostics.back());
  }
}

TEST(Resolve, EmptyAndBrokenObjectsAreHarmless) {
  EXPECT_TRUE(mesh_of(std::vector<std::string>{})->workloads.empty());
  for (const char* kind : {"Pod", "Deployment", "CronJob", "Service", "Node", "Namespace", "Endpoints"}) {
    for (const char* spec :
         {"{}", "[]", "3", "null", R"({"template":[],"selector":[1],"ports":{"a":1},"replicas":"x"})"}) {
      for (const char* api : {"v1", "apps/v1", "batch/v1"})
        EXPECT_NO_THROW(mesh_of({object(api, kind, "a/b", spec)})) << kind << spec;
    }
  }
  for (const char* kind : {"ServiceEntry", "WorkloadEntry", "ProxyConfig", "Gateway"})
    for (const char* spec : {"{}", "[]", "3", R"({"hosts":"x","endpoints":[3,{}],"addresses":{"a":"b"},"ports":[7]})"})
      EXPECT_NO_THROW(mesh_of({object("networking.istio.io/v1", kind, "a/b", spec)})) << kind << spec;
  for (const char* spec :
       {"{}", "[]", R"({"listeners":7,"gatewayClassName":"istio","infrastructure":[],"addresses":[1]})"})
    EXPECT_NO_THROW(mesh_of({object("gateway.networking.k8s.io/v1", "Gateway", "a/b", spec)})) << spec;
}

TEST(Topology, LayersComponentsAndExports) {
  const auto mesh = mesh_of({ns("a", {{"istio.io/dataplane-mode", "ambient"}, {"istio.io/use-waypoint", "w"}}),
                             waypoint("a/w"), deployment("a/d", {{"app", "d"}}, {}, R"({"nodeName":"n1"})"),
                             service("a/d", {{"app", "d"}}), ns("b"), deployment("b/lone", {})});
  const models::Topology topology(*mesh);
  const auto service_vertex = topology.find("service/a/d");
  ASSERT_TRUE(service_vertex);
  std::vector<std::string> reached;
  for (const auto v : topology.reachable(*service_vertex)) reached.push_back(topology.graph()[v].id);
  EXPECT_EQ(reached,
            (std::vector<std::string>{"service/a/d", "waypoint/a/w", "workload/a/d", "workload/a/w", "ztunnel/n1"}));
  const auto parts = topology.components();
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[1].size(), 1u);
  EXPECT_EQ(topology.graph()[parts[1][0]].id, "workload/b/lone");
  const auto layers = topology.layers();
  std::vector<std::vector<std::string>> ids;
  for (const auto& layer : layers) {
    ids.emplace_back();
    for (const auto v : layer) ids.back().push_back(topology.graph()[v].id);
  }
  ASSERT_EQ(ids.size(), 3u);
  EXPECT_NE(std::find(ids[0].begin(), ids[0].end(), "service/a/d"), ids[0].end());
  EXPECT_NE(std::find(ids[1].begin(), ids[1].end(), "waypoint/a/w"), ids[1].end());
  EXPECT_NE(topology.dot().find("bound-to"), std::string::npos);
  EXPECT_NE(topology.graphml().find("workload/a/d"), std::string::npos);
  EXPECT_EQ(topology.dot(), models::Topology(*mesh).dot());
}

// 10,000 workloads with a Service each. A generous bound for slow machines and unoptimised builds; the figure is
// printed.
TEST(Resolve, TenThousandWorkloads) {
  std::vector<std::string> manifests;
  for (int n = 0; n < 20; ++n) {
    const std::string space = "ns" + std::to_string(n);
    manifests.push_back(
        ns(space, {{n % 2 ? "istio-injection" : "istio.io/dataplane-mode", n % 2 ? "enabled" : "ambient"},
                   {"istio.io/use-waypoint", "w"}}));
    manifests.push_back(waypoint(space + "/w"));
    for (int i = 0; i < 500; ++i) {
      const std::string name = space + "/app" + std::to_string(i);
      manifests.push_back(deployment(name, {{"app", "app" + std::to_string(i)}, {"tier", "x"}}));
      manifests.push_back(service(name, {{"app", "app" + std::to_string(i)}, {"tier", "x"}}));
    }
  }
  const auto objects = objects_of(manifests);
  const std::clock_t begin = std::clock();
  const auto mesh = mesh_from(objects);
  const double took = 1000.0 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  RecordProperty("cpu_milliseconds", static_cast<int>(took));
  std::printf("resolve of %zu workloads: %.0f ms CPU\n", mesh->workloads.size(), took);
  EXPECT_EQ(mesh->workloads.size(), 10020u);
  EXPECT_LT(took, 20000);
}

}  // namespace
}  // namespace meshsim::test
