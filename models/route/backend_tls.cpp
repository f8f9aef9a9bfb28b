#include "models/route/backend_tls.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "models/route/gateway_api_rules.h"

namespace meshsim::models::route {
namespace {

// What the policies say of one host: the whole target, and ports by number.
struct HostTls {
  ObjectRef oldest;
  std::string ns, host;
  std::optional<std::string> whole;  // SNI
  std::vector<std::pair<std::uint16_t, std::string>> ports;
};

void write_tls(TreeBuilder& builder, const std::string& sni) {
  builder.key("tls");
  builder.begin_mapping();
  builder.key("mode");
  builder.string("SIMPLE");
  builder.key("sni");
  builder.string(sni);
  builder.end();
}

std::shared_ptr<const Tree> policy_tree(const HostTls& tls) {
  TreeBuilder builder(tls.oldest.source.file);
  builder.begin_mapping(tls.oldest.source.position);
  if (tls.whole) write_tls(builder, *tls.whole);
  builder.key("portLevelSettings");
  builder.begin_sequence();
  for (const auto& [port, sni] : tls.ports) {
    builder.begin_mapping();
    builder.key("port");
    builder.begin_mapping();
    builder.key("number");
    builder.scalar(NodeKind::Int, std::to_string(port));
    builder.end();
    write_tls(builder, sni);
    builder.end();
  }
  builder.end();
  builder.end();
  return builder.finish();
}

std::vector<const Service*> targets(const Mesh& mesh, const Node& target, std::string_view ns) {
  const std::string_view kind = target["kind"].string_or();
  const std::string_view group = target["group"].string_or();
  const bool entry = kind == "ServiceEntry" && group == "networking.istio.io";
  std::vector<const Service*> out;
  if (!entry && (kind != "Service" || !group.empty())) return out;
  for (const Service& service : mesh.services)
    if (service.kubernetes != entry && service.ref.ns == ns && service.ref.name == target["name"].string_or())
      out.push_back(&service);
  return out;
}

}  // namespace

std::vector<DestinationRule> backend_tls_rules(const Mesh& mesh, std::vector<std::shared_ptr<const Tree>>& trees,
                                               Diagnostics& diagnostics) {
  std::vector<const Object*> objects = mesh.objects_of("BackendTLSPolicy");
  std::stable_sort(objects.begin(), objects.end(), [](const Object* a, const Object* b) { return older(*a, *b); });
  std::vector<HostTls> hosts;
  for (const Object* object : objects) {
    if (!reads_kind(mesh, object->kind)) {
      diagnostics.push_back(not_read(mesh, *object));
      continue;
    }
    for (const Node target : object->spec()["targetRefs"]) {
      const std::vector<const Service*> services = targets(mesh, target, object->ns);
      const std::string_view section = target["sectionName"].string_or();
      bool attached = false;
      for (const Service* service : services) {
        const auto port = std::find_if(service->ports.begin(), service->ports.end(),
                                       [&](const ServicePort& p) { return p.name == section; });
        if (!section.empty() && port == service->ports.end()) continue;
        attached = true;
        auto host = std::find_if(hosts.begin(), hosts.end(), [&](const HostTls& h) {
          return h.ns == object->ns && h.host == lower(service->hostname);
        });
        if (host == hosts.end()) {
          HostTls fresh;
          fresh.oldest = object->ref();
          fresh.ns = object->ns;
          fresh.host = lower(service->hostname);
          host = hosts.insert(hosts.end(), std::move(fresh));
        }
        const std::string sni = object->spec()["validation"]["hostname"].string();
        if (section.empty()) {
          if (!host->whole) host->whole = sni;
        } else if (std::none_of(host->ports.begin(), host->ports.end(),
                                [&](const auto& own) { return own.first == port->port; })) {
          host->ports.emplace_back(port->port, sni);
        }
      }
      if (attached) continue;
      diagnostics.push_back(
          {Severity::Warning, "MSH0245", object->ref().text(), object->source().file, target.position(),
           "the target " + std::string(target["kind"].string_or()) + ' ' + std::string(target["name"].string_or()) +
               (section.empty() ? std::string() : " (port " + std::string(section) + ")") +
               " does not exist in namespace " + object->ns +
               ": no TLS is originated; a BackendTLSPolicy reaches Services and ServiceEntries of its own namespace"});
    }
  }
  std::vector<DestinationRule> out;
  for (HostTls& host : hosts) {
    std::sort(host.ports.begin(), host.ports.end());
    trees.push_back(policy_tree(host));
    DestinationRule rule;
    rule.ref = host.oldest;
    rule.ns = host.ns;
    rule.host = host.host;
    rule.policy = trees.back()->root();
    out.push_back(std::move(rule));
  }
  return out;
}

}  // namespace meshsim::models::route
