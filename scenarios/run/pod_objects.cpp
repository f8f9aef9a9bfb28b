#include "scenarios/run/pod_objects.h"

#include <algorithm>
#include <array>

#include "sim/fingerprint.h"

namespace meshsim::scenarios {

using models::Node;
using models::NodeKind;
using models::Object;
using models::TreeBuilder;

namespace {

constexpr std::string_view kStatus = "sidecar.istio.io/status";

Object decoded(TreeBuilder& builder) {
  auto tree = builder.finish();
  models::Diagnostics told_already;
  return *models::decode_object(tree, tree->root(), told_already);
}

void pairs(TreeBuilder& b, std::string_view key, const models::Labels& values) {
  b.key(key);
  b.begin_mapping();
  for (const auto& [k, v] : values) {
    b.key(k);
    b.string(v);
  }
  b.end();
}

void text(TreeBuilder& b, std::string_view key, std::string_view value) {
  b.key(key);
  b.string(value);
}

void proxy_container(TreeBuilder& b, const models::Workload& w) {
  b.begin_mapping();
  text(b, "name", "istio-proxy");
  b.key("env");
  b.begin_sequence();
  for (const auto& [name, value] : w.proxy_metadata) {
    b.begin_mapping();
    text(b, "name", name);
    text(b, "value", value);
    b.end();
  }
  b.end();
  b.end();
}

void write_spec(TreeBuilder& b, Node spec, const models::Workload& w, const std::string& node) {
  b.key("spec");
  b.begin_mapping();
  bool named = false;
  for (const Node child : spec) {
    if (child.key() == "nodeName") continue;
    b.copy_key(child);
    if (child.key() != "containers" || w.mode != models::DataplaneMode::Sidecar) {
      b.copy(child);
      continue;
    }
    // What injection added counts from now on: the proxy and its environment.
    b.begin_sequence();
    for (const Node container : child) {
      named |= container["name"].text() == "istio-proxy";
      b.copy(container);
    }
    if (!named) proxy_container(b, w);
    b.end();
  }
  text(b, "nodeName", node);
  b.end();
}

// Copies a mapping without the keys of `drop`.
void copy_without(TreeBuilder& b, Node mapping, std::initializer_list<std::string_view> drop) {
  b.begin_mapping(mapping.position());
  for (const Node child : mapping) {
    if (std::find(drop.begin(), drop.end(), child.key()) != drop.end()) continue;
    b.copy_key(child);
    b.copy(child);
  }
  b.end();
}

void copy_template(TreeBuilder& b, Node pod_template) {
  b.begin_mapping(pod_template.position());
  for (const Node child : pod_template) {
    b.copy_key(child);
    if (child.key() != "metadata") {
      b.copy(child);
      continue;
    }
    b.begin_mapping(child.position());
    for (const Node field : child) {
      b.copy_key(field);
      if (field.key() == "labels") {
        copy_without(b, field, {"security.istio.io/tlsMode", "networking.istio.io/tunnel"});
      } else if (field.key() == "annotations") {
        copy_without(b, field, {kStatus});
      } else {
        b.copy(field);
      }
    }
    b.end();
  }
  b.end();
}

}  // namespace

bool has_pod_template(const Object& object) {
  constexpr std::array<std::string_view, 4> kinds = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"};
  return object.api_group == "apps" && std::find(kinds.begin(), kinds.end(), object.kind) != kinds.end();
}

std::vector<Object> pods_of(const Object& owner, const models::Workload& w, int generation,
                            const std::vector<std::string>& nodes) {
  std::vector<Object> out;
  const bool bare = owner.kind == "Pod";
  const Node pod_template = owner.spec()["template"];
  for (std::size_t i = 0; i < w.pods.size(); ++i) {
    const models::PodInstance& pod = w.pods[i];
    const std::string name =
        generation == 0 ? pod.name : owner.name + "-g" + std::to_string(generation) + '-' + std::to_string(i);
    const std::string full = owner.ns + '/' + name;
    const std::string node = !pod.locality.node.empty() ? pod.locality.node
                             : nodes.empty()            ? std::string("node-1")
                                                        : nodes[sim::stable_hash(full) % nodes.size()];
    TreeBuilder b(owner.tree->file());
    b.begin_mapping(owner.root.position());
    text(b, "apiVersion", "v1");
    text(b, "kind", "Pod");
    b.key("metadata");
    b.begin_mapping();
    text(b, "name", name);
    text(b, "namespace", owner.ns);
    text(b, "uid", "meshsim/" + full);
    pairs(b, "labels", w.labels);
    models::Labels annotations = w.annotations;
    if (w.mode == models::DataplaneMode::Sidecar) annotations.try_emplace(std::string(kStatus), "{}");
    pairs(b, "annotations", annotations);
    if (!bare) {
      b.key("ownerReferences");
      b.begin_sequence();
      b.begin_mapping();
      text(b, "apiVersion", "apps/v1");
      text(b, "kind", owner.kind);
      text(b, "name", owner.name);
      b.key("controller");
      b.scalar(NodeKind::Bool, "true");
      b.end();
      b.end();
    }
    b.end();
    write_spec(b, bare ? owner.spec() : pod_template["spec"], w, node);
    b.key("status");
    b.begin_mapping();
    text(b, "phase", "Running");
    if (generation == 0 && !pod.addresses.empty()) text(b, "podIP", pod.addresses.front().text());
    b.key("conditions");
    b.begin_sequence();
    b.begin_mapping();
    text(b, "type", "Ready");
    text(b, "status", pod.ready ? "True" : "False");
    b.end();
    b.end();
    b.end();
    b.end();
    out.push_back(decoded(b));
  }
  return out;
}

Object managed_deployment(const models::Workload& w, const std::string& file) {
  TreeBuilder b(file);
  b.begin_mapping();
  text(b, "apiVersion", "apps/v1");
  text(b, "kind", "Deployment");
  b.key("metadata");
  b.begin_mapping();
  text(b, "name", w.name);
  text(b, "namespace", w.ns);
  b.end();
  b.key("spec");
  b.begin_mapping();
  b.key("replicas");
  b.scalar(NodeKind::Int, std::to_string(w.pods.size()));
  b.key("template");
  b.begin_mapping();
  b.key("metadata");
  b.begin_mapping();
  pairs(b, "labels", w.labels);
  pairs(b, "annotations", w.annotations);
  b.end();
  b.key("spec");
  b.begin_mapping();
  text(b, "serviceAccountName", w.service_account);
  b.key("containers");
  b.begin_sequence();
  proxy_container(b, w);
  b.end();
  b.end();
  b.end();
  b.end();
  b.end();
  return decoded(b);
}

Object without_injection_marks(const Object& owner) {
  TreeBuilder b(owner.tree->file());
  b.begin_mapping(owner.root.position());
  for (const Node child : owner.root) {
    b.copy_key(child);
    if (child.key() != "spec") {
      b.copy(child);
      continue;
    }
    b.begin_mapping(child.position());
    for (const Node field : child) {
      b.copy_key(field);
      if (field.key() == "template") {
        copy_template(b, field);
      } else {
        b.copy(field);
      }
    }
    b.end();
  }
  b.end();
  return decoded(b);
}

Object with_readiness(const Object& pod, bool ready) {
  TreeBuilder b(pod.tree->file());
  b.begin_mapping(pod.root.position());
  for (const Node child : pod.root) {
    b.copy_key(child);
    if (child.key() != "status") {
      b.copy(child);
      continue;
    }
    b.begin_mapping();
    for (const Node field : child) {
      b.copy_key(field);
      if (field.key() != "conditions") {
        b.copy(field);
        continue;
      }
      b.begin_sequence();
      b.begin_mapping();
      text(b, "type", "Ready");
      text(b, "status", ready ? "True" : "False");
      b.end();
      b.end();
    }
    b.end();
  }
  b.end();
  return decoded(b);
}

std::string owner_of(const Object& pod) {
  const Node ref = pod.root["metadata"]["ownerReferences"].at(0);
  return ref.exists() ? pod.ns + '/' + std::string(ref["kind"].text()) + '/' + std::string(ref["name"].text())
                      : pod.ns + "/Pod/" + pod.name;
}

}  // namespace meshsim::scenarios
