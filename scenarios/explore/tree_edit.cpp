#include "scenarios/explore/tree_edit.h"

namespace meshsim::scenarios {

using models::Node;
using models::NodeKind;
using models::Tree;
using models::TreeBuilder;

namespace {

void copy_with(TreeBuilder& builder, Node node, const std::vector<std::string>& path, std::size_t step,
               const ValueWriter& write) {
  if (step == path.size()) return write(builder, node);
  builder.begin_mapping(node.position());
  bool found = false;
  if (node.is_mapping())
    for (const Node child : node) {
      builder.copy_key(child);
      if (child.key() == path[step]) {
        found = true;
        copy_with(builder, child, path, step + 1, write);
      } else {
        builder.copy(child);
      }
    }
  if (!found) {
    builder.key(path[step]);
    copy_with(builder, {}, path, step + 1, write);
  }
  builder.end();
}

}  // namespace

std::shared_ptr<const Tree> with_value(const Tree& tree, const std::vector<std::string>& path,
                                       const ValueWriter& write) {
  TreeBuilder builder(tree.file());
  copy_with(builder, tree.root(), path, 0, write);
  return builder.finish();
}

void write_list(TreeBuilder& builder, Node old, const std::function<void(TreeBuilder&, Node, std::size_t)>& element,
                const std::function<void(TreeBuilder&)>& more) {
  builder.begin_sequence(old.position());
  std::size_t index = 0;
  if (old.is_sequence())
    for (const Node node : old) element(builder, node, index++);
  if (more) more(builder);
  builder.end();
}

void copy_without_positions(TreeBuilder& builder, Node node) {
  switch (node.kind()) {
    case NodeKind::Mapping:
      builder.begin_mapping();
      for (const Node child : node) {
        builder.key(child.key());
        copy_without_positions(builder, child);
      }
      builder.end();
      return;
    case NodeKind::Sequence:
      builder.begin_sequence();
      for (const Node child : node) copy_without_positions(builder, child);
      builder.end();
      return;
    case NodeKind::Missing:
      builder.scalar(NodeKind::Null, "null");
      return;
    default:
      builder.scalar(node.kind(), node.text());
  }
}

}  // namespace meshsim::scenarios
