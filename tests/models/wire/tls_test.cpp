// HB-043, HB-044: flights of a full handshake have the sizes of rustls and Envoy. That they are TLS is tshark's to say:
// it decrypts whole captures in tests/scenarios/export.
#include <gtest/gtest.h>

#include "models/wire/tls13.h"

namespace meshsim::models::wire {
namespace {

const std::string k54 = "spiffe://cluster.local/ns/bookinfo/sa/bookinfo-review1", k58 = k54 + "more";

CertificateAuthority& authority() {
  static CertificateAuthority authority(1, "cluster.local", 1'767'225'600);
  return authority;
}

TlsOptions ztunnels() {
  TlsOptions options;
  options.client.credential = authority().issue(k58, KeyKind::P256);
  options.server.credential = authority().issue(k54, KeyKind::P256);
  options.alpn = {options.alpn_chosen = "h2"};
  return options;
}

TEST(Tls, HB043_FlightsOfZtunnels) {
  Tls13 tls(ztunnels(), authority(), KeyStream(1, "a"));
  const Bytes hello = tls.client_hello();
  EXPECT_EQ(hello.size(), 209u);
  const Bytes server = tls.server_flight();
  EXPECT_EQ(server.substr(0, 5), Bytes("\x16\x03\x03\x00\x7a", 5));  // ServerHello 122
  EXPECT_NEAR(static_cast<double>(server.size()), 1024, 1);
  EXPECT_NEAR(static_cast<double>(tls.client_flight().size()), 819, 1);
  EXPECT_EQ(tls.tickets().size(), 184u);
}

TEST(Tls, HB044_EnvoysSendTheRootAndAnRsaSignature) {
  TlsOptions options = ztunnels();
  options.server.stack = TlsStack::Boring;
  options.server.credential = authority().issue(k54, KeyKind::Rsa2048);
  Tls13 without(options, authority(), KeyStream(1, "a"));
  without.client_hello();
  const std::size_t leaf_only = without.server_flight().size();
  options.server.sends_root = true;
  Tls13 with(options, authority(), KeyStream(1, "a"));
  with.client_hello();
  const std::size_t chain = with.server_flight().size();
  EXPECT_EQ(chain - leaf_only, 3u + 769u + 2u);
  // ServerHello and CCS 133; EncryptedExtensions 15, CertificateRequest without two algorithms 63, Certificate 1579 + L
  // + 4, CertificateVerify 264, Finished 52, one record.
  EXPECT_EQ(chain, 133u + 15u + 63u + (8u + 3u + 792u + 54u + 2u + 3u + 769u + 2u) + 264u + 52u + 22u);
}

TEST(Tls, HB031_RecordsHoldAtMost16384) {
  Tls13 tls(ztunnels(), authority(), KeyStream(1, "a"));
  tls.client_hello();
  tls.server_flight();
  tls.client_flight();
  EXPECT_EQ(tls.seal(true, Bytes(100, 'x')).size(), 122u);
  EXPECT_EQ(tls.seal(true, Bytes(16'384, 'x')).size(), 16'384u + 22);
  EXPECT_EQ(tls.seal(true, Bytes(16'385, 'x')).size(), 16'385u + 44);
}

TEST(Tls, KeyLogHasTheFourSecrets) {
  Tls13 tls(ztunnels(), authority(), KeyStream(1, "a"));
  in_tls({{true, "x"}}, tls);
  for (const char* label : {"CLIENT_HANDSHAKE_TRAFFIC_SECRET ", "SERVER_HANDSHAKE_TRAFFIC_SECRET ",
                            "CLIENT_TRAFFIC_SECRET_0 ", "SERVER_TRAFFIC_SECRET_0 "})
    EXPECT_NE(tls.key_log().find(label), std::string::npos) << label;
}

TEST(Tls, SameRandomnessSameBytes) {
  const auto bytes = [](const char* purpose) {
    Tls13 tls(ztunnels(), authority(), KeyStream(1, purpose));
    Bytes all;
    for (const Write& write : in_tls({{true, "question"}, {false, "answer"}}, tls)) all += write.bytes;
    return all;
  };
  EXPECT_EQ(bytes("a"), bytes("a"));
  EXPECT_NE(bytes("a"), bytes("b"));
}

}  // namespace
}  // namespace meshsim::models::wire
