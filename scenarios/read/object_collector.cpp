#include "scenarios/read/object_collector.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "scenarios/read/field_check.h"
#include "scenarios/read/retired_kinds.h"

namespace meshsim::scenarios {

using models::Node;
using models::Object;
using models::Severity;
using models::Tree;

namespace {

// "PodList" -> "Pod", "List" -> "". nullopt for anything that is no list.
std::optional<std::string> list_of(Node root) {
  const std::string_view kind = root["kind"].string_or();
  if (!kind.ends_with("List")) return std::nullopt;
  if (kind != "List" && !root["items"].is_sequence()) return std::nullopt;
  return std::string(kind.substr(0, kind.size() - 4));
}

// An element of a typed list as the API server prints it: without kind and apiVersion, which the list states once.
std::shared_ptr<const Tree> with_kind(const Tree& tree, Node item, const std::string& kind,
                                      std::string_view api_version) {
  models::TreeBuilder builder(tree.file());
  builder.begin_mapping(item.position());
  builder.key("apiVersion", item.position());
  builder.string(api_version, item.position());
  builder.key("kind", item.position());
  builder.string(kind, item.position());
  for (const Node field : item) {
    if (field.key() == "kind" || field.key() == "apiVersion") continue;
    builder.copy_key(field);
    builder.copy(field);
  }
  builder.end();
  return builder.finish();
}

auto identity(const Object& o) { return std::tie(o.kind, o.ns, o.name, o.api_group); }

}  // namespace

void ObjectCollector::say(Severity severity, std::string code, const Object& object, models::Position at,
                          std::string message) {
  broken_ = broken_ || severity == Severity::Error;
  diagnostics_.push_back(
      {severity, std::move(code), object.ref().text(), object.source().file, at, std::move(message)});
}

void ObjectCollector::add(const std::shared_ptr<const Tree>& tree, Node root) {
  if (list_of(root)) return add_list(tree, root);
  auto object = models::decode_object(tree, root, diagnostics_);
  if (!object) return;
  if (const auto retired = retirement(object->api_group, object->kind))
    say(Severity::Warning, "MSH0026", *object, root["kind"].position(), *retired);
  broken_ = check_fields(*object, diagnostics_) || broken_;
  objects_.push_back(std::move(*object));
}

void ObjectCollector::add_list(const std::shared_ptr<const Tree>& tree, Node root) {
  const std::string kind = *list_of(root);
  const Node items = root["items"];
  if (items.has_value() && !items.is_sequence()) {
    broken_ = true;
    diagnostics_.push_back({Severity::Error, "MSH0031", "", tree->file(), items.position(),
                            "items of a List must be a list, not " + std::string(models::describe(items.kind()))});
    return;
  }
  for (const Node item : items) {
    const bool untyped = item.is_mapping() && !kind.empty() && !item["kind"].exists();
    if (untyped) {
      add(with_kind(*tree, item, kind, root["apiVersion"].string_or("v1")));
    } else {
      add(tree, item);
    }
  }
}

std::vector<Object> ObjectCollector::finish() {
  // Stable: equal identities stay in the order in which they were added, which is the sorted order of files.
  std::vector<Object> all = std::move(objects_);
  objects_.clear();
  std::vector<std::uint32_t> order(all.size());  // objects are large: they are moved once
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return identity(all[a]) < identity(all[b]); });
  std::vector<Object> kept;
  kept.reserve(all.size());
  for (const std::uint32_t at : order) {
    Object& object = all[at];
    const bool generated = !object.root["metadata"]["name"].exists();
    if (kept.empty() || generated || identity(kept.back()) != identity(object)) {
      kept.push_back(std::move(object));
      continue;
    }
    Object& earlier = kept.back();
    const std::string where = earlier.source().text();
    if (equal_values(earlier.root, object.root)) {
      say(Severity::Info, "MSH0025", object, object.source().position,
          "given twice with the same content, first at " + where);
    } else {
      say(Severity::Warning, "MSH0024", object, object.source().position,
          "replaces the object of the same name at " + where + ", as a later kubectl apply would; remove one of them");
    }
    earlier = std::move(object);
  }
  return kept;
}

}  // namespace meshsim::scenarios
