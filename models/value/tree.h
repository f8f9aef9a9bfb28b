#pragma once
// Tree: one document of structured text (a Kubernetes object, a scenario) as an immutable value tree in an arena.
// Every node keeps the place it came from, so that each finding and each verdict can name file:line:column.
// It is not a YAML or JSON parser: scenarios/read builds trees, models only read them.
// Thread safety: a finished Tree never changes and may be read from any thread.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshsim::models {

enum class NodeKind : std::uint8_t { Missing, Null, Bool, Int, Float, String, Sequence, Mapping };

// "a string", "an integer", ...: for messages.
std::string_view describe(NodeKind kind);

// 1-based place in a text; 0 means unknown.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

class Tree;

// A light, copyable reference to a node of a Tree (which must outlive it). A default Node is Missing, and so is the
// child of a node that has no such child: chains such as n["spec"]["rules"] never fail.
class Node {
 public:
  Node() = default;
  Node(const Tree* tree, std::uint32_t index) : tree_(tree), index_(index) {}

  NodeKind kind() const;
  bool exists() const { return kind() != NodeKind::Missing; }  // written in the text, null included
  bool has_value() const { return kind() > NodeKind::Null; }   // written and not null
  bool is_string() const { return kind() == NodeKind::String; }
  bool is_mapping() const { return kind() == NodeKind::Mapping; }
  bool is_sequence() const { return kind() == NodeKind::Sequence; }
  bool is_scalar() const { return kind() >= NodeKind::Null && kind() <= NodeKind::String; }
  explicit operator bool() const { return has_value(); }

  // Text of a scalar as written (after unquoting); empty for collections and Missing.
  std::string_view text() const;
  // Text of a String node; `fallback` for anything else. Numbers and booleans are *not* strings (as for kubectl).
  std::string_view string_or(std::string_view fallback = {}) const;
  std::string string() const { return std::string(string_or()); }
  std::optional<bool> boolean() const;          // Bool nodes only
  std::optional<std::int64_t> integer() const;  // Int nodes, and Float nodes with an integral value
  std::optional<double> number() const;         // Int and Float nodes

  Node operator[](std::string_view key) const;  // Mapping: the value of key, else Missing
  Node at(std::size_t index) const;             // Sequence: the element, else Missing
  std::size_t size() const;                     // number of children of a collection, else 0
  bool empty() const { return size() == 0; }

  std::string_view key() const;   // key under which this node hangs in its mapping
  Position position() const;      // of the value
  Position key_position() const;  // of the key (position() where there is none)

  class Iterator;
  Iterator begin() const;
  Iterator end() const;

  const Tree* tree() const { return tree_; }
  std::uint32_t index() const { return index_; }
  // Same structure and same scalars; order of keys does not matter, positions do not count.
  friend bool equal_values(Node a, Node b);
  // Same text at the same place of the same file: nothing that is said of one could differ for the other.
  friend bool identical(Node a, Node b);

 private:
  const Tree* tree_ = nullptr;
  std::uint32_t index_ = 0;
};

class Tree {
 public:
  explicit Tree(std::string file = {}) : file_(std::move(file)) {}
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  Node root() const { return nodes_.empty() ? Node() : Node(this, root_); }
  const std::string& file() const { return file_; }
  std::size_t node_count() const { return nodes_.size(); }

 private:
  friend class Node;
  friend class TreeBuilder;
  static constexpr std::uint32_t kNone = 0xffffffffu;
  struct Record {
    NodeKind kind = NodeKind::Null;
    std::uint32_t text_offset = 0, text_size = 0;  // scalar text
    std::uint32_t key_offset = 0, key_size = 0;
    std::uint32_t first_child = kNone, last_child = kNone, next = kNone;
    std::uint32_t child_count = 0;
    Position position, key_position;
  };
  std::string file_;
  std::string text_;
  std::vector<Record> nodes_;
  std::uint32_t root_ = 0;
};

class Node::Iterator {
 public:
  using value_type = Node;
  using difference_type = std::ptrdiff_t;
  Iterator() = default;
  Iterator(const Tree* tree, std::uint32_t index) : tree_(tree), index_(index) {}
  Node operator*() const { return Node(tree_, index_); }
  Iterator& operator++();
  Iterator operator++(int) {
    Iterator old = *this;
    ++*this;
    return old;
  }
  friend bool operator==(const Iterator& a, const Iterator& b) { return a.index_ == b.index_; }

 private:
  const Tree* tree_ = nullptr;
  std::uint32_t index_ = 0xffffffffu;
};

// Builds a Tree in document order. Calls nest: begin_mapping, key, value..., end. The builder does not check
// duplicate keys, depth or size: its caller (the reader) does, and reports.
class TreeBuilder {
 public:
  explicit TreeBuilder(std::string file = {}) : tree_(std::make_shared<Tree>(std::move(file))) {}

  void key(std::string_view name, Position at = {});
  void scalar(NodeKind kind, std::string_view text, Position at = {});
  void string(std::string_view text, Position at = {}) { scalar(NodeKind::String, text, at); }
  void begin_mapping(Position at = {}) { open(NodeKind::Mapping, at); }
  void begin_sequence(Position at = {}) { open(NodeKind::Sequence, at); }
  void end();
  // Copies a node of this or another tree, positions included, as the next value. Copies within one tree share their
  // text, so that a thousand aliases of one long scalar cost a thousand nodes and no text.
  void copy(Node node);
  void copy_key(Node node);  // the key under which `node` hangs, as the next key
  // The next value goes into the arena without a parent: an anchored key, the operand of a YAML merge, a refused
  // duplicate. It can be copied from; nothing else reaches it. Allowed only while a collection is open.
  void detach_next() { detach_next_ = true; }
  std::size_t depth() const { return stack_.size(); }
  std::size_t node_count() const { return tree_->nodes_.size(); }
  // Node of the collection that is open now (for duplicate-key checks while building).
  Node open_node() const;
  Node last_node() const;  // the node that was appended last
  std::size_t text_size() const { return tree_->text_.size(); }
  void reserve(std::size_t nodes, std::size_t text);

  std::shared_ptr<const Tree> finish();

 private:
  void open(NodeKind kind, Position at);
  std::uint32_t append(NodeKind kind, Position at);
  std::uint32_t store(std::string_view text);
  std::shared_ptr<Tree> tree_;
  std::vector<std::uint32_t> stack_;
  std::uint32_t key_offset_ = 0, key_size_ = 0;
  Position key_position_;
  bool has_root_ = false;
  bool detach_next_ = false;
};

}  // namespace meshsim::models
