#include "scenarios/read/document_builder.h"

#include <functional>

#include "scenarios/read/scalar_kind.h"

namespace meshsim::scenarios {

using models::Node;
using models::NodeKind;
using models::Position;

namespace {

constexpr std::size_t kFewKeys = 24;

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 80;
  std::string out = "\"";
  out += text.substr(0, kShown);
  return out + (text.size() > kShown ? "...\"" : "\"");
}

}  // namespace

DocumentBuilder::DocumentBuilder(const ReadLimits& limits, Findings& findings)
    : limits_(limits), findings_(findings), builder_(findings.file()) {}

bool DocumentBuilder::fail(std::string code, Position at, std::string message) {
  problem_ = {std::move(code), at, std::move(message)};
  return false;
}

bool DocumentBuilder::before_value() {
  if (builder_.node_count() >= limits_.nodes) {
    return fail("MSH0002", depth_ == 0 ? Position{} : frames_[depth_ - 1].at,
                "the document has more than " + std::to_string(limits_.nodes) + " values (limit nodes)");
  }
  if (depth_ == 0) return true;
  Frame& frame = frames_[depth_ - 1];
  if (frame.mapping) frame.expects_key = true;
  if (frame.merging || frame.ignore) builder_.detach_next();
  frame.ignore = false;
  return true;
}

bool DocumentBuilder::scalar(NodeKind kind, std::string_view text, Position at, std::string_view anchor,
                             bool merge_key) {
  if (expects_key()) {
    if (!anchor.empty()) {
      builder_.detach_next();
      builder_.scalar(kind, text, at);
      anchors_[std::string(anchor)] = builder_.last_node();
    }
    if (merge_key) {
      frames_[depth_ - 1].merging = true;
      frames_[depth_ - 1].expects_key = false;
      return true;
    }
    return key(kind, text, at);
  }
  if (!before_value()) return false;
  builder_.scalar(kind, text, at);
  if (!anchor.empty()) anchors_[std::string(anchor)] = builder_.last_node();
  if (depth_ > 0 && frames_[depth_ - 1].merging) {
    frames_[depth_ - 1].merging = false;
    frames_[depth_ - 1].merges.emplace_back(builder_.last_node(), at);
  }
  return true;
}

bool DocumentBuilder::key(NodeKind kind, std::string_view text, Position at) {
  Frame& frame = frames_[depth_ - 1];
  std::string converted;
  std::string_view name = text;
  if (kind == NodeKind::Null) findings_.error("MSH0004", at, "a null key: there is no text before this colon");
  if (kind == NodeKind::Bool || kind == NodeKind::Int || kind == NodeKind::Float)
    name = converted = json_key(kind, text);
  const std::size_t hash = std::hash<std::string_view>{}(name);
  if (const Node first = find_key(frame, hash, name); first.exists()) {
    findings_.error("MSH0007", at,
                    "duplicate key " + quoted(name) + ": it is already given at line " +
                        std::to_string(first.key_position().line) + "; the first value is kept, remove one of them");
    frame.ignore = true;
  } else {
    add_key(frame, hash);
  }
  builder_.key(name, at);
  frame.expects_key = false;
  return true;
}

Node DocumentBuilder::find_key(const Frame& frame, std::size_t hash, std::string_view name) const {
  const models::Tree* tree = builder_.open_node().tree();
  for (const auto& [other, index] : frame.keys)
    if (other == hash && Node(tree, index).key() == name) return {tree, index};
  if (!frame.many_keys.empty()) {
    const auto [first, last] = frame.many_keys.equal_range(hash);
    for (auto it = first; it != last; ++it)
      if (Node(tree, it->second).key() == name) return {tree, it->second};
  }
  return {};
}

void DocumentBuilder::add_key(Frame& frame, std::size_t hash) {
  const auto next = static_cast<std::uint32_t>(builder_.node_count());  // where the value will be
  if (frame.many_keys.empty() && frame.keys.size() < kFewKeys) {
    frame.keys.emplace_back(hash, next);
    return;
  }
  frame.many_keys.insert(frame.keys.begin(), frame.keys.end());
  frame.keys.clear();
  frame.many_keys.emplace(hash, next);
}

bool DocumentBuilder::begin(NodeKind kind, Position at, std::string_view anchor) {
  if (expects_key()) {
    return fail(
        "MSH0004", at,
        std::string(models::describe(kind)) +
            " stands where a key is expected; Kubernetes keys are text (a \"{\" at the start of a value needs quotes)");
  }
  if (depth_ >= limits_.depth) {
    return fail("MSH0002", at,
                "values are nested more than " + std::to_string(limits_.depth) + " levels deep (limit depth)");
  }
  if (!before_value()) return false;
  const bool operand = depth_ > 0 && frames_[depth_ - 1].merging;
  if (kind == NodeKind::Mapping) {
    builder_.begin_mapping(at);
  } else {
    builder_.begin_sequence(at);
  }
  if (!anchor.empty()) anchors_[std::string(anchor)] = builder_.last_node();
  if (operand) {
    frames_[depth_ - 1].merging = false;
    frames_[depth_ - 1].merges.emplace_back(builder_.last_node(), at);
  }
  if (frames_.size() == depth_) frames_.emplace_back();
  Frame& frame = frames_[depth_++];
  frame.mapping = frame.expects_key = kind == NodeKind::Mapping;
  frame.merging = frame.ignore = false;
  frame.at = at;
  frame.node = builder_.last_node().index();
  frame.keys.clear();
  frame.many_keys.clear();
  frame.merges.clear();
  return true;
}

bool DocumentBuilder::end() {
  Frame& frame = frames_[depth_ - 1];
  for (std::size_t i = 0; i < frame.merges.size(); ++i) {
    const auto [source, at] = frame.merges[i];
    if (source.is_sequence()) {
      for (auto it = source.begin(); it != source.end(); ++it)
        if (!merge_into(frame, *it, at)) return false;
    } else if (!merge_into(frame, source, at)) {
      return false;
    }
  }
  builder_.end();
  --depth_;
  return true;
}

bool DocumentBuilder::merge_into(Frame& frame, Node source, Position at) {
  if (!source.is_mapping()) {
    return fail("MSH0008", at,
                "\"<<\" merges a mapping or a list of mappings, not " + std::string(models::describe(source.kind())));
  }
  for (auto it = source.begin(); it != source.end(); ++it) {
    const Node child = *it;
    const std::size_t hash = std::hash<std::string_view>{}(child.key());
    if (find_key(frame, hash, child.key()).exists()) continue;
    if (!count_copy(child, depth_, at)) return false;
    add_key(frame, hash);
    builder_.copy_key(child);
    builder_.copy(child);
  }
  return true;
}

bool DocumentBuilder::count_copy(Node node, std::size_t depth, Position at) {
  if (++copied_ > limits_.alias_nodes) {
    return fail("MSH0002", at,
                "aliases and merges of this document expand to more than " + std::to_string(limits_.alias_nodes) +
                    " values (limit alias nodes): is this an alias bomb?");
  }
  if (!node.is_mapping() && !node.is_sequence()) return true;
  if (depth >= limits_.depth) {
    return fail("MSH0002", at,
                "aliases nest values more than " + std::to_string(limits_.depth) + " levels deep (limit depth)");
  }
  for (const Node child : node)
    if (!count_copy(child, depth + 1, at)) return false;
  return true;
}

bool DocumentBuilder::is_open(Node node) const {
  for (std::size_t i = 0; i < depth_; ++i)
    if (frames_[i].node == node.index()) return true;
  return false;
}

bool DocumentBuilder::alias(const std::string& name, Position at) {
  const auto it = anchors_.find(name);
  if (it == anchors_.end()) {
    return fail("MSH0008", at, "alias *" + name + " has no anchor &" + name + " before it in this document");
  }
  const Node target = it->second;
  if (is_open(target)) return fail("MSH0008", at, "alias *" + name + " stands inside its own anchor &" + name);
  if (expects_key()) {
    if (!target.is_scalar()) return fail("MSH0008", at, "alias *" + name + " is used as a key but is no scalar");
    const std::string text(target.text());
    return key(target.kind(), text, at);
  }
  if (depth_ > 0 && frames_[depth_ - 1].merging) {
    frames_[depth_ - 1].merging = false;
    frames_[depth_ - 1].expects_key = true;
    frames_[depth_ - 1].merges.emplace_back(target, at);
    return true;
  }
  if (!count_copy(target, depth_, at) || !before_value()) return false;
  builder_.copy(target);
  return true;
}

std::shared_ptr<const models::Tree> DocumentBuilder::finish() {
  auto tree = builder_.finish();
  if (tree->node_count() == 1 && tree->root().kind() == NodeKind::Null) return nullptr;
  return tree;
}

}  // namespace meshsim::scenarios
