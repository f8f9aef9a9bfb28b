#pragma once
// AttachmentIndex: which policies may attach to a proxy, without looking at the others. By namespace, then by the first
// label of the selector; policies without selector and with targetRefs apart. Keeps the cost of compiling a proxy's
// chain independent of policies that are for others.
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/policy/attachment.h"

namespace meshsim::models::policy {

class AttachmentIndex {
 public:
  void add(std::string_view ns, const Attachment& attachment, std::size_t id);
  // Appends ids of one namespace: those without selector, those whose first selector label is among `labels`, and, if
  // asked, those with targetRefs.
  void candidates(std::string_view ns, const Labels* labels, bool with_refs, std::vector<std::size_t>& out) const;

 private:
  struct Bucket {
    std::vector<std::size_t> unselective, with_refs;
    std::unordered_map<std::string, std::vector<std::size_t>> by_label;
  };
  std::map<std::string, Bucket, std::less<>> namespaces_;
};

}  // namespace meshsim::models::policy
