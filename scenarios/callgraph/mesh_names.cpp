#include <algorithm>

#include "scenarios/callgraph/bind.h"

namespace meshsim::scenarios {

using models::kNone;
using models::Service;
using models::ServicePort;
using models::Workload;

namespace {

bool speaks_http(const ServicePort& port) {
  return models::is_http(port.protocol) || port.protocol == models::Protocol::Unset;
}

std::string text_of(const PartyName& name) {
  std::string out = name.name.empty() ? name.workload.empty() ? name.pod : name.workload : name.name;
  if (!name.ns.empty()) out += " in namespace " + name.ns;
  return out;
}

bool is_part_of(const std::string& pod, const Workload& workload) {
  for (const models::PodInstance& instance : workload.pods)
    if (instance.name == pod) return true;
  return pod.size() > workload.name.size() && pod.starts_with(workload.name) && pod[workload.name.size()] == '-';
}

}  // namespace

// Canonical service, workload or Service of this name; several workloads are versions of one service.
bool MeshNames::in_namespace(const std::string& ns, const std::string& name, Party& into) const {
  const std::size_t gateway = mesh_.find_gateway(ns, name);
  if (gateway != kNone) {
    into.gateway = gateway;
    return true;
  }
  for (std::size_t w = 0; w < mesh_.workloads.size(); ++w)
    if (mesh_.workloads[w].ns == ns && !mesh_.workloads[w].external && mesh_.workloads[w].canonical_service == name)
      into.workloads.push_back(w);
  if (into.workloads.empty()) into.workloads = mesh_.workloads_named(ns, name);
  if (into.workloads.empty())
    if (const std::size_t service = mesh_.find_service(ns, name); service != kNone)
      for (const models::Endpoint& endpoint : mesh_.services[service].endpoints)
        if (endpoint.workload != kNone) into.workloads.push_back(endpoint.workload);
  std::sort(into.workloads.begin(), into.workloads.end());
  into.workloads.erase(std::unique(into.workloads.begin(), into.workloads.end()), into.workloads.end());
  // A managed gateway's pods carry its name.
  if (into.workloads.size() == 1 && mesh_.workloads[into.workloads.front()].gateway != kNone)
    into.gateway = mesh_.workloads[into.workloads.front()].gateway;
  return into.known();
}

MeshNames::Party MeshNames::find(const PartyName& name) const {
  Party out;
  if (const auto stated = block_.services.find(name.name); stated != block_.services.end()) {
    if (stated->second) in_namespace(stated->second->first, stated->second->second, out);
    return out;
  }
  const auto found = [&](std::vector<std::size_t> workloads) {
    out.workloads = std::move(workloads);
    if (out.workloads.size() == 1) out.gateway = mesh_.workloads[out.workloads.front()].gateway;
    return !out.workloads.empty();
  };
  if (!name.ns.empty()) {
    if (!name.workload.empty() && found(mesh_.workloads_named(name.ns, name.workload))) return out;
    std::size_t best = kNone;
    if (!name.pod.empty())
      for (std::size_t w = 0; w < mesh_.workloads.size(); ++w)
        if (mesh_.workloads[w].ns == name.ns && is_part_of(name.pod, mesh_.workloads[w]) &&
            (best == kNone || mesh_.workloads[w].name.size() > mesh_.workloads[best].name.size()))
          best = w;
    if (best != kNone && found({best})) return out;
  }
  // Istio's default service name of a proxy: <canonical service>.<namespace>.
  if (const auto dot = name.name.find('.'); dot != std::string::npos) {
    const auto end = name.name.find('.', dot + 1);
    if (in_namespace(name.name.substr(dot + 1, end - dot - 1), name.name.substr(0, dot), out)) return out;
  }
  if (in_namespace(name.ns.empty() ? block_.ns : name.ns, name.name, out)) return out;
  if (name.ns.empty()) {
    std::set<std::string> places;
    for (const Workload& w : mesh_.workloads)
      if (!w.external && (w.canonical_service == name.name || w.name == name.name)) places.insert(w.ns);
    if (places.size() == 1) in_namespace(*places.begin(), name.name, out);
  }
  return out;
}

void MeshNames::warn(const models::Source& at, std::string code, std::string message) {
  if (!said_.insert(message).second) return;
  diagnostics_.push_back({models::Severity::Warning, std::move(code), "", at.file, at.position, std::move(message)});
}

MeshNames::Party MeshNames::find_or_report(const PartyName& name, const models::Source& at) {
  Party out = find(name);
  const auto stated = block_.services.find(name.name);
  const bool left_out = stated != block_.services.end() && !stated->second;
  if (!out.known() && !left_out)
    warn(at, "MSH0015",
         "the mesh has no workload or Service for " + text_of(name) +
             " of the call graph; name one under callGraph.services, or null where that is meant");
  return out;
}

MeshNames::Target MeshNames::target(const std::string& host, const Party& party, const std::string& name,
                                    std::uint16_t port, std::string_view client_ns) const {
  Target out;
  if (!host.empty()) out.service = mesh_.resolve_host(host, client_ns);
  const auto leads_to = [&](const Service& service) {
    return std::any_of(service.endpoints.begin(), service.endpoints.end(), [&](const models::Endpoint& e) {
      return std::find(party.workloads.begin(), party.workloads.end(), e.workload) != party.workloads.end();
    });
  };
  if (out.service == kNone)
    for (std::size_t s = 0; s < mesh_.services.size(); ++s) {
      const Service& service = mesh_.services[s];
      if (service.ports.empty() || !leads_to(service)) continue;
      const auto likes = [&](const Service& one) {
        return one.name == name || one.name + '.' + one.ns == name ||
               (!party.workloads.empty() && one.name == mesh_.workloads[party.workloads.front()].canonical_service);
      };
      if (out.service == kNone || (likes(service) && !likes(mesh_.services[out.service]))) out.service = s;
    }
  if (out.service == kNone) {
    if (party.workloads.empty()) return out;
    const Workload& workload = mesh_.workloads[party.workloads.front()];
    if (port == 0 && !workload.ports.empty()) port = workload.ports.front().port;
    if (port == 0) return out;
    out.workload = party.workloads.front();
    out.port = port;
    return out;
  }
  const Service& service = mesh_.services[out.service];
  for (const ServicePort& p : service.ports)
    if (p.port == port) out.port = p.port;
  for (const ServicePort& p : service.ports)
    if (out.port == 0 && port != 0 && p.target_number == port) out.port = p.port;
  for (const ServicePort& p : service.ports)
    if (out.port == 0 && speaks_http(p)) out.port = p.port;
  if (out.port == 0 && !service.ports.empty()) out.port = service.ports.front().port;
  return out;
}

std::string MeshNames::host_of(const Target& target) const {
  if (target.service != kNone) return mesh_.services[target.service].hostname;
  return {};
}

}  // namespace meshsim::scenarios
