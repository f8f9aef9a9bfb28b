#include "models/wire/certificate.h"

#include <stdexcept>
#include <utility>
#include <vector>

#include <openssl/core_names.h>
#include <openssl/obj_mac.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "models/value/openssl.h"

namespace meshsim::models::wire {

namespace {

using openssl::Arithmetic;
using openssl::Certificate;
using openssl::Freed;
using openssl::Group;
using openssl::Key;
using openssl::KeyContext;
using openssl::Number;
using openssl::octets;
using openssl::ParamBuilder;
using openssl::Params;
using openssl::Point;

// OpenSSL fails here only when memory is out or we are wrong.
void must(bool fine) {
  if (!fine) throw std::runtime_error("OpenSSL refused to make a certificate or signature");
}

Number number(std::string_view bytes) {
  return Number(BN_bin2bn(octets(bytes), static_cast<int>(bytes.size()), nullptr));
}

Key key_from(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  must(params && context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
       EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) == 1);
  return Key(key);
}

// Fermat's test to four bases: what it takes for a prime and is none has not been met by anybody (OpenSSL's 64 rounds
// take longer than the rest of a capture, and nothing secret hangs on these keys).
bool is_prime(const BIGNUM* candidate, BN_CTX* arithmetic) {
  const Number base(BN_new()), exponent(BN_dup(candidate)), result(BN_new());
  must(base && exponent && result && BN_sub_word(exponent.get(), 1) == 1);
  for (const BN_ULONG small : {2u, 3u, 5u, 7u}) {
    must(BN_set_word(base.get(), small) == 1 &&
         BN_mod_exp(result.get(), base.get(), exponent.get(), candidate, arithmetic) == 1);
    if (!BN_is_one(result.get())) return false;
  }
  return true;
}

// The first prime p of 1024 bits with its two highest bits set and gcd(p - 1, 65537) = 1 from a place in the stream.
Number prime(KeyStream& stream, BN_CTX* arithmetic) {
  constexpr std::uint32_t kWindow = 16'384, kSieve = 10'000;
  Bytes bytes = stream.take(128);
  bytes.front() = static_cast<char>(static_cast<unsigned char>(bytes.front()) | 0xC0);
  bytes.back() = static_cast<char>(static_cast<unsigned char>(bytes.back()) | 1);
  const Number start = number(bytes);
  std::vector<bool> divisible(kWindow), composite(kSieve);
  for (std::uint32_t small = 3; small < kSieve; small += 2) {
    if (composite[small]) continue;
    for (std::uint32_t multiple = 3 * small; multiple < kSieve; multiple += 2 * small) composite[multiple] = true;
    const auto rest = static_cast<std::uint32_t>(BN_mod_word(start.get(), small));
    for (std::uint32_t at = (small - rest) % small; at < kWindow; at += small) divisible[at] = true;
  }
  for (std::uint32_t at = 0; at < kWindow; at += 2) {
    if (divisible[at]) continue;
    Number candidate(BN_dup(start.get()));
    must(candidate && BN_add_word(candidate.get(), at) == 1);
    if (BN_mod_word(candidate.get(), 65537) != 1 && is_prime(candidate.get(), arithmetic)) return candidate;
  }
  return prime(stream, arithmetic);  // a gap that wide: take another place
}

// Primes of RSA keys. A prime takes longer to find than all else in a capture, so that keys share them: of the pairs of
// n primes n (n - 1) / 2 different keys are made. Whoever sees two of them could compute both; here there is nothing to
// hide.
class PrimePool {
 public:
  explicit PrimePool(std::uint64_t seed) : seed_(seed) {}
  const BIGNUM* at(std::size_t index) {
    while (primes_.size() <= index) {
      KeyStream stream(seed_, "prime " + std::to_string(primes_.size()));
      primes_.push_back(prime(stream, arithmetic_.get()));
    }
    return primes_[index].get();
  }

 private:
  std::uint64_t seed_;
  Arithmetic arithmetic_{BN_CTX_new()};
  std::vector<Number> primes_;
};

// The key of the index-th pair of primes: (0, 1), (0, 2), (1, 2), (0, 3), ...
Key rsa_key(PrimePool& pool, std::size_t index) {
  std::size_t larger = 1;
  while (larger * (larger + 1) / 2 <= index) ++larger;
  const BIGNUM *one = pool.at(larger), *other = pool.at(index - larger * (larger - 1) / 2);
  if (BN_cmp(one, other) < 0) std::swap(one, other);
  const Number p(BN_dup(one)), q(BN_dup(other));
  must(p && q);
  Arithmetic arithmetic(BN_CTX_new());
  const auto fresh = [] { return Number(BN_new()); };
  Number n = fresh(), e = fresh(), d = fresh(), p1 = fresh(), q1 = fresh(), phi = fresh(), dp = fresh(), dq = fresh(),
         inverse = fresh();
  BN_CTX* c = arithmetic.get();
  must(BN_set_word(e.get(), 65537) == 1 && BN_mul(n.get(), p.get(), q.get(), c) == 1 && BN_copy(p1.get(), p.get()) &&
       BN_sub_word(p1.get(), 1) == 1 && BN_copy(q1.get(), q.get()) && BN_sub_word(q1.get(), 1) == 1 &&
       BN_mul(phi.get(), p1.get(), q1.get(), c) == 1 && BN_mod_inverse(d.get(), e.get(), phi.get(), c) &&
       BN_nnmod(dp.get(), d.get(), p1.get(), c) == 1 && BN_nnmod(dq.get(), d.get(), q1.get(), c) == 1 &&
       BN_mod_inverse(inverse.get(), q.get(), p.get(), c));
  ParamBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD* b = builder.get();
  must(b && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n.get()) &&
       OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e.get()) &&
       OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_D, d.get()) &&
       OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_FACTOR1, p.get()) &&
       OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_FACTOR2, q.get()) &&
       OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_EXPONENT1, dp.get()) &&
       OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_EXPONENT2, dq.get()) &&
       OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, inverse.get()));
  return key_from("RSA", b);
}

// A number in 1 .. order - 1.
Number below(const BIGNUM* order, KeyStream& stream) {
  while (true) {
    Number candidate = number(stream.take(32));
    if (!BN_is_zero(candidate.get()) && BN_cmp(candidate.get(), order) < 0) return candidate;
  }
}

struct P256 {
  Group group{EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
  Number secret;
  Key key;

  explicit P256(KeyStream& stream) : secret(below(EC_GROUP_get0_order(group.get()), stream)) {
    Arithmetic arithmetic(BN_CTX_new());
    Point point(EC_POINT_new(group.get()));
    Bytes encoded(65, '\0');
    must(EC_POINT_mul(group.get(), point.get(), secret.get(), nullptr, nullptr, arithmetic.get()) == 1 &&
         EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, octets(encoded), encoded.size(),
                            arithmetic.get()) == encoded.size());
    ParamBuilder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD* b = builder.get();
    must(b && OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
         OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, secret.get()) &&
         OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()));
    key = key_from("EC", b);
  }

  // ECDSA (FIPS 186-4) with a nonce from key and digest, in the spirit of RFC 6979.
  Bytes sign(std::string_view message) const {
    const Bytes digest = sha256(message);
    const BIGNUM* order = EC_GROUP_get0_order(group.get());
    Bytes secret_bytes(32, '\0');
    must(BN_bn2binpad(secret.get(), octets(secret_bytes), 32) == 32);
    KeyStream nonces(0, "ecdsa nonce" + secret_bytes + digest);
    Arithmetic arithmetic(BN_CTX_new());
    BN_CTX* c = arithmetic.get();
    Number z = number(digest), r(BN_new()), s(BN_new()), inverse(BN_new());
    while (true) {
      const Number k = below(order, nonces);
      Point point(EC_POINT_new(group.get()));
      must(EC_POINT_mul(group.get(), point.get(), k.get(), nullptr, nullptr, c) == 1 &&
           EC_POINT_get_affine_coordinates(group.get(), point.get(), r.get(), nullptr, c) == 1 &&
           BN_nnmod(r.get(), r.get(), order, c) == 1 && BN_mod_mul(s.get(), r.get(), secret.get(), order, c) == 1 &&
           BN_mod_add(s.get(), s.get(), z.get(), order, c) == 1 && BN_mod_inverse(inverse.get(), k.get(), order, c) &&
           BN_mod_mul(s.get(), s.get(), inverse.get(), order, c) == 1);
      if (!BN_is_zero(r.get()) && !BN_is_zero(s.get())) break;
    }
    std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>> signature(ECDSA_SIG_new());
    must(signature && ECDSA_SIG_set0(signature.get(), r.release(), s.release()) == 1);
    unsigned char* der = nullptr;
    const int length = i2d_ECDSA_SIG(signature.get(), &der);
    must(length > 0);
    Bytes out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    return out;
  }
};

Bytes mgf1(std::string_view seed, std::size_t length) {
  Bytes out;
  for (std::uint32_t i = 0; out.size() < length; ++i) {
    Bytes block(seed);
    put_u32(block, i);
    out += sha256(block);
  }
  out.resize(length);
  return out;
}

// RSASSA-PSS of RFC 8017 with SHA-256; the salt depends on the message.
Bytes pss(EVP_PKEY* key, std::string_view message) {
  constexpr std::size_t kSize = 256;
  const Bytes digest = sha256(message), salt = sha256("pss salt" + digest);
  const Bytes hash = sha256(Bytes(8, '\0') + digest + salt);
  Bytes block(kSize - 32 - 32 - 2, '\0');
  block += '\x01';
  block += salt;
  const Bytes mask = mgf1(hash, block.size());
  for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<char>(block[i] ^ mask[i]);
  block.front() = static_cast<char>(block.front() & 0x7f);
  block += hash + '\xbc';
  KeyContext context(EVP_PKEY_CTX_new(key, nullptr));
  Bytes out(kSize, '\0');
  std::size_t length = out.size();
  must(context && EVP_PKEY_sign_init(context.get()) == 1 &&
       EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) == 1 &&
       EVP_PKEY_sign(context.get(), octets(out), &length, octets(std::string_view(block)), block.size()) == 1);
  return out;
}

class RsaCredential final : public Credential {
 public:
  RsaCredential(Key key, Bytes certificate) : key_(std::move(key)), certificate_(std::move(certificate)) {}
  KeyKind kind() const override { return KeyKind::Rsa2048; }
  const Bytes& certificate() const override { return certificate_; }
  Bytes sign(std::string_view message) const override { return pss(key_.get(), message); }

 private:
  Key key_;
  Bytes certificate_;
};

class P256Credential final : public Credential {
 public:
  P256Credential(P256 key, Bytes certificate) : key_(std::move(key)), certificate_(std::move(certificate)) {}
  KeyKind kind() const override { return KeyKind::P256; }
  const Bytes& certificate() const override { return certificate_; }
  Bytes sign(std::string_view message) const override { return key_.sign(message); }

 private:
  P256 key_;
  Bytes certificate_;
};

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  must(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

void add_name(X509* certificate, const std::string& identity) {
  GENERAL_NAMES* names = GENERAL_NAMES_new();
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_IA5STRING* text = ASN1_IA5STRING_new();
  must(names && name && text && ASN1_STRING_set(text, identity.data(), static_cast<int>(identity.size())) == 1);
  GENERAL_NAME_set0_value(name, identity.find("://") == std::string::npos ? GEN_DNS : GEN_URI, text);
  sk_GENERAL_NAME_push(names, name);
  must(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 1, X509V3_ADD_DEFAULT) == 1);
  GENERAL_NAMES_free(names);
}

Bytes der_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int length = i2d_X509(certificate, &der);
  must(length > 0);
  Bytes out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return out;
}

}  // namespace

struct CertificateAuthority::State {
  std::uint64_t seed;
  std::string trust_domain;
  std::int64_t not_before;
  Key key;
  Certificate root;
  Bytes root_der, name_der;
  std::map<std::pair<std::string, KeyKind>, std::shared_ptr<const Credential>> issued;
  PrimePool primes;
  std::map<std::string, std::size_t> order;  // of identities: which pair of primes is theirs; the first is the root's

  State(std::uint64_t seed_in, std::string trust_domain_in, std::int64_t not_before_in)
      : seed(seed_in), trust_domain(std::move(trust_domain_in)), not_before(not_before_in), primes(seed_in) {}

  // `serial`: 16 bytes; the highest bit decides whether DER needs one more.
  Certificate start(Bytes serial, EVP_PKEY* key_in, std::int64_t seconds) const {
    Certificate certificate(X509_new());
    X509* x = certificate.get();
    const Number value = number(serial);
    must(x && X509_set_version(x, X509_VERSION_3) == 1 &&
         BN_to_ASN1_INTEGER(value.get(), X509_get_serialNumber(x)) != nullptr &&
         ASN1_TIME_set(X509_getm_notBefore(x), static_cast<time_t>(not_before)) &&
         ASN1_TIME_set(X509_getm_notAfter(x), static_cast<time_t>(not_before + seconds)) &&
         X509_set_pubkey(x, key_in) == 1);
    return certificate;
  }

  Bytes certify(const std::string& identity, EVP_PKEY* leaf, KeyStream& stream) const {
    Bytes serial = stream.take(16);
    serial.front() = static_cast<char>((serial.front() & 0x3f) | 0x40);
    Certificate certificate = start(serial, leaf, 86'400);
    X509* x = certificate.get();
    must(X509_set_issuer_name(x, X509_get_subject_name(root.get())) == 1);
    add_extension(x, root.get(), NID_key_usage, "critical,digitalSignature,keyEncipherment");
    add_extension(x, root.get(), NID_ext_key_usage, "serverAuth,clientAuth");
    add_extension(x, root.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(x, root.get(), NID_authority_key_identifier, "keyid:always");
    add_name(x, identity);
    must(X509_sign(x, key.get(), EVP_sha256()) > 0);
    return der_of(x);
  }
};

CertificateAuthority::CertificateAuthority(std::uint64_t seed, std::string trust_domain, std::int64_t not_before,
                                           const std::set<std::string>& identities)
    : state_(std::make_unique<State>(seed, std::move(trust_domain), not_before)) {
  State& s = *state_;
  for (const std::string& identity : identities) s.order.emplace(identity, s.order.size() + 1);
  KeyStream stream(seed, "root of " + s.trust_domain);
  s.key = rsa_key(s.primes, 0);
  Bytes serial = stream.take(16);
  serial.front() = static_cast<char>(static_cast<unsigned char>(serial.front()) | 0x80);
  s.root = s.start(serial, s.key.get(), 10LL * 365 * 86'400);
  X509* x = s.root.get();
  X509_NAME* name = X509_get_subject_name(x);
  must(X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, octets(s.trust_domain),
                                  static_cast<int>(s.trust_domain.size()), -1, 0) == 1 &&
       X509_set_issuer_name(x, name) == 1);
  add_extension(x, x, NID_key_usage, "critical,keyCertSign");
  add_extension(x, x, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(x, x, NID_subject_key_identifier, "hash");
  must(X509_sign(x, s.key.get(), EVP_sha256()) > 0);
  s.root_der = der_of(x);
  unsigned char* der = nullptr;
  const int length = i2d_X509_NAME(name, &der);
  must(length > 0);
  s.name_der.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
}

CertificateAuthority::~CertificateAuthority() = default;

const Bytes& CertificateAuthority::root() const { return state_->root_der; }
const Bytes& CertificateAuthority::distinguished_name() const { return state_->name_der; }

std::shared_ptr<const Credential> CertificateAuthority::issue(const std::string& identity, KeyKind kind) {
  auto& slot = state_->issued[{identity, kind}];
  if (slot) return slot;
  KeyStream stream(state_->seed, (kind == KeyKind::P256 ? "p256 " : "rsa ") + identity);
  if (kind == KeyKind::P256) {
    P256 key(stream);
    Bytes certificate = state_->certify(identity, key.key.get(), stream);
    slot = std::make_shared<P256Credential>(std::move(key), std::move(certificate));
  } else {
    const std::size_t index = state_->order.emplace(identity, state_->order.size() + 1).first->second;
    Key key = rsa_key(state_->primes, index);
    Bytes certificate = state_->certify(identity, key.get(), stream);
    slot = std::make_shared<RsaCredential>(std::move(key), std::move(certificate));
  }
  return slot;
}

}  // namespace meshsim::models::wire
