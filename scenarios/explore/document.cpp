#include "scenarios/explore/document.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "scenarios/explore/question.h"
#include "scenarios/explore/text_splice.h"
#include "scenarios/explore/tree_edit.h"
#include "scenarios/report/json_value.h"

namespace meshsim::scenarios {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using models::Node;
using models::NodeKind;
using models::Tree;
using models::TreeBuilder;

namespace {

Json value_of(Node node) {
  switch (node.kind()) {
    case NodeKind::Missing:
    case NodeKind::Null:
      return nullptr;
    case NodeKind::Bool:
      return node.boolean().value_or(false);
    case NodeKind::Int:
      if (const auto number = node.integer()) return *number;
      [[fallthrough]];
    case NodeKind::Float:
      if (const auto number = node.number()) return *number;
      return std::string(node.text());
    case NodeKind::String:
      return std::string(node.text());
    case NodeKind::Sequence: {
      Json list = Json::array();
      for (const Node child : node) list.push_back(value_of(child));
      return list;
    }
    case NodeKind::Mapping: {
      Json map = Json::object();
      for (const Node child : node) map[std::string(child.key())] = value_of(child);
      return map;
    }
  }
  return nullptr;
}

// The empty path is the working directory, which fs::absolute does not take.
fs::path absolute_folder(const fs::path& folder) { return folder.empty() ? fs::current_path() : fs::absolute(folder); }

fs::path folder_of(const Tree& tree, const fs::path& base) {
  return absolute_folder((base / tree.file()).parent_path());
}

std::string moved(std::string_view path, const fs::path& from, const fs::path& to) {
  if (path == "-" || from == to || fs::path(path).is_absolute()) return std::string(path);
  const bool folder = path.ends_with('/');
  std::string out = (from / path).lexically_normal().lexically_relative(to).generic_string();
  if (out.empty()) out = (from / path).lexically_normal().generic_string();
  return folder && !out.ends_with('/') ? out + '/' : out;
}

// Manifests alone become a scenario that names them; a scenario is copied, with the inputs named beside it.
std::shared_ptr<const Tree> scenario_of(const Loaded& loaded, const std::vector<std::string>& paths,
                                        const fs::path& base) {
  const Scenario& scenario = loaded.scenario;
  if (scenario.declared) {
    std::vector<std::string> beside;
    const fs::path folder = folder_of(*scenario.tree, base);
    for (const std::string& path : paths)
      if (fs::path(path).lexically_normal() != fs::path(scenario.file).lexically_normal())
        beside.push_back(moved(path, absolute_folder(base), folder));
    if (beside.empty()) return scenario.tree;
    return with_value(*scenario.tree, {"manifests"}, [&](TreeBuilder& builder, Node old) {
      write_list(
          builder, old, [](TreeBuilder& b, Node one, std::size_t) { b.copy(one); },
          [&](TreeBuilder& b) {
            for (const std::string& path : beside) b.string(path);
          });
    });
  }
  TreeBuilder builder("scenario.yaml");
  builder.begin_mapping();
  builder.key("apiVersion");
  builder.string("meshsim/v1");
  builder.key("kind");
  builder.string("Scenario");
  builder.key("metadata");
  builder.begin_mapping();
  builder.key("name");
  builder.string(scenario.name.empty() ? "scenario" : scenario.name);
  builder.end();
  builder.key("manifests");
  builder.begin_sequence();
  for (const std::string& path : paths) builder.string(path);
  builder.end();
  builder.key("flows");
  write_questions(builder, loaded.world);
  builder.end();
  return builder.finish();
}

std::shared_ptr<const std::string> text_of_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return nullptr;
  auto out = std::make_shared<std::string>(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  return file.bad() ? nullptr : out;
}

}  // namespace

std::shared_ptr<const Document> Document::open(std::vector<std::string> paths, const ReadOptions& options) {
  auto out = std::make_shared<Document>();
  out->paths_ = std::move(paths);
  out->options_ = options;
  auto loaded = std::make_shared<const Loaded>(load(out->paths_, options));
  out->tree_ = scenario_of(*loaded, out->paths_, options.base);
  out->asked_ = !loaded->scenario.declared;
  if (!out->asked_ && loaded->scenario.tree != nullptr && !loaded->scenario.file.empty() &&
      loaded->scenario.file != "-") {
    out->written_ = loaded->scenario.tree;
    out->source_ = text_of_file(fs::path(options.base) / loaded->scenario.tree->file());
  }
  // Manifests bring no flows of their own: the questions are read like a user's.
  if (out->asked_) {
    auto with_questions = std::make_shared<Loaded>(*loaded);
    with_questions->scenario.tree = out->tree_;
    with_questions->scenario.root = out->tree_->root();
    models::Diagnostics ignored;
    bool broken = false;
    with_questions->scenario.flows = read_flow_list(out->tree_, out->tree_->root()["flows"], ignored, broken);
    loaded = std::move(with_questions);
  }
  out->loaded_ = std::move(loaded);
  return out;
}

std::shared_ptr<const Document> Document::reread() const {
  std::shared_ptr<const Document> out = open(paths_, options_);
  for (const Edit& edit : edits_) out = out->with(edit);
  return out;
}

std::shared_ptr<const Document> Document::with(const Edit& edit) const {
  auto out = std::make_shared<Document>(*this);
  out->opened_ = opened();
  out->edits_.push_back(edit);
  out->tree_ = with_edit(*tree_, edit);
  out->loaded_ = std::make_shared<const Loaded>(load(read_scenario_tree(out->tree_, options_)));
  return out;
}

std::shared_ptr<const Document> Document::opened() const { return opened_ ? opened_ : shared_from_this(); }

std::string Document::text(const std::string& folder, bool* comments_lost) const {
  const fs::path from = folder_of(*tree_, options_.base), to = absolute_folder(folder);
  std::shared_ptr<const Tree> tree = tree_;
  if (tree->root()["manifests"].is_sequence())
    tree = with_value(*tree, {"manifests"}, [&](TreeBuilder& builder, Node old) {
      write_list(builder, old, [&](TreeBuilder& b, Node one, std::size_t) {
        if (!one.is_string()) return b.copy(one);
        b.string(moved(one.string_or(), from, to));
      });
    });
  if (tree->root()["timeline"].is_sequence())
    tree = with_value(*tree, {"timeline"}, [&](TreeBuilder& builder, Node old) {
      write_list(builder, old, [&](TreeBuilder& b, Node one, std::size_t) {
        if (!one["apply"].is_string()) return b.copy(one);
        b.begin_mapping(one.position());
        for (const Node field : one) {
          b.copy_key(field);
          if (field.key() == "apply") {
            b.string(moved(field.string_or(), from, to));
          } else {
            b.copy(field);
          }
        }
        b.end();
      });
    });
  if (comments_lost != nullptr) *comments_lost = false;
  if (source_ != nullptr) {
    if (auto kept = spliced(*source_, *written_, *tree)) return *std::move(kept);
    if (comments_lost != nullptr) *comments_lost = has_comments(*source_);
  }
  return scenario_yaml(tree->root());
}

std::string scenario_yaml(Node root) { return yaml_text(value_of(root)); }

}  // namespace meshsim::scenarios
