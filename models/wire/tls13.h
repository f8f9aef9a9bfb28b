#pragma once
// Tls13: both ends of one TLS 1.3 connection, written as bytes: full handshake with X25519, client certificates where
// asked for, application data, and the key log that lets Wireshark read it. Cryptography is OpenSSL's (X25519, HKDF,
// AES-GCM, signatures); messages are laid out as the real ends lay them out, because sizes and records are what a
// capture is about: rustls 0.23 as ztunnel sets it up (HB-040, HB-043: byte for byte the same sizes), and Envoy's
// BoringSSL (HB-041, HB-044), of whose ClientHello the reference has no sizes. Where it stops: no resumption, no
// HelloRetryRequest, no key update, no alerts but close_notify.
#include <memory>
#include <string>
#include <vector>

#include "models/wire/certificate.h"

namespace meshsim::models::wire {

enum class TlsStack : std::uint8_t { Rustls, Boring };

struct TlsParty {
  TlsStack stack = TlsStack::Rustls;
  std::shared_ptr<const Credential> credential;  // nullptr: a client without certificate
  bool sends_root = false;                       // HB-041: Envoy's chain has the root
};

struct TlsOptions {
  TlsParty client, server;
  std::vector<std::string> alpn;  // offered, in order; empty: no extension
  std::string alpn_chosen;        // empty: the server takes none
  std::string server_name;        // SNI; empty: none
  bool mutual = true;             // the server asks for a certificate
  int tickets = 2;                // rustls: 2 (HB-043)
};

class Tls13 {
 public:
  Tls13(const TlsOptions& options, const CertificateAuthority& authority, KeyStream randomness);
  ~Tls13();

  // The handshake, in order. Each is one write to TCP.
  Bytes client_hello();   // C→S 1
  Bytes server_flight();  // S→C 1: ServerHello, CCS, and the rest in one record
  Bytes client_flight();  // C→S 2: CCS, (Certificate, CertificateVerify,) Finished in one record
  Bytes tickets();        // S→C 2; empty without tickets

  // Application data, in as few records as it takes (HB-031).
  Bytes seal(bool from_client, std::string_view plain);
  Bytes close_notify(bool from_client);

  // NSS key log lines.
  const std::string& key_log() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The exchange inside TLS: handshake first, then every write as records of its own.
Exchange in_tls(const Exchange& inner, Tls13& tls);

}  // namespace meshsim::models::wire
