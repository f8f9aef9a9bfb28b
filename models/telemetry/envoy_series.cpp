#include "models/telemetry/envoy_series.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "models/telemetry/attributes.h"
#include "models/telemetry/local_reply.h"
#include "models/value/grpc_status.h"

namespace meshsim::models {

namespace {

constexpr std::string_view kUnknown = "unknown";

std::string or_unknown(std::string_view value) { return std::string(value.empty() ? kUnknown : value); }

bool is_mutual(Transport transport) {
  return transport == Transport::Mtls || transport == Transport::Hbone || transport == Transport::DoubleHbone;
}

std::string_view label(const Workload& workload, std::string_view key) {
  return find(workload.labels, key).value_or("");
}

const Workload* own_pods(const PathView& path, const HopView& view) {
  if (view.hop->workload < path.mesh.workloads.size()) return &path.mesh.workloads[view.hop->workload];
  if (view.hop->gateway < path.mesh.gateways.size()) {
    const std::size_t index = path.mesh.gateways[view.hop->gateway].workload;
    if (index < path.mesh.workloads.size()) return &path.mesh.workloads[index];
  }
  return nullptr;
}

// The service of the cluster that this proxy's route chose; nullptr: no cluster, or one that is no service.
const Service* cluster_service(const PathView& path, const HopView& view) {
  const auto at = [&path](std::size_t index) {
    return index < path.mesh.services.size() ? &path.mesh.services[index] : nullptr;
  };
  if (view.hop->passthrough) return nullptr;
  if (view.waypoint) return path.routed() ? path.routed() : path.addressed();  // TM-015
  if (view.upstream.gateway && view.upstream.proxy == ProxyKind::Gateway) return at(view.upstream.gateway->service);
  if (view.hop->proxy == ProxyKind::Gateway) {
    // What led to the gateway itself does not count as its route.
    const bool own = view.hop->gateway < path.mesh.gateways.size() &&
                     path.mesh.gateways[view.hop->gateway].service == path.outcome.routed_service;
    return own ? nullptr : path.routed();
  }
  if (path.routed()) return path.routed();
  // A fault is injected on a route whose cluster is known; redirects, direct responses and 404 have none.
  return path.outcome.response_flags.find("FI") != std::string::npos ? path.addressed() : nullptr;
}

// TM-016
void name_service(EnvoyStream& stream) {
  const PathView& path = stream.path;
  const HopView& view = stream.view;
  if (stream.reporter == "destination") {
    stream.service = inbound_service(path.mesh, view.hop->workload, path.container_port(view));
    stream.cluster = "inbound|" + std::to_string(path.container_port(view)) + "||";
    if (!stream.service) stream.service_name = stream.cluster = "InboundPassthroughCluster";
  } else {
    stream.service = cluster_service(path, view);
    // Only sidecars fall back to what the client wrote into Host.
    const bool sidecar = view.hop->proxy == ProxyKind::Sidecar;
    if (sidecar && stream.http) stream.service_host = stream.service_name = path.authority();
    if (sidecar && !stream.service) {
      const bool dropped = path.outcome.verdict != Verdict::Allowed && view.last && path.world.routing &&
                           (!stream.http || path.outcome.http_status == 502) &&
                           path.world.routing->registry_only(view.hop->workload);
      if (view.hop->passthrough) stream.service_name = stream.cluster = "PassthroughCluster";
      if (dropped) stream.service_name = stream.cluster = "BlackHoleCluster";
    }
  }
  if (!stream.service) return;
  stream.service_host = stream.service->hostname;
  stream.service_name = stream.service->kubernetes ? stream.service->name : stream.service->hostname;
  stream.service_ns = stream.service->ns;
  const std::string port = std::to_string(path.flow.to.port);
  if (view.waypoint)
    stream.cluster = "inbound-vip|" + port + (stream.http ? "|http|" : "|tcp|") + stream.service->hostname;
  else if (stream.reporter == "source")
    stream.cluster = "outbound|" + port + "||" + stream.service->hostname;
}

std::string policy_details(const DeniedBy& denied) {
  if (!denied.policy) return "rbac_access_denied_matched_policy[none]";
  const auto slash = denied.policy->find('/');
  const std::string ns = slash == std::string::npos ? std::string() : denied.policy->substr(0, slash);
  const std::string name = slash == std::string::npos ? *denied.policy : denied.policy->substr(slash + 1);
  return "rbac_access_denied_matched_policy[ns[" + ns + "]-policy[" + name + "]-rule[" +
         std::to_string(denied.rule.value_or(0)) + "]]";
}

// TM-112, TM-143: who made the status, and what the log says about it.
void name_answer(EnvoyStream& stream) {
  const PathView& path = stream.path;
  const Outcome& outcome = path.outcome;
  const HopView& view = stream.view;
  bool envoy_behind = false;
  for (const HopView& other : path.hops)
    if (other.hop > view.hop && other.envoy()) envoy_behind = true;
  stream.responder = outcome.verdict != Verdict::Allowed && !envoy_behind;
  if (stream.http) {
    if (const auto status = path.http_status()) stream.code = std::to_string(*status);
    if (stream.grpc && outcome.grpc_status) stream.grpc_status = grpc_status_number(*outcome.grpc_status);
  }
  if (stream.responder) {
    if (!outcome.response_flags.empty()) stream.flags = outcome.response_flags;
    if (view.refuses && outcome.denied_by) {
      std::string details = outcome.response_details;
      if (details.empty() && stream.flags.find("UAEX") != std::string::npos) details = "ext_authz_denied";
      if (details.empty() && outcome.http_status == 401) details = "jwt_authn_access_denied";
      if (details.empty()) details = policy_details(*outcome.denied_by);
      (stream.http ? stream.details : stream.termination) = details;
    } else {
      stream.details = outcome.response_details;
      if (stream.details.empty()) stream.details = reply_details(stream.flags);
      if (stream.details.empty()) {
        if (stream.http && view.answers && outcome.answered_by)
          stream.details = "direct_response";
        else if (stream.http)
          stream.details = "via_upstream";
      }
    }
  } else if (stream.http) {
    stream.details = "via_upstream";
  }
  if (outcome.verdict == Verdict::Allowed && outcome.response_flags != "-" && !outcome.response_flags.empty()) {
    // A delay that was injected on the way: by the first proxy that routes.
    const auto first = std::find_if(path.hops.begin(), path.hops.end(), [](const HopView& other) {
      return other.envoy() && other.hop->http && !(other.hop->proxy == ProxyKind::Sidecar && other.hop->inbound);
    });
    if (first != path.hops.end() && first->hop == view.hop) stream.flags = outcome.response_flags;
  }
}

void name_identities(EnvoyStream& stream, const Workload* own) {
  const HopView& view = stream.view;
  const std::string own_identity = own ? (own->identity.empty() ? own->spiffe : own->identity) : std::string();
  if (stream.reporter != "source") {
    if (is_mutual(view.hop->transport)) {
      stream.peer_principal = view.hop->identity;
      stream.local_principal = own_identity;
    }
    stream.security = !stream.peer_principal.empty() && !stream.local_principal.empty() ? "mutual_tls" : "none";
    return;
  }
  // TM-013: over HBONE the visible upstream connection is the inner CONNECT leg, which has no certificate. A leg that
  // was refused before TLS ended shows none either.
  if (view.leaving == Transport::Mtls && view.upstream.kind == Party::Kind::Workload && !view.passes_on) {
    stream.local_principal = own_identity;
    const Workload* peer = view.upstream.workload;
    if (peer) stream.peer_principal = peer->identity.empty() ? peer->spiffe : peer->identity;
  } else {
    stream.peer_principal = stream.upstream.identity;
  }
}

using Map = std::map<std::string, std::string>;

void put_source_peer(Map& labels, const EnvoyStream& stream) {
  const Peer& peer = stream.downstream;
  const std::string_view san_ns = namespace_of_identity(stream.peer_principal);
  labels["source_workload"] = or_unknown(peer.workload);
  labels["source_workload_namespace"] = or_unknown(san_ns.empty() ? peer.ns : san_ns);
  labels["source_principal"] = or_unknown(stream.peer_principal);
  labels["source_app"] = or_unknown(peer.app);
  labels["source_version"] = or_unknown(peer.version);
  labels["source_canonical_service"] = or_unknown(peer.canonical_service);
  labels["source_canonical_revision"] =
      peer.canonical_revision.empty() ? std::string("latest") : std::string(peer.canonical_revision);
  labels["source_cluster"] = or_unknown(peer.cluster);
}

// OWN: node metadata as it is; a label that the pod lacks gives an empty value, not `unknown`.
void put_own(Map& labels, const std::string& side, const Workload* own) {
  if (!own) return;
  labels[side + "_workload"] = own->name;
  labels[side + "_workload_namespace"] = own->ns;
  labels[side + "_app"] = std::string(label(*own, "app"));
  labels[side + "_version"] = std::string(label(*own, "version"));
  labels[side + "_canonical_service"] = own->canonical_service;
  labels[side + "_canonical_revision"] = own->canonical_revision;
  labels[side + "_cluster"] = std::string(cluster_of(own));
}

void put_destination_peer(Map& labels, const Peer& peer, std::string_view revision_default) {
  labels["destination_workload"] = or_unknown(peer.workload);
  labels["destination_workload_namespace"] = or_unknown(peer.ns);
  labels["destination_app"] = or_unknown(peer.app);
  labels["destination_version"] = or_unknown(peer.version);
  labels["destination_canonical_service"] = or_unknown(peer.canonical_service);
  labels["destination_canonical_revision"] =
      std::string(peer.canonical_revision.empty() ? revision_default : peer.canonical_revision);
  labels["destination_cluster"] = or_unknown(peer.cluster);
}

void fill_labels(EnvoyStream& stream, const Workload* own) {
  Map& labels = stream.labels;
  labels["reporter"] = std::string(stream.reporter);
  labels["destination_service"] = or_unknown(stream.service_host);
  labels["destination_service_name"] = or_unknown(stream.service_name);
  if (stream.reporter == "source") {  // TM-013
    put_own(labels, "source", own);
    labels["source_principal"] = or_unknown(stream.local_principal);
    put_destination_peer(labels, stream.upstream, "latest");
    const std::string_view san_ns = namespace_of_identity(stream.peer_principal);
    const std::string_view peer_ns = san_ns.empty() ? stream.upstream.ns : san_ns;
    labels["destination_workload_namespace"] = or_unknown(peer_ns);
    labels["destination_principal"] = or_unknown(stream.peer_principal);
    labels["destination_service_namespace"] =
        or_unknown(stream.service_ns.empty() ? peer_ns : std::string_view(stream.service_ns));
  } else if (stream.reporter == "destination") {  // TM-014
    put_source_peer(labels, stream);
    put_own(labels, "destination", own);
    labels["destination_principal"] = or_unknown(stream.local_principal);
    if (own) {
      if (stream.service_host.empty()) labels["destination_service"] = own->canonical_service;
      if (stream.service_name.empty()) labels["destination_service_name"] = own->canonical_service;
      labels["destination_service_namespace"] = own->ns;
    }
  } else {  // TM-015
    put_source_peer(labels, stream);
    put_destination_peer(labels, stream.upstream, kUnknown);
    labels["destination_principal"] = or_unknown(stream.upstream.identity);
    labels["destination_service_namespace"] = or_unknown(stream.service_ns);
  }
}

void emit(const EnvoyStream& stream, const MetricRules& rules, std::string_view name, const Shared<Map>& labels,
          double value, std::vector<Metric>& out) {
  const auto rule = rules.metrics.find(name);
  if (rule != rules.metrics.end() && rule->second.disabled) return;
  Metric metric{std::string(name), std::string(stream.reporter), labels, value};
  // TM-010: without the switch a waypoint calls itself `destination`, as before reporter="waypoint" existed.
  if (stream.reporter == "waypoint" && !stream.path.mesh.settings.profile.ztunnel_metrics_reporter_waypoint)
    metric.labels.edit()["reporter"] = "destination";
  if (rule != rules.metrics.end())
    for (const TagOverride& tag : rule->second.tags) {
      const auto text = tag.remove ? std::nullopt : cel_tag(tag.expression, attributes_of(stream));
      if (text)
        metric.labels.edit()[tag.tag] = *text;
      else
        metric.labels.edit().erase(tag.tag);
    }
  if (const auto reporter = metric.labels.find("reporter"); reporter != metric.labels.end())
    metric.reporter = reporter->second;
  out.push_back(std::move(metric));
}

}  // namespace

std::string_view grpc_status_number(std::string_view name) {
  static constexpr std::array<std::string_view, 17> kNumbers = {"0", "1",  "2",  "3",  "4",  "5",  "6",  "7", "8",
                                                                "9", "10", "11", "12", "13", "14", "15", "16"};
  const auto status = grpc_status_of(name);
  return status ? kNumbers[*status] : std::string_view();
}

const Service* inbound_service(const Mesh& mesh, std::size_t workload, std::uint16_t container_port) {
  // istiod orders the services of a proxy by age, then by host name.
  const Service* best = nullptr;
  for (const std::size_t index : mesh.services_of(workload)) {
    const Service& service = mesh.services[index];
    for (const Endpoint& endpoint : service.endpoints) {
      if (endpoint.workload != workload) continue;
      const bool serves = std::find(endpoint.target_ports.begin(), endpoint.target_ports.end(), container_port) !=
                          endpoint.target_ports.end();
      if (serves && (!best || std::tie(service.creation_timestamp, service.hostname) <
                                  std::tie(best->creation_timestamp, best->hostname)))
        best = &service;
      break;
    }
  }
  return best;
}

EnvoyStream envoy_stream(const PathView& path, const HopView& view) {
  EnvoyStream stream(path, view);
  const Hop& hop = *view.hop;
  const Workload* own = stream.own = own_pods(path, view);
  stream.http = hop.http;
  stream.grpc = hop.http && path.grpc;
  stream.reporter = view.waypoint                                    ? "waypoint"
                    : hop.proxy == ProxyKind::Sidecar && hop.inbound ? "destination"
                                                                     : "source";
  stream.mode = stream.reporter == "source" ? TelemetryMode::Client : TelemetryMode::Server;  // TM-172
  if (stream.reporter != "source" || hop.proxy == ProxyKind::Gateway) stream.downstream = downstream_peer(path, view);
  if (stream.reporter != "destination") stream.upstream = upstream_peer(path, view);
  name_service(stream);
  name_answer(stream);
  name_identities(stream, own);
  fill_labels(stream, own);
  const Gateway* gateway = hop.gateway < path.mesh.gateways.size() ? &path.mesh.gateways[hop.gateway] : nullptr;
  stream.scope.gateway = gateway;
  stream.scope.ns = gateway ? std::string_view(gateway->ns) : own ? std::string_view(own->ns) : std::string_view();
  if (gateway && own) stream.scope.ns = own->ns;
  stream.scope.labels = own ? &own->labels : nullptr;
  if (own) stream.scope.workload = path.mesh.workloads.index_of(*own);
  stream.scope.waypoint = view.waypoint;
  if (hop.proxy == ProxyKind::Waypoint) stream.scope.service = path.addressed();  // east-west gateways have no policy
  return stream;
}

void add_envoy_series(const EnvoyStream& stream, const MetricRules& rules, std::vector<Metric>& out) {
  if (!rules.installed) return;
  const Request& request = stream.path.flow.request;
  if (stream.http) {
    if (stream.grpc) {  // TM-005, TM-011: the message counters carry the 20 common tags only
      const Shared<Map> common(stream.labels);
      emit(stream, rules, "istio_request_messages_total", common, 1, out);
      emit(stream, rules, "istio_response_messages_total", common,
           stream.path.outcome.verdict == Verdict::Allowed ? 1 : 0, out);
    }
    Map labels = stream.labels;
    labels["request_protocol"] = stream.grpc ? "grpc" : "http";
    labels["response_code"] = stream.code;
    labels["grpc_response_status"] = stream.grpc_status;
    labels["response_flags"] = stream.flags;
    labels["connection_security_policy"] = stream.security;
    const Shared<Map> all(std::move(labels));
    for (std::string_view name :
         {"istio_requests_total", "istio_request_duration_milliseconds", "istio_request_bytes", "istio_response_bytes"})
      emit(stream, rules, name, all, 1, out);
    return;
  }
  Map labels = stream.labels;
  labels["request_protocol"] = "tcp";
  // TM-113: a refusal by network RBAC sets no response flag.
  labels["response_flags"] = stream.view.refuses ? "-" : stream.flags;
  labels["connection_security_policy"] = stream.security;
  const bool flowed = stream.path.outcome.verdict == Verdict::Allowed;
  const Shared<Map> all(std::move(labels));
  emit(stream, rules, "istio_tcp_connections_opened_total", all, 1, out);
  emit(stream, rules, "istio_tcp_sent_bytes_total", all, flowed ? static_cast<double>(request.bytes_to_client) : 0,
       out);
  emit(stream, rules, "istio_tcp_received_bytes_total", all, flowed ? static_cast<double>(request.bytes_to_server) : 0,
       out);
  emit(stream, rules, "istio_tcp_connections_closed_total", all, 1, out);
}

}  // namespace meshsim::models
