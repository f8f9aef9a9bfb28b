#include "models/policy/attachment.h"

namespace meshsim::models::policy {

namespace {

TargetRef decode_ref(Node node) {
  TargetRef ref;
  ref.group = node["group"].string();
  ref.kind_text = node["kind"].string();
  ref.name = node["name"].string();
  ref.ns = node["namespace"].string();
  const bool core = ref.group.empty() || ref.group == "core";
  if (core && ref.kind_text == "Service") ref.kind = TargetRef::Kind::Service;
  if (ref.group == "networking.istio.io" && ref.kind_text == "ServiceEntry") ref.kind = TargetRef::Kind::ServiceEntry;
  if (ref.group == "gateway.networking.k8s.io" && ref.kind_text == "Gateway") ref.kind = TargetRef::Kind::Gateway;
  if (ref.group == "gateway.networking.k8s.io" && ref.kind_text == "GatewayClass")
    ref.kind = TargetRef::Kind::GatewayClass;
  return ref;
}

bool ref_attaches(const TargetRef& ref, std::string_view ns, const ProxyView& proxy, const AttachmentFlags& flags,
                  const char** rule) {
  const bool waypoint = proxy.kind == ProxyKind::Waypoint;
  const auto on_chain = [&](bool kubernetes) {
    return waypoint && proxy.chain && proxy.chain->kubernetes == kubernetes && proxy.chain->name == ref.name &&
           proxy.chain->ns == ns && (ref.ns.empty() || ref.ns == ns);
  };
  switch (ref.kind) {
    case TargetRef::Kind::Service:
      *rule = "PO-006";
      return on_chain(true);
    case TargetRef::Kind::ServiceEntry:
      *rule = "PO-007";
      return on_chain(false);
    case TargetRef::Kind::GatewayClass:
      *rule = "PO-008";
      return waypoint && ns == flags.root && ref.name == "istio-waypoint";
    case TargetRef::Kind::Gateway:
      *rule = "PO-009";
      return ns == proxy.ns && (ref.ns.empty() || ref.ns == proxy.ns) && ref.name == proxy.gateway_name;
    case TargetRef::Kind::Other:
      break;
  }
  *rule = "PO-010";
  return false;
}

}  // namespace

std::string TargetRef::text() const { return kind_text + ' ' + (ns.empty() ? name : ns + '/' + name); }

std::string Attachment::text() const {
  if (!refs.empty()) {
    std::string out = "targetRefs";
    for (const auto& ref : refs) out += ' ' + ref.text();
    return out;
  }
  if (!selector) return "no selector";
  if (selector->empty()) return "selector {}";
  std::string out = "selector";
  for (const auto& [key, value] : *selector) out += ' ' + key + '=' + value;
  return out;
}

Attachment decode_attachment(Node spec, std::string_view selector_field) {
  Attachment out;
  const Node selector = spec[selector_field];
  // `selector:` (null) is the same as no selector: protobuf has no null messages.
  if (selector.has_value()) {
    out.selector.emplace();
    const Node labels = selector_field == "selector" ? selector["matchLabels"] : selector["labels"];
    for (const Node label : labels) out.selector->insert_or_assign(std::string(label.key()), std::string(label.text()));
  }
  for (const Node ref : spec["targetRefs"]) out.refs.push_back(decode_ref(ref));
  if (out.refs.empty() && spec["targetRef"].has_value()) out.refs.push_back(decode_ref(spec["targetRef"]));
  return out;
}

bool attaches(const Attachment& attachment, std::string_view ns, const ProxyView& proxy, const AttachmentFlags& flags,
              const char** rule) {
  const char* ignored = nullptr;
  const char** why = rule ? rule : &ignored;
  const bool chain_namespace = proxy.kind == ProxyKind::Waypoint && proxy.chain && ns == proxy.chain->ns;
  if (ns != flags.root && ns != proxy.ns && !chain_namespace) {
    *why = "PO-001";
    return false;
  }
  if (!proxy.gateway_name && proxy.kind != ProxyKind::Waypoint) {
    *why = ns == flags.root && attachment.refs.empty() ? "PO-002" : "PO-003";
    if (ns != flags.root && ns != proxy.ns) return false;
    return attachment.refs.empty() && proxy.labels && attachment.selects(*proxy.labels);
  }
  if (attachment.refs.empty()) {
    *why = proxy.kind == ProxyKind::Waypoint ? "PO-004" : "PO-005";
    return proxy.kind != ProxyKind::Waypoint && flags.selector_for_gateways && proxy.labels &&
           attachment.selects(*proxy.labels);
  }
  for (const auto& ref : attachment.refs)
    if (ref_attaches(ref, ns, proxy, flags, why)) return true;
  return false;
}

bool attaches_layered(const Attachment& attachment, std::string_view ns, const ProxyView& proxy,
                      const AttachmentFlags& flags) {
  if (ns != flags.root && ns != proxy.ns) return false;
  if (attachment.refs.empty()) return proxy.labels && attachment.selects(*proxy.labels);
  const char* ignored = nullptr;
  for (const auto& ref : attachment.refs)
    if (ref.kind == TargetRef::Kind::Gateway && proxy.gateway_name && ref_attaches(ref, ns, proxy, flags, &ignored))
      return true;
  return false;
}

std::optional<bool> go_bool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == yes) return true;
  for (const std::string_view no : {"0", "f", "F", "FALSE", "false", "False"})
    if (text == no) return false;
  return std::nullopt;
}

}  // namespace meshsim::models::policy
