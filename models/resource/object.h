#pragma once
// Object: one Kubernetes, Istio or Gateway API object as read from a manifest: its metadata decoded, the rest as a
// tree. The object owns a share of its tree, so Nodes taken from it stay valid as long as any copy of the object lives.
#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/value/diagnostic.h"
#include "models/value/tree.h"

namespace meshsim::models {

using Labels = std::map<std::string, std::string, std::less<>>;

// The value of a label or annotation, or nullopt.
std::optional<std::string_view> find(const Labels& labels, std::string_view key);
// Every pair of `wanted` is in `labels`. An empty `wanted` matches all.
bool matches(const Labels& wanted, const Labels& labels);

// Where something was written.
struct Source {
  std::string file;
  Position position;
  std::string text() const;  // "policies.yaml:12", empty if unknown
  friend bool operator==(const Source&, const Source&) = default;
};

// kind, namespace and name: how users and reports name an object.
struct ObjectRef {
  std::string kind, ns, name;
  Source source;
  std::string text() const;  // "AuthorizationPolicy bookinfo/viewer"
  friend bool operator==(const ObjectRef& a, const ObjectRef& b) {
    return a.kind == b.kind && a.ns == b.ns && a.name == b.name;
  }
};

struct Object {
  std::string api_group;    // "" for core, "networking.istio.io", ...
  std::string api_version;  // "v1", "v1beta1", ... without the group
  std::string kind;
  std::string ns;  // namespace as written; "default" where a namespaced object has none; empty for cluster-scoped kinds
  std::string name;
  std::string uid;
  std::string creation_timestamp;  // RFC 3339 as written, or empty
  Labels labels;
  Labels annotations;
  std::shared_ptr<const Tree> tree;
  Node root;

  Node spec() const { return root["spec"]; }
  Node status() const { return root["status"]; }
  Source source() const { return {tree ? tree->file() : std::string(), root.position()}; }
  Source source(Node node) const { return {tree ? tree->file() : std::string(), node.key_position()}; }
  ObjectRef ref() const { return {kind, ns, name, source()}; }
};

// Decodes metadata. Wrong types (a number as a label value, a missing name) become findings; what can be kept is kept.
// Returns nullopt if `root` is no Kubernetes object at all (no kind or apiVersion): also a finding.
std::optional<Object> decode_object(std::shared_ptr<const Tree> tree, Node root, Diagnostics& diagnostics);

// Istio's order for "oldest wins": creation time, then name, then namespace; never the order of files. Missing creation
// times count as equal. Source: istio/istio pilot/pkg/model/config.go configCompareByCreationTime (1.27).
bool older(const Object& a, const Object& b);

// Cluster-scoped kinds carry no namespace.
bool is_cluster_scoped(std::string_view kind);

}  // namespace meshsim::models
