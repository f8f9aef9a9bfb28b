#include "models/mesh/selector.h"

#include <algorithm>

namespace meshsim::models {

Labels string_pairs(Node mapping) {
  Labels out;
  for (const Node entry : mapping)
    if (entry.is_scalar() && entry.kind() != NodeKind::Null)
      out.insert_or_assign(std::string(entry.key()), std::string(entry.text()));
  return out;
}

bool selector_matches(Node selector, const Labels& labels) {
  for (const Node entry : selector["matchLabels"])
    if (find(labels, entry.key()) != std::optional(entry.text())) return false;
  for (const Node expression : selector["matchExpressions"]) {
    const auto value = find(labels, expression["key"].text());
    const std::string_view op = expression["operator"].text();
    const Node values = expression["values"];
    const bool listed = value && std::any_of(values.begin(), values.end(), [&](Node v) { return v.text() == *value; });
    bool ok = false;
    if (op == "In") ok = listed;
    if (op == "NotIn") ok = !listed;
    if (op == "Exists") ok = value.has_value();
    if (op == "DoesNotExist") ok = !value.has_value();
    if (!ok) return false;
  }
  return true;
}

}  // namespace meshsim::models
