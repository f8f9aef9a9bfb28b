#include <algorithm>
#include <memory>
#include <vector>

#include <nlohmann/json.hpp>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "models/policy/request_authentication/raw_token.h"
#include "models/value/openssl.h"

namespace meshsim::models::policy {

namespace {

using Json = nlohmann::json;

using openssl::DigestContext;
using openssl::Freed;
using openssl::Key;
using openssl::KeyContext;
using openssl::Number;
using openssl::octets;
using openssl::ParamBuilder;
using openssl::Params;

std::optional<std::string> field(const Json& key, const char* name) {
  const auto it = key.find(name);
  if (it == key.end() || !it->is_string()) return std::nullopt;
  return base64url_decode(it->get_ref<const std::string&>());
}

std::string word(const Json& key, const char* name) {
  const auto it = key.find(name);
  return it != key.end() && it->is_string() ? it->get<std::string>() : std::string();
}

Key from_params(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return nullptr;
  return Key(key);
}

Key rsa_key(const Json& json) {
  const auto n = field(json, "n"), e = field(json, "e");
  if (!n || !e || n->empty() || e->empty()) return nullptr;
  const Number modulus(BN_bin2bn(octets(*n), static_cast<int>(n->size()), nullptr));
  const Number exponent(BN_bin2bn(octets(*e), static_cast<int>(e->size()), nullptr));
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (!modulus || !exponent || !builder || OSSL_PARAM_BLD_push_BN(builder.get(), "n", modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), "e", exponent.get()) != 1)
    return nullptr;
  return from_params("RSA", builder.get());
}

Key ec_key(const Json& json) {
  const auto x = field(json, "x"), y = field(json, "y");
  const std::string curve = word(json, "crv");
  const char* group = curve == "P-256"   ? "prime256v1"
                      : curve == "P-384" ? "secp384r1"
                      : curve == "P-521" ? "secp521r1"
                                         : nullptr;
  const std::size_t size = curve == "P-256" ? 32 : curve == "P-384" ? 48 : 66;
  if (!x || !y || !group || x->size() > size || y->size() > size) return nullptr;
  std::string point(1, '\x04');
  point += std::string(size - x->size(), '\0') + *x + std::string(size - y->size(), '\0') + *y;
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), "group", group, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), "pub", point.data(), point.size()) != 1)
    return nullptr;
  return from_params("EC", builder.get());
}

Key okp_key(const Json& json) {
  const auto x = field(json, "x");
  if (!x || word(json, "crv") != "Ed25519") return nullptr;
  return Key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(*x), x->size()));
}

const EVP_MD* digest(std::string_view algorithm) {
  if (algorithm.ends_with("256")) return EVP_sha256();
  if (algorithm.ends_with("384")) return EVP_sha384();
  if (algorithm.ends_with("512")) return EVP_sha512();
  return nullptr;
}

// JWS carries r and s side by side; OpenSSL wants DER.
std::string der_signature(std::string_view raw) {
  const std::size_t half = raw.size() / 2;
  std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>> signature(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(octets(raw), static_cast<int>(half), nullptr);
  BIGNUM* s = BN_bin2bn(octets(raw.substr(half)), static_cast<int>(half), nullptr);
  if (!signature || ECDSA_SIG_set0(signature.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return {};
  }
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return {};
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

bool verify_with(EVP_PKEY* key, std::string_view algorithm, std::string_view text, std::string_view signature) {
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  const EVP_MD* md = algorithm == "EdDSA" ? nullptr : digest(algorithm);
  if (!context || EVP_DigestVerifyInit(context.get(), &parameters, md, nullptr, key) != 1) return false;
  if (algorithm.starts_with("PS") && (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) != 1 ||
                                      EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) != 1))
    return false;
  const std::string der = algorithm.starts_with("ES") ? der_signature(signature) : std::string();
  const std::string_view bits = algorithm.starts_with("ES") ? std::string_view(der) : signature;
  return EVP_DigestVerify(context.get(), octets(bits), bits.size(), octets(text), text.size()) == 1;
}

bool verify_hmac(std::string_view secret, std::string_view algorithm, std::string_view text,
                 std::string_view signature) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  const EVP_MD* md = digest(algorithm);
  return md &&
         HMAC(md, secret.data(), static_cast<int>(secret.size()), octets(text), text.size(), out, &size) != nullptr &&
         size == signature.size() && CRYPTO_memcmp(out, signature.data(), size) == 0;
}

}  // namespace

struct KeySet::Impl {
  struct One {
    std::string type, kid, algorithm, curve, secret;
    Key key;
  };
  std::vector<One> keys;
};

KeySet::KeySet() : impl_(std::make_unique<Impl>()) {}
KeySet::~KeySet() = default;

std::shared_ptr<const KeySet> KeySet::parse(std::string_view jwks) {
  const Json json = Json::parse(jwks, nullptr, false);
  if (!json.is_object() || !json.contains("keys") || !json["keys"].is_array()) return nullptr;
  std::shared_ptr<KeySet> out(new KeySet());
  for (const Json& one : json["keys"]) {
    if (!one.is_object()) continue;
    Impl::One key;
    key.type = word(one, "kty");
    key.kid = word(one, "kid");
    key.algorithm = word(one, "alg");
    key.curve = word(one, "crv");
    if (key.type == "RSA") key.key = rsa_key(one);
    if (key.type == "EC") key.key = ec_key(one);
    if (key.type == "OKP") key.key = okp_key(one);
    if (key.type == "oct") key.secret = field(one, "k").value_or("");
    if (key.key || !key.secret.empty()) out->impl_->keys.push_back(std::move(key));
  }
  if (out->impl_->keys.empty()) return nullptr;
  return out;
}

SignatureCheck KeySet::verify(std::string_view token) const {
  const auto last = token.rfind('.');
  const auto first = token.find('.');
  if (first == std::string_view::npos || last == first) return SignatureCheck::Malformed;
  const auto header_text = base64url_decode(token.substr(0, first));
  const auto signature = base64url_decode(token.substr(last + 1));
  if (!header_text || !signature) return SignatureCheck::Malformed;
  const Json header = Json::parse(*header_text, nullptr, false);
  if (!header.is_object()) return SignatureCheck::Malformed;
  const std::string algorithm = word(header, "alg"), kid = word(header, "kid");
  const std::string_view text = token.substr(0, last);
  const char* type = algorithm.starts_with("RS") || algorithm.starts_with("PS") ? "RSA"
                     : algorithm.starts_with("ES")                              ? "EC"
                     : algorithm == "EdDSA"                                     ? "OKP"
                     : algorithm.starts_with("HS")                              ? "oct"
                                                                                : "";
  bool candidate = false;
  for (const auto& key : impl_->keys) {
    if (key.type != type || (!kid.empty() && !key.kid.empty() && kid != key.kid) ||
        (!key.algorithm.empty() && key.algorithm != algorithm))
      continue;
    candidate = true;
    const bool good = key.type == "oct" ? verify_hmac(key.secret, algorithm, text, *signature)
                                        : verify_with(key.key.get(), algorithm, text, *signature);
    if (good) return SignatureCheck::Good;
  }
  return candidate ? SignatureCheck::Bad : SignatureCheck::NoKey;
}

}  // namespace meshsim::models::policy
