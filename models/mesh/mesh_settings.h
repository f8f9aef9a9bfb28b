#pragma once
// MeshSettings: Istio MeshConfig, istiod's environment and the scenario's `mesh` block after merging, decoded.
// Order: defaults < ConfigMap `istio` and istiod Deployment among the manifests < scenario (field by field).
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/mesh/profile.h"
#include "models/resource/object.h"

namespace meshsim::models {

enum class PathNormalization : std::uint8_t {
  None,
  Base,
  MergeSlashes,
  DecodeAndMergeSlashes
};  // PO-047 (DEFAULT = Base)

// meshConfig.extensionProviders[] as far as policy and telemetry need it.
struct ExtensionProvider {
  std::string name;
  std::string
      kind;  // field name: envoyExtAuthzHttp, envoyExtAuthzGrpc, prometheus, envoyFileAccessLog, opentelemetry, ...
  std::string service;
  std::uint16_t port = 0;
  bool fail_open = false;
  std::optional<int> status_on_error;
  Node node;  // the whole provider
};

// What a scenario states about an external authorizer (design.md section 4, extAuthz).
struct ExtAuthzAnswer {
  std::optional<bool> allow;  // answer: allow | deny
  Labels allow_if_header;     // lower-case names; all must be equal
  std::string allow_if_principal_suffix;
  bool unreachable = false;
  friend bool operator==(const ExtAuthzAnswer&, const ExtAuthzAnswer&) = default;
};

// What a scenario states about a jwksUri: ok (default), unreachable, slow-<n>ms, or a key set.
struct JwksState {
  enum class Kind : std::uint8_t { Ok, Unreachable, Slow, Keys } kind = Kind::Ok;
  std::int64_t delay_ms = 0;
  std::string keys;  // JSON text
  friend bool operator==(const JwksState&, const JwksState&) = default;
};

// The value at a dotted path below `node` ("a.b.c"), or a Missing node.
Node value_at(Node node, std::string_view dotted_path);

struct MeshSettings {
  Profile profile;  // switches already overridden
  std::string trust_domain = "cluster.local";
  std::vector<std::string> trust_domain_aliases;
  std::string root_namespace = "istio-system";
  std::string revision = "default";
  std::string domain = "cluster.local";                           // of service names (istiod --domain)
  std::string cluster_id = "Kubernetes";                          // istiod CLUSTER_ID
  std::map<std::string, std::string, std::less<>> revision_tags;  // tag -> revision (DP-005), as the objects say
  std::vector<std::string> revisions;  // whose webhooks exist: `revision` and those the objects show (DP-003)
  std::vector<Node> never_inject, always_inject;  // selectors of DP-006 step 4
  bool injection_enabled_policy = true;           // DP-006 step 5
  bool enable_auto_mtls = true;
  bool registry_only = false;  // outboundTrafficPolicy.mode
  PathNormalization path_normalization = PathNormalization::Base;
  int num_trusted_proxies = 0;                // defaultConfig.gatewayTopology.numTrustedProxies
  std::string forward_client_cert_details;    // defaultConfig.gatewayTopology.forwardClientCertDetails, empty = default
  bool enable_namespaces_by_default = false;  // sidecarInjectorWebhook.enableNamespacesByDefault
  Labels proxy_metadata;                      // defaultConfig.proxyMetadata
  std::vector<ExtensionProvider> extension_providers;
  std::map<std::string, ExtAuthzAnswer, std::less<>> ext_authz;  // provider name or "default"
  std::map<std::string, JwksState, std::less<>> jwks;
  std::vector<std::string> undiscovered_namespaces;
  std::map<std::string, std::string, std::less<>> features;  // istiod environment by real names, as stated
  std::vector<std::shared_ptr<const Tree>> config_trees;     // own the nodes below
  std::vector<Node> config;                                  // MeshConfig layers, strongest first; use config_value()
  Node stated_networks;                                      // MeshNetworks, may be Missing

  // First layer that has the dotted path, e.g. "defaultConfig.proxyHeaders.server.disabled".
  Node config_value(std::string_view dotted_path) const;
  // MeshNetworks: {networks: {id: {endpoints, gateways}}}; the scenario's mesh.config.meshNetworks goes first.
  Node mesh_networks() const;
  // istiod environment variable as boolean, with the defaults of DP-036 (which depend on PILOT_ENABLE_AMBIENT).
  bool feature(std::string_view name) const;
  bool ambient_enabled() const { return feature("PILOT_ENABLE_AMBIENT"); }
};

}  // namespace meshsim::models
