#pragma once
// Mesh: what istiod would know, made explicit. The result of `resolve`, an immutable value that every later verb reads:
// workloads with their dataplane mode, services with endpoints, gateways and waypoints with their bindings.
// Indices into the vectors are the identities used everywhere (Hop::workload, Outcome::service, ...); their order is
// fixed by namespace and name, so that equal input in any file order gives an equal Mesh. Imitates: istiod's service
// registries and ambient index, istio-cni's enrolment, the sidecar injector (Istio 1.27 to master 2026-08). Where it
// stops: one cluster's objects in one input; clusters and networks only as far as labels and meshNetworks state them.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/mesh/mesh_settings.h"
#include "models/mesh/network_gateway.h"
#include "models/mesh/read_log.h"
#include "models/resource/object.h"
#include "models/value/ip.h"
#include "models/verdict/reason.h"

namespace meshsim::models {

inline constexpr std::size_t kNone = static_cast<std::size_t>(-1);

enum class DataplaneMode : std::uint8_t { None, Sidecar, Ambient };                  // DP-020
enum class ProxyRole : std::uint8_t { None, Gateway, Waypoint, EastWest, Ztunnel };  // DP-020
std::string_view mode_word(DataplaneMode mode, ProxyRole role);  // result word of design.md section 6

// DP-259a. Unset: undeclared, sniffed.
enum class Protocol : std::uint8_t { Unset, Http, Http2, Grpc, GrpcWeb, Https, Tls, Tcp, Mongo, Mysql, Redis, Udp };
std::string_view to_string(Protocol protocol);
constexpr bool is_http(Protocol p) {
  return p == Protocol::Http || p == Protocol::Http2 || p == Protocol::Grpc || p == Protocol::GrpcWeb;
}
constexpr bool is_tls(Protocol p) { return p == Protocol::Https || p == Protocol::Tls; }
Protocol port_protocol(std::string_view app_protocol, std::string_view port_name, std::string_view transport);

struct Locality {
  std::string region, zone, subzone, node, network, cluster;
  friend bool operator==(const Locality&, const Locality&) = default;
};

// How an address (service VIP or workload) is bound to a waypoint (DP-102..DP-115).
struct WaypointBinding {
  enum class State : std::uint8_t {
    None,
    Bound,
    NotReady,
    AttachmentDenied,
    UnsupportedTrafficType,
    CrossNamespaceForbidden
  };
  State state = State::None;
  std::size_t gateway = kNone;                // into Mesh::gateways; set when Bound (and where known for the failures)
  std::string named;                          // "ns/name" that the label names
  std::string label_level;                    // "Service", "Pod", "Namespace", ...: the object that carried the label
  std::optional<std::size_t> canary_gateway;  // DP-109
  int canary_weight = 0;                      // percent
  Reasons reasons;
  bool bound() const { return state == State::Bound; }
};

struct ContainerPort {
  std::string name;
  std::uint16_t port = 0;
  friend bool operator==(const ContainerPort&, const ContainerPort&) = default;
};

struct PodInstance {
  std::string name;
  std::vector<IpAddress> addresses;  // status.podIPs, or synthetic ones (stable by name) where the manifests have none
  bool synthetic_address = true;
  Locality locality;
  bool ready = true;
  bool terminating = false;
  friend bool operator==(const PodInstance&, const PodInstance&) = default;
};

// Include / exclude annotations of a sidecar (DP-025) and of an ambient pod (DP-017).
struct CaptureRules {
  std::vector<std::uint16_t> exclude_inbound_ports, exclude_outbound_ports, include_inbound_ports,
      include_outbound_ports;
  bool include_inbound_all = true, include_outbound_all = true;
  std::vector<Cidr> exclude_outbound_ranges, include_outbound_ranges;
  bool bypass_inbound_capture = false;  // ambient.istio.io/bypass-inbound-capture
  friend bool operator==(const CaptureRules&, const CaptureRules&) = default;
};

// Pods of one owner (Deployment, StatefulSet, ..., bare Pod, WorkloadEntry, inline ServiceEntry endpoint) that behave
// alike.
struct Workload {
  ObjectRef owner;             // Deployment bookinfo/reviews-v1
  std::string ns, name;        // of the owner; what results call ns/workload
  Labels labels, annotations;  // of the pod (template)
  std::string service_account = "default";
  std::string identity;  // spiffe://td/ns/<ns>/sa/<sa>; empty when no proxy holds a certificate for it (DP-022)
  std::string spiffe;    // the identity it would have
  std::vector<PodInstance> pods;
  std::vector<ContainerPort> ports;
  DataplaneMode mode = DataplaneMode::None;
  ProxyRole role = ProxyRole::None;
  bool host_network = false;
  bool sidecar_hbone = false;        // HBONE-aware sidecar: listens on 15008 (DP-007, DP-008, DP-036)
  bool sends_hbone = false;          // Envoy proxies: may originate HBONE (DP-037)
  bool tls_mode_istio = false;       // DP-032
  bool tunnel_label = false;         // networking.istio.io/tunnel lists http (DP-030)
  bool redirection_pending = false;  // DP-014
  bool has_ztunnel = true;           // its node runs istio-cni and ztunnel
  bool external = false;             // inline ServiceEntry endpoint or DNS host outside the mesh
  std::string dns_host;              // endpoint given by name
  bool discovered = true;            // false: its namespace is hidden from istiod (reachable by address all the same)
  Labels proxy_metadata;             // Envoy proxies: ISTIO_META_* and other environment that decides behaviour
  Node proxy_config;  // value of the annotation proxy.istio.io/config, parsed; owned by MeshSettings::config_trees
  CaptureRules capture;
  std::string canonical_service, canonical_revision;  // TM rules; from labels
  std::size_t gateway = kNone;  // into Mesh::gateways: the gateway or waypoint whose proxy these pods are
  WaypointBinding waypoint;     // workload-addressed traffic
  Reasons mode_reasons;
  std::uint32_t weight = 1;  // WorkloadEntry / endpoint weight
  Locality locality;         // of the workload (pods may refine)
  bool wds_hbone() const;    // what istiod tells ztunnels and Envoys: tunnelProtocol HBONE (DP-030, DP-031)
};

struct ServicePort {
  std::string name;
  std::uint16_t port = 0;
  Protocol protocol = Protocol::Unset;
  std::uint16_t target_number = 0;  // 0: by name
  std::string target_name;
  friend bool operator==(const ServicePort&, const ServicePort&) = default;
};

struct Endpoint {
  std::size_t workload = kNone;
  std::size_t pod = kNone;  // into Workload::pods; kNone for endpoints without pods (DNS, WorkloadEntry uses pod 0)
  std::vector<std::uint16_t>
      target_ports;     // parallel to Service::ports; 0 = this endpoint lacks the named port (DP-201)
  bool healthy = true;  // ready, or publishNotReadyAddresses (DP-202)
  std::uint32_t weight = 1;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

enum class Resolution : std::uint8_t { None, Static, Dns, DnsRoundRobin, DynamicDns };

struct Service {
  ObjectRef ref;  // Service or ServiceEntry
  std::string ns, name;
  std::string hostname;    // FQDN, one Service per host of a ServiceEntry
  bool kubernetes = true;  // registry Kubernetes, else External (ServiceEntry)
  bool headless = false;
  std::string external_name;  // ExternalName services
  bool mesh_external = false;
  Resolution resolution = Resolution::Static;
  std::vector<IpAddress>
      addresses;  // VIPs: cluster IPs (synthetic if not stated), declared or auto-allocated addresses
  std::vector<Cidr> address_ranges;           // DP-172
  std::vector<IpAddress> external_addresses;  // externalIPs and load balancer addresses: from outside the cluster
  bool auto_allocated = false;
  bool synthetic_address = false;
  std::vector<ServicePort> ports;
  Labels labels, annotations, selector;
  std::vector<Endpoint> endpoints;
  std::vector<std::string> export_to;  // empty = everywhere
  std::vector<std::string> subject_alt_names;
  bool publish_not_ready = false;
  bool internal_traffic_local = false;  // DP-203
  std::string traffic_distribution;     // DP-212: "", PreferSameZone, PreferSameNode, PreferClose
  bool client_ip_affinity = false;      // sessionAffinity: ClientIP
  bool ingress_use_waypoint = false;    // DP-130, by profile and features
  WaypointBinding waypoint;             // service-addressed traffic
  std::string creation_timestamp;
  bool discovered = true;  // false: in a namespace hidden from istiod; cluster DNS and kube-proxy still know it
  enum class Visibility : std::uint8_t { Public, Namespace, None };
  Visibility visibility = Visibility::Public;  // DP-110: MeshConfig serviceEntryVisibility, by profile
  bool global_scope = false;                   // DP-271: istio.io/global or serviceScopeConfigs
  const ServicePort* find_port(std::uint16_t port) const;
};

// A gateway-like proxy group.
struct Gateway {
  enum class Kind : std::uint8_t {
    Ingress,
    Classic,
    Waypoint,
    EastWest
  };  // Ingress: any managed Gateway API gateway, egress too
  Kind kind = Kind::Ingress;
  ObjectRef ref;           // Gateway API Gateway, or the Deployment of a classic gateway
  std::string ns, name;    // ns/Gateway or ns/Deployment
  std::string class_name;  // istio, istio-waypoint, istio-east-west, ...
  Labels labels;           // of the Gateway (waypoints) or of the pods (classic)
  std::string service_account, identity;
  std::size_t workload = kNone;          // its pods, into Mesh::workloads (managed gateways bring a synthesised one)
  std::size_t service = kNone;           // its Service, into Mesh::services
  bool has_address = true;               // DP-100: status.addresses, or no status at all
  std::string traffic_type = "service";  // DP-101, waypoints
  std::string inbound_binding;           // DP-118
  Node listeners;                        // Gateway API: spec.listeners
  bool ready() const { return has_address; }
};

struct NamespaceInfo {
  std::string name;
  Labels labels, annotations;
  std::optional<Source> source;  // nullopt: arose by mention
  bool discovered = true;        // false: undiscoveredNamespaces or discoverySelectors
};

struct Mesh {
  MeshSettings settings;
  std::map<std::string, NamespaceInfo, std::less<>> namespaces;
  WatchedList<Workload> workloads;
  std::vector<Service> services;
  std::vector<Gateway> gateways;
  std::vector<NetworkGateway> network_gateways;  // by network and name
  bool several_networks = false;                 // endpoints of more than one network are among the files
  std::vector<Object>
      objects;              // every object that istiod reads (revision filter applied), sorted by kind, namespace, name
  Diagnostics diagnostics;  // findings of resolve

  // Look-ups. find_*: index or kNone.
  std::size_t find_workload(std::string_view ns, std::string_view name) const;
  // All workloads of that name: an owner whose live pods differ (half restarted), endpoints of one ServiceEntry.
  std::vector<std::size_t> workloads_named(std::string_view ns, std::string_view name) const;
  std::size_t find_service(std::string_view ns, std::string_view name) const;  // Kubernetes Service by name
  std::size_t find_gateway(std::string_view ns,
                           std::string_view name) const;  // by Gateway, or classic by Deployment or Service name
  std::vector<std::size_t> services_by_host(std::string_view hostname) const;  // exact FQDN
  // Host as a client in namespace `ns` may write it: FQDN, name, name.ns, name.ns.svc; then wildcard ServiceEntry hosts
  // (longest). Honours DP-206 for several candidates.
  std::size_t resolve_host(std::string_view host, std::string_view client_ns) const;
  // Preferred first (DP-107), without regard to the client; ranges after exact addresses.
  std::vector<std::size_t> services_by_vip(const IpAddress& address) const;
  // The one that a client in `client_ns` gets: its own namespace first where the profile says so (DP-107).
  std::size_t resolve_vip(const IpAddress& address, std::string_view client_ns) const;
  // Service behind a load balancer's or external IP: known to kube-proxy, not to any proxy.
  std::size_t service_by_external_ip(const IpAddress& address) const;
  // (workload, pod) whose address this is; hostNetwork pods are not indexed (DP-016).
  std::optional<std::pair<std::size_t, std::size_t>> workload_by_ip(const IpAddress& address) const;
  // Services that have an endpoint in this workload, in their order.
  const std::vector<std::size_t>& services_of(std::size_t workload) const;
  const Labels& namespace_labels(std::string_view ns) const;
  // All objects of a kind ("AuthorizationPolicy"), optionally of one API group where kinds collide ("Gateway").
  std::vector<const Object*> objects_of(std::string_view kind, std::string_view api_group = "*") const;
  // A field of the ProxyConfig in force at this workload's Envoy, e.g. "gatewayTopology.numTrustedProxies": annotation
  // proxy.istio.io/config over MeshConfig defaultConfig.
  Node proxy_setting(std::size_t workload, std::string_view dotted_path) const;
  std::string fqdn(std::string_view name, std::string_view ns) const;  // name.ns.svc.<domain suffix>

  // Indices, filled by finish(); resolve calls it last.
  void finish();
  struct Index;
  std::shared_ptr<const Index> index;
};

// resolve: objects (after label overlays and shorthand expansion) and settings -> Mesh. Pure; order of `objects` does
// not matter. `settings` is the scenario's word; MeshConfig among the objects is merged beneath it.
struct ScenarioMesh {
  std::string profile = "ossm-3.2";
  std::shared_ptr<const Tree> tree;  // owns mesh
  Node mesh;                         // the scenario's `mesh` block, may be Missing
  // MeshConfig trees, strongest first: what the reader parsed from `data.mesh` of the ConfigMap `istio` (or
  // `istio-<revision>`) in the root namespace. Models do not parse YAML.
  std::vector<std::shared_ptr<const Tree>> mesh_configs;
  std::shared_ptr<const Tree> mesh_networks;  // data.meshNetworks of the same ConfigMap
  // Values of the pod annotation proxy.istio.io/config (YAML text), as the reader parsed them, by their text.
  std::map<std::string, std::shared_ptr<const Tree>, std::less<>> proxy_configs;
};
std::shared_ptr<const Mesh> resolve(std::vector<Object> objects, const ScenarioMesh& scenario);

}  // namespace meshsim::models
