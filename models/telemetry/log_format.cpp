#include "models/telemetry/log_format.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

#include "models/telemetry/attributes.h"
#include "models/telemetry/local_reply.h"

namespace meshsim::models {

namespace {

// TM-141, in order (istio/istio pilot/pkg/model/telemetry_logging.go, EnvoyTextLogFormat and EnvoyJSONLogFormatIstio).
constexpr std::string_view kDefaultText =
    "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% %RESPONSE_FLAGS% "
    "%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% \"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% "
    "%BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" "
    "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% "
    "%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";
constexpr std::array<std::pair<std::string_view, std::string_view>, 24> kDefaultJson = {{
    {"authority", "%REQ(:AUTHORITY)%"},
    {"bytes_received", "%BYTES_RECEIVED%"},
    {"bytes_sent", "%BYTES_SENT%"},
    {"connection_termination_details", "%CONNECTION_TERMINATION_DETAILS%"},
    {"downstream_local_address", "%DOWNSTREAM_LOCAL_ADDRESS%"},
    {"downstream_remote_address", "%DOWNSTREAM_REMOTE_ADDRESS%"},
    {"duration", "%DURATION%"},
    {"method", "%REQ(:METHOD)%"},
    {"path", "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"},
    {"protocol", "%PROTOCOL%"},
    {"request_id", "%REQ(X-REQUEST-ID)%"},
    {"requested_server_name", "%REQUESTED_SERVER_NAME%"},
    {"response_code", "%RESPONSE_CODE%"},
    {"response_code_details", "%RESPONSE_CODE_DETAILS%"},
    {"response_flags", "%RESPONSE_FLAGS%"},
    {"route_name", "%ROUTE_NAME%"},
    {"start_time", "%START_TIME%"},
    {"upstream_cluster", "%UPSTREAM_CLUSTER_RAW%"},
    {"upstream_host", "%UPSTREAM_HOST%"},
    {"upstream_local_address", "%UPSTREAM_LOCAL_ADDRESS%"},
    {"upstream_service_time", "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"},
    {"upstream_transport_failure_reason", "%UPSTREAM_TRANSPORT_FAILURE_REASON%"},
    {"user_agent", "%REQ(USER-AGENT)%"},
    {"x_forwarded_for", "%REQ(X-FORWARDED-FOR)%"},
}};

// Operators that are one of the default fields.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kFields = {{
    {"PROTOCOL", "protocol"},
    {"RESPONSE_CODE", "response_code"},
    {"RESPONSE_FLAGS", "response_flags"},
    {"RESPONSE_CODE_DETAILS", "response_code_details"},
    {"CONNECTION_TERMINATION_DETAILS", "connection_termination_details"},
    {"UPSTREAM_TRANSPORT_FAILURE_REASON", "upstream_transport_failure_reason"},
    {"UPSTREAM_HOST", "upstream_host"},
    {"UPSTREAM_REMOTE_ADDRESS", "upstream_host"},
    {"UPSTREAM_CLUSTER", "upstream_cluster"},
    {"UPSTREAM_CLUSTER_RAW", "upstream_cluster"},
    {"REQUESTED_SERVER_NAME", "requested_server_name"},
    {"ROUTE_NAME", "route_name"},
}};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

std::string of_headers(const Headers& headers, const std::string& name) {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

std::string request_header(const EnvoyStream& stream, const LogFields& fields, const std::string& name) {
  const auto field = [&fields](const char* key) {
    const auto it = fields.find(key);
    return it == fields.end() || it->second == "-" ? std::string() : it->second;
  };
  if (!stream.http) return {};
  if (name == ":method") return field("method");
  if (name == ":path") return field("path");
  if (name == ":authority" || name == "host") return field("authority");
  if (name == ":scheme") return "http";
  return of_headers(stream.path.flow.request.headers, name);
}

// X?Y: the second where the first is missing.
template <class Find>
std::string first_header(std::string_view argument, Find&& find) {
  const std::size_t question = argument.find('?');
  std::string value = find(lower(argument.substr(0, question)));
  if (value.empty() && question != std::string_view::npos) value = find(lower(argument.substr(question + 1)));
  return value;
}

std::string without_port(const std::string& address, bool port) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return port ? std::string() : address;
  return port ? address.substr(colon + 1) : address.substr(0, colon);
}

std::string query_parameter(std::string_view path, std::string_view name) {
  std::size_t at = path.find('?');
  while (at != std::string_view::npos) {
    const std::string_view rest = path.substr(at + 1);
    const std::string_view pair = rest.substr(0, rest.find('&'));
    if (pair.substr(0, pair.find('=')) == name && pair.find('=') != std::string_view::npos)
      return std::string(pair.substr(pair.find('=') + 1));
    at = path.find('&', at + 1);
  }
  return {};
}

// Empty: absent.
std::string value_of(const EnvoyStream& stream, const LogFields& fields, const LogOperator& op) {
  for (const auto& [name, key] : kFields)
    if (op.name == name) {
      const auto it = fields.find(std::string(key));
      return it == fields.end() || (it->second == "-" && name != "RESPONSE_FLAGS") ? std::string() : it->second;
    }
  if (op.name == "REQ" || op.name == "REQUEST_HEADER")
    return first_header(op.argument, [&](const std::string& name) { return request_header(stream, fields, name); });
  if (op.name == "REQ_WITHOUT_QUERY") {  // istio's default formatter
    const std::string value =
        first_header(op.argument, [&](const std::string& name) { return request_header(stream, fields, name); });
    return value.substr(0, value.find('?'));
  }
  if (op.name == "QUERY_PARAM" && stream.http) return query_parameter(stream.path.flow.request.path, op.argument);
  if (op.name == "RESPONSE_FLAGS_LONG") return stream.flags == "-" ? std::string() : long_flags(stream.flags);
  if (op.name == "RESP" || op.name == "RESPONSE_HEADER")
    return first_header(
        op.argument, [&](const std::string& name) { return of_headers(stream.path.outcome.response_headers, name); });
  if (op.name.starts_with("DOWNSTREAM_LOCAL_")) {
    const auto it = fields.find("downstream_local_address");
    std::string address = it == fields.end() || it->second == "-" ? std::string() : it->second;
    if (op.name == "DOWNSTREAM_LOCAL_ADDRESS") return address;
    if (op.name == "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT") return without_port(address, false);
    if (op.name == "DOWNSTREAM_LOCAL_PORT") return without_port(address, true);
    if (op.name == "DOWNSTREAM_LOCAL_URI_SAN" && stream.reporter != "source") return stream.local_principal;
    return {};
  }
  if (op.name == "DOWNSTREAM_PEER_URI_SAN") return stream.reporter != "source" ? stream.peer_principal : std::string();
  if (op.name == "UPSTREAM_PEER_URI_SAN") return stream.reporter == "source" ? stream.peer_principal : std::string();
  if (op.name == "UPSTREAM_LOCAL_URI_SAN") return stream.reporter == "source" ? stream.local_principal : std::string();
  if (op.name == "GRPC_STATUS")
    return stream.grpc ? stream.path.outcome.grpc_status.value_or(std::string()) : std::string();
  if (op.name == "GRPC_STATUS_NUMBER") return stream.grpc_status;
  if (op.name == "HOSTNAME") return std::string(pod_of(stream.own));
  if (op.name == "ENVIRONMENT" && stream.own)
    return std::string(find(stream.own->proxy_metadata, op.argument).value_or(""));
  if (op.name == "CEL") return cel_tag(op.argument, attributes_of(stream)).value_or(std::string());
  return {};
}

std::string escape_percent(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '%') out += '%';
  }
  return out;
}

std::string render_text(const EnvoyStream& stream, const LogFields& fields, std::string_view format) {
  std::string line;
  split_format(
      format, [&line](std::string_view text) { line += escape_percent(text); },
      [&](const LogOperator& op, std::string_view spelling) {
        std::string value = value_of(stream, fields, op);
        if (value.empty() && needs_a_run(op)) {
          line += spelling;
          return;
        }
        if (value.empty()) value = "-";
        line += escape_percent(std::string_view(value).substr(0, op.length));
      });
  return line;
}

// A value of a JSON format: one operator alone keeps its type, absent is null; anything else is a text.
std::string render_json_value(const EnvoyStream& stream, const LogFields& fields, std::string_view format) {
  LogOperator only;
  std::size_t end = 0;
  if (format.starts_with('%') && next_operator(format, 0, only, end) && end == format.size()) {
    const std::string value = value_of(stream, fields, only);
    if (value.empty()) return needs_a_run(only) ? std::string(format) : "null";
    if (is_number_operator(only.name)) return escape_percent(value);
    return escape_percent(json_text(std::string_view(value).substr(0, only.length)));
  }
  return json_text(render_text(stream, fields, format));
}

// accessLogFormat with accessLogEncoding JSON.
std::string render_json(const EnvoyStream& stream, const LogFields& fields, const nlohmann::json& labels) {
  std::string line = "{";
  for (const auto& [key, value] : labels.items()) {
    if (line.size() > 1) line += ',';
    line += escape_percent(json_text(key)) + ":";
    if (value.is_object())
      line += render_json(stream, fields, value);
    else if (value.is_string())
      line += render_json_value(stream, fields, value.get_ref<const std::string&>());
    else
      line += escape_percent(value.dump());
  }
  return line + "}";
}

std::string render_json(const EnvoyStream& stream, const LogFields& fields, Node labels) {
  std::vector<Node> sorted(labels.begin(), labels.end());
  std::sort(sorted.begin(), sorted.end(), [](Node a, Node b) { return a.key() < b.key(); });
  std::string line = "{";
  for (const Node value : sorted) {
    if (line.size() > 1) line += ',';
    line += escape_percent(json_text(value.key())) + ":";
    if (value.is_mapping())
      line += render_json(stream, fields, value);
    else if (value.kind() == NodeKind::String)
      line += render_json_value(stream, fields, value.text());
    else
      line += value.has_value() ? escape_percent(value.text()) : std::string("null");
  }
  return line + "}";
}

}  // namespace

bool next_operator(std::string_view format, std::size_t percent, LogOperator& found, std::size_t& end) {
  std::size_t at = percent + 1;
  const auto is_name = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
  while (at < format.size() && is_name(format[at])) ++at;
  found = {format.substr(percent + 1, at - percent - 1), {}, std::string_view::npos};
  if (found.name.empty()) return false;
  if (at < format.size() && format[at] == '(') {
    int depth = 0;
    const std::size_t open = at;
    for (; at < format.size(); ++at) {
      if (format[at] == '(') ++depth;
      if (format[at] == ')' && --depth == 0) break;
    }
    if (at == format.size()) return false;
    found.argument = format.substr(open + 1, at - open - 1);
    ++at;
  }
  if (at < format.size() && format[at] == ':') {
    const std::size_t digits = at + 1;
    at = digits;
    while (at < format.size() && format[at] >= '0' && format[at] <= '9') ++at;
    if (std::from_chars(format.data() + digits, format.data() + at, found.length).ec != std::errc()) return false;
  }
  if (at >= format.size() || format[at] != '%') return false;
  end = at + 1;
  return true;
}

bool is_number_operator(std::string_view name) {
  return name == "RESPONSE_CODE" || name.starts_with("BYTES_") || name.ends_with("DURATION") ||
         name == "GRPC_STATUS_NUMBER" || name.ends_with("_PORT") || name == "CONNECTION_ID" ||
         name.find("_WIRE_BYTES_") != std::string_view::npos;
}

bool needs_a_run(const LogOperator& op) {
  if (op.name == "REQ" || op.name == "REQUEST_HEADER") return lower(op.argument) == "x-request-id";
  if (op.name == "RESP" || op.name == "RESPONSE_HEADER") return lower(op.argument) == "x-envoy-upstream-service-time";
  return op.name == "START_TIME" || op.name == "EMIT_TIME" || op.name.starts_with("BYTES_") ||
         op.name.ends_with("DURATION") || op.name == "UPSTREAM_LOCAL_ADDRESS" ||
         op.name.starts_with("DOWNSTREAM_REMOTE_") || op.name.starts_with("DOWNSTREAM_DIRECT_REMOTE_") ||
         op.name == "TRACE_ID" || op.name == "CONNECTION_ID" || op.name == "STREAM_ID" || op.name == "UNIQUE_ID";
}

std::string json_text(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += kHex[(static_cast<unsigned char>(c) >> 4) & 15];
      out += kHex[static_cast<unsigned char>(c) & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string log_line(const EnvoyStream& stream, const LogRule& rule, const LogFields& fields) {
  if (rule.text_format) {
    std::string line = render_text(stream, fields, rule.format.empty() ? kDefaultText : std::string_view(rule.format));
    if (!line.ends_with('\n')) line += '\n';  // istiod adds one where the format has none
    return line;
  }
  if (rule.labels.is_mapping() && !rule.labels.empty()) return render_json(stream, fields, rule.labels) + "\n";
  if (!rule.format.empty()) {  // not JSON: istiod keeps its default
    const nlohmann::json labels = nlohmann::json::parse(rule.format, nullptr, false);
    if (labels.is_object()) return render_json(stream, fields, labels) + "\n";
  }
  std::string line = "{";
  for (const auto& [key, format] : kDefaultJson) {
    if (line.size() > 1) line += ',';
    line += json_text(key) + ":" + render_json_value(stream, fields, format);
  }
  return line + "}\n";
}

}  // namespace meshsim::models
