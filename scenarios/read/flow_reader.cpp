// Flows of a scenario: who asks whom, with what, how often, and what must come out.
#include <algorithm>
#include <cctype>
#include <tuple>

#include "scenarios/read/jwt_reader.h"
#include "scenarios/read/scenario_parts.h"

namespace meshsim::scenarios {

using models::Client;
using models::Destination;
using models::FlowProtocol;
using models::Node;

namespace {

constexpr std::int64_t kMostBytes = std::int64_t{1} << 50;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::optional<std::pair<std::string, std::string>> pair_field(Fields& fields, std::string_view key) {
  const auto written = fields.text(key);
  if (!written) return std::nullopt;
  auto pair = parse_pair(*written);
  if (!pair) fields.wrong(fields.self()[key], key, "namespace/name");
  return pair;
}

std::optional<models::IpAddress> address_field(Fields& fields, std::string_view key) {
  const auto written = fields.text(key);
  if (!written) return std::nullopt;
  auto address = models::IpAddress::parse(*written);
  if (!address) fields.wrong(fields.self()[key], key, "an IP address");
  return address;
}

Destination read_destination(Node node, const std::string& path, ScenarioFindings& findings) {
  Destination to;
  Fields fields(node, path, findings);
  const auto host = fields.text("host");
  const auto pod = pair_field(fields, "pod");
  to.ip = address_field(fields, "ip");
  to.gateway = pair_field(fields, "gateway");
  fields.require("port");
  to.port = static_cast<std::uint16_t>(fields.integer("port", 1, 65535).value_or(0));
  fields.done();
  const int kinds =
      (node["host"].has_value() ? 1 : 0) + (node["pod"].has_value() ? 1 : 0) + (node["ip"].has_value() ? 1 : 0);
  if (node.is_mapping() && kinds != 1)
    findings.error("MSH0012", node.position(), path + " needs exactly one of host, pod and ip");
  if (host) {
    to.host = *host;
    if (host->empty()) fields.wrong(node["host"], "host", "a host name or an address");
  }
  if (pod) {
    to.kind = Destination::Kind::Pod;
    std::tie(to.ns, to.name) = *pod;
  }
  if (to.ip) to.kind = Destination::Kind::Ip;
  return to;
}

void read_headers(Fields& request, models::Headers& into) {
  for (const Node header : request.mapping("headers")) {
    const auto add = [&](Node value) {
      if (value.is_scalar() && value.has_value()) {
        into.emplace_back(lower(header.key()), std::string(value.text()));
      } else {
        request.wrong(value, "headers." + std::string(header.key()), "a string or a list of strings");
      }
    };
    if (header.is_sequence()) {
      for (const Node one : header) add(one);
    } else if (header.has_value()) {
      add(header);
    }
  }
}

void read_request(Node node, const std::shared_ptr<const models::Tree>& tree, const std::string& path,
                  models::Flow& flow, ScenarioFindings& findings) {
  models::Request& request = flow.request;
  Fields fields(node, path, findings);
  if (flow.protocol == FlowProtocol::Grpc) request.method = "POST";
  if (flow.protocol == FlowProtocol::Http2 || flow.protocol == FlowProtocol::Grpc) request.http_version = "HTTP/2";
  request.method = fields.text("method").value_or(request.method);
  request.path = fields.text("path").value_or(request.path);
  request.host = fields.text("host");
  read_headers(fields, request.headers);
  request.sni = fields.text("sni");
  constexpr std::string_view kVersions[] = {"HTTP/1.0", "HTTP/1.1", "HTTP/2"};
  if (const auto version = fields.word("httpVersion", {kVersions[0], kVersions[1], kVersions[2]}))
    request.http_version = kVersions[*version];
  request.server_first = fields.boolean("serverFirst").value_or(false);
  request.bytes_to_server = static_cast<std::uint64_t>(fields.integer("bytesToServer", 0, kMostBytes).value_or(0));
  request.bytes_to_client = static_cast<std::uint64_t>(fields.integer("bytesToClient", 0, kMostBytes).value_or(0));
  const Node jwt = fields.node("jwt");
  const Node jwts = fields.list("jwts");
  fields.done();
  if (jwt.has_value()) request.jwts.push_back(read_jwt(jwt, tree, path + ".jwt", findings));
  std::size_t index = 0;
  for (const Node one : jwts) request.jwts.push_back(read_jwt(one, tree, element(path + ".jwts", index++), findings));
  if (jwt.has_value() && jwts.exists())
    findings.error("MSH0011", jwts.key_position(), path + " has both jwt and jwts; put all tokens into jwts");
}

std::string default_name(const models::Flow& flow) {
  const std::string from = flow.from.kind == Client::Kind::Outside ? "outside" : flow.from.ns + '/' + flow.from.name;
  std::string to = flow.to.host;
  if (flow.to.kind == Destination::Kind::Pod) to = flow.to.ns + '/' + flow.to.name;
  if (flow.to.ip && flow.to.kind == Destination::Kind::Ip) to = flow.to.ip->text();
  return from + " to " + to + ':' + std::to_string(flow.to.port);
}

ScenarioFlow read_flow(Node node, const std::shared_ptr<const models::Tree>& tree, const std::string& path,
                       const ReadOptions& options, ScenarioFindings& findings) {
  ScenarioFlow out;
  out.node = node;
  models::Flow& flow = out.flow;
  flow.source = {findings.file, node.position()};
  if (!node.is_mapping()) {
    findings.error("MSH0011", node.position(), path + " must be a mapping, not " + shown(node));
    return out;
  }
  Fields fields(node, path, findings);
  const auto name = fields.text("name");
  if (const auto word = fields.word("protocol", {"http", "http2", "grpc", "https", "tls", "tcp"}))
    flow.protocol = static_cast<FlowProtocol>(*word);
  fields.require("from");
  fields.require("to");
  if (const Node from = fields.mapping("from"); from.exists()) flow.from = read_client(from, path + ".from", findings);
  if (const Node to = fields.mapping("to"); to.exists()) flow.to = read_destination(to, path + ".to", findings);
  read_request(fields.mapping("request"), tree, path + ".request", flow, findings);
  out.traffic = read_traffic(fields, options, findings);
  if (const Node expect = fields.mapping("expect"); expect.exists())
    out.expect = read_expectation(expect, path + ".expect", findings);
  fields.done();
  flow.name = name ? *name : default_name(flow);
  return out;
}

}  // namespace

Client read_client(Node node, const std::string& path, ScenarioFindings& findings) {
  Client client;
  Fields fields(node, path, findings);
  const auto workload = pair_field(fields, "workload"), gateway = pair_field(fields, "gateway");
  const bool outside = fields.boolean("outside").value_or(false);
  client.ip = address_field(fields, "ip");
  fields.done();
  const int kinds = (node["workload"].has_value() ? 1 : 0) + (node["gateway"].has_value() ? 1 : 0) + (outside ? 1 : 0);
  if (node.is_mapping() && kinds != 1)
    findings.error("MSH0012", node.position(), path + " needs exactly one of workload, gateway and \"outside\": true");
  if (client.ip && !outside)
    findings.error("MSH0011", node["ip"].position(),
                   path + ".ip belongs to a client outside of the mesh (\"outside\": true)");
  if (outside) client.kind = Client::Kind::Outside;
  if (gateway) client.kind = Client::Kind::Gateway;
  if (const auto& name = gateway ? gateway : workload) std::tie(client.ns, client.name) = *name;
  return client;
}

std::vector<ScenarioFlow> read_flows(Node list, const std::shared_ptr<const models::Tree>& tree,
                                     const ReadOptions& options, ScenarioFindings& findings) {
  std::vector<ScenarioFlow> out;
  for (const Node node : list) out.push_back(read_flow(node, tree, element("flows", out.size()), options, findings));
  return out;
}

}  // namespace meshsim::scenarios
