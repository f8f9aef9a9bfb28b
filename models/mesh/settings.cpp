// Merging the layers of mesh configuration: scenario over ConfigMap over installation objects over defaults.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "models/mesh/draft.h"
#include "models/mesh/mesh.h"
#include "models/mesh/settings_objects.h"

namespace meshsim::models {
namespace {

bool truth(std::string_view text) {
  // strconv.ParseBool, as istiod reads its environment
  static constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "true", "TRUE", "True"};
  return std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end();
}

// DP-036 and policies.md 0.4: flags that only count when PILOT_ENABLE_AMBIENT is on, and their defaults.
struct FlagDefault {
  std::string_view name;
  bool with_ambient, without_ambient;
  bool gated;  // ignored without PILOT_ENABLE_AMBIENT
};
constexpr std::array kFlags = {
    FlagDefault{"PILOT_ENABLE_AMBIENT_WAYPOINTS", true, false, true},
    FlagDefault{"PILOT_ENABLE_SENDING_HBONE", true, false, true},
    FlagDefault{"PILOT_ENABLE_SIDECAR_LISTENING_HBONE", true, false, true},
    FlagDefault{"PILOT_PREFER_SENDING_HBONE", false, false, true},
    FlagDefault{"PILOT_AUTO_ALLOW_WAYPOINT_POLICY", false, false, true},
    FlagDefault{"ENABLE_INGRESS_WAYPOINT_ROUTING", true, false, true},
    FlagDefault{"AMBIENT_ENABLE_MULTI_NETWORK", false, false, true},
    FlagDefault{"AMBIENT_ENABLE_BAGGAGE", false, false, true},
    FlagDefault{"AMBIENT_ENABLE_MULTI_NETWORK_WAYPOINT", true, false, true},
    FlagDefault{"AMBIENT_ENABLE_MULTI_NETWORK_INGRESS", false, false, true},
    FlagDefault{"AMBIENT_ENABLE_DRY_RUN_AUTHORIZATION_POLICY", false, false, true},
    FlagDefault{"AMBIENT_ENABLE_STATUS", true, false, true},
    FlagDefault{"ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES", false, false, false},
    FlagDefault{"PILOT_ENABLE_IP_AUTOALLOCATE", true, true, false},
    FlagDefault{"PILOT_ENABLE_K8S_SELECT_WORKLOAD_ENTRIES", true, true, false},
    FlagDefault{"ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY", true, true, false},
    FlagDefault{"ENABLE_EXTERNAL_NAME_ALIAS", true, true, false},
    FlagDefault{"ENABLE_ENHANCED_DESTINATIONRULE_MERGE", true, true, false},
    FlagDefault{"PILOT_ENABLE_GATEWAY_API_COPY_LABELS_ANNOTATIONS", true, true, false},
    FlagDefault{"ENABLE_AUTO_SNI", true, true, false},
    FlagDefault{"PILOT_ENABLE_ALPN_FILTER", true, true, false},
    FlagDefault{"PILOT_ENABLE_ALPHA_GATEWAY_API", false, false, false},
    FlagDefault{"PILOT_ENABLE_STRICT_GATEWAY_MERGING", true, true, false},
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

void write_json_string(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      static constexpr char kHex[] = "0123456789abcdef";
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void write_json(Node node, std::string& out) {
  if (node.is_mapping() || node.is_sequence()) {
    out += node.is_mapping() ? '{' : '[';
    bool first = true;
    for (const Node child : node) {
      if (!first) out += ',';
      first = false;
      if (node.is_mapping()) {
        write_json_string(child.key(), out);
        out += ':';
      }
      write_json(child, out);
    }
    out += node.is_mapping() ? '}' : ']';
  } else if (node.is_string()) {
    write_json_string(node.text(), out);
  } else if (const auto b = node.boolean()) {
    out += *b ? "true" : "false";
  } else if (const auto i = node.integer()) {
    out += std::to_string(*i);
  } else if (node.has_value()) {
    out += node.text();
  } else {
    out += "null";
  }
}

JwksState jwks_state(Node node) {
  JwksState state;
  const std::string_view text = node.string_or();
  if (node.is_mapping()) {
    state.kind = JwksState::Kind::Keys;
    write_json(node, state.keys);
  } else if (text == "unreachable") {
    state.kind = JwksState::Kind::Unreachable;
  } else if (text.starts_with("slow-") && text.ends_with("ms")) {
    const auto digits = text.substr(5, text.size() - 7);
    std::from_chars(digits.data(), digits.data() + digits.size(), state.delay_ms);
    state.kind = JwksState::Kind::Slow;
  } else if (text.starts_with('{')) {
    state.kind = JwksState::Kind::Keys;
    state.keys = text;
  }
  return state;
}

ExtAuthzAnswer ext_authz_answer(Node node) {
  ExtAuthzAnswer out;
  const std::string_view answer = node["answer"].string_or();
  if (answer == "allow") out.allow = true;
  if (answer == "deny") out.allow = false;
  if (answer == "unreachable") out.unreachable = true;
  for (const Node header : node["allowIfHeader"])
    out.allow_if_header.insert_or_assign(lower(header.key()), std::string(header.text()));
  out.allow_if_principal_suffix = node["allowIfPrincipalSuffix"].string();
  return out;
}

void read_provider(Node provider, MeshSettings& settings) {
  ExtensionProvider out;
  out.name = provider["name"].string();
  out.node = provider;
  for (const Node field : provider) {
    if (field.key() == "name") continue;
    out.kind = std::string(field.key());
    out.service = field["service"].string();
    out.port = static_cast<std::uint16_t>(field["port"].integer().value_or(0));
    out.fail_open = field["failOpen"].boolean().value_or(false);
    const std::string_view status = field["statusOnError"].text();
    int code = 0;
    if (std::from_chars(status.data(), status.data() + status.size(), code).ec == std::errc() && code > 0)
      out.status_on_error = code;
  }
  settings.extension_providers.push_back(std::move(out));
}

PathNormalization path_normalization(std::string_view text) {
  if (text == "NONE") return PathNormalization::None;
  if (text == "MERGE_SLASHES") return PathNormalization::MergeSlashes;
  if (text == "DECODE_AND_MERGE_SLASHES") return PathNormalization::DecodeAndMergeSlashes;
  return PathNormalization::Base;
}

void read_config(MeshSettings& s) {
  if (const Node v = s.config_value("trustDomain"); v.is_string()) s.trust_domain = v.string();
  if (const Node v = s.config_value("rootNamespace"); v.is_string()) s.root_namespace = v.string();
  for (const Node v : s.config_value("trustDomainAliases")) s.trust_domain_aliases.emplace_back(v.text());
  s.enable_auto_mtls = s.config_value("enableAutoMtls").boolean().value_or(true);
  s.registry_only = s.config_value("outboundTrafficPolicy.mode").text() == "REGISTRY_ONLY";
  s.path_normalization = path_normalization(s.config_value("pathNormalization.normalization").text());
  s.num_trusted_proxies =
      static_cast<int>(s.config_value("defaultConfig.gatewayTopology.numTrustedProxies").integer().value_or(0));
  s.forward_client_cert_details = s.config_value("defaultConfig.gatewayTopology.forwardClientCertDetails").string();
  // proxyMetadata is a map: every layer adds its keys, the strongest wins per key.
  for (const Node layer : s.config)
    for (const Node entry : layer["defaultConfig"]["proxyMetadata"])
      s.proxy_metadata.emplace(std::string(entry.key()), std::string(entry.text()));
  for (const Node provider : s.config_value("extensionProviders"))
    if (provider.is_mapping()) read_provider(provider, s);
}

void read_scenario(Node mesh, MeshSettings& s, Diagnostics& diagnostics) {
  for (const Node entry : mesh["features"]) s.features.insert_or_assign(std::string(entry.key()), entry.text());
  for (const Node entry : mesh["switches"]) {
    const auto all = switches();
    const auto it = std::find_if(all.begin(), all.end(), [&](const SwitchInfo& i) { return i.name == entry.key(); });
    const auto value = entry.boolean();
    if (it != all.end() && value) {
      s.profile.*(it->field) = *value;
    } else {
      diagnostics.push_back({Severity::Error, "MSH0230", "", entry.tree()->file(), entry.key_position(),
                             it == all.end()
                                 ? "there is no switch " + std::string(entry.key()) + "; `meshsim profiles` lists them"
                                 : "switch " + std::string(entry.key()) + " must be true or false"});
    }
  }
  for (const Node entry : mesh["jwks"]) s.jwks.insert_or_assign(std::string(entry.key()), jwks_state(entry));
  for (const Node entry : mesh["extAuthz"])
    s.ext_authz.insert_or_assign(std::string(entry.key()), ext_authz_answer(entry));
  if (mesh["revision"].is_string()) s.revision = mesh["revision"].string();
  s.injection_enabled_policy = mesh["injectionPolicy"].string_or("enabled") != "disabled";
  for (const Node entry : mesh["undiscoveredNamespaces"]) s.undiscovered_namespaces.emplace_back(entry.text());
  std::sort(s.undiscovered_namespaces.begin(), s.undiscovered_namespaces.end());
  if (mesh["trustDomain"].is_string()) s.trust_domain = mesh["trustDomain"].string();
  if (mesh["rootNamespace"].is_string()) s.root_namespace = mesh["rootNamespace"].string();
}

}  // namespace

Node value_at(Node node, std::string_view dotted_path) {
  while (node && !dotted_path.empty()) {
    const auto dot = dotted_path.find('.');
    node = node[dotted_path.substr(0, dot)];
    dotted_path = dot == std::string_view::npos ? std::string_view() : dotted_path.substr(dot + 1);
  }
  return node;
}

Node MeshSettings::config_value(std::string_view dotted_path) const {
  for (const Node layer : config)
    if (const Node node = value_at(layer, dotted_path)) return node;
  return {};
}

Node MeshSettings::mesh_networks() const {
  const Node stated = config_value("meshNetworks");
  return stated ? stated : stated_networks;
}

Node Mesh::proxy_setting(std::size_t workload, std::string_view dotted_path) const {
  if (workload < workloads.size())
    if (const Node node = value_at(workloads[workload].proxy_config, dotted_path)) return node;
  return settings.config_value("defaultConfig." + std::string(dotted_path));
}

bool MeshSettings::feature(std::string_view name) const {
  const auto stated = features.find(name);
  if (name == "PILOT_ENABLE_AMBIENT") return stated != features.end() && truth(stated->second);
  const auto flag = std::find_if(kFlags.begin(), kFlags.end(), [&](const FlagDefault& f) { return f.name == name; });
  if (flag == kFlags.end()) return stated != features.end() && truth(stated->second);
  const bool ambient = feature("PILOT_ENABLE_AMBIENT");
  if (flag->gated && !ambient) return false;
  if (stated != features.end() && !stated->second.empty()) return truth(stated->second);
  return ambient ? flag->with_ambient : flag->without_ambient;
}

MeshSettings make_settings(const std::vector<Object>& objects, const ScenarioMesh& scenario, Diagnostics& diagnostics) {
  MeshSettings s;
  const Node mesh = scenario.mesh;
  const std::string name = mesh["profile"].is_string() ? mesh["profile"].string() : scenario.profile;
  if (const Profile* profile = find_profile(name)) {
    s.profile = *profile;
  } else {
    s.profile = profiles().front();
    diagnostics.push_back({Severity::Error, "MSH0231", "", mesh.tree() ? mesh.tree()->file() : "",
                           mesh["profile"].position(),
                           "there is no profile " + name + "; " + s.profile.name + " is used instead"});
  }
  if (scenario.tree) s.config_trees.push_back(scenario.tree);
  if (mesh["config"].is_mapping()) s.config.push_back(mesh["config"]);
  for (const auto& tree : scenario.mesh_configs) {
    if (!tree || !tree->root().is_mapping()) continue;
    s.config_trees.push_back(tree);
    s.config.push_back(tree->root());
  }
  if (scenario.mesh_networks && scenario.mesh_networks->root().is_mapping()) {
    s.config_trees.push_back(scenario.mesh_networks);
    s.stated_networks = scenario.mesh_networks->root();
  }
  const std::string stated_revision = mesh["revision"].string();
  InstallFacts facts = read_install_objects(objects, stated_revision);
  for (auto& [tree, node] : facts.configs) {
    s.config_trees.push_back(tree);
    s.config.push_back(node);
  }
  s.features = facts.environment;
  s.revision = facts.revision;
  s.revision_tags = std::move(facts.tags);
  s.domain = facts.domain;
  s.cluster_id = facts.cluster_id;
  s.enable_namespaces_by_default = facts.enable_namespaces_by_default;
  s.never_inject = std::move(facts.never_inject);
  s.always_inject = std::move(facts.always_inject);
  for (auto& tree : facts.trees) s.config_trees.push_back(std::move(tree));
  read_config(s);
  // What files do not show is assumed to have happened: the ambient profile was installed (DP-008).
  if (!s.features.contains("PILOT_ENABLE_AMBIENT"))
    s.features["PILOT_ENABLE_AMBIENT"] = facts.istiod_seen ? "false" : "true";
  read_scenario(mesh, s, diagnostics);
  if (!facts.live_mesh_config && s.ambient_enabled()) s.proxy_metadata.emplace("ISTIO_META_ENABLE_HBONE", "true");
  if (s.features.contains("ENABLE_GATEWAY_API_MANUAL_DEPLOYMENT"))
    s.profile.gateway_api_manual_deployment = truth(s.features["ENABLE_GATEWAY_API_MANUAL_DEPLOYMENT"]);
  s.revisions = std::move(facts.revisions);
  s.revisions.push_back(s.revision);
  for (const auto& [tag, revision] : s.revision_tags) s.revisions.push_back(tag);
  std::sort(s.revisions.begin(), s.revisions.end());
  s.revisions.erase(std::unique(s.revisions.begin(), s.revisions.end()), s.revisions.end());
  return s;
}

}  // namespace meshsim::models
