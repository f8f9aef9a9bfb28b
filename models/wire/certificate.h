#pragma once
// Certificates of the mesh: istiod's self-signed root (RSA-2048, O=<trust domain>) and workload certificates with the
// SPIFFE identity as critical URI SAN (HB-040..HB-042): P-256 keys as ztunnel makes them, RSA-2048 as sidecars
// have them. Keys, serial numbers and signatures come from a KeyStream: the same seed gives the same bytes. Signing is
// done here without OpenSSL's random numbers: ECDSA with a nonce derived from key and message, PSS with a derived salt.
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "models/wire/bytes.h"

namespace meshsim::models::wire {

enum class KeyKind : std::uint8_t { P256, Rsa2048 };

// A private key with its certificate.
class Credential {
 public:
  virtual ~Credential() = default;
  virtual KeyKind kind() const = 0;
  virtual const Bytes& certificate() const = 0;  // DER
  // Of SHA-256 of the message: ECDSA (DER), or RSA-PSS with a salt of 32 bytes.
  virtual Bytes sign(std::string_view message) const = 0;
};

class CertificateAuthority {
 public:
  // `not_before`: seconds since 1970; certificates are valid for 24 h (SECRET_TTL), the root for ten years.
  // `identities`: who may ask for one, so that keys do not depend on who asks first.
  CertificateAuthority(std::uint64_t seed, std::string trust_domain, std::int64_t not_before,
                       const std::set<std::string>& identities = {});
  ~CertificateAuthority();
  // The credential of one identity; the same object for the same question. An identity that is no SPIFFE URI is taken
  // as a DNS name (the applications' own TLS).
  std::shared_ptr<const Credential> issue(const std::string& identity, KeyKind kind);
  const Bytes& root() const;                // DER
  const Bytes& distinguished_name() const;  // DER of the root's subject

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace meshsim::models::wire
