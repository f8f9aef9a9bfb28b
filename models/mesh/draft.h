#pragma once
// Draft: the Mesh while `resolve` builds it, and the steps that build it, in their order. Internal to models/mesh.
// Every step reads objects in sorted order, so that the order of input files cannot matter.
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "models/mesh/mesh.h"

namespace meshsim::models {

// A Workload before its place in Mesh::workloads is known, with what links it to its object.
struct WorkloadDraft {
  Workload workload;
  enum class Origin : std::uint8_t { Pods, Entry, Inline, Slice } origin = Origin::Pods;
  const Object* object = nullptr;  // WorkloadEntry, ServiceEntry or EndpointSlice that states it
  std::string host;                // Inline without endpoints: the ServiceEntry host it stands for
  std::size_t number = 0;          // order within the object
};

// A manual EndpointSlice all of whose addresses are pods among the files: the pods are the endpoints.
struct PodSlice {
  std::vector<std::pair<IpAddress, bool>> addresses;  // with readiness
  std::vector<ContainerPort> ports;
};

// What a Node says (DP-011, locality).
struct NodeFacts {
  Labels labels;
  bool cni = true, ztunnel = true;
};

struct Draft {
  Mesh mesh;
  std::vector<Object> hidden;                                           // core objects of undiscovered namespaces
  std::unordered_map<std::string, std::vector<const Object*>> by_kind;  // "group/Kind"; mesh.objects and hidden
  std::unordered_map<std::string, const Object*> by_name;               // "group/Kind|ns|name"
  std::map<std::string, NodeFacts, std::less<>> nodes;
  std::vector<WorkloadDraft> workloads;
  std::map<std::string, std::vector<PodSlice>> pod_slices;                   // by ns/service
  std::unordered_map<const Object*, std::vector<std::size_t>> workloads_of;  // after sorting: into Mesh::workloads
  std::vector<WorkloadDraft::Origin> origins;                                // parallel to Mesh::workloads
  std::vector<std::string> origin_hosts;                                     // parallel to Mesh::workloads
  std::vector<const Object*> service_objects;                                // parallel to Mesh::services

  const std::vector<const Object*>& of(std::string_view group_and_kind) const;
  const Object* find_object(std::string_view group_and_kind, std::string_view ns, std::string_view name) const;
  const Labels& namespace_labels(std::string_view ns) const { return mesh.namespace_labels(ns); }
  bool discovered(std::string_view ns) const;
  void report(Severity severity, std::string code, const Object& object, Node at, std::string message);
  void report(Severity severity, std::string code, const ObjectRef& ref, std::string message);
};

// settings.cpp, settings_objects.cpp
MeshSettings make_settings(const std::vector<Object>& objects, const ScenarioMesh& scenario, Diagnostics& diagnostics);
// objects.cpp
void sort_objects(std::vector<Object>& objects);
// Duplicates, namespaces, discovery, revision filter; fills by_kind.
void take_objects(Draft& draft, std::vector<Object> objects);
// ingresses.cpp: the Gateways and VirtualServices that istiod makes of Ingresses.
void add_ingresses(Draft& draft, std::vector<Object>& objects);
// nodes.cpp
void read_nodes(Draft& draft);
Locality locality_of(const Draft& draft, std::string_view node, const Labels& labels, Node pod_spec);
// pods.cpp: workloads out of templates and pods.
void read_pods(Draft& draft);
// entries.cpp: WorkloadEntry, inline endpoints of ServiceEntry, manual EndpointSlice and Endpoints.
void read_entries(Draft& draft);
// gateways.cpp: Gateway API gateways, with the pods and Services of managed ones; classic gateways after sorting.
void read_gateways(Draft& draft);
void link_gateways(Draft& draft);
// networks.cpp: network of an endpoint (label, system namespace, meshNetworks), ways into other networks.
std::string network_of(const Draft& draft, const Labels& labels, std::string_view cluster);
void give_networks_by_address(Draft& draft);
void read_networks(Draft& draft);
// addresses.cpp
void give_pod_addresses(Draft& draft);
void give_service_addresses(Draft& draft);
// services.cpp, service_entries.cpp
void read_services(Draft& draft);
void read_service_entries(Draft& draft);
void sort_workloads(Draft& draft);
void sort_services(Draft& draft);
// endpoints.cpp
void link_endpoints(Draft& draft);
// waypoints.cpp
void bind_waypoints(Draft& draft);
// kinds.cpp
void report_kind(Draft& draft, const Object& object);
// findings.cpp
void report_findings(Draft& draft);

}  // namespace meshsim::models
