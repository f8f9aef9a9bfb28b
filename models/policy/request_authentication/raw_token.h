#pragma once
// A JSON Web Token as text, and the keys that check it: compact form decoded, signature verified with OpenSSL against a
// JWKS. Imitates google/jwt_verify_lib as Envoy uses it. Where it stops: RS, PS, ES, EdDSA (Ed25519) and HS algorithms;
// no x5c chains. Time claims are never compared with a clock (design.md section 4).
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "models/flow/flow.h"

namespace meshsim::models {

// Header and payload decoded into a Jwt (valid = true until something says otherwise); nullopt: not a token.
std::optional<Jwt> decode_raw_jwt(std::string_view text);

namespace policy {

enum class SignatureCheck : std::uint8_t { Good, Bad, NoKey, Malformed };

class KeySet {
 public:
  // nullptr: not a JWKS, or without a usable key.
  static std::shared_ptr<const KeySet> parse(std::string_view jwks);
  SignatureCheck verify(std::string_view token) const;
  ~KeySet();
  KeySet(const KeySet&) = delete;
  KeySet& operator=(const KeySet&) = delete;

 private:
  KeySet();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);
// The claims of a Jwt as a JSON object, for outputPayloadToHeader.
std::string payload_json(const Jwt& token);

}  // namespace policy
}  // namespace meshsim::models
