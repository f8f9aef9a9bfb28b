// Findings about access log formats: what Envoy would refuse (it then keeps the listeners that it has), and what
// meshsim leaves out of a line.
#include <algorithm>
#include <array>
#include <string>

#include "models/telemetry/log_format.h"

namespace meshsim::models {

namespace {

// Envoy knows these and meshsim writes `-` (documentation of command operators, 1.35 to 1.39).
constexpr std::array<std::string_view, 29> kLeftOut = {"ACCESS_LOG_TYPE",
                                                       "CLUSTER_METADATA",
                                                       "DOWNSTREAM_DETECTED_CLOSE_TYPE",
                                                       "DOWNSTREAM_HEADER_BYTES_RECEIVED",
                                                       "DOWNSTREAM_HEADER_BYTES_SENT",
                                                       "DOWNSTREAM_PEER_CERT",
                                                       "DOWNSTREAM_PEER_CERT_V_END",
                                                       "DOWNSTREAM_PEER_CERT_V_START",
                                                       "DOWNSTREAM_PEER_FINGERPRINT_1",
                                                       "DOWNSTREAM_PEER_FINGERPRINT_256",
                                                       "DOWNSTREAM_PEER_ISSUER",
                                                       "DOWNSTREAM_PEER_SERIAL",
                                                       "DOWNSTREAM_PEER_SUBJECT",
                                                       "DOWNSTREAM_TLS_CIPHER",
                                                       "DOWNSTREAM_TLS_SESSION_ID",
                                                       "DOWNSTREAM_TLS_VERSION",
                                                       "DOWNSTREAM_TRANSPORT_FAILURE_REASON",
                                                       "DOWNSTREAM_WIRE_BYTES_RECEIVED",
                                                       "DOWNSTREAM_WIRE_BYTES_SENT",
                                                       "DYNAMIC_METADATA",
                                                       "FILTER_STATE",
                                                       "LOCAL_REPLY_BODY",
                                                       "METADATA",
                                                       "TRAILER",
                                                       "UPSTREAM_METADATA",
                                                       "UPSTREAM_REQUEST_ATTEMPT_COUNT",
                                                       "UPSTREAM_TLS_VERSION",
                                                       "UPSTREAM_WIRE_BYTES_RECEIVED",
                                                       "UPSTREAM_WIRE_BYTES_SENT"};
constexpr std::array<std::string_view, 46> kWritten = {"BYTES_RECEIVED",
                                                       "BYTES_SENT",
                                                       "CEL",
                                                       "CONNECTION_ID",
                                                       "CONNECTION_TERMINATION_DETAILS",
                                                       "DOWNSTREAM_DIRECT_REMOTE_ADDRESS",
                                                       "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT",
                                                       "DOWNSTREAM_DIRECT_REMOTE_PORT",
                                                       "DOWNSTREAM_LOCAL_ADDRESS",
                                                       "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT",
                                                       "DOWNSTREAM_LOCAL_PORT",
                                                       "DOWNSTREAM_LOCAL_URI_SAN",
                                                       "DOWNSTREAM_PEER_URI_SAN",
                                                       "DOWNSTREAM_REMOTE_ADDRESS",
                                                       "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
                                                       "DOWNSTREAM_REMOTE_PORT",
                                                       "DURATION",
                                                       "EMIT_TIME",
                                                       "ENVIRONMENT",
                                                       "GRPC_STATUS",
                                                       "GRPC_STATUS_NUMBER",
                                                       "HOSTNAME",
                                                       "PROTOCOL",
                                                       "QUERY_PARAM",
                                                       "REQ",
                                                       "REQUESTED_SERVER_NAME",
                                                       "REQUEST_DURATION",
                                                       "REQ_WITHOUT_QUERY",
                                                       "RESP",
                                                       "RESPONSE_CODE",
                                                       "RESPONSE_CODE_DETAILS",
                                                       "RESPONSE_DURATION",
                                                       "RESPONSE_FLAGS",
                                                       "RESPONSE_FLAGS_LONG",
                                                       "RESPONSE_TX_DURATION",
                                                       "ROUTE_NAME",
                                                       "START_TIME",
                                                       "STREAM_ID",
                                                       "TRACE_ID",
                                                       "UNIQUE_ID",
                                                       "UPSTREAM_CLUSTER",
                                                       "UPSTREAM_CLUSTER_RAW",
                                                       "UPSTREAM_HOST",
                                                       "UPSTREAM_LOCAL_ADDRESS",
                                                       "UPSTREAM_REMOTE_ADDRESS",
                                                       "UPSTREAM_TRANSPORT_FAILURE_REASON"};

template <std::size_t Size>
bool contains(const std::array<std::string_view, Size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void check(Node format, Diagnostics& diagnostics) {
  if (format.is_mapping()) {
    for (const Node value : format) check(value, diagnostics);
    return;
  }
  if (!format.is_string()) return;
  const auto add = [&](Severity severity, std::string code, std::string text) {
    diagnostics.push_back({severity, std::move(code), "MeshConfig",
                           format.tree() ? format.tree()->file() : std::string(), format.position(), std::move(text)});
  };
  const bool whole = split_format(
      format.text(), [](std::string_view) {},
      [&](const LogOperator& op, std::string_view spelling) {
        if (contains(kLeftOut, op.name))
          add(Severity::Info, "MSH0311",
              "access log format: meshsim writes - for " + std::string(spelling) +
                  ", which needs what it does not model");
        else if (!contains(kWritten, op.name) && op.name != "UPSTREAM_PEER_URI_SAN" &&
                 op.name != "UPSTREAM_LOCAL_URI_SAN")
          add(Severity::Warning, "MSH0310",
              "access log format: Envoy has no operator " + std::string(spelling) + " and would refuse the listeners");
      });
  if (!whole)
    add(Severity::Warning, "MSH0310",
        "access log format: a % begins no operator (a literal one is %%), and Envoy would refuse the listeners");
}

}  // namespace

void check_log_formats(const Mesh& mesh, Diagnostics& diagnostics) {
  for (const ExtensionProvider& provider : mesh.settings.extension_providers) {
    const Node format = provider.node[provider.kind]["logFormat"];
    check(format["text"], diagnostics);
    check(format["labels"], diagnostics);
  }
  if (mesh.settings.config_value("accessLogEncoding").string_or("TEXT") != "JSON")
    check(mesh.settings.config_value("accessLogFormat"), diagnostics);
}

}  // namespace meshsim::models
