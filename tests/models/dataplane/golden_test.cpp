// ztunnel's own tables of weighted waypoints, load balancing, port mapping and policy scope (tests/data/golden, licence
// in its README).
#include <filesystem>
#include <fstream>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "models/dataplane/endpoint_selection.h"
#include "tests/models/dataplane/support.h"

namespace meshsim::models::testing {
namespace {

using Json = nlohmann::json;

Json golden(const char* name) {
  const auto path = std::filesystem::path(MESHSIM_SOURCE_DIR) / "tests/data/golden/ztunnel-rbac" / name;
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  return Json::parse(in);
}

// DP-109.
TEST(Golden, DP109WeightedWaypoints) {
  const Json table = golden("weighted-waypoints.json");
  ASSERT_EQ(table["cases"].size(), 5u);
  for (const Json& c : table["cases"]) {
    SCOPED_TRACE(c.dump());
    const std::vector<double> shares = weighted_shares(c["weights"].get<std::vector<int>>());
    if (c["chosen"].is_null()) {
      EXPECT_TRUE(shares.empty());
      continue;
    }
    for (std::size_t i = 0; i < shares.size(); ++i) {
      const std::string index = std::to_string(i);
      if (!c["chosen"].contains(index)) {
        EXPECT_EQ(shares[i], 0);
      } else if (const Json& expected = c["chosen"][index]; expected.is_array()) {
        EXPECT_GT(shares[i], expected[0].get<double>());
        EXPECT_LT(shares[i], expected[1].get<double>());
      } else {
        EXPECT_EQ(shares[i], expected.get<double>());
      }
    }
  }
}

Locality place(const Json& stated) {
  Locality out;
  out.network = stated["network"].get<std::string>();
  const std::string locality = stated["locality"].get<std::string>();
  const auto slash = locality.find('/');
  out.region = locality.substr(0, slash);
  if (slash != std::string::npos) out.zone = locality.substr(slash + 1);
  return out;
}

// DP-202, DP-211.
TEST(Golden, DP211LoadBalancing) {
  const Json table = golden("load-balancing.json");
  ASSERT_EQ(table["preferences"], Json::array({"network", "region", "zone"}));
  ASSERT_EQ(table["cases"].size(), 5u);
  Mesh mesh;
  Service service;
  service.ports.push_back({"http", 80, Protocol::Http, 8080, {}});
  std::vector<std::string> names;
  std::vector<Locality> places;
  std::vector<std::string> with_address;
  for (const auto& [name, stated] : table["workloads"].items()) {
    Workload w;
    w.name = name;
    w.locality = place(stated);
    w.pods.resize(1);
    w.pods[0].locality = w.locality;
    if (!stated.contains("addresses")) w.pods[0].addresses = {*IpAddress::parse("10.0.0.1")};
    if (!stated.contains("addresses")) {
      places.push_back(w.locality);
      with_address.push_back(name);
    }
    service.endpoints.push_back({mesh.workloads.size(), 0, {8080}, true, 1});
    mesh.workloads.push_back(std::move(w));
    names.push_back(name);
  }
  service.endpoints.push_back({kNone, kNone, {8080}, true, 1});  // an endpoint of an unknown workload
  service.traffic_distribution = "PreferClose";
  mesh.services.push_back(std::move(service));
  for (const Json& c : table["cases"]) {
    SCOPED_TRACE(c.dump());
    const Locality client = place(c["client"]);
    std::vector<std::string> chosen;
    if (c["mode"] == "strict") {
      constexpr LocalityScope kScopes[] = {LocalityScope::Network, LocalityScope::Region, LocalityScope::Zone};
      for (const std::size_t i : best_ranked(places, client, kScopes, true)) chosen.push_back(with_address[i]);
    } else {
      for (const EndpointShare& share :
           select_endpoints({&mesh, 0, 80, nullptr, &client, Balancer::Ztunnel, {}, false}))
        chosen.push_back(names[share.workload]);
    }
    std::vector<std::string> expected = c["candidates"].get<std::vector<std::string>>();
    std::sort(chosen.begin(), chosen.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(chosen, expected);
  }
}

// DP-201, DP-118: the endpoint's mapping before the Service's; a sandwiched waypoint keeps the port that was asked for.
TEST(Golden, DP201PortMapping) {
  const Json table = golden("port-mapping.json");
  const auto service_port = table["service_port"].get<std::uint16_t>();
  ASSERT_EQ(table["cases"].size(), 3u);
  for (const Json& c : table["cases"]) {
    SCOPED_TRACE(c.dump());
    const auto chosen = c["chosen"].get<std::uint16_t>();
    if (c.contains("application_tunnel")) {
      const World world = world_of(echo_mesh(R"(
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: sandwich, namespace: echo, annotations: {ambient.istio.io/waypoint-inbound-binding: PROXY/15088}}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15088, protocol: HTTP}]}
---
apiVersion: v1
kind: Service
metadata: {name: bound, namespace: echo, labels: {istio.io/use-waypoint: sandwich}}
spec: {selector: {app: ambient}, ports: [{name: http, port: 80, targetPort: 8080}]}
)"));
      const Outcome o = judge(world, flow_of("echo/ambient", "bound.echo", service_port)).outcomes.at(0);
      ASSERT_EQ(path_of(o), "ztunnel,waypoint,ztunnel");
      EXPECT_EQ(o.hops[0].port, 15008);  // not the tunnel's 15088
      continue;
    }
    std::string manifests = R"(
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: mapped, namespace: echo}
spec:
  hosts: [mapped.example]
  addresses: [240.1.0.1]
  resolution: STATIC
  location: MESH_INTERNAL
  ports: [{name: http, number: 80, protocol: HTTP)";
    if (c.contains("service_target_port")) manifests += ", targetPort: " + c["service_target_port"].dump();
    manifests += "}]\n  endpoints: [{address: 10.7.0.1";
    if (c.contains("endpoint_port")) manifests += ", ports: {http: " + c["endpoint_port"].dump() + "}";
    manifests += "}]\n";
    const World world = world_of(echo_mesh("\n---\n" + manifests));
    const Outcome o = judge(world, flow_of("echo/ambient", "mapped.example", service_port)).outcomes.at(0);
    ASSERT_TRUE(o.routed_to);
    EXPECT_EQ(o.routed_to->port, chosen);
  }
}

// A policy that is sent again with another scope leaves its old place: it is the last word that counts.
TEST(Golden, PO055ScopeChange) {
  const Json table = golden("scope-change.json");
  ASSERT_EQ(table["steps"].size(), 2u);
  for (const Json& step : table["steps"]) {
    SCOPED_TRACE(step.dump());
    const Json& policy = step["policy"];
    const std::string ns = policy["namespace"].get<std::string>();
    const bool selects = policy["scope"] == "WORKLOAD_SELECTOR";
    const Json& match = policy["rules"][0]["all_of"][0]["any_of"][0];
    std::string manifests = echo_mesh(
        "\n---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: "
        "{name: test_policy, namespace: echo}\nspec:\n  action: ALLOW\n");
    ASSERT_EQ(ns, "default");  // stands for echo here
    if (selects) manifests += "  selector: {matchLabels: {app: somebody-else}}\n";
    manifests +=
        "  rules: [{from: [{source: {namespaces: [" + match["namespaces"][0]["exact"].get<std::string>() + "]}}]}]\n";
    const Outcome o = judge(world_of(manifests), flow_of("echo/ambient", "ambient.echo", 80)).outcomes.at(0);
    EXPECT_EQ(o.verdict == Verdict::Denied, step["listed_for_namespace"][ns].get<bool>());
  }
}

}  // namespace
}  // namespace meshsim::models::testing
