#pragma once
// A small mesh made by hand, and outcomes on it, so that telemetry is tested without readers, routes and policies.
// Names are those of TM-098: productpage-v1 in shop, reviews-v1 in back, waypoint `waypoint` in back.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/dataplane/world.h"
#include "models/telemetry/telemetry.h"

namespace meshsim::models::bench {

// Answers only what telemetry asks: the mTLS mode of a sidecar's port.
class FixedMtls final : public PolicyEngine {
 public:
  explicit FixedMtls(MtlsMode mode) : mode_(mode) {}
  PolicyDecision at_envoy(const ProxyView&, const ConnectionView&, const RequestView*) const override { return {}; }
  PolicyDecision at_ztunnel(std::size_t, const ConnectionView&) const override { return {}; }
  MtlsDecision sidecar_mtls(std::size_t, std::uint16_t) const override { return {mode_, std::nullopt, {}}; }
  MtlsDecision namespace_mtls(std::string_view) const override { return {mode_, std::nullopt, {}}; }
  std::vector<Concern> concerning(std::size_t, std::size_t) const override { return {}; }
  bool allows_envoy(const ProxyView&, const ConnectionView&, const RequestView*) const override { return true; }
  bool allows_ztunnel(std::size_t, const ConnectionView&) const override { return true; }

 private:
  MtlsMode mode_;
};

enum class As : std::uint8_t { None, Sidecar, LegacySidecar, Ambient };

struct Bench {
  Mesh mesh;
  std::size_t client = kNone, server = kNone, service = kNone, waypoint = kNone, gateway = kNone;
  bool strict = false;

  // The client is productpage-v1, the server reviews-v1 behind the Service reviews, both on port 9080.
  Bench(As client_mode, As server_mode) {
    gateway = add_gateway("istio-ingress", "ingress", Gateway::Kind::Ingress);
    waypoint = add_gateway("back", "waypoint", Gateway::Kind::Waypoint);
    client = add_workload("shop", "productpage", client_mode);
    server = add_workload("back", "reviews", server_mode);
    Service reviews;
    reviews.ns = "back";
    reviews.name = "reviews";
    reviews.ref = {"Service", "back", "reviews", {}};
    reviews.hostname = "reviews.back.svc.cluster.local";
    reviews.addresses = {*IpAddress::parse("10.96.0.9")};
    reviews.ports = {{"http", 9080, Protocol::Http, 9080, ""}};
    reviews.endpoints = {{server, 0, {9080}, true, 1}};
    service = mesh.services.size();
    mesh.services.push_back(std::move(reviews));
    mesh.settings.profile.ztunnel_failure_flags = true;
  }

  std::size_t add_workload(const std::string& ns, const std::string& app, As mode) {
    Workload w;
    w.ns = ns;
    w.name = app + "-v1";
    w.owner = {"Deployment", ns, w.name, {}};
    w.labels = {{"app", app}, {"version", "v1"}};
    w.canonical_service = app;
    w.canonical_revision = "v1";
    w.service_account = app;
    w.spiffe = "spiffe://cluster.local/ns/" + ns + "/sa/" + app;
    w.mode = mode == As::None      ? DataplaneMode::None
             : mode == As::Ambient ? DataplaneMode::Ambient
                                   : DataplaneMode::Sidecar;
    if (mode != As::None) w.identity = w.spiffe;
    w.sidecar_hbone = w.sends_hbone = mode == As::Sidecar;
    PodInstance pod;
    pod.name = w.name + "-abc";
    pod.addresses = {*IpAddress::parse("10.0.0." + std::to_string(mesh.workloads.size() + 1))};
    w.pods.push_back(std::move(pod));
    mesh.workloads.push_back(std::move(w));
    return mesh.workloads.size() - 1;
  }

  std::size_t add_gateway(const std::string& ns, const std::string& name, Gateway::Kind kind) {
    const std::size_t pods = add_workload(ns, name, As::None);
    Workload& w = mesh.workloads[pods];
    w.name = name;
    w.labels = {{"gateway.networking.k8s.io/gateway-name", name}};
    w.canonical_revision = "latest";
    w.identity = w.spiffe;
    w.sends_hbone = w.sidecar_hbone = true;
    w.role = kind == Gateway::Kind::Waypoint ? ProxyRole::Waypoint : ProxyRole::Gateway;
    w.gateway = mesh.gateways.size();
    Gateway g;
    g.kind = kind;
    g.ns = ns;
    g.name = name;
    g.class_name = kind == Gateway::Kind::Waypoint ? "istio-waypoint" : "istio";
    g.workload = pods;
    g.identity = w.identity;
    mesh.gateways.push_back(std::move(g));
    return mesh.gateways.size() - 1;
  }

  // MeshConfig: every Envoy traces and writes an access log.
  void trace() {
    TreeBuilder builder;
    builder.begin_mapping();
    builder.key("accessLogFile");
    builder.string("/dev/stdout");
    builder.key("defaultProviders");
    builder.begin_mapping();
    for (const char* signal : {"tracing", "metrics"}) {
      builder.key(signal);
      builder.begin_sequence();
      builder.string(signal == std::string_view("tracing") ? "jaeger" : "prometheus");
      builder.end();
    }
    builder.end();
    builder.end();
    const auto tree = builder.finish();
    mesh.settings.config_trees.push_back(tree);
    mesh.settings.config.push_back(tree->root());
    ExtensionProvider provider;
    provider.name = "jaeger";
    provider.kind = "opentelemetry";
    mesh.settings.extension_providers.push_back(std::move(provider));
  }

  Flow http_flow() const {
    Flow flow;
    flow.from.ns = "shop";
    flow.from.name = "productpage-v1";
    flow.to.host = "reviews.back.svc.cluster.local";
    flow.to.port = 9080;
    return flow;
  }
  Flow tcp_flow() const {
    Flow flow = http_flow();
    flow.protocol = FlowProtocol::Tcp;
    flow.request.bytes_to_server = 11;
    flow.request.bytes_to_client = 22;
    return flow;
  }

  Outcome outcome(std::vector<Hop> hops, Transport last, bool http = true) const {
    Outcome out;
    out.verdict = Verdict::Allowed;
    out.hops = std::move(hops);
    out.transport = last;
    if (http) out.http_status = 200;
    out.service = out.routed_service = service;
    out.destination_workload = server;
    out.routed_to = RoutedTo{"back/reviews-v1", "v1", 9080};
    for (const Hop& hop : out.hops) out.waypoint_traversed |= hop.proxy == ProxyKind::Waypoint;
    return out;
  }

  Hop sidecar_out(Transport transport, bool http = true) const {
    Hop hop;
    hop.name = "shop/productpage-v1";
    hop.transport = transport;
    hop.workload = client;
    hop.identity = mesh.workloads[client].identity;
    hop.http = http;
    hop.port = 9080;
    return hop;
  }
  Hop sidecar_in(Transport transport, std::string identity, bool http = true) const {
    Hop hop;
    hop.name = "back/reviews-v1";
    hop.inbound = true;
    hop.transport = transport;
    hop.workload = server;
    hop.identity = std::move(identity);
    hop.http = http;
    hop.port = transport == Transport::Hbone ? 15008 : 15006;
    return hop;
  }
  Hop ztunnel_out(Transport transport) const {
    Hop hop = sidecar_out(transport, false);
    hop.proxy = ProxyKind::Ztunnel;
    hop.port = transport == Transport::Hbone ? 15008 : 9080;
    return hop;
  }
  Hop ztunnel_in(Transport transport, std::string identity) const {
    Hop hop = sidecar_in(transport, std::move(identity), false);
    hop.proxy = ProxyKind::Ztunnel;
    return hop;
  }
  Hop middle(std::size_t gateway_index, Transport transport, std::string identity, bool http = true) const {
    const Gateway& g = mesh.gateways[gateway_index];
    Hop hop;
    hop.proxy = g.kind == Gateway::Kind::Waypoint ? ProxyKind::Waypoint : ProxyKind::Gateway;
    hop.name = g.ns + "/" + g.name;
    hop.inbound = true;
    hop.transport = transport;
    hop.port = transport == Transport::Hbone ? 15008 : 80;
    hop.identity = std::move(identity);
    hop.http = http;
    hop.gateway = gateway_index;
    hop.workload = g.workload;
    return hop;
  }
  std::string client_id() const { return mesh.workloads[client].spiffe; }
  std::string server_id() const { return mesh.workloads[server].spiffe; }
  std::string waypoint_id() const { return mesh.gateways[waypoint].identity; }
  std::string gateway_id() const { return mesh.gateways[gateway].identity; }

  World world() const {
    World world;
    auto copy = std::make_shared<Mesh>(mesh);
    copy->finish();
    world.mesh = std::move(copy);
    world.policies = std::make_shared<FixedMtls>(strict ? MtlsMode::Strict : MtlsMode::Permissive);
    return world;
  }
  // The outcome with its telemetry filled in.
  Outcome observe(const Flow& flow, Outcome out) const {
    out.telemetry = telemetry_of(world(), flow, out);
    return out;
  }
};

inline const Metric* find_metric(const Outcome& outcome, std::string_view name, std::string_view reporter) {
  for (const Metric& metric : outcome.telemetry.metrics)
    if (metric.name == name && metric.reporter == reporter) return &metric;
  return nullptr;
}

}  // namespace meshsim::models::bench
