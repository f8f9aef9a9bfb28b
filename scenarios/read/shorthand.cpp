// `workloads` and `gateways` of a scenario become the objects a user would have written. Every made object carries the
// place of its shorthand, so findings about it point there.
#include <algorithm>
#include <array>
#include <set>

#include "scenarios/read/scenario_parts.h"

namespace meshsim::scenarios {

using models::Node;
using models::NodeKind;
using models::Object;
using models::Position;
using models::TreeBuilder;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// Writes one object; every value has the place of the shorthand.
class ObjectWriter {
 public:
  ObjectWriter(const std::string& file, Position at) : builder_(file), at_(at) { builder_.begin_mapping(at_); }

  ObjectWriter& key(std::string_view name) {
    builder_.key(name, at_);
    return *this;
  }
  ObjectWriter& text(std::string_view name, std::string_view value) {
    key(name);
    builder_.string(value, at_);
    return *this;
  }
  ObjectWriter& number(std::string_view name, std::int64_t value) {
    key(name);
    builder_.scalar(NodeKind::Int, std::to_string(value), at_);
    return *this;
  }
  ObjectWriter& mapping(std::string_view name) {
    key(name);
    builder_.begin_mapping(at_);
    return *this;
  }
  ObjectWriter& list(std::string_view name) {
    key(name);
    builder_.begin_sequence(at_);
    return *this;
  }
  ObjectWriter& item() {
    builder_.begin_mapping(at_);
    return *this;
  }
  ObjectWriter& copy(std::string_view name, Node node) {
    key(name);
    builder_.copy(node);
    return *this;
  }
  ObjectWriter& pairs(std::string_view name, const Pairs& values) {
    if (values.empty()) return *this;
    mapping(name);
    for (const auto& [k, v] : values) text(k, v);
    return end();
  }
  ObjectWriter& end() {
    builder_.end();
    return *this;
  }
  ObjectWriter& head(std::string_view api_version, std::string_view kind, std::string_view ns, std::string_view name,
                     const Pairs& labels = {}, const Pairs& annotations = {}) {
    text("apiVersion", api_version).text("kind", kind).mapping("metadata").text("name", name);
    if (!ns.empty()) text("namespace", ns);
    pairs("labels", labels).pairs("annotations", annotations);
    return end();
  }
  Object finish() {
    builder_.end();
    auto tree = builder_.finish();
    models::Diagnostics none;
    return *models::decode_object(tree, tree->root(), none);
  }

 private:
  TreeBuilder builder_;
  Position at_;
};

void set(Pairs& pairs, const std::string& key, const std::string& value) {
  for (const auto& [k, v] : pairs)
    if (k == key) return;  // what the user wrote stands
  pairs.emplace_back(key, value);
}

Pairs label_pairs(Fields& fields, std::string_view key) {
  Pairs out;
  for (const Node label : fields.mapping(key)) {
    if (label.is_string()) {
      out.emplace_back(std::string(label.key()), label.string());
    } else {
      fields.wrong(label, std::string(key) + '.' + std::string(label.key()), "a string");
    }
  }
  return out;
}

struct Port {
  std::int64_t port = 0;
  Node target;  // integer or text; Missing: the same as port
  std::string name, protocol, app_protocol;
  std::int64_t container_port() const { return target.integer().value_or(port); }
};

std::vector<Port> read_ports(Node list, const std::string& path, ScenarioFindings& findings) {
  std::vector<Port> out;
  for (const Node node : list) {
    const std::string name = element(path + ".ports", out.size());
    Fields fields(node, name, findings);
    Port port;
    fields.require("port");
    port.port = fields.integer("port", 1, 65535).value_or(0);
    port.target = fields.node("targetPort");
    if (const auto number = port.target.integer();
        port.target.has_value() && !port.target.is_string() && (!number || *number < 1 || *number > 65535)) {
      fields.wrong(port.target, "targetPort", "a port number or a port name");
      port.target = {};
    }
    port.name = fields.text("name").value_or("");
    port.protocol = std::array{"TCP", "UDP"}[fields.word("protocol", {"TCP", "UDP"}).value_or(0)];
    port.app_protocol = fields.text("appProtocol").value_or("");
    fields.done();
    out.push_back(port);
  }
  // Kubernetes demands names as soon as there are two ports; the protocol is then sniffed, as without a name.
  for (Port& port : out)
    if (out.size() > 1 && port.name.empty()) port.name = "port-" + std::to_string(port.port);
  return out;
}

struct Workload {
  std::string name, ns, service_account, node_name;
  std::optional<std::size_t> mode;
  Pairs labels, pod_labels, pod_annotations;
  std::int64_t replicas = 1;
  std::vector<Port> ports;
};

// The marks that a pod of this mode carries (DP-007, DP-011, DP-012; a legacy sidecar: DP-037).
void mark_mode(Workload& w) {
  enum { kSidecar, kLegacy, kAmbient, kNone };
  w.pod_labels = w.labels;
  if (!w.mode) return;
  if (*w.mode == kSidecar || *w.mode == kLegacy) {
    w.pod_annotations.emplace_back("sidecar.istio.io/status", R"({"containers":["istio-proxy"]})");
    set(w.pod_labels, "security.istio.io/tlsMode", "istio");
    if (*w.mode == kSidecar) set(w.pod_labels, "networking.istio.io/tunnel", "http");
  } else {
    // In a namespace with injection the webhook would otherwise add a sidecar, which wins over ambient (DP-020).
    set(w.pod_labels, "sidecar.istio.io/inject", "false");
    set(w.pod_labels, "istio.io/dataplane-mode", *w.mode == kAmbient ? "ambient" : "none");
  }
}

Object make_deployment(const Workload& w, const std::string& file, Position at) {
  ObjectWriter out(file, at);
  out.head("apps/v1", "Deployment", w.ns, w.name, w.labels);
  out.mapping("spec").number("replicas", w.replicas);
  out.mapping("selector").pairs("matchLabels", w.labels).end();
  out.mapping("template")
      .mapping("metadata")
      .pairs("labels", w.pod_labels)
      .pairs("annotations", w.pod_annotations)
      .end();
  out.mapping("spec");
  if (!w.service_account.empty()) out.text("serviceAccountName", w.service_account);
  if (!w.node_name.empty()) out.text("nodeName", w.node_name);
  out.list("containers").item().text("name", w.name).text("image", "example.test/" + w.name);
  if (!w.ports.empty()) {
    out.list("ports");
    for (const Port& port : w.ports) {
      out.item().number("containerPort", port.container_port());
      if (port.target.is_string()) out.text("name", port.target.text());
      out.text("protocol", port.protocol).end();
    }
    out.end();
  }
  return out.end().end().end().end().end().finish();
}

Object make_service(const Workload& w, const std::string& file, Position at) {
  ObjectWriter out(file, at);
  out.head("v1", "Service", w.ns, w.name, w.labels);
  out.mapping("spec").pairs("selector", w.labels).list("ports");
  for (const Port& port : w.ports) {
    out.item().number("port", port.port);
    if (port.target.has_value()) {
      out.copy("targetPort", port.target);
    } else {
      out.number("targetPort", port.port);
    }
    if (!port.name.empty()) out.text("name", port.name);
    if (!port.app_protocol.empty()) out.text("appProtocol", port.app_protocol);
    out.text("protocol", port.protocol).end();
  }
  return out.end().end().finish();
}

void make_workload(Node node, const std::string& path, ScenarioFindings& findings, std::vector<Object>& into) {
  Fields fields(node, path, findings);
  Workload w;
  fields.require("name");
  w.name = fields.text("name").value_or("");
  w.ns = fields.text("namespace").value_or("default");
  w.mode = fields.word("mode", {"sidecar", "sidecar-legacy", "ambient", "none"});
  w.service_account = fields.text("serviceAccount").value_or("");
  w.labels = label_pairs(fields, "labels");
  w.replicas = fields.integer("replicas", 0, 100'000).value_or(1);
  w.node_name = fields.text("node").value_or("");
  w.ports = read_ports(fields.list("ports"), path, findings);
  fields.done();
  if (w.name.empty()) return;
  set(w.labels, "app", w.name);
  // The selector must not catch the pods of others: a workload whose own `app` says something else gets a label of its
  // own.
  if (std::any_of(w.labels.begin(), w.labels.end(),
                  [&](const auto& l) { return l.first == "app" && l.second != w.name; }))
    set(w.labels, "meshsim.io/workload", w.name);
  mark_mode(w);
  into.push_back(make_deployment(w, findings.file, node.position()));
  if (!w.ports.empty()) into.push_back(make_service(w, findings.file, node.position()));
}

struct Listener {
  std::string name, protocol, hostname;
  std::int64_t port = 0;
};

std::vector<Listener> read_listeners(Node list, const std::string& path, ScenarioFindings& findings) {
  std::vector<Listener> out;
  for (const Node node : list) {
    Fields fields(node, element(path + ".ports", out.size()), findings);
    Listener one;
    fields.require("port");
    one.port = fields.integer("port", 1, 65535).value_or(0);
    constexpr std::array kProtocols = {"HTTP", "HTTPS", "TLS", "TCP"};
    one.protocol = kProtocols[fields.word("protocol", {"HTTP", "HTTPS", "TLS", "TCP"}).value_or(0)];
    one.name = fields.text("name").value_or("port-" + std::to_string(one.port));
    one.hostname = fields.text("hostname").value_or("");
    fields.done();
    out.push_back(one);
  }
  return out;
}

void make_gateway(Node node, const std::string& path, ScenarioFindings& findings, std::vector<Object>& into) {
  enum { kIngress, kEgress, kWaypoint, kEastWest };
  Fields fields(node, path, findings);
  fields.require("name");
  fields.require("kind");
  const std::string name = fields.text("name").value_or("");
  const std::string ns = fields.text("namespace").value_or("default");
  const auto kind = fields.word("kind", {"ingress", "egress", "waypoint", "east-west"});
  constexpr std::array kFor = {"service", "workload", "all", "none"};
  const auto serves = fields.word("for", {"service", "workload", "all", "none"});
  Pairs labels = label_pairs(fields, "labels"), annotations;
  std::vector<Listener> listeners = read_listeners(fields.list("ports"), path, findings);
  fields.done();
  if (name.empty() || !kind) return;
  if (serves && *kind != kWaypoint)
    findings.error("MSH0011", node["for"].position(), path + ".for belongs to a waypoint");
  std::string class_name = "istio";
  if (*kind == kWaypoint) {
    class_name = "istio-waypoint";
    if (serves) set(labels, "istio.io/waypoint-for", kFor[*serves]);
    if (listeners.empty()) listeners.push_back({"mesh", "HBONE", "", 15008});
  } else if (*kind == kEastWest) {
    class_name = "istio-east-west";
    if (listeners.empty()) listeners.push_back({"mesh", "HBONE", "", 15008});
  } else {
    if (*kind == kEgress) annotations.emplace_back("networking.istio.io/service-type", "ClusterIP");
    if (listeners.empty()) listeners.push_back({"http", "HTTP", "", 80});
  }
  ObjectWriter out(findings.file, node.position());
  out.head("gateway.networking.k8s.io/v1", "Gateway", ns, name, labels, annotations);
  out.mapping("spec").text("gatewayClassName", class_name).list("listeners");
  for (const Listener& one : listeners) {
    out.item().text("name", one.name).number("port", one.port).text("protocol", one.protocol);
    if (!one.hostname.empty()) out.text("hostname", one.hostname);
    if (one.protocol == "TLS") out.mapping("tls").text("mode", "Passthrough").end();
    if (one.protocol == "HTTPS")
      out.mapping("tls")
          .text("mode", "Terminate")
          .list("certificateRefs")
          .item()
          .text("name", name + "-tls")
          .end()
          .end()
          .end();
    if (one.protocol == "HBONE" && *kind == kEastWest)
      out.mapping("tls")
          .text("mode", "Terminate")
          .mapping("options")
          .text("gateway.istio.io/tls-terminate-mode", "ISTIO_MUTUAL")
          .end()
          .end();
    if (*kind != kWaypoint) out.mapping("allowedRoutes").mapping("namespaces").text("from", "All").end().end();
    out.end();
  }
  into.push_back(out.end().end().finish());
}

}  // namespace

std::vector<Object> make_workloads(Node list, ScenarioFindings& findings) {
  std::vector<Object> out;
  std::size_t index = 0;
  for (const Node node : list) make_workload(node, element("workloads", index++), findings, out);
  return out;
}

std::vector<Object> make_gateways(Node list, ScenarioFindings& findings) {
  std::vector<Object> out;
  std::size_t index = 0;
  for (const Node node : list) make_gateway(node, element("gateways", index++), findings, out);
  return out;
}

std::vector<Object> make_namespaces(const std::vector<Object>& objects, const std::vector<LabelOverlay>& labels) {
  std::set<std::string> written, mentioned;
  std::map<std::string, const Object*> first;
  for (const Object& object : objects) {
    if (object.kind == "Namespace") written.insert(object.name);
    if (!object.ns.empty()) first.try_emplace(object.ns, &object);
  }
  for (const auto& [ns, object] : first) mentioned.insert(ns);
  for (const LabelOverlay& overlay : labels)
    if (overlay.object.kind == "Namespace") mentioned.insert(overlay.object.name);
  std::vector<Object> out;
  for (const std::string& ns : mentioned) {
    if (written.contains(ns)) continue;
    const auto it = first.find(ns);
    const models::Source source = it == first.end() ? models::Source{} : it->second->source();
    ObjectWriter writer(source.file, source.position);
    out.push_back(writer.head("v1", "Namespace", "", ns).finish());
  }
  return out;
}

}  // namespace meshsim::scenarios
