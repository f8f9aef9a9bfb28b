#pragma once
// A small mesh from YAML and its policy engine, with short ways to ask it. The setup of policies.md section 9: servers
// app=srv in namespace `a` behind Service srv (80 to 8080), client a/cli, waypoint a/wp.
#include <memory>
#include <string>
#include <vector>

#include "models/mesh/mesh.h"
#include "models/policy/policy_engine.h"

namespace meshsim::test {

inline const std::string kClient = "spiffe://cluster.local/ns/a/sa/cli";
inline const std::string kWaypoint = "spiffe://cluster.local/ns/a/sa/wp";

// Connection and request of one question; owns what the views point to.
struct Ask {
  std::string principal = kClient;
  std::string source_ip = "10.0.0.1", remote_ip, destination_ip = "10.0.0.2", sni;
  std::uint16_t port = 8080;
  std::string method = "GET", path = "/", authority = "srv.a";
  models::Headers headers;
  std::vector<models::Jwt> jwts;
  bool tcp = false;
};
models::ConnectionView connection_of(const Ask& ask);
models::RequestView request_of(const Ask& ask);

class PolicyBench {
 public:
  // `mesh_block`: the scenario's mesh block as YAML (profile, trustDomain, config, features, ...).
  explicit PolicyBench(const std::string& manifests, const std::string& mesh_block = "");
  PolicyBench(std::shared_ptr<const models::Mesh> mesh);

  models::PolicyDecision sidecar(const std::string& workload, const Ask& ask) const;
  models::PolicyDecision ztunnel(const std::string& workload, const Ask& ask) const;
  // `service`: "ns/name" whose chain is used; empty: the direct chains.
  models::PolicyDecision waypoint(const std::string& gateway, const std::string& service, const Ask& ask) const;
  models::PolicyDecision gateway(const std::string& gateway, const Ask& ask) const;
  models::PolicyDecision envoy(const models::ProxyView& view, const Ask& ask) const;
  std::size_t workload(const std::string& name) const;
  std::vector<models::PolicyEngine::Concern> concerns(const std::string& workload, const std::string& service) const;
  bool has_finding(const std::string& code) const;

  std::shared_ptr<const models::Mesh> mesh;
  std::shared_ptr<const models::PolicyEngine> engine;
  models::Diagnostics diagnostics;
};

// Namespace `a` in the given mode ("sidecar", "ambient", "none") with srv and cli, Service srv, and the waypoint wp,
// which Service srv uses if `bound`.
std::string standard_mesh(const std::string& mode, bool bound = true);
// One AuthorizationPolicy a/p with this spec (flow-style YAML: "{action: DENY, rules: [...]}").
std::string policy(const std::string& spec, const std::string& name = "p", const std::string& ns = "a",
                   const std::string& kind = "AuthorizationPolicy", const std::string& more_metadata = "");

std::vector<models::Object> objects_of_yaml(const std::string& text, const std::string& file = "test.yaml");
std::shared_ptr<const models::Tree> tree_of_yaml(const std::string& text);
std::string read_file(const std::string& path);  // relative to the source folder
std::vector<std::string> list_files(const std::string& folder);
models::Jwt jwt(const std::string& issuer, const std::string& subject, const std::string& claims_yaml = "{}");

}  // namespace meshsim::test
