#include "models/mesh/profile.h"

#include <algorithm>
#include <array>

namespace meshsim::models {
namespace {

// What Istio 1.27 does (dataplane.md section 10, middle column; policies.md 0.4).
Profile istio_1_27() {
  Profile p;
  p.name = "istio-1.27";
  p.istio_version = "1.27";
  p.legacy_sidecar_sends_hbone = true;
  p.ingress_use_waypoint_any_boolean = false;
  p.waypoint_canary = false;
  p.service_entry_visibility = false;
  p.resolution_none_passthrough = false;
  p.dynamic_dns_service_entry = false;
  p.cidr_service_entry_addresses = false;
  p.waypoint_merges_virtual_services = false;
  p.waypoint_default_retries = false;
  p.namespace_traffic_distribution = false;
  p.zone_aware_routing = false;
  p.waypoint_consistent_hash_without_route = false;
  p.bypass_inbound_capture_works = false;
  p.cni_agent_excludes_namespaces = false;
  p.client_namespace_service_preferred = false;
  p.ztunnel_failure_flags = false;
  p.dry_run_at_ztunnel_known = false;
  p.dead_deny_status_text = false;
  p.policy_literals_escaped = false;
  p.source_trust_domains = false;
  p.custom_dry_run_enforced = false;
  p.xfcc_client_identity = false;
  p.workload_entry_waypoint_status = false;
  p.vm_tunnel_label = false;
  p.multi_network_waypoints = false;
  p.multi_network_ingress = false;
  p.ambient_gateways_hidden_from_sidecars = false;
  p.east_west_tls_passthrough = false;
  p.gateway_api_manual_deployment = true;
  p.peer_kubernetes_labels = false;
  p.telemetry_of_service_namespace = false;
  p.trace_context_propagation_switch = false;
  p.ztunnel_log_clusters = false;
  p.envoy_large_h2_windows = true;
  p.gateway_api_stable_kinds = false;
  p.listener_set_v1 = false;
  p.listener_conflicts = false;
  p.tls_route_terminates = false;
  p.gateway_frontend_validation = false;
  p.http_route_cors_wildcards = false;
  p.gateway_upstream_span = false;
  return p;
}

// OpenShift Service Mesh 3.2: Istio 1.27 with the two choices in which its documents and defaults differ (rows 4, 7).
Profile ossm_3_2() {
  Profile p = istio_1_27();
  p.name = "ossm-3.2";
  p.legacy_sidecar_sends_hbone = false;
  p.gateway_api_manual_deployment = false;
  return p;
}

Profile istio_master() {
  Profile p;  // the defaults of the record are master's
  p.name = "istio-master";
  p.istio_version = "1.32-dev";
  return p;
}

constexpr std::array kSwitches = {
    SwitchInfo{"legacySidecarSendsHbone", "DP-037",
               "a sidecar injected without ISTIO_META_ENABLE_HBONE still sends HBONE to ambient pods",
               &Profile::legacy_sidecar_sends_hbone},
    SwitchInfo{"sidecarUsesWaypoint", "DP-136",
               "sidecars use the service waypoint of what they call (proposals and forks only, never upstream)",
               &Profile::sidecar_uses_waypoint},
    SwitchInfo{"ingressUseWaypointAnyBoolean", "DP-130",
               "istio.io/ingress-use-waypoint takes any boolean spelling, not only true",
               &Profile::ingress_use_waypoint_any_boolean},
    SwitchInfo{"waypointCanary", "DP-109", "istio.io/use-waypoint-canary splits connections between two waypoints",
               &Profile::waypoint_canary},
    SwitchInfo{"serviceEntryVisibility", "DP-110",
               "MeshConfig serviceEntryVisibility limits who sees a ServiceEntry and which waypoint it may use",
               &Profile::service_entry_visibility},
    SwitchInfo{"resolutionNonePassthrough", "DP-172",
               "ztunnel and waypoints pass traffic to ServiceEntries of resolution NONE through",
               &Profile::resolution_none_passthrough},
    SwitchInfo{"dynamicDnsServiceEntry", "DP-171", "wildcard ServiceEntries of resolution DYNAMIC_DNS get an address",
               &Profile::dynamic_dns_service_entry},
    SwitchInfo{"cidrServiceEntryAddresses", "DP-172", "ambient honours CIDR ranges among ServiceEntry addresses",
               &Profile::cidr_service_entry_addresses},
    SwitchInfo{"waypointMergesVirtualServices", "DP-244",
               "a waypoint merges several VirtualServices or HTTPRoutes of one service (else: first only)",
               &Profile::waypoint_merges_virtual_services},
    SwitchInfo{"waypointDefaultRetries", "DP-246", "a waypoint retries by default where no route object says otherwise",
               &Profile::waypoint_default_retries},
    SwitchInfo{"namespaceTrafficDistribution", "DP-212",
               "annotation networking.istio.io/traffic-distribution counts on namespaces",
               &Profile::namespace_traffic_distribution},
    SwitchInfo{"zoneAwareRouting", "DP-214", "sidecars route by zone without a locality setting",
               &Profile::zone_aware_routing},
    SwitchInfo{"waypointConsistentHashWithoutRoute", "DP-215",
               "consistentHash at a waypoint works without a route object",
               &Profile::waypoint_consistent_hash_without_route},
    SwitchInfo{"bypassInboundCaptureWorks", "DP-017", "annotation ambient.istio.io/bypass-inbound-capture takes effect",
               &Profile::bypass_inbound_capture_works},
    SwitchInfo{"cniAgentExcludesNamespaces", "DP-011",
               "the CNI agent honours excludeNamespaces, not only the CNI plugin",
               &Profile::cni_agent_excludes_namespaces},
    SwitchInfo{"clientNamespaceServicePreferred", "DP-107",
               "of several services with one address or host, that of the client's namespace is preferred",
               &Profile::client_namespace_service_preferred},
    SwitchInfo{"ztunnelFailureFlags", "DP-300", "ztunnel logs TLS_FAILURE and its relatives, not only DENY and CONNECT",
               &Profile::ztunnel_failure_flags},
    SwitchInfo{"dryRunAtZtunnelKnown", "PO-027", "ztunnel knows dry-run policies", &Profile::dry_run_at_ztunnel_known},
    SwitchInfo{"deadDenyStatusText", "PO-069d", "the status of a DENY policy without effect at ztunnel says so",
               &Profile::dead_deny_status_text},
    SwitchInfo{"policyLiteralsEscaped", "PO-040",
               "namespaces and suffixes in policies are literal: a dot is no regular expression",
               &Profile::policy_literals_escaped},
    SwitchInfo{"sourceTrustDomains", "PO-042", "policies may name source trust domains",
               &Profile::source_trust_domains},
    SwitchInfo{"customDryRunEnforced", "PO-026", "a CUSTOM policy with a dry-run annotation is enforced",
               &Profile::custom_dry_run_enforced},
    SwitchInfo{"xfccClientIdentity", "DP-165", "waypoints can add the client's identity to x-forwarded-client-cert",
               &Profile::xfcc_client_identity},
    SwitchInfo{"workloadEntryWaypointStatus", "DP-108", "WorkloadEntries carry a waypoint status",
               &Profile::workload_entry_waypoint_status},
    SwitchInfo{"vmTunnelLabel", "DP-033", "auto-registered virtual machines get the tunnel label",
               &Profile::vm_tunnel_label},
    SwitchInfo{"multiNetworkWaypoints", "DP-274", "waypoints may forward to another network",
               &Profile::multi_network_waypoints},
    SwitchInfo{"multiNetworkIngress", "DP-275",
               "AMBIENT_ENABLE_MULTI_NETWORK_INGRESS decides whether gateways cross networks",
               &Profile::multi_network_ingress},
    SwitchInfo{"ambientGatewaysHiddenFromSidecars", "DP-276",
               "sidecars do not see ambient east-west gateways as network gateways",
               &Profile::ambient_gateways_hidden_from_sidecars},
    SwitchInfo{"eastWestTlsPassthrough", "DP-273", "east-west gateways may have TLS passthrough listeners",
               &Profile::east_west_tls_passthrough},
    SwitchInfo{"gatewayApiManualDeployment", "DP-100",
               "a Gateway may name its own Service by spec.addresses (manual deployment)",
               &Profile::gateway_api_manual_deployment},
    SwitchInfo{"ztunnelMetricsReporterWaypoint", "TM-015", "waypoints report metrics with reporter=waypoint",
               &Profile::ztunnel_metrics_reporter_waypoint},
    SwitchInfo{"peerKubernetesLabels", "TM-017",
               "Envoys take a peer's app and version from app.kubernetes.io/name and /version where it has them",
               &Profile::peer_kubernetes_labels},
    SwitchInfo{"telemetryOfServiceNamespace", "TM-170",
               "a waypoint honours the Telemetry resources of the namespace of the service it serves",
               &Profile::telemetry_of_service_namespace},
    SwitchInfo{"traceContextPropagationSwitch", "TM-166",
               "disableContextPropagation of a Telemetry resource has effect",
               &Profile::trace_context_propagation_switch},
    SwitchInfo{"ztunnelLogClusters", "TM-082", "ztunnel's access log names src.cluster and dst.cluster",
               &Profile::ztunnel_log_clusters},
    SwitchInfo{"envoyLargeH2Windows", "HB-020", "Envoy's HTTP/2 windows are 256 MiB (up to 1.35) instead of 16 MiB",
               &Profile::envoy_large_h2_windows},
    SwitchInfo{"gatewayApiStableKinds", "DP-258",
               "TCPRoute, TLSRoute, BackendTLSPolicy, ListenerSet and TCP and TLS listeners need no "
               "PILOT_ENABLE_ALPHA_GATEWAY_API; a DestinationRule's fields count before those of a BackendTLSPolicy",
               &Profile::gateway_api_stable_kinds},
    SwitchInfo{"listenerSetV1", "DP-258", "istiod reads ListenerSet of gateway.networking.k8s.io (else: XListenerSet)",
               &Profile::listener_set_v1},
    SwitchInfo{
        "listenerConflicts", "DP-258",
        "of listeners that are not distinct only the first is programmed, those of ListenerSets last; Gateways of "
        "networking.istio.io join a managed Gateway of their own namespace only",
        &Profile::listener_conflicts},
    SwitchInfo{"tlsRouteTerminates", "DP-258", "a TLSRoute may attach to a listener that terminates TLS",
               &Profile::tls_route_terminates},
    SwitchInfo{"gatewayFrontendValidation", "DP-258",
               "spec.tls.frontend of a Gateway decides whether clients need a certificate",
               &Profile::gateway_frontend_validation},
    SwitchInfo{"httpRouteCorsWildcards", "DP-220",
               "a CORS filter of an HTTPRoute takes wildcards in origins and answers preflights of other origins",
               &Profile::http_route_cors_wildcards},
    SwitchInfo{"gatewayUpstreamSpan", "TM-160", "gateways add one span per upstream attempt",
               &Profile::gateway_upstream_span},
};

}  // namespace

std::span<const Profile> profiles() {
  static const std::array kProfiles = {ossm_3_2(), istio_1_27(), istio_master()};
  return kProfiles;
}

const Profile* find_profile(std::string_view name) {
  const auto all = profiles();
  const auto it = std::find_if(all.begin(), all.end(), [&](const Profile& p) { return p.name == name; });
  return it == all.end() ? nullptr : &*it;
}

std::span<const SwitchInfo> switches() { return kSwitches; }

}  // namespace meshsim::models
