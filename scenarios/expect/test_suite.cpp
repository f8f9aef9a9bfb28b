#include "scenarios/expect/test_suite.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "scenarios/expect/test_expansion.h"
#include "scenarios/read/document_reader.h"
#include "scenarios/read/input_text.h"

namespace meshsim::scenarios {

namespace fs = std::filesystem;
using namespace models;

namespace {

bool has_end(const std::string& name, std::string_view end) { return name.ends_with(end); }

// A scenario with expectations, told from manifests by its text: reading every manifest of a large folder as YAML would
// cost more than the tests.
bool is_test_file(const fs::path& path) {
  const std::string name = path.filename().string();
  for (const std::string_view end : {".meshtest.yaml", ".meshtest.yml", ".meshtest.json"})
    if (has_end(name, end)) return true;
  if (!has_end(name, ".yaml") && !has_end(name, ".yml") && !has_end(name, ".json")) return false;
  Diagnostics ignored;
  const auto text = read_file_text(path, name, ReadLimits(), ignored);
  return text && text->find("meshsim/v1") != std::string::npos && text->find("expect") != std::string::npos;
}

}  // namespace

std::vector<std::string> find_test_files(const std::vector<std::string>& paths, Diagnostics& diagnostics) {
  std::set<std::string> found;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      if (fs::exists(path, error)) {
        found.insert(fs::path(path).lexically_normal().generic_string());
      } else {
        diagnostics.push_back({Severity::Error, "MSH0001", "", path, {}, "there is no such file or folder"});
      }
      continue;
    }
    for (fs::recursive_directory_iterator it(path, fs::directory_options::skip_permission_denied, error), end;
         !error && it != end; it.increment(error))
      if (it->is_regular_file(error) && is_test_file(it->path()))
        found.insert(it->path().lexically_normal().generic_string());
  }
  return {found.begin(), found.end()};
}

TestSuite read_test_suite(const std::string& file, const ReadOptions& options) {
  TestSuite suite;
  suite.file = file;
  Diagnostics diagnostics;
  const auto text = read_file_text(options.base / file, file, options.limits, diagnostics);
  std::shared_ptr<const Tree> document;
  if (text && text->find("MeshTest") != std::string::npos) {
    Documents documents = read_documents(*text, file, options.limits, diagnostics);
    for (const auto& tree : documents.trees)
      if (tree->root()["kind"].string_or() == "MeshTest") document = tree;
  }
  auto loaded = std::make_shared<Loaded>();
  if (!document) {
    *loaded = load({file}, options);
    for (std::size_t i = 0; i < loaded->scenario.flows.size(); ++i)
      if (loaded->scenario.flows[i].expect) suite.cases.emplace_back().flow = i;
  } else {
    *loaded = load(read_scenario_tree(shared_scenario(*document), options));
    const ExpandedCases expanded =
        expand_cases(document->root()["cases"], *loaded->world.mesh, loaded->diagnostics, loaded->unreadable);
    loaded->scenario.flows =
        read_flow_list(expanded.flows, expanded.flows->root(), loaded->diagnostics, loaded->unreadable);
    suite.flows = expanded.flows;
    suite.cases = expanded.cases;
    sort_and_unique(loaded->diagnostics);
  }
  suite.loaded = std::move(loaded);
  return suite;
}

}  // namespace meshsim::scenarios
