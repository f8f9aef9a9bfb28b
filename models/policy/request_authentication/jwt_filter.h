#pragma once
// JwtFilter: the JWT authentication filter of one Envoy, merged from every RequestAuthentication attached to it
// (PO-100..PO-110). Imitates istiod's policy_applier.go and Envoy's jwt_authn filter (requirement P1 OR ... OR Pn OR
// all missing). Where it stops: keys behind a URI are what the scenario states of them; signatures are checked only
// against key sets whose text is known.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/policy/attachment.h"
#include "models/policy/request_authentication/raw_token.h"

namespace meshsim::models::policy {

struct JwtProvider {
  std::string issuer;
  std::vector<std::string> audiences;
  std::vector<TokenLocation> locations;  // PO-105
  bool forward = false;                  // PO-106
  std::string payload_header;
  std::vector<std::pair<std::string, std::vector<std::string>>> claim_headers;  // header, claim path
  std::vector<std::string> space_delimited;
  enum class Keys : std::uint8_t { AsStated, Unavailable, TooSlow, Unusable, Known } keys = Keys::AsStated;
  std::shared_ptr<const KeySet> key_set;  // Known
  std::string key_source;                 // for explanations
  std::size_t policy = 0;                 // index into RequestAuthentications
};

struct RequestAuthentication {
  const Object* object = nullptr;
  std::string ns, name;
  Attachment attachment;
  std::vector<JwtProvider> providers;
  std::string id() const { return ns + '/' + name; }
};
RequestAuthentication decode_request_authentication(const Object& object, const MeshSettings& settings);

struct JwtOutcome {
  int status = 200;            // 401, 403
  std::string_view body;       // Envoy's words
  const Jwt* token = nullptr;  // whose payload the filter published
  const JwtProvider* provider = nullptr;
  const JwtProvider* refused_by = nullptr;
  bool unknown = false;
  std::string why;
  std::vector<std::size_t> consumed, valid;       // indices into RequestView::jwts
  Headers added;                                  // outputClaimToHeaders, outputPayloadToHeader
  std::vector<std::string> removed;               // headers that the filter owns and clears, or that held a token
  std::vector<std::shared_ptr<const Jwt>> found;  // tokens read out of headers, parameters, cookies
};

class JwtFilter {
 public:
  // Sorted by issuer (PO-103).
  void add(const RequestAuthentication& policy);
  void finish();
  bool empty() const { return providers_.empty(); }
  // `effects`: also compute consumed, added, removed, why.
  JwtOutcome run(const RequestView& request, bool effects) const;

 private:
  std::vector<const JwtProvider*> providers_;
};

}  // namespace meshsim::models::policy
