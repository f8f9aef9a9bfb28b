// Label overlays: like `kubectl label`, on a copy of the object.
#include <algorithm>
#include <vector>

#include "scenarios/read/nearest_name.h"
#include "scenarios/read/object_name.h"
#include "scenarios/read/scenario_parts.h"

namespace meshsim::scenarios {

using models::Node;
using models::NodeKind;
using models::Object;
using models::TreeBuilder;

namespace {

using LabelSet = std::map<std::string, std::optional<std::string>>;

// The labels mapping with the changes made, as the next value of the builder.
void write_labels(TreeBuilder& builder, Node labels, models::Position at, const LabelSet& set) {
  builder.begin_mapping(labels.exists() ? labels.position() : at);
  for (const Node label : labels) {
    if (set.contains(std::string(label.key()))) continue;
    builder.copy_key(label);
    builder.copy(label);
  }
  for (const auto& [key, value] : set) {
    if (!value) continue;
    const Node old = labels[key];
    builder.key(key, old.exists() ? old.key_position() : at);
    builder.string(*value, old.exists() ? old.position() : at);
  }
  builder.end();
}

// Copies `node`; where `path` leads to, in mappings that are made if they are missing, the labels are changed.
void copy_with(TreeBuilder& builder, Node node, models::Position at, std::initializer_list<std::string_view> path,
               std::initializer_list<std::string_view>::const_iterator step, const LabelSet& set) {
  if (step == path.end()) return write_labels(builder, node.is_mapping() ? node : Node(), at, set);
  builder.begin_mapping(node.exists() ? node.position() : at);
  for (const Node child : node) {
    builder.copy_key(child);
    if (child.key() == *step) {
      copy_with(builder, child, child.position(), path, step + 1, set);
    } else {
      builder.copy(child);
    }
  }
  if (!node[*step].exists()) {
    builder.key(*step, at);
    copy_with(builder, {}, at, path, step + 1, set);
  }
  builder.end();
}

Object changed(const Object& object, std::initializer_list<std::string_view> path, const LabelSet& set) {
  TreeBuilder builder(object.tree->file());
  copy_with(builder, object.root, object.root.position(), path, path.begin(), set);
  auto tree = builder.finish();
  models::Diagnostics told_already;
  return *models::decode_object(tree, tree->root(), told_already);
}

}  // namespace

Object with_labels(const Object& object, const LabelSet& set) {
  Object out = changed(object, {"metadata", "labels"}, set);
  if (out.spec()["template"].is_mapping()) out = changed(out, {"spec", "template", "metadata", "labels"}, set);
  if (out.spec()["jobTemplate"]["spec"]["template"].is_mapping())
    out = changed(out, {"spec", "jobTemplate", "spec", "template", "metadata", "labels"}, set);
  return out;
}

LabelSet read_label_set(Fields& fields, std::string_view key) {
  LabelSet out;
  for (const Node label : fields.mapping(key)) {
    if (label.is_string()) {
      out[std::string(label.key())] = label.string();
    } else if (label.kind() == NodeKind::Null) {
      out[std::string(label.key())] = std::nullopt;
    } else {
      fields.wrong(label, std::string(key) + '.' + std::string(label.key()), "a string, or null to remove the label");
    }
  }
  return out;
}

std::vector<LabelOverlay> read_label_overlays(Node list, ScenarioFindings& findings) {
  std::vector<LabelOverlay> out;
  std::size_t index = 0;
  for (const Node node : list) {
    Fields fields(node, element("labels", index++), findings);
    fields.require("object");
    fields.require("set");
    const auto written = fields.text("object");
    LabelOverlay overlay;
    overlay.node = node;
    overlay.set = read_label_set(fields, "set");
    fields.done();
    if (!written) continue;
    if (const auto name = parse_object_name(*written)) {
      overlay.object = *name;
      out.push_back(std::move(overlay));
    } else {
      fields.wrong(node["object"], "object", "an object as kind/name or namespace/kind/name");
    }
  }
  return out;
}

void apply_label_overlays(const std::vector<LabelOverlay>& overlays, std::vector<Object>& objects,
                          ScenarioFindings& findings) {
  for (const LabelOverlay& overlay : overlays) {
    bool found = false;
    for (Object& object : objects) {
      if (!matches(overlay.object, object)) continue;
      object = with_labels(object, overlay.set);
      found = true;
    }
    if (found) continue;
    const std::string wanted = overlay.object.ns + (overlay.object.ns.empty() ? "" : "/") + overlay.object.name;
    std::vector<std::string> names;
    for (const Object& object : objects)
      if (object.kind == overlay.object.kind) names.push_back(object.ns + (object.ns.empty() ? "" : "/") + object.name);
    const std::vector<std::string_view> known(names.begin(), names.end());
    findings.error(
        "MSH0013", overlay.node["object"].position(),
        "there is no " + overlay.object.kind + ' ' + wanted + " among the objects" + did_you_mean(wanted, known));
  }
}

}  // namespace meshsim::scenarios
