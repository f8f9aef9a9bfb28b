#pragma once
// Cases of the linter: tests/scenarios/lint/cases/<code>.yaml, each a pair: `base` with `raises` must raise the code,
// `base` with `nearly` must not.
#include <filesystem>
#include <fstream>
#include <string>

#include "scenarios/read/document_reader.h"
#include "scenarios/run/run.h"

namespace meshsim::scenarios {

inline std::filesystem::path lint_cases() {
  return std::filesystem::path(MESHSIM_SOURCE_DIR) / "tests/scenarios/lint/cases";
}

// A scenario of the fields of both; lists are joined.
inline std::shared_ptr<const models::Tree> merged(const models::Tree& document, std::string_view variant) {
  const models::Node base = document.root()["base"], other = document.root()[variant];
  models::TreeBuilder out(document.file());
  out.begin_mapping();
  out.key("apiVersion");
  out.string("meshsim/v1");
  out.key("kind");
  out.string("Scenario");
  for (const models::Node field : base) {
    out.key(field.key());
    const models::Node more = other[field.key()];
    if (field.is_sequence() && more.is_sequence()) {
      out.begin_sequence();
      for (const models::Node one : field) out.copy(one);
      for (const models::Node one : more) out.copy(one);
      out.end();
    } else {
      out.copy(more.exists() ? more : field);
    }
  }
  for (const models::Node field : other) {
    if (base[field.key()].exists()) continue;
    out.key(field.key());
    out.copy(field);
  }
  out.end();
  return out.finish();
}

inline Loaded load_case(const std::filesystem::path& file, std::string_view variant, models::Diagnostics& problems) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const Documents documents = read_documents(text, file.filename().string(), ReadLimits(), problems);
  return load(read_scenario_tree(merged(*documents.trees.at(0), variant)));
}

}  // namespace meshsim::scenarios
