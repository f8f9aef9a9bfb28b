// V10: HTTP/2 frames and their sizes equal the vectors of the reference (HB-020..HB-023, HB-030..HB-032,
// HB-071..HB-073).
#include <gtest/gtest.h>

#include "models/wire/hbone.h"
#include "models/wire/tls13.h"

namespace meshsim::models::wire {
namespace {

constexpr std::string_view kBaggage =
    "k8s.cluster.name=Kubernetes,k8s.namespace.name=bookinfo,k8s.deployment.name=productpage-v1,"
    "service.name=productpage,service.version=v1";

constexpr std::string_view kServerBaggage =
    "k8s.cluster.name=Kubernetes,k8s.namespace.name=bookinfo,k8s.deployment.name=reviews-v1,"
    "service.name=reviews,service.version=v1";

Fields example(std::string baggage) {
  return {{":method", "CONNECT"},
          {":authority", "10.244.1.15:9080"},
          {"baggage", std::move(baggage)},
          {"forwarded", "for=\"10.244.0.24:46238\";host=reviews.bookinfo.svc.cluster.local"},
          {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"}};
}

Http2 ztunnels() {
  return Http2(http2_settings(Http2Stack::Ztunnel, false, true), http2_settings(Http2Stack::Ztunnel, true, true));
}

Bytes joined(const std::vector<Bytes>& frames) {
  Bytes out;
  for (const Bytes& frame : frames) out += frame;
  return out;
}

// A connection whose start is over, and the HEADERS frame of its first CONNECT.
struct Started {
  Http2 connection = ztunnels();
  Bytes headers;
  int stream = 0;
  explicit Started(const Fields& request = example(std::string(kBaggage))) {
    stream = connection.request(request, false);
    headers = h2_frames(connection, true).back();
    connection.open_window(false);
    connection.frames(false);
    connection.frames(true);
  }
};

TEST(Http2, HB020_HB021_ConnectionStartOfZtunnels) {
  Http2 connection = ztunnels();
  EXPECT_EQ(hex(joined(connection.frames(true))),
            "505249202a20485454502f322e300d0a0d0a534d0d0a0d0a"
            "000018040000000000000200000000000400400000000500100000000600004000"
            "00000408000000000000ff0001");
  connection.open_window(false);
  EXPECT_EQ(hex(joined(connection.frames(false))),
            "0000180400000000000003000000c8000400400000000500100000000600010000"
            "000000040100000000"
            "00000408000000000000ff0001");
  EXPECT_EQ(hex(joined(connection.frames(true))), "000000040100000000");
}

TEST(Http2, HB020_EnvoySettings) {
  for (const bool old_envoy : {true, false}) {
    Http2 connection(http2_settings(Http2Stack::Envoy, false, old_envoy),
                     http2_settings(Http2Stack::EnvoyTerminate, true, old_envoy));
    EXPECT_EQ(joined(connection.frames(true)).size(), 24u + 39u + 13u);
    connection.open_window(false);
    const Bytes server = joined(connection.frames(false));
    EXPECT_EQ(server.size(), 33u + 9u + 13u);
    const std::string increment = hex(server.substr(server.size() - 4));
    EXPECT_EQ(increment, old_envoy ? "0fff0001" : "017f0001");       // 268369921 and 25100289
    EXPECT_NE(hex(server).find("000300000064"), std::string::npos);  // connect_terminate: 100 streams
  }
}

TEST(Http2, HB022_FirstConnect) {
  EXPECT_EQ(
      hex(Started().headers),
      "0000e9010400000001"
      "4287bdab4e9c17b7ff418c0817134d2e15c2ddc7c0f03f40858c734c398be0eaf2172516a125b17a874960cd6c65b2a2a4a8faea"
      "f217a87495158c855ea1d2582339fa9aa94ff5d5e42f216ba0fea92d495ea1d2582bb0f25a44d6398ab770fd20b677310abd43a4b057"
      "61e4b489ac7317e905b3b98855fb96c418f541dc3f408794f6781d92164fae94f641fc840b89a69702e26ae34e0997bf9fb9ce84c161"
      "7b98be10bc673f535529d747722e4a2d424b62f41c83a340884d83216b1d85a93fa700166a395f14acb6ebb1b2d483706c90af89f900"
      "5015a7597160025038e8c608c6f8051bab001f");
}

TEST(Http2, HB023_SizesOfHeaders) {
  const std::string all(kBaggage);
  EXPECT_EQ(Started(example(all)).headers.size(), 242u);
  EXPECT_EQ(Started(example(all + ",cloud.region=,cloud.availability_zone=")).headers.size(), 270u);
  EXPECT_EQ(Started(example(all + ",cloud.region=us-east-1,cloud.availability_zone=us-east-1a")).headers.size(), 284u);
  EXPECT_EQ(Started({{":method", "CONNECT"}, {":authority", "10.244.1.15:9080"}}).headers.size(), 32u);
}

TEST(Http2, HB021_HB023_Answers) {
  struct Case {
    std::string status, bytes;
  };
  for (const Case& c : {Case{"200", "00000101040000000188"}, Case{"401", "00000401050000000148826801"},
                        Case{"503",
                             "0000050105000000014883"
                             "6c0cff"},
                        Case{"400", "0000010105000000018c"}}) {
    Started started;
    started.connection.respond(started.stream, {{":status", c.status}}, c.status != "200");
    EXPECT_EQ(hex(joined(h2_frames(started.connection, false))), c.bytes) << c.status;
  }
  Started started;  // HB-013: 200 with baggage, from 1.29 on
  started.connection.respond(started.stream, {{":status", "200"}, {"baggage", std::string(kServerBaggage)}}, false);
  EXPECT_EQ(joined(started.connection.frames(false)).size(), 109u);
  const int next = started.connection.request(example(std::string(kBaggage)), false);
  started.connection.frames(true);
  started.connection.respond(next, {{":status", "200"}, {"baggage", std::string(kServerBaggage)}}, false);
  EXPECT_EQ(joined(started.connection.frames(false)).size(), 11u);
}

TEST(Http2, HB023_FollowingConnects) {
  // Same authority and baggage, another client port and trace each time.
  Started started;
  std::size_t sum = started.headers.size(), short_ones = 0;
  for (int i = 1; i < 100; ++i) {
    Fields fields = example(std::string(kBaggage));
    fields[3].second =
        "for=\"10.244.0.24:" + std::to_string(40000 + 37 * i) + "\";host=reviews.bookinfo.svc.cluster.local";
    fields[4].second = "00-" + hex(KeyStream(7, "trace " + std::to_string(i)).take(16)) + "-" +
                       hex(KeyStream(7, "span " + std::to_string(i)).take(8)) + "-00";
    started.connection.request(fields, false);
    const std::size_t size = joined(started.connection.frames(true)).size();
    sum += size;
    if (size <= 110) ++short_ones;
  }
  EXPECT_GE(short_ones, 90u);  // the table turns over about every 19th
  EXPECT_NEAR(static_cast<double>(sum) / 100, 110.5, 2.0);
}

TEST(Http2, HB026_EndsAreEmptyData) {
  Started started;
  started.connection.respond(started.stream, {{":status", "200"}}, false);
  started.connection.frames(false);
  started.connection.end(true, started.stream);
  EXPECT_EQ(hex(joined(started.connection.frames(true))), "000000000100000001");
}

TEST(Hbone, HB030_HB032_FramesOfZtunnel) {
  struct Case {
    std::uint64_t payload, frames, tcp;
  };
  for (const Case& c : {Case{100, 1, 131}, Case{300, 1, 331}, Case{1024, 1, 1055}, Case{1200, 2, 1262},
                        Case{16384, 16, 16880}, Case{131072, 128, 135040}, Case{1 << 20, 185, 1054311},
                        Case{10 << 20, 763, 10509413}, Case{1 << 30, 4820, 1075230054}}) {
    const std::vector<std::size_t> sizes = ztunnel_frames(0, c.payload, 1'048'576);
    EXPECT_EQ(sizes.size(), c.frames) << c.payload;
    std::uint64_t tcp = 0;
    for (const std::size_t size : sizes) tcp += size + 9 + 22 * ((size + 9 + 16383) / 16384);
    EXPECT_EQ(tcp, c.tcp) << c.payload;
  }
}

// The bytes themselves, not the formula: 1200 bytes through a tunnel inside TLS.
TEST(Hbone, HB031_HB032_BytesOnTcp) {
  CertificateAuthority authority(1, "cluster.local", 1'767'225'600);
  for (const auto& [payload, tcp] : {std::pair<std::size_t, std::size_t>{100, 131}, {1200, 1262}, {131072, 135040}}) {
    Tunnel tunnel;
    tunnel.authority = "10.244.1.15:9080";
    tunnel.closes = false;
    const auto size = [&](const Exchange& inner) {
      TlsOptions options;
      options.client.credential = authority.issue("spiffe://cluster.local/ns/a/sa/c", KeyKind::P256);
      options.server.credential = authority.issue("spiffe://cluster.local/ns/a/sa/s", KeyKind::P256);
      options.alpn = {options.alpn_chosen = "h2"};
      Tls13 tls(options, authority, KeyStream(1, "x"));
      std::size_t sum = 0;
      for (const Write& write : in_tls(in_tunnel(inner, tunnel), tls))
        if (write.from_client) sum += write.bytes.size();
      return sum;
    };
    EXPECT_EQ(size({{true, Bytes(payload, 'x')}}) - size({}), tcp) << payload;
  }
}

TEST(Hbone, HB033_TowardsEnvoyFramesEndAt16384) {
  EXPECT_EQ(ztunnel_frames(20 << 20, 40'000, 16'384), (std::vector<std::size_t>{16'384, 16'384, 7'232}));
}

TEST(Hbone, HB011_Baggage) {
  const Baggage known{"Kubernetes", "bookinfo", "deployment", "productpage-v1", "productpage", "v1", "", ""};
  EXPECT_EQ(baggage_text(known, false), kBaggage);
  EXPECT_EQ(baggage_text(known, true), std::string(kBaggage) + ",cloud.region=,cloud.availability_zone=");
}

// HB-072, HB-073: a cold connection, 80 bytes there and 40 back, every group a record of its own; 200 with baggage.
TEST(Hbone, HB072_HB073_ByteBudgetOfAColdExchange) {
  CertificateAuthority authority(1, "cluster.local", 1'767'225'600);
  Tunnel tunnel;
  tunnel.authority = "10.244.1.15:9080";
  const Fields example_headers = example(std::string(kBaggage));
  tunnel.headers.assign(example_headers.begin() + 2, example_headers.end());
  tunnel.response_headers = {{"baggage", std::string(kServerBaggage)}};
  TlsOptions options;  // SANs of 58 and 54 bytes as in HB-042, HB-043
  options.client.credential =
      authority.issue("spiffe://cluster.local/ns/bookinfo/sa/bookinfo-productpage0", KeyKind::P256);
  options.server.credential = authority.issue("spiffe://cluster.local/ns/bookinfo/sa/bookinfo-reviews0", KeyKind::P256);
  options.alpn = {options.alpn_chosen = "h2"};
  Tls13 tls(options, authority, KeyStream(1, "x"));
  const Exchange exchange = in_tls(in_tunnel({{true, Bytes(80, 'q')}, {false, Bytes(40, 'a')}}, tunnel), tls);
  std::vector<std::size_t> client, server;
  for (const Write& write : exchange) (write.from_client ? client : server).push_back(write.bytes.size());
  // Preface alone, SETTINGS with WINDOW_UPDATE, HEADERS, ACK, DATA, end.
  ASSERT_EQ(client.size(), 8u);
  EXPECT_EQ(std::vector<std::size_t>(client.begin() + 2, client.end()),
            (std::vector<std::size_t>{24 + 22, 46 + 22, 242 + 22, 9 + 22, 89 + 22, 9 + 22}));
  ASSERT_EQ(server.size(), 7u);
  EXPECT_EQ(std::vector<std::size_t>(server.begin() + 2, server.end()),
            (std::vector<std::size_t>{33 + 22, 22 + 22, 109 + 22, 49 + 22, 9 + 22}));
  std::size_t sums[2] = {0, 0};
  for (const Write& write : exchange) sums[write.from_client ? 0 : 1] += write.bytes.size();
  // Names 4 bytes longer than 54 each way; a signature has 70 to 72 bytes.
  const std::size_t client_name = std::string("spiffe://cluster.local/ns/bookinfo/sa/bookinfo-productpage0").size();
  const std::size_t server_name = std::string("spiffe://cluster.local/ns/bookinfo/sa/bookinfo-reviews0").size();
  EXPECT_NEAR(static_cast<double>(sums[0]), 1579.0 + static_cast<double>(client_name) - 58, 1.0);
  EXPECT_NEAR(static_cast<double>(sums[1]), 1540.0 + static_cast<double>(server_name) - 54, 1.0);
}

TEST(Http2, HB024_WindowsComeBackAfterAThird) {
  Started started;
  started.connection.respond(started.stream, {{":status", "200"}}, false);
  started.connection.frames(false);
  started.connection.frames(true);
  std::size_t sent = 0, updates = 0, first = 0;
  while (sent < 6'000'000) {
    started.connection.data(true, started.stream, Bytes(262'080, 'x'));
    sent += 262'080;
    started.connection.frames(true);
    for (const Bytes& frame : started.connection.frames(false)) {
      EXPECT_EQ(frame.size(), 13u);
      if (updates++ == 0) first = sent;
    }
  }
  EXPECT_GE(first, 1'398'101u);
  EXPECT_LT(first, 1'398'101u + 262'080u);
  EXPECT_EQ(updates, 4u);  // three of the stream, one of the connection
}

}  // namespace
}  // namespace meshsim::models::wire
