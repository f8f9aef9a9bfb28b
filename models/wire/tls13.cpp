#include "models/wire/tls13.h"

#include <stdexcept>

#include <openssl/hmac.h>

#include "models/value/openssl.h"

namespace meshsim::models::wire {

namespace {

void must(bool fine) {
  if (!fine) throw std::runtime_error("OpenSSL refused a TLS key");
}
using openssl::octets;

Bytes hmac(const EVP_MD* md, std::string_view key, std::string_view text) {
  Bytes out(static_cast<std::size_t>(EVP_MD_get_size(md)), '\0');
  unsigned length = 0;
  must(HMAC(md, key.data(), static_cast<int>(key.size()), octets(text), text.size(),
            reinterpret_cast<unsigned char*>(out.data()), &length) != nullptr);
  return out;
}

Bytes digest(const EVP_MD* md, std::string_view text) {
  Bytes out(static_cast<std::size_t>(EVP_MD_get_size(md)), '\0');
  unsigned length = 0;
  must(EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), &length, md, nullptr) == 1);
  return out;
}

// RFC 8446 section 7.1.
Bytes expand_label(const EVP_MD* md, std::string_view secret, std::string_view label, std::string_view context,
                   std::size_t length) {
  Bytes info;
  put_u16(info, length);
  put_u8(info, 6 + label.size());
  info += "tls13 ";
  info += label;
  put_u8(info, context.size());
  info += context;
  Bytes out, block;
  for (int i = 1; out.size() < length; ++i) {
    block = hmac(md, secret, block + info + static_cast<char>(i));
    out += block;
  }
  out.resize(length);
  return out;
}

void put_vector8(Bytes& out, std::string_view bytes) {
  put_u8(out, bytes.size());
  out += bytes;
}
void put_vector16(Bytes& out, std::string_view bytes) {
  put_u16(out, bytes.size());
  out += bytes;
}
void put_extension(Bytes& out, std::uint16_t type, std::string_view body) {
  put_u16(out, type);
  put_vector16(out, body);
}
Bytes message(std::uint8_t type, std::string_view body) {
  Bytes out;
  put_u8(out, type);
  put_u24(out, body.size());
  out += body;
  return out;
}
Bytes list16(std::initializer_list<std::uint16_t> values) {
  Bytes out;
  for (const std::uint16_t value : values) put_u16(out, value);
  return out;
}

enum Extension : std::uint16_t {
  kServerName = 0,
  kStatusRequest = 5,
  kSupportedGroups = 10,
  kEcPointFormats = 11,
  kSignatureAlgorithms = 13,
  kAlpn = 16,
  kSignedTimestamps = 18,
  kExtendedMasterSecret = 23,
  kSessionTicket = 35,
  kSupportedVersions = 43,
  kPskModes = 45,
  kCertificateAuthorities = 47,
  kKeyShare = 51,
  kRenegotiationInfo = 0xff01
};

constexpr std::uint16_t kTls13 = 0x0304, kX25519 = 29, kSecp256 = 23, kSecp384 = 24;
constexpr std::uint16_t kEcdsaP256 = 0x0403, kPssSha256 = 0x0804;

// webpki's ten algorithms, in rustls's order; BoringSSL verifies eight.
Bytes signature_algorithms(TlsStack stack) {
  Bytes out;
  put_vector16(out, stack == TlsStack::Rustls
                        ? list16({0x0503, 0x0403, 0x0603, 0x0807, 0x0806, 0x0805, 0x0804, 0x0601, 0x0501, 0x0401})
                        : list16({0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601}));
  return out;
}

Bytes alpn_list(const std::vector<std::string>& names) {
  Bytes list, out;
  for (const std::string& name : names) put_vector8(list, name);
  put_vector16(out, list);
  return out;
}

struct Curve25519 {
  openssl::Key key;
  Bytes public_key = Bytes(32, '\0');
  explicit Curve25519(const Bytes& secret)
      : key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, octets(secret), secret.size())) {
    std::size_t length = 32;
    must(key &&
         EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(public_key.data()), &length) == 1);
  }
  Bytes with(const Curve25519& peer) const {
    const openssl::KeyContext context(EVP_PKEY_CTX_new(key.get(), nullptr));
    Bytes out(32, '\0');
    std::size_t length = out.size();
    must(context && EVP_PKEY_derive_init(context.get()) == 1 &&
         EVP_PKEY_derive_set_peer(context.get(), peer.key.get()) == 1 &&
         EVP_PKEY_derive(context.get(), octets(out), &length) == 1);
    return out;
  }
};

// One direction's record protection.
struct Sealer {
  const EVP_CIPHER* cipher = nullptr;
  Bytes key, iv;
  std::uint64_t sequence = 0;
  openssl::CipherContext context;

  void start(const EVP_MD* md, const EVP_CIPHER* cipher_in, std::string_view secret) {
    cipher = cipher_in;
    key = expand_label(md, secret, "key", "", static_cast<std::size_t>(EVP_CIPHER_get_key_length(cipher)));
    iv = expand_label(md, secret, "iv", "", 12);
    sequence = 0;
    context.reset(EVP_CIPHER_CTX_new());
    must(context && EVP_EncryptInit_ex(context.get(), cipher, nullptr, octets(key), nullptr) == 1);
  }

  Bytes record(std::uint8_t type, std::string_view plain) {
    Bytes inner(plain), header("\x17\x03\x03", 3), nonce = iv;
    inner += static_cast<char>(type);
    put_u16(header, inner.size() + 16);
    for (std::size_t i = 0; i < 8; ++i)
      nonce[4 + i] = static_cast<char>(nonce[4 + i] ^ static_cast<char>((sequence >> (56 - 8 * i)) & 0xff));
    ++sequence;
    Bytes out(inner.size() + 16, '\0');
    EVP_CIPHER_CTX* c = context.get();
    int length = 0;
    unsigned char* to = octets(out);
    must(EVP_EncryptInit_ex(c, nullptr, nullptr, nullptr, octets(nonce)) == 1 &&
         EVP_EncryptUpdate(c, nullptr, &length, octets(header), static_cast<int>(header.size())) == 1 &&
         EVP_EncryptUpdate(c, to, &length, octets(inner), static_cast<int>(inner.size())) == 1 &&
         EVP_EncryptFinal_ex(c, to + length, &length) == 1 &&
         EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, to + inner.size()) == 1);
    return header + out;
  }
};

Bytes plain_record(std::uint8_t type, std::uint16_t version, std::string_view body) {
  Bytes out;
  put_u8(out, type);
  put_u16(out, version);
  put_vector16(out, body);
  return out;
}

const Bytes kChangeCipherSpec("\x14\x03\x03\x00\x01\x01", 6);

}  // namespace

struct Tls13::State {
  TlsOptions options;
  const CertificateAuthority& authority;
  KeyStream randomness;
  const EVP_MD* md;
  const EVP_CIPHER* cipher;
  std::uint16_t suite;
  Bytes client_random, server_random, session_id, transcript, key_log;
  Curve25519 client_share, server_share;
  Bytes client_handshake, server_handshake, handshake_secret, master;
  Sealer from_client, from_server;

  // ztunnel's client offers AES-256 first; BoringSSL on machines with AES instructions AES-128.
  State(const TlsOptions& o, const CertificateAuthority& a, KeyStream r)
      : options(o),
        authority(a),
        randomness(std::move(r)),
        md(o.client.stack == TlsStack::Rustls ? EVP_sha384() : EVP_sha256()),
        cipher(o.client.stack == TlsStack::Rustls ? EVP_aes_256_gcm() : EVP_aes_128_gcm()),
        suite(o.client.stack == TlsStack::Rustls ? 0x1302 : 0x1301),
        client_random(randomness.take(32)),
        server_random(randomness.take(32)),
        session_id(randomness.take(32)),
        client_share(randomness.take(32)),
        server_share(randomness.take(32)) {}

  std::size_t hash_size() const { return static_cast<std::size_t>(EVP_MD_get_size(md)); }
  Bytes derive(std::string_view secret, std::string_view label) const {
    return expand_label(md, secret, label, digest(md, transcript), hash_size());
  }
  void log(std::string_view label, std::string_view secret) {
    key_log += std::string(label) + " " + hex(client_random) + " " + hex(secret) + "\n";
  }
  Bytes finished(std::string_view traffic_secret) const {
    return message(20, hmac(md, expand_label(md, traffic_secret, "finished", "", hash_size()), digest(md, transcript)));
  }
  Bytes certificate_message(const TlsParty& party) const {
    Bytes list, body;
    const auto add = [&list](std::string_view der) {
      put_u24(list, der.size());
      list += der;
      put_u16(list, 0);
    };
    if (party.credential) add(party.credential->certificate());
    if (party.credential && party.sends_root) add(authority.root());
    put_u8(body, 0);
    put_u24(body, list.size());
    return message(11, body + list);
  }
  Bytes verify_message(const TlsParty& party, bool server) const {
    Bytes content(64, ' '), body;
    content += server ? "TLS 1.3, server CertificateVerify" : "TLS 1.3, client CertificateVerify";
    content += '\0';
    content += digest(md, transcript);
    put_u16(body, party.credential->kind() == KeyKind::P256 ? kEcdsaP256 : kPssSha256);
    put_vector16(body, party.credential->sign(content));
    return message(15, body);
  }
  void add(Bytes& flight, const Bytes& text) {
    transcript += text;
    flight += text;
  }
};

Tls13::Tls13(const TlsOptions& options, const CertificateAuthority& authority, KeyStream randomness)
    : state_(std::make_unique<State>(options, authority, std::move(randomness))) {}
Tls13::~Tls13() = default;

Bytes Tls13::client_hello() {
  State& s = *state_;
  const bool rustls = s.options.client.stack == TlsStack::Rustls;
  Bytes body, extensions, part;
  put_u16(body, 0x0303);
  body += s.client_random;
  put_vector8(body, s.session_id);
  // TLS_EMPTY_RENEGOTIATION_INFO_SCSV last (rustls); istio's default list for TLS 1.2 after the suites of 1.3 (Envoy).
  put_vector16(body, rustls ? list16({0x1302, 0x1301, 0x00ff})
                            : list16({0x1301, 0x1302, 0x1303, 0xc02c, 0xc030, 0xc02b, 0xc02f}));
  put_vector8(body, Bytes(1, '\0'));
  const auto extension = [&extensions](std::uint16_t type, const Bytes& text) {
    put_extension(extensions, type, text);
  };
  if (!s.options.server_name.empty()) {
    Bytes name(1, '\0');
    put_vector16(name, s.options.server_name);
    part.clear();
    put_vector16(part, name);
    extension(kServerName, part);
  }
  part.clear();
  put_vector8(part, rustls ? list16({kTls13}) : list16({kTls13, 0x0303}));
  extension(kSupportedVersions, part);
  extension(kEcPointFormats, Bytes("\x01\x00", 2));
  part.clear();
  put_vector16(part, list16({kX25519, kSecp256, kSecp384}));
  extension(kSupportedGroups, part);
  extension(kSignatureAlgorithms, signature_algorithms(s.options.client.stack));
  extension(kExtendedMasterSecret, "");
  extension(kStatusRequest, Bytes("\x01\x00\x00\x00\x00", 5));
  if (!rustls) {
    extension(kRenegotiationInfo, Bytes(1, '\0'));
    extension(kSessionTicket, "");
    extension(kSignedTimestamps, "");
  }
  Bytes share = list16({kX25519});
  put_vector16(share, s.client_share.public_key);
  part.clear();
  put_vector16(part, share);
  extension(kKeyShare, part);
  if (!s.options.alpn.empty()) extension(kAlpn, alpn_list(s.options.alpn));
  extension(kPskModes, Bytes("\x01\x01", 2));
  put_vector16(body, extensions);
  const Bytes hello = message(1, body);
  s.transcript = hello;
  return plain_record(22, 0x0301, hello);
}

Bytes Tls13::server_flight() {
  State& s = *state_;
  Bytes body, extensions, part;
  put_u16(body, 0x0303);
  body += s.server_random;
  put_vector8(body, s.session_id);
  put_u16(body, s.suite);
  put_u8(body, 0);
  part = list16({kX25519});
  put_vector16(part, s.server_share.public_key);
  put_extension(extensions, kKeyShare, part);
  put_extension(extensions, kSupportedVersions, list16({kTls13}));
  put_vector16(body, extensions);
  const Bytes hello = message(2, body);
  s.transcript += hello;
  Bytes out = plain_record(22, 0x0303, hello) + kChangeCipherSpec;

  const Bytes zeros(s.hash_size(), '\0');
  const auto derived = [&](const Bytes& secret) {
    return expand_label(s.md, secret, "derived", digest(s.md, ""), s.hash_size());
  };
  const Bytes early = hmac(s.md, zeros, zeros);
  s.handshake_secret = hmac(s.md, derived(early), s.client_share.with(s.server_share));
  s.client_handshake = s.derive(s.handshake_secret, "c hs traffic");
  s.server_handshake = s.derive(s.handshake_secret, "s hs traffic");
  s.log("CLIENT_HANDSHAKE_TRAFFIC_SECRET", s.client_handshake);
  s.log("SERVER_HANDSHAKE_TRAFFIC_SECRET", s.server_handshake);
  s.master = hmac(s.md, derived(s.handshake_secret), zeros);
  s.from_client.start(s.md, s.cipher, s.client_handshake);
  s.from_server.start(s.md, s.cipher, s.server_handshake);

  Bytes flight;
  extensions.clear();
  if (!s.options.alpn_chosen.empty()) put_extension(extensions, kAlpn, alpn_list({s.options.alpn_chosen}));
  body.clear();
  put_vector16(body, extensions);
  s.add(flight, message(8, body));
  if (s.options.mutual) {
    extensions.clear();
    put_extension(extensions, kSignatureAlgorithms, signature_algorithms(s.options.server.stack));
    Bytes names;
    put_vector16(names, s.authority.distinguished_name());
    part.clear();
    put_vector16(part, names);
    put_extension(extensions, kCertificateAuthorities, part);
    body.clear();
    put_u8(body, 0);
    put_vector16(body, extensions);
    s.add(flight, message(13, body));
  }
  s.add(flight, s.certificate_message(s.options.server));
  s.add(flight, s.verify_message(s.options.server, true));
  s.add(flight, s.finished(s.server_handshake));
  return out + s.from_server.record(22, flight);
}

Bytes Tls13::client_flight() {
  State& s = *state_;
  const Bytes client_application = s.derive(s.master, "c ap traffic"),
              server_application = s.derive(s.master, "s ap traffic");
  s.log("CLIENT_TRAFFIC_SECRET_0", client_application);
  s.log("SERVER_TRAFFIC_SECRET_0", server_application);
  Bytes flight;
  if (s.options.mutual) {
    s.add(flight, s.certificate_message(s.options.client));
    if (s.options.client.credential) s.add(flight, s.verify_message(s.options.client, false));
  }
  s.add(flight, s.finished(s.client_handshake));
  Bytes out = kChangeCipherSpec + s.from_client.record(22, flight);
  s.from_client.start(s.md, s.cipher, client_application);
  s.from_server.start(s.md, s.cipher, server_application);
  return out;
}

Bytes Tls13::tickets() {
  State& s = *state_;
  Bytes flight;
  for (int i = 0; i < s.options.tickets; ++i) {
    Bytes body;
    put_u32(body, 86'400);
    body += s.randomness.take(4);
    put_vector8(body, s.randomness.take(32));
    put_vector16(body, s.randomness.take(32));
    put_u16(body, 0);
    flight += message(4, body);
  }
  return flight.empty() ? flight : s.from_server.record(22, flight);
}

Bytes Tls13::seal(bool from_client, std::string_view plain) {
  constexpr std::size_t kMost = 16'384;
  Sealer& sealer = from_client ? state_->from_client : state_->from_server;
  Bytes out;
  for (std::size_t at = 0; at < plain.size(); at += kMost) out += sealer.record(23, plain.substr(at, kMost));
  return out;
}

Bytes Tls13::close_notify(bool from_client) {
  return (from_client ? state_->from_client : state_->from_server).record(21, std::string_view("\x01\x00", 2));
}

const std::string& Tls13::key_log() const { return state_->key_log; }

Exchange in_tls(const Exchange& inner, Tls13& tls) {
  Exchange out;
  out.push_back({true, tls.client_hello()});
  out.push_back({false, tls.server_flight()});
  out.push_back({true, tls.client_flight()});
  if (Bytes tickets = tls.tickets(); !tickets.empty()) out.push_back({false, std::move(tickets)});
  for (const Write& write : inner)
    out.push_back({write.from_client, tls.seal(write.from_client, write.bytes), write.answer, write.part});
  return out;
}

}  // namespace meshsim::models::wire
