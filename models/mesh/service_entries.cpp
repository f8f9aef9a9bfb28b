// ServiceEntries (DP-170..DP-172, DP-204, DP-206): one Service per host.
#include <algorithm>

#include "models/mesh/selector.h"
#include "models/mesh/services.h"

namespace meshsim::models {
namespace {

Resolution resolution_of(std::string_view text) {
  if (text == "STATIC") return Resolution::Static;
  if (text == "DNS") return Resolution::Dns;
  if (text == "DNS_ROUND_ROBIN") return Resolution::DnsRoundRobin;
  if (text == "DYNAMIC_DNS") return Resolution::DynamicDns;
  return Resolution::None;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// DP-110: the first policy all of whose rules match the namespace, else the default (istio/istio
// pilot/pkg/model/serviceentry_visibility.go, master 2026-08).
Service::Visibility visibility_of(const Draft& draft, std::string_view ns) {
  using Visibility = Service::Visibility;
  if (!draft.mesh.settings.profile.service_entry_visibility) return Visibility::Public;
  const Node config = draft.mesh.settings.config_value("serviceEntryVisibility");
  const auto word = [](std::string_view text) {
    return text == "NAMESPACE" ? Visibility::Namespace : text == "NONE" ? Visibility::None : Visibility::Public;
  };
  for (const Node policy : config["policies"]) {
    const Node rules = policy["matchingRules"];
    const bool all = std::all_of(rules.begin(), rules.end(), [&](Node rule) {
      return rule["namespaceSelector"].exists() &&
             selector_matches(rule["namespaceSelector"], draft.namespace_labels(ns));
    });
    if (all) return word(policy["visibility"].text());
  }
  return word(config["defaultVisibility"].text());
}

// DP-226: with applyToSidecars the visibility caps exportTo for Envoys, and never widens it
// (pilot/pkg/model/push_context.go, serviceExportTo).
void cap_export(const Draft& draft, Service& s) {
  using Visibility = Service::Visibility;
  if (s.visibility == Visibility::Public ||
      !draft.mesh.settings.config_value("serviceEntryVisibility")["applyToSidecars"].boolean().value_or(false))
    return;
  std::vector<std::string> declared = s.export_to;
  if (declared.empty())
    for (const Node ns : draft.mesh.settings.config_value("defaultServiceExportTo")) declared.emplace_back(ns.text());
  const bool at_home = declared.empty() || std::any_of(declared.begin(), declared.end(), [&](const std::string& to) {
                         return to == "*" || to == "." || to == s.ns;
                       });
  s.export_to = {s.visibility == Visibility::Namespace && at_home ? "." : "~"};
}

void read_addresses(const Object& entry, Service& s) {
  for (const Node address : entry.spec()["addresses"]) {
    const auto range = Cidr::parse(address.text());
    if (!range) continue;
    if (range->prefix == (range->base.v6 ? 128 : 32)) {
      s.addresses.push_back(range->base);
    } else {
      s.address_ranges.push_back(*range);
    }
  }
  if (!s.addresses.empty() || !s.address_ranges.empty()) return;
  if (find(s.labels, "networking.istio.io/enable-autoallocate-ip") == "false") return;
  // What istiod's allocator wrote: per host, or for all of them.
  for (const Node address : entry.status()["addresses"]) {
    const Node host = address["host"];
    if (host && lower(host.text()) != s.hostname) continue;
    if (const auto ip = IpAddress::parse(address["value"].text())) {
      s.addresses.push_back(*ip);
      s.auto_allocated = true;
    }
  }
}

std::vector<ServicePort> read_ports(Draft& draft, const Object& entry) {
  std::vector<ServicePort> out;
  for (const Node port : entry.spec()["ports"]) {
    const auto number = port["number"].integer().value_or(0);
    if (number <= 0 || number > 65535) {
      draft.report(Severity::Warning, "MSH0220", entry, port, "the port of a ServiceEntry must be between 1 and 65535");
      continue;
    }
    ServicePort p;
    p.name = port["name"].string();
    p.port = static_cast<std::uint16_t>(number);
    p.protocol = port_protocol(lower(port["protocol"].text()), "", "TCP");
    p.target_number = static_cast<std::uint16_t>(port["targetPort"].integer().value_or(number));
    out.push_back(std::move(p));
  }
  return out;
}

}  // namespace

void read_service_entries(Draft& draft) {
  for (const Object* entry : draft.of("networking.istio.io/ServiceEntry")) {
    const Node spec = entry->spec();
    Service base;
    base.ref = entry->ref();
    base.ns = entry->ns;
    base.name = entry->name;
    base.kubernetes = false;
    base.mesh_external = spec["location"].text() != "MESH_INTERNAL";
    base.resolution = resolution_of(spec["resolution"].text());
    base.ports = read_ports(draft, *entry);
    base.labels = entry->labels;
    base.annotations = entry->annotations;
    base.selector = string_pairs(spec["workloadSelector"]["labels"]);
    base.creation_timestamp = entry->creation_timestamp;
    for (const Node ns : spec["exportTo"]) base.export_to.emplace_back(ns.text());
    for (const Node name : spec["subjectAltNames"]) base.subject_alt_names.emplace_back(name.text());
    base.traffic_distribution = traffic_distribution_of(draft, Node(), base.annotations, base.ns);
    base.ingress_use_waypoint = ingress_uses_waypoint(draft, base.labels, base.ns);
    base.global_scope = is_global(draft, base.labels, base.ns);
    base.visibility = visibility_of(draft, base.ns);
    cap_export(draft, base);
    for (const Node host : spec["hosts"]) {
      Service s = base;
      s.hostname = lower(host.text());
      read_addresses(*entry, s);
      draft.mesh.services.push_back(std::move(s));
      draft.service_objects.push_back(entry);
    }
  }
}

}  // namespace meshsim::models
