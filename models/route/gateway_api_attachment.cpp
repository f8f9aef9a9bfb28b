// parentRefs (DP-254, DP-258): which listeners and Services accept a route.
#include <algorithm>

#include "models/route/gateway_api.h"

namespace meshsim::models::route {
namespace {

constexpr std::string_view kGroup = "gateway.networking.k8s.io";

bool selects(Node selector, const Labels& labels) {
  for (const Node pair : selector["matchLabels"])
    if (find(labels, pair.key()) != pair.text()) return false;
  for (const Node e : selector["matchExpressions"]) {
    const auto value = find(labels, e["key"].string_or());
    bool listed = false;
    for (const Node v : e["values"]) listed |= value == v.text();
    const std::string_view op = e["operator"].string_or();
    if (op == "In" ? !listed : op == "NotIn" ? listed : op == "Exists" ? !value : op == "DoesNotExist" && value)
      return false;
  }
  return true;
}

bool namespace_allowed(const Mesh& mesh, const Object& gateway, Node listener, std::string_view route_ns) {
  const Node namespaces = listener["allowedRoutes"]["namespaces"];
  const std::string_view from = namespaces["from"].string_or("Same");
  if (from == "All") return true;
  if (from == "Selector") return selects(namespaces["selector"], mesh.namespace_labels(route_ns));
  return from == "Same" && gateway.ns == route_ns;
}

bool protocol_takes(Node listener, std::string_view kind) {
  const std::string_view protocol = listener["protocol"].string_or();
  const bool terminates = listener["tls"]["mode"].string_or("Terminate") == "Terminate";
  if (kind == "HTTPRoute" || kind == "GRPCRoute") return protocol == "HTTP" || protocol == "HTTPS";
  if (kind == "TLSRoute") return protocol == "TLS";
  return protocol == "TCP" || (protocol == "TLS" && terminates);
}

bool kind_allowed(Node listener, std::string_view kind) {
  const Node kinds = listener["allowedRoutes"]["kinds"];
  if (kinds.empty()) return true;
  return std::any_of(kinds.begin(), kinds.end(), [&](Node entry) { return entry["kind"].string_or() == kind; });
}

std::vector<std::string> hostnames(const Object& route) {
  std::vector<std::string> out;
  for (const Node host : route.spec()["hostnames"]) out.push_back(lower(host.text()));
  if (out.empty()) out.emplace_back("*");
  return out;
}

void attach_to_gateway(const Mesh& mesh, const Object& route, Node parent, const std::string& ns,
                       std::vector<Attachment>& out, Diagnostics& diagnostics) {
  const std::string name = parent["name"].string();
  const auto gateways = mesh.objects_of("Gateway", kGroup);
  const auto it =
      std::find_if(gateways.begin(), gateways.end(), [&](const Object* g) { return g->ns == ns && g->name == name; });
  auto refuse = [&](std::string why) {
    diagnostics.push_back(
        {Severity::Warning, "MSH0240", route.ref().text(), route.source().file, parent.key_position(), std::move(why)});
  };
  if (it == gateways.end()) {
    refuse("parentRef names Gateway " + ns + '/' + name +
           ", which is not among the manifests: the route is attached to nothing");
    return;
  }
  const Object& gateway = **it;
  const auto own = hostnames(route);
  bool any = false;
  for (const Node listener : gateway.spec()["listeners"]) {
    if (parent["sectionName"].has_value() && parent["sectionName"].string_or() != listener["name"].string_or())
      continue;
    if (parent["port"].has_value() && parent["port"].integer() != listener["port"].integer()) continue;
    if (!protocol_takes(listener, route.kind) || !kind_allowed(listener, route.kind)) continue;
    if (!namespace_allowed(mesh, gateway, listener, route.ns)) continue;
    const std::string theirs = lower(listener["hostname"].string_or("*"));
    Attachment attachment;
    attachment.gateway = listener_key(gateway, listener);
    for (const std::string& mine : own) {
      if (host_matches(theirs, mine)) {
        attachment.hosts.push_back(mine);
      } else if (host_matches(mine, theirs)) {
        attachment.hosts.push_back(theirs);
      }
    }
    if (attachment.hosts.empty()) continue;
    any = true;
    out.push_back(std::move(attachment));
  }
  if (!any)
    refuse("no listener of Gateway " + ns + '/' + name +
           " accepts this route (name, port, protocol, allowedRoutes or hostname): it has no effect there");
}

}  // namespace

std::string listener_key(const Object& gateway, Node listener) {
  return gateway.ns + '/' + gateway.name + '/' + listener["name"].string();
}

std::vector<Attachment> attachments(const Mesh& mesh, const Object& route, Diagnostics& diagnostics) {
  std::vector<Attachment> out;
  for (const Node parent : route.spec()["parentRefs"]) {
    const std::string_view kind = parent["kind"].string_or("Gateway");
    const std::string_view group = parent["group"].exists() ? parent["group"].string_or() : kGroup;
    const std::string ns(parent["namespace"].string_or(route.ns));
    const std::string name = parent["name"].string();
    if (kind == "Gateway" && group == kGroup) {
      attach_to_gateway(mesh, route, parent, ns, out, diagnostics);
      continue;
    }
    Attachment attachment;
    attachment.gateway = "mesh";
    attachment.port = static_cast<std::uint16_t>(parent["port"].integer().value_or(0));
    const bool service = kind == "Service" && (group.empty() || group == "core");
    const bool entry = kind == "ServiceEntry" && group == "networking.istio.io";
    for (const Service& s : mesh.services)
      if ((service && s.kubernetes && s.ns == ns && s.name == name) ||
          (entry && !s.kubernetes && s.ref.ns == ns && s.ref.name == name))
        attachment.hosts.push_back(lower(s.hostname));
    if (attachment.hosts.empty()) {
      diagnostics.push_back(
          {Severity::Warning, "MSH0240", route.ref().text(), route.source().file, parent.key_position(),
           service || entry ? "parentRef names " + std::string(kind) + ' ' + ns + '/' + name +
                                  ", which is not among the manifests: the route has no effect"
                            : "a parentRef of kind " + std::string(kind) + " is not evaluated by meshsim"});
      continue;
    }
    out.push_back(std::move(attachment));
  }
  return out;
}

}  // namespace meshsim::models::route
