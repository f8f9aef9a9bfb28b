// HB-040..HB-042: certificates have the sizes of istiod's, verify, and are the same from run to run.
#include "models/wire/certificate.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace meshsim::models::wire {
namespace {

constexpr std::int64_t kStart = 1'767'225'600;

X509* parsed(const Bytes& der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  return d2i_X509(nullptr, &bytes, static_cast<long>(der.size()));
}

const std::string k54 = "spiffe://cluster.local/ns/bookinfo/sa/bookinfo-review1", k58 = k54 + "more";

TEST(Certificate, HB042_Sizes) {
  ASSERT_EQ(k54.size(), 54u);
  CertificateAuthority authority(1, "cluster.local", kStart);
  EXPECT_EQ(authority.root().size(), 769u);
  EXPECT_EQ(authority.issue(k54, KeyKind::P256)->certificate().size(), 643u);
  EXPECT_EQ(authority.issue(k58, KeyKind::P256)->certificate().size(), 647u);
  EXPECT_EQ(authority.issue(k54, KeyKind::Rsa2048)->certificate().size(), 792u + 54u);
}

TEST(Certificate, ChainAndSignaturesVerify) {
  CertificateAuthority authority(3, "cluster.local", kStart);
  X509* root = parsed(authority.root());
  ASSERT_NE(root, nullptr);
  for (const KeyKind kind : {KeyKind::P256, KeyKind::Rsa2048}) {
    const auto credential = authority.issue(k54, kind);
    X509* leaf = parsed(credential->certificate());
    ASSERT_NE(leaf, nullptr);
    EXPECT_EQ(X509_verify(leaf, X509_get0_pubkey(root)), 1);
    // OpenSSL's own verification of what is signed without its random numbers.
    const std::string message = "transcript";
    const Bytes signature = credential->sign(message);
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* key = nullptr;
    ASSERT_EQ(EVP_DigestVerifyInit(context, &key, EVP_sha256(), nullptr, X509_get0_pubkey(leaf)), 1);
    if (kind == KeyKind::Rsa2048) {
      EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(key, 32);
    }
    const auto verify = [&](std::string_view text) {
      return EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                              reinterpret_cast<const unsigned char*>(text.data()), text.size());
    };
    EXPECT_EQ(verify(message), 1);
    EVP_MD_CTX_free(context);
    X509_STORE* store = X509_STORE_new();
    X509_STORE_add_cert(store, root);
    X509_STORE_CTX* check = X509_STORE_CTX_new();
    X509_STORE_CTX_init(check, store, leaf, nullptr);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(check), kStart + 3600);
    EXPECT_EQ(X509_verify_cert(check), 1) << X509_verify_cert_error_string(X509_STORE_CTX_get_error(check));
    X509_STORE_CTX_free(check);
    X509_STORE_free(store);
    X509_free(leaf);
  }
  X509_free(root);
}

TEST(Certificate, TheIdentityIsTheOnlyNameAndCritical) {
  CertificateAuthority authority(3, "td.example", kStart);
  const std::string odd = "spiffe://td.example/ns/a/sa/with,comma:and=sign";
  X509* leaf = parsed(authority.issue(odd, KeyKind::P256)->certificate());
  ASSERT_NE(leaf, nullptr);
  int critical = 0;
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, &critical, nullptr));
  ASSERT_NE(names, nullptr);
  EXPECT_EQ(critical, 1);
  ASSERT_EQ(sk_GENERAL_NAME_num(names), 1);
  const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, 0);
  ASSERT_EQ(name->type, GEN_URI);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.uniformResourceIdentifier)),
                        static_cast<std::size_t>(ASN1_STRING_length(name->d.uniformResourceIdentifier))),
            odd);
  GENERAL_NAMES_free(names);
  X509_free(leaf);
}

TEST(Certificate, SameSeedSameBytes) {
  CertificateAuthority a(5, "cluster.local", kStart), b(5, "cluster.local", kStart), c(6, "cluster.local", kStart);
  for (const KeyKind kind : {KeyKind::P256, KeyKind::Rsa2048}) {
    EXPECT_EQ(a.issue(k54, kind)->certificate(), b.issue(k54, kind)->certificate());
    EXPECT_EQ(a.issue(k54, kind)->sign("x"), b.issue(k54, kind)->sign("x"));
  }
  EXPECT_NE(a.root(), c.root());
}

}  // namespace
}  // namespace meshsim::models::wire
