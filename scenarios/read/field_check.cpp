#include "scenarios/read/field_check.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "scenarios/read/nearest_name.h"
#include "scenarios/read/schema/field_table.h"

namespace meshsim::scenarios {

using models::Node;
using models::NodeKind;
using models::Severity;

namespace {

constexpr std::size_t kMostFindings = 50;  // of one object

std::string_view describe(FieldType type) {
  switch (type) {
    case FieldType::Any:
      return "anything";
    case FieldType::String:
      return "a string";
    case FieldType::Integer:
      return "an integer";
    case FieldType::Number:
      return "a number";
    case FieldType::Boolean:
      return "true or false";
    case FieldType::IntOrString:
      return "an integer or a string";
    case FieldType::Object:
    case FieldType::Map:
      return "a mapping";
    case FieldType::List:
      return "a list";
  }
  return "anything";
}

bool is_collection(FieldType type) { return type >= FieldType::Object; }

bool fits(FieldType type, Node node) {
  switch (type) {
    case FieldType::Any:
      return true;
    case FieldType::String:
      return node.is_string();
    case FieldType::Integer:
      return node.integer().has_value();
    case FieldType::Number:
      return node.number().has_value();
    case FieldType::Boolean:
      return node.kind() == NodeKind::Bool;
    case FieldType::IntOrString:
      return node.is_string() || node.integer().has_value();
    case FieldType::Object:
    case FieldType::Map:
      return node.is_mapping();
    case FieldType::List:
      return node.is_sequence();
  }
  return true;
}

class FieldChecker {
 public:
  FieldChecker(const models::Object& object, models::Diagnostics& out) : object_(object), out_(out) {}
  void check(Node node, std::uint16_t type);
  bool broken() const { return broken_; }

 private:
  void check_object(Node node, const TypeRecord& record);
  void unknown(Node child, std::span<const FieldRecord> fields);
  void mismatch(Node node, FieldType type);
  void say(Severity severity, const char* code, models::Position at, std::string message);
  std::string path() const;

  const models::Object& object_;
  models::Diagnostics& out_;
  std::vector<std::pair<std::string_view, std::size_t>> path_;  // a key, or an index where the key is empty
  std::size_t told_ = 0;
  bool broken_ = false;
};

std::string FieldChecker::path() const {
  std::string out;
  for (const auto& [key, index] : path_) {
    if (key.empty()) {
      out += '[' + std::to_string(index) + ']';
    } else {
      out += (out.empty() ? "" : ".") + std::string(key);
    }
  }
  return out;
}

void FieldChecker::say(Severity severity, const char* code, models::Position at, std::string message) {
  broken_ = broken_ || severity == Severity::Error;
  if (++told_ > kMostFindings) return;
  if (told_ == kMostFindings) message = "this object has more such findings; the rest is left out";
  out_.push_back({severity, code, object_.ref().text(), object_.source().file, at, std::move(message)});
}

void FieldChecker::unknown(Node child, std::span<const FieldRecord> fields) {
  if (child.key().starts_with('$')) return;  // directives of kustomize patches
  std::vector<std::string_view> known;
  for (const FieldRecord& one : fields) known.push_back(one.name);
  const std::string where = path();
  const bool gateway_api = object_.api_group == "gateway.networking.k8s.io";
  say(Severity::Warning, "MSH0030", child.key_position(),
      "unknown field \"" + std::string(child.key().substr(0, 60)) + '"' + (where.empty() ? "" : " in " + where) +
          (gateway_api ? ": the standard channel of the Gateway API has none, " : ": ") +
          "the API server drops it and it has no effect" + did_you_mean(child.key(), known));
}

void FieldChecker::mismatch(Node node, FieldType type) {
  const std::string found(models::describe(node.kind()));
  const std::string what = path() + " must be " + std::string(describe(type)) + ", not " + found;
  if (is_collection(type) || node.is_mapping() || node.is_sequence())
    return say(Severity::Error, "MSH0031", node.position(), what);
  const bool quote = type == FieldType::String;
  say(Severity::Warning, "MSH0031", node.position(),
      what + ": the API server refuses this object; " + (quote ? "put quotes around " : "take the quotes away from ") +
          std::string(node.text().substr(0, 40)));
}

void FieldChecker::check_object(Node node, const TypeRecord& record) {
  const auto fields = field_records().subspan(record.first, record.count);
  for (const Node child : node) {
    const auto it = std::lower_bound(fields.begin(), fields.end(), child.key(),
                                     [](const FieldRecord& field, std::string_view name) { return field.name < name; });
    if (it == fields.end() || it->name != child.key()) {
      unknown(child, fields);
      continue;
    }
    path_.emplace_back(child.key(), 0);
    check(child, it->type);
    path_.pop_back();
  }
}

void FieldChecker::check(Node node, std::uint16_t type) {
  const TypeRecord& record = type_records()[type];
  if (!node.has_value() || record.type == FieldType::Any) return;
  if (!fits(record.type, node)) return mismatch(node, record.type);
  if (record.type == FieldType::Object) return check_object(node, record);
  if (record.type != FieldType::List && record.type != FieldType::Map) return;
  std::size_t index = 0;
  for (const Node child : node) {
    path_.emplace_back(record.type == FieldType::Map ? child.key() : std::string_view(), index++);
    check(child, record.first);
    path_.pop_back();
  }
}

}  // namespace

bool check_fields(const models::Object& object, models::Diagnostics& diagnostics) {
  const auto kinds = kind_records();
  const auto wanted = std::make_pair(std::string_view(object.api_group), std::string_view(object.kind));
  const auto it = std::lower_bound(kinds.begin(), kinds.end(), wanted, [](const KindRecord& record, const auto& key) {
    return std::tie(record.group, record.kind) < std::tie(key.first, key.second);
  });
  if (it == kinds.end() || it->group != object.api_group || it->kind != object.kind) return false;
  FieldChecker checker(object, diagnostics);
  checker.check(object.root, it->type);
  return checker.broken();
}

}  // namespace meshsim::scenarios
