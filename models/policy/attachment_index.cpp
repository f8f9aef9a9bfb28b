#include "models/policy/attachment_index.h"

namespace meshsim::models::policy {

namespace {
std::string label_key(const std::string& name, const std::string& value) { return name + '\n' + value; }
}  // namespace

void AttachmentIndex::add(std::string_view ns, const Attachment& attachment, std::size_t id) {
  Bucket& bucket = namespaces_[std::string(ns)];
  if (!attachment.refs.empty()) {
    bucket.with_refs.push_back(id);
  } else if (!attachment.selector || attachment.selector->empty()) {
    bucket.unselective.push_back(id);
  } else {
    const auto& [name, value] = *attachment.selector->begin();
    bucket.by_label[label_key(name, value)].push_back(id);
  }
}

void AttachmentIndex::candidates(std::string_view ns, const Labels* labels, bool with_refs,
                                 std::vector<std::size_t>& out) const {
  const auto found = namespaces_.find(ns);
  if (found == namespaces_.end()) return;
  const Bucket& bucket = found->second;
  out.insert(out.end(), bucket.unselective.begin(), bucket.unselective.end());
  if (with_refs) out.insert(out.end(), bucket.with_refs.begin(), bucket.with_refs.end());
  if (!labels) return;
  for (const auto& [name, value] : *labels) {
    const auto it = bucket.by_label.find(label_key(name, value));
    if (it != bucket.by_label.end()) out.insert(out.end(), it->second.begin(), it->second.end());
  }
}

}  // namespace meshsim::models::policy
