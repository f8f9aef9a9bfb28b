#include "models/route/scope.h"

#include <algorithm>
#include <map>

namespace meshsim::models::route {
namespace {

struct Import {  // one entry of egress.hosts
  std::string ns, host;
  bool excludes =
      false;  // DP-225: `~namespace/host` takes away what other entries import; istiod before 1.31 refuses it
  bool covers(std::string_view object_ns, std::string_view viewer_ns) const {
    return ns == "*" || ns == object_ns || (ns == "." && object_ns == viewer_ns);
  }
};

Import read_import(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return {"*", lower(text), false};
  Import out = {text.substr(0, slash), lower(text.substr(slash + 1)), false};
  if (!out.ns.starts_with('~')) return out;
  out.excludes = true;
  out.ns.erase(0, 1);
  if (out.ns.empty()) out.ns = "*";
  return out;
}

bool excluded(const std::vector<Import>& imports, const std::string& host, std::string_view object_ns,
              std::string_view viewer_ns) {
  return std::any_of(imports.begin(), imports.end(), [&](const Import& one) {
    return one.excludes && one.covers(object_ns, viewer_ns) && host_matches(one.host, host);
  });
}

Labels read_labels(Node node) {
  Labels out;
  for (const Node entry : node) out.emplace(std::string(entry.key()), std::string(entry.text()));
  return out;
}

// On 0.0.0.0:port an undeclared protocol is sniffed, so that HTTP finds virtual hosts there.
bool opens_http(const Service& service, const ServicePort& port) {
  return is_http(port.protocol) || (port.protocol == Protocol::Unset && !has_own_listener(service));
}

template <class Map>
void take_once(std::vector<std::size_t>& list, Map& from, const std::string& key) {
  if (const auto it = from.find(key); it != from.end()) list.insert(list.end(), it->second.begin(), it->second.end());
}

void sort_wild(EgressView::Wild& wild) {
  std::stable_sort(wild.begin(), wild.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
}

class Builder {
 public:
  Builder(const Mesh& mesh, const std::vector<RouteSet>& sets) : mesh_(mesh), sets_(sets) {
    vs_default_ = read_strings(mesh.settings.config_value("defaultVirtualServiceExportTo"));
    service_default_ = read_strings(mesh.settings.config_value("defaultServiceExportTo"));
    for (std::size_t i = 0; i < mesh.services.size(); ++i) {
      const Service& service = mesh.services[i];
      if (!service.discovered) continue;
      const std::string host = lower(service.hostname);
      by_host_[host].push_back(i);
      by_ns_[service.ns].push_back(i);
      if (host.starts_with('*')) wild_.push_back(i);
      note(service.export_to.empty() ? service_default_ : service.export_to, service.ns, i, special_services_);
    }
    for (const auto& [host, all] : by_host_)
      if (all.size() > 1)  // who declares it in the viewer's namespace stands for it there
        for (const std::size_t i : all) special_services_[mesh.services[i].ns].push_back(i);
    for (std::size_t i = 0; i < sets.size(); ++i) {
      const RouteSet& set = sets[i];
      if (!set.has_gateway("mesh")) continue;
      mesh_sets_.push_back(i);
      sets_by_ns_[set.ns].push_back(i);
      note(set.export_to.empty() ? vs_default_ : set.export_to, set.ns, i, special_sets_);
      if (set.gateway_api) special_sets_[set.ns].push_back(i);
    }
  }

  // What a namespace sees that owns nothing and is named nowhere.
  std::unique_ptr<Scope> make_common() {
    auto scope = std::make_unique<Scope>();
    scope->registry_only = mesh_.settings.registry_only;
    for (const auto& [host, all] : by_host_)
      if (const std::size_t best = stands_for(all, ""); best != kNone) scope->by_host.emplace(host, best);
    scope->listeners.push_back(view(*scope, {{"*", "*", false}}, 0));
    for (const auto& [host, best] : scope->by_host)
      for (const std::size_t index : merged_with(best))
        for (const ServicePort& p : mesh_.services[index].ports)
          if (opens_http(mesh_.services[index], p)) ++common_ports_[p.port];
    return scope;
  }

  // The same for one namespace, as its difference from the common one.
  std::unique_ptr<Scope> make_default(std::string_view ns, const Scope& common) const {
    auto scope = std::make_unique<Scope>();
    scope->ns = ns;
    scope->common = &common;
    scope->registry_only = mesh_.settings.registry_only;
    EgressView view;
    view.common = &common.listeners.front();
    std::unordered_map<std::uint16_t, int> ports;
    const auto show = [&](std::size_t best, bool shown) {
      for (const std::size_t index : merged_with(best)) {
        view.other_services[index] = shown;
        for (const ServicePort& p : mesh_.services[index].ports)
          if (opens_http(mesh_.services[index], p)) ports[p.port] += shown ? 1 : -1;
      }
    };
    std::vector<std::size_t> special;
    take_once(special, special_services_, scope->ns);
    for (const std::size_t i : special) {
      const std::string host = lower(mesh_.services[i].hostname);
      if (scope->by_host.contains(host)) continue;
      const std::size_t best = stands_for(by_host_.at(host), ns), before = common.find(host);
      if (best == before) continue;
      scope->by_host.emplace(host, best);
      if (before != kNone) show(before, false);
      show(best, true);
    }
    for (const auto& [port, change] : ports) {
      const auto it = common_ports_.find(port);
      view.other_ports[port] = (it == common_ports_.end() ? 0 : it->second) + change > 0;
    }
    add_special_sets(view, scope->ns);
    scope->listeners.push_back(std::move(view));
    return scope;
  }

  // DP-225: narrowed by a Sidecar.
  std::unique_ptr<Scope> make_narrowed(const Scope& of_namespace, const Object& sidecar) const {
    auto scope = std::make_unique<Scope>();
    scope->ns = of_namespace.ns;
    scope->common = &of_namespace;
    scope->registry_only = mesh_.settings.registry_only;
    scope->sidecar = sidecar.ref();
    const Node policy = sidecar.spec()["outboundTrafficPolicy"];
    // Stated without a mode it is the enum's zero value, REGISTRY_ONLY.
    if (policy.has_value()) scope->registry_only = !policy["mode"].string_or().starts_with("ALLOW_ANY");
    if (const Node proxy = policy["egressProxy"]; proxy.has_value()) {
      const std::string_view host = proxy["host"].string_or();
      scope->egress_proxy_host =
          lower(host.find('.') == std::string_view::npos ? mesh_.fqdn(host, scope->ns) : std::string(host));
      scope->egress_proxy_port = static_cast<std::uint16_t>(proxy["port"]["number"].integer().value_or(0));
      scope->egress_proxy_subset = proxy["subset"].string();
    }
    const Node egress = sidecar.spec()["egress"];
    if (!egress.is_sequence() || egress.empty()) {
      scope->listeners = of_namespace.listeners;
      return scope;
    }
    for (const Node listener : egress) {
      std::vector<Import> imports;
      for (const std::string& text : read_strings(listener["hosts"])) imports.push_back(read_import(text));
      scope->listeners.push_back(
          view(*scope, imports, static_cast<std::uint16_t>(listener["port"]["number"].integer().value_or(0))));
    }
    return scope;
  }

 private:
  using Index = std::unordered_map<std::string, std::vector<std::size_t>>;

  // An object that is not for everyone: whom it could mean (DP-226).
  static void note(const std::vector<std::string>& to, const std::string& owner, std::size_t i, Index& out) {
    if (to.empty() || std::find(to.begin(), to.end(), "*") != to.end()) return;
    for (const std::string& ns : to) out[ns == "." ? owner : ns].push_back(i);
  }

  bool service_exported(const Service& service, std::string_view ns) const {
    return exported(service.export_to.empty() ? service_default_ : service.export_to, service.ns, ns);
  }

  // The service that stands for a hostname declared twice: of the viewer's namespace, else Kubernetes, else the oldest.
  static bool better(const Service& a, const Service& b, std::string_view ns) {
    if ((a.ns == ns) != (b.ns == ns)) return a.ns == ns;
    if (a.kubernetes != b.kubernetes) return a.kubernetes;
    return std::tie(a.creation_timestamp, a.ns, a.name) < std::tie(b.creation_timestamp, b.ns, b.name);
  }
  std::size_t stands_for(const std::vector<std::size_t>& all, std::string_view ns) const {
    std::size_t best = kNone;
    for (const std::size_t i : all)
      if (service_exported(mesh_.services[i], ns) &&
          (best == kNone || better(mesh_.services[i], mesh_.services[best], ns)))
        best = i;
    return best;
  }

  std::vector<std::size_t> merged_with(std::size_t best) const {
    std::vector<std::size_t> out = {best};
    for (const std::size_t i : by_host_.at(lower(mesh_.services[best].hostname)))
      if (i != best && merges(mesh_.services[best], mesh_.services[i])) out.push_back(i);
    return out;
  }

  void add_special_sets(EgressView& view, const std::string& ns) const {
    std::vector<std::size_t> special;
    take_once(special, special_sets_, ns);
    std::map<std::string, EgressView::Sets> hosts;
    for (const std::size_t i : special) {
      const auto tier = route_tier(sets_[i], ns, vs_default_);
      if (!tier) continue;
      if (*tier != kPublicTier) view.tier[static_cast<std::uint32_t>(i)] = *tier;
      for (const std::string& host : sets_[i].hosts) hosts[host].push_back(static_cast<std::uint32_t>(i));
    }
    for (auto& [host, sets] : hosts) {
      const bool wild = host.starts_with('*');
      if (wild && !view.wild) view.wild = view.common->wildcards();
      EgressView::Sets* known = nullptr;
      if (wild) {
        const auto it =
            std::find_if(view.wild->begin(), view.wild->end(), [&](const auto& one) { return one.first == host; });
        known = it == view.wild->end() ? &view.wild->emplace_back(host, EgressView::Sets()).second : &it->second;
      } else {
        const EgressView::Sets* before = view.common->sets_of_exact(host);
        known = &(view.exact[host] = before == nullptr ? EgressView::Sets() : *before);
      }
      known->insert(known->end(), sets.begin(), sets.end());
      in_order(*known, view.tier);
    }
    if (view.wild) {
      std::sort(view.wild->begin(), view.wild->end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      sort_wild(*view.wild);
    }
  }

  static void in_order(EgressView::Sets& sets, const std::unordered_map<std::uint32_t, std::uint8_t>& tiers) {
    const auto rank = [&](std::uint32_t i) {
      const auto it = tiers.find(i);
      return std::pair(it == tiers.end() ? kPublicTier : it->second, i);
    };
    std::sort(sets.begin(), sets.end(), [&](std::uint32_t a, std::uint32_t b) { return rank(a) < rank(b); });
    sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
  }

  // Indices that imports could mean, each once, in order.
  std::vector<std::size_t> candidates(const std::vector<Import>& imports, const std::string& viewer_ns,
                                      const Index& by_ns, const std::vector<std::size_t>* all) const {
    std::vector<std::size_t> out;
    for (const Import& import : imports) {
      if (import.ns != "*") {
        take_once(out, by_ns, import.ns == "." ? viewer_ns : import.ns);
      } else if (all != nullptr) {
        out.insert(out.end(), all->begin(), all->end());
      } else if (!import.host.starts_with('*')) {  // a host: the service of this name, or one with a wildcard
        take_once(out, by_host_, import.host);
        out.insert(out.end(), wild_.begin(), wild_.end());
      } else {
        for (const auto& [ns, some] : by_ns) out.insert(out.end(), some.begin(), some.end());
      }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

  EgressView view(Scope& scope, const std::vector<Import>& imports, std::uint16_t port) const {
    EgressView out;
    out.port = port;
    out.services.assign(mesh_.services.size(), false);
    out.http_ports.assign(65536, false);
    // Of several services of one hostname, the best of those that are imported; the first listener's stands for it in
    // destinations of routes as well.
    std::vector<std::size_t> imported;
    std::unordered_map<std::string, std::size_t> best;
    for (const std::size_t index : candidates(imports, scope.ns, by_ns_, nullptr)) {
      const Service& service = mesh_.services[index];
      const std::string host = lower(service.hostname);
      if (!service_exported(service, scope.ns) || (port != 0 && service.find_port(port) == nullptr)) continue;
      if (excluded(imports, host, service.ns, scope.ns)) continue;
      if (std::none_of(imports.begin(), imports.end(), [&](const Import& import) {
            return !import.excludes && import.covers(service.ns, scope.ns) && host_matches(import.host, host);
          }))
        continue;
      imported.push_back(index);
      if (by_host_.at(host).size() == 1) continue;
      const auto [it, fresh] = best.try_emplace(host, index);
      if (!fresh && better(service, mesh_.services[it->second], scope.ns)) it->second = index;
    }
    for (const auto& [host, index] : best) scope.by_host.emplace(host, index);
    for (const std::size_t index : imported) {
      const Service& service = mesh_.services[index];
      if (const auto it = best.find(lower(service.hostname));
          it != best.end() && it->second != index && !merges(mesh_.services[it->second], service))
        continue;
      out.services[index] = true;
      for (const ServicePort& p : service.ports)
        if (opens_http(service, p)) out.http_ports[p.port] = true;
    }
    std::map<std::string, EgressView::Sets> wild;
    for (const std::size_t at : candidates(imports, scope.ns, sets_by_ns_, &mesh_sets_)) {
      const RouteSet& set = sets_[at];
      const auto i = static_cast<std::uint32_t>(at);
      const auto tier = route_tier(set, scope.ns, vs_default_);
      if (!tier) continue;
      // A VirtualService is imported with all its hosts as soon as one of them is.
      const bool imported = std::any_of(set.hosts.begin(), set.hosts.end(), [&](const std::string& host) {
        return !excluded(imports, host, set.ns, scope.ns) &&
               std::any_of(imports.begin(), imports.end(), [&](const Import& import) {
                 return !import.excludes && import.covers(set.ns, scope.ns) && hosts_overlap(import.host, host);
               });
      });
      if (!imported) continue;
      if (*tier != kPublicTier) out.tier[i] = *tier;
      for (const std::string& host : set.hosts) (host.starts_with('*') ? wild[host] : out.exact[host]).push_back(i);
    }
    for (auto& [host, sets] : out.exact) in_order(sets, out.tier);
    for (auto& [host, sets] : wild) in_order(sets, out.tier);
    out.wild.emplace(wild.begin(), wild.end());
    sort_wild(*out.wild);
    return out;
  }

  const Mesh& mesh_;
  const std::vector<RouteSet>& sets_;
  std::vector<std::string> vs_default_, service_default_;
  Index by_host_, by_ns_, special_services_;  // services
  std::vector<std::size_t> wild_;             // services with wildcard hosts
  Index sets_by_ns_, special_sets_;
  std::vector<std::size_t> mesh_sets_;
  std::unordered_map<std::uint16_t, int> common_ports_;  // how many services listen with HTTP, by port
};

}  // namespace

bool merges(const Service& a, const Service& b) {
  return !a.kubernetes && !b.kubernetes && a.ns == b.ns && a.resolution == b.resolution && a.labels == b.labels &&
         a.selector == b.selector && a.export_to == b.export_to;
}

std::size_t with_port(const Mesh& mesh, std::size_t service, std::uint16_t port) {
  const Service& own = mesh.services[service];
  if (own.kubernetes || own.find_port(port) != nullptr) return service;
  std::size_t found = service;
  for (const std::size_t i : mesh.services_by_host(own.hostname)) {
    const Service& other = mesh.services[i];
    if (!other.discovered || other.find_port(port) == nullptr || !merges(own, other)) continue;
    if (found == service || other.creation_timestamp < mesh.services[found].creation_timestamp) found = i;
  }
  return found;
}

bool has_own_listener(const Service& service) {
  return service.kubernetes ||
         ((!service.addresses.empty() || !service.address_ranges.empty()) && !service.auto_allocated);
}

bool EgressView::shows(std::size_t service) const {
  if (!other_services.empty())
    if (const auto it = other_services.find(service); it != other_services.end()) return it->second;
  return common != nullptr ? common->shows(service) : service < services.size() && services[service];
}

bool EgressView::has_http_port(std::uint16_t number) const {
  if (!other_ports.empty())
    if (const auto it = other_ports.find(number); it != other_ports.end()) return it->second;
  return common != nullptr ? common->has_http_port(number) : http_ports[number];
}

const EgressView::Sets* EgressView::sets_of_exact(const std::string& host) const {
  if (const auto it = exact.find(host); it != exact.end()) return &it->second;
  return common == nullptr ? nullptr : common->sets_of_exact(host);
}

EgressView::Sets EgressView::sets_for(const std::string& host) const {
  Sets out;
  if (const Sets* sets = sets_of_exact(host)) out = *sets;
  for (const auto& [pattern, sets] : wildcards())
    if (host_matches(pattern, host)) out.insert(out.end(), sets.begin(), sets.end());
  return out;
}

EgressView::Sets EgressView::matching(const std::string& host) const {
  Sets out = sets_for(host);
  const auto rank = [&](std::uint32_t i) {
    const auto it = tier.find(i);
    return std::pair(it == tier.end() ? kPublicTier : it->second, i);
  };
  std::sort(out.begin(), out.end(), [&](std::uint32_t a, std::uint32_t b) { return rank(a) < rank(b); });
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

const EgressView* Scope::view(std::uint16_t port) const {
  const EgressView* general = nullptr;
  for (const EgressView& listener : listeners) {
    if (listener.port == port && port != 0) return &listener;
    if (listener.port == 0 && general == nullptr) general = &listener;
  }
  return general;
}

bool Scope::sees(std::size_t service) const {
  return std::any_of(listeners.begin(), listeners.end(), [&](const EgressView& v) { return v.shows(service); });
}

std::size_t Scope::find(const std::string& host) const {
  const auto it = by_host.find(host);
  if (it != by_host.end()) return it->second;
  return common == nullptr ? kNone : common->find(host);
}

void Scopes::compile(const Mesh& mesh, const std::vector<RouteSet>& sets, Diagnostics&) {
  Builder builder(mesh, sets);
  std::vector<const Object*> sidecars = mesh.objects_of("Sidecar");
  std::stable_sort(sidecars.begin(), sidecars.end(), [](const Object* a, const Object* b) { return older(*a, *b); });
  std::unordered_map<std::string, std::vector<const Object*>> sidecars_in;
  for (const Object* o : sidecars) sidecars_in[o->ns].push_back(o);
  std::map<std::pair<std::string, const Object*>, const Scope*> made;
  common_ = builder.make_common();
  by_workload_.reserve(mesh.workloads.size());
  auto ensure = [&](const std::string& ns) -> const Scope& {
    auto& slot = defaults_[ns];
    if (!slot) slot = builder.make_default(ns, *common_);
    return *slot;
  };
  for (const Gateway& gateway : mesh.gateways) ensure(gateway.ns);
  for (const Workload& workload : mesh.workloads) {
    // DP-225: a Sidecar with a matching selector, else the namespace's, else the root namespace's; sidecars only.
    const Object* chosen = nullptr;
    if (workload.mode == DataplaneMode::Sidecar && workload.role == ProxyRole::None) {
      auto without_selector = [](const Object& o) { return !o.spec()["workloadSelector"]["labels"].has_value(); };
      for (const std::string* ns : {&workload.ns, &mesh.settings.root_namespace}) {
        const auto here = sidecars_in.find(*ns);
        if (chosen != nullptr || here == sidecars_in.end()) continue;
        for (const Object* o : here->second) {
          if (chosen != nullptr || ns != &workload.ns || without_selector(*o)) continue;
          if (matches(read_labels(o->spec()["workloadSelector"]["labels"]), workload.labels)) chosen = o;
        }
        for (const Object* o : here->second)
          if (chosen == nullptr && without_selector(*o)) chosen = o;
      }
    }
    if (chosen == nullptr) {
      by_workload_.push_back(&ensure(workload.ns));
      continue;
    }
    const Scope*& scope = made[{workload.ns, chosen}];
    if (scope == nullptr) {
      narrowed_.push_back(builder.make_narrowed(ensure(workload.ns), *chosen));
      scope = narrowed_.back().get();
    }
    by_workload_.push_back(scope);
  }
}

const Scope& Scopes::of_namespace(std::string_view ns) const {
  const auto it = defaults_.find(ns);
  return it == defaults_.end() ? *common_ : *it->second;
}

}  // namespace meshsim::models::route
