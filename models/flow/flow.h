#pragma once
// Flow: one question to the mesh, "this client sends this request there". A value: who asks, whom, with what.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/resource/object.h"
#include "models/value/ip.h"
#include "models/value/tree.h"

namespace meshsim::models {

// What the client application speaks. https and tls: TLS of the application, opaque to every proxy that does not
// terminate it.
enum class FlowProtocol : std::uint8_t { Http, Http2, Grpc, Https, Tls, Tcp };
std::string_view to_string(FlowProtocol protocol);
std::optional<FlowProtocol> flow_protocol(std::string_view text);
// http, http2, grpc: the bytes are HTTP in the clear.
constexpr bool is_http(FlowProtocol p) {
  return p == FlowProtocol::Http || p == FlowProtocol::Http2 || p == FlowProtocol::Grpc;
}
// https, tls: the bytes are the application's own TLS.
constexpr bool is_tls(FlowProtocol p) { return p == FlowProtocol::Https || p == FlowProtocol::Tls; }

// Where a token travels. Default: `Authorization: Bearer `.
struct TokenLocation {
  enum class Kind : std::uint8_t { Header, QueryParam, Cookie } kind = Kind::Header;
  std::string name = "authorization";  // header names in lower case
  std::string prefix = "Bearer ";      // headers only
  friend bool operator==(const TokenLocation&, const TokenLocation&) = default;
};

// A JSON Web Token as the scenario states it: by claims, or decoded from `raw`.
struct Jwt {
  std::optional<std::string> issuer, subject;  // claims iss and sub; nullopt: the claim is missing
  std::vector<std::string> audiences;
  std::shared_ptr<const Tree> claims_tree;  // owns `claims`
  Node claims;                              // mapping of all further claims (azp, groups, ...), may be Missing
  bool valid = true;                        // signature, exp and nbf are fine; never compared with the wall clock
  std::string invalid_reason;               // "expired", "bad signature", "not a token", ...
  std::string raw;                          // the token text where the scenario gave one
  TokenLocation location;
};

using Headers = std::vector<std::pair<std::string, std::string>>;  // names in lower case, order and repeats kept

struct Request {
  std::string method = "GET";
  std::string path = "/";           // with query
  std::optional<std::string> host;  // :authority where it differs from the destination
  Headers headers;
  std::optional<std::string> sni;
  std::string http_version = "HTTP/1.1";  // "HTTP/1.0", "HTTP/1.1", "HTTP/2"
  std::vector<Jwt> jwts;
  bool server_first = false;
  std::uint64_t bytes_to_server = 0, bytes_to_client = 0;  // TCP payload
};

struct Client {
  enum class Kind : std::uint8_t { Workload, Outside, Gateway } kind = Kind::Workload;
  std::string ns, name;         // Workload and Gateway
  std::optional<IpAddress> ip;  // Outside
  // Which of several workloads of that name (a Deployment half restarted); nullopt: the first.
  std::optional<std::size_t> variant;  // index into Mesh::workloads
};

struct Destination {
  enum class Kind : std::uint8_t { Host, Pod, Ip } kind = Kind::Host;
  std::string host;             // Host: service name (short forms allowed), external name or address text
  std::string ns, name;         // Pod: the workload
  std::optional<IpAddress> ip;  // Ip
  std::uint16_t port = 0;       // Service port for Host, container port for Pod and Ip
  // The gateway to whose address the client connects: Gateway API Gateway, or Deployment/Service of a classic gateway.
  std::optional<std::pair<std::string, std::string>> gateway;
};

struct Flow {
  std::string name;
  Client from;
  Destination to;
  FlowProtocol protocol = FlowProtocol::Http;
  Request request;
  Source source;
};

// The same question, written at the same place: every verdict on one is a verdict on the other.
bool identical(const Flow& a, const Flow& b);

}  // namespace meshsim::models
