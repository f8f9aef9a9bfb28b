#include "scenarios/explore/edit.h"

#include <algorithm>

#include "scenarios/explore/tree_edit.h"
#include "scenarios/read/document_reader.h"
#include "scenarios/read/object_name.h"

namespace meshsim::scenarios {

using models::Node;
using models::Tree;
using models::TreeBuilder;

namespace {

using LabelSet = std::map<std::string, std::optional<std::string>>;
using Shared = std::shared_ptr<const Tree>;

void write_labels(TreeBuilder& builder, const LabelSet& set) {
  for (const auto& [key, value] : set) {
    builder.key(key);
    if (value) {
      builder.string(*value);
    } else {
      builder.scalar(models::NodeKind::Null, "null");
    }
  }
}

// The last overlay of the same object takes the labels in; later entries of a file win over earlier ones.
Shared with_labels_set(const Tree& scenario, const std::string& object, const LabelSet& set) {
  const auto wanted = parse_object_name(object);
  const Node list = scenario.root()["labels"];
  std::size_t merged = list.size();
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto name = parse_object_name(list.at(i)["object"].string_or());
    if (name && wanted && name->kind == wanted->kind && name->ns == wanted->ns && name->name == wanted->name &&
        list.at(i)["set"].is_mapping())
      merged = i;
  }
  return with_value(scenario, {"labels"}, [&](TreeBuilder& builder, Node old) {
    write_list(
        builder, old,
        [&](TreeBuilder& b, Node entry, std::size_t i) {
          if (i != merged) return b.copy(entry);
          b.begin_mapping(entry.position());
          for (const Node field : entry) {
            b.copy_key(field);
            if (field.key() != "set") {
              b.copy(field);
              continue;
            }
            b.begin_mapping(field.position());
            for (const Node label : field) {
              if (set.contains(std::string(label.key()))) continue;
              b.copy_key(label);
              b.copy(label);
            }
            write_labels(b, set);
            b.end();
          }
          b.end();
        },
        [&](TreeBuilder& b) {
          if (merged < list.size()) return;
          b.begin_mapping();
          b.key("object");
          b.string(object);
          b.key("set");
          b.begin_mapping();
          write_labels(b, set);
          b.end();
          b.end();
        });
  });
}

// DP-003, DP-006, DP-011: the marks by which injection and enrolment choose.
LabelSet labels_of_mode(const Edit& edit, bool on_namespace) {
  LabelSet set;
  const bool sidecar = edit.value == "sidecar", ambient = edit.value == "ambient";
  if (on_namespace) {
    const bool by_revision = edit.revision != "default";
    set["istio-injection"] = sidecar && !by_revision ? std::optional<std::string>("enabled") : std::nullopt;
    set["istio.io/rev"] = sidecar && by_revision ? std::optional(edit.revision) : std::nullopt;
    set["istio.io/dataplane-mode"] = ambient ? std::optional<std::string>("ambient") : std::nullopt;
    return set;
  }
  set["sidecar.istio.io/inject"] = sidecar ? "true" : "false";
  set["istio.io/dataplane-mode"] = ambient ? "ambient" : "none";
  return set;
}

Shared with_mode(const Tree& scenario, const Edit& edit) {
  const auto target = parse_object_name(edit.object);
  if (!target) return with_value(scenario, {}, [](TreeBuilder& b, Node old) { b.copy(old); });
  const bool on_namespace = target->kind == "Namespace";
  const auto covers = [&](Node workload) {
    const std::string_view ns = workload["namespace"].string_or("default");
    return on_namespace ? ns == target->name : ns == target->ns && workload["name"].string_or() == target->name;
  };
  const Node workloads = scenario.root()["workloads"];
  bool shorthand = false;
  for (const Node one : workloads) shorthand = shorthand || (covers(one) && one["mode"].exists());
  Shared out;
  if (shorthand)
    out = with_value(scenario, {"workloads"}, [&](TreeBuilder& builder, Node old) {
      write_list(builder, old, [&](TreeBuilder& b, Node one, std::size_t) {
        if (!covers(one) || !one["mode"].exists()) return b.copy(one);
        b.begin_mapping(one.position());
        for (const Node field : one) {
          b.copy_key(field);
          if (field.key() == "mode") {
            b.string(edit.value, field.position());
          } else {
            b.copy(field);
          }
        }
        b.end();
      });
    });
  // A shorthand workload says its mode itself; labels beside it would only contradict it.
  if (!on_namespace && shorthand) return out;
  return with_labels_set(out ? *out : scenario, edit.object, labels_of_mode(edit, on_namespace));
}

bool same_object(Node a, Node b) {
  const auto group = [](Node n) {
    const std::string_view version = n["apiVersion"].string_or();
    return version.substr(0, std::min(version.find('/'), version.size()));
  };
  const auto ns = [](Node n) { return n["metadata"]["namespace"].string_or("default"); };
  return a["kind"].string_or() == b["kind"].string_or() && group(a) == group(b) && ns(a) == ns(b) &&
         a["metadata"]["name"].string_or() == b["metadata"]["name"].string_or();
}

Shared with_policy(const Tree& scenario, Node policy) {
  const Node list = scenario.root()["policies"];
  bool there = false;
  for (const Node one : list) there = there || same_object(one, policy);
  return with_value(scenario, {"policies"}, [&](TreeBuilder& builder, Node old) {
    write_list(
        builder, old,
        [&](TreeBuilder& b, Node one, std::size_t) {
          if (same_object(one, policy)) return copy_without_positions(b, policy);
          b.copy(one);
        },
        [&](TreeBuilder& b) {
          if (!there) copy_without_positions(b, policy);
        });
  });
}

}  // namespace

std::string Edit::text() const {
  switch (kind) {
    case Kind::Labels: {
      std::string out = "Label " + object;
      for (const auto& [key, label] : set) out += ' ' + key + (label ? '=' + *label : "-");
      return out;
    }
    case Kind::Mode:
      return "Set " + object + " to " + value;
    case Kind::Policy: {
      const Node root = tree->root();
      return "Change " + root["kind"].string() + ' ' + std::string(root["metadata"]["namespace"].string_or("default")) +
             '/' + root["metadata"]["name"].string();
    }
    case Kind::Enabled:
      return (enabled ? "Enable " : "Disable ") + object;
    case Kind::Profile:
      return "Use profile " + value;
    case Kind::Flow:
      return "Add flow " + tree->root()["name"].string();
  }
  return {};
}

bool is_parked(const models::Object& object) { return models::find(object.labels, "istio.io/rev") == kParkedRevision; }

std::string edit_name(const models::ObjectRef& object) {
  std::string kind = object.kind;
  if (object.ns.empty()) return (kind == "Namespace" ? "namespace" : kind) + '/' + object.name;
  return object.ns + '/' + kind + '/' + object.name;
}

Shared with_edit(const Tree& scenario, const Edit& edit) {
  switch (edit.kind) {
    case Edit::Kind::Labels:
      return with_labels_set(scenario, edit.object, edit.set);
    case Edit::Kind::Mode:
      return with_mode(scenario, edit);
    case Edit::Kind::Policy:
      return with_policy(scenario, edit.tree->root());
    case Edit::Kind::Enabled:
      return with_labels_set(
          scenario, edit.object,
          {{"istio.io/rev", edit.enabled ? std::nullopt : std::optional<std::string>(kParkedRevision)}});
    case Edit::Kind::Profile:
      return with_value(scenario, {"mesh", "profile"}, [&](TreeBuilder& b, Node) { b.string(edit.value); });
    case Edit::Kind::Flow:
      return with_value(scenario, {"flows"}, [&](TreeBuilder& builder, Node old) {
        write_list(
            builder, old, [](TreeBuilder& b, Node one, std::size_t) { b.copy(one); },
            [&](TreeBuilder& b) { copy_without_positions(b, edit.tree->root()); });
      });
  }
  return nullptr;
}

TypedText read_typed(std::string_view text, const std::string& what) {
  models::Diagnostics diagnostics;
  const Documents documents = read_documents(text, what, {}, diagnostics);
  for (const models::Diagnostic& d : diagnostics)
    if (d.severity == models::Severity::Error)
      return {nullptr, "line " + std::to_string(d.position.line) + ": " + d.message};
  if (documents.trees.size() != 1) return {nullptr, "exactly one document is wanted"};
  const Node root = documents.trees.front()->root();
  if (!root.is_mapping()) return {nullptr, "a mapping is wanted, not " + std::string(models::describe(root.kind()))};
  return {documents.trees.front(), {}};
}

}  // namespace meshsim::scenarios
