// Environment of Envoy proxies (DP-008). Precedence of istiod: mesh defaults < ProxyConfig of the root namespace <
// ProxyConfig of the namespace < annotation proxy.istio.io/config < ProxyConfig that selects the workload
// (istio/istio pilot/pkg/model/proxy_config.go, 1.27).
#include <algorithm>

#include "models/mesh/pods.h"
#include "models/mesh/selector.h"

namespace meshsim::models {
namespace {

void overlay(const Labels& from, Labels& onto) {
  for (const auto& [key, value] : from) onto.insert_or_assign(key, value);
}

// The annotation's value is YAML or JSON text, which models do not parse. Only the proxyMetadata of HBONE matters here,
// so this looks for `KEY: value` in either spelling.
void read_annotation(std::string_view text, std::string_view key, Labels& onto) {
  auto at = text.find(key);
  while (at != std::string_view::npos) {
    std::size_t i = at + key.size();
    const auto skip = [&](std::string_view set) {
      while (i < text.size() && set.find(text[i]) != std::string_view::npos) ++i;
    };
    skip("\"' \t");
    if (i < text.size() && text[i] == ':') {
      ++i;
      skip("\"' \t");
      const auto end = std::min(text.find_first_of("\"', \t\r\n}#", i), text.size());
      onto.insert_or_assign(std::string(key), std::string(text.substr(i, end - i)));
      return;
    }
    at = text.find(key, at + key.size());
  }
}

}  // namespace

Labels proxy_metadata_for(const Draft& draft, std::string_view ns, const Labels& labels, const Labels& annotations) {
  Labels out = draft.mesh.settings.proxy_metadata;
  Labels root, own, selected;
  for (const Object* config : draft.of("networking.istio.io/ProxyConfig")) {
    const bool in_root = config->ns == draft.mesh.settings.root_namespace;
    if (config->ns != ns && !in_root) continue;
    const Labels environment = string_pairs(config->spec()["environmentVariables"]);
    const Node selector = config->spec()["selector"];
    if (selector["matchLabels"].empty()) {
      overlay(environment, in_root ? root : own);
    } else if (config->ns == ns && selector_matches(selector, labels)) {
      overlay(environment, selected);
    }
  }
  overlay(root, out);
  overlay(own, out);
  if (const auto text = find(annotations, "proxy.istio.io/config"))
    for (const std::string_view key : {"ISTIO_META_ENABLE_HBONE", "ISTIO_META_DISABLE_HBONE_SEND"})
      read_annotation(*text, key, out);
  overlay(selected, out);
  return out;
}

}  // namespace meshsim::models
