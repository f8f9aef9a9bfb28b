#include "models/telemetry/spans.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "models/telemetry/envoy_log.h"
#include "models/telemetry/releases.h"

namespace meshsim::models {

namespace {

bool same_header(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// Empty: Envoy sets no tag.
std::string custom_value(const EnvoyStream& stream, Node tag) {
  if (tag["literal"].has_value()) return std::string(tag["literal"]["value"].text());
  if (tag["header"].has_value()) {
    for (const auto& [name, value] : stream.path.flow.request.headers)
      if (same_header(name, tag["header"]["name"].string_or())) return value;
    return std::string(tag["header"]["defaultValue"].text());
  }
  if (tag["formatter"].has_value())
    return speaks_as_of_1_29(stream.path.mesh.settings.profile)
               ? formatted_text(stream, tag["formatter"]["value"].string_or())
               : std::string();
  return std::string(tag["environment"]["defaultValue"].text());  // of the proxy's container: not in the mesh
}

// istiod's buildWaypointSourceTags: what the waypoint knows of both ends.
void put_peer(std::map<std::string, std::string>& tags, const std::string& side, const Peer& peer) {
  if (!peer.known()) return;
  const auto put = [&](const char* name, std::string_view value) {
    if (!value.empty()) tags["istio." + side + name] = std::string(value);
  };
  put("_workload", peer.workload);
  put("_namespace", peer.ns);
  put("_cluster_id", peer.cluster);
  put("_canonical_service", peer.canonical_service);
  put("_canonical_revision", peer.canonical_revision);
  put("_app", peer.app);
  put("_app_version", peer.version);
  if (!peer.pods) return;
  std::string kind = peer.pods->owner.kind;
  std::transform(kind.begin(), kind.end(), kind.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  put("_workload_type", kind);
  put("_instance_name", pod_of(peer.pods));
}

// TM-162
std::vector<std::string_view> formats_of(const TracingRule& rule) {
  if (rule.provider_kind == "zipkin")
    return rule.b3_with_w3c ? std::vector<std::string_view>{"b3", "w3c"} : std::vector<std::string_view>{"b3"};
  if (rule.provider_kind == "datadog") return {"datadog"};
  if (rule.provider_kind == "skywalking") return {"sw8"};
  if (rule.provider_kind == "lightstep") return {"ot"};
  return {"w3c"};
}

bool carries_one_of(const TraceContext& context, const std::vector<std::string_view>& formats) {
  return std::any_of(formats.begin(), formats.end(), [&context](std::string_view format) {
    return std::find(context.formats.begin(), context.formats.end(), format) != context.formats.end();
  });
}

}  // namespace

void add_spans(const EnvoyStream& stream, const TracingRule& rule, TraceContext& context, std::vector<Span>& out) {
  if (!rule.enabled || !stream.http || stream.view.cut_before_start) return;
  const std::vector<std::string_view> formats = formats_of(rule);
  if (!context.parent.empty() && !carries_one_of(context, formats)) context.parent.clear();
  std::string& parent = context.parent;
  context.formats.clear();
  if (rule.context_propagation) context.formats = formats;  // TM-166
  const Hop& hop = *stream.view.hop;
  Span span;
  span.proxy = hop.proxy;
  span.name = fmt::format("{} {}", to_string(hop.proxy), hop.name);
  if (hop.proxy == ProxyKind::Sidecar) span.name += hop.inbound ? " inbound" : " outbound";
  span.operation = fmt::format(
      "{}:{}/*", stream.service_host.empty() ? stream.path.authority() : std::string_view(stream.service_host),
      stream.path.flow.to.port);
  span.parent = parent;
  auto& tags = span.attributes;
  tags["span.kind"] = stream.mode == TelemetryMode::Client ? "client" : "server";
  tags["component"] = "proxy";
  tags["http.method"] = stream.path.flow.request.method;
  tags["http.url"] = fmt::format("http://{}{}", stream.path.authority(),
                                 std::string_view(stream.path.flow.request.path).substr(0, rule.longest_path));
  tags["http.status_code"] = stream.code;
  tags["http.protocol"] = stream.path.flow.request.http_version;
  tags["response_flags"] = stream.flags;
  tags["upstream_cluster"] = stream.cluster;
  if (stream.grpc) tags["grpc.status_code"] = stream.grpc_status;
  if (stream.code.size() == 3 && stream.code.front() == '5') tags["error"] = "true";
  tags["sampling_percentage"] = fmt::format("{:g}", rule.sampling);  // TM-163
  if (!rule.provider.empty()) tags["provider"] = rule.provider;
  if (!rule.context_propagation) tags["context_propagation"] = "false";  // TM-166
  if (rule.istio_tags) {
    if (stream.own) {
      tags["istio.canonical_service"] = stream.own->canonical_service;
      tags["istio.canonical_revision"] = stream.own->canonical_revision;
      tags["istio.cluster_id"] = std::string(cluster_of(stream.own));
    }
    tags["istio.namespace"] = std::string(stream.scope.ns);
    tags["istio.mesh_id"] = stream.path.mesh.settings.trust_domain;
  }
  if (stream.view.waypoint && speaks_as_of_1_29(stream.path.mesh.settings.profile)) {
    put_peer(tags, "source", stream.downstream);
    put_peer(tags, "destination", stream.upstream);
  }
  for (const auto& [name, tag] : rule.custom_tags)
    if (std::string value = custom_value(stream, tag); !value.empty()) tags[name] = std::move(value);
  parent = span.name;
  out.push_back(span);
  // TM-160: Router proxies add one span per upstream attempt; SkyWalking has it on every proxy.
  const bool child = (hop.proxy == ProxyKind::Gateway && stream.path.mesh.settings.profile.gateway_upstream_span) ||
                     rule.provider_kind == "skywalking";
  if (!child || stream.view.upstream.kind == Party::Kind::None) return;
  span.parent = parent;
  span.name += " upstream";
  span.operation = "router " + stream.cluster + " egress";
  span.attributes["span.kind"] = "client";
  parent = span.name;
  out.push_back(std::move(span));
}

}  // namespace meshsim::models
