// Gateway API routes -> RouteSets: parents, hostnames, merging (DP-251, DP-254, DP-258). Imitates: HTTPRouteCollection
// and its siblings (istio/istio pilot/pkg/config/kube/gateway/route_collections.go, 1.27).
#include <algorithm>
#include <map>
#include <tuple>

#include "models/route/gateway_api_rules.h"
#include "models/route/listeners.h"

namespace meshsim::models::route {
namespace {

constexpr std::string_view kKinds[] = {"HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute"};

// A place a route hangs on: the mesh (one Service or ServiceEntry) or a listener.
struct Parent {
  bool mesh = false;
  std::string gateway;             // "mesh" or the listener's internal name
  std::vector<std::string> hosts;  // of the Service or ServiceEntry
  std::uint16_t port = 0;          // parentRef.port of mesh parents
  const Listener* listener = nullptr;
  std::vector<const Listener*> siblings;  // other listeners of the same Gateway, port and protocol
};

class Reader {
 public:
  Reader(const Mesh& mesh, std::vector<RouteSet>& into, Diagnostics& diagnostics)
      : mesh_(mesh), into_(into), diagnostics_(diagnostics), listeners_(read_listener_list(mesh, &diagnostics)) {}

  void read() {
    for (const std::string_view kind : kKinds) {
      std::vector<const Object*> objects = mesh_.objects_of(kind, "gateway.networking.k8s.io");
      // sortRoutesByCreationTime: then namespace, then name.
      std::stable_sort(objects.begin(), objects.end(), [](const Object* a, const Object* b) {
        return std::tie(a->creation_timestamp, a->ns, a->name) < std::tie(b->creation_timestamp, b->ns, b->name);
      });
      merged_.clear();
      for (const Object* object : objects) {
        if (reads_kind(mesh_, kind)) {
          read(*object);
        } else {
          diagnostics_.push_back(not_read(mesh_, *object));
        }
      }
      for (const std::string& key : order_) finish(merged_.at(key));
      order_.clear();
    }
  }

 private:
  void complain(const Object& object, std::string code, std::string message) {
    diagnostics_.push_back({Severity::Warning, std::move(code), object.ref().text(), object.source().file,
                            object.root.position(), std::move(message)});
  }

  std::vector<Parent> parents_of(const Object& object) {
    std::vector<Parent> out;
    const std::vector<std::string> hostnames = read_strings(object.spec()["hostnames"]);
    for (const Node ref : object.spec()["parentRefs"]) {
      const std::string kind = ref["kind"].has_value() ? std::string(ref["kind"].text()) : "Gateway";
      const std::string name(ref["name"].text());
      const std::string ns = ref["namespace"].has_value() ? std::string(ref["namespace"].text()) : object.ns;
      const auto port = static_cast<std::uint16_t>(ref["port"].integer().value_or(0));
      if (kind == "Service" || kind == "ServiceEntry") {
        Parent parent;
        parent.mesh = true;
        parent.gateway = "mesh";
        parent.port = port;
        for (const Service& service : mesh_.services)
          if (service.ns == ns && service.ref.kind == kind && service.ref.name == name)
            parent.hosts.push_back(lower(service.hostname));
        if (parent.hosts.empty()) {
          complain(object, "MSH0241",
                   "the parent " + kind + " " + ns + "/" + name + " is not among the files: the route is not in force");
          continue;
        }
        out.push_back(std::move(parent));
        continue;
      }
      bool known = false, accepted = false;
      std::string why;
      for (const Listener& listener : listeners_) {
        if (listener.parent_kind != kind || listener.parent_ns != ns || listener.parent_name != name) continue;
        known = true;
        const std::string refusal =
            listener.refuses(mesh_, object.kind, object.ns, hostnames, port, ref["sectionName"].text());
        if (!refusal.empty()) {
          why = refusal;
          continue;
        }
        accepted = true;
        Parent parent;
        parent.gateway = listener.internal_name;
        parent.listener = &listener;
        for (const Listener& other : listeners_)
          if (&other != &listener && other.parent_kind == kind && other.parent_ns == ns && other.parent_name == name &&
              other.port == listener.port && other.protocol == listener.protocol)
            parent.siblings.push_back(&other);
        out.push_back(std::move(parent));
      }
      if (!accepted)
        complain(object, known ? "MSH0242" : "MSH0241",
                 known ? "parent " + kind + " " + ns + "/" + name + " does not take this route: " + why
                       : no_parent(kind, ns, name));
    }
    std::stable_sort(out.begin(), out.end(), [](const Parent& a, const Parent& b) { return a.gateway < b.gateway; });
    return out;
  }

  std::string no_parent(const std::string& kind, const std::string& ns, const std::string& name) const {
    const std::string text = "the parent " + kind + " " + ns + "/" + name;
    if (const std::size_t at = kind == "Gateway" ? mesh_.find_gateway(ns, name) : kNone; at != kNone)
      return text +
             (mesh_.gateways[at].kind == Gateway::Kind::Waypoint
                  ? " is a waypoint: routes attach to the Service, not to its waypoint (DP-258)"
                  : " has no listener for routes") +
             ": the route is not in force";
    for (const Object* object : mesh_.objects_of(kind))
      if (object->ns == ns && object->name == name)
        return text + " is not one of Istio's: what the route does is not known here";
    return text + " is not among the files: the route is not in force";
  }

  // hostnameAllowedByIsolation: a more specific listener of the same port keeps its hosts to itself.
  static bool isolated_from(const Parent& parent, const std::string& host) {
    const std::string& ours = parent.listener->hostname;
    if (!ours.empty() && !ours.starts_with('*')) return false;
    if (!ours.empty() && !hosts_overlap(host, ours)) return true;
    return std::any_of(parent.siblings.begin(), parent.siblings.end(), [&](const Listener* other) {
      if (other->hostname == ours || other->hostname.empty() || ours.size() > other->hostname.size()) return false;
      return host_matches(other->hostname, host) || host == other->hostname;
    });
  }

  RouteSet& set_for(const Object& object, const std::string& key, const Parent& parent, const std::string& host) {
    const auto [it, fresh] = merged_.emplace(key, RouteSet{});
    RouteSet& set = it->second;
    if (!fresh) return set;
    order_.push_back(key);
    set.ref = object.ref();
    set.ns = object.ns;
    set.creation = object.creation_timestamp;
    set.sort_name = key;
    std::replace(set.sort_name.begin(), set.sort_name.end(), '/', '~');
    set.hosts = {host};
    set.gateways = {parent.gateway};
    set.gateway_api = true;
    return set;
  }

  void read(const Object& object) {
    const std::vector<Parent> parents = parents_of(object);
    std::optional<Conversion> for_mesh, for_gateway;
    int count = 0;
    for (const Parent& parent : parents) {
      std::optional<Conversion>& conversion = parent.mesh ? for_mesh : for_gateway;
      if (!conversion) {
        conversion = convert_route(mesh_, object, parent.mesh);
        if (!conversion->error.empty())
          complain(object, "MSH0243", "istiod refuses the whole route: " + conversion->error);
        for (const std::string& warning : conversion->warnings)
          complain(object, "MSH0244", warning + ": its share of the requests is answered with 500 (DP-252)");
      }
      if (!conversion->error.empty()) continue;
      if (object.kind == "HTTPRoute" || object.kind == "GRPCRoute") {
        read_http(object, parent, *conversion);
      } else {
        read_stream(object, parent, *conversion, count);
      }
    }
  }

  void read_http(const Object& object, const Parent& parent, const Conversion& conversion) {
    if (conversion.http.empty()) return;
    std::vector<std::string> hosts = parent.hosts;
    std::string key = parent.gateway;
    if (parent.mesh) {
      key = object.ns;
      if (parent.port != 0) key += '/' + std::to_string(parent.port);
    } else {
      for (const std::string& host : read_strings(object.spec()["hostnames"])) hosts.push_back(lower(host));
      if (hosts.empty()) hosts.push_back("*");
    }
    for (const std::string& host : hosts) {
      if (!parent.mesh && isolated_from(parent, host)) continue;
      RouteSet& set = set_for(object, key + '/' + host, parent, host);
      for (const HttpRule& rule : conversion.http) {
        set.http.push_back(rule);
        if (parent.port == 0) continue;
        HttpRule& own = set.http.back();
        if (own.matches.empty()) own.matches.emplace_back();
        for (HttpMatch& match : own.matches) match.port = parent.port;
      }
    }
  }

  void read_stream(const Object& object, const Parent& parent, const Conversion& conversion, int& count) {
    const bool tls = object.kind == "TLSRoute";
    std::vector<std::string> hosts = parent.hosts;
    if (!parent.mesh && tls) {
      const std::string& listener = parent.listener->hostname;
      for (const std::string& host : read_strings(object.spec()["hostnames"])) hosts.push_back(lower(host));
      if (hosts.empty()) hosts.push_back("*");
      hosts = intersect(hosts, listener);
    } else if (!parent.mesh) {
      hosts = {"*"};
    }
    for (const std::string& host : hosts) {
      const std::string key = object.ns + '/' + object.name + '/' + std::to_string(count++);
      RouteSet& set = set_for(object, key, parent, host);
      std::vector<StreamRule>& rules = tls ? set.tls : set.tcp;
      for (StreamRule rule : conversion.streams) {
        if (parent.mesh) {
          if (tls && rule.matches.size() == 1 && rule.matches[0].sni_hosts == std::vector<std::string>{"*"})
            rule.matches[0].sni_hosts = parent.hosts;
          if (rule.matches.empty() && parent.port != 0) rule.matches.emplace_back();
          for (StreamMatch& match : rule.matches) {
            match.port = parent.port;
            if (match.sni_hosts.size() > 1)
              std::erase_if(match.sni_hosts, [&](const std::string& sni) { return !hosts_overlap(host, sni); });
          }
        } else if (tls) {
          for (StreamMatch& match : rule.matches)
            match.sni_hosts = intersect(match.sni_hosts, parent.listener->hostname);
        }
        rules.push_back(std::move(rule));
      }
    }
  }

  static std::vector<std::string> intersect(const std::vector<std::string>& hosts, const std::string& with) {
    if (with.empty()) return hosts;
    std::vector<std::string> out;
    for (const std::string& host : hosts)
      if (hosts_overlap(host, with)) out.push_back(host_matches(with, host) ? host : with);
    return out;
  }

  void finish(RouteSet& set) {
    sort_rules(set.http);
    set.table.build(set.http);
    into_.push_back(std::move(set));
  }

  const Mesh& mesh_;
  std::vector<RouteSet>& into_;
  Diagnostics& diagnostics_;
  std::vector<Listener> listeners_;
  std::map<std::string, RouteSet> merged_;
  std::vector<std::string> order_;
};

}  // namespace

void read_gateway_api_routes(const Mesh& mesh, std::vector<RouteSet>& into, Diagnostics& diagnostics) {
  Reader(mesh, into, diagnostics).read();
}

}  // namespace meshsim::models::route
