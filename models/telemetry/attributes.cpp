#include "models/telemetry/attributes.h"

namespace meshsim::models {

namespace {

using Path = std::vector<std::string>;

CelValue text_or_error(std::string_view text) {
  return text.empty() ? CelValue{CelError{}} : CelValue{std::string(text)};
}

CelValue header(const Headers& headers, const std::string& name) {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return CelError{};
}

CelValue request(const EnvoyStream& stream, const Path& path) {
  const Request& request = stream.path.flow.request;
  if (!stream.http || path.size() < 2) return CelError{};
  const std::string& field = path[1];
  if (field == "host") return stream.path.authority();
  if (field == "method") return request.method;
  if (field == "path") return request.path;
  if (field == "url_path") return request.path.substr(0, request.path.find('?'));
  if (field == "query") {
    const auto at = request.path.find('?');
    return at == std::string::npos ? std::string() : request.path.substr(at + 1);
  }
  if (field == "scheme") return std::string("http");
  if (field == "protocol") return request.http_version;
  if (field == "useragent") return header(request.headers, "user-agent");
  if (field == "referer") return header(request.headers, "referer");
  if (field == "id") return header(request.headers, "x-request-id");
  if (field == "headers" && path.size() == 3) {
    if (path[2] == ":authority" || path[2] == "host") return stream.path.authority();
    if (path[2] == ":method") return request.method;
    if (path[2] == ":path") return request.path;
    return header(request.headers, path[2]);
  }
  return CelError{};
}

CelValue response(const EnvoyStream& stream, const Path& path) {
  if (path.size() < 2) return CelError{};
  const std::string& field = path[1];
  if (field == "code" && stream.http) return static_cast<std::int64_t>(std::stol(stream.code));
  if (field == "code_details" && stream.http) return text_or_error(stream.details);
  if (field == "grpc_status" && stream.grpc && !stream.grpc_status.empty())
    return static_cast<std::int64_t>(std::stol(stream.grpc_status));
  if (field == "headers" && path.size() == 3) return header(stream.path.outcome.response_headers, path[2]);
  return CelError{};
}

CelValue connection(const EnvoyStream& stream, const Path& path) {
  if (path.size() < 2) return CelError{};
  const std::string& field = path[1];
  const bool server = stream.reporter != "source";
  if (field == "mtls") return server && stream.security == "mutual_tls";
  if (field == "requested_server_name") return text_or_error(stream.path.flow.request.sni.value_or(""));
  if (field == "uri_san_peer_certificate" && server) return text_or_error(stream.peer_principal);
  if (field == "uri_san_local_certificate" && server) return text_or_error(stream.local_principal);
  if (field == "termination_details") return text_or_error(stream.termination);
  return CelError{};
}

// Peer metadata carries the labels that PILOT_MX_ADDITIONAL_LABELS lists, no others (TM-177).
CelValue peer_label(const EnvoyStream& stream, const Peer& peer, const std::string& name) {
  if (!peer.pods || (peer.from != Peer::From::Headers && peer.from != Peer::From::TcpExchange)) return CelError{};
  const auto flag = stream.path.mesh.settings.features.find("PILOT_MX_ADDITIONAL_LABELS");
  if (flag == stream.path.mesh.settings.features.end()) return CelError{};
  const std::string list = "," + flag->second + ",";
  if (list.find("," + name + ",") == std::string::npos) return CelError{};
  const auto value = find(peer.pods->labels, name);
  return value ? CelValue{std::string(*value)} : CelValue{CelError{}};
}

CelValue peer_field(const Peer& peer, const std::string& field) {
  if (!peer.known()) return CelError{};
  if (field == "workload") return text_or_error(peer.workload);
  if (field == "namespace") return text_or_error(peer.ns);
  if (field == "cluster") return text_or_error(peer.cluster);
  if (field == "service") return text_or_error(peer.canonical_service);
  if (field == "revision") return text_or_error(peer.canonical_revision);
  if (field == "app") return text_or_error(peer.app);
  if (field == "version") return text_or_error(peer.version);
  if (field == "identity") return text_or_error(peer.identity);
  return CelError{};
}

CelValue peers(const EnvoyStream& stream, const Path& path, std::size_t at) {
  if (path.size() < at + 2) return CelError{};
  const bool up = path[at] == "upstream_peer";
  if (!up && path[at] != "downstream_peer") return CelError{};
  const Peer& peer = up ? stream.upstream : stream.downstream;
  if (path[at + 1] == "labels" && path.size() == at + 3) return peer_label(stream, peer, path[at + 2]);
  return peer_field(peer, path[at + 1]);
}

CelValue node(const EnvoyStream& stream, const Path& path) {
  const auto own = [&](const std::string& name) -> CelValue {
    const std::string side = stream.reporter == "source" ? "source_" : "destination_";
    const auto it = stream.labels.find(side + name);
    return stream.reporter == "waypoint" || it == stream.labels.end() ? CelValue{CelError{}}
                                                                      : text_or_error(it->second);
  };
  if (path.size() < 3 || path[1] != "metadata") return CelError{};
  if (path[2] == "WORKLOAD_NAME") return own("workload");
  if (path[2] == "NAMESPACE") return text_or_error(stream.scope.ns);
  if (path[2] == "CLUSTER_ID") return own("cluster");
  if (path[2] == "LABELS" && path.size() == 4 && stream.scope.labels) {
    const auto value = find(*stream.scope.labels, path[3]);
    return value ? CelValue{std::string(*value)} : CelValue{CelError{}};
  }
  return CelError{};
}

CelValue xds(const EnvoyStream& stream, const Path& path) {
  if (path.size() < 2) return CelError{};
  if (path[1] == "cluster_name") return text_or_error(stream.cluster);
  if (path[1] == "route_name" && stream.http) return std::string("default");
  if (path[1] == "node") return node(stream, Path(path.begin() + 1, path.end()));
  if (path.size() == 7 && path[1] == "cluster_metadata" && path[2] == "filter_metadata" && path[3] == "istio" &&
      path[4] == "services" && path[5] == "0" && stream.service) {
    if (path[6] == "name") return stream.service_name;
    if (path[6] == "host") return stream.service_host;
    if (path[6] == "namespace") return stream.service_ns;
  }
  return CelError{};
}

CelValue look_up(const EnvoyStream& stream, const Path& path) {
  const std::string& root = path.front();
  if (root == "request") return request(stream, path);
  if (root == "response") return response(stream, path);
  if (root == "connection") return connection(stream, path);
  if (root == "filter_state") return peers(stream, path, 1);
  if (root == "upstream_peer" || root == "downstream_peer") return peers(stream, path, 0);
  if (root == "node") return node(stream, path);
  if (root == "xds") return xds(stream, path);
  if ((root == "destination" || root == "upstream") && path.size() == 2 && path[1] == "port")
    return static_cast<std::int64_t>(root == "destination" ? stream.path.flow.to.port
                                                           : stream.path.container_port(stream.view));
  if (root == "source" && path.size() == 2 && path[1] == "principal") return text_or_error(stream.peer_principal);
  return CelError{};
}

}  // namespace

CelLookup attributes_of(const EnvoyStream& stream) {
  return [&stream](const Path& path) { return look_up(stream, path); };
}

}  // namespace meshsim::models
