// Workloads that are no pods: WorkloadEntry, the inline endpoints of a ServiceEntry, manual EndpointSlices (DP-033).
#include <algorithm>
#include <set>

#include "models/mesh/pods.h"
#include "models/mesh/selector.h"

namespace meshsim::models {
namespace {

std::uint16_t port_of(Node node) {
  const auto number = node.integer().value_or(0);
  return number > 0 && number < 65536 ? static_cast<std::uint16_t>(number) : 0;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// The fields that a WorkloadEntry's spec and an inline endpoint share.
void read_entry(const Draft& draft, Node spec, Workload& w) {
  for (const Node port : spec["ports"])
    if (const auto number = port_of(port)) w.ports.push_back({std::string(port.key()), number});
  if (const auto weight = spec["weight"].integer(); weight && *weight > 0 && *weight < 1'000'000)
    w.weight = static_cast<std::uint32_t>(*weight);
  if (spec["serviceAccount"].is_string()) w.service_account = spec["serviceAccount"].string();
  w.locality = locality_of(draft, "", w.labels, Node());
  if (spec["network"].is_string()) w.locality.network = spec["network"].string();
  std::string_view locality = spec["locality"].text();
  if (!locality.empty())
    for (std::string* part : {&w.locality.region, &w.locality.zone, &w.locality.subzone}) {
      const auto slash = locality.find('/');
      *part = locality.substr(0, slash);
      locality = slash == std::string_view::npos ? std::string_view() : locality.substr(slash + 1);
    }
}

void add_address(std::string_view address, const std::string& name, Workload& w) {
  if (const auto ip = IpAddress::parse(address)) {
    PodInstance pod;
    pod.name = name;
    pod.addresses = {*ip};
    pod.synthetic_address = false;
    pod.locality = w.locality;
    w.pods.push_back(std::move(pod));
  } else {
    w.dns_host = address;
  }
}

// A machine outside the cluster with a sidecar: HBONE by label only (DP-033).
void finish_machine(const Draft& draft, Workload& w) {
  if (w.mode != DataplaneMode::Sidecar) return;
  const MeshSettings& s = draft.mesh.settings;
  w.sidecar_hbone = w.tunnel_label && s.feature("PILOT_ENABLE_SIDECAR_LISTENING_HBONE");
  w.sends_hbone = s.feature("PILOT_ENABLE_SENDING_HBONE") && (w.tunnel_label || s.profile.legacy_sidecar_sends_hbone);
}

void add_workload_entry(Draft& draft, const Object& object) {
  WorkloadDraft made;
  made.origin = WorkloadDraft::Origin::Entry;
  made.object = &object;
  Workload& w = made.workload;
  w.owner = object.ref();
  w.ns = object.ns;
  w.name = object.name;
  w.labels = string_pairs(object.spec()["labels"]);
  for (const auto& [key, value] : object.labels) w.labels.emplace(key, value);
  w.annotations = object.annotations;
  read_entry(draft, object.spec(), w);
  add_address(object.spec()["address"].text(), object.name, w);
  // A machine with a sidecar: auto-registered, or labelled so.
  const bool registered = find(object.annotations, "istio.io/autoRegistrationGroup").has_value();
  if (registered || find(w.labels, "security.istio.io/tlsMode") == "istio") {
    w.mode = DataplaneMode::Sidecar;
    if (registered) w.labels.emplace("security.istio.io/tlsMode", "istio");
    if (registered && draft.mesh.settings.profile.vm_tunnel_label && draft.mesh.settings.ambient_enabled())
      w.labels.emplace("networking.istio.io/tunnel", "http");
    w.mode_reasons.push_back({"DP-033", "a machine with a sidecar (label security.istio.io/tlsMode=istio)", {}});
  } else {
    w.mode_reasons.push_back({"DP-033", "a WorkloadEntry without sidecar", {}});
  }
  finish_proxy(draft, w);
  finish_machine(draft, w);
  draft.workloads.push_back(std::move(made));
}

Workload external_workload(const Draft& draft, const Object& entry) {
  Workload w;
  w.owner = entry.ref();
  w.ns = entry.ns;
  w.name = entry.name;  // istio/istio TestServiceEntryWorkloads: the ServiceEntry's own name
  w.external = true;
  w.discovered = draft.discovered(w.ns);
  return w;
}

bool alike(const Workload& a, const Workload& b) {
  return a.labels == b.labels && a.service_account == b.service_account && a.weight == b.weight &&
         a.dns_host == b.dns_host && a.locality.network == b.locality.network &&
         a.locality.region == b.locality.region && a.locality.zone == b.locality.zone &&
         std::equal(a.ports.begin(), a.ports.end(), b.ports.begin(), b.ports.end(),
                    [](const auto& x, const auto& y) { return x.name == y.name && x.port == y.port; });
}

void add_inline_endpoints(Draft& draft, const Object& entry) {
  const std::size_t first = draft.workloads.size();
  for (const Node endpoint : entry.spec()["endpoints"]) {
    if (endpoint["address"].text().empty()) {
      // Allowed only for the network gateway of another network, which nothing here dials.
      draft.report(Severity::Warning, "MSH0220", entry, endpoint, "this endpoint has no address and is left out");
      continue;
    }
    WorkloadDraft made;
    made.origin = WorkloadDraft::Origin::Inline;
    made.object = &entry;
    Workload& w = made.workload;
    w = external_workload(draft, entry);
    w.labels = string_pairs(endpoint["labels"]);
    read_entry(draft, endpoint, w);
    add_address(endpoint["address"].text(), entry.name, w);
    w.mode_reasons.push_back({"DP-204", "inline endpoint of " + entry.ref().text(), {}});
    if (find(w.labels, "security.istio.io/tlsMode") == "istio") w.mode = DataplaneMode::Sidecar;
    finish_proxy(draft, w);
    finish_machine(draft, w);
    const auto same = std::find_if(draft.workloads.begin() + static_cast<std::ptrdiff_t>(first), draft.workloads.end(),
                                   [&](const WorkloadDraft& d) { return alike(d.workload, w); });
    if (same != draft.workloads.end() && w.dns_host.empty()) {
      same->workload.pods.push_back(std::move(w.pods.front()));
      continue;
    }
    made.number = draft.workloads.size() - first;
    draft.workloads.push_back(std::move(made));
  }
}

// DNS ServiceEntries without endpoints: the host itself is the endpoint (DP-204).
void add_hosts(Draft& draft, const Object& entry) {
  std::size_t number = 0;
  for (const Node host : entry.spec()["hosts"]) {
    WorkloadDraft made;
    made.origin = WorkloadDraft::Origin::Inline;
    made.object = &entry;
    made.host = lower_case(host.text());
    made.number = number++;
    made.workload = external_workload(draft, entry);
    made.workload.dns_host = host.text();
    made.workload.locality = locality_of(draft, "", {}, Node());
    made.workload.mode_reasons.push_back({"DP-204", "the host " + made.host + " itself, by DNS", {}});
    finish_proxy(draft, made.workload);
    draft.workloads.push_back(std::move(made));
  }
}

// Addresses of an EndpointSlice or Endpoints that belong to no pod. `ready`: whether the subset says so.
void add_slice_address(Workload& w, std::string_view address, bool ready) {
  const auto ip = IpAddress::parse(address);
  if (!ip) return;
  PodInstance pod;
  pod.name = w.name;
  pod.addresses = {*ip};
  pod.synthetic_address = false;
  pod.locality = w.locality;
  pod.ready = ready;
  w.pods.push_back(std::move(pod));
}

void read_ports(Node ports, std::string_view number_key, Workload& w) {
  for (const Node port : ports)
    if (const auto number = port_of(port[number_key])) w.ports.push_back({port["name"].string(), number});
}

void add_slice(Draft& draft, const Object& slice, std::string_view service, bool is_slice,
               const std::set<IpAddress>& pod_ips) {
  const Object* object = draft.find_object("/Service", slice.ns, service);
  if (object == nullptr || !object->spec()["selector"].empty()) return;  // pods speak for themselves
  WorkloadDraft made;
  made.origin = WorkloadDraft::Origin::Slice;
  made.object = &slice;
  Workload& w = made.workload;
  w.owner = slice.ref();
  w.ns = slice.ns;
  w.name = service;
  w.external = true;
  w.host_network = true;  // DP-033: network mode HOST_NETWORK
  w.discovered = draft.discovered(w.ns);
  w.locality = locality_of(draft, "", {}, Node());
  w.mode_reasons.push_back({"DP-033", "address of " + slice.ref().text() + ": no pod, no tunnel, no waypoint", {}});
  if (is_slice) {
    for (const Node endpoint : slice.root["endpoints"])
      for (const Node address : endpoint["addresses"])
        add_slice_address(w, address.text(), endpoint["conditions"]["ready"].boolean().value_or(true));
    read_ports(slice.root["ports"], "port", w);
  } else {
    for (const Node subset : slice.root["subsets"]) {
      for (const Node address : subset["addresses"]) add_slice_address(w, address["ip"].text(), true);
      for (const Node address : subset["notReadyAddresses"]) add_slice_address(w, address["ip"].text(), false);
      read_ports(subset["ports"], "port", w);
    }
  }
  const bool all_pods = std::all_of(w.pods.begin(), w.pods.end(),
                                    [&](const PodInstance& p) { return pod_ips.contains(p.addresses.front()); });
  if (all_pods && !w.pods.empty()) {
    PodSlice known;
    known.ports = w.ports;
    for (const PodInstance& pod : w.pods) known.addresses.emplace_back(pod.addresses.front(), pod.ready);
    draft.pod_slices[w.ns + '/' + w.name].push_back(std::move(known));
    return;
  }
  finish_proxy(draft, w);
  draft.workloads.push_back(std::move(made));
}

// Addresses of pods that share no node's (DP-016).
std::set<IpAddress> stated_pod_ips(const Draft& draft) {
  std::set<IpAddress> out;
  for (const WorkloadDraft& d : draft.workloads)
    if (!d.workload.host_network)
      for (const PodInstance& pod : d.workload.pods) out.insert(pod.addresses.begin(), pod.addresses.end());
  return out;
}

}  // namespace

void read_entries(Draft& draft) {
  const std::set<IpAddress> pod_ips = stated_pod_ips(draft);
  for (const Object* object : draft.of("networking.istio.io/WorkloadEntry")) add_workload_entry(draft, *object);
  for (const Object* entry : draft.of("networking.istio.io/ServiceEntry")) {
    const std::string_view resolution = entry->spec()["resolution"].text();
    if (!entry->spec()["endpoints"].empty()) {
      add_inline_endpoints(draft, *entry);
    } else if (resolution.find("DNS") != std::string_view::npos && entry->spec()["workloadSelector"].empty()) {
      add_hosts(draft, *entry);
    }
  }
  std::set<std::pair<std::string, std::string>> sliced;
  for (const Object* slice : draft.of("discovery.k8s.io/EndpointSlice"))
    if (const auto service = find(slice->labels, "kubernetes.io/service-name")) {
      sliced.emplace(slice->ns, std::string(*service));
      add_slice(draft, *slice, *service, true, pod_ips);
    }
  for (const Object* endpoints : draft.of("/Endpoints"))
    if (!sliced.contains({endpoints->ns, endpoints->name}))
      add_slice(draft, *endpoints, endpoints->name, false, pod_ips);
}

}  // namespace meshsim::models
