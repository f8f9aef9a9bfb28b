#pragma once
// Telemetry resources and MeshConfig written as JSON, put into a Bench.
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/models/telemetry/bench.h"

namespace meshsim::models::bench {

inline void put(TreeBuilder& builder, const nlohmann::json& value) {
  if (value.is_object()) {
    builder.begin_mapping();
    for (const auto& [key, child] : value.items()) {
      builder.key(key);
      put(builder, child);
    }
    builder.end();
  } else if (value.is_array()) {
    builder.begin_sequence();
    for (const nlohmann::json& child : value) put(builder, child);
    builder.end();
  } else if (value.is_string()) {
    builder.string(value.get<std::string>());
  } else {
    builder.scalar(value.is_boolean()          ? NodeKind::Bool
                   : value.is_number_integer() ? NodeKind::Int
                   : value.is_null()           ? NodeKind::Null
                                               : NodeKind::Float,
                   value.dump());
  }
}
inline std::shared_ptr<const Tree> tree_of(const std::string& text) {
  TreeBuilder builder;
  put(builder, nlohmann::json::parse(text));
  return builder.finish();
}

inline void add_telemetry(Bench& b, const std::string& ns, const std::string& name, const std::string& spec) {
  const auto tree = tree_of(R"({"apiVersion":"telemetry.istio.io/v1","kind":"Telemetry","metadata":{"name":")" + name +
                            R"(","namespace":")" + ns + R"("},"spec":)" + spec + "}");
  Diagnostics diagnostics;
  auto object = decode_object(tree, tree->root(), diagnostics);
  ASSERT_TRUE(object);
  b.mesh.objects.push_back(std::move(*object));
}
inline void set_config(Bench& b, const std::string& text) {
  const auto tree = tree_of(text);
  b.mesh.settings.config_trees.push_back(tree);
  b.mesh.settings.config.push_back(tree->root());
}

// extensionProviders of MeshConfig: {"name": ..., kind: {...}}.
inline void add_provider(Bench& b, const std::string& text) {
  const auto tree = tree_of(text);
  b.mesh.settings.config_trees.push_back(tree);
  ExtensionProvider provider;
  provider.node = tree->root();
  for (const Node field : tree->root())
    if (field.key() == "name")
      provider.name = field.string();
    else
      provider.kind = std::string(field.key());
  b.mesh.settings.extension_providers.push_back(std::move(provider));
}

}  // namespace meshsim::models::bench
