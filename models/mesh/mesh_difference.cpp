// Structs are taken apart by structured bindings that name every field: one that is added later does not compile here
// before somebody has said whether it counts.
#include "models/mesh/mesh_difference.h"

#include <algorithm>
#include <array>

namespace meshsim::models {

namespace {

// Names and sources: reasons and findings quote both.
bool same(const ObjectRef& a, const ObjectRef& b) { return a == b && a.source == b.source; }

template <typename T, typename Same>
bool all_same(const T& a, const T& b, const Same& same_one) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), same_one);
}

bool same(const Reasons& a, const Reasons& b) {
  return all_same(a, b, [](const Reason& x, const Reason& y) { return x == y && x.source == y.source; });
}

bool same(const std::vector<Node>& a, const std::vector<Node>& b) {
  return all_same(a, b, [](Node x, Node y) { return identical(x, y); });
}

bool same(const WaypointBinding& a, const WaypointBinding& b) {
  const auto& [state, gateway, named, label_level, canary_gateway, canary_weight, reasons] = a;
  return state == b.state && gateway == b.gateway && named == b.named && label_level == b.label_level &&
         canary_gateway == b.canary_gateway && canary_weight == b.canary_weight && same(reasons, b.reasons);
}

bool same(const Workload& a, const Workload& b) {
  const auto& [owner, ns, name, labels, annotations, service_account, identity, spiffe, pods, ports, mode, role,
               host_network, sidecar_hbone, sends_hbone, tls_mode_istio, tunnel_label, redirection_pending, has_ztunnel,
               external, dns_host, discovered, proxy_metadata, proxy_config, capture, canonical_service,
               canonical_revision, gateway, waypoint, mode_reasons, weight, locality] = a;
  return same(owner, b.owner) && ns == b.ns && name == b.name && labels == b.labels && annotations == b.annotations &&
         service_account == b.service_account && identity == b.identity && spiffe == b.spiffe && pods == b.pods &&
         ports == b.ports && mode == b.mode && role == b.role && host_network == b.host_network &&
         sidecar_hbone == b.sidecar_hbone && sends_hbone == b.sends_hbone && tls_mode_istio == b.tls_mode_istio &&
         tunnel_label == b.tunnel_label && redirection_pending == b.redirection_pending &&
         has_ztunnel == b.has_ztunnel && external == b.external && dns_host == b.dns_host &&
         discovered == b.discovered && proxy_metadata == b.proxy_metadata && identical(proxy_config, b.proxy_config) &&
         capture == b.capture && canonical_service == b.canonical_service &&
         canonical_revision == b.canonical_revision && gateway == b.gateway && same(waypoint, b.waypoint) &&
         same(mode_reasons, b.mode_reasons) && weight == b.weight && locality == b.locality;
}

// An ordinary workload that is looked up in the same ways.
bool only_itself(const Workload& a, const Workload& b) {
  const auto ordinary = [](const Workload& w) { return w.role == ProxyRole::None && w.gateway == kNone; };
  return ordinary(a) && ordinary(b) && a.ns == b.ns && a.name == b.name && a.owner == b.owner &&
         a.external == b.external && a.host_network == b.host_network &&
         all_same(a.pods, b.pods, [](const PodInstance& x, const PodInstance& y) {
           return x.name == y.name && x.addresses == y.addresses;
         });
}

bool same(const Service& a, const Service& b) {
  const auto& [ref, ns, name, hostname, kubernetes, headless, external_name, mesh_external, resolution, addresses,
               address_ranges, external_addresses, auto_allocated, synthetic_address, ports, labels, annotations,
               selector, endpoints, export_to, subject_alt_names, publish_not_ready, internal_traffic_local,
               traffic_distribution, client_ip_affinity, ingress_use_waypoint, waypoint, creation_timestamp, discovered,
               visibility, global_scope] = a;
  return same(ref, b.ref) && ns == b.ns && name == b.name && hostname == b.hostname && kubernetes == b.kubernetes &&
         headless == b.headless && external_name == b.external_name && mesh_external == b.mesh_external &&
         resolution == b.resolution && addresses == b.addresses && address_ranges == b.address_ranges &&
         external_addresses == b.external_addresses && auto_allocated == b.auto_allocated &&
         synthetic_address == b.synthetic_address && ports == b.ports && labels == b.labels &&
         annotations == b.annotations && selector == b.selector && endpoints == b.endpoints &&
         export_to == b.export_to && subject_alt_names == b.subject_alt_names &&
         publish_not_ready == b.publish_not_ready && internal_traffic_local == b.internal_traffic_local &&
         traffic_distribution == b.traffic_distribution && client_ip_affinity == b.client_ip_affinity &&
         ingress_use_waypoint == b.ingress_use_waypoint && same(waypoint, b.waypoint) &&
         creation_timestamp == b.creation_timestamp && discovered == b.discovered && visibility == b.visibility &&
         global_scope == b.global_scope;
}

bool same(const Gateway& a, const Gateway& b) {
  const auto& [kind, ref, ns, name, class_name, labels, service_account, identity, workload, service, has_address,
               traffic_type, inbound_binding, listeners] = a;
  return kind == b.kind && same(ref, b.ref) && ns == b.ns && name == b.name && class_name == b.class_name &&
         labels == b.labels && service_account == b.service_account && identity == b.identity &&
         workload == b.workload && service == b.service && has_address == b.has_address &&
         traffic_type == b.traffic_type && inbound_binding == b.inbound_binding && identical(listeners, b.listeners);
}

bool same(const NetworkGateway& a, const NetworkGateway& b) {
  const auto& [network, gateway, address, mtls_port, hbone_port, ref] = a;
  return network == b.network && gateway == b.gateway && address == b.address && mtls_port == b.mtls_port &&
         hbone_port == b.hbone_port && same(ref, b.ref);
}

bool same(const ExtensionProvider& a, const ExtensionProvider& b) {
  const auto& [name, kind, service, port, fail_open, status_on_error, node] = a;
  return name == b.name && kind == b.kind && service == b.service && port == b.port && fail_open == b.fail_open &&
         status_on_error == b.status_on_error && identical(node, b.node);
}

bool same(const MeshSettings& a, const MeshSettings& b) {
  // config_trees own the nodes, no more.
  const auto& [profile, trust_domain, aliases, root_namespace, revision, domain, cluster_id, revision_tags, revisions,
               never_inject, always_inject, injection_enabled_policy, enable_auto_mtls, registry_only,
               path_normalization, num_trusted_proxies, forward_client_cert_details, enable_namespaces_by_default,
               proxy_metadata, extension_providers, ext_authz, jwks, undiscovered_namespaces, features, config_trees,
               config, stated_networks] = a;
  return profile == b.profile && trust_domain == b.trust_domain && aliases == b.trust_domain_aliases &&
         root_namespace == b.root_namespace && revision == b.revision && domain == b.domain &&
         cluster_id == b.cluster_id && revision_tags == b.revision_tags && revisions == b.revisions &&
         same(never_inject, b.never_inject) && same(always_inject, b.always_inject) &&
         injection_enabled_policy == b.injection_enabled_policy && enable_auto_mtls == b.enable_auto_mtls &&
         registry_only == b.registry_only && path_normalization == b.path_normalization &&
         num_trusted_proxies == b.num_trusted_proxies && forward_client_cert_details == b.forward_client_cert_details &&
         enable_namespaces_by_default == b.enable_namespaces_by_default && proxy_metadata == b.proxy_metadata &&
         all_same(extension_providers, b.extension_providers,
                  [](const auto& x, const auto& y) { return same(x, y); }) &&
         ext_authz == b.ext_authz && jwks == b.jwks && undiscovered_namespaces == b.undiscovered_namespaces &&
         features == b.features && same(config, b.config) && identical(stated_networks, b.stated_networks);
}

bool same(const Object& a, const Object& b) {
  if (a.kind != b.kind || a.ns != b.ns || a.name != b.name || a.api_group != b.api_group) return false;
  if (is_resolved_kind(a.api_group, a.kind)) return true;
  const auto& [api_group, api_version, kind, ns, name, uid, creation_timestamp, labels, annotations, tree, root] = a;
  return api_version == b.api_version && uid == b.uid && creation_timestamp == b.creation_timestamp &&
         labels == b.labels && annotations == b.annotations && (tree == nullptr) == (b.tree == nullptr) &&
         identical(root, b.root);
}

bool same(const NamespaceInfo& a, const NamespaceInfo& b) {
  const auto& [name, labels, annotations, source, discovered] = a;
  return name == b.name && labels == b.labels && annotations == b.annotations && source == b.source &&
         discovered == b.discovered;
}

// Some list of this object admits routes by the labels of their namespaces.
bool chooses_namespaces(Node node) {
  if (node["from"].string_or() == "Selector") return true;
  return std::any_of(node.begin(), node.end(), [](Node child) { return chooses_namespaces(child); });
}

bool listeners_choose_namespaces(const Mesh& mesh) {
  return std::any_of(mesh.objects.begin(), mesh.objects.end(), [](const Object& object) {
    return object.api_group.starts_with("gateway.networking.") && chooses_namespaces(object.spec());
  });
}

}  // namespace

bool is_resolved_kind(std::string_view api_group, std::string_view kind) {
  // Not DaemonSet: how ztunnel logs is read from its own.
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kKinds = {{{"", "Namespace"},
                                                                                           {"", "Pod"},
                                                                                           {"", "Service"},
                                                                                           {"", "ServiceAccount"},
                                                                                           {"apps", "Deployment"},
                                                                                           {"apps", "ReplicaSet"},
                                                                                           {"apps", "StatefulSet"},
                                                                                           {"batch", "CronJob"},
                                                                                           {"batch", "Job"}}};
  return std::find(kKinds.begin(), kKinds.end(), std::pair(api_group, kind)) != kKinds.end();
}

bool MeshDifference::spares(const MeshReads& reads) const {
  return !everything && !reads.everything &&
         std::none_of(reads.workloads.begin(), reads.workloads.end(),
                      [&](std::uint32_t w) { return w >= workloads.size() || workloads[w]; });
}

MeshDifference difference(const Mesh& a, const Mesh& b) {
  MeshDifference out;
  out.everything = true;
  const auto one = [](const auto& x, const auto& y) { return same(x, y); };
  // Findings are nobody's reason; the index is made of what is compared.
  const auto& [settings, namespaces, workloads, services, gateways, network_gateways, several_networks, objects,
               diagnostics, index] = a;
  if (!same(settings, b.settings) || !all_same(services, b.services, one) || !all_same(gateways, b.gateways, one) ||
      !all_same(network_gateways, b.network_gateways, one) || several_networks != b.several_networks ||
      !all_same(objects, b.objects, one) || workloads.size() != b.workloads.size() ||
      namespaces.size() != b.namespaces.size())
    return out;
  std::vector<std::string_view> relabelled;
  for (auto x = namespaces.begin(), y = b.namespaces.begin(); x != namespaces.end(); ++x, ++y) {
    if (x->first != y->first || x->second.discovered != y->second.discovered) return out;
    if (!same(x->second, y->second)) relabelled.push_back(x->first);
  }
  if (!relabelled.empty() && listeners_choose_namespaces(a)) return out;
  out.workloads.assign(workloads.size(), false);
  for (std::size_t i = 0; i < workloads.size(); ++i) {
    const bool moved = std::binary_search(relabelled.begin(), relabelled.end(), workloads[i].ns);
    if (!moved && same(workloads[i], b.workloads[i])) continue;
    if (!same(workloads[i], b.workloads[i]) && !only_itself(workloads[i], b.workloads[i])) {
      out.workloads.clear();
      return out;
    }
    out.workloads[i] = true;
  }
  out.everything = false;
  return out;
}

}  // namespace meshsim::models
