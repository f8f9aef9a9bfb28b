#include "models/telemetry/envoy_log.h"

#include "models/telemetry/attributes.h"
#include "models/telemetry/local_reply.h"
#include "models/telemetry/log_format.h"

namespace meshsim::models {

namespace {

using Fields = LogFields;

std::string or_dash(std::string_view value) { return std::string(value.empty() ? std::string_view("-") : value); }

std::string header(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return "-";
}

// Istio's mutual TLS names the service in SNI (AUTO_PASSTHROUGH form); subsets are not in what telemetry sees.
std::string server_name(const EnvoyStream& stream) {
  const PathView& path = stream.path;
  const HopView& view = stream.view;
  const bool behind_envoy = view.downstream.has_envoy && view.hop->inbound;
  if (view.hop->transport == Transport::Mtls && behind_envoy && path.routed())
    return "outbound_." + std::to_string(path.flow.to.port) + "_._." + path.routed()->hostname;
  return path.flow.request.sni.value_or("");
}

// What the connection that arrived here was addressed to: VIP or pod for an outbound listener, a gateway's own port.
std::string dialled(const EnvoyStream& stream) {
  const PathView& path = stream.path;
  const Hop& hop = *stream.view.hop;
  if (hop.proxy == ProxyKind::Gateway) return address_of(stream.own, hop.port);
  const std::string port = ":" + std::to_string(path.flow.to.port);
  if (path.flow.to.ip) return path.flow.to.ip->text() + port;
  if (const Service* service = path.addressed(); service && !service->addresses.empty()) {
    const IpAddress& vip = service->addresses.front();
    return (vip.v6 ? "[" + vip.text() + "]" : vip.text()) + port;
  }
  return address_of(path.destination.workload, path.container_port(stream.view));
}

AccessLog line_of(const EnvoyStream& stream, const LogRule& rule, Fields fields) {
  AccessLog log;
  log.proxy = stream.view.hop->proxy;
  log.name = stream.view.hop->name;
  log.direction = stream.reporter == "source" && log.proxy == ProxyKind::Sidecar ? "outbound" : "inbound";
  log.line = log_line(stream, rule, fields);
  fields["provider"] = rule.provider;
  log.fields = std::move(fields);
  return log;
}

Fields fields_of(const EnvoyStream& stream) {
  const Request& request = stream.path.flow.request;
  const Outcome& outcome = stream.path.outcome;
  const HopView& view = stream.view;
  Fields fields;
  for (const char* only_in_a_run : {"start_time", "duration", "upstream_service_time", "upstream_local_address"})
    fields[only_in_a_run] = "-";
  fields["method"] = stream.http ? request.method : "-";
  fields["path"] = stream.http ? request.path : "-";
  fields["protocol"] = stream.http ? request.http_version : "-";
  fields["response_code"] = stream.http ? stream.code : "0";
  fields["response_flags"] = stream.flags;
  fields["response_code_details"] = or_dash(stream.details);
  fields["connection_termination_details"] = or_dash(stream.termination);
  fields["authority"] = stream.http ? or_dash(stream.path.authority()) : "-";
  fields["user_agent"] = stream.http ? header(request.headers, "user-agent") : "-";
  fields["x_forwarded_for"] = stream.http ? header(request.headers, "x-forwarded-for") : "-";
  fields["request_id"] = stream.http ? header(request.headers, "x-request-id") : "-";
  fields["requested_server_name"] = or_dash(server_name(stream));
  fields["upstream_cluster"] = or_dash(stream.cluster);
  fields["upstream_transport_failure_reason"] = "-";
  const bool sidecar_inbound = stream.reporter == "destination";
  const std::uint16_t port = stream.path.container_port(view);
  const Workload* to = sidecar_inbound ? stream.path.destination.workload : view.tcp_upstream.workload;
  const bool reached = !view.refuses && view.upstream.kind != Party::Kind::None;
  // Towards a gateway of another network the connection has its port (DP-273, DP-276).
  const bool to_passing = view.tcp_upstream.gateway && view.tcp_upstream.gateway != view.upstream.gateway;
  fields["upstream_host"] = reached ? or_dash(address_of(to, to_passing ? view.hop->port : port)) : "-";
  fields["downstream_local_address"] = or_dash(sidecar_inbound ? address_of(to, port) : dialled(stream));
  fields["downstream_remote_address"] =
      or_dash(view.tcp_downstream.workload ? address_of(view.tcp_downstream.workload, 50000) : std::string());
  fields["route_name"] = stream.http ? "default" : "-";
  const bool flowed = outcome.verdict == Verdict::Allowed;
  fields["bytes_received"] = std::to_string(flowed ? request.bytes_to_server : 0);
  // TM-143: the body "RBAC: access denied" has 19 bytes, and a refusal takes no time.
  const bool answered_here = stream.http && stream.responder && !stream.grpc;
  fields["bytes_sent"] = std::to_string(flowed          ? request.bytes_to_client
                                        : answered_here ? reply_body(outcome).size()
                                                        : 0);
  if (stream.http && view.refuses) fields["duration"] = "0";
  return fields;
}

}  // namespace

std::string formatted_text(const EnvoyStream& stream, std::string_view format) {
  LogRule rule;
  rule.format = std::string(format);
  const std::string line = log_line(stream, rule, fields_of(stream));
  std::string out;
  split_format(
      line, [&out](std::string_view text) { out += text; },
      [&out](const LogOperator&, std::string_view) { out += '-'; });
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

void add_envoy_logs(const EnvoyStream& stream, const std::vector<LogRule>& rules, std::vector<AccessLog>& out) {
  for (const LogRule& rule : rules)
    if (rule.filter.empty() || cel_true(rule.filter, attributes_of(stream)))
      out.push_back(line_of(stream, rule, fields_of(stream)));
}

void add_listener_log(const EnvoyStream& stream, const std::vector<LogRule>& rules, std::vector<AccessLog>& out) {
  if (stream.path.mesh.settings.config_value("disableEnvoyListenerLog").boolean().value_or(false)) return;
  for (const LogRule& rule : rules) {
    Fields fields = fields_of(stream);
    for (const char* unknown_to_listener : {"method", "path", "protocol", "authority", "user_agent", "x_forwarded_for",
                                            "request_id", "upstream_cluster", "upstream_host", "route_name"})
      fields[unknown_to_listener] = "-";
    fields["response_code"] = "0";
    fields["response_flags"] = "NR";
    fields["response_code_details"] = "filter_chain_not_found";
    fields["connection_termination_details"] = "-";
    fields["bytes_sent"] = "0";
    out.push_back(line_of(stream, rule, std::move(fields)));
  }
}

}  // namespace meshsim::models
