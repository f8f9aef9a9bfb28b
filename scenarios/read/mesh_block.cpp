// The `mesh` block: checked here, merged and interpreted by models/mesh.
#include <algorithm>
#include <vector>

#include "models/mesh/profile.h"
#include "scenarios/read/nearest_name.h"
#include "scenarios/read/scenario_parts.h"

namespace meshsim::scenarios {

using models::Node;
using models::NodeKind;

namespace {

void check_profile(Fields& fields, models::ScenarioMesh& mesh) {
  const auto name = fields.text("profile");
  if (!name) return;
  std::vector<std::string_view> known;
  for (const auto& profile : models::profiles()) known.push_back(profile.name);
  if (models::find_profile(*name) != nullptr) {
    mesh.profile = *name;
    return;
  }
  std::string list;
  for (const std::string_view one : known) list += (list.empty() ? "" : ", ") + std::string(one);
  fields.wrong_value(
      fields.self()["profile"], "profile",
      fields.path_of("profile") + " must be one of " + list + ", not \"" + *name + '"' + did_you_mean(*name, known),
      "MSH0231");
}

void check_switches(Fields& fields) {
  std::vector<std::string_view> known;
  for (const auto& one : models::switches()) known.push_back(one.name);
  for (const Node entry : fields.mapping("switches")) {
    const std::string key = "switches." + std::string(entry.key());
    if (std::find(known.begin(), known.end(), entry.key()) == known.end()) {
      fields.wrong_value(entry, key,
                         "unknown switch \"" + std::string(entry.key()) + "\" in " + fields.path_of("switches") +
                             did_you_mean(entry.key(), known) + " (meshsim profiles lists them)",
                         "MSH0230");
    } else if (entry.kind() != NodeKind::Bool) {
      fields.wrong(entry, key, "true or false");
    }
  }
}

bool is_slow(std::string_view text) {
  if (!text.starts_with("slow-") || !text.ends_with("ms") || text.size() < 8) return false;
  text = text.substr(5, text.size() - 7);
  return text.size() < 10 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void check_jwks(Fields& fields) {
  for (const Node entry : fields.mapping("jwks")) {
    const std::string_view text = entry.string_or();
    if (entry.is_mapping() || text == "ok" || text == "unreachable" || is_slow(text) || text.starts_with('{')) continue;
    fields.wrong(entry, "jwks." + std::string(entry.key()), "ok, unreachable, slow-<n>ms or a key set");
  }
}

void check_ext_authz(Fields& fields, const std::string& path, ScenarioFindings& findings) {
  for (const Node provider : fields.mapping("extAuthz")) {
    const std::string name = path + ".extAuthz." + std::string(provider.key());
    if (!provider.is_mapping()) {
      findings.error("MSH0011", provider.position(), name + " must be a mapping, not " + shown(provider));
      continue;
    }
    Fields inner(provider, name, findings);
    inner.word("answer", {"allow", "deny", "unreachable"});
    for (const Node header : inner.mapping("allowIfHeader"))
      if (!header.is_scalar() || !header.has_value())
        inner.wrong(header, "allowIfHeader." + std::string(header.key()), "a string");
    inner.text("allowIfPrincipalSuffix");
    inner.done();
  }
}

}  // namespace

void read_mesh_block(Node node, const std::shared_ptr<const models::Tree>& tree, models::ScenarioMesh& mesh,
                     ScenarioFindings& findings) {
  Fields fields(node, "mesh", findings);
  check_profile(fields, mesh);
  for (const std::string_view key : {"trustDomain", "rootNamespace", "revision"}) {
    const auto text = fields.text(key);
    if (text && text->empty()) fields.wrong(node[key], key, "a name");
  }
  fields.mapping("config");
  for (const Node feature : fields.mapping("features"))
    if (!feature.is_scalar() || !feature.has_value())
      fields.wrong(feature, "features." + std::string(feature.key()), "the text of an environment variable");
  check_switches(fields);
  check_jwks(fields);
  check_ext_authz(fields, "mesh", findings);
  fields.word("injectionPolicy", {"enabled", "disabled"});
  fields.texts("undiscoveredNamespaces");
  fields.done();
  if (node.is_mapping()) {
    mesh.tree = tree;
    mesh.mesh = node;
  }
}

}  // namespace meshsim::scenarios
