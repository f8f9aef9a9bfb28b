// Bytes on the wire and service times, against the reference's tables.
#include "models/simulation/wire_bytes.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "models/simulation/cost_model.h"
#include "sim/random.h"

namespace meshsim::models {
namespace {

TEST(WireBytes, DataFramesOfZtunnelHb032) {
  struct Row {
    std::uint64_t payload, frames, bytes;
  };
  for (const Row& row : {Row{100, 1, 131}, Row{300, 1, 331}, Row{1'024, 1, 1'055}, Row{1'200, 2, 1'262},
                         Row{16'384, 16, 16'880}, Row{131'072, 128, 135'040}, Row{1'048'576, 185, 1'054'311},
                         Row{10'485'760, 763, 10'509'413}, Row{1'073'741'824, 4'820, 1'075'230'054}}) {
    EXPECT_EQ(ztunnel_data_frames(row.payload, 0), row.frames) << row.payload;
    EXPECT_EQ(ztunnel_data_bytes(row.payload, 0), row.bytes) << row.payload;
  }
}

TEST(WireBytes, ReadBufferGrowsWithWhatHasMovedHb030) {
  EXPECT_EQ(ztunnel_chunk(0), 1'024u);
  EXPECT_EQ(ztunnel_chunk(131'072), 16'320u);
  EXPECT_EQ(ztunnel_chunk(10'485'760), 262'080u);
  EXPECT_EQ(ztunnel_data_frames(16'320, 131'072), 1u);
}

TEST(WireBytes, HandshakeHb043) {
  const WireBytes tls = connection_bytes(Transport::Mtls, true, true);
  EXPECT_EQ(tls.to_server, 1'028u);
  EXPECT_EQ(tls.to_client, 1'208u);
}

TEST(WireBytes, ShortExchangeHb073) {
  // Warm: HEADERS, DATA, END each in a record of its own.
  WireBytes warm = stream_bytes(true, false);
  warm.to_server += ztunnel_data_bytes(80, 0);
  warm.to_client += ztunnel_data_bytes(40, 0);
  EXPECT_EQ(warm.to_server, 267u);
  EXPECT_EQ(warm.to_client, 135u);
  WireBytes cold = stream_bytes(true, true);
  cold += connection_bytes(Transport::Hbone, true, true);
  cold.to_server += ztunnel_data_bytes(80, 0);
  cold.to_client += ztunnel_data_bytes(40, 0);
  EXPECT_EQ(cold.to_server, 1'579u);
  EXPECT_EQ(cold.to_client, 1'540u);
}

// CO-022: what two proxies add, at the 90th and 99th percentile, in ms.
void expect_added(const std::vector<ProxyCost>& path, double p90, double p99) {
  std::vector<ServiceTime> halves;
  for (const ProxyCost& cost : path)
    for (int i = 0; i < 2; ++i) halves.emplace_back(half_law(cost, 1));
  std::vector<double> added(200'000);
  sim::RandomStream luck(sim::StudyKey::of(1, 0), "co-022", "draws");
  for (double& sum : added)
    for (const ServiceTime& half : halves) sum += static_cast<double>(half.sample(luck.next())) * 1e-6;
  std::sort(added.begin(), added.end());
  EXPECT_NEAR(added[added.size() * 90 / 100], p90, 0.015 * p90);
  EXPECT_NEAR(added[added.size() * 99 / 100], p99, 0.025 * p99);
}

TEST(CostModel, AddedLatencyOfTheThreeModesCo022) {
  const CostModel c;
  expect_added({c.sidecar_http, c.sidecar_http}, 0.629, 0.881);
  expect_added({c.ztunnel, c.ztunnel}, 0.160, 0.200);
  expect_added({c.ztunnel, c.waypoint, c.ztunnel}, 0.399, 0.506);
}

TEST(CostModel, TableOfALawHasItsMean) {
  const sim::Law law = half_law(CostModel().sidecar_http, 2.4);
  const ServiceTime table(law);
  double sum = 0;
  sim::RandomStream luck(sim::StudyKey::of(2, 0), "mean", "draws");
  for (int i = 0; i < 400'000; ++i) sum += static_cast<double>(table.sample(luck.next()));
  EXPECT_NEAR(sum / 400'000, table.mean_ns(), 0.006 * table.mean_ns());
  EXPECT_NEAR(table.mean_ns(), 220e3 * 2.4 / 2, 1);
}

}  // namespace
}  // namespace meshsim::models
