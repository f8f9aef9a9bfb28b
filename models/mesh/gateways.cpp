// Gateway API Gateways with what istiod deploys for them, and classic gateways (DP-015, DP-100, DP-101, DP-118).
#include <algorithm>
#include <set>

#include "models/mesh/pods.h"
#include "models/mesh/selector.h"
#include "models/mesh/services.h"

namespace meshsim::models {
namespace {

constexpr std::string_view kGatewayName = "gateway.networking.k8s.io/gateway-name";

// A Gateway without status is ready; what has an address is; otherwise `Programmed` decides (design.md section 4).
bool has_address(const Object& gateway) {
  const Node status = gateway.status();
  if (!status["addresses"].empty()) return true;
  for (const Node condition : status["conditions"])
    if (condition["type"].text() == "Programmed") return condition["status"].text() == "True";
  return true;
}

std::string label_or_class(const Draft& draft, const Object& gateway, std::string_view key, bool annotation) {
  const Object* gateway_class =
      draft.find_object("gateway.networking.k8s.io/GatewayClass", "", gateway.spec()["gatewayClassName"].text());
  for (const Object* object : {&gateway, gateway_class}) {
    if (object == nullptr) continue;
    if (const auto value = find(annotation ? object->annotations : object->labels, key)) return std::string(*value);
  }
  return {};
}

std::string managed_by(Gateway::Kind kind) {
  return kind == Gateway::Kind::Waypoint   ? "istio.io-mesh-controller"
         : kind == Gateway::Kind::EastWest ? "istio.io-eastwest-controller"
                                           : "istio.io-gateway-controller";
}

// Name of the Deployment and Service that istiod makes (istio/istio deploymentcontroller.go, 1.27).
std::string deployment_name(const Object& object, Gateway::Kind kind, const std::string& class_name) {
  if (const auto stated = find(object.annotations, "gateway.istio.io/name-override")) return std::string(*stated);
  return kind == Gateway::Kind::Ingress ? object.name + '-' + class_name : object.name;
}

// Labels or annotations that istiod puts on what it deploys: those of spec.infrastructure where stated, else the
// Gateway's own (istio/istio deploymentcontroller.go, extractInfrastructureMetadata).
Labels infrastructure_metadata(const Draft& draft, const Object& object, std::string_view key, const Labels& own) {
  const Node stated = object.spec()["infrastructure"][key];
  if (!stated.exists())
    return draft.mesh.settings.feature("PILOT_ENABLE_GATEWAY_API_COPY_LABELS_ANNOTATIONS") ? own : Labels();
  Labels out = string_pairs(stated);
  std::erase_if(out, [](const auto& pair) { return pair.first.starts_with("gateway.networking.k8s.io/"); });
  return out;
}

Labels managed_labels(const Draft& draft, const Object& object, const Gateway& gateway, const std::string& deployment) {
  Labels out = infrastructure_metadata(draft, object, "labels", object.labels);
  out.insert_or_assign(std::string(kGatewayName), object.name);
  out.insert_or_assign("gateway.networking.k8s.io/gateway-class-name", gateway.class_name);
  out.insert_or_assign("gateway.istio.io/managed", managed_by(gateway.kind));
  out.emplace("service.istio.io/canonical-name", deployment);
  out.emplace("service.istio.io/canonical-revision", "latest");
  out.emplace("sidecar.istio.io/inject", "false");
  out.emplace("istio.io/dataplane-mode", "none");  // DP-015
  return out;
}

ProxyRole role_of(Gateway::Kind kind) {
  return kind == Gateway::Kind::Waypoint   ? ProxyRole::Waypoint
         : kind == Gateway::Kind::EastWest ? ProxyRole::EastWest
                                           : ProxyRole::Gateway;
}

void add_managed_pods(Draft& draft, const Object& object, const Gateway& gateway, const std::string& deployment) {
  WorkloadDraft made;
  made.object = &object;
  Workload& w = made.workload;
  w.owner = {"Deployment", object.ns, deployment, object.source()};
  w.ns = object.ns;
  w.name = deployment;
  w.labels = managed_labels(draft, object, gateway, deployment);
  w.annotations = infrastructure_metadata(draft, object, "annotations", object.annotations);
  w.service_account = std::string(find(object.annotations, "gateway.istio.io/service-account").value_or(deployment));
  w.role = role_of(gateway.kind);
  w.discovered = draft.discovered(w.ns);
  w.proxy_metadata = proxy_metadata_for(draft, w.ns, w.labels, w.annotations);
  PodInstance pod;
  pod.name = deployment + "-0";
  pod.locality = locality_of(draft, "", w.labels, Node());
  pod.ready = gateway.has_address;
  w.locality = pod.locality;
  w.pods.push_back(std::move(pod));
  w.mode_reasons.push_back({"DP-015", "istiod deploys it for " + object.ref().text(), {}});
  finish_proxy(draft, w);
  draft.workloads.push_back(std::move(made));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

void add_managed_service(Draft& draft, const Object& object, const Gateway& gateway, const std::string& name) {
  Service s;
  s.ref = {"Service", object.ns, name, object.source()};
  s.ns = object.ns;
  s.name = name;
  s.hostname = draft.mesh.fqdn(name, object.ns);
  s.labels = managed_labels(draft, object, gateway, name);
  s.labels.erase("sidecar.istio.io/inject");
  s.labels.erase("istio.io/dataplane-mode");
  s.selector = {{std::string(kGatewayName), object.name}};
  s.creation_timestamp = object.creation_timestamp;
  s.discovered = draft.discovered(s.ns);
  s.global_scope = is_global(draft, s.labels, s.ns);
  for (const Node address : object.status()["addresses"])
    if (const auto ip = IpAddress::parse(address["value"].text())) s.external_addresses.push_back(*ip);
  std::set<std::uint16_t> seen;
  const auto add = [&](std::string port_name, std::int64_t number, Protocol protocol) {
    if (number <= 0 || number > 65535 || !seen.insert(static_cast<std::uint16_t>(number)).second) return;
    s.ports.push_back(
        {std::move(port_name), static_cast<std::uint16_t>(number), protocol, static_cast<std::uint16_t>(number), {}});
  };
  add("status-port", 15021, Protocol::Tcp);
  for (const Node listener : object.spec()["listeners"])
    add(listener["name"].string(), listener["port"].integer().value_or(0),
        port_protocol(lower(listener["protocol"].text()), "", "TCP"));
  if (gateway.kind != Gateway::Kind::Ingress) add("mesh", 15008, Protocol::Tcp);
  draft.mesh.services.push_back(std::move(s));
  draft.service_objects.push_back(&object);
}

// Remote and third-party gateways: istiod deploys nothing for them.
bool is_unmanaged(const Draft& draft, const std::string& class_name) {
  if (class_name == "istio-remote") return true;
  const Object* object = draft.find_object("gateway.networking.k8s.io/GatewayClass", "", class_name);
  return object != nullptr && object->spec()["controllerName"].text() == "istio.io/unmanaged-gateway";
}

bool names_own_service(const Draft& draft, const Object& object) {
  if (!draft.mesh.settings.profile.gateway_api_manual_deployment) return false;
  for (const Node address : object.spec()["addresses"])
    if (address["type"].text() == "Hostname") return true;
  return false;
}

void read_gateway(Draft& draft, const Object& object) {
  Gateway g;
  g.ref = object.ref();
  g.ns = object.ns;
  g.name = object.name;
  g.class_name = object.spec()["gatewayClassName"].string();
  g.labels = object.labels;
  g.listeners = object.spec()["listeners"];
  g.has_address = has_address(object);
  const auto kind = kind_of_class(draft, g.class_name);
  const bool stated_address = !object.status()["addresses"].empty();
  if (!kind && !stated_address) {
    draft.report(Severity::Warning, "MSH0205", object, object.spec()["gatewayClassName"],
                 "class " + g.class_name +
                     " is none of Istio's, and no GatewayClass among the files says otherwise: this "
                     "Gateway is not modelled");
    return;
  }
  // DP-100: any Gateway with an address counts as a waypoint for those who name it, whatever its class.
  g.kind = kind.value_or(Gateway::Kind::Waypoint);
  const std::string traffic = label_or_class(draft, object, "istio.io/waypoint-for", false);
  if (!traffic.empty()) g.traffic_type = traffic;  // DP-101
  g.inbound_binding = label_or_class(draft, object, "ambient.istio.io/waypoint-inbound-binding", true);
  const std::string deployment = deployment_name(object, g.kind, g.class_name);
  g.service_account = std::string(find(object.annotations, "gateway.istio.io/service-account").value_or(deployment));
  g.identity = spiffe(draft.mesh.settings, g.ns, g.service_account);
  if (is_unmanaged(draft, g.class_name) && find(g.labels, "topology.istio.io/network"))
    g.kind = Gateway::Kind::EastWest;  // the gateway of another network (DP-272)
  if (kind && !is_unmanaged(draft, g.class_name) && !names_own_service(draft, object)) {
    const bool brings_pods = std::any_of(draft.workloads.begin(), draft.workloads.end(), [&](const WorkloadDraft& d) {
      return d.workload.ns == g.ns && (find(d.workload.labels, kGatewayName) == g.name ||
                                       (d.workload.name == deployment && d.workload.owner.kind == "Deployment"));
    });
    if (!brings_pods) add_managed_pods(draft, object, g, deployment);
    if (draft.find_object("/Service", g.ns, deployment) == nullptr) add_managed_service(draft, object, g, deployment);
  }
  draft.mesh.gateways.push_back(std::move(g));
}

// The first Service in `ns` whose selector takes these pods, the one of the same name first.
std::size_t service_of(const Mesh& mesh, const Workload& w) {
  std::size_t found = kNone;
  for (std::size_t i = 0; i < mesh.services.size(); ++i) {
    const Service& s = mesh.services[i];
    if (!s.kubernetes || s.ns != w.ns || s.selector.empty() || !matches(s.selector, w.labels)) continue;
    if (s.name == w.name) return i;
    if (found == kNone) found = i;
  }
  return found;
}

// The Service that a Gateway names among its addresses: "name", "name.ns" or its FQDN.
std::size_t named_service(const Mesh& mesh, const Gateway& g, Node spec_or_status) {
  for (const Node address : spec_or_status["addresses"]) {
    if (address["type"].text() != "Hostname") continue;
    const std::size_t found = mesh.resolve_host(address["value"].text(), g.ns);
    if (found != kNone) return found;
  }
  return kNone;
}

std::size_t workload_behind(const Service& s) { return s.endpoints.empty() ? kNone : s.endpoints.front().workload; }

void link_managed(Draft& draft, Gateway& g, std::size_t index) {
  Mesh& mesh = draft.mesh;
  const Object* object = draft.find_object("gateway.networking.k8s.io/Gateway", g.ns, g.name);
  if (object != nullptr && names_own_service(draft, *object)) {
    g.service = named_service(mesh, g, object->spec());
    if (g.service == kNone) {
      draft.report(Severity::Warning, "MSH0215", *object, object->spec()["addresses"],
                   "spec.addresses names no Service among the files: the Gateway has no pods");
    } else {
      g.workload = workload_behind(mesh.services[g.service]);
    }
  } else if (object != nullptr && !kind_of_class(draft, g.class_name)) {
    // A third-party waypoint: its address leads to its Service.
    g.service = named_service(mesh, g, object->status());
    if (g.service != kNone) g.workload = workload_behind(mesh.services[g.service]);
  } else {
    const std::string deployment = object ? deployment_name(*object, g.kind, g.class_name) : g.name;
    for (std::size_t w = 0; w < mesh.workloads.size() && g.workload == kNone; ++w)
      if (mesh.workloads[w].ns == g.ns && find(mesh.workloads[w].labels, kGatewayName) == g.name) g.workload = w;
    if (g.workload == kNone) g.workload = mesh.find_workload(g.ns, deployment);
    g.service = mesh.find_service(g.ns, deployment);
    if (g.service == kNone && g.workload != kNone) g.service = service_of(mesh, mesh.workloads[g.workload]);
  }
  if (g.workload == kNone) return;
  Workload& w = mesh.workloads[g.workload];
  w.gateway = index;
  if (w.role == ProxyRole::None) w.role = role_of(g.kind);
  finish_proxy(draft, w);
  g.service_account = w.service_account;
  g.identity = w.spiffe;
}

}  // namespace

void read_gateways(Draft& draft) {
  for (const Object* object : draft.of("gateway.networking.k8s.io/Gateway")) read_gateway(draft, *object);
}

void link_gateways(Draft& draft) {
  Mesh& mesh = draft.mesh;
  std::sort(mesh.gateways.begin(), mesh.gateways.end(),
            [](const Gateway& a, const Gateway& b) { return std::tie(a.ns, a.name) < std::tie(b.ns, b.name); });
  for (std::size_t i = 0; i < mesh.gateways.size(); ++i) link_managed(draft, mesh.gateways[i], i);
  // What is a gateway by its pods and belongs to no Gateway API object is a classic one.
  std::vector<Gateway> classic;
  for (std::size_t i = 0; i < mesh.workloads.size(); ++i) {
    const Workload& w = mesh.workloads[i];
    if (w.role != ProxyRole::Gateway || w.gateway != kNone) continue;
    Gateway g;
    g.kind = Gateway::Kind::Classic;
    g.ref = w.owner;
    g.ns = w.ns;
    g.name = w.name;
    g.labels = w.labels;
    g.service_account = w.service_account;
    g.identity = w.identity;
    g.workload = i;
    g.service = service_of(mesh, w);
    classic.push_back(std::move(g));
  }
  for (Gateway& g : classic) {
    mesh.workloads[g.workload].gateway = mesh.gateways.size();
    mesh.gateways.push_back(std::move(g));
  }
}

}  // namespace meshsim::models
