#pragma once
// PolicyEngine: security policy of the mesh, compiled once: AuthorizationPolicy, RequestAuthentication,
// PeerAuthentication. It answers three questions: which policies attach to this enforcement point (PO-001..PO-019,
// PO-100), what do they decide for this connection or request (PO-020..PO-068, PO-103..PO-110, PO-160..PO-166), what
// mTLS does this port demand (PO-080..PO-095). Imitates: istiod's policy attachment and RBAC builder, Envoy's RBAC /
// JWT / ext_authz filters, ztunnel's rbac (Istio 1.27 to master 2026-08, switched by Profile). Where it stops:
// signatures are checked only against inline JWKS; external authorizers answer as stated. Thread safety: immutable
// after compile(); all queries are const and may run in parallel.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/flow/flow.h"
#include "models/mesh/mesh.h"
#include "models/verdict/outcome.h"

namespace meshsim::models {

// The Service or ServiceEntry on whose filter chain a waypoint evaluates (PO-011); absent on its direct chains and
// everywhere else.
struct ChainService {
  bool kubernetes = true;
  std::string_view ns, name;
};

// The proxy that evaluates.
struct ProxyView {
  ProxyKind kind = ProxyKind::Sidecar;
  std::string_view ns;
  const Labels* labels = nullptr;                // of its pods; for a managed gateway or waypoint incl. gateway-name
  std::optional<std::string_view> gateway_name;  // label gateway.networking.k8s.io/gateway-name: a Gateway API pod
  std::optional<ChainService> chain;             // waypoints only
};

// What this proxy sees of the connection (PO-070..PO-073).
struct ConnectionView {
  std::string_view principal;  // "spiffe://td/ns/a/sa/b", empty = no peer identity
  IpAddress source_ip;         // direct TCP peer (at a waypoint: the original client)
  IpAddress remote_ip;         // trusted downstream address (PO-038); equal to source_ip where nothing says otherwise
  IpAddress destination_ip;    // PO-072
  std::uint16_t port = 0;      // PO-073
  std::string_view sni;
};

// What this proxy sees of an HTTP request. Null at TCP chains and ztunnels.
struct RequestView {
  std::string_view method, path, authority;  // path raw, with query; normalised by the engine (PO-047)
  const Headers* headers = nullptr;
  const std::vector<Jwt>* jwts = nullptr;  // tokens still present in the request at this hop
  bool grpc = false;
};

struct PolicyDecision {
  bool allowed = true;
  bool unknown = false;               // something that could decide is not evaluated; `why` names it
  bool bad_request = false;           // no policy: Envoy's HTTP connection manager answers 400 (PO-035, PO-047)
  int http_status = 200;              // 403, 401, 400, provider's status
  std::string body, details;          // "RBAC: access denied", "rbac_access_denied_matched_policy[...]"
  std::string response_flags;         // "UAEX", ""
  std::optional<std::string> policy;  // ns/name that denied
  std::optional<int> rule;
  std::optional<std::string> ztunnel_policy;
  std::string why;
  std::vector<std::string> rules;         // rule ids
  std::vector<PolicyFinding> considered;  // every policy that attaches here, with status and explanation
  // Effect of JWT filters on what follows: tokens removed from the request (indices into RequestView::jwts, PO-106),
  // headers added.
  std::vector<std::size_t> consumed_jwts;
  Headers added_headers;
  // Validated claims for claim based routing and metadata: (token index, provider) of the tokens that validated.
  std::vector<std::size_t> valid_jwts;
  std::vector<std::string> removed_headers;  // headers that the JWT filter clears before it adds its own
  // PO-012: refused at the waypoint's CONNECT termination; the client's application sees a cut connection, no 403.
  bool at_connect = false;
};

// One condition that istiod would write into status.conditions of a policy (PO-069a..h).
struct StatusCondition {
  std::string type, status, reason, message;  // "ZtunnelAccepted", "True" | "False", "UnsupportedValue", ...
  std::string rule;                           // "PO-069b"
};

enum class MtlsMode : std::uint8_t { Disable, Permissive, Strict };
struct MtlsDecision {
  MtlsMode mode = MtlsMode::Permissive;
  std::optional<ObjectRef> policy;  // the PeerAuthentication that decided
  Reasons reasons;
};

class PolicyEngine {
 public:
  // Compiles every policy of the mesh once. Findings (what the admission webhook would refuse, PO-200..PO-206; unknown
  // providers; ...) are appended to `diagnostics`. The mesh must outlive the engine.
  static std::shared_ptr<const PolicyEngine> compile(const Mesh& mesh, Diagnostics& diagnostics);
  virtual ~PolicyEngine() = default;

  // Envoy: one inbound HTTP request (request != nullptr) or TCP connection at a sidecar, gateway or waypoint, in the
  // order of PO-020/021.
  virtual PolicyDecision at_envoy(const ProxyView& proxy, const ConnectionView& connection,
                                  const RequestView* request) const = 0;
  // ztunnel in front of `workload` (index into Mesh::workloads); includes converted PeerAuthentication and the
  // synthetic waypoint ALLOW.
  virtual PolicyDecision at_ztunnel(std::size_t workload, const ConnectionView& connection) const = 0;
  // Effective PeerAuthentication of a sidecar's inbound port (container port), PO-080..PO-084.
  virtual MtlsDecision sidecar_mtls(std::size_t workload, std::uint16_t port) const = 0;
  // Service-level inference for auto-mTLS at clients (DP-048): mesh- and namespace-wide policies only.
  virtual MtlsDecision namespace_mtls(std::string_view ns) const = 0;

  // Every policy that concerns this destination on any path: attaches to its sidecar or ztunnel, to the waypoint of
  // `service` or of the workload, or names them by targetRefs though it attaches nowhere. For each: what it would be at
  // that enforcement point.
  struct Concern {
    ObjectRef policy;
    std::optional<ProxyKind> at;  // enforcement point of its effect; nullopt: attaches nowhere (inert)
    std::string at_name;
    PolicyStatus there = PolicyStatus::Inert;  // Enforced, DeniesAll, Open, DryRun, Inert
    std::vector<std::string> rules;
    std::string why;
  };
  virtual std::vector<Concern> concerning(std::size_t workload, std::size_t service) const = 0;

  // The conditions istiod would write into the status of this AuthorizationPolicy; empty for other kinds and objects.
  virtual std::vector<StatusCondition> istiod_status(const ObjectRef&) const { return {}; }
  // Why the admission webhook would refuse this object ("PO-202: ..."), empty if it would not.
  virtual std::vector<Reason> rejections(const ObjectRef&) const { return {}; }
  // EnvoyFilters and plugins on the outbound side of this client sidecar, which are not evaluated: what passes it is
  // unknown (PO-136, PO-137). AuthorizationPolicies never act there (PO-013).
  virtual std::vector<PolicyFinding> unevaluated_outbound(const ProxyView&, bool /*http*/) const { return {}; }

  // Fast path for load: only the boolean decision, no explanation. Must equal at_envoy / at_ztunnel.
  virtual bool allows_envoy(const ProxyView& proxy, const ConnectionView& connection,
                            const RequestView* request) const = 0;
  virtual bool allows_ztunnel(std::size_t workload, const ConnectionView& connection) const = 0;
};

}  // namespace meshsim::models
