// Which objects istiod reads: duplicates, namespaces and discovery, the revision filter.
#include <algorithm>
#include <array>
#include <tuple>

#include "models/mesh/draft.h"
#include "models/mesh/selector.h"

namespace meshsim::models {
namespace {

// Kinds of the cluster itself: no revision label keeps istiod from reading them.
bool is_cluster_kind(const Object& o) {
  static constexpr std::array<std::string_view, 6> kGroups = {
      "", "apps", "batch", "discovery.k8s.io", "extensions", "admissionregistration.k8s.io"};
  return std::find(kGroups.begin(), kGroups.end(), o.api_group) != kGroups.end();
}

auto identity(const Object& o) { return std::tie(o.kind, o.ns, o.name, o.api_group); }
auto place(const Object& o) {
  const Position at = o.root.position();
  return std::make_tuple(o.tree ? std::string_view(o.tree->file()) : std::string_view(), at.line, at.column);
}

// Two objects of one name: the last one written wins, by file name and line (never by the order of files given).
void drop_duplicates(std::vector<Object>& objects, Diagnostics& diagnostics) {
  std::vector<Object> kept;
  kept.reserve(objects.size());
  for (Object& object : objects) {
    if (kept.empty() || identity(kept.back()) != identity(object) || object.name.empty()) {
      kept.push_back(std::move(object));
      continue;
    }
    Object& earlier = kept.back();
    if (!equal_values(earlier.root, object.root))
      diagnostics.push_back(
          {Severity::Warning, "MSH0210", object.ref().text(), object.source().file, object.source().position,
           "declared again with another content; this one is used and " + earlier.source().text() + " is ignored"});
    earlier = std::move(object);
  }
  objects = std::move(kept);
}

void name_namespace(Mesh& mesh, const std::string& name) {
  if (!name.empty()) mesh.namespaces.try_emplace(name, NamespaceInfo{name, {}, {}, std::nullopt, true});
}

// MeshConfig discoverySelectors: any selector that matches; none at all: everything is discovered.
bool selected(const std::vector<Node>& selectors, const NamespaceInfo& ns) {
  return selectors.empty() ||
         std::any_of(selectors.begin(), selectors.end(), [&](Node s) { return selector_matches(s, ns.labels); });
}

void read_namespaces(Draft& draft, const std::vector<Object>& objects) {
  Mesh& mesh = draft.mesh;
  for (const Object& object : objects) {
    if (object.kind == "Namespace" && object.api_group.empty()) {
      mesh.namespaces.insert_or_assign(
          object.name, NamespaceInfo{object.name, object.labels, object.annotations, object.source(), true});
    } else {
      name_namespace(mesh, object.ns);
    }
  }
  name_namespace(mesh, mesh.settings.root_namespace);
  std::vector<Node> selectors;
  for (const Node s : mesh.settings.config_value("discoverySelectors")) selectors.push_back(s);
  const auto& undiscovered = mesh.settings.undiscovered_namespaces;
  for (auto& [name, info] : mesh.namespaces) {
    // The API server sets this label on every namespace.
    info.labels.try_emplace("kubernetes.io/metadata.name", name);
    info.discovered = !std::binary_search(undiscovered.begin(), undiscovered.end(), name) &&
                      (name == mesh.settings.root_namespace || selected(selectors, info));
  }
}

// istio.io/rev absent or equal. Gateways may also name a tag of this revision (istio/istio
// pilot/pkg/config/kube/gateway, tag watcher, 1.27).
bool in_revision(const Object& object, const MeshSettings& settings) {
  if (is_cluster_kind(object) || object.kind == "GatewayClass") return true;
  const auto rev = find(object.labels, "istio.io/rev");
  if (!rev || *rev == settings.revision) return true;
  if (object.api_group != "gateway.networking.k8s.io") return false;
  const auto tag = settings.revision_tags.find(*rev);
  return tag != settings.revision_tags.end() && tag->second == settings.revision;
}

bool carries_workloads(const Object& o) {
  return is_cluster_kind(o) && o.kind != "Namespace" && o.kind != "Node" && o.kind != "ConfigMap";
}

}  // namespace

const std::vector<const Object*>& Draft::of(std::string_view group_and_kind) const {
  static const std::vector<const Object*> kNothing;
  const auto it = by_kind.find(std::string(group_and_kind));
  return it == by_kind.end() ? kNothing : it->second;
}

const Object* Draft::find_object(std::string_view group_and_kind, std::string_view ns, std::string_view name) const {
  std::string key;
  key.reserve(group_and_kind.size() + ns.size() + name.size() + 2);
  key.append(group_and_kind).append("|").append(ns).append("|").append(name);
  const auto it = by_name.find(key);
  return it == by_name.end() ? nullptr : it->second;
}

bool Draft::discovered(std::string_view ns) const {
  const auto it = mesh.namespaces.find(ns);
  return it == mesh.namespaces.end() || it->second.discovered;
}

void Draft::report(Severity severity, std::string code, const Object& object, Node at, std::string message) {
  mesh.diagnostics.push_back({severity, std::move(code), object.ref().text(),
                              object.tree ? object.tree->file() : std::string(),
                              at.exists() ? at.key_position() : object.root.position(), std::move(message)});
}

void Draft::report(Severity severity, std::string code, const ObjectRef& ref, std::string message) {
  mesh.diagnostics.push_back(
      {severity, std::move(code), ref.text(), ref.source.file, ref.source.position, std::move(message)});
}

void sort_objects(std::vector<Object>& objects) {
  // Objects are large: sort pointers, move each object once.
  std::vector<Object*> order;
  order.reserve(objects.size());
  for (Object& object : objects) order.push_back(&object);
  std::stable_sort(order.begin(), order.end(), [](const Object* a, const Object* b) {
    if (identity(*a) != identity(*b)) return identity(*a) < identity(*b);
    return place(*a) < place(*b);
  });
  std::vector<Object> sorted;
  sorted.reserve(objects.size());
  for (Object* object : order) sorted.push_back(std::move(*object));
  objects = std::move(sorted);
}

void take_objects(Draft& draft, std::vector<Object> objects) {
  drop_duplicates(objects, draft.mesh.diagnostics);
  read_namespaces(draft, objects);
  add_ingresses(draft, objects);
  draft.mesh.objects.reserve(objects.size());
  for (Object& object : objects) {
    if (object.name.empty()) continue;  // MSH0023 of the reader: no cluster takes it
    if (!draft.discovered(object.ns)) {
      // istiod never sees it; its pods and Services still exist for the cluster.
      if (!is_cluster_kind(object))
        draft.report(Severity::Info, "MSH0216", object, Node(),
                     "not read: namespace " + object.ns + " is hidden from the control plane");
      if (carries_workloads(object)) draft.hidden.push_back(std::move(object));
    } else if (in_revision(object, draft.mesh.settings)) {
      draft.mesh.objects.push_back(std::move(object));
    } else {
      draft.report(Severity::Info, "MSH0211", object, object.root["metadata"]["labels"]["istio.io/rev"],
                   "not read by the control plane of revision " + draft.mesh.settings.revision +
                       ": label istio.io/rev is " + std::string(*find(object.labels, "istio.io/rev")));
    }
  }
  for (const auto* list : {&draft.mesh.objects, &draft.hidden})
    for (const Object& object : *list) {
      const std::string kind = object.api_group + '/' + object.kind;
      draft.by_kind[kind].push_back(&object);
      draft.by_name.emplace(kind + '|' + object.ns + '|' + object.name, &object);
    }
}

}  // namespace meshsim::models
