#pragma once
// Profile: a named record of behaviour switches (dataplane.md section 10, policies.md 0.4). Never an `if (version)` in
// the code: every difference between Istio versions that meshsim knows is one field here, overridable in a scenario
// (mesh.switches).
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace meshsim::models {

struct Profile {
  std::string name;           // "ossm-3.2"
  std::string istio_version;  // "1.27"
  // name in scenarios (camelCase) = field name in camelCase
  bool legacy_sidecar_sends_hbone = true;              // DP-037: ossm-3.2 no, istio-* yes
  bool sidecar_uses_waypoint = false;                  // DP-136: never upstream; only for the proposals and forks
  bool ingress_use_waypoint_any_boolean = true;        // DP-130: master takes any boolean spelling
  bool waypoint_canary = true;                         // DP-109
  bool service_entry_visibility = true;                // DP-110
  bool resolution_none_passthrough = true;             // DP-172
  bool dynamic_dns_service_entry = true;               // DP-171
  bool cidr_service_entry_addresses = true;            // DP-172
  bool waypoint_merges_virtual_services = true;        // DP-244
  bool waypoint_default_retries = true;                // DP-246: R1 without a route object
  bool namespace_traffic_distribution = true;          // DP-212
  bool zone_aware_routing = true;                      // DP-214
  bool waypoint_consistent_hash_without_route = true;  // DP-215
  bool bypass_inbound_capture_works = true;            // DP-017
  bool cni_agent_excludes_namespaces = true;           // DP-011
  bool client_namespace_service_preferred = true;      // DP-107, DP-206
  bool ztunnel_failure_flags = true;                   // DP-300: TLS_FAILURE and friends
  bool dry_run_at_ztunnel_known = true;                // PO-027: 1.29
  bool dead_deny_status_text = true;                   // PO-069d: master
  bool policy_literals_escaped = true;         // 0.4: namespace and suffix literals escaped in regexes (not in 1.27)
  bool source_trust_domains = true;            // PO-042: 1.31
  bool custom_dry_run_enforced = true;         // PO-026: 1.30
  bool xfcc_client_identity = true;            // DP-165
  bool workload_entry_waypoint_status = true;  // DP-108
  bool vm_tunnel_label = true;                 // DP-033
  bool multi_network_waypoints = true;         // DP-274
  bool multi_network_ingress = true;           // DP-275: AMBIENT_ENABLE_MULTI_NETWORK_INGRESS exists
  bool ambient_gateways_hidden_from_sidecars = true;  // DP-276
  bool east_west_tls_passthrough = true;              // DP-273
  bool gateway_api_manual_deployment = true;          // row 4
  bool ztunnel_metrics_reporter_waypoint = true;      // TM-010: reporter="waypoint"; off: "destination"
  bool peer_kubernetes_labels = true;            // TM-017: app.kubernetes.io/name and /version of peers first (1.29)
  bool telemetry_of_service_namespace = true;    // TM-170, PO-134: a waypoint honours the service's namespace (1.30)
  bool trace_context_propagation_switch = true;  // TM-166: disableContextPropagation (1.30)
  bool ztunnel_log_clusters = true;              // TM-082: src.cluster, dst.cluster (1.31)
  bool envoy_large_h2_windows = false;           // HB-020: 256 MiB up to Envoy 1.35 (Istio 1.27), then 16 MiB
  bool gateway_api_stable_kinds = true;          // DP-258: TCPRoute & co without PILOT_ENABLE_ALPHA_GATEWAY_API (1.31)
  bool listener_set_v1 = true;                   // DP-258: ListenerSet (1.30), before it XListenerSet
  bool listener_conflicts = true;                // DP-258: a listener that loses its port is dropped (1.31)
  bool tls_route_terminates = true;              // DP-258: TLSRoutes at listeners that terminate TLS (1.30)
  bool gateway_frontend_validation = true;       // DP-258: spec.tls.frontend of a Gateway (1.28)
  bool http_route_cors_wildcards = true;         // DP-220: wildcards in origins; unmatched preflights answered (1.28)
  bool gateway_upstream_span = true;             // TM-160: PILOT_SPAWN_UPSTREAM_SPAN_FOR_GATEWAY (not in 1.27)
  friend bool operator==(const Profile&, const Profile&) = default;
};

// ossm-3.2 (default), istio-1.27, istio-master.
std::span<const Profile> profiles();
const Profile* find_profile(std::string_view name);

// Reading and writing one switch by its scenario name; the table is the single list of switches with their texts.
struct SwitchInfo {
  std::string_view name;     // "legacySidecarSendsHbone"
  std::string_view rule;     // "DP-037"
  std::string_view meaning;  // one line
  bool Profile::*field;
};
std::span<const SwitchInfo> switches();

}  // namespace meshsim::models
