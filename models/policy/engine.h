#pragma once
// Engine: the implementation of PolicyEngine. Everything is decoded and compiled by compile(); every proxy of the mesh
// gets its chain there, found again by the address of its labels. A ProxyView that is no proxy of the mesh gets a chain
// of its own, built on the spot: correct, and slow.
#include <unordered_map>

#include "models/policy/attachment_index.h"
#include "models/policy/authorization/custom.h"
#include "models/policy/authorization/envoy_rule.h"
#include "models/policy/authorization/ztunnel_policy.h"
#include "models/policy/peer_authentication/peer_authentication.h"
#include "models/policy/policy_engine.h"
#include "models/policy/request_authentication/jwt_filter.h"
#include "models/policy/unevaluated.h"

namespace meshsim::models::policy {

struct CompiledPolicy {
  AuthorizationPolicy spec;
  std::vector<EnvoyRule> http, tcp;  // in the order in which Envoy reports them (PO-030)
  std::string envoy_name;            // "ns[a]-policy[b]-rule["
  ZtunnelConversion ztunnel;
  CustomProvider provider;       // CUSTOM
  std::vector<Reason> rejected;  // by the admission webhook
};

// Everything attached to one Envoy proxy (and, at a waypoint, one service chain).
struct EnvoyChain {
  std::vector<const CompiledPolicy*> custom, audit, deny, allow;   // enforced ones, by envoy_name
  std::vector<const CompiledPolicy*> dry_run;                      // ALLOW and DENY; CUSTOM and AUDIT see PO-026
  std::vector<const CompiledPolicy*> layered_deny, layered_allow;  // PO-012
  bool bad_custom = false;                                         // PO-162: more than one provider
  bool metadata_unknown = false;  // something could set filter metadata that rules read (PO-045)
  std::vector<const RequestAuthentication*> request_authentications;
  JwtFilter jwt;
  std::vector<const Unevaluated*> unevaluated;
  std::vector<const Unevaluated*> unevaluated_outbound;  // sidecars: on the client's side
};

struct ZtunnelChain {
  struct Entry {
    const ZtunnelPolicy* policy = nullptr;
    const CompiledPolicy* source = nullptr;  // nullptr: PeerAuthentication or synthetic
  };
  std::vector<Entry> deny, allow;               // enforced, by name
  std::vector<const CompiledPolicy*> selected;  // every policy without targetRefs that selects the workload
  std::vector<const RequestAuthentication*> request_authentications;
  std::vector<const Unevaluated*> unevaluated;  // that select the workload
  PeerAuthentications::Ambient peer;
  std::vector<ZtunnelPolicy> synthetic;  // PO-019a
};

// Go's name for a feature of istiod, with its default.
bool flag(const MeshSettings& settings, std::string_view name, bool otherwise);

class Engine final : public PolicyEngine {
 public:
  Engine(const Mesh& mesh, Diagnostics& diagnostics);

  PolicyDecision at_envoy(const ProxyView& proxy, const ConnectionView& connection,
                          const RequestView* request) const override;
  PolicyDecision at_ztunnel(std::size_t workload, const ConnectionView& connection) const override;
  MtlsDecision sidecar_mtls(std::size_t workload, std::uint16_t port) const override;
  MtlsDecision namespace_mtls(std::string_view ns) const override;
  std::vector<Concern> concerning(std::size_t workload, std::size_t service) const override;
  std::vector<StatusCondition> istiod_status(const ObjectRef& policy) const override;
  std::vector<Reason> rejections(const ObjectRef& policy) const override;
  std::vector<PolicyFinding> unevaluated_outbound(const ProxyView& proxy, bool http) const override;
  bool allows_envoy(const ProxyView& proxy, const ConnectionView& connection,
                    const RequestView* request) const override;
  bool allows_ztunnel(std::size_t workload, const ConnectionView& connection) const override;

 private:
  struct ChainKey {
    ProxyKind kind = ProxyKind::Sidecar;
    std::string ns;
    std::optional<std::string> gateway_name;
    bool has_chain = false, kubernetes = true;
    std::string service_ns, service_name;
    bool fits(const ProxyView& proxy) const;
  };
  struct KeyedChain {
    ChainKey key;
    EnvoyChain chain;
  };

  void compile_policies(Diagnostics& diagnostics);
  void compile_chains();
  EnvoyChain build(const ProxyView& proxy) const;
  void store(const ProxyView& proxy);
  void store_waypoint(const Gateway& gateway, std::size_t index, const Labels& labels);
  void build_ztunnel(const Workload& workload, ZtunnelChain& chain) const;  // in place: entries point into it
  void add_synthetic_allow(const Workload& workload, ZtunnelChain& chain) const;
  const EnvoyChain* find_chain(const ProxyView& proxy) const;
  static ProxyView proxy_of(const Workload& workload, ProxyKind kind);

  void concern_selected(const Workload& workload, std::vector<Concern>& out) const;
  void concern_referenced(const Workload& workload, std::size_t index, std::size_t service,
                          std::vector<Concern>& out) const;

  const Mesh& mesh_;
  AttachmentFlags flags_;
  bool layered_ = false, several_providers_ = false, auto_allow_ = false;
  std::vector<CompiledPolicy> policies_;
  std::vector<RequestAuthentication> request_authentications_;
  std::vector<Unevaluated> unevaluated_;
  PeerAuthentications peers_;
  ZtunnelPolicy static_strict_;
  std::map<std::string, std::vector<Reason>, std::less<>> rejected_;  // by "kind ns/name"
  AttachmentIndex policy_index_, authentication_index_, unevaluated_index_;
  std::unordered_map<const Labels*, std::vector<KeyedChain>> chains_;
  std::vector<ZtunnelChain> ztunnel_chains_;               // parallel to Mesh::workloads
  std::map<std::string, std::size_t, std::less<>> by_id_;  // AuthorizationPolicy ns/name
};

}  // namespace meshsim::models::policy
