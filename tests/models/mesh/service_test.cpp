// DP sections 3.6, 4.1 and 6: services, ServiceEntries, endpoints, addresses.
#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "tests/models/mesh/mesh_fixture.h"

namespace meshsim::test {
namespace {

using models::IpAddress;
using models::kNone;
using models::Protocol;
using models::Resolution;

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

std::string entry(const std::string& ns_name, const std::string& spec, const Pairs& labels = {},
                  const std::string& more = "") {
  return object("networking.istio.io/v1", "ServiceEntry", ns_name, spec, labels, {}, more);
}

TEST(Service, TargetPorts_DP201) {
  const char* spec = R"({"containers":[{"name":"app","ports":[{"name":"web","containerPort":8081}]}]})";
  const auto mesh =
      mesh_of({ns("a"), deployment("a/one", {{"app", "s"}}, {}, spec), deployment("a/two", {{"app", "s"}}),
               service("a/s", {{"app", "s"}}, {},
                       R"([{"name":"http","port":80,"targetPort":"web"},{"name":"tcp-x","port":90},
                                         {"name":"grpc-y","port":91,"targetPort":9191}])")});
  const auto& s = service_in(*mesh, "a/s");
  ASSERT_EQ(s.endpoints.size(), 2u);
  EXPECT_EQ(s.endpoints[0].target_ports, (std::vector<std::uint16_t>{8081, 90, 9191}));
  EXPECT_EQ(s.endpoints[1].target_ports, (std::vector<std::uint16_t>{0, 90, 9191}));
}

TEST(Service, Protocols_DP259a) {
  struct Row {
    const char *app, *name, *transport;
    Protocol expected;
  };
  const Row rows[] = {{"", "http", "TCP", Protocol::Http},
                      {"", "http-web", "TCP", Protocol::Http},
                      {"", "HTTP2-x", "TCP", Protocol::Http2},
                      {"", "grpc", "TCP", Protocol::Grpc},
                      {"", "grpc-web", "TCP", Protocol::GrpcWeb},
                      {"", "grpc-web-x", "TCP", Protocol::GrpcWeb},
                      {"", "grpc-webx", "TCP", Protocol::Grpc},
                      {"", "auto-http", "TCP", Protocol::Unset},
                      {"", "web", "TCP", Protocol::Unset},
                      {"", "", "TCP", Protocol::Unset},
                      {"", "https-x", "TCP", Protocol::Https},
                      {"", "tls", "TCP", Protocol::Tls},
                      {"", "tcp", "TCP", Protocol::Tcp},
                      {"", "mongo", "TCP", Protocol::Mongo},
                      {"", "dns", "UDP", Protocol::Udp},
                      {"grpc", "http", "TCP", Protocol::Grpc},
                      {"kubernetes.io/h2c", "", "TCP", Protocol::Http2},
                      {"unknown", "http", "TCP", Protocol::Unset}};
  for (const Row& row : rows)
    EXPECT_EQ(models::port_protocol(row.app, row.name, row.transport), row.expected) << row.app << ' ' << row.name;
}

TEST(Service, Health_DP202_DP034) {
  const char* unready = R"({"status":{"phase":"Running","conditions":[{"type":"Ready","status":"False"}]}})";
  const char* going = R"({"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"}})";
  const char* done = R"({"status":{"phase":"Succeeded"}})";
  const std::vector<std::string> pods = {
      ns("a"), pod("a/p1", {{"app", "s"}}), pod("a/p2", {{"app", "s"}}, {}, "{}", unready),
      pod("a/p3", {{"app", "s"}}, {}, "{}", going), pod("a/p4", {{"app", "s"}}, {}, "{}", done)};
  const auto healthy = [&](const std::string& more) {
    auto manifests = pods;
    manifests.push_back(service("a/s", {{"app", "s"}}, {}, "[]", more));
    const auto mesh = mesh_of(manifests);
    const auto& s = service_in(*mesh, "a/s");
    return std::make_pair(s.endpoints.size(),
                          std::count_if(s.endpoints.begin(), s.endpoints.end(), [](auto& e) { return e.healthy; }));
  };
  EXPECT_EQ(healthy(""), (std::pair<std::size_t, long>(3, 1)));
  EXPECT_EQ(healthy(R"({"spec":{"publishNotReadyAddresses":true}})"), (std::pair<std::size_t, long>(3, 2)));
}

TEST(Service, KindsOfServices) {
  const auto mesh = mesh_of(
      {ns("a"), service("a/plain", {{"app", "s"}}),
       service("a/fixed", {{"app", "s"}}, {}, "[]", R"({"spec":{"clusterIP":"10.96.7.7"}})"),
       service("a/headless", {{"app", "s"}}, {}, "[]", R"({"spec":{"clusterIP":"None"}})"),
       service("a/alias", {}, {}, "[]", R"({"spec":{"type":"ExternalName","externalName":"db.example.com"}})"),
       service(
           "a/local", {{"app", "s"}}, {}, "[]",
           R"({"spec":{"internalTrafficPolicy":"Local","trafficDistribution":"PreferClose","sessionAffinity":"ClientIP"}})"),
       service("a/exported", {}, {}, "[]", R"({"metadata":{"annotations":{"networking.istio.io/exportTo":"., b"}}})")});
  EXPECT_EQ(service_in(*mesh, "a/plain").addresses.size(), 1u);
  EXPECT_TRUE(service_in(*mesh, "a/plain").synthetic_address);
  EXPECT_EQ(service_in(*mesh, "a/fixed").addresses.front(), ip("10.96.7.7"));
  EXPECT_TRUE(service_in(*mesh, "a/headless").headless);
  EXPECT_TRUE(service_in(*mesh, "a/headless").addresses.empty());
  EXPECT_EQ(service_in(*mesh, "a/alias").external_name, "db.example.com");
  EXPECT_TRUE(service_in(*mesh, "a/local").internal_traffic_local);
  EXPECT_TRUE(service_in(*mesh, "a/local").client_ip_affinity);
  EXPECT_EQ(service_in(*mesh, "a/local").traffic_distribution, "PreferClose");
  EXPECT_EQ(service_in(*mesh, "a/exported").export_to, (std::vector<std::string>{".", "b"}));
}

TEST(Service, ManualEndpoints_DP033) {
  const std::string slice =
      object("discovery.k8s.io/v1", "EndpointSlice", "a/s-1", "", {{"kubernetes.io/service-name", "s"}}, {},
             R"({"addressType":"IPv4","endpoints":[{"addresses":["192.0.2.1"]},
                                       {"addresses":["192.0.2.2"],"conditions":{"ready":false}}],
                                       "ports":[{"name":"http","port":9000}]})");
  const auto mesh = mesh_of({ns("a", {{"istio.io/use-waypoint", "w"}}),
                             waypoint("a/w", {{"istio.io/waypoint-for", "all"}}), service("a/s", {}), slice});
  const auto& s = service_in(*mesh, "a/s");
  ASSERT_EQ(s.endpoints.size(), 2u);
  EXPECT_TRUE(s.endpoints[0].healthy);
  EXPECT_FALSE(s.endpoints[1].healthy);
  EXPECT_EQ(s.endpoints[0].target_ports.front(), 9000);
  const auto& w = mesh->workloads[s.endpoints[0].workload];
  EXPECT_FALSE(w.wds_hbone());
  EXPECT_FALSE(w.waypoint.bound());
  EXPECT_FALSE(mesh->workload_by_ip(ip("192.0.2.1")));
}

TEST(Service, ManualEndpointsThatArePods) {
  const char* at = R"({"status":{"podIP":"10.9.9.9"}})";
  const std::string endpoints = object("v1", "Endpoints", "a/s", "", {}, {},
                                       R"({"subsets":[{"addresses":[{"ip":"10.9.9.9"}],"ports":[{"port":7000}]}]})");
  const auto mesh = mesh_of({ns("a", {{"istio.io/dataplane-mode", "ambient"}}), pod("a/p", {}, {}, "{}", at), endpoints,
                             service("a/s", {}, {}, "[{\"port\":70}]", R"({"spec":{"externalIPs":["203.0.113.1"]}})")});
  EXPECT_EQ(mesh->workloads.size(), 1u);
  const auto& s = service_in(*mesh, "a/s");
  ASSERT_EQ(s.endpoints.size(), 1u);
  EXPECT_EQ(s.endpoints[0].workload, mesh->find_workload("a", "p"));
  EXPECT_EQ(s.endpoints[0].target_ports.front(), 7000);
  EXPECT_EQ(mesh->service_by_external_ip(ip("203.0.113.1")), mesh->find_service("a", "s"));
}

TEST(ServiceEntry, Resolutions_DP204) {
  const auto mesh = mesh_of(
      {ns("a"), entry("a/static", R"({"hosts":["s.example.com"],"resolution":"STATIC","location":"MESH_INTERNAL",
                             "ports":[{"number":80,"name":"http","protocol":"HTTP","targetPort":8080}],
                             "endpoints":[{"address":"192.0.2.1","labels":{"v":"1"}},{"address":"192.0.2.2","labels":{"v":"1"}},
                                          {"address":"192.0.2.3","labels":{"v":"2"},"ports":{"http":9000},"weight":3}]})"),
       entry("a/dns", R"({"hosts":["d.example.com","e.example.com"],"resolution":"DNS",
                          "ports":[{"number":443,"name":"tls","protocol":"TLS"}]})"),
       entry("a/none", R"({"hosts":["*.example.org"],"resolution":"NONE","ports":[{"number":443,"protocol":"TLS"}]})"),
       entry("a/pods", R"({"hosts":["p.example.com"],"resolution":"STATIC","workloadSelector":{"labels":{"app":"p"}},
                           "ports":[{"number":80,"name":"http","protocol":"HTTP"}]})"),
       pod("a/p", {{"app", "p"}}),
       object(
           "networking.istio.io/v1", "WorkloadEntry", "a/vm",
           R"({"address":"198.51.100.1","labels":{"app":"p"},"serviceAccount":"vm","weight":2,"ports":{"http":8888}})")});
  const auto at = [&](const char* host) -> const models::Service& {
    return mesh->services[mesh->resolve_host(host, "a")];
  };
  EXPECT_FALSE(at("s.example.com").mesh_external);
  ASSERT_EQ(at("s.example.com").endpoints.size(), 3u);
  EXPECT_EQ(at("s.example.com").endpoints[0].target_ports.front(), 8080);
  EXPECT_EQ(at("s.example.com").endpoints[2].target_ports.front(), 9000);
  EXPECT_EQ(at("s.example.com").endpoints[2].weight, 3u);
  EXPECT_TRUE(at("e.example.com").mesh_external);
  ASSERT_EQ(at("e.example.com").endpoints.size(), 1u);
  EXPECT_EQ(mesh->workloads[at("e.example.com").endpoints[0].workload].dns_host, "e.example.com");
  EXPECT_EQ(at("x.y.example.org").resolution, Resolution::None);
  EXPECT_TRUE(at("x.example.org").endpoints.empty());
  ASSERT_EQ(at("p.example.com").endpoints.size(), 2u);
  EXPECT_EQ(at("p.example.com").endpoints[1].target_ports.front(), 8888);
  EXPECT_EQ(workload(*mesh, "a/vm").spiffe, "spiffe://cluster.local/ns/a/sa/vm");
}

TEST(ServiceEntry, AutomaticAddresses_DP171) {
  struct Row {
    const char *spec, *scenario;
    Pairs labels;
    bool allocated;
  };
  const char* none = "{}";
  const Row rows[] = {
      {R"({"hosts":["x.example.com"],"resolution":"DNS"})", none, {}, true},
      {R"({"hosts":["x.example.com"],"resolution":"NONE"})", none, {}, false},
      {R"({"hosts":["x.example.com"],"resolution":"DNS","addresses":["192.0.2.9"]})", none, {}, false},
      {R"({"hosts":["*.example.com"],"resolution":"DNS"})", none, {}, false},
      {R"({"hosts":["*.example.com"],"resolution":"DYNAMIC_DNS"})", none, {}, false},
      {R"({"hosts":["*.example.com"],"resolution":"DYNAMIC_DNS"})", R"({"profile":"istio-master"})", {}, true},
      {R"({"hosts":["x.example.com"],"resolution":"DNS"})",
       none,
       {{"networking.istio.io/enable-autoallocate-ip", "false"}},
       false},
      {R"({"hosts":["x.example.com"],"resolution":"DNS"})",
       R"({"features":{"PILOT_ENABLE_IP_AUTOALLOCATE":"false"}})",
       {},
       false},
  };
  for (const Row& row : rows) {
    const auto mesh = mesh_of({ns("a"), entry("a/x", row.spec, row.labels)}, row.scenario);
    EXPECT_EQ(mesh->services.front().auto_allocated, row.allocated) << row.spec << row.scenario;
  }
  const auto stated =
      mesh_of({ns("a"), entry("a/x", R"({"hosts":["x.example.com"],"resolution":"DNS"})", {},
                              R"({"status":{"addresses":[{"host":"x.example.com","value":"240.240.3.4"}]}})")});
  EXPECT_EQ(stated->services.front().addresses.front(), ip("240.240.3.4"));
}

// istio/istio pilot/pkg/serviceregistry/ambient/services_test.go, workloads_test.go.
TEST(ServiceEntry, DP171AllocatedAddressesCanBeRefused) {
  const auto mesh = mesh_of({ns("a"), entry("a/x", R"({"hosts":["x.example.com"],"resolution":"DNS"})",
                                            {{"networking.istio.io/enable-autoallocate-ip", "false"}},
                                            R"({"status":{"addresses":[{"value":"240.240.3.4"}]}})")});
  EXPECT_TRUE(mesh->services_by_vip(ip("240.240.3.4")).empty());
}

TEST(ServiceEntry, DP204PodsByNameOfTheirPort) {
  const auto mesh = mesh_of(
      {ns("a"),
       pod("a/p", {{"app", "p"}}, {},
           R"({"containers":[{"name":"c","ports":[{"name":"http","containerPort":8000}]}]})"),
       entry("a/x", R"({"hosts":["x.example.com"],"resolution":"STATIC","workloadSelector":{"labels":{"app":"p"}},
                        "ports":[{"number":8002,"name":"http"},{"number":8003,"name":"other","targetPort":9}]})")});
  ASSERT_EQ(mesh->services.front().endpoints.size(), 1u);
  EXPECT_EQ(mesh->services.front().endpoints[0].target_ports, (std::vector<std::uint16_t>{8000, 9}));
}

TEST(ServiceEntry, DP110VisibilityOfTheNamespace) {
  const auto dated = [](const char* at, const char* year) {
    return entry(at, R"({"hosts":["x.example.com"],"resolution":"DNS"})", {},
                 R"({"metadata":{"creationTimestamp":")" + std::string(year) + R"(-01-01T00:00:00Z"}})");
  };
  const std::string policy =
      R"("policies":[{"visibility":"PUBLIC","matchingRules":[{"namespaceSelector":{"matchLabels":{"open":"yes"}}}]}])";
  for (const bool capped : {false, true}) {
    const auto mesh =
        mesh_of({ns("a"), ns("b", {{"open", "yes"}}), ns("c"), dated("a/x", "2019"), dated("b/x", "2020")},
                R"({"profile":"istio-master","config":{"serviceEntryVisibility":{"defaultVisibility":"NAMESPACE",)" +
                    policy + (capped ? R"(,"applyToSidecars":true}}})" : "}}}"));
    EXPECT_EQ(mesh->services[mesh->resolve_host("x.example.com", "c")].ns, "b") << "the older one is a's alone";
    EXPECT_EQ(mesh->services[mesh->resolve_host("x.example.com", "a")].ns, "a");
    for (const models::Service& s : mesh->services)
      EXPECT_EQ(s.export_to, capped && s.ns == "a" ? std::vector<std::string>{"."} : std::vector<std::string>{})
          << s.ns;
  }
}

TEST(Lookup, ServicesByAddress_DP107_DP172) {
  const auto mesh = mesh_of(
      {ns("a"), ns("b"), service("b/s", {{"app", "s"}}, {}, "[]", R"({"spec":{"clusterIP":"10.96.7.7"}})"),
       entry("a/old", R"({"hosts":["old.example.com"],"addresses":["10.96.7.7"],"resolution":"STATIC"})", {},
             R"({"metadata":{"creationTimestamp":"2020-01-01T00:00:00Z"}})"),
       entry("a/new", R"({"hosts":["new.example.com"],"addresses":["10.96.7.7"],"resolution":"STATIC"})", {},
             R"({"metadata":{"creationTimestamp":"2021-01-01T00:00:00Z"}})"),
       entry("a/range", R"({"hosts":["range.example.com"],"addresses":["10.96.0.0/16"],"resolution":"NONE"})")});
  std::vector<std::string> hosts;
  for (const std::size_t s : mesh->services_by_vip(ip("10.96.7.7"))) hosts.push_back(mesh->services[s].hostname);
  EXPECT_EQ(hosts, (std::vector<std::string>{"s.b.svc.cluster.local", "old.example.com", "new.example.com",
                                             "range.example.com"}));
  const auto of = [](const models::Mesh& m, const char* from) {
    return m.services[m.resolve_vip(ip("10.96.7.7"), from)].name;
  };
  EXPECT_EQ(of(*mesh, "a"), "s");
  EXPECT_EQ(mesh->services[mesh->resolve_host("10.96.7.7", "a")].name, "s");
}

TEST(Lookup, HostsAsClientsWriteThem_DP206) {
  const std::string old_b = entry("b/one", R"({"hosts":["db.example.com"],"resolution":"DNS"})", {},
                                  R"({"metadata":{"creationTimestamp":"2020-01-01T00:00:00Z"}})");
  const std::string new_a = entry("a/two", R"({"hosts":["db.example.com"],"resolution":"DNS"})", {},
                                  R"({"metadata":{"creationTimestamp":"2021-01-01T00:00:00Z"}})");
  const std::vector<std::string> manifests = {
      ns("a"), ns("b"), service("a/s", {}), service("b/s", {}), service("b/t", {}), old_b, new_a};
  const auto mesh = mesh_of(manifests);
  const auto host = [](const models::Mesh& m, const char* name, const char* from) {
    const std::size_t found = m.resolve_host(name, from);
    return found == kNone ? std::string("none") : m.services[found].ns + '/' + m.services[found].name;
  };
  EXPECT_EQ(host(*mesh, "s", "a"), "a/s");
  EXPECT_EQ(host(*mesh, "s", "b"), "b/s");
  EXPECT_EQ(host(*mesh, "t", "a"), "none");
  EXPECT_EQ(host(*mesh, "t.b", "a"), "b/t");
  EXPECT_EQ(host(*mesh, "t.b.svc", "a"), "b/t");
  EXPECT_EQ(host(*mesh, "T.b.svc.cluster.local", "a"), "b/t");
  EXPECT_EQ(host(*mesh, "t.b.svc.cluster.local.", "a"), "b/t");
  EXPECT_EQ(host(*mesh, "db.example.com", "a"), "b/one");  // the oldest
  EXPECT_EQ(host(*mesh_of(manifests, R"({"profile":"istio-master"})"), "db.example.com", "a"), "a/two");
}

TEST(Addresses, StableAndDistinct) {
  std::vector<std::string> some, more;
  for (int i = 0; i < 400; ++i) {
    const std::string n = std::to_string(i);
    some.push_back(pod("a/p" + n));
    some.push_back(service("a/s" + n, {}));
  }
  more = some;
  more.push_back(pod("a/zzz"));
  const auto one = mesh_of(some), two = mesh_of(more);
  std::set<IpAddress> seen;
  for (const auto& w : one->workloads) EXPECT_TRUE(seen.insert(w.pods.front().addresses.front()).second);
  for (const auto& s : one->services) EXPECT_TRUE(seen.insert(s.addresses.front()).second);
  for (const auto& w : one->workloads)
    EXPECT_EQ(w.pods.front().addresses, workload(*two, "a/" + w.name).pods.front().addresses) << w.name;
}

TEST(Discovery, HiddenNamespacesStayReachable) {
  const std::vector<std::string> manifests = {ns("a"), ns("x", {{"env", "test"}}), service("x/s", {{"app", "s"}}),
                                              pod("x/p", {{"app", "s"}}),
                                              object("security.istio.io/v1", "AuthorizationPolicy", "x/p", "{}")};
  for (const auto& [scenario, config] : std::vector<std::pair<std::string, std::string>>{
           {R"({"undiscoveredNamespaces":["x"]})", ""},
           {"{}", R"({"discoverySelectors":[{"matchExpressions":[{"key":"env","operator":"DoesNotExist"}]}]})"}}) {
    const auto mesh = mesh_of(manifests, scenario, config);
    EXPECT_FALSE(service_in(*mesh, "x/s").discovered);
    EXPECT_FALSE(workload(*mesh, "x/p").discovered);
    EXPECT_EQ(service_in(*mesh, "x/s").endpoints.size(), 1u);
    EXPECT_TRUE(mesh->objects_of("AuthorizationPolicy").empty());
  }
}

}  // namespace
}  // namespace meshsim::test
