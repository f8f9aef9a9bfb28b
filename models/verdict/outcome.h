#pragma once
// Outcome: one way a flow can go, with everything that is known of it. The fields are those of design.md section 6
// (contract). A FlowResult holds all outcomes of one flow; their probabilities add up to 1.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/flow/flow.h"
#include "models/value/shared.h"
#include "models/verdict/reason.h"

namespace meshsim::models {

enum class Verdict : std::uint8_t { Allowed, Denied, Reset, Unreachable, Unknown };
std::string_view to_string(Verdict verdict);

enum class ProxyKind : std::uint8_t { Sidecar, Ztunnel, Waypoint, Gateway };
std::string_view to_string(ProxyKind kind);

// How bytes travel on one hop. Design words: plaintext, mtls, hbone, tls (originated by a proxy, not Istio's).
enum class Transport : std::uint8_t { Plaintext, Mtls, Hbone, DoubleHbone, Tls };
std::string_view to_string(Transport transport);

// Status of a policy for one outcome; words of design.md section 6.
enum class PolicyStatus : std::uint8_t {
  Enforced,
  Bypassed,
  Inert,
  DeniesAll,
  Open,
  DryRun,
  NotApplicable,
  NotEvaluated
};
std::string_view to_string(
    PolicyStatus status);  // "enforced", ..., "denies-all", "dry-run", "not-applicable", "not-evaluated"

struct Hop {
  ProxyKind proxy = ProxyKind::Sidecar;
  std::string name;      // ns/workload; waypoint: ns/Gateway; gateway: ns/Gateway or, classic, ns/Deployment
  bool inbound = false;  // direction as this proxy sees it (a waypoint or gateway handles inbound traffic)
  Transport transport = Transport::Plaintext;  // of the connection that ARRIVES (inbound) or LEAVES (outbound) here
  std::uint16_t port = 0;                      // port of that connection: 15008, 15006, the application's, ...
  std::string identity;         // SPIFFE URI of the peer (inbound) or presented (outbound); empty if none
  bool http = false;            // an Envoy that parsed the bytes as HTTP
  bool passthrough = false;     // sidecar outbound: no cluster of the registry, the bytes go where the client sent them
  std::size_t workload = npos;  // index into Mesh::workloads of the proxy's pods (ztunnel: of the workload it serves)
  std::size_t gateway = npos;   // index into Mesh::gateways for gateways and waypoints
  // What the route chosen here says about time, for the simulation.
  std::int64_t timeout_ns = 0;  // 0: none
  int retry_attempts = -1;      // -1: the proxy's default
  std::string retry_on;         // conditions, as Envoy spells them; empty with the proxy's default
  std::int64_t per_try_timeout_ns = 0, fault_delay_ns = 0;  // of each attempt; injected before the first
  Node traffic_policy;  // trafficPolicy in force for the destination (connectionPool, outlierDetection)
  // The cluster that policy belongs to: a service, its port and a subset; npos: none.
  std::size_t cluster_service = npos;
  std::uint16_t cluster_port = 0;
  std::string cluster_subset;
  Reasons reasons;
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
};

struct DeniedBy {
  ProxyKind proxy = ProxyKind::Sidecar;
  std::string name;
  std::optional<std::string> policy;          // ns/name; nullopt: no ALLOW matched, or PeerAuthentication refused
  std::optional<int> rule;                    // index of the rule that decided
  std::optional<std::string> ztunnel_policy;  // "istio-system/istio_converted_static_strict"
};

// One policy considered for this outcome. Which = enforcement point of the design's `at`.
struct PolicyFinding {
  ObjectRef policy;
  PolicyStatus status = PolicyStatus::NotApplicable;
  std::optional<ProxyKind> at;
  std::string at_name;
  std::vector<std::string> rules;  // rule ids
  std::string why;
  // For explain: which rule decided or came nearest, and the field that failed.
  std::optional<int> matched_rule;
  std::optional<int> nearest_rule;
  std::string nearest_failure;
};

struct RoutedTo {
  std::string workload;  // ns/owner, or the external host
  std::string version;   // label version, may be empty
  std::uint16_t port = 0;
};
struct Mirror {
  std::string workload;
  std::uint16_t port = 0;
  double share = 1.0;
};

// What the workload sees of the request.
struct Upstream {
  std::string path, host, http_version;
  Headers headers;
};

struct Metric {
  std::string name;
  std::string reporter;  // source | destination | waypoint, empty where the metric has none
  Shared<std::map<std::string, std::string>> labels;  // the series of one hop share them
  double value = 1;
  ProxyKind proxy = ProxyKind::Sidecar;  // who exports it; the scrape adds app, pod, namespace of that proxy (TM-182)
  std::string proxy_name = {};           // Hop::name
};
struct AccessLog {
  ProxyKind proxy = ProxyKind::Sidecar;
  std::string name;
  std::string direction;  // inbound | outbound
  std::map<std::string, std::string> fields;
  // Envoy: the line in its own format, with operators such as %START_TIME% that a run fills in (log_format.h).
  std::string line = {};
};
struct Span {
  ProxyKind proxy = ProxyKind::Sidecar;
  std::string name, operation;
  std::string parent;  // empty: the first span of a trace, also where the context of the span before is not understood
  std::map<std::string, std::string> attributes;
};
struct Lost {
  std::string signal, name, why;
  std::vector<std::string> rules;
};
struct Telemetry {
  std::vector<Metric> metrics;
  std::vector<AccessLog> logs;
  std::vector<Span> spans;
  std::vector<Lost> lost;
};

// A route object that decided, or was looked at.
struct RouteFinding {
  ObjectRef route;
  int rule = -1;  // index of the rule or http entry, -1 for the object as a whole
  bool chosen = false;
  ProxyKind at = ProxyKind::Sidecar;
  std::string at_name;
  std::string why;
  std::vector<std::string> rules;
};

struct Outcome {
  double probability = 1.0;
  Verdict verdict = Verdict::Unknown;
  std::optional<int> http_status;
  std::optional<std::string> grpc_status;  // "OK", "PERMISSION_DENIED", ...
  std::string response_flags = "-";
  std::string response_details;  // RESPONSE_CODE_DETAILS of the Envoy that answered ("rbac_access_denied_...",
                                 // "ext_authz_denied"); may be empty
  std::optional<DeniedBy> denied_by;
  std::vector<Hop> hops;  // from client to server; two hops of one proxy (a sidecar calling itself) are both listed
  std::optional<Transport> transport;  // of the hop into the destination workload, as attempted
  bool waypoint_traversed = false;
  bool l7_processed = false;
  std::optional<RoutedTo> routed_to;
  std::vector<Mirror> mirrored_to;
  Upstream upstream;
  Headers response_headers;
  std::string response_body;  // text with which a proxy answers ("no healthy upstream"), its unvarying beginning
  std::optional<ProxyKind> answered_by;
  std::vector<PolicyFinding> policies;
  std::vector<RouteFinding> routes;
  Reasons reasons;
  Telemetry telemetry;

  std::size_t destination_workload = Hop::npos;  // index into Mesh::workloads
  std::size_t service = Hop::npos;               // index into Mesh::services: the service the client addressed
  std::size_t routed_service = Hop::npos;        // the service whose endpoint was chosen
};

struct FlowResult {
  Flow flow;
  Shared<std::vector<Outcome>> outcomes;
};

}  // namespace meshsim::models
