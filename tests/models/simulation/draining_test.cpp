// How pods and ztunnels end, and what their clients see of it (HB-062, DP-021).
#include <gtest/gtest.h>

#include "models/simulation/termination.h"
#include "tests/models/simulation/resilience_mesh.h"

namespace meshsim::models {
namespace {

using simulation::Termination;
using simulation::termination_of;
using testing::caused;
using testing::open_loop;
using testing::outcome_of;
using testing::proxy_of;
using testing::resilience_world;
using testing::world_of;

constexpr std::int64_t kSecond = 1'000'000'000, kMs = 1'000'000;

std::string mesh_with(const std::string& default_config) {
  return "{profile: ossm-3.2, config: {defaultConfig: {" + default_config + "}}}";
}

// Two pods of the server until second 10, then one: the other is told to end.
SimulationInput scaled_down(const std::string& client, const std::string& server_mode, std::int64_t service_ns,
                            const std::string& mesh = "{profile: ossm-3.2}", bool waypoint = false) {
  SimulationInput input =
      open_loop(resilience_world(2, "", "", waypoint, server_mode, mesh), client, 20, service_ns, 60);
  input.epochs.push_back({10 * kSecond, resilience_world(1, "", "", waypoint, server_mode, mesh), "scale server"});
  input.applications[0].shutdown_ns = 25 * kSecond;
  return input;
}

// terminationDrainDuration is 5 s: of requests of 8 s, those that are under way then are lost: 503 UC at the client's
// sidecar, which does not retry them (R1 has no `reset`).
TEST(Draining, ASidecarCutsWhatTakesLongerThanItDrains) {
  const SimulationResult r = simulate(scaled_down("sidecar", "sidecar", 8 * kSecond));
  const OutcomeCount* o = outcome_of(r, "connection reset");
  ASSERT_NE(o, nullptr);
  EXPECT_EQ(o->http_status, 503);
  EXPECT_EQ(o->response_flags, "UC");
  EXPECT_EQ(o->verdict, Verdict::Unreachable);
  EXPECT_EQ(r.flows[0].retries, 0u);
  // Half of 20 a second goes there until the client knows; what came after second 7 is not done at second 15.
  EXPECT_NEAR(static_cast<double>(o->count), 10 * (10.2 - 7), 12);
  EXPECT_EQ(caused(r, "") + o->count, r.flows[0].finished);
}

TEST(Draining, TerminationDrainDurationSaysHowLong) {
  const auto with = [](const std::string& config) {
    return simulate(scaled_down("sidecar", "sidecar", 8 * kSecond, mesh_with(config)));
  };
  EXPECT_EQ(outcome_of(with("terminationDrainDuration: 12s"), "connection reset"), nullptr);
  EXPECT_NE(outcome_of(with("terminationDrainDuration: 1s"), "connection reset"), nullptr);
  // SIGKILL comes first: 30 s of grace.
  const SimulationResult killed =
      simulate(scaled_down("sidecar", "sidecar", 40 * kSecond, mesh_with("terminationDrainDuration: 100s")));
  EXPECT_NE(outcome_of(killed, "connection reset"), nullptr);
}

// EXIT_ON_ZERO_ACTIVE_CONNECTIONS: it waits for its clients; they let go of a pod that has left the endpoints.
TEST(Draining, UntilNobodyIsConnected) {
  const std::string config = "proxyMetadata: {EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true', MINIMUM_DRAIN_DURATION: 1s}";
  EXPECT_EQ(outcome_of(simulate(scaled_down("sidecar", "sidecar", 8 * kSecond, mesh_with(config))), "connection reset"),
            nullptr);
  EXPECT_NE(
      outcome_of(simulate(scaled_down("sidecar", "sidecar", 35 * kSecond, mesh_with(config))), "connection reset"),
      nullptr)
      << "not longer than terminationGracePeriodSeconds";
}

// A native sidecar ends after the application, whatever terminationDrainDuration says.
TEST(Draining, ANativeSidecarOutlivesItsApplication) {
  const std::string native = "{profile: ossm-3.2, features: {ENABLE_NATIVE_SIDECARS: 'true'}}";
  EXPECT_EQ(outcome_of(simulate(scaled_down("sidecar", "sidecar", 8 * kSecond, native)), "connection reset"), nullptr);
}

// `--drain-strategy immediate`: every response says Connection: close; the next request needs a new connection.
TEST(Draining, EveryResponseClosesItsConnection) {
  SimulationInput input = scaled_down("sidecar", "sidecar", kMs);
  input.costs.debounce_ns = 30 * kSecond;  // the client does not learn of it meanwhile
  const SimulationResult r = simulate(input);
  const auto opened = proxy_of(r, "sidecar", "echo/sidecar")->connections_opened;
  // 10 requests a second go there for 5 s; then it refuses, and the request goes to the other pod.
  EXPECT_NEAR(static_cast<double>(opened), 50, 15);
  EXPECT_EQ(caused(r, ""), r.flows[0].finished);
  EXPECT_GT(r.flows[0].retries, 100u);
  input.epochs.pop_back();
  EXPECT_LT(proxy_of(simulate(input), "sidecar", "echo/sidecar")->connections_opened, 8u);
}

// The application's own connection ends at the waypoint; its response tells the application.
TEST(Draining, AWaypointTellsTheApplication) {
  const auto waypoints = [](int replicas) {
    return R"(
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: waypoint, namespace: echo}
spec:
  replicas: )" +
           std::to_string(replicas) +
           R"(
  selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: waypoint}}
  template:
    metadata: {labels: {gateway.networking.k8s.io/gateway-name: waypoint, sidecar.istio.io/inject: 'false'}}
    spec: {serviceAccountName: waypoint, containers: [{name: istio-proxy, image: proxyv2}]}
)";
  };
  const auto world = [&](int replicas) {
    return world_of("apiVersion: v1\nkind: Namespace\nmetadata: {name: echo}\n" +
                    testing::deployment("ambient", 1, ", istio.io/dataplane-mode: ambient", "") +
                    testing::deployment("server", 1, ", istio.io/dataplane-mode: ambient", "") + R"(
---
apiVersion: v1
kind: Service
metadata: {name: server, namespace: echo, labels: {istio.io/use-waypoint: waypoint}}
spec: {selector: {app: server}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: echo, labels: {istio.io/waypoint-for: service}}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
)" + waypoints(replicas));
  };
  SimulationInput input = open_loop(world(2), "ambient", 20, kMs, 30);
  const SimulationResult calm = simulate(input);
  input.epochs.push_back({10 * kSecond, world(1), "scale waypoint"});
  const SimulationResult r = simulate(input);
  EXPECT_EQ(caused(r, ""), r.flows[0].finished);
  // Only connections that led to the one that goes away are made anew.
  EXPECT_GE(r.flows[0].connections[0], calm.flows[0].connections[0]);
  EXPECT_LE(r.flows[0].connections[0], calm.flows[0].connections[0] + 10);
}

// Connections that are kept lead to the waypoint; behind it, it sends to the pods that it knows now.
TEST(Draining, AKeptConnectionToAWaypointFollowsItsEndpoints) {
  SimulationInput input = open_loop(resilience_world(2, "", "", true), "ambient", 50, kMs, 60);
  input.epochs.push_back({10 * kSecond, resilience_world(1, "", "", true), "scale server"});
  const SimulationResult r = simulate(input);
  EXPECT_EQ(caused(r, ""), r.flows[0].finished);
  EXPECT_EQ(r.flows[0].retries, 0u);
  EXPECT_LE(r.flows[0].connections[0], 4u);
}

// An endpoint that was ejected and has left is not counted among those who are out.
TEST(Draining, WhoHasLeftIsNotEjected) {
  const std::string policy =
      "{outlierDetection: {consecutive5xxErrors: 5, baseEjectionTime: 100s, maxEjectionPercent: 50}}";
  SimulationInput input = open_loop(resilience_world(2, policy, ""), "sidecar", 50, kMs, 60);
  input.disturbances.push_back({kSecond, false, Disturbance::Kind::Pod, "echo/server-1", "", 1.0});
  input.epochs.push_back({10 * kSecond, resilience_world(1, policy, ""), "scale server"});
  const SimulationResult r = simulate(input);
  ASSERT_EQ(r.ejections.size(), 1u);
  EXPECT_EQ(r.ejections[0].endpoint, "echo/server-1");
  EXPECT_LT(r.ejections[0].until_ns, 12 * kSecond);
  EXPECT_EQ(outcome_of(r, "no healthy upstream"), nullptr);
}

// An application that ends before its endpoint is forgotten refuses; the Envoy tries another pod.
TEST(Draining, AnApplicationThatEndsAtOnce) {
  SimulationInput input = scaled_down("sidecar", "ambient", kMs);
  input.applications[0].shutdown_ns = 0;
  const SimulationResult r = simulate(input);
  EXPECT_GT(r.flows[0].retries, 0u);
  EXPECT_EQ(caused(r, "") + caused(r, "connection reset"), r.flows[0].finished);
  SimulationInput ambient = scaled_down("ambient", "ambient", kMs);
  ambient.applications[0].shutdown_ns = 0;
  ambient.flows[0].traffic.keep_alive = false;
  EXPECT_GT(caused(simulate(ambient), "pod gone"), 0u) << "a ztunnel does not try again";
}

SimulationInput ztunnel_replaced(std::int64_t service_ns, std::int64_t absent_ns) {
  SimulationInput input = open_loop(resilience_world(1, "", ""), "ambient", 20, service_ns, 60);
  input.costs.nodes = 1;
  Disturbance d{10 * kSecond, false, Disturbance::Kind::Ztunnel, "node-1", "", {}};
  d.replace_ns = 25 * kSecond;
  d.absent_ns = absent_ns;
  input.disturbances.push_back(d);
  return input;
}

// HB-062: streams go on until the deadline of the old ztunnel; connections that are open then are cut.
TEST(Draining, AZtunnelThatIsReplaced) {
  EXPECT_EQ(caused(simulate(ztunnel_replaced(kMs, 0)), ""), 1200u);
  SimulationInput slow = ztunnel_replaced(30 * kSecond, 0);
  slow.flows[0].traffic.keep_alive = false;
  const SimulationResult r = simulate(slow);
  const OutcomeCount* o = outcome_of(r, "connection reset");
  ASSERT_NE(o, nullptr);
  EXPECT_EQ(o->verdict, Verdict::Reset);
  EXPECT_FALSE(o->http_status.has_value());
  // What was under way at second 10 started in seconds 0 to 10; the first half is done by second 35.
  EXPECT_NEAR(static_cast<double>(o->count), 20 * 5, 4);
  // On connections that are kept, what came later, too: those of the first requests are used again from second 30 on.
  slow.flows[0].traffic.keep_alive = true;
  EXPECT_NEAR(static_cast<double>(caused(simulate(slow), "connection reset")), 20 * 10, 4);
}

// Without a surged successor nobody takes new connections until the old one has gone and the next one has started.
TEST(Draining, AZtunnelWithoutASuccessor) {
  SimulationInput input = ztunnel_replaced(kMs, 3 * kSecond);
  input.flows[0].traffic.keep_alive = false;
  const SimulationResult r = simulate(input);
  // Nothing is open: it ends within a second, the next one takes three.
  EXPECT_NEAR(static_cast<double>(caused(r, "proxy down")), 20 * 3, 25);
  SimulationInput kept = ztunnel_replaced(kMs, 3 * kSecond);
  const SimulationResult with = simulate(kept);
  // The connections that are kept hold it for 25 s and serve all the while.
  EXPECT_GT(caused(with, "proxy down"), 0u);
  EXPECT_LE(caused(with, "proxy down"), 20u * 4);
}

// DP-021: the label goes, the pods run on: the ztunnel lets go of them at once.
TEST(Draining, LeavingAmbientCutsConnections) {
  SimulationInput input = open_loop(resilience_world(1, "", ""), "ambient", 20, 2 * kSecond, 20);
  World plain = resilience_world(1, "", "", false, "none");
  input.epochs.push_back({10 * kSecond, plain, "label"});
  const SimulationResult r = simulate(input);
  EXPECT_NEAR(static_cast<double>(caused(r, "connection reset")), 40, 4);
}

TEST(Termination, WhatAPodSays) {
  const auto of = [](const std::string& spec, const std::string& annotations, const std::string& mesh) {
    const World world = world_of(R"(
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n, annotations: {sidecar.istio.io/status: '{}')" +
                                     annotations + "}}\nspec: {" + spec + "}\n",
                                 mesh);
    return termination_of(*world.mesh, "n/p", CostModel());
  };
  const std::string plain = "{profile: ossm-3.2}";
  const Termination none = of("containers: [{name: app, image: a}]", "", plain);
  EXPECT_EQ(none.kill_ns, 30 * kSecond);
  EXPECT_EQ(none.stop_ns, 0);
  EXPECT_EQ(none.drain_ns, 5 * kSecond);
  EXPECT_EQ(none.minimum_ns, 5 * kSecond);
  EXPECT_FALSE(none.until_idle);
  EXPECT_FALSE(none.native);
  const auto hook = [&](const std::string& what) {
    return of("terminationGracePeriodSeconds: 60, containers: [{name: app, image: a, lifecycle: {preStop: " + what +
                  "}}]",
              "", plain)
        .stop_ns;
  };
  EXPECT_EQ(hook("{sleep: {seconds: 15}}"), 15 * kSecond);
  EXPECT_EQ(hook("{exec: {command: [sleep, '10']}}"), 10 * kSecond);
  EXPECT_EQ(hook("{exec: {command: [/bin/sh, -c, 'nginx -s quit; sleep 0.5']}}"), 500 * kMs);
  EXPECT_EQ(hook("{exec: {command: [/bin/sh, -c, sleep 2m]}}"), 60 * kSecond) << "SIGKILL";
  EXPECT_EQ(hook("{httpGet: {path: /quit, port: 80}}"), 0);
  EXPECT_EQ(of("terminationGracePeriodSeconds: 7", "", plain).kill_ns, 7 * kSecond);
  EXPECT_TRUE(of("initContainers: [{name: istio-proxy, restartPolicy: Always}]", "", plain).native);
  EXPECT_FALSE(of("initContainers: [{name: istio-proxy}]", "", plain).native);
  EXPECT_TRUE(of("containers: []", ", sidecar.istio.io/nativeSidecar: 'true'", plain).native);
  const std::string feature = "{profile: ossm-3.2, features: {ENABLE_NATIVE_SIDECARS: 'true'}}";
  EXPECT_TRUE(of("containers: []", "", feature).native);
  EXPECT_FALSE(of("containers: [{name: istio-proxy, image: i}]", "", feature).native) << "injected before";
  EXPECT_FALSE(of("containers: []", ", sidecar.istio.io/nativeSidecar: 'false'", feature).native);
  EXPECT_EQ(of("containers: []", "", mesh_with("terminationDrainDuration: 42s")).drain_ns, 42 * kSecond);
  const std::string variables = "proxyMetadata: {EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true', MINIMUM_DRAIN_DURATION: 9s}";
  EXPECT_TRUE(of("containers: []", "", mesh_with(variables)).until_idle);
  EXPECT_EQ(of("containers: []", "", mesh_with(variables)).minimum_ns, 9 * kSecond);
}

// `auto`: native where every node runs Kubernetes 1.33.
TEST(Termination, NativeByTheVersionOfTheNodes) {
  const auto native = [](const std::string& a, const std::string& b) {
    const auto node = [](const std::string& name, const std::string& version) {
      return "---\napiVersion: v1\nkind: Node\nmetadata: {name: " + name +
             "}\nstatus: {nodeInfo: {kubeletVersion: " + version + "}}\n";
    };
    const World world = world_of(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: n, annotations: {sidecar.istio.io/status: '{}'}}\n"
        "spec: {containers: []}\n" +
        node("a", a) + node("b", b));
    return termination_of(*world.mesh, "n/p", CostModel()).native;
  };
  EXPECT_TRUE(native("v1.33.1", "v1.34.0+k3s1"));
  EXPECT_FALSE(native("v1.33.1", "v1.32.7"));
}

}  // namespace
}  // namespace meshsim::models
