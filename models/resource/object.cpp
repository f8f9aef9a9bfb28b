#include "models/resource/object.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace meshsim::models {

std::optional<std::string_view> find(const Labels& labels, std::string_view key) {
  const auto it = labels.find(key);
  if (it == labels.end()) return std::nullopt;
  return it->second;
}

bool matches(const Labels& wanted, const Labels& labels) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const auto& pair) { return find(labels, pair.first) == pair.second; });
}

std::string Source::text() const {
  if (file.empty()) return {};
  return position.line == 0 ? file : file + ':' + std::to_string(position.line);
}

std::string ObjectRef::text() const { return kind + ' ' + (ns.empty() ? name : ns + '/' + name); }

bool is_cluster_scoped(std::string_view kind) {
  static constexpr std::array kKinds = {std::string_view("Namespace"),
                                        std::string_view("Node"),
                                        std::string_view("GatewayClass"),
                                        std::string_view("ClusterRole"),
                                        std::string_view("ClusterRoleBinding"),
                                        std::string_view("CustomResourceDefinition"),
                                        std::string_view("PersistentVolume"),
                                        std::string_view("StorageClass"),
                                        std::string_view("IstioCNI"),
                                        std::string_view("ZTunnel"),
                                        std::string_view("Istio"),
                                        std::string_view("IstioRevision"),
                                        std::string_view("IstioRevisionTag"),
                                        std::string_view("ValidatingWebhookConfiguration"),
                                        std::string_view("PriorityClass"),
                                        std::string_view("MutatingWebhookConfiguration"),
                                        std::string_view("AdminNetworkPolicy"),
                                        std::string_view("BaselineAdminNetworkPolicy")};
  return std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end();
}

bool older(const Object& a, const Object& b) {
  // A missing time counts as equal to any other missing time and as older than a stated one (Go's zero time).
  return std::tie(a.creation_timestamp, a.name, a.ns) < std::tie(b.creation_timestamp, b.name, b.ns);
}

namespace {

void complain(Diagnostics& out, const Object& object, Node at, std::string code, std::string message) {
  out.push_back({Severity::Warning, std::move(code), object.ref().text(), object.tree ? object.tree->file() : "",
                 at.key_position(), std::move(message)});
}

void read_pairs(const Object& object, Node node, std::string_view what, Labels& into, Diagnostics& out) {
  if (!node.has_value()) return;
  if (!node.is_mapping()) {
    complain(
        out, object, node, "MSH0021",
        "metadata." + std::string(what) + " must be a mapping of strings, not " + std::string(describe(node.kind())));
    return;
  }
  for (const Node entry : node) {
    if (!entry.is_string() && entry.kind() != NodeKind::Null) {
      complain(out, object, entry, "MSH0022",
               "the value of " + std::string(what) + " \"" + std::string(entry.key()) + "\" is " +
                   std::string(describe(entry.kind())) + "; the API server accepts strings only: put quotes around " +
                   std::string(entry.text()));
    }
    if (entry.is_scalar()) into.insert_or_assign(std::string(entry.key()), std::string(entry.text()));
  }
}

}  // namespace

std::optional<Object> decode_object(std::shared_ptr<const Tree> tree, Node root, Diagnostics& diagnostics) {
  const std::string file = tree ? tree->file() : "";
  if (!root.is_mapping() || root["kind"].string_or().empty() || root["apiVersion"].string_or().empty()) {
    diagnostics.push_back({Severity::Warning, "MSH0020", "", file, root.position(),
                           "this document is not a Kubernetes object: it needs the text fields apiVersion and kind"});
    return std::nullopt;
  }
  Object object;
  object.tree = std::move(tree);
  object.root = root;
  object.kind = root["kind"].string();
  const std::string version = root["apiVersion"].string();
  const auto slash = version.find('/');
  object.api_group = slash == std::string::npos ? "" : version.substr(0, slash);
  object.api_version = slash == std::string::npos ? version : version.substr(slash + 1);
  const Node metadata = root["metadata"];
  object.name = std::string(metadata["name"].text());
  object.ns = std::string(metadata["namespace"].text());
  if (is_cluster_scoped(object.kind)) {
    object.ns.clear();
  } else if (object.ns.empty()) {
    object.ns = "default";
  }
  object.uid = std::string(metadata["uid"].text());
  object.creation_timestamp = std::string(metadata["creationTimestamp"].text());
  if (metadata["creationTimestamp"].kind() == NodeKind::Null) object.creation_timestamp.clear();
  if (object.name.empty()) {
    const std::string_view generated = metadata["generateName"].string_or();
    object.name = std::string(generated);
    // An IstioOperator is read by istioctl, which asks for no name.
    if (generated.empty() && object.api_group != "install.istio.io")
      complain(diagnostics, object, root, "MSH0023", "metadata.name is missing");
  } else if (!metadata["name"].is_string()) {
    complain(diagnostics, object, metadata["name"], "MSH0022",
             "metadata.name must be a string; put quotes around " + object.name);
  }
  read_pairs(object, metadata["labels"], "labels", object.labels, diagnostics);
  read_pairs(object, metadata["annotations"], "annotations", object.annotations, diagnostics);
  return object;
}

}  // namespace meshsim::models
