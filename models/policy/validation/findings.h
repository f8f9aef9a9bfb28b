#pragma once
// Findings of one object while it is validated: code, rule id, text; the place is the node that is wrong.
#include <string>
#include <string_view>

#include "models/policy/validation/validation.h"

namespace meshsim::models::policy {

class PolicyFindings {
 public:
  PolicyFindings(const Object& object, Diagnostics& diagnostics, std::vector<Reason>& rejected)
      : object_(object), diagnostics_(diagnostics), rejected_(rejected) {}

  // The API server refuses the object.
  void refuse(Node at, const char* code, const char* rule, const std::string& text) {
    add(Severity::Error, at, code, text + " (" + rule + "): a real cluster would not accept it");
    rejected_.push_back({rule, text, place(at)});
  }
  void warn(Node at, const char* code, const char* rule, const std::string& text) {
    add(Severity::Warning, at, code, text + " (" + rule + ')');
  }
  const Object& object() const { return object_; }

 private:
  Source place(Node at) const { return at.exists() ? object_.source(at) : object_.source(); }
  void add(Severity severity, Node at, const char* code, std::string text) {
    const Source source = place(at);
    diagnostics_.push_back({severity, code, object_.ref().text(), source.file, source.position, std::move(text)});
  }
  const Object& object_;
  Diagnostics& diagnostics_;
  std::vector<Reason>& rejected_;
};

// PO-200, PO-201, PO-205, shared by every kind that has selector and targetRefs.
void check_attachment(Node spec, PolicyFindings& out);
void check_authorization_policy(const MeshSettings& settings, PolicyFindings& out);
void check_peer_authentication(PolicyFindings& out);
void check_request_authentication(PolicyFindings& out);

}  // namespace meshsim::models::policy
