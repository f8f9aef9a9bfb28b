#include "models/route/scope.h"

#include <algorithm>
#include <map>

namespace meshsim::models::route {
namespace {

struct Import {  // one entry of egress.hosts
  std::string ns, host;
  bool covers(std::string_view object_ns, std::string_view viewer_ns) const {
    return ns == "*" || ns == object_ns || (ns == "." && object_ns == viewer_ns);
  }
};

Labels read_labels(Node node) {
  Labels out;
  for (const Node entry : node) out.emplace(std::string(entry.key()), std::string(entry.text()));
  return out;
}

class Builder {
 public:
  Builder(const Mesh& mesh, const std::vector<RouteSet>& sets) : mesh_(mesh), sets_(sets) {
    vs_default_ = read_strings(mesh.settings.config_value("defaultVirtualServiceExportTo"));
    service_default_ = read_strings(mesh.settings.config_value("defaultServiceExportTo"));
  }

  bool service_exported(const Service& service, std::string_view ns) const {
    return exported(service.export_to.empty() ? service_default_ : service.export_to, service.ns, ns);
  }

  std::unique_ptr<Scope> make(std::string_view ns, const Object* sidecar) const {
    auto scope = std::make_unique<Scope>();
    scope->ns = ns;
    scope->registry_only = mesh_.settings.registry_only;
    for (std::size_t i = 0; i < mesh_.services.size(); ++i) {
      const Service& service = mesh_.services[i];
      if (!service.discovered || !service_exported(service, ns)) continue;
      const auto [it, fresh] = scope->by_host.emplace(lower(service.hostname), i);
      if (!fresh && better(service, mesh_.services[it->second], ns)) it->second = i;
    }
    const std::vector<std::uint32_t> order = route_order(sets_, "mesh", ns, vs_default_);
    if (sidecar != nullptr) {
      scope->sidecar = sidecar->ref();
      const Node policy = sidecar->spec()["outboundTrafficPolicy"];
      if (policy["mode"].has_value()) scope->registry_only = policy["mode"].string_or() == "REGISTRY_ONLY";
      if (const Node proxy = policy["egressProxy"]; proxy.has_value()) {
        const std::string_view host = proxy["host"].string_or();
        scope->egress_proxy_host =
            lower(host.find('.') == std::string_view::npos ? mesh_.fqdn(host, ns) : std::string(host));
        scope->egress_proxy_port = static_cast<std::uint16_t>(proxy["port"]["number"].integer().value_or(0));
        scope->egress_proxy_subset = proxy["subset"].string();
      }
    }
    const Node egress = sidecar == nullptr ? Node() : sidecar->spec()["egress"];
    if (!egress.is_sequence() || egress.empty()) {
      scope->listeners.push_back(view(*scope, order, {{"*", "*"}}, 0));
    } else {
      for (const Node listener : egress) {
        std::vector<Import> imports;
        for (const std::string& text : read_strings(listener["hosts"])) {
          const auto slash = text.find('/');
          imports.push_back(slash == std::string::npos ? Import{"*", lower(text)}
                                                       : Import{text.substr(0, slash), lower(text.substr(slash + 1))});
        }
        const auto port = static_cast<std::uint16_t>(listener["port"]["number"].integer().value_or(0));
        scope->listeners.push_back(view(*scope, order, imports, port));
      }
    }
    return scope;
  }

 private:
  // The service that stands for a hostname declared twice: of the viewer's namespace, else Kubernetes, else the oldest.
  static bool better(const Service& a, const Service& b, std::string_view ns) {
    if ((a.ns == ns) != (b.ns == ns)) return a.ns == ns;
    if (a.kubernetes != b.kubernetes) return a.kubernetes;
    return std::tie(a.creation_timestamp, a.ns, a.name) < std::tie(b.creation_timestamp, b.ns, b.name);
  }

  EgressView view(const Scope& scope, const std::vector<std::uint32_t>& order, const std::vector<Import>& imports,
                  std::uint16_t port) const {
    EgressView out;
    out.port = port;
    out.services.assign(mesh_.services.size(), false);
    out.has_http_port.assign(65536, false);
    for (const auto& [host, index] : scope.by_host) {
      const Service& service = mesh_.services[index];
      if (port != 0 && service.find_port(port) == nullptr) continue;
      for (const Import& import : imports) {
        if (!import.covers(service.ns, scope.ns)) continue;
        if (!host_matches(import.host, host) && !host_matches(host, import.host)) continue;
        out.services[index] = true;
        break;
      }
    }
    std::map<std::string, std::vector<std::uint32_t>> wild;
    out.rank.assign(sets_.size(), 0);
    for (std::uint32_t place = 0; place < order.size(); ++place) {
      const std::uint32_t i = order[place];
      out.rank[i] = place;
      const RouteSet& set = sets_[i];
      // A VirtualService is imported with all its hosts as soon as one of them is.
      const bool imported = std::any_of(imports.begin(), imports.end(), [&](const Import& import) {
        return import.covers(set.ns, scope.ns) &&
               std::any_of(set.hosts.begin(), set.hosts.end(),
                           [&](const std::string& host) { return hosts_overlap(import.host, host); });
      });
      if (!imported) continue;
      for (const std::string& host : set.hosts) (host.starts_with('*') ? wild[host] : out.exact[host]).push_back(i);
    }
    out.wild.assign(wild.begin(), wild.end());
    std::stable_sort(out.wild.begin(), out.wild.end(),
                     [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
    for (std::size_t s = 0; s < mesh_.services.size(); ++s) {
      if (!out.services[s]) continue;
      for (const ServicePort& p : mesh_.services[s].ports)
        if (is_http(p.protocol) || (p.protocol == Protocol::Unset && !has_own_listener(mesh_.services[s])))
          out.has_http_port[p.port] = true;
    }
    return out;
  }

  const Mesh& mesh_;
  const std::vector<RouteSet>& sets_;
  std::vector<std::string> vs_default_, service_default_;
};

}  // namespace

bool has_own_listener(const Service& service) {
  return service.kubernetes ||
         ((!service.addresses.empty() || !service.address_ranges.empty()) && !service.auto_allocated);
}

std::vector<std::uint32_t> EgressView::sets_for(const std::string& host) const {
  std::vector<std::uint32_t> out;
  if (const auto it = exact.find(host); it != exact.end()) out = it->second;
  for (const auto& [pattern, sets] : wild)
    if (host_matches(pattern, host)) out.insert(out.end(), sets.begin(), sets.end());
  return out;
}

std::vector<std::uint32_t> EgressView::matching(const std::string& host) const {
  std::vector<std::uint32_t> out = sets_for(host);
  std::sort(out.begin(), out.end(), [&](std::uint32_t a, std::uint32_t b) { return rank[a] < rank[b]; });
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
  return std::any_of(listeners.begin(), listeners.end(),
                     [&](const EgressView& v) { return service < v.services.size() && v.services[service]; });
}

std::size_t Scope::find(const std::string& host) const {
  const auto it = by_host.find(host);
  return it == by_host.end() ? kNone : it->second;
}

void Scopes::compile(const Mesh& mesh, const std::vector<RouteSet>& sets, Diagnostics&) {
  const Builder builder(mesh, sets);
  std::vector<const Object*> sidecars = mesh.objects_of("Sidecar");
  std::stable_sort(sidecars.begin(), sidecars.end(), [](const Object* a, const Object* b) { return older(*a, *b); });
  std::map<std::pair<std::string, const Object*>, const Scope*> made;
  nothing_ = builder.make("", nullptr);
  by_workload_.reserve(mesh.workloads.size());
  auto ensure = [&](const std::string& ns) -> const Scope& {
    auto& slot = defaults_[ns];
    if (!slot) slot = builder.make(ns, nullptr);
    return *slot;
  };
  for (const Gateway& gateway : mesh.gateways) ensure(gateway.ns);
  for (const Workload& workload : mesh.workloads) {
    // DP-225: a Sidecar with a matching selector, else the namespace's, else the root namespace's; sidecars only.
    const Object* chosen = nullptr;
    if (workload.mode == DataplaneMode::Sidecar && workload.role == ProxyRole::None) {
      auto without_selector = [](const Object& o) { return !o.spec()["workloadSelector"]["labels"].has_value(); };
      for (const Object* o : sidecars) {
        if (o->ns != workload.ns || without_selector(*o)) continue;
        if (!matches(read_labels(o->spec()["workloadSelector"]["labels"]), workload.labels)) continue;
        chosen = o;
        break;
      }
      for (const std::string* ns : {&workload.ns, &mesh.settings.root_namespace})
        for (const Object* o : sidecars)
          if (chosen == nullptr && o->ns == *ns && without_selector(*o)) chosen = o;
    }
    if (chosen == nullptr) {
      by_workload_.push_back(&ensure(workload.ns));
      continue;
    }
    const Scope*& scope = made[{workload.ns, chosen}];
    if (scope == nullptr) {
      narrowed_.push_back(builder.make(workload.ns, chosen));
      scope = narrowed_.back().get();
    }
    by_workload_.push_back(scope);
  }
}

const Scope& Scopes::of_namespace(std::string_view ns) const {
  const auto it = defaults_.find(ns);
  return it == defaults_.end() ? *nothing_ : *it->second;
}

}  // namespace meshsim::models::route
