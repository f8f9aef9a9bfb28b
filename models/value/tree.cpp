#include "models/value/tree.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace meshsim::models {

std::string_view describe(NodeKind kind) {
  switch (kind) {
    case NodeKind::Missing:
      return "nothing";
    case NodeKind::Null:
      return "null";
    case NodeKind::Bool:
      return "a boolean";
    case NodeKind::Int:
      return "an integer";
    case NodeKind::Float:
      return "a number";
    case NodeKind::String:
      return "a string";
    case NodeKind::Sequence:
      return "a list";
    case NodeKind::Mapping:
      return "a mapping";
  }
  return "nothing";
}

NodeKind Node::kind() const { return tree_ == nullptr ? NodeKind::Missing : tree_->nodes_[index_].kind; }

std::string_view Node::text() const {
  if (tree_ == nullptr) return {};
  const auto& r = tree_->nodes_[index_];
  return std::string_view(tree_->text_).substr(r.text_offset, r.text_size);
}

std::string_view Node::string_or(std::string_view fallback) const {
  return kind() == NodeKind::String ? text() : fallback;
}

std::optional<bool> Node::boolean() const {
  if (kind() != NodeKind::Bool) return std::nullopt;
  const char c = text().empty() ? 'f' : text().front();
  if (c == 'o' || c == 'O') return text().size() == 2;  // on / off
  return c == 't' || c == 'T' || c == 'y' || c == 'Y';
}

std::optional<std::int64_t> Node::integer() const {
  if (kind() == NodeKind::Float) {
    const auto d = number();
    if (d && *d == std::floor(*d) && std::fabs(*d) < 9.0e15) return static_cast<std::int64_t>(*d);
    return std::nullopt;
  }
  if (kind() != NodeKind::Int) return std::nullopt;
  std::string digits;
  for (const char c : text())
    if (c != '_') digits += c;  // go-yaml v2 allows separators
  bool negative = false;
  std::string_view s = digits;
  if (!s.empty() && (s.front() == '-' || s.front() == '+')) {
    negative = s.front() == '-';
    s.remove_prefix(1);
  }
  int base = 10;
  if (s.size() > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) base = 16;
  if (s.size() > 2 && s[0] == '0' && (s[1] == 'b' || s[1] == 'B')) base = 2;
  if (s.size() > 2 && s[0] == '0' && (s[1] == 'o' || s[1] == 'O')) base = 8;
  if (base != 10) {
    s.remove_prefix(2);
  } else if (s.size() > 1 && s[0] == '0') {
    base = 8;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value, base);
  if (error != std::errc() || end != s.data() + s.size()) return std::nullopt;
  return negative ? -value : value;
}

std::optional<double> Node::number() const {
  if (kind() == NodeKind::Int) {
    const auto i = integer();
    return i ? std::optional<double>(static_cast<double>(*i)) : std::nullopt;
  }
  if (kind() != NodeKind::Float) return std::nullopt;
  std::string digits;
  for (const char c : text())
    if (c != '_') digits += c;  // go-yaml v2 allows separators
  // go-yaml writes the special values with a dot, strtod without.
  const auto dot = digits.find('.');
  if (dot != std::string::npos && dot + 1 < digits.size() && std::isalpha(static_cast<unsigned char>(digits[dot + 1])))
    digits.erase(dot, 1);
  return std::strtod(digits.c_str(), nullptr);
}

Node Node::operator[](std::string_view key) const {
  if (kind() != NodeKind::Mapping) return {};
  for (const Node child : *this)
    if (child.key() == key) return child;
  return {};
}

Node Node::at(std::size_t index) const {
  if (kind() != NodeKind::Sequence) return {};
  for (const Node child : *this)
    if (index-- == 0) return child;
  return {};
}

std::size_t Node::size() const { return tree_ == nullptr ? 0 : tree_->nodes_[index_].child_count; }

std::string_view Node::key() const {
  if (tree_ == nullptr) return {};
  const auto& r = tree_->nodes_[index_];
  return std::string_view(tree_->text_).substr(r.key_offset, r.key_size);
}

Position Node::position() const { return tree_ == nullptr ? Position{} : tree_->nodes_[index_].position; }

Position Node::key_position() const {
  if (tree_ == nullptr) return {};
  const auto& r = tree_->nodes_[index_];
  return r.key_position.line != 0 ? r.key_position : r.position;
}

Node::Iterator Node::begin() const {
  return tree_ == nullptr ? Iterator() : Iterator(tree_, tree_->nodes_[index_].first_child);
}
Node::Iterator Node::end() const { return {}; }

Node::Iterator& Node::Iterator::operator++() {
  index_ = tree_->nodes_[index_].next;
  return *this;
}

bool equal_values(Node a, Node b) {
  if (a.kind() != b.kind() || a.size() != b.size()) return false;
  if (a.is_mapping()) {
    for (const Node child : a)
      if (!equal_values(child, b[child.key()])) return false;
    return true;
  }
  if (a.is_sequence()) {
    auto other = b.begin();
    for (const Node child : a)
      if (!equal_values(child, *other++)) return false;
    return true;
  }
  return a.text() == b.text();
}

bool identical(Node a, Node b) {
  if (a.tree_ == b.tree_ && a.index_ == b.index_) return true;
  if (a.kind() != b.kind() || a.size() != b.size() || a.position() != b.position() ||
      a.key_position() != b.key_position() || a.key() != b.key() || a.text() != b.text())
    return false;
  if ((a.tree_ == nullptr) != (b.tree_ == nullptr) || (a.tree_ != nullptr && a.tree_->file() != b.tree_->file()))
    return false;
  auto other = b.begin();
  for (const Node child : a)
    if (!identical(child, *other++)) return false;
  return true;
}

std::uint32_t TreeBuilder::store(std::string_view text) {
  const auto offset = static_cast<std::uint32_t>(tree_->text_.size());
  tree_->text_.append(text);
  return offset;
}

void TreeBuilder::key(std::string_view name, Position at) {
  key_offset_ = store(name);
  key_size_ = static_cast<std::uint32_t>(name.size());
  key_position_ = at;
}

std::uint32_t TreeBuilder::append(NodeKind kind, Position at) {
  const auto index = static_cast<std::uint32_t>(tree_->nodes_.size());
  Tree::Record record;
  record.kind = kind;
  record.position = at;
  record.key_offset = key_offset_;
  record.key_size = key_size_;
  record.key_position = key_position_;
  key_size_ = 0;
  key_position_ = {};
  tree_->nodes_.push_back(record);
  if (detach_next_) {
    detach_next_ = false;
  } else if (stack_.empty()) {
    if (!has_root_) tree_->root_ = index;
    has_root_ = true;
  } else {
    auto& parent = tree_->nodes_[stack_.back()];
    if (parent.last_child == Tree::kNone) {
      parent.first_child = index;
    } else {
      tree_->nodes_[parent.last_child].next = index;
    }
    parent.last_child = index;
    ++parent.child_count;
  }
  return index;
}

void TreeBuilder::scalar(NodeKind kind, std::string_view text, Position at) {
  const auto offset = store(text);
  const auto index = append(kind, at);
  tree_->nodes_[index].text_offset = offset;
  tree_->nodes_[index].text_size = static_cast<std::uint32_t>(text.size());
}

void TreeBuilder::open(NodeKind kind, Position at) { stack_.push_back(append(kind, at)); }

void TreeBuilder::end() {
  if (!stack_.empty()) stack_.pop_back();
}

Node TreeBuilder::open_node() const { return stack_.empty() ? Node() : Node(tree_.get(), stack_.back()); }

Node TreeBuilder::last_node() const {
  return tree_->nodes_.empty() ? Node() : Node(tree_.get(), static_cast<std::uint32_t>(tree_->nodes_.size() - 1));
}

void TreeBuilder::reserve(std::size_t nodes, std::size_t text) {
  tree_->nodes_.reserve(nodes);
  tree_->text_.reserve(text);
}

void TreeBuilder::copy(Node node) {
  if (!node.exists()) return scalar(NodeKind::Null, {});
  const bool same_tree = node.tree() == tree_.get();
  // By value: the source may be this very tree, whose arena grows while we copy.
  const Tree::Record source = node.tree()->nodes_[node.index()];
  if (!node.is_mapping() && !node.is_sequence()) {
    const auto offset = same_tree ? source.text_offset : store(node.text());
    const auto index = append(source.kind, source.position);
    tree_->nodes_[index].text_offset = offset;
    tree_->nodes_[index].text_size = source.text_size;
    return;
  }
  open(source.kind, source.position);
  for (auto it = node.begin(); it != node.end(); ++it) {
    const Node child = *it;
    if (source.kind == NodeKind::Mapping) copy_key(child);
    copy(child);
  }
  end();
}

void TreeBuilder::copy_key(Node node) {
  if (node.tree() != tree_.get()) return key(node.key(), node.key_position());
  const Tree::Record& source = tree_->nodes_[node.index()];
  key_offset_ = source.key_offset;
  key_size_ = source.key_size;
  key_position_ = source.key_position;
}

std::shared_ptr<const Tree> TreeBuilder::finish() {
  std::shared_ptr<const Tree> done = std::move(tree_);
  tree_ = std::make_shared<Tree>();
  stack_.clear();
  has_root_ = false;
  detach_next_ = false;
  key_size_ = 0;
  key_position_ = {};
  return done;
}

}  // namespace meshsim::models
